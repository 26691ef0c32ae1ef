package routing_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/outbox"
)

// scenarios are the ways that a delivery can go.
var scenarios = map[string]func(w *world){
	"uploaded": func(*world) {},
	"answer lost": func(w *world) {
		w.onUpload = func(routing.Document) uploadFault { return uploadFault{stored: true, err: errUnknown} }
	},
	"answer lost, stored late": func(w *world) {
		w.onUpload = func(routing.Document) uploadFault {
			return uploadFault{stored: true, late: 9 * time.Minute, err: errUnknown}
		}
	},
	"request lost": func(w *world) {
		w.onUpload = func(routing.Document) uploadFault {
			return uploadFault{stored: w.uploads > 1, err: errUnknown}
		}
	},
	"answer lost, with a key": func(w *world) {
		w.keyed = true
		w.onUpload = func(routing.Document) uploadFault {
			return uploadFault{stored: true, late: time.Minute, err: errUnknown}
		}
	},
	"requests lost, with a key": func(w *world) {
		w.keyed = true
		w.onUpload = func(routing.Document) uploadFault { return uploadFault{stored: w.uploads > 3, err: errUnknown} }
	},
	"refused while the first is open, with a key": func(w *world) {
		w.keyed = true
		w.onUpload = func(routing.Document) uploadFault {
			if w.uploads == 1 {
				return uploadFault{stored: true, late: 9 * time.Minute, err: errUnknown}
			}
			return uploadFault{err: errFull}
		}
	},
	"busy for a while": func(w *world) {
		w.onUpload = func(routing.Document) uploadFault {
			if w.now.Before(start.Add(2 * time.Minute)) {
				return uploadFault{err: errDown}
			}
			return uploadFault{stored: true}
		}
	},
	"corrupted": func(w *world) {
		w.onUpload = func(routing.Document) uploadFault { return uploadFault{stored: true, corrupt: w.uploads == 1} }
	},
	"refused": func(w *world) {
		w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errFull} }
	},
	"refused, mail down for a while": func(w *world) {
		w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errFull} }
		w.onMail = func(m routing.Message) mailFault {
			if m.To.Address == "boss@example.com" && w.now.Before(start.Add(time.Hour)) {
				return mailFault{err: errNoMail}
			}
			return mailFault{accepted: true}
		}
	},
	"down for long": func(w *world) {
		w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errDown} }
	},
	"nowhere to go": func(w *world) {
		w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errFull} }
		w.onMail = func(routing.Message) mailFault { return mailFault{err: routing.ErrMailTooLarge} }
	},
}

// A process killed before or after any of its calls loses nothing, and the next
// one repeats nothing.
func TestKilledAtEachCall(t *testing.T) {
	t.Parallel()
	for name, scenario := range scenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := kill(t, scenario, -1, false)
			require.Greater(t, calls, 4)
			for call := 1; call <= calls; call++ {
				kill(t, scenario, call, false)
				kill(t, scenario, call, true)
			}
		})
	}
}

// kill runs a scenario in which the first process dies at its n-th call, and
// returns how many calls that process made.
func kill(t *testing.T, scenario func(*world), n int, after bool) int {
	w := newWorld(t)
	scenario(w)
	first := &process{world: w, fuse: n, after: after}
	r, err := routing.New(w.config(first))
	require.NoError(t, err)
	contents := map[string]string{}
	for _, key := range []string{"a", "b"} {
		if _, err := r.Route(t.Context(), submission(key)); err != nil {
			require.ErrorIs(t, err, errKilled)
			_, err = w.router().Route(t.Context(), submission(key)) // the host tries again
			require.NoError(t, err)
		}
		contents[key] = "document " + key
	}
	for end := start.Add(48 * time.Hour); w.clock().Before(end); w.wait(w.pause()) {
		if left, err := r.Drain(t.Context()); err != nil || left == 0 {
			break
		}
	}
	r = w.router()
	w.drain(r)
	for d, err := range r.Deliveries(t.Context(), outbox.Pending) {
		require.NoError(t, err)
		t.Errorf("killed at call %d (after: %t): delivery %+v did not end", n, after, d)
	}
	w.check(r, contents)
	require.LessOrEqual(t, len(w.mails)-len(w.bodies), 1, "mails sent twice, killed at call %d (after: %t)", n, after)
	return first.calls
}

