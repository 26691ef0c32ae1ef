package salesforcetest

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sfbridge/sfbridge/soql"
)

// world is what all parts of one query share. Its user holds the org's lock for
// reading.
type world struct {
	org     *Org
	tx      *Transaction // whose uncommitted records are seen, nil for none
	user    string       // the id of who asks
	version int          // of the API, 0 for the newest
	text    string       // the query, to point into
	all     bool         // queryAll: deleted records are seen

	zone   *time.Location // of the user
	locale locale         // of the user
	fiscal fiscalYear
	now    time.Time

	viewer viewer // decides what of all the user sees
}

// seen returns the version of a row that the query sees, nil for none.
func (e *world) seen(w *row) *record {
	if w == nil {
		return nil
	}
	r := w.version(e.tx)
	if r == nil || r.deleted() && (!e.all || e.org.gone(r)) || !e.viewer.sees(r) {
		return nil
	}
	if !e.all && r.of.archives && r.archived(e.now) {
		return nil
	}
	return r
}

// referring yields the rows whose reference f points to an id, in the order of
// their own ids.
func (e *world) referring(f *field, id string) iter.Seq[*row] {
	rows := f.of.referring(f, id)
	if e.tx == nil {
		return rows.all
	}
	found := slices.DeleteFunc(slices.Collect(rows.all), func(w *row) bool { return w.tx == e.tx })
	for _, w := range e.tx.rows {
		if w.next.of == f.of && target(w.next, f) == id {
			found = append(found, w)
		}
	}
	slices.SortFunc(found, byID)
	return slices.Values(found)
}

// parent returns the record that a reference points to, nil for none.
func (e *world) parent(r *record, ref *field) *record {
	id, ok := r.get(ref).(string)
	if !ok {
		return nil
	}
	ob := e.org.objectOf(id)
	if ob == nil {
		return nil
	}
	return e.seen(ob.rows[id])
}

// fault is an error at a node of the query, with the place shown.
func (e *world) fault(n soql.Node, code, format string, args ...any) error {
	return e.faultAt(int(n.Pos())-1, code, format, args...)
}

// excerpt is how much of the query an error shows on either side of the fault.
const excerpt = 40

// faultAt writes an error as Salesforce does: a piece of the query, a caret
// under the fault, row and column, and a sentence.
func (e *world) faultAt(offset int, code, format string, args ...any) error {
	offset = min(max(offset, 0), len(e.text))
	lineStart := strings.LastIndexByte(e.text[:offset], '\n') + 1
	before := []rune(e.text[lineStart:offset])
	after, _, _ := strings.Cut(e.text[offset:], "\n")
	if len(after) > excerpt {
		after = strings.ToValidUTF8(after[:excerpt], "")
	}
	shown := before[max(0, len(before)-excerpt):]
	return refusal(code, "\n%s%s\n%*s\nERROR at Row:%d:Column:%d\n%s",
		string(shown), after, len(shown)+1, "^",
		strings.Count(e.text[:offset], "\n")+1, utf8.RuneCountInString(e.text[lineStart:offset])+1,
		fmt.Sprintf(format, args...))
}

// operand is an expression made ready: what it reads from a record.
type operand struct {
	name  string        // of the result
	via   []*field      // the references on the way to the field
	poly  bool          // the last reference may point to records of several objects
	reads *field        // the field at the end of the way
	field *field        // what the result is like: the field, or the result of a function
	apply func(any) any // the function, nil for none
}

// of evaluates the operand.
func (op *operand) of(e *world, r *record) any {
	for _, ref := range op.via {
		if r = e.parent(r, ref); r == nil {
			return op.orphaned()
		}
	}
	return op.here(r)
}

// orphaned is the value where there is no parent: a checkbox counts as not set.
func (op *operand) orphaned() any {
	if op.apply == nil && op.field.typ.kind == kindBool {
		return false
	}
	return nil
}

// here evaluates the operand on the record at the end of the way.
func (op *operand) here(r *record) any {
	v := op.read(r)
	if op.apply != nil && v != nil {
		v = op.apply(v)
	}
	return v
}

