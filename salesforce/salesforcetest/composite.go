package salesforcetest

import (
	"net/http"
	"slices"
	"strings"
)

// Limits of a composite request.
const (
	maxSubrequests = 25
	maxHeavy       = 5 // queries and collections among them
)

func compositeRoutes() []route {
	return []route{
		{"composite", methods{"GET": from(34, (*call).compositeList), "POST": from(38, (*call).composite)}},
		{"composite/batch", methods{"POST": from(oldestBatched, (*call).batchRequests)}},
		{"composite/tree/*", methods{"POST": from(34, (*call).tree)}},
		{"composite/graph", methods{"POST": from(oldestGraph, (*call).graphs)}},
	}
}

// compositeList answers GET /composite.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_get.htm
func (c *call) compositeList() error {
	list := map[string]string{}
	for _, name := range []string{"tree", "batch", "sobjects", "graph"} {
		list[name] = c.base() + "/composite/" + name
	}
	writeJSON(c.w, http.StatusOK, list)
	return nil
}

// composite answers POST /composite.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite_post.htm
func (c *call) composite() error {
	in, err := c.plainBody()
	if err != nil {
		return err
	}
	var list []any
	var allOrNone, collate bool
	err = take(in, map[string]any{"allOrNone": &allOrNone, "collateSubrequests": &collate, "compositeRequest": &list})
	if err != nil {
		return err
	}
	subs, err := c.subrequests(list)
	if err != nil {
		return err
	}
	if err := limitComposite(subs); err != nil {
		return err
	}
	run := compositeRun{call: c, allowed: (*call).inComposite, refs: map[string]any{}}
	if allOrNone {
		run.atomic(subs)
	} else {
		run.serial(subs)
	}
	writeJSON(c.w, http.StatusOK, run.answer())
	return nil
}

// limitComposite refuses what is more than a composite request may have.
func limitComposite(subs []*subrequest) error {
	heavy := 0
	for _, s := range subs {
		if path := s.path(); len(path) > 3 && slices.Contains([]string{"query", "queryall", "composite"}, strings.ToLower(path[3])) {
			heavy++
		}
	}
	switch {
	case len(subs) > maxSubrequests:
		return refusal("LIMIT_EXCEEDED", "Limit of %d reached for number of subrequests in Composite Api", maxSubrequests)
	case heavy > maxHeavy:
		return refusal("LIMIT_EXCEEDED", "Limit of %d reached for number of query and sObject Collections subrequests in Composite Api", maxHeavy)
	}
	return nil
}

// inComposite reports whether a composite request may call a resource: those of
// records but for their binary content, queries, and collections.
func (c *call) inComposite(_ string, path []string) bool {
	return fits(path, "query", "query/*", "queryAll", "queryAll/*",
		"composite/sobjects", "composite/sobjects/*", "composite/sobjects/*/*") ||
		len(path) > 0 && strings.EqualFold(path[0], "sobjects") && !c.isContent(path)
}

// fits reports whether a path fits one of some patterns.
func fits(path []string, patterns ...string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(path, p) })
}

// isContent reports whether a path below the version is that of binary content.
func (c *call) isContent(path []string) bool {
	if !match(path, "sobjects/*/*/*") {
		return false
	}
	ob := c.objectNamed(path[1])
	if ob == nil {
		return false
	}
	f := c.lookup(ob, path[3])
	return f != nil && f.typ.kind == kindBlob
}
