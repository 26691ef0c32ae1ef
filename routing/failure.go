package routing

import "context"

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
