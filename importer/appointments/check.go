package appointments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/internal/conf"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// Problem is one thing that is wrong with a configuration, in words for the
// administrator who wrote it.
type Problem struct {
	// Warning says that the configuration works all the same.
	Warning bool

	// File, Line and Column are where to look, as far as that is known.
	File         string
	Line, Column int

	// Part is the part of the configuration, such as "query, line 2, column 8"
	// or "mapping, rule 3 (Phone)"; "" for none in particular.
	Part string

	// Text says what is wrong and what to do about it.
	Text string

	// Err is the cause, such as a *[soql.SyntaxError], if it has a type.
	Err error
}

// Error is the place, the part and the text.
func (p *Problem) Error() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		for _, n := range []int{p.Line, p.Column} {
			if n == 0 {
				break
			}
			fmt.Fprintf(&b, ":%d", n)
		}
		b.WriteString(": ")
	}
	if p.Warning {
		b.WriteString("warning: ")
	}
	if p.Part != "" {
		b.WriteString(p.Part + ": ")
	}
	return b.String() + p.Text
}

func (p *Problem) Unwrap() error { return p.Err }

// Problems are all that is wrong with a configuration.
type Problems []*Problem

// Err joins those that keep the configuration from working, and is nil if there
// are only warnings.
func (p Problems) Err() error {
	var errs []error
	for _, problem := range p {
		if !problem.Warning {
			errs = append(errs, problem)
		}
	}
	return errors.Join(errs...)
}

// CheckFile reads a configuration file and checks it. See [ReadSettings] and
// [Settings.Check]. Where the file has faults of its form, its mapping is not
// looked at any further.
func CheckFile(ctx context.Context, name string, data []byte, client *salesforce.Client) (Problems, error) {
	s, err := ReadSettings(name, data)
	if err == nil {
		return s.Check(ctx, client)
	}
	c := newChecker(ctx, s, client)
	for _, err := range split(err) {
		p := &Problem{Text: err.Error(), Err: err}
		if fault, ok := errors.AsType[*conf.Fault](err); ok {
			*p = Problem{File: fault.File, Line: fault.Line, Column: fault.Column, Part: fault.Where, Text: fault.Text, Err: err}
		}
		c.problems = append(c.problems, p)
	}
	if s.Query != "" {
		c.checkQuery()
	}
	return c.problems, c.schema.err
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
func (s *Settings) Check(ctx context.Context, client *salesforce.Client) (Problems, error) {
	if s.Off {
		return nil, nil
	}
	c := newChecker(ctx, s, client)
	c.checkBasics()
	c.checkQuery()
	c.checkMapping()
	c.checkEssentials()
	c.checkOrg()
	return c.problems, c.schema.err
}

// split takes a joined error apart.
func split(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // of the error itself, not of its causes
		return joined.Unwrap()
	}
	return []error{err}
}

// checker collects the problems of a configuration.
type checker struct {
	*Settings
	schema   *schema
	query    *soql.Query // nil if it is none
	problems Problems
}

func newChecker(ctx context.Context, s *Settings, client *salesforce.Client) *checker {
	return &checker{Settings: s, schema: newSchema(ctx, client)}
}

// add adds a problem about a part of the configuration.
func (c *checker) add(part string, err error, format string, args ...any) *Problem {
	p := &Problem{Part: part, Text: fmt.Sprintf(format, args...), Err: err}
	if c.file != nil {
		p.File = c.file.name
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
	p.Line, p.Column = c.place(line, column)
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
		if err != nil {
			c.add("window", nil, "%v", err)
		}
	}
}

// checkQuery checks the query by itself, and against the org.
func (c *checker) checkQuery() {
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
	for _, f := range soql.Analyze(c.query, c.schema).Faults {
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
	if err == nil {
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
			c.atQuery(day.Pos(), nil, "%s counts in the time zone of the shared login, not in the rep's: "+
				"set a window, whose days are the rep's, and take the comparison out of the query", day.Name).Warning = true
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
	zone, _ := c.zone()
	if _, err := mapping.New(c.Mapping, &mapping.Options{Zone: zone}); err != nil {
		for _, err := range split(err) {
			c.add("mapping", err, "%s", sentence(err))
		}
	}
	if c.query == nil {
		return
	}
	selected := selectedBy(c.query)
	for i, rule := range c.Mapping {
		part := fmt.Sprintf("mapping, rule %d (%s)", i+1, caption(rule))
		sound := true
		for _, path := range rule.From {
			sound = c.checkSource(part, path, selected) && sound
		}
		if sound {
			c.checkType(part, rule)
		}
	}
}

func caption(rule mapping.Rule) string {
	if rule.Title != "" {
		return rule.Title
	}
	return rule.Target
}

// checkSource reports whether a path is selected by the query. If it is not, and
// the org does not have it either, the latter is what to say.
func (c *checker) checkSource(part, path string, selected func(string) bool) bool {
	if selected(path) {
		return true
	}
	if o, ok := c.schema.Object(c.query.From.Object); ok {
		if faults, _ := c.schema.lookup(o.Name, path); len(faults) > 0 {
			c.add(part, faults[0], "%s", c.schema.explain(faults[0]))
			return false
		}
	}
	c.add(part, nil, "the query does not select %s, which this rule reads%s: add it to the SELECT, or correct the rule",
		path, meant(path, paths(c.query)))
	return false
}

// checkType holds the type of a rule against that of its fields.
func (c *checker) checkType(part string, rule mapping.Rule) {
	object := c.schema.describe(c.query.From.Object)
	if object == nil || selectsAlias(c.query, rule.From) || c.unknown(rule) {
		return
	}
	m, err := mapping.New([]mapping.Rule{rule}, nil)
	if err != nil {
		return // was told already
	}
	err = m.Validate(object, func(name string) (*salesforce.SObject, error) {
		if o := c.schema.describe(name); o != nil {
			return o, nil
		}
		return nil, fmt.Errorf("there is no object %s", name)
	})
	if err == nil {
		return
	}
	for _, err := range split(err) {
		_, text, _ := strings.Cut(sentence(err), caption(rule)+": ")
		c.add(part, err, "%s: choose a type that fits the field, or another field", text)
	}
}

// unknown reports whether the org does not have one of a rule's paths, of which
// the query was told.
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
