package routing

import (
	"context"
	"errors"

	"github.com/sfbridge/sfbridge/salesforce"
)

// A Fallback is told when a document can be neither uploaded nor mailed.
type Fallback interface {
	// Undelivered is called when mail fails for the first time, when Salesforce
	// cannot say for as long as MailAfter whether it has the document, when it
	// stored something else than the document, and when a delivery is parked.
	// The document is safe in each case. Unless it is parked, work on it goes
	// on, and the call may turn out to have been early.
	//
	// It may be called again for the same event: after a crash, and after it
	// returned an error, which has no other effect.
	Undelivered(ctx context.Context, f Failure) error
}

// A Failure is what a [Fallback] is told.
type Failure struct {
	Delivery Delivery
	Err      error // the latest; nil if the delivery has nobody to mail to
}

// The reasons that are given to people, besides those in refusals.
const (
	reasonTooLarge    = "The file is too large to be uploaded to Salesforce."
	reasonUnreachable = "Salesforce could not be reached."
	reasonUnconfirmed = "Salesforce did not confirm the upload."
	reasonCorrupted   = "Salesforce did not store the document as it was sent."
	reasonDamaged     = "The stored copy of the document is missing or damaged."
	reasonRefused     = "Salesforce refused the document."
)

// A refusal says what a class of errors means to a person, and whether trying
// again is pointless.
type refusal struct {
	class error
	final bool
	text  string
}

// refusals are matched in this order.
var refusals = []refusal{
	{salesforce.ErrDailyLimit, false, "Salesforce accepts no more requests today."},
	{salesforce.ErrUnavailable, false, reasonUnreachable},
	{salesforce.ErrPasswordExpired, true, "The password for Salesforce has expired."},
	{salesforce.ErrOrgMismatch, true, "The login leads to another company's Salesforce."},
	{salesforce.ErrSOAPLoginUnavailable, true, "Salesforce refused the login."},
	{salesforce.ErrAuth, true, "Salesforce refused the login."},
	{salesforce.ErrInsecureURL, true, "The connection to Salesforce is not secure."},
	{salesforce.ErrStorage, true, "Salesforce has no space left for files."},
	{salesforce.ErrTooLarge, true, reasonTooLarge},
	{salesforce.ErrDeleted, true, "The record in Salesforce has been deleted."},
	{salesforce.ErrNotFound, true, "The record was not found in Salesforce."},
	{salesforce.ErrAccess, true, "The Salesforce user may not add documents to the record."},
	{salesforce.ErrDuplicate, true, "Salesforce takes the document for a duplicate."},
	{salesforce.ErrValidation, true, "Salesforce did not accept the details of the document."},
}

// refused tells what an error of an upload means.
func refused(err error) refusal {
	for _, r := range refusals {
		if errors.Is(err, r.class) {
			return r
		}
	}
	if e, ok := errors.AsType[*salesforce.Error](err); ok && e.Status != 0 && !salesforce.Retryable(err) {
		return refusal{final: !errors.Is(err, salesforce.ErrSession), text: reasonRefused}
	}
	return refusal{text: reasonUnreachable}
}
