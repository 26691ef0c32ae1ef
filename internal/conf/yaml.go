package conf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parseYAML reads the one document that a YAML file holds.
func parseYAML(file string, data []byte) (root *node, fault *Fault) {
	defer func() {
		if r := recover(); r != nil { // the YAML library's own, on text that nobody writes
			root, fault = nil, &Fault{File: file, Text: fmt.Sprintf("this is no YAML: %v", r)}
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	if err := dec.Decode(&document); errors.Is(err, io.EOF) {
		return &node{kind: isNothing, line: 1, column: 1}, nil
	} else if err != nil {
		return nil, yamlFault(file, data, err)
	}
	switch err := dec.Decode(&second); {
	case err == nil:
		return nil, &Fault{file, second.Line, second.Column, "", "a second document begins here: a file holds one"}
	case !errors.Is(err, io.EOF):
		return nil, yamlFault(file, data, err)
	}
	return yamlNode(file, document.Content[0], 0)
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(?s:(.*))$`)

// yamlFault finds the place in the library's words. It names the line alone, so
// the column is where that line begins.
func yamlFault(file string, data []byte, err error) *Fault {
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		return &Fault{File: file, Text: "this is no YAML: " + err.Error()}
	}
	f := &Fault{File: file, Line: 1, Column: 1, Text: "this is no YAML: " + m[2] + yamlAdvice(m[2])}
	if line, err := strconv.Atoi(m[1]); err == nil {
		f.Line = line
	}
	lines := strings.Split(string(data), "\n")
	if f.Line > 0 && f.Line <= len(lines) {
		text := lines[f.Line-1]
		f.Column = 1 + len(text) - len(strings.TrimLeft(text, " \t"))
		if tab := strings.IndexByte(text, '\t'); tab >= 0 && strings.Trim(text[:tab], " ") == "" {
			f.Text = "a line begins with a tab: YAML is indented with spaces"
		}
	}
	return f
}

// yamlAdvices say what people mostly did who get one of the library's messages.
var yamlAdvices = []struct{ message, advice string }{
	{"mapping values are not allowed", "a text with a colon and a space in it lacks its quotation marks, or the key is indented differently from its neighbours"},
	{"found character that cannot start any token", "a text that begins with %, @ or ` goes into quotation marks"},
	{"did not find expected ',' or", "a bracket is not closed, a comma is missing, or a text with one of these lacks its quotation marks"},
	{"did not find expected key", "the line is indented differently from those that it belongs to, or a quotation mark stands within a text"},
	{"did not find expected '-' indicator", "the line is indented differently from those that it belongs to"},
	{"could not find expected ':'", "a colon behind a key, or the indentation of a text of several lines, is missing"},
	{"found unexpected end of stream", "a quotation mark is not closed"},
}

func yamlAdvice(message string) string {
	for _, a := range yamlAdvices {
		if strings.Contains(message, a.message) {
			return "; " + a.advice
		}
	}
	return ""
}

var yamlKinds = map[string]kind{
	"!!null": isNothing, "!!bool": isBool, "!!int": isNumber, "!!float": isNumber,
	"!!str": isText, "!!timestamp": isText, // a date is text, as in JSON
}

func yamlNode(file string, y *yaml.Node, depth int) (*node, *Fault) {
	n := &node{line: y.Line, column: y.Column, text: y.Value}
	fault := func(text string) (*node, *Fault) {
		return nil, &Fault{File: file, Line: y.Line, Column: y.Column, Text: text}
	}
	switch {
	case depth > maxDepth:
		return fault("lists and groups are nested too deeply")
	case y.Kind == yaml.AliasNode || y.Anchor != "":
		return fault("anchors (&) and aliases (*) are not read here: write the value out, or put it in quotation marks")
	case y.Kind == yaml.SequenceNode:
		n.kind = isList
		return n, n.yamlItems(file, y, depth)
	case y.Kind == yaml.MappingNode:
		n.kind = isObject
		return n, n.yamlMembers(file, y, depth)
	}
	var known bool
	if n.kind, known = yamlKinds[y.ShortTag()]; !known {
		return fault("the tag " + y.Tag + " is not read here: remove it")
	}
	return n, nil
}

func (n *node) yamlItems(file string, y *yaml.Node, depth int) *Fault {
	for _, item := range y.Content {
		value, fault := yamlNode(file, item, depth+1)
		if fault != nil {
			return fault
		}
		n.items = append(n.items, value)
	}
	return nil
}

func (n *node) yamlMembers(file string, y *yaml.Node, depth int) *Fault {
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := y.Content[i]
		if key.Kind != yaml.ScalarNode {
			return &Fault{File: file, Line: key.Line, Column: key.Column, Text: "a key is a name"}
		}
		value, fault := yamlNode(file, y.Content[i+1], depth+1)
		if fault != nil {
			return fault
		}
		n.members = append(n.members, member{key.Value, key.Line, key.Column, value})
	}
	return nil
}
