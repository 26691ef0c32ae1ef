package salesforce_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

const leadID = salesforce.ID("00Q000000000001EAA")

// recorded is an org that keeps the last request's path and body.
type recorded struct {
	script
	path, text string
}

func record(status int, answer string) *recorded {
	o := &recorded{}
	o.answer = func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		o.path, o.text = r.Method+" "+r.URL.RequestURI(), string(text)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}
	return o
}

func TestUpsertEscapesTheValueAndLeavesTheCallersRecordAlone(t *testing.T) {
	t.Parallel()
	org := record(201, `{"id":"00Q000000000001EAA","success":true,"errors":[],"created":true}`)
	rec := salesforce.Record{"LastName": "Ada", "EXT__c": "a/b?x", "Amount__c": int64(12345678901234567)}

	got, err := newClient(t, org).Upsert(t.Context(), "Lead", "Ext__c", "a/b?x #+%ä", rec, nil)

	require.NoError(t, err)
	require.Equal(t, salesforce.Upserted{ID: leadID, Created: true}, got)
	require.Equal(t, "PATCH /services/data/v66.0/sobjects/Lead/Ext__c/a%2Fb%3Fx%20%23%2B%25%C3%A4", org.path)
	require.JSONEq(t, `{"LastName":"Ada","Amount__c":12345678901234567}`, org.text)
	require.Contains(t, rec, "EXT__c")
}

func TestUpsertAnswersOfAllVersions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		answer string
		want   salesforce.Upserted
	}{
		{201, `{"id":"00Q000000000001EAA","success":true,"errors":[],"created":true}`, salesforce.Upserted{ID: leadID, Created: true}},
		{200, `{"id":"00Q000000000001EAA","success":true,"errors":[],"created":false}`, salesforce.Upserted{ID: leadID}},
		{204, ``, salesforce.Upserted{}},
	} {
		got, err := newClient(t, record(c.status, c.answer)).Upsert(t.Context(), "Lead", "Ext__c", "1", lead, nil)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
}

func TestUpsertOfSeveralMatchesIsAnError(t *testing.T) {
	t.Parallel()
	org := record(300, `["/services/data/v66.0/sobjects/Lead/00Q000000000001EAA","/services/data/v66.0/sobjects/Lead/00Q000000000002EAA"]`)

	_, err := newClient(t, org).Upsert(t.Context(), "Lead", "Ext__c", "1", lead, nil)

	require.ErrorIs(t, err, salesforce.ErrDuplicate)
	require.ErrorContains(t, err, "00Q000000000002EAA")
}

func TestUpdateDropsItsOwnIdAndRefusesAnother(t *testing.T) {
	t.Parallel()
	org := record(204, "")
	c := newClient(t, org)
	rec := salesforce.Record{"id": leadID.Short(), "Fax": nil, "LastName": "Ada"}

	require.NoError(t, c.Update(t.Context(), "Lead", leadID, rec, nil))
	require.Equal(t, "PATCH /services/data/v66.0/sobjects/Lead/00Q000000000001EAA", org.path)
	require.JSONEq(t, `{"Fax":null,"LastName":"Ada"}`, org.text)
	require.Contains(t, rec, "id")

	rec["id"] = "00Q000000000002EAA"
	err := c.Update(t.Context(), "Lead", leadID, rec, nil)
	require.ErrorIs(t, err, salesforce.ErrValidation)
	require.Equal(t, 1, org.callCount())
}

func TestStructsAreWrittenByTheirTags(t *testing.T) {
	t.Parallel()
	org := record(204, "")

	err := newClient(t, org).Update(t.Context(), "Contact", "003000000000001AAA", contactUpdate{
		Phone: salesforce.Value("1"), Fax: salesforce.Null[string](),
	}, nil)

	require.NoError(t, err)
	require.JSONEq(t, `{"Phone":"1","Fax":null}`, org.text)
}

// Nothing of what is given becomes part of an address, and what makes no sense
// makes no call.
func TestNonsenseMakesNoCall(t *testing.T) {
	t.Parallel()
	org := record(204, "")
	c := newClient(t, org)
	ctx := t.Context()
	var none *contactUpdate
	upsert := func(object, field, value string, rec any) error {
		_, err := c.Upsert(ctx, object, field, value, rec, nil)
		return err
	}
	create := func(object string, rec any) error {
		_, err := c.Create(ctx, object, rec, nil)
		return err
	}
	get := func(object string, id salesforce.ID, fields ...string) error {
		_, err := salesforce.Get[salesforce.Record](ctx, c, object, id, fields...)
		return err
	}
	for name, err := range map[string]error{
		"nil record":         create("Lead", nil),
		"nil map":            create("Lead", salesforce.Record(nil)),
		"nil pointer":        create("Lead", none),
		"a list":             create("Lead", []salesforce.Record{lead}),
		"a text":             create("Lead", "LastName"),
		"not to be encoded":  create("Lead", salesforce.Record{"X": func() {}}),
		"no object":          create("", lead),
		"object with slash":  create("Lead/../User", lead),
		"no id":              c.Delete(ctx, "Case", ""),
		"bad id":             c.Delete(ctx, "Case", "500XX"),
		"id of another path": c.Update(ctx, "Case", "../User/005000000000001", lead, nil),
		"bad field":          get("Lead", leadID, "Name&x=y"),
		"bad id to get":      get("Lead", "00Q000000000001EAB"),
		"no value":           upsert("Lead", "Ext__c", "", lead),
		"dots":               upsert("Lead", "Ext__c", "..", lead),
		"field with slash":   upsert("Lead", "Ext__c/x", "1", lead),
		"no field":           upsert("Lead", "", "1", lead),
	} {
		require.ErrorIs(t, err, salesforce.ErrValidation, name)
	}
	require.Zero(t, org.loginCount())
}

