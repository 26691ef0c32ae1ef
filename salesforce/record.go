package salesforce

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Record is a record whose fields are known only at run time. As it comes out
// of a query or [Get], a value is one of
//
//	string, bool, nil           text, ids and dates; checkboxes; no value
//	json.Number                 every number, digit for digit as it was sent
//	Record                      a parent (Owner) or a compound (BillingAddress)
//	[]Record                    a child list (Contacts), complete
//
// The "attributes" that Salesforce adds to each record are left out. For a
// write, any value that encoding/json can encode will do.
type Record map[string]any

// Get returns the value at a path of names joined by dots, such as
// "Owner.Name". It is false when the record does not carry the path. A parent
// that is null carries all its fields as null. Names are compared as Salesforce
// does, without regard to case.
func (r Record) Get(path string) (any, bool) {
	name, rest, nested := strings.Cut(path, ".")
	v, ok := r.field(name)
	if !ok || !nested {
		return v, ok
	}
	switch parent := v.(type) {
	case nil:
		return nil, true
	case Record:
		return parent.Get(rest)
	case map[string]any:
		return Record(parent).Get(rest)
	default:
		return nil, false
	}
}

func (r Record) field(name string) (any, bool) {
	if v, ok := r[name]; ok {
		return v, true
	}
	for key, v := range r {
		if strings.EqualFold(key, name) {
			return v, true
		}
	}
	return nil, false
}

// ID returns the record's Id, or "" when it carries none or one that is no
// valid id.
func (r Record) ID() ID {
	v, _ := r.field("Id")
	switch v := v.(type) {
	case ID:
		return v
	case string:
		id, err := exactID(v)
		if err != nil {
			return ""
		}
		return id
	default:
		return ""
	}
}

// UnmarshalJSON reads a record as the type's comment describes it.
func (r *Record) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var fields map[string]any
	if err := dec.Decode(&fields); err != nil {
		return err
	}
	*r = recordOf(fields)
	return nil
}

// recordOf turns decoded JSON objects into records, all the way down.
func recordOf(fields map[string]any) Record {
	delete(fields, "attributes")
	for name, v := range fields {
		switch v := v.(type) {
		case map[string]any:
			fields[name] = recordOf(v)
		case []any:
			fields[name] = recordsOf(v)
		}
	}
	return fields
}

// recordsOf turns a list of objects into records; any other list stays.
func recordsOf(list []any) any {
	records := make([]Record, len(list))
	for i, v := range list {
		fields, ok := v.(map[string]any)
		if !ok {
			return list
		}
		records[i] = recordOf(fields)
	}
	return records
}
