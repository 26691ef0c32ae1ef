package salesforce

import (
	"reflect"

	"github.com/sfbridge/sfbridge/internal/decode"
)

// wireTypes tells the decoder of this package's types.
var wireTypes = &decode.Types{
	Text: map[reflect.Type]func(dst any, text []byte) error{
		reflect.TypeFor[DateTime](): func(dst any, text []byte) error { return dst.(*DateTime).UnmarshalText(text) },
		reflect.TypeFor[Date]():     func(dst any, text []byte) error { return dst.(*Date).UnmarshalText(text) },
		reflect.TypeFor[Time]():     func(dst any, text []byte) error { return dst.(*Time).UnmarshalText(text) },
	},
	Plain: map[reflect.Type]bool{
		reflect.TypeFor[Address]():     true,
		reflect.TypeFor[Geolocation](): true,
	},
	Slot: func(dst any, null bool) (value any, ok bool) {
		s, ok := dst.(interface{ slot(null bool) any })
		if !ok {
			return nil, false
		}
		return s.slot(null), true
	},
	Record: reflect.TypeFor[Record](),
	Object: func(fields map[string]any) any { return Record(fields) },
	List:   recordList,
}

// recordList turns a list of records into a []Record; any other list stays.
func recordList(list []any) any {
	records := make([]Record, len(list))
	for i, v := range list {
		r, ok := v.(Record)
		if !ok {
			return list
		}
		records[i] = r
	}
	return records
}

// slot marks the field as null or as set, and returns where the value goes.
func (f *Field[T]) slot(null bool) any {
	*f = Null[T]()
	if !null {
		f.state = fieldSet
	}
	return &f.value
}

// decodeExact decodes JSON as records are decoded: no number becomes a float on
// the way.
func decodeExact(raw []byte, v any) error {
	return wireTypes.Unmarshal(raw, v)
}
