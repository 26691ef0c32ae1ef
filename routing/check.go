package routing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sfbridge/sfbridge/internal/nearest"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/salesforce"
)

// CheckFile reads a configuration file and checks it. See [ReadSettings] and
// [Settings.Check]. Of a file with faults of its form, what could be read is
// checked all the same.
func CheckFile(ctx context.Context, name string, data []byte, client *salesforce.Client) (Problems, error) {
	s, err := ReadSettings(name, data)
	var faults Problems
	for _, fault := range mapping.LoadErrors(err) {
		faults = append(faults, &Problem{
			File: fault.File, Line: fault.Line, Column: fault.Column, Part: fault.Where, Text: fault.Text, Err: fault,
		})
	}
	if err != nil && len(s.Documents) == 0 {
		return faults, nil
	}
	problems, err := s.check(ctx, client, faults)
	return append(faults, problems...).Sorted(), err
}

// Check tells everything that is wrong with a configuration: what contradicts
// itself, addresses that are none, placeholders that nobody defined, and what the
// org does not have. Warnings are about what works and may be a mistake.
//
// The client is a login that uploads documents. A nil client leaves out what only
// the org knows. The error is about the org, when it does not answer; it comes
// with the problems that were found until then.
func (s *Settings) Check(ctx context.Context, client *salesforce.Client) (Problems, error) {
	return s.check(ctx, client, nil)
}

func (s *Settings) check(ctx context.Context, client *salesforce.Client, told Problems) (Problems, error) {
	c := &checker{Settings: s, ctx: ctx, client: client}
	for _, p := range told {
		c.unread = append(c.unread, p.Part)
	}
	c.checkBasics()
	c.checkCompany()
	c.checkKey()
	types := map[DocumentType]int{}
	for i, rule := range s.Documents {
		if first, twice := types[rule.Type]; twice && rule.Type != "" {
			c.atRule(i, nil, "document %d is of the same type: remove one of them", first+1)
		} else {
			types[rule.Type] = i
		}
		c.checkRule(i)
	}
	return c.problems.Sorted(), c.err
}

// A checker collects the problems of a configuration.
type checker struct {
	*Settings
	ctx      context.Context //nolint:containedctx // lives for one check
	client   *salesforce.Client
	err      error    // of an org that does not answer; from then on it is not asked
	unread   []string // parts of a file of which something could not be read
	problems Problems
}

func (c *checker) add(part string, err error, format string, args ...any) *Problem {
	p := c.file.Problem(part, err, fmt.Sprintf(format, args...))
	c.problems = append(c.problems, p)
	return p
}

// atRule adds a problem about a rule, by its number from 0.
func (c *checker) atRule(number int, err error, format string, args ...any) *Problem {
	rule := c.Documents[number]
	part := fmt.Sprintf("document %d", number+1)
	if rule.Type != "" {
		part += " (" + string(rule.Type) + ")"
	}
	p := c.add(part, err, format, args...)
	if at := strings.Split(rule.At, ":"); len(at) > 2 {
		p.Line, _ = strconv.Atoi(at[len(at)-2])
		p.Column, _ = strconv.Atoi(at[len(at)-1])
	}
	return p
}

// checkBasics checks what stands for itself.
func (c *checker) checkBasics() {
	if len(c.Documents) == 0 && len(c.unread) == 0 {
		c.add("documents", nil, "there are no rules: add one for each type of document")
	}
	if _, err := c.zone(); err != nil {
		c.add("zone", nil, "%v", err)
	}
	for _, err := range split(c.Placeholders.Validate()) {
		c.add("placeholders", err, "%s", sentence(err))
	}
	if _, err := placeholder.Layout(c.DateLayout); c.DateLayout != "" && err != nil {
		c.add("dateLayout", err, "%s", sentence(err))
	}
	if waiting, err := placeholder.Parse(c.Waiting); err != nil {
		c.add("waiting", err, "%s", sentence(err))
	} else if err := waiting.Check([]string{deliveryID}); err != nil {
		c.add("waiting", err, "%s", sentence(err))
	}
	if c.MailAfter < 0 {
		c.add("mailAfter", nil, "%s is negative", c.MailAfter)
	}
	if c.MailAfterAttempts < 0 {
		c.add("mailAfterAttempts", nil, "%d is negative", c.MailAfterAttempts)
	}
}

// checkCompany checks what is configured about the org as a whole.
func (c *checker) checkCompany() {
	want, err := salesforce.ParseID(c.CompanyID)
	if c.CompanyID != "" && (err != nil || want.Prefix() != "00D") {
		c.add("companyId", err, "%q is no Salesforce Company ID, which has 15 or 18 characters and begins with 00D: "+
			"copy the Organization ID from Setup > Company Information", c.CompanyID)
		return
	}
	if c.MaxAttachment < 0 {
		c.add("maxAttachment", nil, "%d is negative", c.MaxAttachment)
	}
	if c.client == nil {
		return
	}
	session, err := c.client.Session(c.ctx)
	if err != nil {
		c.err = fmt.Errorf("routing: check: %w", err)
		return
	}
	if c.CompanyID != "" && !want.Equal(session.OrgID) {
		c.add("companyId", salesforce.ErrOrgMismatch, "the login leads to org %s, configured is %s: one of the two is wrong", session.OrgID, want)
	}
	if limit := session.MaxAttachment; limit > 0 && c.MaxAttachment > limit {
		c.add("maxAttachment", nil, "the org takes attachments of %d bytes, not of %d", limit, c.MaxAttachment)
	}
}

