package importer

import "fmt"

// A GuardError stops a run that would retire records, or take them out of scope,
// in a number that looks like a mistake. Nothing of that was done. The run goes
// on from here when it is asked for again: with RunOptions.MayRetire it takes
// them out, and without it looks again at what Salesforce says of them.
type GuardError struct {
	Object string
	// Leaving is how many linked records would leave, of how many there are.
	Leaving, Linked int
	// Limit is how many may leave without being confirmed.
	Limit int
}

// Error says what would happen and what confirms it.
func (e *GuardError) Error() string {
	return fmt.Sprintf("importer: %d of %d linked records of %s would be retired or taken out of scope, and at most %d may be: confirm by RunOptions.MayRetire, or mend them in Salesforce",
		e.Leaving, e.Linked, e.Object, e.Limit)
}

// Is makes every GuardError an ErrGuard.
func (e *GuardError) Is(target error) bool { return target == ErrGuard }
