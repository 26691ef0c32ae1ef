package salesforcetest

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Org is a Salesforce org in memory. It is an [http.Handler] that answers as
// Salesforce does; [Org.Transport] and [NewServer] bring it to a client.
//
// Its other methods are for tests. They reach past the API into the org's
// state, may set what only the org sets (CreatedDate, SystemModstamp,
// IsDeleted), and panic on a mistake of the caller, as net/http/httptest does.
// All methods are safe for concurrent use.
type Org struct {
	opt   Options // with its defaults
	root  string  // "tooling/" for a view of an org's definitions
	clock clock

	mu sync.RWMutex // guards what follows, down to the blank line
	catalog
	admin string         // the id of the main user
	held  []*Transaction // transactions held open

	apps       []*app
	signingKey func() *rsa.PrivateKey // made when it is first needed
	accounts   accounts
	usage      usage
	serving    atomic.Int64 // requests being served
	traffic    traffic
	pages      *pages
	jobs       jobs
}

// NewOrg returns an org with the standard objects, their set-up records (ten
// opportunity stages, two profiles, the standard price book), one user, and the
// objects of opt.Schema. Nil stands for the defaults. It panics if opt makes no
// sense.
func NewOrg(opt *Options) *Org {
	o := &Org{
		opt:     opt.withDefaults(),
		catalog: catalog{byName: map[string]*object{}, byPrefix: map[string]*object{}},

		signingKey: sync.OnceValue(newSigningKey),
		accounts:   newAccounts(),
		pages:      &pages{},
	}
	o.apps = o.opt.newApps()
	o.clock.source = o.opt.Now
	o.org = o
	must(o.extend(standardObjects))
	o.setUp()
	if o.opt.PersonAccounts {
		must(o.Extend(o.personSchema()))
	}
	must(o.Extend(o.opt.Schema))
	o.defined = time.Time{}
	return o
}

// Extend adds objects to the org; an object that is there already gets the
// fields that are listed, new or in a new definition. The error joins every
// fault, each with object and field; nothing has changed then.
func (o *Org) Extend(s Schema) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.extendAndSave(s)
}

// extendAndSave is Extend for a caller who holds the org's lock.
func (o *Org) extendAndSave(s Schema) error {
	if err := o.extend(s); err != nil {
		return err
	}
	if o.opt.PersonAccounts {
		must(o.extend(o.personCustom()))
	}
	o.defined = o.stamp()
	return errors.Join(o.saveTypes(s), o.sumAll(s))
}

// Insert creates a record and returns its id of 18 characters. Values are
// strings, bools, numbers, nil, []byte for binary fields, [time.Time] for dates
// and instants, or texts as the API writes them.
func (o *Org) Insert(object string, fields map[string]any) string {
	var id string
	must(o.transact(o.admin, true, func(tx *Transaction) (err error) {
		id, err = tx.insert(o.known(object), assignments(fields))
		if err == nil && o.known(object).Name == "User" {
			o.setLogin(id, fields)
		}
		return err
	}))
	return id
}

// Update changes fields of a record. SystemModstamp and LastModifiedDate become
// the org's time unless they are among the fields.
func (o *Org) Update(id string, fields map[string]any) {
	must(o.transact(o.admin, true, func(tx *Transaction) error {
		return tx.update(o.objectOf(id), long(id), assignments(fields))
	}))
}

// Delete puts a record into the recycle bin, with the children that follow it:
// those of an account are its contacts, opportunities, notes, attachments and
// activities.
func (o *Org) Delete(id string) {
	must(o.transact(o.admin, true, func(tx *Transaction) error { return tx.delete(o.objectOf(id), long(id)) }))
}

// Undelete takes a record, and what was deleted with it, out of the recycle bin.
func (o *Org) Undelete(id string) {
	must(o.transact(o.admin, true, func(tx *Transaction) error { return tx.undelete(long(id)) }))
}

// Merge merges one or two losers into the winner: what refers to them refers to
// the winner then, and they are deleted with its id as MasterRecordId.
func (o *Org) Merge(winner string, losers ...string) {
	must(o.transact(o.admin, true, func(tx *Transaction) error {
		_, err := tx.merge(winner, losers, nil)
		return err
	}))
}

// Purge deletes a record, if it is not deleted yet, and removes it and what was
// deleted with it for good: neither queryAll nor the replication calls show it
// any more.
func (o *Org) Purge(id string) {
	must(o.transact(o.admin, true, func(tx *Transaction) error { return tx.erase(o.objectOf(id), long(id)) }))
}

