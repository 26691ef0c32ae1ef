package salesforcetest

import (
	"slices"
	"strings"
)

// recordCount is how many records an object has.
type recordCount struct {
	Count int    `json:"count"`
	Name  string `json:"name"`
}

// recordCounts answers GET /limits/recordCount, whoever may see the records. The
// real counts are some hours old and pass over objects without records; these
// are exact.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_record_count.htm
func (c *call) recordCounts() error {
	var asked []string
	if list := c.r.URL.Query().Get("sObjects"); list != "" {
		asked = strings.Split(strings.ToLower(list), ",")
	}
	return c.reply(func() (any, error) {
		counts := []recordCount{}
		for _, ob := range c.org.objects {
			if asked != nil && !slices.Contains(asked, strings.ToLower(ob.Name)) {
				continue
			}
			if n := c.count(ob); n > 0 {
				counts = append(counts, recordCount{n, ob.Name})
			}
		}
		return map[string]any{"sObjects": counts}, nil
	})
}

// count is the number of an object's records that are not deleted.
func (c *call) count(ob *object) int {
	n := 0
	for _, w := range ob.rows {
		if r := w.version(c.tx); r != nil && !r.deleted() {
			n++
		}
	}
	return n
}
