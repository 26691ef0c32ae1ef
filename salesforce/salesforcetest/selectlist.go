package salesforcetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/soql"
)

// column is one key of the records that a query yields. Exactly one of operand,
// parent and child is set.
type column struct {
	name    string
	lead    string // the name as it is written in a record: ,"Name":
	operand *operand
	parent  *field    // the reference to follow, with columns of the parent
	columns []*column // of the parent
	kinds   []kindOf  // of TYPEOF: the columns depend on what the parent is
	child   *query    // the children to list
	link    *field    // the children's reference to the record
}

// kindOf is what TYPEOF selects of parents of an object, nil for all others.
type kindOf struct {
	object  *object
	columns []*column
}

func newColumn(name string, c column) *column {
	c.name = name
	c.lead = "," + string(appendString(nil, name)) + ":"
	return &c
}

// columnsOf are the columns of a parent, and whether any are selected.
func (col *column) columnsOf(parent *record) ([]*column, bool) {
	if col.kinds == nil {
		return col.columns, true
	}
	for _, k := range col.kinds {
		if k.object == parent.of || k.object == nil {
			return k.columns, true
		}
	}
	return nil, false
}

// selectList makes the columns of a query.
func (q *query) selectList() error {
	if q.groups != nil {
		return q.groupColumns()
	}
	for _, item := range q.node.Select {
		var err error
		switch item := item.(type) {
		case *soql.Subquery:
			err = q.childColumn(item)
		case *soql.Field:
			err = q.fieldColumn(item)
		case *soql.TypeOf:
			err = q.typeOfColumn(item)
		case *soql.FieldSet:
			err = q.fieldSet(item)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fieldColumn enters a field below the parents that its path goes over.
func (q *query) fieldColumn(item *soql.Field) error {
	op, err := q.operand(item.Expr)
	if err != nil {
		return err
	}
	if call, ok := item.Expr.(*soql.Call); ok && partsDate(call) {
		return q.fault(item, "MALFORMED_QUERY", "Field must be grouped or aggregated: %s", op.reads.Name)
	}
	columns := &q.columns
	for _, ref := range op.via {
		c, err := q.below(columns, ref, item)
		if err != nil {
			return err
		}
		columns = &c.columns
	}
	return q.enter(columns, newColumn(q.columnName(item.Alias, op.name), column{operand: op}), item)
}

// enter adds a column, of which there may be only one with the name.
func (q *query) enter(columns *[]*column, col *column, n soql.Node) error {
	if slices.ContainsFunc(*columns, func(c *column) bool { return strings.EqualFold(c.name, col.name) }) {
		return q.fault(n, "MALFORMED_QUERY", "duplicate field selected: %s", col.name)
	}
	*columns = append(*columns, col)
	return nil
}

// columnName is the key of a column; what has neither alias nor name is called
// by its number.
func (q *query) columnName(alias, name string) string {
	if alias == "" && name == "" {
		q.unnamed++
		return fmt.Sprintf("expr%d", q.unnamed-1)
	}
	return cmp.Or(alias, name)
}

// below returns the column of a parent, a new one if there is none yet.
func (q *query) below(columns *[]*column, ref *field, n soql.Node) (*column, error) {
	for _, c := range *columns {
		if c.parent == ref && c.kinds == nil {
			return c, nil
		}
	}
	c := newColumn(ref.Relationship, column{parent: ref})
	return c, q.enter(columns, c, n)
}

// fieldSet selects all fields, the standard ones or the custom ones.
// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_fields.htm
func (q *query) fieldSet(item *soql.FieldSet) error {
	for f := range q.object.visible {
		if item.Kind != soql.AllFields && isCustom(f.Name) != (item.Kind == soql.CustomFields) {
			continue
		}
		op := &operand{name: f.Name, reads: f, field: f}
		if err := q.enter(&q.columns, newColumn(f.Name, column{operand: op}), item); err != nil {
			return err
		}
	}
	return nil
}

// typeOfColumn makes TYPEOF ready: a parent whose columns depend on what it is.
// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_typeof.htm
func (q *query) typeOfColumn(item *soql.TypeOf) error {
	// The path to the parent's id goes over the relationship itself.
	path := *item.Path
	path.Names = append(slices.Clip(path.Names), "Id")
	op, err := q.path(&path)
	if err != nil {
		return err
	}
	if len(op.via) == 0 || !op.poly {
		return q.fault(item.Path, "MALFORMED_QUERY", "TYPEOF needs a relationship to objects of several kinds: %s",
			strings.Join(item.Path.Names, "."))
	}
	ref := op.via[len(op.via)-1]
	col := newColumn(ref.Relationship, column{parent: ref})
	for i := range item.Whens {
		k, err := q.when(&item.Whens[i], ref)
		if err != nil {
			return err
		}
		col.kinds = append(col.kinds, k)
	}
	if item.Else != nil {
		var rest []*column
		for _, p := range item.Else {
			field := &operand{poly: true}
			if err := q.nameField(field, p, p.Names[len(p.Names)-1]); err != nil {
				return err
			}
			if err := q.enter(&rest, newColumn(field.name, column{operand: field}), p); err != nil {
				return err
			}
		}
		col.kinds = append(col.kinds, kindOf{columns: rest})
	}
	columns := &q.columns
	for _, up := range op.via[:len(op.via)-1] {
		c, err := q.below(columns, up, item)
		if err != nil {
			return err
		}
		columns = &c.columns
	}
	return q.enter(columns, col, item)
}

// when makes one branch of TYPEOF ready.
func (q *query) when(w *soql.When, ref *field) (kindOf, error) {
	ob := q.org.object(w.Object)
	if ob == nil || !ref.refersTo(ob) {
		return kindOf{}, q.noSuchObject(w, w.Object)
	}
	kind := &query{world: q.world, node: &soql.Query{From: soql.From{Object: ob.Name}}, object: ob}
	for _, p := range w.Fields {
		if err := kind.fieldColumn(&soql.Field{Expr: p}); err != nil {
			return kindOf{}, err
		}
	}
	return kindOf{ob, kind.columns}, nil
}

// oneLevel is the last version in which child subqueries had none themselves.
const oneLevel = 57

// childColumn makes a child subquery ready.
func (q *query) childColumn(item *soql.Subquery) error {
	name := item.Query.From.Object
	link := q.org.children(q.object, name)
	if link == nil {
		return q.fault(item.Query.From, "INVALID_TYPE", "Didn't understand relationship '%s' in FROM part of query call. If you are attempting "+
			"to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your "+
			"WSDL or the describe call for the appropriate names.", name)
	}
	if q.child && q.version > 0 && q.version <= oneLevel {
		return q.fault(item, "MALFORMED_QUERY", "SOQL statements cannot query aggregate relationships more than 1 level away from the root entity object.")
	}
	child := &query{world: q.world, node: item.Query, object: link.of, child: true}
	if err := child.prepare(); err != nil {
		return err
	}
	if child.groups != nil {
		return q.fault(item, "MALFORMED_QUERY", "Only root queries support aggregate expressions")
	}
	return q.enter(&q.columns, newColumn(link.Children, column{child: child, link: link}), item)
}
