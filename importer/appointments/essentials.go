package appointments

import (
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/mapping"
)

// essential is something that a rep needs to know of an appointment. A rule
// gives it if it has one of the types, or if a name of it holds one of the words.
type essential struct {
	name  string
	types []mapping.Type
	words []string
	why   string
}

var essentials = []essential{
	{"the customer's name", nil, []string{"name"}, "documents cannot be named after the customer"},
	{"an address", []mapping.Type{mapping.Address, mapping.Lines}, []string{"address", "street"}, "the rep does not know where to go"},
	{"a phone number", []mapping.Type{mapping.Phone}, []string{"phone", "mobile"}, "the rep cannot call the customer"},
	{"an e-mail address", []mapping.Type{mapping.Email}, []string{"email", "e-mail"}, "documents cannot be mailed to the customer"},
	{"the date and time", []mapping.Type{mapping.DateTime}, nil, "the appointment has no place in the calendar"},
}

// checkEssentials warns of what the mapping does not give and a rep needs.
func (c *checker) checkEssentials() {
	for _, e := range essentials {
		if len(c.Mapping) > 0 && !slices.ContainsFunc(c.Mapping, e.givenBy) {
			c.add("mapping", nil, "no rule gives %s, so %s: select the field and add a rule", e.name, e.why).Warning = true
		}
	}
}

func (e essential) givenBy(rule mapping.Rule) bool {
	if slices.Contains(e.types, rule.Type) {
		return true
	}
	names := rule.Title + " " + rule.Target
	for _, path := range rule.From {
		if path != "Name" && path != "Owner.Name" { // of the record, or of the rep
			names += " " + path
		}
	}
	names = strings.ToLower(names)
	return slices.ContainsFunc(e.words, func(word string) bool { return strings.Contains(names, word) })
}
