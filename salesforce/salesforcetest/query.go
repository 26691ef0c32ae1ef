package salesforcetest

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/soql"
)

// query is one SELECT made ready: the whole, a child subquery, or the inner
// query of a semi-join.
type query struct {
	*world
	node    *soql.Query
	object  *object
	columns []*column
	where   predicate // nil for none
	groups  *groups   // nil without aggregates
	order   []sortKey
	limit   int // -1 for none
	offset  int
	unnamed int // number of columns called expr0, expr1 and so on
}

// column is one key of the records that a query yields. Exactly one of operand,
// parent and child is set.
type column struct {
	name    string
	lead    string // the name as it is written in a record: ,"Name":
	operand *operand
	parent  *field    // the reference to follow, with columns of the parent
	columns []*column // of the parent
	child   *query    // the children to list
	link    *field    // the children's reference to the record
}

func newColumn(name string, c column) *column {
	c.name = name
	c.lead = "," + string(appendString(nil, name)) + ":"
	return &c
}

func queryRoutes() []route {
	return []route{
		{"query", methods{"GET": (*call).query}},
		{"query/*", methods{"GET": (*call).queryMore}},
		{"queryAll", methods{"GET": (*call).queryAll}},
		{"queryAll/*", methods{"GET": (*call).queryMore}},
	}
}

// query answers GET /query.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm
func (c *call) query() error { return c.runQuery(false) }

// queryAll answers GET /queryAll, which sees deleted records too.
func (c *call) queryAll() error { return c.runQuery(true) }

func (c *call) runQuery(all bool) error {
	text := c.r.URL.Query().Get("q")
	defer c.reading()()
	q, err := c.compile(text, all)
	if err != nil {
		return err
	}
	if c.r.URL.Query().Get("columns") == "true" {
		return c.writeShape(q)
	}
	rows := q.run()
	p := &pager{printer: printer{version: c.version}, world: q.world, batch: c.batch()}
	if q.groups != nil {
		return p.writeGroups(c, q, rows)
	}
	c.writePage(p, &cursor{world: q.world, rows: rows, columns: q.columns}, 0)
	return nil
}

// writePage answers the page of a result that begins with row from.
func (c *call) writePage(p *pager, cur *cursor, from int) {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	p.out = (*buffer)[:0]
	p.page(cur, from)
	c.writeRaw(p.out)
	*buffer = p.out
}

// batch is the number of records of a page: what Sforce-Query-Options asks
// for, from 200 to 2000, or the org's own.
func (c *call) batch() int {
	_, asked, found := strings.Cut(c.r.Header.Get("Sforce-Query-Options"), "batchSize=")
	if n, err := strconv.Atoi(strings.TrimSpace(asked)); found && err == nil {
		return min(max(n, 200), 2000)
	}
	return c.org.opt.BatchSize
}

// compile makes a query ready for the call's user. The caller holds the org's
// lock until the query is done.
func (c *call) compile(text string, all bool) (*query, error) {
	return c.org.compile(&world{org: c.org, tx: c.tx, user: c.user, text: text, all: all})
}

// compile makes the query of a world ready.
func (o *Org) compile(e *world) (*query, error) {
	e.zone, e.now, e.viewer = o.zone(e.user), o.Now(), o.viewer(e.user, e.tx)
	text := e.text
	if strings.TrimSpace(text) == "" {
		return nil, refusal("MALFORMED_QUERY", "SOQL statements cannot be empty or null")
	}
	node, err := soql.Parse(text, nil)
	if err != nil {
		return nil, e.malformed(err)
	}
	if err := e.supported(node); err != nil {
		return nil, err
	}
	q := &query{world: e, node: node, object: o.object(node.From.Object)}
	if q.object == nil {
		return nil, e.fault(node.From, "INVALID_TYPE", "sObject type '%s' is not supported. If you are attempting to use a custom object, "+
			"be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the "+
			"appropriate names.", node.From.Object)
	}
	return q, q.prepare()
}

