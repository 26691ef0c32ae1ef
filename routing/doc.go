// Package routing brings documents from a host application to Salesforce, and
// loses none.
//
// [Router.Route] accepts a document: it names it, copies it to the spool and
// writes a delivery into the ledger. When it returns, the document survives a
// crash and the host may forget it. From then on the delivery is worked on
// until the document is in Salesforce or in the mailbox of a person:
//
//	spooled    → uploading            an upload is about to begin
//	           → mailing              too large for its rule
//	uploading  → uploaded             Salesforce says that it has the document
//	           → ambiguous            no answer, or a crash
//	           → spooled              failed for now
//	           → mailing              refused, or failed for too long
//	ambiguous  → verified             found in Salesforce
//	           → spooled, mailing     not there, and no longer to be expected
//	uploaded   → verified             found as it was sent
//	           → spooled, mailing     something else was stored
//	mailing    → mailed               each recipient's server has it
//	           → parked               nobody to mail to, or too large for mail
//	parked     → spooled              Redrive
//	           → confirmed            Confirm
//
// Verified, mailed and confirmed are the ends. A delivery whose file is damaged is parked
// from any state, and [Router.Park] parks one in whatever state it is.
//
// # No second copy
//
// Each arrow is written to the ledger before its consequences. An upload whose
// answer was lost, or that a crash interrupted, may have been carried out. So
// the delivery is ambiguous: Salesforce is asked for the document until it is
// found, or until no request can be under way any more. Only then is it uploaded
// again. An ambiguous delivery is never mailed.
//
// When that is, is told by Salesforce's clock alone: usually eleven minutes after
// its first answer that it does not have the document. The clock here only says
// when to ask.
//
// A destination may keep a second copy out by itself: [Salesforce] does with a
// KeyField. The upload is then repeated at once, and only the mail has to wait for
// how the first one ended.
//
// # Forms
//
// A document becomes a file of Salesforce or, by its [Rule], an Attachment, on the
// record that the submission or the rule names. After each upload, content and
// size are compared with what was sent.
//
// # Failures
//
// What Salesforce refuses for good is mailed at once to the rule's backup
// recipients, everything else after half an hour or eight attempts. When mail
// fails too, the delivery stays and is tried again. When there is nobody to mail
// to, it is parked, with its file, until [Router.Redrive]. So it is when the mail
// server does not take a mail of that size; the recipients get one without the
// document, which says where it waits, and [Router.Confirm] ends the delivery.
// In each of these cases the host's [Fallback] is told.
//
// # Credit applications
//
// [Router.RouteCredit] seals a document with the company's password before
// anything else sees it: what is stored, uploaded and mailed opens with that
// password only. It takes an application only if the customer was shown the
// disclosure that is in force ([Router.Disclosure]).
//
// # Results
//
// [Router.ResultsForm] gives the host the form of [ResultsForm] to show for an
// appointment, with the options that the org offers for that very record.
// [Router.Submit] checks what was filled in and accepts it as one delivery of
// several steps, one after the other, each with a state of its own
// ([Delivery].Steps):
//
//	record     the fields are set, unless they have the values already
//	report     a PDF that a [Renderer] makes is put on the record, as any document
//	note       a note is written: ContentNote, Note, or Task if that is wanted
//	link       and linked to the record, if it is a ContentNote
//
// Each step goes from spooled to verified as a document does: what may have been
// carried out is asked about, and done again only when it is certain that it was
// not. A step that fails for good does not keep the others from being done. In the
// end one mail tells what is not in Salesforce: the values, and why, with the
// report.
//
// # Configuration
//
// An administrator's part of it is plain data: [Settings], in a file that
// [ReadSettings] reads, [Schema] describes and [CheckFile] holds against the org.
//
// # Running
//
// [Router.Run] works on deliveries in this process, several at once. Any number
// of routers may share a ledger if they share the spool's directory, too. Each
// delivery is leased to the one that works on it; one that cannot reach the
// ledger for the time of a lease lets go of its work, since somebody else may
// have taken it over. [Router.Counts] is for an alarm.
//
// [Router.Drain] and [Router.Step] are the same work without a loop, for
// programs that run now and then and for job engines.
package routing
