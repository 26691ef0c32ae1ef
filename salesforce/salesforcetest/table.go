package salesforcetest

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"time"
)

// record is one version of a row. It never changes once it is in a table, so
// that a query may go on reading while others write.
//
// While it is being made, values holds those of all fields by index. In a table
// it is packed: most fields of most records are empty.
type record struct {
	of       *object
	values   []any
	has      []uint64  // of a packed record: bit i says that field i has a value
	deletion *deletion // what put it into the recycle bin, nil outside
}

// get is the value of a field. Formulas and compound fields are worked out
// here; nothing else may look into values. Records of aggregate queries belong
// to no object and have only values.
func (r *record) get(f *field) any {
	if f.compute != nil && r.of != nil {
		return f.compute(r)
	}
	if v := r.at(f.index); v != nil {
		return v
	}
	if f.typ.kind == kindBool && r.of != nil {
		return false // also when the record is older than the checkbox
	}
	return nil
}

// at is the value that the record holds for the field with an index.
func (r *record) at(i int) any {
	if r.has == nil {
		if i < len(r.values) {
			return r.values[i]
		}
		return nil
	}
	word, bit := i/64, uint64(1)<<(i%64)
	if word >= len(r.has) || r.has[word]&bit == 0 {
		return nil
	}
	n := bits.OnesCount64(r.has[word] & (bit - 1))
	for _, w := range r.has[:word] {
		n += bits.OnesCount64(w)
	}
	return r.values[n]
}

// pack drops what says nothing: empty fields and checkboxes that are not set.
// Values that the record packed before it has too share one place in memory.
func (r *record) pack() {
	if r.has != nil {
		return
	}
	n := 0
	for _, v := range r.values {
		if v != nil && v != false {
			n++
		}
	}
	has, packed := make([]uint64, (len(r.values)+63)/64), make([]any, 0, n)
	for i, v := range r.values {
		if v != nil && v != false {
			has[i/64] |= 1 << (i % 64)
			packed = append(packed, r.of.fields[i].share(v))
		}
	}
	r.has, r.values = has, packed
}

// share returns a value equal to v, which is that of the last call if it can be.
func (f *field) share(v any) any {
	switch v.(type) {
	case string, time.Time, date, decimal:
		if f.last != v {
			f.last = v
		}
		return f.last
	}
	return v
}

func (r *record) id() string       { return r.values[fieldID].(string) }
func (r *record) deleted() bool    { return r.at(fieldIsDeleted) == true }
func (r *record) stamp() time.Time { return r.at(fieldStamp).(time.Time) }

// text is the value of a text field by name, "" for none.
func (r *record) text(name string) string {
	s, _ := r.value(name).(string)
	return s
}

// value is the value of a field by name, which must exist.
func (r *record) value(name string) any { return r.get(r.of.own(name)) }

// copy returns a version to change.
func (r *record) copy() *record {
	values := make([]any, len(r.of.fields))
	for i := range values {
		values[i] = r.at(i)
	}
	return &record{of: r.of, values: values, deletion: r.deletion}
}

// set changes a version that is not in a table yet.
func (r *record) set(f *field, v any) { r.values[f.index] = v }

// put is set by name.
func (r *record) put(name string, v any) { r.set(r.of.own(name), v) }

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
	keys    map[*field]index // by the values of unique and external id fields
	serial  int              // number of the latest id
	counter map[*field]int   // latest automatic numbers
	purged  time.Time        // when a record was last removed for good

	mu   sync.Mutex       // guards refs while readers build it
	refs map[*field]index // by the record that a reference points to; built when asked for
}

func (t *table) init() {
	t.rows = map[string]*row{}
	t.ids.compare, t.ids.sort = byID, func(rows []*row) { slices.SortFunc(rows, byID) }
	t.stamps.compare = func(a, b *row) int {
		return cmp.Or(a.seen.stamp().Compare(b.seen.stamp()), strings.Compare(a.id, b.id))
	}
	t.stamps.sort = sortByStamp
	t.keys = map[*field]index{}
	t.counter = map[*field]int{}
}

// sortByStamp looks at the stamp of each row only once.
func sortByStamp(rows []*row) {
	type stamped struct {
		at  int64
		row *row
	}
	list := make([]stamped, len(rows))
	for i, w := range rows {
		list[i] = stamped{w.seen.stamp().UnixMilli(), w}
	}
	slices.SortFunc(list, func(a, b stamped) int { return cmp.Or(cmp.Compare(a.at, b.at), byID(a.row, b.row)) })
	for i, s := range list {
		rows[i] = s.row
	}
}

func byID(a, b *row) int { return strings.Compare(a.id, b.id) }

// isKey reports whether the table keeps an index of the field's values.
func (f *field) isKey() bool { return f.Unique || f.ExternalID || f.IDLookup && f.index != fieldID }

// identifies reports whether clients may name records by the field, which is nil
// for one that is not there.
func (f *field) identifies() bool { return f != nil && (f.index == fieldID || f.isKey()) }

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
	for w := range t.keys[f][key].all {
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
			t.keys[f] = index{}
		}
		t.keys[f].add(key, w)
	}
}

// reindex makes the indexes anew, for fields that have become keys.
func (t *table) reindex() {
	t.keys, t.refs = map[*field]index{}, nil
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
		if key := f.keyOf(gone); key != "" && key != f.keyOf(stays) {
			rows.remove(key, w)
		}
	}
}

// publish makes new versions of rows the ones that others see. When they are a
// good part of the table, making an index anew is cheaper than moving them one
// by one.
func (t *table) publish(rows []*row) {
	if len(rows) > len(t.rows)/8 {
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
		rows.remove(from, w)
		if to != "" {
			rows.add(to, w)
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

// referring returns the rows whose reference f points to an id, nil for none.
func (t *table) referring(f *field, id string) *rowList {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refs == nil {
		t.refs = map[*field]index{}
	}
	if t.refs[f] == nil {
		rows := index{}
		for w := range t.ids.all(t.rows) {
			if to := target(w.seen, f); to != "" {
				rows.add(to, w)
			}
		}
		t.refs[f] = rows
	}
	return t.refs[f][id]
}
