package salesforcetest

// Schema is a set of sObject definitions, for [Options] and [Org.Extend].
type Schema []SObject

// SObject defines one object. Its system fields (Id, IsDeleted, the audit
// fields) need not be listed; an object without Name field gets one when it is
// custom.
type SObject struct {
	// Name is the API name, such as "Account" or "Visit__c".
	Name string

	// Label and LabelPlural are what people read. Default to the name, and to
	// the label with an "s".
	Label, LabelPlural string

	// KeyPrefix is the first three characters of the ids of its records.
	// Defaults to a free one of the range a00 to aZz.
	KeyPrefix string

	// NoCreate, NoUpdate and NoDelete take the operation away from API users.
	NoCreate, NoUpdate, NoDelete bool

	// Mergeable says that records of the object can be merged; it then has a
	// MasterRecordId.
	Mergeable bool

	// Fields are the object's own fields.
	Fields []Field

	// Validate are the object's validation rules. It looks at a record that an
	// API user is about to save and returns what is wrong with it, nothing if
	// nothing is; old is no record when the record is new. Each violation becomes
	// an error FIELD_CUSTOM_VALIDATION_EXCEPTION. Those of several definitions of
	// one object all hold. Defaults to no rules.
	Validate func(old, new Row) []Violation

	// Duplicates are the object's duplicate rules. Defaults to none.
	Duplicates []DuplicateRule

	// RecordTypes are the record types of the object, which are added to those
	// that it has. Their records are made with them.
	RecordTypes []RecordType

	setup  bool // set-up data: its records are never deleted
	parent bool // can own notes, files and activities
}

// Field defines one field of an [SObject]. The zero value of everything but
// Name is useful: a text field of 255 characters that may be empty.
type Field struct {
	// Name is the API name, such as "Phone" or "ZEP__c".
	Name string

	// Label is what people read. Defaults to the name.
	Label string

	// Type is the type as describe spells it: string, textarea, picklist,
	// multipicklist, combobox, reference, boolean, int, double, currency,
	// percent, date, datetime, time, phone, email, url, base64, address, location or id.
	// Defaults to string.
	Type string

	// Length is the greatest number of characters of a text. Defaults to what
	// is usual for the type (255; 40 for phone; 80 for email).
	Length int

	// Precision and Scale are the digits of a number in all and behind the
	// point. Precision defaults to 18, that of an int to 9.
	Precision, Scale int

	// Required fields have neither a default nor may they be empty.
	Required bool

	// Defaulted fields are never empty, but the org fills them in itself.
	Defaulted bool

	// Default is the value that a new record gets: a string, bool, int or
	// float64.
	Default any

	// NoCreate and NoUpdate say that API users cannot set the field, or not
	// change it.
	NoCreate, NoUpdate bool

	// Calculated marks a formula or roll-up: only the org sets it, and its
	// change does not move a record's SystemModstamp. A field with Formula always
	// is one.
	Calculated bool

	// Formula makes the field a formula: it works out the value from the record,
	// each time that the field is read, and returns a string, bool, number,
	// [time.Time] or nil. What does not fit the type counts as nil. Defaults to
	// a field that is stored.
	Formula func(r Row) any

	// RollUp makes the field the sum over the record's children, which the org
	// keeps up to date. Defaults to a field that is no sum.
	RollUp *RollUp

	// Picklist are the values of a picklist, in the order in which they sort.
	Picklist []PicklistValue

	// Restricted picklists accept no other value.
	Restricted bool

	// Controller is the picklist or checkbox of the same object on which it
	// depends which values a picklist offers; see PicklistValue.ValidFor.
	// Defaults to none.
	Controller string

	// ReferenceTo are the objects that a reference may point to, Relationship
	// the name of the way up (Account), Children the name of the way down
	// (Contacts; empty for none), and Cascade whether deleting the parent
	// deletes the child. Restrict says that a parent with children cannot be
	// deleted, which holds for Required references that do not cascade, too.
	// Otherwise the reference becomes empty.
	ReferenceTo            []string
	Relationship, Children string
	Cascade, Restrict      bool

	// Unique values occur once, ignoring case unless CaseSensitive.
	Unique, CaseSensitive bool

	// ExternalID and IDLookup make the field a key for upsert.
	ExternalID, IDLookup bool

	// NameField marks the field that names the record.
	NameField bool

	// AutoNumber is the format of an automatic number, such as "{00000000}"
	// or "A-{000000}".
	AutoNumber string

	// compound is the compound field that this one is a part of, as
	// BillingAddress is of BillingCity.
	compound string
}

// PicklistValue is one choice of a picklist.
type PicklistValue struct {
	// Value is stored; Label is shown and defaults to it.
	Value, Label string

	// Inactive values are not offered, though old records may hold them.
	Inactive bool

	// Default is the choice of a new record.
	Default bool
	// ValidFor are the values of the controlling field that go with this one,
	// "true" and "false" for a checkbox. A dependent value without any goes with
	// none.
	ValidFor []string
}

// RecordType is a kind of record within an object, with picklist values of its
// own.
type RecordType struct {
	// Name is what people read. DeveloperName is what programs use; it defaults
	// to the name with an underscore for what is no letter or digit.
	Name, DeveloperName string

	// Description says what the record type is for.
	Description string

	// Inactive record types cannot be given to records any more.
	Inactive bool

	// Default is the record type of a new record that names none. Defaults to
	// no record type, which is called the master.
	Default bool

	// Picklists are the values that picklists offer in this record type, by the
	// name of the field. Picklists that are not listed offer everything.
	Picklists map[string][]string

	// Defaults are the values that new records of this type get, by the name of
	// the field. Defaults to those of the fields.
	Defaults map[string]string

	id     string // as a describe result tells it
	person bool   // of person accounts
}

// Violation is what a validation rule has against a record.
type Violation struct {
	// Field is the name of the field to blame, "" for the record as a whole.
	Field string

	// Message is what the rule tells people.
	Message string
}

// DuplicateRule keeps people from entering what is there already. It compares
// the record that is about to be saved with all others of the object.
type DuplicateRule struct {
	// Name is the rule's name for programs. Defaults to
	// Standard_Account_Duplicate_Rule for accounts, and so on.
	Name string

	// Message is what the rule tells people. Defaults to "Use one of these
	// records?".
	Message string

	// Match reports whether other is what r would repeat.
	Match func(r, other Row) bool

	// Block says that duplicates are never saved. Defaults to saving them when
	// the request says so, with Sforce-Duplicate-Rule-Header: allowSave=true.
	Block bool
}

// RollUp says what a field sums up.
type RollUp struct {
	// Children is the relationship name of the children, such as "Contacts" or
	// "Visits__r".
	Children string

	// Op is how the children are summed up. Defaults to Count.
	Op RollUpOp

	// Field is the children's field for Sum, Min and Max.
	Field string

	// Filter reports whether a child counts. Defaults to all children.
	Filter func(child Row) bool
}

// RollUpOp is an operation of a [RollUp].
type RollUpOp int

// The operations of roll-ups. A sum over nothing is 0; there is no least or
// greatest of nothing.
const (
	Count RollUpOp = iota
	Sum
	Min
	Max
)
