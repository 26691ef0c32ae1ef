package salesforcetest

import (
	"iter"
	"slices"
	"strings"
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

// binLife is how long deleted records can be brought back. After that they are
// gone, as if they had been purged.
// https://help.salesforce.com/s/articleView?id=xcloud.home_delete.htm
const binLife = 15 * 24 * time.Hour

// gone reports whether a deleted record has been in the recycle bin for too
// long.
func (o *Org) gone(r *record) bool {
	return r.deletion != nil && o.Now().Sub(r.deletion.at) >= binLife
}

// delete puts a record into the recycle bin. Children whose reference cascades
// follow it; other lookups to it become empty.
func (tx *Transaction) delete(ob *object, id string) error {
	r, err := tx.changeable(ob, id)
	if err != nil {
		return err
	}
	if ob.NoDelete && (!tx.system || ob.Name == "User") { // users only become inactive
		return fieldError("INSUFFICIENT_ACCESS_OR_READONLY", nil, "insufficient access rights on object id")
	}
	if rule := rules[ob.Name]; rule.deleting != nil && !tx.system {
		if err := rule.deleting(tx, r); err != nil {
			return err
		}
	}
	return tx.bin(r, &deletion{at: tx.org.stamp()})
}

// erase deletes a record for good: it does not stay in the recycle bin.
func (tx *Transaction) erase(ob *object, id string) error {
	if r := ob.find(id, tx); r == nil || !r.deleted() {
		if err := tx.delete(ob, id); err != nil {
			return err
		}
	}
	tx.purged = append(tx.purged, id)
	return nil
}

// bin puts a record and what hangs on it into the recycle bin as part of d.
func (tx *Transaction) bin(r *record, d *deletion) error {
	r = r.copy()
	r.values[fieldIsDeleted] = true
	r.deletion = d
	if len(d.rows) == 0 || !tx.org.opt.ChildrenKeepStamps {
		tx.stampModified(r)
	}
	w := r.of.rows[r.id()]
	tx.write(w, r)
	d.rows = append(d.rows, w)
	var holds []*record // children that keep the record from being deleted
	for f, child := range tx.pointingTo(r) {
		v := child.version(tx)
		switch {
		case v == nil || child.tx != nil && child.tx != tx:
			return lockedRow(child.id)
		case v.deleted():
		case f.restricts():
			holds = append(holds, v)
		default:
			if err := tx.orphan(f, child, r.id(), d); err != nil {
				return err
			}
		}
	}
	holds = slices.DeleteFunc(holds, func(child *record) bool { return child.of.find(child.id(), tx).deleted() })
	if len(holds) > 0 {
		return holdsOn(r, holds)
	}
	for _, twin := range tx.org.objects { // a note and its document are one
		if other := twin.find(r.id(), tx); other != nil && !other.deleted() && twin.KeyPrefix == r.of.KeyPrefix {
			return tx.bin(other, d)
		}
	}
	return nil
}

// restricts reports whether a parent cannot be deleted while the reference
// points to it.
func (f *field) restricts() bool { return !f.Cascade && (f.Required || f.Restrict) }

// holdsOn is the refusal to delete a record because of its children, told by
// those of the first one's kind.
func holdsOn(r *record, children []*record) error {
	kind := children[0].of
	var names []string
	for _, child := range children {
		if child.of == kind {
			names = append(names, child.name())
		}
	}
	return fieldError("DELETE_FAILED", nil, "Your attempt to delete %s could not be completed because it is associated with the following %s.: %s\n",
		r.name(), strings.ToLower(kind.LabelPlural), strings.Join(names, ", "))
}

// name is what people call a record.
func (r *record) name() string {
	for _, f := range r.of.fields {
		if s, ok := r.get(f).(string); ok && f.NameField {
			return s
		}
	}
	return r.id()
}

// orphan does to a child what the loss of its parent means for it.
func (tx *Transaction) orphan(f *field, child *row, parent string, d *deletion) error {
	r := child.version(tx)
	if f.Cascade {
		return tx.bin(r, d)
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
	own := r.of.rows[id]
	for _, w := range append([]*row{own}, d.rows...) {
		if w.tx != nil && w.tx != tx {
			return lockedRow(w.id)
		}
		if old := w.version(tx); old != nil && old.deletion == d {
			back := old.copy()
			back.values[fieldIsDeleted], back.deletion = false, nil
			if f := back.of.own("MasterRecordId"); f != nil {
				back.set(f, nil)
			}
			if w == own || !tx.org.opt.ChildrenKeepStamps {
				tx.stampModified(back)
			}
			if err := tx.checkUnique(nil, back); err != nil {
				return err
			}
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

// merge moves what hangs on the losers to the winner and deletes the losers. The
// winner takes on the fields given. Moved records get a new SystemModstamp, but
// count as changed by nobody; their ids are returned.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_merge.htm
func (tx *Transaction) merge(winner string, losers []string, in []assignment) ([]string, error) {
	winner = long(winner)
	ob := tx.org.objectOf(winner)
	if _, err := tx.changeable(ob, winner); err != nil {
		return nil, err
	}
	for i, id := range losers {
		losers[i] = long(id)
		switch {
		case tx.org.objectOf(losers[i]) != ob:
			return nil, wrongID(ob.fields[fieldID], id)
		case losers[i] == winner || slices.Contains(losers[:i], losers[i]):
			return nil, refusal("MERGE_FAILED", "a record cannot be merged with itself")
		}
	}
	if !ob.Mergeable || len(losers) < 1 || len(losers) > 2 {
		return nil, refusal("MERGE_FAILED", "one or two other records of an object that can be merged are needed")
	}
	if err := tx.update(ob, winner, in); err != nil {
		return nil, err
	}
	var moved []string
	for _, id := range losers {
		loser, err := tx.changeable(ob, id)
		if err != nil {
			return nil, err
		}
		if err := mergeable(ob.find(winner, tx), loser); err != nil {
			return nil, err
		}
		ids, err := tx.absorb(ob.find(winner, tx), loser, &deletion{at: tx.org.stamp()})
		if err != nil {
			return nil, err
		}
		moved = append(moved, ids...)
	}
	return moved, nil
}

// absorb moves what hangs on a loser to the winner and deletes the loser. It
// returns the ids of what has moved. The contact of a person goes into the
// winner's contact, as part of the same deletion.
func (tx *Transaction) absorb(winner, loser *record, d *deletion) (moved []string, err error) {
	for f, child := range tx.pointingTo(loser) {
		if child.tx != nil && child.tx != tx {
			return nil, lockedRow(child.id)
		}
		v := child.version(tx)
		switch {
		case f.Name == "MasterRecordId" || f.Name == "PersonContactId":
			continue
		case f.Name == "AccountId" && f.of.Name == "Contact" && v.isPerson():
			ids, err := tx.absorb(tx.parentOf(winner, "PersonContactId"), v, d)
			if err != nil {
				return nil, err
			}
			moved = append(moved, ids...)
			continue
		}
		tx.moveTo(winner.id(), f, child)
		moved = append(moved, child.id)
	}
	gone := loser.of.find(loser.id(), tx).copy()
	gone.values[fieldIsDeleted] = true
	gone.put("MasterRecordId", winner.id())
	tx.stampModified(gone)
	gone.deletion = d
	w := loser.of.rows[loser.id()]
	d.rows = append(d.rows, w)
	tx.write(w, gone)
	return moved, nil
}

// moveTo lets a child of a merged record refer to the winner.
func (tx *Transaction) moveTo(winner string, f *field, child *row) {
	r := child.version(tx).copy()
	r.set(f, winner)
	if r.id() == winner {
		r.set(f, nil) // no record is its own parent
	}
	if !tx.org.opt.ChildrenKeepStamps {
		r.values[fieldStamp] = tx.org.stamp()
	}
	tx.write(child, r)
	tx.saved = append(tx.saved, child)
}

// purge removes a deleted record, and what was deleted with it, for good.
func (o *Org) purge(id string) {
	w := o.objectOf(id).rows[id]
	if w == nil || w.seen == nil || w.seen.deletion == nil {
		return
	}
	d := w.seen.deletion
	for _, w := range append([]*row{w}, d.rows...) {
		if t := &w.seen.of.table; w.seen.deletion == d && w.tx == nil && t.rows[w.id] != nil {
			t.remove(w)
			t.purged = o.Now()
		}
	}
}
