// Package conf reads configuration files, in YAML or JSON, strictly: every
// fault is reported, all at once, each with its place and with what to do.
//
// A file is read into a struct. Keys are named by its json tags, and a conf tag
// says more about a field, in words separated by commas:
//
//	required   the key must be there
//	unless=off the key need not be there if the key off says true
//	single     a list that may be written as its only element
//	item=rule  what people call an element of the list, in messages
//	at         a text without a key that is set to the place: "feed.yaml:12:5"
//
// Types with an UnmarshalText of their own read their texts themselves.
package conf

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxSize is the greatest number of bytes that a file may have: far more than
// a person writes.
const MaxSize = 4 << 20

// Fault is one thing that is wrong with a file.
type Fault struct { //nolint:errname // a fault in a file, as its readers say
	File         string
	Line, Column int    // from 1; 0 if it is about no place in particular
	Where        string // the part of the file, such as "rule 3 (phone)", or empty
	Text         string // what is wrong, and what to do about it
}

func (f *Fault) Error() string {
	text := f.Text
	if f.Where != "" {
		text = f.Where + ": " + text
	}
	return place(f.File, f.Line, f.Column) + ": " + text
}

// place writes a place as editors and compilers do.
func place(file string, line, column int) string {
	for _, n := range []int{line, column} {
		if n == 0 {
			break
		}
		file = fmt.Sprintf("%s:%d", file, n)
	}
	return file
}

// Decode reads a file into the struct that dst points to. The file's name tells
// YAML (.yaml, .yml) from JSON (.json); otherwise its first character does. The
// error joins a [*Fault] for each thing that is wrong, from top to bottom.
func Decode(file string, data []byte, dst any) error {
	root, fault := parse(file, data)
	if fault != nil {
		return fault
	}
	d := decoder{file: file}
	d.value(root, reflect.ValueOf(dst).Elem(), "")
	slices.SortStableFunc(d.faults, func(a, b *Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	errs := make([]error, len(d.faults))
	for i, f := range d.faults {
		errs[i] = f
	}
	return errors.Join(errs...)
}

// Place returns where the value of a key at the top of a file stands, or zeros.
func Place(file string, data []byte, key string) (line, column int) {
	root, fault := parse(file, data)
	if fault != nil {
		return 0, 0
	}
	for _, m := range root.members {
		if m.name == key {
			return m.value.line, m.value.column
		}
	}
	return 0, 0
}

func parse(file string, data []byte) (*node, *Fault) {
	if len(data) > MaxSize {
		return nil, &Fault{File: file, Text: fmt.Sprintf("the file has more than %d bytes", MaxSize)}
	}
	data = []byte(strings.TrimPrefix(string(data), "\ufeff"))
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			line, column := position(data, i)
			return nil, &Fault{file, line, column, "", "this is no text in UTF-8: save the file as UTF-8"}
		}
		i += size
	}
	if isJSON(file, data) {
		return parseJSON(file, data)
	}
	return parseYAML(file, data)
}

func isJSON(file string, data []byte) bool {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".json":
		return true
	case ".yaml", ".yml":
		return false
	}
	first := strings.TrimLeft(string(data), " \t\r\n")
	return first != "" && (first[0] == '{' || first[0] == '[')
}

// position turns an offset into a line and a column, in characters, from 1.
func position(data []byte, offset int) (line, column int) {
	before := data[:min(offset, len(data))]
	start := strings.LastIndexByte(string(before), '\n') + 1
	return 1 + strings.Count(string(before), "\n"), 1 + utf8.RuneCount(before[start:])
}

// node is a part of a file.
type node struct {
	kind         kind
	line, column int
	text         string   // of a scalar, as written
	members      []member // of an object
	items        []*node  // of a list
}

type member struct {
	name         string
	line, column int
	value        *node
}

// kind is what a node is, in the words of messages.
type kind string

const (
	isNothing kind = "nothing"
	isBool    kind = "true or false"
	isNumber  kind = "a number"
	isText    kind = "text"
	isList    kind = "a list"
	isObject  kind = "a group of keys"
)

// maxDepth is how deep lists and groups may be nested.
const maxDepth = 50
