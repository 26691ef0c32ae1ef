package salesforcetest

import (
	"iter"
	"slices"
	"time"
)

// deletion is one delete, with all that it took along.
type deletion struct {
	at      time.Time
	rows    []*row
	cleared []clearedLookup
}

// clearedLookup is a lookup that was emptied because its target was deleted.
type clearedLookup struct {
	row   *row
	field *field
	id    string
}

// delete puts a record into the recycle bin. Children whose reference cascades
// follow it; other lookups to it become empty.
func (tx *Transaction) delete(ob *object, id string) error {
	r, err := tx.changeable(ob, id)
	if err != nil {
		return err
	}
	if ob.NoDelete && !tx.system {
		return fieldError("INSUFFICIENT_ACCESS_OR_READONLY", nil, "insufficient access rights on object id")
	}
	return tx.bin(r, &deletion{at: tx.org.stamp()})
}

// bin puts a record and what hangs on it into the recycle bin as part of d.
func (tx *Transaction) bin(r *record, d *deletion) error {
	r = r.copy()
	r.values[fieldIsDeleted] = true
	r.deletion = d
	tx.stampModified(r)
	w := r.of.rows[r.id()]
	tx.write(w, r)
	d.rows = append(d.rows, w)
	for f, child := range tx.pointingTo(r) {
		if child.version(tx) == nil || child.tx != nil && child.tx != tx {
			return lockedRow(child.id)
		}
		if err := tx.orphan(f, child, r.id(), d); err != nil {
			return err
		}
	}
	for _, twin := range tx.org.objects { // a note and its document are one
		if other := twin.find(r.id(), tx); other != nil && !other.deleted() && twin.KeyPrefix == r.of.KeyPrefix {
			return tx.bin(other, d)
		}
	}
	return nil
}

// orphan does to a child what the loss of its parent means for it.
func (tx *Transaction) orphan(f *field, child *row, parent string, d *deletion) error {
	r := child.version(tx)
	switch {
	case r.deleted():
		return nil
	case f.Cascade:
		return tx.bin(r, d)
	case f.Required:
		return refusal("DELETE_FAILED", "Your attempt to delete the record could not be completed because it is associated with %s %s",
			f.of.Name, child.id)
	}
	r = r.copy()
	r.set(f, nil)
	tx.write(child, r)
	d.cleared = append(d.cleared, clearedLookup{child, f, parent})
	return nil
}

// pointingTo yields the rows that refer to a record, as the transaction sees
// them, with the reference. What it yields may be changed in the loop.
func (tx *Transaction) pointingTo(r *record) iter.Seq2[*field, *row] {
	return func(yield func(*field, *row) bool) {
		for _, ob := range tx.org.objects {
			for _, f := range ob.fields {
				if !f.refersTo(r.of) {
					continue
				}
				rows := slices.Collect(ob.referring(f, r.id()).all)
				for _, w := range tx.saved {
					if w.next.of == ob && !slices.Contains(rows, w) {
						rows = append(rows, w)
					}
				}
				for _, w := range rows {
					if v := w.version(tx); v != nil && v.get(f) != r.id() {
						continue
					}
					if !yield(f, w) {
						return
					}
				}
			}
		}
	}
}

// undelete takes a record, and what was deleted with it, out of the recycle
// bin. Lookups that were emptied and are still empty are filled again.
func (tx *Transaction) undelete(id string) error {
	r := tx.org.objectOf(id).find(id, tx)
	if r == nil {
		return errNotFound
	}
	if !r.deleted() {
		return refusal("UNDELETE_FAILED", "entity is not in the recycle bin")
	}
	d := r.deletion
	for _, w := range append([]*row{r.of.rows[id]}, d.rows...) {
		if old := w.version(tx); old != nil && old.deletion == d {
			back := old.copy()
			back.values[fieldIsDeleted], back.deletion = false, nil
			if f := back.of.field("MasterRecordId"); f != nil {
				back.set(f, nil)
			}
			tx.stampModified(back)
			tx.write(w, back)
		}
	}
	for _, c := range d.cleared {
		if old := c.row.version(tx); old != nil && old.get(c.field) == nil {
			back := old.copy()
			back.set(c.field, c.id)
			tx.write(c.row, back)
		}
	}
	return nil
}

// merge moves what hangs on the losers to the winner and deletes the losers.
// Moved records get a new SystemModstamp, but count as changed by nobody.
func (tx *Transaction) merge(winner string, losers []string) error {
	ob := tx.org.objectOf(winner)
	if _, err := tx.changeable(ob, winner); err != nil {
		return err
	}
	if !ob.Mergeable || len(losers) < 1 || len(losers) > 2 || slices.Contains(losers, winner) {
		return refusal("MERGE_FAILED", "one or two other records of an object that can be merged are needed")
	}
	for _, id := range losers {
		loser, err := tx.changeable(ob, id)
		if err != nil {
			return err
		}
		for f, child := range tx.pointingTo(loser) {
			if f.Name != "MasterRecordId" {
				tx.moveTo(winner, f, child)
			}
		}
		gone := ob.find(id, tx).copy()
		gone.values[fieldIsDeleted] = true
		gone.put("MasterRecordId", winner)
		tx.stampModified(gone)
		gone.deletion = &deletion{at: gone.stamp()}
		tx.write(ob.rows[id], gone)
	}
	first := ob.find(winner, tx).copy()
	tx.stampModified(first)
	tx.write(ob.rows[winner], first)
	return nil
}

// moveTo lets a child of a merged record refer to the winner.
func (tx *Transaction) moveTo(winner string, f *field, child *row) {
	r := child.version(tx).copy()
	r.set(f, winner)
	if r.id() == winner {
		r.set(f, nil) // no record is its own parent
	}
	r.values[fieldStamp] = tx.org.stamp()
	tx.write(child, r)
	tx.saved = append(tx.saved, child)
}

// purge removes a deleted record, and what was deleted with it, for good.
func (o *Org) purge(id string) {
	d := o.objectOf(id).find(id, nil).deletion
	for _, w := range append([]*row{o.objectOf(id).rows[id]}, d.rows...) {
		if t := &w.seen.of.table; w.seen.deletion == d && w.tx == nil && t.rows[w.id] != nil {
			t.remove(w)
			t.purged = o.Now()
		}
	}
}
