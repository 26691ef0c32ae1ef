package routing_test

import (
	"context"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// steps are the states of a delivery's steps, in their order.
func steps(d routing.Delivery) (states []routing.StepState) {
	for _, s := range d.Steps {
		states = append(states, s.State)
	}
	return states
}

// mailed is the text of the only mail, and its attachment.
func (o *office) mailed(t *testing.T) (text, attachment string) {
	t.Helper()
	require.Len(t, o.smtp.Mails(), 1)
	m, err := mail.ReadMessage(strings.NewReader(o.smtp.Mails()[0].Data))
	require.NoError(t, err)
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	require.NoError(t, err)
	parts := multipart.NewReader(m.Body, params["boundary"])
	first, err := parts.NextPart()
	require.NoError(t, err)
	words, err := io.ReadAll(first)
	require.NoError(t, err)
	second, err := parts.NextPart()
	require.NoError(t, err)
	document, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, second))
	require.NoError(t, err)
	return string(words), string(document)
}

func TestARecordThatIsRefusedIsMailedWithItsValues(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.locks.Store(true)
	d := o.submit(t, o.sale("a"))
	require.Equal(t, routing.Mailed, d.State)
	require.Equal(t, []routing.StepState{routing.StepFailed, routing.StepDone, routing.StepDone, routing.StepDone}, steps(d))
	require.Equal(t, "Salesforce did not accept the values for the record.", d.Reason)
	require.Contains(t, d.Error, "This appointment is closed.")
	text, attachment := o.mailed(t)
	for _, line := range []string{
		`Some or all of the results "Larry Leap Results 5/23/19" could not be saved to Salesforce. There is a report of them. It is attached to this mail.`,
		"Reason: Salesforce did not accept the values for the record.", "Results: Sale", "Not saved: the record: Salesforce did not accept",
		"Result: Demo Sold", "Result Detail: Cash", "Price: 12345.5", "Customer: Larry Leap", "Representative: Rita Rep",
	} {
		require.Contains(t, text, line)
	}
	require.NotContains(t, text, "This appointment is closed.")
	require.Contains(t, attachment, "Sale of Larry Leap: [{Result Demo Sold}")
	require.Equal(t, []string{"Results of Larry Leap"}, o.links("SNOTE"))
	require.Zero(t, o.saves.Load())
}

// The record is gone: nothing can be saved, and one mail tells everything.
func TestWhatFailsTogetherIsMailedTogether(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	_, err := o.router.Submit(t.Context(), o.sale("a"))
	require.NoError(t, err)
	o.org.Delete(string(o.visit))
	d := o.submit(t, o.sale("a"))
	require.Equal(t, routing.Mailed, d.State)
	require.Equal(t, []routing.StepState{routing.StepFailed, routing.StepFailed, routing.StepDone, routing.StepFailed}, steps(d))
	text, _ := o.mailed(t)
	require.Contains(t, text, "Not saved: the record: The record was not found in Salesforce.")
	require.Contains(t, text, "Not saved: the report: ")
	require.Contains(t, text, "Not linked: the note: ")
}

// Nobody gets mail, so the delivery waits for a person. What was done is not done
// a second time.
func TestRedrivenResultsDoOnlyWhatWasNotDone(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(c *routing.Config) { c.Results.Backup, c.Mailer = nil, nil })
	o.locks.Store(true)
	d := o.submit(t, o.sale("a"))
	require.Equal(t, routing.Parked, d.State)
	o.locks.Store(false)
	n, err := o.router.Redrive(t.Context(), d.ID)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	o.drain(t)
	o.check(t, state(t, o.router, d.ID))
}