// zone is the time zone of a user.
func (o *Org) zone(user string) *time.Location {
	if r := o.object("User").find(user, nil); r != nil {
		if zone, err := time.LoadLocation(r.text("TimeZoneSidKey")); err == nil {
			return zone
		}
	}
	return time.UTC
}

// malformed is a syntax error in the words of Salesforce.
func (e *world) malformed(err error) error {
	syntax, ok := errors.AsType[*soql.SyntaxError](err)
	if !ok {
		return refusal("MALFORMED_QUERY", "%v", err)
	}
	switch {
	case strings.HasPrefix(syntax.Message, "OFFSET "):
		return e.faultAt(syntax.Offset, "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
	case syntax.Expected == "": // the message says more than which token
		return e.faultAt(syntax.Offset, "MALFORMED_QUERY", "%s", syntax.Message)
	case syntax.Offset >= len(e.text):
		return e.faultAt(syntax.Offset, "MALFORMED_QUERY", "unexpected token: '<EOF>'")
	}
	return e.faultAt(syntax.Offset, "MALFORMED_QUERY", "unexpected token: '%s'", strings.Trim(syntax.Found, `"`))
}

// prepare makes all clauses of a query ready.
func (q *query) prepare() error {
	if err := q.restriction(); err != nil {
		return err
	}
	var err error
	if q.node.Where != nil {
		if q.where, err = q.condition(q.node.Where); err != nil {
			return err
		}
	}
	if q.aggregates() {
		if err := q.prepareGroups(); err != nil {
			return err
		}
	}
	if err := q.selectList(); err != nil {
		return err
	}
	if q.order, err = q.sortKeys(q.node.OrderBy); err != nil {
		return err
	}
	q.limit, q.offset = rows(q.node.Limit, -1), rows(q.node.Offset, 0)
	return nil
}

// rows is the number of LIMIT or OFFSET.
func rows(v soql.Value, none int) int {
	if n, ok := v.(*soql.Number); ok {
		if i, err := strconv.Atoi(n.Literal); err == nil {
			return i
		}
	}
	return none
}

// restriction refuses to list all links between files and records.
func (q *query) restriction() error {
	if q.object.Name != "ContentDocumentLink" {
		return nil
	}
	for _, term := range conjuncts(q.node.Where) {
		var left soql.Expr
		switch term := term.(type) {
		case *soql.Comparison:
			if term.Op == soql.OpEq {
				left = term.Left
			}
		case *soql.Membership:
			if !term.Not {
				left = term.Left
			}
		}
		if p, ok := left.(*soql.Path); ok && slices.ContainsFunc([]string{"ContentDocumentId", "LinkedEntityId"},
			func(name string) bool { return strings.EqualFold(name, p.Names[len(p.Names)-1]) }) {
			return nil
		}
	}
	return refusal("MALFORMED_QUERY", "Implementation restriction: ContentDocumentLink requires a filter by a single Id on "+
		"ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN operator.")
}

// conjuncts are the conditions that all have to hold.
func conjuncts(c soql.Condition) []soql.Condition {
	if l, ok := c.(*soql.Logic); ok && l.Op == soql.OpAnd {
		return l.Terms
	}
	if c == nil {
		return nil
	}
	return []soql.Condition{c}
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
	columns := &q.columns
	for _, ref := range op.via {
		columns = &below(columns, ref).columns
	}
	name := q.columnName(item.Alias, op.name)
	if slices.ContainsFunc(*columns, func(c *column) bool { return c.name == name }) {
		return q.fault(item, "MALFORMED_QUERY", "duplicate field selected: %s", name)
	}
	*columns = append(*columns, newColumn(name, column{operand: op}))
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
func below(columns *[]*column, ref *field) *column {
	for _, c := range *columns {
		if c.parent == ref {
			return c
		}
	}
	c := newColumn(ref.Relationship, column{parent: ref})
	*columns = append(*columns, c)
	return c
}

// childColumn makes a child subquery ready.
func (q *query) childColumn(item *soql.Subquery) error {
	name := item.Query.From.Object
	link := q.org.children(q.object, name)
	if link == nil {
		return q.fault(item.Query.From, "INVALID_TYPE", "Didn't understand relationship '%s' in FROM part of query call. If you are attempting "+
			"to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your "+
			"WSDL or the describe call for the appropriate names.", name)
	}
	child := &query{world: q.world, node: item.Query, object: link.of}
	if err := child.prepare(); err != nil {
		return err
	}
	if child.groups != nil {
		return q.fault(item, "MALFORMED_QUERY", "Only root queries support aggregate expressions")
	}
	q.columns = append(q.columns, newColumn(link.Children, column{child: child, link: link}))
	return nil
}

// run returns the records that the query yields, in order.
func (q *query) run() []*record {
	s := q.source()
	sorted := q.sorted(s)
	keep := -1 // how many records suffice
	if sorted && q.limit >= 0 && q.groups == nil {
		keep = q.offset + q.limit
	}
	var found []*record
	for w := range s.rows.all {
		if len(found) == keep {
			break
		}
		if r := q.seen(w); r != nil && (q.where == nil || q.where(r)) {
			found = append(found, r)
		}
	}
	if q.groups == nil {
		return q.cut(found, sorted)
	}
	found = q.groups.collect(q.world, found)
	if q.groups.countAll {
		return found // LIMIT is one of the records
	}
	return q.cut(found, len(q.order) == 0)
}

// cut sorts records and applies OFFSET and LIMIT.
func (q *query) cut(found []*record, sorted bool) []*record {
	if !sorted {
		q.sort(found)
	}
	found = found[min(q.offset, len(found)):]
	if q.limit >= 0 {
		found = found[:min(q.limit, len(found))]
	}
	return found
}

// childrenOf returns the records that a child subquery yields for a parent.
func (q *query) childrenOf(link *field, parent *record) []*record {
	var found []*record
	for w := range q.referring(link, parent.id()) {
		if r := q.seen(w); r != nil && (q.where == nil || q.where(r)) {
			found = append(found, r)
		}
	}
	return q.cut(found, len(q.order) == 0)
}

// queryMore answers GET /query/locator.
func (c *call) queryMore() error {
	defer c.reading()()
	id, rest, _ := strings.Cut(c.args[0], "-")
	cur := c.org.pages.get(id, c.org.Now())
	from, err := strconv.Atoi(rest)
	if cur == nil || err != nil || from < 1 || from >= len(cur.rows) || cur.user != c.user {
		return errLocator
	}
	p := &pager{printer: printer{version: c.version}, world: cur.world, batch: cur.batch}
	c.writePage(p, cur, from)
	return nil
}

// writeGroups answers an aggregate query, which has one page.
func (p *pager) writeGroups(c *call, q *query, rows []*record) error {
	if q.groups.countAll {
		writeJSON(c.w, http.StatusOK, struct {
			TotalSize int   `json:"totalSize"`
			Done      bool  `json:"done"`
			Records   []any `json:"records"`
		}{q.groups.total(q, rows), true, []any{}})
		return nil
	}
	if len(rows) > maxGroups {
		return refusal("EXCEEDED_ID_LIMIT", "Aggregate query does not support queryMore(). Use LIMIT to restrict the results to a single batch")
	}
	p.raw(fmt.Sprintf(`{"totalSize":%d,"done":true,"records":[`, len(rows)))
	for i, r := range rows {
		if i > 0 {
			p.raw(",")
		}
		p.raw(`{"attributes":{"type":"AggregateResult"}`)
		for _, col := range q.columns {
			p.key(col.name)
			p.value(col.operand.field, r, r.get(col.operand.field))
		}
		p.raw("}")
	}
	p.raw("]}")
	c.writeRaw(p.out)
	return nil
}
