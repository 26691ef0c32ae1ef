package salesforcetest

import (
	"net/url"
	"strings"
)

// maxDescribed is how many objects one call describes.
const maxDescribed = 100

func invalidType(name string) error {
	return refusal("INVALID_TYPE", "sObject type '%s' is not supported. If you are attempting to use a custom object, be sure to append "+
		"the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.", name)
}

// describeGlobal lists the objects.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_describeglobal.htm
func (s *soapCall) describeGlobal() error { return s.pass("describeGlobal", nil, "sobjects") }

// describeSObject describes one object or several.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_describesobjects.htm
func (s *soapCall) describeSObject() error {
	names := s.in.values("sObjectType")
	if len(names) > maxDescribed {
		return tooManyRows(maxDescribed)
	}
	for _, name := range names {
		if s.objectNamed(name) == nil {
			return invalidType(name)
		}
		if err := s.pass("describeSObject", nil, "sobjects", name, "describe"); err != nil {
			return err
		}
	}
	return nil
}

// getUpdated lists the ids of records that were created or changed.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_getupdated.htm
func (s *soapCall) getUpdated() error { return s.replication("getUpdated", "updated") }

// getDeleted lists records that were deleted.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_getdeleted.htm
func (s *soapCall) getDeleted() error { return s.replication("getDeleted", "deleted") }

func (s *soapCall) replication(shape, resource string) error {
	name := s.in.value("sObjectType")
	if s.objectNamed(name) == nil {
		return invalidType(name)
	}
	return s.pass(shape, url.Values{"start": {s.in.value("startDate")}, "end": {s.in.value("endDate")}}, "sobjects", name, resource)
}

// soapShapes are the members of what both APIs tell, in the order of the WSDL,
// which strict clients insist on. REST has further ones. What has no value is
// left out, or nil where "~" follows the name, or what stands behind "=".
var soapShapes = map[string]string{
	"getUpdated":     "ids latestDateCovered",
	"getDeleted":     "deletedRecords earliestDateAvailable latestDateCovered",
	"deletedRecords": "deletedDate id",
	"describeGlobal": "encoding~ maxBatchSize sobjects",
	"sobjects": "activateable createable custom customSetting deepCloneable deletable deprecatedAndHidden feedEnabled hasSubtypes " +
		"idEnabled=false isInterface isSubtype keyPrefix~ label labelPlural layoutable mergeable mruEnabled name queryable " +
		"replicateable retrieveable searchable triggerable undeletable updateable",
	"describeSObject": "actionOverrides activateable childRelationships compactLayoutable createable custom customSetting deepCloneable " +
		"defaultImplementation~ deletable deprecatedAndHidden feedEnabled fields hasSubtypes idEnabled=false implementedBy~ " +
		"implementsInterfaces~ isInterface isSubtype keyPrefix~ label labelPlural layoutable mergeable mruEnabled name " +
		"namedLayoutInfos networkScopeFieldName~ queryable recordTypeInfos replicateable retrieveable searchLayoutable searchable " +
		"supportedScopes triggerable undeletable updateable urlDetail~ urlEdit~ urlNew~",
	"actionOverrides":    "formFactor isAvailableInTouch name pageId url~",
	"childRelationships": "cascadeDelete childSObject deprecatedAndHidden field junctionIdListNames junctionReferenceTo relationshipName restrictedDelete",
	"fields": "aggregatable aiPredictionField autoNumber byteLength calculated calculatedFormula cascadeDelete caseSensitive " +
		"compoundFieldName controllerName createable custom defaultValue defaultValueFormula defaultedOnCreate dependentPicklist " +
		"deprecatedAndHidden digits displayLocationInDecimal encrypted externalId extraTypeInfo filterable filteredLookupInfo " +
		"formulaTreatNullNumberAsZero groupable highScaleNumber htmlFormatted idLookup inlineHelpText label length mask maskType " +
		"name nameField namePointing nillable permissionable picklistValues polymorphicForeignKey precision queryByDistance " +
		"referenceTargetField referenceTo relationshipName relationshipOrder restrictedDelete restrictedPicklist scale " +
		"searchPrefilterable soapType sortable type unique updateable writeRequiresMasterRead",
	"filteredLookupInfo": "controllingFields dependent optionalFilter",
	"namedLayoutInfos":   "name",
	"picklistValues":     "active defaultValue label~ validFor value",
	"recordTypeInfos":    "active available defaultRecordTypeMapping developerName master name recordTypeId~",
	"supportedScopes":    "label name",
}

// pass answers with what REST says, in the shape of the operation.
func (s *soapCall) pass(shape string, parameters url.Values, path ...string) error {
	v, err := s.ask(parameters, path...)
	if err != nil {
		return err
	}
	s.out.shaped("result", shape, v)
	return nil
}

// shaped writes an object, or each of a list, with the members of a shape.
func (x *xmlWriter) shaped(name, shape string, v any) {
	list, isList := v.([]any)
	if !isList {
		list = []any{v}
	}
	for _, item := range list {
		in, _ := item.([]assignment)
		x.open(name)
		for m := range strings.FieldsSeq(soapShapes[shape]) {
			m, fallback, _ := strings.Cut(m, "=")
			m, nillable := strings.CutSuffix(m, "~")
			x.shapedMember(m, shape, member(in, m), nillable, fallback)
		}
		x.end(name)
	}
}

func (x *xmlWriter) shapedMember(name, shape string, v any, nillable bool, fallback string) {
	_, isShape := soapShapes[name]
	switch {
	case v == nil && nillable:
		x.null(name)
	case v == nil && fallback != "":
		x.leaf(name, fallback)
	case v == nil:
	case isShape:
		x.shaped(name, name, v)
	case name == "defaultValue" && shape == "fields": // which may be of any type
		x.leaf(name, scalarText(v), xsiType(v, scalarText(v)))
	default:
		x.value(name, v)
	}
}

// zulu is an instant as XML has it; other texts stay as they are.
func zulu(s string) string {
	if wireInstant.MatchString(s) {
		return strings.TrimSuffix(s, "+0000") + "Z"
	}
	return s
}
