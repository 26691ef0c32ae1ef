package salesforcetest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

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
	unnamed int  // number of columns called expr0, expr1 and so on
	child   bool // is a child subquery
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
func (c *call) query() error { return c.runQuery("query") }

// queryAll answers GET /queryAll, which sees deleted records too.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_queryall.htm
func (c *call) queryAll() error { return c.runQuery("queryAll") }

// runQuery answers a query, or what is asked about it, for one of the resources
// that take queries.
func (c *call) runQuery(resource string) error {
	params := c.r.URL.Query()
	switch {
	case params.Has("explain"):
		return c.explain(params.Get("explain"), resource)
	case !params.Has("q"):
		return refusal("MALFORMED_QUERY", "A query string has to be specified")
	case params.Get("columns") == "true":
		return c.columns(params.Get("q"))
	}
	var found []*record
	var mark soql.For
	err := c.respond(func(p *pager) error {
		q, err := c.compile(params.Get("q"), resource == "queryAll")
		if err != nil {
			return err
		}
		found, mark = q.run(), q.node.For
		p.world, p.batch = q.world, c.batch()
		if q.groups != nil {
			return p.groups(q, found)
		}
		if err := q.checkContent(len(found)); err != nil {
			return err
		}
		p.page(&cursor{world: q.world, rows: found, columns: q.columns, resource: resource}, 0)
		return nil
	})
	if err != nil || mark == soql.ForNothing {
		return err
	}
	return c.markRead(found, mark)
}

// checkContent refuses to give the content of several attachments at once.
// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_attachment.htm
func (q *query) checkContent(n int) error {
	content := func(col *column) bool { return col.operand != nil && col.operand.field.typ.kind == kindBlob }
	if n > 1 && q.object.Name == "Attachment" && slices.ContainsFunc(q.columns, content) {
		return refusal("OPERATION_TOO_LARGE", "A query that selects Body can find one record only, and %d were found", n)
	}
	return nil
}

// columns answers what the columns of a query are.
func (c *call) columns(text string) error {
	defer c.reading()()
	q, err := c.compile(text, false)
	if err != nil {
		return err
	}
	return c.writeShape(q)
}

// respond answers what is written under the org's lock. The lock is free again
// before a client reads, who may be slow.
func (c *call) respond(write func(*pager) error) error {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	p := &pager{printer: printer{version: c.version, root: c.org.root, out: (*buffer)[:0]}}
	err := func() error {
		defer c.reading()()
		return write(p)
	}()
	if err != nil {
		return err
	}
	c.writeRaw(p.out)
	*buffer = p.out
	return nil
}

// batch is the number of records of a page: what Sforce-Query-Options asks
// for, from 200 to 2000, or the org's own.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_queryoptions.htm
func (c *call) batch() int {
	for option := range strings.FieldsFuncSeq(c.r.Header.Get("Sforce-Query-Options"), func(r rune) bool { return r == ',' || r == ';' }) {
		name, value, _ := strings.Cut(option, "=")
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if strings.EqualFold(strings.TrimSpace(name), "batchSize") && err == nil {
			return min(max(n, 200), 2000)
		}
	}
	return c.org.opt.BatchSize
}

// queryMore answers GET /query/locator.
func (c *call) queryMore() error {
	id, rest, _ := strings.Cut(c.args[0], "-")
	return c.respond(func(p *pager) error {
		cur := c.org.pages.get(id, c.org.Now())
		from, err := strconv.Atoi(rest)
		if cur == nil || err != nil || from < 1 || from >= len(cur.rows) || cur.user != c.user {
			return errLocator
		}
		p.world, p.batch, p.root = cur.world, cur.batch, cur.org.root
		p.page(cur, from)
		return nil
	})
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

// groups writes the answer to an aggregate query, which has one page.
func (p *pager) groups(q *query, rows []*record) error {
	if q.groups.countAll {
		p.raw(fmt.Sprintf(`{"totalSize":%d,"done":true,"records":[]}`, q.groups.total(q, rows)))
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
			p.raw(col.lead)
			p.value(col.operand.field, r, col.operand.here(r))
		}
		p.raw("}")
	}
	p.raw("]}")
	return nil
}

// markRead notes when records were last looked at, as FOR VIEW and FOR REFERENCE
// ask for. It is no change of theirs.
// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_for_view.htm
func (c *call) markRead(found []*record, mark soql.For) error {
	names := []string{"LastReferencedDate"}
	if mark == soql.ForView {
		names = append(names, "LastViewedDate")
	}
	return c.transact(func(tx *Transaction) error {
		for _, r := range found {
			w := r.of.rows[r.id()]
			if w == nil || w.tx != nil && w.tx != tx || w.version(tx) == nil {
				continue
			}
			now := w.version(tx).copy()
			for _, name := range names {
				if f := r.of.own(name); f != nil {
					now.set(f, tx.org.stamp())
				}
			}
			tx.write(w, now)
		}
		return nil
	})
}

// conjuncts are the conditions that all have to hold.
func conjuncts(c soql.Condition) []soql.Condition {
	l, ok := c.(*soql.Logic)
	switch {
	case c == nil:
		return nil
	case !ok || l.Op != soql.OpAnd:
		return []soql.Condition{c}
	}
	var terms []soql.Condition
	for _, term := range l.Terms {
		terms = slices.Concat(terms, conjuncts(term))
	}
	return terms
}
