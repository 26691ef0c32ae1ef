// Package appointments reads the appointments of one user of a field-sales app
// out of Salesforce.
//
// An administrator writes a SOQL query and a mapping. A [Feed] narrows the query
// to the user who asks, always: either the query says which fields hold the
// user, by comparing them with the token %userIdentifier%, or the feed adds the
// comparison of one configured field. A query for which that cannot be proved
// is refused. What counts as an appointment is the object behind the query's
// FROM: a child list of another object, such as the sales of an appointment,
// comes whole with the user's own records, so that a query FROM an object which
// several users share should restrict its child lists as well.
//
// Users sign on in one of two ways: all through one shared login, each with an
// identifier of their own ([Shared]), or each with a Salesforce user of their
// own ([PerUser]). Going from one to the other changes one value of the
// [Config].
//
// What an administrator configures is data, [Settings]: rows of the host's own
// screen, or a file that [ReadSettings] reads. [Settings.Check] holds it against
// the org and tells everything that is wrong with it, before a user ever sees an
// empty list. [Improveit360] makes Settings for improveit 360, to use as they
// are or to edit.
package appointments

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

var (
	// ErrOff is returned by a feed that is switched off. Nothing was asked of
	// Salesforce.
	ErrOff = errors.New("appointments: switched off")
	// ErrNoIdentifier means that the host has no identifier for the user. A
	// query that is not narrowed to anyone is never sent instead.
	ErrNoIdentifier = errors.New("user has no identifier")
	// ErrNoCredentials means that the user has no Salesforce credentials. No
	// other login is ever used instead.
	ErrNoCredentials = errors.New("user has no credentials")
)

