package salesforcetest

import "strings"

// uiChoice is a value of a picklist in the user interface API. What it goes
// with is told by the places of the controlling values.
type uiChoice struct {
	Attributes any    `json:"attributes"`
	Label      string `json:"label"`
	ValidFor   []int  `json:"validFor"`
	Value      string `json:"value"`
}

// picklistAnswer is a picklist in the user interface API.
type picklistAnswer struct {
	ControllerValues map[string]int `json:"controllerValues"`
	DefaultValue     *uiChoice      `json:"defaultValue"`
	ETag             string         `json:"eTag"`
	URL              string         `json:"url"`
	Values           []uiChoice     `json:"values"`
}

// uiPicklists answers GET /ui-api/object-info/X/picklist-values/recordTypeId:
// all picklists of the object.
// https://developer.salesforce.com/docs/atlas.en-us.uiapi.meta/uiapi/ui_api_resources_picklist_values_collection.htm
func (c *call) uiPicklists() error {
	ob, err := c.uiObject()
	if err != nil {
		return err
	}
	return c.reply(func() (any, error) {
		if !c.hasType(ob, c.args[1]) {
			return nil, errNotFound
		}
		list := map[string]any{}
		for f := range ob.visible {
			if f.picklist() {
				list[f.Name] = c.picklist(f, long(c.args[1]))
			}
		}
		return map[string]any{
			"eTag": etag(list), "picklistFieldValues": list, "url": c.picklistURL(ob, long(c.args[1])),
		}, nil
	})
}

// uiPicklist answers GET
// /ui-api/object-info/X/picklist-values/recordTypeId/field.
// https://developer.salesforce.com/docs/atlas.en-us.uiapi.meta/uiapi/ui_api_resources_picklist_values.htm
func (c *call) uiPicklist() error {
	ob, err := c.uiObject()
	if err != nil {
		return err
	}
	return c.reply(func() (any, error) {
		name := c.args[2]
		if object, field, ok := strings.Cut(name, "."); ok && strings.EqualFold(object, ob.Name) {
			name = field
		}
		f := ob.field(name)
		if !c.hasType(ob, c.args[1]) || f == nil || !f.picklist() {
			return nil, errNotFound
		}
		return c.picklist(f, long(c.args[1])), nil
	})
}

func (c *call) picklistURL(ob *object, recordType string) string {
	return c.base() + "/ui-api/object-info/" + ob.Name + "/picklist-values/" + recordType
}

// picklist tells of the values that a picklist offers in a record type.
func (c *call) picklist(f *field, recordType string) picklistAnswer {
	a := picklistAnswer{ControllerValues: map[string]int{}, URL: c.picklistURL(f.of, recordType) + "/" + f.Name, Values: []uiChoice{}}
	controls := c.controls(f, recordType)
	for i, control := range controls {
		a.ControllerValues[control] = i
	}
	values, start := c.org.offered(f, recordType)
	for _, v := range values {
		if v.Inactive {
			continue
		}
		choice := uiChoice{Attributes: c.choiceAttributes(f, v), Label: v.Label, ValidFor: []int{}, Value: v.Value}
		if choice.Label == "" {
			choice.Label = v.Value
		}
		for i, control := range controls {
			if v.goesWith(control) {
				choice.ValidFor = append(choice.ValidFor, i)
			}
		}
		a.Values = append(a.Values, choice)
		if v.Value == start {
			a.DefaultValue = &choice
		}
	}
	a.ETag = etag(a)
	return a
}

// controls are the values of the field that controls f, as the record type
// offers them.
func (c *call) controls(f *field, recordType string) []string {
	controller := f.controller()
	if controller == nil {
		return nil
	}
	if !controller.picklist() {
		return c.org.controlValues(controller)
	}
	var controls []string
	values, _ := c.org.offered(controller, recordType)
	for _, v := range values {
		if !v.Inactive {
			controls = append(controls, v.Value)
		}
	}
	return controls
}

// choiceAttributes is what a stage tells beside its name, nil for the values of
// other picklists.
func (c *call) choiceAttributes(f *field, v PicklistValue) any {
	if !isStageName(f) {
		return nil
	}
	for _, w := range c.org.object("OpportunityStage").rows {
		if s := w.seen; s != nil && s.text("ApiName") == v.Value {
			return map[string]any{
				"picklistAtrributesValueType": "OpportunityStage", // spelled like this on the wire
				"closed":                      s.value("IsClosed"), "won": s.value("IsWon"),
				"defaultProbability":   plainValue(s.of.field("DefaultProbability"), s, s.value("DefaultProbability")),
				"forecastCategoryName": s.value("ForecastCategoryName"),
			}
		}
	}
	return nil
}
