//go:build race

package importer_test

// raced says that the race detector is at work, which makes a test take ten
// times as long: those that play many histories play fewer.
const raced = true
