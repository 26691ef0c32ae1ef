// Package riverimport runs the imports of many tenants on River, a job engine on
// PostgreSQL, on as many machines as the host likes.
//
// Each tenant has a job, which comes back when it is time: a complete import
// first, then what has changed every few minutes, and now and then a comparison
// of all records. What is due is read from the tenant's own store; a job says only
// that it is time to look. So a lost job costs time and nothing else: every
// [Scheduler] asks the host for its tenants now and then, and gives those a job
// that have none.
//
//	scheduler, err := riverimport.New(ctx, riverimport.Config{Pool: pool, Tenants: tenants, Importer: importerOf})
//	go scheduler.Run(ctx)
//
// [Scheduler.Ask] asks for an import on behalf of a person, within a transaction
// of the host's. Who that is goes to the importer, which asks its Allow and keeps
// it in the audit trail.
//
// # Fairness
//
// A tenant is worked on in one place at a time. An import has a slice of time, as
// long as others wait or not; what is not done by then goes on behind all tenants
// whose time has come, so that a million records take one worker at a time, and
// others wait for as many slices as there are such tenants for a worker. An org
// that is broken is asked less and less often, and all such orgs together have a
// part of the workers only. One whose requests of the day are used up is left
// alone for a while.
//
// # Stores
//
// A store serves one org. With package sqlstore a tenant has a schema of its own,
// whose name is the search_path of its connections, or a database. Keep the
// *sql.DB of a tenant small and short-lived when idle (SetMaxOpenConns(2),
// SetConnMaxIdleTime of some seconds): most tenants sleep most of the time.
//
// # What River does by default, and what is done about it
//
//   - A leader that does not know a kind of job discards the stuck ones. The
//     tables are in a schema of their own, and a tenant whose job was discarded all
//     the same gets a new one.
//   - Discarded jobs are deleted after a week. Here they are kept, and do not
//     matter.
//   - A job is discarded after 25 attempts, of which each rescue is one. Waiting,
//     pausing and failing are snoozes here, which do not count.
//   - A job without a timeout is never rescued, and by default it has one of a
//     minute. Here it has one that is longer than a slice.
//   - That a job is done is noted later than it is. It runs again after a crash
//     in between, and finds in the store that nothing is due. An import that a
//     person has asked for may come twice then, which changes nothing.
//   - Inserting a job beside an open transaction may wait for that for ever. Here
//     it is done in the transaction.
package riverimport
