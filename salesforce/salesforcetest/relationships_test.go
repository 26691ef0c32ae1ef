package salesforcetest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// with sends a request with headers: name, value and so on.
func (c *client) with(method, path, body string, headers ...string) answer {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+"/services/data/v66.0"+path, strings.NewReader(body))
	require.NoError(c.t, err)
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return c.send(req)
}

func TestPathsFollowRelationships(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme, lee, solo := idOf(t, org, "Account", "Name", "Acme"), idOf(t, org, "Contact", "LastName", "Lee"), idOf(t, org, "Contact", "LastName", "Solo")

	require.Equal(t, "Acme", c.get("/sobjects/Contact/" + lee + "/Account").ok(200).object()["Name"])
	require.Equal(t, `{"attributes":{"type":"User","url":"/services/data/v66.0/sobjects/User/`+org.Credentials().UserID+`"},"LastName":"Admin","Id":"`+org.Credentials().UserID+`"}`,
		c.get("/sobjects/Contact/"+lee+"/Owner?fields=LastName").ok(200).body)
	c.get("/sobjects/Contact/"+solo+"/Account").refused(404, "NOT_FOUND", "The requested resource does not exist")
	c.get("/sobjects/Contact/"+lee+"/Nothing").refused(404, "NOT_FOUND", "")

	require.Equal(t, "System Administrator", c.get("/sobjects/Contact/" + lee + "/Account/Owner/Profile?fields=Name").ok(200).object()["Name"])
	require.Equal(t, "Lee, Kim", c.get("/sobjects/Contact/"+lee+"/Account/Contacts").names("LastName"))
	for _, path := range []string{"/Account/Parent", "/Account/Parent/Owner", "/Account/Contacts/Owner", "/Account/Owner/Nothing", "/Account/Owner/Manager/Manager/Manager/Manager"} {
		require.Equal(t, 404, c.get("/sobjects/Contact/"+lee+path).status, path)
	}

	list := c.get("/sobjects/Account/" + acme + "/contacts?fields=LastName").ok(200)
	require.Equal(t, "Lee, Kim", list.names("LastName"))
	require.Contains(t, list.body, `{"totalSize":2,"done":true,"records":[{"attributes":{"type":"Contact","url":"/services/data/v66.0/sobjects/Contact/`+lee+`"},"LastName":"Lee","Id":"`+lee+`"}`)
	require.Equal(t, "lee@acme.example", c.get("/sobjects/Account/" + acme + "/Contacts").records()[0]["Email"])
	require.JSONEq(t, `{"totalSize":0,"done":true,"records":[]}`, c.get("/sobjects/Account/"+acme+"/Cases").ok(200).body)
	c.get("/sobjects/Account/"+acme+"/Contacts?fields=Nothing").refused(400, "INVALID_FIELD", "")

	c.patch("/sobjects/Contact/"+lee+"/Account", `{"Phone":"1"}`).ok(204)
	require.Equal(t, "1", org.Record(acme)["Phone"])
	c.patch("/sobjects/Account/"+acme+"/Contacts", `{"Phone":"1"}`).refused(405, "METHOD_NOT_ALLOWED", "")
	c.delete("/sobjects/Contact/"+solo+"/Account").refused(404, "NOT_FOUND", "")
	org.Update(solo, map[string]any{"AccountId": idOf(t, org, "Account", "Name", "Gamma_100%")})
	c.delete("/sobjects/Contact/" + solo + "/Account").ok(204)
	require.Empty(t, c.query("SELECT Id FROM Account WHERE Name = 'Gamma_100%'").records())
}

func TestManyChildrenHavePages(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	gamma := idOf(t, org, "Account", "Name", "Gamma_100%")
	for range 250 {
		org.Insert("Contact", map[string]any{"LastName": "x", "AccountId": gamma})
	}
	first := c.with("GET", "/sobjects/Account/"+gamma+"/Contacts?fields=Name", "", "Sforce-Query-Options", "batchSize=200")
	require.Len(t, first.records(), 200)
	require.Len(t, c.get(first.object()["nextRecordsUrl"].(string)).records(), 50)
}

