package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Memory is a [Store] that forgets everything when the process ends.
type Memory struct {
	mu         sync.Mutex // guards the following
	deliveries map[string]*Delivery
	ids        map[string]string // by key
}

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{deliveries: map[string]*Delivery{}, ids: map[string]string{}}
}

// Enqueue implements [Store].
func (m *Memory) Enqueue(ctx context.Context, tx Execer, d Delivery) (Delivery, bool, error) {
	d, err := prepared(d)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil && tx != nil {
		err = errors.New("a ledger in memory has no transactions")
	}
	if err != nil {
		return Delivery{}, false, fmt.Errorf("outbox: enqueue %q: %w", d.Key, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if id, ok := m.ids[d.Key]; ok {
		return clone(*m.deliveries[id]), false, nil
	}
	if m.deliveries[d.ID] != nil {
		return Delivery{}, false, fmt.Errorf("outbox: enqueue %q: id %s is taken", d.Key, d.ID)
	}
	stored := clone(d)
	m.deliveries[d.ID], m.ids[d.Key] = &stored, d.ID
	return clone(d), true, nil
}

// Claim implements [Store].
func (m *Memory) Claim(ctx context.Context, c Claim) ([]Delivery, error) {
	err := c.validate()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("outbox: claim: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	due := m.due(c)
	claimed := make([]Delivery, 0, min(c.Max, len(due)))
	for _, d := range due[:min(c.Max, len(due))] {
		d.Attempts++
		d.Fence++
		d.NotBefore = round(c.Until)
		claimed = append(claimed, clone(*d))
	}
	return claimed, nil
}

// due lists what may be claimed, the longest waiting first.
func (m *Memory) due(c Claim) []*Delivery {
	var list []*Delivery
	for _, d := range m.deliveries {
		due := d.Status == Pending && !d.NotBefore.After(round(c.Now))
		if c.Status == Parked {
			due = d.Status == Parked
		}
		if due && slices.Contains(c.Kinds, d.Kind) && (c.ID == "" || c.ID == d.ID) {
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(a, b *Delivery) int {
		if n := a.NotBefore.Compare(b.NotBefore); n != 0 {
			return n
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}

// Extend implements [Store].
func (m *Memory) Extend(ctx context.Context, d Delivery, until time.Time) error {
	return m.write(ctx, "extend", d, func(stored *Delivery) { stored.NotBefore = round(until) })
}

// Save implements [Store].
func (m *Memory) Save(ctx context.Context, d Delivery) error {
	if err := saveable(d); err != nil {
		return fmt.Errorf("outbox: save %s: %w", d.ID, err)
	}
	d = clone(rounded(d))
	return m.write(ctx, "save", d, func(stored *Delivery) {
		stored.Status, stored.State, stored.Payload = d.Status, d.State, d.Payload
		stored.NotBefore, stored.Updated = d.NotBefore, d.Updated
	})
}

func (m *Memory) write(ctx context.Context, action string, d Delivery, change func(*Delivery)) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("outbox: %s %s: %w", action, d.ID, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	stored := m.deliveries[d.ID]
	if stored == nil || stored.Fence != d.Fence {
		return fmt.Errorf("outbox: %s %s: %w", action, d.ID, ErrLeaseLost)
	}
	change(stored)
	return nil
}

// Get implements [Store].
func (m *Memory) Get(ctx context.Context, id string) (Delivery, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.deliveries[id]
	if err := ctx.Err(); err != nil {
		return Delivery{}, fmt.Errorf("outbox: get %s: %w", id, err)
	}
	if !ok {
		return Delivery{}, fmt.Errorf("outbox: get %s: %w", id, ErrNotFound)
	}
	return clone(*d), nil
}

// List implements [Store].
func (m *Memory) List(ctx context.Context, f Filter) iter.Seq2[Delivery, error] {
	return func(yield func(Delivery, error) bool) {
		for _, d := range m.selected(f) {
			if err := ctx.Err(); err != nil {
				yield(Delivery{}, fmt.Errorf("outbox: list: %w", err))
				return
			}
			if !yield(d, nil) {
				return
			}
		}
	}
}

func (m *Memory) selected(f Filter) []Delivery {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []Delivery
	for _, id := range slices.Sorted(maps.Keys(m.deliveries)) {
		if d := m.deliveries[id]; f.selects(d) {
			found = append(found, clone(*d))
		}
	}
	return found
}

func (f Filter) selects(d *Delivery) bool {
	return (f.Status == "" || f.Status == d.Status) && among(f.Kinds, d.Kind) && among(f.States, d.State) &&
		(f.UpdatedBefore.IsZero() || d.Updated.Before(round(f.UpdatedBefore))) &&
		(f.DueBefore.IsZero() || d.NotBefore.Before(round(f.DueBefore)))
}

func among(values []string, value string) bool {
	return len(values) == 0 || slices.Contains(values, value)
}

// Counts implements [Store].
func (m *Memory) Counts(ctx context.Context, kinds ...string) ([]Count, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("outbox: count: %w", err)
	}
	found := m.selected(Filter{Kinds: kinds})
	slices.SortFunc(found, func(a, b Delivery) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Status, b.Status), cmp.Compare(a.State, b.State), a.Created.Compare(b.Created))
	})
	var counts []Count
	for _, d := range found {
		if n := len(counts) - 1; n >= 0 && counts[n].Kind == d.Kind && counts[n].Status == d.Status && counts[n].State == d.State {
			counts[n].N++
			continue
		}
		counts = append(counts, Count{Kind: d.Kind, Status: d.Status, State: d.State, N: 1, Oldest: d.Created})
	}
	return counts, nil
}

// Park implements [Store].
func (m *Memory) Park(ctx context.Context, now time.Time, ids ...string) (int, error) {
	return m.turn(ctx, "park", now, ids, Pending, Parked)
}

// Redrive implements [Store].
func (m *Memory) Redrive(ctx context.Context, now time.Time, ids ...string) (int, error) {
	return m.turn(ctx, "redrive", now, ids, Parked, Pending)
}

// turn gives deliveries of one status the other, and ends their leases.
func (m *Memory) turn(ctx context.Context, action string, now time.Time, ids []string, from, to Status) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("outbox: %s: %w", action, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, id := range ids {
		if d := m.deliveries[id]; d != nil && d.Status == from {
			d.Status, d.NotBefore, d.Updated = to, round(now), round(now)
			d.Fence++
			n++
		}
	}
	return n, nil
}

// Purge implements [Store].
func (m *Memory) Purge(ctx context.Context, before time.Time, kinds ...string) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("outbox: purge: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for id, d := range m.deliveries {
		if d.Status == Done && d.Updated.Before(round(before)) && slices.Contains(kinds, d.Kind) {
			delete(m.deliveries, id)
			delete(m.ids, d.Key)
			n++
		}
	}
	return n, nil
}

func clone(d Delivery) Delivery {
	d.Payload = slices.Clone(d.Payload)
	return d
}
