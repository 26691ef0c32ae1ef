package routing

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// CreditApplication is the type of the documents that [Router.RouteCredit] takes.
const CreditApplication DocumentType = "Credit Application"

// maxCredit is how large a credit application may be, in bytes: it is sealed in
// memory.
const maxCredit = 100_000_000

// A Sealer closes a document with a password. Package routing/seal has one for
// PDF.
type Sealer interface {
	// Check tells whether a password can be used, by an error that does not hold
	// it.
	Check(password string) error
	// Seal returns a copy of document that opens with password only. What cannot
	// be sealed is an error, which quotes neither. Nothing of the document is
	// written anywhere.
	Seal(ctx context.Context, document []byte, password string) ([]byte, error)
}

// A CreditRule says how credit applications travel. They are sealed before
// anything else sees them.
type CreditRule struct {
	// Rule is that of any document. Its Type is CreditApplication, and may be left
	// out.
	Rule
	// Disclosure is the text that a customer is shown before signing. Required.
	Disclosure string
	// Password opens the documents. Required. It is written nowhere: keep it where
	// the people who read credit applications find it.
	Password string
}

// String tells the type, never the password.
func (c CreditRule) String() string { return "CreditRule(" + c.FileName + ")" }

// GoString is String, so that %#v tells no password either.
func (c CreditRule) GoString() string { return c.String() }

// A Disclosure is what a customer is shown before signing a credit application.
type Disclosure struct {
	Text string
	// Version changes with the text. It goes into CreditSubmission.Disclosure.
	Version string
}

// ErrDisclosure says that a credit application was signed upon another disclosure
// than the one that is in force. It has to be shown and signed again.
var ErrDisclosure = errors.New("routing: credit application was signed upon another disclosure")

// A CreditSubmission is a credit application that a host hands over. Its type is
// CreditApplication, and may be left out.
type CreditSubmission struct {
	Submission
	// Disclosure is the Version of what the customer was shown.
	Disclosure string
}

// Disclosure returns the text to show before a credit application is signed. It
// fails with ErrOff where they are switched off, or not configured.
func (r *Router) Disclosure() (Disclosure, error) {
	if r.cfg.Credit == nil || r.cfg.Credit.Off {
		return Disclosure{}, fmt.Errorf("routing: disclosure: %w", ErrOff)
	}
	return r.cfg.Credit.disclosure(), nil
}

func (c *CreditRule) disclosure() Disclosure {
	sum := sha256.Sum256([]byte(c.Disclosure))
	return Disclosure{Text: c.Disclosure, Version: hex.EncodeToString(sum[:8])}
}

// RouteCredit accepts a credit application for delivery, as [Router.Route] does a
// document. It is sealed with the rule's password first, in memory: no clear byte
// of it reaches the spool, the ledger, a log, Salesforce or a mail. Besides the
// errors of Route there are ErrDisclosure, and those of the Sealer for a document
// that is damaged or signed electronically; nothing is accepted then.
//
// A key that was accepted before is recognised with the same content as long as
// the password is the same.
func (r *Router) RouteCredit(ctx context.Context, s CreditSubmission) (Accepted, error) {
	accepted, err := r.routeCredit(ctx, s)
	if err != nil {
		return Accepted{}, fmt.Errorf("routing: route credit application %q: %w", s.Key, err)
	}
	return accepted, nil
}

func (r *Router) routeCredit(ctx context.Context, s CreditSubmission) (Accepted, error) {
	rule := r.cfg.Credit
	s.Type = CreditApplication
	switch {
	case rule == nil || rule.Off:
		return Accepted{}, ErrOff
	case s.Disclosure != rule.disclosure().Version:
		return Accepted{}, ErrDisclosure
	}
	if err := check(r.routes[CreditApplication], &s.Submission); err != nil {
		return Accepted{}, err
	}
	document, err := io.ReadAll(io.LimitReader(s.Body, maxCredit+1))
	if err != nil {
		return Accepted{}, err
	}
	defer clear(document)
	switch size := int64(len(document)); {
	case size > maxCredit:
		return Accepted{}, fmt.Errorf("document has more than %d bytes, which cannot be sealed", maxCredit)
	case s.Size != 0 && s.Size != size:
		return Accepted{}, fmt.Errorf("document has %d bytes, not %d", size, s.Size)
	}
	sealed, err := r.cfg.Sealer.Seal(ctx, document, rule.Password)
	if err != nil {
		return Accepted{}, err
	}
	s.Body, s.Size = bytes.NewReader(sealed), 0
	return r.accept(ctx, s.Submission, job{Identity: identity(document, rule.Password)})
}

// identity tells a sealed document apart from others, for sealing gives other
// bytes each time. Without the password nothing can be learnt from it.
func identity(document []byte, password string) string {
	mac := hmac.New(sha256.New, []byte(password))
	mac.Write(document)
	return hex.EncodeToString(mac.Sum(nil))
}

// credit checks what is configured for credit applications, and returns the rule
// among the others.
func (c Config) credit() ([]Rule, error) {
	var errs []error
	for _, rule := range c.Rules {
		if rule.Type == CreditApplication {
			errs = append(errs, fmt.Errorf("the rule for %s belongs into Credit", CreditApplication))
		}
	}
	rule := c.Credit
	if rule == nil {
		return c.Rules, errors.Join(errs...)
	}
	if rule.Type != "" && rule.Type != CreditApplication {
		errs = append(errs, fmt.Errorf("credit: the type is %s, not %q", CreditApplication, rule.Type))
	}
	if strings.TrimSpace(rule.Disclosure) == "" {
		errs = append(errs, errors.New("credit: Disclosure is missing"))
	}
	if c.Sealer == nil {
		errs = append(errs, errors.New("credit: there is no Sealer"))
	} else if err := c.Sealer.Check(rule.Password); err != nil {
		errs = append(errs, fmt.Errorf("credit: Password: %w", err))
	}
	as := rule.Rule
	as.Type = CreditApplication
	return append(slices.Clip(c.Rules), as), errors.Join(errs...)
}
