package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/mapping"
)

// A Table says where the records of a kind are kept. The zero Table is one that
// the store makes and extends by itself.
//
// Names of tables and columns are taken as they are, in upper or lower case, and
// quoted; they may hold letters, digits, _, $, - and blanks. The name of a table
// may be qualified by that of its schema.
type Table struct {
	// Name defaults to the kind and an s, such as "customers".
	Name string
	// Existing says that the table is the host's own: it is neither made nor
	// altered, and Open fails with the names of all columns that it lacks.
	Existing bool
	// ID is the column of the host's id, which the database fills for new rows.
	// Defaults to "id".
	ID string
	// Link is the column of the Salesforce id, NULL for the host's own rows: text
	// of 18 characters or more, with a unique index. Defaults to "sf_id".
	Link string
	// Stamp is a column of integers for the SystemModstamp of a row's version, in
	// milliseconds since 1970. A Store that is a Sink without being the
	// importer's Store, too, needs it to leave newer versions alone. Defaults to
	// "sf_stamp", and in an Existing table to None.
	Stamp string
	// Active is a column, of numbers or booleans, that tells whether a record is
	// active. Defaults to "active". With None, what is retired stays as it is.
	Active string
	// Parent is the column of the parent record's host id, for kinds that have a
	// parent. Defaults to the parent's kind and _id, such as "customer_id".
	Parent string
	// Columns names columns by the targets of the mapping. A target that is not
	// listed has the column of its own name; one that is None is not kept.
	Columns map[string]string
}

// None stands for no column.
const None = "-"

const activeField = "active"

// A table is where one kind of record lives.
type table struct {
	Table
	kind    string
	quoted  string
	id      column
	link    column
	stamp   column // without a name when there is none
	columns []column
	place   map[string]int // of a column, by target
	keys    []string       // targets whose columns are to have an index
	active  int            // place of the active column, -1 for none
	parent  int            // place of the parent's column, -1 for none

	find, findByID, ids *statement
	writes              map[string]*statement // that insert or update, by the columns that they write
}

// wish is a column that a table is to have.
type wish struct {
	field, name, sqlType string
}

// planTable lists the columns that the table of an object is to have, after
// those of ID, Link and Stamp.
func planTable(o importer.Object, c Config) (*table, []wish, error) {
	t := &table{Table: c.Tables[o.Kind], kind: o.Kind, keys: o.Keys, place: map[string]int{}, active: -1, parent: -1, writes: map[string]*statement{}}
	t.Name, t.ID, t.Link = cmp.Or(t.Name, o.Kind+"s"), cmp.Or(t.ID, "id"), cmp.Or(t.Link, "sf_id")
	t.Active = cmp.Or(t.Active, activeField)
	if t.Stamp == "" && !t.Existing {
		t.Stamp = "sf_stamp"
	}
	text := c.Dialect.LongText()
	var wishes []wish
	if t.Active != None {
		t.active, wishes = 0, []wish{{activeField, t.Active, "SMALLINT NOT NULL DEFAULT 1"}}
	}
	for _, parent := range c.Objects {
		if o.Parent != "" && parent.Name == o.Parent {
			if t.Parent = cmp.Or(t.Parent, parent.Kind+"_id"); t.Parent != None {
				t.parent = len(wishes)
				wishes = append(wishes, wish{parent.Kind + "_id", t.Parent, "BIGINT"})
			}
		}
	}
	var faults []error
	targets := map[string]bool{}
	for _, rule := range o.Mapping.Rules() {
		targets[rule.Target] = true
		name := cmp.Or(t.Columns[rule.Target], rule.Target)
		switch {
		case rule.Target == activeField && rule.Type != mapping.Checkbox:
			faults = append(faults, fmt.Errorf("the target active is a %s: it takes a %s", rule.Type, mapping.Checkbox))
		case rule.Target == "" || rule.Target == activeField || name == None:
		default:
			t.place[rule.Target] = len(wishes)
			wishes = append(wishes, wish{rule.Target, name, text})
		}
	}
	for _, key := range t.keys {
		if _, ok := t.place[key]; !ok {
			faults = append(faults, fmt.Errorf("records are looked for by %s, which is no target of the mapping, or is not kept", key))
		}
	}
	for _, target := range slices.Sorted(maps.Keys(t.Columns)) {
		if !targets[target] {
			faults = append(faults, fmt.Errorf("the target %q, for which Columns has a column, is none of the mapping", target))
		}
	}
	return t, wishes, errors.Join(append(faults, t.checkNames(wishes))...)
}

