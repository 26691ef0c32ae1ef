// Package salesforce is a client for the REST API of Salesforce.
//
// # Getting started
//
// A [Config] says where and how to log in, [New] makes a [Client] of it:
//
//	c, err := salesforce.New(salesforce.Config{
//		LoginURL: salesforce.MyDomain("acme"),
//		Auth:     salesforce.ClientCredentials{ClientID: id, ClientSecret: secret},
//	})
//
// The client logs in with its first call and again when the org ends the
// session. It is safe for concurrent use; one per org and user is enough. Where
// each user of an application has a login of their own, a [Pool] keeps the
// clients.
//
// # Logging in
//
// Each way to log in is a value, an [Auth], and changing the way changes that
// one value. Prefer [ClientCredentials] or [JWT] for a program that runs by
// itself, and [AuthCode] or [Device], which yield a [RefreshToken], where users log
// in themselves. [TokenSource] takes tokens from elsewhere, [StaticToken] one that
// is there already. [Password] and [SOAPLogin], with username, password and
// security token, are for orgs that have nothing else yet; the latter ends
// everywhere in June 2027. Refresh tokens that rotate need a [TokenStore]; package
// tokenstore has them. [Client.Logout] ends a login for good. [Client.CheckConnection] tells an administrator whether
// the credentials work, and [Advice] what to do when they do not. With
// Config.OrgID a login into another org reads and writes nothing.
//
// # Reading and writing
//
// [Query] yields what a SOQL query selects, page by page, as Records or into
// structs:
//
//	for account, err := range salesforce.Query[Account](ctx, c, text, nil) {
//
// [CollectQuery] makes a slice of them and [QueryOf] the query for a struct.
// [QueryTree] takes a query that package soql has built, however many values its IN
// list has. [Client.Explain] tells how Salesforce would run one.
//
// [Get], [Client.Create], [Client.Update], [Client.Upsert] and [Client.Delete]
// work on one record. [Client.Search] finds records by their words.
// [Client.Describe] tells what an object looks like, [Client.Picklists] what a
// record type offers, [Client.Updated] and [Client.Deleted] what has changed. For
// what there is no method for, [Client.Do] calls any path, with the same session,
// retries and errors.
//
// # Many records
//
// [CreateAll], [UpdateAll], [UpsertAll], [Client.DeleteAll] and
// [Client.UndeleteAll] write what an iterator gives, 200 records in a request, and
// [GetAll] reads by ids. They yield
// a [Result] for each record, in order, and send again only those that were
// refused for a passing reason:
//
//	for r, err := range salesforce.CreateAll(ctx, c, "Contact", slices.Values(people), nil) {
//
// A [Composite] holds a few requests that belong together, of which later ones
// refer to what earlier ones made; all of it happens, or nothing.
//
// From some thousand rows on [BulkIngest] and [Client.BulkIngestCSV] are the
// quicker way to write, and from some ten thousand [BulkQuery] and
// [Client.BulkQueryCSV] that to read: jobs which Salesforce carries out in its own
// time. The outcome of each row finds its way back to the row that was given, and
// what came is counted. A program that was stopped takes up the result of a job
// by its id, with BulkQueryOptions.JobID and [Client.IngestResults].
//
// # Files
//
// [Client.Upload] and [Client.Download] move files of up to 2 GB without holding
// them in memory. After an upload whose answer was lost [Client.FindUpload] tells
// whether the file is there.
//
// # Values
//
// A [Record] keeps numbers as json.Number, digit for digit, and in a struct so does
// any decimal type that reads and writes JSON or text. [Date], [DateTime]
// and [Time] are the three kinds of moments, [ID] is a record id, and a [Field]
// in a struct that is written can be left out, null or set.
//
// # Errors
//
// A failed request is an [*Error] with Salesforce's code, message and fields.
// Branch on its class, not on its text:
//
//	errors.Is(err, salesforce.ErrDuplicate)
//	salesforce.Retryable(err)
//
// Passing failures are repeated by the client, as [Retry] says: by Salesforce's
// own error code where there is one, with growing pauses, also for answers that
// break off, and never in a way that could carry a create out twice. A write that
// may have been carried out, though nothing said so, fails with
// [ErrOutcomeUnknown].
//
// # Guards
//
// Repetitions are held to a share of the requests by a budget, [Pace] bounds how
// many are sent, and with Config.DailyShare the client stops before it has used
// up the org's API requests. [Client.Usage] tells them, and Config.Observe every
// request, without what it carried. Config.MaxAnswer bounds what an answer may
// take of the memory. The token goes to the org's own host only, over https,
// wherever an answer may lead, and no error and no log tells it.
//
// # Time-outs
//
// Every call takes a context and ends when that does, the request in flight
// included. There is no other time-out, except that the default transport gives
// up on a server that says nothing for eleven minutes; an upload takes as long
// as it takes.
package salesforce
