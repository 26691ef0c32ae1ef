package salesforcetest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxChoices is how many values of a multi-select picklist a record may hold.
const maxChoices = 100

// isStageName reports whether a field is the picklist whose values are records.
func isStageName(f *field) bool {
	return f.Name == "StageName" && f.of != nil && f.of.Name == "Opportunity"
}

// choices are the values of a picklist. Those of StageName are the stages of
// the org.
func (o *Org) choices(f *field) []PicklistValue {
	if !isStageName(f) {
		return f.Picklist
	}
	stages := o.object("OpportunityStage")
	rows := slices.Collect(stages.ids.all(stages.rows))
	order := stages.own("SortOrder")
	slices.SortStableFunc(rows, func(a, b *row) int { return compareValues(a.seen.get(order), b.seen.get(order)) })
	var list []PicklistValue
	for _, w := range rows {
		list = append(list, PicklistValue{
			Value: w.seen.text("ApiName"), Label: w.seen.text("MasterLabel"), Inactive: w.seen.value("IsActive") != true,
		})
	}
	for _, v := range f.Picklist { // of an extension, without a stage
		if !slices.ContainsFunc(list, func(known PicklistValue) bool { return strings.EqualFold(known.Value, v.Value) }) {
			list = append(list, v)
		}
	}
	return list
}

// controller is the field that decides which values of f may be chosen, nil
// for none.
func (f *field) controller() *field {
	if f.Controller == "" {
		return nil
	}
	return f.of.own(f.Controller)
}

// controlValues are the values of a controlling field in the order in which
// describe numbers them.
func (o *Org) controlValues(f *field) []string {
	if f.typ.kind == kindBool {
		return []string{"false", "true"}
	}
	var values []string
	for _, v := range o.choices(f) {
		values = append(values, v.Value)
	}
	return values
}

// goesWith reports whether a value may be chosen beside a value of the
// controlling field.
func (v PicklistValue) goesWith(control string) bool {
	return slices.ContainsFunc(v.ValidFor, func(other string) bool { return strings.EqualFold(other, control) })
}

// validFor is the set of controlling values that a value goes with, as describe
// writes it: base64 of a string of bits, nil for a picklist that depends on
// nothing.
func (o *Org) validFor(f *field, v PicklistValue) *string {
	controller := f.controller()
	if controller == nil {
		return nil
	}
	values := o.controlValues(controller)
	bits := make([]byte, (len(values)+23)/24*3)
	for i, control := range values {
		if v.goesWith(control) {
			bits[i/8] |= 0x80 >> (i % 8)
		}
	}
	return orNull(base64.StdEncoding.EncodeToString(bits))
}

// controls turns a set of bits back into the controlling values.
func controls(validFor string, values []string) []string {
	bits, err := base64.StdEncoding.DecodeString(validFor)
	if err != nil {
		return nil
	}
	var valid []string
	for i, v := range values {
		if i/8 < len(bits) && bits[i/8]&(0x80>>(i%8)) != 0 {
			valid = append(valid, v)
		}
	}
	return valid
}

// asDefined writes the values of a picklist as their definition does: letters
// of another case mean the same value.
// https://help.salesforce.com/s/articleView?id=000386557
func (f *field) asDefined(s string) string {
	if f.Type != "multipicklist" {
		return f.choice(s)
	}
	list := strings.Split(s, ";")
	for i, s := range list {
		list[i] = f.choice(s)
	}
	return strings.Join(list, ";")
}

func (f *field) choice(s string) string {
	if i, ok := f.rank[strings.ToLower(s)]; ok {
		return f.Picklist[i].Value
	}
	return s
}

// checkPicklists refuses values that restricted picklists do not offer: at all,
// in the record's type, or beside the value of the controlling field.
func (tx *Transaction) checkPicklists(r *record, changes []change) error {
	for _, f := range r.of.fields {
		if !f.Restricted || !changed(changes, f) && (f.Controller == "" || !changed(changes, f.controller())) {
			continue
		}
		s, ok := r.get(f).(string)
		if !ok {
			continue
		}
		offered, _ := tx.org.offered(f, r.recordType())
		for choice := range strings.SplitSeq(s, ";") {
			if !slices.ContainsFunc(offered, func(v PicklistValue) bool { return v.Value == choice && v.fits(f, r) }) {
				return fieldError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", []string{f.Name},
					"%s: bad value for restricted picklist field: %s", f.Label, choice)
			}
		}
	}
	return nil
}

// changed reports whether a client has set a field.
func changed(changes []change, f *field) bool {
	return slices.ContainsFunc(changes, func(c change) bool { return c.field == f })
}

// fits reports whether a record may hold a value of its field f.
func (v PicklistValue) fits(f *field, r *record) bool {
	controller := f.controller()
	switch {
	case v.Inactive:
		return false
	case controller == nil:
		return true
	case controller.typ.kind == kindBool:
		return v.goesWith(strconv.FormatBool(r.get(controller) == true))
	}
	control, _ := r.get(controller).(string)
	return slices.ContainsFunc(strings.Split(control, ";"), v.goesWith)
}

// validateController refuses a dependence on a field that cannot control.
func (c *catalog) validateController(def SObject, f Field) error {
	if f.Controller == "" {
		return nil
	}
	if f.Type != "picklist" && f.Type != "multipicklist" {
		return errors.New("only picklists can have a Controller")
	}
	typ := ""
	if ob := c.object(def.Name); ob != nil && ob.own(f.Controller) != nil {
		typ = ob.own(f.Controller).Type
	}
	for _, other := range def.Fields {
		if strings.EqualFold(other.Name, f.Controller) && other.Type != "" {
			typ = other.Type
		}
	}
	if typ != "picklist" && typ != "boolean" {
		return fmt.Errorf("the Controller %q is neither a picklist nor a checkbox of the object", f.Controller)
	}
	return nil
}
