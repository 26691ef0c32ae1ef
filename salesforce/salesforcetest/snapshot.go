package salesforcetest

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Snapshot is the records of an org at one time: those of all objects, the
// recycle bin, and what the next ids and automatic numbers are, together with
// who may log in. It costs little, as records never change. Nothing else is
// part of it: sessions, files of bulk jobs, requests and limits go on as they
// are.
type Snapshot struct {
	org    *Org
	tables map[*object]savedTable
	logins map[string]login

	stopped time.Time
	ahead   time.Duration
}

// savedTable is the records of one object.
type savedTable struct {
	rows    []savedRow
	serial  int
	counter map[*field]int
	purged  time.Time
}

type savedRow struct {
	row    *row
	record *record
}

// Snapshot remembers the records that the org has now. Transactions held open
// are not part of it.
func (o *Org) Snapshot() *Snapshot {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := &Snapshot{org: o, tables: map[*object]savedTable{}, logins: o.accounts.copyLogins()}
	s.stopped, s.ahead = o.clock.state()
	for _, ob := range o.objects {
		t := savedTable{serial: ob.serial, counter: maps.Clone(ob.counter), purged: ob.purged}
		for _, w := range ob.rows {
			if w.seen != nil {
				t.rows = append(t.rows, savedRow{w, w.seen})
			}
		}
		s.tables[ob] = t
	}
	return s
}

// Restore gives the org the records of a snapshot of it back. Transactions held
// open are rolled back. Objects and fields that have been added since stay,
// without records and values; the clock stays as it is. It panics if s is a
// snapshot of another org; see [Snapshot.NewOrg].
func (o *Org) Restore(s *Snapshot) {
	if s.org != o {
		panic("salesforcetest: the snapshot is one of another org")
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, tx := range slices.Clone(o.held) {
		tx.rollback()
	}
	for _, ob := range o.objects {
		t := s.tables[ob]
		rows := make(map[string]*row, len(t.rows))
		for _, saved := range t.rows {
			saved.row.seen = saved.record
			rows[saved.row.id] = saved.row
		}
		ob.fill(t, rows, t.counter)
	}
	o.accounts.setLogins(s.logins)
}

// fill gives a table other rows.
func (t *table) fill(from savedTable, rows map[string]*row, counter map[*field]int) {
	t.rows, t.serial, t.purged = rows, from.serial, from.purged
	t.counter = map[*field]int{}
	maps.Copy(t.counter, counter)
	t.ids.drop()
	t.stamps.drop()
	t.reindex()
}

// NewOrg returns a new org with the options, the objects, the clock and the
// records of the one that the snapshot was taken of, so that many tests can
// start from records that are loaded once. The two have nothing else in common.
func (s *Snapshot) NewOrg() *Org {
	s.org.mu.RLock()
	defer s.org.mu.RUnlock()
	o := &Org{
		opt:        s.org.opt,
		admin:      s.org.admin,
		apps:       s.org.opt.newApps(),
		signingKey: sync.OnceValue(newSigningKey),
		accounts:   newAccounts(),
	}
	o.clock.source, o.clock.stopped, o.clock.ahead = o.opt.Now, s.stopped, s.ahead
	o.accounts.setLogins(s.logins)
	c := copying{to: o, objects: map[*object]*object{}, deletions: map[*deletion]*deletion{}, rows: map[*row]*row{}}
	c.catalog(&s.org.catalog)
	for from, t := range s.tables {
		c.table(from, t)
	}
	c.relink()
	return o
}

// copying makes the objects and records of one org anew for another.
type copying struct {
	to        *Org
	objects   map[*object]*object
	deletions map[*deletion]*deletion
	rows      map[*row]*row
}

// catalog copies the definitions.
func (c copying) catalog(from *catalog) {
	c.to.catalog = catalog{byName: map[string]*object{}, byPrefix: map[string]*object{}, org: c.to}
	for _, old := range from.objects {
		ob := &object{
			SObject: old.SObject, org: c.to, archives: old.archives, types: slices.Clone(old.types),
			validations: slices.Clone(old.validations), duplicates: slices.Clone(old.duplicates),
			byName: map[string]*field{}, named: map[string]*field{}, up: map[string]*field{},
		}
		for _, f := range old.fields {
			ob.adopt(f, old)
		}
		ob.findParents()
		ob.init()
		c.objects[old] = ob
		c.to.objects = append(c.to.objects, ob)
		c.to.byName[strings.ToLower(ob.Name)] = ob
		if from.byPrefix[ob.KeyPrefix] == old {
			c.to.byPrefix[ob.KeyPrefix] = ob
		}
	}
	c.to.linkRollUps()
}

// adopt copies a field of the object's original.
func (ob *object) adopt(from *field, original *object) {
	f := &field{
		Field: from.Field, of: ob, index: from.index, typ: from.typ, start: from.start, rank: from.rank, hidden: from.hidden,
	}
	f.compute = f.computed()
	ob.fields = append(ob.fields, f)
	if original.own(f.Name) == from {
		ob.name(f)
	}
}

// table copies the records of an object. They share their values with those
// that they come from.
func (c copying) table(from *object, t savedTable) {
	ob := c.objects[from]
	rows := make(map[string]*row, len(t.rows))
	for _, saved := range t.rows {
		old := saved.record
		w := &row{id: saved.row.id, seen: &record{of: ob, values: old.values, has: old.has, deletion: c.deletion(old.deletion)}}
		rows[w.id], c.rows[saved.row] = w, w
	}
	counter := map[*field]int{}
	for f, n := range t.counter {
		counter[ob.fields[f.index]] = n
	}
	ob.fill(t, rows, counter)
}

// deletion stands for one of the other org; relink fills it.
func (c copying) deletion(d *deletion) *deletion {
	if d != nil && c.deletions[d] == nil {
		c.deletions[d] = &deletion{at: d.at}
	}
	return c.deletions[d]
}

// relink lets deletions lead to the new rows. What was purged since is in none
// of the two.
func (c copying) relink() {
	for old, d := range c.deletions {
		for _, w := range old.rows {
			if c.rows[w] != nil {
				d.rows = append(d.rows, c.rows[w])
			}
		}
		for _, l := range old.cleared {
			if w := c.rows[l.row]; w != nil {
				d.cleared = append(d.cleared, clearedLookup{w, w.seen.of.fields[l.field.index], l.id})
			}
		}
	}
}
