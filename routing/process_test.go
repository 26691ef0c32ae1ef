package routing_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/sqlxtest"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/mail"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/salesforce"
)

// processes are what this program does as another process of a test, by name.
var processes = map[string]func(context.Context, surroundings) error{"host": host}

const (
	processVariable      = "SFBRIDGE_TEST_PROCESS"
	surroundingsVariable = "SFBRIDGE_TEST_SURROUNDINGS"
)

// TestMain is also the main function of the other processes of these tests.
func TestMain(m *testing.M) {
	process, ok := processes[os.Getenv(processVariable)]
	if !ok {
		os.Exit(m.Run())
	}
	var s surroundings
	err := json.Unmarshal([]byte(os.Getenv(surroundingsVariable)), &s)
	if err == nil {
		err = process(context.Background(), s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// surroundings are what outlives a process.
type surroundings struct {
	Database sqlxtest.Database
	Spool    string
	Org      string // its address
	SMTP     string
	Account  salesforce.ID // a record
	Deleted  salesforce.ID // one that was deleted
}

// The types of documents of a host that may be killed, by what becomes of them.
const (
	stored   routing.DocumentType = "Stored"   // in the org
	refused  routing.DocumentType = "Refused"  // by the org, and mailed
	unwanted routing.DocumentType = "Unwanted" // by the org, and there is nobody to mail to
	oversize routing.DocumentType = "Oversize" // refused, and too large for a mail
)

const (
	mailLimit = 64_000  // bytes that the mail server takes
	large     = 200_000 // bytes of a large document
	hostsKey  = "0123456789abcdef0123456789abcdef"
)

// router is the router of such a host, whose durations are short.
func (s surroundings) router(store outbox.Store) (*routing.Router, error) {
	client, err := salesforce.New(salesforce.Config{
		LoginURL: s.Org,
		Auth:     salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		Retry:    salesforce.Retry{Max: -1},
	})
	if err != nil {
		return nil, err
	}
	office := []string{"office@example.com"}
	return routing.New(routing.Config{
		Destination: routing.Salesforce{Client: client},
		Store:       store,
		Spool:       outbox.Spool{Dir: s.Spool, Key: []byte(hostsKey)},
		Rules: []routing.Rule{
			{Type: stored, Backup: office},
			{Type: refused, Backup: office},
			{Type: unwanted},
			{Type: oversize, Backup: office},
		},
		Mailer: mail.SMTP{Addr: s.SMTP, From: "sales@example.com", Security: mail.Plain, Timeout: 10 * time.Second},

		Poll: 20 * time.Millisecond, Lease: 1500 * time.Millisecond,
		BackoffMin: 10 * time.Millisecond, BackoffMax: 100 * time.Millisecond,
		UploadTimeout: 1500 * time.Millisecond, Quarantine: 500 * time.Millisecond,
		Probes:            []time.Duration{10 * time.Millisecond, 100 * time.Millisecond, time.Second},
		MailAfterAttempts: 1_000_000, // so that what is not refused is never given up
	})
}

// submission is the document of a key: "Stored 17" is one of type Stored.
func (s surroundings) submission(key string) routing.Submission {
	kind, _, _ := strings.Cut(key, " ")
	target := s.Deleted
	if routing.DocumentType(kind) == stored {
		target = s.Account
	}
	return routing.Submission{Key: key, Type: routing.DocumentType(kind), Target: target, Body: strings.NewReader(content(key))}
}

func content(key string) string {
	text := "content of " + key
	if strings.HasPrefix(key, string(oversize)) || strings.HasSuffix(key, "7") {
		text += strings.Repeat(".", large)
	}
	return text
}

// host delivers documents until it is killed. Each line that it reads is the key
// of one, which it accepts and says so.
func host(ctx context.Context, s surroundings) error {
	db, err := s.Database.Connect()
	if err != nil {
		return err
	}
	store, err := outbox.NewSQL(ctx, db, s.Database.Dialect)
	if err != nil {
		return err
	}
	r, err := s.router(store)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	fmt.Println("running")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if _, err := r.Route(ctx, s.submission(lines.Text())); err != nil {
			return err
		}
		fmt.Println(lines.Text())
	}
	return <-ended
}

// A child is another process.
type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string // that it prints; closed at its end
}

func spawn(t *testing.T, name string, s surroundings) *child {
	t.Helper()
	told, err := json.Marshal(s)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), processVariable+"="+name, surroundingsVariable+"="+string(told))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	c := &child{cmd, in, make(chan string, 10_000)}
	go func() {
		defer close(c.lines)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			c.lines <- lines.Text()
		}
	}()
	return c
}

// say sends lines to the process, which may be dead.
func (c *child) say(lines []string) {
	for _, line := range lines {
		_, _ = io.WriteString(c.in, line+"\n") // whether it came is told by what the process prints
	}
}

// kill ends the process as kill -9 does, and returns what it had printed and
// nobody had read.
func (c *child) kill(t *testing.T) []string {
	t.Helper()
	require.NoError(t, c.cmd.Process.Kill())
	var rest []string
	for line := range c.lines {
		rest = append(rest, line)
	}
	require.Error(t, c.cmd.Wait())
	return rest
}

// blobOf is the file of a delivery, as the ledger has it.
func blobOf(t *testing.T, d outbox.Delivery) outbox.Blob {
	t.Helper()
	var payload struct{ Blob outbox.Blob }
	require.NoError(t, json.Unmarshal(d.Payload, &payload))
	return payload.Blob
}
