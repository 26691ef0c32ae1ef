package salesforcetest_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// subanswer is the answer to a part of a composite request.
type subanswer struct {
	Body    json.RawMessage   `json:"body"`
	Headers map[string]string `json:"httpHeaders"`
	Status  int               `json:"httpStatusCode"`
	Ref     string            `json:"referenceId"`
}

// composite sends a composite request.
func (c *client) composite(version int, allOrNone bool, subs ...string) (answers []subanswer) {
	c.t.Helper()
	a := c.post(fmt.Sprintf("/services/data/v%d.0/composite", version),
		fmt.Sprintf(`{"allOrNone":%t,"collateSubrequests":true,"compositeRequest":[%s]}`, allOrNone, strings.Join(subs, ",")))
	var whole struct {
		Answers []subanswer `json:"compositeResponse"`
	}
	a.ok(200).decode(&whole)
	require.Len(c.t, whole.Answers, len(subs), a.body)
	return whole.Answers
}

// sub is a part of a composite request. The path is below /services/data/v66.0.
func sub(ref, method, path, body string) string {
	if body != "" {
		body = `,"body":` + body
	}
	return fmt.Sprintf(`{"method":"%s","url":"/services/data/v66.0%s","referenceId":"%s"%s}`, method, path, ref, body)
}

const halted = `[{"errorCode":"PROCESSING_HALTED","message":"The transaction was rolled back since another operation in the same transaction failed."}]`

func TestCompositeUsesWhatItMade(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	used := c.get("/limits").header.Get("Sforce-Limit-Info")
	a := c.composite(66, true,
		sub("acc", "POST", "/sobjects/Account/", `{"Name":"Nova","NumberOfEmployees":7,"BillingCity":"Bonn"}`),
		sub("get", "GET", "/sobjects/Account/@{acc.id}?fields=Name,NumberOfEmployees,BillingAddress,Phone", ""),
		sub("con", "POST", "/sobjects/Contact", `{"LastName":"@{get.Name} of @{get.BillingAddress.city}","AccountId":"@{acc.id}","Phone":"@{get.Phone}"}`),
		sub("copy", "POST", "/sobjects/Account", `{"Name":"copy","NumberOfEmployees":"@{get.NumberOfEmployees}"}`),
		sub("list", "GET", "/query?q=SELECT Id, (SELECT Id, LastName FROM Contacts) FROM Account WHERE Name = '@{get.Name}'", ""),
		sub("many", "PATCH", "/composite/sobjects", `{"records":[{"attributes":{"type":"Contact"},"id":"@{list.records[0].Contacts.records[0].Id}","Title":"CEO"}]}`),
		sub("upd", "PATCH", "/sobjects/Contact/@{many[0].id}", `{"Department":"X"}`),
	)
	acc, con := idOf(t, org, "Account", "Name", "Nova"), idOf(t, org, "Contact", "LastName", "Nova of Bonn")

	require.JSONEq(t, `{"id":"`+acc+`","success":true,"errors":[]}`, string(a[0].Body))
	require.Equal(t, map[string]string{"Location": "/services/data/v66.0/sobjects/Account/" + acc}, a[0].Headers)
	require.Equal(t, []any{201, "acc"}, []any{a[0].Status, a[0].Ref})
	require.Regexp(t, `^".+="$`, a[1].Headers["ETag"], "as the guide spells it")
	require.Equal(t, []any{204, "null"}, []any{a[6].Status, string(a[6].Body)})
	require.Equal(t, []any{"CEO", "X", nil}, []any{org.Record(con)["Title"], org.Record(con)["Department"], org.Record(con)["Phone"]})
	require.EqualValues(t, 7, org.Record(idOf(t, org, "Account", "Name", "copy"))["NumberOfEmployees"])
	require.Equal(t, "api-usage=1/15000", used)
	require.Equal(t, "api-usage=3/15000", c.get("/limits").header.Get("Sforce-Limit-Info"), "seven subrequests are one request")
}

