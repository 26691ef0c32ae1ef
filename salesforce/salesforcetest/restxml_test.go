package salesforcetest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// xml sends a request that asks for XML.
func (c *client) xml(method, path, body string) answer {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+"/services/data/v66.0"+path, strings.NewReader(body))
	require.NoError(c.t, err)
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept", "application/xml")
	if body != "" {
		req.Header.Set("Content-Type", "application/xml; charset=UTF-8")
	}
	return c.send(req)
}

const prolog = `<?xml version="1.0" encoding="UTF-8"?>`

func TestRecordsAsXML(t *testing.T) {
	t.Parallel()
	overBoth(t, salesforcetest.Options{}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		created := c.xml("POST", "/sobjects/Account", prolog+`<Account><Name>X &amp; Y</Name><ZEP__c>true</ZEP__c><NumberOfEmployees>3</NumberOfEmployees><Number__c>7</Number__c></Account>`)
		require.Equal(t, 201, created.status, created.body)
		require.Equal(t, "application/xml;charset=UTF-8", created.header.Get("Content-Type"))
		id := envelope{t, created}.element("id")
		require.Equal(t, prolog+`<Result><id>`+id+`</id><success>true</success></Result>`, created.body)
		require.Equal(t, []any{true, 3.0}, []any{org.Record(id)["ZEP__c"], org.Record(id)["NumberOfEmployees"]})

		read := c.xml("GET", "/sobjects/Account/"+id+"?fields=Name,CreatedDate,Phone", "")
		require.Contains(t, read.body, prolog+`<Account type="Account" url="/services/data/v66.0/sobjects/Account/`+id+`"><Name>X &amp; Y</Name>`+
			`<CreatedDate>2026-11-21T15:30:00.000Z</CreatedDate><Phone xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>`)

		require.Equal(t, 204, c.xml("PATCH", "/sobjects/Account/"+id, `<a><Phone>1</Phone></a>`).status)
		child := c.xml("POST", "/sobjects/Contact", `<c><LastName>L</LastName><Account><Number__c>7</Number__c></Account></c>`)
		require.Equal(t, id, org.Record(envelope{t, child}.element("id"))["AccountId"])

		found := c.xml("GET", "/query?q="+url.QueryEscape("SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Phone = '1'"), "")
		require.Equal(t, []string{"1", "1"}, envelope{t, found}.elements("totalSize"))
		require.Contains(t, found.body, `<Contacts><totalSize>1</totalSize><done>true</done><records type="Contact" url="`)

		missing := c.xml("POST", "/sobjects/Account", `<a><Phone>1</Phone></a>`)
		require.Equal(t, 400, missing.status)
		require.Equal(t, "REQUIRED_FIELD_MISSING", envelope{t, missing}.element("errorCode"))
		require.True(t, strings.HasPrefix(missing.body, prolog+"<Errors><Error>"))
	})
}

func TestFormatsByTheEndOfThePath(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	id := org.Insert("Account", map[string]any{"Name": "n", "Number__c": "a.xml"})
	require.True(t, strings.HasPrefix(c.get("/sobjects/Account/"+id+".xml").ok(200).body, prolog))
	require.Equal(t, "n", c.get("/sobjects/Account/" + id + ".json").ok(200).object()["Name"])
	require.Equal(t, "n", c.get("/sobjects/Account/Number__c/a.xml").ok(200).object()["Name"], "the value is no format")
	require.Contains(t, c.get("/sobjects.xml").ok(200).body, "<DescribeGlobal><encoding>UTF-8</encoding>")
}

func TestWhatIsNotServedAsXML(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	a := c.xml("GET", "/limits", "")
	require.Equal(t, 406, a.status)
	require.Equal(t, "NOT_ACCEPTABLE", envelope{t, a}.element("errorCode"))
	require.Equal(t, 406, c.xml("POST", "/composite/sobjects", "").status)
	c.do("POST", "/composite/sobjects", "application/xml", "<a/>").refused(415, "UNSUPPORTED_MEDIA_TYPE", "application/xml")
	c.do("POST", "/sobjects/Account", "application/xml", "<a>").refused(400, "XML_PARSER_ERROR", "no XML document")
	require.Equal(t, 404, c.xml("GET", "/nowhere", "").status)
	c.token = ""
	require.Equal(t, "INVALID_SESSION_ID", envelope{t, c.xml("GET", "/query?q=x", "")}.element("errorCode"))
}
