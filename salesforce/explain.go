package salesforce

import (
	"context"
	"net/url"
)

// Plan is one way in which Salesforce could run a query.
type Plan struct {
	// LeadingOperation is the first step: Index, Sharing, TableScan or Other.
	LeadingOperation string `json:"leadingOperationType"`
	// RelativeCost compares the plan with the threshold at which the optimizer
	// takes an index: above 1 the query is not selective.
	RelativeCost float64 `json:"relativeCost"`
	// Cardinality is how many records the leading operation is expected to
	// return, of the ObjectCardinality records that Object has.
	Cardinality       int64  `json:"cardinality"`
	ObjectCardinality int64  `json:"sobjectCardinality"`
	Object            string `json:"sobjectType"`
	// Fields are the indexed fields that the leading operation uses.
	Fields []string `json:"fields"`
	// Notes tell why a field's index cannot be used.
	Notes []PlanNote `json:"notes"`
}

// PlanNote is a remark on a [Plan].
type PlanNote struct {
	Description string   `json:"description"`
	Fields      []string `json:"fields"`
	Table       string   `json:"tableEnumOrId"`
}

// Explain returns the plans that Salesforce considers for a query, the one that
// it would take first, and does not run the query. In place of a query the id of
// a report or list view will do.
//
// See "Get Feedback on Query Performance" in the REST API Developer Guide.
func (c *Client) Explain(ctx context.Context, soql string) ([]Plan, error) {
	var answer struct {
		Plans []Plan `json:"plans"`
	}
	err := c.get(ctx, "explain", "/query?explain="+url.QueryEscape(soql), &answer)
	return answer.Plans, err
}
