package salesforcetest

import (
	"regexp"
	"slices"
	"strings"

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
func (q *query) within(left *operand, op soql.CompareOp, literal *soql.DateRange) (predicate, error) {
	start, stop, err := q.span(left, literal)
	if err != nil {
		return nil, err
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
	var spans []func(any) bool
	fold := left.field.typ.kind == kindText && !left.field.CaseSensitive
	for _, v := range values {
		if literal, ok := v.(*soql.DateRange); ok {
			start, end, err := q.span(left, literal)
			if err != nil {
				return nil, err
			}
			spans = append(spans, func(v any) bool {
				return v != nil && compareValues(v, start) >= 0 && compareValues(v, end) < 0
			})
			continue
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
		return slices.ContainsFunc(others, func(other any) bool { return left.field.equal(v, other) }) ||
			slices.ContainsFunc(spans, func(holds func(any) bool) bool { return holds(v) })
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
		return nil, q.noSuchObject(c.Query.From, c.Query.From.Object)
	}
	if inner.object == q.object {
		return nil, q.fault(c.Query, "MALFORMED_QUERY", "The inner and outer selects should not be on the same object type")
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
	if !q.sameTargets(left, column.operand) {
		return nil, q.fault(c.Query, "INVALID_FIELD", "The selected field '%s' in the subquery and the left operand field in the where "+
			"expression in the outer query '%s' should point to the same object type", column.operand.field.Name, left.field.Name)
	}
	ids := map[any]bool{}
	for _, r := range inner.run() {
		if id := column.operand.of(q.world, r); id != nil {
			ids[id] = true
		}
	}
	return func(v any) bool { return v != nil && ids[v] }, nil
}

// sameTargets reports whether the ids of two fields can be the same.
func (q *query) sameTargets(a, b *operand) bool {
	one, other := q.targetsOf(a), q.targetsOf(b)
	return slices.ContainsFunc(one, func(name string) bool { return slices.Contains(other, name) })
}

// targetsOf are the names of the objects that the ids of a field belong to.
func (q *query) targetsOf(op *operand) []string {
	f := op.field
	switch {
	case f.Type == "reference":
		return q.org.targets(f)
	case !op.poly:
		return []string{f.of.Name}
	}
	return q.org.targets(op.via[len(op.via)-1])
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