// read takes the field from the record at the end of the way. What a polymorphic
// parent is turns out only here, and it may lack the field.
func (op *operand) read(r *record) any {
	if !op.poly {
		return r.get(op.reads)
	}
	if op.reads == typeField {
		return r.of.Name
	}
	f := r.of.field(op.name)
	if f == nil && op.name == "Name" { // a case is named by its number, a task by its subject
		f = r.of.nameField()
	}
	if f == nil {
		return nil
	}
	return r.get(f)
}

// direct reports whether the operand is a field of the queried object itself.
func (op *operand) direct(index int) bool {
	return op.via == nil && op.apply == nil && op.reads.index == index
}

// typeField is Type of a polymorphic parent: the name of its object.
var typeField = &field{Field: text("Type", "Type", 40), typ: fieldTypes["string"]}

// nameFields are the fields that a polymorphic parent has, whatever it is.
var nameFields = []string{
	"Id", "Name", "Type", "FirstName", "LastName", "Email", "Phone", "Title", "Alias", "Username", "IsActive",
}

// path resolves the names of a field path.
func (q *query) path(p *soql.Path) (*operand, error) {
	names := q.own(p.Names)
	op := &operand{}
	ob := q.object
	for _, name := range names[:len(names)-1] {
		ref := ob.up[strings.ToLower(name)]
		if ref == nil || op.poly {
			return nil, q.fault(p, "INVALID_FIELD", "Didn't understand relationship '%s' in field path. If you are attempting to use a "+
				"custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL "+
				"or the describe call for the appropriate names.", name)
		}
		op.via = append(op.via, ref)
		op.poly = ref.polymorphic()
		if !op.poly {
			ob = q.org.object(ref.ReferenceTo[0])
		}
	}
	last := names[len(names)-1]
	if op.poly {
		return op, q.nameField(op, p, last)
	}
	op.field = ob.field(last)
	if op.field == nil {
		return nil, q.noSuchColumn(p, last, ob.Name)
	}
	op.name, op.reads = op.field.Name, op.field
	return op, nil
}

// own is a path from the queried object on: aliases of relationships are put in
// full, the object's own name and alias left out.
func (q *query) own(names []string) []string {
	for i := len(q.node.Aliases) - 1; i >= 0 && len(names) > 1; i-- {
		if a := &q.node.Aliases[i]; strings.EqualFold(a.Name, names[0]) {
			names = slices.Concat(a.Path.Names, names[1:])
		}
	}
	if len(names) == 1 {
		return names
	}
	isName := func(s string) bool { return strings.EqualFold(s, names[0]) }
	if isName(q.node.From.Alias) || isName(q.node.From.Object) || isName(q.object.Name) && q.object.up[strings.ToLower(names[0])] == nil {
		return names[1:]
	}
	return names
}

// nameField resolves a field of a polymorphic parent.
func (q *query) nameField(op *operand, p *soql.Path, name string) error {
	i := slices.IndexFunc(nameFields, func(known string) bool { return strings.EqualFold(known, name) })
	if i < 0 {
		return q.noSuchColumn(p, name, "Name")
	}
	op.name, op.field = nameFields[i], typeField
	for _, holder := range []string{"Contact", "User"} {
		if f := q.org.object(holder).field(op.name); f != nil {
			op.field = f
			break
		}
	}
	op.reads = op.field
	return nil
}

func (q *query) noSuchColumn(n soql.Node, field, entity string) error {
	return q.fault(n, "INVALID_FIELD", "No such column '%s' on entity '%s'. If you are attempting to use a custom field, be sure to "+
		"append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
		field, entity)
}

// operand makes an expression ready. Beside GROUP BY it is one of the groups'.
func (q *query) operand(x soql.Expr) (*operand, error) {
	if q.groups != nil {
		return q.groups.operand(q, x)
	}
	switch x := x.(type) {
	case *soql.Path:
		return q.path(x)
	case *soql.Call:
		return q.call(x)
	}
	return nil, q.fault(x, "MALFORMED_QUERY", "unexpected expression")
}

// filterable makes ready what a condition compares.
func (q *query) filterable(x soql.Expr) (*operand, error) {
	op, err := q.operand(x)
	if err == nil && !op.field.filterable() {
		err = q.fault(x, "INVALID_FIELD", "field '%s' can not be filtered in a query call", op.field.Name)
	}
	return op, err
}
