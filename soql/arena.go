package soql

// slab hands out values of one type, several from one allocation. What it handed
// out stays apart for good: nodes are not shared, and lists have no room to grow
// into one another.
type slab[T any] struct{ free []T }

// slabSize is how many values a slab gets at a time. A node keeps its slab in
// memory, so it is small.
const slabSize = 8

// take is the next value, zero.
func (s *slab[T]) take() *T {
	if len(s.free) == 0 {
		s.free = make([]T, slabSize)
	}
	v := &s.free[0]
	s.free = s.free[1:]
	return v
}

// copy is a list with the elements of another.
func (s *slab[T]) copy(list []T) []T {
	n := len(list)
	if n > len(s.free) {
		s.free = make([]T, max(n, slabSize))
	}
	out := s.free[:n:n]
	s.free = s.free[n:]
	copy(out, list)
	return out
}

// arena holds a slab for each type that most queries have many of.
type arena struct {
	fields      slab[Field]
	paths       slab[Path]
	comparisons slab[Comparison]
	texts       slab[Text]
	strings     slab[string]
	conditions  slab[Condition]
}
