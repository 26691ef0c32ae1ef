package archtest

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/doc"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// testsOnly are the modules that no file but a test or an example may import:
// test libraries, and SQL drivers, which the host brings.
var testsOnly = []string{
	"github.com/stretchr/testify",
	"github.com/jarcoal/httpmock",
	"pgregory.net/rapid",
	"modernc.org/sqlite",
	"github.com/jackc/pgx",
	"github.com/go-sql-driver/mysql",
	"github.com/mattn/go-sqlite3",
	"github.com/lib/pq",
}

// testsAlone are the packages that only tests import, and that may do what
// tests do.
var testsAlone = []string{"internal/schematest", "internal/sqlxtest"}

// imports names the files that import what only tests may.
func imports(files []source) []string {
	var faults []string
	for _, f := range files {
		if f.ast == nil || f.test() || under(f.path, "examples") || slices.Contains(testsAlone, f.dir()) {
			continue
		}
		for _, spec := range f.ast.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err == nil && slices.ContainsFunc(testsOnly, func(m string) bool { return under(name, m) }) {
				faults = append(faults, fmt.Sprintf("%s: only tests and examples may import %s", f.path, name))
			}
		}
	}
	return faults
}

// docs names the packages that have no doc comment, more than one, or one that
// does not begin with what it is about.
func docs(files []source) []string {
	comments := map[string][]string{}
	names := map[string]string{}
	for _, f := range files {
		if f.ast == nil || f.test() {
			continue
		}
		names[f.dir()] = f.ast.Name.Name
		if f.ast.Doc != nil {
			comments[f.dir()] = append(comments[f.dir()], f.ast.Doc.Text())
		}
	}
	var faults []string
	for _, dir := range slices.Sorted(maps.Keys(names)) {
		switch found := comments[dir]; {
		case len(found) != 1:
			faults = append(faults, fmt.Sprintf("%s: %d doc comments, want one", dir, len(found)))
		case !about(found[0], dir, names[dir]):
			faults = append(faults, dir+": the doc comment does not begin with the name of its package or command")
		}
	}
	return faults
}

// about reports whether a doc comment begins as godoc has it: "Package soql ",
// and "Command sforg " or "Sforg " for a program.
func about(comment, dir, name string) bool {
	if name != "main" {
		return strings.HasPrefix(comment, "Package "+name+" ")
	}
	command := path.Base(dir)
	return strings.HasPrefix(comment, "Command "+command+" ") ||
		strings.HasPrefix(comment, strings.ToUpper(command[:1])+command[1:]+" ")
}

// suites are packages that consist of tests for other people's types, called
// with a *testing.T, which no example has.
var suites = []string{"importer/importertest", "routing/outbox/outboxtest", "salesforce/tokenstore/tokenstoretest"}

// examples names the public packages without an example whose output is
// checked.
func examples(files []source) []string {
	var promised []string
	shown := map[string]bool{}
	for _, f := range files {
		switch {
		case f.ast == nil:
		case f.test():
			shown[f.dir()] = shown[f.dir()] || slices.ContainsFunc(doc.Examples(f.ast), checked)
		case public(f.dir(), f.ast.Name.Name):
			promised = append(promised, f.dir())
		}
	}
	slices.Sort(promised)
	var faults []string
	for _, dir := range slices.Compact(promised) {
		if !shown[dir] && !slices.Contains(suites, dir) {
			faults = append(faults, dir+": no example with output")
		}
	}
	return faults
}

func checked(e *doc.Example) bool { return e.Output != "" || e.EmptyOutput }

// skippers are the test files that may skip, as they need what not every
// machine has. CI runs them, or names them.
var skippers = []string{
	"salesforce/salesforcetest/sforg/jsforce_test.go", // Node.js and npm's registry
	"routing/mail/postfix_test.go",                    // Postfix
	"routing/report/oracle_test.go",                   // qpdf, poppler and a font
	"routing/seal/oracle_test.go",                     // qpdf and poppler
}

