package soql

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Analysis is what a query reads, and what of it an org does not have.
type Analysis struct {
	// Objects are the objects that are read, each once, in the order in which
	// they come up: those of FROM, then those behind relationships. Without a
	// schema there are only those that the text names.
	Objects []string

	// Reads are the fields that are read, each time they are.
	Reads []Read

	// Faults are what the schema speaks against, in the order of the text.
	Faults []*SchemaError
}

// Read is one use of a field.
type Read struct {
	From   string // what the query around is over, as it stands in FROM
	Path   string // the field as it is written, less the name or alias of the object
	Object string // the object that has the field; "" when that cannot be told, or may be several
	Field  string // the field, spelled as in the schema if that knows it
	Use    Use
	Pos    Pos
}

// Use says what a query does with a field.
type Use int

// The uses of a field. HAVING counts as Filtered.
const (
	Selected Use = iota + 1
	Filtered
	Grouped
	Ordered
)

// SchemaError is something that an org does not have or does not allow.
type SchemaError struct {
	Kind   FaultKind
	Object string // the object in question, "" for none
	Name   string // the object, relationship or field at fault, as it is written
	Reason string // a sentence for the person who wrote the query
	Pos    Pos    // where it stands, 0 in a tree that was built in code
}

// Error is the reason.
func (f *SchemaError) Error() string { return "soql: " + f.Reason }

// FaultKind sorts faults.
type FaultKind int

// The kinds of faults.
const (
	NoQuery FaultKind = iota + 1 // see [Query.Text]
	UnknownObject
	UnknownRelationship
	UnknownField
	NotFilterable
	NotGroupable
	NotSortable
	NotAggregatable
	WrongLiteral  // a value of another type than the field's
	WrongOperator // LIKE or INCLUDES on a field of another type
)

// Analyze lists what q reads and holds it against a schema, which may be nil:
// then there are no faults, and the objects behind relationships are not known.
// What cannot be told, such as a field behind an unknown relationship, is not
// counted as a fault again. A tree that is no query has one fault, of the kind
// NoQuery.
func Analyze(q *Query, s Schema) *Analysis {
	if f := faultOf(q, forDisplay); f != nil {
		return &Analysis{Faults: []*SchemaError{{Kind: NoQuery, Reason: f.reason, Pos: f.pos}}}
	}
	a := analyzer{schema: s}
	a.query(q, nil)
	slices.SortStableFunc(a.Faults, func(x, y *SchemaError) int { return int(x.Pos) - int(y.Pos) })
	return &a.Analysis
}

// Validate is the faults of [Analyze] joined into one error, nil for none. Take
// them apart with errors.As for a *[SchemaError].
func Validate(q *Query, s Schema) error {
	var errs []error
	for _, f := range Analyze(q, s).Faults {
		errs = append(errs, f)
	}
	return errors.Join(errs...)
}

// analyzer collects an Analysis.
type analyzer struct {
	Analysis
	schema Schema
}

// scene is the query that is looked at.
type scene struct {
	query   *Query
	objects []*Object            // what it is over, several behind a polymorphic relationship, none if unknown
	aliases map[string][]*Object // by alias in lower case
	use     Use
}

func (a *analyzer) fault(kind FaultKind, n Node, object, name, format string, args ...any) {
	a.Faults = append(a.Faults, &SchemaError{Kind: kind, Object: object, Name: name, Reason: fmt.Sprintf(format, args...), Pos: n.Pos()})
}

// object finds an object, and notes that it is read.
func (a *analyzer) object(n Node, name string) []*Object {
	if a.schema != nil {
		if o, ok := a.schema.Object(name); ok && o != nil {
			a.note(o.Name)
			return []*Object{o}
		}
		a.fault(UnknownObject, n, name, name, "there is no object %s", name)
	}
	a.note(name)
	return nil
}

func (a *analyzer) note(object string) {
	if !slices.ContainsFunc(a.Objects, func(o string) bool { return strings.EqualFold(o, object) }) {
		a.Objects = append(a.Objects, object)
	}
}

