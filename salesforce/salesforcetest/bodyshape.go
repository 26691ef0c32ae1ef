package salesforcetest

import (
	"encoding/json"
	"strconv"
)

// take reads the members of a JSON object into the variables that want names:
// *string, *bool, *[]any, *[]assignment or *any. A member that nobody wants and
// one of another type are errors; null leaves the variable as it is.
func take(in []assignment, want map[string]any) error {
	for _, a := range in {
		to, known := want[a.name]
		if !known {
			return refusal("JSON_PARSER_ERROR", "Unrecognized field \"%s\" at %s", a.name, a.at)
		}
		if a.value != nil && !store(a.value, to) {
			return wrongShape(a)
		}
	}
	return nil
}

// store keeps a value in a variable of its type, and reports whether it has it.
func store(v, to any) (ok bool) {
	switch to := to.(type) {
	case *string:
		*to, ok = v.(string)
	case *bool:
		*to, ok = flagOf(v)
	case *[]any:
		*to, ok = v.([]any)
	case *[]assignment:
		*to, ok = v.([]assignment)
	case *any:
		*to, ok = v, true
	}
	return ok
}

// flagOf reads true and false, also as texts.
func flagOf(v any) (flag, ok bool) {
	if s, isText := v.(string); isText {
		b, err := strconv.ParseBool(s)
		return b, err == nil
	}
	flag, ok = v.(bool)
	return flag, ok
}

// wrongShape is a member of a request body whose value is of the wrong type.
func wrongShape(a assignment) error {
	f := field{Field: Field{Name: a.name}, typ: &fieldType{}}
	return f.clash(a)
}

// member is the value of a member of a JSON object, nil for none.
func member(in []assignment, name string) any {
	for _, a := range in {
		if a.name == name {
			return a.value
		}
	}
	return nil
}

// appendJSON writes what decodeValue read.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendString(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case json.Number:
		return append(b, v...)
	case []any:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, item)
		}
		return append(b, ']')
	case []assignment:
		b = append(b, '{')
		for i, a := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, a.name), ':')
			b = appendJSON(b, a.value)
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}
