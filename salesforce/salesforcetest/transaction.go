package salesforcetest

import (
	"slices"
	"time"
)

// Transaction is a transaction held open by [Org.HoldTransaction]. Its methods
// are for tests and behave as those of [Org]; what they write is seen by nobody
// else before Commit, carries the time of its writing, and is locked for
// others, who get UNABLE_TO_LOCK_ROW. While it is open, the latestDateCovered of replication calls stays at
// the time it began.
type Transaction struct {
	org    *Org
	user   string // the id of the user who writes
	system bool   // may set what only the org sets
	load   bool   // references are checked at the end

	duplicates duplicateHeader // what the request says

	started time.Time
	rows    []*row    // what it holds, in the order of the first write
	saved   []*row    // those whose references it may have changed
	undo    []written // every write, to be taken back
	purged  []string  // what is removed for good on commit

	stale   []stale // parents whose sums may have changed
	isStale map[stale]bool
}

// written is a write that can be taken back.
type written struct {
	row    *row
	before *record // the version that the transaction had before, nil for none
}

// HoldTransaction opens a transaction that began now and stays open until it is
// committed or rolled back.
func (o *Org) HoldTransaction() *Transaction {
	o.mu.Lock()
	defer o.mu.Unlock()
	tx := o.begin(o.admin)
	tx.system = true
	o.held = append(o.held, tx)
	return tx
}

// Insert creates a record inside the transaction and returns its id.
func (tx *Transaction) Insert(object string, fields map[string]any) string {
	var id string
	tx.do(func() (err error) { id, err = tx.insert(tx.org.known(object), assignments(fields)); return })
	return id
}

// Update changes fields of a record inside the transaction.
func (tx *Transaction) Update(id string, fields map[string]any) {
	tx.do(func() error { return tx.update(tx.org.objectOf(id), long(id), assignments(fields)) })
}

// Delete deletes a record inside the transaction, with what hangs on it.
func (tx *Transaction) Delete(id string) {
	tx.do(func() error { return tx.delete(tx.org.objectOf(id), long(id)) })
}

// Commit makes what the transaction wrote visible and ends it.
func (tx *Transaction) Commit() {
	tx.do(func() error { tx.commit(); return nil })
}

// Rollback undoes what the transaction wrote and ends it.
func (tx *Transaction) Rollback() {
	tx.do(func() error { tx.rollback(); return nil })
}

// do changes a held transaction under the org's lock.
func (tx *Transaction) do(change func() error) {
	tx.org.mu.Lock()
	defer tx.org.mu.Unlock()
	if !slices.Contains(tx.org.held, tx) {
		panic("salesforcetest: the transaction has ended")
	}
	tx.org.viewing = tx
	defer func() { tx.org.viewing = nil }()
	must(change())
	must(tx.refresh())
}

// begin starts a transaction by a user. The caller holds the org's lock until
// the transaction has ended, unless it is a held one.
func (o *Org) begin(user string) *Transaction {
	return &Transaction{org: o, user: user, started: o.Now()}
}

// transact runs change in a transaction of its own: all of it happens or none.
func (o *Org) transact(user string, system bool, change func(*Transaction) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.change(user, system, change)
}

// change is transact for a caller who holds the org's lock.
func (o *Org) change(user string, system bool, change func(*Transaction) error) error {
	tx := o.begin(user)
	tx.system = system
	o.viewing = tx
	defer func() { o.viewing = nil }()
	defer tx.rollback() // of what is not committed
	if err := change(tx); err != nil {
		return err
	}
	if err := tx.refresh(); err != nil {
		return err
	}
	tx.commit()
	return nil
}

// write gives a row a new version.
func (tx *Transaction) write(w *row, r *record) {
	r.pack()
	tx.follow(w.version(tx), r)
	t := &r.of.table
	tx.undo = append(tx.undo, written{w, w.next})
	if w.tx == nil {
		w.tx = tx
		tx.rows = append(tx.rows, w)
	} else {
		t.unindex(w, w.next, w.seen)
	}
	w.next = r
	t.rows[w.id] = w
	t.index(w, r)
}

// commit makes the new versions the ones that others see.
func (tx *Transaction) commit() {
	byObject := map[*object][]*row{}
	for _, w := range tx.rows {
		byObject[w.next.of] = append(byObject[w.next.of], w)
	}
	for ob, rows := range byObject {
		ob.publish(rows)
	}
	for _, id := range tx.purged {
		tx.org.purge(id)
	}
	tx.end()
}

// attempt makes a change inside the transaction, all of it or none.
func (tx *Transaction) attempt(change func() error) error {
	undo, rows, saved, purged := len(tx.undo), len(tx.rows), len(tx.saved), len(tx.purged)
	err := change()
	if err == nil {
		err = tx.refresh()
	}
	if err != nil {
		tx.takeBack(undo)
		tx.rows, tx.saved, tx.purged = tx.rows[:rows], tx.saved[:saved], tx.purged[:purged]
	}
	return err
}

// rollback forgets the new versions, and rows that have no other.
func (tx *Transaction) rollback() {
	tx.takeBack(0)
	tx.end()
}

// takeBack undoes the writes from one on, the latest first.
func (tx *Transaction) takeBack(from int) {
	for _, u := range slices.Backward(tx.undo[from:]) {
		w, t := u.row, &u.row.next.of.table
		t.unindex(w, w.next, w.seen)
		w.next = u.before
		switch {
		case u.before != nil:
			t.index(w, u.before)
		case w.seen == nil:
			delete(t.rows, w.id)
			w.tx = nil
		default:
			w.tx = nil
		}
	}
	tx.undo = tx.undo[:from]
}

func (tx *Transaction) end() {
	tx.rows, tx.saved, tx.undo, tx.purged, tx.stale, tx.isStale = nil, nil, nil, nil, nil, nil
	tx.org.held = slices.DeleteFunc(tx.org.held, func(other *Transaction) bool { return other == tx })
}

// find returns what the transaction sees of a record, deleted ones included. A
// nil transaction sees what is committed.
func (ob *object) find(id string, tx *Transaction) *record {
	if ob == nil {
		return nil
	}
	w := ob.rows[id]
	if w == nil {
		return nil
	}
	r := w.version(tx)
	if r != nil && r.deletion != nil && ob.org.gone(r) {
		return nil
	}
	return r
}
