package importer

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// parts hands on n parts and counts those that have been fetched.
func parts(n int, fetched *int, then error) func(context.Context, func(part) bool) error {
	return func(ctx context.Context, on func(part) bool) error {
		for i := range n {
			*fetched++
			if !on(part{after: Position{Step: i}}) {
				return context.Cause(ctx)
			}
		}
		return then
	}
}

func TestOnePartIsFetchedWhileTheOneAtHandIsTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fetched, taken := 0, 0
		err := fetchAhead(t.Context(), parts(10, &fetched, nil), func(p part) error {
			synctest.Wait()
			require.Equal(t, taken, p.after.Step, "in order")
			taken++
			require.Equal(t, min(taken+1, 10), fetched, "two are in memory")
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, 10, taken)
	})
}

func TestFailureToFetchComesAfterWhatWasFetched(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	fetched, taken := 0, 0
	err := fetchAhead(t.Context(), parts(3, &fetched, broken), func(part) error { taken++; return nil })
	require.ErrorIs(t, err, broken)
	require.Equal(t, 3, taken)
}

func TestFailureToTakeEndsTheFetching(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	ended := false
	fetched := 0
	fetch := parts(10, &fetched, nil)
	err := fetchAhead(t.Context(), func(ctx context.Context, on func(part) bool) error {
		defer func() { ended = true }()
		return fetch(ctx, on)
	}, func(part) error { return refused })
	require.ErrorIs(t, err, refused)
	require.True(t, ended, "before fetchAhead returns")
	require.LessOrEqual(t, fetched, 2)
}

func TestEndOfTheContextEndsTheFetching(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		fetched := 0
		err := fetchAhead(ctx, parts(10, &fetched, nil), func(part) error {
			<-ctx.Done()
			return nil
		})
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
