package importertest_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/salesforce"
)

// A kept is a store whose methods can be given faults.
type kept struct {
	importer.Store
	acquire func(ctx context.Context, holder string, ttl time.Duration) (importer.Fence, error)
	release func(ctx context.Context, fence importer.Fence) error
	save    func(ctx context.Context, fence importer.Fence, c *importer.Checkpoint) error
	state   func(ctx context.Context) (importer.State, error)
	links   func(ctx context.Context, object string, ids []salesforce.ID) ([]importer.Link, error)
	list    func(ctx context.Context, f importer.LinkFilter, after salesforce.ID, limit int) ([]importer.Link, error)
	linkOf  func(ctx context.Context, kind, hostID string) (importer.Link, bool, error)
	tasks   func(ctx context.Context, object string, limit int) ([]importer.Task, error)
	runs    func(ctx context.Context) iter.Seq2[importer.Run, error]
	entries func(ctx context.Context, run int64) iter.Seq2[importer.Entry, error]
}

func (k kept) Acquire(ctx context.Context, holder string, ttl time.Duration) (importer.Fence, error) {
	return either(k.acquire, k.Store.Acquire)(ctx, holder, ttl)
}

func (k kept) Release(ctx context.Context, fence importer.Fence) error {
	return either(k.release, k.Store.Release)(ctx, fence)
}

func (k kept) Save(ctx context.Context, fence importer.Fence, c *importer.Checkpoint) error {
	return either(k.save, k.Store.Save)(ctx, fence, c)
}

func (k kept) State(ctx context.Context) (importer.State, error) {
	return either(k.state, k.Store.State)(ctx)
}

func (k kept) Links(ctx context.Context, object string, ids []salesforce.ID) ([]importer.Link, error) {
	return either(k.links, k.Store.Links)(ctx, object, ids)
}

func (k kept) ListLinks(ctx context.Context, f importer.LinkFilter, after salesforce.ID, limit int) ([]importer.Link, error) {
	return either(k.list, k.Store.ListLinks)(ctx, f, after, limit)
}

func (k kept) LinkOf(ctx context.Context, kind, hostID string) (importer.Link, bool, error) {
	return either(k.linkOf, k.Store.LinkOf)(ctx, kind, hostID)
}

func (k kept) Tasks(ctx context.Context, object string, limit int) ([]importer.Task, error) {
	return either(k.tasks, k.Store.Tasks)(ctx, object, limit)
}

func (k kept) Runs(ctx context.Context) iter.Seq2[importer.Run, error] {
	return either(k.runs, k.Store.Runs)(ctx)
}

func (k kept) Entries(ctx context.Context, run int64) iter.Seq2[importer.Entry, error] {
	return either(k.entries, k.Store.Entries)(ctx, run)
}

func either[F interface {
	func(context.Context, string, time.Duration) (importer.Fence, error) | func(context.Context, importer.Fence) error |
		func(context.Context, importer.Fence, *importer.Checkpoint) error | func(context.Context) (importer.State, error) |
		func(context.Context, string, []salesforce.ID) ([]importer.Link, error) |
		func(context.Context, importer.LinkFilter, salesforce.ID, int) ([]importer.Link, error) |
		func(context.Context, string, string) (importer.Link, bool, error) | func(context.Context, string, int) ([]importer.Task, error) |
		func(context.Context) iter.Seq2[importer.Run, error] | func(context.Context, int64) iter.Seq2[importer.Entry, error]
}](broken, whole F) F {
	if broken != nil {
		return broken
	}
	return whole
}

// saved is a store that takes each checkpoint for another one.
func saved(alter func(c *importer.Checkpoint)) func(*ready) importer.Store {
	return func(r *ready) importer.Store {
		return kept{Store: r.Store, save: func(ctx context.Context, fence importer.Fence, c *importer.Checkpoint) error {
			other := *c
			alter(&other)
			return r.Store.Save(ctx, fence, &other)
		}}
	}
}

