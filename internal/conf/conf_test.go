package conf_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/conf"
)

type shade string

func (s *shade) UnmarshalText(text []byte) error {
	if *s = shade(text); *s != "light" && *s != "dark" {
		return errors.New(`no such shade; there are "light" and "dark"`)
	}
	return nil
}

type base struct {
	Zone string `json:"zone"`
}

type row struct {
	At    string   `json:"-" conf:"at"`
	Title string   `json:"title"`
	From  []string `json:"from" conf:"required,single"`
	Shade shade    `json:"shade"`
	Max   int8     `json:"max"`
}

type file struct {
	base
	Name  string            `json:"name" conf:"required"`
	On    *bool             `json:"on"`
	Wait  time.Duration     `json:"wait"`
	Table map[string]string `json:"table"`
	Rows  []row             `json:"rows" conf:"item=row"`
	Inner *file             `json:"inner"`
}

func TestDecodeReadsBothLanguages(t *testing.T) {
	t.Parallel()
	want := file{
		base: base{Zone: "UTC"}, Name: "2026-08-24", On: new(true), Wait: time.Minute, Table: map[string]string{"A b": "/é😀"},
		Inner: &file{Name: "x"},
	}
	for name, text := range map[string]string{
		"a.yaml": "zone: UTC\nname: 2026-08-24 # a date is text\non: true\nwait: 1m\ntable: {A b: /é😀}\n" +
			"rows:\n- from: F\n  shade: dark\n-   title: T\n    from: [A, B]\n    max: 7\ninner:\n  name: x\n",
		"a.json": `{"zone":"UTC","name":"2026-08-24","on":true,"wait":"1m","table":{"A b":"\/é\ud83d\ude00"},` + "\n" +
			`"rows":[{"from":"F","shade":"dark"},` + "\n" + ` {"title":"T","from":["A","B"],"max":7}],"inner":{"name":"x"}}`,
	} {
		want.Rows = []row{{From: []string{"F"}, Shade: "dark"}, {Title: "T", From: []string{"A", "B"}, Max: 7}}
		want.Rows[0].At, want.Rows[1].At = name+":7:3", name+":9:5"
		if name == "a.json" {
			want.Rows[0].At, want.Rows[1].At = "a.json:2:9", "a.json:3:2"
		}
		var got file
		require.NoError(t, conf.Decode(name, []byte(text), &got))
		require.Equal(t, want, got, name)

		got = file{}
		require.NoError(t, conf.Decode("", []byte("\ufeff"+text), &got), "by the first character")
		require.Equal(t, want.Table, got.Table)
	}
}

func TestDecodeReportsEveryFaultFromTopToBottom(t *testing.T) {
	t.Parallel()
	var got file
	err := conf.Decode("a.yaml", []byte(strings.Join([]string{
		"nam: x",
		"on: yes",
		"wait: soon",
		"table: []",
		"zone: 5",
		"zone:",
		"rows:",
		"- title: T",
		"  max: 1000",
		"- Title: U",
		"  from: {}",
		"  shade: drak",
		"- 5",
		"inner: {name: true, rows: x, color: red}",
		"<<: 1",
	}, "\n")), &got)
	require.EqualError(t, err, strings.Join([]string{
		`a.yaml:1:1: unknown key "nam"; did you mean "name"?`,
		`a.yaml:1:1: the key "name" is missing`,
		`a.yaml:2:5: on: this takes true or false, not "yes"`,
		`a.yaml:3:7: wait: "soon" is no length of time such as 30m or 24h`,
		`a.yaml:4:8: table: this takes a group of keys, not a list`,
		`a.yaml:5:7: zone: this takes text, not 5: write it in quotation marks, "5"`,
		`a.yaml:6:1: the key "zone" is here twice, first in line 5: remove one`,
		`a.yaml:6:6: zone: this takes text, not nothing: give a value, or remove the key`,
		`a.yaml:8:3: row 1 (T): the key "from" is missing`,
		`a.yaml:9:8: row 1 (T), max: this takes a whole number, not 1000`,
		`a.yaml:10:3: row 2: unknown key "Title"; did you mean "title"?`,
		`a.yaml:11:9: row 2, from: this takes text, not a group of keys`,
		`a.yaml:12:10: row 2, shade: no such shade; there are "light" and "dark"`,
		`a.yaml:13:3: row 3: this takes a group of keys, not 5`,
		`a.yaml:14:15: inner, name: this takes text, not true: write it in quotation marks, "true"`,
		`a.yaml:14:27: inner, rows: this takes a list, not text`,
		`a.yaml:14:30: inner: unknown key "color"; the keys are zone, name, on, wait, table, rows, inner`,
		`a.yaml:15:1: unknown key "<<"; the keys are zone, name, on, wait, table, rows, inner`,
	}, "\n"))
	fault, ok := errors.AsType[*conf.Fault](err)
	require.True(t, ok)
	require.Equal(t, conf.Fault{File: "a.yaml", Line: 1, Column: 1, Text: `unknown key "nam"; did you mean "name"?`}, *fault)
}

