package riverrouting

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/jackc/pgx/v5"
)

// within lets the ledger, which speaks database/sql, write in a transaction of
// pgx. The caller closes what it returns, which leaves the transaction open.
func within(tx pgx.Tx) *sql.DB {
	db := sql.OpenDB(connector{tx})
	db.SetMaxOpenConns(1)
	return db
}

// errUnneeded is what the parts of a driver say that the ledger never asks for.
var errUnneeded = errors.New("riverrouting: not within a transaction of the host's")

// A connector is a driver whose connections are all one transaction.
type connector struct{ tx pgx.Tx }

func (c connector) Connect(context.Context) (driver.Conn, error) { return conn{c.tx}, nil }
func (c connector) Driver() driver.Driver                        { return c }
func (c connector) Open(string) (driver.Conn, error)             { return nil, errUnneeded }

type conn struct{ tx pgx.Tx }

func (c conn) Prepare(string) (driver.Stmt, error) { return nil, errUnneeded }
func (c conn) Begin() (driver.Tx, error)           { return nil, errUnneeded }
func (c conn) Close() error                        { return nil }

func (c conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	tag, err := c.tx.Exec(ctx, query, plain(args)...)
	return driver.RowsAffected(tag.RowsAffected()), err
}

func (c conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	found, err := c.tx.Query(ctx, query, plain(args)...)
	if err != nil {
		return nil, err
	}
	return rows{found}, nil
}

func plain(args []driver.NamedValue) []any {
	values := make([]any, len(args))
	for i, arg := range args {
		values[i] = arg.Value
	}
	return values
}

type rows struct{ pgx.Rows }

func (r rows) Columns() []string {
	var names []string
	for _, field := range r.FieldDescriptions() {
		names = append(names, field.Name)
	}
	return names
}

func (r rows) Close() error {
	r.Rows.Close()
	return nil // an error of reading is one of Next
}

// Next reads a row. The ledger's columns are texts, bytes and integers.
func (r rows) Next(dest []driver.Value) error {
	if !r.Rows.Next() {
		if err := r.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	values, err := r.Values()
	for i, value := range values {
		dest[i] = value
	}
	return err
}
