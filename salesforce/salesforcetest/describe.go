package salesforcetest

import (
	"slices"
	"strings"
)

// The describe structs have the keys of the wire in their order there. They are
// the org's own, so that a wrong key in a client does not go unnoticed.

type globalDescribe struct {
	Encoding     string     `json:"encoding"`
	MaxBatchSize int        `json:"maxBatchSize"`
	SObjects     []overview `json:"sobjects"`
}

// overview is an object as describe global lists it.
type overview struct {
	Activateable          bool              `json:"activateable"`
	AssociateEntityType   *string           `json:"associateEntityType"`
	AssociateParentEntity *string           `json:"associateParentEntity"`
	Createable            bool              `json:"createable"`
	Custom                bool              `json:"custom"`
	CustomSetting         bool              `json:"customSetting"`
	DeepCloneable         bool              `json:"deepCloneable"`
	Deletable             bool              `json:"deletable"`
	DeprecatedAndHidden   bool              `json:"deprecatedAndHidden"`
	FeedEnabled           bool              `json:"feedEnabled"`
	HasSubtypes           bool              `json:"hasSubtypes"`
	IsInterface           bool              `json:"isInterface"`
	IsSubtype             bool              `json:"isSubtype"`
	KeyPrefix             string            `json:"keyPrefix"`
	Label                 string            `json:"label"`
	LabelPlural           string            `json:"labelPlural"`
	Layoutable            bool              `json:"layoutable"`
	Mergeable             bool              `json:"mergeable"`
	MruEnabled            bool              `json:"mruEnabled"`
	Name                  string            `json:"name"`
	Queryable             bool              `json:"queryable"`
	Replicateable         bool              `json:"replicateable"`
	Retrieveable          bool              `json:"retrieveable"`
	Searchable            bool              `json:"searchable"`
	Triggerable           bool              `json:"triggerable"`
	Undeletable           bool              `json:"undeletable"`
	Updateable            bool              `json:"updateable"`
	URLs                  map[string]string `json:"urls"`
}

// fullDescribe is what describe adds.
type fullDescribe struct {
	overview
	ActionOverrides       []any            `json:"actionOverrides"`
	ChildRelationships    []childDescribe  `json:"childRelationships"`
	CompactLayoutable     bool             `json:"compactLayoutable"`
	DefaultImplementation *string          `json:"defaultImplementation"`
	Fields                []fieldDescribe  `json:"fields"`
	ImplementedBy         *string          `json:"implementedBy"`
	ImplementsInterfaces  *string          `json:"implementsInterfaces"`
	Listviewable          *bool            `json:"listviewable"`
	LookupLayoutable      *bool            `json:"lookupLayoutable"`
	NamedLayoutInfos      []any            `json:"namedLayoutInfos"`
	NetworkScopeFieldName *string          `json:"networkScopeFieldName"`
	RecordTypeInfos       []recordTypeInfo `json:"recordTypeInfos"`
	SearchLayoutable      bool             `json:"searchLayoutable"`
	SupportedScopes       []scopeDescribe  `json:"supportedScopes"`
}

type childDescribe struct {
	CascadeDelete       bool    `json:"cascadeDelete"`
	ChildSObject        string  `json:"childSObject"`
	DeprecatedAndHidden bool    `json:"deprecatedAndHidden"`
	Field               string  `json:"field"`
	JunctionIDListNames []any   `json:"junctionIdListNames"`
	JunctionReferenceTo []any   `json:"junctionReferenceTo"`
	RelationshipName    *string `json:"relationshipName"`
	RestrictedDelete    bool    `json:"restrictedDelete"`
}

type recordTypeInfo struct {
	Active                   bool              `json:"active"`
	Available                bool              `json:"available"`
	DefaultRecordTypeMapping bool              `json:"defaultRecordTypeMapping"`
	DeveloperName            string            `json:"developerName"`
	Master                   bool              `json:"master"`
	Name                     string            `json:"name"`
	RecordTypeID             string            `json:"recordTypeId"`
	URLs                     map[string]string `json:"urls"`
}

type scopeDescribe struct {
	Label string `json:"label"`
	Name  string `json:"name"`
}