func TestCompositeOfAllOrNone(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	const rows = `{"allOrNone":false,"records":[{"attributes":{"type":"Account"},"Name":"good"},{"attributes":{"type":"Account"}}]}`
	bad := sub("bad", "POST", "/sobjects/Contact", `{"LastName":"x","Email":"?"}`)
	good := sub("good", "POST", "/sobjects/Account", `{"Name":"good"}`)
	after := sub("after", "GET", "/query?q=SELECT+Id+FROM+Account", "")

	a := c.composite(66, true, good, bad, after)
	require.JSONEq(t, halted, string(a[0].Body))
	require.JSONEq(t, `[{"errorCode":"INVALID_EMAIL_ADDRESS","message":"Email: invalid email address: ?","fields":["Email"]}]`, string(a[1].Body))
	require.JSONEq(t, halted, string(a[2].Body))
	require.Equal(t, []int{400, 400, 400}, []int{a[0].Status, a[1].Status, a[2].Status})

	a = c.composite(66, true, good, sub("rows", "POST", "/composite/sobjects", rows))
	require.JSONEq(t, halted, string(a[0].Body))
	require.Equal(t, 200, a[1].Status)
	require.Contains(t, string(a[1].Body), `"success":true`, "the collection of its own is not of all or none")
	require.Empty(t, c.query("SELECT Id FROM Account WHERE Name = 'good'").records())

	a = c.composite(66, true, sub("rows", "POST", "/composite/sobjects", strings.Replace(rows, "false", "true", 1)), good)
	require.Contains(t, string(a[0].Body), "ALL_OR_NONE_OPERATION_ROLLED_BACK")
	require.JSONEq(t, halted, string(a[1].Body))

	a = c.composite(66, false, good, bad, sub("rows", "POST", "/composite/sobjects", rows), after)
	require.Equal(t, []int{201, 400, 200, 200}, []int{a[0].Status, a[1].Status, a[2].Status, a[3].Status})
	require.Len(t, c.query("SELECT Id FROM Account WHERE Name = 'good'").records(), 2)
}

func TestCompositeReferencesToNothing(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme := idOf(t, org, "Account", "Name", "Acme")
	get := sub("acc", "GET", "/sobjects/Account/"+acme+"?fields=Name,Phone", "")
	for _, ref := range []string{"acc.id", "acc.Nothing", "acc[0]", "acc.attributes", "none.Id", "acc.Name.x", "acc", "", ".", "acc[", "acc[9999999999999999999]"} {
		a := c.composite(66, false, get, sub("use", "POST", "/sobjects/Contact", `{"LastName":"@{`+ref+`}"}`))
		require.Equal(t, []int{200, 400}, []int{a[0].Status, a[1].Status}, ref)
		name, _, _ := strings.Cut(strings.ReplaceAll(ref, "[", "."), ".")
		require.Contains(t, string(a[1].Body), "PROCESSING_HALTED")
		require.Contains(t, string(a[1].Body), "Invalid reference specified. No value for "+ref+" found in "+name+". Provided referenceId ('"+ref+"')")
	}
	contact := sub("use", "POST", "/sobjects/Contact", `{"LastName":"x","Phone":"@{acc.Phone}"}`)
	require.Equal(t, 201, c.composite(52, false, get, contact)[1].Status, "no value is a value")
	require.Equal(t, 400, c.composite(51, false, get, contact)[1].Status)

	bad := sub("bad", "POST", "/sobjects/Account", `{}`)
	a := c.composite(66, false, bad, sub("use", "GET", "/sobjects/Account/@{bad.id}", ""))
	require.Contains(t, string(a[1].Body), "No value for bad.id found in bad")
	org.Update(acme, map[string]any{"Name": "A&B = 50% +/'1'"})
	a = c.composite(66, false, get, sub("find", "GET", "/composite/sobjects/Account?ids=@{acc.Id}&fields=Name", ""),
		sub("query", "GET", "/query/?q="+url.QueryEscape("SELECT Name FROM Account WHERE Id = '@{acc.Id}'"), ""),
		sub("ext", "PATCH", "/sobjects/Account/Number__c/@{acc.Name}", `{"Name":"new"}`))
	require.Contains(t, string(a[1].Body), acme)
	require.Contains(t, string(a[2].Body), acme)
	require.Equal(t, "A&B = 50% +/'1'", org.Record(idOf(t, org, "Account", "Name", "new"))["Number__c"])
}

func TestCompositeThatIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	good := func(i int) string { return sub(fmt.Sprintf("r%d", i), "POST", "/sobjects/Account", `{"Name":"x"}`) }
	list := func(n int, make func(int) string) string {
		var subs []string
		for i := range n {
			subs = append(subs, make(i))
		}
		return strings.Join(subs, ",")
	}
	query := func(i int) string { return sub(fmt.Sprintf("q%d", i), "GET", "/query/?q=SELECT+Id+FROM+Account", "") }
	for name, story := range map[string]struct{ subs, code, message string }{
		"no reference id":      {`{"method":"GET","url":"/services/data/v66.0/sobjects"}`, "JSON_PARSER_ERROR", "'referenceId' is a required field."},
		"bad reference id":     {sub("refNewAccount[1]", "GET", "/sobjects", ""), "JSON_PARSER_ERROR", "Provided referenceId ('refNewAccount[1]') must start with a letter or a number"},
		"reference id twice":   {good(1) + "," + good(1), "JSON_PARSER_ERROR", "('r1') is not unique"},
		"method in lower case": {sub("a", "get", "/sobjects", ""), "JSON_PARSER_ERROR", "'get'"},
		"own authorization":    {`{"method":"GET","url":"/x","referenceId":"a","httpHeaders":{"authorization":"Bearer x"}}`, "JSON_PARSER_ERROR", "authorization"},
		"nothing":              {"", "JSON_PARSER_ERROR", "'compositeRequest' is a required field."},
		"26 subrequests":       {list(26, good), "LIMIT_EXCEEDED", "25"},
		"6 queries":            {list(6, query), "LIMIT_EXCEEDED", "5"},
	} {
		t.Log(name)
		c.post("/composite", `{"compositeRequest":[`+story.subs+`]}`).refused(400, story.code, story.message)
	}
	require.Equal(t, 200, c.post("/composite", `{"compositeRequest":[`+list(20, good)+`,`+list(5, query)+`]}`).status)
	require.Len(t, c.composite(51, false, sub("refNewAccount[1]", "GET", "/sobjects", "")), 1)

	a := c.composite(66, false, sub("a", "GET", "/limits", ""), sub("b", "POST", "/composite", `{}`),
		sub("c", "GET", "/sobjects/Attachment/00Pxx0000000001AAA/Body", ""),
		`{"method":"GET","url":"/sobjects/Account","referenceId":"d"}`, `{"method":"GET","url":"/services/data/v99.0/sobjects","referenceId":"e"}`)
	for i, code := range []string{"INVALID_BATCH_REQUEST", "INVALID_BATCH_REQUEST", "INVALID_BATCH_REQUEST", "INVALID_INPUT", "NOT_FOUND"} {
		require.Contains(t, string(a[i].Body), code)
	}
	require.JSONEq(t, `{"tree":"/services/data/v66.0/composite/tree","batch":"/services/data/v66.0/composite/batch",
		"sobjects":"/services/data/v66.0/composite/sobjects","graph":"/services/data/v66.0/composite/graph"}`, c.get("/composite/").ok(200).body)
}

func TestEveryResourceOfRecordsIsReadInsideATransaction(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme, user := idOf(t, org, "Account", "Name", "Acme"), org.Credentials().UserID
	subs := []string{sub("new", "POST", "/sobjects/Contact", `{"LastName":"new","AccountId":"`+acme+`"}`)}
	for i, path := range []string{
		"", "/Account", "/Account/describe", "/Account/describe/layouts", "/Account/describe/layouts/012000000000000AAA",
		"/Account/describe/compactLayouts", "/Account/describe/approvalLayouts", "/Account/listviews", "/Account/quickActions",
		"/Account/updated?start=2026-11-21T00:00:00Z&end=2026-11-21T15:00:00Z", "/Account/deleted?start=2026-11-21T00:00:00Z&end=2026-11-21T15:00:00Z",
		"/Account/" + acme, "/Account/" + acme + "/Contacts", "/Account/Number__c/A-1", "/User/" + user + "/password", "/Contact/@{new.id}/Account",
	} {
		subs = append(subs, sub(fmt.Sprintf("r%d", i), "GET", "/sobjects"+path, ""))
	}
	subs = append(subs, sub("q", "GET", "/query?explain=SELECT+Id+FROM+Account", ""), sub("m", "GET", "/query?q=SELECT+Id+FROM+Account+FOR+VIEW", ""),
		sub("c", "GET", "/query?columns=true&q=SELECT+Id+FROM+Account", ""), sub("u", "PATCH", "/sobjects/Account/Number__c/A-1", `{"Phone":"1"}`))
	for i, a := range c.composite(66, true, subs...) {
		require.Less(t, a.Status, 300, "%d: %s", i, a.Body)
	}
	require.Len(t, c.query("SELECT Id FROM Contact WHERE LastName = 'new'").records(), 1)
}

