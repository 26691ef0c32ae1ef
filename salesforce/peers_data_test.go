package salesforce_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
	"github.com/sfbridge/sfbridge/soql"
)

// TestKnownDefectsWithData holds what clients of Salesforce have been seen to get
// wrong with records, queries and bulk jobs, as [TestKnownDefects] does for the
// wire.
func TestKnownDefectsWithData(t *testing.T) {
	t.Parallel()
	for _, defect := range []struct {
		name  string
		check func(t *testing.T)
	}{
		{"numbers go through floats and lose digits", digitsAreKept},
		{"a date without a time does not fit a time", datesAreRead},
		{"null, zero and left out are the same", threeStatesAreThree},
		{"fields are dropped from writes because of their names", everyFieldIsWritten},
		{"the caller's map is changed", callersMapIsTheirs},
		{"a record that is nil panics", nilRecordsAreErrors},
		{"maps cannot be written many at a time", mapsAreRecords},
		{"null fields and compound fields vanish", nothingVanishes},
		{"records without the usual attributes panic", attributesMayBeMissing},
		{"an external id breaks out of the address", externalIDsStayInside},
		{"an external id that is a number cannot be used", externalIDsMayBeNumbers},
		{"the name of an object breaks out of the address", namesAreChecked},
		{"a value breaks out of a query", valuesAreNoSyntax},
		{"OR takes a condition away that AND adds", conditionsKeepTogether},
		{"an empty list in IN means everything", emptyListsAreErrors},
		{"a record that cannot be read is taken for one that is not there", unreadableIsNotMissing},
		{"errors name another call than the one that failed", errorsNameTheirCall},
		{"only the first fault of several is told", allFaultsAreTold},
		{"a bulk job leaks a connection", bulkJobsKeepTheirConnection},
		{"waiting for several jobs reads the result of one", allJobsCount},
		{"polling a job goes on when its context ends", pollingEndsWithItsContext},
		{"a job whose upload failed is waited for", brokenUploadsEndTheJob},
		{"values with commas, quotes and line breaks spoil the CSV", csvIsQuoted},
		{"long lines of a bulk result are cut", longLinesAreRead},
		{"an empty CSV panics", emptyCSVIsAnError},
		{"headers that a proxy took away panic or cut a bulk result", missingHeadersOfBulk},
	} {
		t.Run(defect.name, func(t *testing.T) {
			t.Parallel()
			defect.check(t)
		})
	}
}

func digitsAreKept(t *testing.T) {
	const large = "12345678901234567.89"
	page := `{"totalSize":1,"done":true,"records":[{"attributes":{"type":"Lead"},"Revenue__c":` + large + `,"Count__c":9007199254740993}]}`
	c := newClient(t, &script{answer: body(200, page)})
	records, err := salesforce.CollectQuery[salesforce.Record](t.Context(), c, "SELECT Revenue__c FROM Lead", nil)
	require.NoError(t, err)
	require.Equal(t, json.Number(large), records[0]["Revenue__c"])
	type lead struct {
		Revenue json.Number `json:"Revenue__c"`
		Count   int64       `json:"Count__c"`
	}
	leads, err := salesforce.CollectQuery[lead](t.Context(), c, "SELECT Revenue__c FROM Lead", nil)
	require.NoError(t, err)
	require.Equal(t, []lead{{large, 9007199254740993}}, leads)

	var sent []string
	org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		sent = append(sent, string(text))
		_, _ = io.WriteString(w, created)
	}}
	_, err = newClient(t, org).Create(t.Context(), "Lead", records[0], nil)
	require.NoError(t, err)
	require.Contains(t, sent[0], large)
	require.Contains(t, sent[0], "9007199254740993")
}

func datesAreRead(t *testing.T) {
	org := salesforcetest.NewOrg(nil)
	org.Insert("Opportunity", map[string]any{"Name": "A", "StageName": "Prospecting", "CloseDate": "2026-02-28"})
	type opportunity struct {
		Close   salesforce.Date     `json:"CloseDate"`
		Created salesforce.DateTime `json:"CreatedDate"`
	}
	all, err := salesforce.CollectQuery[opportunity](t.Context(), orgClient(t, org), "SELECT CloseDate, CreatedDate FROM Opportunity", nil)
	require.NoError(t, err)
	require.Equal(t, "2026-02-28", all[0].Close.String())
	require.False(t, all[0].Created.IsZero())
}

