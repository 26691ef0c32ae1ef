package decode

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"
	"time"
)

// Types holds the plans of Go types, and knows of some of them what reflection
// does not tell. It is safe for concurrent use; its fields are set before the
// first use.
type Types struct {
	// Text are the types that read text: a JSON string without its quotes, or a
	// value of CSV. dst is a pointer to the type. The text is valid during the
	// call only.
	Text map[reflect.Type]func(dst any, text []byte) error
	// Plain are the structs that are read field by field though they have an
	// UnmarshalJSON of their own.
	Plain map[reflect.Type]bool
	// Slot returns for a pointer to a wrapper, which tells null from a value, the
	// pointer to the value inside, and marks the wrapper as set; or marks it as
	// null. It is false for a type that is none.
	Slot func(dst any, null bool) (value any, ok bool)
	// Record is a type whose underlying type is map[string]any. It takes what is
	// known only at run time; Object and List convert the objects in it to that
	// type, and its lists.
	Record reflect.Type
	Object func(map[string]any) any
	List   func([]any) any

	mu    sync.RWMutex // guards plans
	plans map[reflect.Type]*plan
}

// kind is how a value is read.
type kind uint8

const (
	kindJSON        kind = iota // by encoding/json
	kindString                  // a type whose underlying type is string
	kindNumber                  // json.Number
	kindBool                    //
	kindInt                     //
	kindUint                    //
	kindFloat                   //
	kindTime                    // time.Time
	kindText                    // Types.Text
	kindSlot                    // Types.Slot
	kindPointer                 //
	kindStruct                  //
	kindSlice                   //
	kindMap                     // map[string]T
	kindAny                     // any
	kindRecord                  // Types.Record
	kindUnmarshaler             // json.Unmarshaler
	kindTextMethod              // encoding.TextUnmarshaler
)

// plan is how a Go type is read. It may lead back to itself, by a pointer or a
// slice.
type plan struct {
	kind    kind
	typ     reflect.Type
	size    uintptr
	elem    *plan // of a pointer, a slice, a map, a slot
	fields  []field
	text    func(dst any, text []byte) error
	flat    bool // no pointers in it, so that many may share one allocation
	clears  bool // null does more than nothing
	pointer any  // a pointer to the type, for the sake of its type
}

// field is a field of a struct, or of one that is embedded in it.
type field struct {
	name   string
	via    []hop // pointers to embedded structs on the way
	step   step
	plan   *plan
	quoted bool // the json option string: the value stands in a JSON string
}

// hop is a pointer to an embedded struct.
type hop struct {
	step step
	elem reflect.Type
}

// find returns the field for a name: one of exactly this name, or else the
// first that differs in case only.
func (p *plan) find(name string) *field {
	var folded *field
	for i := range p.fields {
		f := &p.fields[i]
		if f.name == name {
			return f
		}
		if folded == nil && strings.EqualFold(f.name, name) {
			folded = f
		}
	}
	return folded
}

// plan returns the plan of a type.
func (ts *Types) plan(t reflect.Type) (*plan, error) {
	ts.mu.RLock()
	known := ts.plans[t]
	ts.mu.RUnlock()
	if known != nil {
		return known, nil
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	b := builder{types: ts, made: map[reflect.Type]*plan{}}
	p, err := b.plan(t)
	if err != nil {
		return nil, err
	}
	if ts.plans == nil {
		ts.plans = map[reflect.Type]*plan{}
	}
	maps.Copy(ts.plans, b.made)
	return p, nil
}

// builder makes the plan of a type and of all that it is made of.
type builder struct {
	types *Types
	made  map[reflect.Type]*plan
}

func (b *builder) plan(t reflect.Type) (*plan, error) {
	if p := b.types.plans[t]; p != nil {
		return p, nil
	}
	if p := b.made[t]; p != nil {
		return p, nil
	}
	p := &plan{typ: t, size: t.Size()}
	b.made[t] = p
	p.kind = b.kind(t)
	p.flat = kindBool <= p.kind && p.kind <= kindFloat
	p.clears = p.kind == kindJSON || p.kind >= kindSlot && p.kind != kindStruct
	p.text = b.types.Text[t]
	p.pointer = reflect.New(t).Interface()
	var err error
	switch p.kind {
	case kindPointer, kindSlice, kindMap:
		p.elem, err = b.plan(t.Elem())
	case kindSlot:
		inside, _ := b.types.slot(reflect.New(t).Interface(), false)
		p.elem, err = b.plan(reflect.TypeOf(inside).Elem())
	case kindStruct:
		p.fields, err = b.fields(t)
	default:
	}
	return p, err
}

// slot is Slot, which may be nil.
func (ts *Types) slot(dst any, null bool) (any, bool) {
	if ts.Slot == nil {
		return nil, false
	}
	return ts.Slot(dst, null)
}

var (
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func (b *builder) kind(t reflect.Type) kind {
	switch pointer := reflect.PointerTo(t); {
	case b.types.Text[t] != nil:
		return kindText
	case t == reflect.TypeFor[time.Time]():
		return kindTime
	case t == reflect.TypeFor[json.Number]():
		return kindNumber
	case t == b.types.Record:
		return kindRecord
	case b.types.Plain[t]:
		return kindStruct
	case t.Kind() == reflect.Pointer:
		return kindPointer
	case t.Kind() == reflect.Struct && b.isSlot(t):
		return kindSlot
	case pointer.Implements(unmarshaler):
		return kindUnmarshaler
	case pointer.Implements(textUnmarshaler):
		return kindTextMethod
	default:
		return basicKind(t)
	}
}

func (b *builder) isSlot(t reflect.Type) bool {
	_, ok := b.types.slot(reflect.New(t).Interface(), false)
	return ok
}

func basicKind(t reflect.Type) kind {
	switch t.Kind() {
	case reflect.String:
		return kindString
	case reflect.Bool:
		return kindBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return kindInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return kindUint
	case reflect.Float32, reflect.Float64:
		return kindFloat
	case reflect.Struct:
		return kindStruct
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return kindJSON // base64
		}
		return kindSlice
	case reflect.Map:
		if t.Key().Kind() != reflect.String || reflect.PointerTo(t.Key()).Implements(textUnmarshaler) {
			return kindJSON
		}
		return kindMap
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return kindAny
		}
	default:
	}
	return kindJSON
}

