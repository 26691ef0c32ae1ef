// Package outbox keeps work that must not be lost until it is done: a durable
// ledger of deliveries, and a spool for the files that belong to them.
//
// The ledger is a [Store]. It knows when a delivery is due and who works on it;
// what there is to do stands in the payload, which it does not look into.
//
// # Leases
//
// A worker claims deliveries that are due, for as long as its lease lasts. A
// lease is nothing but a moment before which nobody else may claim: the column
// NotBefore moves to its end, and a worker that dies leaves a delivery that
// falls due again by itself. No process has to find it.
//
// Each claim raises the delivery's fence, and every write names the fence that
// it was claimed with. Whoever has been overtaken, say by a machine that slept
// through its lease, can therefore change nothing: [ErrLeaseLost].
//
// A store has no clock. Times come with each call, so that there is one clock
// to set, the caller's; they are kept in UTC, to the millisecond.
//
// # Transactions
//
// A delivery may be enqueued in a transaction of the host's, if the ledger is in
// the same database: then what the host has written and what is to be delivered
// come to be together, or neither does.
//
// # Stores
//
// [NewSQL] keeps the ledger in a database through database/sql: SQLite,
// PostgreSQL, MySQL or MariaDB. [NewMemory] is for tests and for hosts that can
// afford to forget. Package outboxtest checks any other.
//
// # Spool
//
// A [Spool] keeps the files, which do not belong into a database: on stable
// storage before the delivery is enqueued, checked whenever they are read, gone
// only when the delivery is done, and sealed if they must not lie in clear.
package outbox
