package salesforcetest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

var apiName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// validate finds every fault of a schema before any of it is used.
func (c *catalog) validate(s Schema) error {
	known := func(name string) bool {
		ob := c.object(name)
		return name == anyRecord || ob != nil && ob.Name == name || slices.ContainsFunc(s, func(ob SObject) bool { return ob.Name == name })
	}
	var faults []error
	for _, ob := range s {
		fault := func(format string, args ...any) {
			faults = append(faults, fmt.Errorf("salesforcetest: object %q: "+format, append([]any{ob.Name}, args...)...))
		}
		if !apiName.MatchString(ob.Name) {
			fault("the name is no API name")
		}
		if p := ob.KeyPrefix; p != "" && c.object(ob.Name) == nil {
			if _, ok := longID(p + "000000000000"); !ok || len(p) != 3 {
				fault("key prefix %q is not three letters and digits", p)
			}
			if other := c.byPrefix[p]; other != nil {
				fault("key prefix %q belongs to %s", p, other.Name)
			}
		}
		for _, f := range ob.Fields {
			if err := c.validateField(ob.Name, f, known); err != nil {
				fault("field %q: %w", f.Name, err)
			} else if err := errors.Join(c.validateController(ob, f), c.validateRollUp(s, ob, f)); err != nil {
				fault("field %q: %w", f.Name, err)
			}
		}
		for _, rule := range ob.Duplicates {
			if rule.Match == nil {
				fault("duplicate rule %q: Match is needed", rule.Name)
			}
		}
		for _, t := range ob.RecordTypes {
			if err := c.validateRecordType(ob, t); err != nil {
				fault("record type %q: %w", t.Name, err)
			}
		}
	}
	return errors.Join(faults...)
}

// validateField finds the first fault of a field, taken together with what the
// object knows of it already.
func (c *catalog) validateField(object string, f Field, known func(string) bool) error {
	var old *field
	if ob := c.object(object); ob != nil {
		if old = ob.own(f.Name); old != nil {
			f = inherit(f, old.Field)
		}
	}
	f = withDefaults(f)
	typ := fieldTypes[f.Type]
	switch {
	case !apiName.MatchString(f.Name):
		return errors.New("the name is no API name")
	case typ == nil:
		return fmt.Errorf("unknown type %q", f.Type)
	case typ.kind == kindNumber && (f.Scale < 0 || f.Scale > 18 || f.Precision < 0 || f.Precision > 18):
		return fmt.Errorf("precision %d and scale %d are not within 18 digits", f.Precision, f.Scale)
	case f.Formula != nil && (f.Unique || f.ExternalID || f.IDLookup || f.AutoNumber != ""):
		return errors.New("a formula can be neither a key nor a number")
	case f.Formula != nil && (typ.kind == kindID || typ.kind == kindBlob || typ.kind == kindAddress):
		return fmt.Errorf("no formula has the type %s", f.Type)
	case f.Type == "reference" && len(f.ReferenceTo) == 0:
		return errors.New("a reference needs ReferenceTo")
	}
	if _, err := (&field{Field: f, typ: typ}).initial(); err != nil {
		return fmt.Errorf("default: %w", err)
	}
	for _, target := range f.ReferenceTo {
		if !known(target) {
			return fmt.Errorf("reference to unknown object %q", target)
		}
	}
	if old != nil && old.typ.kind != typ.kind {
		return fmt.Errorf("is there with type %s and cannot become %s", old.Type, f.Type)
	}
	return nil
}
