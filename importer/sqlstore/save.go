package sqlstore

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/salesforce"
)

// Save implements importer.Store.
func (s *Store) Save(ctx context.Context, fence importer.Fence, c *importer.Checkpoint) error {
	return s.transact(ctx, func(x *session) error {
		if err := x.lease(fence); err != nil {
			return err
		}
		return x.save(c)
	})
}

// lease proves that the fence is the newest, and extends the lease. It comes
// first in a transaction: it locks the row until the commit, so that no other
// run can take over in between. Counting the writes makes sure that the row
// changes, which is what MySQL counts as affected.
func (x *session) lease(fence importer.Fence) error {
	text := `UPDATE sfbridge_import_state SET expires = ?, writes = writes + 1 WHERE id = 1 AND fence = ?`
	result, err := x.tx.ExecContext(x.ctx, x.s.dialect.Rebind(text), x.s.now().Add(fence.TTL).UnixMilli(), fence.Number)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return importer.ErrLeaseLost
}

// save writes a checkpoint.
func (x *session) save(c *importer.Checkpoint) error {
	w := writer{session: x}
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
	*session
	err error
}

func (w *writer) exec(query string, args ...any) {
	if w.err == nil {
		w.err = w.session.exec(w.s.dialect.Rebind(query), args...)
	}
}

func (w *writer) rows(st *statement, n int, appendRow func(args []any, i int) []any) {
	if w.err == nil {
		w.err = w.write(st, n, appendRow)
	}
}

// json is the text of a list, empty for an empty one.
func (w *writer) json(n int, v any) string {
	if n == 0 {
		return ""
	}
	text, err := json.Marshal(v)
	if err != nil && w.err == nil {
		w.err = err
	}
	return string(text)
}

// state writes what the checkpoint changes of the org's state.
func (w *writer) state(c *importer.Checkpoint) {
	var sets []string
	var args []any
	set := func(column string, changed bool, value any) {
		if changed {
			sets, args = append(sets, column+" = ?"), append(args, value)
		}
	}
	set("org", c.Org != "", string(c.Org))
	set("watermark", !c.Watermark.IsZero(), millis(c.Watermark))
	set("fingerprint", c.Fingerprint != "", c.Fingerprint)
	set("last_complete", !c.LastComplete.IsZero(), millis(c.LastComplete))
	set("seen", len(c.Seen) > 0, w.json(len(c.Seen), c.Seen))
	set("epochs", len(c.Epochs) > 0, w.json(len(c.Epochs), c.Epochs))
	if len(sets) > 0 {
		w.exec(`UPDATE sfbridge_import_state SET `+strings.Join(sets, ", ")+` WHERE id = 1`, args...)
	}
}

func (w *writer) run(r *importer.Run) {
	if r == nil {
		return
	}
	w.rows(w.s.saveRun, 1, func(args []any, _ int) []any {
		return append(args, r.Number, string(r.Kind), string(r.Status), r.Actor, millis(r.Started), millis(r.Finished), w.json(1, r))
	})
}

func (w *writer) links(links []importer.Link) {
	w.rows(w.s.saveLinks, len(links), func(args []any, i int) []any {
		l := &links[i]
		return append(args, l.Object, string(l.ID), l.Kind, l.HostID, string(l.ParentID), string(l.State),
			number(l.Free), number(l.Retired), millis(l.Stamp), l.Run, l.Digest)
	})
}

