package salesforcetest

import (
	"slices"
	"strings"
)

// describedObject is what is read of a describe result. Everything but name is
// optional, so that people can write one by hand.
type describedObject struct {
	Name            string           `json:"name"`
	Label           string           `json:"label"`
	LabelPlural     string           `json:"labelPlural"`
	KeyPrefix       string           `json:"keyPrefix"`
	Createable      *bool            `json:"createable"`
	Updateable      *bool            `json:"updateable"`
	Deletable       *bool            `json:"deletable"`
	Mergeable       bool             `json:"mergeable"`
	Fields          []describedField `json:"fields"`
	RecordTypeInfos []struct {
		Name                     string `json:"name"`
		DeveloperName            string `json:"developerName"`
		RecordTypeID             string `json:"recordTypeId"`
		Active                   *bool  `json:"active"`
		DefaultRecordTypeMapping bool   `json:"defaultRecordTypeMapping"`
		Master                   bool   `json:"master"`
	} `json:"recordTypeInfos"`
	ChildRelationships []struct {
		ChildSObject     string `json:"childSObject"`
		Field            string `json:"field"`
		RelationshipName string `json:"relationshipName"`
		CascadeDelete    bool   `json:"cascadeDelete"`
	} `json:"childRelationships"`
}

type describedField struct {
	Name              string   `json:"name"`
	Label             string   `json:"label"`
	Type              string   `json:"type"`
	Length            int      `json:"length"`
	Precision         int      `json:"precision"`
	Scale             int      `json:"scale"`
	Nillable          *bool    `json:"nillable"`
	DefaultedOnCreate bool     `json:"defaultedOnCreate"`
	DefaultValue      any      `json:"defaultValue"`
	Createable        *bool    `json:"createable"`
	Updateable        *bool    `json:"updateable"`
	Calculated        bool     `json:"calculated"`
	Restricted        bool     `json:"restrictedPicklist"`
	ReferenceTo       []string `json:"referenceTo"`
	RelationshipName  string   `json:"relationshipName"`
	CascadeDelete     bool     `json:"cascadeDelete"`
	RestrictedDelete  bool     `json:"restrictedDelete"`
	Unique            bool     `json:"unique"`
	CaseSensitive     bool     `json:"caseSensitive"`
	ExternalID        bool     `json:"externalId"`
	IDLookup          bool     `json:"idLookup"`
	NameField         bool     `json:"nameField"`
	AutoNumber        bool     `json:"autoNumber"`
	CompoundFieldName string   `json:"compoundFieldName"`
	ControllerName    string   `json:"controllerName"`
	PicklistValues    []struct {
		Value        string `json:"value"`
		Label        string `json:"label"`
		Active       *bool  `json:"active"`
		DefaultValue bool   `json:"defaultValue"`
		ValidFor     string `json:"validFor"`
	} `json:"picklistValues"`
}

// isFalse reports whether a flag is there and false.
func isFalse(flag *bool) bool { return flag != nil && !*flag }

// sobject turns a describe result into a definition. The system fields, which
// every object has already, are left out.
func (d describedObject) sobject(known func(string) bool) SObject {
	ob := SObject{
		Name: d.Name, Label: d.Label, LabelPlural: d.LabelPlural, KeyPrefix: d.KeyPrefix,
		NoCreate: isFalse(d.Createable), NoUpdate: isFalse(d.Updateable), NoDelete: isFalse(d.Deletable),
		Mergeable: d.Mergeable,
	}
	for _, f := range d.Fields {
		if !f.system() {
			ob.Fields = append(ob.Fields, d.dependent(f, f.field(known)))
		}
	}
	for _, t := range d.RecordTypeInfos {
		if t.Master {
			continue
		}
		ob.RecordTypes = append(ob.RecordTypes, RecordType{
			Name: t.Name, DeveloperName: t.DeveloperName, Inactive: isFalse(t.Active), Default: t.DefaultRecordTypeMapping,
			id: t.RecordTypeID,
		})
	}
	return ob
}

// dependent enters what describe tells of the controlling field. Its values are
// numbered as the same result lists them.
func (d describedObject) dependent(from describedField, f Field) Field {
	i := slices.IndexFunc(d.Fields, func(other describedField) bool { return strings.EqualFold(other.Name, from.ControllerName) })
	if from.ControllerName == "" || i < 0 {
		return f
	}
	f.Controller = d.Fields[i].Name
	values := []string{"false", "true"}
	if d.Fields[i].Type != "boolean" {
		values = nil
		for _, v := range d.Fields[i].PicklistValues {
			values = append(values, v.Value)
		}
	}
	for n, v := range from.PicklistValues {
		f.Picklist[n].ValidFor = controls(v.ValidFor, values)
	}
	return f
}

// system reports whether every object has the field anyhow.
func (d describedField) system() bool {
	for _, f := range systemFields {
		if strings.EqualFold(f.Name, d.Name) {
			return true
		}
	}
	return strings.EqualFold(d.Name, "MasterRecordId")
}

// field turns what describe tells of a field into a definition. known tells
// which objects references may point to.
func (d describedField) field(known func(string) bool) Field {
	f := Field{
		Name: d.Name, Label: d.Label, Type: d.Type, Length: d.Length, Precision: d.Precision, Scale: d.Scale,
		Defaulted: d.DefaultedOnCreate, Default: d.DefaultValue,
		NoCreate: isFalse(d.Createable), NoUpdate: isFalse(d.Updateable), Calculated: d.Calculated,
		Restricted: d.Restricted, ReferenceTo: d.ReferenceTo, Relationship: d.RelationshipName, Cascade: d.CascadeDelete,
		Restrict: d.RestrictedDelete, Unique: d.Unique, CaseSensitive: d.CaseSensitive, ExternalID: d.ExternalID, IDLookup: d.IDLookup || d.ExternalID,
		NameField: d.NameField, compound: d.CompoundFieldName,
	}
	if d.Nillable != nil { // told by a real org, which has more objects than this one
		f.ReferenceTo = slices.DeleteFunc(slices.Clone(d.ReferenceTo), func(name string) bool { return !known(name) })
		if len(d.ReferenceTo) > 0 && len(f.ReferenceTo) == 0 {
			f.Type, f.Relationship = "string", ""
		}
	}
	f.Required = isFalse(d.Nillable) && !d.DefaultedOnCreate && !f.NoCreate
	if d.AutoNumber {
		f.AutoNumber = "{00000000}"
	}
	for _, v := range d.PicklistValues {
		f.Picklist = append(f.Picklist, PicklistValue{
			Value: v.Value, Label: v.Label, Inactive: isFalse(v.Active), Default: v.DefaultValue,
		})
	}
	return f
}

// nameChildren gives the references to the object the names that it has for
// the ways back. The caller holds the org's lock.
func (d describedObject) nameChildren(c *catalog) {
	for _, way := range d.ChildRelationships {
		child := c.object(way.ChildSObject)
		if child == nil {
			continue // a real org has far more objects than were asked for
		}
		if f := child.field(way.Field); f != nil {
			f.Children = way.RelationshipName
			f.Cascade = f.Cascade || way.CascadeDelete
		}
	}
}
