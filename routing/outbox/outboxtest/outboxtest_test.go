package outboxtest_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/routing/outbox/outboxtest"
)

// A store's own tests hand it over, empty, as often as it is asked for.
func TestStore(t *testing.T) {
	t.Parallel()
	outboxtest.TestStore(t, func(*testing.T) outbox.Store { return outbox.NewMemory() })
}

// brokenStore names the fault of the store that TestBrokenStore tests, in a
// process of its own.
const brokenStore = "SFBRIDGE_TEST_BROKEN_STORE"

func TestBrokenStore(t *testing.T) {
	t.Parallel()
	if fault, ok := faults[os.Getenv(brokenStore)]; ok {
		outboxtest.TestStore(t, func(*testing.T) outbox.Store { return fault.store(outbox.NewMemory()) })
	}
}

// The suite finds every fault that somebody who writes a store is likely to
// build in, and says so where it belongs.
func TestSuiteFindsFaults(t *testing.T) {
	t.Parallel()
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			suite := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBrokenStore$", "-test.timeout=1m")
			suite.Env = append(os.Environ(), brokenStore+"="+name)
			output, err := suite.CombinedOutput()
			require.Error(t, err, "the suite found nothing")
			require.Contains(t, string(output), "--- FAIL: TestBrokenStore/"+fault.promise+" ", "%s", output)
			require.NotContains(t, string(output), "panic")
		})
	}
}

