package salesforcetest

import (
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/soql"
)

// literal turns a literal into a value of the operand's kind.
func (q *query) literal(left *operand, v soql.Value) (any, error) {
	kind := left.field.typ.kind
	switch v := v.(type) {
	case *soql.Null:
		return nil, nil
	case *soql.Text:
		switch kind {
		case kindText:
			return orNil(v.Value), nil // empty text is none
		case kindID:
			return q.idLiteral(v)
		}
	case *soql.Number:
		if kind == kindNumber {
			return q.number(v, v.Literal)
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
	case *soql.Time:
		if kind == kindTime {
			return timeOfDay(((v.Hour*60+v.Minute)*60+v.Second)*1000 + v.Millisecond), nil
		}
	case *soql.Currency:
		return q.money(left, v)
	}
	return nil, q.wrongType(left, v)
}

func (q *query) number(n soql.Node, literal string) (any, error) {
	_, fraction, _ := strings.Cut(literal, ".")
	d, err := parseDecimal(literal, min(len(fraction), 18))
	if err != nil {
		return nil, q.fault(n, "NUMBER_OUTSIDE_VALID_RANGE", "value outside of valid range: %s", literal)
	}
	return d, nil
}

// currency is that of the org, which has no other.
const currency = "USD"

// money is an amount with its currency.
func (q *query) money(left *operand, v *soql.Currency) (any, error) {
	switch {
	case left.field.Type != "currency":
		return nil, q.wrongType(left, v)
	case v.Code != currency:
		return nil, q.fault(v, "MALFORMED_QUERY", "%s is no active currency of this organization", v.Code)
	}
	return q.number(v, v.Literal)
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
