package salesforce

import (
	"context"
	"encoding/xml"
	"fmt"
	"iter"
	"net/http"
	"strings"
)

// UndeleteAll takes records out of the recycle bin, also of several objects at
// once, as [CreateAll] creates them; what was deleted along with a record comes
// back with it. The result of one that is not in the recycle bin has the code
// UNDELETE_FAILED. The WriteOptions are of no account here.
//
// REST has no such call, so it is one of the SOAP API, with the session that the
// client has. That API may refuse a session that REST takes, such as one whose
// access token is a JWT; the error matches [ErrSession] then.
//
// See "undelete()" in the SOAP API Developer Guide.
func (c *Client) UndeleteAll(ctx context.Context, ids iter.Seq[ID], opt *CollectionOptions) iter.Seq2[Result, error] {
	w := collectionWrite{op: "undelete records", method: http.MethodPost, undelete: true}
	return c.writeAll(ctx, w, idRows(w.op, ids), opt)
}

// undeleteCall is the call that takes rows out of the recycle bin.
func (c *Client) undeleteCall(w collectionWrite, rows []*row) *call {
	var ids strings.Builder
	for _, r := range rows {
		ids.WriteString(`<u:ids>` + string(r.text) + `</u:ids>`)
	}
	return &call{
		op: w.op, method: w.method, path: soapPath + c.version(), header: soapAction("undelete"),
		envelope: soapEnvelope{
			client: c.http.appName,
			header: fmt.Sprintf(`<u:AllOrNoneHeader><u:allOrNone>%t</u:allOrNone></u:AllOrNoneHeader>`, w.allOrNone),
			body:   `<u:undelete>` + ids.String() + `</u:undelete>`,
		},
	}
}

// decodeUndeleted reads what became of rows.
func (t *transport) decodeUndeleted(ans *answer) (saved []saveResult, err error) {
	var response struct {
		Results []struct {
			ID      ID   `xml:"id"`
			Success bool `xml:"success"`
			Errors  []struct {
				Code    string   `xml:"statusCode"`
				Message string   `xml:"message"`
				Fields  []string `xml:"fields"`
			} `xml:"errors"`
		} `xml:"Body>undeleteResponse>result"`
	}
	if err := xml.NewDecoder(&bounded{ans, t.most}).Decode(&response); err != nil {
		return nil, ans.call.badAnswer(ans.status, err)
	}
	for _, r := range response.Results {
		one := saveResult{ID: r.ID, Success: r.Success}
		for _, e := range r.Errors {
			one.Errors = append(one.Errors, wireFault{StatusCode: e.Code, Message: e.Message, Fields: e.Fields})
		}
		saved = append(saved, one)
	}
	return saved, nil
}