// checkKey checks the field that keeps second copies out.
func (c *checker) checkKey() {
	if c.KeyField == "" {
		return
	}
	if !fieldName.MatchString(c.KeyField) {
		c.add("keyField", nil, "%q is no name of a custom field, such as Delivery__c", c.KeyField)
		return
	}
	if object := c.describe("ContentVersion"); object != nil {
		if fault := keyFault(object, c.KeyField); fault != "" {
			c.add("keyField", nil, "the field %s of ContentVersion %s: make it a text field of 32 characters, unique and an external id, "+
				"that the login may see and set, or remove keyField", c.KeyField, fault)
		}
	}
}

// checkRule checks a rule by itself, and against the org.
func (c *checker) checkRule(number int) {
	rule := c.Documents[number]
	if rule.Type == "" && len(c.unread) > 0 {
		return // as was said
	}
	parsed, err := parseRule(rule)
	for _, err := range split(err) {
		c.atRule(number, err, "%s", strings.TrimPrefix(err.Error(), fmt.Sprintf("rule %s: ", rule.Type)))
	}
	if rule.Type == CreditApplication || rule.Type == AppointmentResults {
		c.atRule(number, nil, "documents of this type have a configuration of their own: remove this rule")
	}
	known := append(placeholder.Names(), c.Placeholders.Names()...)
	for _, err := range split(parsed.checkNames(known)) {
		c.atRule(number, err, "%s", strings.TrimPrefix(err.Error(), fmt.Sprintf("rule %s: ", rule.Type))).Warning = !c.Strict
	}
	if len(rule.Backup) == 0 && !rule.Off {
		c.atRule(number, nil, "there is no backup: nobody gets the documents by e-mail that cannot be uploaded, and they are parked").Warning = true
	}
	c.checkObject(number, rule)
}

// holders are the objects that hold documents, by form, with what people call them.
var holders = map[Form]struct{ object, child, what string }{
	AsFile:       {"ContentVersion", "ContentDocumentLink", "files"},
	AsAttachment: {"Attachment", "Attachment", "attachments"},
}

// checkObject checks whether records of the rule's object can have its documents.
func (c *checker) checkObject(number int, rule Rule) {
	forms := []Form{AsFile}
	if rule.As == AsAttachment {
		forms[0] = AsAttachment
		if rule.LargerAsFile {
			forms = append(forms, AsFile)
		}
	}
	for _, form := range forms {
		if holder := c.describe(holders[form].object); holder != nil && !holder.Createable {
			c.atRule(number, salesforce.ErrAccess, "this login may not create %s", holders[form].what)
		}
	}
	if rule.Object == "" {
		return
	}
	object := c.describe(rule.Object)
	if object == nil {
		if c.client != nil && c.err == nil {
			c.atRule(number, salesforce.ErrNotFound, "the org has no object %s, or this login may not see it%s", rule.Object, c.meant(rule.Object))
		}
		return
	}
	for _, form := range forms {
		has := slices.ContainsFunc(object.ChildRelationships, func(r salesforce.ChildRelationship) bool {
			return r.Object == holders[form].child
		})
		if !has {
			c.atRule(number, nil, "records of %s cannot have %s", object.Name, holders[form].what)
		}
	}
}

// describe returns an object, or nil when there is no org to ask or it does not
// have the object.
func (c *checker) describe(name string) *salesforce.SObject {
	if c.client == nil || c.err != nil {
		return nil
	}
	object, err := c.client.Describe(c.ctx, name)
	if err != nil && !errors.Is(err, salesforce.ErrNotFound) && !errors.Is(err, salesforce.ErrValidation) {
		c.err = fmt.Errorf("routing: check: %w", err)
	}
	if err != nil {
		return nil
	}
	return object
}

// meant suggests an object of the org.
func (c *checker) meant(name string) string {
	objects, err := c.client.DescribeGlobal(c.ctx)
	if err != nil {
		return "" // it was only a suggestion
	}
	names := make([]string, len(objects))
	for i, o := range objects {
		names[i] = o.Name
	}
	return nearest.DidYouMean(name, names)
}

// split takes a joined error apart, all the way.
func split(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var list []error
	for _, err := range joined.Unwrap() {
		list = append(list, split(err)...)
	}
	return list
}

// sentence is an error without the name of the package that it comes from.
func sentence(err error) string { return strings.TrimPrefix(err.Error(), "placeholder: ") }
