package salesforce

import "github.com/sfbridge/sfbridge/soql"

// SOQLValue makes the id a literal of a query. An id that is no valid id, the
// empty one included, is an error.
func (id ID) SOQLValue() (soql.Value, error) {
	valid, err := exactID(string(id))
	if err != nil {
		return nil, err
	}
	return &soql.Text{Value: string(valid)}, nil
}

// SOQLValue makes the day a literal of a query; the zero Date is NULL.
func (d Date) SOQLValue() (soql.Value, error) {
	if d.IsZero() {
		return &soql.Null{}, nil
	}
	if _, err := d.MarshalText(); err != nil {
		return nil, err
	}
	return &soql.Date{Year: d.Year, Month: d.Month, Day: d.Day}, nil
}

// SOQLValue makes the moment a literal of a query; the zero DateTime is NULL.
func (t DateTime) SOQLValue() (soql.Value, error) {
	if t.IsZero() {
		return &soql.Null{}, nil
	}
	if _, err := t.MarshalText(); err != nil {
		return nil, err
	}
	return &soql.DateTime{Time: t.Time}, nil
}
