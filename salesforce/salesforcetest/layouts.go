package salesforcetest

import (
	"net/http"
	"slices"
	"strings"
)

// An object has one page layout, for all record types: one section with the
// fields that people can set, in their order.

type layoutItem struct {
	EditableForNew    bool              `json:"editableForNew"`
	EditableForUpdate bool              `json:"editableForUpdate"`
	Label             string            `json:"label"`
	Components        []layoutComponent `json:"layoutComponents"`
	Placeholder       bool              `json:"placeholder"`
	Required          bool              `json:"required"`
}

type layoutComponent struct {
	Details      fieldDescribe `json:"details"`
	DisplayLines int           `json:"displayLines"`
	TabOrder     int           `json:"tabOrder"`
	Type         string        `json:"type"`
	Value        string        `json:"value"`
}

type layoutRow struct {
	Items []layoutItem `json:"layoutItems"`
	Count int          `json:"numItems"`
}

type layoutSection struct {
	Collapsed  bool        `json:"collapsed"`
	Columns    int         `json:"columns"`
	Heading    string      `json:"heading"`
	Rows       []layoutRow `json:"layoutRows"`
	ID         string      `json:"layoutSectionId"`
	Parent     string      `json:"parentLayoutId"`
	Count      int         `json:"rows"`
	TabOrder   string      `json:"tabOrder"`
	UseHeading bool        `json:"useHeading"`
}

type layoutDescribe struct {
	Buttons        *string         `json:"buttonLayoutSection"`
	Detail         []layoutSection `json:"detailLayoutSections"`
	Edit           []layoutSection `json:"editLayoutSections"`
	FeedView       *string         `json:"feedView"`
	Highlights     *string         `json:"highlightsPanelLayoutSection"`
	ID             string          `json:"id"`
	Multirow       []any           `json:"multirowEditLayoutSections"`
	OfflineLinks   []any           `json:"offlineLinks"`
	QuickActions   map[string]any  `json:"quickActionList"`
	RelatedContent *string         `json:"relatedContent"`
	RelatedLists   []any           `json:"relatedLists"`
	SaveOptions    []any           `json:"saveOptions"`
}

// onLayout yields the fields of an object's layout.
func (ob *object) onLayout(yield func(*field) bool) {
	for f := range ob.visible {
		if f.index > fieldStamp && (!f.NoCreate || !f.NoUpdate) && f.typ.kind != kindBlob && f.compound == "" && !yield(f) {
			return
		}
	}
}

func (c *call) layoutItem(f *field, order int) layoutItem {
	d := c.org.describeField(f)
	return layoutItem{
		EditableForNew: d.Createable, EditableForUpdate: d.Updateable, Label: f.Label, Required: f.Required,
		Components: []layoutComponent{{d, 1, order, "Field", f.Name}},
	}
}

// layout is the layout of an object. The caller reads.
func (c *call) layout(ob *object) layoutDescribe {
	n := slices.Index(c.org.objects, ob) + 1
	id := newID("00h", n)
	section := layoutSection{
		Columns: 1, Heading: ob.Label + " Information", ID: newID("01B", n), Parent: id, TabOrder: "LEFT_TO_RIGHT", UseHeading: true,
	}
	for f := range ob.onLayout {
		section.Rows = append(section.Rows, layoutRow{[]layoutItem{c.layoutItem(f, len(section.Rows)+1)}, 1})
	}
	section.Count = len(section.Rows)
	return layoutDescribe{
		Detail: []layoutSection{section}, Edit: []layoutSection{section}, ID: id, Multirow: []any{}, OfflineLinks: []any{},
		QuickActions: map[string]any{"quickActionListItems": []any{}}, RelatedLists: []any{}, SaveOptions: []any{},
	}
}

// typeMapping tells which layout a record type has.
type typeMapping struct {
	recordTypeInfo
	Layout    string         `json:"layoutId"`
	Picklists []typePicklist `json:"picklistsForRecordType"`
}

type typePicklist struct {
	Name   string           `json:"picklistName"`
	Values []choiceDescribe `json:"picklistValues"`
}

// layouts answers GET /sobjects/X/describe/layouts.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_layouts.htm
func (c *call) layouts() error {
	ob, err := c.object()
	if err != nil {
		return err
	}
	return c.reply(func() (any, error) {
		layout := c.layout(ob)
		mappings := []typeMapping{}
		for _, info := range c.recordTypes(ob) {
			m := typeMapping{recordTypeInfo: info, Layout: layout.ID, Picklists: []typePicklist{}}
			for f := range ob.onLayout {
				if f.picklist() {
					values, _ := c.org.offered(f, info.RecordTypeID)
					m.Picklists = append(m.Picklists, typePicklist{f.Name, c.org.describeValues(f, values)})
				}
			}
			mappings = append(mappings, m)
		}
		return map[string]any{
			"layouts": []layoutDescribe{layout}, "recordTypeMappings": mappings, "recordTypeSelectorRequired": []bool{len(mappings) > 2},
		}, nil
	})
}

// layoutOf answers GET /sobjects/X/describe/layouts/recordTypeId.
func (c *call) layoutOf() error {
	ob, err := c.object()
	if err != nil {
		return err
	}
	return c.reply(func() (any, error) {
		if !c.hasType(ob, c.args[1]) {
			return nil, errNotFound
		}
		return c.layout(ob), nil
	})
}

// hasType reports whether an id is that of a record type of the object. The
// caller reads.
func (c *call) hasType(ob *object, id string) bool {
	return slices.ContainsFunc(c.recordTypes(ob), func(t recordTypeInfo) bool { return t.RecordTypeID == long(id) })
}

// compactLayouts answers GET /sobjects/X/describe/compactLayouts: the one that
// the system makes, with the name of the record.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_compactlayouts.htm
func (c *call) compactLayouts() error {
	ob, err := c.object()
	if err != nil {
		return err
	}
	return c.reply(func() (any, error) {
		items := []layoutItem{}
		if f := ob.nameField(); f != nil {
			items = append(items, c.layoutItem(f, 1))
		}
		path := c.base() + "/sobjects/" + ob.Name + "/describe/compactLayouts/"
		mappings := []map[string]any{}
		for _, info := range c.recordTypes(ob) {
			mappings = append(mappings, map[string]any{
				"available": info.Available, "compactLayoutId": nil, "compactLayoutName": "SYSTEM", "recordTypeId": info.RecordTypeID,
				"recordTypeName": info.DeveloperName, "urls": map[string]string{"compactLayout": path + info.RecordTypeID},
			})
		}
		return map[string]any{
			"compactLayouts": []map[string]any{{
				"actions": []any{}, "fieldItems": items, "id": nil, "imageItems": []any{}, "label": "System Default", "name": "SYSTEM",
				"objectType": ob.Name,
			}},
			"defaultCompactLayoutId": nil, "recordTypeCompactLayoutMappings": mappings,
			"urls": map[string]string{"primary": strings.TrimSuffix(path, "/") + "/primary"},
		}, nil
	})
}

// approvalLayouts answers GET /sobjects/X/describe/approvalLayouts: there are
// none.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_approvallayouts.htm
func (c *call) approvalLayouts() error {
	if _, err := c.object(); err != nil {
		return err
	}
	writeJSON(c.w, http.StatusOK, map[string]any{"approvalLayouts": []any{}})
	return nil
}
