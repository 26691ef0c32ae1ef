package decode

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
)

// maxShared is how long a text may be to share the memory of its record. What is
// longer, such as a description, has its own: it would be kept alive by the
// record's Id.
const maxShared = 1024

// texts collects the strings of one record until its end. Then they are
// allocated together and put where they belong.
type texts struct {
	scratch []byte   // what cannot be taken from the window as it is
	strings []text   // for places of a type whose underlying type is string
	values  []dynamo // for maps
	joined  []byte   // all of them, before they are one string; those for maps come last
}

// text is a string to be put into a place: so many of the bytes that are joined.
type text struct {
	to   place
	size int
}

// dynamo is a string or a number to be put into a map.
type dynamo struct {
	to     map[string]any
	name   string
	text   []byte
	sample any // a value of its type
}

// The types of texts that go into maps.
var (
	sampleText   any = ""
	sampleNumber any = json.Number("")
)

// put puts a text into a place, now or at the record's end.
func (t *texts) put(n *node, to place, b []byte) {
	if len(b) > maxShared {
		setString(to, string(b))
		return
	}
	if !n.repeats.off {
		if v, ok := n.repeats.get(b); ok {
			setString(to, v.text)
			return
		}
	}
	t.joined = append(t.joined, b...)
	t.strings = append(t.strings, text{to, len(b)})
}

// flush allocates what was collected and puts it where it belongs. It comes at
// a record's end, and before places move.
func (t *texts) flush() {
	if len(t.strings) == 0 && len(t.values) == 0 {
		return
	}
	for i := range t.values {
		t.joined = append(t.joined, t.values[i].text...)
	}
	block := string(t.joined)
	for i := range t.strings {
		s := &t.strings[i]
		setString(s.to, block[:s.size])
		block = block[s.size:]
	}
	if len(t.values) > 0 {
		t.box(block)
	}
	t.drop()
}

// box puts the texts for maps into them, which stand one after the other.
func (t *texts) box(block string) {
	boxes := newBoxes(len(t.values))
	for _, v := range t.values {
		v.to[v.name] = boxes.box(block[:len(v.text)], v.sample)
		block = block[len(v.text):]
	}
}

// drop forgets what was collected.
func (t *texts) drop() {
	t.scratch, t.strings, t.values, t.joined = t.scratch[:0], t.strings[:0], t.values[:0], t.joined[:0]
}

// maxRepeats is how many texts of a column are kept. A column with more of them
// is one of names, ids or moments, where looking for a text does not pay.
const (
	maxRepeats   = 128
	maxStrangers = 32 // after so many texts without one that was there before
)

// repeats are the texts of a column that were seen, so that a picklist's values
// are allocated once. It is an open hash table.
type repeats struct {
	known []repeated
	slots []uint8 // indexes in known, plus one; twice as many as known can have
	rows  int     // texts before there were slots
	hits  int
	off   bool
}

// repeated is a text, and the same in an interface as each use of it would
// allocate one.
type repeated struct {
	text  string
	value any
}

// get returns the text as one that was there before, or keeps it as one. It is
// false for a column whose texts do not repeat. The first record is not worth
// the table; it may be the only one.
func (r *repeats) get(b []byte) (v *repeated, ok bool) {
	if r.off {
		return nil, false
	}
	if r.slots == nil {
		if r.rows++; r.rows < 3 {
			return nil, false
		}
		r.slots = make([]uint8, 2*maxRepeats)
	}
	h := hash(b)
	for ; r.slots[h] != 0; h++ {
		if v := &r.known[r.slots[h]-1]; v.text == string(b) {
			r.hits++
			return v, true
		}
	}
	if n := len(r.known); n == maxRepeats || n == maxStrangers && r.hits == 0 {
		*r = repeats{off: true}
		return nil, false
	}
	r.known = append(r.known, repeated{text: string(b)})
	r.slots[h] = uint8(len(r.known))
	return &r.known[len(r.known)-1], true
}

// hash mixes the length and the ends of a text, which is enough to tell values
// of a picklist apart.
func hash(b []byte) uint8 {
	var x uint64
	switch n := len(b); {
	case n >= 8:
		x = binary.LittleEndian.Uint64(b) ^ bits.RotateLeft64(binary.LittleEndian.Uint64(b[n-8:]), 17)
	default:
		for _, c := range b {
			x = x<<8 | uint64(c)
		}
	}
	x += uint64(len(b))
	return uint8(x * 0x9E3779B97F4A7C15 >> 56)
}
