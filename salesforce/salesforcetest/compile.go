package salesforcetest

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/soql"
)

// compile makes a query ready for the call's user. The caller holds the org's
// lock until the query is done.
func (c *call) compile(text string, all bool) (*query, error) {
	return c.org.compile(&world{org: c.org, tx: c.tx, user: c.user, version: c.version, text: text, all: all})
}

// compile makes the query of a world ready.
func (o *Org) compile(e *world) (*query, error) {
	e.now, e.viewer = o.Now(), o.viewer(e.user, e.tx)
	e.settle()
	if strings.TrimSpace(e.text) == "" {
		return nil, refusal("MALFORMED_QUERY", "SOQL statements cannot be empty or null")
	}
	node, err := soql.Parse(e.text, nil)
	if err != nil {
		return nil, e.malformed(err)
	}
	q := &query{world: e, node: node, object: o.object(node.From.Object)}
	if q.object == nil {
		return nil, e.noSuchObject(node.From, node.From.Object)
	}
	return q, q.prepare()
}

// settle finds out where the user of a world lives.
func (e *world) settle() {
	e.zone, e.locale, e.fiscal = time.UTC, locales["en_US"], e.org.fiscal(e.tx)
	if r := e.org.object("User").find(e.user, e.tx); r != nil {
		if zone, err := time.LoadLocation(r.text("TimeZoneSidKey")); err == nil {
			e.zone = zone
		}
		if l, ok := locales[r.text("LocaleSidKey")]; ok {
			e.locale = l
		}
	}
}

func (e *world) noSuchObject(n soql.Node, name string) error {
	return e.fault(n, "INVALID_TYPE", "sObject type '%s' is not supported. If you are attempting to use a custom object, "+
		"be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the "+
		"appropriate names.", name)
}

