package salesforcetest

import (
	"iter"
	"slices"
	"sort"
	"sync"
)

// rowList keeps rows sorted. It holds them in chunks, so that adding or removing
// one of very many moves only a few.
type rowList struct {
	chunks [][]*row // none is empty
	size   int
}

// maxChunk is how many rows a chunk holds before it is split.
const maxChunk = 512

// place is where a row stands, or would stand, in a rowList.
type place struct{ chunk, at int }

func (p place) less(other place) bool {
	return p.chunk < other.chunk || p.chunk == other.chunk && p.at < other.at
}

func later(a, b place) place {
	if a.less(b) {
		return b
	}
	return a
}

func earlier(a, b place) place {
	if b.less(a) {
		return b
	}
	return a
}

// newRowList takes over rows that are sorted.
func newRowList(rows []*row) *rowList {
	l := &rowList{size: len(rows)}
	for chunk := range slices.Chunk(rows, maxChunk/2) {
		l.chunks = append(l.chunks, slices.Clip(chunk))
	}
	return l
}

// first returns the place of the first row for which reached is true. It has to
// be true for all rows behind that one.
func (l *rowList) first(reached func(*row) bool) place {
	c := sort.Search(len(l.chunks), func(i int) bool {
		chunk := l.chunks[i]
		return reached(chunk[len(chunk)-1])
	})
	if c == len(l.chunks) {
		return place{chunk: c}
	}
	return place{c, sort.Search(len(l.chunks[c]), func(i int) bool { return reached(l.chunks[c][i]) })}
}

// add enters a row unless it is there.
func (l *rowList) add(w *row, compare func(a, b *row) int) {
	p := l.first(func(other *row) bool { return compare(other, w) >= 0 })
	switch {
	case len(l.chunks) == 0:
		l.chunks = [][]*row{{w}}
		l.size = 1
		return
	case p.chunk == len(l.chunks):
		p = place{p.chunk - 1, len(l.chunks[p.chunk-1])}
	case l.chunks[p.chunk][p.at] == w:
		return
	}
	chunk := slices.Insert(l.chunks[p.chunk], p.at, w)
	l.size++
	if len(chunk) <= maxChunk {
		l.chunks[p.chunk] = chunk
		return
	}
	half := len(chunk) / 2
	if p.chunk == len(l.chunks)-1 && p.at == len(chunk)-1 {
		half = len(chunk) - 1 // rows that come in order leave full chunks behind
	}
	l.chunks = slices.Insert(l.chunks, p.chunk+1, slices.Clone(chunk[half:]))
	clear(chunk[half:])
	l.chunks[p.chunk] = slices.Clip(chunk[:half])
}

// remove takes a row out, if it is there.
func (l *rowList) remove(w *row, compare func(a, b *row) int) {
	p := l.first(func(other *row) bool { return compare(other, w) >= 0 })
	if p.chunk == len(l.chunks) || l.chunks[p.chunk][p.at] != w {
		return
	}
	l.size--
	if len(l.chunks[p.chunk]) == 1 {
		l.chunks = slices.Delete(l.chunks, p.chunk, p.chunk+1)
		return
	}
	l.chunks[p.chunk] = slices.Delete(l.chunks[p.chunk], p.at, p.at+1)
}

// all yields the rows in order. A nil list has none.
func (l *rowList) all(yield func(*row) bool) {
	if l != nil {
		l.span().all(yield)
	}
}

// span is the whole list.
func (l *rowList) span() rowSpan { return rowSpan{l, place{}, place{chunk: len(l.chunks)}} }

// rowSpan is a part of a rowList: the rows from one place to another.
type rowSpan struct {
	list     *rowList
	from, to place
}

func (s rowSpan) all(yield func(*row) bool) {
	for c := s.from.chunk; c <= s.to.chunk && c < len(s.list.chunks); c++ {
		chunk := s.list.chunks[c]
		if c == s.to.chunk {
			chunk = chunk[:s.to.at]
		}
		if c == s.from.chunk {
			chunk = chunk[min(s.from.at, len(chunk)):]
		}
		for _, w := range chunk {
			if !yield(w) {
				return
			}
		}
	}
}

// count is the number of rows.
func (s rowSpan) count() int {
	n := s.to.at - s.from.at
	for c := s.from.chunk; c < s.to.chunk; c++ {
		n += len(s.list.chunks[c])
	}
	return max(n, 0)
}

// ordered keeps the committed rows of a table sorted. The first reader, and the
// first one after a drop, sorts them.
type ordered struct {
	compare func(a, b *row) int
	sort    func(rows []*row) // by compare, but fast

	mu   sync.Mutex // guards list while readers build it
	list *rowList   // nil until it is built
}

func (s *ordered) drop() { s.list = nil }

func (s *ordered) add(w *row) {
	if s.list != nil {
		s.list.add(w, s.compare)
	}
}

func (s *ordered) remove(w *row) {
	if s.list != nil {
		s.list.remove(w, s.compare)
	}
}

// rows returns the committed rows of a table in order.
func (s *ordered) rows(table map[string]*row) *rowList {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.list == nil {
		rows := make([]*row, 0, len(table))
		for _, w := range table {
			if w.seen != nil {
				rows = append(rows, w)
			}
		}
		s.sort(rows)
		s.list = newRowList(rows)
	}
	return s.list
}

// all yields the committed rows of a table in order.
func (s *ordered) all(table map[string]*row) iter.Seq[*row] { return s.rows(table).all }

// index finds rows by a value; those of one value are in the order of their
// ids.
type index map[string]*rowList

func (x index) add(key string, w *row) {
	if x[key] == nil {
		x[key] = &rowList{}
	}
	x[key].add(w, byID)
}

func (x index) remove(key string, w *row) {
	l := x[key]
	if l == nil {
		return
	}
	if l.remove(w, byID); l.size == 0 {
		delete(x, key)
	}
}
