package routing_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/internal/sqlxtest"
	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/internal/smtptest"
	"github.com/sfbridge/sfbridge/routing/mail"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/routing/seal"
)

const creditPassword = "blue-heron-4471"

func creditRule() *routing.CreditRule {
	return &routing.CreditRule{
		Rule:       routing.Rule{FileName: "%customerName% Credit %date%.pdf", Backup: []string{"credit@example.com"}},
		Disclosure: "We will ask a credit bureau about you.", Password: creditPassword,
	}
}

func (w *world) creditRouter(t *testing.T, change func(*routing.Config)) *routing.Router {
	t.Helper()
	cfg := w.config(&process{world: w, fuse: -1})
	cfg.Credit, cfg.Sealer = creditRule(), seal.PDF{}
	if change != nil {
		change(&cfg)
	}
	r, err := routing.New(cfg)
	require.NoError(t, err)
	return r
}

// application is a credit application, of a customer who is called otherwise
// than the person in it.
func application(t *testing.T, r *routing.Router, key, producer string) routing.CreditSubmission {
	t.Helper()
	document, err := os.ReadFile(filepath.Join("seal", "testdata", "corpus", producer+".pdf"))
	require.NoError(t, err)
	shown, err := r.Disclosure()
	require.NoError(t, err)
	s := routing.CreditSubmission{Submission: submission(key), Disclosure: shown.Version}
	s.Type, s.Body = "", bytes.NewReader(document)
	s.Placeholders.Customer = placeholder.Person{First: "Zoe", Last: "Roe"}
	return s
}

func TestACreditApplicationIsSealedBeforeItIsStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.creditRouter(t, nil)
	accepted, err := r.RouteCredit(t.Context(), application(t, r, "a", "cairo"))
	require.NoError(t, err)
	require.Equal(t, "Zoe Roe Credit 5/23/19", accepted.Title)
	w.drain(r)

	require.Len(t, w.versions, 1)
	require.Contains(t, w.versions[0].content, "/Encrypt")
	_, err = seal.PDF{}.Seal(t.Context(), []byte(w.versions[0].content), "x")
	require.ErrorIs(t, err, seal.ErrLocked)
}

func TestACreditApplicationIsDeliveredOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.creditRouter(t, nil)
	first, err := r.RouteCredit(t.Context(), application(t, r, "a", "cairo"))
	require.NoError(t, err)
	again, err := r.RouteCredit(t.Context(), application(t, r, "a", "cairo"))
	require.NoError(t, err, "though it was sealed anew")
	require.True(t, again.Repeated)
	require.Equal(t, first.ID, again.ID)
	_, err = r.RouteCredit(t.Context(), application(t, r, "a", "groff"))
	require.ErrorIs(t, err, routing.ErrKeyTaken)
	w.drain(r)
	require.Len(t, w.versions, 1)
}

func TestTheDisclosureThatWasShownMustBeInForce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.creditRouter(t, nil)
	signed := application(t, r, "a", "cairo")
	shown, err := r.Disclosure()
	require.NoError(t, err)
	require.Equal(t, "We will ask a credit bureau about you.", shown.Text)

	changed := w.creditRouter(t, func(cfg *routing.Config) { cfg.Credit.Disclosure += " Twice." })
	_, err = changed.RouteCredit(t.Context(), signed)
	require.ErrorIs(t, err, routing.ErrDisclosure)
	signed.Disclosure = ""
	_, err = r.RouteCredit(t.Context(), signed)
	require.ErrorIs(t, err, routing.ErrDisclosure)
	require.Empty(t, w.spooled())
}

func TestCreditApplicationsCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	on := w.creditRouter(t, nil)
	s := application(t, on, "a", "cairo")
	_, err := on.RouteCredit(t.Context(), s)
	require.NoError(t, err)

	off := w.creditRouter(t, func(cfg *routing.Config) { cfg.Credit.Off = true })
	_, err = off.Disclosure()
	require.ErrorIs(t, err, routing.ErrOff)
	_, err = off.RouteCredit(t.Context(), application(t, on, "b", "groff"))
	require.ErrorIs(t, err, routing.ErrOff)
	w.drain(off)
	require.Len(t, w.versions, 1, "what was accepted goes on")

	none := w.router()
	_, err = none.RouteCredit(t.Context(), s)
	require.ErrorIs(t, err, routing.ErrOff)
}

func TestWhatCannotBeSealedIsNotAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.creditRouter(t, nil)
	s := application(t, r, "a", "cairo")
	s.Body = strings.NewReader("Larry Leap earns 74350")
	_, err := r.RouteCredit(t.Context(), s)
	require.ErrorIs(t, err, seal.ErrDamaged)
	require.NotContains(t, err.Error(), "Leap")
	s = application(t, r, "a", "cairo")
	s.Type = routing.CreditApplication
	_, err = r.Route(t.Context(), s.Submission)
	require.ErrorContains(t, err, "RouteCredit")
	require.Empty(t, w.spooled())
}

func TestAConfigurationForCreditWithEveryFault(t *testing.T) {
	t.Parallel()
	cfg := newWorld(t).config(&process{})
	cfg.Credit, cfg.Sealer = &routing.CreditRule{Rule: routing.Rule{Type: "Loan", Backup: []string{"nobody"}}}, seal.PDF{}
	cfg.Rules = append(cfg.Rules, routing.Rule{Type: routing.CreditApplication})
	_, err := routing.New(cfg)
	for _, fault := range []string{`not "Loan"`, "Disclosure is missing", "Password", `"nobody"`, "belongs into Credit"} {
		require.ErrorContains(t, err, fault)
	}
	cfg.Credit, cfg.Sealer, cfg.Rules = creditRule(), nil, nil
	_, err = routing.New(cfg)
	require.ErrorContains(t, err, "no Sealer")
	require.NotContains(t, err.Error(), creditPassword)
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", cfg.Credit, *cfg.Credit, cfg.Credit), creditPassword)
}

// Of a credit application nothing is left in clear: not in the database, the
// spool, the log, temporary files or mails. The same search finds it where it is
// not sealed.
func TestNoWordOfACreditApplicationIsLeft(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", filepath.Join(folder, "tmp"))
	require.NoError(t, os.Mkdir(filepath.Join(folder, "tmp"), 0o700))
	for name, sealer := range map[string]routing.Sealer{"sealed": seal.PDF{}, "control": unsealed{}} {
		t.Run(name, func(t *testing.T) {
			leaks := creditRun(t, filepath.Join(folder, name), filepath.Join(folder, "tmp"), sealer)
			if name == "sealed" {
				require.Empty(t, leaks)
				return
			}
			for _, place := range []string{"spool", "mail", "salesforce"} {
				require.Contains(t, strings.Join(leaks, "\n"), place, "the search must be able to find something")
			}
		})
	}
}

// unsealed is a Sealer that does not seal.
type unsealed struct{}

func (unsealed) Check(string) error { return nil }

func (unsealed) Seal(_ context.Context, document []byte, _ string) ([]byte, error) {
	return bytes.Clone(document), nil
}

