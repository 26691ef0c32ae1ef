package soql

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// DefaultToken stands for the user's identifier in a query, when a [UserFilter]
// names no other.
const DefaultToken = "%userIdentifier%"

// ErrNotScoped is what every refusal of a [UserFilter] matches with errors.Is.
var ErrNotScoped = errors.New("soql: query is not restricted to the user")

// ScopeError says why a [UserFilter] refuses a query, or cannot be applied.
type ScopeError struct {
	Reason string
	Pos    Pos // the node at fault, 0 when it is none or was built in code
}

// Error is the reason in a sentence.
func (e *ScopeError) Error() string { return "soql: query refused: " + e.Reason }

// Is makes every refusal match [ErrNotScoped].
func (e *ScopeError) Is(target error) bool { return target == ErrNotScoped }

// UserFilter restricts a query to the records of one user.
//
// A query may say itself which of its fields hold the user: it compares them
// with the token, quoted or bare.
//
//	WHERE (Rep_1__c = '%userIdentifier%' OR Rep_2__c = '%userIdentifier%') AND …
//
// The token is legal only as the whole right side of =, or as an element of an
// IN, on a field, in a WHERE, and not under NOT; an IN restricts when all its
// elements are the token. A query whose WHERE has no token gets Field, compared
// with the user's identifiers, added with AND.
// Whichever it is, the result is proved on its tree: a restriction stands in the
// outer WHERE, alone, as a term of an AND, or in every branch of an OR. Child
// subqueries, semi- and anti-joins over the same object, and child subqueries
// over what cannot be told, have to be restricted by the token in a WHERE of
// their own, unless Inner says otherwise. What cannot be proved is refused with
// a *[ScopeError].
//
// Refused too are a further object in FROM, which may join records of others,
// USING SCOPE everything, a TYPEOF that selects fields of the queried object,
// and what only Apex has. What a record shows of its parents is taken as part of
// the record, as are statistics over the user's records.
//
// Placeholders know case: '%USERIDENTIFIER%' is a string like any other, and
// restricts nothing.
type UserFilter struct {
	// IDs are the identifiers of the user, at least one, each of them printable
	// and not blank. One that reads as a Salesforce id of 15 characters is bound
	// in its form of 18: text fields ignore case, in which alone two ids of 15
	// may differ.
	IDs []string

	// Field is the path to compare when the query has no token, such as
	// "OwnerId" or "Rep__r.User__c". Defaults to none: a query without the token
	// is refused.
	Field string

	// Via is the object between Field and the user, when the records do not name
	// the user themselves. Defaults to none: Field holds the identifier.
	Via *Via

	// Inner says what becomes of an unrestricted query inside. Defaults to
	// RefuseInner.
	Inner Inner

	// Token is the placeholder, of the form %name%. Defaults to [DefaultToken].
	Token string

	// Object is the object that the query has to be over, by its API name.
	// Defaults to whatever object the query is over.
	Object string

	// Related tells to which object a child relationship leads, by its API
	// name. Defaults to none, as if it knew nothing.
	Related func(object, relationship string) (target string, ok bool)
}

// Via is an object between the records and the user, such as Staff records that
// name their User. With
//
//	UserFilter{Field: "Rep_1__c", Via: &Via{Object: "Staff__c", Field: "User__c"}, …}
//
// a query gets Rep_1__c IN (SELECT Id FROM Staff__c WHERE User__c = '…'). A
// semi-join like that, with the token, over whatever field, is also what an
// administrator may write.
type Via struct {
	// Object is the object between, by its API name.
	Object string

	// Field is the path in it to compare with the user's identifiers.
	Field string

	// Select is the field of it that the records hold. Defaults to Id.
	Select string
}

// Inner says what becomes of a query inside a query that could yield records of
// the same object and is not restricted by the token.
type Inner int

const (
	// RefuseInner refuses the whole query.
	RefuseInner Inner = iota

	// RestrictInner adds the restriction by Field to child subqueries and
	// semi-joins. Those that Related cannot tell are restricted too. Anti-joins
	// are refused all the same: restricted, they would exclude less.
	RestrictInner
)

// Scope parses text, applies the filter, and prints the result. Errors are a
// *[SyntaxError] or a *[ScopeError], whose Pos is a position in text.
func (f UserFilter) Scope(text string) (string, error) {
	s, err := f.scoper()
	if err != nil {
		return "", err
	}
	q, err := Parse(text, &ParseOptions{Token: s.token})
	if err != nil {
		return "", err
	}
	if err := cmp.Or(s.narrow(q), stillValid(q, rules{})); err != nil {
		return "", err
	}
	if text = format(q); tooLong(text) {
		return "", errTooLong
	}
	return text, nil
}

// Apply is q restricted to the user. It leaves q as it is.
func (f UserFilter) Apply(q *Query) (*Query, error) {
	s, err := f.scoper()
	if err != nil {
		return nil, err
	}
	if err := check(q, rules{open: true}); err != nil {
		return nil, err
	}
	out := q.clone()
	if err := cmp.Or(s.narrow(out), stillValid(out, rules{open: true})); err != nil {
		return nil, err
	}
	return out, nil
}

