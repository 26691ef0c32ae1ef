package archtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// missing names the first line of part that whole does not have, in part's
// order; indentation does not count.
func missing(part, whole string) string {
	rest := strings.Split(whole, "\n")
next:
	for line := range strings.Lines(part) {
		line = strings.TrimSpace(line)
		for i := range rest {
			if strings.TrimSpace(rest[i]) == line {
				rest = rest[i+1:]
				continue next
			}
		}
		return line
	}
	return ""
}

// blocks are the fenced blocks of a Markdown text that are marked language.
func blocks(text, language string) []string {
	var found []string
	for _, part := range strings.Split(text, "\n```"+language+"\n")[1:] {
		block, _, _ := strings.Cut(part, "\n```")
		found = append(found, block)
	}
	return found
}

// The program in the README is part of one that runs, and prints what it says.
func TestReadmeShowsTheQuickstart(t *testing.T) {
	t.Parallel()
	read := func(path ...string) string {
		text, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
		require.NoError(t, err)
		return string(text)
	}
	readme := read("README.md")
	require.Empty(t, missing(blocks(readme, "go")[0], read("examples", "quickstart", "main.go")))
	require.Contains(t, readme, "```\n"+read("examples", "quickstart", "testdata", "output.txt")+"```")
}

func TestReadmeCheckFindsFaults(t *testing.T) {
	t.Parallel()
	require.Empty(t, missing("a\n\tb", "x\na\ny\n  b\n"))
	require.Equal(t, "b", missing("a\nb", "b\na"))
	require.Equal(t, []string{"one", "two\nthree"}, blocks("x\n```go\none\n```\n```sh\nno\n```\n```go\ntwo\nthree\n```\n", "go"))
}
