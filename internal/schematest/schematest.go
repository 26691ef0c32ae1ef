// Package schematest holds JSON Schemas against files in tests, as an editor
// would: it tells what a schema makes of a file that our own readers refuse or
// take.
package schematest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// Schema is as much of JSON Schema as our own schemas use. Reading one with any
// other keyword fails.
type Schema struct {
	Dialect     string             `json:"$schema"`
	Title       string             `json:"title"`
	Description string             `json:"description"`
	Ref         string             `json:"$ref"`
	Defs        map[string]*Schema `json:"$defs"`
	Type        string             `json:"type"`
	Enum        []any              `json:"enum"`
	AnyOf       []*Schema          `json:"anyOf"`
	Items       *Schema            `json:"items"`
	Required    []string           `json:"required"`
	Properties  map[string]*Schema `json:"properties"`
	Additional  json.RawMessage    `json:"additionalProperties"`

	others *Schema // Additional, where it is a schema
	root   *Schema
}

// Read reads a schema.
func Read(tb testing.TB, text []byte) *Schema {
	tb.Helper()
	s := &Schema{}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	must(tb, dec.Decode(s))
	s.link(tb, s)
	return s
}

// link tells every part which schema it is of.
func (s *Schema) link(tb testing.TB, root *Schema) {
	tb.Helper()
	if s == nil {
		return
	}
	s.root = root
	if bytes.HasPrefix(s.Additional, []byte("{")) {
		must(tb, json.Unmarshal(s.Additional, &s.others))
	} else if s.Additional != nil && string(s.Additional) != "false" {
		tb.Fatalf("additionalProperties is %s, neither a schema nor false", s.Additional)
	}
	parts := append([]*Schema{s.Items, s.others}, s.AnyOf...)
	for _, group := range []map[string]*Schema{s.Defs, s.Properties} {
		for _, part := range group {
			parts = append(parts, part)
		}
	}
	for _, part := range parts {
		part.link(tb, root)
	}
}

// Check tells what is wrong with a value, if anything.
func (s *Schema) Check(value any) error {
	if s.Ref != "" {
		return s.root.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")].Check(value)
	}
	if s.Type != "" && s.Type != jsonType(value) && (s.Type != "number" || jsonType(value) != "integer") {
		return fmt.Errorf("%v is no %s", value, s.Type)
	}
	if s.Enum != nil && !slices.Contains(s.Enum, value) {
		return fmt.Errorf("%v is not in the enum", value)
	}
	if s.AnyOf != nil && !slices.ContainsFunc(s.AnyOf, func(part *Schema) bool { return part.Check(value) == nil }) {
		return fmt.Errorf("%v fits no alternative", value)
	}
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			if s.Items == nil {
				break
			}
			if err := s.Items.Check(item); err != nil {
				return err
			}
		}
	case map[string]any:
		return s.object(value)
	}
	return nil
}

func (s *Schema) object(value map[string]any) error {
	for _, name := range s.Required {
		if _, ok := value[name]; !ok {
			return fmt.Errorf("%s is missing", name)
		}
	}
	for name, v := range value {
		part, ok := s.Properties[name]
		if !ok && s.others != nil {
			part, ok = s.others, true
		}
		if !ok && s.Additional != nil {
			return fmt.Errorf("%s is unknown", name)
		}
		if !ok {
			continue
		}
		if err := part.Check(v); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func jsonType(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case float64:
		if value == math.Trunc(value) {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

// Lenient reads a file as an editor does before it looks at the schema: the
// first document, the last of several equal keys.
func Lenient(tb testing.TB, name string, text []byte) any {
	tb.Helper()
	if strings.HasSuffix(name, ".json") {
		var value any
		must(tb, json.NewDecoder(bytes.NewReader(text)).Decode(&value))
		return value
	}
	var document yaml.Node
	if yaml.NewDecoder(bytes.NewReader(text)).Decode(&document) != nil {
		return nil // an empty file
	}
	return nodeValue(tb, document.Content[0])
}

func nodeValue(tb testing.TB, n *yaml.Node) any {
	tb.Helper()
	switch n.Kind {
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			list = append(list, nodeValue(tb, item))
		}
		return list
	case yaml.MappingNode:
		object := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			object[n.Content[i].Value] = nodeValue(tb, n.Content[i+1])
		}
		return object
	}
	switch n.ShortTag() {
	case "!!str", "!!timestamp":
		return n.Value
	case "!!int", "!!float":
		var number float64
		must(tb, n.Decode(&number))
		return number
	}
	var value any
	must(tb, n.Decode(&value))
	return value
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
