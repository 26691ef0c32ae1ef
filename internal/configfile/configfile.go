// Package configfile reads configuration files strictly, in YAML and JSON
// alike. Both become the same tree, in which each value knows its line and
// column, so that every complaint says where to look, and all of them come at
// once.
//
// Refused are, beside what the formats refuse: unknown and repeated keys, values
// of another type than the key's, keys without a value, more than one document,
// and the anchors, aliases and tags of YAML, with which a small file can
// become a great one.
package configfile

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"
)

// maxSize bounds a file. A configuration that a person writes has a thousandth
// of it.
const maxSize = 4 << 20

// maxDepth bounds how deep lists and maps may lie in one another.
const maxDepth = 100

// File is a file that was read.
type File struct {
	Name string // as errors show it
	Root *Node
}

// Kind is what a value is.
type Kind int

// The kinds of values.
const (
	Null Kind = iota
	Bool
	Number
	Text
	List
	Map
)

var kindNames = [...]string{"nothing", "true or false", "a number", "text", "a list", "a group of keys"}

func (k Kind) String() string { return kindNames[k] }

// Node is a value with its place.
type Node struct {
	Kind         Kind
	Line, Column int     // where it begins, from 1; the column counts characters
	Text         string  // of a scalar: the text, or the literal as written
	Keys         []Entry // of a Map, in order
	Items        []*Node // of a List

	// Body is how the lines of a text stand in the file: the first of them at
	// line BodyLine, all of them behind BodyColumn-1 blanks. Both are 0 if the
	// text does not stand there literally.
	BodyLine, BodyColumn int
}

// Entry is a key with its value.
type Entry struct {
	Name         string
	Line, Column int
	Value        *Node
}

// Error is one complaint.
type Error struct {
	File         string
	Line, Column int    // 0 when not known
	Key          string // such as "mapping[2].type", "" for the file as a whole
	Message      string
}

// Error is the place and the complaint.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	for _, n := range []int{e.Line, e.Column} {
		if n > 0 {
			fmt.Fprintf(&b, ":%d", n)
		}
	}
	b.WriteString(": ")
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
	}
	return b.String() + e.Message
}

// Parse reads a file. It is JSON if its name ends with .json or its first
// character is one that JSON begins with, and else YAML. The error joins an
// *[Error] for each fault.
func Parse(name string, data []byte) (*File, error) {
	fail := func(format string, args ...any) error {
		return &Error{File: name, Message: fmt.Sprintf(format, args...)}
	}
	if len(data) > maxSize {
		return nil, fail("the file has %d bytes, more than the %d of a configuration", len(data), maxSize)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	r := reader{name: name, data: data}
	root := r.read(isJSON(name, data))
	if root == nil && len(r.faults) == 0 {
		return nil, fail("the file is empty")
	}
	if err := errors.Join(r.faults...); err != nil {
		return nil, err
	}
	return &File{Name: name, Root: root}, nil
}

func isJSON(name string, data []byte) bool {
	text := bytes.TrimLeft(data, " \t\r\n")
	return strings.EqualFold(path.Ext(name), ".json") || len(text) > 0 && (text[0] == '{' || text[0] == '[')
}

// reader makes a tree of a file, and collects what is wrong on the way.
type reader struct {
	name   string
	data   []byte
	split  []string // data by lines, once somebody needs it
	faults []error
}

func (r *reader) read(json bool) *Node {
	if json {
		return r.json()
	}
	return r.yaml()
}

func (r *reader) fault(line, column int, key, format string, args ...any) {
	r.faults = append(r.faults, &Error{r.name, line, column, key, fmt.Sprintf(format, args...)})
}

// unique reports each key that comes twice.
func (r *reader) unique(n *Node, at string) {
	first := map[string]int{}
	for _, e := range n.Keys {
		if line, ok := first[e.Name]; ok {
			r.fault(e.Line, e.Column, join(at, e.Name), "the key stands twice, first in line %d; remove one of the two", line)
		}
		first[e.Name] = e.Line
	}
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}

// At returns the value behind keys, which are names (string) and indexes of
// lists (int), or nil.
func (f *File) At(keys ...any) *Node {
	n := f.Root
	for _, key := range keys {
		switch key := key.(type) {
		case string:
			n = n.value(key)
		case int:
			if n == nil || key >= len(n.Items) {
				return nil
			}
			n = n.Items[key]
		}
	}
	return n
}

func (n *Node) value(key string) *Node {
	if n != nil {
		for i := range n.Keys {
			if n.Keys[i].Name == key {
				return n.Keys[i].Value
			}
		}
	}
	return nil
}
