package mapping

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/salesforce"
)

// Form is what a host's screen needs to let an administrator write a mapping.
type Form struct {
	// Types are the types that a row may have, in the order to show them in.
	Types []Type `json:"types"`
	// Objects are what queries can read, by label.
	Objects []FormObject `json:"objects"`
	// Fields are those of the chosen object, by label: its own first, then
	// those of the records that it points to.
	Fields []FormField `json:"fields"`
	// Children are the child lists of the chosen object.
	Children []FormChild `json:"children"`
}

// FormObject is an object to choose.
type FormObject struct {
	Name   string `json:"name"` // API name
	Label  string `json:"label"`
	Custom bool   `json:"custom"`
}

// FormField is a field to choose.
type FormField struct {
	Path     string       `json:"path"`  // what a rule has in From
	Label    string       `json:"label"` // with those of the lookups that lead to it: "Owner > E-mail"
	Type     string       `json:"type"`  // the API's word
	Suggest  Type         `json:"suggest"`
	Fitting  []Type       `json:"fitting"` // every type that a rule for the field may have
	Length   int          `json:"length,omitempty"`
	Required bool         `json:"required"` // a create must set it
	Create   bool         `json:"create"`   // a create may set it
	Update   bool         `json:"update"`   // an update may change it
	Options  []FormOption `json:"options,omitempty"`
	// Controller is the picklist that the options depend on, or empty.
	Controller string `json:"controller,omitempty"`
	// Objects are what a lookup points to, and Relationship how paths go on
	// to them.
	Objects      []string `json:"objects,omitempty"`
	Relationship string   `json:"relationship,omitempty"`
}

// FormOption is a value of a picklist.
type FormOption struct {
	Value  string `json:"value"`
	Label  string `json:"label"`
	Active bool   `json:"active"`
	// With are the values of the controlling picklist that the option goes
	// with; empty where it depends on none.
	With []string `json:"with,omitempty"`
}

// FormChild is a child list to choose: its fields are Name[0].Field.
type FormChild struct {
	Name   string `json:"name"`
	Object string `json:"object"`
}

// FormOptions varies a form. Nil means the zero FormOptions.
type FormOptions struct {
	// Depth is how many relationships the fields are followed through.
	// Defaults to 0, the object's own fields; each step may describe many
	// objects.
	Depth int
}

// NewForm asks an org for the objects and, unless object is empty, for its
// fields, as the client's user sees them.
func NewForm(ctx context.Context, client *salesforce.Client, object string, opt *FormOptions) (*Form, error) {
	all, err := client.DescribeGlobal(ctx)
	if err != nil {
		return nil, fmt.Errorf("mapping: form: %w", err)
	}
	f := &Form{Types: Types()}
	for _, s := range all {
		if s.Queryable {
			f.Objects = append(f.Objects, FormObject{s.Name, s.Label, s.Custom})
		}
	}
	slices.SortStableFunc(f.Objects, func(a, b FormObject) int {
		return cmp.Or(cmp.Compare(a.Label, b.Label), cmp.Compare(a.Name, b.Name))
	})
	if object == "" {
		return f, nil
	}
	s, err := client.Describe(ctx, object)
	if err != nil {
		return nil, fmt.Errorf("mapping: form: %w", err)
	}
	for _, c := range s.ChildRelationships {
		if c.Name != "" {
			f.Children = append(f.Children, FormChild{c.Name, c.Object})
		}
	}
	depth := 0
	if opt != nil {
		depth = opt.Depth
	}
	describe := func(object string) (*salesforce.SObject, error) { return client.Describe(ctx, object) }
	if f.Fields, err = formFields(s, "", "", depth, describe); err != nil {
		return nil, fmt.Errorf("mapping: form: %w", err)
	}
	return f, nil
}

// formFields lists the fields of an object, and of those that it points to.
func formFields(s *salesforce.SObject, path, label string, depth int, describe func(string) (*salesforce.SObject, error)) ([]FormField, error) {
	var fields, parents []FormField
	for i := range s.Fields {
		info := &s.Fields[i]
		f := formField(s, info)
		f.Path, f.Label = path+f.Path, label+f.Label
		fields = append(fields, f)
		if depth == 0 || info.RelationshipName == "" {
			continue
		}
		for _, object := range info.ReferenceTo {
			parent, err := describe(object)
			if err != nil {
				return nil, err
			}
			further, err := formFields(parent, path+info.RelationshipName+".", f.Label+" > ", depth-1, describe)
			if err != nil {
				return nil, err
			}
			for _, field := range further {
				if !slices.ContainsFunc(parents, func(p FormField) bool { return p.Path == field.Path }) {
					parents = append(parents, field)
				}
			}
		}
	}
	byLabel := func(a, b FormField) int { return cmp.Or(cmp.Compare(a.Label, b.Label), cmp.Compare(a.Path, b.Path)) }
	slices.SortStableFunc(fields, byLabel)
	slices.SortStableFunc(parents, byLabel)
	return append(fields, parents...), nil
}

func formField(s *salesforce.SObject, info *salesforce.FieldInfo) FormField {
	f := FormField{
		Path: info.Name, Label: cmp.Or(info.Label, info.Name), Type: info.Type, Suggest: Suggest(info), Length: info.Length,
		Required: info.Required(), Create: info.Createable, Update: info.Updateable,
		Objects: info.ReferenceTo, Relationship: info.RelationshipName,
	}
	for _, typ := range Types() {
		if holds(kinds[typ].fields, info.Type) {
			f.Fitting = append(f.Fitting, typ)
		}
	}
	for _, v := range info.PicklistValues {
		f.Options = append(f.Options, FormOption{Value: v.Value, Label: cmp.Or(v.Label, v.Value), Active: v.Active})
	}
	if info.DependentPicklist {
		f.Controller = info.ControllerName
		f.controlled(s)
	}
	return f
}

// controlled fills in what the options of a dependent picklist go with.
func (f *FormField) controlled(s *salesforce.SObject) {
	for _, value := range controllingValues(s, f.Controller) {
		for _, choice := range s.Choices(f.Path, value) {
			for i := range f.Options {
				if f.Options[i].Value == choice.Value {
					f.Options[i].With = append(f.Options[i].With, value)
				}
			}
		}
	}
}

func controllingValues(s *salesforce.SObject, name string) []string {
	controller, ok := s.Field(name)
	if !ok {
		return nil
	}
	if controller.Type == "boolean" {
		return []string{"false", "true"}
	}
	var values []string
	for _, v := range controller.PicklistValues {
		values = append(values, v.Value)
	}
	return values
}

// suggestions are the types for fields whose own type says it all.
var suggestions = map[string]Type{
	"string": Text, "picklist": Text, "combobox": Text, "encryptedstring": Text, "textarea": Text, "anyType": Text,
	"int": Integer, "long": Integer, "double": Number, "currency": Currency, "percent": Percent,
	"date": Date, "datetime": DateTime, "time": Time, "boolean": Checkbox,
	"phone": Phone, "email": Email, "url": URL, "address": Address, "multipicklist": MultiPicklist,
	"id": ID, "reference": ID,
}

// Suggest returns the type that a rule for a field has by itself, or "" for a
// field that no rule can read, such as a file's contents.
func Suggest(f *salesforce.FieldInfo) Type {
	switch {
	case f.HTMLFormatted && holds(texts, f.Type):
		return RichText
	case f.Type == "textarea" && strings.HasSuffix(f.Name, "Street"):
		return Lines
	case f.Type == "double" && f.Precision > 0 && f.Precision <= 18 && f.Scale == 0:
		return Integer
	}
	return suggestions[f.Type]
}
