package salesforcetest

// kind is how the values of a type are held, compared and written as literals.
type kind int

const (
	kindText kind = iota
	kindID
	kindBool
	kindNumber
	kindDate
	kindDateTime
	kindTime
	kindBlob
	kindAddress
)

// fieldType is what all fields of a type have in common.
type fieldType struct {
	kind kind
	soap string // soapType of describe
	size int    // length of texts where the field tells none

	// filter, sort and group tell where queries may use fields of the type.
	filter, sort, group bool
}

// fieldTypes are the types that a Field can have, by their names in describe.
var fieldTypes = map[string]*fieldType{
	"id":              {kindID, "tns:ID", 18, true, true, true},
	"reference":       {kindID, "tns:ID", 18, true, true, true},
	"string":          {kindText, "xsd:string", 255, true, true, true},
	"textarea":        {kindText, "xsd:string", 255, true, true, true},
	"picklist":        {kindText, "xsd:string", 255, true, true, true},
	"combobox":        {kindText, "xsd:string", 255, true, true, true},
	"multipicklist":   {kindText, "xsd:string", 4099, true, false, false},
	"phone":           {kindText, "xsd:string", 40, true, true, true},
	"email":           {kindText, "xsd:string", 80, true, true, true},
	"url":             {kindText, "xsd:string", 255, true, true, true},
	"encryptedstring": {kindText, "xsd:string", 175, false, false, false},
	"boolean":         {kindBool, "xsd:boolean", 0, true, true, true},
	"int":             {kindNumber, "xsd:int", 0, true, true, true},
	"double":          {kindNumber, "xsd:double", 0, true, true, false},
	"currency":        {kindNumber, "xsd:double", 0, true, true, false},
	"percent":         {kindNumber, "xsd:double", 0, true, true, false},
	"date":            {kindDate, "xsd:date", 0, true, true, true},
	"datetime":        {kindDateTime, "xsd:dateTime", 0, true, true, false},
	"time":            {kindTime, "xsd:time", 0, true, true, false},
	"base64":          {kindBlob, "xsd:base64Binary", 0, false, false, false},
	"address":         {kindAddress, "urn:address", 0, false, false, false},
	"location":        {kindAddress, "urn:location", 0, false, false, false},
}

// longText is the length from which a text area is a long one, which queries
// can only select.
const longText = 256

func (f *field) filterable() bool { return f.typ.filter && !f.long() }
func (f *field) sortable() bool   { return f.typ.sort && !f.long() }
func (f *field) groupable() bool {
	return f.typ.group && !f.long() && (!f.Calculated || f.Formula != nil)
}
func (f *field) long() bool { return f.Type == "textarea" && f.Length >= longText }

// aggregatable fields can be counted and compared over many records.
func (f *field) aggregatable() bool {
	return f.sortable() && f.typ.kind != kindBool && f.typ.kind != kindTime
}

// jsonName is the type's name in messages of the JSON reader.
func (f *field) jsonName() string {
	switch f.typ.kind {
	case kindBool:
		return "boolean"
	case kindNumber:
		if f.Type == "int" {
			return "int"
		}
		return "double"
	case kindDate:
		return "date"
	case kindDateTime:
		return "datetime"
	case kindTime:
		return "time"
	case kindBlob:
		return "base64"
	}
	return "string"
}
