package importer

import "context"

// A Matcher tells of records that are about to be created which of them the
// host has already. All changes of a batch are of one kind. It answers each with
// a Match, in order; its error stops the run, which goes on later from the same
// batch.
type Matcher func(ctx context.Context, batch []Change) ([]Match, error)

// A Match is a Matcher's answer about one record. The zero value creates it.
type Match struct {
	// HostID is the host record to link it to. A host record that is linked
	// already, or has been, is refused: the record becomes a dead letter.
	HostID string
	// Skip leaves the record out.
	Skip bool
	// Reason says for the report why it was matched, created or skipped.
	Reason string
}