func TestGetKeepsEveryDigit(t *testing.T) {
	t.Parallel()
	org := record(200, `{"attributes":{"type":"Lead"},"Id":"00Q000000000001EAA","Amount__c":12345678901234567.89,"Count__c":12345678901234567}`)
	c := newClient(t, org)

	r, err := salesforce.Get[salesforce.Record](t.Context(), c, "Lead", salesforce.ID(leadID.Short()), "Id", "Amount__c")

	require.NoError(t, err)
	require.Equal(t, "GET /services/data/v66.0/sobjects/Lead/00Q000000000001EAA?fields=Id,Amount__c", org.path)
	amount, _ := r.Get("Amount__c")
	require.Equal(t, "12345678901234567.89", amount.(interface{ String() string }).String())

	s, err := salesforce.Get[struct {
		Count int64 `json:"Count__c"`
		Any   any   `json:"Amount__c"`
	}](t.Context(), c, "Lead", leadID)
	require.NoError(t, err)
	require.Equal(t, int64(12345678901234567), s.Count)
	require.Equal(t, amount, s.Any)
}

func TestDeleteOfADeletedRecord(t *testing.T) {
	t.Parallel()
	gone := fails(404, "ENTITY_IS_DELETED", "entity is deleted")

	err := newClient(t, &script{answer: gone}).Delete(t.Context(), "Lead", leadID)
	require.ErrorIs(t, err, salesforce.ErrDeleted)
	require.ErrorIs(t, err, salesforce.ErrNotFound)

	err = newClient(t, &script{answer: answers(drops, gone)}).Delete(t.Context(), "Lead", leadID)
	require.NoError(t, err, "the try whose answer was lost did it")
}

func TestSaveThatIsNoSuccess(t *testing.T) {
	t.Parallel()
	org := record(200, `{"id":null,"success":false,"errors":[{"statusCode":"DUPLICATE_VALUE","message":"taken","fields":["Ext__c"]}]}`)

	_, err := newClient(t, org).Create(t.Context(), "Lead", lead, nil)

	require.ErrorIs(t, err, salesforce.ErrDuplicate)
	e, ok := errors.AsType[*salesforce.Error](err)
	require.True(t, ok)
	require.Equal(t, []string{"Ext__c"}, e.Fields)
	require.True(t, strings.HasPrefix(e.Error(), "salesforce: create Lead: DUPLICATE_VALUE"))
}

func TestWriteOptionsAreHeaders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		opt  *salesforce.WriteOptions
		want map[string]string
	}{
		{nil, map[string]string{}},
		{&salesforce.WriteOptions{}, map[string]string{}},
		{&salesforce.WriteOptions{AssignmentRule: salesforce.NoAssignmentRule}, map[string]string{"Sforce-Auto-Assign": "FALSE"}},
		{&salesforce.WriteOptions{AssignmentRule: "01Qxx0000004C9F"}, map[string]string{"Sforce-Auto-Assign": "01Qxx0000004C9F"}},
		{&salesforce.WriteOptions{AllowDuplicates: true}, map[string]string{"Sforce-Duplicate-Rule-Header": "allowSave=true"}},
		{
			&salesforce.WriteOptions{AllowDuplicates: true, DuplicatesAsUser: true, MarkRecent: true},
			map[string]string{"Sforce-Duplicate-Rule-Header": "allowSave=true; runAsCurrentUser=true", "Sforce-Mru": "updateMru=true"},
		},
	} {
		got := map[string]string{}
		org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
			for name := range r.Header {
				if strings.HasPrefix(name, "Sforce-") {
					got[name] = r.Header.Get(name)
				}
			}
			body(201, created)(w, r)
		}}
		client := newClient(t, org)

		_, err := client.Create(t.Context(), "Lead", lead, c.opt)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
		require.NoError(t, client.Update(t.Context(), "Lead", "00Q000000000001EAA", lead, c.opt))
		require.Equal(t, c.want, got)
		_, err = client.Upsert(t.Context(), "Lead", "Email__c", "a", lead, c.opt)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
}

func TestAssignmentRuleIsAnIDOrNone(t *testing.T) {
	t.Parallel()
	org := &script{answer: body(201, created)}
	for _, rule := range []string{"false", "x\r\nAuthorization: y", "00Q000000000001EAA"} {
		_, err := newClient(t, org).Create(t.Context(), "Lead", lead, &salesforce.WriteOptions{AssignmentRule: rule})
		require.ErrorIs(t, err, salesforce.ErrValidation, rule)
	}
	require.Zero(t, org.callCount())
}
