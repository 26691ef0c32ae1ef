package decode

import (
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
)

// Rows reads the rows of CSV into Ts, each value by the name of its column. It
// is for one goroutine.
//
// A column Owner.Name goes into the field Name of the field Owner, a struct or a
// pointer to one, or into a field whose json tag is the whole name. An empty
// value is null: it leaves the field zero, and a pointer, that to a parent with
// nothing but empty values included, nil. Columns without a field are passed
// over. In a Record values are strings, or nil.
type Rows[T any] struct {
	texts
	csv     *CSV
	types   *Types
	strict  bool
	root    *node
	header  []string
	columns []column
}

// column is where the values of a column go.
type column struct {
	name  string
	steps []parent
	field *field
	plain bool  // the field lies in the struct itself
	node  *node // nil for a column that is passed over
}

// parent is a step from a struct to a parent's struct.
type parent struct {
	*field
	elem reflect.Type // of a pointer to the parent; nil for the struct itself
}

// NewRows compiles the plan of T, a struct, a pointer to one, a map of strings,
// or Types.Record.
func NewRows[T any](types *Types, csv *CSV, opt Options) (*Rows[T], error) {
	root, err := types.plan(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	csv.most = opt.MaxRecord
	r := &Rows[T]{csv: csv, types: types, strict: opt.Strict, root: newNode(root)}
	switch r.target().kind {
	case kindStruct, kindRecord, kindMap:
		return r, nil
	default:
		return nil, fmt.Errorf("%v takes no row of values", root.typ)
	}
}

// target is the plan of what holds the values.
func (r *Rows[T]) target() *plan {
	if r.root.kind == kindPointer {
		return r.root.elem
	}
	return r.root.plan
}

// Reset goes on with another stream, which has a header of its own.
func (r *Rows[T]) Reset(stream io.Reader) {
	r.csv.Reset(stream)
	r.header = nil
}

// Header returns the names of the columns, reading them first if need be. The
// error is io.EOF for an empty stream.
func (r *Rows[T]) Header() ([]string, error) {
	if r.header != nil {
		return r.header, nil
	}
	row, err := r.csv.Next()
	if err != nil {
		return nil, err
	}
	names := make([]string, len(row))
	for i, name := range row {
		names[i] = string(name)
	}
	if !slices.EqualFunc(r.columns, names, func(c column, name string) bool { return c.name == name }) {
		if r.columns, err = r.compile(names); err != nil {
			return nil, err
		}
	}
	r.header = names
	return names, nil
}

// compile finds out where the values of each column go.
func (r *Rows[T]) compile(names []string) ([]column, error) {
	columns := make([]column, len(names))
	for i, name := range names {
		c := column{name: name}
		switch target := r.target(); target.kind {
		case kindStruct:
			c.locate(target, name)
		case kindMap:
			c.node = newNode(target.elem)
		default:
			c.node = newNode(target)
		}
		if c.node == nil && r.strict {
			return nil, &Error{Mismatch: true, Path: name, Err: fmt.Errorf("%v has no such field", r.target().typ)}
		}
		columns[i] = c
	}
	return columns, nil
}

// locate follows a name with dots from a struct to a field.
func (c *column) locate(p *plan, name string) {
	if f := p.find(name); f != nil {
		c.field, c.node = f, newNode(f.plan)
		c.plain = f.via == nil && len(c.steps) == 0
		return
	}
	first, rest, dotted := strings.Cut(name, ".")
	f := p.find(first)
	if !dotted || f == nil {
		return
	}
	step, inside := parent{field: f}, f.plan
	if inside.kind == kindPointer {
		inside = inside.elem
		step.elem = inside.typ
	}
	if inside.kind == kindStruct {
		c.steps = append(c.steps, step)
		c.locate(inside, rest)
	}
}

// Next reads the next row. The error is io.EOF behind the last one.
func (r *Rows[T]) Next(v *T) error {
	if r.header == nil {
		if _, err := r.Header(); err != nil {
			return err
		}
	}
	row, err := r.csv.Next()
	if err != nil {
		return err
	}
	*v = *new(T)
	to := placeOf(v)
	if r.root.kind == kindPointer {
		inside := r.root.newElem()
		setPointer(to, inside)
		to = inside
	}
	switch r.target().kind {
	case kindStruct:
		err = r.intoStruct(to, row)
	case kindMap:
		err = r.intoMap(valueAt(to, r.target().typ), row)
	default:
		m := make(map[string]any, len(row))
		r.intoRecord(m, row)
		setMap(to, m)
	}
	if err != nil {
		r.drop()
		return err
	}
	r.flush()
	return nil
}

func (r *Rows[T]) intoStruct(to place, row [][]byte) error {
	for i := range r.columns {
		c := &r.columns[i]
		if c.node == nil {
			continue
		}
		var err error
		if c.plain {
			err = r.set(c.node, at(to, c.field.step), row[i])
		} else {
			err = r.store(c, to, row[i])
		}
		if err != nil {
			return r.fault(c, err)
		}
	}
	return nil
}

func (r *Rows[T]) fault(c *column, err error) error {
	return &Error{Offset: r.csv.start, Mismatch: true, Path: fmt.Sprintf("rows[%d].%s", r.csv.rows-1, c.name), Err: err}
}

// store puts a value into the field of its column.
func (r *Rows[T]) store(c *column, to place, value []byte) error {
	for i := range c.steps {
		step := &c.steps[i]
		to = fieldOf(step.field, to)
		if step.elem == nil {
			continue
		}
		inside, ok := target(to)
		if !ok {
			if len(value) == 0 {
				return nil
			}
			inside = placeOfValue(reflect.New(step.elem).Elem())
			setPointer(to, inside)
		}
		to = inside
	}
	return r.set(c.node, fieldOf(c.field, to), value)
}

// fieldOf returns the place of a field.
func fieldOf(f *field, to place) place {
	if f.via != nil {
		to = follow(f.via, to)
	}
	return at(to, f.step)
}

// set sets a variable from a value.
func (r *Rows[T]) set(n *node, to place, value []byte) error {
	if len(value) == 0 {
		if n.kind == kindSlot {
			r.types.Slot(pointerTo(to, n.pointer), true)
		}
		return nil
	}
	switch n.kind {
	case kindString:
		r.put(n, to, value)
		return nil
	case kindPointer:
		inside := n.newElem()
		setPointer(to, inside)
		return r.set(n.below(), inside, value)
	case kindSlot:
		inside, _ := r.types.Slot(pointerTo(to, n.pointer), false)
		return r.set(n.below(), placeBehind(inside), value)
	case kindAny:
		setAny(to, string(value))
		return nil
	case kindNumber:
		if !isNumber(value) {
			return unfitText(n, value)
		}
	case kindUnmarshaler, kindJSON:
		return setForeign(n, to, value)
	default:
	}
	return r.setText(n, to, value)
}

// setForeign hands a value to a type that reads text, or else to one that reads
// JSON, as a string.
func setForeign(n *node, to place, value []byte) error {
	v := pointerTo(to, n.pointer)
	if reads, ok := v.(encoding.TextUnmarshaler); ok {
		return reads.UnmarshalText(value)
	}
	text, err := json.Marshal(string(value))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

// intoMap puts each value under the whole name of its column.
func (r *Rows[T]) intoMap(m reflect.Value, row [][]byte) error {
	m.Set(reflect.MakeMapWithSize(m.Type(), len(row)))
	element := reflect.New(m.Type().Elem()).Elem()
	for i := range r.columns {
		c := &r.columns[i]
		element.SetZero()
		if err := r.set(c.node, placeOfValue(element), row[i]); err != nil {
			return r.fault(c, err)
		}
		r.flush() // the map gets a copy
		m.SetMapIndex(reflect.ValueOf(c.name).Convert(m.Type().Key()), element)
	}
	return nil
}

// intoRecord puts values into a record, and those of parents into records in
// it. A parent with nothing but empty values is nil.
func (r *Rows[T]) intoRecord(m map[string]any, row [][]byte) {
	parents := map[string]map[string]any{}
	for i, value := range row {
		if len(value) > 0 {
			holder, name := r.walk(m, parents, r.columns[i].name, true)
			r.hold(r.columns[i].node, holder, name, value)
		}
	}
	for i, value := range row {
		if len(value) == 0 {
			holder, name := r.walk(m, parents, r.columns[i].name, false)
			holder[name] = nil
		}
	}
}

// walk returns the record that the last of a column's names lies in, and that
// name. Where it does not make the parents that are missing, it stops before the
// first of them.
func (r *Rows[T]) walk(m map[string]any, parents map[string]map[string]any, column string, create bool) (holder map[string]any, name string) {
	from := 0
	for {
		dot := strings.IndexByte(column[from:], '.')
		if dot < 0 {
			return m, column[from:]
		}
		path, name := column[:from+dot], column[from:from+dot]
		if parents[path] == nil {
			if !create {
				return m, name
			}
			parents[path] = map[string]any{}
			m[name] = r.types.Object(parents[path])
		}
		m, from = parents[path], from+dot+1
	}
}

func (r *Rows[T]) hold(n *node, holder map[string]any, name string, value []byte) {
	if seen, ok := n.repeats.get(value); ok && len(value) <= maxShared {
		if seen.value == nil {
			seen.value = seen.text
		}
		holder[name] = seen.value
		return
	}
	r.values = append(r.values, dynamo{holder, name, value, sampleText})
}