func TestUpsertPaths(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	id := c.patch("/sobjects/Account/Number__c/A%2FB%20100%25", `{"Name":"slash"}`).id()
	require.Equal(t, "A/B 100%", org.Record(id)["Number__c"])
	require.Equal(t, "slash", c.get("/sobjects/Account/Number__c/A%2FB%20100%25").ok(200).object()["Name"])

	c.patch("/sobjects/Account/Number__c/new?updateOnly=true", `{"Name":"x"}`).refused(404, "NOT_FOUND", "")
	created := c.post("/sobjects/Account/Id", `{"Name":"by id"}`).id()
	require.Equal(t, "by id", org.Record(created)["Name"])
	c.patch("/sobjects/Account/Id/"+created, `{"Name":"by its id"}`).ok(200)
	require.Equal(t, "by its id", org.Record(created)["Name"])
	also := c.patch("/sobjects/Account/Id/", `{"Name":"without id"}`).id()
	require.Equal(t, "without id", org.Record(also)["Name"])
	c.post("/sobjects/Account/"+created, `{}`).refused(405, "METHOD_NOT_ALLOWED", "POST")
}

func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme, lee := idOf(t, org, "Account", "Name", "Acme"), idOf(t, org, "Contact", "LastName", "Lee")
	org.Update(acme, map[string]any{"Phone": "0"})
	now, earlier := saturday.Format(http.TimeFormat), saturday.Add(-time.Second).Format(http.TimeFormat)
	path := "/sobjects/Account/" + acme
	whole := c.get(path).ok(200)
	tag := whole.header.Get("ETag")
	require.Regexp(t, `^"[A-Za-z0-9+/]{27}="$`, tag)
	require.Equal(t, now, whole.header.Get("Last-Modified"))
	require.Empty(t, c.get("/sobjects/Contact/"+lee).header.Get("ETag"), "only accounts have one")

	for _, story := range []struct {
		header, value string
		status        int
	}{
		{"If-None-Match", tag, 304},
		{"If-None-Match", `"x", ` + tag, 304},
		{"If-None-Match", `"x"`, 200},
		{"If-Match", tag, 200},
		{"If-Match", `"x"`, 412},
		{"If-Modified-Since", now, 304},
		{"If-Modified-Since", earlier, 200},
		{"If-Modified-Since", "yesterday", 200},
		{"If-Unmodified-Since", now, 200},
		{"If-Unmodified-Since", earlier, 412},
	} {
		a := c.with("GET", path, "", story.header, story.value)
		require.Equal(t, story.status, a.status, "%s: %s", story.header, story.value)
		require.Equal(t, story.status == 304, a.body == "")
	}
	for _, path := range []string{"/sobjects", "/sobjects/Account", "/sobjects/Account/describe"} {
		require.Equal(t, now, c.get(path).header.Get("Last-Modified"), "the org was extended then")
		require.Equal(t, 304, c.with("GET", path, "", "If-Modified-Since", now).status)
		require.Equal(t, 200, c.with("GET", path, "", "If-Modified-Since", earlier).status)
		c.with("GET", path, "", "If-Unmodified-Since", earlier).refused(412, "PRECONDITION_FAILED", "")
	}
	org.Advance(time.Hour)
	org.Insert("RecordType", map[string]any{"Name": "Big", "DeveloperName": "Big", "SobjectType": "Account"})
	require.Equal(t, 200, c.with("GET", "/sobjects/Account/describe", "", "If-Modified-Since", now).status)
	require.Equal(t, 304, c.with("GET", "/sobjects/Contact/describe", "", "If-Modified-Since", now).status)

	c.with("PATCH", path, `{"Phone":"1"}`, "If-Match", `"x"`).refused(412, "PRECONDITION_FAILED", "")
	c.with("PATCH", path, `{"Phone":"1"}`, "If-Match", tag).ok(204)
	c.with("PATCH", path, `{"Phone":"2"}`, "If-Match", tag).refused(412, "PRECONDITION_FAILED", "")
	c.with("PATCH", "/sobjects/Account/Number__c/A-1", `{"Phone":"2"}`, "If-Unmodified-Since", now).refused(412, "PRECONDITION_FAILED", "")
	require.Equal(t, "1", org.Record(acme)["Phone"])
	current := c.get(path).header.Get("ETag")
	c.with("PATCH", path, `{"Phone":"2"}`, "If-None-Match", current).refused(412, "PRECONDITION_FAILED", "")
	for _, header := range [][]string{{"If-Match", "x"}, {"If-None-Match", "x"}, {"If-Unmodified-Since", "today"}} {
		c.with("PATCH", path, `{"Phone":"2"}`, header...).refused(400, "INVALID_HEADER", header[0])
	}
	changed := c.with("PATCH", path, `{"Fax":"2"}`, "If-Match", strings.TrimSuffix(current, `"`)+`--gzip"`).ok(204)
	require.Equal(t, c.get(path).header.Get("ETag"), changed.header.Get("ETag"))
	gone := "/sobjects/Account/" + idOf(t, org, "Account", "Name", "Gamma_100%")
	c.with("DELETE", gone, "", "If-Unmodified-Since", earlier).ok(204)
	head := c.with("HEAD", path, "").ok(200)
	require.Empty(t, head.body)
	require.NotEqual(t, tag, head.header.Get("ETag"))
}

