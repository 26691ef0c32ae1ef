package salesforcetest_test

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// soap calls an operation of the partner API. headers and body are XML.
func (c *client) soap(headers, body string) envelope {
	c.t.Helper()
	return c.soapAt("/services/Soap/u/64.0/00Dxx0000001gPL", "urn:partner.soap.sforce.com", headers, body)
}

func (c *client) soapAt(path, namespace, headers, body string) envelope {
	c.t.Helper()
	message := fmt.Sprintf(`<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">`+
		`<e:Header xmlns=%q><SessionHeader><sessionId>%s</sessionId></SessionHeader>%s</e:Header><e:Body xmlns=%[1]q>%[4]s</e:Body></e:Envelope>`,
		namespace, c.token, headers, body)
	req, err := http.NewRequestWithContext(c.t.Context(), "POST", c.base+path, strings.NewReader(message))
	require.NoError(c.t, err)
	req.Header.Set("Content-Type", "text/xml")
	req.Header.Set("SOAPAction", `""`)
	return envelope{c.t, c.send(req)}
}

// elements are the texts of all elements of a name.
func (e envelope) elements(name string) []string {
	e.t.Helper()
	var list []string
	d := xml.NewDecoder(strings.NewReader(e.body))
	for {
		token, err := d.Token()
		if err != nil {
			return list
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == name {
			var inner struct {
				Text string `xml:",innerxml"`
			}
			require.NoError(e.t, d.DecodeElement(&inner, &start))
			list = append(list, inner.Text)
		}
	}
}

// result is what the answer holds, as it is written.
func (e envelope) result(operation string) string {
	e.t.Helper()
	require.Equal(e.t, 200, e.status, e.body)
	_, rest, found := strings.Cut(e.body, "<"+operation+"Response>")
	require.True(e.t, found, e.body)
	inner, _, found := strings.Cut(rest, "</"+operation+"Response>")
	require.True(e.t, found, e.body)
	return inner
}

// fails requires a fault.
func (e envelope) fails(code, message string) {
	e.t.Helper()
	require.Equal(e.t, 500, e.status, e.body)
	require.Equal(e.t, "sf:"+code, e.element("faultcode"))
	require.Equal(e.t, code, e.element("exceptionCode"))
	require.Contains(e.t, e.element("exceptionMessage"), message)
}

func TestSOAPUserAndTime(t *testing.T) {
	t.Parallel()
	overBoth(t, salesforcetest.Options{}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		info := c.soap("", "<getUserInfo/>")
		require.Equal(t, 200, info.status, info.body)
		require.Equal(t, "user@example.com", info.element("userName"))
		require.Equal(t, org.Credentials().OrgID, info.element("organizationId"))
		require.Equal(t, "15000", info.element("limit"))
		require.Equal(t, "1", info.element("current"))
		require.Contains(t, info.body, `<roleId xsi:nil="true"/>`)
		require.Equal(t, `<result><timestamp>2026-11-21T15:30:00.000Z</timestamp></result>`, c.soap("", "<getServerTimestamp/>").result("getServerTimestamp"))
	})
}

func TestSOAPSessions(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	rep := soapLogin(t, c, "64.0", "rep@example.com", "hunter2XYZ").element("sessionId")
	require.Equal(t, []string{"true"}, c.soap("", "<invalidateSessions><sessionIds>"+rep+"</sessionIds></invalidateSessions>").elements("success"))
	require.Equal(t, []string{"false"}, c.soap("", "<invalidateSessions><sessionIds>"+rep+"</sessionIds></invalidateSessions>").elements("success"))
	require.Empty(t, c.soap("", "<logout/>").result("logout"))
	c.soap("", "<getUserInfo/>").fails("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader")
	c.token = rep
	c.soap("", "<getUserInfo/>").fails("INVALID_SESSION_ID", "")
	require.Contains(t, c.soap("", "<getUserInfo/>").body, "<faultcode>sf:INVALID_SESSION_ID</faultcode>")
}