// waits names the tests that sleep or skip. A test that skips looks like one
// that passes; one that sleeps is slow on a fast machine and fails on a slow
// one. In a synctest bubble sleeping takes no time.
func waits(files []source) []string {
	var faults []string
	for _, f := range files {
		if f.ast == nil || !f.test() {
			continue
		}
		var visit func(n ast.Node, bubble bool)
		visit = func(n ast.Node, bubble bool) {
			ast.Inspect(n, func(child ast.Node) bool {
				if call, ok := child.(*ast.CallExpr); ok && !bubble && selector(call.Fun) == "synctest.Test" {
					visit(child, true)
					return false
				}
				switch name := selector(child); {
				case name == "time.Sleep" && !bubble,
					skipping.MatchString(name) && !slices.Contains(skippers, f.path):
					faults = append(faults, fmt.Sprintf("%s: %s", f.path, name))
				}
				return true
			})
		}
		visit(f.ast, false)
	}
	return faults
}

// selector is "a.b" for that expression, and else nothing.
func selector(n ast.Node) string {
	if sel, ok := n.(*ast.SelectorExpr); ok {
		if x, ok := sel.X.(*ast.Ident); ok {
			return x.Name + "." + sel.Sel.Name
		}
	}
	return ""
}

var skipping = regexp.MustCompile(`^(t|b|f|tb)\.Skip(f|Now)?$`)

// secrets names the files that hold what looks like a real credential. Made-up
// ones are short words: secret, TOKEN.
func secrets(files []source) []string {
	var faults []string
	for _, f := range files {
		for _, what := range slices.Sorted(maps.Keys(credentials)) {
			if credentials[what].Match(f.text) {
				faults = append(faults, fmt.Sprintf("%s: holds what looks like %s", f.path, what))
			}
		}
	}
	return faults
}

