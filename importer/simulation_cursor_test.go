package importer_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

// A simCursor imports as many connectors do: what is stamped after the newest
// record that it has seen, or at that moment and after. It mirrors records and
// knows no scope, so that what it loses it loses by its cursor.
type simCursor struct {
	comparison string // > or >=, or none to read all each time
	newest     map[string]string
	mirror     map[string]string
}

// simCopied are the fields that it mirrors.
var simCopied = map[string][]string{
	"Account": {"Name", "Phone", "Fax"}, "Contact": {"LastName", "Phone", "Fax"}, "Opportunity": {"Name", "StageName", "CloseDate"},
}

func newSimCursor(comparison string) *simCursor {
	return &simCursor{comparison: comparison, newest: map[string]string{}, mirror: map[string]string{}}
}

// run reads what is new of all objects; each has a cursor of its own, which
// moves when all pages have been read.
func (c *simCursor) run(ctx context.Context, client *salesforce.Client) error {
	for _, object := range []string{"Account", "Contact", "Opportunity"} {
		query := "SELECT Id, SystemModstamp"
		for _, field := range simCopied[object] {
			query += ", " + field
		}
		query += " FROM " + object
		if newest := c.newest[object]; newest != "" && c.comparison != "" {
			query += " WHERE SystemModstamp " + c.comparison + " " + newest
		}
		records, err := salesforce.CollectQuery[salesforce.Record](ctx, client, query+" ORDER BY SystemModstamp", &salesforce.QueryOptions{All: true})
		if err != nil {
			return err
		}
		for _, record := range records {
			c.mirror[string(record.ID())] = c.text(object, record)
			c.newest[object], _ = record["SystemModstamp"].(string)
		}
	}
	return nil
}

func (c *simCursor) text(object string, record map[string]any) (text string) {
	for _, field := range simCopied[object] {
		text += fmt.Sprintf("%s=%v ", field, record[field])
	}
	return text
}

// lost are the live records that are not in the mirror, or are there as they
// were.
func (s *sim) lost() (ids []string) {
	for _, id := range s.ids {
		if t := s.tracks[id]; t.last().live() && s.cursor.mirror[id] != s.cursor.text(t.object, s.org.Record(id)) {
			ids = append(ids, id)
		}
	}
	return ids
}

// cursorImport plays the importer's part for a cursor.
func (s *sim) cursorImport(ctx context.Context, p *simProcess) error {
	client, err := salesforce.New(salesforce.Config{
		LoginURL:   "https://acme.my.salesforce.com",
		Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		HTTPClient: &http.Client{Transport: simTransport{p}},
		Retry:      salesforce.Retry{Max: -1},
		Now:        s.now,
	})
	if err != nil {
		return err
	}
	return s.cursor.run(ctx, client)
}

// The histories that the importer comes through without a loss are no easy
// ones: a cursor at the newest stamp seen loses records in them, whether it
// looks for later stamps or for equal ones, too. One that reads all each time
// loses none.
func TestHistoriesDefeatACursorAtTheNewestStamp(t *testing.T) {
	t.Parallel()
	first, n := simSeeds()
	n = max(40, n*2/5) // fewer may be too easy
	for _, comparison := range []string{">", ">=", ""} {
		t.Run("SystemModstamp"+comparison, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			histories, lost, records := 0, 0, 0
			for seed := first; seed < first+uint64(n); seed++ {
				w, steps := newHistory(seed)
				s := newSim(t, w)
				s.cursor = newSimCursor(comparison)
				s.run(steps)
				require.Empty(t, s.failures, "seed %d", seed)
				missing := len(s.lost())
				if missing > 0 {
					histories++
				}
				lost += missing
				for _, track := range s.tracks {
					if track.last().live() {
						records++
					}
				}
			}
			t.Logf("seeds %d to %d in %v: the cursor %q lost %d of %d records, in %d histories",
				first, first+uint64(n)-1, time.Since(begun).Round(time.Millisecond), comparison, lost, records, histories)
			require.Equal(t, comparison != "", lost > 0)
		})
	}
}
