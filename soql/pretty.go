package soql

import (
	"strings"
	"unicode/utf8"
)

// Printer prints queries on many lines: one for each clause, and more for one
// that is too wide. The zero value is ready for use. What it prints parses to
// the tree that it was given.
type Printer struct {
	// Indent is put in front of a line once for each level. It has to be white
	// space. Defaults to four spaces.
	Indent string

	// Width is how many characters a line should have at most. A string or a
	// path that has more is not broken. Defaults to 80.
	Width int
}

// Print is the query on many lines, without a newline at the end. As
// [Query.String] it takes what only Apex has, and placeholders.
func (f Printer) Print(q *Query) (string, error) {
	if err := check(q, forDisplay); err != nil {
		return "", err
	}
	l := layout{indent: f.Indent, width: f.Width}
	if l.indent == "" || strings.Trim(l.indent, " \t") != "" {
		l.indent = "    "
	}
	if l.width <= 0 {
		l.width = 80
	}
	l.query(q)
	return string(l.buf), nil
}

// layout is a printer that knows where lines end.
type layout struct {
	printer
	indent string
	width  int
	level  int
}

// line starts a new line at the current level.
func (l *layout) line() {
	if len(l.buf) > 0 {
		l.str("\n")
	}
	for range l.level {
		l.str(l.indent)
	}
}

// fits reports whether text of so many characters has room on a line.
func (l *layout) fits(text string, more int) bool {
	return l.level*utf8.RuneCountInString(l.indent)+utf8.RuneCountInString(text)+more <= l.width
}

// deeper runs print one level deeper.
func (l *layout) deeper(print func()) {
	l.level++
	print()
	l.level--
}

// query prints a query from a new line on.
func (l *layout) query(q *Query) {
	l.clause("SELECT", texts(q.Select), func(i int) { l.item(q.Select[i]) })
	var from printer
	q.printFrom(&from)
	l.line()
	l.str("FROM " + string(from.buf))
	if q.Scope != "" {
		l.line()
		l.str("USING SCOPE " + q.Scope)
	}
	l.filter("WHERE", q.Where)
	if q.With != nil {
		l.line()
		q.With.print(&l.printer)
	}
	l.groups(q)
	l.filter("HAVING", q.Having)
	if len(q.OrderBy) > 0 {
		l.clause("ORDER BY", texts(q.OrderBy), nil)
	}
	q.printEnds(&l.printer, l.line)
}

// texts are nodes, each on one line.
func texts[N Node](list []N) []string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = format(n)
	}
	return out
}

// clause prints a keyword and a list, on one line or with an element on each.
// broken prints an element that is too wide, nil for as it is.
func (l *layout) clause(keyword string, list []string, broken func(i int)) {
	l.line()
	l.str(keyword)
	if one := " " + strings.Join(list, ", "); l.fits(one, len(keyword)) {
		l.str(one)
		return
	}
	l.deeper(func() {
		for i, text := range list {
			l.line()
			if broken == nil || l.fits(text, 1) {
				l.str(text)
			} else {
				broken(i)
			}
			if i < len(list)-1 {
				l.str(",")
			}
		}
	})
}

// item prints an entry of a select list that is too wide for a line.
func (l *layout) item(item SelectItem) {
	switch item := item.(type) {
	case *Subquery:
		l.parenthesized(func() { l.query(item.Query) })
	case *TypeOf:
		l.typeOf(item)
	default:
		item.print(&l.printer)
	}
}

// parenthesized prints parentheses with lines between them.
func (l *layout) parenthesized(print func()) {
	l.str("(")
	l.deeper(print)
	l.line()
	l.str(")")
}

func (l *layout) typeOf(x *TypeOf) {
	l.str("TYPEOF ")
	x.Path.print(&l.printer)
	l.deeper(func() {
		for i := range x.Whens {
			l.line()
			x.Whens[i].print(&l.printer)
		}
		if len(x.Else) > 0 {
			l.line()
			l.str("ELSE ")
			list(&l.printer, x.Else)
		}
	})
	l.line()
	l.str("END")
}

func (l *layout) groups(q *Query) {
	switch {
	case len(q.GroupBy) == 0:
	case q.Subtotals == NoSubtotals:
		l.clause("GROUP BY", texts(q.GroupBy), nil)
	default:
		l.line()
		l.str("GROUP BY ")
		q.printGroups(&l.printer)
	}
}

// filter prints WHERE or HAVING.
func (l *layout) filter(keyword string, c Condition) {
	if c == nil {
		return
	}
	l.line()
	l.str(keyword)
	if one := " " + format(c); l.fits(one, len(keyword)) {
		l.str(one)
		return
	}
	l.deeper(func() {
		l.line()
		l.condition(c)
	})
}

// condition prints a condition that is too wide for a line.
func (l *layout) condition(c Condition) {
	switch c := c.(type) {
	case *Logic:
		for i, term := range c.Terms {
			before := ""
			if i > 0 {
				l.line()
				before = c.Op.String() + " "
			}
			l.str(before)
			l.operand(term, len(before))
		}
	case *Negation:
		l.str("NOT ")
		l.operand(c.X, len("NOT "))
	case *Membership:
		l.membership(c)
	default:
		c.print(&l.printer)
	}
}

// operand prints a part of a condition behind some characters.
func (l *layout) operand(c Condition, before int) {
	var one printer
	one.operand(c)
	if l.fits(string(one.buf), before) {
		l.str(string(one.buf))
		return
	}
	switch c.(type) {
	case *Logic, *Negation:
		l.parenthesized(func() {
			l.line()
			l.condition(c)
		})
	default:
		l.condition(c)
	}
}

// membership prints an IN with its values or its query on lines of their own.
func (l *layout) membership(c *Membership) {
	if c.List != nil {
		c.print(&l.printer)
		return
	}
	c.Left.print(&l.printer)
	if c.Not {
		l.str(" NOT")
	}
	l.str(" IN ")
	l.parenthesized(func() {
		if c.Query != nil {
			l.query(c.Query)
			return
		}
		l.values(c.Values)
	})
}

// values prints as many values on a line as have room.
func (l *layout) values(list []Value) {
	room := 0
	for i, text := range texts(list) {
		if i < len(list)-1 {
			text += ","
		}
		if room -= utf8.RuneCountInString(text) + 1; room < 0 {
			l.line()
			room = l.width - l.level*utf8.RuneCountInString(l.indent) - utf8.RuneCountInString(text)
		} else {
			l.str(" ")
		}
		l.str(text)
	}
}
