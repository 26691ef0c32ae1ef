package salesforcetest

import (
	"fmt"
	"slices"
	"strings"
)

// hiddenEntity is the reference from a field's definition to its object's. What
// clients see in its place, EntityDefinitionId, holds a name.
const hiddenEntity = "EntityDefinitionRecordId"

// entity is the way to the definition of the object.
func entity(down string) Field {
	return ref(hiddenEntity, "Entity Definition", "EntityDefinition", "EntityDefinition", down)
}

// toolingObjects are what the Tooling API has beside what it shares. Those in
// the second half have no records here, as there is no Apex and the like.
var toolingObjects = readOnlyObjects(slices.Concat(Schema{
	{
		Name: "EntityDefinition", Label: "Entity Definition", KeyPrefix: "4ie",
		Fields: []Field{
			text("QualifiedApiName", "Qualified API Name", 80, nameField),
			text("DurableId", "Durable ID", 255),
			text("DeveloperName", "Developer Name", 80),
			text("Label", "Label", 80),
			text("MasterLabel", "Master Label", 80),
			text("PluralLabel", "Plural Label", 80),
			text("KeyPrefix", "Key Prefix", 3),
			text("NamespacePrefix", "Namespace Prefix", 15),
			text("PublisherId", "Publisher ID", 255),
			check("IsCustomSetting", "Custom Setting"),
			check("IsCustomizable", "Customizable"),
			check("IsQueryable", "Queryable"),
			check("IsRetrieveable", "Retrieveable"),
			check("IsSearchable", "Searchable"),
			check("IsLayoutable", "Layoutable"),
			check("IsTriggerable", "Triggerable"),
			check("IsApexTriggerable", "Apex Triggerable"),
			check("IsEverCreatable", "Creatable"),
			check("IsEverUpdatable", "Updatable"),
			check("IsEverDeletable", "Deletable"),
		},
	},
	{
		Name: "FieldDefinition", Label: "Field Definition", KeyPrefix: "4fe",
		Fields: []Field{
			text("QualifiedApiName", "Qualified API Name", 80, nameField),
			text("DurableId", "Durable ID", 255),
			text("EntityDefinitionId", "Entity Definition ID", 255),
			entity("Fields"),
			text("DeveloperName", "Developer Name", 80),
			text("Label", "Label", 80),
			text("MasterLabel", "Master Label", 80),
			text("NamespacePrefix", "Namespace Prefix", 15),
			text("DataType", "Data Type", 255),
			text("ValueTypeId", "Value Type ID", 40),
			text("ExtraTypeInfo", "Extra Type Info", 40),
			text("RelationshipName", "Relationship Name", 80),
			integer("Length", "Length"),
			integer("Precision", "Precision"),
			integer("Scale", "Scale"),
			check("IsApiFilterable", "Filterable"),
			check("IsApiGroupable", "Groupable"),
			check("IsApiSortable", "Sortable"),
			check("IsCalculated", "Calculated"),
			check("IsCompound", "Compound"),
			check("IsIndexed", "Indexed"),
			check("IsNameField", "Name Field"),
			check("IsNillable", "Nillable"),
			check("IsPolymorphicForeignKey", "Polymorphic Foreign Key"),
		},
	},
	{
		Name: "CustomObject", Label: "Custom Object", KeyPrefix: "01I",
		Fields: []Field{
			text("DeveloperName", "Developer Name", 80, nameField), text("NamespacePrefix", "Namespace Prefix", 15),
			text("ManageableState", "Manageable State", 40, def("unmanaged")), text("Description", "Description", 255),
		},
	},
	{
		Name: "CustomField", Label: "Custom Field", KeyPrefix: "00N",
		Fields: []Field{
			text("DeveloperName", "Developer Name", 80, nameField), text("NamespacePrefix", "Namespace Prefix", 15),
			text("TableEnumOrId", "Table Enum Or ID", 80), entity("CustomFields"),
			text("ManageableState", "Manageable State", 40, def("unmanaged")), text("Description", "Description", 255),
		},
	},
}, withoutRecords))

// withoutRecords are objects that tools ask for as a matter of course.
var withoutRecords = Schema{
	code("ApexClass", "01p", "Body", number("ApiVersion", "API Version", 1), text("Status", "Status", 40),
		check("IsValid", "Valid"), integer("LengthWithoutComments", "Length")),
	code("ApexTrigger", "01q", "Body", number("ApiVersion", "API Version", 1), text("Status", "Status", 40),
		check("IsValid", "Valid"), text("TableEnumOrId", "Table Enum Or ID", 80)),
	code("ApexPage", "066", "Markup", number("ApiVersion", "API Version", 1), text("MasterLabel", "Label", 80)),
	code("ApexComponent", "099", "Markup", number("ApiVersion", "API Version", 1), text("MasterLabel", "Label", 80)),
	code("StaticResource", "081", "Description", text("ContentType", "Content Type", 120), integer("BodyLength", "Length")),
	code("AuraDefinitionBundle", "0Ab", "Description", text("DeveloperName", "Developer Name", 80), text("MasterLabel", "Label", 80)),
	code("LightningComponentBundle", "0Rb", "Description", text("DeveloperName", "Developer Name", 80), text("MasterLabel", "Label", 80)),
	code("FlowDefinition", "300", "Description", text("DeveloperName", "Developer Name", 80), text("MasterLabel", "Label", 80)),
	code("ValidationRule", "03d", "ErrorMessage", text("ValidationName", "Rule Name", 80), check("Active", "Active")),
	code("InstalledSubscriberPackage", "0A3", "Description", text("SubscriberPackageId", "Package ID", 18),
		text("SubscriberPackageVersionId", "Package Version ID", 18)),
	code("ApexLog", "07L", "Request", text("Application", "Application", 40), integer("DurationMilliseconds", "Duration"),
		text("Location", "Location", 40), integer("LogLength", "Log Length"), ref("LogUserId", "Log User ID", "User", "LogUser", ""),
		text("Operation", "Operation", 255), moment("StartTime", "Start Time"), text("Status", "Status", 255)),
	code("TraceFlag", "7tf", "LogType", moment("StartDate", "Start Date"), moment("ExpirationDate", "Expiration Date"),
		ref("TracedEntityId", "Traced Entity ID", "User", "TracedEntity", ""), ref("DebugLevelId", "Debug Level ID", "DebugLevel", "DebugLevel", "")),
	code("DebugLevel", "7dl", "Language", text("DeveloperName", "Developer Name", 80), text("MasterLabel", "Label", 80)),
}

