package salesforce

import (
	"context"
	"slices"
	"strings"
)

// Choices are the active options of a picklist that go with a value of the
// controlling field: all of them where the picklist depends on no other. The
// value of a checkbox is "true" or "false". An unknown field or value has none.
func (s *SObject) Choices(field, controlling string) []PicklistValue {
	f, ok := s.Field(field)
	if !ok {
		return nil
	}
	place := -1
	if f.DependentPicklist {
		if place = s.place(f.ControllerName, controlling); place < 0 {
			return nil
		}
	}
	return slices.DeleteFunc(slices.Clone(f.PicklistValues), func(v PicklistValue) bool {
		return !v.Active || place >= 0 && !v.goesWith(place)
	})
}

// place is where a value stands among the options of a controlling field, -1
// for none.
func (s *SObject) place(field, value string) int {
	f, ok := s.Field(field)
	switch {
	case !ok:
		return -1
	case f.Type == "boolean":
		return slices.Index([]string{"false", "true"}, strings.ToLower(value))
	}
	return slices.IndexFunc(f.PicklistValues, func(v PicklistValue) bool { return strings.EqualFold(v.Value, value) })
}

// goesWith reads the bit of the i-th option of the controlling field.
func (v PicklistValue) goesWith(i int) bool {
	return i/8 < len(v.ValidFor) && v.ValidFor[i/8]&(0x80>>(i%8)) != 0
}

// MasterRecordType is the id of the record type that records have in objects
// without record types of their own.
const MasterRecordType ID = "012000000000000AAA"

// Picklist is a picklist as a record type offers it.
type Picklist struct {
	// Default is the option that new records get, "" for none.
	Default string
	// Options are in the order in which people see them.
	Options []PicklistOption
	// Controllers are the values of the controlling field and where they stand
	// in PicklistOption.ValidFor; empty where the picklist depends on no other.
	Controllers map[string]int
}

// PicklistOption is one option of a [Picklist].
type PicklistOption struct {
	Value string `json:"value"`
	Label string `json:"label"`
	// ValidFor are the places in Picklist.Controllers that the option goes with.
	ValidFor []int `json:"validFor"`
}

// For are the options that go with a value of the controlling field: all of
// them where the picklist depends on no other.
func (p Picklist) For(controlling string) []PicklistOption {
	if len(p.Controllers) == 0 {
		return p.Options
	}
	place, ok := p.Controllers[controlling]
	if !ok {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p.Options), func(o PicklistOption) bool { return !slices.Contains(o.ValidFor, place) })
}

// Picklists returns the picklists of an object as a record type offers them, by
// the names of their fields. An object without record types has
// [MasterRecordType].
//
// See "Get Values for All Picklist Fields of a Record Type" in the User
// Interface API Developer Guide.
func (c *Client) Picklists(ctx context.Context, object string, recordType ID) (map[string]Picklist, error) {
	op := "get the picklists of " + object
	if _, err := objectPath(op, object); err != nil {
		return nil, err
	}
	id, err := exactID(string(recordType))
	if err != nil {
		return nil, fault(op, ErrValidation, "%q is no id of a record type", clip(string(recordType), 40))
	}
	var answer struct {
		Fields map[string]struct {
			Controllers map[string]int   `json:"controllerValues"`
			Default     *PicklistOption  `json:"defaultValue"`
			Values      []PicklistOption `json:"values"`
		} `json:"picklistFieldValues"`
	}
	if err := c.get(ctx, op, "/ui-api/object-info/"+object+"/picklist-values/"+string(id), &answer); err != nil {
		return nil, err
	}
	lists := make(map[string]Picklist, len(answer.Fields))
	for name, f := range answer.Fields {
		p := Picklist{Options: f.Values, Controllers: f.Controllers}
		if f.Default != nil {
			p.Default = f.Default.Value
		}
		lists[name] = p
	}
	return lists, nil
}