// candidate is a field before it is settled which of those of one name counts.
type candidate struct {
	field
	depth  int
	tagged bool
}

// embedded is a struct whose fields a struct around it has too.
type embedded struct {
	typ  reflect.Type
	via  []hop
	step step
	root bool // the struct itself, without a step
}

// fields lists the fields of a struct by the rules of encoding/json: those of
// embedded structs count too; of several with one name the one that lies
// highest, or among those the only one with a tag, or none.
func (b *builder) fields(t reflect.Type) ([]field, error) {
	var all []candidate
	seen := map[reflect.Type]bool{}
	level := []embedded{{typ: t, root: true}}
	for depth := 0; len(level) > 0; depth++ {
		var below []embedded
		for _, e := range level {
			if seen[e.typ] {
				continue
			}
			found, inner, err := b.ownFields(e)
			if err != nil {
				return nil, err
			}
			for _, c := range found {
				c.depth = depth
				all = append(all, c)
			}
			below = append(below, inner...)
		}
		for _, e := range level {
			seen[e.typ] = true
		}
		level = below
	}
	return dominant(all), nil
}

// ownFields lists the fields of one struct, and the structs embedded in it.
func (b *builder) ownFields(e embedded) (found []candidate, inner []embedded, err error) {
	for f := range e.typ.Fields() {
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		here := stepTo(f)
		if !e.root {
			here = e.step.then(here)
		}
		if f.Anonymous && name == "" && tag != "-" {
			sub, ok, err := embed(f, e, here)
			if err != nil {
				return nil, nil, err
			}
			if ok {
				inner = append(inner, sub)
				continue
			}
		}
		if !f.IsExported() || tag == "-" {
			continue
		}
		p, err := b.plan(f.Type)
		if err != nil {
			return nil, nil, err
		}
		c := candidate{field: field{name: name, via: e.via, step: here, plan: p}, tagged: name != ""}
		if name == "" {
			c.name = f.Name
		}
		c.quoted = hasOption(options, "string") && quotable(p)
		found = append(found, c)
	}
	return found, inner, nil
}

// embed returns the struct that a field without a name embeds, if it is one.
func embed(f reflect.StructField, e embedded, here step) (sub embedded, ok bool, err error) {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() != reflect.Struct:
		return sub, false, nil
	case f.Type.Kind() != reflect.Pointer:
		return embedded{typ: t, via: e.via, step: here}, true, nil
	case !f.IsExported():
		return sub, false, fmt.Errorf("%v embeds a pointer to a type that is not exported, which cannot be set", e.typ)
	default:
		via := append(append([]hop(nil), e.via...), hop{here, t})
		return embedded{typ: t, via: via, root: true}, true, nil
	}
}

// quotable reports whether the json option string means anything for a type.
func quotable(p *plan) bool {
	if p.kind == kindPointer {
		p = p.elem
	}
	return kindString <= p.kind && p.kind <= kindFloat
}

func hasOption(options, name string) bool {
	for option := range strings.SplitSeq(options, ",") {
		if option == name {
			return true
		}
	}
	return false
}

// dominant settles which fields count.
func dominant(all []candidate) []field {
	var fields []field
	for i, c := range all {
		wins := true
		for j, other := range all {
			if i == j || other.name != c.name {
				continue
			}
			if c.depth > other.depth || c.depth == other.depth && (!c.tagged || other.tagged) {
				wins = false
			}
		}
		if wins {
			fields = append(fields, c.field)
		}
	}
	return fields
}
