package routing_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/outbox"
)

func TestNewNamesEveryFault(t *testing.T) {
	t.Parallel()
	_, err := routing.New(routing.Config{
		Rules: []routing.Rule{
			{Type: routing.Contract, Backup: []string{"nobody", "a@example.com"}, MaxUpload: -1},
			{Type: routing.Contract, FileName: "\xff"},
			{Type: routing.Proposal, MaxUpload: 1000, AllowLarger: true},
			{},
		},
		Workers: -1, BackoffMin: 2 * time.Hour, Probes: []time.Duration{2, 1},
	})
	for _, fault := range []string{
		"Destination", "Store", "Spool.Dir", `"nobody"`, "MaxUpload", "more than one rule", "FileName", "without a type", "no Mailer",
		"rule Proposal: MaxUpload 1000 and AllowLarger contradict each other",
		"Workers", "BackoffMax", "Probes",
	} {
		require.ErrorContains(t, err, fault)
	}

	w := newWorld(t)
	cfg := w.config(&process{world: w, fuse: -1})
	cfg.Mailer, cfg.Destination = invalid{}, routing.Salesforce{}
	_, err = routing.New(cfg)
	require.ErrorContains(t, err, "no server")
	require.ErrorContains(t, err, "neither Client nor Logins")
}

type invalid struct{}

func (invalid) Send(context.Context, routing.Message) error { return nil }
func (invalid) Validate() error                             { return errors.New("no server") }

func TestRouteRefusesWithoutATrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.router()
	for name, change := range map[string]func(*routing.Submission){
		"no rule":              func(s *routing.Submission) { s.Type = "Poem" },
		"switched off":         func(s *routing.Submission) { s.Type = "Photo" },
		"key has 0 bytes":      func(s *routing.Submission) { s.Key = "" },
		"key has 256 bytes":    func(s *routing.Submission) { s.Key = strings.Repeat("k", 256) },
		"no body":              func(s *routing.Submission) { s.Body = nil },
		"target":               func(s *routing.Submission) { s.Target = "001" },
		"is empty":             func(s *routing.Submission) { s.Body = strings.NewReader("") },
		"has 10 bytes, not 9":  func(s *routing.Submission) { s.Size = 9 },
		"has 10 bytes, not 11": func(s *routing.Submission) { s.Size = 11 },
		"document was torn":    func(s *routing.Submission) { s.Body = iotest.ErrReader(errors.New("document was torn")) },
	} {
		s := submission("a")
		change(&s)
		_, err := r.Route(t.Context(), s)
		require.ErrorContains(t, err, name)
		require.Equal(t, s.Type == "Photo", errors.Is(err, routing.ErrOff))
	}
	files, err := filepath.Glob(filepath.Join(w.dir, "*"))
	require.NoError(t, err)
	require.Empty(t, files)
	w.check(r, nil)
	require.Zero(t, w.uploads)
}

func TestSwitchingOffLeavesAcceptedDocumentsRunning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	accepted, err := w.router().Route(t.Context(), submission("a"))
	require.NoError(t, err)

	cfg := w.config(&process{world: w, fuse: -1})
	cfg.Rules[0].Off = true
	r, err := routing.New(cfg)
	require.NoError(t, err)
	for _, key := range []string{"a", "b"} {
		_, err = r.Route(t.Context(), submission(key))
		require.ErrorIs(t, err, routing.ErrOff, key)
	}
	step(t, r)
	require.Equal(t, routing.Verified, state(t, r, accepted.ID).State)
}

func TestRouteTakesEachKeyOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.router()
	first, err := r.Route(t.Context(), submission("a"))
	require.NoError(t, err)
	require.False(t, first.Repeated)

	again, err := r.Route(t.Context(), submission("a"))
	require.NoError(t, err)
	require.True(t, again.Repeated)
	again.Repeated = false
	require.Equal(t, first, again)
	require.Equal(t, []string{first.ID}, w.spooled())

	other := submission("a")
	other.Type = routing.Proposal
	_, err = r.Route(t.Context(), other)
	require.ErrorIs(t, err, routing.ErrKeyTaken)
	other = submission("a")
	other.Target = "001000000000002AAA"
	_, err = r.Route(t.Context(), other)
	require.ErrorIs(t, err, routing.ErrKeyTaken)
	other = submission("a")
	other.Body = strings.NewReader("document A") // amended
	_, err = r.Route(t.Context(), other)
	require.ErrorIs(t, err, routing.ErrKeyTaken)
	require.Equal(t, []string{first.ID}, w.spooled())

	step(t, r)
	require.Equal(t, 1, w.uploads)
	again, err = r.Route(t.Context(), submission("a"))
	require.NoError(t, err)
	require.True(t, again.Repeated)
	step(t, r)
	require.Equal(t, 1, w.uploads)
	require.Empty(t, w.spooled())
	w.check(r, map[string]string{"a": "document a"})
}

func TestNamesAreExpandedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg := w.config(&process{world: w, fuse: -1})
	cfg.Rules[0].FileName = "%office% %customerName% %date% %randomNumber%.pdf"
	cfg.Placeholders.Company = map[string]string{"office": "Main", "customerName": "Nobody"}
	r, err := routing.New(cfg)
	require.NoError(t, err)

	s := submission("a")
	s.Placeholders.Custom = map[string]string{"customerName": "Larry %date%"}
	accepted, err := r.Route(t.Context(), s)
	require.NoError(t, err)
	require.Regexp(t, `^Main Larry %date% 5/23/19 \d{8}$`, accepted.Title)
	require.Regexp(t, `^Main Larry %date% 5-23-19 \d{8}\.pdf$`, accepted.FileName)

	w.wait(48 * time.Hour)
	again, err := r.Route(t.Context(), submission("a"))
	require.NoError(t, err)
	require.Equal(t, accepted.Title, again.Title)
	w.onUpload = func(d routing.Document) uploadFault {
		require.Equal(t, accepted.Title, d.Title)
		require.Equal(t, accepted.FileName, d.FileName)
		return uploadFault{err: errFull}
	}
	step(t, r)
	require.Contains(t, w.mails[0].Subject, accepted.Title)
}

func TestNamesDefaultToTypeAndTimeOfAcceptance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := submission("a")
	s.Type, s.Placeholders.Date = routing.Proposal, time.Time{}
	accepted, err := w.router().Route(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, "Larry Leap Proposal 5/23/19", accepted.Title)
	require.Equal(t, "Larry Leap Proposal 5-23-19.pdf", accepted.FileName)
}

// The rep's day is what a document is dated with, wherever the server stands.
func TestDayIsCountedInTheZoneOfTheDate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg := w.config(&process{world: w, fuse: -1})
	cfg.Zone = time.FixedZone("NZST", 12*3600) // where it is the 24th by now
	r, err := routing.New(cfg)
	require.NoError(t, err)
	evening := time.Date(2019, time.May, 22, 23, 30, 0, 0, time.FixedZone("MST", -7*3600)) // the 23rd in UTC
	for key, tc := range map[string]struct {
		date  time.Time
		title string
	}{
		"the rep's":     {evening, "Larry Leap Contract 5/22/19"},
		"in UTC":        {evening.UTC(), "Larry Leap Contract 5/23/19"},
		"of acceptance": {time.Time{}, "Larry Leap Contract 5/24/19"},
	} {
		s := submission(key)
		s.Placeholders.Date = tc.date
		accepted, err := r.Route(t.Context(), s)
		require.NoError(t, err)
		require.Equal(t, tc.title, accepted.Title, key)
	}
}

func TestOfficesHaveTheirOwnPlaceholders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg := w.config(&process{world: w, fuse: -1})
	cfg.Rules[0].FileName = "%company% %region% %team%.pdf"
	cfg.Placeholders = placeholder.Custom{
		Company: map[string]string{"%company%": "Acme", "region": "USA", "team": "any"},
		Offices: map[string]map[string]string{"Phoenix": {"%region%": "South West", "team": "red"}},
	}
	r, err := routing.New(cfg)
	require.NoError(t, err)
	for office, title := range map[string]string{
		"Phoenix": "Acme South West blue",
		"Boise":   "Acme USA blue",
		"":        "Acme USA blue",
	} {
		s := submission("from " + office)
		s.Office, s.Placeholders.Custom = office, map[string]string{"team": "blue"}
		accepted, err := r.Route(t.Context(), s)
		require.NoError(t, err)
		require.Equal(t, title, accepted.Title)
	}
	require.Equal(t, map[string]string{"%company%": "Acme", "region": "USA", "team": "any"}, cfg.Placeholders.Company)
}

