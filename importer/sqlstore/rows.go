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
	rows, err := x.tx.QueryContext(x.ctx, text, args...)
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
func (x *session) insert(w *work, writes []write) error {
	if len(writes) == 0 {
		return nil
	}
	ids := make(map[salesforce.ID]string, len(writes))
	if err := x.narrow(w, writes, func(part []write) error { return x.insertRows(w, part, ids) }); err != nil {
		return err
	}
	for _, one := range writes {
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

func (x *session) insertArgs(w *work, one write, args []any) []any {
	args = append(args, string(w.batch[one.change].ID))
	if w.hasStamp() {
		args = append(args, strconv.FormatInt(millis(w.batch[one.change].Stamp), 10))
	}
	for i, c := range one.cells {
		args = append(args, x.s.argument(w.columns[i], c))
	}
	return args
}

func (x *session) insertRows(w *work, writes []write, ids map[salesforce.ID]string) error {
	return x.each(w.table.insert, len(writes), nil, func(args []any, i int) []any { return x.insertArgs(w, writes[i], args) },
		func(from, to int, text string, args []any) error {
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
	rows, err := x.tx.QueryContext(x.ctx, text, args...)
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

// update writes the columns that are given of rows that differ, those that
// write the same columns together.
func (x *session) update(w *work) error {
	groups := map[string][]write{}
	var order []string
	mask := make([]byte, len(w.columns)+1)
	for _, one := range w.updates {
		for place := range w.columns {
			mask[place] = '0'
			if one.cells != nil && one.cells[place].given {
				mask[place] = '1'
			}
		}
		mask[len(w.columns)] = byte('0' + number(one.link))
		key := string(mask)
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], one)
	}
	for _, key := range order {
		if err := x.updateGroup(w, key, groups[key]); err != nil {
			return err
		}
	}
	return nil
}

// updateGroup writes rows of which the same columns are set: those that the mask
// names, with that of the link behind them.
func (x *session) updateGroup(w *work, mask string, writes []write) error {
	var places []int
	for place, set := range mask {
		if set == '1' {
			places = append(places, place)
		}
	}
	if w.hasStamp() {
		places = append(places, len(w.columns)+1)
	}
	st := x.s.update(w.table, places)
	return x.narrow(w, writes, func(part []write) error {
		return x.write(st, len(part), func(args []any, i int) []any { return x.updateArgs(w, part[i], places, args) })
	})
}

func (x *session) updateArgs(w *work, one write, places []int, args []any) []any {
	change := w.batch[one.change]
	args = append(args, one.id)
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
