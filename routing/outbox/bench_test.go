package outbox_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/sqlxtest"
	"github.com/sfbridge/sfbridge/routing/outbox"
)

// BenchmarkDelivery is one delivery's way through the ledger, each step of which
// is safe on the disk: enqueued, claimed, and saved four times.
func BenchmarkDelivery(b *testing.B) {
	for _, dialect := range dialects {
		b.Run(dialect.String(), func(b *testing.B) {
			store, err := outbox.NewSQL(b.Context(), sqlxtest.New(b, dialect).Open(b), dialect)
			require.NoError(b, err)
			n := 0
			for b.Loop() {
				n++
				d := fresh(fmt.Sprint(n), fmt.Sprint(n))
				d.Payload = make([]byte, 1000)
				_, _, err := store.Enqueue(b.Context(), nil, d)
				require.NoError(b, err)
				claimed, err := store.Claim(b.Context(), outbox.Claim{
					Kinds: []string{d.Kind}, Now: d.NotBefore, Until: d.NotBefore.Add(time.Minute), Max: 1,
				})
				require.NoError(b, err)
				require.Len(b, claimed, 1)
				for _, status := range []outbox.Status{outbox.Pending, outbox.Pending, outbox.Pending, outbox.Done} {
					claimed[0].Status = status
					require.NoError(b, store.Save(b.Context(), claimed[0]))
				}
			}
		})
	}
}
