package salesforcetest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// oldestBatched is the first version whose resources a batch may call.
const oldestBatched = 34

// batchResult is the answer to a part of a batch.
type batchResult struct {
	Status int             `json:"statusCode"`
	Result json.RawMessage `json:"result"`
}

var errBatchHalted = failure(http.StatusPreconditionFailed, "BATCH_PROCESSING_HALTED", "Batch processing halted per request")

// batchRequests answers POST /composite/batch: its parts are independent, and
// each counts as a request.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_batch.htm
func (c *call) batchRequests() error {
	in, parts, err := c.body(maxContent)
	if err != nil {
		return err
	}
	var list []any
	var halt bool
	if err := take(in, map[string]any{"batchRequests": &list, "haltOnError": &halt}); err != nil {
		return err
	}
	switch {
	case len(list) == 0:
		return missingMember("batchRequests")
	case len(list) > maxSubrequests:
		return refusal("LIMIT_EXCEEDED", "Limit of %d reached for number of subrequests in Batch Api", maxSubrequests)
	}
	var calls []batchCall
	for _, v := range list {
		b, err := c.batchCall(v, parts)
		if err != nil {
			return err
		}
		calls = append(calls, b)
	}
	results := []batchResult{}
	failed := false
	for i, b := range calls {
		answer := refused(errBatchHalted)
		if !failed || !halt {
			answer = b.answer(i > 0)
		}
		failed = failed || answer.status >= http.StatusBadRequest
		results = append(results, batchResult{answer.status, answer.json()})
	}
	writeJSON(c.w, http.StatusOK, map[string]any{"hasErrors": failed, "results": results})
	return nil
}

// batchCall is a part of a batch, ready to be called.
type batchCall struct {
	call *call
	path []string
}

// answer calls the part. The first one was counted with the batch.
func (b batchCall) answer(count bool) *recorder {
	if count {
		if _, err := b.call.org.count(b.call.grant); err != nil {
			return refused(err)
		}
	}
	if !b.call.inBatch(b.path) {
		return refused(refusal("INVALID_BATCH_REQUEST", "The resource %s cannot be called by a batch", b.call.r.URL))
	}
	return b.call.outcome(b.path)
}

// inBatch reports whether a batch may call a resource.
func (c *call) inBatch(path []string) bool {
	groups := []string{"limits", "sobjects", "query", "queryAll", "search", "connect", "chatter", "actions"}
	return len(path) > 0 && !c.isContent(path) &&
		slices.ContainsFunc(groups, func(g string) bool { return strings.EqualFold(g, path[0]) })
}

// batchCall reads a part of a batch.
func (c *call) batchCall(v any, parts map[string]*blob) (b batchCall, err error) {
	in, ok := v.([]assignment)
	if !ok {
		return b, refusal("JSON_PARSER_ERROR", "A subrequest is no JSON object")
	}
	var method, address, part, name string
	var input any
	err = take(in, map[string]any{
		"method": &method, "url": &address, "richInput": &input, "binaryPartName": &part, "binaryPartNameAlias": &name,
	})
	switch {
	case err != nil:
		return b, err
	case address == "":
		return b, missingMember("url")
	case !slices.Contains(subrequestMethods, method):
		return b, refusal("JSON_PARSER_ERROR", "'%s' is not a valid method of a subrequest", method)
	case (part == "") != (name == ""):
		return b, badMultipart("binaryPartName and binaryPartNameAlias need each other")
	case part != "" && parts[part] == nil:
		return b, badMultipart("there is no binary part %s", part)
	}
	var data []byte
	if input != nil {
		data = appendJSON(nil, input)
	}
	address = "/services/data/" + strings.TrimPrefix(strings.TrimPrefix(address, "/"), "services/data/")
	b.call, b.path, err = c.part(method, address, data)
	switch {
	case err != nil || b.call.version < oldestBatched || b.call.version > c.version:
		return b, refusal("INVALID_INPUT", "The URL %s is not one of version %d.0 to %d.0", address, oldestBatched, c.version)
	case part != "":
		b.call.attached = []assignment{{name: name, value: parts[part]}}
	}
	return b, nil
}
