package salesforce

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/internal/decode"
	"github.com/sfbridge/sfbridge/soql"
)

// nullCell clears a field; an empty cell leaves it alone.
const nullCell = "#N/A"

// bulkColumns are the fields of rows: those that are named, those of the
// struct, or those of the first Record.
func bulkColumns[T any](in Ingest, first T) ([]string, error) {
	if in.Columns != nil {
		return in.Columns, nil
	}
	if reflect.TypeFor[T]().Kind() == reflect.Struct {
		return structColumns[T](in.op())
	}
	fields, err := fieldsOf(in.op(), first)
	if err != nil {
		return nil, err
	}
	cells := map[string]string{}
	if err := flattenCells(cells, "", fields); err != nil {
		return nil, fault(in.op(), ErrValidation, "record 0: %v", err)
	}
	columns := make([]string, 0, len(cells))
	for name := range cells {
		columns = append(columns, name)
	}
	slices.Sort(columns)
	return columns, nil
}

// structColumns are the fields of a struct. Child lists are none.
func structColumns[T any](op string) ([]string, error) {
	items, err := soql.FieldsOf[T]()
	if err != nil {
		return nil, fault(op, ErrValidation, "%v", err)
	}
	var columns []string
	for _, item := range items {
		if f, ok := item.(*soql.Field); ok {
			if path, ok := f.Expr.(*soql.Path); ok {
				columns = append(columns, strings.Join(path.Names, "."))
			}
		}
	}
	return columns, nil
}

// bulkRows are records as lines of CSV.
func bulkRows[T any](op string, columns []string, first T, next func() (T, bool)) iter.Seq[*row] {
	place := make(map[string]int, len(columns))
	for i, name := range columns {
		place[strings.ToLower(name)] = i
	}
	return func(yield func(*row) bool) {
		index := 0
		for record, ok := first, true; ok; record, ok = next() {
			r := &row{result: Result{Index: index}}
			index++
			cells, err := recordCells(record, place)
			if err != nil {
				r.refuse(op, err)
			} else {
				r.text = csvLine(cells)
			}
			if !yield(r) {
				return
			}
		}
	}
}

// recordCells are the cells of a record, whose columns have their places.
func recordCells(record any, place map[string]int) ([]string, error) {
	fields, err := recordFields(record)
	if err != nil {
		return nil, err
	}
	named := map[string]string{}
	if err := flattenCells(named, "", fields); err != nil {
		return nil, err
	}
	cells := make([]string, len(place))
	for name, cell := range named {
		i, ok := place[strings.ToLower(name)]
		if !ok {
			return nil, fmt.Errorf("there is no column for %s", name)
		}
		cells[i] = cell
	}
	return cells, nil
}

// flattenCells enters the fields of a JSON object, those of parents with their
// paths.
func flattenCells(cells map[string]string, prefix string, fields map[string]json.RawMessage) error {
	for name, value := range fields {
		if name == "attributes" {
			continue
		}
		switch value[0] {
		case '{':
			var parent map[string]json.RawMessage
			if err := json.Unmarshal(value, &parent); err != nil {
				return err
			}
			if err := flattenCells(cells, prefix+name+".", parent); err != nil {
				return err
			}
		case '[':
			return fmt.Errorf("%s is a list, which a row cannot hold", prefix+name)
		default:
			cell, err := cellOf(value)
			if err != nil {
				return fmt.Errorf("%s: %w", prefix+name, err)
			}
			cells[prefix+name] = cell
		}
	}
	return nil
}

// cellOf is a plain JSON value as a cell holds it.
func cellOf(value json.RawMessage) (string, error) {
	switch value[0] {
	case 'n':
		return nullCell, nil
	case '"':
		var s string
		if err := json.Unmarshal(value, &s); err != nil {
			return "", err
		}
		if s == nullCell {
			return "", fmt.Errorf("the text %s means no value in a row and cannot be written", nullCell)
		}
		if s == "" {
			return nullCell, nil
		}
		return s, nil
	}
	return string(value), nil
}

// csvRows are the rows that a reader still has. What breaks them off is in
// broken once they have ended.
func csvRows(r *decode.CSV) (rows iter.Seq[*row], broken *error) {
	broken = new(error)
	return func(yield func(*row) bool) {
		for index := 0; ; index++ {
			cells, err := r.Next()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					*broken = err
				}
				return
			}
			if !yield(&row{text: csvLine(cellTexts(cells)), result: Result{Index: index}}) {
				return
			}
		}
	}, broken
}

// csvLine is a line of CSV.
func csvLine(cells []string) []byte {
	var b bytes.Buffer
	for i, cell := range cells {
		if i > 0 {
			b.WriteByte(',')
		}
		if !strings.ContainsAny(cell, ",\"\r\n") && cell == strings.TrimSpace(cell) && (cell != "" || len(cells) > 1) {
			b.WriteString(cell)
			continue
		}
		b.WriteByte('"')
		b.WriteString(strings.ReplaceAll(cell, `"`, `""`))
		b.WriteByte('"')
	}
	b.WriteByte('\n')
	return b.Bytes()
}
