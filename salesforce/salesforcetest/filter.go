package salesforcetest

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/soql"
)

// predicate decides whether a record fits a condition. A missing value fits
// neither <, <=, > nor >=, and no = but that with null; NOT and != are the
// opposite of what they negate, so they keep records without a value.
type predicate func(*record) bool

// condition makes a condition ready.
func (q *query) condition(c soql.Condition) (predicate, error) {
	switch c := c.(type) {
	case *soql.Logic:
		return q.logic(c)
	case *soql.Negation:
		x, err := q.condition(c.X)
		return func(r *record) bool { return !x(r) }, err
	case *soql.Comparison:
		return q.comparison(c)
	case *soql.Membership:
		return q.membership(c)
	case *soql.Inclusion:
		return q.inclusion(c)
	}
	return nil, q.fault(c, "MALFORMED_QUERY", "unexpected condition")
}

// logic makes AND and OR ready. Either stops at the term that decides it.
func (q *query) logic(c *soql.Logic) (predicate, error) {
	terms := make([]predicate, len(c.Terms))
	for i, term := range c.Terms {
		var err error
		if terms[i], err = q.condition(term); err != nil {
			return nil, err
		}
	}
	decisive := c.Op == soql.OpOr // the value of a term that decides the whole
	return func(r *record) bool {
		for _, term := range terms {
			if term(r) == decisive {
				return decisive
			}
		}
		return !decisive
	}, nil
}

// comparison makes a comparison with one value ready.
func (q *query) comparison(c *soql.Comparison) (predicate, error) {
	left, err := q.filterable(c.Left)
	if err != nil {
		return nil, err
	}
	if c.Op == soql.OpLike {
		return q.like(left, c)
	}
	if limits, ok := c.Right.(*soql.DateRange); ok {
		return q.within(left, c.Op, limits)
	}
	right, err := q.literal(left, c.Right)
	if err != nil {
		return nil, err
	}
	return q.compare(left, c.Op, right), nil
}

// compare compares with a value of the operand's kind, or nil.
func (q *query) compare(left *operand, op soql.CompareOp, right any) predicate {
	e := q.world
	equal := func(r *record) bool { return left.field.equal(left.of(e, r), right) }
	switch op {
	case soql.OpEq:
		return equal
	case soql.OpNe:
		return func(r *record) bool { return !equal(r) }
	}
	if right == nil {
		return func(*record) bool { return false }
	}
	fits := ordering(op)
	return func(r *record) bool {
		v := left.of(e, r)
		return v != nil && fits(left.field.compare(v, right))
	}
}

// ordering turns an operator into a test of the result of a comparison.
func ordering(op soql.CompareOp) func(int) bool {
	switch op {
	case soql.OpLt:
		return func(c int) bool { return c < 0 }
	case soql.OpLe:
		return func(c int) bool { return c <= 0 }
	case soql.OpGt:
		return func(c int) bool { return c > 0 }
	}
	return func(c int) bool { return c >= 0 }
}

// equal compares two values of the field. Empty text equals none.
func (f *field) equal(a, b any) bool {
	if b == "" {
		b = nil
	}
	if a == nil || b == nil {
		return a == b
	}
	if f.Type == "multipicklist" {
		return compareText(sortedChoices(a.(string)), sortedChoices(b.(string))) == 0
	}
	return f.compare(a, b) == 0
}

// sortedChoices makes two selections comparable, whatever the order of choosing.
func sortedChoices(s string) string {
	choices := strings.Split(s, ";")
	slices.Sort(choices)
	return strings.Join(choices, ";")
}

// compare orders two values of the field: ids and case-sensitive text by bytes,
// other text without regard to case.
func (f *field) compare(a, b any) int {
	if x, ok := a.(string); ok && (f.typ.kind == kindID || f.CaseSensitive) {
		return strings.Compare(x, b.(string))
	}
	return compareValues(a, b)
}