func TestSOAPPasswords(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	stale := soapLogin(t, c, "64.0", "stale@example.com", "hunter4")
	c.token = stale.element("sessionId")
	c.soap("", "<query><queryString>SELECT Id FROM Account</queryString></query>").fails("INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "expired")
	c.soap("", "<setPassword><userId>"+stale.element("userId")+"</userId><password>new1</password></setPassword>").result("setPassword")
	require.Equal(t, "4", c.soap("", "<query><queryString>SELECT Id FROM Account</queryString></query>").element("size"))
	require.Equal(t, "false", soapLogin(t, c, "64.0", "stale@example.com", "new1").element("passwordExpired"))

	reset := c.soap("", "<resetPassword><userId>"+stale.element("userId")+"</userId></resetPassword>")
	require.Equal(t, "true", soapLogin(t, c, "64.0", "stale@example.com", reset.element("password")).element("passwordExpired"))
}

func TestSOAPQuery(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{BatchSize: 2})
	c := newClient(t, org)
	find := func(text string) envelope {
		var b strings.Builder
		require.NoError(t, xml.EscapeText(&b, []byte(text)))
		return c.soap("", "<query><queryString>"+b.String()+"</queryString></query>")
	}
	one := find("SELECT Id, Name, CreatedDate, BillingAddress, Owner.Name, Parent.Name, (SELECT LastName FROM Contacts ORDER BY LastName LIMIT 1) FROM Account WHERE Name = 'Acme'")
	id := org.Records("Account")[0]["Id"].(string)
	require.Equal(t, `<result xsi:type="QueryResult"><done>true</done><queryLocator xsi:nil="true"/>`+
		`<records xsi:type="sf:sObject"><sf:type>Account</sf:type><sf:Id>`+id+`</sf:Id><sf:Id>`+id+`</sf:Id><sf:Name>Acme</sf:Name>`+
		`<sf:CreatedDate>2026-11-21T10:00:00.000Z</sf:CreatedDate>`+
		`<sf:BillingAddress xsi:type="address"><latitude xsi:nil="true"/><longitude xsi:nil="true"/><city>Berlin</city><country xsi:nil="true"/>`+
		`<countryCode xsi:nil="true"/><geocodeAccuracy xsi:nil="true"/><postalCode xsi:nil="true"/><state xsi:nil="true"/><stateCode xsi:nil="true"/><street xsi:nil="true"/></sf:BillingAddress>`+
		`<sf:Owner xsi:type="sf:sObject"><sf:type>User</sf:type><sf:Id xsi:nil="true"/><sf:Name>Ada Admin</sf:Name></sf:Owner><sf:Parent xsi:nil="true"/>`+
		`<sf:Contacts xsi:type="QueryResult"><done>true</done><queryLocator xsi:nil="true"/><records xsi:type="sf:sObject"><sf:type>Contact</sf:type>`+
		`<sf:Id xsi:nil="true"/><sf:LastName>Kim</sf:LastName></records><size>1</size></sf:Contacts></records><size>1</size></result>`, one.result("query"))

	page := find("SELECT Name FROM Account ORDER BY CreatedDate DESC")
	require.Equal(t, []string{"false"}, page.elements("done"))
	require.Equal(t, []string{"Acme", "beta Corp"}, page.elements("Name"))
	more := c.soap("", "<queryMore><queryLocator>"+page.element("queryLocator")+"</queryLocator></queryMore>")
	require.Equal(t, []string{"Gamma_100%", `Delta's "best"`}, more.elements("Name"))
	require.Equal(t, "true", more.element("done"))
	require.Equal(t, "4", more.element("size"))
	c.soap("", "<queryMore><queryLocator>0r8xx-2</queryLocator></queryMore>").fails("INVALID_QUERY_LOCATOR", "invalid query locator")

	require.Equal(t, "4", c.soap("<QueryOptions><batchSize>200</batchSize></QueryOptions>", "<query><queryString>SELECT COUNT() FROM Account</queryString></query>").element("size"))
	all := c.soap("<QueryOptions><batchSize>200</batchSize></QueryOptions>", "<queryAll><queryString>SELECT Name FROM Account</queryString></queryAll>")
	require.Len(t, all.elements("Name"), 5)
	require.Contains(t, find("SELECT COUNT(Id) n, MAX(CreatedDate) FROM Account").body, `<sf:type>AggregateResult</sf:type><sf:Id xsi:nil="true"/>`+
		`<sf:n xsi:type="xsd:int">4</sf:n><sf:expr0 xsi:type="xsd:dateTime">2026-11-21T10:00:00.000Z</sf:expr0>`)

	bad := find("SELECT Nonsense FROM Account")
	bad.fails("INVALID_FIELD", "No such column 'Nonsense'")
	require.Equal(t, []string{"1", "8"}, []string{bad.element("row"), bad.element("column")})
	require.Contains(t, bad.body, `<sf:InvalidFieldFault xsi:type="sf:InvalidFieldFault">`)
	find("SELECT Id FORM Account").fails("MALFORMED_QUERY", "")
	find("SELECT Id FROM Nothing").fails("INVALID_TYPE", "sObject type 'Nothing' is not supported")
}

