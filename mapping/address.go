package mapping

import (
	"strings"

	"github.com/sfbridge/sfbridge/salesforce"
)

// addressParts are the parts of a compound address that make up its line.
var addressParts = []string{"street", "city", "state", "postalCode"}

// address puts the parts of an address on one line:
//
//	street, city, state zip, country
//
// The parts are sources in that order, or those of a single compound address.
// A compound's country stays out, because orgs with country picklists set it on
// every record.
func address(sources []any, _ *format) (any, error) {
	if compound, ok := object(sources[0]); ok && len(sources) == 1 {
		sources = nil
		for _, part := range addressParts {
			sources = append(sources, compound[part])
		}
	}
	var parts [5]string
	for i, source := range sources {
		s, err := scalar(source)
		if err != nil {
			return nil, err
		}
		parts[i] = strings.Join(appendLines(nil, s), ", ")
	}
	street, city, state, zip, country := parts[0], parts[1], parts[2], parts[3], parts[4]
	return textOrNil(join(", ", street, city, join(" ", state, zip), country)), nil
}

func object(value any) (salesforce.Record, bool) {
	switch value := value.(type) {
	case map[string]any:
		return value, true
	case salesforce.Record:
		return value, true
	}
	return nil, false
}

// lines makes one list of the lines of all sources.
func lines(sources []any, _ *format) (any, error) {
	var all []string
	for _, source := range sources {
		s, err := scalar(source)
		if err != nil {
			return nil, err
		}
		all = appendLines(all, s)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, nil
}

// appendLines appends the lines of s without outer blanks and empty lines.
func appendLines(all []string, s string) []string {
	for s != "" {
		line := s
		if end := strings.IndexAny(s, "\r\n"); end >= 0 {
			line, s = s[:end], s[end+1:]
		} else {
			s = ""
		}
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if all == nil {
			all = make([]string, 0, 4) // street, addition, state
		}
		all = append(all, line)
	}
	return all
}

// join joins the parts that are not empty.
func join(sep string, parts ...string) string {
	var kept []string
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, sep)
}
