// Package salesforcetest is a Salesforce org in memory, for tests and for
// trying things out without an account.
//
// An [Org] holds objects, records and users, and answers HTTP requests as
// Salesforce does: every way to log in, SOQL and SOSL, records one by one, in
// collections, composites and bulk jobs, files, describe, replication, limits,
// the partner API in SOAP, and the errors of all of these. Any client can talk
// to it:
//
//   - in Go, in-process, through [Org.Transport], also inside a
//     testing/synctest bubble;
//   - over a port of the loopback interface, through [NewServer];
//   - from other languages, through the command
//     github.com/sfbridge/sfbridge/salesforce/salesforcetest/sforg.
//
// # State
//
// A new org has the standard objects of sales, activities, files and products,
// one user, and what every org is set up with. [Org.Extend] and [Org.Load] add
// objects, fields and records; [Improveit360] has those of a well-known
// package. [Org.Insert], [Org.Update], [Org.Delete] and the like change records
// past the API, [Org.Record] and [Org.Records] look at them. [Org.Snapshot]
// keeps a state, to go back to it or to begin other orgs with it.
//
// # Rules
//
// What an administrator sets up is part of the [Schema]: required, unique and
// restricted fields, record types, dependent picklists, roll-ups, and as Go
// functions formulas, validation rules and duplicate rules. [Options] switch on
// records that are private to their owners, person accounts, refresh tokens that
// rotate, and more; [Org.HideField] takes a field from users' sight.
//
// # Time
//
// The org's clock dates records, sessions and the Date header, and counts date
// literals, these in the time zone of the user who asks. [Org.SetNow] stops it,
// [Org.Advance] moves it. Ids, tokens and locators are the same in each run, so
// a test on a stopped clock sees the same bytes each time.
//
// # Trouble
//
// [Org.Fail] makes requests fail, wait, hang or break off, before or after the
// org has done its work. [Org.HoldTransaction] keeps a transaction open whose
// changes nobody sees yet. [Org.ExpireSessions] ends sessions. [Org.Requests]
// tells what came.
//
// How close all this is to the real thing, and where it is not, is told in
// FIDELITY.md beside this package.
package salesforcetest
