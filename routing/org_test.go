package routing_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/internal/smtptest"
	"github.com/sfbridge/sfbridge/routing/mail"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// A site is an org, a mail server and a router between them.
type site struct {
	cfg     routing.Config
	org     *salesforcetest.Org
	smtp    *smtptest.Server
	router  *routing.Router
	account salesforce.ID
}

func newSite(t *testing.T, mails smtptest.Options, change func(*routing.Config)) *site {
	t.Helper()
	s := &site{
		org:  salesforcetest.NewOrg(&salesforcetest.Options{HashOnlyAbove: 30 << 20}),
		smtp: smtptest.Start(t, mails),
	}
	s.org.SetNow(start)
	s.account = salesforce.ID(s.org.Insert("Account", map[string]any{"Name": "Leap"}))
	cfg := routing.Config{
		Destination: routing.Salesforce{Client: client(t, s.org, "cid", "csecret")},
		Store:       outbox.NewMemory(),
		Spool:       outbox.Spool{Dir: t.TempDir()},
		Rules:       []routing.Rule{{Type: routing.Contract, Backup: []string{"office@example.com"}}},
		Mailer:      mail.SMTP{Addr: s.smtp.Addr, From: "sales@example.com", Security: mail.Plain},
		Now:         s.org.Now,
		Rand:        func() float64 { return 0 },
	}
	if change != nil {
		change(&cfg)
	}
	s.cfg = cfg
	s.router = s.with(t, func(*routing.Config) {})
	return s
}

// with is another router of the site.
func (s *site) with(t *testing.T, change func(*routing.Config)) *routing.Router {
	t.Helper()
	cfg := s.cfg
	change(&cfg)
	r, err := routing.New(cfg)
	require.NoError(t, err)
	return r
}

func client(t *testing.T, org *salesforcetest.Org, id, secret string) *salesforce.Client {
	t.Helper()
	c, err := salesforce.New(salesforce.Config{
		LoginURL:   salesforce.MyDomain("example"),
		Auth:       salesforce.ClientCredentials{ClientID: id, ClientSecret: secret},
		HTTPClient: &http.Client{Transport: org.Transport()},
		Retry:      salesforce.Retry{MinWait: time.Millisecond, MaxWait: time.Millisecond},
		Now:        org.Now,
	})
	require.NoError(t, err)
	return c
}

func (s *site) submission(key string, body io.Reader) routing.Submission {
	return routing.Submission{
		Key: key, Type: routing.Contract, Target: s.account, Body: body,
		Placeholders: placeholder.Data{Date: start, Customer: placeholder.Person{First: "Larry", Last: "Leap"}},
	}
}

// deliver routes a document and drains, letting time pass in between.
func (s *site) deliver(t *testing.T, key string, body io.Reader) routing.Delivery {
	t.Helper()
	accepted, err := s.router.Route(t.Context(), s.submission(key, body))
	require.NoError(t, err)
	s.drain(t)
	return state(t, s.router, accepted.ID)
}

func (s *site) drain(t *testing.T) {
	t.Helper()
	for range 1000 {
		left, err := s.router.Drain(t.Context())
		require.NoError(t, err)
		if left == 0 {
			return
		}
		s.org.Advance(5 * time.Second)
	}
	t.Fatal("deliveries did not end")
}

func (s *site) versions() []map[string]any { return s.org.Records("ContentVersion") }

// posts counts uploads that reached the org.
func (s *site) posts() int {
	n := 0
	for _, r := range s.org.Requests() {
		if r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/ContentVersion") {
			n++
		}
	}
	return n
}

func TestOrgHasTheDocument(t *testing.T) {
	t.Parallel()
	s := newSite(t, smtptest.Options{}, nil)
	d := s.deliver(t, "a", strings.NewReader("document"))
	require.Equal(t, routing.Verified, d.State)
	require.Len(t, s.versions(), 1)
	v := s.versions()[0]
	require.Equal(t, d.VersionID, v["Id"])
	require.Equal(t, "Larry Leap Contract 5/23/19", v["Title"])
	require.Equal(t, "Larry Leap Contract 5-23-19.pdf", v["PathOnClient"])
	require.Equal(t, "sfbridge:"+d.ID, v["Description"])
	require.Equal(t, "document", string(s.org.File(d.VersionID)))
	linked := false
	for _, l := range s.org.Records("ContentDocumentLink") {
		linked = linked || l["LinkedEntityId"] == string(s.account) && l["ContentDocumentId"] == v["ContentDocumentId"]
	}
	require.True(t, linked)
}

