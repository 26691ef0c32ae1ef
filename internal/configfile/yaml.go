package configfile

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

// yamlLine takes an error of the YAML parser apart.
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

func (r *reader) yaml() *Node {
	d := yaml.NewDecoder(bytes.NewReader(r.data))
	var doc yaml.Node
	err := d.Decode(&doc)
	if errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0 {
		return nil
	}
	if err != nil {
		r.yamlFault(err)
		return nil
	}
	var more yaml.Node
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		if err != nil {
			r.yamlFault(err)
		} else {
			r.fault(more.Line, 0, "", "a second document begins here; a configuration is one")
		}
		return nil
	}
	return r.yamlNode(doc.Content[0], "", 0)
}

func (r *reader) yamlFault(err error) {
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		r.fault(0, 0, "", "%v", err)
		return
	}
	line, _ := strconv.Atoi(m[1])
	r.fault(line, 0, "", "this is no YAML: %s; look at the indentation, and at quotes around text with a colon, %% or #", m[2])
}

var yamlKinds = map[string]Kind{
	"!!null": Null, "!!bool": Bool, "!!int": Number, "!!float": Number, "!!str": Text, "!!timestamp": Text,
}

func (r *reader) yamlNode(y *yaml.Node, at string, depth int) *Node {
	n := &Node{Line: y.Line, Column: y.Column}
	if depth > maxDepth {
		r.fault(y.Line, y.Column, at, "more than %d levels in one another", maxDepth)
		return n
	}
	if y.Anchor != "" || y.Kind == yaml.AliasNode {
		r.fault(y.Line, y.Column, at, "anchors and aliases (& and *) are not taken; write the value out, and put text in quotes")
		return n
	}
	if y.Style&yaml.TaggedStyle != 0 {
		r.fault(y.Line, y.Column, at, "the tag %s is not taken; leave it out", y.Tag)
		return n
	}
	switch y.Kind {
	case yaml.MappingNode:
		r.yamlMap(n, y, at, depth)
	case yaml.SequenceNode:
		n.Kind = List
		for i, item := range y.Content {
			n.Items = append(n.Items, r.yamlNode(item, fmt.Sprintf("%s[%d]", at, i), depth+1))
		}
	default:
		r.yamlScalar(n, y, at)
	}
	return n
}

func (r *reader) yamlMap(n *Node, y *yaml.Node, at string, depth int) {
	n.Kind = Map
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			r.fault(key.Line, key.Column, at, "a key has to be a word")
			continue
		}
		n.Keys = append(n.Keys, Entry{key.Value, key.Line, key.Column, r.yamlNode(value, join(at, key.Value), depth+1)})
	}
	r.unique(n, at)
}

func (r *reader) yamlScalar(n *Node, y *yaml.Node, at string) {
	kind, ok := yamlKinds[y.Tag]
	if !ok {
		r.fault(y.Line, y.Column, at, "a value of the type %s is not taken", y.Tag)
	}
	n.Kind, n.Text = kind, y.Value
	switch {
	case y.Style&yaml.LiteralStyle != 0:
		n.BodyLine, n.BodyColumn = r.block(y.Line)
	case y.Style == 0 && strings.Contains(r.line(y.Line), y.Value):
		n.BodyLine, n.BodyColumn = y.Line, y.Column
	}
}

// block is where the lines of a literal block begin whose | is in a line.
func (r *reader) block(line int) (bodyLine, column int) {
	for i := line + 1; i <= len(r.lines()); i++ {
		text := strings.TrimLeft(r.line(i), " ")
		if strings.TrimSpace(text) != "" {
			return line + 1, len(r.line(i)) - len(text) + 1
		}
	}
	return 0, 0
}

func (r *reader) lines() []string {
	if r.split == nil {
		r.split = strings.Split(string(r.data), "\n")
	}
	return r.split
}

// line returns a line by its number, from 1.
func (r *reader) line(n int) string {
	if n < 1 || n > len(r.lines()) {
		return ""
	}
	return r.lines()[n-1]
}
