package salesforcetest

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// oldestUI is the first version of the user interface API.
const oldestUI = 41

func uiRoutes() []route {
	return []route{
		{"ui-api/object-info/batch/*", methods{"GET": from(oldestUI, (*call).objectInfos)}},
		{"ui-api/object-info/*", methods{"GET": from(oldestUI, (*call).objectInfo)}},
		{"ui-api/object-info/*/picklist-values/*", methods{"GET": from(oldestUI, (*call).uiPicklists)}},
		{"ui-api/object-info/*/picklist-values/*/*", methods{"GET": from(oldestUI, (*call).uiPicklist)}},
		{"ui-api/records", methods{"POST": from(oldestUI, (*call).uiCreate)}},
		{"ui-api/records/batch/*", methods{"GET": from(oldestUI, (*call).uiRecords)}},
		{"ui-api/records/*", methods{"GET": from(oldestUI, (*call).uiRecord), "PATCH": from(oldestUI, (*call).uiUpdate), "DELETE": from(oldestUI, (*call).uiDelete)}},
	}
}

// etag is the entity tag of an answer of the user interface API.
func etag(v any) string {
	data, _ := json.Marshal(v) // of what is made of plain values
	sum := md5.Sum(data)
	return hex.EncodeToString(sum[:])
}

// dataTypes are the names of types that are not those of describe with a
// capital letter.
var dataTypes = map[string]string{
	"id": "String", "textarea": "TextArea", "multipicklist": "MultiPicklist", "combobox": "ComboBox", "datetime": "DateTime",
	"encryptedstring": "EncryptedString",
}

func (f *field) dataType() string {
	if name, ok := dataTypes[f.Type]; ok {
		return name
	}
	return strings.ToUpper(f.Type[:1]) + f.Type[1:]
}

// uiObject returns the object that the path names.
func (c *call) uiObject() (*object, error) {
	if ob := c.objectNamed(c.args[0]); ob != nil {
		return ob, nil
	}
	return nil, notInUI(c.args[0])
}

func notInUI(name string) error {
	return refusal("INVALID_TYPE", "Object %s is not supported in UI API", name)
}

// objectInfo answers GET /ui-api/object-info/X.
// https://developer.salesforce.com/docs/atlas.en-us.uiapi.meta/uiapi/ui_api_resources_object_info.htm
func (c *call) objectInfo() error {
	ob, err := c.uiObject()
	if err != nil {
		return err
	}
	return c.reply(func() (any, error) { return c.infoOf(ob), nil })
}

// objectInfos answers GET /ui-api/object-info/batch/X,Y.
// https://developer.salesforce.com/docs/atlas.en-us.uiapi.meta/uiapi/ui_api_resources_object_info_batch.htm
func (c *call) objectInfos() error {
	return c.reply(func() (any, error) {
		return batchOf(split(c.args[0]), func(name string) (any, error) {
			if ob := c.org.object(name); ob != nil {
				return c.infoOf(ob), nil
			}
			return nil, notInUI(name)
		}), nil
	})
}

// batchOf answers for each of some names.
func batchOf(names []string, of func(string) (any, error)) map[string]any {
	results := []map[string]any{}
	failed := false
	for _, name := range names {
		v, err := of(name)
		status := 200
		if err != nil {
			e := asAPIError(err)
			failed, status, v = true, e.status, e.bodies("errorCode")
		}
		results = append(results, map[string]any{"statusCode": status, "result": v})
	}
	return map[string]any{"hasErrors": failed, "results": results}
}

