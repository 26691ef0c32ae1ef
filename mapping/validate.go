package mapping

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sfbridge/sfbridge/salesforce"
)

// Validate compares the mapping with the description of the object that its
// records come from. resolve describes the objects that relationships lead to;
// it is asked once for each, and (*salesforce.Client).Describe under a context
// is the usual one. The error joins every fault: a field or relationship that
// is not there, or hidden from the user, and a field whose type does not fit
// the rule's.
func (m *Mapping) Validate(s *salesforce.SObject, resolve func(object string) (*salesforce.SObject, error)) error {
	v := validator{resolve: resolve, known: map[string]*salesforce.SObject{s.Name: s}}
	var errs []error
	for i := range m.columns {
		col := &m.columns[i]
		for _, path := range col.From {
			if err := v.check(s, path, col); err != nil {
				errs = append(errs, fmt.Errorf("mapping: %s: source path %s: %w", col.caption(), path, err))
			}
		}
	}
	return errors.Join(errs...)
}

// validator remembers the objects that it has met.
type validator struct {
	resolve func(object string) (*salesforce.SObject, error)
	known   map[string]*salesforce.SObject
}

func (v *validator) check(s *salesforce.SObject, path string, col *column) error {
	field, err := v.field(s, path)
	if err != nil {
		return err
	}
	if !strings.Contains(" "+col.kind.fields+" ", " "+field.Type+" ") || field.Type == "address" && len(col.From) > 1 {
		return fmt.Errorf("a field of type %s does not fit %s", field.Type, col.Type)
	}
	return nil
}

// field follows a path from an object to a field. Where a relationship leads
// to one of several objects, any that has the rest of the path will do.
func (v *validator) field(s *salesforce.SObject, path string) (*salesforce.FieldInfo, error) {
	name, rest, nested := strings.Cut(path, ".")
	if !nested {
		if field, ok := s.Field(name); ok {
			return field, nil
		}
		return nil, fmt.Errorf("%s has no field %s", s.Name, name)
	}
	lookup := relationship(s, name)
	if lookup == nil {
		return nil, fmt.Errorf("%s has no relationship %s", s.Name, name)
	}
	err := fmt.Errorf("relationship %s leads nowhere", name)
	for _, object := range lookup.ReferenceTo {
		var parent *salesforce.SObject
		if parent, err = v.object(object); err != nil {
			return nil, err
		}
		var field *salesforce.FieldInfo
		if field, err = v.field(parent, rest); err == nil {
			return field, nil
		}
	}
	return nil, err
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

func (v *validator) object(name string) (*salesforce.SObject, error) {
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
