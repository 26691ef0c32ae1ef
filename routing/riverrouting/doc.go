// Package riverrouting has the deliveries of a [routing.Router] worked on by
// River, a job engine on PostgreSQL, on as many machines as the host likes.
//
// A job carries the id of a delivery and nothing else. What is to be done, and
// how far it has come, is in the ledger; a job says only that it is time to look.
// So a job may run twice, on two machines at once, or late, and nothing happens
// that should not. And it may be lost: every [Dispatcher] looks now and then for
// deliveries that are overdue, and gives them a job anew, or works on them
// itself when theirs is stuck. No setting of River, no foreign program on its
// tables and no person who empties them can lose a document.
//
// The host gives its *pgxpool.Pool, and the same database holds the ledger:
//
//	ledger, err := outbox.NewSQL(ctx, stdlib.OpenDBFromPool(pool), outbox.PostgreSQL)
//	router, err := routing.New(routing.Config{Store: ledger, …})
//	dispatcher, err := riverrouting.New(ctx, riverrouting.Config{Router: router, Pool: pool})
//	go dispatcher.Run(ctx)
//
// [Dispatcher.Accept] accepts a document within a transaction of the host's: the
// host's rows, the delivery and its job are there together, or not at all. What
// the router accepts by itself, or in a transaction of database/sql, has its job
// with the next sweep.
//
// The directory of the router's Spool must be one for all machines, since any of
// them may deliver any document. The router's own Run is not needed.
//
// # What River does by default, and what is done about it
//
//   - A leader that does not know a kind of job discards the stuck ones. The
//     tables are in a schema of their own, and what is discarded all the same
//     is found overdue.
//   - Discarded jobs are deleted after a week. Here they are kept, and do not
//     matter.
//   - A job is discarded after 25 attempts, of which each rescue is one. Waiting
//     and failing are snoozes here, which do not count.
//   - A job without a timeout is never rescued, and by default it has one of a
//     minute. Here it has one that is longer than the longest upload.
//   - That a job is done is noted later than it is. It runs again after a crash
//     in between, and finds that there is nothing to do.
//   - Inserting a job beside an open transaction may wait for that for ever. Here
//     it is done in the transaction.
package riverrouting
