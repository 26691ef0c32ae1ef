package sqlstore

import (
	"context"
	"database/sql"
	"strings"
	"sync"

	"github.com/sfbridge/sfbridge/internal/sqlx"
)

// A statement is SQL that takes rows of values, and is the same for any number
// of them but for its placeholders. Only a few numbers are ever used, so that
// the database prepares few statements, and knows them when they come again.
type statement struct {
	fixed int // how many values come before those of the rows
	width int // values of a row
	build func(rows int) string

	mutex sync.Mutex
	texts map[int]string
}

// mostRows and mostBytes are how much one statement writes: more gains nothing,
// takes memory, and reaches limits of the databases on the size of a message.
const (
	mostRows  = 500
	mostBytes = 1 << 20
)

func newStatement(fixed, width int, text func(rows int) string) *statement {
	return &statement{fixed: fixed, width: width, build: text, texts: map[int]string{}}
}

func (st *statement) text(rows int) string {
	st.mutex.Lock()
	defer st.mutex.Unlock()
	text, ok := st.texts[rows]
	if !ok {
		text = st.build(rows)
		st.texts[rows] = text
	}
	return text
}

// most is how many rows the statement takes at once.
func (st *statement) most(d Dialect) int {
	return max(1, min(mostRows, (d.MaxValues()-st.fixed)/st.width))
}

// step is the largest of the numbers that are used which is not above n: most,
// its half, the half of that, and so on.
func step(most, n int) int {
	for most > n {
		most /= 2
	}
	return max(most, 1)
}

// A session is one transaction of a Store.
type session struct {
	ctx context.Context //nolint:containedctx // lives for one transaction
	tx  *sql.Tx
	s   *Store
	// careful puts every writing of records behind a savepoint, so that what the
	// database refuses can be told from the rest.
	careful bool
}

// each runs a statement over n rows, whose values append gives; no part of it
// holds more than mostBytes of text, one row excepted. use gets the rows of a
// part, from one to another, and its statement's text and values.
func (x *session) each(st *statement, n int, fixed []any, appendRow func(args []any, i int) []any, use func(from, to int, text string, args []any) error) error {
	most := st.most(x.s.dialect)
	args := make([]any, 0, len(fixed)+st.width*min(n, most))
	for from := 0; from < n; {
		args = append(args[:0], fixed...)
		ends := make([]int, 0, min(n-from, most)) // of args, after each row
		for i, bytes := from, 0; i < n && i-from < most && (i == from || bytes < mostBytes); i++ {
			before := len(args)
			args = appendRow(args, i)
			bytes += size(args[before:])
			ends = append(ends, len(args))
		}
		rows := step(most, len(ends))
		if err := use(from, from+rows, st.text(rows), args[:ends[rows-1]]); err != nil {
			return err
		}
		from += rows
	}
	return nil
}

func size(args []any) (n int) {
	for _, arg := range args {
		if text, ok := arg.(string); ok {
			n += len(text)
		}
	}
	return n
}

// write runs a statement over n rows.
func (x *session) write(st *statement, n int, appendRow func(args []any, i int) []any) error {
	return x.each(st, n, nil, appendRow, func(_, _ int, text string, args []any) error { return x.exec(text, args...) })
}

// in runs a statement over a list of values, as many at a time as are one of the
// few numbers that are used.
func in[T ~string](d Dialect, st *statement, list []T, fixed []any, use func(text string, args []any) error) error {
	most := max(1, min(2000, (d.MaxValues()-st.fixed)/st.width))
	for len(list) > 0 {
		part := list[:min(len(list), most)]
		rows := most
		for rows/2 >= len(part) {
			rows /= 2
		}
		args := sqlx.List(d, append(make([]any, 0, len(fixed)+rows), fixed...), part, rows)
		if err := use(st.text(rows), args); err != nil {
			return err
		}
		list = list[len(part):]
	}
	return nil
}

// statements makes those of a table.
func (s *Store) statements(t *table) {
	q := s.dialect.Quote
	selected := []string{q(t.link.name), q(t.id.name)}
	if t.hasStamp() {
		selected = append(selected, q(t.stamp.name))
	}
	for _, c := range t.columns {
		selected = append(selected, q(c.name))
	}
	find := func(by column) *statement {
		return newStatement(0, 1, func(rows int) string {
			return s.dialect.Rebind(`SELECT ` + strings.Join(selected, ", ") + ` FROM ` + t.quoted + ` WHERE ` + s.among(by, rows))
		})
	}
	t.find, t.findByID = find(t.link), find(t.id)
	t.ids = newStatement(0, 1, func(rows int) string {
		return s.dialect.Rebind(`SELECT ` + q(t.link.name) + `, ` + q(t.id.name) + ` FROM ` + t.quoted + ` WHERE ` + s.among(t.link, rows))
	})
}

// insert is the statement that makes rows with the columns at some places; the
// others get the defaults that the table has for them.
func (s *Store) insert(t *table, places []int) *statement {
	names := s.names(t, places)
	return s.made(t, "insert "+strings.Join(names, ""), func() *statement {
		return newStatement(0, len(names), func(rows int) string {
			text := `INSERT INTO ` + t.quoted + ` (` + strings.Join(names, ", ") + `) VALUES ` + sqlx.Rows(rows, len(names))
			if s.dialect != MySQL {
				text += ` RETURNING ` + s.dialect.Quote(t.link.name) + `, ` + s.dialect.Quote(t.id.name)
			}
			return s.dialect.Rebind(text)
		})
	})
}

// among is the condition that a column has one of n values.
func (s *Store) among(c column, n int) string {
	return s.dialect.In(s.dialect.Quote(c.name), c.sqlType, n)
}

// update is the statement that sets the columns at some places.
func (s *Store) update(t *table, places []int) *statement {
	names := s.names(t, places)
	cast := func(place int, name string) string {
		if place < 0 {
			return s.cast(t.id, name)
		}
		if s.dialect == MySQL { // which converts what it assigns
			return name
		}
		return s.cast(t.column(places[place]), name)
	}
	return s.made(t, "update "+strings.Join(names, ""), func() *statement {
		return newStatement(0, 1+len(places), func(rows int) string {
			return s.dialect.UpdateRows(t.quoted, s.dialect.Quote(t.id.name), names, cast, rows)
		})
	})
}

// made is a statement of a table that is made when it is needed first.
func (s *Store) made(t *table, key string, build func() *statement) *statement {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if t.writes[key] == nil {
		t.writes[key] = build()
	}
	return t.writes[key]
}

// names quotes the columns at some places.
func (s *Store) names(t *table, places []int) []string {
	names := make([]string, len(places))
	for i, place := range places {
		names[i] = s.dialect.Quote(t.column(place).name)
	}
	return names
}

// column is the one at a place; behind those of values come link and stamp.
func (t *table) column(place int) column {
	switch place - len(t.columns) {
	case 0:
		return t.link
	case 1:
		return t.stamp
	default:
		return t.columns[place]
	}
}