// However an answer is lost, there is one copy in the end.
func TestLostAnswersLeaveOneCopy(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault salesforcetest.Fault
		posts int
	}{
		"after":       {salesforcetest.Fault{DropAfter: true}, 1},
		"before":      {salesforcetest.Fault{DropBefore: true}, 2},
		"before, 3x":  {salesforcetest.Fault{DropBefore: true, Times: 2}, 3},
		"proxy error": {salesforcetest.Fault{Status: http.StatusBadGateway, Body: "<html>bad gateway</html>"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, smtptest.Options{}, nil)
			tc.fault.Method, tc.fault.Path = http.MethodPost, "/ContentVersion"
			s.org.Fail(tc.fault)
			d := s.deliver(t, "a", strings.NewReader("document"))
			require.Equal(t, routing.Verified, d.State)
			require.Len(t, s.versions(), 1)
			require.Equal(t, d.VersionID, s.versions()[0]["Id"])
			require.Equal(t, tc.posts, s.posts())
			require.Empty(t, s.smtp.Mails())
		})
	}
}

// The same bytes on purpose, to the same record, at the same time.
func TestEqualDocumentsAreToldApart(t *testing.T) {
	t.Parallel()
	s := newSite(t, smtptest.Options{}, nil)
	s.org.Fail(salesforcetest.Fault{Method: http.MethodPost, Path: "/ContentVersion", DropAfter: true})
	s.org.Fail(salesforcetest.Fault{Method: http.MethodPost, Path: "/ContentVersion", DropBefore: true})
	var ids []string
	for _, key := range []string{"a", "b"} {
		accepted, err := s.router.Route(t.Context(), s.submission(key, strings.NewReader("document")))
		require.NoError(t, err)
		ids = append(ids, accepted.ID)
		s.org.Advance(time.Millisecond)
	}
	s.drain(t)
	a, b := state(t, s.router, ids[0]), state(t, s.router, ids[1])
	require.Equal(t, routing.Verified, a.State)
	require.Equal(t, routing.Verified, b.State)
	require.NotEqual(t, a.VersionID, b.VersionID)
	require.Len(t, s.versions(), 2)
}

func TestDocumentIsFoundWithoutItsMarker(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		description string
		copies      int
	}{
		"cleared":         {"", 1},
		"text around":     {"see file; %s (filed by the Flow)", 1},
		"text close by":   {"<%s>%[1]s", 1},
		"somebody else's": {"sfbridge:000", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, smtptest.Options{}, nil)
			s.org.Fail(salesforcetest.Fault{Method: http.MethodPost, Path: "/ContentVersion", DropAfter: true})
			accepted, err := s.router.Route(t.Context(), s.submission("a", strings.NewReader("document")))
			require.NoError(t, err)
			step(t, s.router)
			description := tc.description
			if strings.Contains(description, "%") {
				description = fmt.Sprintf(description, s.versions()[0]["Description"])
			}
			s.org.Update(s.versions()[0]["Id"].(string), map[string]any{"Description": description})
			s.drain(t)
			require.Equal(t, routing.Verified, state(t, s.router, accepted.ID).State)
			require.Len(t, s.versions(), tc.copies)
		})
	}
}

// Automation sees a file before the answer comes.
type automation struct {
	routing.Destination
	act func(id string)
}

func (a automation) Upload(ctx context.Context, d routing.Document) (string, error) {
	id, err := a.Destination.Upload(ctx, d)
	if err == nil {
		a.act(id)
	}
	return id, err
}

// Whose id Salesforce has given is known by that, whatever becomes of its texts.
func TestConfirmedUploadIsVerifiedByItsID(t *testing.T) {
	t.Parallel()
	for _, description := range []any{"sfbridge:000", "sfbridge:", nil, "filed by the Flow"} {
		var s *site
		s = newSite(t, smtptest.Options{}, func(c *routing.Config) {
			c.Destination = automation{c.Destination, func(id string) {
				s.org.Advance(time.Hour)
				s.org.Update(id, map[string]any{"Description": description, "Title": "Renamed"})
			}}
		})
		d := s.deliver(t, "a", strings.NewReader("document"))
		require.Equal(t, routing.Verified, d.State)
		require.Len(t, s.versions(), 1)
		require.Equal(t, d.VersionID, s.versions()[0]["Id"])
		require.Empty(t, s.smtp.Mails())
	}
}

