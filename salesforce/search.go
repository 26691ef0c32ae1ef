package salesforce

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/sfbridge/sfbridge/soql"
)

// Search is what [Client.Search] looks for. Only Text is required.
type Search struct {
	// Text is what people would type: words, of which a record must have all.
	// A star at the end of a word stands for any ending.
	Text string
	// In is where to look: "ALL", "NAME", "EMAIL", "PHONE" or "SIDEBAR" fields.
	// Defaults to "ALL".
	In string
	// Objects says what to find, and which fields of it. Defaults to the ids of
	// all objects that can be searched.
	Objects []SearchObject
	// Limit is the greatest number of records in all. Defaults to Salesforce's,
	// 2,000.
	Limit int
}

// SearchObject is one kind of record that a search may find.
type SearchObject struct {
	// Name is the object's.
	Name string
	// Fields are what the records found carry. Defaults to Id.
	Fields []string
	// Where narrows the records down; see package soql. Defaults to none.
	Where soql.Condition
	// Limit is the greatest number of records of the object. Defaults to none.
	Limit int
}

// Found is a record that a search found.
type Found struct {
	Object string
	Record Record
}

// Search finds records by the words in them, through Salesforce's search index,
// which learns of changes some minutes late. The error matches [ErrQuery] when
// the search is refused.
//
// See "Parameterized Search" in the REST API Developer Guide.
func (c *Client) Search(ctx context.Context, s Search) ([]Found, error) {
	const op = "search"
	body, err := s.encode(op)
	if err != nil {
		return nil, err
	}
	request := &call{
		op: op, method: http.MethodPost, path: c.base + "/parameterizedSearch", body: bytesPayload("application/json", body),
		idempotent: true, reads: true,
	}
	var answer struct {
		Records []json.RawMessage `json:"searchRecords"`
	}
	if err := c.exchange(ctx, request, &answer); err != nil {
		return nil, err
	}
	found := make([]Found, len(answer.Records))
	for i, raw := range answer.Records {
		var of struct {
			Attributes struct{ Type string }
		}
		if err := json.Unmarshal(raw, &of); err != nil {
			return nil, request.badAnswer(http.StatusOK, err)
		}
		found[i].Object = of.Attributes.Type
		if err := json.Unmarshal(raw, &found[i].Record); err != nil {
			return nil, request.badAnswer(http.StatusOK, err)
		}
	}
	return found, nil
}

// searchBody is the request on the wire.
type searchBody struct {
	Text    string             `json:"q"`
	In      string             `json:"in,omitempty"`
	Objects []searchBodyObject `json:"sobjects,omitempty"`
	Limit   int                `json:"overallLimit,omitempty"`
}

type searchBodyObject struct {
	Name   string   `json:"name"`
	Fields []string `json:"fields,omitempty"`
	Where  string   `json:"where,omitempty"`
	Limit  int      `json:"limit,omitempty"`
}

func (s Search) encode(op string) ([]byte, error) {
	if s.Text == "" {
		return nil, fault(op, ErrQuery, "there is no text to look for")
	}
	body := searchBody{Text: s.Text, In: s.In, Limit: s.Limit}
	for _, ob := range s.Objects {
		if !identifier.MatchString(ob.Name) {
			return nil, fault(op, ErrQuery, "%q is no name of an object", clip(ob.Name, 80))
		}
		for _, name := range ob.Fields {
			if !pathForm(name) {
				return nil, fault(op, ErrQuery, "%q is no name of a field", clip(name, 80))
			}
		}
		where, err := conditionText(ob)
		if err != nil {
			return nil, fault(op, ErrQuery, "the condition on %s: %v", ob.Name, err)
		}
		body.Objects = append(body.Objects, searchBodyObject{ob.Name, ob.Fields, where, ob.Limit})
	}
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fault(op, ErrQuery, "%v", err)
	}
	return data, nil
}

// conditionText is the condition on an object, without the word WHERE.
func conditionText(ob SearchObject) (string, error) {
	if ob.Where == nil {
		return "", nil
	}
	q := &soql.Query{Select: soql.Fields("Id"), From: soql.From{Object: ob.Name}, Where: ob.Where}
	text, err := q.Text()
	return strings.TrimPrefix(text, "SELECT Id FROM "+ob.Name+" WHERE "), err
}
