// Package sqlx holds what everything that speaks SQL here needs and
// database/sql does not give: the differences between the databases, and
// migrations that can be run again.
package sqlx

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Dialect names the database behind a *sql.DB.
type Dialect int

// The databases that are known. The zero value is none of them, so that a
// forgotten setting is an error and no guess.
const (
	SQLite Dialect = iota + 1
	PostgreSQL
	MySQL
)

var dialectNames = map[Dialect]string{SQLite: "SQLite", PostgreSQL: "PostgreSQL", MySQL: "MySQL"}

// String gives the database's own spelling of its name.
func (d Dialect) String() string {
	if name, ok := dialectNames[d]; ok {
		return name
	}
	return fmt.Sprintf("Dialect(%d)", int(d))
}

// Valid reports whether d is one of the databases that are known.
func (d Dialect) Valid() bool { return dialectNames[d] != "" }

// Rebind turns the question marks of query into the dialect's placeholders.
// The statements of this module hold no question mark that means anything else.
func (d Dialect) Rebind(query string) string {
	if d != PostgreSQL {
		return query
	}
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(query, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		query = after
	}
}

// Marks gives n placeholders for a list: "?, ?, ?".
func Marks(n int) string {
	return strings.TrimSuffix(strings.Repeat("?, ", n), ", ")
}

// In gives the condition that a column, of the type that PostgreSQL gives it,
// has one of n values, and List the arguments for it. PostgreSQL takes them as
// one array: of thousands of placeholders it makes a plan that compares every
// row with every value.
func (d Dialect) In(column, sqlType string, n int) string {
	if d == PostgreSQL {
		return column + " IN (SELECT unnest(?::" + sqlType + "[]))"
	}
	return column + " IN (" + Marks(n) + ")"
}

// List appends the arguments of In for n values, of which the last is repeated
// when there are fewer.
func List[T ~string](d Dialect, args []any, values []T, n int) []any {
	if d == PostgreSQL {
		var b strings.Builder
		for i, value := range values {
			b.WriteByte("{,"[min(i, 1)])
			b.WriteByte('"')
			_, _ = arrayEscapes.WriteString(&b, string(value)) // a Builder takes all
			b.WriteByte('"')
		}
		return append(args, b.String()+"}")
	}
	for i := range n {
		args = append(args, string(values[min(i, len(values)-1)]))
	}
	return args
}

// arrayEscapes are those within the quoted element of an array's text.
var arrayEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// Rows gives placeholders for n rows of width columns, for a multi-row
// INSERT: "(?, ?), (?, ?)".
func Rows(n, width int) string {
	return strings.TrimSuffix(strings.Repeat("("+Marks(width)+"), ", n), ", ")
}

// A Runner is what statements need of a *sql.DB, *sql.Conn or *sql.Tx.
type Runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// InTx runs f in one transaction of db, commits when f returns nil and rolls
// back otherwise.
func InTx(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	return InTxWith(ctx, db, nil, f)
}

// InTxWith is InTx with options, such as the isolation. SQLite knows only one
// isolation, which is stricter than any that could be asked for.
func InTxWith(ctx context.Context, db *sql.DB, opt *sql.TxOptions, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, opt)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // by a panic, too; nothing after the commit, and one that fails ends with the connection
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// Upsert gives the statement that writes rows rows into table, and overwrites
// those whose key is there already.
func (d Dialect) Upsert(table string, key, others []string, rows int) string {
	columns := append(slices.Clone(key), others...)
	insert := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES " + Rows(rows, len(columns))
	sets := make([]string, len(others))
	for i, column := range others {
		sets[i] = column + " = excluded." + column
		if d == MySQL {
			sets[i] = column + " = VALUES(" + column + ")"
		}
	}
	conflict := " ON CONFLICT (" + strings.Join(key, ", ") + ") DO UPDATE SET "
	switch {
	case d == MySQL && len(sets) == 0:
		conflict, sets = " ON DUPLICATE KEY UPDATE ", []string{key[0] + " = " + key[0]}
	case d == MySQL:
		conflict = " ON DUPLICATE KEY UPDATE "
	case len(sets) == 0:
		conflict = " ON CONFLICT (" + strings.Join(key, ", ") + ") DO NOTHING"
	}
	return d.Rebind(insert + conflict + strings.Join(sets, ", "))
}

// Counter gives the column type of a primary key that the database counts up.
func (d Dialect) Counter() string {
	switch d {
	case PostgreSQL:
		return "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"
	case MySQL:
		return "BIGINT AUTO_INCREMENT PRIMARY KEY"
	default:
		return "INTEGER PRIMARY KEY AUTOINCREMENT"
	}
}

// ForUpdate gives the end of a SELECT that locks the rows it reads until the
// transaction ends. SQLite has no need of it: a writing transaction is alone.
func (d Dialect) ForUpdate() string {
	if d == SQLite {
		return ""
	}
	return " FOR UPDATE"
}

// Quote makes a name an identifier, whatever it holds.
func (d Dialect) Quote(name string) string {
	mark := `"`
	if d == MySQL {
		mark = "`"
	}
	return mark + strings.ReplaceAll(name, mark, mark+mark) + mark
}

// LongText gives the column type for text of any length. MySQL's TEXT ends at
// 65,535 bytes, where Salesforce's long text areas hold 131,072 characters.
func (d Dialect) LongText() string {
	if d == MySQL {
		return "LONGTEXT"
	}
	return "TEXT"
}

// Bytewise gives the end of a CREATE TABLE whose texts are compared byte by
// byte. MySQL would take a and A for the same, which are two Salesforce ids.
func (d Dialect) Bytewise() string {
	if d == MySQL {
		return " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
	}
	return ""
}

// MaxValues is how many values one statement may be given.
func (d Dialect) MaxValues() int {
	if d == SQLite {
		return 32_766 // https://www.sqlite.org/limits.html, "Maximum Number Of Host Parameters"
	}
	return 65_535
}

// UpdateRows gives the statement that sets columns of rows rows of table, each
// to values of its own. Its arguments are, row by row, the key and then the
// columns, all as text. cast turns such a text, a column of the name that it is
// given, into the type of the key (at place -1) or of a column.
func (d Dialect) UpdateRows(table, key string, columns []string, cast func(place int, name string) string, rows int) string {
	names, sets := []string{"k"}, make([]string, len(columns))
	for i, column := range columns {
		names = append(names, "v"+strconv.Itoa(i))
		sets[i] = column + " = " + cast(i, "v."+names[i+1])
	}
	list, on := strings.Join(names, ", "), "t."+key+" = "+cast(-1, "v.k")
	switch d {
	case PostgreSQL:
		return d.Rebind("UPDATE " + table + " AS t SET " + strings.Join(sets, ", ") +
			" FROM (VALUES " + Rows(rows, len(names)) + ") AS v (" + list + ") WHERE " + on)
	case MySQL:
		first := "SELECT ? AS " + strings.Join(names, ", ? AS ")
		more := strings.Repeat(" UNION ALL SELECT "+Marks(len(names)), rows-1)
		return "UPDATE (" + first + more + ") AS v STRAIGHT_JOIN " + table + " AS t ON " + on + // else it reads the whole of a large table
			" SET t." + strings.Join(sets, ", t.")
	default:
		return "WITH v (" + list + ") AS (VALUES " + Rows(rows, len(names)) + ") UPDATE " + table +
			" AS t SET " + strings.Join(sets, ", ") + " FROM v WHERE " + on
	}
}
