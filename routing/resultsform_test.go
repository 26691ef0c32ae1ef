package routing_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// values are those of options.
func values(options []routing.FormOption) (list []string) {
	for _, o := range options {
		list = append(list, o.Value)
	}
	return list
}

// picklists counts how often the org was asked for the options.
func (o *office) asked() (n int) {
	for _, r := range o.org.Requests() {
		if strings.Contains(r.Path, "/picklist-values/") {
			n++
		}
	}
	return n
}

func TestTheFormHasTheOptionsOfTheRecord(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.org.Update(string(o.visit), map[string]any{"i360__Result__c": "Canceled"})
	f, err := o.router.ResultsForm(t.Context(), "", o.visit[:15])
	require.NoError(t, err)
	require.Equal(t, appointment, f.Object)
	require.Equal(t, o.visit, f.Record)
	require.Equal(t, start, f.Read.UTC())
	require.Empty(t, f.Warnings)
	require.Equal(t, []routing.Section{routing.Sale, routing.NoSale}, []routing.Section{f.Sections[0].Name, f.Sections[1].Name})

	sale, noSale := f.Sections[0].Rows, f.Sections[1].Rows
	require.Equal(t, routing.FormRow{
		Title: "Result", Input: routing.Picker, Field: "i360__Result__c", Required: true, Value: "Canceled",
		Options: []routing.FormOption{{Value: "Demo Sold", Label: "Demo Sold"}},
	}, sale[0])
	require.Equal(t, []string{"Demo No Sale", "Not Home", "Canceled"}, values(noSale[0].Options), "without what was deactivated, and the exception")
	require.Equal(t, "No sale (demo given)", noSale[0].Options[0].Label)
	detail := noSale[1]
	require.Equal(t, "i360__Result__c", detail.Controller)
	require.Equal(t, "Canceled", detail.Control)
	require.Equal(t, []string{"Cash", "Price", "Thinking"}, values(detail.Options))
	require.Equal(t, []string{"Thinking"}, values(detail.For("Canceled")))
	require.Equal(t, []string{"Price", "Thinking"}, values(detail.For("Demo No Sale")))
	require.Empty(t, detail.For("Not Home"))
	require.Equal(t, []string{"Windows", "Doors", "Siding"}, values(noSale[4].For("")))
	require.Equal(t, 255, noSale[5].Length)

	// A record of another type is offered other options, and held against them.
	phone := ""
	for _, r := range o.org.Records("RecordType") {
		if r["DeveloperName"] == "Phone" {
			phone = r["Id"].(string)
		}
	}
	other := o.org.Insert(appointment, map[string]any{"RecordTypeId": phone})
	f, err = o.router.ResultsForm(t.Context(), "", salesforce.ID(other))
	require.NoError(t, err)
	require.Equal(t, salesforce.ID(phone), f.RecordType)
	require.Equal(t, []string{"Not Home"}, values(f.Sections[1].Rows[0].Options))
	s := o.sale("a")
	s.Record, s.Section, s.Answers = salesforce.ID(other), routing.NoSale, map[string]any{"i360__Result__c": "Canceled"}
	_, err = o.router.Submit(t.Context(), s)
	require.EqualError(t, err, `routing: submit results "a": answer "Result" (i360__Result__c): "Canceled" is not offered for the record type of the record`)

	f, err = o.router.ResultsForm(t.Context(), "", "")
	require.NoError(t, err)
	require.Equal(t, []string{"Demo No Sale", "Not Home", "Canceled"}, values(f.Sections[1].Rows[0].Options), "of the record type of new records")
}

func TestOptionsAreKeptForAWhile(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(c *routing.Config) { c.OptionsMaxAge = time.Hour })
	show := func() *routing.FilledForm {
		f, err := o.router.ResultsForm(t.Context(), "", o.visit)
		require.NoError(t, err)
		return f
	}
	show()
	o.org.Advance(59 * time.Minute)
	require.Equal(t, start, show().Read.UTC())
	require.Equal(t, 1, o.asked())
	require.NoError(t, o.org.Extend(salesforcetest.Schema{{Name: appointment, Fields: []salesforcetest.Field{{
		Name: "Interests__c", Type: "multipicklist", Picklist: []salesforcetest.PicklistValue{{Value: "Gutters"}},
	}}}}))
	o.org.Advance(2 * time.Minute)
	require.Equal(t, []string{"Gutters"}, values(show().Sections[1].Rows[4].Options))
	require.Equal(t, 2, o.asked())

	// What is old serves while Salesforce cannot tell.
	o.org.Advance(2 * time.Hour)
	o.org.Fail(salesforcetest.Fault{Path: "/picklist-values/", Code: "SERVER_UNAVAILABLE", Times: -1})
	require.Equal(t, start.Add(61*time.Minute), show().Read.UTC())
}