func threeStatesAreThree(t *testing.T) {
	org := salesforcetest.NewOrg(nil)
	id := salesforce.ID(org.Insert("Account", map[string]any{"Name": "A", "Phone": "1", "Fax": "2", "NumberOfEmployees": 3}))
	type account struct {
		Phone salesforce.Field[string] `json:",omitzero"`
		Fax   salesforce.Field[string] `json:",omitzero"`
		Staff salesforce.Field[int]    `json:"NumberOfEmployees,omitzero"`
	}
	update := account{Fax: salesforce.Null[string](), Staff: salesforce.Value(0)}
	require.NoError(t, orgClient(t, org).Update(t.Context(), "Account", id, update, nil))
	a := org.Record(string(id))
	require.Equal(t, []any{"1", nil, "0"}, []any{a["Phone"], a["Fax"], fmt.Sprint(a["NumberOfEmployees"])})
}

func everyFieldIsWritten(t *testing.T) {
	fields := salesforce.Record{
		"ContactEmail": "a@example.com", "ClosedDate": nil, "IsClosed": true, "CreatedDate": "x", "Type": "t", "Attributes": 1, "Url": "u",
	}
	org := record(201, created)
	_, err := newClient(t, org).Create(t.Context(), "Case", fields, nil)
	require.NoError(t, err)
	var got salesforce.Record
	require.NoError(t, json.Unmarshal([]byte(org.text), &got))
	require.ElementsMatch(t, slices.Collect(maps.Keys(fields)), slices.Collect(maps.Keys(got)))
}

func callersMapIsTheirs(t *testing.T) {
	org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Schema{
		{Name: "Account", Fields: []salesforcetest.Field{{Name: "Ext__c", ExternalID: true, Unique: true}}},
	}})
	c := orgClient(t, org, patient)
	id := salesforce.ID(org.Insert("Account", map[string]any{"Name": "A", "Ext__c": "7"}))
	record := salesforce.Record{"Id": id, "Ext__c": "7", "Name": "B", "Parent": salesforce.Record{"Ext__c": "7"}}
	before := maps.Clone(record)

	_, err := c.Upsert(t.Context(), "Account", "Ext__c", "7", salesforce.Record{"Ext__c": "7", "Name": "C"}, nil)
	require.NoError(t, err)
	delete(record, "Parent")
	delete(before, "Parent")
	require.NoError(t, c.Update(t.Context(), "Account", id, record, nil))
	list, err := results(t, salesforce.UpdateAll(t.Context(), c, "Account", slices.Values([]salesforce.Record{record}), nil))
	require.NoError(t, err)
	require.NoError(t, list[0].Err)
	var batch salesforce.Composite
	batch.Update("Account", id, salesforce.Record{"Name": "D"})
	_, err = c.Composite(t.Context(), &batch)
	require.NoError(t, err)
	require.Equal(t, before, record)
}

func nilRecordsAreErrors(t *testing.T) {
	org := salesforcetest.NewOrg(nil)
	c := orgClient(t, org)
	for _, record := range []any{nil, salesforce.Record(nil), (*struct{})(nil), (map[string]string)(nil)} {
		_, err := c.Create(t.Context(), "Lead", record, nil)
		require.ErrorIs(t, err, salesforce.ErrValidation)
		list, err := results(t, salesforce.CreateAll(t.Context(), c, "Lead", slices.Values([]any{record}), nil))
		require.NoError(t, err)
		require.ErrorIs(t, list[0].Err, salesforce.ErrValidation)
		var batch salesforce.Composite
		batch.Create("Lead", salesforce.Record{"Company": "Acme", "LastName": "Lee"})
		batch.Create("Lead", record)
		_, err = c.Composite(t.Context(), &batch)
		require.ErrorIs(t, err, salesforce.ErrValidation)
	}
	require.Empty(t, org.Requests())
}