// A tablet's clock is an hour fast, and is set right while the outcome of an
// upload is open.
func TestDocumentIsFoundAfterTheClockWasSetBack(t *testing.T) {
	t.Parallel()
	for _, marked := range []bool{true, false} {
		shift := time.Hour
		s := newSite(t, smtptest.Options{}, func(c *routing.Config) {
			now := c.Now
			c.Now = func() time.Time { return now().Add(shift) }
		})
		s.org.Fail(salesforcetest.Fault{Method: http.MethodPost, Path: "/ContentVersion", DropAfter: true})
		accepted, err := s.router.Route(t.Context(), s.submission("a", strings.NewReader("document")))
		require.NoError(t, err)
		step(t, s.router)
		if !marked {
			s.org.Update(s.versions()[0]["Id"].(string), map[string]any{"Description": nil})
		}
		shift = 0
		s.drain(t)
		require.Equal(t, routing.Verified, state(t, s.router, accepted.ID).State)
		require.Len(t, s.versions(), 1)
	}
}

// Files that only look like the document are not it.
func TestOtherFilesAreNotTheDocument(t *testing.T) {
	t.Parallel()
	s := newSite(t, smtptest.Options{}, nil)
	other := salesforce.ID(s.org.Insert("Account", map[string]any{"Name": "Other"}))
	c := client(t, s.org, "cid", "csecret")
	put := func(content string, place salesforce.ID) {
		file := salesforce.FileBytes("copy.pdf", []byte(content))
		file.LinkTo = place
		_, err := c.Upload(t.Context(), file, nil)
		require.NoError(t, err)
	}
	put("document", s.account)
	s.org.Advance(time.Hour) // so that one is too old
	put("document", other)
	put("document", "")
	put("DOCUMENT", s.account)
	put("documents", s.account)

	s.org.Fail(salesforcetest.Fault{Method: http.MethodPost, Path: "/ContentVersion", DropBefore: true})
	d := s.deliver(t, "a", strings.NewReader("document"))
	require.Equal(t, routing.Verified, d.State)
	require.Len(t, s.versions(), 6)
}

func TestSizesAroundTheLimit(t *testing.T) {
	t.Parallel()
	const limit = 36_000_000
	var mailed int64
	s := newSite(t, smtptest.Options{}, func(cfg *routing.Config) { cfg.Mailer = (*scale)(&mailed) })
	d := s.deliver(t, "exactly", zeros(limit))
	require.Equal(t, routing.Verified, d.State)
	require.EqualValues(t, limit, d.Size)
	require.Len(t, s.versions(), 1)
	require.Zero(t, mailed)

	s.org.ResetRequests()
	d = s.deliver(t, "one more", zeros(limit+1))
	require.Equal(t, routing.Mailed, d.State)
	require.Equal(t, "The file is too large to be uploaded to Salesforce.", d.Reason)
	require.Empty(t, s.org.Requests())
	require.EqualValues(t, limit+1, mailed)
}

// A scale is a Mailer that weighs what it is given.
type scale int64

func (s *scale) Send(_ context.Context, m routing.Message) error {
	f, err := m.Attachment.Open()
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, f)
	*s = scale(n)
	return errors.Join(err, f.Close())
}

func TestLargerDocumentsAreUploadedWhereAllowed(t *testing.T) {
	t.Parallel()
	s := newSite(t, smtptest.Options{}, func(cfg *routing.Config) { cfg.Rules[0].AllowLarger = true })
	d := s.deliver(t, "a", zeros(38_000_000))
	require.Equal(t, routing.Verified, d.State)
	require.Empty(t, s.smtp.Mails())
}

func zeros(n int) io.Reader { return io.LimitReader(zero{}, int64(n)) }

type zero struct{}

