package riverrouting_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/internal/sqlxtest"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

const surroundingsVariable = "SFBRIDGE_TEST_SURROUNDINGS"

// TestMain is also the main function of the processes that are killed.
func TestMain(m *testing.M) {
	text, ok := os.LookupEnv(surroundingsVariable)
	if !ok {
		os.Exit(m.Run())
	}
	var s surroundings
	err := json.Unmarshal([]byte(text), &s)
	if err == nil {
		err = work(context.Background(), s)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// work is what such a process does.
func work(ctx context.Context, s surroundings) error {
	h, err := open(ctx, s, http.DefaultTransport)
	if err != nil {
		return err
	}
	fmt.Println("running")
	return h.dispatcher.Run(ctx)
}

// spawn starts a process, and returns once it runs.
func spawn(t *testing.T, s surroundings) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(s)
	require.NoError(t, err)
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), surroundingsVariable+"="+string(text))
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "running\n", line)
	return c
}

// Two workers at a time are killed again and again, and the org carries out
// every third upload without saying so. Each document is in the org once.
func TestKilledWorkersLoseAndRepeatNothing(t *testing.T) {
	t.Parallel()
	lives, documents := 3, 24
	if os.Getenv("SFBRIDGE_LONG") != "" {
		lives, documents = 40, 400
	}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	server := salesforcetest.NewServer(nil)
	t.Cleanup(server.Close)
	misbehave(server.Org, rand.New(rand.NewPCG(seed, 1)))
	w := &world{org: server.Org, surroundings: surroundings{
		DSN: sqlxtest.New(t, sqlx.PostgreSQL).DSN, Spool: filepath.Join(t.TempDir(), "spool"), Org: server.URL,
		Account: salesforce.ID(server.Org.Insert("Account", map[string]any{"Name": "Leap"})),
	}}
	var err error
	w.host, err = open(t.Context(), w.surroundings, http.DefaultTransport)
	require.NoError(t, err)
	t.Cleanup(w.pool.Close)

	var ids []string
	for life := range lives {
		workers := []*exec.Cmd{spawn(t, w.surroundings), spawn(t, w.surroundings)}
		for n := range documents / lives {
			ids = append(ids, w.committed(t, fmt.Sprintf("%d/%d", life, n)))
		}
		for _, c := range workers {
			<-time.After(time.Duration(random.Int64N(int64(400 * time.Millisecond))))
			require.NoError(t, c.Process.Kill())
			require.ErrorContains(t, c.Wait(), "killed")
		}
	}
	caught, err := w.pending(t.Context())
	require.NoError(t, err)
	w.run(t)
	for _, id := range ids {
		w.delivered(t, id)
	}
	require.Len(t, server.Org.Records("ContentVersion"), len(ids))
	t.Logf("seed %d: %d documents, %d workers killed, %d deliveries left by the last", seed, len(ids), 2*lives, caught)
}

func (h *host) pending(ctx context.Context) (n int, err error) {
	counts, err := h.router.Counts(ctx)
	for _, c := range counts {
		if c.Status == outbox.Pending {
			n += c.N
		}
	}
	return n, err
}

// misbehave has the org say nothing of a third of the uploads, and take its time
// for another.
func misbehave(org *salesforcetest.Org, r *rand.Rand) {
	var mu sync.Mutex
	var fate int
	match := func(n int) func(*http.Request) bool {
		return func(*http.Request) bool {
			mu.Lock()
			defer mu.Unlock()
			if n == 0 { // the first that is asked
				fate = r.IntN(3)
			}
			return fate == n
		}
	}
	for n, f := range []salesforcetest.Fault{{DropAfter: true}, {Stall: 200 * time.Millisecond}} {
		f.Method, f.Path, f.Times, f.Match = http.MethodPost, "/sobjects/ContentVersion", -1, match(n)
		org.Fail(f)
	}
}