func mapsAreRecords(t *testing.T) {
	org := salesforcetest.NewOrg(nil)
	list, err := results(t, salesforce.CreateAll(t.Context(), orgClient(t, org), "Account",
		slices.Values([]map[string]string{{"Name": "A"}, {"Name": "B"}}), nil))
	require.NoError(t, err)
	require.NoError(t, errors.Join(list[0].Err, list[1].Err))
	require.Len(t, org.Records("Account"), 2)
}

func nothingVanishes(t *testing.T) {
	org := salesforcetest.NewOrg(nil)
	org.Insert("Account", map[string]any{"Name": "A", "BillingCity": "Bonn"})
	records, err := salesforce.CollectQuery[salesforce.Record](t.Context(), orgClient(t, org), "SELECT Id, Phone, BillingAddress, ParentId FROM Account", nil)
	require.NoError(t, err)
	phone, ok := records[0]["Phone"]
	require.True(t, ok)
	require.Nil(t, phone)
	city, ok := records[0].Get("BillingAddress.city")
	require.True(t, ok)
	require.Equal(t, "Bonn", city)
}

func attributesMayBeMissing(t *testing.T) {
	for _, record := range []string{`{}`, `{"attributes":null}`, `{"attributes":7}`, `{"attributes":{"type":7,"url":null}}`, `{"attributes":[],"Owner":null}`} {
		c := newClient(t, &script{answer: body(200, `{"totalSize":1,"done":true,"records":[`+record+`]}`)})
		records, err := salesforce.CollectQuery[salesforce.Record](t.Context(), c, "SELECT Id FROM Lead", nil)
		require.NoError(t, err, record)
		require.Empty(t, records[0].ID())
		_, err = salesforce.CollectQuery[struct{ Name string }](t.Context(), c, "SELECT Id FROM Lead", nil)
		require.NoError(t, err, record)
	}
}

func externalIDsStayInside(t *testing.T) {
	org := &script{answer: body(200, created)}
	c := newClient(t, org)
	for _, value := range []string{"a/b?x", "a#b", "../User", "a b+c", "ä&=%2F", `"';`} {
		_, err := c.Upsert(t.Context(), "Lead", "E__c", value, lead, nil)
		require.NoError(t, err)
	}
	for _, value := range []string{"", ".", ".."} {
		_, err := c.Upsert(t.Context(), "Lead", "E__c", value, lead, nil)
		require.ErrorIs(t, err, salesforce.ErrValidation)
	}
	base := "PATCH /services/data/v" + salesforce.DefaultVersion + "/sobjects/Lead/E__c/"
	require.Equal(t, []string{
		base + "a%2Fb%3Fx", base + "a%23b", base + "..%2FUser", base + "a%20b%2Bc", base + "%C3%A4&=%252F", base + "%22%27%3B",
	}, org.called())
}

func externalIDsMayBeNumbers(t *testing.T) {
	org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Schema{
		{Name: "Account", Fields: []salesforcetest.Field{{Name: "No__c", Type: "double", ExternalID: true, Unique: true}}},
	}})
	c := orgClient(t, org)
	first, err := c.Upsert(t.Context(), "Account", "No__c", "7", salesforce.Record{"Name": "A"}, nil)
	require.NoError(t, err)
	second, err := c.Upsert(t.Context(), "Account", "No__c", "7", salesforce.Record{"Name": "B"}, nil)
	require.NoError(t, err)
	require.Equal(t, first.ID, second.ID)
}

