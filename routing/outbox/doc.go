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
// # Stores
//
// [NewMemory] is for tests and for hosts that can afford to forget. [NewSQL]
// keeps the ledger in a database through database/sql. Package outboxtest
// checks any other.
package outbox