// stillValid refuses a query that the restriction made too much of something.
func stillValid(q *Query, r rules) error {
	if f := faultOf(q, r); f != nil {
		return &ScopeError{Reason: "restricted, it is no query any more: " + f.reason, Pos: f.pos}
	}
	return nil
}

// scoper is a UserFilter that was found to be sound.
type scoper struct {
	UserFilter
	ids   []string // the identifiers to bind, without repetitions
	token string   // %name%
	via   Via      // with its default filled in, zero for none
}

// scoper checks the filter and fills in its defaults.
func (f UserFilter) scoper() (*scoper, error) {
	s := &scoper{UserFilter: f, token: f.Token}
	if s.token == "" {
		s.token = DefaultToken
	}
	if _, ok := tokenName(s.token); !ok {
		return nil, refuse(nil, "token %q is not of the form %%name%%", s.token)
	}
	if len(f.IDs) == 0 {
		return nil, refuse(nil, "the user has no identifier")
	}
	if err := cmp.Or(s.checkField(), s.checkVia()); err != nil {
		return nil, err
	}
	if s.Inner != RefuseInner && s.Inner != RestrictInner {
		return nil, refuse(nil, "no treatment of inner queries has the number %d", s.Inner)
	}
	for _, id := range f.IDs {
		if !s.isIdentifier(id) {
			return nil, refuse(nil, "%q does not identify a user", id)
		}
		if id = longID(id); !slices.Contains(s.ids, id) {
			s.ids = append(s.ids, id)
		}
	}
	return s, nil
}

// checkField refuses a Field that is no path.
func (s *scoper) checkField() error {
	if s.Field == "" {
		return nil
	}
	return checkPath(s.Field)
}

// checkPath refuses what is no path.
func checkPath(path string) error {
	c := checker{}
	c.expr(FieldPath(path), From{}, place{})
	if c.fault != nil {
		return refuse(nil, "field %q: %s", path, c.fault.reason)
	}
	return nil
}

// checkVia fills in the defaults of Via.
func (s *scoper) checkVia() error {
	if s.Via == nil {
		return nil
	}
	s.via = *s.Via
	s.via.Select = cmp.Or(s.via.Select, "Id")
	c := checker{}
	if c.object(s.via.Object, From{}); c.fault != nil {
		return refuse(nil, "between the records and the user: %s", c.fault.reason)
	}
	if !isName(s.via.Select) {
		return refuse(nil, "%q is not the name of a field", s.via.Select)
	}
	return checkPath(s.via.Field)
}

// isIdentifier reports whether id can be somebody's: an empty one would match
// records of nobody, and one that holds the token was never filled in.
func (s *scoper) isIdentifier(id string) bool {
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }
	return id != "" && id == strings.TrimSpace(id) && !strings.ContainsFunc(id, unprintable) &&
		!strings.Contains(id, s.token)
}

func refuse(n Node, format string, args ...any) *ScopeError {
	e := &ScopeError{Reason: fmt.Sprintf(format, args...)}
	if n != nil {
		e.Pos = n.Pos()
	}
	return e
}

// narrow restricts q, a valid query. The proof is done twice: on the tokens,
// because a value that happens to equal an identifier is no restriction that
// anybody meant, and on the result, because that is what will be sent.
func (s *scoper) narrow(q *Query) error {
	if s.Object != "" && !strings.EqualFold(q.From.Object, s.Object) {
		return refuse(q.From, "it is over %s, not %s", q.From.Object, s.Object)
	}
	byToken := prover{s, q.From.Object, s.isToken}
	if err := byToken.outOfReach(q); err != nil {
		return err
	}
	if err := byToken.restrict(q); err != nil {
		return err
	}
	unproved := byToken.prove(q)
	s.bind(q)
	byID := prover{s, q.From.Object, s.isUser}
	return cmp.Or(s.leftOver(q), unproved, byID.prove(q))
}

// restrict adds the restriction by Field where it is missing: to q itself, and,
// if so configured, to queries inside.
func (p *prover) restrict(q *Query) error {
	if !p.usesToken(q.Where) && !p.proved(q.Where, nil) {
		if err := p.addField(q); err != nil {
			return err
		}
	}
	if p.Inner == RefuseInner {
		return nil
	}
	var err error
	p.inner(q, q.From.Object, nil, func(in inner) {
		if p.guards(in.object) && !in.anti && !p.proved(in.query.Where, in.outer) {
			err = cmp.Or(err, p.addField(in.query))
		}
	})
	return err
}