func namesAreChecked(t *testing.T) {
	org := &script{answer: body(200, created)}
	c := newClient(t, org)
	for _, name := range []string{"", "Lead/x", "../Lead", "Lead?x", "Lead x", "Läd", "Lead\n", "Lead%2F", "7Lead"} {
		_, createErr := c.Create(t.Context(), name, lead, nil)
		_, getErr := salesforce.Get[salesforce.Record](t.Context(), c, name, leadID)
		_, fieldErr := salesforce.Get[salesforce.Record](t.Context(), c, "Lead", leadID, name)
		_, describeErr := c.Describe(t.Context(), name)
		_, listErr := c.Picklists(t.Context(), name, salesforce.MasterRecordType)
		_, upsertErr := c.Upsert(t.Context(), "Lead", name, "x", lead, nil)
		_, allErr := results(t, salesforce.UpsertAll(t.Context(), c, "Lead", name+"-", numbered(1, nil), nil))
		_, manyErr := salesforce.GetAll[salesforce.Record](t.Context(), c, name, []salesforce.ID{leadID}, "Name")
		_, bulkErr := results(t, salesforce.BulkIngest(t.Context(), c, salesforce.Ingest{Object: name, Operation: salesforce.BulkInsert}, numbered(1, nil)))
		for i, err := range []error{createErr, getErr, fieldErr, describeErr, listErr, upsertErr, allErr, manyErr, bulkErr} {
			require.ErrorIs(t, err, salesforce.ErrValidation, "%d %q", i, name)
		}
	}
	require.Zero(t, org.callCount())
}

