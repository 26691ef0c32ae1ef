package tokenstore_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/sqlxtest"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
	"github.com/sfbridge/sfbridge/salesforce/tokenstore"
)

// TestMain is also the main function of the other processes of these tests.
func TestMain(m *testing.M) {
	if os.Getenv("SFBRIDGE_TEST_PROCESS") != "" {
		if err := process(context.Background(), os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// process opens the store at a place and does what it is told.
func process(ctx context.Context, args []string) error {
	task, address := args[0], args[1]
	store, err := openStore(ctx, parsePlace(args[2:]))
	if err != nil {
		return err
	}
	if task == "hold" {
		return hold(ctx, store)
	}
	return work(ctx, store, address)
}

// place is where a store is: a folder, or a database.
type place struct {
	dir      string
	database sqlxtest.Database
}

// args is what parsePlace makes the place of again, in another process.
func (p place) args() []string {
	return []string{p.dir, strconv.Itoa(int(p.database.Dialect)), p.database.Driver, p.database.DSN}
}

func parsePlace(args []string) place {
	dialect, _ := strconv.Atoi(args[1])
	return place{args[0], sqlxtest.Database{Dialect: tokenstore.Dialect(dialect), Driver: args[2], DSN: args[3]}}
}

func openStore(ctx context.Context, p place) (salesforce.TokenStore, error) {
	if p.dir != "" {
		return tokenstore.NewFiles(tokenstore.FilesConfig{Dir: p.dir, Key: key})
	}
	db, err := p.database.Connect()
	if err != nil {
		return nil, err
	}
	return tokenstore.NewSQL(ctx, tokenstore.SQLConfig{
		DB: db, Dialect: p.database.Dialect, Key: key, Poll: 5 * time.Millisecond, Lease: 2 * time.Second,
	})
}

// eachPlace runs a test on a store of each kind.
func eachPlace(t *testing.T, test func(*testing.T, place)) {
	t.Run("files", func(t *testing.T) {
		t.Parallel()
		test(t, place{dir: t.TempDir()})
	})
	sqlxtest.Each(t, func(t *testing.T, database sqlxtest.Database) { test(t, place{database: database}) })
}

// hold takes the token and never lets go of it.
func hold(ctx context.Context, store salesforce.TokenStore) error {
	return store.Update(ctx, "ada", func(context.Context, salesforce.Token) (salesforce.Token, error) {
		fmt.Println("held")
		_, err := io.Copy(io.Discard, os.Stdin) // until the parent ends, at the latest
		return salesforce.Token{}, err
	})
}

// work calls the org once for each line of its input, and answers each with a
// line.
func work(ctx context.Context, store salesforce.TokenStore, address string) error {
	c, err := salesforce.New(salesforce.Config{
		LoginURL: address,
		Auth:     salesforce.RefreshToken{ClientID: "cid", ClientSecret: "csecret", Store: store, Key: "ada"},
	})
	if err != nil {
		return err
	}
	fmt.Println("open")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		_, err := c.Count(ctx, "SELECT COUNT() FROM Account")
		fmt.Println("done", err)
	}
	return nil
}

// child is another process, which runs until the test ends.
type child struct {
	cmd *exec.Cmd
	in  io.Writer
	out *bufio.Scanner
}

func start(t *testing.T, at place, task, address string) *child {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{task, address}, at.args()...)...)
	cmd.Env = append(os.Environ(), "SFBRIDGE_TEST_PROCESS=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &child{cmd, in, bufio.NewScanner(out)}
}

func (c *child) line() string {
	c.out.Scan()
	return c.out.Text()
}

// consent lets the org's main user allow the app, and keeps the token.
func consent(t *testing.T, server *salesforcetest.Server, store salesforce.TokenStore) {
	t.Helper()
	app := salesforce.AuthCode{
		ClientID: "cid", ClientSecret: "csecret", RedirectURL: "https://host.example.com/callback", Store: store, Key: "ada",
	}
	asked, err := app.Start(server.URL)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, asked.URL, nil)
	require.NoError(t, err)
	resp, err := server.Client().Transport.RoundTrip(request)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	back, err := url.Parse(resp.Header.Get("Location"))
	require.NoError(t, err)
	_, _, err = app.Exchange(t.Context(), salesforce.Config{LoginURL: server.URL}, asked, back.Query())
	require.NoError(t, err)
}

// Whoever uses a refresh token that has been replaced ends the login: the org
// is strict. Two processes whose sessions end at the same moment do not.
func TestProcessesShareRotatedTokens(t *testing.T) {
	t.Parallel()
	eachPlace(t, testProcessesShareRotatedTokens)
}

func testProcessesShareRotatedTokens(t *testing.T, at place) {
	const rounds = 8
	server := salesforcetest.NewServer(salesforcetest.NewOrg(&salesforcetest.Options{RotateRefreshTokens: true}))
	t.Cleanup(server.Close)
	children := []*child{start(t, at, "work", server.URL), start(t, at, "work", server.URL), start(t, at, "work", server.URL)}
	for _, c := range children {
		require.Equal(t, "open", c.line(), "all at once, on an empty database")
	}
	store, err := openStore(t.Context(), at)
	require.NoError(t, err)
	consent(t, server, store)
	server.Org.ResetRequests()

	for range rounds {
		server.Org.ExpireSessions()
		for _, c := range children {
			_, err := fmt.Fprintln(c.in)
			require.NoError(t, err)
		}
		for _, c := range children {
			require.Equal(t, "done <nil>", c.line())
		}
	}

	renewals := 0
	for _, r := range server.Org.Requests() {
		if strings.HasSuffix(r.Path, "/token") {
			renewals++
		}
	}
	require.Equal(t, rounds, renewals, "one for each time that the sessions ended, whoever asked")
}

func TestTokenOfAKilledProcessIsFreeAgain(t *testing.T) {
	t.Parallel()
	eachPlace(t, testTokenOfAKilledProcessIsFreeAgain)
}

func testTokenOfAKilledProcessIsFreeAgain(t *testing.T, at place) {
	store, err := openStore(t.Context(), at)
	require.NoError(t, err)
	put(t, store, token)
	victim := start(t, at, "hold", "")
	require.Equal(t, "held", victim.line())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = store.Update(ctx, "ada", func(context.Context, salesforce.Token) (salesforce.Token, error) { return token, nil })
	require.ErrorIs(t, err, context.DeadlineExceeded, "while it lives the others wait")

	require.NoError(t, victim.cmd.Process.Kill())

	require.Equal(t, token, put(t, store, token))
}
