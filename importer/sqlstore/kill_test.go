package sqlstore_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
	"github.com/sfbridge/sfbridge/internal/sqlxtest"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// TestMain is also the main function of the processes that are killed.
func TestMain(m *testing.M) {
	if os.Getenv("SFBRIDGE_TEST_PROCESS") != "" {
		if err := work(context.Background(), os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// An order is what a process is told to do.
type order struct {
	URL      string
	Database sqlxtest.Database
	Import   importer.RunKind
	Clock    time.Time // of the host, when the process begins
	Apart    bool      // records and state are not committed together
}

// work does one import; it says when it begins.
func work(ctx context.Context, text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	db, err := o.Database.Connect()
	if err != nil {
		return err
	}
	defer db.Close()
	im, err := o.importer(ctx, db)
	if err != nil {
		return err
	}
	fmt.Println("begins")
	if o.Import == importer.Complete {
		_, err = im.Complete(ctx, "anna", nil)
	} else {
		_, err = im.Incremental(ctx, "anna", nil)
	}
	return err
}

func (o order) importer(ctx context.Context, db *sql.DB) (*importer.Importer, error) {
	begun := time.Now()
	now := func() time.Time { return o.Clock.Add(time.Since(begun)) }
	objects, err := customers.Objects(customers.Config{Stages: []string{"Closed Won", "Negotiation/Review"}})
	if err != nil {
		return nil, err
	}
	client, err := salesforce.New(salesforce.Config{
		LoginURL: o.URL, Auth: salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		HTTPClient: &http.Client{Transport: &http.Transport{}},
	})
	if err != nil {
		return nil, err
	}
	store, err := sqlstore.Open(ctx, db, sqlstore.Config{Dialect: o.Database.Dialect, Objects: objects, Now: now})
	if err != nil {
		return nil, err
	}
	sink := store
	if o.Apart {
		if sink, err = sqlstore.Open(ctx, db, sqlstore.Config{Dialect: o.Database.Dialect, Objects: objects, Now: now}); err != nil {
			return nil, err
		}
	}
	return importer.New(importer.Config{Client: client, Store: store, Sink: sink, Objects: objects, PageSize: 20, Now: now})
}

// A shootingRange is where imports are shot at: an org and a database, and the clock of
// the processes.
type shootingRange struct {
	org     *salesforcetest.Org
	url     string
	host    sqlxtest.Database
	db      *sql.DB
	apart   bool
	clock   time.Time
	random  *rand.Rand
	kills   int
	ids     map[string]string
	longest map[importer.RunKind]time.Duration // what an undisturbed import takes
}

func newRange(t *testing.T, d sqlstore.Dialect, random *rand.Rand, apart bool) *shootingRange {
	t.Helper()
	morning := time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)
	org := salesforcetest.NewOrg(&salesforcetest.Options{APILimit: 1_000_000, Now: func() time.Time { return morning }})
	server := salesforcetest.NewServer(org)
	t.Cleanup(server.Close)
	host := sqlxtest.New(t, d)
	r := &shootingRange{org: org, url: server.URL, host: host, db: host.Open(t), apart: apart, clock: morning, random: random}
	r.populate()
	return r
}

// populate fills the org; it is the same each time.
func (r *shootingRange) populate() {
	r.ids = map[string]string{}
	for i := range 100 {
		name := fmt.Sprintf("Company %02d", i)
		id := r.org.Insert("Account", map[string]any{"Name": name, "AccountNumber": fmt.Sprint("K-", i), "BillingStreet": name + " Street\nRear building"})
		r.ids[fmt.Sprint("account", i)] = id
		r.ids[fmt.Sprint("contact", i)] = r.org.Insert("Contact", map[string]any{"AccountId": id, "LastName": "Müller", "Email": fmt.Sprintf("m%d@example.org", i)})
		r.ids[fmt.Sprint("opportunity", i)] = r.org.Insert("Opportunity", map[string]any{
			"AccountId": id, "Name": name + " tour", "StageName": "Closed Won", "CloseDate": "2026-12-01", "Amount": 1000 + i,
		})
	}
}

// unsettle changes something of every sort.
func (r *shootingRange) unsettle() {
	r.org.Advance(time.Hour)
	at := func(kind string, i int) string { return r.ids[fmt.Sprint(kind, i)] }
	for i := range 40 {
		r.org.Update(at("account", i), map[string]any{"Phone": fmt.Sprint("+49 30 ", i)})
		r.org.Update(at("contact", 99-i), map[string]any{"AccountId": at("account", 50)})
		r.org.Update(at("opportunity", i), map[string]any{"StageName": "Closed Lost", "Amount": 2500.5})
	}
	for i := range 5 {
		r.org.Merge(at("account", 10+i), at("account", 20+i))
		r.org.Delete(at("account", 30+i))
		r.org.Delete(at("contact", 5+i))
		r.org.Purge(at("contact", 5+i))
	}
	for i := range 30 {
		id := r.org.Insert("Account", map[string]any{"Name": fmt.Sprint("Newcomer ", i)})
		r.org.Insert("Contact", map[string]any{"AccountId": id, "LastName": "Neumann"})
	}
	r.org.Advance(time.Minute)
}

// story plays the two imports with what happens in between. With shots, each is
// shot at until one comes through.
func (r *shootingRange) story(t *testing.T, shots bool) {
	t.Helper()
	for _, kind := range []importer.RunKind{importer.Complete, importer.Incremental} {
		if kind == importer.Incremental {
			r.unsettle()
		}
		for r.shot(t, kind, shots) {
			r.kills++
		}
	}
}

// shot lets a process import, and kills it at a moment of its life if it lives
// that long.
func (r *shootingRange) shot(t *testing.T, kind importer.RunKind, shoot bool) (killed bool) {
	t.Helper()
	r.clock = r.clock.Add(10 * time.Minute) // the lease of the one before has run out
	text, err := json.Marshal(order{r.url, r.host, kind, r.clock, r.apart})
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), os.Args[0], string(text))
	cmd.Env = append(os.Environ(), "SFBRIDGE_TEST_PROCESS=1")
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	begins, err := bufio.NewReader(out).ReadString('\n')
	begun := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if err != nil {
		require.NoError(t, <-ended, failure.String())
	}
	require.Equal(t, "begins\n", begins)
	if !shoot {
		require.NoError(t, <-ended, failure.String())
		r.longest[kind] = time.Since(begun)
		return false
	}
	select {
	case err = <-ended:
	case <-time.After(r.moment(kind)):
		_ = cmd.Process.Kill() // unless it has ended meanwhile
		if err = <-ended; cmd.ProcessState != nil && !cmd.ProcessState.Exited() {
			return true
		}
	}
	require.NoError(t, err, failure.String())
	return false
}

