package configfile_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/configfile"
)

type rule struct {
	Title string   `json:"title"`
	From  []string `json:"from"`
	Note  bool     `json:"note"`
	Max   int      `json:"max"`
}

type settings struct {
	Name  string            `json:"name"`
	Rules []rule            `json:"rules"`
	Words map[string]string `json:"words"`
	Inner *rule             `json:"inner"`
}

func read(name, text string) (settings, error) {
	var s settings
	f, err := configfile.Parse(name, []byte(text))
	if err == nil {
		err = f.Decode(&s)
	}
	return s, err
}

func TestBothFormatsMeanTheSame(t *testing.T) {
	t.Parallel()
	want := settings{
		Name:  "a/ü\"b",
		Rules: []rule{{Title: "One", From: []string{"A", "B"}, Note: true, Max: 3}, {}},
		Words: map[string]string{"x": "y"},
		Inner: &rule{Title: "In"},
	}
	for _, text := range []string{
		"name: a/ü\"b\nrules:\n- {title: One, from: [A, B], note: true, max: 3}\n- {}\nwords: {x: 'y'}\ninner: {title: In}\n",
		`{"name":"a\/\u00fc\"b","rules":[{"title":"One","from":["A","B"],"note":true,"max":3},{}],"words":{"x":"y"},"inner":{"title":"In"}}`,
		"\xef\xbb\xbfname: \"a/\\u00fc\\\"b\"\nrules: [{title: One, from: [A, B], note: true, max: 3}, {}]\nwords: {x: \"y\"}\ninner:\n  title: In\n",
	} {
		got, err := read("x", text)
		require.NoError(t, err, text)
		require.Equal(t, want, got)
	}
}

func TestFaultsTellWhereAndWhatToDo(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"nmae: x\n":    "f:1:1: nmae: there is no such key; did you mean \"name\"?",
		"quatsch: x\n": "f:1:1: quatsch: there is no such key; the keys here are name, rules, words, inner",
		"name: 5\nrules:\n  - title: x\n    note: yes\n    from: A\n": "f:1:7: name: this has to be text, not a number; put it in quotes\n" +
			"f:4:11: rules[0].note: this has to be true or false, not text \"yes\"\n" +
			"f:5:11: rules[0].from: this has to be a list, not text",
		"name:\n":                                "f:1:6: name: there is no value; write text, or leave the key out",
		"name: a\nname: b\n":                     "f:2:1: name: the key stands twice, first in line 1; remove one of the two",
		"name: a\n---\nname: b\n":                "f:2: a second document begins here; a configuration is one",
		"name: &a x\n":                           "f:1:7: name: anchors and aliases (& and *) are not taken; write the value out, and put text in quotes",
		"name: !!str 5\n":                        "f:1:7: name: the tag !!str is not taken; leave it out",
		"name: a: b\n":                           "f: this is no YAML: mapping values are not allowed in this context; look at the indentation, and at quotes around text with a colon, % or #",
		"- a\n":                                  "f:1:1: this has to be a group of keys, not a list",
		"inner:\n  max: 1.5\n":                   "f:2:8: inner.max: this has to be a whole number, not 1.5",
		"":                                       "f: the file is empty",
		"# nothing\n":                            "f: the file is empty",
		"{\"name\": 1,\n \"x\": 2}":              "f:1:10: name: this has to be text, not a number; put it in quotes\nf:2:2: x: there is no such key; the keys here are name, rules, words, inner",
		"{\"name\": \"a\",\n \"name\": \"b\"}":   "f:2:2: name: the key stands twice, first in line 1; remove one of the two",
		"{\"name\": \"a\"} x":                    "f:1:15: this is no JSON: something follows the end",
		"{\"name\": }":                           "f:1:10: this is no JSON: invalid character '}' looking for beginning of value",
		"{\"name\": null, \"words\": {\"a\":1}}": "f:1:10: name: there is no value; write text, or leave the key out\nf:1:30: words.a: this has to be text, not a number; put it in quotes",
		"{\"name\": \"x\"":                       "f:1:13: this is no JSON: unexpected EOF",
	} {
		_, err := read("f", text)
		require.EqualError(t, err, want, text)
	}
}

func TestTextsTellWhereTheirLinesStand(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]int{
		"name: |\n  one\n  two\n":      {2, 3},
		"words: {}\nname: |\n\n   a\n": {3, 4},
		"name: one\n":                  {1, 7},
		"name: 'one'\n":                {0, 0},
		"name: >\n  one\n  two\n":      {0, 0},
		"name: one\n  two\n":           {0, 0},
		`{"name":"one"}`:               {1, 10},
		`{"name":"one\ntwo"}`:          {0, 0},
	} {
		f, err := configfile.Parse("f", []byte(text))
		require.NoError(t, err)
		n := f.At("name")
		require.Equal(t, want, [2]int{n.BodyLine, n.BodyColumn}, text)
	}
	f, err := configfile.Parse("f", []byte("rules:\n- title: x\n"))
	require.NoError(t, err)
	require.Equal(t, 2, f.At("rules", 0, "title").Line)
	require.Nil(t, f.At("rules", 7, "title"))
}

func TestAFileCannotGrow(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
	deep := "name: " + strings.Repeat("[", 200) + strings.Repeat("]", 200)
	for _, text := range []string{bomb, deep, `{"name": ` + deep[6:] + "}", strings.Repeat(" ", 5<<20)} {
		_, err := read("f", text)
		require.Error(t, err)
	}
}

// FuzzParse: a file is read or refused with the place of each fault, and what
// was read as JSON is what encoding/json reads.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"name: x\nrules:\n- {title: a, from: [b], note: true, max: 1}\n", `{"name":"\u00fc","rules":[{"max":2}]}`,
		"a: &x 1\nb: *x\n", "<<: {a: b}\n", "? [a]\n: b\n", "a: !!binary x\n", "\xff", "---\na: b\n...\n---\n", "a: 2026-01-01\n", "[1,[2,{}]]",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := read("f", text)
		if err == nil {
			if strings.HasPrefix(text, "{") {
				var want settings
				require.NoError(t, json.Unmarshal([]byte(text), &want))
				require.Equal(t, fmt.Sprintf("%+v", want.Name), fmt.Sprintf("%+v", got.Name))
			}
			return
		}
		_, ok := errors.AsType[*configfile.Error](err)
		require.True(t, ok, "%v", err)
	})
}