// faults are stores with one fault each, and the promise that each breaks.
var faults = map[string]struct {
	promise string
	store   func(*outbox.Memory) outbox.Store
}{
	"key in lower case": {"NamesAreComparedByteByByte", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, enqueue: func(ctx context.Context, d outbox.Delivery) (outbox.Delivery, bool, error) {
			d.Key = strings.ToLower(d.Key)
			return m.Enqueue(ctx, nil, d)
		}}
	}},
	"key without spaces": {"NamesAreComparedByteByByte", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, enqueue: func(ctx context.Context, d outbox.Delivery) (outbox.Delivery, bool, error) {
			d.Key = strings.TrimRight(d.Key, " ")
			return m.Enqueue(ctx, nil, d)
		}}
	}},
	"each is new": {"EnqueueTakesAKeyOnce", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, enqueue: func(ctx context.Context, d outbox.Delivery) (outbox.Delivery, bool, error) {
			d, _, err := m.Enqueue(ctx, nil, d)
			return d, err == nil, err
		}}
	}},
	"seconds": {"EnqueueKeepsEverything", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, enqueue: func(ctx context.Context, d outbox.Delivery) (outbox.Delivery, bool, error) {
			d.NotBefore = d.NotBefore.Truncate(time.Second)
			return m.Enqueue(ctx, nil, d)
		}}
	}},
	"short payloads": {"LargePayloadsAreKept", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, enqueue: func(ctx context.Context, d outbox.Delivery) (outbox.Delivery, bool, error) {
			d.Payload = d.Payload[:min(len(d.Payload), 1<<16-1)]
			return m.Enqueue(ctx, nil, d)
		}}
	}},
	"shared payloads": {"PayloadIsCopied", func(m *outbox.Memory) outbox.Store {
		shared := map[string][]byte{}
		return broken{Memory: m, claim: func(ctx context.Context, c outbox.Claim) ([]outbox.Delivery, error) {
			claimed, err := m.Claim(ctx, c)
			for _, d := range claimed {
				shared[d.ID] = d.Payload
			}
			return claimed, err
		}, get: func(ctx context.Context, id string) (outbox.Delivery, error) {
			d, err := m.Get(ctx, id)
			if payload, ok := shared[id]; ok {
				d.Payload = payload
			}
			return d, err
		}}
	}},
	"long keys cut": {"EnqueueRefusesWhatCannotBeKept", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, enqueue: func(ctx context.Context, d outbox.Delivery) (outbox.Delivery, bool, error) {
			d.Key = d.Key[:min(len(d.Key), 255)]
			return m.Enqueue(ctx, nil, d)
		}}
	}},
	"last first": {"ClaimTakesTheLongestWaitingFirst", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, claim: func(ctx context.Context, c outbox.Claim) ([]outbox.Delivery, error) {
			claimed, err := m.Claim(ctx, c)
			slices.Reverse(claimed)
			return claimed, err
		}}
	}},
	"any kind": {"ClaimTakesOnlyWhatIsAskedFor", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, claim: func(ctx context.Context, c outbox.Claim) ([]outbox.Delivery, error) {
			if len(c.Kinds) > 0 {
				c.Kinds = append(c.Kinds, "somebody else's")
			}
			return m.Claim(ctx, c)
		}}
	}},
	"any id": {"ClaimTakesOnlyWhatIsAskedFor", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, claim: func(ctx context.Context, c outbox.Claim) ([]outbox.Delivery, error) {
			c.ID = ""
			return m.Claim(ctx, c)
		}}
	}},
	"no lease": {"ClaimGivesEachDeliveryOnce", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, claim: func(ctx context.Context, c outbox.Claim) ([]outbox.Delivery, error) {
			claimed, err := m.Claim(ctx, c)
			for _, d := range claimed {
				if err := m.Extend(ctx, d, c.Now); err != nil {
					return nil, err
				}
			}
			return claimed, err
		}}
	}},
	"too early": {"SaveWritesTheWork", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, claim: func(ctx context.Context, c outbox.Claim) ([]outbox.Delivery, error) {
			c.Now = c.Now.Add(time.Millisecond)
			return m.Claim(ctx, c)
		}}
	}},
	"parked ones too": {"OnlyPendingIsClaimed", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, claim: func(ctx context.Context, c outbox.Claim) ([]outbox.Delivery, error) {
			for d, err := range m.List(ctx, outbox.Filter{Status: outbox.Parked}) {
				if err != nil {
					return nil, err
				}
				if _, err := m.Redrive(ctx, c.Now, d.ID); err != nil {
					return nil, err
				}
			}
			return m.Claim(ctx, c)
		}}
	}},
	"nonsense": {"ClaimRefusesNonsense", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, claim: func(ctx context.Context, c outbox.Claim) ([]outbox.Delivery, error) {
			c.Max = max(c.Max, 1)
			return m.Claim(ctx, c)
		}}
	}},
	"save without a fence": {"OvertakenWorkersWriteNothing", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, save: func(ctx context.Context, d outbox.Delivery) error {
			if stored, err := m.Get(ctx, d.ID); err == nil {
				d.Fence = stored.Fence
			}
			return m.Save(ctx, d)
		}}
	}},
	"extend without a fence": {"OvertakenWorkersWriteNothing", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, extend: func(ctx context.Context, d outbox.Delivery, until time.Time) error {
			if stored, err := m.Get(ctx, d.ID); err == nil {
				d.Fence = stored.Fence
			}
			return m.Extend(ctx, d, until)
		}}
	}},
	"extend does nothing": {"ExtendMovesTheEndOfTheLease", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, extend: func(ctx context.Context, d outbox.Delivery, _ time.Time) error {
			return m.Extend(ctx, d, d.NotBefore)
		}}
	}},
	"save of nothing new is lost": {"SaveMayBeRepeated", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, save: func(ctx context.Context, d outbox.Delivery) error {
			stored, err := m.Get(ctx, d.ID)
			if err == nil && d.Status == stored.Status && d.State == stored.State && bytes.Equal(d.Payload, stored.Payload) &&
				d.NotBefore.Equal(stored.NotBefore) && d.Updated.Equal(stored.Updated) {
				return outbox.ErrLeaseLost
			}
			return m.Save(ctx, d)
		}}
	}},
	"any status": {"SaveRefusesWhatNobodyWouldClaim", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, save: func(ctx context.Context, d outbox.Delivery) error {
			d.Status = outbox.Status(strings.ToLower(string(d.Status)))
			return m.Save(ctx, d)
		}}
	}},
	"forgets when it was updated": {"SaveWritesTheWork", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, save: func(ctx context.Context, d outbox.Delivery) error {
			if stored, err := m.Get(ctx, d.ID); err == nil {
				d.Updated = stored.Updated
			}
			return m.Save(ctx, d)
		}}
	}},
	"unsorted": {"ListIsSortedAndLetsTheLoopWrite", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, list: func(ctx context.Context, f outbox.Filter) iter.Seq2[outbox.Delivery, error] {
			return func(yield func(outbox.Delivery, error) bool) {
				var all []outbox.Delivery
				for d, err := range m.List(ctx, f) {
					if err != nil {
						yield(d, err)
						return
					}
					all = append(all, d)
				}
				for _, d := range slices.Backward(all) {
					if !yield(d, nil) {
						return
					}
				}
			}
		}}
	}},
	"one page": {"ListIsSortedAndLetsTheLoopWrite", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, list: func(ctx context.Context, f outbox.Filter) iter.Seq2[outbox.Delivery, error] {
			return func(yield func(outbox.Delivery, error) bool) {
				n := 0
				for d, err := range m.List(ctx, f) {
					if n++; n > 100 || !yield(d, err) {
						return
					}
				}
			}
		}}
	}},
	"filter without states": {"ListSelects", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, list: func(ctx context.Context, f outbox.Filter) iter.Seq2[outbox.Delivery, error] {
			f.States = nil
			return m.List(ctx, f)
		}}
	}},
	"counts of everything": {"CountsTellWhatThereIs", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, counts: func(ctx context.Context, _ ...string) ([]outbox.Count, error) { return m.Counts(ctx) }}
	}},
	"redrives without a fence": {"OvertakenWorkersWriteNothing", func(m *outbox.Memory) outbox.Store {
		old := map[string]int64{}
		return broken{Memory: m, redrive: func(ctx context.Context, now time.Time, ids ...string) (int, error) {
			for _, id := range ids {
				d, err := m.Get(ctx, id)
				if err != nil {
					return 0, err
				}
				old[id] = d.Fence
			}
			return m.Redrive(ctx, now, ids...)
		}, save: func(ctx context.Context, d outbox.Delivery) error {
			if fence, ok := old[d.ID]; ok && fence == d.Fence {
				d.Fence++
			}
			return m.Save(ctx, d)
		}}
	}},
	"miscounts what it drives again": {"RedriveTakesOnlyParked", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, redrive: func(ctx context.Context, now time.Time, ids ...string) (int, error) {
			n, err := m.Redrive(ctx, now, ids...)
			return n + len(ids)/4, err
		}}
	}},
	"parks only what rests": {"ParkTakesOnlyPending", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, park: func(ctx context.Context, now time.Time, ids ...string) (int, error) {
			var resting []string
			for _, id := range ids {
				if d, err := m.Get(ctx, id); err == nil && !d.NotBefore.After(now.Add(-time.Hour)) {
					resting = append(resting, id)
				}
			}
			return m.Park(ctx, now, resting...)
		}}
	}},
	"miscounts what it purges": {"PurgeTakesOnlyOldAndDone", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, purge: func(ctx context.Context, before time.Time, kinds ...string) (int, error) {
			n, err := m.Purge(ctx, before, kinds...)
			return 2 * n, err
		}}
	}},
	"purges all kinds": {"PurgeTakesOnlyOldAndDone", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, purge: func(ctx context.Context, before time.Time, kinds ...string) (int, error) {
			return m.Purge(ctx, before, append(kinds, "foreign")...)
		}}
	}},
	"purges too early": {"PurgeTakesOnlyOldAndDone", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, purge: func(ctx context.Context, before time.Time, kinds ...string) (int, error) {
			return m.Purge(ctx, before.Add(time.Millisecond), kinds...)
		}}
	}},
	"deaf": {"EndedContextWritesNothing", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, save: func(ctx context.Context, d outbox.Delivery) error {
			return m.Save(context.WithoutCancel(ctx), d)
		}}
	}},
	"says that nobody is no error": {"EnqueueKeepsEverything", func(m *outbox.Memory) outbox.Store {
		return broken{Memory: m, get: func(ctx context.Context, id string) (outbox.Delivery, error) {
			d, err := m.Get(ctx, id)
			if errors.Is(err, outbox.ErrNotFound) {
				err = nil
			}
			return d, err
		}}
	}},
}

