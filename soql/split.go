package soql

import (
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"
)

// Texts is [Query.Text] for a query that may be too long: as several queries, of
// 100,000 characters at most, among which the values of its longest IN list are
// dealt out. Each record of the query's result is in the result of one of them.
// A query that fits is one text.
//
// That holds for an IN, not a NOT IN, over a field and texts, numbers or dates,
// which is the whole condition or a term of its AND, and where nothing counts or
// orders the records: no ORDER BY, LIMIT, OFFSET, GROUP BY or aggregate function.
// Any other query that is too long is an error. Values that Salesforce may take
// for equal, such as texts in another case and the two forms of an id, stay
// together.
func (q *Query) Texts() ([]string, error) {
	if err := check(q, rules{}); err != nil {
		return nil, err
	}
	text := format(q)
	if !tooLong(text) {
		return []string{text}, nil
	}
	list, err := q.divisible()
	if err != nil {
		return nil, err
	}
	room := maxLength - utf8.RuneCountInString(text) + listLength(list.Values)
	groups, err := equals(list.Values)
	if err != nil {
		return nil, err
	}
	var texts []string
	for len(groups) > 0 {
		var part []Value
		for left := room; len(groups) > 0; groups = groups[1:] {
			if left -= listLength(groups[0]); left < 0 {
				break
			}
			part = append(part, groups[0]...)
		}
		if part == nil {
			return nil, fmt.Errorf("%w, even with one value of its IN list", errTooLong)
		}
		texts = append(texts, format(q.withList(list, part)))
	}
	return texts, nil
}

// divisible finds the list that can be dealt out.
func (q *Query) divisible() (*Membership, error) {
	for _, clause := range []struct {
		name string
		has  bool
	}{
		{"ORDER BY", len(q.OrderBy) > 0},
		{"LIMIT", q.Limit != nil},
		{"OFFSET", q.Offset != nil},
		{"GROUP BY or an aggregate function", q.sumsUp()},
	} {
		if clause.has {
			return nil, fmt.Errorf("%w, and cannot be split: it has %s", errTooLong, clause.name)
		}
	}
	var longest *Membership
	for _, term := range q.terms() {
		m, ok := term.(*Membership)
		if !ok || m.Not || len(m.Values) < 2 {
			continue
		}
		if _, field := m.Left.(*Path); field && (longest == nil || listLength(m.Values) > listLength(longest.Values)) {
			longest = m
		}
	}
	if longest == nil {
		return nil, fmt.Errorf("%w, and cannot be split: no IN list is all of WHERE or a term of its AND", errTooLong)
	}
	return longest, nil
}

// terms are the conditions that all must hold.
func (q *Query) terms() []Condition {
	if l, ok := q.Where.(*Logic); ok && l.Op == OpAnd {
		return l.Terms
	}
	return []Condition{q.Where}
}

// withList is the query with other values in the place of a list's.
func (q *Query) withList(list *Membership, values []Value) *Query {
	part, own := *q, *list
	own.Values = values
	if part.Where == Condition(list) {
		part.Where = &own
		return &part
	}
	all := &Logic{Op: OpAnd}
	for _, term := range q.terms() {
		if term == Condition(list) {
			term = &own
		}
		all.Terms = append(all.Terms, term)
	}
	part.Where = all
	return &part
}

// listLength is how many characters values have in a list, with commas.
func listLength(values []Value) (n int) {
	for _, v := range values {
		n += utf8.RuneCountInString(format(v)) + len(", ")
	}
	return n
}

// equals groups values that may be equal for Salesforce: better too many in a
// group than a record that comes twice.
func equals(values []Value) (groups [][]Value, err error) {
	short := map[string]bool{} // texts that may be ids without their checksum
	for _, v := range values {
		if t, ok := v.(*Text); ok && len(t.Value) == 15 {
			short[folded(t.Value)] = true
		}
	}
	places := map[string]int{}
	for _, v := range values {
		var key string
		switch v := v.(type) {
		case *Text:
			key = folded(v.Value)
			if len(key) == 18 && short[key[:15]] {
				key = key[:15]
			}
		case *Number:
			n, ok := new(big.Rat).SetString(v.Literal)
			if !ok {
				return nil, fmt.Errorf("%w, and cannot be split: %s is no plain number", errTooLong, format(v))
			}
			key = n.RatString()
		case *Date, *Null:
			key = format(v)
		default:
			return nil, fmt.Errorf("%w, and cannot be split: %s in its IN list is neither text, number nor date", errTooLong, format(v))
		}
		at, seen := places[key]
		if !seen {
			at = len(groups)
			places[key] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], v)
	}
	return groups, nil
}

// folded is a text without its case and without space around it.
func folded(s string) string { return strings.ToLower(strings.ToUpper(strings.TrimSpace(s))) }
