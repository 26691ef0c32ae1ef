package sqlstore

// schema lists the statements that make the state's tables. Times are
// milliseconds since 1970; zero stands for none. Texts are compared byte by
// byte, as Salesforce's ids have to be.
func schema(d Dialect) []string {
	text, end := d.LongText(), d.Bytewise()
	steps := []string{
		`CREATE TABLE IF NOT EXISTS sfbridge_import_state (
			id INTEGER NOT NULL PRIMARY KEY, org VARCHAR(18) NOT NULL, watermark BIGINT NOT NULL, fingerprint VARCHAR(64) NOT NULL,
			last_complete BIGINT NOT NULL, seen ` + text + ` NOT NULL, epochs ` + text + ` NOT NULL, sink_epoch VARCHAR(32) NOT NULL,
			fence BIGINT NOT NULL, holder VARCHAR(255) NOT NULL, expires BIGINT NOT NULL, writes BIGINT NOT NULL)` + end,
		firstState,
		`CREATE TABLE IF NOT EXISTS sfbridge_import_run (
			number BIGINT NOT NULL PRIMARY KEY, kind VARCHAR(20) NOT NULL, status VARCHAR(20) NOT NULL, actor VARCHAR(255) NOT NULL,
			started BIGINT NOT NULL, finished BIGINT NOT NULL, body ` + text + ` NOT NULL)` + end,
		`CREATE TABLE IF NOT EXISTS sfbridge_import_link (
			object VARCHAR(80) NOT NULL, sf_id VARCHAR(18) NOT NULL, kind VARCHAR(80) NOT NULL, host_id VARCHAR(255) NOT NULL,
			parent_id VARCHAR(18) NOT NULL, state VARCHAR(20) NOT NULL, free SMALLINT NOT NULL, retired SMALLINT NOT NULL,
			stamp BIGINT NOT NULL, run BIGINT NOT NULL, digest VARCHAR(32) NOT NULL,
			PRIMARY KEY (object, sf_id)` + inlineIndex(d, "kind, host_id") + inlineIndex(d, "object, parent_id") + `)` + end,
		`CREATE TABLE IF NOT EXISTS sfbridge_import_task (
			object VARCHAR(80) NOT NULL, sf_id VARCHAR(18) NOT NULL, children SMALLINT NOT NULL, gone SMALLINT NOT NULL DEFAULT 0,
			PRIMARY KEY (object, sf_id, children))` + end,
		`CREATE TABLE IF NOT EXISTS sfbridge_import_dead (
			object VARCHAR(80) NOT NULL, sf_id VARCHAR(18) NOT NULL, gone SMALLINT NOT NULL,
			label ` + text + ` NOT NULL, reason ` + text + ` NOT NULL, attempts BIGINT NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL,
			run BIGINT NOT NULL, told SMALLINT NOT NULL,
			PRIMARY KEY (object, sf_id))` + end,
		`CREATE TABLE IF NOT EXISTS sfbridge_import_entry (
			seq ` + d.Counter() + `, run BIGINT NOT NULL, object VARCHAR(80) NOT NULL, sf_id VARCHAR(18) NOT NULL, label ` + text + ` NOT NULL,
			host_id VARCHAR(255) NOT NULL, result VARCHAR(20) NOT NULL, reason ` + text + ` NOT NULL,
			warnings ` + text + ` NOT NULL, changed ` + text + ` NOT NULL` + inlineIndex(d, "run, seq") + `)` + end,
		`CREATE TABLE IF NOT EXISTS sfbridge_import_audit (
			seq ` + d.Counter() + `, time BIGINT NOT NULL, actor VARCHAR(255) NOT NULL, action VARCHAR(80) NOT NULL,
			subject VARCHAR(18) NOT NULL, detail ` + text + ` NOT NULL)` + end,
	}
	if d == MySQL { // which has no CREATE INDEX IF NOT EXISTS
		return steps
	}
	return append(steps,
		`CREATE INDEX IF NOT EXISTS sfbridge_import_link_host ON sfbridge_import_link (kind, host_id)`,
		`CREATE INDEX IF NOT EXISTS sfbridge_import_link_parent ON sfbridge_import_link (object, parent_id)`,
		`CREATE INDEX IF NOT EXISTS sfbridge_import_entry_run ON sfbridge_import_entry (run, seq)`)
}

// inlineIndex is an index within a CREATE TABLE of MySQL.
func inlineIndex(d Dialect, columns string) string {
	if d != MySQL {
		return ""
	}
	return ", INDEX (" + columns + ")"
}

// firstState makes the state's only row, once.
const firstState = `INSERT INTO sfbridge_import_state (id, org, watermark, fingerprint, last_complete, seen, epochs, sink_epoch, fence, holder, expires, writes)
	SELECT 1, '', 0, '', 0, '', '', '', 0, '', 0, 0 FROM (SELECT 1 AS one) AS once
	WHERE NOT EXISTS (SELECT 1 FROM sfbridge_import_state WHERE id = 1)`