// within compares with a date literal, which is a span of days.
func (q *query) within(left *operand, op soql.CompareOp, limits *soql.DateRange) (predicate, error) {
	first, end, ok := dateRange(limits, dateOf(q.now.In(q.zone)))
	if !ok {
		return nil, q.fault(limits, "MALFORMED_QUERY", "unexpected token: '%s'", limits.Name)
	}
	var start, stop any
	switch left.field.typ.kind {
	case kindDate:
		start, stop = first, end
	case kindDateTime:
		start, stop = first.start(q.zone).UTC(), end.start(q.zone).UTC()
	default:
		return nil, q.wrongType(left, limits)
	}
	from, to := q.compare(left, soql.OpGe, start), q.compare(left, soql.OpLt, stop)
	switch op {
	case soql.OpLt:
		return q.compare(left, soql.OpLt, start), nil
	case soql.OpLe:
		return to, nil
	case soql.OpGt:
		return q.compare(left, soql.OpGe, stop), nil
	case soql.OpGe:
		return from, nil
	case soql.OpNe:
		return func(r *record) bool { return !(from(r) && to(r)) }, nil
	}
	return func(r *record) bool { return from(r) && to(r) }, nil
}

// like compares text with a pattern.
func (q *query) like(left *operand, c *soql.Comparison) (predicate, error) {
	pattern, ok := c.Right.(*soql.Text)
	if left.field.typ.kind != kindText || left.field.Type == "multipicklist" {
		return nil, q.fault(c.Left, "INVALID_FIELD", "invalid operator on %s field", left.field.Type)
	}
	if !ok {
		return nil, q.wrongType(left, c.Right)
	}
	re := likeRegexp(pattern.Value)
	e := q.world
	return func(r *record) bool {
		s, ok := left.of(e, r).(string)
		return ok && re.MatchString(s)
	}, nil
}