func TestDescribeServesWhereTheOptionsOfTheRecordTypeAreNotTold(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.org.Fail(salesforcetest.Fault{Path: "/picklist-values/", Code: "FUNCTIONALITY_NOT_ENABLED", Status: http.StatusForbidden, Times: -1})
	f, err := o.router.ResultsForm(t.Context(), "", o.visit)
	require.NoError(t, err)
	require.Len(t, f.Warnings, 1)
	require.Contains(t, f.Warnings[0], "The options are those of all record types")
	rows := f.Sections[1].Rows
	require.Equal(t, []string{"Demo No Sale", "Not Home", "Canceled"}, values(rows[0].Options))
	require.Equal(t, []string{"Price", "Thinking"}, values(rows[1].For("Demo No Sale")))
	s := o.sale("a")
	s.Answers["i360__Result_Detail__c"] = "Price"
	_, err = o.router.Submit(t.Context(), s)
	require.ErrorIs(t, err, mapping.ErrDependent)
	o.check(t, o.submit(t, o.sale("a")))
}

// The detail that the record has does not go with the new result, and the form
// has a row for it.
func TestWhatStaysHasToGoWithWhatIsWritten(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.org.Update(string(o.visit), map[string]any{"i360__Result__c": "Demo No Sale", "i360__Result_Detail__c": "Price"})
	s := o.sale("a")
	delete(s.Answers, "i360__Result_Detail__c")
	_, err := o.router.Submit(t.Context(), s)
	require.ErrorIs(t, err, mapping.ErrDependent)
	require.ErrorContains(t, err, `"Price", which the record has, does not go with "Demo Sold" in "Result": answer this row, too`)
	s.Answers["i360__Result_Detail__c"] = nil
	require.Equal(t, routing.Verified, o.submit(t, s).State)
	require.Nil(t, o.org.Record(string(o.visit))["i360__Result_Detail__c"])
}

// A typed option was good once.
func TestATypedOptionThatTheOrgLacksIsNamed(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(c *routing.Config) { c.Results.Sale[0].Options = []string{"Demo Sold", "Pitched", "Sold Big"} })
	f, err := o.router.ResultsForm(t.Context(), "", o.visit)
	require.NoError(t, err)
	require.Equal(t, []string{"Demo Sold"}, values(f.Sections[0].Rows[0].Options))
	require.Len(t, f.Warnings, 2)
	for option, text := range map[string]string{
		"Pitched":  `"Pitched" has been deactivated in Salesforce`,
		"Sold Big": `"Sold Big" is no option of the picklist in Salesforce any more`,
		"Other":    `"Other" is none of its options`,
	} {
		s := o.sale("a")
		s.Answers = map[string]any{"i360__Result__c": option}
		_, err := o.router.Submit(t.Context(), s)
		require.ErrorIs(t, err, mapping.ErrOption)
		require.ErrorContains(t, err, text)
	}
	problems, err := form().Check(t.Context(), client(t, o.org, "cid", "csecret"))
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestResultsOfAnotherObjectAreAFaultOfTheConfiguration(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	s := o.sale("a")
	s.Record = salesforce.ID(o.org.Insert("Account", map[string]any{"Name": "Leap"}))
	_, err := o.router.Submit(t.Context(), s)
	require.ErrorIs(t, err, routing.ErrWrongObject)
	require.ErrorContains(t, err, "begins with 001, and that of a i360__Appointment__c with a")
	_, err = o.router.ResultsForm(t.Context(), "", s.Record)
	require.ErrorIs(t, err, routing.ErrWrongObject)
	nowhere := newOffice(t, func(c *routing.Config) { c.Results.Object = "Nothing__c" })
	_, err = nowhere.router.Submit(t.Context(), nowhere.sale("a"))
	require.ErrorIs(t, err, routing.ErrWrongObject)
	require.ErrorContains(t, err, "the org does not have Nothing__c")
	s.Record = "nonsense"
	_, err = o.router.ResultsForm(t.Context(), "", s.Record)
	require.Error(t, err)
	s.Section = "Perhaps"
	_, err = o.router.Submit(t.Context(), s)
	require.ErrorContains(t, err, `unknown section "Perhaps"`)
	require.ErrorContains(t, err, "target")
}

