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

// SelectItem is one entry of a select list: a *[Field], *[Subquery], *[TypeOf]
// or *[FieldSet].
type SelectItem interface {
	Node
	selectItem()
}

// Expr is what can be selected, compared, grouped and ordered by: a *[Path] or
// a *[Call]. The arguments of DISTANCE and GEOLOCATION are also a *[Number],
// *[Text] or *[Bind], which have no other place as an Expr.
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

// Value is a literal or what stands for one: a *[Text], *[Number], *[Currency],
// *[Boolean], *[Null], *[Date], *[DateTime], *[Time], *[DateRange], *[Bind] or
// *[Token].
type Value interface {
	Node
	value()
}

// Query is a SELECT statement, a child subquery, or the inner query of a semi-
// or anti-join. Only Select and From are required.
type Query struct {
	Select    []SelectItem
	From      From
	Aliases   []Alias   // the further entries of FROM
	Scope     string    // USING SCOPE, spelled as in "mineAndMyGroups"; "" for none
	Where     Condition // nil for none
	With      *With     // nil for none
	GroupBy   []Expr
	Subtotals Subtotals // ROLLUP or CUBE around GroupBy
	Having    Condition // nil for none; needs GroupBy
	OrderBy   []Order
	Limit     Value // a whole *Number from 0 on, or a *Bind; nil for none
	Offset    Value // a whole *Number from 0 to 2000, or a *Bind; nil for none
	For       For
	Update    Update
	AllRows   bool // ALL ROWS, which only Apex has
	span
}

// From names what is queried: an object or, in a child subquery, the name of
// the relationship that leads from the parent to its children.
type From struct {
	Parent string // in a child subquery: the outer object or its alias, as in FROM a.Contacts; "" for none
	Object string
	Alias  string // "" for none
	span
}

// Alias is a further entry of FROM: a name for a relationship of the queried
// object, or of an earlier Alias. FROM Contact c, c.Account a has the Alias of
// the path c.Account and the name a.
type Alias struct {
	Path *Path
	Name string // "" for none
	span
}

// With is a WITH clause: either a Mode or Categories.
type With struct {
	Mode       WithMode   // 0 for none
	Categories []Category // joined by AND
	span
}

// WithMode says with whose rights a query runs. Only Apex has them.
type WithMode int

// The modes of WITH.
const (
	SecurityEnforced WithMode = iota + 1
	UserMode
	SystemMode
)

// Category is one filter of WITH DATA CATEGORY: Group Selector (Names).
type Category struct {
	Group    string
	Selector CategorySelector
	Names    []string
	span
}

// CategorySelector says which categories around the named ones are meant. The
// zero value is not valid.
type CategorySelector int

// The selectors of a Category.
const (
	CategoryAt CategorySelector = iota + 1
	CategoryAbove
	CategoryBelow
	CategoryAboveOrBelow
)

// Subtotals says which rows GROUP BY adds to those of its groups.
type Subtotals int

// NoSubtotals is a plain GROUP BY, Rollup is GROUP BY ROLLUP (…), and Cube is
// GROUP BY CUBE (…).
const (
	NoSubtotals Subtotals = iota
	Rollup
	Cube
)

// For says what becomes of the records beside their being read.
type For int

// ForView and ForReference make Salesforce note that the user saw the records,
// ForUpdate locks them, which only Apex has.
const (
	ForNothing For = iota
	ForView
	ForReference
	ForUpdate
)

// Update says which statistics of knowledge articles a query adds to: none, one,
// or UpdateTracking | UpdateViewStat.
type Update int

// The statistics of UPDATE.
const (
	UpdateTracking Update = 1 << iota
	UpdateViewStat
)

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

// TypeOf selects fields by the type of the record behind a polymorphic
// relationship: TYPEOF What WHEN Account THEN Phone ELSE Name END.
type TypeOf struct {
	Path  *Path // the relationship
	Whens []When
	Else  []*Path // nil for none
	span
}

// When is one branch of a [TypeOf].
type When struct {
	Object string
	Fields []*Path
	span
}

// FieldSet selects fields by their kind: FIELDS(ALL).
type FieldSet struct {
	Kind FieldKind
	span
}

// FieldKind is the argument of FIELDS. The zero value is not valid.
type FieldKind int