// moment is when to shoot: within a third of an import's time at first, so that
// it takes several shots, and later and later, so that one comes through however
// slow the machine is.
func (r *shootingRange) moment(kind importer.RunKind) time.Duration {
	within := r.longest[kind] / 3 * time.Duration(2+r.kills) / 2
	return time.Duration(r.random.Int64N(int64(within)))
}

// An import that is killed again and again, at any moment of its life, ends as
// one that nobody has touched: in the short form some times for each database,
// in the long form 50 times.
func TestKilledProcessesEndAsUndisturbed(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, func(t *testing.T, d sqlxtest.Database) {
		kills := 5
		if os.Getenv("SFBRIDGE_LONG") != "" {
			kills = 50
		}
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // the moments of a test
		longest := map[importer.RunKind]time.Duration{}
		calm := newRange(t, d.Dialect, random, false)
		calm.longest = longest
		calm.story(t, false)
		want := calm.dump(t)
		meaning, report := calm.meaning(t), calm.report(t)
		calm.shot(t, importer.Complete, false)
		missing, more := difference(want, calm.dump(t))
		require.Empty(t, slices.Concat(missing, more), "importing the same again changes nothing")
		fired, rounds := 0, 0
		for ; fired < kills; rounds++ {
			r := newRange(t, d.Dialect, random, rounds%2 == 1)
			r.longest = longest
			r.story(t, true)
			fired += r.kills
			missing, more := difference(want, r.dump(t))
			require.Empty(t, slices.Concat(missing, more), "killed %d times, apart: %t", r.kills, r.apart)
			require.Equal(t, meaning, r.meaning(t), "killed %d times, apart: %t", r.kills, r.apart)
			missing, more = difference(report, r.report(t))
			require.Empty(t, more, "reported, killed %d times, apart: %t", r.kills, r.apart)
			if !r.apart { // else what was written and not noted is found to be there
				require.Empty(t, missing, "not reported, killed %d times", r.kills)
			}
		}
		t.Logf("seed %d: %d kills in %d stories; an undisturbed complete import takes %s, an incremental one %s",
			seed, fired, rounds, longest[importer.Complete].Round(time.Millisecond), longest[importer.Incremental].Round(time.Millisecond))
	})
}

