package importer_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/salesforce"
)

// simHost is a host in memory: the importer's state and the host's own tables.
// It costs nothing to make, and so thousands can be made.
type simHost struct {
	mutex   sync.Mutex
	now     func() time.Time
	state   importer.State
	fence   int64
	expires time.Time
	runs    map[int64]importer.Run
	links   map[simKey]importer.Link
	tasks   map[simKey]importer.Task
	dead    map[simKey]importer.DeadLetter
	entries []importer.Entry
	audit   []importer.AuditEntry

	rows    map[salesforce.ID]*simRow
	own     map[string]*simRow // records of the host's own, by its id
	serial  int
	refuses map[salesforce.ID]bool // records that the host takes not, for now

	// What the simulation looks at.
	watermark func(time.Time)             // before the watermark moves
	touched   func(importer.Change) error // before a row is written; its error is a violation
	faults    []string                    // promises of the Sink's contract that the importer broke
}

type simKey struct {
	object   string
	id       salesforce.ID
	children bool
}

// A simRow is one record of the host.
type simRow struct {
	id, kind string
	sfID     salesforce.ID
	parent   string
	active   bool
	stamp    time.Time
	values   map[string]string // mapped fields; what is empty is absent
	own      string            // a field of the host's own, which no import may change
}

func newSimHost(now func() time.Time) *simHost {
	return &simHost{
		now: now, runs: map[int64]importer.Run{}, links: map[simKey]importer.Link{}, tasks: map[simKey]importer.Task{},
		dead: map[simKey]importer.DeadLetter{}, rows: map[salesforce.ID]*simRow{}, own: map[string]*simRow{}, refuses: map[salesforce.ID]bool{},
		watermark: func(time.Time) {}, touched: func(importer.Change) error { return nil },
	}
}

func (h *simHost) Acquire(_ context.Context, _ string, ttl time.Duration) (importer.Fence, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.expires.After(h.now()) {
		return importer.Fence{}, importer.ErrRunActive
	}
	h.fence++
	h.expires = h.now().Add(ttl)
	return importer.Fence{Number: h.fence, TTL: ttl}, nil
}

func (h *simHost) Release(_ context.Context, fence importer.Fence) error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if fence.Number == h.fence {
		h.expires = time.Time{}
	}
	return nil
}

// held reports whether somebody has the lease.
func (h *simHost) held() bool {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.expires.After(h.now())
}

func (h *simHost) State(context.Context) (importer.State, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	state := h.state
	state.Seen = slices.Clone(state.Seen)
	for number, run := range h.runs {
		if run.Kind != importer.Relink && (state.Last == nil || number > state.Last.Number) {
			run.Counts = maps.Clone(run.Counts)
			state.Last = &run
		}
	}
	return state, nil
}

func (h *simHost) Links(_ context.Context, object string, ids []salesforce.ID) (links []importer.Link, _ error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for _, id := range ids {
		if link, ok := h.links[simKey{object: object, id: id}]; ok {
			links = append(links, link)
		}
	}
	return links, nil
}

func (h *simHost) ListLinks(_ context.Context, f importer.LinkFilter, after salesforce.ID, limit int) (links []importer.Link, _ error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for _, link := range h.links {
		if link.Object == f.Object && link.ID > after && (f.ParentID == "" || link.ParentID == f.ParentID) &&
			(f.NotRun == 0 || link.Run != f.NotRun) && (len(f.States) == 0 || slices.Contains(f.States, link.State)) {
			links = append(links, link)
		}
	}
	slices.SortFunc(links, func(a, b importer.Link) int { return cmp.Compare(a.ID, b.ID) })
	return links[:min(limit, len(links))], nil
}

func (h *simHost) LinkOf(_ context.Context, kind, hostID string) (importer.Link, bool, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for _, link := range h.links {
		if link.Kind == kind && link.HostID == hostID {
			return link, true, nil
		}
	}
	return importer.Link{}, false, nil
}

