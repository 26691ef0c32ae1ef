package salesforcetest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// record is one version of a row. It never changes once it is in a table, so
// that a query may go on reading while others write.
type record struct {
	of       *object
	values   []any     // by field index; what is beyond its end is nil
	deletion *deletion // what put it into the recycle bin, nil outside
}

// get is the value of a field. Compound addresses are put together here.
func (r *record) get(f *field) any {
	if f.typ.kind == kindAddress {
		return r.address(f)
	}
	if f.index < len(r.values) && r.values[f.index] != nil {
		return r.values[f.index]
	}
	if f.typ.kind == kindBool {
		return false // the record is older than the checkbox
	}
	return nil
}

func (r *record) id() string       { return r.values[fieldID].(string) }
func (r *record) deleted() bool    { return r.values[fieldIsDeleted] == true }
func (r *record) stamp() time.Time { return r.values[fieldStamp].(time.Time) }

// text is the value of a text field by name, "" for none.
func (r *record) text(name string) string {
	s, _ := r.value(name).(string)
	return s
}

// value is the value of a field by name, which must exist.
func (r *record) value(name string) any { return r.get(r.of.field(name)) }

// copy returns a version to change.
func (r *record) copy() *record {
	values := make([]any, len(r.of.fields))
	copy(values, r.values)
	return &record{of: r.of, values: values, deletion: r.deletion}
}

// set changes a version that is not in a table yet.
func (r *record) set(f *field, v any) { r.values[f.index] = v }

// put is set by name.
func (r *record) put(name string, v any) { r.set(r.of.field(name), v) }

// row is what an id stands for. While a transaction works on it there are two
// versions: what others see, and what the transaction has written.
type row struct {
	id   string
	seen *record      // nil until the insert is committed
	next *record      // nil unless tx is set
	tx   *Transaction // holds the row
}

// version is what a transaction sees of a row; a nil one sees what is committed.
func (w *row) version(tx *Transaction) *record {
	if w.tx != nil && w.tx == tx {
		return w.next
	}
	return w.seen
}

// table holds the records of an object. Its indexes hold committed versions,
// keys also those that open transactions have written.
type table struct {
	rows    map[string]*row
	ids     ordered
	stamps  ordered
	keys    map[*field]map[string][]*row // by the values of unique and external id fields
	serial  int                          // number of the latest id
	counter map[*field]int               // latest automatic numbers
	purged  time.Time                    // when a record was last removed for good

	mu   sync.Mutex                   // guards refs while readers build it
	refs map[*field]map[string][]*row // by the record that a reference points to; built when asked for
}

func (t *table) init() {
	t.rows = map[string]*row{}
	t.ids.compare = func(a, b *row) int { return strings.Compare(a.id, b.id) }
	t.stamps.compare = func(a, b *row) int {
		return cmp.Or(a.seen.stamp().Compare(b.seen.stamp()), strings.Compare(a.id, b.id))
	}
	t.keys = map[*field]map[string][]*row{}
	t.counter = map[*field]int{}
}

// isKey reports whether the table keeps an index of the field's values.
func (f *field) isKey() bool { return f.Unique || f.ExternalID || f.IDLookup && f.index != fieldID }

// keyOf is a value as an index holds it, "" for none.
func (f *field) keyOf(r *record) string {
	if r == nil {
		return ""
	}
	return f.key(r.get(f))
}

// key is a value as an index holds it, "" for none: without case, as unique
// values are compared.
func (f *field) key(v any) string {
	switch v := v.(type) {
	case string:
		if f.CaseSensitive {
			return v
		}
		return strings.ToLower(v)
	case decimal:
		return v.String()
	}
	return ""
}

// find returns the rows whose version, as tx sees it, has a value in a key
// field and is not deleted.
func (t *table) find(f *field, v any, tx *Transaction) []*record {
	var found []*record
	key := f.key(v)
	for _, w := range t.keys[f][key] {
		if r := w.version(tx); r != nil && !r.deleted() && f.keyOf(r) == key {
			found = append(found, r)
		}
	}
	return found
}

// index enters a row's new version into the keys.
func (t *table) index(w *row, r *record) {
	for _, f := range r.of.fields {
		if !f.isKey() {
			continue
		}
		key := f.keyOf(r)
		if key == "" {
			continue
		}
		if t.keys[f] == nil {
			t.keys[f] = map[string][]*row{}
		}
		if !slices.Contains(t.keys[f][key], w) {
			t.keys[f][key] = append(t.keys[f][key], w)
		}
	}
}

