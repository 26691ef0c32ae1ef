// Package importer brings records out of Salesforce into a host, keeps them
// current, and loses nothing on the way.
//
// An [Importer] is wired from a salesforce.Client, a [Sink] that takes the
// records, a [Store] that keeps what the importer has to remember, and a list
// of [Object] that says what is imported and how. Package customers declares
// such a list for customers, contacts and projects; package sqlstore is a Sink
// and Store for SQL databases.
//
// # What a run does
//
// A complete run reads all records of each object. An incremental run reads
// what has changed since the last one. Both keep two values apart: the
// position, which moves with every page and says where a stopped run goes on,
// and the watermark, which moves once, at the very end, and says up to which
// moment all changes are in the host.
//
// The watermark is not taken from the clock, nor from the newest record seen.
// A transaction that is open in Salesforce while a run reads may commit later
// with stamps that lie before both; a record that it wrote would never be read.
// Salesforce knows of such transactions: getUpdated and getDeleted answer with
// latestDateCovered, which does not pass the start of the oldest one. A run
// asks for it before it reads anything, and that is where its watermark goes.
// Reading goes further, up to Salesforce's own clock, so that a change made a
// moment ago is in the host now; those records are simply read again next time.
//
// What no stamp tells is found by comparison: a reconcile run holds all records
// against what is known of them, and reads what differs. Incremental runs do so
// where formulas, purged records or an old watermark ask for it.
//
// A complete run reads large objects through Bulk API 2.0. Every run keeps to a
// share of the org's API requests, at which it pauses.
//
// # What a stop leaves
//
// Every page is applied and noted before the one after it is. A run that is
// stopped at any point, by an error, by a panic of the host's code, by a
// cancelled context or by kill -9, goes on where it was when its kind of import
// is asked for again; applying a page twice changes nothing. When Sink and Store are one database (see
// [Atomic]), records and notes are committed together.
//
// A record that cannot be imported becomes a dead letter: it is reported, it
// does not hold up the others, and every following run tries it again.
//
// # Backups and other orgs
//
// A host that is restored from a backup has lost what its Store believes it has,
// and the other way round. Where the two are one database, they are restored
// together. Elsewhere a Sink that is an [EpochSink] tells, and imports fail with
// [ErrStoreEpoch] until [Importer.Complete] has held every record against the
// host: what it lacks is made again, what it has under the same id is kept, and
// all that Salesforce has is active. [Importer.DryRun] shows it beforehand.
//
// A Store serves one org for good: another one is refused with [ErrOrgChanged],
// and a sandbox is another one after each refresh. Records of the other org are
// others, whatever their ids, so there is nothing to take over: give it a Store
// and a Sink of its own. A host that keeps its records beyond a change of orgs
// clears the old Salesforce ids from its Sink and imports into a new Store: the
// records are then matched as those are that a host has before its first import.
//
// # What a host may say
//
// Config.Allow is asked before everything that a person does. Config.Match links
// records that the host has already, where an equal customer number does not
// tell. Config.Fallback hears of dead letters, and of runs that fail or pause.
// Config.MaxRetire stops a run that would retire a large part of the records,
// until the next call confirms it by [RunOptions].
//
// [Importer.Plan] says beforehand what a run reads and costs, and
// [Importer.DryRun] what it would do to each record. Package importertest checks
// a Sink or Store of the host's own.
//
// # Links and locks
//
// A [Link] ties each host record to its Salesforce record. While it lasts,
// Salesforce leads: [Importer.CheckEdit] refuses changes of mapped fields in
// the host by a [*LockedError]. [Importer.RemoveFlag] unlinks a record, and no
// import touches it, or its children, until [Importer.LinkAgain].
package importer
