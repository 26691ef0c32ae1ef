package outbox_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/routing/outbox"
)

// A worker claims what is due, says what it is about to do, and does it.
func Example() {
	ctx := context.Background()
	store := outbox.NewMemory()
	now := time.Date(2019, time.May, 23, 12, 0, 0, 0, time.UTC)

	for range 2 { // the second time changes nothing: the key is taken
		_, created, err := store.Enqueue(ctx, nil, outbox.Delivery{
			ID: "1", Key: "letter 4711", Kind: "letter", State: "written", NotBefore: now,
		})
		fmt.Println(created, err)
	}

	claimed, err := store.Claim(ctx, outbox.Claim{
		Kinds: []string{"letter"}, Now: now, Until: now.Add(time.Minute), Max: 10,
	})
	for _, d := range claimed {
		fmt.Println(d.Key, d.State, err)
		d.State, d.Status = "posted", outbox.Done
		fmt.Println(store.Save(ctx, d))
	}
	// Output:
	// true <nil>
	// false <nil>
	// letter 4711 written <nil>
	// <nil>
}

// A ledger on disk remembers.
func ExampleNewSQL() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "ledger")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	for range 2 { // as if the program were started twice
		db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "outbox.db")+
			"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
		if err != nil {
			fmt.Println(err)
			return
		}
		db.SetMaxOpenConns(1)
		store, err := outbox.NewSQL(ctx, db, outbox.SQLite)
		if err != nil {
			fmt.Println(err)
			return
		}
		_, created, err := store.Enqueue(ctx, nil, outbox.Delivery{ID: "1", Key: "letter 4711", Kind: "letter", State: "written"})
		fmt.Println(created, err, db.Close())
	}
	// Output:
	// true <nil> <nil>
	// false <nil> <nil>
}

// What the host writes and what is to be delivered come to be together.
func ExampleSQL_Enqueue() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "ledger")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(dir, "host.db"))+"?_txlock=immediate&_pragma=synchronous(FULL)")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	store, err := outbox.NewSQL(ctx, db, outbox.SQLite)
	if err != nil {
		fmt.Println(err)
		return
	}
	sign := func(finish func(*sql.Tx) error) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		// … tx also writes that the contract was signed …
		_, _, err = store.Enqueue(ctx, tx, outbox.Delivery{ID: "1", Key: "contract 4711", Kind: "letter", State: "written"})
		return errors.Join(err, finish(tx))
	}
	for _, finish := range []func(*sql.Tx) error{(*sql.Tx).Rollback, (*sql.Tx).Commit} {
		if err := sign(finish); err != nil {
			fmt.Println(err)
			return
		}
		counts, err := store.Counts(ctx)
		fmt.Println(len(counts), err)
	}
	// Output:
	// 0 <nil>
	// 1 <nil>
}

func ExampleSpool() {
	dir, err := os.MkdirTemp("", "spool")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	spool := outbox.Spool{Dir: filepath.Join(dir, "documents")}

	blob, err := spool.Put(context.Background(), "delivery-1", strings.NewReader("Hello"))
	fmt.Println(blob.Size, blob.MD5, err)
	f, err := spool.Open(blob)
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := io.ReadAll(f)
	fmt.Println(string(text), err, f.Close())
	fmt.Println(spool.Remove(blob))
	// Output:
	// 5 8b1a9953c4611296a827abf8c47804d7 <nil>
	// Hello <nil> <nil>
	// <nil>
}