// A broken store does some things its own way.
type broken struct {
	*outbox.Memory
	enqueue func(context.Context, outbox.Delivery) (outbox.Delivery, bool, error)
	claim   func(context.Context, outbox.Claim) ([]outbox.Delivery, error)
	extend  func(context.Context, outbox.Delivery, time.Time) error
	save    func(context.Context, outbox.Delivery) error
	get     func(context.Context, string) (outbox.Delivery, error)
	list    func(context.Context, outbox.Filter) iter.Seq2[outbox.Delivery, error]
	counts  func(context.Context, ...string) ([]outbox.Count, error)
	park    func(context.Context, time.Time, ...string) (int, error)
	redrive func(context.Context, time.Time, ...string) (int, error)
	purge   func(context.Context, time.Time, ...string) (int, error)
}

func (b broken) Enqueue(ctx context.Context, tx outbox.Execer, d outbox.Delivery) (outbox.Delivery, bool, error) {
	if b.enqueue != nil {
		return b.enqueue(ctx, d)
	}
	return b.Memory.Enqueue(ctx, tx, d)
}

func (b broken) Claim(ctx context.Context, c outbox.Claim) ([]outbox.Delivery, error) {
	return or(b.claim, b.Memory.Claim)(ctx, c)
}

func (b broken) Extend(ctx context.Context, d outbox.Delivery, until time.Time) error {
	if b.extend != nil {
		return b.extend(ctx, d, until)
	}
	return b.Memory.Extend(ctx, d, until)
}

