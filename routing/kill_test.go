package routing_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/sqlxtest"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/internal/smtptest"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// A host is killed again and again while it delivers, and the org carries out
// three uploads in ten without saying so. Each document that was accepted is in
// Salesforce once, or in a mail that the server took, or parked, as its kind
// deserves; none is in two places, none is nowhere.
func TestKilledHostLosesNothing(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, func(t *testing.T, database sqlxtest.Database) {
		kills, documents := 6, 30
		if os.Getenv("SFBRIDGE_LONG") != "" {
			kills, documents = 100, 500
		}
		o := newOrdeal(t, database, documents)
		for o.kills < kills {
			o.life(t, documents/kills+1)
		}
		o.finish(t)
		o.check(t)
		t.Logf("seed %d: %d documents, %d kills that caught %v; the org got %d uploads, said nothing after %d and dropped %d; %d of %d mails taken",
			o.seed, documents, o.kills, o.caught, o.uploads.Load(), o.silent.Load(), o.dropped.Load(), len(o.smtp.Mails()), o.mails.Load())
	})
}

// An ordeal is what happens to a host.
type ordeal struct {
	surroundings
	org   *salesforcetest.Org
	smtp  *smtptest.Server
	store *outbox.SQL
	rand  *rand.Rand // of the test
	seed  uint64

	open     []string // keys that were not said to be accepted
	accepted map[string]bool
	kills    int

	caught map[string]int // how many deliveries were in each state when their host was killed

	uploads, silent, dropped, mails atomic.Int64
}

func newOrdeal(t *testing.T, database sqlxtest.Database, documents int) *ordeal {
	t.Helper()
	o := &ordeal{seed: rand.Uint64(), accepted: map[string]bool{}, caught: map[string]int{}}
	o.rand = rand.New(rand.NewPCG(o.seed, 0))
	server := salesforcetest.NewServer(nil)
	t.Cleanup(server.Close)
	o.org = server.Org
	o.misbehave(rand.New(rand.NewPCG(o.seed, 1)))
	o.smtp = smtptest.Start(t, smtptest.Options{MaxBytes: mailLimit, Refuse: o.refuseMail})
	o.surroundings = surroundings{
		Database: database, Spool: t.TempDir(), Org: server.URL, SMTP: o.smtp.Addr,
		Account: salesforce.ID(o.org.Insert("Account", map[string]any{"Name": "Leap"})),
		Deleted: salesforce.ID(o.org.Insert("Account", map[string]any{"Name": "Gone"})),
	}
	o.org.Delete(string(o.Deleted))
	var err error
	o.store, err = outbox.NewSQL(t.Context(), database.Open(t), database.Dialect)
	require.NoError(t, err)
	for n := range documents {
		kind := []routing.DocumentType{refused, unwanted, oversize, stored, stored, stored, stored, stored, stored, stored}[n%10]
		o.open = append(o.open, fmt.Sprintf("%s %d", kind, n))
	}
	o.rand.Shuffle(len(o.open), func(i, j int) { o.open[i], o.open[j] = o.open[j], o.open[i] })
	return o
}

// misbehave has the org carry out 30 % of the uploads without an answer, take its
// time to answer 30 %, drop 6 % and be busy for 6 %.
func (o *ordeal) misbehave(r *rand.Rand) {
	const path = "/sobjects/ContentVersion"
	var fate int
	match := func(low, high int, count *atomic.Int64) func(*http.Request) bool {
		return func(*http.Request) bool {
			if low == 0 { // the first that is asked
				fate = r.IntN(100)
				o.uploads.Add(1)
			}
			hit := low <= fate && fate < high
			if hit {
				count.Add(1)
			}
			return hit
		}
	}
	var busy, slow atomic.Int64
	for _, f := range []salesforcetest.Fault{
		{DropAfter: true, Match: match(0, 30, &o.silent)},
		{DropBefore: true, Match: match(30, 36, &o.dropped)},
		{Code: "SERVER_UNAVAILABLE", Match: match(36, 42, &busy)},
		{Stall: 100 * time.Millisecond, Match: match(42, 72, &slow)},
	} {
		f.Method, f.Path, f.Times = http.MethodPost, path, -1
		o.org.Fail(f)
	}
}

// refuseMail refuses the first of every three mails for now.
func (o *ordeal) refuseMail(_ string, data bool) error {
	if !data || o.mails.Add(1)%3 != 1 {
		return nil
	}
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try again later"}
}

// life starts a host, has it accept some documents and kills it, at any moment.
// Every third shares its ledger with another host, which is killed a bit later.
func (o *ordeal) life(t *testing.T, documents int) {
	t.Helper()
	if o.kills%3 == 2 {
		other := spawn(t, "host", o.surroundings)
		defer func() {
			other.kill(t)
			o.kills++
		}()
	}
	c := spawn(t, "host", o.surroundings)
	c.say(o.open[:min(documents, len(o.open))])
	span := time.Duration(o.rand.Int64N(int64(400 * time.Millisecond)))
	var early <-chan time.Time // before it runs, for some
	if o.rand.IntN(10) == 0 {
		early = time.After(span / 4)
	}
	var end <-chan time.Time
	for {
		select {
		case line, ok := <-c.lines:
			require.True(t, ok, "the host ended by itself")
			if o.heard(line) {
				end = time.After(span)
			}
			continue
		case <-early:
		case <-end:
		}
		break
	}
	for _, line := range c.kill(t) {
		o.heard(line)
	}
	o.kills++
	counts, err := o.store.Counts(t.Context())
	require.NoError(t, err)
	for _, c := range counts {
		if c.Status == outbox.Pending {
			o.caught[c.State] += c.N
		}
	}
}

