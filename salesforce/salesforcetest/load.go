package salesforcetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// LoadFile is [Org.Load] for the file at path.
func (o *Org) LoadFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("salesforcetest: load: %w", err)
	}
	defer f.Close()
	if err := o.Load(f); err != nil {
		return fmt.Errorf("%w (in %s)", err, path)
	}
	return nil
}

// Load reads objects and records from a JSON text such as
//
//	{
//	  "sobjects": [{"name": "Account", "fields": [{"name": "ZEP__c", "type": "boolean"}]}],
//	  "Account":  [{"_ref": "acme", "Name": "Acme", "ZEP__c": true}],
//	  "Contact":  [{"LastName": "Lee", "AccountId": "@acme"}],
//	  "User":     [{"Username": "rep@example.com", "_password": "secret"}]
//	}
//
// Items of "sobjects" are describe results, whole or cut down to what counts;
// they extend objects that are there already. "@name" in a reference points to
// the record with that "_ref", in whichever order they stand. A User with
// _password can log in, by SOAP with _token behind the password if there is
// one; _passwordExpired makes that password one that must be changed first. A
// User with the main user's name and an Organization change the ones that are
// there.
//
// Records may set what only the org sets, such as Id, CreatedDate and
// SystemModstamp, and keep the rules of fields otherwise. The error names the
// object, the number of the record from 1, and the field; no record is loaded
// then, but objects are.
func (o *Org) Load(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("salesforcetest: load: %w", err)
	}
	sections, err := decodeObject(data)
	if err != nil {
		return fmt.Errorf("salesforcetest: load: %w", err)
	}
	for _, s := range sections {
		if s.name == "sobjects" {
			if err := o.loadSchema(data); err != nil {
				return err
			}
		}
	}
	return o.transact(o.admin, true, func(tx *Transaction) error {
		l := &loader{tx: tx, refs: map[string]string{}}
		return l.load(sections)
	})
}