func (b broken) Save(ctx context.Context, d outbox.Delivery) error {
	if b.save != nil {
		return b.save(ctx, d)
	}
	return b.Memory.Save(ctx, d)
}

func (b broken) Get(ctx context.Context, id string) (outbox.Delivery, error) {
	return or(b.get, b.Memory.Get)(ctx, id)
}

func (b broken) List(ctx context.Context, f outbox.Filter) iter.Seq2[outbox.Delivery, error] {
	if b.list != nil {
		return b.list(ctx, f)
	}
	return b.Memory.List(ctx, f)
}

func (b broken) Counts(ctx context.Context, kinds ...string) ([]outbox.Count, error) {
	if b.counts != nil {
		return b.counts(ctx, kinds...)
	}
	return b.Memory.Counts(ctx, kinds...)
}

func (b broken) Park(ctx context.Context, now time.Time, ids ...string) (int, error) {
	return turn(b.park, b.Memory.Park)(ctx, now, ids...)
}

func (b broken) Redrive(ctx context.Context, now time.Time, ids ...string) (int, error) {
	return turn(b.redrive, b.Memory.Redrive)(ctx, now, ids...)
}

func (b broken) Purge(ctx context.Context, before time.Time, kinds ...string) (int, error) {
	return turn(b.purge, b.Memory.Purge)(ctx, before, kinds...)
}

func or[In, Out any](own, right func(context.Context, In) (Out, error)) func(context.Context, In) (Out, error) {
	if own != nil {
		return own
	}
	return right
}

func turn(own, right func(context.Context, time.Time, ...string) (int, error)) func(context.Context, time.Time, ...string) (int, error) {
	if own != nil {
		return own
	}
	return right
}
