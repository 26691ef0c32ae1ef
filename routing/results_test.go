package routing_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/internal/smtptest"
	"github.com/sfbridge/sfbridge/routing/mail"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

const appointment = "i360__Appointment__c"

// An office is a site with an appointment, whose results are submitted.
type office struct {
	*site
	visit salesforce.ID
	saves atomic.Int64 // of appointments, which is how often automation runs
	locks atomic.Bool  // a validation rule refuses every change
}

// A plain renderer writes reports that can be read.
type plainRenderer struct{}

func (plainRenderer) Render(_ context.Context, r routing.ResultsReport) ([]byte, error) {
	return fmt.Appendf(nil, "%s of %s %s: %v", r.Section, r.Details.Customer.First, r.Details.Customer.Last, r.Results), nil
}

// form is the one of the office: Result is pulled, and Result Detail depends on it.
func form() *routing.ResultsForm {
	detail := routing.ResultRow{Title: "Result Detail", Field: "i360__Result_Detail__c", Pull: true}
	return &routing.ResultsForm{
		Object: appointment, Backup: []string{"office@example.com"}, NoteTitle: "Results of %customerName%",
		Sale: []routing.ResultRow{
			{Title: "Result", Field: "i360__Result__c", Options: []string{"Demo Sold"}, Required: true},
			detail,
			{Title: "Price", Field: "i360__Quoted_Amount__c", Input: routing.NumberInput},
			{Title: "Comments", Field: "i360__Comments__c", Input: routing.TextInput},
		},
		NoSale: []routing.ResultRow{
			{Title: "Result", Field: "i360__Result__c", Pull: true, Except: []string{"Demo Sold"}, Required: true},
			detail,
			{Title: "Follow up on", Field: "Follow_Up__c", Input: routing.DateInput},
			{Title: "Pamphlet", Field: "i360__Renovate_Right_Pamphlet_Given__c", Input: routing.Checkbox},
			{Title: "Interests", Field: "Interests__c", Input: routing.MultiPicker, Pull: true},
			{Title: "Pending", Field: "i360__Pending_Action__c", Input: routing.TextInput},
		},
	}
}

// schema makes Result Detail depend on Result, and gives appointments two record
// types.
func (o *office) schema() salesforcetest.Schema {
	values := func(list string) (values []salesforcetest.PicklistValue) {
		for text := range strings.SplitSeq(list, "; ") {
			value, valid, _ := strings.Cut(text, " < ")
			v := salesforcetest.PicklistValue{Value: value}
			if valid != "" {
				v.ValidFor = strings.Split(valid, "/")
			}
			values = append(values, v)
		}
		return values
	}
	results := append(values("Demo Sold; Demo No Sale; Not Home; Canceled"), salesforcetest.PicklistValue{Value: "Pitched", Inactive: true})
	results[1].Label = "No sale (demo given)"
	return salesforcetest.Schema{{
		Name: appointment,
		Fields: []salesforcetest.Field{
			{Name: "i360__Result__c", Label: "Result", Type: "picklist", Restricted: true, Picklist: results},
			{
				Name: "i360__Result_Detail__c", Label: "Result Detail", Type: "picklist", Restricted: true, Controller: "i360__Result__c",
				Picklist: values("Cash < Demo Sold; Price < Demo No Sale; Thinking < Demo No Sale/Canceled"),
			},
			{Name: "Follow_Up__c", Type: "date"},
			{Name: "Score__c", Type: "double", Precision: 4, Formula: func(salesforcetest.Row) any { return 1.0 }},
			{Name: "Interests__c", Type: "multipicklist", Picklist: values("Windows; Doors; Siding")},
		},
		RecordTypes: []salesforcetest.RecordType{
			{Name: "In Home", Default: true},
			{Name: "Phone", Picklists: map[string][]string{"i360__Result__c": {"Demo Sold", "Not Home"}}},
		},
		Validate: func(old, _ salesforcetest.Row) []salesforcetest.Violation {
			if old.ID() == "" {
				return nil
			}
			if o.locks.Load() {
				return []salesforcetest.Violation{{Message: "This appointment is closed."}}
			}
			o.saves.Add(1)
			return nil
		},
	}}
}

