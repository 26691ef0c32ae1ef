package appointments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sfbridge/sfbridge/internal/conf"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// Problem is one thing that is wrong with a configuration, in words for the
// administrator who wrote it.
type Problem = conf.Problem

// Problems are all that is wrong with a configuration; their Err joins those
// that keep it from working.
type Problems = conf.Problems

// CheckFile reads a configuration file and checks it. See [ReadSettings] and
// [Settings.Check]. Rules that could not be read as they stand are not looked at
// any further.
func CheckFile(ctx context.Context, name string, data []byte, client *salesforce.Client, opt *mapping.Options) (Problems, error) {
	s, err := ReadSettings(name, data)
	if err == nil {
		return s.Check(ctx, client, opt)
	}
	c := newChecker(ctx, s, client, opt)
	for _, fault := range mapping.LoadErrors(err) {
		c.unread = append(c.unread, fault.Where)
		c.problems = append(c.problems, &Problem{
			File: fault.File, Line: fault.Line, Column: fault.Column, Part: fault.Where, Text: fault.Text, Err: fault,
		})
	}
	if !s.Off {
		c.checkReadable()
	}
	return c.problems.Sorted(), c.schema.err
}

// Check tells everything that is wrong with a configuration: what the query
// must not be, what the org does not have, what the mapping reads and the query
// does not select, and what would let a user see the appointments of others.
// Warnings are about what works and may be a mistake.
//
// The client is a login that sees what the users' logins see: with SharedLogin
// that login itself. A nil client leaves out what only the org knows. The error
// is about the org, when it does not answer; it comes with the problems that
// were found until then. A feed that is switched off has no problems.
//
// The options are those that the host gives to [Settings.Config]: a rule may name
// one of its converters.
func (s *Settings) Check(ctx context.Context, client *salesforce.Client, opt *mapping.Options) (Problems, error) {
	if s.Off {
		return nil, nil
	}
	c := newChecker(ctx, s, client, opt)
	c.checkBasics()
	c.checkQuery()
	c.checkMapping()
	c.checkEssentials()
	c.checkOrg()
	return c.problems.Sorted(), c.schema.err
}

// checkReadable checks what could be read of a file with faults.
func (c *checker) checkReadable() {
	c.checkBasics()
	if c.Query != "" {
		c.checkQuery()
	}
	if len(c.Mapping) > 0 {
		c.checkMapping()
	}
	if len(c.unreadRules()) == 0 {
		c.checkEssentials()
	}
	c.checkOrg()
}