// evil are values that have broken out of the literals of others.
var evil = []string{`x' OR Name != '`, `\' OR Name != '`, `\`, `'`, `''`, "x\n'", `\\' OR Id != null OR Name = '`}

func valuesAreNoSyntax(t *testing.T) {
	org := salesforcetest.NewOrg(nil)
	for _, name := range evil {
		org.Insert("Account", map[string]any{"Name": name})
	}
	c := orgClient(t, org)
	for _, name := range evil {
		for _, where := range []soql.Condition{soql.Eq("Name", name), soql.In("Name", []string{name})} {
			q := &soql.Query{Select: soql.Fields("Name"), From: soql.From{Object: "Account"}, Where: where}
			text, err := q.Text()
			require.NoError(t, err)
			found, err := salesforce.CollectQuery[salesforce.Record](t.Context(), c, text, nil)
			require.NoError(t, err, text)
			require.Equal(t, []salesforce.Record{{"Name": name}}, found)
		}
	}
}

func conditionsKeepTogether(t *testing.T) {
	org := salesforcetest.NewOrg(nil)
	for _, name := range []string{"A", "B"} {
		org.Insert("Account", map[string]any{"Name": name, "Site": "theirs"})
	}
	either := soql.Or(soql.Eq("Name", "A"), soql.Eq("Name", "B"))
	q := &soql.Query{Select: soql.Fields("Id"), From: soql.From{Object: "Account"}, Where: soql.And(either, soql.Eq("Site", "mine"))}
	text, err := q.Text()
	require.NoError(t, err)
	found, err := salesforce.CollectQuery[salesforce.Record](t.Context(), orgClient(t, org), text, nil)
	require.NoError(t, err)
	require.Empty(t, found)
}

func emptyListsAreErrors(t *testing.T) {
	for _, where := range []soql.Condition{
		soql.In("OwnerId", []string{}), soql.In("OwnerId", []salesforce.ID(nil)), soql.Eq("OwnerId", salesforce.ID("")),
		soql.And(soql.Eq("Name", "A"), soql.In("OwnerId", []string{})), soql.Or(),
	} {
		q := &soql.Query{Select: soql.Fields("Id"), From: soql.From{Object: "Account"}, Where: where}
		text, err := q.Text()
		require.Error(t, err, text)
	}
}

func unreadableIsNotMissing(t *testing.T) {
	for _, answer := range []http.HandlerFunc{body(500, ""), body(503, "<html>"), fails(403, "INSUFFICIENT_ACCESS", "x"), drops, body(200, "x")} {
		_, err := salesforce.Get[salesforce.Record](t.Context(), newClient(t, &script{answer: answer}), "Lead", leadID)
		require.Error(t, err)
		require.NotErrorIs(t, err, salesforce.ErrNotFound)
	}
}

func errorsNameTheirCall(t *testing.T) {
	c := newClient(t, &script{answer: fails(400, "A_CODE", "why")})
	_, create := c.Create(t.Context(), "Lead", lead, nil)
	_, describe := c.Describe(t.Context(), "Lead")
	_, search := c.Search(t.Context(), salesforce.Search{Text: "x"})
	_, limits := c.Limits(t.Context())
	_, bulk := results(t, salesforce.BulkIngest(t.Context(), c, salesforce.Ingest{Object: "Lead", Operation: salesforce.BulkDelete}, numbered(1, nil)))
	for want, err := range map[string]error{
		"create Lead": create, "query": count(t, c), "delete Lead " + string(leadID): c.Delete(t.Context(), "Lead", leadID),
		"describe Lead": describe, "search": search, "get the limits": limits, "bulk delete Lead": bulk,
	} {
		require.EqualError(t, err, "salesforce: "+want+": A_CODE: why")
	}
}

func allFaultsAreTold(t *testing.T) {
	c := newClient(t, &script{answer: body(400, `[{"errorCode":"A","message":"one","fields":["X"]},{"errorCode":"B","message":"two"}]`)})
	_, err := c.Create(t.Context(), "Lead", lead, nil)
	require.EqualError(t, err, "salesforce: create Lead: A: one; B: two")
	e, ok := errors.AsType[*salesforce.Error](err)
	require.True(t, ok)
	require.Equal(t, []string{"X"}, e.Fields)
}

func bulkJobsKeepTheirConnection(t *testing.T) {
	var conns atomic.Int32
	b := &bulkScript{lists: map[string]string{"successfulResults": successes + "Name\n001xx0000000001,true,x\n"}}
	server := httptest.NewUnstartedServer(&script{answer: b.answer})
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := clientAt(t, server.URL, server.Client().Transport)
	for range 50 {
		list, err := results(t, salesforce.BulkIngest(t.Context(), c, salesforce.Ingest{
			Object: "Account", Operation: salesforce.BulkInsert, Poll: salesforce.Poll{First: time.Microsecond},
		}, slices.Values([]salesforce.Record{{"Name": "x"}})))
		require.NoError(t, err)
		require.NoError(t, list[0].Err)
	}
	require.EqualValues(t, 1, conns.Load())
}

func allJobsCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for failing := range 3 {
			org := salesforcetest.NewOrg(nil)
			org.Fail(salesforcetest.Fault{Method: "PUT", Path: "/batches", Code: "INVALIDBATCH", Times: -1, Match: func(*http.Request) bool {
				return len(org.Records("Account")) == 2*failing
			}})
			list, err := results(t, salesforce.BulkIngest(t.Context(), orgClient(t, org, patient), salesforce.Ingest{
				Object: "Account", Operation: salesforce.BulkInsert, Columns: []string{"Name"}, JobSize: 12, InFlight: 1,
			}, numbered(6, nil)))
			require.ErrorContains(t, err, "INVALIDBATCH")
			require.Len(t, list, 2*failing+2)
			for i, r := range list {
				require.Equal(t, i < 2*failing, r.Err == nil)
			}
			require.Len(t, org.Records("Account"), 2*failing)
		}
	})
}

func pollingEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(&salesforcetest.Options{BulkPolls: 1 << 20})
		c := orgClient(t, org, patient)
		_, err := c.Session(t.Context())
		require.NoError(t, err)
		for _, wait := range []func(context.Context) error{
			func(ctx context.Context) error {
				_, err := results(t, salesforce.BulkIngest(ctx, c, salesforce.Ingest{Object: "Account", Operation: salesforce.BulkInsert}, numbered(1, nil)))
				return err
			},
			func(ctx context.Context) error {
				_, err := salesforce.Collect(salesforce.BulkQuery[salesforce.Record](ctx, c, "SELECT Id FROM Account", nil))
				return err
			},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			began := time.Now()
			require.ErrorIs(t, wait(ctx), context.DeadlineExceeded)
			require.Equal(t, time.Hour, time.Since(began))
			cancel()
			requests := org.Requests()
			last := requests[len(requests)-1]
			require.Equal(t, http.MethodPatch, last.Method, "the job is aborted")
			require.Less(t, len(requests), 300, "the pauses have grown")
		}
	})
}

func brokenUploadsEndTheJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(nil)
		org.Fail(salesforcetest.Fault{Method: "PUT", Path: "/batches", Code: "INVALIDBATCH", Times: -1})
		list, err := results(t, salesforce.BulkIngest(t.Context(), orgClient(t, org, patient),
			salesforce.Ingest{Object: "Account", Operation: salesforce.BulkInsert, Columns: []string{"Name"}}, numbered(2, nil)))
		require.ErrorContains(t, err, "INVALIDBATCH")
		require.NotErrorIs(t, list[0].Err, salesforce.ErrOutcomeUnknown)
		requests := org.Requests()
		require.Equal(t, http.MethodPatch, requests[len(requests)-1].Method, "the job is aborted")
	})
}

func csvIsQuoted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(nil)
		c := orgClient(t, org, patient)
		names := []string{"a,b", `say "hi"`, "line\nbreak", "crlf\r\nbreak", `"`, ",", "=1+1", "日本"}
		var rows []salesforce.Record
		for _, name := range names {
			rows = append(rows, salesforce.Record{"Name": name})
		}
		list, err := results(t, salesforce.BulkIngest(t.Context(), c,
			salesforce.Ingest{Object: "Account", Operation: salesforce.BulkInsert}, slices.Values(rows)))
		require.NoError(t, err)
		for i, r := range list {
			require.NoError(t, r.Err)
			require.Equal(t, names[i], org.Record(string(r.ID))["Name"])
		}
		var back []string
		for r, err := range salesforce.BulkQuery[struct{ Name string }](t.Context(), c, "SELECT Name FROM Account", nil) {
			require.NoError(t, err)
			back = append(back, r.Name)
		}
		require.ElementsMatch(t, names, back)
	})
}

func longLinesAreRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := strings.Repeat("x", 1<<20)
		c := newClient(t, queryScript(1, nil, "Name\n"+long+"\n"))
		records, err := salesforce.Collect(salesforce.BulkQuery[salesforce.Record](t.Context(), c, "SELECT Name FROM Account", nil))
		require.NoError(t, err)
		require.Equal(t, long, records[0]["Name"])
	})
}

func emptyCSVIsAnError(t *testing.T) {
	org := &script{answer: body(500, "")}
	for _, text := range []string{"", "\n", "\r\n\r\n"} {
		_, err := results(t, newClient(t, org).BulkIngestCSV(t.Context(), salesforce.Ingest{Object: "Account", Operation: salesforce.BulkInsert}, strings.NewReader(text)))
		require.ErrorIs(t, err, salesforce.ErrValidation)
	}
	// Names without rows are no fault: there is nothing to do.
	list, err := results(t, newClient(t, org).BulkIngestCSV(t.Context(),
		salesforce.Ingest{Object: "Account", Operation: salesforce.BulkInsert}, strings.NewReader("Name\n")))
	require.NoError(t, err)
	require.Empty(t, list)
	require.Zero(t, org.callCount())
}

func missingHeadersOfBulk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		org := manyContacts(250)
		for _, header := range []string{"Sforce-Numberofrecords", "Sforce-Locator"} {
			strip := stripping{org.Transport(), header}
			c := clientAt(t, salesforce.MyDomain("acme"), strip, patient)
			for _, inFlight := range []int{1, 2} {
				contacts, err := salesforce.Collect(salesforce.BulkQuery[bulkContact](t.Context(), c, contactsInBulk,
					&salesforce.BulkQueryOptions{PageSize: 100, InFlight: inFlight}))
				if header == "Sforce-Locator" && inFlight == 1 {
					require.ErrorContains(t, err, "the job tells 250 rows, and 100 came")
					continue
				}
				require.NoError(t, err)
				require.Len(t, contacts, 250)
			}
		}
	})
}

// stripping is a proxy that takes a header away.
type stripping struct {
	http.RoundTripper
	header string
}

func (s stripping) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Header.Del(s.header)
	}
	return resp, err
}