// checkNames reports names that are none, and columns that are named twice.
func (t *table) checkNames(wishes []wish) error {
	var faults []error
	for part := range strings.SplitSeq(t.Name, ".") {
		faults = append(faults, checkName(part))
	}
	names := []string{t.ID, t.Link}
	if t.hasStamp() {
		names = append(names, t.Stamp)
	}
	for _, w := range wishes {
		names = append(names, w.name)
	}
	seen := map[string]bool{}
	for _, name := range names {
		faults = append(faults, checkName(name))
		if key := strings.ToLower(name); seen[key] {
			faults = append(faults, fmt.Errorf("the column %s is named twice", name))
		} else {
			seen[key] = true
		}
	}
	return errors.Join(faults...)
}

func (t *table) hasStamp() bool { return t.Stamp != "" && t.Stamp != None }

// prepare makes the table, or adds the columns that it lacks, unless it is the
// host's own; and learns what the columns are.
func (s *Store) prepare(ctx context.Context, t *table, wishes []wish) error {
	t.quoted = s.quote(t.Name)
	if !t.Existing {
		if err := sqlx.Together(ctx, func() error { return s.build(ctx, t, wishes) }); err != nil {
			return err
		}
	}
	have, err := s.describe(ctx, t.Name)
	if err != nil {
		return err
	}
	if len(have) == 0 {
		return errors.New("it does not exist, or this user may not see it")
	}
	var missing []string
	take := func(field, name string) column {
		c, ok := have[strings.ToLower(name)]
		if !ok || s.dialect == PostgreSQL && c.name != name {
			missing = append(missing, name)
		}
		c.field = field
		return c
	}
	t.id, t.link = take("", t.ID), take("", t.Link)
	if t.hasStamp() {
		t.stamp = take("", t.Stamp)
	}
	for _, w := range wishes {
		t.columns = append(t.columns, take(w.field, w.name))
	}
	if len(missing) > 0 {
		return fmt.Errorf("it has no column %s", strings.Join(missing, ", "))
	}
	if t.link.class != texts {
		return fmt.Errorf("its column %s has to be text: it takes the Salesforce id", t.Link)
	}
	s.statements(t)
	if t.Existing {
		return nil
	}
	for _, key := range t.keys {
		if err := sqlx.Together(ctx, func() error { return s.index(ctx, t, t.columns[t.place[key]]) }); err != nil {
			return err
		}
	}
	return nil
}

// build makes the store's own table, and adds columns that have come to it.
func (s *Store) build(ctx context.Context, t *table, wishes []wish) error {
	q := s.dialect.Quote
	columns := []string{q(t.ID) + ` ` + s.dialect.Counter(), q(t.Link) + ` VARCHAR(18) UNIQUE`}
	if t.hasStamp() {
		columns = append(columns, q(t.Stamp)+` BIGINT NOT NULL DEFAULT 0`)
	}
	for _, w := range wishes {
		columns = append(columns, q(w.name)+` `+w.sqlType)
	}
	create := `CREATE TABLE IF NOT EXISTS ` + t.quoted + ` (` + strings.Join(columns, ", ") + `)` + s.dialect.Bytewise()
	if _, err := s.db.ExecContext(ctx, create); err != nil {
		return err
	}
	have, err := s.describe(ctx, t.Name)
	if err != nil {
		return err
	}
	for _, own := range []string{t.ID, t.Link, t.Stamp} {
		if _, ok := have[strings.ToLower(own)]; !ok && own != None {
			return fmt.Errorf("it is there already and has no column %s: name another table in Config.Tables, or say that it is Existing", own)
		}
	}
	for _, w := range wishes {
		if _, ok := have[strings.ToLower(w.name)]; ok {
			continue
		}
		if _, err := s.db.ExecContext(ctx, `ALTER TABLE `+t.quoted+` ADD COLUMN `+q(w.name)+` `+w.sqlType); err != nil {
			return err
		}
	}
	return nil
}