func TestResultsThatAreOff(t *testing.T) {
	t.Parallel()
	var cfg routing.Config
	o := newOffice(t, func(c *routing.Config) { cfg = *c })
	accepted, err := o.router.Submit(t.Context(), o.sale("a"))
	require.NoError(t, err)
	off := form()
	off.Off = true
	cfg.Results = off
	o.router, err = routing.New(cfg)
	require.NoError(t, err)
	o.org.ResetRequests()
	_, err = o.router.Submit(t.Context(), o.sale("b"))
	require.ErrorIs(t, err, routing.ErrOff)
	_, err = o.router.ResultsForm(t.Context(), "", o.visit)
	require.ErrorIs(t, err, routing.ErrOff)
	require.Empty(t, o.org.Requests())
	o.drain(t) // what was accepted goes on
	o.check(t, state(t, o.router, accepted.ID))

	cfg.Results, cfg.Rules = nil, []routing.Rule{{Type: routing.Contract}}
	o.router, err = routing.New(cfg)
	require.NoError(t, err)
	_, err = o.router.Submit(t.Context(), o.sale("b"))
	require.ErrorIs(t, err, routing.ErrOff)
	_, err = o.router.Route(t.Context(), routing.Submission{Key: "x", Type: routing.AppointmentResults})
	require.ErrorContains(t, err, "use Submit")
}

const formFile = `object: i360__Appointment__c
fileName: "%customerName% Results %date%.pdf"
noteTitle: Results of %customerName%
backup: office@example.com
sale:
  - title: Result
    field: i360__Result__c
    options: [Demo Sold]
    required: true
noSale:
  - title: Result
    input: Standard Picker
    field: i360__Result__c
    pull: true
    except: [Demo Sold]
    required: true
  - {title: Follow up on, input: Date, field: Follow_Up__c}
`

func TestAFormIsReadStrictly(t *testing.T) {
	t.Parallel()
	f, err := routing.ReadResultsForm("results.yaml", []byte(formFile))
	require.NoError(t, err)
	require.Equal(t, "results.yaml:6:5", f.Sale[0].At)
	require.Equal(t, []string{"Demo Sold"}, f.NoSale[0].Except)
	require.Equal(t, routing.DateInput, f.NoSale[1].Input)
	require.Equal(t, []string{"office@example.com"}, f.Backup)
	require.Equal(t, &routing.ResultsForm{Sale: []routing.ResultRow{{}}, NoSale: []routing.ResultRow{{}}}, routing.NewResultsForm())

	_, err = routing.ReadResultsForm("results.json", []byte(`{"off": true}`))
	require.NoError(t, err)
	_, err = routing.ReadResultsForm("results.yaml", []byte("note: Telegram\nsale:\n  - {title: A, input: Radio}\n  - {titel: B}\n"))
	require.EqualError(t, err, strings.Join([]string{
		`results.yaml:1:1: the key "object" is missing`,
		`results.yaml:3:23: row 1 (A), input: unknown input "Radio"; there are Standard Picker, Multi Picker, Text, Number, Date, Checkbox`,
		`results.yaml:4:6: row 2: unknown key "titel"; did you mean "title"?`,
	}, "\n"))
	_, err = routing.ReadResultsForm("results.yaml", []byte(strings.Join([]string{
		"object: X__c", "note: Telegram", "backup: nobody", "sale:", "  - {}",
		"  - {title: A, field: A__c, pull: true, options: [x, x]}", "  - {field: a__c}", "  - {title: C, field: C__c, input: Text, pull: true}",
		"noSale:", "  - {title: D, options: [x], except: [y]}",
	}, "\n")))
	require.EqualError(t, err, strings.Join([]string{
		`results.yaml:2:7: note: there is no kind of note "Telegram": write "Task", or leave it out for a note`,
		`results.yaml:3:9: backup: rule Results: Backup "nobody" is no e-mail address`,
		`results.yaml:6:5: Sale, row 1 (A): its options are both typed in and pulled: choose one`,
		`results.yaml:6:5: Sale, row 1 (A): the option "x" is there twice`,
		`results.yaml:7:5: Sale, row 2: the title is missing: it is what people read`,
		`results.yaml:7:5: Sale, row 2: row 1 writes a__c, too: remove one`,
		`results.yaml:7:5: Sale, row 2: there are no options: type them in, or pull them`,
		`results.yaml:8:5: Sale, row 3 (C): a row with the input Text has no options: choose Standard Picker or Multi Picker`,
		`results.yaml:10:5: No Sale, row 1 (D): the field is missing: name the field that the row writes`,
		`results.yaml:10:5: No Sale, row 1 (D): except is for options that are pulled: remove it, or the options themselves`,
	}, "\n"))
}