func (zero) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestRefusedDocumentArrivesByMail(t *testing.T) {
	t.Parallel()
	s := newSite(t, smtptest.Options{}, nil)
	s.org.Fail(salesforcetest.Fault{Method: http.MethodPost, Path: "/ContentVersion", Code: "STORAGE_LIMIT_EXCEEDED", Message: "storage limit exceeded"})
	d := s.deliver(t, "a", strings.NewReader("document"))
	require.Equal(t, routing.Mailed, d.State)
	require.Empty(t, s.versions())
	require.Len(t, s.smtp.Mails(), 1)
	m := s.smtp.Mails()[0]
	require.Equal(t, "office@example.com", m.To)
	require.Contains(t, m.Data, "\r\nZG9jdW1lbnQ=\r\n")
	require.Contains(t, m.Data, "Message-ID: <"+d.ID+".1@example.com>\r\n")
	require.Contains(t, m.Data, "Reason: Salesforce has no space left for files.\r\n")
}

func TestServerThatTakesNoSuchMail(t *testing.T) {
	t.Parallel()
	s := newSite(t, smtptest.Options{MaxBytes: 1000}, nil)
	s.org.Delete(string(s.account))
	d := s.deliver(t, "a", strings.NewReader(strings.Repeat("document", 100)))
	require.Equal(t, routing.Parked, d.State)
	require.Empty(t, s.smtp.Mails())
}

// Each delivery keeps its login; one without a client is not given another's.
func TestLoginsAreKeptApart(t *testing.T) {
	t.Parallel()
	var asked []string
	s := newSite(t, smtptest.Options{}, func(cfg *routing.Config) {
		shared := cfg.Destination.(routing.Salesforce).Client
		cfg.Destination = routing.Salesforce{Logins: func(_ context.Context, login string) (*salesforce.Client, error) {
			asked = append(asked, login)
			if login == "stranger" {
				return nil, fmt.Errorf("no such user: %w", salesforce.ErrAuth)
			}
			return shared, nil
		}}
	})
	for login, want := range map[string]routing.State{"rita": routing.Verified, "stranger": routing.Mailed, "": routing.Mailed} {
		sub := s.submission("of "+login, strings.NewReader("document"))
		sub.Login = login
		accepted, err := s.router.Route(t.Context(), sub)
		require.NoError(t, err)
		s.drain(t)
		d := state(t, s.router, accepted.ID)
		require.Equal(t, want, d.State, login)
		require.Equal(t, login, d.Login)
	}
	require.ElementsMatch(t, []string{"rita", "rita", "stranger"}, asked)
}

// Many documents, many faults, a ledger on disk and restarts in between.
func TestNothingIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	dir := memory(t)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "outbox.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)")
	require.NoError(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	store, err := outbox.NewSQL(t.Context(), db, outbox.SQLite)
	require.NoError(t, err)

	var cfg routing.Config
	s := newSite(t, smtptest.Options{}, func(c *routing.Config) {
		c.Store, c.Spool.Dir = store, filepath.Join(dir, "spool")
		cfg = *c
	})
	faults := []salesforcetest.Fault{
		{DropAfter: true},
		{DropBefore: true},
		{Status: 500, Code: "UNKNOWN_EXCEPTION"},
		{Status: 503, Code: "SERVER_UNAVAILABLE"},
		{Code: "UNABLE_TO_LOCK_ROW", Times: 9},
		{Code: "STORAGE_LIMIT_EXCEEDED"},
	}
	const documents = 24
	for n := range documents {
		fault := faults[n%len(faults)]
		fault.Method, fault.Path = http.MethodPost, "/ContentVersion"
		if n%3 != 0 {
			s.org.Fail(fault)
		}
		body := bytes.NewReader(fmt.Appendf(nil, "document %d", n))
		_, err := s.router.Route(t.Context(), s.submission(fmt.Sprint(n), body))
		require.NoError(t, err)
		step(t, s.router)
		if n%5 == 0 {
			s.router, err = routing.New(cfg)
			require.NoError(t, err)
		}
		s.org.Advance(3 * time.Second)
	}
	s.drain(t)
	stored := map[any]int{}
	for _, v := range s.versions() {
		stored[v["Id"]]++
	}
	uploaded, mailed := 0, 0
	for d, err := range s.router.Deliveries(t.Context(), outbox.Done) {
		require.NoError(t, err)
		if d.State == routing.Mailed {
			mailed++
			continue
		}
		uploaded++
		require.Equal(t, 1, stored[d.VersionID])
		require.Equal(t, "document "+d.Key, string(s.org.File(d.VersionID)))
	}
	require.Equal(t, documents, uploaded+mailed)
	require.Len(t, s.versions(), uploaded)
	require.Len(t, s.smtp.Mails(), mailed)
	require.NotZero(t, mailed)
}