// Record returns all fields of a record, deleted or not, as encoding/json reads
// them from an API answer: string, float64, bool or nil. It returns nil when
// there is no such record.
func (o *Org) Record(id string) map[string]any {
	o.mu.RLock()
	defer o.mu.RUnlock()
	id = long(id)
	return plain(o.objectOf(id).find(id, nil))
}

// Records returns the records of an object that are not deleted, in the order
// of their ids, each as [Org.Record] does.
func (o *Org) Records(object string) []map[string]any {
	o.mu.RLock()
	defer o.mu.RUnlock()
	ob := o.known(object)
	var all []map[string]any
	for w := range ob.ids.all(ob.rows) {
		if !w.seen.deleted() {
			all = append(all, plain(w.seen))
		}
	}
	return all
}

// File returns the content of a ContentVersion or Attachment, nil when there is
// none or it was not kept.
func (o *Org) File(id string) []byte {
	o.mu.RLock()
	defer o.mu.RUnlock()
	id = long(id)
	r := o.objectOf(id).find(id, nil)
	if r == nil {
		return nil
	}
	for _, f := range r.of.fields {
		if b, ok := r.get(f).(*blob); ok && b.kept {
			return b.bytes()
		}
	}
	return nil
}

// Credentials returns what a client needs to log in, and a session that works
// at once.
func (o *Org) Credentials() Credentials {
	token := o.newSession(&grant{user: o.admin})
	o.accounts.mu.Lock()
	defer o.accounts.mu.Unlock()
	main := o.accounts.logins[o.admin]
	return Credentials{
		Username: o.opt.Username, Password: main.password, SecurityToken: main.token,
		ClientID: o.opt.ClientID, ClientSecret: o.opt.ClientSecret,
		AccessToken: token, OrgID: o.opt.OrgID, UserID: o.admin,
	}
}

// setUp creates the records that every org has.
func (o *Org) setUp() {
	o.admin = newID("005", 1)
	must(o.transact(o.admin, true, func(tx *Transaction) error {
		tx.load = true // the user and what the user created refer to each other
		var err error
		create := func(object string, fields map[string]any) (id string) {
			if err == nil {
				id, err = tx.insert(o.known(object), assignments(fields))
			}
			return id
		}
		create("Organization", map[string]any{"Id": o.opt.OrgID, "Name": "Example Org", "TimeZoneSidKey": o.opt.TimeZone})
		admins := create("Profile", map[string]any{
			"Name": "System Administrator", "PermissionsViewAllData": true, "PermissionsModifyAllData": true,
		})
		create("Profile", map[string]any{"Name": "Standard User"})
		create("User", map[string]any{
			"Id": o.admin, "Username": o.opt.Username, "FirstName": "Ada", "LastName": "Admin", "ProfileId": admins,
			"TimeZoneSidKey": o.opt.TimeZone,
		})
		create("Pricebook2", map[string]any{"Name": "Standard Price Book", "IsStandard": true, "IsActive": true})
		for i, s := range standardStages {
			create("OpportunityStage", map[string]any{
				"MasterLabel": s.name, "SortOrder": i + 1, "DefaultProbability": s.probability,
				"IsClosed": s.isClosed, "IsWon": s.isWon,
				"ForecastCategory": s.forecast, "ForecastCategoryName": s.forecastName,
			})
		}
		return err
	}))
	o.setLogin(o.admin, map[string]any{"_password": o.opt.Password, "_token": o.opt.SecurityToken})
}

// known returns an object by name and panics if there is none.
func (o *Org) known(name string) *object {
	ob := o.object(name)
	if ob == nil {
		panic(fmt.Sprintf("salesforcetest: the org has no object %q", name))
	}
	return ob
}

// assignments turns the fields that a test gives into what the API would read.
func assignments(fields map[string]any) []assignment {
	list := make([]assignment, 0, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name[:min(1, len(name))] == "_" {
			continue // says how to log in, and is no field
		}
		list = append(list, assignment{name: name, value: assigned(fields[name])})
	}
	return list
}

// assigned is a Go value as an assignment holds it. Numbers of all types, named
// strings, and types that marshal themselves become what their JSON text says.
func assigned(v any) any {
	switch v := v.(type) {
	case nil, string, bool, json.Number, time.Time, []byte:
		return v
	case map[string]any:
		return assignments(v)
	}
	data, err := json.Marshal(v)
	must(err)
	parsed, err := decodeValue(data)
	must(err)
	return parsed
}

// long is the 18-character form of an id, and what is no id unchanged.
func long(id string) string {
	if full, ok := longID(id); ok {
		return full
	}
	return id
}

func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("salesforcetest: %v", err))
	}
}

var _ http.Handler = (*Org)(nil)