// loadSchema reads the objects of a data file.
func (o *Org) loadSchema(data []byte) error {
	var file struct {
		SObjects []describedObject `json:"sobjects"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return fmt.Errorf("salesforcetest: load: sobjects: %w", err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	known := func(name string) bool {
		return o.object(name) != nil || slices.ContainsFunc(file.SObjects, func(d describedObject) bool { return d.Name == name })
	}
	s := make(Schema, len(file.SObjects))
	for i, d := range file.SObjects {
		s[i] = d.sobject(known)
	}
	if err := o.extendAndSave(s); err != nil {
		return err
	}
	for _, d := range file.SObjects {
		d.nameChildren(&o.catalog)
	}
	return nil
}

// loader loads the records of one data file.
type loader struct {
	tx      *Transaction
	refs    map[string]string // ids by _ref
	records []loaded
}

// loaded is one record of a data file.
type loaded struct {
	object *object
	number int // within its object, from 1
	in     []assignment
	extras map[string]any // what is no field, such as _ref
	id     string
	exists bool // changes a record that the org has already
}

// load writes all records and only then looks whether references lead anywhere.
func (l *loader) load(sections []assignment) error {
	if err := l.read(sections); err != nil {
		return err
	}
	// Set-up data first, as rules of other objects read it.
	order := map[*object]int{}
	for i, ob := range l.tx.org.objects {
		order[ob] = i
	}
	slices.SortStableFunc(l.records, func(a, b loaded) int { return order[a.object] - order[b.object] })
	l.tx.load = true
	for i := range l.records {
		if err := l.save(&l.records[i]); err != nil {
			return err
		}
	}
	if err := l.checkReferences(); err != nil {
		return err
	}
	for _, rec := range l.records {
		if rec.object.Name == "User" {
			l.tx.org.setLogin(rec.id, rec.extras)
		}
	}
	return nil
}

// read collects the records and gives each its id.
func (l *loader) read(sections []assignment) error {
	for _, s := range sections {
		if s.name == "sobjects" {
			continue
		}
		ob := l.tx.org.object(s.name)
		list, ok := s.value.([]any)
		if ob == nil {
			return fmt.Errorf("salesforcetest: load: the org has no object %q", s.name)
		}
		if !ok {
			return fmt.Errorf("salesforcetest: load: %s: a list of records is needed", s.name)
		}
		for i, item := range list {
			rec := loaded{object: ob, number: i + 1, extras: map[string]any{}}
			fields, ok := item.([]assignment)
			if !ok {
				return rec.fault(errors.New("is no JSON object"))
			}
			for _, a := range fields {
				if strings.HasPrefix(a.name, "_") {
					rec.extras[a.name] = a.value
				} else {
					rec.in = append(rec.in, a)
				}
			}
			if err := l.identify(&rec); err != nil {
				return rec.fault(err)
			}
			l.records = append(l.records, rec)
		}
	}
	return nil
}

// extras are the names beginning with an underscore that mean something.
var extras = map[string]bool{"_ref": true, "_password": true, "_token": true, "_passwordExpired": true}

// identify finds or makes the id of a record and enters its _ref.
func (l *loader) identify(rec *loaded) error {
	for name := range rec.extras {
		if !extras[name] {
			return fmt.Errorf("unknown key %q", name)
		}
	}
	rec.id = l.existing(rec)
	rec.exists = rec.id != ""
	if id, ok := rec.text("Id"); ok && !rec.exists {
		rec.id = long(id)
	}
	if rec.id == "" {
		rec.id = l.tx.org.freeID(rec.object)
		rec.in = append(rec.in, assignment{name: "Id", value: rec.id})
	}
	ref, ok := rec.extras["_ref"].(string)
	if !ok {
		return nil
	}
	if l.refs[ref] != "" {
		return fmt.Errorf("_ref %q is taken", ref)
	}
	l.refs[ref] = rec.id
	return nil
}

// existing is the id of the record that an entry stands for and the org has
// from the beginning, "" for a new one.
func (l *loader) existing(rec *loaded) string {
	switch rec.object.Name {
	case "Organization":
		return l.tx.org.opt.OrgID
	case "User":
		name, _ := rec.text("Username")
		key := rec.object.own("Username")
		for _, r := range rec.object.table.find(key, name, l.tx) {
			return r.id()
		}
	}
	return ""
}

// text is the text that a record assigns to a field.
func (rec *loaded) text(name string) (string, bool) {
	for _, a := range rec.in {
		if strings.EqualFold(a.name, name) {
			s, ok := a.value.(string)
			return s, ok
		}
	}
	return "", false
}

// save writes one record.
func (l *loader) save(rec *loaded) error {
	for i, a := range rec.in {
		f := rec.object.own(a.name)
		name, isRef := a.value.(string)
		if f == nil || f.typ.kind != kindID || !isRef || !strings.HasPrefix(name, "@") {
			continue
		}
		id, ok := l.refs[name[1:]]
		if !ok {
			return rec.faultIn(f.Name, fmt.Errorf("no record has _ref %q", name[1:]))
		}
		rec.in[i].value = id
	}
	var err error
	if rec.exists {
		rec.in = slices.DeleteFunc(rec.in, func(a assignment) bool { return strings.EqualFold(a.name, "Id") })
		err = l.tx.update(rec.object, rec.id, rec.in)
	} else {
		_, err = l.tx.insert(rec.object, rec.in)
	}
	if err != nil {
		return rec.fault(err)
	}
	return nil
}

// checkReferences refuses references to records that are not there, now that
// all are.
func (l *loader) checkReferences() error {
	l.tx.load = false
	for _, rec := range l.records {
		r := rec.object.find(rec.id, l.tx)
		for _, f := range rec.object.fields {
			if f.Type != "reference" {
				continue
			}
			if id, ok := r.get(f).(string); ok {
				if err := l.tx.checkReference(f, id); err != nil {
					return rec.faultIn(f.Name, err)
				}
			}
		}
	}
	return nil
}

// fault says which record is wrong, and which field if the error knows.
func (rec *loaded) fault(err error) error {
	if e, ok := errors.AsType[*apiError](err); ok && len(e.fields) == 1 {
		return rec.faultIn(e.fields[0], err)
	}
	return fmt.Errorf("salesforcetest: load: %s record %d: %w", rec.object.Name, rec.number, err)
}

func (rec *loaded) faultIn(field string, err error) error {
	return fmt.Errorf("salesforcetest: load: %s record %d: field %s: %w", rec.object.Name, rec.number, field, err)
}
