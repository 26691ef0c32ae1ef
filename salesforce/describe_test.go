package salesforce_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

const leadDescribe = `{"name":"Lead","label":"Lead","keyPrefix":"00Q","createable":true,"fields":[
	{"name":"LastName","type":"string","length":80,"nillable":false,"createable":true},
	{"name":"Status","type":"picklist","nillable":false,"createable":true,"defaultedOnCreate":true,"restrictedPicklist":true,
	 "picklistValues":[{"value":"Open","label":"Offen","active":true,"defaultValue":true,"validFor":null},{"value":"Old","active":false,"validFor":"gAA="}]},
	{"name":"OwnerId","type":"reference","referenceTo":["Group","User"],"relationshipName":"Owner","nillable":false}],
	"childRelationships":[{"childSObject":"Note","field":"ParentId","relationshipName":"Notes","cascadeDelete":true},
	{"childSObject":"LeadHistory","field":"LeadId","relationshipName":null}],
	"recordTypeInfos":[{"recordTypeId":"012000000000000AAA","name":"Master","developerName":"Master","master":true,"available":true,"active":true}]}`

func TestDescribe(t *testing.T) {
	t.Parallel()
	org := record(200, leadDescribe)

	s, err := newClient(t, org).Describe(t.Context(), "Lead")

	require.NoError(t, err)
	require.Equal(t, "GET /services/data/v66.0/sobjects/Lead/describe", org.path)
	require.Equal(t, "00Q", s.KeyPrefix)
	name, ok := s.Field("lastname")
	require.True(t, ok)
	require.True(t, name.Required())
	status, ok := s.Field("Status")
	require.True(t, ok)
	require.False(t, status.Required())
	require.Equal(t, salesforce.PicklistValue{Value: "Old", ValidFor: []byte{0x80, 0x00}}, status.PicklistValues[1])
	_, ok = s.Field("Nope")
	require.False(t, ok)
	notes, ok := s.Child("notes")
	require.True(t, ok)
	require.Equal(t, "ParentId", notes.Field)
	_, ok = s.Child("")
	require.False(t, ok)
	require.True(t, s.RecordTypes[0].Master)
}

func TestDescribeGlobal(t *testing.T) {
	t.Parallel()
	org := record(200, `{"encoding":"UTF-8","maxBatchSize":200,"sobjects":[{"name":"Lead","keyPrefix":"00Q"},{"name":"LeadHistory","keyPrefix":null}]}`)

	list, err := newClient(t, org).DescribeGlobal(t.Context())

	require.NoError(t, err)
	require.Equal(t, "GET /services/data/v66.0/sobjects", org.path)
	require.Equal(t, []salesforce.SObjectSummary{{Name: "Lead", KeyPrefix: "00Q"}, {Name: "LeadHistory"}}, list)
}

func TestDescribeOfAHiddenObject(t *testing.T) {
	t.Parallel()
	org := &script{answer: fails(404, "NOT_FOUND", "The requested resource does not exist")}

	_, err := newClient(t, org).Describe(t.Context(), "Secret__c")

	require.ErrorIs(t, err, salesforce.ErrNotFound)
	require.EqualError(t, err, "salesforce: describe Secret__c: NOT_FOUND: The requested resource does not exist")
}

func TestDescriptionsAreKeptUntilTheyChange(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	c := orgClient(t, org)
	describe := func() *salesforce.SObject {
		s, err := c.Describe(t.Context(), "Account")
		require.NoError(t, err)
		return s
	}
	status := func() int {
		requests := org.Requests()
		return requests[len(requests)-1].Status
	}
	first := describe()
	require.Equal(t, 200, status())
	require.Same(t, first, describe())
	require.Equal(t, 304, status())

	org.Advance(2 * time.Second)
	require.NoError(t, org.Extend(salesforcetest.Schema{{Name: "Account", Fields: []salesforcetest.Field{{Name: "New__c"}}}}))
	second := describe()
	require.Equal(t, 200, status())
	_, known := second.Field("New__c")
	require.True(t, known)

	_, err := c.DescribeGlobal(t.Context())
	require.NoError(t, err)
	objects, err := c.DescribeGlobal(t.Context())
	require.NoError(t, err)
	require.Equal(t, 304, status())
	require.NotEmpty(t, objects)
}

func TestDescriptionsAreThoseOfTheUser(t *testing.T) {
	t.Parallel()
	var user atomic.Int32
	org := &script{
		answer: func(w http.ResponseWriter, r *http.Request) {
			tag := fmt.Sprint("of user ", user.Load())
			w.Header().Set("ETag", `"same"`)
			if r.Header.Get("If-None-Match") != "" {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			fmt.Fprintf(w, `{"name":"Account","label":%q}`, tag)
		},
	}
	grants := 0
	org.login = func(w http.ResponseWriter, r *http.Request) {
		grants++
		rec := httptest.NewRecorder()
		writeGrant(rec, r, fmt.Sprintf("T%d", org.loginCount()))
		other := fmt.Sprintf("005xx000001Swi%d", user.Load())
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, strings.Replace(rec.Body.String(), userID, other, 1))
	}
	c := newClient(t, org)
	describe := func() string {
		s, err := c.Describe(t.Context(), "Account")
		require.NoError(t, err)
		return s.Label
	}
	require.Equal(t, "of user 0", describe())
	org.expire()
	require.Equal(t, "of user 0", describe(), "the same user, with a new session")
	user.Store(1)
	require.Equal(t, "of user 0", describe(), "the session is still that of the first")
	org.expire()
	require.Equal(t, "of user 1", describe(), "though the org says that it is not modified")
	require.Equal(t, "of user 1", describe())
	require.Equal(t, 3, grants)
}
