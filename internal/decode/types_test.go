package decode

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Types such as package salesforce has, for tests.

type record map[string]any

type stamp struct{ time.Time }

func (s *stamp) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	text, err := strconv.Unquote(string(data))
	if err != nil {
		return err
	}
	s.Time, err = time.Parse("2006-01-02T15:04:05Z0700", text)
	s.Time = s.UTC()
	return err
}

// slot tells null from a value.
type slot[T any] struct {
	set   bool
	null  bool
	value T
}

func (s *slot[T]) open(null bool) any {
	*s = slot[T]{set: !null, null: null}
	return &s.value
}

func (s *slot[T]) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*s = slot[T]{null: true}
		return nil
	}
	s.set = true
	return json.Unmarshal(data, &s.value)
}

// self reads JSON itself.
type self struct{ raw string }

func (s *self) UnmarshalJSON(data []byte) error {
	s.raw = string(data)
	return nil
}

// upper reads text itself.
type upper string

func (u *upper) UnmarshalText(text []byte) error {
	*u = upper(strings.ToUpper(string(text)))
	return nil
}

func testTypes() *Types {
	return &Types{
		Text: map[reflect.Type]func(any, []byte) error{
			reflect.TypeFor[stamp](): func(dst any, text []byte) error {
				if t, ok := Moment(text); ok {
					dst.(*stamp).Time = t
					return nil
				}
				return dst.(*stamp).UnmarshalJSON([]byte(strconv.Quote(string(text))))
			},
		},
		Slot: func(dst any, null bool) (any, bool) {
			s, ok := dst.(interface{ open(null bool) any })
			if !ok {
				return nil, false
			}
			return s.open(null), true
		},
		Record: reflect.TypeFor[record](),
		Object: func(m map[string]any) any { return record(m) },
		List:   testList,
	}
}

func testList(list []any) any {
	records := make([]record, len(list))
	for i, v := range list {
		r, ok := v.(record)
		if !ok {
			return list
		}
		records[i] = r
	}
	return records
}

type named string

type base struct {
	ID    named `json:"Id"`
	Count int32
	Note  string `json:"note"`
}

type Pointed struct {
	Deep  string
	Count int64 // hidden by the one of base, which lies higher or beside it
}

type person struct {
	Name    string
	Manager *person
}

// wide has a field of each kind.
type wide struct {
	base
	*Pointed
	Name     string
	Alias    *string
	Flag     bool
	MayFlag  *bool
	Small    int8
	Medium   int16
	Large    int64
	Natural  uint16
	Huge     uint64
	Ratio    float64
	Single   float32
	MayRatio *float64
	Digits   json.Number
	MayDigit *json.Number
	At       stamp
	MayAt    *stamp
	Owner    person
	Parent   *person `json:"Parent__r"`
	Three    slot[string]
	ThreeNum slot[float64]
	ThreeAt  slot[*stamp]
	Children []person
	Pointers []*person
	Tags     []string
	Matrix   [][]int
	Any      any
	Rec      record
	Map      map[string]int
	ByName   map[named]person
	Self     self
	MaySelf  *self
	Upper    upper
	Raw      json.RawMessage
	Bytes    []byte
	Array    [2]int
	Quoted   int     `json:",string"`
	QuotedS  *string `json:"QuotedS,string"`
	Twice    struct {
		A string `json:"a"`
		B string `json:"A"`
	}
	Ignored  string `json:"-"`
	Interval time.Duration
}