// query analyzes a query: one inside a semi-join or the outer one, or, with a
// parent, a child subquery.
func (a *analyzer) query(q *Query, parent *scene) {
	s := scene{query: q, aliases: map[string][]*Object{}}
	if parent == nil {
		s.objects = a.object(&q.From, q.From.Object)
	} else {
		s.objects = a.children(q, parent)
	}
	for i := range q.Aliases {
		alias := &q.Aliases[i]
		s.aliases[strings.ToLower(alias.Name)] = a.relationship(alias.Path, s)
	}
	for _, item := range q.Select {
		a.item(item, s.using(Selected))
	}
	a.condition(q.Where, s.using(Filtered))
	for _, x := range q.GroupBy {
		a.expr(x, s.using(Grouped))
	}
	a.condition(q.Having, s.using(Filtered))
	for i := range q.OrderBy {
		if !q.selectsAs(q.OrderBy[i].Expr) {
			a.expr(q.OrderBy[i].Expr, s.using(Ordered))
		}
	}
}

// using is the scene with a use.
func (s scene) using(use Use) scene {
	s.use = use
	return s
}

// children are the objects of a child subquery.
func (a *analyzer) children(q *Query, parent *scene) []*Object {
	for _, o := range parent.objects {
		if child := o.child(q.From.Object); child != nil {
			return a.object(&q.From, child.Object)
		}
	}
	if len(parent.objects) > 0 {
		o := parent.objects[0].Name
		a.fault(UnknownRelationship, &q.From, o, q.From.Object, "%s has no child relationship %s", o, q.From.Object)
	}
	return nil
}

func (a *analyzer) item(item SelectItem, s scene) {
	switch item := item.(type) {
	case *Field:
		a.expr(item.Expr, s)
	case *Subquery:
		a.query(item.Query, &s)
	case *FieldSet:
		a.fieldSet(item, s)
	case *TypeOf:
		parents := a.relationship(item.Path, s)
		for i := range item.Whens {
			when := &item.Whens[i]
			a.fieldsOf(when.Fields, a.object(when, when.Object), s)
		}
		a.fieldsOf(item.Else, parents, s)
	}
}

// fieldsOf analyzes the fields of a branch of TYPEOF.
func (a *analyzer) fieldsOf(list []*Path, objects []*Object, s scene) {
	for _, x := range list {
		a.field(x, x.Names, objects, "", s)
	}
}

// fieldSet reads every field that FIELDS() stands for.
func (a *analyzer) fieldSet(x *FieldSet, s scene) {
	for _, o := range s.objects {
		for _, f := range o.Fields {
			if x.Kind == AllFields || isCustom(f.Name) == (x.Kind == CustomFields) {
				a.Reads = append(a.Reads, Read{s.query.From.Object, f.Name, o.Name, f.Name, s.use, x.Pos()})
			}
		}
	}
}

// expr analyzes an expression and tells what literals it is compared with.
func (a *analyzer) expr(x Expr, s scene) class {
	switch x := x.(type) {
	case *Path:
		return a.path(x, s)
	case *Call:
		if len(x.Args) == 0 {
			return classNumber
		}
		inner := s
		if s.use == Grouped || s.use == Ordered {
			inner.use = -s.use // a part of a field may be grouped when the field may not
		}
		c := a.argument(x, inner)
		return x.result(c)
	}
	return classUnknown
}

// argument analyzes the first argument of a function; others hold no fields.
func (a *analyzer) argument(x *Call, s scene) class {
	p, ok := x.Args[0].(*Path)
	if !ok || !x.isAggregate() {
		return a.expr(x.Args[0], s)
	}
	f, c := a.lookup(p, s)
	if f != nil && !f.Aggregatable {
		a.fault(NotAggregatable, p, a.Reads[len(a.Reads)-1].Object, f.Name, "%s cannot be summed up by %s", f.Name, x.Name)
	}
	return c
}

// path analyzes a field and what is done with it.
func (a *analyzer) path(x *Path, s scene) class {
	f, c := a.lookup(x, s)
	if f == nil {
		return c
	}
	object := a.Reads[len(a.Reads)-1].Object
	switch {
	case s.use == Filtered && !f.Filterable:
		a.fault(NotFilterable, x, object, f.Name, "%s cannot stand in WHERE or HAVING", f.Name)
	case s.use == Grouped && !f.Groupable:
		a.fault(NotGroupable, x, object, f.Name, "%s cannot stand in GROUP BY", f.Name)
	case s.use == Ordered && !f.Sortable:
		a.fault(NotSortable, x, object, f.Name, "%s cannot stand in ORDER BY", f.Name)
	}
	return c
}

