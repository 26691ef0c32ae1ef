package soql

import "time"

// Pos is a position in the query text: the byte offset plus one. Zero means
// that the node has no position, because it was built in code.
type Pos int

// Node is any part of a query tree. The set of nodes is closed.
type Node interface {
	// Pos is where the node starts.
	Pos() Pos
	// End is where the first byte after the node stands.
	End() Pos

	print(p *printer)
}

// SelectItem is one entry of a select list: a *[Field] or a *[Subquery].
type SelectItem interface {
	Node
	selectItem()
}

// Expr is what can be selected, compared, grouped and ordered by: a *[Path] or
// a *[Call].
type Expr interface {
	Node
	expr()
}

// Condition is a filter: a *[Logic], *[Negation], *[Comparison], *[Membership]
// or *[Inclusion].
type Condition interface {
	Node
	condition()
}

// Value is a literal or what stands for one: a *[Text], *[Number], *[Boolean],
// *[Null], *[Date], *[DateTime], *[DateRange], *[Bind] or *[Token].
type Value interface {
	Node
	value()
}

// Query is a SELECT statement, a child subquery, or the inner query of a semi-
// or anti-join. Only Select and From are required.
type Query struct {
	Select  []SelectItem
	From    From
	Where   Condition // nil for none
	GroupBy []Expr
	Having  Condition // nil for none; needs GroupBy
	OrderBy []Order
	Limit   Value // a whole *Number from 0 on, nil for none
	Offset  Value // a whole *Number from 0 to 2000, nil for none
	span
}

// From names what is queried: an object or, in a child subquery, the name of
// the relationship that leads from the parent to its children.
type From struct {
	Object string
	Alias  string // "" for none
	span
}

// Field is a selected field or function call.
type Field struct {
	Expr  Expr
	Alias string // "" for none; a plain path takes one only beside GROUP BY
	span
}

// Subquery is a selected child relationship: (SELECT LastName FROM Contacts).
type Subquery struct {
	Query *Query
	span
}

// Path is a field, reached over up to five parent relationships: Owner.Name is
// Path{Names: []string{"Owner", "Name"}}. It may start with the alias or the
// name of the queried object.
type Path struct {
	Names []string
	span
}

// Call is a function call, such as COUNT(Id), toLabel(Status) or
// CALENDAR_YEAR(CreatedDate). COUNT() is a Call without Args.
type Call struct {
	Name string
	Args []Expr
	span
}

// Order is one entry of ORDER BY.
type Order struct {
	Expr  Expr
	Desc  bool
	Nulls Nulls
	span
}

// Nulls says where ORDER BY puts records that have no value.
type Nulls int

// NullsDefault leaves it to Salesforce, which puts them first.
const (
	NullsDefault Nulls = iota
	NullsFirst
	NullsLast
)

// Logic joins two or more conditions with one operator: a AND b AND c is one
// Logic with three terms. A Logic inside another is printed in parentheses.
type Logic struct {
	Op    LogicOp
	Terms []Condition
	span
}

// LogicOp is the operator of a [Logic]. The zero value is not valid.
type LogicOp int

// The operators of a Logic.
const (
	OpAnd LogicOp = iota + 1
	OpOr
)

// Negation is NOT x.
type Negation struct {
	X Condition
	span
}

// Comparison compares an expression with one value. Beside [OpLike] a *[Text]
// holds a pattern: % stands for any characters, _ for one, and \% \_ \\ for
// themselves.
type Comparison struct {
	Left  Expr
	Op    CompareOp
	Right Value
	span
}

// CompareOp is the operator of a [Comparison]. The zero value is not valid.
type CompareOp int

// The operators of a Comparison. OpNe is printed as !=, and read from <> too.
const (
	OpEq CompareOp = iota + 1
	OpNe
	OpLt
	OpLe
	OpGt
	OpGe
	OpLike
)

// Membership is Left [NOT] IN (…), over values or over an inner query (a
// semi-join, with Not an anti-join). Exactly one of Values and Query is set.
type Membership struct {
	Left   Expr
	Not    bool
	Values []Value
	Query  *Query
	span
}

// Inclusion filters a multi-select picklist: Left INCLUDES (…), with Not
// Left EXCLUDES (…). A value such as 'A;B' asks for both A and B.
type Inclusion struct {
	Left   Expr
	Not    bool
	Values []Value
	span
}

// Text is a string literal. Value is what it means, without quotes and escapes.
type Text struct {
	Value string
	span
}

// Number is a number as it is written, an optional sign, digits, and at most
// one point between digits, so that nothing is lost to rounding.
type Number struct {
	Literal string
	span
}

// Boolean is TRUE or FALSE.
type Boolean struct {
	Value bool
	span
}

// Null is NULL.
type Null struct {
	span
}

// Date is a calendar day, such as 2026-11-21.
type Date struct {
	Year  int
	Month time.Month
	Day   int
	span
}

// DateTime is an instant, such as 2026-11-21T10:00:00Z, to the millisecond:
// what is finer is not printed.
type DateTime struct {
	Time time.Time
	span
}

// DateRange is a date literal, such as TODAY or LAST_N_DAYS:7. Name is in upper
// case and without the number; N counts only for the names that take one. The
// running user's time zone says where its days begin.
type DateRange struct {
	Name string
	N    int
	span
}

// Bind is a variable, :Name. It has no place in a query that is sent.
type Bind struct {
	Name string
	span
}

// Token is a bare %Name%, which a [UserFilter] replaces by a user's
// identifiers. It has no place in a query that is sent.
type Token struct {
	Name string
	span
}

// span is where a node stands in the text.
type span struct{ pos, end Pos }

// Pos is where the node starts.
func (s span) Pos() Pos { return s.pos }

// End is where the first byte after the node stands.
func (s span) End() Pos { return s.end }

func (*Field) selectItem()    {}
func (*Subquery) selectItem() {}

func (*Path) expr() {}
func (*Call) expr() {}

func (*Logic) condition()      {}
func (*Negation) condition()   {}
func (*Comparison) condition() {}
func (*Membership) condition() {}
func (*Inclusion) condition()  {}

func (*Text) value()      {}
func (*Number) value()    {}
func (*Boolean) value()   {}
func (*Null) value()      {}
func (*Date) value()      {}
func (*DateTime) value()  {}
func (*DateRange) value() {}
func (*Bind) value()      {}
func (*Token) value()     {}

// String is the operator as it is written.
func (op LogicOp) String() string {
	switch op {
	case OpAnd:
		return "AND"
	case OpOr:
		return "OR"
	}
	return "?"
}

// compareOps spells the operators, by CompareOp.
var compareOps = [...]string{
	OpEq: "=", OpNe: "!=", OpLt: "<", OpLe: "<=", OpGt: ">", OpGe: ">=", OpLike: "LIKE",
}

// String is the operator as it is written.
func (op CompareOp) String() string {
	if op < OpEq || op > OpLike {
		return "?"
	}
	return compareOps[op]
}
