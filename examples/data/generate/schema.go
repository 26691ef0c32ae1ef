package main

import (
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// schema is what this org has beyond the standard objects: the checkbox by
// which accounts are chosen for the timesheet product, and the improveit 360
// package, as describe would tell of them.
func schema() []record {
	objects := append([]salesforcetest.SObject{
		{Name: "Account", Label: "Account", Fields: []salesforcetest.Field{
			{Name: "ZEP__c", Label: "ZEP", Type: "boolean", Default: false},
		}},
		{Name: "User", Label: "User"}, // for the way down to Staff
	}, salesforcetest.Improveit360()...)
	list := make([]record, len(objects))
	for i, o := range objects {
		list[i] = describe(o, objects)
	}
	return list
}

func describe(o salesforcetest.SObject, all []salesforcetest.SObject) record {
	r := record{
		{"name", o.Name},
		{"label", o.Label},
	}
	if o.LabelPlural != "" {
		r = append(r, field{"labelPlural", o.LabelPlural})
	}
	if o.KeyPrefix != "" {
		r = append(r, field{"keyPrefix", o.KeyPrefix})
	}
	if custom(o.Name) {
		r = append(r,
			field{"custom", true},
			field{"createable", !o.NoCreate},
			field{"updateable", !o.NoUpdate},
			field{"deletable", !o.NoDelete},
		)
	}
	if len(o.Fields) > 0 {
		fields := make([]record, len(o.Fields))
		for i, f := range o.Fields {
			fields[i] = describeField(f)
		}
		r = append(r, field{"fields", fields})
	}
	if down := childRelationships(o.Name, all); len(down) > 0 {
		r = append(r, field{"childRelationships", down})
	}
	return r
}

func describeField(f salesforcetest.Field) record {
	boolean := f.Type == "boolean" // never null, and false unless it says otherwise
	r := record{
		{"name", f.Name},
		{"label", f.Label},
		{"type", typeOf(f)},
		{"custom", custom(f.Name)},
		{"createable", !f.NoCreate && !f.Calculated},
		{"updateable", !f.NoUpdate && !f.Calculated},
		{"nillable", !f.Required && !f.Defaulted && !boolean},
		{"defaultedOnCreate", f.Defaulted || f.Default != nil || boolean},
	}
	for _, extra := range []struct {
		say   bool
		name  string
		value any
	}{
		{f.Default != nil, "defaultValue", f.Default},
		{f.Length > 0, "length", f.Length},
		{f.Precision > 0, "precision", f.Precision},
		{f.Scale > 0, "scale", f.Scale},
		{f.Calculated, "calculated", true},
		{f.AutoNumber != "", "autoNumber", true},
		{f.NameField, "nameField", true},
		{f.Unique, "unique", true},
		{f.CaseSensitive, "caseSensitive", true},
		{f.ExternalID, "externalId", true},
		{f.IDLookup, "idLookup", true},
		{f.Restricted, "restrictedPicklist", true},
		{len(f.Picklist) > 0, "picklistValues", picklist(f.Picklist)},
		{len(f.ReferenceTo) > 0, "referenceTo", f.ReferenceTo},
		{f.Relationship != "", "relationshipName", f.Relationship},
	} {
		if extra.say {
			r = append(r, field{extra.name, extra.value})
		}
	}
	return r
}

func typeOf(f salesforcetest.Field) string {
	if f.Type == "" {
		return "string"
	}
	return f.Type
}

func picklist(values []salesforcetest.PicklistValue) []map[string]any {
	list := make([]map[string]any, len(values))
	for i, v := range values {
		label := v.Label
		if label == "" {
			label = v.Value
		}
		list[i] = map[string]any{"value": v.Value, "label": label, "active": !v.Inactive, "defaultValue": v.Default}
	}
	return list
}

// childRelationships are the ways down from an object to others of the list.
func childRelationships(parent string, all []salesforcetest.SObject) []record {
	var list []record
	for _, o := range all {
		for _, f := range o.Fields {
			if f.Children != "" && slices.Contains(f.ReferenceTo, parent) {
				list = append(list, record{
					{"childSObject", o.Name},
					{"field", f.Name},
					{"relationshipName", f.Children},
					{"cascadeDelete", f.Cascade},
				})
			}
		}
	}
	return list
}

func custom(name string) bool { return strings.HasSuffix(name, "__c") }