// heard notes what a host has printed, and reports whether it runs.
func (o *ordeal) heard(line string) (running bool) {
	if line == "running" {
		return true
	}
	o.accepted[line] = true
	o.open = slices.DeleteFunc(o.open, func(key string) bool { return key == line })
	return false
}

// finish lets a last host work until nothing is left to do.
func (o *ordeal) finish(t *testing.T) {
	t.Helper()
	c := spawn(t, "host", o.surroundings)
	defer func() { c.kill(t) }()
	c.say(o.open)
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case line, ok := <-c.lines:
			require.True(t, ok, "the last host ended by itself")
			o.heard(line)
		case <-look.C:
			if len(o.open) == 0 && o.pending(t) == 0 {
				return
			}
		case <-t.Context().Done():
			t.Fatal("the deliveries do not end")
		}
	}
}

func (o *ordeal) pending(t *testing.T) int {
	t.Helper()
	counts, err := o.store.Counts(t.Context())
	require.NoError(t, err)
	n := 0
	for _, c := range counts {
		if c.Status == outbox.Pending {
			n += c.N
		}
	}
	return n
}

var messageID = regexp.MustCompile(`(?m)^Message-ID: <([^.>]+)\.\d+(\.note)?@`)

// check looks for each document everywhere.
func (o *ordeal) check(t *testing.T) {
	t.Helper()
	r, err := o.router(o.store)
	require.NoError(t, err)
	versions := map[string][]string{} // ids, by delivery
	for _, v := range o.org.Records("ContentVersion") {
		description := fmt.Sprint(v["Description"])
		versions[description] = append(versions[description], v["Id"].(string))
	}
	mailed, noted := map[string]bool{}, map[string]bool{}
	for _, m := range o.smtp.Mails() {
		id := messageID.FindStringSubmatch(m.Data)
		if id[2] == "" {
			mailed[id[1]] = true
		} else {
			noted[id[1]] = true
		}
	}
	want := map[routing.DocumentType]routing.State{
		stored: routing.Verified, refused: routing.Mailed, unwanted: routing.Parked, oversize: routing.Parked,
	}
	uploaded, parked := 0, map[string]bool{}
	for d, err := range r.Deliveries(t.Context(), "") {
		require.NoError(t, err)
		require.True(t, o.accepted[d.Key], "%s is delivered twice, or was not accepted", d.Key)
		delete(o.accepted, d.Key)
		require.Equal(t, want[d.Type], d.State, "%s: %s", d.Key, d.Reason)
		copies := versions["sfbridge:"+d.ID]
		require.Len(t, copies, map[bool]int{true: 1}[d.State == routing.Verified], d.Key)
		require.Equal(t, d.State == routing.Mailed, mailed[d.ID], d.Key)
		require.Equal(t, d.Type == oversize, noted[d.ID], d.Key)
		switch d.State {
		case routing.Verified:
			uploaded++
			require.Equal(t, d.VersionID, copies[0])
			require.Equal(t, content(d.Key), string(o.org.File(d.VersionID)))
		case routing.Parked:
			parked[d.ID] = true
			require.Equal(t, content(d.Key), o.spooled(t, d.ID))
		}
	}
	require.Empty(t, o.accepted, "accepted, and nowhere")
	require.Len(t, o.org.Records("ContentVersion"), uploaded)
	o.sweep(t, parked)
}

// spooled reads the file of a delivery.
func (o *ordeal) spooled(t *testing.T, id string) string {
	t.Helper()
	d, err := o.store.Get(t.Context(), id)
	require.NoError(t, err)
	f, err := outbox.Spool{Dir: o.Spool, Key: []byte(hostsKey)}.Open(blobOf(t, d))
	require.NoError(t, err)
	defer f.Close()
	text, err := io.ReadAll(f)
	require.NoError(t, err)
	return string(text)
}

// sweep removes what the dead have left behind, and nothing else.
func (o *ordeal) sweep(t *testing.T, parked map[string]bool) {
	t.Helper()
	files := func() []string {
		found, err := filepath.Glob(filepath.Join(o.Spool, "*"))
		require.NoError(t, err)
		return found
	}
	before := len(files())
	_, err := outbox.Spool{Dir: o.Spool}.Sweep(time.Now().Add(time.Hour), func(id string) (outbox.Status, error) {
		d, err := o.store.Get(t.Context(), id)
		return d.Status, err
	})
	require.NoError(t, err)
	require.Len(t, files(), len(parked))
	t.Logf("%d documents are parked; the dead had left %d files behind", len(parked), before-len(parked))
}
