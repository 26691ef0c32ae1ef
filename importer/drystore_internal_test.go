package importer

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

// A blank is a store that knows of nothing.
type blank struct{ Store }

func (blank) Links(context.Context, string, []salesforce.ID) ([]Link, error) { return nil, nil }

func (blank) ListLinks(context.Context, LinkFilter, salesforce.ID, int) ([]Link, error) {
	return nil, nil
}

// A field that Link gets one day must not be lost in a dry run.
func TestDryRunKeepsEveryFieldOfALink(t *testing.T) {
	t.Parallel()
	link := Link{
		Object: "Contact", ID: "003000000000001AAA", Kind: "contact", HostID: unborn + "003000000000001AAA", ParentID: "001000000000001AAA",
		State: Linked, Free: true, Retired: true, Stamp: time.UnixMilli(1_700_000_000_123).UTC(), Digest: "0123456789abcdef0123456789abcdef", Run: 7,
	}
	fields := reflect.ValueOf(link)
	for i := range fields.NumField() {
		require.False(t, fields.Field(i).IsZero(), "this test leaves out the field %s", fields.Type().Field(i).Name)
	}
	s := newDryStore(blank{}, State{}, &dryRun{})
	require.NoError(t, s.Save(t.Context(), Fence{}, &Checkpoint{Links: []Link{link}}))

	links, err := s.Links(t.Context(), "Contact", []salesforce.ID{link.ID})
	require.NoError(t, err)
	require.Equal(t, []Link{link}, links)
	for _, f := range []LinkFilter{{}, {ParentID: link.ParentID}, {States: []LinkState{Linked}}, {NotRun: 8}} {
		f.Object = "Contact"
		links, err = s.ListLinks(t.Context(), f, "", 10)
		require.NoError(t, err)
		require.Equal(t, []Link{link}, links)
	}
	links, err = s.ListLinks(t.Context(), LinkFilter{Object: "Contact", NotRun: 7}, "", 10)
	require.NoError(t, err)
	require.Empty(t, links)
}