// lookup finds the field of a path, nil for none, and notes that it is read.
func (a *analyzer) lookup(x *Path, s scene) (*FieldInfo, class) {
	names, objects := s.start(x)
	object := ""
	if len(names) == 1 && len(names) == len(s.query.own(x.Names)) && len(s.objects) == 0 {
		object = s.query.From.Object // as far as the text tells
	}
	return a.field(x, names, objects, object, s)
}

// start is where a path starts: what remains of it, and the objects.
func (s scene) start(x *Path) ([]string, []*Object) {
	if names := s.query.own(x.Names); len(names) < len(x.Names) {
		return names, s.objects
	}
	if len(x.Names) > 1 {
		if objects, ok := s.aliases[strings.ToLower(x.Names[0])]; ok {
			return x.Names[1:], objects
		}
	}
	return x.Names, s.objects
}

// field goes along names from objects to a field, and notes that it is read.
func (a *analyzer) field(x *Path, names []string, objects []*Object, object string, s scene) (*FieldInfo, class) {
	known := len(objects) > 0
	objects = a.along(x, names[:len(names)-1], objects)
	last := names[len(names)-1]
	r := Read{s.query.From.Object, strings.Join(s.query.own(x.Names), "."), object, last, max(s.use, -s.use), x.Pos()}
	var found *FieldInfo
	for _, o := range objects {
		if f := o.field(last); f != nil {
			found, r.Field = f, f.Name
			if r.Object = o.Name; len(objects) > 1 {
				r.Object = ""
			}
			break
		}
	}
	a.Reads = append(a.Reads, r)
	if found == nil {
		if known && len(objects) > 0 {
			a.fault(UnknownField, x, objects[0].Name, last, "%s has no field %s", objects[0].Name, last)
		}
		return nil, classUnknown
	}
	return found, classes[strings.ToLower(found.Type)]
}

// along goes along relationships to the objects behind the last, none when that
// cannot be told.
func (a *analyzer) along(x *Path, names []string, objects []*Object) []*Object {
	for _, name := range names {
		if len(objects) == 0 {
			return nil
		}
		var behind []*Object
		found := false
		for _, o := range objects {
			if f := o.parent(name); f != nil {
				found = true
				behind = append(behind, a.targets(f)...)
			}
		}
		if !found {
			a.fault(UnknownRelationship, x, objects[0].Name, name, "%s has no parent relationship %s", objects[0].Name, name)
		}
		objects = behind
	}
	return objects
}

// targets are the objects to which a reference may lead, as far as the schema
// knows them all.
func (a *analyzer) targets(f *FieldInfo) []*Object {
	var objects []*Object
	for _, name := range f.Targets {
		o, ok := a.schema.Object(name)
		if !ok || o == nil {
			return nil
		}
		objects = append(objects, o)
	}
	for _, o := range objects {
		a.note(o.Name)
	}
	return objects
}

// relationship is the objects behind a path that ends with a relationship.
func (a *analyzer) relationship(x *Path, s scene) []*Object {
	names, objects := s.start(x)
	return a.along(x, names, objects)
}

func (a *analyzer) condition(c Condition, s scene) {
	switch c := c.(type) {
	case *Logic:
		for _, term := range c.Terms {
			a.condition(term, s)
		}
	case *Negation:
		a.condition(c.X, s)
	case *Comparison:
		class := a.expr(c.Left, s)
		if a.schema != nil && c.Op == OpLike && class != classText && class != classUnknown {
			a.fault(WrongOperator, c, "", format(c.Left), "LIKE compares text, which %s is not", format(c.Left))
			return
		}
		a.literals(c.Left, class, []Value{c.Right})
	case *Membership:
		a.literals(c.Left, a.expr(c.Left, s), c.Values)
		if c.Query != nil {
			a.query(c.Query, nil)
		}
	case *Inclusion:
		if class := a.expr(c.Left, s); a.schema != nil && class != classList && class != classUnknown {
			a.fault(WrongOperator, c, "", format(c.Left), "INCLUDES and EXCLUDES need a multi-select picklist, which %s is not", format(c.Left))
		}
	}
}

// literals holds the values of a comparison against the class of its left side.
func (a *analyzer) literals(left Expr, c class, values []Value) {
	for _, v := range values {
		if a.schema != nil && !c.takes(v) {
			a.fault(WrongLiteral, v, "", format(left), "%s is compared with %s, not with %s", format(left), classNames[c], format(v))
		}
	}
}
