package salesforcetest

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// dialect is how a CSV text divides fields and rows.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_prepare_csv.htm
type dialect struct {
	delimiter byte
	ending    string // "\n", "\r\n", or "" for both of them
}

// delimiters are the characters that a job may name.
var delimiters = map[string]byte{
	"BACKQUOTE": '`', "CARET": '^', "COMMA": ',', "PIPE": '|', "SEMICOLON": ';', "TAB": '\t',
}

// lineEndings are the ends of rows that a job may name.
var lineEndings = map[string]string{"LF": "\n", "CRLF": "\r\n"}

// csvReader reads a CSV text row by row.
type csvReader struct {
	dialect
	data []byte
	at   int
	line int // of the row that was read last, from 1
}

// csvRowError is a row that does not keep to the rules of CSV. The reader goes on
// with the line behind it.
type csvRowError struct {
	line   int
	reason string
}

func (e *csvRowError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.reason) }

// lineEndingError is a row that does not end as the dialect says.
type lineEndingError struct{}

func (lineEndingError) Error() string { return "the line ending is not that of the job" }

// row reads the next row; empty lines are none. The error is io.EOF at the end,
// a *csvRowError, or a lineEndingError.
//
//	row   = field { delimiter field } ending .
//	field = '"' { any | '""' } '"' | { any but delimiter, ending and '"' } .
func (r *csvReader) row() ([]string, error) {
	for r.at < len(r.data) {
		if n := r.endsLine(); n > 0 {
			r.at += n
			r.line++
			continue
		}
		r.line++
		return r.fields()
	}
	return nil, io.EOF
}

func (r *csvReader) fields() ([]string, error) {
	var list []string
	for {
		field, err := r.field()
		if err != nil {
			r.skip()
			return list, err
		}
		list = append(list, field)
		switch n := r.endsLine(); {
		case r.at == len(r.data):
			return list, nil
		case r.data[r.at] == r.delimiter:
			r.at++
		default:
			ending := string(r.data[r.at : r.at+n])
			r.at += n
			if r.ending != "" && ending != r.ending {
				return list, lineEndingError{}
			}
			return list, nil
		}
	}
}

// endsLine is the length of the line ending that the text goes on with.
func (r *csvReader) endsLine() int {
	switch rest := r.data[r.at:]; {
	case bytes.HasPrefix(rest, []byte("\n")):
		return 1
	case bytes.HasPrefix(rest, []byte("\r\n")):
		return 2
	}
	return 0
}

// field reads up to the delimiter or the end of the line.
func (r *csvReader) field() (string, error) {
	if r.at < len(r.data) && r.data[r.at] == '"' {
		return r.quoted()
	}
	start := r.at
	for ; r.at < len(r.data) && r.data[r.at] != r.delimiter && r.endsLine() == 0; r.at++ {
		if r.data[r.at] == '"' {
			return "", &csvRowError{r.line, "a quote in a field that does not begin with one"}
		}
	}
	return text8(r.data[start:r.at]), nil
}

// quoted reads a field in quotes, in which doubled ones stand for one.
func (r *csvReader) quoted() (string, error) {
	var field []byte
	first := r.line
	for r.at++; ; {
		n := bytes.IndexByte(r.data[r.at:], '"')
		if n < 0 {
			r.at = len(r.data)
			return "", &csvRowError{first, "the closing quote is missing"}
		}
		r.line += bytes.Count(r.data[r.at:r.at+n], []byte("\n"))
		field = append(field, r.data[r.at:r.at+n]...)
		r.at += n + 1
		if r.at == len(r.data) || r.data[r.at] == r.delimiter || r.endsLine() > 0 {
			return text8(field), nil
		}
		if r.data[r.at] != '"' {
			return "", &csvRowError{first, "text behind a closing quote"}
		}
		field = append(field, '"')
		r.at++
	}
}

// skip goes to the next line.
func (r *csvReader) skip() {
	if n := bytes.IndexByte(r.data[r.at:], '\n'); n >= 0 {
		r.at += n + 1
	} else {
		r.at = len(r.data)
	}
}

// text8 is a text with U+FFFD for what is no UTF-8.
func text8(b []byte) string { return strings.ToValidUTF8(string(b), "\ufffd") }

// appendRow writes a row with every field in quotes.
func (d dialect) appendRow(b []byte, fields ...string) []byte {
	for i, f := range fields {
		if i > 0 {
			b = append(b, d.delimiter)
		}
		b = append(b, '"')
		b = append(b, strings.ReplaceAll(f, `"`, `""`)...)
		b = append(b, '"')
	}
	return append(b, d.ending...)
}
