package sqlstore

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sfbridge/sfbridge/salesforce"
)

// A cell is the value of one column in its canonical text. The zero cell keeps
// what the column has.
type cell struct {
	given, null bool
	text        string
}

// argument is the cell for a statement. Databases take the text of any type.
func (s *Store) argument(col column, c cell) any {
	switch {
	case !c.given || c.null && !(col.filled && col.class == texts):
		return nil
	case col.class == booleans && s.dialect != PostgreSQL:
		return number(c.text == "true")
	case col.class == moments && s.dialect == MySQL:
		return strings.TrimSuffix(strings.Replace(c.text, "T", " ", 1), "Z")
	default:
		return c.text
	}
}

// encode gives the canonical text of a value for a column.
func (col column) encode(value any) (cell, error) {
	switch v := value.(type) {
	case nil:
		return cell{given: true, null: true}, nil
	case string:
		return col.canonical(v), nil
	case salesforce.ID:
		return col.canonical(string(v)), nil
	case []string:
		return col.canonical(strings.Join(v, "\n")), nil
	case bool:
		if col.class == numbers {
			return cell{given: true, text: strconv.Itoa(number(v))}, nil
		}
		return cell{given: true, text: strconv.FormatBool(v)}, nil
	case int64:
		return col.canonical(strconv.FormatInt(v, 10)), nil
	case decimal.Decimal:
		return col.canonical(v.String()), nil
	case time.Time:
		return col.canonical(v.UTC().Format(time.RFC3339Nano)), nil
	case fmt.Stringer: // Date and Time
		return col.canonical(v.String()), nil
	default:
		return cell{}, fmt.Errorf("a %T cannot be kept in a column", v)
	}
}

// canonical gives the one text for all that the column takes for the same: what
// it is given and what it gives back are compared by it. What does not look
// like a value of its class stays as it is, for the database to judge.
func (col column) canonical(text string) cell {
	if text == "" {
		return cell{given: true, null: true}
	}
	switch col.class {
	case numbers:
		text = col.number(text)
	case booleans:
		if b, err := strconv.ParseBool(text); err == nil {
			text = strconv.FormatBool(b)
		}
	case dates:
		if t, ok := parse(text); ok {
			text = t.Format(time.DateOnly)
		}
	case moments:
		if t, ok := parse(text); ok {
			text = col.round(t).Format(time.RFC3339Nano)
		}
	case clocks:
		if t, err := time.Parse("15:04:05", strings.TrimSuffix(text, "Z")); err == nil {
			text = col.round(t).Format("15:04:05.999999")
		}
	}
	return cell{given: true, text: text}
}

func (col column) number(text string) string {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return strconv.FormatInt(n, 10)
	}
	if col.floating > 0 {
		if f, err := strconv.ParseFloat(text, col.floating); err == nil {
			return strconv.FormatFloat(f, 'f', -1, col.floating)
		}
		return text
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return text
	}
	if col.digits >= 0 {
		d = d.Round(int32(col.digits)) //nolint:gosec // a few digits
	}
	return d.String()
}

func (col column) round(t time.Time) time.Time {
	if col.digits < 0 {
		return t.UTC()
	}
	unit := time.Second
	for range col.digits {
		unit /= 10
	}
	return t.UTC().Round(max(unit, 1))
}

// layouts are those in which databases and drivers write a moment.
var layouts = []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", time.DateOnly}

func parse(text string) (time.Time, bool) {
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