var credentials = map[string]*regexp.Regexp{
	"a private key":                   regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----\\?[rn\s]+[A-Za-z0-9+/=]{40}`),
	"a Salesforce session id":         regexp.MustCompile(`\b00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?![A-Za-z0-9._]{60,}`),
	"a Salesforce connected app's id": regexp.MustCompile(`\b3MVG9[A-Za-z0-9._]{60,}`),
	"a Salesforce refresh token":      regexp.MustCompile(`\b5Aep861[A-Za-z0-9._]{40,}`),
	"a JSON web token":                regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{80,}`),
	"a cloud access key":              regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`),
	"a GitHub token":                  regexp.MustCompile(`\bgh[pousr]_[A-Za-z0-9]{36}`),
}

func TestFilesKeepTheHouseRules(t *testing.T) {
	t.Parallel()
	files, err := sources()
	require.NoError(t, err)
	for _, c := range []struct {
		promise string
		check   func([]source) []string
	}{
		{"only tests import test libraries and drivers", imports},
		{"every package has one doc comment", docs},
		{"every public package has an example", examples},
		{"no test sleeps or skips", waits},
		{"no file holds a credential", secrets},
	} {
		t.Run(c.promise, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, strings.Join(c.check(files), "\n"))
		})
	}
}

func TestFileChecksFindFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		check func([]source) []string
		files map[string]string
		want  []string
	}{
		{"a test library in a test", imports, map[string]string{
			"a/a_test.go": `package a; import "github.com/stretchr/testify/require"`,
		}, nil},
		{"a driver in an example", imports, map[string]string{
			"examples/a/main.go": `package main; import _ "modernc.org/sqlite"`,
		}, nil},
		{"a test library in production", imports, map[string]string{
			"a/a.go": `package a; import "github.com/stretchr/testify/require"`,
		}, []string{"a/a.go: only tests and examples may import github.com/stretchr/testify/require"}},
		{"a driver in production", imports, map[string]string{
			"a/a.go": `package a; import _ "github.com/jackc/pgx/v5/stdlib"`,
		}, []string{"a/a.go: only tests and examples may import github.com/jackc/pgx/v5/stdlib"}},

		{"one doc comment", docs, map[string]string{
			"a/doc.go": "// Package a is.\npackage a", "a/b.go": "package a", "c/main.go": "// Command c does.\npackage main",
			"d/main.go": "// D does.\npackage main",
		}, nil},
		{"no doc comment", docs, map[string]string{"a/a.go": "package a"}, []string{"a: 0 doc comments, want one"}},
		{"two doc comments", docs, map[string]string{
			"a/doc.go": "// Package a is.\npackage a", "a/b.go": "// Package a was.\npackage a",
		}, []string{"a: 2 doc comments, want one"}},
		{"a doc comment about something else", docs, map[string]string{
			"a/a.go": "// This is a.\npackage a",
		}, []string{"a: the doc comment does not begin with the name of its package or command"}},
		{"a command's doc comment", docs, map[string]string{
			"c/main.go": "// Package main does.\npackage main",
		}, []string{"c: the doc comment does not begin with the name of its package or command"}},

		{"an example with output", examples, map[string]string{
			"a/a.go": "package a", "a/a_test.go": "package a_test\nfunc Example() {\n\tf()\n\t// Output: 1\n}",
		}, nil},
		{"an example that nothing runs", examples, map[string]string{
			"a/a.go": "package a", "a/a_test.go": "package a_test\nfunc Example() { f() }",
		}, []string{"a: no example with output"}},
		{"no example", examples, map[string]string{"a/a.go": "package a"}, []string{"a: no example with output"}},
		{"packages that hosts do not import", examples, map[string]string{
			"internal/a/a.go": "package a", "c/main.go": "package main", "examples/e/e.go": "package e",
		}, nil},

		{"a test that waits on a channel", waits, map[string]string{
			"a/a_test.go": "package a\nfunc f() { <-time.After(1); s.Skip() }",
		}, nil},
		{"a sleep outside tests", waits, map[string]string{"a/a.go": "package a\nfunc f() { time.Sleep(1) }"}, nil},
		{"a sleep", waits, map[string]string{
			"a/a_test.go": "package a\nfunc f() { time.Sleep(1) }",
		}, []string{"a/a_test.go: time.Sleep"}},
		{"a sleep in a bubble", waits, map[string]string{
			"a/a_test.go": "package a\nfunc f() { synctest.Test(t, func(t *testing.T) { g(func() { time.Sleep(1) }) }) }",
		}, nil},
		{"a skip in a bubble, a sleep beside it", waits, map[string]string{
			"a/a_test.go": "package a\nfunc f() { synctest.Test(t, func(t *testing.T) { t.Skip() }); time.Sleep(1) }",
		}, []string{"a/a_test.go: t.Skip", "a/a_test.go: time.Sleep"}},
		{"a skip", waits, map[string]string{
			"a/a_test.go": "package a\nfunc f() { t.Skip(); b.Skipf(``); tb.SkipNow() }",
		}, []string{"a/a_test.go: t.Skip", "a/a_test.go: b.Skipf", "a/a_test.go: tb.SkipNow"}},
		{"a test that may skip", waits, map[string]string{
			skippers[0]: "package a\nfunc f() { t.Skip(); time.Sleep(1) }",
		}, []string{skippers[0] + ": time.Sleep"}},

		{"made-up credentials", secrets, map[string]string{
			"a.txt": "secret TOKEN 00Dxx0000001gPL!AQcAQ -----BEGIN PRIVATE KEY-----",
		}, nil},
		{"a session id", secrets, map[string]string{
			"a.txt": "00Dxx0000001gPL!" + strings.Repeat("aB3.", 20),
		}, []string{"a.txt: holds what looks like a Salesforce session id"}},
		{"a private key", secrets, map[string]string{
			"a.txt": "-----BEGIN RSA PRIVATE " + "KEY-----\n" + strings.Repeat("aB3/", 16),
		}, []string{"a.txt: holds what looks like a private key"}},
		{"a web token", secrets, map[string]string{
			"a.txt": "eyJ" + strings.Repeat("a", 30) + ".eyJ" + strings.Repeat("b", 30) + "." + strings.Repeat("c", 86),
		}, []string{"a.txt: holds what looks like a JSON web token"}},
		{"keys of other services", secrets, map[string]string{
			"a.txt": "AKIA" + strings.Repeat("A", 16) + " ghp_" + strings.Repeat("a", 36),
		}, []string{"a.txt: holds what looks like a GitHub token", "a.txt: holds what looks like a cloud access key"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var files []source
			for _, name := range slices.SortedFunc(maps.Keys(c.files), cmp.Compare[string]) {
				file := source{path: name, text: []byte(c.files[name])}
				if strings.HasSuffix(name, ".go") {
					var err error
					file, err = parse(name, c.files[name])
					require.NoError(t, err)
				}
				files = append(files, file)
			}
			require.Equal(t, c.want, c.check(files))
		})
	}
}
