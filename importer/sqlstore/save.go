package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/salesforce"
)

// Save implements importer.Store.
func (s *Store) Save(ctx context.Context, fence importer.Fence, c *importer.Checkpoint) error {
	return sqlx.InTx(ctx, s.db, func(tx *sql.Tx) error { return s.save(ctx, tx, fence, c) })
}

// save writes a checkpoint within a transaction. Reading the fence locks the
// state's row, so that no other run can take over before the commit.
func (s *Store) save(ctx context.Context, tx *sql.Tx, fence importer.Fence, c *importer.Checkpoint) error {
	w := writer{ctx: ctx, tx: tx, d: s.dialect}
	w.lease(fence, s.now().Add(fence.TTL).UnixMilli())
	w.state(c)
	w.run(c.Run)
	w.links(c.Links)
	w.deadLetters(c)
	w.tasks(c)
	w.entries(c.Entries)
	w.audit(c.Audit)
	return w.err
}

// A writer writes the parts of a checkpoint and keeps the first error, after
// which it does nothing.
type writer struct {
	ctx context.Context //nolint:containedctx // lives for one transaction
	tx  *sql.Tx
	d   Dialect
	err error
}

func (w *writer) exec(query string, args ...any) {
	if w.err != nil {
		return
	}
	if _, err := w.tx.ExecContext(w.ctx, w.d.Rebind(query), args...); err != nil {
		w.err = err
	}
}

func (w *writer) json(v any) string {
	text, err := json.Marshal(v)
	if err != nil && w.err == nil {
		w.err = err
	}
	return string(text)
}

func (w *writer) lease(fence importer.Fence, expires int64) {
	var newest int64
	query := `SELECT fence FROM sfbridge_import_state WHERE id = 1` + w.d.ForUpdate()
	if w.err = w.tx.QueryRowContext(w.ctx, query).Scan(&newest); w.err != nil {
		return
	}
	if newest != fence.Number {
		w.err = importer.ErrLeaseLost
	}
	w.exec(`UPDATE sfbridge_import_state SET expires = ? WHERE id = 1`, expires)
}

// state writes what the checkpoint changes of the org's state.
func (w *writer) state(c *importer.Checkpoint) {
	set := func(column string, changed bool, value any) {
		if changed {
			w.exec(`UPDATE sfbridge_import_state SET `+column+` = ? WHERE id = 1`, value)
		}
	}
	set("org", c.Org != "", string(c.Org))
	set("watermark", !c.Watermark.IsZero(), millis(c.Watermark))
	set("fingerprint", c.Fingerprint != "", c.Fingerprint)
	set("last_complete", !c.LastComplete.IsZero(), millis(c.LastComplete))
	set("seen", len(c.Seen) > 0, w.json(c.Seen))
}

func (w *writer) run(r *importer.Run) {
	if r == nil {
		return
	}
	w.exec(w.d.Upsert("sfbridge_import_run", []string{"number"}, []string{"kind", "status", "actor", "started", "finished", "body"}, 1),
		r.Number, string(r.Kind), string(r.Status), r.Actor, millis(r.Started), millis(r.Finished), w.json(r))
	w.exec(`UPDATE sfbridge_import_state SET runs = ? WHERE id = 1 AND runs < ?`, r.Number, r.Number)
}

func (w *writer) links(links []importer.Link) {
	w.upsert("sfbridge_import_link", []string{"object", "sf_id"}, []string{"kind", "host_id", "parent_id", "state", "free", "retired", "stamp", "run"},
		len(links), func(i int) []any {
			l := links[i]
			return []any{l.Object, string(l.ID), l.Kind, l.HostID, string(l.ParentID), string(l.State), number(l.Free), number(l.Retired), millis(l.Stamp), l.Run}
		})
}

func (w *writer) deadLetters(c *importer.Checkpoint) {
	w.remove("sfbridge_import_dead", c.Alive, false)
	w.chunks(len(c.Dead), func(i int) []any {
		d := c.Dead[i]
		return []any{d.Object, string(d.ID), number(d.Gone), d.Label, d.Reason, d.Attempts, millis(d.First), millis(d.Last), d.Run, number(d.Told)}
	}, w.deadUpsert)
	if c.RetryDead {
		w.exec(`INSERT INTO sfbridge_import_task (object, sf_id, children, gone)
			SELECT object, sf_id, 0, gone FROM sfbridge_import_dead d WHERE NOT EXISTS (
				SELECT 1 FROM sfbridge_import_task t WHERE t.object = d.object AND t.sf_id = d.sf_id AND t.children = 0)`)
		w.exec(`UPDATE sfbridge_import_task SET gone = 1 WHERE children = 0 AND EXISTS (
			SELECT 1 FROM sfbridge_import_dead d WHERE d.gone = 1
				AND d.object = sfbridge_import_task.object AND d.sf_id = sfbridge_import_task.sf_id)`)
	}
}