func TestSOAPRecords(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	created := c.soap("", `<create><sObjects><type>Account</type><Name> Soap &amp; co </Name><Type>Customer</Type><ZEP__c>1</ZEP__c><NumberOfEmployees> 12 </NumberOfEmployees>`+
		`<Industry i:nil="true"/><Number__c>N</Number__c></sObjects><sObjects><type>Account</type></sObjects></create>`)
	require.Equal(t, []string{"true", "false"}, created.elements("success"))
	require.Equal(t, "REQUIRED_FIELD_MISSING", created.element("statusCode"))
	require.Equal(t, "Name", created.element("fields"))
	id := created.element("id")
	got := org.Record(id)
	require.Equal(t, []any{"Soap & co", "Customer", true, 12.0, nil}, []any{strings.TrimSpace(got["Name"].(string)), got["Type"], got["ZEP__c"], got["NumberOfEmployees"], got["Industry"]})

	c.soap("", `<update><sObjects><type>Account</type><Id>`+id+`</Id><fieldsToNull>Type</fieldsToNull><Phone>1</Phone></sObjects></update>`).result("update")
	require.Equal(t, []any{nil, "1"}, []any{org.Record(id)["Type"], org.Record(id)["Phone"]})

	upserted := c.soap("", `<upsert><externalIDFieldName>Number__c</externalIDFieldName><sObjects><type>Account</type><Number__c>N</Number__c><Phone>2</Phone></sObjects>`+
		`<sObjects><type>Account</type><Number__c>M</Number__c><Name>M</Name></sObjects></upsert>`)
	require.Equal(t, []string{"false", "true"}, upserted.elements("created"))
	require.Equal(t, id, upserted.element("id"))

	contact := c.soap("", `<create><sObjects><type>Contact</type><LastName>Child</LastName><Account><type>Account</type><Number__c>M</Number__c></Account></sObjects></create>`)
	require.Equal(t, upserted.elements("id")[1], org.Record(contact.element("id"))["AccountId"])

	read := c.soap("", `<retrieve><fieldList>Name, Phone</fieldList><sObjectType>Account</sObjectType><ids>`+id+`</ids><ids>001000000000000AAA</ids></retrieve>`)
	require.Contains(t, read.result("retrieve"), `<sf:Phone>2</sf:Phone>`)
	require.True(t, strings.HasSuffix(read.result("retrieve"), `<result xsi:nil="true"/>`))

	gone := c.soap("", `<delete><ids>`+id+`</ids><ids>`+id+`</ids></delete>`)
	require.Equal(t, []string{"true", "false"}, gone.elements("success"))
	require.Equal(t, "ENTITY_IS_DELETED", gone.element("statusCode"))
	require.Equal(t, []string{"true"}, c.soap("", `<undelete><ids>`+id+`</ids></undelete>`).elements("success"))
	c.soap("", `<delete><ids>`+id+`</ids></delete>`).result("delete")
	emptied := c.soap("", `<emptyRecycleBin><ids>`+id+`</ids><ids>`+id+`</ids></emptyRecycleBin>`)
	require.Equal(t, []string{"true", "false"}, emptied.elements("success"))
	require.Nil(t, org.Record(id))
}