// The kinds of fields that a FieldSet selects.
const (
	AllFields FieldKind = iota + 1
	StandardFields
	CustomFields
)

// Path is a field, reached over up to five parent relationships: Owner.Name is
// Path{Names: []string{"Owner", "Name"}}. It may start with the name of the
// queried object, or with an alias from FROM.
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

// Membership is Left [NOT] IN (…), over values, over an inner query (a
// semi-join, with Not an anti-join), or over a variable that holds a list, as in
// IN :ids. Exactly one of Values, Query and List is set.
type Membership struct {
	Left   Expr
	Not    bool
	Values []Value
	Query  *Query
	List   *Bind
	span
}

// Inclusion filters a multi-select picklist: Left INCLUDES (…), with Not
// Left EXCLUDES (…). A value such as 'A;B' asks for both A and B. Exactly one of
// Values and List is set.
type Inclusion struct {
	Left   Expr
	Not    bool
	Values []Value
	List   *Bind
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

// Currency is an amount in a currency, such as EUR12.50, in an org that has
// several.
type Currency struct {
	Code    string // three letters, in upper case
	Literal string // digits, and at most one point between digits
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

// Time is a time of the day in UTC, such as 17:30:00Z, as fields of the type
// Time have it.
type Time struct {
	Hour, Minute, Second, Millisecond int
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

// Bind is a variable, :Name, which [Query.Bind] replaces by a value. It has no
// place in a query that is sent. Name may be dotted, as in :account.Id.
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
func (*TypeOf) selectItem()   {}
func (*FieldSet) selectItem() {}

func (*Path) expr()   {}
func (*Call) expr()   {}
func (*Number) expr() {}
func (*Text) expr()   {}
func (*Bind) expr()   {}

func (*Logic) condition()      {}
func (*Negation) condition()   {}
func (*Comparison) condition() {}
func (*Membership) condition() {}
func (*Inclusion) condition()  {}

func (*Text) value()      {}
func (*Number) value()    {}
func (*Currency) value()  {}
func (*Boolean) value()   {}
func (*Null) value()      {}
func (*Date) value()      {}
func (*DateTime) value()  {}
func (*Time) value()      {}
func (*DateRange) value() {}
func (*Bind) value()      {}
func (*Token) value()     {}

// spelled is the spelling of one of a list of constants, "?" for none of them.
func spelled[T ~int](spellings []string, c T) string {
	if c < 0 || int(c) >= len(spellings) || spellings[c] == "" {
		return "?"
	}
	return spellings[c]
}

// The spellings of constants, by their value.
var (
	logicOps    = []string{OpAnd: "AND", OpOr: "OR"}
	compareOps  = []string{OpEq: "=", OpNe: "!=", OpLt: "<", OpLe: "<=", OpGt: ">", OpGe: ">=", OpLike: "LIKE"}
	withModes   = []string{SecurityEnforced: "SECURITY_ENFORCED", UserMode: "USER_MODE", SystemMode: "SYSTEM_MODE"}
	selectors   = []string{CategoryAt: "AT", CategoryAbove: "ABOVE", CategoryBelow: "BELOW", CategoryAboveOrBelow: "ABOVE_OR_BELOW"}
	subtotals   = []string{Rollup: "ROLLUP", Cube: "CUBE"}
	fors        = []string{ForView: "VIEW", ForReference: "REFERENCE", ForUpdate: "UPDATE"}
	updates     = []string{UpdateTracking: "TRACKING", UpdateViewStat: "VIEWSTAT", UpdateTracking | UpdateViewStat: "TRACKING, VIEWSTAT"}
	fieldKinds  = []string{AllFields: "ALL", StandardFields: "STANDARD", CustomFields: "CUSTOM"}
	queryScopes = []string{
		"allPrivate", "delegated", "everything", "mine", "mineAndMyGroups", "my_team_territory", "my_territory", "team",
	}
)

// String is the operator as it is written.
func (op LogicOp) String() string { return spelled(logicOps, op) }

// String is the operator as it is written.
func (op CompareOp) String() string { return spelled(compareOps, op) }

// String is the mode as it is written.
func (m WithMode) String() string { return spelled(withModes, m) }

// String is the selector as it is written.
func (s CategorySelector) String() string { return spelled(selectors, s) }

// String is the kind as it is written.
func (k FieldKind) String() string { return spelled(fieldKinds, k) }