func (w *writer) deadLetters(c *importer.Checkpoint) {
	w.revive(c.Alive)
	w.rows(w.s.saveDead, len(c.Dead), func(args []any, i int) []any {
		d := &c.Dead[i]
		return append(args, d.Object, string(d.ID), number(d.Gone), d.Label, d.Reason, d.Attempts, millis(d.First), millis(d.Last), d.Run, number(d.Told))
	})
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
func (s *Store) deadUpsert(rows int) string {
	const table = "sfbridge_import_dead"
	given, conflict := func(column string) string { return "excluded." + column }, " ON CONFLICT (object, sf_id) DO UPDATE SET "
	if s.dialect == MySQL {
		given, conflict = func(column string) string { return "VALUES(" + column + ")" }, " ON DUPLICATE KEY UPDATE "
	}
	sets := []string{
		"attempts = " + table + ".attempts + CASE WHEN " + table + ".run = " + given("run") + " THEN 0 ELSE 1 END",
		"told = CASE WHEN " + given("told") + " = 1 THEN 1 ELSE " + table + ".told END",
	}
	for _, column := range []string{"gone", "label", "reason", "last", "run"} { // run last: MySQL sets one after the other
		sets = append(sets, column+" = "+given(column))
	}
	return s.dialect.Rebind("INSERT INTO " + table + " (" + deadColumns + ") VALUES " + sqlx.Rows(rows, 10) + conflict + strings.Join(sets, ", "))
}

// revive removes dead letters. Nearly always there are none, and a page of
// records names thousands.
func (w *writer) revive(alive []importer.Task) {
	if w.err != nil || len(alive) == 0 {
		return
	}
	var any bool
	if w.err = w.tx.QueryRowContext(w.ctx, `SELECT EXISTS (SELECT 1 FROM sfbridge_import_dead)`).Scan(&any); w.err == nil && any {
		w.remove(w.s.dropDead, alive, false)
	}
}

func (w *writer) tasks(c *importer.Checkpoint) {
	w.remove(w.s.dropTasks, c.DoneTasks, true)
	var plain, gone []importer.Task
	for _, task := range unique(c.NewTasks) {
		if task.Gone {
			gone = append(gone, task)
		} else {
			plain = append(plain, task)
		}
	}
	w.rows(w.s.saveTasks, len(plain), func(args []any, i int) []any {
		return append(args, plain[i].Object, string(plain[i].ID), number(plain[i].Children))
	})
	w.rows(w.s.saveGone, len(gone), func(args []any, i int) []any {
		return append(args, gone[i].Object, string(gone[i].ID), number(gone[i].Children), 1)
	})
}

func (w *writer) entries(entries []importer.Entry) {
	w.rows(w.s.saveEntries, len(entries), func(args []any, i int) []any {
		e := &entries[i]
		return append(args, e.Run, e.Object, string(e.ID), e.Label, e.HostID, string(e.Result), e.Reason,
			w.json(len(e.Warnings), e.Warnings), w.json(len(e.Changed), e.Changed))
	})
}

func (w *writer) audit(lines []importer.AuditEntry) {
	w.rows(w.s.saveAudit, len(lines), func(args []any, i int) []any {
		a := &lines[i]
		return append(args, millis(a.Time), a.Actor, a.Action, string(a.Subject), a.Detail)
	})
}

// remove deletes rows by object and id, and by children where the table knows it.
func (w *writer) remove(st *statement, rows []importer.Task, children bool) {
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
		fixed := []any{g.object}
		if children {
			fixed = append(fixed, number(g.children))
		}
		if w.err == nil {
			w.err = in(w.s.dialect, st, list, fixed, func(text string, args []any) error { return w.session.exec(text, args...) })
		}
	}
}

// stateStatements makes those that write checkpoints.
func (s *Store) stateStatements() {
	d := s.dialect
	upsert := func(table string, key, others []string) *statement {
		return newStatement(0, len(key)+len(others), func(rows int) string { return d.Upsert(table, key, others, rows) })
	}
	insert := func(into string, width int) *statement {
		return newStatement(0, width, func(rows int) string { return d.Rebind(`INSERT INTO ` + into + ` VALUES ` + sqlx.Rows(rows, width)) })
	}
	list := func(fixed int, text string) *statement {
		return newStatement(fixed, 1, func(rows int) string { return d.Rebind(text + ` AND ` + d.In("sf_id", "text", rows)) })
	}
	record := []string{"object", "sf_id"}
	task := []string{"object", "sf_id", "children"}
	s.findLinks = list(1, `SELECT `+linkColumns+` FROM sfbridge_import_link WHERE object = ?`)
	s.saveRun = upsert("sfbridge_import_run", []string{"number"}, []string{"kind", "status", "actor", "started", "finished", "body"})
	s.saveLinks = upsert("sfbridge_import_link", record, []string{"kind", "host_id", "parent_id", "state", "free", "retired", "stamp", "run", "digest"})
	s.saveDead = newStatement(0, 10, s.deadUpsert)
	s.saveTasks = upsert("sfbridge_import_task", task, nil)
	s.saveGone = upsert("sfbridge_import_task", task, []string{"gone"})
	s.saveEntries = insert("sfbridge_import_entry (run, object, sf_id, label, host_id, result, reason, warnings, changed)", 9)
	s.saveAudit = insert("sfbridge_import_audit (time, actor, action, subject, detail)", 5)
	s.dropDead = list(1, `DELETE FROM sfbridge_import_dead WHERE object = ?`)
	s.dropTasks = list(2, `DELETE FROM sfbridge_import_task WHERE object = ? AND children = ?`)
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
