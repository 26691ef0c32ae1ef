package salesforcetest

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// Limits of composite graphs.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_graph_limits.htm
const (
	maxGraphs      = 75
	maxNodes       = 500 // of all graphs together
	maxGraphDepth  = 15
	maxNodeKinds   = 15
	maxGraphFaults = 14
	oldestGraph    = 50 // the first version with graphs
)

// graph is one of the graphs of a request.
type graph struct {
	id   string
	subs []*subrequest
}

type graphResult struct {
	ID         string         `json:"graphId"`
	Response   map[string]any `json:"graphResponse"`
	Successful bool           `json:"isSuccessful"`
}

// graphs answers POST /composite/graph. Each graph is a transaction.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_graph.htm
func (c *call) graphs() error {
	list, err := c.readGraphs()
	if err != nil {
		return err
	}
	if err := limitGraphs(list); err != nil {
		return err
	}
	results := []graphResult{}
	faults := 0
	for _, g := range list {
		run := compositeRun{call: c, allowed: (*call).inGraph, refs: map[string]any{}}
		ok := false
		if faults > maxGraphFaults {
			run.results = haltedAll(g.subs, errGraphsHalted)
		} else if ok = run.atomic(g.subs); !ok {
			faults++
		}
		results = append(results, graphResult{g.id, run.answer(), ok})
	}
	writeJSON(c.w, http.StatusOK, map[string]any{"graphs": results})
	return nil
}

var errGraphsHalted = refusal("PROCESSING_HALTED", "The graph was not processed since more than %d graphs of the request failed.", maxGraphFaults)

// inGraph reports whether a node may call a resource: records by their id or
// an external one.
func (c *call) inGraph(method string, path []string) bool {
	switch {
	case c.version < oldestGraph || c.isContent(path):
		return false
	case match(path, "sobjects/*"):
		return method == http.MethodPost
	case match(path, "sobjects/*/*"):
		return method == http.MethodDelete || method == http.MethodGet || method == http.MethodPatch
	}
	return match(path, "sobjects/*/*/*") && method != http.MethodPut
}

var graphID = regexp.MustCompile(`^[A-Za-z0-9][^.]{0,38}$`)

// readGraphs reads the body of a graph request.
func (c *call) readGraphs() ([]graph, error) {
	in, err := c.plainBody()
	if err != nil {
		return nil, err
	}
	var list []any
	if err := take(in, map[string]any{"graphs": &list}); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, missingMember("graphs")
	}
	var graphs []graph
	seen := map[string]bool{}
	for _, v := range list {
		in, _ := v.([]assignment)
		var g graph
		var nodes []any
		if err := take(in, map[string]any{"graphId": &g.id, "compositeRequest": &nodes}); err != nil {
			return nil, err
		}
		switch {
		case g.id == "":
			return nil, missingMember("graphId")
		case !graphID.MatchString(g.id):
			return nil, refusal("JSON_PARSER_ERROR", "Provided graphId ('%s') must start with a letter or a number, "+
				"be shorter than 40 characters, and have no period", g.id)
		case seen[g.id]:
			return nil, refusal("JSON_PARSER_ERROR", "Provided graphId ('%s') is not unique in the request.", g.id)
		}
		seen[g.id] = true
		if g.subs, err = c.subrequests(nodes); err != nil {
			return nil, err
		}
		graphs = append(graphs, g)
	}
	return graphs, nil
}

// limitGraphs refuses what is more than a graph request may have.
func limitGraphs(graphs []graph) error {
	nodes, depth := 0, 0
	kinds := map[string]bool{}
	for _, g := range graphs {
		nodes += len(g.subs)
		depth = max(depth, g.depth())
		for _, s := range g.subs {
			path := append(s.path(), "", "", "", "", "")
			kinds[strings.ToLower(fmt.Sprint(s.method, path[2], path[4]))] = true
		}
	}
	for _, limit := range []struct {
		have, most int
		of         string
	}{
		{len(graphs), maxGraphs, "number of graphs"},
		{nodes, maxNodes, "number of nodes"},
		{depth, maxGraphDepth, "depth of a graph"},
		{len(kinds), maxNodeKinds, "number of different nodes"},
	} {
		if limit.have > limit.most {
			return refusal("LIMIT_EXCEEDED", "Limit of %d reached for %s in Graph Api", limit.most, limit.of)
		}
	}
	return nil
}

// depth is the number of nodes on the longest way of references.
func (g graph) depth() int {
	deepest := 0
	depths := map[string]int{}
	for _, s := range g.subs {
		depth := 1
		for _, m := range reference.FindAllStringSubmatch(s.url+string(appendJSON(nil, s.body)), -1) {
			name, _, _ := strings.Cut(cmp.Or(m[1], "."), ".")
			name, _, _ = strings.Cut(name, "[")
			depth = max(depth, depths[name]+1)
		}
		depths[s.ref] = depth
		deepest = max(deepest, depth)
	}
	return deepest
}