// complaints are those of the parser for which Salesforce has a code or words
// of its own, by how they begin.
var complaints = []struct{ begins, code, text string }{
	{"OFFSET ", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"},
	{"more than 2 queries behind IN", "EXCEEDED_MAX_SEMIJOIN_SUBSELECTS", "Exceeded maximum number of semi join sub-selects: 2"},
	{
		"a query behind IN belongs to the WHERE", "MALFORMED_QUERY",
		"Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE expressions.",
	},
	{"SOQL has no *", "MALFORMED_QUERY", "unexpected token: '*'"},
	{"a query does not end with a semicolon", "MALFORMED_QUERY", "unexpected token: ';'"},
	{"unknown escape", "MALFORMED_QUERY", "illegal character"},
	{"a field takes an alias only", "MALFORMED_QUERY", "only aggregate expressions use field aliasing"},
	{
		"LIMIT beside an aggregate function", "MALFORMED_QUERY",
		"Non-grouped query that uses overall aggregate functions cannot also use LIMIT",
	},
	{"FIELDS(ALL) needs a LIMIT", "MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200"},
	{"FIELDS(CUSTOM) needs a LIMIT", "MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200"},
}

// strayToken are complaints about a word that Salesforce finds unexpected without
// telling more.
var strayToken = regexp.MustCompile(`^(AND beside OR|NOT beside|SOQL has no IS NULL|LIMIT -)`)

// token is a word or a character.
var token = regexp.MustCompile(`^(\w+|.)`)

// strayWord is a word that follows another at the end of a text. In a select
// list it could be an alias, but is more often a misspelled FROM.
var strayWord = regexp.MustCompile(`(\w+)\s+(\w+)\s*$`)

// malformed is a syntax error in the words of Salesforce.
func (e *world) malformed(err error) error {
	syntax, ok := errors.AsType[*soql.SyntaxError](err)
	if !ok {
		return refusal("MALFORMED_QUERY", "%v", err)
	}
	for _, c := range complaints {
		if strings.HasPrefix(syntax.Message, c.begins) {
			return e.faultAt(syntax.Offset, c.code, "%s", c.text)
		}
	}
	if strayToken.MatchString(syntax.Message) {
		return e.faultAt(syntax.Offset, "MALFORMED_QUERY", "unexpected token: '%s'", token.FindString(e.text[syntax.Offset:]))
	}
	if _, field, ok := strings.Cut(syntax.Message, "selects a field that is selected already: "); ok {
		return e.faultAt(syntax.Offset, "MALFORMED_QUERY", "duplicate field selected: %s", field)
	}
	if m := strayWord.FindStringSubmatchIndex(e.text[:min(syntax.Offset, len(e.text))]); m != nil && strings.Contains(syntax.Expected, "FROM") &&
		!strings.EqualFold(e.text[m[2]:m[3]], "SELECT") {
		return e.faultAt(m[4], "MALFORMED_QUERY", "unexpected token: '%s'", e.text[m[4]:m[5]])
	}
	switch {
	case syntax.Expected == "": // the message says more than which token
		return e.faultAt(syntax.Offset, "MALFORMED_QUERY", "%s", syntax.Message)
	case syntax.Offset >= len(e.text):
		return e.faultAt(syntax.Offset, "MALFORMED_QUERY", "unexpected token: '<EOF>'")
	}
	return e.faultAt(syntax.Offset, "MALFORMED_QUERY", "unexpected token: '%s'", strings.Trim(syntax.Found, `"`))
}

// prepare makes all clauses of a query ready.
func (q *query) prepare() error {
	if err := q.prepareFrom(); err != nil {
		return err
	}
	if err := q.prepareWhere(); err != nil {
		return err
	}
	if q.aggregates() {
		if err := q.prepareGroups(); err != nil {
			return err
		}
	}
	if err := q.selectList(); err != nil {
		return err
	}
	var err error
	if q.order, err = q.sortKeys(q.node.OrderBy); err != nil {
		return err
	}
	q.limit, q.offset = rows(q.node.Limit, -1), rows(q.node.Offset, 0)
	return nil
}

// prepareFrom refuses aliases that lead nowhere, and clauses for kinds of
// objects that the org does not have.
func (q *query) prepareFrom() error {
	for i := range q.node.Aliases {
		path := *q.node.Aliases[i].Path
		path.Names = append(slices.Clip(path.Names), "Id")
		if _, err := q.path(&path); err != nil {
			return err
		}
	}
	switch {
	case q.node.With != nil:
		return q.fault(q.node.With, "MALFORMED_QUERY", "WITH DATA CATEGORY is for articles and questions only, not for %s", q.object.Name)
	case q.node.Update != 0:
		return q.fault(q.node, "MALFORMED_QUERY", "UPDATE TRACKING and UPDATE VIEWSTAT are for articles only, not for %s", q.object.Name)
	}
	return q.restriction()
}

// prepareWhere makes WHERE and USING SCOPE ready.
func (q *query) prepareWhere() error {
	scope, err := q.scope()
	if err != nil {
		return err
	}
	if q.node.Where == nil {
		q.where = scope
		return nil
	}
	where, err := q.condition(q.node.Where)
	if err != nil {
		return err
	}
	q.where = where
	if scope != nil {
		q.where = func(r *record) bool { return scope(r) && where(r) }
	}
	return nil
}

// scope is the filter of USING SCOPE, nil for none.
// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_using_scope.htm
func (q *query) scope() (predicate, error) {
	owner := q.object.field("OwnerId")
	switch scope := q.node.Scope; {
	case scope == "" || scope == "everything":
		return nil, nil
	case scope == "mine" && owner != nil:
		return func(r *record) bool { return r.get(owner) == q.user }, nil
	case scope == "delegated" && q.object.Name == "Task":
		return func(r *record) bool { return r.at(fieldCreatedBy) == q.user && r.get(owner) != q.user }, nil
	default:
		return nil, q.fault(q.node.From, "MALFORMED_QUERY", "scope '%s' is not supported for entity %s", scope, q.object.Name)
	}
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
	if q.object.Name != "ContentDocumentLink" || q.child {
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