func (h *simHost) Tasks(_ context.Context, object string, limit int) (tasks []importer.Task, _ error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for _, task := range h.tasks {
		if task.Object == object {
			tasks = append(tasks, task)
		}
	}
	slices.SortFunc(tasks, func(a, b importer.Task) int {
		if a.Children != b.Children {
			if a.Children {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return tasks[:min(limit, len(tasks))], nil
}

func (h *simHost) Save(_ context.Context, fence importer.Fence, c *importer.Checkpoint) error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.save(fence, c)
}

func (h *simHost) save(fence importer.Fence, c *importer.Checkpoint) error {
	if fence.Number != h.fence {
		return importer.ErrLeaseLost
	}
	h.expires = h.now().Add(fence.TTL)
	h.saveState(c)
	if c.Run != nil {
		run := *c.Run
		run.Counts = maps.Clone(run.Counts)
		h.runs[run.Number] = run
		h.state.Runs = max(h.state.Runs, run.Number)
	}
	for _, link := range c.Links {
		h.links[simKey{object: link.Object, id: link.ID}] = link
	}
	for _, task := range c.Alive {
		delete(h.dead, simKey{object: task.Object, id: task.ID})
	}
	for _, letter := range c.Dead {
		h.dead[simKey{object: letter.Object, id: letter.ID}] = letter
	}
	if c.RetryDead {
		for _, letter := range h.dead {
			h.owe(importer.Task{Object: letter.Object, ID: letter.ID, Gone: letter.Gone})
		}
	}
	for _, task := range c.DoneTasks {
		delete(h.tasks, simKey{task.Object, task.ID, task.Children})
	}
	for _, task := range c.NewTasks {
		h.owe(task)
	}
	h.entries = append(h.entries, c.Entries...)
	h.audit = append(h.audit, c.Audit...)
	return nil
}

func (h *simHost) saveState(c *importer.Checkpoint) {
	h.state.Org = cmp.Or(c.Org, h.state.Org)
	h.state.Fingerprint = cmp.Or(c.Fingerprint, h.state.Fingerprint)
	if len(c.Seen) > 0 {
		h.state.Seen = slices.Clone(c.Seen)
	}
	if !c.LastComplete.IsZero() {
		h.state.LastComplete = c.LastComplete
	}
	if !c.Watermark.IsZero() {
		h.watermark(c.Watermark)
		h.state.Watermark = c.Watermark
	}
}

func (h *simHost) owe(task importer.Task) {
	key := simKey{task.Object, task.ID, task.Children}
	task.Gone = task.Gone || h.tasks[key].Gone
	h.tasks[key] = task
}

func (h *simHost) DeadOf(_ context.Context, object string, ids []salesforce.ID) (letters []importer.DeadLetter, _ error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	for _, id := range ids {
		if letter, ok := h.dead[simKey{object: object, id: id}]; ok {
			letters = append(letters, letter)
		}
	}
	return letters, nil
}

func (h *simHost) DeadLetters(context.Context) iter.Seq2[importer.DeadLetter, error] {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	letters := slices.Collect(maps.Values(h.dead))
	slices.SortFunc(letters, func(a, b importer.DeadLetter) int {
		return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.ID, b.ID))
	})
	return allOf(letters)
}

func (h *simHost) Runs(context.Context) iter.Seq2[importer.Run, error] {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	runs := slices.Collect(maps.Values(h.runs))
	slices.SortFunc(runs, func(a, b importer.Run) int { return cmp.Compare(b.Number, a.Number) })
	return allOf(runs)
}

func allOf[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

func (h *simHost) Entries(_ context.Context, run int64) iter.Seq2[importer.Entry, error] {
	return allOf(slices.DeleteFunc(slices.Clone(h.entries), func(e importer.Entry) bool { return e.Run != run }))
}

func (h *simHost) Audit(context.Context) iter.Seq2[importer.AuditEntry, error] {
	return allOf(h.audit)
}

// Apply takes all or nothing of a batch but for the records that it refuses.
func (h *simHost) Apply(_ context.Context, batch []importer.Change) ([]importer.Outcome, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	outcomes := make([]importer.Outcome, len(batch))
	for i, change := range batch {
		outcomes[i] = h.apply(change)
	}
	return outcomes, nil
}

// ApplyAndSave commits the batch and its checkpoint together.
func (h *simHost) ApplyAndSave(_ context.Context, fence importer.Fence, batch []importer.Change, then func([]importer.Outcome) *importer.Checkpoint) error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if fence.Number != h.fence {
		return importer.ErrLeaseLost
	}
	outcomes := make([]importer.Outcome, len(batch))
	for i, change := range batch {
		outcomes[i] = h.apply(change)
	}
	return h.save(fence, then(outcomes))
}

// apply writes one change.
func (h *simHost) apply(c importer.Change) importer.Outcome {
	row, outcome := h.outcome(c)
	if row == nil {
		return outcome
	}
	if err := h.touched(c); err != nil {
		h.faults = append(h.faults, err.Error())
	}
	delete(h.own, row.id)
	if outcome.Result == importer.Created {
		h.serial++
		row.id = strconv.Itoa(h.serial)
		outcome.HostID = row.id
	}
	h.rows[c.ID] = row
	return outcome
}

// Diff tells what Apply would answer.
func (h *simHost) Diff(_ context.Context, batch []importer.Change) ([]importer.Outcome, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	outcomes := make([]importer.Outcome, len(batch))
	for i, change := range batch {
		_, outcomes[i] = h.outcome(change)
	}
	return outcomes, nil
}

// outcome works out what a change makes of its row; nil leaves it as it is.
func (h *simHost) outcome(c importer.Change) (*simRow, importer.Outcome) {
	old := h.rows[c.ID]
	switch {
	case h.refuses[c.ID]:
		return nil, importer.Outcome{HostID: c.HostID, Err: errors.New("the host is closed for this record")}
	case old == nil && c.Action == importer.Adopt && h.own[c.HostID] != nil:
		old = h.own[c.HostID]
	case old == nil && c.Action == importer.Adopt && h.byHostID(c.HostID) != nil:
		return nil, importer.Outcome{Err: errors.New("it belongs to another record")}
	case old == nil && c.HostID != "":
		return nil, importer.Outcome{Result: importer.Missing}
	case old == nil && c.Action == importer.Retire:
		return nil, importer.Outcome{Result: importer.Unchanged}
	case old == nil:
		row := &simRow{kind: c.Kind, sfID: c.ID, active: true, values: map[string]string{}}
		row.take(c)
		return row, importer.Outcome{Result: importer.Created}
	case c.HostID != "" && c.HostID != old.id && c.Action != importer.Adopt:
		h.faults = append(h.faults, fmt.Sprintf("I11: %s is host record %s and was asked to be %s", c.ID, old.id, c.HostID))
	}
	if old.stamp.After(c.Stamp) {
		return nil, importer.Outcome{HostID: old.id, Result: importer.Unchanged}
	}
	row := *old
	row.values, row.sfID = maps.Clone(old.values), c.ID
	row.take(c)
	outcome := importer.Outcome{HostID: row.id, Result: importer.Unchanged}
	if before, after := old.String(), row.String(); before != after {
		outcome.Result, outcome.Changed = importer.Updated, []importer.FieldChange{{Field: "row", Old: before, New: after}}
	}
	return &row, outcome
}

// take writes a change into the row.
func (r *simRow) take(c importer.Change) {
	r.stamp = c.Stamp
	if c.Action == importer.Retire {
		r.active = false
		return
	}
	if c.Action == importer.Restore {
		r.active = true
	}
	r.parent = c.Parent
	for target, value := range c.Values.All() {
		if text := simText(value); text != "" {
			r.values[target] = text
		} else {
			delete(r.values, target)
		}
	}
}

// simText writes a mapped value.
func simText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case []string:
		return strings.Join(v, "\n")
	case decimal.Decimal:
		return v.String()
	default:
		return fmt.Sprint(v)
	}
}