func TestResultsAreMailedWhenSalesforceIsDownForHalfAnHour(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	_, err := o.router.ResultsForm(t.Context(), "", o.visit)
	require.NoError(t, err)
	o.org.Fail(salesforcetest.Fault{Code: "SERVER_UNAVAILABLE", Times: -1})
	before := o.org.Now()
	d := o.submit(t, o.sale("a"))
	require.Equal(t, routing.Mailed, d.State)
	require.Equal(t, []routing.StepState{routing.StepFailed, routing.StepFailed, routing.StepFailed, routing.StepSkipped}, steps(d))
	require.InDelta(t, 30*time.Minute, o.org.Now().Sub(before), float64(time.Minute))
	text, _ := o.mailed(t)
	require.Contains(t, text, "Salesforce could not be reached since Thursday, May 23, 2019, 12:00 PM UTC.")
	require.Zero(t, o.saves.Load())
}

// Results come in while Salesforce cannot be reached. They are accepted as far as
// they can be checked, and checked when it can.
func TestResultsAreAcceptedWithoutSalesforce(t *testing.T) {
	t.Parallel()
	for result, want := range map[string]routing.State{"Demo No Sale": routing.Verified, "Pitched": routing.Mailed} {
		t.Run(result, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, nil)
			down := true
			o.org.Fail(salesforcetest.Fault{Code: "SERVER_UNAVAILABLE", Times: -1, Match: func(*http.Request) bool { return down }})
			s := o.sale("a")
			s.Section, s.Answers = routing.NoSale, map[string]any{"i360__Result__c": result}
			accepted, err := o.router.Submit(t.Context(), s)
			require.NoError(t, err)
			s.Key, s.Answers = "b", map[string]any{"i360__Result__c": "Demo Sold"}
			_, err = o.router.Submit(t.Context(), s)
			require.ErrorContains(t, err, `answer "Result" (i360__Result__c): "Demo Sold" is none of its options`)
			step(t, o.router)
			down = false
			o.drain(t)
			d := state(t, o.router, accepted.ID)
			require.Equal(t, want, d.State, d.Reason)
			require.Len(t, o.org.Records("ContentNote"), 1)
			require.Len(t, o.links(""), 1)
			if want == routing.Mailed {
				require.Contains(t, d.Error, `"Pitched" has been deactivated in Salesforce`)
				require.Zero(t, o.saves.Load())
			}
		})
	}
}

// Somebody else has written the same values meanwhile.
func TestARecordThatHasTheValuesIsNotWritten(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.org.Fail(salesforcetest.Fault{Method: http.MethodPatch, Path: appointment, DropBefore: true})
	_, err := o.router.Submit(t.Context(), o.sale("a"))
	require.NoError(t, err)
	step(t, o.router)
	o.org.Update(string(o.visit), map[string]any{
		"i360__Result__c": "Demo Sold", "i360__Result_Detail__c": "Cash", "i360__Quoted_Amount__c": 12345.5, "i360__Comments__c": "Two rooms & a <porch>",
	})
	d := o.submit(t, o.sale("a"))
	require.Equal(t, routing.Verified, d.State)
	require.Zero(t, o.saves.Load())
}

func TestEveryInputReachesItsField(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.org.Fail(salesforcetest.Fault{Method: http.MethodPatch, Path: appointment, DropAfter: true})
	s := o.sale("a")
	s.Section, s.Estimate = routing.NoSale, nil
	s.Answers = map[string]any{
		"i360__Result__c": "Demo No Sale", "i360__Result_Detail__c": "Thinking", "follow_up__c": "2019-06-01",
		"i360__Renovate_Right_Pamphlet_Given__c": true, "Interests__c": []string{"Siding", "Windows"}, "i360__Pending_Action__c": "",
	}
	d := o.submit(t, s)
	require.Equal(t, routing.Verified, d.State)
	record := o.org.Record(string(o.visit))
	require.Equal(t, "2019-06-01", record["Follow_Up__c"])
	require.Equal(t, true, record["i360__Renovate_Right_Pamphlet_Given__c"])
	require.Equal(t, "Siding;Windows", record["Interests__c"])
	require.EqualValues(t, 1, o.saves.Load())
	require.Equal(t, "<p>Result: No sale (demo given)</p><p>Result Detail: Thinking</p><p>Follow up on: 6/1/19</p><p>Pamphlet: Yes</p>"+
		"<p>Interests: Siding, Windows</p><p>Rep: Rita Rep</p><p>Reference: "+d.ID+"</p>", o.noteText(t))
}

