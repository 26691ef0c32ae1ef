package salesforcetest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// parse reads an assigned value as the field's type. Text that is empty is nil.
func (f *field) parse(a assignment) (any, error) {
	switch v := a.value.(type) {
	case nil:
		return nil, nil
	case *blob:
		return v, nil
	case []byte:
		if f.typ.kind == kindBlob {
			return newBlob(v), nil
		}
	case time.Time:
		return f.parseTime(v, a)
	case bool:
		if f.typ.kind == kindBool {
			return v, nil
		}
	case json.Number:
		if f.typ.kind == kindNumber {
			return f.parseNumber(v.String(), a)
		}
	case string:
		return f.parseText(v, a)
	}
	return nil, f.clash(a)
}

// parseText reads a JSON string.
func (f *field) parseText(s string, a assignment) (any, error) {
	if f.typ.kind == kindText {
		s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' }) // as is done before anything is saved
	}
	if s == "" {
		return nil, nil
	}
	var v any
	var err error
	switch f.typ.kind {
	case kindText:
		if f.picklist() {
			return f.asDefined(s), nil
		}
		return s, nil
	case kindID:
		long, ok := longID(s)
		switch {
		case ok && long == masterType && f.Name == "RecordTypeId":
			return nil, nil
		case ok:
			return long, nil
		}
		return s, nil // check tells what is wrong
	case kindBool:
		v, err = strconv.ParseBool(strings.ToLower(s))
	case kindNumber:
		return f.parseNumber(s, a)
	case kindDate:
		if len(s) > len(wireDate) && s[len(wireDate)] == 'T' {
			s = s[:len(wireDate)]
		}
		v, err = parseDate(s)
	case kindDateTime:
		v, err = parseDateTime(s)
	case kindTime:
		v, err = parseTimeOfDay(s)
	case kindBlob:
		var data []byte
		if data, err = base64.StdEncoding.DecodeString(s); err == nil {
			v = newBlob(data)
		}
	}
	if err != nil {
		return nil, f.clash(a)
	}
	return v, nil
}

// parseNumber reads a number, also one that stands in a JSON string. An int
// takes no fraction.
func (f *field) parseNumber(s string, a assignment) (any, error) {
	scale := f.Scale
	if f.Type == "int" {
		scale = 0
	}
	n, err := parseDecimal(s, scale)
	switch {
	case errors.Is(err, errSyntax), f.Type == "int" && strings.ContainsAny(s, ".eE"):
		return nil, f.clash(a)
	case err != nil, f.Precision > 0 && abs(n.coef) >= pow10(f.Precision):
		return nil, fieldError("NUMBER_OUTSIDE_VALID_RANGE", []string{f.Name},
			"%s: value outside of valid range on numeric field: %s", f.Label, s)
	}
	return n, nil
}

// parseTime takes a time given in Go. A date is that of the time's own zone.
func (f *field) parseTime(t time.Time, a assignment) (any, error) {
	switch f.typ.kind {
	case kindDate:
		return dateOf(t), nil
	case kindDateTime:
		return t.UTC().Truncate(time.Millisecond), nil
	}
	return nil, f.clash(a)
}

// clash is a JSON value of the wrong type.
func (f *field) clash(a assignment) error {
	token, value := "VALUE_STRING", textOf(a.value)
	switch v := a.value.(type) {
	case bool:
		token = "VALUE_" + strings.ToUpper(value)
	case json.Number:
		token = "VALUE_NUMBER_INT"
		if strings.ContainsAny(v.String(), ".eE") {
			token = "VALUE_NUMBER_FLOAT"
		}
	case []assignment:
		token, value = "START_OBJECT", "{"
	case []any:
		token, value = "START_ARRAY", "["
	}
	return refusal("JSON_PARSER_ERROR",
		"Cannot deserialize instance of %s from %s value %s or request may be missing a required field at %s",
		f.jsonName(), token, value, a.at)
}

// check refuses a version that breaks a rule of its fields. Only what has
// changed is checked for its value, as old values may be older than the rule.
func (tx *Transaction) check(old, r *record, changes []change) error {
	var missing []string
	for _, f := range r.of.fields {
		if f.Required && r.get(f) == nil {
			missing = append(missing, f.Name)
		}
	}
	if missing != nil {
		return fieldsMissing(missing)
	}
	for _, c := range changes {
		if v := r.get(c.field); v != nil {
			if err := tx.checkValue(c.field, v); err != nil {
				return err
			}
		}
	}
	if err := tx.checkPicklists(r, changes); err != nil {
		return err
	}
	if err := tx.checkHierarchy(r, changes); err != nil {
		return err
	}
	return tx.checkUnique(old, r)
}