func TestSOAPAllOrNone(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	a := c.soap(`<AllOrNoneHeader><allOrNone>true</allOrNone></AllOrNoneHeader>`,
		`<create><sObjects><type>Account</type><Name>Good</Name></sObjects><sObjects><type>Account</type></sObjects></create>`)
	require.Equal(t, []string{"false", "false"}, a.elements("success"))
	require.Equal(t, []string{"ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"}, a.elements("statusCode"))
	require.Len(t, org.Records("Account"), 4)
}

func TestSOAPValuesHaveTheirTypes(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	a := c.soap("", `<create><sObjects><type>Account</type><Name>x</Name><AnnualRevenue>much</AnnualRevenue></sObjects></create>`)
	require.Equal(t, 500, a.status)
	require.Equal(t, "soapenv:Client", a.element("faultcode"))
	require.Equal(t, "'much' is not a valid value for the type xsd:double", a.element("faultstring"))
	many := "<create>" + strings.Repeat("<sObjects><type>Account</type><Name>x</Name></sObjects>", 201) + "</create>"
	c.soap("", many).fails("EXCEEDED_ID_LIMIT", "200")
	c.soap("", `<create><sObjects><type>Nothing</type></sObjects></create>`).fails("INVALID_TYPE", "sObject type 'Nothing'")
}

func TestSOAPMerge(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	master, loser := org.Insert("Account", map[string]any{"Name": "A"}), org.Insert("Account", map[string]any{"Name": "B"})
	contact := org.Insert("Contact", map[string]any{"LastName": "C", "AccountId": loser})
	a := c.soap("", `<merge><mergeRequests><masterRecord><type>Account</type><Id>`+master+`</Id><Phone>7</Phone></masterRecord>`+
		`<recordToMergeIds>`+loser+`</recordToMergeIds></mergeRequests><mergeRequests><masterRecord><type>Account</type><Id>`+loser+`</Id></masterRecord></mergeRequests></merge>`)
	require.Equal(t, `<result><id>`+master+`</id><mergedRecordIds>`+loser+`</mergedRecordIds><success>true</success><updatedRelatedIds>`+contact+`</updatedRelatedIds></result>`,
		a.result("merge")[:strings.Index(a.result("merge"), "</result>")+len("</result>")])
	require.Equal(t, []string{"true", "false"}, a.elements("success"))
	require.Equal(t, "7", org.Record(master)["Phone"])
	require.Equal(t, master, org.Record(contact)["AccountId"])
	require.Equal(t, master, org.Record(loser)["MasterRecordId"])
}

func TestSOAPDescribe(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	global := c.soap("", "<describeGlobal/>")
	require.Contains(t, global.elements("name"), "Visit__c")
	require.Equal(t, "UTF-8", global.element("encoding"))
	one := c.soap("", "<describeSObject><sObjectType>Account</sObjectType></describeSObject>")
	require.Contains(t, one.elements("fields")[0], "<name>Id</name>")
	require.Contains(t, one.elements("fields")[1], `<defaultValue xsi:type="xsd:boolean">false</defaultValue><defaultedOnCreate>true</defaultedOnCreate>`)
	require.Contains(t, one.result("describeSObject"), "<relationshipName>Contacts</relationshipName>")
	require.NotContains(t, one.body, "<urls>")
	two := c.soap("", "<describeSObjects><sObjectType>Account</sObjectType><sObjectType>Contact</sObjectType></describeSObjects>")
	require.Len(t, two.elements("result"), 2)
	c.soap("", "<describeSObject><sObjectType>Nothing</sObjectType></describeSObject>").fails("INVALID_TYPE", "")
}

func TestSOAPReplication(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	c := newClient(t, org)
	kept, gone := org.Insert("Account", map[string]any{"Name": "A"}), org.Insert("Account", map[string]any{"Name": "B"})
	org.Delete(gone)
	org.Advance(time.Minute)
	window := "<sObjectType>Account</sObjectType><startDate>2026-11-21T15:00:00Z</startDate><endDate>2026-11-21T16:00:00.000Z</endDate>"
	require.Equal(t, `<result><ids>`+kept+`</ids><latestDateCovered>2026-11-21T15:31:00.000Z</latestDateCovered></result>`,
		c.soap("", "<getUpdated>"+window+"</getUpdated>").result("getUpdated"))
	deleted := c.soap("", "<getDeleted>"+window+"</getDeleted>")
	require.Equal(t, gone, deleted.element("id"))
	require.Equal(t, "2026-11-21T15:30:00.000Z", deleted.element("deletedDate"))
}

