package salesforce

import (
	"bytes"
	"context"
	"encoding/json"
)

// childList is the result of a child subquery inside a record. It is a page of
// its own, and says in the same way whether more of them follow.
type childList struct {
	Done    *bool             `json:"done"`
	Next    string            `json:"nextRecordsUrl"`
	Records []json.RawMessage `json:"records"`
}

// flatten replaces each child list of a record by the plain array of its
// records, the further pages included:
//
//	{"Name":"Acme","Contacts":{"done":true,"records":[{…}]}}  →  {"Name":"Acme","Contacts":[{…}]}
//
// A record without such a list, which is most of them, is returned as it is.
func (c *Client) flatten(ctx context.Context, record json.RawMessage) (json.RawMessage, error) {
	if !bytes.Contains(record, []byte(`"records"`)) {
		return record, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(record, &fields); err != nil {
		return nil, fault("query", nil, "decode a record: %v", err)
	}
	for name, value := range fields {
		if len(value) == 0 || value[0] != '{' {
			continue
		}
		flat, err := c.flattenValue(ctx, value)
		if err != nil {
			return nil, err
		}
		fields[name] = flat
	}
	return json.Marshal(fields)
}

// flattenValue flattens an object inside a record: a child list or a parent.
func (c *Client) flattenValue(ctx context.Context, object json.RawMessage) (json.RawMessage, error) {
	var list childList
	if json.Unmarshal(object, &list) != nil || list.Done == nil || list.Records == nil {
		return c.flatten(ctx, object)
	}
	for i, record := range list.Records {
		flat, err := c.flatten(ctx, record)
		if err != nil {
			return nil, err
		}
		list.Records[i] = flat
	}
	records, err := c.complete(ctx, list)
	if err != nil {
		return nil, err
	}
	return json.Marshal(records)
}

// complete adds to the records of a child list those of its further pages.
func (c *Client) complete(ctx context.Context, list childList) (records []json.RawMessage, err error) {
	if !*list.Done && list.Next == "" {
		return nil, fault("query", nil, "a child list is not done and tells no next page")
	}
	records = list.Records
	for next := list.Next; next != "" && !*list.Done; {
		next, err = yieldPage(ctx, c, next, nil, func(record json.RawMessage, _ error) bool {
			records = append(records, record)
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	return records, nil
}
