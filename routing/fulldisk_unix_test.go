//go:build unix

package routing_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/internal/sqlxtest"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/outbox"
)

func init() { processes["small disk"] = smallDisk }

// largestFile is what fits on the small disk.
const largestFile = 100_000

// smallDisk routes documents where no file may be larger than so many bytes,
// which is as a disk that is full in the middle of one.
func smallDisk(ctx context.Context, s surroundings) error {
	signal.Ignore(syscall.SIGXFSZ) // a write fails instead
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: largestFile, Max: largestFile}); err != nil {
		return err
	}
	r, err := s.router(outbox.NewMemory())
	if err != nil {
		return err
	}
	for _, size := range []int{largestFile * 10, largestFile / 2, largestFile + 1} {
		_, err := r.Route(ctx, routing.Submission{
			Key: fmt.Sprint(size), Type: stored, Target: s.Account, Body: strings.NewReader(strings.Repeat("x", size)),
		})
		fmt.Println(size, err == nil, errors.Is(err, syscall.EFBIG))
	}
	for d, err := range r.Deliveries(ctx, "") {
		fmt.Println("delivery", d.Key, err)
	}
	return nil
}

// A disk that is full is an error to whoever hands a document over. Nothing of
// the document is left, and what fits later is accepted.
func TestRouteReportsAFullDisk(t *testing.T) {
	t.Parallel()
	s := surroundings{
		Database: sqlxtest.Database{Dialect: sqlx.SQLite}, Spool: t.TempDir(),
		Org: "http://127.0.0.1:1", SMTP: "127.0.0.1:1", Account: target,
	}
	c := spawn(t, "small disk", s)
	var said []string
	for line := range c.lines {
		said = append(said, line)
	}
	require.NoError(t, c.cmd.Wait())
	require.Equal(t, []string{
		"1000000 false true",
		"50000 true false",
		"100001 false true",
		"delivery 50000 <nil>",
	}, said)
	files, err := os.ReadDir(s.Spool)
	require.NoError(t, err)
	require.Len(t, files, 1)
}
