package salesforcetest

import "strings"

// The functions here make the tables of schema_*.go readable: one line says
// what a field is, in the order name, label, type's own facts, exceptions.

// mod changes a field.
type mod func(*Field)

func required(f *Field)   { f.Required = true }
func defaulted(f *Field)  { f.Defaulted = true }
func restricted(f *Field) { f.Restricted = true }
func nameField(f *Field)  { f.NameField = true }
func cascade(f *Field)    { f.Cascade = true }
func unique(f *Field)     { f.Unique, f.IDLookup = true, true }
func idLookup(f *Field)   { f.IDLookup = true }
func externalID(f *Field) { f.ExternalID, f.IDLookup = true, true }
func createOnly(f *Field) { f.NoUpdate = true }

// readOnly fields are set by the org alone.
func readOnly(f *Field) { f.NoCreate, f.NoUpdate = true, true }

// def gives a default, which makes the field one that is never empty when it
// is required too.
func def(v any) mod { return func(f *Field) { f.Default = v } }

// partOf names the compound field that a field belongs to.
func partOf(compound string) mod { return func(f *Field) { f.compound = compound } }

// auto numbers records.
func auto(format string) mod {
	return func(f *Field) { f.AutoNumber, f.Defaulted = format, true; readOnly(f) }
}

func newField(typ, name, label string, mods []mod) Field {
	f := Field{Name: name, Label: label, Type: typ}
	for _, m := range mods {
		m(&f)
	}
	return f
}

func text(name, label string, length int, mods ...mod) Field {
	f := newField("string", name, label, mods)
	f.Length = length
	return f
}

// area is text of several lines; more than 255 characters cannot be filtered.
func area(name, label string, length int, mods ...mod) Field {
	f := newField("textarea", name, label, mods)
	f.Length = length
	return f
}

// pick is a picklist of the values, separated by semicolons. A star marks the
// default.
func pick(name, label, values string, mods ...mod) Field {
	f := newField("picklist", name, label, mods)
	f.Picklist = choices(values)
	return f
}

func choices(values string) []PicklistValue {
	var list []PicklistValue
	for value := range strings.SplitSeq(values, ";") {
		value, isDefault := strings.CutSuffix(strings.TrimSpace(value), "*")
		if value != "" {
			list = append(list, PicklistValue{Value: value, Default: isDefault})
		}
	}
	return list
}

// ref points to other objects, separated by commas: anyRecord stands for all
// that can own notes and files. up names the way to the parent, down the way
// back ("" for none).
func ref(name, label, to, up, down string, mods ...mod) Field {
	f := newField("reference", name, label, mods)
	f.ReferenceTo, f.Relationship, f.Children = strings.Split(to, ","), up, down
	return f
}

// number has places digits behind the point.
func number(name, label string, places int, mods ...mod) Field {
	return newField("double", name, label, append([]mod{scale(places)}, mods...))
}

func money(name, label string, mods ...mod) Field {
	return newField("currency", name, label, append([]mod{scale(2)}, mods...))
}

func percent(name, label string, places int, mods ...mod) Field {
	return newField("percent", name, label, append([]mod{scale(places)}, mods...))
}

func scale(places int) mod { return func(f *Field) { f.Scale = places } }

func integer(name, label string, mods ...mod) Field { return newField("int", name, label, mods) }
func check(name, label string, mods ...mod) Field   { return newField("boolean", name, label, mods) }
func day(name, label string, mods ...mod) Field     { return newField("date", name, label, mods) }
func moment(name, label string, mods ...mod) Field  { return newField("datetime", name, label, mods) }
func phone(name, label string, mods ...mod) Field   { return newField("phone", name, label, mods) }
func email(name, label string, mods ...mod) Field   { return newField("email", name, label, mods) }
func link(name, label string, mods ...mod) Field    { return newField("url", name, label, mods) }
func binary(name, label string, mods ...mod) Field  { return newField("base64", name, label, mods) }

// owner is the user that a record belongs to: its creator, if not told.
func owner() Field {
	return ref("OwnerId", "Owner ID", "User", "Owner", "", defaulted)
}

// ownerOrQueue is owner for objects whose records may wait in a queue.
func ownerOrQueue() Field {
	return ref("OwnerId", "Owner ID", "Group,User", "Owner", "", defaulted)
}

// postal are the parts of an address and the compound of them: prefix Billing
// gives BillingStreet … BillingAddress. The prefix "" gives Street … Address.
func postal(prefix string) []Field {
	label := prefix
	if label != "" {
		label += " "
	}
	compound := prefix + "Address"
	parts := []Field{
		area(prefix+"Street", label+"Street", 255),
		text(prefix+"City", label+"City", 40),
		text(prefix+"State", label+"State/Province", 80),
		text(prefix+"PostalCode", label+"Zip/Postal Code", 20),
		text(prefix+"Country", label+"Country", 80),
		number(prefix+"Latitude", label+"Latitude", 15),
		number(prefix+"Longitude", label+"Longitude", 15),
		pick(prefix+"GeocodeAccuracy", label+"Geocode Accuracy",
			"Address; NearAddress; Block; Street; ExtendedZip; Zip; Neighborhood; City; County; State; Unknown", restricted),
	}
	for i := range parts {
		parts[i].compound = compound
	}
	return append(parts, newField("address", compound, label+"Address", []mod{readOnly}))
}
