package salesforcetest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

type page struct {
	TotalSize      int              `json:"totalSize"`
	Done           bool             `json:"done"`
	NextRecordsURL string           `json:"nextRecordsUrl"`
	Records        []map[string]any `json:"records"`
}

func (c *client) page(path, options string) page {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), "GET", c.base+path, http.NoBody)
	require.NoError(c.t, err)
	req.Header.Set("Authorization", "OAuth "+c.token)
	if options != "" {
		req.Header.Set("Sforce-Query-Options", options)
	}
	var p page
	c.send(req).ok(200).decode(&p)
	return p
}

const queryPath = "/services/data/v66.0/query?q="

func TestPagesFollowOneAnother(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	for i := range 450 {
		org.Insert("Account", map[string]any{"Name": fmt.Sprintf("%03d", i)})
	}
	c := newClient(t, org)

	p := c.page(queryPath+url.QueryEscape("SELECT Name FROM Account ORDER BY Name"), "batchSize=50")
	require.Equal(t, 450, p.TotalSize)
	require.False(t, p.Done)
	require.Len(t, p.Records, 200, "no page is asked to be below 200")
	require.Regexp(t, `^/services/data/v66\.0/query/0r8[0-9A-Za-z]{15}-200$`, p.NextRecordsURL)

	org.Insert("Account", map[string]any{"Name": "000"}) // is not in the result any more
	second := c.page(p.NextRecordsURL, "")
	require.Equal(t, "200", second.Records[0]["Name"])
	require.Equal(t, 450, second.TotalSize)
	last := c.page(second.NextRecordsURL, "")
	require.Len(t, last.Records, 50)
	require.True(t, last.Done)
	require.Empty(t, last.NextRecordsURL)
	require.Equal(t, second, c.page(p.NextRecordsURL, ""), "a page can be read again")

	c.get(p.NextRecordsURL+"9").refused(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
	c.get("/query/0r8000000000000AAA-200").refused(400, "INVALID_QUERY_LOCATOR", "")
	c.get(queryPath[:len(queryPath)-3]+"/nonsense").refused(400, "INVALID_QUERY_LOCATOR", "")
	org.Advance(48*time.Hour + time.Second)
	c.token = org.Credentials().AccessToken
	c.get(p.NextRecordsURL).refused(400, "INVALID_QUERY_LOCATOR", "")
}

func TestChildListsHavePagesToo(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{BatchSize: 2})
	acme := org.Insert("Account", map[string]any{"Name": "Acme"})
	for i := range 5 {
		org.Insert("Contact", map[string]any{"LastName": fmt.Sprint(i), "AccountId": acme})
	}
	c := newClient(t, org)

	p := c.page(queryPath+url.QueryEscape("SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName DESC) FROM Account"), "")
	require.True(t, p.Done)
	children := p.Records[0]["Contacts"].(map[string]any)
	require.Equal(t, false, children["done"])
	next := c.page(children["nextRecordsUrl"].(string), "")
	require.Equal(t, 5, next.TotalSize)
	require.Equal(t, "2", next.Records[0]["LastName"])
}

func TestLocatorsBelongToTheirUser(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{BatchSize: 2}))
	p := c.page(queryPath+url.QueryEscape("SELECT Name FROM Account"), "")
	c.token = soapLogin(t, c, "64.0", "plain@example.com", "hunter3").element("sessionId")
	c.get(p.NextRecordsURL).refused(400, "INVALID_QUERY_LOCATOR", "")
}
