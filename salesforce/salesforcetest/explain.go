package salesforcetest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/soql"
)

// queryPlan is one way in which a query could be run.
type queryPlan struct {
	Cardinality          int        `json:"cardinality"` // how many records the way leads to
	Fields               []string   `json:"fields"`      // those whose index serves
	LeadingOperationType string     `json:"leadingOperationType"`
	Notes                []planNote `json:"notes"`
	RelativeCost         float64    `json:"relativeCost"` // above 1 the filter is not selective
	SObjectCardinality   int        `json:"sobjectCardinality"`
	SObjectType          string     `json:"sobjectType"`
}

// planNote says why a filter is of no use.
type planNote struct {
	Description   string   `json:"description"`
	Fields        []string `json:"fields"`
	TableEnumOrID string   `json:"tableEnumOrId"`
}

// explain answers how a query would be run, without running it.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_query_explain.htm
func (c *call) explain(text, resource string) error {
	defer c.reading()()
	q, err := c.compile(text, resource == "queryAll")
	if err != nil {
		return err
	}
	writeJSON(c.w, http.StatusOK, struct {
		Plans       []queryPlan `json:"plans"`
		SourceQuery string      `json:"sourceQuery"`
	}{q.plans(), text})
	return nil
}

// plans are the ways to run a query, the cheapest first: over each index that
// serves a filter, and over all records.
func (q *query) plans() []queryPlan {
	ids, stamps, keyed := q.sources()
	total := q.object.ids.rows(q.object.rows).size
	var list []queryPlan
	for _, s := range append(keyed, ids, stamps) {
		if s.fields != nil {
			list = append(list, q.plan(s, total))
		}
	}
	scan := q.plan(source{rows: q.object.ids.rows(q.object.rows).span()}, total)
	scan.LeadingOperationType, scan.Notes = "TableScan", q.unindexed()
	list = append(list, scan)
	slices.SortStableFunc(list, func(a, b queryPlan) int { return cmp.Compare(a.RelativeCost, b.RelativeCost) })
	return list
}

// selective is the share of all records below which Salesforce takes a filter
// over a standard index for selective.
const selective = 0.3

func (q *query) plan(s source, total int) queryPlan {
	p := queryPlan{
		Cardinality: s.rows.count(), Fields: []string{}, LeadingOperationType: "Index", Notes: []planNote{},
		SObjectCardinality: total, SObjectType: q.object.Name,
	}
	p.RelativeCost = float64(p.Cardinality) / max(selective*float64(total), 1)
	for _, f := range s.fields {
		p.Fields = append(p.Fields, f.Name)
	}
	return p
}

// unindexed are the filters that no index serves.
func (q *query) unindexed() []planNote {
	notes := []planNote{}
	note := func(field string) {
		notes = append(notes, planNote{
			Description: "Not considering filter for optimization because unindexed",
			Fields:      []string{field}, TableEnumOrID: q.object.Name,
		})
	}
	for _, term := range conjuncts(q.node.Where) {
		_, key := q.keyed(term)
		_, id := q.limitOf(term, fieldID)
		_, stamp := q.limitOf(term, fieldStamp)
		if key != nil || id != nil || stamp != nil {
			continue
		}
		for n := range soql.Preorder(term) {
			if p, ok := n.(*soql.Path); ok {
				note(strings.Join(q.own(p.Names), "."))
				break
			}
		}
	}
	if deleted := q.object.fields[fieldIsDeleted]; !q.all && q.object.field(deleted.Name) == deleted {
		note(deleted.Name)
	}
	return notes
}