type fieldDescribe struct {
	Aggregatable                 bool             `json:"aggregatable"`
	AIPredictionField            bool             `json:"aiPredictionField"`
	AutoNumber                   bool             `json:"autoNumber"`
	ByteLength                   int              `json:"byteLength"`
	Calculated                   bool             `json:"calculated"`
	CalculatedFormula            *string          `json:"calculatedFormula"`
	CascadeDelete                bool             `json:"cascadeDelete"`
	CaseSensitive                bool             `json:"caseSensitive"`
	CompoundFieldName            *string          `json:"compoundFieldName"`
	ControllerName               *string          `json:"controllerName"`
	Createable                   bool             `json:"createable"`
	Custom                       bool             `json:"custom"`
	DefaultValue                 any              `json:"defaultValue"`
	DefaultValueFormula          *string          `json:"defaultValueFormula"`
	DefaultedOnCreate            bool             `json:"defaultedOnCreate"`
	DependentPicklist            bool             `json:"dependentPicklist"`
	DeprecatedAndHidden          bool             `json:"deprecatedAndHidden"`
	Digits                       int              `json:"digits"`
	DisplayLocationInDecimal     bool             `json:"displayLocationInDecimal"`
	Encrypted                    bool             `json:"encrypted"`
	ExternalID                   bool             `json:"externalId"`
	ExtraTypeInfo                *string          `json:"extraTypeInfo"`
	Filterable                   bool             `json:"filterable"`
	FilteredLookupInfo           *string          `json:"filteredLookupInfo"`
	FormulaTreatNullNumberAsZero bool             `json:"formulaTreatNullNumberAsZero"`
	Groupable                    bool             `json:"groupable"`
	HighScaleNumber              bool             `json:"highScaleNumber"`
	HTMLFormatted                bool             `json:"htmlFormatted"`
	IDLookup                     bool             `json:"idLookup"`
	InlineHelpText               *string          `json:"inlineHelpText"`
	Label                        string           `json:"label"`
	Length                       int              `json:"length"`
	Mask                         *string          `json:"mask"`
	MaskType                     *string          `json:"maskType"`
	Name                         string           `json:"name"`
	NameField                    bool             `json:"nameField"`
	NamePointing                 bool             `json:"namePointing"`
	Nillable                     bool             `json:"nillable"`
	Permissionable               bool             `json:"permissionable"`
	PicklistValues               []choiceDescribe `json:"picklistValues"`
	PolymorphicForeignKey        bool             `json:"polymorphicForeignKey"`
	Precision                    int              `json:"precision"`
	QueryByDistance              bool             `json:"queryByDistance"`
	ReferenceTargetField         *string          `json:"referenceTargetField"`
	ReferenceTo                  []string         `json:"referenceTo"`
	RelationshipName             *string          `json:"relationshipName"`
	RelationshipOrder            *int             `json:"relationshipOrder"`
	RestrictedDelete             bool             `json:"restrictedDelete"`
	RestrictedPicklist           bool             `json:"restrictedPicklist"`
	Scale                        int              `json:"scale"`
	SearchPrefilterable          bool             `json:"searchPrefilterable"`
	SoapType                     string           `json:"soapType"`
	Sortable                     bool             `json:"sortable"`
	Type                         string           `json:"type"`
	Unique                       bool             `json:"unique"`
	Updateable                   bool             `json:"updateable"`
	WriteRequiresMasterRead      bool             `json:"writeRequiresMasterRead"`
}

type choiceDescribe struct {
	Active       bool    `json:"active"`
	DefaultValue bool    `json:"defaultValue"`
	Label        string  `json:"label"`
	ValidFor     *string `json:"validFor"`
	Value        string  `json:"value"`
}

// describeGlobal answers GET /sobjects.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_describeGlobal.htm
func (c *call) describeGlobal() error {
	return c.reply(func() (any, error) {
		if done, err := c.unchanged(c.org.described(nil), ""); done || err != nil {
			return nil, err
		}
		answer := globalDescribe{Encoding: "UTF-8", MaxBatchSize: 200}
		for _, ob := range c.org.objects {
			answer.SObjects = append(answer.SObjects, c.overview(ob))
		}
		slices.SortFunc(answer.SObjects, func(a, b overview) int { return strings.Compare(a.Name, b.Name) })
		return answer, nil
	})
}

