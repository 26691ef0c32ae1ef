package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/internal/nearest"
	"github.com/sfbridge/sfbridge/salesforce"
)

// finder follows paths through the descriptions of objects, and remembers
// those that it has met.
type finder struct {
	base    *salesforce.SObject
	resolve func(object string) (*salesforce.SObject, error)
	known   map[string]*salesforce.SObject
}

func newFinder(s *salesforce.SObject, resolve func(object string) (*salesforce.SObject, error)) *finder {
	return &finder{s, resolve, map[string]*salesforce.SObject{s.Name: s}}
}

// find returns the field at the end of a path.
func (v *finder) find(p *path) (*salesforce.FieldInfo, error) {
	name, ok := p.child()
	if !ok {
		return v.field(v.base, p.steps)
	}
	list, found := v.base.Child(name)
	if !found {
		var names []string
		for _, c := range v.base.ChildRelationships {
			names = append(names, c.Name)
		}
		return nil, fmt.Errorf("%s has no child list %s, or it is hidden from this user%s", v.base.Name, name, nearest.DidYouMean(name, names))
	}
	child, err := v.object(list.Object)
	if err != nil {
		return nil, err
	}
	return v.field(child, p.steps[1:])
}

// field follows steps from an object to a field. Where a relationship leads to
// one of several objects, any that has the rest of the path will do.
func (v *finder) field(s *salesforce.SObject, steps []step) (*salesforce.FieldInfo, error) {
	name := steps[0].name
	if len(steps) == 1 {
		if f, ok := s.Field(name); ok {
			return f, nil
		}
		return nil, errors.New(noField(s, name))
	}
	if f, ok := s.Field(name); ok && len(steps) == 2 && slices.Contains(compounds[f.Type], strings.ToLower(steps[1].name)) {
		return &salesforce.FieldInfo{Name: steps[1].name, Type: "string"}, nil
	}
	lookup := relationship(s, name)
	if lookup == nil {
		return nil, errors.New(noRelationship(s, name))
	}
	err := fmt.Errorf("relationship %s leads nowhere", name)
	for _, object := range lookup.ReferenceTo {
		var parent *salesforce.SObject
		if parent, err = v.object(object); err != nil {
			return nil, err
		}
		var f *salesforce.FieldInfo
		if f, err = v.field(parent, steps[1:]); err == nil {
			return f, nil
		}
	}
	return nil, err
}

// compounds are the parts of fields that hold several values, as records name
// them. They are read only.
var compounds = map[string][]string{
	"address":  {"street", "city", "state", "statecode", "postalcode", "country", "countrycode", "latitude", "longitude", "geocodeaccuracy"},
	"location": {"latitude", "longitude"},
}

// noField says that an object lacks a field, and which one was meant: by name,
// or by the label that people see.
func noField(s *salesforce.SObject, name string) string {
	text := fmt.Sprintf("%s has no field %s, or it is hidden from this user", s.Name, name)
	var names []string
	for i := range s.Fields {
		if strings.EqualFold(s.Fields[i].Label, name) || strings.EqualFold(s.Fields[i].Name, name+"__c") {
			return fmt.Sprintf("%s; did you mean %q?", text, s.Fields[i].Name)
		}
		names = append(names, s.Fields[i].Name)
	}
	return text + nearest.DidYouMean(name, names)
}

// noRelationship says that an object lacks a relationship, and which one was
// meant: that of the lookup field, most often.
func noRelationship(s *salesforce.SObject, name string) string {
	text := fmt.Sprintf("%s has no relationship %s, or it is hidden from this user", s.Name, name)
	var names []string
	for i := range s.Fields {
		f := &s.Fields[i]
		if f.RelationshipName == "" {
			continue
		}
		if strings.EqualFold(f.Name, name) {
			return fmt.Sprintf("%s; did you mean %q? %s is the lookup field itself", text, f.RelationshipName, f.Name)
		}
		names = append(names, f.RelationshipName)
	}
	return text + nearest.DidYouMean(name, names)
}

// relationship returns the lookup field behind a relationship name.
func relationship(s *salesforce.SObject, name string) *salesforce.FieldInfo {
	for i := range s.Fields {
		if f := &s.Fields[i]; f.RelationshipName != "" && strings.EqualFold(f.RelationshipName, name) {
			return f
		}
	}
	return nil
}

func (v *finder) object(name string) (*salesforce.SObject, error) {
	if s, ok := v.known[name]; ok {
		return s, nil
	}
	if v.resolve == nil {
		return nil, fmt.Errorf("nothing describes %s", name)
	}
	s, err := v.resolve(name)
	if err != nil {
		return nil, err
	}
	v.known[name] = s
	return s, nil
}