func newOffice(t *testing.T, change func(*routing.Config)) *office {
	t.Helper()
	o := &office{site: &site{org: salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Improveit360()})}}
	require.NoError(t, o.org.Extend(o.schema()))
	o.org.SetNow(start)
	o.smtp = smtptest.Start(t, smtptest.Options{})
	o.visit = salesforce.ID(o.org.Insert(appointment, map[string]any{"i360__City__c": "Columbus"}))
	cfg := routing.Config{
		Destination: routing.Salesforce{Client: client(t, o.org, "cid", "csecret")},
		Store:       outbox.NewMemory(),
		Spool:       outbox.Spool{Dir: t.TempDir()},
		Results:     form(),
		Renderer:    plainRenderer{},
		Mailer:      mail.SMTP{Addr: o.smtp.Addr, From: "sales@example.com", Security: mail.Plain},
		Now:         o.org.Now,
		Rand:        func() float64 { return 0 },
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	o.router, err = routing.New(cfg)
	require.NoError(t, err)
	return o
}

// sale is an answer that is as it should be.
func (o *office) sale(key string) routing.ResultSubmission {
	return routing.ResultSubmission{
		Key: key, Record: o.visit, Section: routing.Sale,
		Answers: map[string]any{
			"i360__Result__c": "Demo Sold", "i360__Result_Detail__c": "Cash",
			"i360__Quoted_Amount__c": decimal.RequireFromString("12345.50"), "i360__Comments__c": "Two rooms & a <porch>",
		},
		Estimate: &routing.Estimate{Items: []routing.Item{{Name: "Windows", Price: decimal.RequireFromString("12345.50")}}},
		Placeholders: placeholder.Data{
			Date: start, Customer: placeholder.Person{First: "Larry", Last: "Leap"}, User: placeholder.User{Person: placeholder.Person{First: "Rita", Last: "Rep"}},
		},
	}
}

// submit submits results and lets time pass until nothing is left to do.
func (o *office) submit(t *testing.T, s routing.ResultSubmission) routing.Delivery {
	t.Helper()
	accepted, err := o.router.Submit(t.Context(), s)
	require.NoError(t, err)
	o.drain(t)
	return state(t, o.router, accepted.ID)
}

// links are the files and notes on the appointment.
func (o *office) links(fileType string) (titles []string) {
	for _, l := range o.org.Records("ContentDocumentLink") {
		if l["LinkedEntityId"] != string(o.visit) {
			continue
		}
		for _, d := range o.org.Records("ContentDocument") {
			if d["Id"] == l["ContentDocumentId"] && (d["FileType"] == "SNOTE") == (fileType == "SNOTE") {
				titles = append(titles, d["Title"].(string))
			}
		}
	}
	return titles
}

func (o *office) noteText(t *testing.T) string {
	t.Helper()
	notes := o.org.Records("ContentNote")
	require.Len(t, notes, 1)
	return string(o.org.File(notes[0]["LatestPublishedVersionId"].(string)))
}

// check tells that the appointment has the results of sale, once.
func (o *office) check(t *testing.T, d routing.Delivery) {
	t.Helper()
	require.Equal(t, routing.Verified, d.State, d.Reason)
	for _, s := range d.Steps {
		require.Equal(t, routing.StepDone, s.State, s.Name)
		require.NotEmpty(t, s.ID, s.Name)
	}
	require.EqualValues(t, 1, o.saves.Load(), "automation ran")
	record := o.org.Record(string(o.visit))
	require.Equal(t, "Demo Sold", record["i360__Result__c"])
	require.Equal(t, "Cash", record["i360__Result_Detail__c"])
	require.Equal(t, "12345.5", fmt.Sprint(record["i360__Quoted_Amount__c"]))
	require.Equal(t, "Two rooms & a <porch>", record["i360__Comments__c"])
	require.Equal(t, []string{"Larry Leap Results 5/23/19"}, o.links(""))
	require.Equal(t, []string{"Results of Larry Leap"}, o.links("SNOTE"))
	require.Len(t, o.org.Records("ContentNote"), 1)
	require.Empty(t, o.smtp.Mails())
}

func TestResultsReachTheRecordAReportAndANote(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	d := o.submit(t, o.sale("a"))
	o.check(t, d)
	require.Equal(t, "Sale of Larry Leap: [{Result Demo Sold} {Result Detail Cash} {Price 12345.5} {Comments Two rooms & a <porch>}]",
		string(o.org.File(d.VersionID)))
	require.Equal(t, "<p>Result: Demo Sold</p><p>Result Detail: Cash</p><p>Price: 12345.5</p><p>Comments: Two rooms &amp; a &lt;porch&gt;</p>"+
		"<p>Sale amount: USD 12345.50</p><p>Rep: Rita Rep</p><p>Reference: "+d.ID+"</p>", o.noteText(t))

	again := o.submit(t, o.sale("a"))
	require.Equal(t, d.ID, again.ID)
	o.check(t, again)
	other := o.sale("a")
	other.Answers["i360__Comments__c"] = "Another"
	_, err := o.router.Submit(t.Context(), other)
	require.ErrorIs(t, err, routing.ErrKeyTaken)
}

