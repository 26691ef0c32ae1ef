package mapping

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sfbridge/sfbridge/salesforce"
)

// path is a source path made ready. Each step but the last leads into a parent
// or, with an index, into a row of a child list.
//
//	Owner.Manager.Name     Contacts[0].Account.Name
type path struct {
	text  string
	steps []step
}

type step struct {
	name  string
	index int // -1 for a parent or a field
}

// maxIndex is far beyond the rows of a child list that a rule would name.
const maxIndex = 9999

// parsePath reads a path.
func parsePath(text string) (path, error) {
	p := path{text: text}
	names := strings.Split(text, ".")
	for i, name := range names {
		s := step{name, -1}
		bare, index, indexed := strings.Cut(name, "[")
		if indexed {
			digits, closed := strings.CutSuffix(index, "]")
			n, err := strconv.ParseUint(digits, 10, 32)
			if !closed || err != nil || n > maxIndex || strconv.FormatUint(n, 10) != digits {
				return path{}, fmt.Errorf("source path %q: a row of a child list is a number from 0, as in Contacts[0].Email", text)
			}
			if i != 0 || len(names) == 1 {
				return path{}, fmt.Errorf("source path %q: a child list is the first of several steps, as in Contacts[0].Email", text)
			}
			s = step{bare, int(n)}
		}
		if !isName(s.name) {
			return path{}, fmt.Errorf("source path %q is no field name", text)
		}
		p.steps = append(p.steps, s)
	}
	return p, nil
}

// child returns the name of the child list that the path leads into, if any.
func (p *path) child() (string, bool) { return p.steps[0].name, p.steps[0].index >= 0 }

// field returns the API name of a field of the object itself.
func (p *path) field() (string, bool) { return p.steps[0].name, len(p.steps) == 1 }

// get looks the path up in a record. It is false when the record does not carry
// the path. Behind a parent that is null, and in a row that a child list does
// not have, everything is null.
func (p *path) get(rec salesforce.Record) (any, bool) {
	for i := range p.steps {
		s := &p.steps[i]
		value, ok := field(rec, s.name)
		if !ok || value == nil || i == len(p.steps)-1 {
			return value, ok
		}
		if s.index >= 0 {
			rows, ok := value.([]salesforce.Record)
			if !ok || s.index >= len(rows) {
				return nil, ok
			}
			rec = rows[s.index]
			continue
		}
		if rec, ok = object(value); !ok {
			return nil, false
		}
	}
	return nil, false
}

// field looks a name up as Salesforce does, without regard to case.
func field(rec salesforce.Record, name string) (any, bool) {
	if value, ok := rec[name]; ok {
		return value, true
	}
	for key, value := range rec {
		if len(key) == len(name) && strings.EqualFold(key, name) {
			return value, true
		}
	}
	return nil, false
}

// isName reports whether s is an API name: letters, digits and underscores,
// beginning with a letter.
func isName(s string) bool {
	for i, c := range []byte(s) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}
