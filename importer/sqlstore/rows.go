package sqlstore

import (
	"database/sql"
	"fmt"
	"strconv"

	"github.com/sfbridge/sfbridge/salesforce"
)

// A row is one record of a table.
type row struct {
	link  salesforce.ID // empty for the host's own
	id    string
	stamp int64
	cells []cell
}

// rows reads the table's rows of these Salesforce ids.
func (x *session) rows(t *table, ids []salesforce.ID) (map[salesforce.ID]*row, error) {
	found := map[salesforce.ID]*row{}
	err := in(x.s.dialect, t.find, ids, nil, func(text string, args []any) error {
		return x.scan(t, text, args, func(r *row) { found[r.link] = r })
	})
	return found, err
}

// rowsByID reads rows by the host's ids.
func (x *session) rowsByID(t *table, ids []string) (map[string]*row, error) {
	found := map[string]*row{}
	err := in(x.s.dialect, t.findByID, ids, nil, func(text string, args []any) error {
		return x.scan(t, text, args, func(r *row) { found[r.id] = r })
	})
	return found, err
}

func (x *session) scan(t *table, text string, args []any, take func(*row)) (err error) {
	rows, err := x.query(text, args)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err has told what there is to tell
	var link sql.NullString
	var stamp sql.NullInt64
	texts := make([]sql.NullString, len(t.columns))
	for rows.Next() {
		r := &row{cells: make([]cell, len(t.columns))}
		targets := append(make([]any, 0, 3+len(texts)), &link, &r.id)
		if t.hasStamp() {
			targets = append(targets, &stamp)
		}
		for i := range texts {
			targets = append(targets, &texts[i])
		}
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		r.link, r.stamp = salesforce.ID(link.String), stamp.Int64
		for i, text := range texts {
			r.cells[i] = t.columns[i].canonical(text.String)
		}
		take(r)
	}
	return rows.Err()
}

// insert makes new rows and notes the ids that the database gave them.
func (x *session) insert(w *work) error {
	ids := make(map[salesforce.ID]string, len(w.inserts))
	for _, g := range w.groups(w.inserts) {
		err := x.narrow(w, g.writes, func(part []write) error { return x.insertRows(w, part, g.places, ids) })
		if err != nil {
			return err
		}
	}
	for _, one := range w.inserts {
		outcome := &w.outcomes[one.change]
		if outcome.Err != nil {
			continue
		}
		if outcome.HostID = ids[w.batch[one.change].ID]; outcome.HostID == "" {
			return fmt.Errorf("the row of %s has got no %s, or a trigger has changed its %s", w.batch[one.change].ID, w.ID, w.Link)
		}
	}
	return nil
}

func (x *session) insertRows(w *work, writes []write, places []int, ids map[salesforce.ID]string) error {
	row := func(args []any, i int) []any { return x.values(w, writes[i], places, args) }
	return x.each(x.s.insert(w.table, places), len(writes), nil, row, func(from, to int, text string, args []any) error {
		if x.s.dialect != MySQL {
			return x.pairs(text, args, ids)
		}
		if err := x.exec(text, args...); err != nil {
			return err
		}
		made := make([]salesforce.ID, to-from)
		for i := range made {
			made[i] = w.batch[writes[from+i].change].ID
		}
		return in(x.s.dialect, w.ids, made, nil, func(text string, args []any) error { return x.pairs(text, args, ids) })
	})
}

// pairs reads rows of a Salesforce id and a host's id.
func (x *session) pairs(text string, args []any, into map[salesforce.ID]string) error {
	rows, err := x.query(text, args)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err has told what there is to tell
	for rows.Next() {
		var link, id string
		if err := rows.Scan(&link, &id); err != nil {
			return err
		}
		into[salesforce.ID(link)] = id
	}
	return rows.Err()
}

// update writes the columns that are given of rows that differ.
func (x *session) update(w *work) error {
	for _, g := range w.groups(w.updates) {
		st := x.s.update(w.table, g.places)
		err := x.narrow(w, g.writes, func(part []write) error {
			return x.write(st, len(part), func(args []any, i int) []any {
				return x.values(w, part[i], g.places, append(args, part[i].id))
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// A group is rows of which the same columns are written.
type group struct {
	places []int
	writes []write
}

// groups puts together what can be written by one statement. Nearly always that
// is all.
func (w *work) groups(writes []write) (list []*group) {
	known := map[string]*group{}
	mask := make([]byte, len(w.columns)+1)
	for _, one := range writes {
		for place := range w.columns {
			mask[place] = byte(number(one.cells != nil && one.cells[place].given))
		}
		mask[len(w.columns)] = byte(number(one.link))
		g := known[string(mask)]
		if g == nil {
			g = &group{places: w.places(mask)}
			known[string(mask)] = g
			list = append(list, g)
		}
		g.writes = append(g.writes, one)
	}
	return list
}

// places lists the columns of a mask: those of values, that of the link, and
// always that of the stamp.
func (w *work) places(mask []byte) (places []int) {
	for place, set := range mask {
		if set != 0 {
			places = append(places, place)
		}
	}
	if w.hasStamp() {
		places = append(places, len(w.columns)+1)
	}
	return places
}

// values appends what a row gets in the columns at these places.
func (x *session) values(w *work, one write, places []int, args []any) []any {
	change := &w.batch[one.change]
	for _, place := range places {
		switch place - len(w.columns) {
		case 0:
			args = append(args, string(change.ID))
		case 1:
			args = append(args, strconv.FormatInt(millis(change.Stamp), 10))
		default:
			args = append(args, x.s.argument(w.columns[place], one.cells[place]))
		}
	}
	return args
}
