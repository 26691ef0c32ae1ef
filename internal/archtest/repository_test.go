package archtest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// topLevel is all that stands at the top of the repository, dotfiles aside:
// what a newcomer sees first stays short.
var topLevel = []string{
	"salesforce", "soql", "mapping", "routing", "importer", "placeholder", "examples", "internal",
	"go.mod", "go.sum", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md",
}

// strangers are the names that do not belong at the top.
func strangers(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return strings.HasPrefix(name, ".") || slices.Contains(topLevel, name)
	})
}

// goMod names what our go.mod says and should not: a host takes our go line
// and our versions over, but never a toolchain or a replacement.
func goMod(text string) []string {
	var faults []string
	if !strings.Contains(text, "\ngo 1.26.0\n") {
		faults = append(faults, "the go line is not 1.26.0")
	}
	for _, directive := range []string{"toolchain", "replace", "exclude", "tool", "godebug"} {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, directive+" ") {
				faults = append(faults, strings.TrimSpace(line))
			}
		}
	}
	return faults
}

func TestTopLevelStaysShort(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	require.Empty(t, strangers(names))
}

func TestGoModAsksNothingOfHosts(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	require.Empty(t, goMod(string(text)))
}

func TestRepositoryChecksFindFaults(t *testing.T) {
	t.Parallel()
	require.Empty(t, strangers([]string{"soql", "go.mod", ".ci", ".gitignore"}))
	require.Equal(t, []string{"docs", "main.go"}, strangers([]string{"docs", "soql", "main.go"}))

	require.Empty(t, goMod("module m\n\ngo 1.26.0\n\nrequire x.org/one v1.0.0\n"))
	require.Equal(t,
		[]string{"the go line is not 1.26.0", "toolchain go1.27.1", "replace x.org/one => ../one"},
		goMod("module m\n\ngo 1.27.0\ntoolchain go1.27.1\nreplace x.org/one => ../one\n"))
}