// Config is what a Feed is made of. [Settings.Config] makes one of what an
// administrator has configured.
type Config struct {
	// Off switches the feed off: it returns [ErrOff] and makes no call. The rest
	// of the Config is not looked at then. Defaults to false.
	Off bool

	// OrgID is the Salesforce Company ID (organization id, 15 or 18 characters).
	// A login that leads to another org fails with an error that matches
	// [salesforce.ErrOrgMismatch], before anything is read. Defaults to any org.
	OrgID string

	// SignOn is how users sign on, a [Shared] or a [PerUser]. Required.
	SignOn SignOn

	// Query is the administrator's query, in SOQL. It selects Id and every
	// source path of the mapping. Required.
	Query string

	// Mapping turns records into the host's values. Required.
	Mapping *mapping.Mapping

	// UserField is the path that is compared with the user's identifier when the
	// WHERE of the query does not use the token. Defaults, with PerUser, to
	// "OwnerId", which is compared with the Salesforce user who is logged in, and
	// with Shared to none: such a query is refused.
	UserField string

	// Token stands for the user's identifier in the query, in the form %name%.
	// Defaults to [soql.DefaultToken].
	Token string

	// Window bounds the time of the appointments, in the user's zone. Defaults
	// to no bounds but those of the query.
	Window Window

	// Zone tells the time zone of an app user, in which days begin and end and
	// times are shown. A nil zone is that of the Mapping. Defaults to the zone of
	// the Mapping for everybody.
	Zone func(ctx context.Context, appUser string) (*time.Location, error)

	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Feed yields the appointments of one user at a time. It is safe for use by
// several goroutines. Use [New] to make one.
type Feed struct {
	cfg      Config
	query    *soql.Query
	labels   bool     // whether the mapping shows labels of picklists
	byOwner  bool     // whether the records' owner is compared, nothing else being configured
	children sync.Map // child to the API name of the object that it leads to
}

// A child is a child relationship of an object, in an org: users may have
// logins to different ones.
type child struct {
	org                  salesforce.ID
	object, relationship string
}

// Appointment is one record.
type Appointment struct {
	ID     salesforce.ID
	Values mapping.Values
	Notes  []string // "App Title: value", as the mapping's rules flag them
	// Err joins a *mapping.FieldError for each value that could not be
	// converted. The other values are there.
	Err error
}

// ownerField holds the Salesforce user that a record belongs to.
const ownerField = "OwnerId"

// New checks a configuration as far as that needs no org. Its error joins every
// fault: a *[soql.SyntaxError], a *[soql.ScopeError] if the query can never be
// narrowed to a user, and what the query does not select though the mapping
// reads it.
func New(cfg Config) (*Feed, error) {
	if cfg.Off {
		return &Feed{cfg: cfg}, nil
	}
	_, shared := cfg.SignOn.(Shared)
	byOwner := cfg.UserField == "" && !shared
	if byOwner {
		cfg.UserField = ownerField
	}
	if cfg.Token == "" {
		cfg.Token = soql.DefaultToken
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	f := &Feed{cfg: cfg, byOwner: byOwner}
	if err := f.validate(); err != nil {
		return nil, fmt.Errorf("appointments: configuration: %w", err)
	}
	return f, nil
}

// validate reports every fault, and parses the query on its way.
func (f *Feed) validate() error {
	var errs []error
	if f.cfg.SignOn == nil {
		errs = append(errs, errors.New("no SignOn is configured"))
	} else {
		errs = append(errs, f.cfg.SignOn.validate())
	}
	if f.cfg.Mapping == nil {
		errs = append(errs, errors.New("no Mapping is configured"))
	}
	errs = append(errs, f.cfg.Window.validate(), checkOrgID(f.cfg.OrgID))
	q, err := soql.Parse(f.cfg.Query, &soql.ParseOptions{Token: f.cfg.Token})
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	f.query = q
	if f.cfg.Mapping != nil {
		errs = append(errs, checkSelected(q, f.cfg.Mapping.Paths()))
		f.labels = slices.ContainsFunc(f.cfg.Mapping.Rules(), func(r mapping.Rule) bool { return r.Label })
	}
	filter := f.filter("anyone", benefitOfDoubt)
	_, err = filter.Apply(q)
	if filter.Field = ""; f.byOwner {
		_, needsField := filter.Apply(q)
		f.byOwner = needsField != nil
	}
	return errors.Join(append(errs, err)...)
}

// benefitOfDoubt is what a check without an org takes for granted: that child
// relationships lead to objects of their own. When the query runs, the org is
// asked.
func benefitOfDoubt(string, string) (string, bool) { return "an object of its own", true }

func (f *Feed) filter(id string, related func(object, relationship string) (string, bool)) soql.UserFilter {
	return soql.UserFilter{
		IDs:     []string{id},
		Field:   f.cfg.UserField,
		Token:   f.cfg.Token,
		Object:  f.query.From.Object,
		Related: related,
	}
}

// checkOrgID refuses what is no Salesforce Company ID.
func checkOrgID(id string) error {
	if id == "" {
		return nil
	}
	if org, err := salesforce.ParseID(id); err != nil || org.Prefix() != "00D" {
		return fmt.Errorf("%q is no Salesforce Company ID, which has 15 or 18 characters and begins with 00D: "+
			"copy the Organization ID from Setup > Company Information", id)
	}
	return nil
}

// Appointments yields the appointments of an app user, who is known to the host
// by the key appUser. Pages are fetched as the loop reaches them. An error ends
// the sequence: [ErrOff], [ErrNoIdentifier], [ErrNoCredentials], one that
// matches [soql.ErrNotScoped], or what the query failed with. A value that does
// not convert is no such error; see [Appointment.Err]. Ranging again asks
// Salesforce again.
//
// See "Query" in the REST API Developer Guide.
func (f *Feed) Appointments(ctx context.Context, appUser string) iter.Seq2[Appointment, error] {
	return f.read(ctx, appUser, nil)
}

// Between is Appointments for another time than that of the window: those that
// start at from or later, and before to. Without a Window.Field it is an error.
func (f *Feed) Between(ctx context.Context, appUser string, from, to time.Time) iter.Seq2[Appointment, error] {
	return f.read(ctx, appUser, &span{from, to})
}

// read yields the appointments of a user within the window, or within the time
// that is asked for instead.
func (f *Feed) read(ctx context.Context, appUser string, instead *span) iter.Seq2[Appointment, error] {
	return func(yield func(Appointment, error) bool) {
		r, err := f.open(ctx, appUser, instead)
		if err != nil {
			yield(Appointment{}, err)
			return
		}
		for rec, err := range salesforce.Query[salesforce.Record](ctx, r.client, r.query, nil) {
			if err != nil {
				yield(Appointment{}, fmt.Errorf("appointments: read those of user %q: %w", appUser, err))
				return
			}
			if !yield(r.appointment(rec), nil) {
				return
			}
		}
	}
}

// reading is what it takes to read the appointments of one user.
type reading struct {
	client  *salesforce.Client
	query   string
	mapping *mapping.Mapping
}

// open signs the user on and narrows the query to them.
func (f *Feed) open(ctx context.Context, appUser string, instead *span) (*reading, error) {
	if f.cfg.Off {
		return nil, ErrOff
	}
	client, id, err := f.signOn(ctx, appUser)
	if err != nil {
		return nil, err
	}
	m := f.cfg.Mapping
	if f.cfg.Zone != nil {
		zone, err := f.cfg.Zone(ctx, appUser)
		if err != nil {
			return nil, fmt.Errorf("appointments: time zone of user %q: %w", appUser, err)
		}
		m = m.In(zone)
	}
	q, err := f.cfg.Window.narrow(f.query, m.Zone(), f.cfg.Now(), instead)
	if err != nil {
		return nil, fmt.Errorf("appointments: %w", err)
	}
	if f.byOwner { // who is a Salesforce user, whatever else the host calls them
		session, err := client.Session(ctx)
		if err != nil {
			return nil, fmt.Errorf("appointments: sign on user %q: %w", appUser, err)
		}
		id = string(session.UserID)
	}
	text, err := f.scope(ctx, client, q, id)
	if err != nil {
		return nil, fmt.Errorf("appointments: narrow query to user %q: %w", appUser, err)
	}
	if f.labels {
		if m, err = f.labelled(ctx, client, m); err != nil {
			return nil, fmt.Errorf("appointments: labels for user %q: %w", appUser, err)
		}
	}
	return &reading{client, text, m}, nil
}

// labelled returns the mapping with the labels of picklists, in the language of
// whoever is logged in.
func (f *Feed) labelled(ctx context.Context, client *salesforce.Client, m *mapping.Mapping) (*mapping.Mapping, error) {
	object, err := client.Describe(ctx, f.query.From.Object)
	if err != nil {
		return nil, err
	}
	return m.WithLabels(object, func(object string) (*salesforce.SObject, error) { return client.Describe(ctx, object) })
}

// signOn logs the user on to the org that is configured.
func (f *Feed) signOn(ctx context.Context, appUser string) (*salesforce.Client, string, error) {
	client, id, err := f.cfg.SignOn.login(ctx, appUser)
	if err == nil {
		err = f.checkOrg(ctx, client)
	}
	if err != nil {
		return nil, "", fmt.Errorf("appointments: sign on user %q: %w", appUser, err)
	}
	return client, id, nil
}

// checkOrg compares the org of a login with the one that is configured.
func (f *Feed) checkOrg(ctx context.Context, client *salesforce.Client) error {
	if f.cfg.OrgID == "" {
		return nil
	}
	want, err := salesforce.ParseID(f.cfg.OrgID)
	if err != nil {
		return err
	}
	session, err := client.Session(ctx)
	if err != nil {
		return err
	}
	if !want.Equal(session.OrgID) {
		return fmt.Errorf("the login leads to org %s, configured is %s: %w", session.OrgID, want, salesforce.ErrOrgMismatch)
	}
	return nil
}

// CheckConnection logs an app user on as a reading does, and tells what the
// login leads to. On failure [salesforce.Advice] says what to do about the
// error, which also matches [ErrOff], [ErrNoIdentifier] or [ErrNoCredentials].
// See [salesforce.Client.CheckConnection] for the other classes.
func (f *Feed) CheckConnection(ctx context.Context, appUser string) (*salesforce.Connection, error) {
	if f.cfg.Off {
		return nil, ErrOff
	}
	client, _, err := f.signOn(ctx, appUser)
	if err != nil {
		return nil, err
	}
	found, err := client.CheckConnection(ctx)
	if err != nil {
		return nil, fmt.Errorf("appointments: check the connection of user %q: %w", appUser, err)
	}
	return found, nil
}

// scope returns the query for one user.
func (f *Feed) scope(ctx context.Context, client *salesforce.Client, q *soql.Query, id string) (string, error) {
	var failed error
	related := func(object, relationship string) (string, bool) {
		target, err := f.related(ctx, client, object, relationship)
		if err != nil {
			failed = err
		}
		return target, target != ""
	}
	narrowed, err := f.filter(id, related).Apply(q)
	if failed != nil {
		return "", failed
	}
	if err != nil {
		return "", err
	}
	return narrowed.Text()
}

// related tells to which object a child relationship leads, or nothing if there
// is no such relationship. An org is asked once, and only for queries that have
// child subqueries.
func (f *Feed) related(ctx context.Context, client *salesforce.Client, object, relationship string) (string, error) {
	session, err := client.Session(ctx)
	if err != nil {
		return "", err
	}
	key := child{session.OrgID, object, relationship}
	if target, ok := f.children.Load(key); ok {
		return target.(string), nil
	}
	s, err := client.Describe(ctx, object)
	if err != nil {
		return "", err
	}
	c, ok := s.Child(relationship)
	if !ok {
		return "", nil // and is asked about again, because it may be made
	}
	f.children.Store(key, c.Object)
	return c.Object, nil
}

func (r *reading) appointment(rec salesforce.Record) Appointment {
	values, err := r.mapping.Apply(rec)
	return Appointment{ID: rec.ID(), Values: values, Notes: values.Notes(), Err: err}
}
