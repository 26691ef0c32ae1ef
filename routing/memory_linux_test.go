package routing_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/sqlxtest"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// atOnce are the documents that are accepted and uploaded side by side.
const atOnce = 10

func init() { processes["large documents"] = largeDocuments }

// largeDocuments is a host that accepts ten documents at once, of the size that it
// reads, uploads them at once and prints the most memory that it ever had.
func largeDocuments(ctx context.Context, s surroundings) error {
	var size int64
	if _, err := fmt.Scanln(&size); err != nil {
		return err
	}
	client, err := salesforce.New(salesforce.Config{
		LoginURL: s.Org, Auth: salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
	})
	if err != nil {
		return err
	}
	r, err := routing.New(routing.Config{
		Destination: routing.Salesforce{Client: client}, Store: outbox.NewMemory(),
		Spool:   outbox.Spool{Dir: s.Spool, Key: []byte(hostsKey)},
		Rules:   []routing.Rule{{Type: routing.Contract, AllowLarger: true}},
		Workers: atOnce, UploadRate: 1,
	})
	if err != nil {
		return err
	}
	accepted := make(chan error, atOnce)
	for n := range atOnce {
		go func() {
			_, err := r.Route(ctx, routing.Submission{
				Key: strconv.Itoa(n), Type: routing.Contract, Target: s.Account, Size: size,
				Body: io.LimitReader(zero{}, size),
			})
			accepted <- err
		}()
	}
	for range atOnce {
		if err := <-accepted; err != nil {
			return err
		}
	}
	if err := uploadAll(ctx, r); err != nil {
		return err
	}
	peak, err := peakMemory()
	fmt.Println(peak)
	return err
}

// uploadAll lets a router run until all is verified.
func uploadAll(ctx context.Context, r *routing.Router) error {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	defer func() {
		cancel()
		<-ended //nolint:errcheck // it ends because it was told to
	}()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		counts, err := r.Counts(ctx)
		switch {
		case err != nil:
			return err
		case len(counts) == 1 && counts[0].Status == outbox.Done && counts[0].N == atOnce:
			return nil
		case len(counts) > 0 && counts[0].Status == outbox.Parked:
			return fmt.Errorf("a document was not uploaded: %+v", counts)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
	}
}

// peakMemory is the most that this process has had resident, in bytes.
func peakMemory() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("the system does not tell")
}

// Ten documents are accepted at once, sealed, and uploaded at once: how large they
// are makes no difference to memory.
func TestMemoryDoesNotGrowWithDocuments(t *testing.T) {
	small, large := int64(1<<20), int64(20_000_000)
	if os.Getenv("SFBRIDGE_LONG") != "" {
		large = 500_000_000
	}
	org := salesforcetest.NewOrg(&salesforcetest.Options{HashOnlyAbove: 1})
	server := salesforcetest.NewServer(org)
	defer server.Close()
	account := salesforce.ID(org.Insert("Account", map[string]any{"Name": "Leap"}))
	peak := func(size int64) int64 {
		c := spawn(t, "large documents", surroundings{Database: sqlxtest.Database{}, Spool: t.TempDir(), Org: server.URL, Account: account})
		c.say([]string{strconv.FormatInt(size, 10)})
		line, ok := <-c.lines
		require.True(t, ok, "the host has ended with an error")
		require.NoError(t, c.cmd.Wait())
		bytes, err := strconv.ParseInt(line, 10, 64)
		require.NoError(t, err)
		return bytes
	}
	few, many := peak(small), peak(large)
	t.Logf("%d documents at once: of %d bytes each %d MB at most, of %d bytes each %d MB", atOnce, small, few>>20, large, many>>20)
	require.Len(t, org.Records("ContentVersion"), 2*atOnce)
	require.Less(t, many, few+32<<20)
	require.Less(t, many, int64(128<<20))
}