func TestSOAPContentStandsInTheAnswer(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	parent := org.Records("Account")[0]["Id"].(string)
	body := base64.StdEncoding.EncodeToString([]byte("hello"))
	id := c.soap("", `<create><sObjects><type>Attachment</type><Name>a.txt</Name><ParentId>`+parent+`</ParentId><Body>`+body+`</Body></sObjects></create>`).element("id")
	require.Equal(t, []byte("hello"), org.File(id))
	require.Contains(t, c.soap("", `<query><queryString>SELECT Body FROM Attachment</queryString></query>`).body, "<sf:Body>"+body+"</sf:Body>")
}

// The enterprise API has the same operations, and records of their own types.
func TestSOAPEnterprise(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	const namespace = "urn:enterprise.soap.sforce.com"
	login := c.soapAt("/services/Soap/c/64.0", namespace, "", "<login><username>user@example.com</username><password>secretTOKEN</password></login>")
	require.Equal(t, c.base+"/services/Soap/c/64.0/00Dxx0000001gPL", login.element("serverUrl"))
	id := c.soapAt("/services/Soap/c/64.0", namespace, "", `<create><sObjects i:type="x:Account" xmlns:x="urn:sobject.enterprise.soap.sforce.com"><Name>E</Name></sObjects></create>`).element("id")
	found := c.soapAt("/services/Soap/c/64.0", namespace, "", "<query><queryString>SELECT Id, Name FROM Account WHERE Name = 'E'</queryString></query>")
	require.Contains(t, found.body, `<records xsi:type="sf:Account"><sf:Id>`+id+`</sf:Id><sf:Name>E</sf:Name></records>`)
	require.Contains(t, found.body, `xmlns="urn:enterprise.soap.sforce.com"`)
}

func TestSOAPRefusals(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{APILimit: 1})
	c := newClient(t, org)
	c.soapAt("/services/Soap/m/64.0", "http://soap.sforce.com/2006/04/metadata", "", "<listMetadata/>").fails("FUNCTIONALITY_NOT_ENABLED", "/services/Soap/m is not served")
	c.soap("", "<sendEmail/>").fails("FUNCTIONALITY_NOT_ENABLED", "sendEmail is not served")
	require.Contains(t, c.soap("", "<nonsense/>").element("faultstring"), "No operation available for request {urn:partner.soap.sforce.com}nonsense")
	for _, broken := range []string{"", "<a/><b/>", "<unclosed>", strings.Repeat("<x>", 100) + strings.Repeat("</x>", 100)} {
		require.Equal(t, "soapenv:Client", c.soap("", broken).element("faultcode"))
	}
	c.soap("", "<getUserInfo/>").result("getUserInfo")
	c.soap("", "<getUserInfo/>").fails("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
}

// Whatever comes, the answer is an envelope.
func FuzzSOAP(f *testing.F) {
	f.Add(`<query><queryString>SELECT Id FROM Account</queryString></query>`)
	f.Add(`<create><sObjects><type>Account</type><Name>x</Name><fieldsToNull>Phone</fieldsToNull><Parent><Number__c>1</Number__c></Parent></sObjects></create>`)
	f.Add(`<merge><mergeRequests><masterRecord i:type="Account"><Id/></masterRecord></mergeRequests></merge>`)
	f.Add(`<undelete><ids>001</ids></undelete><!-- -->`)
	f.Add(`<getDeleted><sObjectType>Account</sObjectType></getDeleted>]]>&amp;&nonsense;`)
	org := newWorld(f, salesforcetest.Options{APILimit: 1 << 30})
	f.Fuzz(func(t *testing.T, body string) {
		a := newClient(t, org).soap("", body)
		require.Contains(t, []int{200, 500}, a.status)
		require.NoError(t, xml.Unmarshal([]byte(a.body), new(struct{})), a.body)
	})
}