func TestCompositeReferencesHaveALimit(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme := idOf(t, org, "Account", "Name", "Acme")
	org.Update(acme, map[string]any{"Description": strings.Repeat("x", 32000)})
	a := c.composite(66, false, sub("acc", "GET", "/sobjects/Account/"+acme+"?fields=Description", ""),
		sub("con", "POST", "/sobjects/Contact", `{"LastName":"`+strings.Repeat("@{acc.Description}", 2000)+`"}`))
	require.Contains(t, string(a[1].Body), "EXCEEDED_MAX_SIZE_REQUEST")

	c.post("/composite/sobjects", `{"records":[`+strings.Repeat("0,", 1_000_000)+`0]}`).refused(400, "EXCEEDED_MAX_SIZE_REQUEST", "1000000 values")
	c.post("/services/data/v37.0/composite", `{}`).refused(404, "NOT_FOUND", "")
	c.patch("/services/data/v45.0/composite/sobjects/Account/Number__c", `{}`).refused(404, "NOT_FOUND", "")
	c.get("/services/data/v40.0/ui-api/object-info/Account").refused(404, "NOT_FOUND", "")
}

func TestLongQueryByComposite(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	soql := "SELECT Name FROM Account WHERE Name IN (" + many(2000, "'name %d'") + ",'Acme')"
	c.query(soql)
	require.Equal(t, 414, c.query(soql).status)
	a := c.composite(66, false, sub("q", "GET", "/query?q="+url.QueryEscape(soql), ""))
	require.Contains(t, string(a[0].Body), `"totalSize":1`)

	withHeader := strings.Replace(sub("q", "GET", "/query?q=SELECT+Id+FROM+Lead", ""), "{", `{"httpHeaders":{"Sforce-Query-Options":"batchSize=200"},`, 1)
	for i := range 201 {
		org.Insert("Lead", map[string]any{"LastName": fmt.Sprint(i), "Company": "x"})
	}
	require.Contains(t, string(c.composite(66, false, withHeader)[0].Body), `-200"`)
}

func TestBatchOfRequests(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme := idOf(t, org, "Account", "Name", "Acme")
	parts := `{"method":"PATCH","url":"v66.0/sobjects/account/` + acme + `","richInput":{"Name":"NewName"}},` +
		`{"method":"GET","url":"v66.0/sobjects/account/001xx000003DGb9AAG"},` +
		`{"method":"GET","url":"/services/data/v66.0/sobjects/account/` + acme + `?fields=Name,BillingPostalCode"}`
	result := `{"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/` + acme + `"},"Name":"NewName","BillingPostalCode":null,"Id":"` + acme + `"}`
	missing := `{"statusCode":404,"result":[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]}`

	require.JSONEq(t, `{"hasErrors":true,"results":[{"statusCode":204,"result":null},`+missing+`,{"statusCode":200,"result":`+result+`}]}`,
		c.post("/composite/batch", `{"batchRequests":[`+parts+`]}`).ok(200).body)
	require.JSONEq(t, `{"hasErrors":true,"results":[{"statusCode":204,"result":null},`+missing+`,{"statusCode":412,"result":[`+
		`{"errorCode":"BATCH_PROCESSING_HALTED","message":"Batch processing halted per request"}]}]}`,
		c.post("/composite/batch", `{"haltOnError":true,"batchRequests":[`+parts+`]}`).ok(200).body)
	require.Equal(t, "api-usage=6/15000", c.get("/limits").header.Get("Sforce-Limit-Info"), "each part that is called is a request")

	one := `{"method":"GET","url":"v66.0/limits"}`
	c.post("/composite/batch", `{"batchRequests":[`+strings.Repeat(one+",", 25)+one+`]}`).refused(400, "LIMIT_EXCEEDED", "25")
	c.post("/composite/batch", `{"batchRequests":[{"method":"FETCH","url":"v66.0/limits"}]}`).refused(400, "JSON_PARSER_ERROR", "'FETCH'")
	c.post("/composite/batch", `{"batchRequests":[{"method":"GET","url":"v67.0/limits"}]}`).refused(400, "INVALID_INPUT", "v67.0")
	c.post("/composite/batch", `{"batchRequests":[{"method":"GET"}]}`).refused(400, "JSON_PARSER_ERROR", "'url' is a required field.")
	require.Contains(t, c.post("/composite/batch", `{"batchRequests":[{"method":"GET","url":"v66.0/composite"}]}`).ok(200).body, "INVALID_BATCH_REQUEST")

	file := `{"batchRequests":[{"method":"POST","url":"v66.0/sobjects/ContentVersion","richInput":{"PathOnClient":"a.txt"},` +
		`"binaryPartName":"one","binaryPartNameAlias":"VersionData"}]}`
	typ, body := multi(t, part{"batch", "", "application/json", file}, part{"one", "a.txt", "text/plain", "hello"})
	c.do("POST", "/composite/batch", typ, body).ok(200)
	require.Equal(t, "hello", string(org.File(idOf(t, org, "ContentVersion", "Title", "a"))))
}