// infoOf is what the user interface API tells of an object. The caller reads.
func (c *call) infoOf(ob *object) map[string]any {
	fields, dependent, names := map[string]any{}, map[string]any{}, []string{}
	for f := range ob.visible {
		fields[f.Name] = c.org.fieldInfo(f)
		if f.NameField {
			names = append(names, f.Name)
		}
		if parent := f.controller(); parent != nil {
			below, _ := dependent[parent.Name].(map[string]any)
			if below == nil {
				below = map[string]any{}
				dependent[parent.Name] = below
			}
			below[f.Name] = map[string]any{}
		}
	}
	types, start := map[string]any{}, masterType
	for _, t := range c.recordTypes(ob) {
		types[t.RecordTypeID] = typeInfo(t)
		if t.DefaultRecordTypeMapping {
			start = t.RecordTypeID
		}
	}
	o := c.overview(ob)
	info := map[string]any{
		"apiName": ob.Name, "associateEntityType": nil, "associateParentEntity": nil, "childRelationships": c.childInfos(ob),
		"compactLayoutable": o.Layoutable, "createable": o.Createable, "custom": o.Custom, "defaultRecordTypeId": start,
		"deletable": o.Deletable, "dependentFields": dependent, "feedEnabled": o.FeedEnabled, "fields": fields,
		"keyPrefix": ob.KeyPrefix, "label": ob.Label, "labelPlural": ob.LabelPlural, "layoutable": o.Layoutable,
		"mruEnabled": o.MruEnabled, "nameFields": names, "queryable": o.Queryable, "recordTypeInfos": types,
		"searchable": o.Searchable, "searchLayoutable": o.Layoutable, "themeInfo": nil, "updateable": o.Updateable,
	}
	info["eTag"] = etag(info)
	return info
}

func typeInfo(t recordTypeInfo) map[string]any {
	return map[string]any{
		"available": t.Available, "defaultRecordTypeMapping": t.DefaultRecordTypeMapping, "master": t.Master, "name": t.Name,
		"recordTypeId": t.RecordTypeID,
	}
}

func (c *call) childInfos(ob *object) []map[string]any {
	list := []map[string]any{}
	for _, child := range c.org.describeChildren(ob) {
		if child.RelationshipName != nil {
			list = append(list, map[string]any{
				"childObjectApiName": child.ChildSObject, "fieldName": child.Field, "junctionIdListNames": []any{},
				"junctionReferenceTo": []any{}, "relationshipName": child.RelationshipName,
			})
		}
	}
	return list
}

// fieldInfo is what the user interface API tells of a field.
func (o *Org) fieldInfo(f *field) map[string]any {
	d := o.describeField(f)
	targets, controllers := []map[string]any{}, []string{}
	for _, name := range d.ReferenceTo {
		names := []string{}
		if name := o.object(name).nameField(); name != nil {
			names = append(names, name.Name)
		}
		targets = append(targets, map[string]any{"apiName": name, "nameFields": names})
	}
	for above := f.controller(); above != nil && len(controllers) < len(f.of.fields); above = above.controller() {
		controllers = append(controllers, above.Name)
	}
	var extra, component any
	if f.Type == "textarea" {
		extra = "PlainTextArea"
	}
	if f.compound != "" {
		component = strings.TrimPrefix(f.Name, strings.TrimSuffix(f.compound, "Address"))
	}
	return map[string]any{
		"apiName": f.Name, "calculated": d.Calculated, "compound": f.typ.kind == kindAddress, "compoundComponentName": component,
		"compoundFieldName": d.CompoundFieldName, "controllerName": d.ControllerName, "controllingFields": controllers,
		"createable": d.Createable, "custom": d.Custom, "dataType": f.dataType(), "externalId": d.ExternalID, "extraTypeInfo": extra,
		"filterable": d.Filterable, "filteredLookupInfo": nil, "highScaleNumber": false, "htmlFormatted": d.HTMLFormatted,
		"inlineHelpText": d.InlineHelpText, "label": f.Label, "length": d.Length, "maskType": nil, "nameField": d.NameField,
		"polymorphicForeignKey": d.PolymorphicForeignKey, "precision": d.Precision, "reference": f.Type == "reference",
		"referenceTargetField": nil, "referenceToInfos": targets, "relationshipName": d.RelationshipName, "required": !d.Nillable,
		"scale": d.Scale, "searchPrefilterable": d.SearchPrefilterable, "sortable": d.Sortable, "unique": d.Unique,
		"updateable": d.Updateable,
	}
}