// String is the row without its stamp.
func (r *simRow) String() string {
	if r == nil {
		return "none"
	}
	return fmt.Sprintf("%s %s of %s under %q active %t %v own %q", r.kind, r.id, r.sfID, r.parent, r.active, r.values, r.own)
}

// Find finds records by the value of a field, or by the id that they were
// imported with.
func (h *simHost) Find(_ context.Context, l importer.Lookup) (found []importer.Found, _ error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	look := func(row *simRow) {
		if row.kind == l.Kind && (slices.Contains(l.Values, row.values[l.Field]) || row.sfID != "" && slices.Contains(l.IDs, row.sfID)) {
			found = append(found, importer.Found{HostID: row.id, ID: row.sfID, Value: row.values[l.Field]})
		}
	}
	for _, row := range h.rows {
		look(row)
	}
	for _, row := range h.own {
		look(row)
	}
	slices.SortFunc(found, func(a, b importer.Found) int { return cmp.Compare(a.HostID, b.HostID) })
	return found, nil
}

// dump writes the host's tables.
func (h *simHost) dump() string {
	var lines []string
	for _, row := range h.own {
		lines = append(lines, row.String())
	}
	for _, row := range h.rows {
		lines = append(lines, row.String())
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// everything writes the host's tables and all that the importer has noted.
func (h *simHost) everything() string {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return fmt.Sprintf("%s\n%+v\n%v\n%v\n%v\n%v\n%v\n%v", h.dump(), h.state, h.fence, h.runs, h.links, h.tasks, h.dead, len(h.entries)+len(h.audit))
}

// byHostID finds a row by the host's own id, nil for none.
func (h *simHost) byHostID(id string) *simRow {
	for _, row := range h.rows {
		if row.id == id {
			return row
		}
	}
	return nil
}
