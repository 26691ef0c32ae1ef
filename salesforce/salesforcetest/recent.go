package salesforcetest

import (
	"net/http"
	"slices"
	"strconv"
)

// How many recent records the org tells of: at /recent, and beside the
// description of one object.
const (
	maxRecent      = 200
	maxRecentItems = 5
)

// surroundingsRoutes are the resources of what surrounds records on a page of
// the user interface.
func surroundingsRoutes() []route {
	return []route{
		{"recent", methods{"GET": (*call).recent}},
		{"tabs", methods{"GET": (*call).tabs}},
		{"theme", methods{"GET": (*call).theme}},
		{"quickActions", methods{"GET": (*call).noActions}},
		{"sobjects/*/quickActions", methods{"GET": (*call).noActions}},
		{"sobjects/*/listviews", methods{"GET": (*call).listViews}},
		{"sobjects/*/describe/layouts", methods{"GET": (*call).layouts}},
		{"sobjects/*/describe/layouts/*", methods{"GET": (*call).layoutOf}},
		{"sobjects/*/describe/compactLayouts", methods{"GET": (*call).compactLayouts}},
		{"sobjects/*/describe/approvalLayouts", methods{"GET": (*call).approvalLayouts}},
	}
}

// recentItem is a record as lists of recent ones tell of it.
type recentItem struct {
	Attributes map[string]string `json:"attributes"`
	ID         string            `json:"Id"`
	Name       string            `json:"Name"`
}

// recent answers GET /recent: the records that the user has changed last.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_recent_items.htm
func (c *call) recent() error {
	limit := maxRecent
	if asked := c.r.URL.Query().Get("limit"); asked != "" {
		n, err := strconv.Atoi(asked)
		if err != nil || n < 1 {
			return refusal("INVALID_QUERY_LIMIT", "The limit '%s' is no positive number", asked)
		}
		limit = min(n, maxRecent)
	}
	return c.reply(func() (any, error) { return c.recentOf(c.org.objects, limit), nil })
}

// recentOf lists the records of some objects that the user has changed last.
func (c *call) recentOf(objects []*object, limit int) []recentItem {
	var found []*record
	v := c.org.viewer(c.user, c.tx)
	for _, ob := range objects {
		if !ob.parent {
			continue
		}
		for _, w := range ob.rows {
			r := w.version(c.tx)
			if r != nil && !r.deleted() && r.at(fieldModifiedBy) == c.user && v.sees(r) {
				found = append(found, r)
			}
		}
	}
	slices.SortFunc(found, func(a, b *record) int {
		if n := b.stamp().Compare(a.stamp()); n != 0 {
			return n
		}
		return compareValues(b.id(), a.id())
	})
	items := []recentItem{}
	for _, r := range found[:min(limit, len(found))] {
		items = append(items, recentItem{
			map[string]string{"type": r.of.Name, "url": c.url(r.of.Name, r.id())}, r.id(), r.name(),
		})
	}
	return items
}

// nameField is the field that names the records of an object, nil for none.
func (ob *object) nameField() *field {
	for f := range ob.visible {
		if f.NameField {
			return f
		}
	}
	return nil
}

// tabs answers GET /tabs: every object that people keep records in has one.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_tabs.htm
func (c *call) tabs() error {
	return c.reply(func() (any, error) {
		list := []map[string]any{}
		for _, ob := range c.org.objects {
			if ob.parent {
				list = append(list, map[string]any{
					"colors": []any{}, "custom": ob.custom(), "iconUrl": nil, "icons": []any{}, "label": ob.LabelPlural, "miniIconUrl": nil,
					"name": tabName(ob), "sobjectName": ob.Name, "url": instance(c.r) + "/" + ob.KeyPrefix + "/o",
				})
			}
		}
		return list, nil
	})
}

// theme answers GET /theme. The org has neither colours nor icons.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_themes.htm
func (c *call) theme() error {
	return c.reply(func() (any, error) {
		list := []map[string]any{}
		for _, ob := range c.org.objects {
			if ob.parent {
				list = append(list, map[string]any{"colors": []any{}, "icons": []any{}, "name": ob.Name})
			}
		}
		return map[string]any{"themeItems": list}, nil
	})
}

// noActions answers GET /quickActions and GET /sobjects/X/quickActions: there
// are none.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_quickactions.htm
func (c *call) noActions() error {
	if len(c.args) > 0 {
		if _, err := c.object(); err != nil {
			return err
		}
	}
	writeJSON(c.w, http.StatusOK, []any{})
	return nil
}

// listViews answers GET /sobjects/X/listviews: there are none.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_listviews.htm
func (c *call) listViews() error {
	ob, err := c.object()
	if err != nil {
		return err
	}
	writeJSON(c.w, http.StatusOK, map[string]any{
		"done": true, "listviews": []any{}, "nextRecordsUrl": nil, "size": 0, "sobjectType": ob.Name,
	})
	return nil
}

// tabName is the name of an object's tab.
func tabName(ob *object) string {
	if ob.custom() {
		return ob.Name
	}
	return "standard-" + ob.Name
}