// likeRegexp translates a pattern, in which % is any text, _ any character, and
// a backslash takes away the meaning of the next character.
func likeRegexp(pattern string) *regexp.Regexp {
	var re strings.Builder
	re.WriteString(`(?is)\A`)
	escaped := false
	for _, c := range pattern {
		switch {
		case escaped:
			re.WriteString(regexp.QuoteMeta(string(c)))
			escaped = false
		case c == '\\':
			escaped = true
		case c == '%':
			re.WriteString(".*")
		case c == '_':
			re.WriteString(".")
		default:
			re.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	re.WriteString(`\z`)
	return regexp.MustCompile(re.String())
}

// membership makes IN and NOT IN ready.
func (q *query) membership(c *soql.Membership) (predicate, error) {
	left, err := q.filterable(c.Left)
	if err != nil {
		return nil, err
	}
	var contains func(any) bool
	if c.Query != nil {
		contains, err = q.semiJoin(left, c)
	} else {
		contains, err = q.valueSet(left, c.Values)
	}
	if err != nil {
		return nil, err
	}
	e := q.world
	return func(r *record) bool { return contains(left.of(e, r)) != c.Not }, nil
}

// valueSet tells whether a value is in a list.
func (q *query) valueSet(left *operand, values []soql.Value) (func(any) bool, error) {
	texts := map[string]bool{} // most lists hold texts, and some are long
	var others []any
	fold := left.field.typ.kind == kindText && !left.field.CaseSensitive
	for _, v := range values {
		if limits, ok := v.(*soql.DateRange); ok {
			return nil, q.fault(limits, "MALFORMED_QUERY", "unexpected token: '%s'", limits.Name)
		}
		parsed, err := q.literal(left, v)
		if err != nil {
			return nil, err
		}
		if s, ok := parsed.(string); ok && s != "" && left.field.Type != "multipicklist" {
			if fold {
				s = strings.ToLower(s)
			}
			texts[s] = true
		} else {
			others = append(others, parsed)
		}
	}
	return func(v any) bool {
		if s, ok := v.(string); ok {
			if fold {
				s = strings.ToLower(s)
			}
			if texts[s] {
				return true
			}
		}
		return slices.ContainsFunc(others, func(other any) bool { return left.field.equal(v, other) })
	}, nil
}

// semiJoin runs an inner query and tells whether an id is among its results.
func (q *query) semiJoin(left *operand, c *soql.Membership) (func(any) bool, error) {
	if left.field.typ.kind != kindID {
		return nil, q.fault(c.Left, "INVALID_FIELD", "The left operand field in the where expression for outer query should be an id field, "+
			"cannot use: '%s'", left.field.Name)
	}
	inner := &query{world: q.world, node: c.Query, object: q.org.object(c.Query.From.Object)}
	if inner.object == nil {
		return nil, q.fault(c.Query.From, "INVALID_TYPE", "sObject type '%s' is not supported.", c.Query.From.Object)
	}
	if err := inner.prepare(); err != nil {
		return nil, err
	}
	if len(inner.columns) != 1 || inner.groups != nil {
		return nil, q.fault(c.Query, "MALFORMED_QUERY", "The inner select must select exactly one field")
	}
	column := inner.columns[0]
	for column.parent != nil {
		column = column.columns[0]
	}
	if column.operand == nil || column.operand.field.typ.kind != kindID {
		return nil, q.fault(c.Query, "INVALID_FIELD", "The inner select field '%s' in semi join sub-select must be an id field", column.name)
	}
	ids := map[any]bool{}
	for _, r := range inner.run() {
		if id := column.operand.of(q.world, r); id != nil {
			ids[id] = true
		}
	}
	return func(v any) bool { return v != nil && ids[v] }, nil
}

// inclusion makes INCLUDES and EXCLUDES ready: a value such as 'A;B' asks for A
// and B, several values for one of them.
func (q *query) inclusion(c *soql.Inclusion) (predicate, error) {
	left, err := q.filterable(c.Left)
	if err != nil {
		return nil, err
	}
	if left.field.Type != "multipicklist" {
		return nil, q.fault(c.Left, "INVALID_FIELD", "invalid operator on %s field", left.field.Type)
	}
	var wanted [][]string
	for _, v := range c.Values {
		s, ok := v.(*soql.Text)
		if !ok {
			return nil, q.wrongType(left, v)
		}
		wanted = append(wanted, strings.Split(strings.ToLower(s.Value), ";"))
	}
	e := q.world
	return func(r *record) bool {
		s, _ := left.of(e, r).(string)
		chosen := strings.Split(strings.ToLower(s), ";")
		included := slices.ContainsFunc(wanted, func(all []string) bool {
			return !slices.ContainsFunc(all, func(w string) bool { return !slices.Contains(chosen, w) })
		})
		return included != c.Not
	}, nil
}

// literal turns a literal into a value of the operand's kind.
func (q *query) literal(left *operand, v soql.Value) (any, error) {
	kind := left.field.typ.kind
	switch v := v.(type) {
	case *soql.Null:
		return nil, nil
	case *soql.Text:
		switch kind {
		case kindText:
			return v.Value, nil
		case kindID:
			return q.idLiteral(v)
		}
	case *soql.Number:
		if kind == kindNumber {
			_, fraction, _ := strings.Cut(v.Literal, ".")
			n, err := parseDecimal(v.Literal, min(len(fraction), 18))
			if err != nil {
				return nil, q.fault(v, "NUMBER_OUTSIDE_VALID_RANGE", "value outside of valid range: %s", v.Literal)
			}
			return n, nil
		}
	case *soql.Boolean:
		if kind == kindBool {
			return v.Value, nil
		}
	case *soql.Date:
		if kind == kindDate {
			return date{v.Year, v.Month, v.Day}, nil
		}
	case *soql.DateTime:
		if kind == kindDateTime {
			return v.Time.UTC().Truncate(time.Millisecond), nil
		}
	}
	return nil, q.wrongType(left, v)
}

// idLiteral is an id as records hold it: in its long form.
func (q *query) idLiteral(v *soql.Text) (any, error) {
	if v.Value == "" {
		return nil, nil
	}
	id, ok := longID(v.Value)
	if !ok {
		return nil, q.fault(v, "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: %s", v.Value)
	}
	return id, nil
}

// wrongType is a literal of another kind than the field.
func (q *query) wrongType(left *operand, v soql.Node) error {
	f := left.field
	quotes := "should not be enclosed in quotes"
	name := strings.TrimPrefix(f.typ.soap, "xsd:")
	if f.typ.kind == kindText || f.typ.kind == kindID {
		name, quotes = "string", "should be enclosed in quotes"
	}
	return q.fault(v, "INVALID_FIELD", "value of filter criterion for field '%s' must be of type %s and %s", f.Name, name, quotes)
}
