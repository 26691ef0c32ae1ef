package salesforcetest

import (
	"slices"
	"strings"
)

// collection is a request that writes many records.
type collection struct {
	allOrNone bool
	rows      []collectionRow
}

// collectionRow is one of its records, and what becomes of it.
type collectionRow struct {
	object *object
	in     []assignment // without attributes and id
	id     string       // as the client wrote it, "" for none
	result rowResult
}

// rowResult is what became of one record of many.
type rowResult struct {
	ID      string `json:"id,omitempty"`
	Success bool   `json:"success"`
	Errors  []any  `json:"errors"`
	Created *bool  `json:"created,omitempty"`
}

// rowErrors are the errors of one record as results of many tell them.
func rowErrors(err error) []any {
	e := asAPIError(err)
	if e == errNotFound { // which is said of resources, not of records
		e = missingRecord()
	}
	list := e.bodies("statusCode")
	for _, body := range list {
		if body, ok := body.(map[string]any); ok && body["fields"] == nil {
			body["fields"] = []string{}
		}
	}
	return list
}

// errRolledBack is what becomes of a good record beside a bad one.
var errRolledBack = fieldError("ALL_OR_NONE_OPERATION_ROLLED_BACK", nil,
	"Record rolled back because not all records were valid and the request was using AllOrNone header")

func tooManyRows(most int) error {
	return refusal("EXCEEDED_ID_LIMIT", "record limit reached. cannot submit more than %d records into this call", most)
}

// fail notes how the writing of a row ended.
func (r *collectionRow) fail(err error) {
	r.result.Success, r.result.Errors = err == nil, []any{}
	if err != nil {
		r.result.Errors, r.result.Created = rowErrors(err), nil
	}
}

// rolledBack notes of the good rows that they were taken back. What was created
// has no id any more.
func (s *collection) rolledBack() {
	for i := range s.rows {
		r := &s.rows[i]
		if !r.result.Success {
			continue
		}
		if r.result.Created != nil && *r.result.Created || r.result.Created == nil && r.id == "" {
			r.result.ID = ""
		}
		r.fail(errRolledBack)
	}
}

// value is what the client wrote into a field.
func (r *collectionRow) value(f *field) any {
	for _, a := range r.in {
		if strings.EqualFold(a.name, f.Name) {
			return a.value
		}
	}
	return nil
}

// without is what the client wrote into all fields but one.
func (r *collectionRow) without(f *field) []assignment {
	return slices.DeleteFunc(slices.Clone(r.in), func(a assignment) bool { return strings.EqualFold(a.name, f.Name) })
}

// repeated are the keys that several rows have.
func (s *collection) repeated(key *field) map[string]bool {
	rows := map[string]int{}
	for _, r := range s.rows {
		rows[key.key(r.value(key))]++
	}
	repeated := map[string]bool{}
	for k, n := range rows {
		repeated[k] = k != "" && n > 1
	}
	return repeated
}

// collection reads the body of a request that writes many records.
func (c *call) collection() (*collection, error) {
	in, parts, err := c.body(maxContent)
	if err != nil {
		return nil, err
	}
	s := &collection{}
	var records []any
	if err := take(in, map[string]any{"allOrNone": &s.allOrNone, "records": &records}); err != nil {
		return nil, err
	}
	switch {
	case len(records) == 0:
		return nil, refusal("MISSING_ARGUMENT", "The records parameter is required.")
	case len(records) > maxRows:
		return nil, tooManyRows(maxRows)
	}
	chunks := 0
	for _, v := range records {
		r, err := c.collectionRow(v, parts)
		if err != nil {
			return nil, err
		}
		if len(s.rows) == 0 || s.rows[len(s.rows)-1].object != r.object {
			chunks++
		}
		s.rows = append(s.rows, r)
	}
	if len(parts) > 0 {
		return nil, badMultipart("a binary part belongs to no record")
	}
	if chunks > maxChunks {
		return nil, refusal("LIMIT_EXCEEDED", "Cannot have more than %d chunks in a single operation. "+
			"Please rearrange the data to reduce chunking.", maxChunks)
	}
	return s, nil
}

// collectionRow reads a record, and takes the binary content that it names.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_sobject_insert_update_blob.htm
func (c *call) collectionRow(v any, parts map[string]*blob) (r collectionRow, err error) {
	in, _ := v.([]assignment)
	var typ, part, name string
	attributes, _ := member(in, "attributes").([]assignment)
	for _, a := range attributes {
		for wanted, to := range map[string]*string{"type": &typ, "binaryPartName": &part, "binaryPartNameAlias": &name} {
			if a.name == wanted {
				store(a.value, to)
			}
		}
	}
	if typ == "" {
		return r, refusal("INVALID_INPUT", "Include an entity type for each record in the request.")
	}
	if r.object = c.objectNamed(typ); r.object == nil {
		return r, refusal("INVALID_TYPE", "sObject type '%s' is not supported.", typ)
	}
	for _, a := range in {
		switch {
		case a.name == "attributes":
		case strings.EqualFold(a.name, "Id"):
			r.id, _ = a.value.(string)
		default:
			r.in = append(r.in, a)
		}
	}
	switch {
	case (part == "") != (name == ""):
		return r, badMultipart("binaryPartName and binaryPartNameAlias need each other")
	case part != "" && parts[part] == nil:
		return r, badMultipart("there is no binary part %s", part)
	case part != "":
		r.in = append(r.in, assignment{name: name, value: parts[part]})
		delete(parts, part)
	}
	return r, nil
}

// objectNamed returns an object, nil for none.
func (c *call) objectNamed(name string) *object {
	defer c.reading()()
	return c.org.object(name)
}
