package importer

// A Failure is what Config.Fallback is told: of a record that could not be
// imported, or of a run that has stopped.
type Failure struct {
	// Run is the run, as it is when it ends.
	Run Run
	// Dead is the record that has become a dead letter, with its reason and
	// attempts. Nil when the run itself has failed or paused.
	Dead *DeadLetter
	// Err is why the run has stopped. Nil for a record.
	Err error
}
