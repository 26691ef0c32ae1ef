package outbox

import (
	"fmt"

	"github.com/sfbridge/sfbridge/internal/sqlx"
)

// columnTypes are what a database calls a text of so many bytes, which it must
// compare byte by byte, and a payload. MySQL's texts would take "a" for "A" and
// "a " for "a", and PostgreSQL's would be sorted as in a dictionary.
type columnTypes struct{ text, payload string }

var typesOf = map[Dialect]columnTypes{
	SQLite:     {"VARCHAR(%d)", "BLOB"},
	PostgreSQL: {`VARCHAR(%d) COLLATE "C"`, "BYTEA"},
	MySQL:      {"VARBINARY(%d)", "LONGBLOB"},
}

// Besides the fields of a Delivery there are due_at, which is the time that
// not_before was before the latest claim, and version, which counts the writes:
// MySQL does not count a row that an UPDATE leaves as it was.
const createTable = `CREATE TABLE IF NOT EXISTS sfbridge_outbox (
	id %s NOT NULL PRIMARY KEY,
	delivery_key %s NOT NULL UNIQUE,
	kind %s NOT NULL,
	status %s NOT NULL,
	state %s NOT NULL,
	payload %s NOT NULL,
	attempts INTEGER NOT NULL,
	fence BIGINT NOT NULL,
	not_before BIGINT NOT NULL,
	due_at BIGINT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL,
	version BIGINT NOT NULL%s)`

// migrations lists the steps to the ledger's table.
func migrations(d Dialect) []string {
	const due = "sfbridge_outbox_due%s (status, not_before, id)"
	types := typesOf[d]
	text := func(most int) string { return fmt.Sprintf(types.text, most) }
	create := func(index string) string {
		return fmt.Sprintf(createTable, text(64), text(255), text(64), text(16), text(64), types.payload, index)
	}
	if d == sqlx.MySQL { // whose CREATE INDEX could not run again
		return []string{create(", INDEX " + fmt.Sprintf(due, ""))}
	}
	return []string{create(""), "CREATE INDEX IF NOT EXISTS " + fmt.Sprintf(due, " ON sfbridge_outbox")}
}

// columns are those that scan reads.
const columns = `id, delivery_key, kind, status, state, payload, attempts, fence, not_before, created_at, updated_at`
