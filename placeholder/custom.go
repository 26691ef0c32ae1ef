package placeholder

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Custom holds the placeholders that a company defined for itself: name to
// replacement. A name may be written with its per cent signs, %website%, or
// without. They win over built-in ones, and those of an office win over those
// of the company.
type Custom struct {
	// Company has what holds everywhere. Defaults to none.
	Company map[string]string `json:"company,omitempty" yaml:"company,omitempty"`
	// Offices has what is special in an office, by the office's name.
	// Defaults to none.
	Offices map[string]map[string]string `json:"offices,omitempty" yaml:"offices,omitempty"`
}

// For returns the placeholders for someone in that office, by names without per
// cent signs. An office that is not in Offices has those of the company. The
// map is the caller's own, to use as [Data.Custom].
func (c Custom) For(office string) map[string]string {
	own := map[string]string{}
	for _, set := range []map[string]string{c.Company, c.Offices[office]} {
		for name, text := range set {
			own[bare(name)] = text
		}
	}
	return own
}

// Names returns the names that have a replacement whichever of the offices asks,
// without per cent signs, sorted.
func (c Custom) Names() []string {
	counts := map[string]int{}
	for office := range c.Offices {
		for name := range c.For(office) {
			counts[name]++
		}
	}
	var names []string
	for name, n := range counts {
		if n == len(c.Offices) {
			names = append(names, name)
		}
	}
	if len(c.Offices) == 0 {
		names = slices.Collect(maps.Keys(c.For("")))
	}
	slices.Sort(names)
	return names
}

// Validate returns every fault of c, joined: names that no template could use,
// a name that is given twice, and text that is not UTF-8.
func (c Custom) Validate() error {
	faults := check("the company", c.Company)
	for _, office := range slices.Sorted(maps.Keys(c.Offices)) {
		faults = append(faults, check(fmt.Sprintf("office %q", office), c.Offices[office])...)
	}
	return errors.Join(faults...)
}

func check(whose string, set map[string]string) []error {
	var faults []error
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		fault := func(format string, args ...any) {
			args = append([]any{whose, name}, args...)
			faults = append(faults, fmt.Errorf("placeholder: custom placeholder of %s: %q "+format, args...))
		}
		if !isName(bare(name)) {
			fault("is no name; use letters and digits, with - _ . between them")
		} else if seen[bare(name)] {
			fault("is there twice, with and without per cent signs")
		}
		if !utf8.ValidString(set[name]) {
			fault("has a replacement that is not valid UTF-8")
		}
		seen[bare(name)] = true
	}
	return faults
}

// bare returns a name without its per cent signs.
func bare(name string) string {
	if len(name) > 2 && strings.HasPrefix(name, "%") && strings.HasSuffix(name, "%") {
		return name[1 : len(name)-1]
	}
	return name
}
