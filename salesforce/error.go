package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The classes of errors. Callers branch on them with errors.Is, never on text.
var (
	// ErrAuth: the login was refused. It is never tried again by itself.
	ErrAuth = errors.New("salesforce: login refused")
	// ErrCredentials: username, password, client id, client secret or key are
	// wrong. Matches ErrAuth too, as the next four do.
	ErrCredentials = errors.New("salesforce: wrong credentials")
	// ErrSecurityToken: from this network the login needs the security token.
	ErrSecurityToken = errors.New("salesforce: security token needed")
	// ErrLoginBlocked: the user may not log in from this network, or at this hour.
	ErrLoginBlocked = errors.New("salesforce: login blocked")
	// ErrApproval: nobody has approved the app for the user, or its run-as user
	// is missing.
	ErrApproval = errors.New("salesforce: app not approved")
	// ErrWrongHost: LoginURL is not where this user or app logs in. It matches
	// ErrAuth when Salesforce said so, ErrUnavailable when there is no such host.
	ErrWrongHost = errors.New("salesforce: wrong login host")
	// ErrAPIDisabled: the edition has no API, or the user may not use it.
	ErrAPIDisabled = errors.New("salesforce: API not enabled")
	// ErrSession: the session is not valid, and logging in again did not help.
	ErrSession = errors.New("salesforce: session not valid")
	// ErrSOAPLoginUnavailable: the org or the API version has no SOAP login().
	ErrSOAPLoginUnavailable = errors.New("salesforce: SOAP login() is not available")
	// ErrPasswordExpired: the user must choose a new password first.
	ErrPasswordExpired = errors.New("salesforce: password expired")
	// ErrOrgMismatch: the login led to another org than Config.OrgID names.
	ErrOrgMismatch = errors.New("salesforce: login belongs to another org")
	// ErrNotFound: no such record, object or resource, or not visible to the user.
	ErrNotFound = errors.New("salesforce: not found")
	// ErrDeleted: the record is in the recycle bin. Matches ErrNotFound too.
	ErrDeleted = errors.New("salesforce: record is deleted")
	// ErrDuplicate: a unique value exists already, a duplicate rule objects, or
	// an external id matches several records.
	ErrDuplicate = errors.New("salesforce: duplicate")
	// ErrValidation: Salesforce refuses the values.
	ErrValidation = errors.New("salesforce: values refused")
	// ErrAccess: the user or the edition may not do this.
	ErrAccess = errors.New("salesforce: access denied")
	// ErrQuery: the query is wrong or too hard.
	ErrQuery = errors.New("salesforce: query refused")
	// ErrDailyLimit: the org's API requests of the last 24 hours are used up.
	ErrDailyLimit = errors.New("salesforce: daily API limit reached")
	// ErrDailyShare: the client has reached Config.DailyShare, and did not ask.
	// Matches ErrDailyLimit too.
	ErrDailyShare = errors.New("salesforce: share of the daily API limit reached")
	// ErrUnavailable: Salesforce cannot be reached or cannot answer now.
	ErrUnavailable = errors.New("salesforce: unavailable")
	// ErrStorage: the org's data or file storage is full.
	ErrStorage = errors.New("salesforce: storage full")
	// ErrTooLarge: the request or the file is over a size limit.
	ErrTooLarge = errors.New("salesforce: too large")
	// ErrOutcomeUnknown: a write went out and may have been carried out, but no
	// answer says so. Repeating it blindly may do it twice. Such an error
	// matches its cause as well.
	ErrOutcomeUnknown = errors.New("salesforce: outcome unknown")
	// ErrInsecureURL: a plain http address that is not on this machine.
	ErrInsecureURL = errors.New("salesforce: insecure URL")
)

// Error is a request that failed: refused by Salesforce, or without an answer.
// It matches the sentinels of its class through errors.Is.
type Error struct {
	// Op is what was asked, such as "create Lead".
	Op string
	// Status is the HTTP status of the answer, 0 when there was none.
	Status int
	// Code, Message and Fields are the first fault of the answer. Message may be
	// in the user's language. Code is empty when the answer carries none, as
	// with the HTML page of a proxy.
	Code    Code
	Message string
	Fields  []string
	// More holds the further faults, such as several validation rules at once.
	More []Fault
	// RetryAfter is the pause that the server asked for, 0 when it did not.
	RetryAfter time.Duration

	cause   error   // what kept the answer away
	classes []error // of a fault found on this side, without an answer
	unknown bool    // a write that may have been carried out
	lost    bool    // an earlier try may have been carried out, a login's too
}

// Fault is one complaint of an answer that lists several.
type Fault struct {
	Code    Code
	Message string
	Fields  []string
}

// Error gives action, subject and cause in one line:
//
//	salesforce: create Lead: REQUIRED_FIELD_MISSING: Required fields are missing: [LastName]
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("salesforce: ")
	if e.Op != "" {
		b.WriteString(e.Op + ": ")
	}
	if e.unknown {
		b.WriteString("outcome unknown: ")
	}
	b.WriteString(e.reason())
	for _, f := range e.More {
		b.WriteString("; " + f.text())
	}
	return b.String()
}

func (e *Error) reason() string {
	first := Fault{Code: e.Code, Message: e.Message}.text()
	switch {
	case e.cause != nil && e.Status == 0:
		return e.cause.Error()
	case first == "":
		first = fmt.Sprintf("status %d %s", e.Status, http.StatusText(e.Status))
	case e.Code == "" && e.Status != 0:
		first = fmt.Sprintf("status %d: %s", e.Status, first)
	}
	if e.cause != nil {
		return first + ": " + e.cause.Error()
	}
	return first
}

func (f Fault) text() string {
	if f.Code == "" || f.Message == "" {
		return string(f.Code) + f.Message
	}
	return string(f.Code) + ": " + f.Message
}

// Is reports whether target is a class of the error.
func (e *Error) Is(target error) bool {
	if target == ErrOutcomeUnknown {
		return e.unknown
	}
	return slices.Contains(e.classes, target) || slices.Contains(e.meaning().classes, target)
}

// Unwrap returns what kept the answer away, such as a network error or the end
// of the context. It is nil when Salesforce answered.
func (e *Error) Unwrap() error {
	return e.cause
}

// Retryable reports whether the same call, made again after seconds or
// minutes, may succeed and cannot do harm. It is false for a refusal, for a
// cancelled context, for the daily limit, and for a write whose outcome is
// unknown.
func Retryable(err error) bool {
	if errors.Is(err, ErrOutcomeUnknown) || errors.Is(err, context.Canceled) {
		return false
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.meaning().effect.passing()
	}
	return errors.Is(err, ErrUnavailable) || errors.Is(err, context.DeadlineExceeded)
}

// noAnswer is the error of a request that was not answered, or not to the end.
// An address in the cause is left out: it may hold a query or a key.
func noAnswer(op string, cause error) *Error {
	for u, ok := errors.AsType[*url.Error](cause); ok; u, ok = errors.AsType[*url.Error](cause) {
		cause = u.Err
	}
	return &Error{Op: op, cause: cause}
}

// fault is the error of a request that was not sent, or whose answer means
// failure though its status does not.
func fault(op string, class error, format string, args ...any) *Error {
	e := &Error{Op: op, Message: fmt.Sprintf(format, args...)}
	if class != nil {
		e.classes = []error{class}
	}
	return e
}

// clip shortens text from outside for use in a message.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