// broken maps texts to the one fault that keeps them from being read at all.
var broken = []struct{ name, text, want string }{
	{"a.json", "", "a.json:1:1: the file ends too early: a bracket or a quotation mark is not closed"},
	{"a.json", "{\"name\":\"x\"\n", "a.json:2:1: the file ends too early: a bracket or a quotation mark is not closed"},
	{"a.json", "{\"name\":\n  nope}", "a.json:2:3: this is no JSON: invalid character 'o' in literal null (expecting 'u')"},
	{"a.json", `{"name":"x",}`, "a.json:1:13: this is no JSON: invalid character '}' looking for beginning of object key string"},
	{"a.json", `{"name":"x"} {}`, "a.json:1:14: the file goes on behind its end: remove what follows, or put it into the file's one value"},
	{"a.json", "{'name':1}", "a.json:1:2: this is no JSON: invalid character '\\''"},
	{"a.json", strings.Repeat("[", 1000), "a.json:1:52: lists and groups are nested too deeply"},
	{"a.yaml", "name: x\n---\nname: y\n", "a.yaml:2:1: a second document begins here: a file holds one"},
	{"a.yaml", "name: x\n\ton: true\n", "a.yaml:2:2: a line begins with a tab: YAML is indented with spaces"},
	{"a.yaml", "name: [x\n", "a.yaml:1:1: this is no YAML: did not find expected ',' or ']'; a bracket is not closed, a comma is missing, or a text with one of these lacks its quotation marks"},
	{"a.yaml", "name: x\nzone: %x%\n", "a.yaml:2:1: this is no YAML: found character that cannot start any token; a text that begins with %, @ or ` goes into quotation marks"},
	{"a.yaml", "name: x: y\n", "a.yaml:1:1: this is no YAML: mapping values are not allowed in this context; a text with a colon and a space in it lacks its quotation marks, or the key is indented differently from its neighbours"},
	{"a.yaml", "name: &a x\n", "a.yaml:1:7: anchors (&) and aliases (*) are not read here: write the value out, or put it in quotation marks"},
	{"a.yaml", "name: *a\n", "a.yaml:1:1: this is no YAML: unknown anchor 'a' referenced"},
	{"a.yaml", "name: !!binary x\n", "a.yaml:1:7: the tag !!binary is not read here: remove it"},
	{"a.yaml", "[a]: x\n", "a.yaml:1:1: a key is a name"},
	{"a.yaml", strings.Repeat("[", 1000) + strings.Repeat("]", 1000), "a.yaml:1:52: lists and groups are nested too deeply"},
	{"a.yaml", "name: a\n\xff", "a.yaml:2:1: this is no text in UTF-8: save the file as UTF-8"},
	{"a.yaml", strings.Repeat("#", conf.MaxSize+1), "a.yaml: the file has more than 4194304 bytes"},
	{"a.yaml", "", "a.yaml:1:1: this takes a group of keys, not nothing: give a value, or remove the key"},
}

func TestDecodeSaysWhatKeepsAFileFromBeingRead(t *testing.T) {
	t.Parallel()
	for _, c := range broken {
		var got file
		require.EqualError(t, conf.Decode(c.name, []byte(c.text), &got), c.want, "%.40q", c.text)
	}
}

func TestAKeyMayBeLeftOutWhereAnotherSaysSo(t *testing.T) {
	t.Parallel()
	type feed struct {
		Off   bool   `json:"off"`
		Query string `json:"query" conf:"required,unless=off"`
	}
	for text, want := range map[string]string{
		"off: true": "", "query: x": "", "off: true\nquery: x": "",
		"off: false": `a.yaml:1:1: the key "query" is missing`,
		"{}":         `a.yaml:1:1: the key "query" is missing`,
	} {
		err := conf.Decode("a.yaml", []byte(text), &feed{})
		if want == "" {
			require.NoError(t, err, text)
			continue
		}
		require.EqualError(t, err, want, text)
	}
}

func TestPlaceFindsTheValueOfAKey(t *testing.T) {
	t.Parallel()
	line, column := conf.Place("a.yaml", []byte("name: x\nzone:  UTC\n"), "zone")
	require.Equal(t, [2]int{2, 8}, [2]int{line, column})
	for _, text := range []string{"name: x\n", "- x\n", "{"} {
		line, column = conf.Place("", []byte(text), "zone")
		require.Zero(t, line+column)
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range broken[:len(broken)-2] {
		f.Add(c.text)
	}
	f.Add("name: x\nrows:\n- from: F\n  shade: dark\ntable: {a: b}\n")
	f.Add(`{"name":"x","rows":[{"from":["F"]}],"inner":{"on":true}}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"a.yaml", "a.json", ""} {
			var got file
			if err := conf.Decode(name, []byte(text), &got); err != nil {
				require.NotEmpty(t, err.Error())
				continue
			}
			for _, r := range got.Rows {
				require.NotEmpty(t, r.At)
			}
		}
	})
}