// listed is a store that takes each filter for another one.
func listed(alter func(f *importer.LinkFilter, after *salesforce.ID, limit *int)) func(*ready) importer.Store {
	return func(r *ready) importer.Store {
		return kept{Store: r.Store, list: func(ctx context.Context, f importer.LinkFilter, after salesforce.ID, limit int) ([]importer.Link, error) {
			alter(&f, &after, &limit)
			return r.Store.ListLinks(ctx, f, after, limit)
		}}
	}
}

// storeFaults are stores with one fault each, and the promise that each breaks.
var storeFaults = map[string]struct {
	promise string
	store   func(*ready) importer.Store
}{
	"seconds":   {"SaveKeepsEverything", saved(func(c *importer.Checkpoint) { c.Watermark = c.Watermark.Truncate(time.Second) })},
	"no epochs": {"SaveKeepsEverything", saved(func(c *importer.Checkpoint) { c.Epochs = nil })},
	"no digests": {"SaveKeepsEverything", saved(func(c *importer.Checkpoint) {
		c.Links = slices.Clone(c.Links)
		for i := range c.Links {
			c.Links[i].Digest = ""
		}
	})},
	"no changed fields": {"SaveKeepsEverything", saved(func(c *importer.Checkpoint) {
		c.Entries = slices.Clone(c.Entries)
		for i := range c.Entries {
			c.Entries[i].Changed = nil
		}
	})},
	"empty parts are cleared": {"EmptyPartsStay", func(r *ready) importer.Store {
		watermark := true
		return kept{Store: r.Store, save: func(ctx context.Context, fence importer.Fence, c *importer.Checkpoint) error {
			watermark = !c.Watermark.IsZero()
			return r.Store.Save(ctx, fence, c)
		}, state: func(ctx context.Context) (importer.State, error) {
			state, err := r.Store.State(ctx)
			if !watermark {
				state.Watermark = time.Time{}
			}
			return state, err
		}}
	}},
	"any run is the last import": {"StateHasTheLastRun", func(r *ready) importer.Store {
		return kept{Store: r.Store, state: func(ctx context.Context) (importer.State, error) {
			state, err := r.Store.State(ctx)
			for run, err := range r.Store.Runs(ctx) {
				if err != nil {
					return state, err
				}
				state.Last = &run
				break
			}
			return state, err
		}}
	}},
	"oldest run first": {"StateHasTheLastRun", func(r *ready) importer.Store {
		return kept{Store: r.Store, runs: func(ctx context.Context) iter.Seq2[importer.Run, error] {
			return func(yield func(importer.Run, error) bool) {
				var all []importer.Run
				for run, err := range r.Store.Runs(ctx) {
					if err != nil {
						yield(run, err)
						return
					}
					all = append(all, run)
				}
				for _, run := range slices.Backward(all) {
					if !yield(run, nil) {
						return
					}
				}
			}
		}}
	}},
	"ids of any object": {"LinksAreFoundByID", func(r *ready) importer.Store {
		return kept{Store: r.Store, links: func(ctx context.Context, object string, ids []salesforce.ID) ([]importer.Link, error) {
			links, err := r.Store.Links(ctx, object, ids)
			if err == nil && object == "Contact" {
				more, err := r.Store.Links(ctx, "Lead", ids)
				return append(links, more...), err
			}
			return links, err
		}}
	}},
	"ids in one case": {"IDsAreComparedByteByByte", saved(func(c *importer.Checkpoint) {
		c.Links = slices.Clone(c.Links)
		for i := range c.Links {
			c.Links[i].ID = salesforce.ID(strings.ToUpper(string(c.Links[i].ID)))
		}
	})},
	"any state":        {"LinksAreListedAsFiltered", listed(func(f *importer.LinkFilter, _ *salesforce.ID, _ *int) { f.States = nil })},
	"any parent":       {"LinksAreListedAsFiltered", listed(func(f *importer.LinkFilter, _ *salesforce.ID, _ *int) { f.ParentID = "" })},
	"any run":          {"LinksAreListedAsFiltered", listed(func(f *importer.LinkFilter, _ *salesforce.ID, _ *int) { f.NotRun = 0 })},
	"from the start":   {"LinksAreListedAsFiltered", listed(func(_ *importer.LinkFilter, after *salesforce.ID, _ *int) { *after = "" })},
	"one page of five": {"LinksAreListedAsFiltered", listed(func(_ *importer.LinkFilter, _ *salesforce.ID, limit *int) { *limit = min(*limit, 5) })},
	"host ids of any kind": {"LinksAreFoundByHostID", func(r *ready) importer.Store {
		return kept{Store: r.Store, linkOf: func(ctx context.Context, _, hostID string) (importer.Link, bool, error) {
			return r.Store.LinkOf(ctx, "contact", hostID)
		}}
	}},
	"children last": {"TasksAreOwedOnce", func(r *ready) importer.Store {
		return kept{Store: r.Store, tasks: func(ctx context.Context, object string, limit int) ([]importer.Task, error) {
			tasks, err := r.Store.Tasks(ctx, object, limit)
			slices.Reverse(tasks)
			return tasks, err
		}}
	}},
	"done after owed": {"TasksAreOwedOnce", saved(func(c *importer.Checkpoint) {
		c.NewTasks = slices.DeleteFunc(slices.Clone(c.NewTasks), func(t importer.Task) bool { return slices.Contains(c.DoneTasks, t) })
	})},
	"children are done with their parent": {"TasksAreOwedOnce", saved(func(c *importer.Checkpoint) {
		for _, task := range c.DoneTasks {
			task.Children = !task.Children
			c.DoneTasks = append(slices.Clip(c.DoneTasks), task)
		}
	})},
	"gone is forgotten": {"ThatARecordIsGoneStays", func(r *ready) importer.Store {
		return kept{Store: r.Store, save: func(ctx context.Context, fence importer.Fence, c *importer.Checkpoint) error {
			other := *c
			for _, task := range c.NewTasks { // the last word counts
				task.Gone = false
				other.DoneTasks = append(slices.Clip(other.DoneTasks), task)
			}
			return r.Store.Save(ctx, fence, &other)
		}}
	}},
	"attempts are not counted": {"DeadLettersCountTheirAttempts", saved(func(c *importer.Checkpoint) {
		for _, d := range c.Dead {
			c.Alive = append(slices.Clip(c.Alive), importer.Task{Object: d.Object, ID: d.ID})
		}
	})},
	"every save is an attempt": {"DeadLettersCountTheirAttempts", func(r *ready) importer.Store {
		n := int64(100)
		return saved(func(c *importer.Checkpoint) {
			c.Dead = slices.Clone(c.Dead)
			for i := range c.Dead {
				n++
				c.Dead[i].Run = n
			}
		})(r)
	}},
	"tried again and forgotten": {"DeadLettersAreTriedAgain", saved(func(c *importer.Checkpoint) {
		if c.RetryDead {
			c.RetryDead = false
			c.NewTasks = []importer.Task{
				{Object: "Contact", ID: "003000000000001AAA"}, {Object: "Contact", ID: "003000000000002AAA"}, {Object: "Lead", ID: "003000000000003AAA"},
			}
			c.Alive = c.NewTasks
		}
	})},
	"reads with a connection held": {"ListsLetTheLoopUseTheStore", func(r *ready) importer.Store {
		return kept{Store: r.Store, linkOf: func(ctx context.Context, kind, hostID string) (importer.Link, bool, error) {
			ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond) // how long it waits for a connection
			defer cancel()
			return r.Store.LinkOf(ctx, kind, hostID)
		}, entries: func(ctx context.Context, run int64) iter.Seq2[importer.Entry, error] {
			return func(yield func(importer.Entry, error) bool) {
				conn, err := r.db.Conn(ctx)
				if err != nil {
					yield(importer.Entry{}, err)
					return
				}
				defer conn.Close()
				yield(importer.Entry{Run: run, Object: "Contact", ID: "003000000000001AAA"}, nil)
			}
		}}
	}},
	"five hundred entries": {"LargeCheckpoints", saved(func(c *importer.Checkpoint) { c.Entries = c.Entries[:min(len(c.Entries), 500)] })},
	"anybody gets the lease": {"LeaseKeepsOthersOut", func(r *ready) importer.Store {
		return kept{Store: r.Store, acquire: func(ctx context.Context, holder string, ttl time.Duration) (importer.Fence, error) {
			r.clock.pass(ttl + time.Second)
			return r.Store.Acquire(ctx, holder, ttl)
		}}
	}},
	"anybody releases it": {"LeaseKeepsOthersOut", func(r *ready) importer.Store {
		var newest importer.Fence
		return kept{Store: r.Store, acquire: func(ctx context.Context, holder string, ttl time.Duration) (importer.Fence, error) {
			fence, err := r.Store.Acquire(ctx, holder, ttl)
			if err == nil {
				newest = fence
			}
			return fence, err
		}, release: func(ctx context.Context, _ importer.Fence) error { return r.Store.Release(ctx, newest) }}
	}},
	"for ever": {"LeaseRunsOut", func(r *ready) importer.Store {
		return kept{Store: r.Store, acquire: func(ctx context.Context, holder string, ttl time.Duration) (importer.Fence, error) {
			fence, err := r.Store.Acquire(ctx, holder, importer.MaxLease)
			fence.TTL = importer.MaxLease
			return fence, err
		}}
	}},
	"never extended": {"SaveExtendsTheLease", func(r *ready) importer.Store {
		return kept{Store: r.Store, save: func(ctx context.Context, fence importer.Fence, c *importer.Checkpoint) error {
			fence.TTL = time.Second
			return r.Store.Save(ctx, fence, c)
		}}
	}},
	"no look at the fence": {"OvertakenRunsWriteNothing", func(r *ready) importer.Store {
		var newest importer.Fence
		return kept{Store: r.Store, acquire: func(ctx context.Context, holder string, ttl time.Duration) (importer.Fence, error) {
			fence, err := r.Store.Acquire(ctx, holder, ttl)
			if err == nil {
				newest = fence
			}
			return fence, err
		}, save: func(ctx context.Context, _ importer.Fence, c *importer.Checkpoint) error {
			return r.Store.Save(ctx, newest, c)
		}}
	}},
	"fence looked at too late": {"OvertakenRunsWriteNothing", func(r *ready) importer.Store {
		var newest importer.Fence
		return kept{Store: r.Store, acquire: func(ctx context.Context, holder string, ttl time.Duration) (importer.Fence, error) {
			fence, err := r.Store.Acquire(ctx, holder, ttl)
			if err == nil {
				newest = fence
			}
			return fence, err
		}, save: func(ctx context.Context, fence importer.Fence, c *importer.Checkpoint) error {
			if err := r.Store.Save(ctx, newest, &importer.Checkpoint{Audit: c.Audit}); err != nil {
				return err
			}
			rest := *c
			rest.Audit = nil
			return r.Store.Save(ctx, fence, &rest)
		}}
	}},
	"two at once": {"OneOfManyGetsTheLease", func(r *ready) importer.Store {
		return kept{Store: r.Store, acquire: func(ctx context.Context, holder string, ttl time.Duration) (importer.Fence, error) {
			fence, err := r.Store.Acquire(ctx, holder, ttl)
			if err != nil {
				fence, err = importer.Fence{Number: 1, TTL: ttl}, nil // it had looked before
			}
			return fence, err
		}}
	}},
	"page by halves": {"ReadersDoNotDisturb", func(r *ready) importer.Store {
		return kept{Store: r.Store, save: func(ctx context.Context, fence importer.Fence, c *importer.Checkpoint) error {
			if len(c.Links) < 10 {
				return r.Store.Save(ctx, fence, c)
			}
			for _, link := range c.Links {
				if err := r.Store.Save(ctx, fence, &importer.Checkpoint{Links: []importer.Link{link}}); err != nil {
					return err
				}
			}
			return nil
		}}
	}},
	"deaf to a context": {"EndedContextWritesNothing", func(r *ready) importer.Store {
		return kept{Store: r.Store, save: func(ctx context.Context, fence importer.Fence, c *importer.Checkpoint) error {
			return r.Store.Save(context.WithoutCancel(ctx), fence, c)
		}}
	}},
}
