package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/sfbridge/sfbridge/soql"
)

// formatter is what the flags say.
type formatter struct {
	parse soql.ParseOptions
	field string   // -scope: the field, "" for none
	ids   []string // -scope: the identifiers
	user  string   // -user, "" for none
}

func (f *formatter) setScope(s string) error {
	field, ids, ok := strings.Cut(s, "=")
	if !ok || field == "" || ids == "" {
		return errors.New("write FIELD=ID[,ID]")
	}
	f.field, f.ids = field, strings.Split(ids, ",")
	return nil
}

func (f *formatter) setApex(string) error {
	f.parse.Dialect = soql.Apex
	return nil
}

// filters are the restrictions of a query. With both flags the token is for
// -user, and the field of -scope is added beside it.
func (f formatter) filters(q *soql.Query) []soql.UserFilter {
	var list []soql.UserFilter
	if f.user != "" && (f.field == "" || usesToken(q)) {
		list = append(list, soql.UserFilter{IDs: []string{f.user}, Related: standard})
	}
	if f.field != "" {
		list = append(list, soql.UserFilter{IDs: f.ids, Field: f.field, Related: standard})
	}
	return list
}

func usesToken(q *soql.Query) bool {
	for n := range soql.Preorder(q) {
		switch n := n.(type) {
		case *soql.Token:
			return true
		case *soql.Text:
			if strings.Contains(n.Value, soql.DefaultToken) {
				return true
			}
		}
	}
	return false
}

// answer is one line of JSON.
type answer struct {
	OK      bool   `json:"ok"`
	Text    string `json:"text,omitzero"`
	Refused bool   `json:"refused,omitzero"`
	Line    int    `json:"line,omitzero"`
	Column  int    `json:"column,omitzero"`
	Message string `json:"message,omitzero"`
}

// answer answers each line of in with a line on out.
func (f formatter) answer(in io.Reader, out io.Writer) error {
	reader, writer := bufio.NewReader(in), bufio.NewWriter(out)
	encoder := json.NewEncoder(writer)
	encoder.SetEscapeHTML(false)
	for {
		line, err := reader.ReadString('\n')
		if line == "" && err != nil {
			return errors.Join(ignoreEOF(err), writer.Flush())
		}
		if err := encoder.Encode(f.answerTo(strings.TrimRight(line, "\r\n"))); err != nil {
			return err
		}
		if reader.Buffered() == 0 { // somebody may wait for it
			if err := writer.Flush(); err != nil {
				return err
			}
		}
	}
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (f formatter) answerTo(line string) answer {
	q, err := f.query(line)
	if syntax, ok := errors.AsType[*soql.SyntaxError](err); ok {
		return answer{Line: syntax.Line, Column: syntax.Column, Message: syntax.Message}
	}
	if err != nil {
		return answer{Refused: true, Message: strings.TrimPrefix(err.Error(), "soql: query refused: ")}
	}
	return answer{OK: true, Text: q.String()}
}

// relationships are child relationships that every org has, with the objects to
// which they lead. A program that is connected would ask describe.
var relationships = map[string]string{
	"activityhistories": "ActivityHistory", "assets": "Asset", "attachments": "Attachment", "campaignmembers": "CampaignMember",
	"casecomments": "CaseComment", "cases": "Case", "childaccounts": "Account", "childcampaigns": "Campaign", "contacts": "Contact",
	"contentdocumentlinks": "ContentDocumentLink", "contracts": "Contract", "emailmessages": "EmailMessage", "events": "Event",
	"notes": "Note", "notesandattachments": "NoteAndAttachment", "openactivities": "OpenActivity", "opportunities": "Opportunity",
	"opportunitycontactroles": "OpportunityContactRole", "opportunitylineitems": "OpportunityLineItem", "orderitems": "OrderItem",
	"orders": "Order", "quotelineitems": "QuoteLineItem", "quotes": "Quote", "tasks": "Task",
}

// standard tells where such a relationship leads.
func standard(_, relationship string) (string, bool) {
	target, ok := relationships[strings.ToLower(relationship)]
	return target, ok
}