func TestTreeOfRecords(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	node := func(typ, ref, rest string) string {
		return `{"attributes":{"type":"` + typ + `","referenceId":"` + ref + `"},` + rest + `}`
	}
	tree := func(nodes ...string) string { return `{"records":[` + strings.Join(nodes, ",") + `]}` }

	a := c.post("/composite/tree/Account/", tree(
		node("Account", "ref1", `"name":"Tree","numberOfEmployees":"100","Contacts":`+tree(
			node("Contact", "ref2", `"lastname":"Smith","Owner":{"Username":"rep@example.com"}`), node("Contact", "ref3", `"lastname":"Evans"`))),
		node("Account", "ref4", `"name":"Second","Opportunities":`+tree(node("Opportunity", "ref5", `"Name":"O","StageName":"Prospecting","CloseDate":"2027-01-01"`))),
	)).ok(201)
	id := func(object, field, name string) string { return idOf(t, org, object, field, name) }
	require.JSONEq(t, `{"hasErrors":false,"results":[{"referenceId":"ref1","id":"`+id("Account", "Name", "Tree")+`"},`+
		`{"referenceId":"ref4","id":"`+id("Account", "Name", "Second")+`"},{"referenceId":"ref2","id":"`+id("Contact", "LastName", "Smith")+`"},`+
		`{"referenceId":"ref3","id":"`+id("Contact", "LastName", "Evans")+`"},{"referenceId":"ref5","id":"`+id("Opportunity", "Name", "O")+`"}]}`, a.body)
	require.Equal(t, id("Account", "Name", "Tree"), org.Record(id("Contact", "LastName", "Smith"))["AccountId"])
	require.Equal(t, id("User", "Username", "rep@example.com"), org.Record(id("Contact", "LastName", "Smith"))["OwnerId"])

	a = c.post("/composite/tree/Account", tree(node("Account", "ref1", `"name":"None","Contacts":`+tree(
		node("Contact", "ref2", `"lastname":"Smith","email":"123"`), node("Contact", "ref3", `"lastname":"x","Nothing__c":1`)))))
	require.JSONEq(t, `{"hasErrors":true,"results":[{"referenceId":"ref2","errors":[{"statusCode":"INVALID_EMAIL_ADDRESS",`+
		`"message":"Email: invalid email address: 123","fields":["Email"]}]},{"referenceId":"ref3","errors":[{"statusCode":"INVALID_FIELD",`+
		`"message":"No such column 'Nothing__c' on sobject of type Contact","fields":[]}]}]}`, a.ok(400).body)
	require.Empty(t, c.query("SELECT Id FROM Account WHERE Name = 'None'").records())

	duplicate := `{"referenceId":"a","errors":[{"statusCode":"INVALID_INPUT","message":"Duplicate ReferenceId provided in the request.","fields":[]}]}`
	require.JSONEq(t, `{"hasErrors":true,"results":[`+duplicate+`,`+duplicate+`]}`,
		c.post("/composite/tree/Account", tree(node("Account", "a", `"Name":"x"`), node("Account", "a", `"Name":"y"`))).ok(400).body)
	for message, records := range map[string]string{
		"Include an entity type for each record in the request.": `{"attributes":{"referenceId":"a"},"Name":"x"}`,
		"must be that of the URI":                                node("Contact", "a", `"LastName":"x"`),
		"must begin with a letter":                               node("Account", "-", `"Name":"x"`),
		"No such column 'Kontakte'":                              node("Account", "a", `"Name":"x","Kontakte":`+tree(node("Contact", "b", `"LastName":"x"`))),
		"No such column 'Contacts'":                              node("Account", "a", `"Name":"x","Contacts":`+tree(node("Lead", "b", `"LastName":"x"`))),
	} {
		require.Contains(t, c.post("/composite/tree/Account", tree(records)).ok(400).body, message)
	}
	c.post("/composite/tree/Account", tree(`{"Name":"x"}`)).refused(400, "INVALID_INPUT", "Include a reference ID for each record in the request.")
	c.post("/composite/tree/Nothing", tree(`{"Name":"x"}`)).refused(404, "NOT_FOUND", "")
	c.post("/composite/tree/Account", `{"records":[`+many(201, node("Account", "r%d", `"Name":"x"`))+`]}`).refused(400, "INVALID_INPUT", "200")
	deep := ""
	for i := range 6 {
		if deep != "" {
			deep = `,"ChildAccounts":` + tree(deep)
		}
		deep = node("Account", fmt.Sprint("r", i), `"Name":"x"`+deep)
	}
	c.post("/composite/tree/Account", tree(deep)).refused(400, "INVALID_INPUT", "5 levels")
	types := ""
	for i, typ := range []string{"Account", "Contact", "Lead", "Case", "Task", "Event"} {
		types += "," + node(typ, fmt.Sprint("r", i), `"Name":"x"`)
	}
	c.post("/composite/tree/Account", tree(types[1:])).refused(400, "INVALID_INPUT", "5 types")
}

