package salesforcetest

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// rollUp is a value of a record that sums up its children.
type rollUp struct {
	RollUp
	field  *field // that holds it
	link   *field // of the children, to the record
	source *field // what of the children is summed up, nil for their number
}

// A written child makes its parents stale: for those, sums are worked out anew
// before the transaction goes on or ends.

// stale is a parent whose sums over one kind of children may have changed.
type stale struct {
	link   *field
	parent string
}

// follow notes the parents of a row whose version changes.
func (tx *Transaction) follow(old, now *record) {
	for _, link := range now.of.feeds {
		for _, id := range []string{target(old, link), target(now, link)} {
			s := stale{link, id}
			if id != "" && !tx.isStale[s] {
				if tx.isStale == nil {
					tx.isStale = map[stale]bool{}
				}
				tx.isStale[s] = true
				tx.stale = append(tx.stale, s)
			}
		}
	}
}

// refresh works out the sums that what the transaction wrote has changed, and
// those over them.
func (tx *Transaction) refresh() error {
	for len(tx.stale) > 0 {
		list := tx.stale
		tx.stale, tx.isStale = nil, nil
		written := map[stale][]*row{}
		for _, w := range tx.rows {
			for _, link := range w.next.of.feeds {
				if id := target(w.next, link); id != "" {
					written[stale{link, id}] = append(written[stale{link, id}], w)
				}
			}
		}
		for _, s := range list {
			if err := tx.sumUp(s, tx.childrenOf(s, written[s])); err != nil {
				return err
			}
		}
	}
	return nil
}

// childrenOf are the children of a parent that are not deleted, as the
// transaction sees them.
func (tx *Transaction) childrenOf(s stale, written []*row) []*record {
	var list []*record
	for w := range s.link.of.referring(s.link, s.parent).all {
		if r := w.version(tx); w.tx != tx && !r.deleted() {
			list = append(list, r)
		}
	}
	for _, w := range written {
		if !w.next.deleted() {
			list = append(list, w.next)
		}
	}
	return list
}

// sumUp gives a parent its new sums, if they are others. That moves its
// SystemModstamp; nobody counts as the one who has changed it.
func (tx *Transaction) sumUp(s stale, children []*record) error {
	parents := tx.org.objectOf(s.parent)
	old := parents.find(s.parent, tx)
	if old == nil || old.deleted() {
		return nil
	}
	r := old.copy()
	for _, sum := range parents.rollUps {
		if sum.link == s.link {
			r.set(sum.field, sum.over(children))
		}
	}
	if s.link.of.Name == "OpportunityLineItem" {
		return tx.sumDeal(old, r, children)
	}
	if !slices.ContainsFunc(parents.rollUps, func(sum *rollUp) bool { return old.get(sum.field) != r.get(sum.field) }) {
		return nil
	}
	w := parents.rows[s.parent]
	if w.tx != nil && w.tx != tx {
		return lockedRow(s.parent)
	}
	r.values[fieldStamp] = tx.org.stamp()
	tx.write(w, r)
	return nil
}

// over works out the sum over children.
func (sum *rollUp) over(children []*record) any {
	n, total := 0, new(big.Rat)
	var first, last any
	for _, child := range children {
		if sum.Filter != nil && !sum.Filter(Row{r: child}) {
			continue
		}
		if sum.source == nil {
			n++
			continue
		}
		v := child.get(sum.source)
		if v == nil {
			continue
		}
		if d, ok := v.(decimal); ok {
			total.Add(total, d.rat())
		}
		if first == nil || compareValues(v, first) < 0 {
			first = v
		}
		if last == nil || compareValues(v, last) > 0 {
			last = v
		}
	}
	switch sum.Op {
	case Min:
		return sum.field.fit(first)
	case Max:
		return sum.field.fit(last)
	case Sum:
		return fromRat(total, sum.field.Scale)
	}
	return decimal{coef: int64(n)}
}

