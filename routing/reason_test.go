package routing_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/salesforce"
)

// reasons are what a person reads about each class of errors, and whether the
// document is mailed at once.
var reasons = []struct {
	name   string
	err    error
	mailed bool
	text   string
}{
	{"ErrAuth", salesforce.ErrAuth, true, "Salesforce refused the login."},
	{"ErrCredentials", salesforce.ErrCredentials, true, "The user name or the password for Salesforce is wrong."},
	{"ErrSecurityToken", salesforce.ErrSecurityToken, true, "Salesforce asks for a security token to log in from here."},
	{"ErrLoginBlocked", salesforce.ErrLoginBlocked, true, "The Salesforce user may not log in from here, or at this hour."},
	{"ErrApproval", salesforce.ErrApproval, true, "Nobody has approved this app in Salesforce for its user."},
	{"ErrWrongHost", salesforce.ErrWrongHost, true, "The login belongs to another address of Salesforce."},
	{"ErrAPIDisabled", salesforce.ErrAPIDisabled, true, "The company's Salesforce, or its user, may not be used by apps."},
	{"ErrSession", salesforce.ErrSession, false, "Salesforce ended the session."},
	{"ErrSOAPLoginUnavailable", salesforce.ErrSOAPLoginUnavailable, true, "Salesforce no longer takes this kind of login."},
	{"ErrPasswordExpired", salesforce.ErrPasswordExpired, true, "The password for Salesforce has expired."},
	{"ErrOrgMismatch", salesforce.ErrOrgMismatch, true, "The login leads to another company's Salesforce."},
	{"ErrNotFound", salesforce.ErrNotFound, true, "The record was not found in Salesforce."},
	{"ErrDeleted", salesforce.ErrDeleted, true, "The record in Salesforce has been deleted."},
	{"ErrDuplicate", salesforce.ErrDuplicate, true, "Salesforce takes the document for a duplicate."},
	{"ErrValidation", salesforce.ErrValidation, true, "Salesforce did not accept the details of the document."},
	{"ErrAccess", salesforce.ErrAccess, true, "The Salesforce user may not add documents to the record."},
	{"ErrQuery", salesforce.ErrQuery, true, "Salesforce refused the document."},
	{"ErrDailyLimit", salesforce.ErrDailyLimit, false, "The company's Salesforce accepts no more requests today."},
	{"ErrDailyShare", salesforce.ErrDailyShare, false, "The company's Salesforce accepts no more requests today."},
	{"ErrUnavailable", salesforce.ErrUnavailable, false, "Salesforce could not be reached since Thursday, May 23, 2019, 6:00 AM MDT."},
	{"ErrStorage", salesforce.ErrStorage, true, "Salesforce has no space left for files."},
	{"ErrTooLarge", salesforce.ErrTooLarge, true, "The file is too large to be uploaded to Salesforce."},
	{"ErrOutcomeUnknown", salesforce.ErrOutcomeUnknown, false, "Salesforce did not confirm the upload."},
	{"ErrInsecureURL", salesforce.ErrInsecureURL, true, "The connection to Salesforce is not secure."},

	{"a refusal of no class", &salesforce.Error{Status: 418, Message: "I'm a teapot"}, true, "Salesforce refused the document."},
	{"a lock", &salesforce.Error{Status: 400, Code: "UNABLE_TO_LOCK_ROW"}, false, "Salesforce was too busy to take the document."},
	{"metering", &salesforce.Error{Status: 403, Code: "TXN_SECURITY_METERING_ERROR"}, false, "Salesforce was too busy to take the document."},
	{"something else", fmt.Errorf("cable cut"), false, "Salesforce could not be reached since Thursday, May 23, 2019, 6:00 AM MDT."},
}

// inner are the marks of what is not for people: codes, ids, statuses, errors.
var inner = regexp.MustCompile(`[A-Z]{2,}_|[A-Z]{3,}[^M]|\b00[0-9A-Za-z]{13}|salesforce:|routing:|\berror\b|\b4\d\d\b|\b5\d\d\b|goroutine|[\n\r]`)

func TestEveryFailureHasASentenceForPeople(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("America/Denver")
	require.NoError(t, err)
	for _, reason := range reasons {
		w := newWorld(t)
		w.onUpload = func(routing.Document) uploadFault {
			return uploadFault{err: fmt.Errorf("upload ContentVersion for 001000000000001AAA: SOME_CODE: %w", reason.err)}
		}
		cfg := w.config(&process{world: w, fuse: -1})
		cfg.Zone = zone
		r, err := routing.New(cfg)
		require.NoError(t, err)
		d := state(t, r, route(t, w, r, "a"))
		require.Equal(t, reason.text, d.Reason, reason.name)
		require.Equal(t, reason.mailed, d.State == routing.Mailed, reason.name)
		require.NotRegexp(t, inner, strings.ReplaceAll(d.Reason, " AM MDT", ""), reason.name)
		require.Equal(t, 1, strings.Count(d.Reason, "."), "one sentence: %s", d.Reason)
		require.Contains(t, d.Error, "SOME_CODE", "the technical error is there for the host")
		if reason.mailed {
			require.Contains(t, w.mails[0].Text, "Reason: "+reason.text+"\n")
			require.NotContains(t, w.mails[0].Text, "SOME_CODE")
		}
	}
}

// The table has every class that package salesforce has.
func TestNoClassOfErrorsIsWithoutAReason(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, reason := range reasons {
		known[reason.name] = true
	}
	file, err := parser.ParseFile(token.NewFileSet(), "../salesforce/error.go", nil, 0)
	require.NoError(t, err)
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Err") {
			found++
			require.True(t, known[spec.Names[0].Name], spec.Names[0].Name)
		}
		return true
	})
	require.GreaterOrEqual(t, found, 24)
}

// Salesforce is down, back for a moment with a refusal, and down again.
func TestUnreachableSinceTheFirstFailureInARow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault {
		if w.uploads == 3 {
			return uploadFault{err: &salesforce.Error{Status: 400, Code: "UNABLE_TO_LOCK_ROW"}}
		}
		return uploadFault{err: errDown}
	}
	r := w.router()
	id := route(t, w, r, "a")
	var seen []string
	for range 4 {
		d := state(t, r, id)
		seen = append(seen, d.Reason)
		w.wait(d.Next.Sub(w.clock()))
		step(t, r)
	}
	require.Equal(t, []string{
		"Salesforce could not be reached since Thursday, May 23, 2019, 12:00 PM UTC.",
		"Salesforce could not be reached since Thursday, May 23, 2019, 12:00 PM UTC.",
		"Salesforce was too busy to take the document.",
		"Salesforce could not be reached since Thursday, May 23, 2019, 12:01 PM UTC.",
	}, seen)
}