// However and wherever an answer is lost, the record is changed once, and has one
// report and one note.
func TestLostAnswersOfResultsLeaveOneOfEach(t *testing.T) {
	t.Parallel()
	for step, where := range map[string]struct{ method, path string }{
		"record": {http.MethodPatch, "/sobjects/" + appointment + "/"},
		"report": {http.MethodPost, "/sobjects/ContentVersion"},
		"note":   {http.MethodPost, "/sobjects/ContentNote"},
		"link":   {http.MethodPost, "/sobjects/ContentDocumentLink"},
	} {
		for name, fault := range map[string]salesforcetest.Fault{
			"after":      {DropAfter: true},
			"before":     {DropBefore: true},
			"before, 2x": {DropBefore: true, Times: 2},
			"proxy":      {Status: http.StatusBadGateway, Body: "<html>bad gateway</html>"},
			"locked":     {Code: "UNABLE_TO_LOCK_ROW", Times: 5},
			"busy":       {Code: "SERVER_UNAVAILABLE", Times: 5},
		} {
			t.Run(step+" "+name, func(t *testing.T) {
				t.Parallel()
				o := newOffice(t, nil)
				fault.Method, fault.Path = where.method, where.path
				o.org.Fail(fault)
				o.check(t, o.submit(t, o.sale("a")))
			})
		}
	}
}

// Each of these is wrong, and all of it is said at once.
func TestSubmitNamesAllFaultsOfAnAnswer(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	s := o.sale("a")
	s.Section = routing.NoSale
	s.Answers = map[string]any{
		"i360__Result__c": "Pitched", "i360__Result_Detail__c": "Cash", "Follow_Up__c": "tomorrow",
		"Interests__c": []string{"Windows", "Pools"}, "i360__Pending_Action__c": strings.Repeat("é", 256), "i360__Result": "x",
	}
	_, err := o.router.Submit(t.Context(), s)
	var texts []string
	for _, f := range routing.AnswerErrors(err) {
		texts = append(texts, f.Error())
	}
	require.Equal(t, []string{
		`answer i360__Result: the section has no row for it; did you mean "i360__Result__c"?`,
		`answer "Follow up on" (Follow_Up__c): it does not fit the input Date`,
		`answer "Result" (i360__Result__c): "Pitched" has been deactivated in Salesforce`,
		`answer "Result Detail" (i360__Result_Detail__c): "Cash" does not go with "Pitched" in "Result"`,
		`answer "Interests" (Interests__c): "Pools" is none of its options`,
		`answer "Pending" (i360__Pending_Action__c): it has 256 characters, and the field takes 255`,
	}, texts)
	for _, class := range []error{mapping.ErrShape, mapping.ErrOption, mapping.ErrDependent, mapping.ErrTooLong} {
		require.ErrorIs(t, err, class)
	}
	require.NotContains(t, err.Error(), "tomorrow")

	s = o.sale("b")
	s.Answers = map[string]any{"i360__Quoted_Amount__c": "12.345", "i360__Result_Detail__c": "Price"}
	_, err = o.router.Submit(t.Context(), s)
	require.ErrorContains(t, err, `answer "Result" (i360__Result__c): it has to be filled in`)
	require.ErrorContains(t, err, `answer "Price" (i360__Quoted_Amount__c): the field takes 2 digits behind the point`)
	require.ErrorContains(t, err, `answer "Result Detail" (i360__Result_Detail__c): "Price" does not go with "" in "Result"`)
	require.ErrorIs(t, err, mapping.ErrRequired)

	scored := newOffice(t, func(c *routing.Config) {
		c.Results.Sale = append(c.Results.Sale, routing.ResultRow{Title: "Score", Field: "Score__c", Input: routing.NumberInput})
	})
	s = scored.sale("c")
	s.Answers["i360__Components__c"], s.Answers["Score__c"] = "x", 5
	_, err = scored.router.Submit(t.Context(), s)
	require.ErrorIs(t, err, mapping.ErrReadOnly)
	require.ErrorContains(t, err, `answer "Score" (Score__c): the field cannot be changed, or this login may not change it`)
	require.Len(t, routing.AnswerErrors(err), 2)

	left, err := o.router.Drain(t.Context())
	require.NoError(t, err)
	require.Zero(t, left)
	require.Zero(t, o.saves.Load())
}