// fit gives a number the places that the field has.
func (f *field) fit(v any) any {
	if d, ok := v.(decimal); ok {
		return fromRat(d.rat(), f.Scale)
	}
	return v
}

// linkRollUps finds the references by which the children of roll-ups hang on
// their parents, now that all objects are there. Objects that a view shares with
// the real org are left alone.
func (c *catalog) linkRollUps() {
	own := slices.DeleteFunc(slices.Clone(c.objects), func(ob *object) bool { return ob.org != c.org })
	for _, ob := range own {
		ob.rollUps, ob.feeds = nil, nil
	}
	for _, ob := range own {
		for _, f := range ob.fields {
			if f.RollUp == nil {
				continue
			}
			link := c.link(ob, f.RollUp.Children)
			sum := &rollUp{RollUp: *f.RollUp, field: f, link: link}
			if sum.Op != Count {
				sum.source = link.of.own(sum.Field)
			}
			ob.rollUps = append(ob.rollUps, sum)
			link.of.feed(link)
		}
	}
	if lines := c.object("OpportunityLineItem"); lines != nil {
		lines.feed(lines.own("OpportunityId"))
	}
}

func (ob *object) feed(link *field) {
	if !slices.Contains(ob.feeds, link) {
		ob.feeds = append(ob.feeds, link)
	}
}

// sumAll works out the roll-ups of the records that were there before the
// roll-ups were. The caller holds the org's lock.
func (o *Org) sumAll(s Schema) error {
	return o.change(o.admin, true, func(tx *Transaction) error {
		for _, def := range s {
			ob := o.object(def.Name)
			for _, f := range def.Fields {
				if f.RollUp != nil {
					tx.fillRollUps(ob)
					break
				}
			}
		}
		return nil
	})
}

// fillRollUps enters the roll-ups of all records of an object. A new definition
// moves no stamp.
func (tx *Transaction) fillRollUps(ob *object) {
	for _, w := range slices.Collect(ob.ids.all(ob.rows)) {
		if w.tx != nil {
			continue // its own transaction knows better
		}
		r := w.seen.copy()
		for _, sum := range ob.rollUps {
			r.set(sum.field, sum.over(tx.childrenOf(stale{sum.link, w.id}, nil)))
		}
		tx.write(w, r)
	}
}

// validateRollUp refuses a roll-up over what is not there. def is the whole
// definition that the field stands in.
func (c *catalog) validateRollUp(s Schema, def SObject, f Field) error {
	if f.RollUp == nil {
		return nil
	}
	if f.Formula != nil {
		return errors.New("is both a formula and a roll-up")
	}
	child := c.childNamed(s, def.Name, f.RollUp.Children)
	has := func(name string) bool {
		ob := c.object(child)
		return ob != nil && ob.own(name) != nil || slices.ContainsFunc(s, func(d SObject) bool {
			return d.Name == child && slices.ContainsFunc(d.Fields, func(f Field) bool { return strings.EqualFold(f.Name, name) })
		})
	}
	switch {
	case child == "":
		return fmt.Errorf("no children are called %q", f.RollUp.Children)
	case f.RollUp.Op < Count || f.RollUp.Op > Max:
		return fmt.Errorf("unknown operation %d", f.RollUp.Op)
	case f.RollUp.Op != Count && !has(f.RollUp.Field):
		return fmt.Errorf("%s has no field %q", child, f.RollUp.Field)
	}
	return nil
}

// childNamed is the name of the object whose records hang on others under a
// relationship name, "" for none.
func (c *catalog) childNamed(s Schema, parent, relationship string) string {
	if ob := c.object(parent); ob != nil {
		if link := c.link(ob, relationship); link != nil {
			return link.of.Name
		}
	}
	for _, def := range s {
		for _, f := range def.Fields {
			if f.Children != "" && strings.EqualFold(f.Children, relationship) && slices.Contains(f.ReferenceTo, parent) {
				return def.Name
			}
		}
	}
	return ""
}