// addField adds the restriction of a query that has no token.
func (s *scoper) addField(q *Query) error {
	if s.Field == "" {
		return refuse(q.From, "its WHERE does not use %s, and no field is configured", s.token)
	}
	field := FieldPath(s.Field).(*Path)
	if q.From.Alias != "" && strings.EqualFold(field.Names[0], q.From.Alias) {
		return refuse(q.From, "alias %s hides the field %s", q.From.Alias, s.Field)
	}
	user := &Text{Value: s.token}
	if s.via == (Via{}) {
		q.Where = And(q.Where, &Comparison{Left: field, Op: OpEq, Right: user})
		return nil
	}
	q.Where = And(q.Where, &Membership{Left: field, Query: &Query{
		Select: Fields(s.via.Select),
		From:   From{Object: s.via.Object},
		Where:  &Comparison{Left: FieldPath(s.via.Field), Op: OpEq, Right: user},
	}})
	return nil
}

// isToken reports whether v is the token and nothing else.
func (s *scoper) isToken(v Value) bool {
	switch v := v.(type) {
	case *Text:
		return v.Value == s.token
	case *Token:
		return "%"+v.Name+"%" == s.token
	}
	return false
}

// isUser reports whether v is one of the user's identifiers.
func (s *scoper) isUser(v Value) bool {
	text, ok := v.(*Text)
	return ok && slices.Contains(s.ids, text.Value)
}

// usesToken reports whether the token stands anywhere in a condition, but for
// queries inside it.
func (s *scoper) usesToken(c Condition) bool {
	found := false
	walkOptional(c, func(n Node) bool {
		found = found || s.holdsToken(n)
		_, query := n.(*Query)
		return !query
	})
	return found
}

// holdsToken reports whether a node is the token or a string with it inside.
func (s *scoper) holdsToken(n Node) bool {
	switch n := n.(type) {
	case *Text:
		return strings.Contains(n.Value, s.token)
	case *Token:
		return true
	}
	return false
}

// leftOver refuses tokens that bind found in no place for one.
func (s *scoper) leftOver(q *Query) error {
	for n := range Preorder(q) {
		if s.holdsToken(n) {
			return refuse(n, "%s restricts nothing here: it has to be the whole right side of =, "+
				"or an element of an IN, behind a field and not under NOT", s.token)
		}
	}
	return nil
}

// restricts reports whether c itself holds only for records in which a field
// has one of the values that user accepts.
func restricts(c Condition, user func(Value) bool) bool {
	switch c := c.(type) {
	case *Comparison:
		return c.Op == OpEq && isPath(c.Left) && user(c.Right)
	case *Membership:
		return !c.Not && c.Query == nil && isPath(c.Left) && every(c.Values, user)
	}
	return false
}

func isPath(x Expr) bool {
	_, ok := x.(*Path)
	return ok
}

// every reports whether there are elements and all of them satisfy f.
func every[T any](list []T, f func(T) bool) bool {
	not := func(v T) bool { return !f(v) }
	return len(list) > 0 && !slices.ContainsFunc(list, not)
}

// bind puts the user's identifiers in the place of the token, in every WHERE,
// wherever the token is legal.
func (s *scoper) bind(q *Query) {
	for n := range Preorder(q) {
		if q, ok := n.(*Query); ok {
			q.Where = s.bound(q.Where)
		}
	}
}

// bound is c with the token replaced. It goes down into AND and OR only.
func (s *scoper) bound(c Condition) Condition {
	if l, ok := c.(*Logic); ok {
		for i, term := range l.Terms {
			l.Terms[i] = s.bound(term)
		}
	}
	switch m := c.(type) {
	case *Comparison:
		if restricts(m, s.isToken) {
			return s.isOneOf(m.Left, m.span)
		}
	case *Membership:
		if restricts(m, s.isToken) {
			return s.isOneOf(m.Left, m.span)
		}
		if !m.Not && isPath(m.Left) {
			m.Values = s.filled(m.Values)
		}
	}
	return c
}

// filled is a list of values with the token among them replaced. Beside others it
// is legal and proves nothing.
func (s *scoper) filled(values []Value) []Value {
	var list []Value
	for _, v := range values {
		if !s.isToken(v) {
			list = append(list, v)
			continue
		}
		for _, id := range s.ids {
			list = append(list, &Text{Value: id})
		}
	}
	return list
}

// isOneOf is the condition that a field holds one of the user's identifiers.
func (s *scoper) isOneOf(field Expr, at span) Condition {
	values := make([]Value, len(s.ids))
	for i, id := range s.ids {
		values[i] = &Text{Value: id}
	}
	if len(values) == 1 {
		return &Comparison{Left: field, Op: OpEq, Right: values[0], span: at}
	}
	return &Membership{Left: field, Values: values, span: at}
}

// longID is the form of 18 characters of what reads as a Salesforce id of 15,
// and else id itself. Ids have a digit in their first three characters, which
// tell the object: words of 15 letters are no ids.
func longID(id string) string {
	if len(id) != 15 || wordEnd(id, 0) != 15 || strings.ContainsAny(id, "_") || !strings.ContainsAny(id[:3], "0123456789") {
		return id
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	for chunk := 0; chunk < 15; chunk += 5 {
		bits := 0
		for i := range 5 {
			if c := id[chunk+i]; 'A' <= c && c <= 'Z' {
				bits |= 1 << i
			}
		}
		id += alphabet[bits : bits+1]
	}
	return id
}