// query reads rows as text, by column.
func (r *shootingRange) query(t *testing.T, query string) (list []map[string]string) {
	t.Helper()
	rows, err := r.db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		values, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		require.NoError(t, rows.Scan(targets...))
		row := map[string]string{}
		for i, column := range columns {
			row[column] = fmt.Sprint(values[i].Valid, " ", values[i].String)
			if column == "id" || strings.HasSuffix(column, "_id") || column == "changed" {
				row[column] = values[i].String
			}
		}
		list = append(list, row)
	}
	require.NoError(t, rows.Err())
	return list
}

// dump gives what is in the tables and the state, in order. The host's ids are
// told by the records that have them: a database that counts does not count
// back when a transaction ends in nothing.
func (r *shootingRange) dump(t *testing.T) (lines []string) {
	t.Helper()
	owner := map[string]string{} // of a host's id, by its kind
	for _, kind := range []string{"customer", "contact", "project"} {
		for _, row := range r.query(t, `SELECT * FROM `+kind+`s`) {
			owner[kind+row["id"]] = row["sf_id"]
			delete(row, "id")
			if row["customer_id"] != "" {
				row["customer_id"] = owner["customer"+row["customer_id"]]
			}
			lines = append(lines, fmt.Sprint(kind, row))
		}
	}
	for _, row := range r.query(t, `SELECT object, sf_id, kind AS kind_id, host_id, parent_id, state, free, retired, stamp FROM sfbridge_import_link`) {
		row["host_id"] = owner[row["kind_id"]+row["host_id"]]
		lines = append(lines, fmt.Sprint("link", row))
	}
	for _, rest := range []string{
		`SELECT * FROM sfbridge_import_task`, `SELECT * FROM sfbridge_import_dead`, `SELECT org, watermark, fingerprint, seen FROM sfbridge_import_state`,
	} {
		for _, row := range r.query(t, rest) {
			if watermark := row["watermark"]; watermark != "" { // the org's clock is read off an answer, some milliseconds ago
				row["watermark"] = watermark[:len(watermark)-3]
			}
			lines = append(lines, fmt.Sprint(rest, row))
		}
	}
	slices.Sort(lines)
	return lines
}

// meaning gives what the run and audit rows say of what was done, not in how
// many goes.
func (r *shootingRange) meaning(t *testing.T) []any {
	t.Helper()
	return []any{
		r.query(t, `SELECT DISTINCT kind, actor FROM sfbridge_import_run ORDER BY kind`),
		r.query(t, `SELECT status FROM sfbridge_import_run ORDER BY number DESC LIMIT 1`),
		r.query(t, `SELECT COUNT(*) AS n FROM sfbridge_import_run WHERE status NOT IN ('completed', 'superseded')`),
		r.query(t, `SELECT DISTINCT actor, action, subject FROM sfbridge_import_audit ORDER BY actor, action, subject`),
	}
}

// difference lists the lines that only one of two sorted lists has.
func difference(a, b []string) (onlyA, onlyB []string) {
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			onlyA, a = append(onlyA, a[0]), a[1:]
		case len(a) == 0 || a[0] > b[0]:
			onlyB, b = append(onlyB, b[0]), b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return onlyA, onlyB
}

var hostIDs = regexp.MustCompile(`customer [0-9]+`)

// report lists what was done to records, as often as it was.
func (r *shootingRange) report(t *testing.T) (lines []string) {
	t.Helper()
	owner := map[string]string{}
	for _, row := range r.query(t, `SELECT id, sf_id FROM customers`) {
		owner[row["id"]] = row["sf_id"]
	}
	for _, row := range r.query(t, `SELECT object, sf_id, label, result, reason, changed FROM sfbridge_import_entry
		WHERE result IN ('created', 'updated', 'retired', 'failed')`) {
		var changed []importer.FieldChange
		if row["changed"] != "" {
			require.NoError(t, json.Unmarshal([]byte(row["changed"]), &changed))
		}
		for i, c := range changed {
			if c.Field == "customer_id" {
				changed[i].Old, changed[i].New = owner[c.Old], owner[c.New]
			}
		}
		row["changed"] = fmt.Sprint(changed)
		row["reason"] = hostIDs.ReplaceAllString(row["reason"], "customer …")
		lines = append(lines, fmt.Sprint(row))
	}
	slices.Sort(lines)
	return lines
}