// code is an object with a name, a namespace and a long text.
func code(name, prefix, body string, more ...Field) SObject {
	return SObject{Name: name, KeyPrefix: prefix, Fields: append([]Field{
		text("Name", "Name", 255, nameField), text("NamespacePrefix", "Namespace Prefix", 15), area(body, body, 32000),
	}, more...)}
}

// readOnlyObjects takes all changes away from clients.
func readOnlyObjects(s Schema) Schema {
	for i := range s {
		s[i].NoCreate, s[i].NoUpdate, s[i].NoDelete, s[i].setup = true, true, true, true
	}
	return s
}

// bareName is an API name without what marks it as custom.
func bareName(name string) string { return strings.TrimSuffix(name, "__c") }

// entityFields are the fields of an EntityDefinition.
func entityFields(ob *object) map[string]any {
	return map[string]any{
		"QualifiedApiName": ob.Name, "DurableId": ob.Name, "DeveloperName": bareName(ob.Name),
		"Label": ob.Label, "MasterLabel": ob.Label, "PluralLabel": ob.LabelPlural, "KeyPrefix": ob.KeyPrefix,
		"PublisherId": publisher(ob.custom()), "IsCustomizable": !ob.setup, "IsQueryable": true, "IsRetrieveable": true,
		"IsSearchable": ob.searchable(), "IsLayoutable": !ob.setup, "IsTriggerable": !ob.setup, "IsApexTriggerable": !ob.setup,
		"IsEverCreatable": !ob.NoCreate, "IsEverUpdatable": !ob.NoUpdate, "IsEverDeletable": !ob.NoDelete,
	}
}

func publisher(custom bool) string {
	if custom {
		return "<local>"
	}
	return "System"
}

// fieldDefinition are the fields of a FieldDefinition.
func fieldDefinition(ob *object, f *field) map[string]any {
	d := map[string]any{
		"QualifiedApiName": f.Name, "DurableId": ob.Name + "." + f.Name, "EntityDefinitionId": ob.Name,
		"DeveloperName": bareName(f.Name), "Label": f.Label, "MasterLabel": f.Label,
		"DataType": dataType(f), "ValueTypeId": f.Type, "Length": f.Length, "Precision": f.Precision, "Scale": f.Scale,
		"IsApiFilterable": f.filterable(), "IsApiGroupable": f.groupable(), "IsApiSortable": f.sortable(),
		"IsCalculated": f.Calculated, "IsCompound": f.typ.kind == kindAddress, "IsIndexed": f.isKey() || f.typ.kind == kindID,
		"IsNameField": f.NameField, "IsNillable": !f.Required && !f.Defaulted, "IsPolymorphicForeignKey": f.Type == "reference" && f.polymorphic(),
	}
	if f.Type == "reference" {
		d["RelationshipName"] = f.Relationship
	}
	return d
}

// setupTypes are types as set-up pages call them. Those with verbs hold length,
// or precision in front of the point and behind it.
var setupTypes = map[string]string{
	"string": "Text(%d)", "url": "URL(%d)", "picklist": "Picklist", "multipicklist": "Picklist (Multi-Select)",
	"boolean": "Checkbox", "date": "Date", "datetime": "Date/Time", "time": "Time", "phone": "Phone", "email": "Email",
	"currency": "Currency(%d, %d)", "double": "Number(%d, %d)", "percent": "Percent(%d, %d)", "int": "Number(%d, %d)",
	"address": "Address", "base64": "Base64", "id": "Lookup()",
}

// dataType is the type of a field as set-up pages call it.
func dataType(f *field) string {
	name := setupTypes[f.Type]
	switch {
	case f.AutoNumber != "":
		return "Auto Number"
	case f.Type == "reference":
		return "Lookup(" + strings.Join(f.of.org.targets(f), ",") + ")"
	case f.Type == "textarea" && f.Length > 255:
		return fmt.Sprintf("Long Text Area(%d)", f.Length)
	case f.Type == "textarea":
		return fmt.Sprintf("Text Area(%d)", f.Length)
	case name == "":
		return f.Type
	case strings.Contains(name, ", "):
		return fmt.Sprintf(name, f.Precision-f.Scale, f.Scale)
	case strings.Contains(name, "%d"):
		return fmt.Sprintf(name, f.Length)
	}
	return name
}