func TestStrictRefusesPlaceholdersThatNobodyDefined(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg := w.config(&process{world: w, fuse: -1})
	cfg.Strict, cfg.DateLayout = true, "MM.DD.YYYY"
	cfg.Placeholders = placeholder.Custom{Offices: map[string]map[string]string{"Phoenix": {"team": "red"}, "Boise": {"team": "green"}}}
	cfg.Rules[0].FileName = "%customername% %date %team%.pdf"
	_, err := routing.New(cfg)
	require.EqualError(t, err, `routing: new router: rule Contract: FileName "%customername% %date %team%.pdf": `+
		"placeholder: column 1: there is no placeholder %customername%; did you mean %customerName%?\n"+
		"placeholder: column 16: %date lacks a per cent sign; write %date%, or %%date for a per cent sign as such")

	cfg.Rules[0].FileName = "%customerName% %date% %team%.pdf"
	r, err := routing.New(cfg)
	require.NoError(t, err)
	s := submission("a")
	s.Office = "Phoenix"
	accepted, err := r.Route(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, "Larry Leap 05.23.2019 red", accepted.Title)

	s = submission("b")
	s.Office = "Reno"
	_, err = r.Route(t.Context(), s)
	require.EqualError(t, err, `routing: route document "b": placeholder: column 23: there is no placeholder %team%`)
}

func TestFaultsOfPlaceholdersAreFaultsOfTheConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg := w.config(&process{world: w, fuse: -1})
	cfg.DateLayout = "12-31-16"
	cfg.Placeholders.Company = map[string]string{"web site": "www.example.com"}
	_, err := routing.New(cfg)
	require.ErrorContains(t, err, `custom placeholder of the company: "web site" is no name`)
	require.ErrorContains(t, err, `DateLayout: date layout "12-31-16" has the month twice`)
}

// None may be the beginning of another: they are looked for in longer texts.
func TestIdsAreOfOneLength(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.router()
	for n := range 20 {
		accepted, err := r.Route(t.Context(), submission(strings.Repeat("a", n+1)))
		require.NoError(t, err)
		require.Regexp(t, "^[0-9a-f]{32}$", accepted.ID)
		w.wait(time.Duration(n) * 1000 * time.Hour)
	}
}

// A ledger that fails must not leave a document half accepted, and a second
// call must be right whatever the first one did.
func TestRouteReportsALedgerThatFails(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		w := newWorld(t)
		r, err := routing.New(w.config(&process{world: w, fuse: 1, after: after}))
		require.NoError(t, err)
		_, err = r.Route(t.Context(), submission("a"))
		require.ErrorIs(t, err, errKilled)

		r = w.router()
		again, err := r.Route(t.Context(), submission("a"))
		require.NoError(t, err)
		require.Equal(t, after, again.Repeated)
		w.drain(r)
		w.check(r, map[string]string{"a": "document a"})
	}
}

func TestRouteReportsADiskThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.dir = filepath.Join(w.dir, "file")
	require.NoError(t, os.WriteFile(w.dir, nil, 0o600))
	_, err := w.router().Route(t.Context(), submission("a"))
	require.Error(t, err)
}

func TestPurgeForgetsWhatIsDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.now = time.Now() // the files' own times count, too
	r := w.router()
	route(t, w, r, "done")
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errFull} }
	w.onMail = func(routing.Message) mailFault { return mailFault{err: routing.ErrMailTooLarge} }
	parked := route(t, w, r, "parked")
	orphan, err := outbox.Spool{Dir: w.dir}.Put(t.Context(), "orphan", strings.NewReader("x"))
	require.NoError(t, err)

	require.NoError(t, r.Purge(t.Context()))
	require.ElementsMatch(t, []string{parked, "orphan"}, w.spooled())
	w.wait(30*24*time.Hour + time.Minute)
	require.NoError(t, r.Purge(t.Context()))
	require.Equal(t, []string{parked}, w.spooled())
	_, err = outbox.Spool{Dir: w.dir}.Open(orphan)
	require.ErrorIs(t, err, outbox.ErrDamaged)
	w.check(r, map[string]string{"parked": "document parked"})

	_, err = r.Delivery(t.Context(), "nobody")
	require.ErrorIs(t, err, outbox.ErrNotFound)
}

func TestRecipientsAreThoseOfTheMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errFull} }
	w.onMail = func(routing.Message) mailFault { return mailFault{err: errNoMail} }
	id := route(t, w, w.router(), "a")

	w.onMail = nil
	cfg := w.config(&process{world: w, fuse: -1})
	cfg.Rules[0].Backup = []string{"new@example.com", "office@example.com", "New <new@example.com>"}
	r, err := routing.New(cfg)
	require.NoError(t, err)
	w.drain(r)
	require.Equal(t, []string{"new@example.com", "office@example.com"}, w.mailedTo(id, "document a"))
	ids := map[string]string{}
	for _, m := range w.mails {
		ids[m.To.Address] = m.ID
	}
	require.Equal(t, map[string]string{"new@example.com": id + ".3", "office@example.com": id + ".1"}, ids)
	require.Equal(t, routing.Mailed, state(t, r, id).State)
}