// summary answers GET /sobjects/X.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_basic_info_get.htm
func (c *call) summary() error {
	ob, err := c.object()
	if err != nil {
		return err
	}
	return c.reply(func() (any, error) {
		if done, err := c.unchanged(c.org.described(ob), ""); done || err != nil {
			return nil, err
		}
		return map[string]any{"objectDescribe": c.overview(ob), "recentItems": c.recentOf([]*object{ob}, maxRecentItems)}, nil
	})
}

// describe answers GET /sobjects/X/describe.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm
func (c *call) describe() error {
	ob, err := c.object()
	if err != nil {
		return err
	}
	return c.reply(func() (any, error) {
		if done, err := c.unchanged(c.org.described(ob), ""); done || err != nil {
			return nil, err
		}
		answer := fullDescribe{
			overview:           c.overview(ob),
			ActionOverrides:    []any{},
			ChildRelationships: c.org.describeChildren(ob),
			CompactLayoutable:  !ob.setup,
			NamedLayoutInfos:   []any{},
			RecordTypeInfos:    c.recordTypes(ob),
			SearchLayoutable:   !ob.setup,
			SupportedScopes: []scopeDescribe{
				{"All " + strings.ToLower(ob.LabelPlural), "everything"}, {"My " + strings.ToLower(ob.LabelPlural), "mine"},
			},
		}
		for f := range ob.visible {
			answer.Fields = append(answer.Fields, c.org.describeField(f))
		}
		for key, path := range map[string]string{
			"uiDetailTemplate": "/{ID}", "uiEditTemplate": "/{ID}/e", "uiNewRecord": "/" + ob.KeyPrefix + "/e",
		} {
			answer.URLs[key] = instance(c.r) + path
		}
		return answer, nil
	})
}

// overview tells of an object what both describes tell. Its addresses carry the
// version of the call.
func (c *call) overview(ob *object) overview {
	path := c.base() + "/sobjects/" + ob.Name
	urls := map[string]string{"sobject": path, "describe": path + "/describe", "rowTemplate": path + "/{ID}"}
	if !ob.setup {
		for key, resource := range map[string]string{
			"layouts": "describe/layouts", "compactLayouts": "describe/compactLayouts", "approvalLayouts": "describe/approvalLayouts",
			"listviews": "listviews", "quickActions": "quickActions",
		} {
			urls[key] = path + "/" + resource
		}
	}
	return overview{
		Createable:    !ob.NoCreate,
		Custom:        ob.custom(),
		Deletable:     !ob.NoDelete,
		FeedEnabled:   ob.parent,
		KeyPrefix:     ob.KeyPrefix,
		Label:         ob.Label,
		LabelPlural:   ob.LabelPlural,
		Layoutable:    !ob.setup,
		Mergeable:     ob.Mergeable,
		MruEnabled:    ob.parent,
		Name:          ob.Name,
		Queryable:     true,
		Replicateable: true,
		Retrieveable:  true,
		Searchable:    ob.searchable(),
		Triggerable:   !ob.setup,
		Undeletable:   !ob.NoDelete,
		Updateable:    !ob.NoUpdate,
		URLs:          urls,
	}
}

// describeChildren lists what may hang on an object.
func (o *Org) describeChildren(ob *object) []childDescribe {
	list := []childDescribe{}
	for _, child := range o.objects {
		for _, f := range child.fields {
			if f.refersTo(ob) && !f.hidden {
				list = append(list, childDescribe{
					CascadeDelete: f.Cascade, ChildSObject: child.Name, Field: f.Name,
					JunctionIDListNames: []any{}, JunctionReferenceTo: []any{},
					RelationshipName: orNull(f.Children), RestrictedDelete: f.restricts(),
				})
			}
		}
	}
	return list
}

