package nearest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// OneOf sets dst to a text that must be one of several names.
func OneOf[S ~string](dst *S, text []byte, what string, names []S) error {
	if *dst = S(text); slices.Contains(names, *dst) {
		return nil
	}
	return errors.New(Unknown(what, *dst, names))
}

// Unknown says of a name that is none of several which there are, or which one
// was meant.
func Unknown[S ~string](what string, name S, names []S) string {
	text := fmt.Sprintf("unknown %s %q", what, name)
	if hint := DidYouMean(string(name), names); hint != "" {
		return text + hint
	}
	if len(names) == 0 {
		return text
	}
	known := make([]string, len(names))
	for i, name := range names {
		known[i] = string(name)
	}
	return text + "; there are " + strings.Join(known, ", ")
}