// Any order of faults, kills, time and calls keeps every promise.
func TestAnythingMayHappen(t *testing.T) {
	t.Parallel()
	dir := memory(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		anything(t, rt, fmt.Sprintf("%s/%d", dir, run))
	})
}

func anything(t *testing.T, rt *rapid.T, dir string) {
	w := newWorld(t)
	w.t, w.dir, w.keyed = rt, dir, rapid.Bool().Draw(rt, "keyed")
	misfortune(w, rt)
	p := &process{world: w, fuse: -1}
	contents := map[string]string{}
	router := func() *routing.Router {
		r, err := routing.New(w.config(p))
		require.NoError(rt, err)
		return r
	}
	rt.Repeat(map[string]func(*rapid.T){
		"route": func(rt *rapid.T) {
			key := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "key")
			w.wait(time.Millisecond) // ids of the same moment are in no order
			if _, err := router().Route(t.Context(), submission(key)); err == nil {
				contents[key] = "document " + key
			}
		},
		"drain": func(rt *rapid.T) {
			if _, err := router().Drain(t.Context()); err != nil {
				require.True(rt, errors.Is(err, errKilled) || errors.Is(err, errLedger), err)
			}
		},
		"park": func(rt *rapid.T) {
			for d, err := range router().Deliveries(t.Context(), outbox.Pending) {
				require.NoError(rt, err)
				_, err := router().Park(t.Context(), d.ID)
				require.NoError(rt, err)
			}
		},
		"redrive": func(rt *rapid.T) {
			w.resume(router())
			for d, err := range router().Deliveries(t.Context(), outbox.Parked) {
				require.NoError(rt, err)
				if len(w.mailedTo(d.ID, "document "+d.Key)) > 0 {
					continue // a person would rather not
				}
				_, err := router().Redrive(t.Context(), d.ID)
				require.NoError(rt, err)
			}
		},
		"confirm": func(rt *rapid.T) {
			r := router()
			for d, err := range r.Deliveries(t.Context(), outbox.Parked) {
				require.NoError(rt, err)
				if stays, err := w.store.Get(t.Context(), d.ID); err != nil || stays.State != string(routing.Parked) {
					continue // Park was called, and work goes on some time
				}
				if err := r.Confirm(t.Context(), d.ID, "a person"); err != nil {
					require.True(rt, errors.Is(err, errKilled) || errors.Is(err, errLedger), err)
				}
			}
		},
		"wait": func(rt *rapid.T) {
			w.wait(time.Duration(rapid.IntRange(1, 1200).Draw(rt, "seconds")) * time.Second)
		},
		"set the clock": func(rt *rapid.T) {
			w.set(time.Duration(rapid.IntRange(-7200, 7200).Draw(rt, "seconds")) * time.Second)
		},
		"kill": func(rt *rapid.T) {
			p = &process{world: w, fuse: rapid.IntRange(1, 10).Draw(rt, "calls"), after: rapid.Bool().Draw(rt, "after")}
		},
		"restart": func(*rapid.T) { p = &process{world: w, fuse: -1} },
		"":        func(rt *rapid.T) { require.Empty(rt, w.rules) },
	})
	w.onUpload, w.onFind, w.onMail, w.onHook, w.onStore = nil, nil, nil, nil, nil
	r := w.router()
	w.resume(r)
	w.drain(r)
	accepted := map[string]string{}
	for d, err := range r.Deliveries(t.Context(), "") {
		require.NoError(rt, err)
		require.NotEqual(rt, routing.Mailing, d.State)
		accepted[d.Key] = "document " + d.Key
		delete(contents, d.Key)
	}
	require.Empty(rt, contents, "accepted documents without a delivery")
	w.check(r, accepted)
}

// resume drives again what a person has parked.
func (w *world) resume(r *routing.Router) {
	for d, err := range w.store.List(context.Background(), outbox.Filter{Status: outbox.Parked}) {
		require.NoError(w.t, err)
		if d.State == string(routing.Parked) {
			continue
		}
		_, err := r.Redrive(context.Background(), d.ID)
		require.NoError(w.t, err)
	}
}

