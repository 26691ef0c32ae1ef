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
	if t := reflect.TypeFor[T](); t.Kind() == reflect.Struct || t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct {
		return structColumns[T](in.op())
	}
	fields, err := fieldsOf(in.op(), first)
	if err != nil {
		return nil, err
	}
	var columns []string
	err = eachCell("", fields, func(name, _ string) error {
		columns = append(columns, name)
		return nil
	})
	if err != nil {
		return nil, fault(in.op(), ErrValidation, "record 0: %v", err)
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
	places := newPlaces(columns)
	return func(yield func(*row) bool) {
		index := 0
		for record, ok := first, true; ok; record, ok = next() {
			r := &row{result: Result{Index: index}}
			index++
			cells, err := places.cells(record)
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

// places tell where columns stand, by their names in lower case.
type places struct {
	columns int
	own     map[string]int
	within  map[string][]int // those of a parent, by its name
}

func newPlaces(columns []string) places {
	p := places{len(columns), map[string]int{}, map[string][]int{}}
	for i, name := range columns {
		name = strings.ToLower(name)
		p.own[name] = i
		if parent, _, found := strings.Cut(name, "."); found {
			p.within[parent] = append(p.within[parent], i)
		}
	}
	return p
}

// of are the places that the value of a field goes to. A parent that is null
// clears whatever names it.
func (p places) of(name, cell string) []int {
	name = strings.ToLower(name)
	if i, ok := p.own[name]; ok {
		return []int{i}
	}
	if cell == nullCell {
		return p.within[name]
	}
	return nil
}

// cells are those of a record.
func (p places) cells(record any) ([]string, error) {
	fields, err := recordFields(record)
	if err != nil {
		return nil, err
	}
	cells, set := make([]string, p.columns), make([]bool, p.columns)
	err = eachCell("", fields, func(name, cell string) error {
		at := p.of(name, cell)
		if at == nil {
			return fmt.Errorf("there is no column for %s", name)
		}
		for _, i := range at {
			if set[i] {
				return fmt.Errorf("%s comes twice", name)
			}
			cells[i], set[i] = cell, true
		}
		return nil
	})
	return cells, err
}

// eachCell gives the fields of a JSON object, those of parents with their paths.
func eachCell(prefix string, fields map[string]json.RawMessage, each func(name, cell string) error) error {
	for name, value := range fields {
		if name == "attributes" {
			continue
		}
		var err error
		name = prefix + name
		switch value[0] {
		case '{':
			var parent map[string]json.RawMessage
			if err = json.Unmarshal(value, &parent); err == nil {
				err = eachCell(name+".", parent, each)
			}
		case '[':
			err = fmt.Errorf("%s is a list, which a row cannot hold", name)
		default:
			var cell string
			if cell, err = cellOf(value); err != nil {
				err = fmt.Errorf("%s: %w", name, err)
			} else {
				err = each(name, cell)
			}
		}
		if err != nil {
			return err
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
