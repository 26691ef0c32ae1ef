package salesforcetest

import (
	"fmt"
	"sync"
	"time"
)

// cursor is a result that is fetched in pages. Its records are the versions
// that the query saw.
type cursor struct {
	*world
	rows    []*record
	columns []*column
	batch   int
	id      string // of the locator, once there is a second page
	opened  time.Time
}

// pages are the open cursors.
type pages struct {
	mu    sync.Mutex
	byID  map[string]*cursor
	order []*cursor // the oldest first
	count int       // number of locators so far
}

const (
	cursorLife = 48 * time.Hour
	maxCursors = 1000 // so that a long-lived org does not grow for ever
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
	if len(s.order) > maxCursors {
		delete(s.byID, s.order[0].id)
		s.order = s.order[1:]
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
}

// page writes the page of a result that begins with row from.
func (p *pager) page(c *cursor, from int) {
	to := min(from+p.batch, len(c.rows))
	p.raw(fmt.Sprintf(`{"totalSize":%d,"done":%t`, len(c.rows), to == len(c.rows)))
	if to < len(c.rows) {
		if c.id == "" {
			c.batch = p.batch
			p.org.pages.open(c)
		}
		p.key("nextRecordsUrl")
		p.raw(fmt.Sprintf(`"/services/data/v%d.0/query/%s-%d"`, p.version, c.id, to))
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
	p.record(typ, parent, col.columns)
}

// children writes a child list, null when it is empty. A long one has pages of
// its own.
func (p *pager) children(r *record, col *column) {
	rows := col.child.childrenOf(col.link, r)
	if len(rows) == 0 {
		p.raw("null")
		return
	}
	p.page(&cursor{world: p.world, rows: rows, columns: col.child.columns}, 0)
}
