package main

import (
	"bytes"
	"encoding/json"
)

// table is the records of one object.
type table struct {
	object  string
	records []record
}

// record is a JSON object whose names keep their order.
type record []field

type field struct {
	name  string
	value any
}

// orNull is s, or null when there is none.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// encode writes one record a line, so that a change shows as one. A record in
// a record, which is a field of an object's definition, has its own line too.
func encode(tables []table) []byte {
	var b bytes.Buffer
	b.WriteString("{\n")
	for i, t := range tables {
		value(&b, t.object)
		b.WriteString(": ")
		lines(&b, t.records, "\t")
		comma(&b, i, len(tables))
	}
	b.WriteString("}\n")
	return b.Bytes()
}

func lines(b *bytes.Buffer, list []record, indent string) {
	b.WriteString("[\n")
	for i, r := range list {
		b.WriteString(indent)
		object(b, r, indent)
		comma(b, i, len(list))
	}
	b.WriteString(indent[1:] + "]")
}

func object(b *bytes.Buffer, r record, indent string) {
	b.WriteByte('{')
	for i, f := range r {
		if i > 0 {
			b.WriteString(", ")
		}
		value(b, f.name)
		b.WriteString(": ")
		if list, ok := f.value.([]record); ok {
			lines(b, list, indent+"\t")
			continue
		}
		value(b, f.value)
	}
	b.WriteByte('}')
}

// value writes anything but a record. Only texts, numbers, truth values, null
// and lists of them come here, which JSON has a form for.
func value(b *bytes.Buffer, v any) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	b.Truncate(b.Len() - 1) // the line feed
}

// comma ends element i of n.
func comma(b *bytes.Buffer, i, n int) {
	if i < n-1 {
		b.WriteByte(',')
	}
	b.WriteByte('\n')
}
