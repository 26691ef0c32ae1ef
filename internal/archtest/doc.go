// Package archtest holds the rules of the house as tests: the arrows between
// our packages, the modules that each of them may reach, one doc comment per
// package, an example per public package, test libraries in test files only.
//
// The rules are the tables in its test files. Whoever needs another rule
// changes the table, and says why in the same commit. Every check is a
// function over plain data, and is itself tested on inputs that break it.
package archtest