// Faults that pass, in time, are nobody's business: the document is in
// Salesforce, once, and not mailed.
func TestPassingFaultsEndInSalesforce(t *testing.T) {
	t.Parallel()
	dir := memory(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		w := newWorld(t)
		w.t, w.dir, w.keyed = rt, fmt.Sprintf("%s/%d", dir, run), rapid.Bool().Draw(rt, "keyed")
		passingFaults(w, rt)
		_, err := w.router().Route(t.Context(), submission("a"))
		for errors.Is(err, errLedger) {
			_, err = w.router().Route(t.Context(), submission("a"))
		}
		require.NoError(rt, err)
		for lives := 3; ; w.wait(w.pause()) {
			p := &process{world: w, fuse: -1}
			if lives--; lives > 0 {
				p.fuse, p.after = rapid.IntRange(1, 12).Draw(rt, "calls"), rapid.Bool().Draw(rt, "after")
			}
			cfg := w.config(p)
			cfg.MailAfter = 2 * time.Hour // each open outcome takes eleven minutes
			r, err := routing.New(cfg)
			require.NoError(rt, err)
			if left, err := r.Drain(t.Context()); err == nil && left == 0 {
				break
			}
		}
		r := w.router()
		for d, err := range r.Deliveries(t.Context(), "") {
			require.NoError(rt, err)
			require.Equal(rt, routing.Verified, d.State)
		}
		require.Empty(rt, w.mails)
		w.check(r, map[string]string{"a": "document a"})
	})
}

// passingFaults has two uploads fail and three other calls of each kind.
func passingFaults(w *world, rt *rapid.T) {
	uploads, finds, calls := 2, 3, 3
	left := func(n *int) bool {
		*n--
		return *n >= 0
	}
	w.onUpload = func(routing.Document) uploadFault {
		if !left(&uploads) {
			return uploadFault{stored: true}
		}
		return draw(rt, "upload", map[string]uploadFault{
			"ok":           {stored: true},
			"answer lost":  {stored: true, err: errUnknown},
			"stored late":  {stored: true, late: 10 * time.Minute, err: errUnknown},
			"request lost": {err: errUnknown},
			"down":         {err: errDown},
		})
	}
	w.onFind = func() error {
		if !left(&finds) {
			return nil
		}
		return draw(rt, "find", map[string]error{"ok": nil, "down": errDown})
	}
	w.onStore = func() storeFault {
		if !left(&calls) {
			return storeFault{}
		}
		return draw(rt, "ledger", storeFaults)
	}
}

var storeFaults = map[string]storeFault{"ok": {}, "fails": {before: true}, "answer lost": {after: true}}

// misfortune lets chance decide how each call to the outside goes.
func misfortune(w *world, rt *rapid.T) {
	uploads := map[string]uploadFault{
		"ok":             {stored: true},
		"answer lost":    {stored: true, err: errUnknown},
		"stored late":    {stored: true, late: 10 * time.Minute, err: errUnknown},
		"slow and late":  {takes: 10 * time.Minute, stored: true, late: 10 * time.Minute, err: errUnknown},
		"request lost":   {err: errUnknown},
		"down":           {err: errDown},
		"refused":        {err: errFull},
		"corrupted":      {stored: true, corrupt: true},
		"something else": {err: errors.New("something else")},
	}
	mails := map[string]mailFault{
		"ok":          {accepted: true},
		"answer lost": {accepted: true, err: errNoMail},
		"down":        {err: errNoMail},
		"too large":   {err: routing.ErrMailTooLarge},
	}
	w.onUpload = func(routing.Document) uploadFault { return draw(rt, "upload", uploads) }
	w.onMail = func(routing.Message) mailFault { return draw(rt, "mail", mails) }
	w.onStore = func() storeFault { return draw(rt, "ledger", storeFaults) }
	w.onFind = func() error { return draw(rt, "find", map[string]error{"ok": nil, "down": errDown}) }
	w.onHook = func(routing.Failure) error { return draw(rt, "hook", map[string]error{"ok": nil, "broken": errDown}) }
}

func draw[T any](rt *rapid.T, label string, outcomes map[string]T) T {
	var names []string
	for name := range outcomes {
		names = append(names, name)
	}
	slices.Sort(names)
	return outcomes[rapid.SampledFrom(names).Draw(rt, label)]
}