// deadUpsert writes dead letters. One that is there keeps its first time, and
// counts another attempt when it is another run's.
func (w *writer) deadUpsert(rows int) string {
	const table = "sfbridge_import_dead"
	given, conflict := func(column string) string { return "excluded." + column }, " ON CONFLICT (object, sf_id) DO UPDATE SET "
	if w.d == MySQL {
		given, conflict = func(column string) string { return "VALUES(" + column + ")" }, " ON DUPLICATE KEY UPDATE "
	}
	sets := "attempts = " + table + ".attempts + CASE WHEN " + table + ".run = " + given("run") + " THEN 0 ELSE 1 END" +
		", told = CASE WHEN " + given("told") + " = 1 THEN 1 ELSE " + table + ".told END"
	for _, column := range []string{"gone", "label", "reason", "last", "run"} { // run last: MySQL sets one after the other
		sets += ", " + column + " = " + given(column)
	}
	return "INSERT INTO " + table + " (" + deadColumns + ") VALUES " + sqlx.Rows(rows, 10) + conflict + sets
}

func (w *writer) tasks(c *importer.Checkpoint) {
	w.remove("sfbridge_import_task", c.DoneTasks, true)
	var plain, gone []importer.Task
	for _, task := range unique(c.NewTasks) {
		if task.Gone {
			gone = append(gone, task)
		} else {
			plain = append(plain, task)
		}
	}
	key := []string{"object", "sf_id", "children"}
	w.upsert("sfbridge_import_task", key, nil, len(plain), func(i int) []any {
		return []any{plain[i].Object, string(plain[i].ID), number(plain[i].Children)}
	})
	w.upsert("sfbridge_import_task", key, []string{"gone"}, len(gone), func(i int) []any {
		return []any{gone[i].Object, string(gone[i].ID), number(gone[i].Children), 1}
	})
}

func (w *writer) entries(entries []importer.Entry) {
	w.insert("sfbridge_import_entry (run, object, sf_id, label, host_id, result, reason, warnings, changed)", 9, len(entries), func(i int) []any {
		e := entries[i]
		return []any{e.Run, e.Object, string(e.ID), e.Label, e.HostID, string(e.Result), e.Reason, w.json(e.Warnings), w.json(e.Changed)}
	})
}

func (w *writer) audit(lines []importer.AuditEntry) {
	w.insert("sfbridge_import_audit (time, actor, action, subject, detail)", 5, len(lines), func(i int) []any {
		a := lines[i]
		return []any{millis(a.Time), a.Actor, a.Action, string(a.Subject), a.Detail}
	})
}

// upsert writes n rows in statements of at most most rows. One statement must
// not hold a key twice.
func (w *writer) upsert(table string, key, others []string, n int, row func(int) []any) {
	w.chunks(n, row, func(rows int) string { return w.d.Upsert(table, key, others, rows) })
}

func (w *writer) insert(into string, width, n int, row func(int) []any) {
	w.chunks(n, row, func(rows int) string { return `INSERT INTO ` + into + ` VALUES ` + sqlx.Rows(rows, width) })
}

func (w *writer) chunks(n int, row func(int) []any, statement func(rows int) string) {
	for from := 0; from < n; from += most {
		to := min(n, from+most)
		var args []any
		for i := from; i < to; i++ {
			args = append(args, row(i)...)
		}
		w.exec(statement(to-from), args...)
	}
}

// remove deletes rows by object and id, and by children where the table knows it.
func (w *writer) remove(table string, rows []importer.Task, children bool) {
	type group struct {
		object   string
		children bool
	}
	ids := map[group][]salesforce.ID{}
	for _, row := range rows {
		g := group{row.Object, row.Children && children}
		ids[g] = append(ids[g], row.ID)
	}
	for g, list := range ids {
		where := fmt.Sprintf(`DELETE FROM %s WHERE object = ? AND sf_id IN `, table)
		for from := 0; from < len(list); from += most {
			part := list[from:min(len(list), from+most)]
			args := []any{g.object}
			for _, id := range part {
				args = append(args, string(id))
			}
			query := where + `(` + sqlx.Marks(len(part)) + `)`
			if children {
				query, args = query+` AND children = ?`, append(args, number(g.children))
			}
			w.exec(query, args...)
		}
	}
}

// unique drops tasks that are listed before; the news that a record is gone is kept.
func unique(tasks []importer.Task) []importer.Task {
	var list []importer.Task
	at := map[importer.Task]int{}
	for _, task := range tasks {
		key := importer.Task{Object: task.Object, ID: task.ID, Children: task.Children}
		if i, ok := at[key]; ok {
			list[i].Gone = list[i].Gone || task.Gone
			continue
		}
		at[key] = len(list)
		list = append(list, task)
	}
	return list
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