func TestGraphsAreTransactions(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	graph := func(id string, subs ...string) string {
		return `{"graphId":"` + id + `","compositeRequest":[` + strings.Join(subs, ",") + `]}`
	}
	type graphs struct {
		Graphs []struct {
			ID       string `json:"graphId"`
			OK       bool   `json:"isSuccessful"`
			Response struct {
				Answers []subanswer `json:"compositeResponse"`
			} `json:"graphResponse"`
		} `json:"graphs"`
	}
	account := sub("acc", "POST", "/sobjects/Account/", `{"name":"Cloudy"}`)
	contact := sub("con", "POST", "/sobjects/Contact/", `{"LastName":"Cashman","AccountId":"@{acc.id}"}`)
	bad := sub("bad", "POST", "/sobjects/Contact/", `{"AccountId":"@{acc.id}"}`)

	var g graphs
	c.post("/composite/graph", `{"graphs":[`+graph("1", account, contact)+`,`+graph("two", account, bad, contact)+`]}`).ok(200).decode(&g)
	require.Equal(t, []any{"1", true, "two", false}, []any{g.Graphs[0].ID, g.Graphs[0].OK, g.Graphs[1].ID, g.Graphs[1].OK})
	require.Equal(t, 201, g.Graphs[0].Response.Answers[1].Status)
	failed := g.Graphs[1].Response.Answers
	require.JSONEq(t, halted, string(failed[0].Body))
	require.Contains(t, string(failed[1].Body), "REQUIRED_FIELD_MISSING")
	require.JSONEq(t, halted, string(failed[2].Body))
	require.Len(t, c.query("SELECT Id FROM Account WHERE Name = 'Cloudy'").records(), 1)

	var list []string
	for i := range 16 {
		list = append(list, graph(fmt.Sprint("g", i), account, bad))
	}
	list = append(list, graph("last", account))
	c.post("/composite/graph", `{"graphs":[`+strings.Join(list, ",")+`]}`).ok(200).decode(&g)
	require.False(t, g.Graphs[16].OK)
	require.Contains(t, string(g.Graphs[16].Response.Answers[0].Body), "PROCESSING_HALTED")
	require.Len(t, c.query("SELECT Id FROM Account WHERE Name = 'Cloudy'").records(), 1)
	c.post("/composite/graph", `{"graphs":[`+strings.Join(list[2:], ",")+`]}`).ok(200).decode(&g)
	require.True(t, g.Graphs[14].OK, "fourteen graphs may fail")

	node := func(i int) string {
		return sub(fmt.Sprint("n", i), "POST", "/sobjects/Account/", `{"name":"@{n`+fmt.Sprint(i-1)+`.id}"}`)
	}
	var chain, wide []string
	for i := range 16 {
		chain = append(chain, node(i))
		wide = append(wide, strings.Replace(account, `"acc"`, fmt.Sprintf(`"w%d"`, i), 1))
		wide[i] = strings.Replace(wide[i], "v66.0", fmt.Sprintf("v%d.0", 50+i), 1)
	}
	for message, body := range map[string]string{
		"depth of a graph":                 graph("1", chain...),
		"number of different nodes":        graph("1", wide...),
		"number of graphs":                 many(76, graph("g%d", account)),
		"number of nodes":                  graph("1", many(501, strings.Replace(account, `"acc"`, `"n%d"`, 1))),
		"'graphs' is a required field":     "",
		"'graphId' is a required field":    `{"compositeRequest":[` + account + `]}`,
		"('1') is not unique":              graph("1", account) + "," + graph("1", account),
		"('a.b') must start with a letter": graph("a.b", account),
	} {
		a := c.post("/composite/graph", `{"graphs":[`+body+`]}`).ok(400)
		require.Contains(t, a.body, message)
	}
	c.post("/composite/graph", `{"graphs":[`+graph("1", sub("q", "GET", "/query?q=SELECT+Id+FROM+Account", ""))+`]}`).ok(200).decode(&g)
	require.Contains(t, string(g.Graphs[0].Response.Answers[0].Body), "INVALID_BATCH_REQUEST")
	c.post("/services/data/v49.0/composite/graph", `{}`).refused(404, "NOT_FOUND", "")
}