// creditRun routes applications, of which Salesforce takes some, loses some and
// refuses some, and lists what is found of them afterwards and in between.
func creditRun(t *testing.T, folder, tmp string, sealer routing.Sealer) (leaks []string) {
	t.Helper()
	for _, dir := range []string{"", "spool", "mail", "salesforce"} {
		require.NoError(t, os.MkdirAll(filepath.Join(folder, dir), 0o700))
	}
	database := sqlxtest.Database{Dialect: sqlx.SQLite, Driver: "sqlite", DSN: "file:" + filepath.ToSlash(filepath.Join(folder, "outbox.db")) + "?_txlock=immediate&_pragma=journal_mode(WAL)"}
	store, err := outbox.NewSQL(t.Context(), database.Open(t), outbox.SQLite)
	require.NoError(t, err)
	log, err := os.Create(filepath.Join(folder, "log"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = log.Close() })
	server := smtptest.Start(t, smtptest.Options{})

	w := newWorld(t)
	w.store, w.dir = store, filepath.Join(folder, "spool")
	uploads := 0
	w.onUpload = func(routing.Document) uploadFault {
		uploads++
		return []uploadFault{{stored: true}, {err: errUnknown, stored: true}, {err: errFull}}[uploads%3]
	}
	r := w.creditRouter(t, func(cfg *routing.Config) {
		cfg.Sealer, cfg.Mailer = sealer, mail.SMTP{Addr: server.Addr, From: "sales@example.com", Security: mail.Plain}
		cfg.Logger = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})

	producers := []string{"cairo", "groff", "reportlab", "pdflib", "chromium", "jspdf", "ghostscript14", "pdfkit", "qpdf_qdf"}
	parts := map[string]bool{}
	for i, producer := range producers {
		s := application(t, r, fmt.Sprint("application ", i), producer)
		_, err := r.RouteCredit(t.Context(), s)
		require.NoError(t, err)
		document, err := os.ReadFile(filepath.Join("seal", "testdata", "corpus", producer+".pdf"))
		require.NoError(t, err)
		spellings(parts, document)
	}
	leaks = search(t, parts, folder, tmp) // as long as the spool holds them
	w.drain(r)

	require.NotEmpty(t, server.Mails())
	require.NotEmpty(t, w.versions)
	for i, m := range server.Mails() {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "mail", fmt.Sprint(i)), []byte(m.Data), 0o600))
	}
	for i, v := range w.versions {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "salesforce", fmt.Sprint(i)), []byte(v.content), 0o600))
	}
	return append(leaks, search(t, parts, folder, tmp)...)
}

// creditCanaries are words of the documents, and the password.
var creditCanaries = []string{"Larry Leap", "74350", "987-65-4321", creditPassword}

const spellingWindow = 24

// spellings adds each way in which a part of a document could be written: its
// words, as such, in UTF-16, base64 and hex; and each 24 bytes of its streams, as
// such and in base64. What stands between the streams is the syntax of any PDF.
func spellings(parts map[string]bool, document []byte) {
	for _, word := range creditCanaries {
		wide := make([]byte, 0, 2*len(word))
		for _, unit := range utf16.Encode([]rune(word)) {
			wide = append(wide, byte(unit>>8), byte(unit))
		}
		for _, form := range [][]byte{[]byte(word), wide} {
			parts[string(form)] = true
			parts[hex.EncodeToString(form)] = true
			for skip := range 3 {
				text := base64.RawStdEncoding.EncodeToString(form[skip:])
				if text = text[:len(text)-2]; len(text) >= 5 { // shorter ones are anywhere
					parts[text] = true
				}
			}
		}
	}
	for body := range streams(document) {
		windows(parts, body)
		for skip := range min(3, len(body)) {
			windows(parts, []byte(base64.StdEncoding.EncodeToString(body[skip:])))
		}
	}
}

// streams yields the bodies of a document's streams.
func streams(document []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for rest := document; ; {
			_, after, found := bytes.Cut(rest, []byte("\nstream\n"))
			if !found {
				return
			}
			body, tail, found := bytes.Cut(after, []byte("endstream"))
			if !found || !yield(body) {
				return
			}
			rest = tail
		}
	}
}

func windows(parts map[string]bool, text []byte) {
	for i := 0; i+spellingWindow <= len(text); i += 8 { // the search looks at every byte
		if part := text[i : i+spellingWindow]; len(bytes.Trim(part, string(part[:1]))) > 0 {
			parts[string(part)] = true
		}
	}
}

// search lists the files below the folders that hold one of the parts.
func search(t *testing.T, parts map[string]bool, folders ...string) (found []string) {
	t.Helper()
	lengths := map[int]bool{}
	for part := range parts {
		lengths[len(part)] = true
	}
	for _, folder := range folders {
		require.NoError(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			data = append(data, bytes.ReplaceAll(data, []byte("\r\n"), nil)...) // base64 is broken into lines
			if part, ok := holds(data, parts, lengths); ok {
				found = append(found, fmt.Sprintf("%s: %q", path, part))
			}
			return err
		}))
	}
	return found
}

func holds(data []byte, parts map[string]bool, lengths map[int]bool) (string, bool) {
	for length := range lengths {
		for i := 0; i+length <= len(data); i++ {
			if parts[string(data[i:i+length])] {
				return string(data[i : i+length]), true
			}
		}
	}
	return "", false
}
