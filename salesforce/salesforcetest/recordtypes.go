package salesforcetest

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// masterType is the id of the record type of records without one.
const masterType = "012000000000000AAA"

// addTypes adds record types, or replaces those of the same developer name.
func (ob *object) addTypes(types []RecordType) {
	if len(types) > 0 && ob.own("RecordTypeId") == nil {
		ob.set(ref("RecordTypeId", "Record Type ID", "RecordType", "RecordType", ""))
	}
	for _, t := range types {
		t.DeveloperName = cmp.Or(t.DeveloperName, developerName(t.Name))
		if i := ob.typeIndex(t.DeveloperName); i >= 0 {
			ob.types[i] = t
		} else {
			ob.types = append(ob.types, t)
		}
	}
}

func (ob *object) typeIndex(developerName string) int {
	return slices.IndexFunc(ob.types, func(t RecordType) bool { return strings.EqualFold(t.DeveloperName, developerName) })
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// developerName is the name that Salesforce suggests for programs.
func developerName(label string) string {
	return strings.Trim(notInName.ReplaceAllString(label, "_"), "_")
}

// validateRecordType refuses a record type without a name, or one that speaks
// of fields that are no picklists.
func (c *catalog) validateRecordType(def SObject, t RecordType) error {
	if t.Name == "" {
		return errors.New("a name is needed")
	}
	picklist := func(name string) bool {
		ob := c.object(def.Name)
		return ob != nil && ob.own(name) != nil && ob.own(name).picklist() ||
			slices.ContainsFunc(def.Fields, func(f Field) bool {
				return strings.EqualFold(f.Name, name) && (f.Type == "picklist" || f.Type == "multipicklist")
			})
	}
	for name := range t.Picklists {
		if !picklist(name) {
			return fmt.Errorf("%q is no picklist of the object", name)
		}
	}
	for name := range t.Defaults {
		if !picklist(name) {
			return fmt.Errorf("%q is no picklist of the object", name)
		}
	}
	return nil
}

func (f *field) picklist() bool { return f.Type == "picklist" || f.Type == "multipicklist" }

// saveTypes writes the records of the record types of a schema. The caller
// holds the org's lock.
func (o *Org) saveTypes(s Schema) error {
	return o.change(o.admin, true, func(tx *Transaction) error {
		for _, def := range s {
			if len(def.RecordTypes) == 0 {
				continue
			}
			ob := o.object(def.Name)
			for _, t := range ob.types {
				if err := tx.saveType(ob, t); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// saveType writes the record of a record type.
func (tx *Transaction) saveType(ob *object, t RecordType) error {
	fields := map[string]any{"Name": t.Name, "Description": t.Description, "IsActive": !t.Inactive}
	if r := tx.org.typeRecord(ob, t.DeveloperName); r != nil {
		return tx.update(r.of, r.id(), assignments(fields))
	}
	fields["DeveloperName"], fields["SobjectType"] = t.DeveloperName, ob.Name
	if t.id != "" {
		fields["Id"] = t.id
	}
	if t.person {
		fields["IsPersonType"] = true
	}
	_, err := tx.insert(tx.org.known("RecordType"), assignments(fields))
	return err
}

// typeRecord is the record of a record type, nil for none.
func (o *Org) typeRecord(ob *object, developerName string) *record {
	types := o.object("RecordType")
	for w := range types.ids.all(types.rows) {
		if strings.EqualFold(w.seen.text("DeveloperName"), developerName) && strings.EqualFold(w.seen.text("SobjectType"), ob.Name) {
			return w.seen
		}
	}
	return nil
}

// defaultType is the id of the record type of a new record that names none.
func (o *Org) defaultType(ob *object) string {
	for _, t := range ob.types {
		if t.Default && !t.Inactive {
			if r := o.typeRecord(ob, t.DeveloperName); r != nil {
				return r.id()
			}
		}
	}
	return masterType
}

// recordType is the id of the record's type, that of the master for none.
func (r *record) recordType() string {
	if f := r.of.own("RecordTypeId"); f != nil {
		if id, ok := r.get(f).(string); ok {
			return id
		}
	}
	return masterType
}

// typeOf is the definition of the record type with an id, nil for one that
// offers everything.
func (o *Org) typeOf(ob *object, id string) *RecordType {
	if id == masterType || len(ob.types) == 0 {
		return nil
	}
	r := o.object("RecordType").find(id, nil)
	if r == nil {
		return nil
	}
	if i := ob.typeIndex(r.text("DeveloperName")); i >= 0 {
		return &ob.types[i]
	}
	return nil
}

// offered are the values that a picklist offers in a record type, active or
// not, and the one that a new record gets, "" for none.
func (o *Org) offered(f *field, recordType string) (values []PicklistValue, start string) {
	values = o.choices(f)
	t := o.typeOf(f.of, recordType)
	if t == nil {
		start, _ = f.start.(string)
		return values, start
	}
	for name, some := range t.Picklists {
		if strings.EqualFold(name, f.Name) {
			values = slices.DeleteFunc(slices.Clone(values), func(v PicklistValue) bool {
				return !slices.ContainsFunc(some, func(s string) bool { return strings.EqualFold(s, v.Value) })
			})
		}
	}
	start, _ = f.start.(string)
	for name, value := range t.Defaults {
		if strings.EqualFold(name, f.Name) {
			start = f.asDefined(value)
		}
	}
	if !slices.ContainsFunc(values, func(v PicklistValue) bool { return v.Value == start }) {
		start = ""
	}
	return values, start
}

// startType gives a new record its type and the picklist values that the type
// starts with, as far as the client has not said otherwise.
func (tx *Transaction) startType(r *record, changes []change) {
	f := r.of.own("RecordTypeId")
	if f == nil || len(r.of.types) == 0 {
		return
	}
	if r.get(f) == nil && !changed(changes, f) {
		if id := tx.org.defaultType(r.of); id != masterType {
			r.set(f, id)
		}
	}
	for _, p := range r.of.fields {
		if !p.picklist() || changed(changes, p) {
			continue
		}
		if _, start := tx.org.offered(p, r.recordType()); start != "" {
			r.set(p, start)
		} else {
			r.set(p, nil)
		}
	}
}

// checkType refuses a record type of another object, or one that is no longer
// in use, which old records may have.
func (tx *Transaction) checkType(f *field, id string) error {
	t := tx.org.object("RecordType").find(id, tx)
	if t != nil && strings.EqualFold(t.text("SobjectType"), f.of.Name) && (t.value("IsActive") == true || tx.system) {
		return nil
	}
	return fieldError("INVALID_CROSS_REFERENCE_KEY", []string{f.Name},
		"%s: this ID value isn't valid for the user: %s", f.Label, id)
}