// checkUnique refuses a value that another record has and only one may have.
func (tx *Transaction) checkUnique(old, r *record) error {
	for _, f := range r.of.fields {
		if !f.Unique || f.keyOf(r) == "" || f.keyOf(old) == f.keyOf(r) {
			continue
		}
		for _, other := range r.of.table.find(f, r.get(f), tx) {
			if other.id() != r.id() {
				return fieldError("DUPLICATE_VALUE", nil, "duplicate value found: %s duplicates value on record with id: %s",
					f.Name, other.id()[:15])
			}
		}
	}
	return nil
}

var emailAddress = regexp.MustCompile(`^[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+$`)

// checkValue refuses a value that the definition of its field rules out.
func (tx *Transaction) checkValue(f *field, v any) error {
	s, isText := v.(string)
	switch {
	case f.typ.kind == kindID:
		return tx.checkReference(f, s)
	case !isText:
		return nil
	case f.Length > 0 && len(s) > f.Length && utf8.RuneCountInString(s) > f.Length:
		return fieldError("STRING_TOO_LONG", []string{f.Name}, "%s: data value too large: %s (max length=%d)", f.Label, s, f.Length)
	case f.Type == "email" && !emailAddress.MatchString(s):
		return fieldError("INVALID_EMAIL_ADDRESS", []string{f.Name}, "%s: invalid email address: %s", f.Label, s)
	case f.Type == "multipicklist" && strings.Count(s, ";") >= maxChoices:
		return fieldError("STRING_TOO_LONG", []string{f.Name}, "%s: data value too large: %s (max values=%d)", f.Label, s, maxChoices)
	}
	return nil
}

// checkReference refuses the id of what is not there, or of the wrong kind.
func (tx *Transaction) checkReference(f *field, id string) error {
	if f.index == fieldID {
		if _, ok := longID(id); !ok || id[:3] != f.of.KeyPrefix {
			return wrongID(f, id)
		}
		return nil
	}
	ob := tx.org.objectOf(id)
	if _, ok := longID(id); !ok || ob == nil || !f.refersTo(ob) {
		return wrongID(f, id)
	}
	switch {
	case tx.load:
		return nil // what it points to may come later
	case f.Name == "RecordTypeId":
		return tx.checkType(f, id)
	}
	switch target := ob.find(id, tx); {
	case target == nil:
		return missingRecord()
	case tx.system:
		return nil
	case target.deleted():
		return fieldError("ENTITY_IS_DELETED", nil, "entity is deleted")
	case !tx.as().sees(target):
		return fieldError("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", nil, "insufficient access rights on cross-reference id")
	case f.Name == "OwnerId" && ob.Name == "Group":
		return tx.checkQueue(f, target)
	case f.Name == "OwnerId" && ob.Name == "User" && target.value("IsActive") != true:
		return fieldError("INACTIVE_OWNER_OR_USER", []string{f.Name},
			"operation performed with inactive user [%s] as owner of %s", id[:15], strings.ToLower(f.of.Label))
	}
	return nil
}

// checkQueue refuses an owner that is no queue, or one that is not for records
// of the object.
func (tx *Transaction) checkQueue(f *field, group *record) error {
	if group.text("Type") != "Queue" {
		return wrongID(f, group.id())
	}
	for link, w := range tx.pointingTo(group) {
		v := w.version(tx)
		if link.of.Name == "QueueSobject" && v != nil && strings.EqualFold(v.text("SobjectType"), f.of.Name) {
			return nil
		}
	}
	return fieldError("FIELD_INTEGRITY_EXCEPTION", []string{f.Name}, "Queue not associated with this SObject type")
}

// checkHierarchy refuses a record that would be above itself.
func (tx *Transaction) checkHierarchy(r *record, changes []change) error {
	f := r.of.own("ParentId")
	if f == nil || !f.refersTo(r.of) || f.polymorphic() || !changed(changes, f) {
		return nil
	}
	seen := map[string]bool{}
	for above := r; above != nil && !seen[above.id()]; above = r.of.find(target(above, f), tx) {
		seen[above.id()] = true
		if target(above, f) == r.id() {
			return fieldError("CIRCULAR_DEPENDENCY", []string{f.Name}, "attempt to violate hierarchy constraints")
		}
	}
	return nil
}

// textOf writes a value for a message.
func textOf(v any) string {
	if v == nil {
		return "null"
	}
	return fmt.Sprint(v)
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

func pad(n, width int) string { return fmt.Sprintf("%0*d", width, n) }