// edited answers as an org of another make would.
type edited struct {
	http.RoundTripper
	replace *strings.Replacer
}

func (e edited) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := e.RoundTripper.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/sobjects") && !strings.HasSuffix(r.URL.Path, "/describe") {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	text := e.replace.Replace(string(body))
	resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	return resp, nil
}

// through has the office's client speak to the org through something.
func through(t *testing.T, c *routing.Config, o **office, change func(http.RoundTripper) http.RoundTripper) {
	t.Helper()
	client, err := salesforce.New(salesforce.Config{
		LoginURL: salesforce.MyDomain("example"), Auth: salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		HTTPClient: &http.Client{Transport: change(lazy(func() http.RoundTripper { return (*o).org.Transport() }))},
		Retry:      salesforce.Retry{MinWait: time.Millisecond, MaxWait: time.Millisecond},
		Now:        c.Now,
	})
	require.NoError(t, err)
	c.Destination = routing.Salesforce{Client: client}
}

type lazy func() http.RoundTripper

func (l lazy) RoundTrip(r *http.Request) (*http.Response, error) { return l().RoundTrip(r) }

func TestTheNoteIsWhatTheOrgHas(t *testing.T) {
	t.Parallel()
	without := func(names ...string) func(http.RoundTripper) http.RoundTripper {
		var pairs []string
		for _, name := range names {
			pairs = append(pairs, `"`+name+`"`, `"Other"`)
		}
		return func(org http.RoundTripper) http.RoundTripper { return edited{org, strings.NewReplacer(pairs...)} }
	}
	for name, tc := range map[string]struct {
		org    func(http.RoundTripper) http.RoundTripper
		wanted routing.NoteKind
		object string
		fields [3]string // title, text, parent
	}{
		"no enhanced notes":   {without("ContentNote"), routing.AnyNote, "Note", [3]string{"Title", "Body", "ParentId"}},
		"which cannot linked": {without("ContentDocumentLink"), routing.AnyNote, "Note", [3]string{"Title", "Body", "ParentId"}},
		"a task by choice":    {without(), routing.TaskNote, "Task", [3]string{"Subject", "Description", "WhatId"}},
	} {
		for _, fault := range []salesforcetest.Fault{{DropAfter: true}, {DropBefore: true}} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var o *office
				o = newOffice(t, func(c *routing.Config) {
					through(t, c, &o, tc.org)
					c.Results.Note = tc.wanted
				})
				fault.Method, fault.Path = http.MethodPost, "/sobjects/"+tc.object
				o.org.Fail(fault)
				d := o.submit(t, o.sale("a"))
				require.Equal(t, routing.Verified, d.State, d.Error)
				require.Equal(t, []routing.StepState{routing.StepDone, routing.StepDone, routing.StepDone, routing.StepSkipped}, steps(d))
				require.Len(t, o.org.Records(tc.object), 1)
				note := o.org.Records(tc.object)[0]
				require.Equal(t, "Results of Larry Leap", note[tc.fields[0]])
				require.Equal(t, "Result: Demo Sold\nResult Detail: Cash\nPrice: 12345.5\nComments: Two rooms & a <porch>\n"+
					"Sale amount: USD 12345.50\nRep: Rita Rep\nReference: "+d.ID, note[tc.fields[1]])
				require.Equal(t, string(o.visit), note[tc.fields[2]])
				require.Empty(t, o.org.Records("ContentNote"))
			})
		}
	}

	var o *office
	o = newOffice(t, func(c *routing.Config) { through(t, c, &o, without("ContentNote", "Note", "Task")) })
	_, err := o.router.Submit(t.Context(), o.sale("a"))
	require.ErrorIs(t, err, routing.ErrNoNote)
	_, err = o.router.ResultsForm(t.Context(), "", o.visit)
	require.ErrorIs(t, err, routing.ErrNoNote)
}