func TestCheckHoldsAFormAgainstTheOrg(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	c := client(t, o.org, "cid", "csecret")
	f, err := routing.ReadResultsForm("results.yaml", []byte(formFile))
	require.NoError(t, err)
	problems, err := f.Check(t.Context(), c)
	require.NoError(t, err)
	require.Empty(t, problems)

	f, err = routing.ReadResultsForm("results.yaml", []byte(strings.Join([]string{
		"object: i360__Appointment__c", "sale:",
		"  - {title: Result, field: i360__Result__c, options: [Demo Sold, Pitched, Sold Big]}",
		"  - {title: Score, field: Score__c, input: Number}",
		"  - {title: Detail, field: i360__Result_Detial__c, pull: true}",
		"  - {title: City, field: i360__City__c, pull: true}",
		"  - {title: State, field: i360__State__c, input: Date}",
		"noSale:",
		"  - {title: Extra, field: i360__Result_1__c, options: [Anything]}",
		"  - {title: Result, field: i360__Result__c, pull: true, except: [Gone]}",
	}, "\n")))
	require.NoError(t, err)
	problems, err = f.Check(t.Context(), c)
	require.NoError(t, err)
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.String())
	}
	require.Equal(t, []string{
		`results.yaml:3:5: Sale, row 1 (Result): the picklist i360__Result__c is restricted and does not have "Pitched", "Sold Big": remove them, or add them in Salesforce`,
		`results.yaml:4:5: Sale, row 2 (Score): the field Score__c cannot be changed, or this login may not change it`,
		`results.yaml:5:5: Sale, row 3 (Detail): i360__Appointment__c has no field i360__Result_Detial__c, or this login may not see it; did you mean "i360__Result_Detail__c"?`,
		`results.yaml:6:5: Sale, row 4 (City): the field i360__City__c has no options to pull: type them in`,
		`results.yaml:7:5: Sale, row 5 (State): the input Date does not fit the field i360__State__c, which has the type string`,
		`results.yaml:9:5: warning: No Sale, row 1 (Extra): the picklist i360__Result_1__c does not have "Anything"`,
		`results.yaml:10:5: warning: No Sale, row 2 (Result): the picklist i360__Result__c does not have "Gone", which need no exception`,
	}, lines)

	problems, err = (&routing.ResultsForm{Object: "Nothing__c", Sale: f.Sale}).Check(t.Context(), c)
	require.NoError(t, err)
	require.ErrorContains(t, problems.Err(), "the org does not have Nothing__c")
}

func TestNewNamesTheFaultsOfResults(t *testing.T) {
	t.Parallel()
	_, err := routing.New(routing.Config{
		Destination: &process{}, Store: outbox.NewMemory(), Spool: outbox.Spool{Dir: t.TempDir()},
		Results: &routing.ResultsForm{Backup: []string{"nobody"}, FileName: "%", Sale: []routing.ResultRow{{Title: "A"}}},
		Rules:   []routing.Rule{{Type: routing.AppointmentResults}},
	})
	for _, text := range []string{
		"object: the object class name is missing", "the field is missing", "there are no options", "there is no Renderer",
		"the Destination is no Salesforce", `Backup "nobody" is no e-mail address`, "the rule for Results belongs into Results",
	} {
		require.ErrorContains(t, err, text)
	}
}
