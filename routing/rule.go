package routing

import (
	"errors"
	"fmt"
	"net/mail"

	"github.com/sfbridge/sfbridge/placeholder"
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

// A Rule says how documents of one type travel. Where to is not among it: each
// submission names its own target record, because documents of one type belong
// to as many appointments or accounts as there are customers.
type Rule struct {
	// Type is the type of document, such as Contract.
	Type DocumentType
	// Off makes Route refuse the type with ErrOff. Deliveries already accepted
	// go on.
	Off bool
	// FileName is a template for the document's title and file name; see
	// package placeholder. Defaults to "%customerName% Contract %date%.pdf",
	// with the name of the type.
	FileName string
	// Backup lists who gets the document by e-mail when it cannot be
	// uploaded: "office@example.com" or "The Office <office@example.com>".
	// The list is read when it is needed, so a change also serves deliveries
	// already accepted. With an empty list they are parked instead.
	Backup []string
	// MaxUpload is the size in bytes up to which documents are uploaded; a
	// larger one is mailed. Defaults to 36,000,000.
	MaxUpload int64
	// AllowLarger stands for a MaxUpload of 2 GiB, the most that Salesforce
	// takes for a file. Not together with MaxUpload.
	AllowLarger bool
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

// A route is a Rule, parsed.
type route struct {
	Rule
	name   *placeholder.Template
	backup []*mail.Address
}

func parseRule(rule Rule) (*route, error) {
	var errs []error
	if rule.Type == "" {
		errs = append(errs, errors.New("rule without a type"))
	}
	if rule.MaxUpload < 0 || rule.MaxUpload > maxLargeUpload {
		errs = append(errs, fmt.Errorf("rule %s: MaxUpload %d is not between 0 and %d", rule.Type, rule.MaxUpload, maxLargeUpload))
	}
	if rule.AllowLarger && rule.MaxUpload != 0 {
		errs = append(errs, fmt.Errorf("rule %s: MaxUpload %d and AllowLarger contradict each other", rule.Type, rule.MaxUpload))
	}
	text := rule.FileName
	if text == "" {
		text = "%customerName% " + string(rule.Type) + " %date%.pdf"
	}
	name, err := placeholder.Parse(text)
	if err != nil {
		errs = append(errs, fmt.Errorf("rule %s: FileName: %w", rule.Type, err))
	}
	backup, err := parseBackup(rule)
	return &route{rule, name, backup}, errors.Join(append(errs, err)...)
}

// checkName refuses a file name with placeholders that are not among known.
func (r *route) checkName(known []string) error {
	if err := r.name.Check(known); err != nil {
		return fmt.Errorf("rule %s: FileName %q: %w", r.Type, r.name, err)
	}
	return nil
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
