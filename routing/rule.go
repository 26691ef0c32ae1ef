package routing

import (
	"encoding"
	"errors"
	"fmt"
	"net/mail"
	"slices"

	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/salesforce"
)

// A DocumentType is a kind of document that has a routing rule of its own. A
// host may have more than these two.
type DocumentType string

// The usual types.
const (
	Contract DocumentType = "Contract"
	Proposal DocumentType = "Proposal"
)

// Sizes of documents, in bytes.
const (
	defaultMaxUpload int64 = 36_000_000
	maxLargeUpload   int64 = 2 << 30
)

// A Form is what a document becomes in Salesforce.
type Form string

// The forms.
const (
	// AsFile makes it a file, whose versions Salesforce calls ContentVersion.
	AsFile Form = "ContentVersion"
	// AsAttachment makes it an Attachment, as orgs had them before files.
	AsAttachment Form = "Attachment"
)

// UnmarshalText reads a Form from a configuration.
func (f *Form) UnmarshalText(text []byte) error {
	return oneOf(f, text, "form", AsFile, AsAttachment)
}

// An Access is what people may do with a file who can see the record.
type Access string

// The accesses: ShareType of a ContentDocumentLink.
const (
	Viewer       Access = "viewer"       // read it
	Collaborator Access = "collaborator" // change it, too
	Inferred     Access = "inferred"     // what they may do with the record
)

// UnmarshalText reads an Access from a configuration.
func (a *Access) UnmarshalText(text []byte) error {
	return oneOf(a, text, "access", Viewer, Collaborator, Inferred)
}

// A Visibility is who can see a file on a record.
type Visibility string

// The visibilities: Visibility of a ContentDocumentLink.
const (
	AllUsers      Visibility = "AllUsers"      // customers and partners with a login, too
	InternalUsers Visibility = "InternalUsers" // only the company's own users
	SharedUsers   Visibility = "SharedUsers"   // whoever can see the feed that it is in
)

// UnmarshalText reads a Visibility from a configuration.
func (v *Visibility) UnmarshalText(text []byte) error {
	return oneOf(v, text, "visibility", AllUsers, InternalUsers, SharedUsers)
}

// oneOf sets a word, which must be one of those known.
func oneOf[T ~string](word *T, text []byte, what string, known ...T) error {
	if !slices.Contains(known, T(text)) {
		return fmt.Errorf("there is no %s %q: write one of %q", what, text, known)
	}
	*word = T(text)
	return nil
}

// A Rule says how documents of one type travel. It is plain data, for a file too;
// see [Settings].
type Rule struct {
	// At is where the rule was read, such as "routing.yaml:12:5". May be empty.
	At string `json:"-" yaml:"-" conf:"at"`
	// Type is the type of document, such as Contract.
	Type DocumentType `json:"type" yaml:"type" conf:"required"`
	// Off makes Route refuse the type with ErrOff. Deliveries already accepted
	// go on.
	Off bool `json:"off,omitempty" yaml:"off,omitempty"`
	// FileName is a template for the document's title and file name; see
	// package placeholder. Defaults to "%customerName% Contract %date%.pdf",
	// with the name of the type.
	FileName string `json:"fileName,omitempty" yaml:"fileName,omitempty"`
	// Record names the record, among those of Submission.Records, that documents
	// of this type belong to: "appointment". Defaults to Submission.Target.
	Record string `json:"record,omitempty" yaml:"record,omitempty"`
	// Object is the API name of the object that those records are of. Only
	// [Settings.Check] looks at it. May be empty.
	Object string `json:"object,omitempty" yaml:"object,omitempty"`
	// As is what documents become. Defaults to AsFile.
	As Form `json:"as,omitempty" yaml:"as,omitempty"`
	// LargerAsFile makes a file of what is too large for an Attachment. Defaults to
	// false: it is mailed.
	LargerAsFile bool `json:"largerAsFile,omitempty" yaml:"largerAsFile,omitempty"`
	// Access and Visibility are those of the file on its record. For the moment
	// between upload and the next call it has the org's. Default to the org's,
	// which usually are Viewer and AllUsers.
	Access     Access     `json:"access,omitempty" yaml:"access,omitempty"`
	Visibility Visibility `json:"visibility,omitempty" yaml:"visibility,omitempty"`
	// MaxUpload is the size in bytes up to which documents are uploaded; a
	// larger one is mailed. Defaults to 36,000,000.
	MaxUpload int64 `json:"maxUpload,omitempty" yaml:"maxUpload,omitempty"`
	// AllowLarger stands for a MaxUpload of 2 GiB, the most that Salesforce
	// takes for a file. Not together with MaxUpload.
	AllowLarger bool `json:"allowLarger,omitempty" yaml:"allowLarger,omitempty"`
	// Backup lists who gets the document by e-mail when it cannot be
	// uploaded: "office@example.com" or "The Office <office@example.com>".
	// The list is read when it is needed, so a change also serves deliveries
	// already accepted. With an empty list they are parked instead.
	Backup []string `json:"backup,omitempty" yaml:"backup,omitempty" conf:"single"`
	// Mail is what those mails say. Defaults to what anybody understands.
	Mail MailText `json:"mail,omitzero" yaml:"mail,omitempty"`
}

