package salesforcetest

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// cursor is a result that is fetched in pages. Its records are the versions
// that the query saw.
type cursor struct {
	*world
	rows     []*record
	columns  []*column
	resource string // the path, below the version, of what answers further pages
	batch    int
	id       string // of the locator, once there is a second page
	opened   time.Time
}

// pages are the open cursors.
type pages struct {
	mu    sync.Mutex
	byID  map[string]*cursor
	order []*cursor // the oldest first
	rows  int       // in all of them
	count int       // number of locators so far
}

const cursorLife = 48 * time.Hour

// So that a long-lived org does not grow for ever, the oldest cursors go when
// there are too many, or when they hold too many rows.
const (
	maxCursors    = 1000
	maxCursorRows = 20_000_000
)

// open gives a cursor a locator.
func (s *pages) open(c *cursor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	c.id, c.opened = newID("0r8", s.count), c.now
	if s.byID == nil {
		s.byID = map[string]*cursor{}
	}
	s.byID[c.id] = c
	s.order = append(s.order, c)
	s.rows += len(c.rows)
	for len(s.order) > maxCursors || s.rows > maxCursorRows && len(s.order) > 1 {
		oldest := s.order[0]
		delete(s.byID, oldest.id)
		s.rows -= len(oldest.rows)
		s.order[0], s.order = nil, s.order[1:]
	}
}

// get finds a cursor that has not expired.
func (s *pages) get(id string, now time.Time) *cursor {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.byID[id]
	if c == nil || now.Sub(c.opened) > cursorLife {
		return nil
	}
	return c
}

// pager writes pages of records.
type pager struct {
	printer
	*world
	batch int
	lists map[listKey][]*record // the children of the records of a page
}

// listKey names the list of children of a record.
type listKey struct {
	parent *record
	column *column
}

// page writes the page of a result that begins with row from.
func (p *pager) page(c *cursor, from int) {
	to := p.pageEnd(c, from)
	p.raw(fmt.Sprintf(`{"totalSize":%d,"done":%t`, len(c.rows), to == len(c.rows)))
	if to < len(c.rows) {
		if c.id == "" {
			c.batch = p.batch
			p.org.pages.open(c)
		}
		p.key("nextRecordsUrl")
		p.raw(fmt.Sprintf(`"/services/data/v%d.0/%s/%s-%d"`, p.printer.version, c.resource, c.id, to))
	}
	p.key("records")
	p.raw("[")
	for i, r := range c.rows[from:to] {
		if i > 0 {
			p.raw(",")
		}
		p.record(r.of.Name, r, c.columns)
	}
	p.raw("]}")
}

// pageEnd is the row behind the last one of a page. Children count towards the
// size of a page like their parents.
func (p *pager) pageEnd(c *cursor, from int) int {
	end := min(from+p.batch, len(c.rows))
	if !slices.ContainsFunc(c.columns, func(col *column) bool { return col.child != nil }) {
		return end
	}
	size := 0
	for i, r := range c.rows[from:end] {
		size++
		for _, col := range c.columns {
			if col.child != nil {
				size += min(len(p.childrenOf(r, col)), p.batch)
			}
		}
		if size > p.batch && i > 0 {
			return from + i
		}
	}
	return end
}

// childrenOf returns the children of a record that a column lists.
func (p *pager) childrenOf(r *record, col *column) []*record {
	key := listKey{r, col}
	rows, ok := p.lists[key]
	if !ok {
		if p.lists == nil {
			p.lists = map[listKey][]*record{}
		}
		rows = col.child.childrenOf(col.link, r)
		p.lists[key] = rows
	}
	return rows
}

// record writes a record with the columns of a query.
func (p *pager) record(typ string, r *record, columns []*column) {
	p.attributes(typ, r)
	for _, col := range columns {
		p.raw(col.lead)
		switch {
		case col.operand != nil:
			p.value(col.operand.field, r, col.operand.here(r))
		case col.parent != nil:
			p.parentOf(r, col)
		default:
			p.children(r, col)
		}
	}
	p.raw("}")
}

// parentOf writes a parent, null when there is none that the query sees.
func (p *pager) parentOf(r *record, col *column) {
	parent := p.parent(r, col.parent)
	if parent == nil {
		p.raw("null")
		return
	}
	typ := parent.of.Name
	if col.parent.polymorphic() {
		typ = "Name"
	}
	columns, selected := col.columnsOf(parent)
	switch {
	case !selected:
		p.raw("null")
		return
	case col.kinds != nil:
		typ = parent.of.Name
	}
	p.record(typ, parent, columns)
}

// children writes a child list, null when it is empty. A long one has pages of
// its own.
func (p *pager) children(r *record, col *column) {
	rows := p.childrenOf(r, col)
	if len(rows) == 0 {
		p.raw("null")
		return
	}
	p.page(&cursor{world: p.world, rows: rows, columns: col.child.columns, resource: "query"}, 0)
}