// split takes a joined error apart.
func split(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// checker collects the problems of a configuration.
type checker struct {
	*Settings
	opt      *mapping.Options
	schema   *schema
	query    *soql.Query // nil if it is none
	unread   []string    // the parts of a file that could not be read as they stand
	problems Problems
}

func newChecker(ctx context.Context, s *Settings, client *salesforce.Client, opt *mapping.Options) *checker {
	return &checker{Settings: s, opt: s.options(opt), schema: newSchema(ctx, client)}
}

// add adds a problem about a part of the configuration, such as a key.
func (c *checker) add(part string, err error, format string, args ...any) *Problem {
	p := &Problem{Part: part, Text: fmt.Sprintf(format, args...), Err: err}
	if c.file != nil {
		p.File = c.file.name
		p.Line, p.Column = c.file.placeOf(part)
	}
	c.problems = append(c.problems, p)
	return p
}

// atQuery adds a problem about a place in the query.
func (c *checker) atQuery(pos soql.Pos, err error, format string, args ...any) *Problem {
	line, column := pos.LineColumn(c.Query)
	part := "query"
	if line > 0 {
		part = fmt.Sprintf("query, line %d, column %d", line, column)
	}
	p := c.add(part, err, format, args...)
	if p.Line, p.Column = c.place(line, column); p.Line == 0 {
		p.Line, p.Column = c.file.placeOf("query")
	}
	return p
}

// checkBasics checks what stands for itself.
func (c *checker) checkBasics() {
	if err := new(Mode).UnmarshalText([]byte(c.mode())); err != nil {
		c.add("signOn", nil, "%v", err)
	}
	if _, err := c.zone(); err != nil {
		c.add("zone", nil, "%v", err)
	}
	if err := checkOrgID(c.CompanyID); err != nil {
		c.add("companyId", nil, "%v", err)
	}
	for _, err := range split(c.Window.validate()) {
		if slices.Contains(c.unread, "window") {
			break // what is missing there has been said
		}
		c.add("window", nil, "%v", err)
	}
}

// checkQuery checks the query by itself, and against the org.
func (c *checker) checkQuery() {
	if strings.TrimSpace(c.Query) == "" {
		c.add("query", nil, "there is no query: write one in SOQL, which selects the Id and what the mapping reads")
		return
	}
	token := c.token()
	q, err := soql.Parse(c.Query, &soql.ParseOptions{Token: token})
	if syntax, ok := errors.AsType[*soql.SyntaxError](err); ok {
		c.atQuery(soql.Pos(syntax.Offset+1), err, "%s", syntax.Message)
		return
	}
	if err != nil {
		c.add("token", err, "%s: write a word between per cent signs, such as %s", sentence(err), soql.DefaultToken)
		return
	}
	c.query = q
	c.checkObject()
	c.checkScope(token)
	c.checkLiterals()
	if !selectedBy(q)("Id") {
		c.atQuery(q.Pos(), nil, "the query does not select Id, without which a record cannot be told from others: add Id to the SELECT")
	}
}

func (c *checker) token() string {
	if c.Token == "" {
		return soql.DefaultToken
	}
	return c.Token
}

// checkObject holds the query against the org.
func (c *checker) checkObject() {
	if !c.schema.known() {
		return
	}
	faults := soql.Analyze(c.query, c.schema).Faults
	if c.schema.err != nil {
		return // an org that does not answer has not said no
	}
	for _, f := range faults {
		c.atQuery(f.Pos, f, "%s", c.schema.explain(f))
	}
	c.checkPath("userField", c.userField(), "")
	c.checkPath("window", c.Window.Field, "datetime")
}

// checkPath checks a path that is no part of the query, and that its field has a
// type, "" for any.
func (c *checker) checkPath(part, path, fieldType string) {
	o, ok := c.schema.Object(c.query.From.Object)
	if !ok || path == "" {
		return
	}
	faults, field := c.schema.lookup(o.Name, path)
	for _, f := range faults {
		c.add(part, f, "%s", c.schema.explain(f))
	}
	if field != nil && fieldType != "" && field.Type != fieldType {
		c.add(part, nil, "%s is a field of the type %s: name the date/time at which appointments start", path, field.Type)
	}
}

// checkScope proves that the query is restricted to the user.
func (c *checker) checkScope(token string) {
	filter := soql.UserFilter{IDs: []string{"anyone"}, Field: c.userField(), Token: token, Related: c.schema.related}
	_, err := filter.Apply(c.query)
	if err == nil || c.schema.err != nil {
		return
	}
	pos := soql.Pos(0)
	if refusal, ok := errors.AsType[*soql.ScopeError](err); ok {
		pos = refusal.Pos
	}
	c.atQuery(pos, err, "%s. Every branch of the WHERE has to compare a field with the user, as in %s",
		strings.TrimPrefix(sentence(err), "query refused: "), c.example())
}

// example is a restriction that would do.
func (c *checker) example() string {
	field := c.userField()
	if o := c.schema.describe(c.query.From.Object); field == "" && o != nil {
		if i := slices.IndexFunc(o.Fields, func(f salesforce.FieldInfo) bool { return isPerson(&f) }); i >= 0 {
			field = o.Fields[i].Name
		}
	}
	field = cmp.Or(field, "Sales_Rep__c")
	return fmt.Sprintf("WHERE %s = '%s'; or use %s nowhere and set userField", field, c.token(), c.token())
}

// checkLiterals warns of words that count in the zone of the shared login.
func (c *checker) checkLiterals() {
	if c.mode() != SharedLogin {
		return
	}
	for n := range soql.Preorder(c.query) {
		if day, ok := n.(*soql.DateRange); ok {
			word := c.Query[day.Pos()-1 : day.End()-1]
			c.atQuery(day.Pos(), nil, "%s counts in the time zone of the shared login, not in the rep's: "+
				"set a window, whose days are the rep's, and take the comparison out of the query", word).Warning = true
		}
	}
}

// checkOrg compares the Company ID with the org that answers.
func (c *checker) checkOrg() {
	want, err := salesforce.ParseID(c.CompanyID)
	if c.CompanyID == "" || err != nil || !c.schema.known() {
		return
	}
	session, err := c.schema.client.Session(c.schema.ctx)
	if err != nil {
		c.schema.err = err
		return
	}
	if !want.Equal(session.OrgID) {
		c.add("companyId", salesforce.ErrOrgMismatch, "the login leads to org %s, configured is %s: one of the two is wrong", session.OrgID, want)
	}
}

// checkMapping checks the rows: by themselves, against the query, and against
// the org.
func (c *checker) checkMapping() {
	if len(c.Mapping) == 0 {
		c.add("mapping", nil, "there are no rules: add one for each field that the app shows")
		return
	}
	_, err := mapping.New(c.Mapping, c.opt)
	unread, wrong := c.unreadRules(), map[int]bool{}
	for _, err := range split(err) {
		if fault, ok := errors.AsType[*mapping.RuleError](err); ok && !unread[fault.Number] {
			wrong[fault.Number] = true
			c.atRule(fault.Number, err, "%v", fault.Err)
		}
	}
	if c.query == nil {
		return
	}
	selected := selectedBy(c.query)
	for i := range c.Mapping {
		if unread[i+1] {
			continue
		}
		sound := !wrong[i+1]
		for _, path := range c.Mapping[i].From {
			sound = c.checkSource(i+1, path, selected) && sound
		}
		if sound {
			c.checkType(i + 1)
		}
	}
}

// unreadRules are the numbers of the rules that could not be read as they stand.
func (c *checker) unreadRules() map[int]bool {
	unread := map[int]bool{}
	for _, part := range c.unread {
		number := 0
		if n, _ := fmt.Sscanf(part, "rule %d", &number); n == 1 {
			unread[number] = true
		}
	}
	return unread
}

// atRule adds a problem about a rule, by its number from 1.
func (c *checker) atRule(number int, err error, format string, args ...any) *Problem {
	rule := &c.Mapping[number-1]
	part := fmt.Sprintf("mapping, rule %d", number)
	if caption := cmp.Or(rule.Title, rule.Target); caption != "" {
		part += " (" + caption + ")"
	}
	p := c.add(part, err, format, args...)
	if c.file != nil {
		p.Line, p.Column = placeOf(rule.At)
	}
	return p
}

// placeOf reads the line and the column at the end of "file.yaml:12:5".
func placeOf(at string) (line, column int) {
	parts := strings.Split(at, ":")
	if n := len(parts); n > 2 {
		line, _ = strconv.Atoi(parts[n-2])
		column, _ = strconv.Atoi(parts[n-1])
	}
	return line, column
}

// checkSource reports whether a path is selected by the query. If it is not, and
// the org does not have it either, the latter is what to say.
func (c *checker) checkSource(number int, path string, selected func(string) bool) bool {
	if selected(path) {
		return true
	}
	if faults, _ := c.schema.lookup(c.query.From.Object, path); len(faults) > 0 {
		c.atRule(number, faults[0], "%s", c.schema.explain(faults[0]))
		return false
	}
	c.atRule(number, nil, "the query does not select %s: add it to the SELECT, or correct the rule%s", path, meant(path, paths(c.query)))
	return false
}

// checkType holds a rule against its fields. What it reads and the org does not
// have, the query was told.
func (c *checker) checkType(number int) {
	rule := c.Mapping[number-1]
	object := c.schema.describe(c.query.From.Object)
	if object == nil || selectsAlias(c.query, rule.From) || c.unknown(rule) {
		return
	}
	m, err := mapping.New([]mapping.Rule{rule}, c.opt)
	if err != nil {
		return // its faults were told
	}
	for _, p := range m.Check(object, &mapping.CheckOptions{Resolve: c.schema.resolve}) {
		c.atRule(number, p, "%s: %s", p.Path, p.Text).Warning = p.Warning
	}
}

// unknown reports whether the org does not have one of a rule's paths.
func (c *checker) unknown(rule mapping.Rule) bool {
	return slices.ContainsFunc(rule.From, func(path string) bool {
		faults, _ := c.schema.lookup(c.query.From.Object, path)
		return len(faults) > 0
	})
}

// sentence is an error without the name of the package that it comes from.
func sentence(err error) string {
	_, text, ok := strings.Cut(err.Error(), ": ")
	if !ok {
		return err.Error()
	}
	return text
}