// reindex makes the indexes anew, for fields that have become keys.
func (t *table) reindex() {
	t.keys, t.refs = map[*field]map[string][]*row{}, nil
	for _, w := range t.rows {
		for _, r := range []*record{w.seen, w.next} {
			if r != nil {
				t.index(w, r)
			}
		}
	}
}

// unindex removes the keys of a version that are not those of another.
func (t *table) unindex(w *row, gone, stays *record) {
	if gone == nil {
		return
	}
	for f, rows := range t.keys {
		key := f.keyOf(gone)
		if key == "" || key == f.keyOf(stays) {
			continue
		}
		if i := slices.Index(rows[key], w); i >= 0 {
			rows[key] = slices.Delete(rows[key], i, i+1)
		}
		if len(rows[key]) == 0 {
			delete(rows, key)
		}
	}
}

// small is how many rows are moved one by one before making an index anew is
// cheaper.
const small = 100

// publish makes new versions of rows the ones that others see.
func (t *table) publish(rows []*row) {
	if len(rows) > small {
		t.ids.drop()
		t.stamps.drop()
		t.refs = nil
	}
	for _, w := range rows {
		if w.seen == nil {
			t.ids.add(w)
		} else {
			t.stamps.remove(w)
		}
		t.unindex(w, w.seen, w.next)
		t.refer(w, w.seen, w.next)
		w.seen, w.next, w.tx = w.next, nil, nil
		t.stamps.add(w)
	}
}

// remove takes a row out for good.
func (t *table) remove(w *row) {
	t.ids.remove(w)
	t.stamps.remove(w)
	t.unindex(w, w.seen, nil)
	t.refer(w, w.seen, nil)
	delete(t.rows, w.id)
}

// refer moves a row to what its references point to now. Versions may be nil.
func (t *table) refer(w *row, old, now *record) {
	for f, rows := range t.refs {
		from, to := target(old, f), target(now, f)
		if from == to {
			continue
		}
		if i, ok := slices.BinarySearchFunc(rows[from], w, t.ids.compare); ok {
			rows[from] = slices.Delete(rows[from], i, i+1)
		}
		if to != "" {
			i, _ := slices.BinarySearchFunc(rows[to], w, t.ids.compare)
			rows[to] = slices.Insert(rows[to], i, w)
		}
	}
}

// target is the id that a reference of a record holds, "" for none.
func target(r *record, f *field) string {
	if r == nil {
		return ""
	}
	id, _ := r.get(f).(string)
	return id
}

// referring returns the rows whose reference f points to an id, in the order
// of their own ids.
func (t *table) referring(f *field, id string) []*row {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refs == nil {
		t.refs = map[*field]map[string][]*row{}
	}
	if t.refs[f] == nil {
		rows := map[string][]*row{}
		for _, w := range t.ids.all(t.rows) {
			if to := target(w.seen, f); to != "" {
				rows[to] = append(rows[to], w)
			}
		}
		t.refs[f] = rows
	}
	return t.refs[f][id]
}

// sorted returns all rows, committed or not, in the order of their ids.
func (t *table) sorted() []*row {
	return slices.SortedFunc(maps.Values(t.rows), t.ids.compare)
}

// ordered keeps committed rows sorted. The first reader, and the first one after
// a drop, sorts them.
type ordered struct {
	compare func(a, b *row) int

	mu    sync.Mutex // guards the rest while readers build it
	rows  []*row
	ready bool
}

func (s *ordered) drop() { s.rows, s.ready = nil, false }

func (s *ordered) add(w *row) {
	if !s.ready {
		return
	}
	i, _ := slices.BinarySearchFunc(s.rows, w, s.compare)
	s.rows = slices.Insert(s.rows, i, w)
}

func (s *ordered) remove(w *row) {
	if !s.ready {
		return
	}
	if i, ok := slices.BinarySearchFunc(s.rows, w, s.compare); ok {
		s.rows = slices.Delete(s.rows, i, i+1)
	}
}

// all returns the committed rows of a table in order.
func (s *ordered) all(rows map[string]*row) []*row {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ready {
		s.rows = make([]*row, 0, len(rows))
		for _, w := range rows {
			if w.seen != nil {
				s.rows = append(s.rows, w)
			}
		}
		slices.SortFunc(s.rows, s.compare)
		s.ready = true
	}
	return s.rows
}