// A process dies at each of its calls, to the ledger and to the org, before or
// after that has its effect. The next one finishes: every step is done once.
func TestResultsSurviveADeathAtEveryCall(t *testing.T) {
	t.Parallel()
	calls := dieAt(t, -1, false)
	require.Greater(t, calls, 15)
	for fuse := 1; fuse <= calls; fuse++ {
		dieAt(t, fuse, false)
		dieAt(t, fuse, true)
	}
	t.Logf("%d calls to die at, before and after", calls)
}

// dieAt lets a process die at one of its calls, and another one finish its work.
// It returns how many calls the first one made.
func dieAt(t *testing.T, fuse int, after bool) int {
	t.Helper()
	w := newWorld(t)
	p := &process{world: w, fuse: fuse, after: after}
	var o *office
	var next routing.Config
	o = newOffice(t, func(c *routing.Config) {
		next = *c
		next.Store, c.Store = w.store, p
		through(t, c, &o, func(org http.RoundTripper) http.RoundTripper { return mortal{org, p} })
	})
	_, err := o.router.Submit(t.Context(), o.sale("a"))
	if err == nil {
		_, err = o.router.Drain(t.Context())
	}
	require.True(t, fuse >= 0 || err == nil, err)
	o.router, err = routing.New(next)
	require.NoError(t, err)
	o.check(t, o.submit(t, o.sale("a")))
	return p.calls
}

// mortal is how a process that may die reaches the org.
type mortal struct {
	http.RoundTripper
	*process
}

func (m mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	return call(m.process, func() (*http.Response, error) { return m.RoundTripper.RoundTrip(r) })
}

// The record was changed with a login, so no other one may go on.
func TestResultsKeepTheirLoginOnceAnythingWasBegun(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(c *routing.Config) {
		shared := c.Destination.(routing.Salesforce).Client
		c.Destination = routing.Salesforce{Client: shared, Logins: func(context.Context, string) (*salesforce.Client, error) { return shared, nil }}
	})
	s := o.sale("a")
	s.Login = "rita"
	accepted, err := o.router.Submit(t.Context(), s)
	require.NoError(t, err)
	require.NoError(t, o.router.TakeOver(t.Context(), accepted.ID, "bob"))
	o.org.Fail(salesforcetest.Fault{Method: http.MethodPost, Path: "/ContentVersion", Code: "SERVER_UNAVAILABLE", Times: 4})
	step(t, o.router)
	require.ErrorIs(t, o.router.TakeOver(t.Context(), accepted.ID, "rita"), routing.ErrBegun)
	o.drain(t)
	d := state(t, o.router, accepted.ID)
	require.Equal(t, "bob", d.Login)
	o.check(t, d)
}

// The total is that of the estimate, wherever it is named.
func TestTheSaleAmountMayNameTheReport(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(c *routing.Config) {
		c.Results.FileName = "%customerNameLast% %selectedTotal% %selectedTotalName%.pdf"
	})
	s := o.sale("a")
	s.Estimate.TotalName = "Cash"
	require.Equal(t, "Leap 12345.50 Cash", o.submit(t, s).Title)
}

func TestResultsAreAcceptedThoughTheLoginIsRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(c *routing.Config) {
		c.Destination = routing.Salesforce{Client: client(t, salesforcetest.NewOrg(nil), "cid", "wrong")}
	})
	d := o.submit(t, o.sale("a"))
	require.Equal(t, routing.Mailed, d.State)
	require.Equal(t, []routing.StepState{routing.StepFailed, routing.StepFailed, routing.StepFailed, routing.StepSkipped}, steps(d))
	text, _ := o.mailed(t)
	require.Contains(t, text, "Reason: The user name or the password for Salesforce is wrong.")
	require.Contains(t, text, "Result: Demo Sold")
}
