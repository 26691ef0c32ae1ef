package salesforce

import (
	"context"
	"strings"
)

// SObjectSummary is one object of [Client.DescribeGlobal].
type SObjectSummary struct {
	Name          string `json:"name"`
	Label         string `json:"label"`
	LabelPlural   string `json:"labelPlural"`
	KeyPrefix     string `json:"keyPrefix"` // "" for objects whose records have no id of their own
	Custom        bool   `json:"custom"`
	CustomSetting bool   `json:"customSetting"`
	Createable    bool   `json:"createable"`
	Deletable     bool   `json:"deletable"`
	Queryable     bool   `json:"queryable"`
	Replicateable bool   `json:"replicateable"` // Updated and Deleted work
	Retrieveable  bool   `json:"retrieveable"`
	Searchable    bool   `json:"searchable"`
	Undeletable   bool   `json:"undeletable"`
	Updateable    bool   `json:"updateable"`
}

// SObject describes an object as the session's user sees it: a field that the
// user may not read is not listed.
type SObject struct {
	SObjectSummary
	Fields             []FieldInfo         `json:"fields"`
	ChildRelationships []ChildRelationship `json:"childRelationships"`
	RecordTypes        []RecordTypeInfo    `json:"recordTypeInfos"`
}

// FieldInfo describes one field.
type FieldInfo struct {
	Name  string `json:"name"`
	Label string `json:"label"`
	// Type is the API's word, such as string, picklist, reference, boolean,
	// currency, date, datetime, double, email, phone, textarea or url.
	Type string `json:"type"`
	// Length is the number of characters that text may have, 0 for other types.
	Length int `json:"length"`
	// Precision and Scale are the digits of a number, in all and after the
	// point; Digits are those of an int field.
	Precision int `json:"precision"`
	Scale     int `json:"scale"`
	Digits    int `json:"digits"`
	// ReferenceTo lists the objects that a reference may point to, and
	// RelationshipName is the name under which queries reach them ("Owner").
	ReferenceTo      []string `json:"referenceTo"`
	RelationshipName string   `json:"relationshipName"`
	// PicklistValues lists the options of a picklist, active or not, of every
	// record type.
	PicklistValues     []PicklistValue `json:"picklistValues"`
	RestrictedPicklist bool            `json:"restrictedPicklist"`
	DependentPicklist  bool            `json:"dependentPicklist"`
	ControllerName     string          `json:"controllerName"` // the field that a dependent picklist follows
	CompoundFieldName  string          `json:"compoundFieldName"`

	Calculated        bool `json:"calculated"`
	Createable        bool `json:"createable"`
	Custom            bool `json:"custom"`
	DefaultedOnCreate bool `json:"defaultedOnCreate"`
	ExternalID        bool `json:"externalId"`
	Filterable        bool `json:"filterable"`
	HTMLFormatted     bool `json:"htmlFormatted"`
	IDLookup          bool `json:"idLookup"`
	NameField         bool `json:"nameField"`
	Nillable          bool `json:"nillable"`
	Sortable          bool `json:"sortable"`
	Unique            bool `json:"unique"`
	Updateable        bool `json:"updateable"`
}

// PicklistValue is one option of a picklist. Value is what the API takes,
// Label what people see, in the user's language.
type PicklistValue struct {
	Value   string `json:"value"`
	Label   string `json:"label"`
	Active  bool   `json:"active"`
	Default bool   `json:"defaultValue"`
	// ValidFor is, for a dependent picklist, a bit set over the options of the
	// controlling field: bit i, the highest of each byte first, is set when this
	// option goes with the i-th of those.
	ValidFor []byte `json:"validFor"`
}

// ChildRelationship is a lookup of another object that points here. Name is
// empty when queries cannot reach the children.
type ChildRelationship struct {
	Object  string `json:"childSObject"`
	Field   string `json:"field"`
	Name    string `json:"relationshipName"`
	Cascade bool   `json:"cascadeDelete"`
}

// RecordTypeInfo is a record type of an object.
type RecordTypeInfo struct {
	ID            ID     `json:"recordTypeId"`
	Name          string `json:"name"`
	DeveloperName string `json:"developerName"`
	Active        bool   `json:"active"`
	Available     bool   `json:"available"` // the session's user may use it
	Default       bool   `json:"defaultRecordTypeMapping"`
	Master        bool   `json:"master"`
}

// Field finds a field by its API name, without regard to case.
func (s *SObject) Field(name string) (*FieldInfo, bool) {
	for i := range s.Fields {
		if strings.EqualFold(s.Fields[i].Name, name) {
			return &s.Fields[i], true
		}
	}
	return nil, false
}

// Child finds a child relationship by its name, without regard to case.
func (s *SObject) Child(name string) (*ChildRelationship, bool) {
	for i := range s.ChildRelationships {
		if name != "" && strings.EqualFold(s.ChildRelationships[i].Name, name) {
			return &s.ChildRelationships[i], true
		}
	}
	return nil, false
}

// Required reports whether a create must set the field.
func (f *FieldInfo) Required() bool {
	return f.Createable && !f.Nillable && !f.DefaultedOnCreate
}

// Describe describes an object: its fields, picklists, child relationships and
// record types. The error matches [ErrNotFound] for an object that does not
// exist or is hidden from the user.
//
// The client keeps the description and asks Salesforce each time whether it has
// changed since (If-Modified-Since); it is shared by all callers, who must not
// change it.
//
// See "sObject Describe" in the REST API Developer Guide.
func (c *Client) Describe(ctx context.Context, object string) (*SObject, error) {
	op := "describe " + object
	path, err := objectPath(op, object)
	if err != nil {
		return nil, err
	}
	return fresh(ctx, c, &c.described, op, path+"/describe", func(ans *answer) (*SObject, error) {
		s := &SObject{}
		return s, c.http.decode(ans, s)
	})
}

// DescribeGlobal lists the objects that the user may see. The list is kept as
// descriptions of [Client.Describe] are, and must not be changed.
//
// See "Describe Global" in the REST API Developer Guide.
func (c *Client) DescribeGlobal(ctx context.Context) ([]SObjectSummary, error) {
	return fresh(ctx, c, &c.objects, "describe global", "/sobjects", func(ans *answer) ([]SObjectSummary, error) {
		var answer struct {
			SObjects []SObjectSummary `json:"sobjects"`
		}
		err := c.http.decode(ans, &answer)
		return answer.SObjects, err
	})
}
