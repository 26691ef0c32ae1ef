package outboxtest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/routing/outbox/outboxtest"
)

// A store's own tests hand it over, empty, as often as it is asked for.
func TestStore(t *testing.T) {
	t.Parallel()
	outboxtest.TestStore(t, func(*testing.T) outbox.Store { return outbox.NewMemory() })
}