func TestWhatSurroundsRecords(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme := idOf(t, org, "Account", "Name", "Acme")
	org.Advance(time.Minute)
	c.patch("/sobjects/Account/"+acme, `{"Phone":"1"}`).ok(204)
	want := `{"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/` + acme + `"},"Id":"` + acme + `","Name":"Acme"}`
	require.JSONEq(t, "["+want+"]", c.get("/recent?limit=1").ok(200).body)
	var about struct {
		RecentItems []any `json:"recentItems"`
	}
	c.get("/sobjects/Account").decode(&about)
	require.Len(t, about.RecentItems, 4)
	c.get("/recent?limit=x").refused(400, "INVALID_QUERY_LIMIT", "'x'")

	require.JSONEq(t, `{"done":true,"listviews":[],"nextRecordsUrl":null,"size":0,"sobjectType":"Account"}`, c.get("/sobjects/Account/listviews").ok(200).body)
	require.Equal(t, "[]\n", c.get("/sobjects/Account/quickActions").ok(200).body)
	require.Contains(t, c.get("/tabs").ok(200).body, `"sobjectName":"Account"`)
	require.Contains(t, c.get("/theme").ok(200).body, `"name":"Account"`)

	layouts := c.get("/sobjects/Account/describe/layouts").ok(200)
	require.Contains(t, layouts.body, `"recordTypeSelectorRequired":[false]`)
	var one struct {
		Sections []struct {
			Rows []struct {
				Items []struct {
					Label      string
					Required   bool
					Components []struct{ Value string } `json:"layoutComponents"`
				} `json:"layoutItems"`
			} `json:"layoutRows"`
		} `json:"detailLayoutSections"`
	}
	c.get("/sobjects/Account/describe/layouts/012000000000000AAA").ok(200).decode(&one)
	name := one.Sections[0].Rows[0].Items[0]
	require.Equal(t, []any{"Account Name", true, "Name"}, []any{name.Label, name.Required, name.Components[0].Value})
	c.get("/sobjects/Account/describe/layouts/012000000000001AAA").refused(404, "NOT_FOUND", "")
	require.Contains(t, c.get("/sobjects/Account/describe/compactLayouts").ok(200).body, `"compactLayoutName":"SYSTEM"`)
	require.JSONEq(t, `{"approvalLayouts":[]}`, c.get("/sobjects/Account/describe/approvalLayouts").ok(200).body)
	c.get("/sobjects/Account/describe/namedLayouts").refused(404, "NOT_FOUND", "")
}

func TestPasswordsOfUsers(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	stale := "/sobjects/User/" + idOf(t, org, "User", "Username", "stale@example.com") + "/password"
	require.JSONEq(t, `{"IsExpired":true}`, c.get(stale).ok(200).body)
	c.post(stale, `{"NewPassword":"fresh"}`).ok(204)
	require.JSONEq(t, `{"IsExpired":false}`, c.get(stale).ok(200).body)
	require.Regexp(t, `^\{"NewPassword":".{12}"\}\n$`, c.delete(stale).ok(200).body)
	require.JSONEq(t, `{"IsExpired":true}`, c.get(stale).ok(200).body)
	c.post(stale, `{"NewPassword":""}`).refused(400, "INVALID_NEW_PASSWORD", "")
	c.get("/sobjects/User/005xx000000zzzzAAA/password").refused(404, "NOT_FOUND", "")
}