// recordTypes lists the record types of an object, the master one last.
func (c *call) recordTypes(ob *object) []recordTypeInfo {
	list := []recordTypeInfo{}
	standard := c.org.defaultType(ob)
	info := func(id, name, developerName string, active, master bool) {
		list = append(list, recordTypeInfo{
			Active: active, Available: active, DefaultRecordTypeMapping: id == standard, DeveloperName: developerName, Master: master,
			Name: name, RecordTypeID: id,
			URLs: map[string]string{"layout": c.base() + "/sobjects/" + ob.Name + "/describe/layouts/" + id},
		})
	}
	types := c.org.object("RecordType")
	for w := range types.ids.all(types.rows) {
		if r := w.seen; strings.EqualFold(r.text("SobjectType"), ob.Name) {
			info(r.id(), r.text("Name"), r.text("DeveloperName"), r.value("IsActive") == true, false)
		}
	}
	info(masterType, "Master", "Master", true, true)
	return list
}

// describeField tells of a field what clients rely on; what the org has no use
// for is false, 0 or null.
func (o *Org) describeField(f *field) fieldDescribe {
	d := fieldDescribe{
		Aggregatable:          f.aggregatable(),
		AutoNumber:            f.AutoNumber != "",
		Calculated:            f.Calculated,
		CascadeDelete:         f.Cascade,
		CaseSensitive:         f.CaseSensitive,
		CompoundFieldName:     orNull(f.compound),
		ControllerName:        orNull(f.Controller),
		Createable:            !f.NoCreate && f.typ.kind != kindAddress,
		Custom:                isCustom(f.Name),
		DefaultValue:          plainValue(f, nil, f.start),
		DefaultedOnCreate:     f.Defaulted,
		DependentPicklist:     f.Controller != "",
		ExternalID:            f.ExternalID,
		Filterable:            f.filterable(),
		Groupable:             f.groupable(),
		HTMLFormatted:         f.Type == "url",
		IDLookup:              f.IDLookup,
		Label:                 f.Label,
		NameField:             f.NameField,
		NamePointing:          f.polymorphic(),
		Nillable:              !f.Required && !f.Defaulted,
		Permissionable:        f.index > fieldStamp && !f.Required && !f.NameField,
		Name:                  f.Name,
		PicklistValues:        o.describeChoices(f),
		PolymorphicForeignKey: f.polymorphic(),
		ReferenceTo:           append([]string{}, o.targets(f)...),
		RestrictedDelete:      f.typ.kind == kindID && f.restricts(),
		RestrictedPicklist:    f.Restricted,
		SoapType:              f.typ.soap,
		Sortable:              f.sortable(),
		Type:                  f.Type,
		Unique:                f.Unique,
		Updateable:            !f.NoUpdate && f.typ.kind != kindAddress,
	}
	d.measure(f)
	return d
}

// measure enters what depends on the type: sizes, and the name of the way up.
func (d *fieldDescribe) measure(f *field) {
	switch {
	case f.typ.kind == kindText:
		d.Length, d.ByteLength = f.Length, 3*f.Length
	case f.typ.kind == kindID:
		d.Length, d.ByteLength = f.Length, f.Length
	case f.Type == "int":
		d.Digits = f.Precision
	case f.typ.kind == kindNumber:
		d.Precision, d.Scale = f.Precision, f.Scale
	}
	if f.Type == "reference" {
		d.RelationshipName = orNull(f.Relationship)
	}
	switch {
	case f.Type == "textarea":
		d.ExtraTypeInfo = orNull("plaintextarea")
	case f.NameField && f.of.compounds(f.Name):
		d.ExtraTypeInfo = orNull("personname")
	}
	d.QueryByDistance = f.typ.kind == kindAddress
}

// compounds reports whether a field is put together from others.
func (ob *object) compounds(name string) bool {
	return slices.ContainsFunc(ob.fields, func(f *field) bool { return f.compound == name })
}

// describeChoices lists the values of a picklist.
func (o *Org) describeChoices(f *field) []choiceDescribe { return o.describeValues(f, o.choices(f)) }

// describeValues lists some values of a picklist.
func (o *Org) describeValues(f *field, values []PicklistValue) []choiceDescribe {
	list := []choiceDescribe{}
	for _, v := range values {
		label := v.Label
		if label == "" {
			label = v.Value
		}
		list = append(list, choiceDescribe{
			Active: !v.Inactive, DefaultValue: v.Default, Label: label, ValidFor: o.validFor(f, v), Value: v.Value,
		})
	}
	return list
}

// orNull is a text that is null on the wire when it is empty.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