func TestCompositesOfManyClientsKeepApart(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	acme := idOf(t, org, "Account", "Name", "Acme")
	t.Run("clients", func(t *testing.T) {
		for n := range 8 {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				c := newClient(t, org)
				for i := range 10 {
					name := fmt.Sprintf("n%d-%d", n, i)
					contact := `{"LastName":"@{acc.id}","AccountId":"@{acc.id}"}`
					if i%2 == 1 {
						contact = `{"AccountId":"@{acc.id}"}`
					}
					c.composite(66, true, sub("acc", "POST", "/sobjects/Account", `{"Name":"`+name+`"}`), sub("con", "POST", "/sobjects/Contact", contact),
						sub("q", "GET", "/query?q=SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Name = '"+name+"'", ""))
					c.get("/composite/sobjects/Account?fields=Name&ids=" + acme).ok(200)
				}
			})
		}
	})
	c := newClient(t, org)
	require.Len(t, c.query("SELECT Name FROM Account WHERE Name LIKE 'n%'").records(), 40)
	require.Equal(t, "40", fmt.Sprint(c.query("SELECT COUNT() FROM Contact WHERE Account.Name LIKE 'n%'").object()["totalSize"]))
}

func FuzzComposites(f *testing.F) {
	account := `{"attributes":{"type":"Account","referenceId":"r"},"Name":"x"}`
	for _, seed := range []string{
		`{"records":[` + account + `]}`, `{"ids":["001xx0000000001AAA"],"fields":["Name"]}`,
		`{"compositeRequest":[` + sub("a", "POST", "/sobjects/Account", `{"Name":"x"}`) + `,` + sub("b", "GET", "//sobjects/Account/@{a.id}", "") + `]}`,
		`{"graphs":[{"graphId":"1","compositeRequest":[` + sub("a", "DELETE", "/sobjects/Account/x", "") + `]}]}`,
		`{"batchRequests":[{"method":"GET","url":"v66.0/sobjects/Account"}],"haltOnError":true}`,
		`{"apiName":"Account","fields":{"Name":"x"}}`, `{"records":[` + strings.Replace(account, "}", `,"Contacts":{"records":[7]}}`, 1) + `]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c := newClient(t, newOrg(salesforcetest.Options{}))
		for _, path := range []string{
			"/composite", "/composite/batch", "/composite/graph", "/composite/tree/Account", "/composite/sobjects", "/composite/sobjects/Account",
			"/ui-api/records", "/sobjects/Account",
		} {
			a := c.post(path, body)
			require.Less(t, a.status, 500, path)
			require.True(t, json.Valid([]byte(a.body)), a.body)
		}
	})
}