// limit is the largest size in bytes that the rule uploads.
func (r *Rule) limit() int64 {
	switch {
	case r.AllowLarger:
		return maxLargeUpload
	case r.MaxUpload == 0:
		return defaultMaxUpload
	default:
		return r.MaxUpload
	}
}

// validate reports what contradicts itself.
func (r *Rule) validate() error {
	var errs []error
	wrong := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("rule %s: "+format, append([]any{r.Type}, args...)...))
	}
	if r.Type == "" {
		errs = append(errs, errors.New("rule without a type"))
	}
	if r.MaxUpload < 0 || r.MaxUpload > maxLargeUpload {
		wrong("MaxUpload %d is not between 0 and %d", r.MaxUpload, maxLargeUpload)
	}
	if r.AllowLarger && r.MaxUpload != 0 {
		wrong("MaxUpload %d and AllowLarger contradict each other", r.MaxUpload)
	}
	for _, word := range []struct {
		field, text string
		read        encoding.TextUnmarshaler
	}{
		{"As", string(r.As), new(Form)},
		{"Access", string(r.Access), new(Access)},
		{"Visibility", string(r.Visibility), new(Visibility)},
	} {
		if word.text == "" {
			continue
		}
		if err := word.read.UnmarshalText([]byte(word.text)); err != nil {
			wrong("%s: %w", word.field, err)
		}
	}
	attached := r.As == AsAttachment
	if r.LargerAsFile && !attached {
		wrong("LargerAsFile is for documents that become an Attachment")
	}
	if (r.Access != "" || r.Visibility != "") && attached && !r.LargerAsFile {
		wrong("an Attachment has neither Access nor Visibility: whoever sees the record sees it")
	}
	return errors.Join(errs...)
}

// A route is a Rule, parsed.
type route struct {
	Rule
	name          *placeholder.Template
	subject, text *placeholder.Template // nil for what anybody understands
	backup        []*mail.Address
}

func parseRule(rule Rule) (*route, error) {
	r := &route{Rule: rule}
	errs := []error{rule.validate()}
	name := rule.FileName
	if name == "" {
		name = "%customerName% " + string(rule.Type) + " %date%.pdf"
	}
	for _, t := range []struct {
		field, text string
		parsed      **placeholder.Template
	}{
		{"FileName", name, &r.name},
		{"Mail.Subject", rule.Mail.Subject, &r.subject},
		{"Mail.Text", rule.Mail.Text, &r.text},
	} {
		if t.text == "" {
			continue
		}
		parsed, err := placeholder.Parse(t.text)
		if err != nil {
			errs = append(errs, fmt.Errorf("rule %s: %s: %w", rule.Type, t.field, err))
		}
		*t.parsed = parsed
	}
	backup, err := parseBackup(rule)
	r.backup = backup
	return r, errors.Join(append(errs, err)...)
}

// checkNames refuses templates with placeholders that are not among known.
func (r *route) checkNames(known []string) error {
	var errs []error
	for _, t := range []struct {
		field  string
		parsed *placeholder.Template
		known  []string
	}{
		{"FileName", r.name, known},
		{"Mail.Subject", r.subject, append(slices.Clone(known), mailNames...)},
		{"Mail.Text", r.text, append(slices.Clone(known), mailNames...)},
	} {
		if t.parsed == nil {
			continue
		}
		if err := t.parsed.Check(t.known); err != nil {
			errs = append(errs, fmt.Errorf("rule %s: %s %q: %w", r.Type, t.field, t.parsed, err))
		}
	}
	return errors.Join(errs...)
}

// record is the record that a submission goes to.
func (r *route) record(s Submission) (salesforce.ID, error) {
	target, of := s.Target, "target"
	if r.Record != "" {
		target, of = s.Records[r.Record], fmt.Sprintf("record %q, which the rule for %s asks for", r.Record, r.Type)
	}
	id, err := salesforce.ParseID(string(target))
	if err != nil {
		return "", fmt.Errorf("%s: %w", of, err)
	}
	return id, nil
}

func parseBackup(rule Rule) ([]*mail.Address, error) {
	var backup []*mail.Address
	var errs []error
	for _, text := range rule.Backup {
		address, err := mail.ParseAddress(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("rule %s: Backup %q is no e-mail address", rule.Type, text))
			continue
		}
		backup = append(backup, address)
	}
	return backup, errors.Join(errs...)
}
