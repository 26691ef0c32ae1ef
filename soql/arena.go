package soql

// slab hands out values of one type, several from one allocation. What it handed
// out stays apart for good: nodes are not shared, and lists have no room to grow
// into one another.
type slab[T any] struct{ free []T }

// take is the next value, zero, if need be the first of size new ones. A node
// keeps its slab in memory, so sizes are small.
func (s *slab[T]) take(size int) *T {
	if len(s.free) == 0 {
		s.free = make([]T, size)
	}
	v := &s.free[0]
	s.free = s.free[1:]
	return v
}

// copy is a list with the elements of another, if need be the first in a slab of
// size.
func (s *slab[T]) copy(list []T, size int) []T {
	n := len(list)
	if n > len(s.free) {
		s.free = make([]T, max(n, size))
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	copy(out, list)
	return out
}

// arena holds a slab for each type that most queries have many of.
type arena struct {
	size        int // of a slab, by the length of the text
	fields      slab[Field]
	paths       slab[Path]
	comparisons slab[Comparison]
	texts       slab[Text]
	strings     slab[string]
	conditions  slab[Condition]
}
