package placeholder

import "strings"

// Person is someone's name, and how to reach them.
//
// A host that has the parts of a name gives First and Last, and one that has
// only the whole gives Name. Of Name alone the last word is the last name, along
// with a Jr., Sr., II, III or IV behind it, and all before it the first name; in
// "Leap, Larry" the last name is what stands before the comma; and a single word
// is a last name, which is what Salesforce never does without. A name for which
// that is wrong needs its parts.
type Person struct {
	First, Last string // Defaults to the parts of Name if neither is given.
	Name        string // in full. Defaults to "First Last".
	Phone       string
	Email       string
}

func (p Person) name() string {
	if p.Name != "" {
		return p.Name
	}
	return join(" ", p.First, p.Last)
}

func (p Person) first() string {
	first, _ := p.parts()
	return first
}

func (p Person) last() string {
	_, last := p.parts()
	return last
}

func (p Person) parts() (first, last string) {
	if p.First != "" || p.Last != "" {
		return p.First, p.Last
	}
	if before, after, ok := strings.Cut(p.Name, ","); ok && !isSuffix(strings.TrimSpace(after)) {
		return join(" ", strings.Fields(after)...), join(" ", strings.Fields(before)...)
	}
	words := strings.Fields(strings.ReplaceAll(p.Name, ",", " "))
	at := max(0, len(words)-1)
	if at > 0 && isSuffix(words[at]) {
		at--
	}
	return join(" ", words[:at]...), join(" ", words[at:]...)
}

// isSuffix reports whether a word tells generations of a name apart.
func isSuffix(word string) bool {
	switch strings.ToLower(strings.TrimSuffix(word, ".")) {
	case "jr", "sr", "ii", "iii", "iv":
		return true
	}
	return false
}
