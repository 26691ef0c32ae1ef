package salesforcetest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// many joins n texts made of format and their numbers.
func many(n int, format string) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(rows, ",")
}

const rolledBack = `{"success":false,"errors":[{"statusCode":"ALL_OR_NONE_OPERATION_ROLLED_BACK",` +
	`"message":"Record rolled back because not all records were valid and the request was using AllOrNone header","fields":[]}]}`

func TestCollectionIsCreatedRowByRow(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	body := func(allOrNone bool) string {
		return fmt.Sprintf(`{"allOrNone":%t,"records":[{"attributes":{"type":"Account"},"Name":"one"},{"attributes":{"type":"Account"}},`+
			`{"attributes":{"type":"Contact"},"LastName":"two","Email":"?"},{"attributes":{"type":"Contact"},"LastName":"three"}]}`, allOrNone)
	}
	const missing = `{"success":false,"errors":[{"statusCode":"REQUIRED_FIELD_MISSING","message":"Required fields are missing: [Name]","fields":["Name"]}]}`
	const email = `{"success":false,"errors":[{"statusCode":"INVALID_EMAIL_ADDRESS","message":"Email: invalid email address: ?","fields":["Email"]}]}`

	require.JSONEq(t, "["+rolledBack+","+missing+","+email+","+rolledBack+"]", c.post("/composite/sobjects/", body(true)).ok(200).body)
	require.Empty(t, c.query("SELECT Id FROM Account WHERE Name = 'one'").records())

	a := c.post("/composite/sobjects", body(false)).ok(200)
	one, three := idOf(t, org, "Account", "Name", "one"), idOf(t, org, "Contact", "LastName", "three")
	require.JSONEq(t, `[{"id":"`+one+`","success":true,"errors":[]},`+missing+`,`+email+`,{"id":"`+three+`","success":true,"errors":[]}]`, a.body)
}

func TestCollectionThatIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	row := `{"attributes":{"type":"Account"},"Name":"x"}`
	mixed := row + `,{"attributes":{"type":"Lead"},"LastName":"x","Company":"x"}`
	for name, story := range map[string]struct{ records, code, message string }{
		"too many":      {many(201, `{"attributes":{"type":"Account"},"Name":"%d"}`), "EXCEEDED_ID_LIMIT", "cannot submit more than 200 records into this call"},
		"none":          {"", "MISSING_ARGUMENT", "records"},
		"no type":       {row + `,{"Name":"x"}`, "INVALID_INPUT", "type"},
		"no object":     {row + `,7`, "INVALID_INPUT", "type"},
		"unknown type":  {row + `,{"attributes":{"type":"Nothing"}}`, "INVALID_TYPE", "'Nothing' is not supported"},
		"eleven chunks": {strings.Repeat(mixed+",", 5) + row, "LIMIT_EXCEEDED", "more than 10 chunks"},
		"unreadable":    {row + `,{"attributes":{"type":"Account"},"Name":"y","AnnualRevenue":"much"}`, "JSON_PARSER_ERROR", "instance of double from VALUE_STRING value much"},
	} {
		t.Log(name)
		c.post("/composite/sobjects", `{"records":[`+story.records+`]}`).refused(400, story.code, story.message)
	}
	c.post("/composite/sobjects", `{"records":[`+row+`],"allornothing":true}`).refused(400, "JSON_PARSER_ERROR", `Unrecognized field "allornothing"`)
	c.delete("/composite/sobjects").refused(400, "MISSING_ARGUMENT", "ids")
	c.delete("/composite/sobjects?ids="+many(201, "001xx%010d")).refused(400, "EXCEEDED_ID_LIMIT", "200 records")
	c.get("/composite/sobjects").refused(405, "METHOD_NOT_ALLOWED", "")
	require.Empty(t, c.query("SELECT Id FROM Account WHERE Name = 'x'").records())
	require.Empty(t, org.Records("Lead"))

	var rows []map[string]any
	c.post("/composite/sobjects", `{"records":[`+strings.Repeat(mixed+",", 4)+mixed+`]}`).ok(200).decode(&rows)
	require.Len(t, rows, 10, "ten chunks are allowed")
}

func TestCollectionIsUpdatedAndDeleted(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme, lee := idOf(t, org, "Account", "Name", "Acme"), idOf(t, org, "Contact", "LastName", "Lee")
	row := func(id, rest string) string {
		return `{"attributes":{"type":"Account"},"id":"` + id + `",` + rest + `}`
	}
	wrong := `{"success":false,"errors":[{"statusCode":"MALFORMED_ID","message":"Account ID: id value of incorrect type: ` + lee + `","fields":["Id"]}]}`

	a := c.patch("/composite/sobjects", `{"allOrNone":true,"records":[`+row(acme[:15], `"Phone":"1"`)+`,`+row(lee, `"Phone":"1"`)+`]}`).ok(200)
	require.JSONEq(t, `[`+strings.Replace(rolledBack, "{", `{"id":"`+acme+`",`, 1)+`,`+wrong+`]`, a.body)
	require.Nil(t, org.Record(acme)["Phone"])

	a = c.patch("/composite/sobjects", `{"records":[`+row(acme, `"Phone":"1"`)+`,`+row(lee, `"Phone":"1"`)+`,`+row(acme, `"Fax":"2"`)+`]}`).ok(200)
	require.JSONEq(t, `[{"id":"`+acme+`","success":true,"errors":[]},`+wrong+`,{"id":"`+acme+`","success":true,"errors":[]}]`, a.body)
	require.Equal(t, []any{"1", "2"}, []any{org.Record(acme)["Phone"], org.Record(acme)["Fax"]})

	same := row(acme, `"Phone":"3"`)
	var rows []map[string]any
	c.patch("/composite/sobjects", `{"records":[`+strings.Repeat(same+",", 13)+same+`]}`).ok(200).decode(&rows)
	require.Equal(t, true, rows[12]["success"], "a record may be written once and twelve times more")
	require.Contains(t, fmt.Sprint(rows[13]), "Maximum number of duplicate updates in one batch (12 allowed)")

	gone := idOf(t, org, "Account", "Name", "beta Corp")
	c.delete("/sobjects/Account/" + gone).ok(204)
	deleted := `{"id":"` + gone + `","success":false,"errors":[{"statusCode":"ENTITY_IS_DELETED","message":"entity is deleted","fields":[]}]}`
	malformed := `{"success":false,"errors":[{"statusCode":"MALFORMED_ID","message":"malformed id 001RM000003oLrB000","fields":[]}]}`
	ids := "?ids=" + lee + "," + gone + ",001RM000003oLrB000"
	a = c.delete("/composite/sobjects" + ids + "&allOrNone=true").ok(200)
	require.JSONEq(t, `[`+strings.Replace(rolledBack, "{", `{"id":"`+lee+`",`, 1)+`,`+deleted+`,`+malformed+`]`, a.body)
	require.Equal(t, false, org.Record(lee)["IsDeleted"])
	require.JSONEq(t, `[{"id":"`+lee+`","success":true,"errors":[]},`+deleted+`,`+malformed+`]`, c.delete("/composite/sobjects"+ids).ok(200).body)
	require.Equal(t, true, org.Record(lee)["IsDeleted"])
}

func TestCollectionIsUpserted(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme, beta := idOf(t, org, "Account", "Name", "Acme"), idOf(t, org, "Account", "Name", "beta Corp")
	for _, id := range []string{acme, beta} {
		org.Update(id, map[string]any{"Group__c": "g"})
	}
	row := func(rest string) string { return `{"attributes":{"type":"Account"},` + rest + `}` }
	upsert := func(key string, rows ...string) (results []map[string]any) {
		c.patch("/composite/sobjects/Account/"+key, `{"records":[`+strings.Join(rows, ",")+`]}`).ok(200).decode(&results)
		return results
	}

	results := upsert("Number__c", row(`"Number__c":"A-1","Phone":"5"`), row(`"Number__c":"A-7","Name":"seven"`), row(`"Name":"none"`),
		row(`"Number__c":"A-8","Name":"first"`), row(`"number__c":"a-8","Name":"second"`))
	require.Equal(t, []any{acme, true, false}, []any{results[0]["id"], results[0]["success"], results[0]["created"]})
	require.Equal(t, []any{idOf(t, org, "Account", "Name", "seven"), true}, []any{results[1]["id"], results[1]["created"]})
	require.Contains(t, fmt.Sprint(results[2]), "MISSING_ARGUMENT")
	for _, r := range results[3:] {
		require.Contains(t, fmt.Sprint(r), "DUPLICATE_VALUE")
		require.NotContains(t, r, "created")
	}
	require.Contains(t, fmt.Sprint(upsert("Group__c", row(`"Group__c":"g"`))), "DUPLICATE_EXTERNAL_ID")
	results = upsert("Id", row(`"Id":"`+beta+`","Phone":"6"`), row(`"Name":"new"`))
	require.Equal(t, []any{beta, false, true}, []any{results[0]["id"], results[0]["created"], results[1]["created"]})
	require.Equal(t, []any{"5", "6"}, []any{org.Record(acme)["Phone"], org.Record(beta)["Phone"]})

	c.patch("/composite/sobjects/Account/Phone", `{"records":[`+row(`"Phone":"5"`)+`]}`).refused(404, "NOT_FOUND", "external ID field does not exist or is not accessible: Phone")
	c.patch("/composite/sobjects/Contact/Id", `{"records":[`+row(`"Phone":"5"`)+`]}`).refused(400, "INVALID_TYPE", "of type Account")
}

func TestCollectionIsRetrieved(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme, beta, gone := idOf(t, org, "Account", "Name", "Acme"), idOf(t, org, "Account", "Name", "beta Corp"), "001xx000003DGb9AAG"
	record := func(id, name string) string {
		return `{"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/` + id + `"},"Name":"` + name + `","Id":"` + id + `"}`
	}
	want := `[` + record(beta, "beta Corp") + `,null,` + record(acme, "Acme") + `,null]`

	require.Equal(t, want, c.get("/composite/sobjects/Account?ids="+beta+","+gone+","+acme[:15]+",junk&fields=name").ok(200).body)
	require.Equal(t, want, c.post("/composite/sobjects/Account", `{"ids":["`+beta+`","`+gone+`","`+acme+`","junk"],"fields":["name"]}`).ok(200).body)
	c.get("/composite/sobjects/Account?ids="+acme+"&fields=Nothing").refused(400, "INVALID_FIELD", "'Nothing'")
	c.get("/composite/sobjects/Account?fields=Name").refused(400, "MISSING_ARGUMENT", "ids")
	c.get("/composite/sobjects/Nothing?ids=x&fields=Name").refused(404, "NOT_FOUND", "")
	c.post("/composite/sobjects/Account", `{"ids":[`+many(2001, `"%d"`)+`],"fields":["Name"]}`).refused(400, "EXCEEDED_ID_LIMIT", "2000 records")
	var rows []any
	c.post("/composite/sobjects/Account", `{"ids":[`+many(2000, `"%d"`)+`],"fields":["Name"]}`).ok(200).decode(&rows)
	require.Len(t, rows, 2000)
}

func TestCollectionWithFiles(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	row := func(part string) string {
		return `{"attributes":{"type":"ContentVersion","binaryPartName":"` + part + `","binaryPartNameAlias":"VersionData"},"PathOnClient":"` + part + `.txt"}`
	}
	post := func(parts ...part) answer {
		typ, body := multi(t, parts...)
		return c.do("POST", "/composite/sobjects", typ, body)
	}
	two := part{"collection", "", "application/json", `{"records":[` + row("a") + `,` + row("b") + `]}`}
	a, b := part{"a", "a.txt", "text/plain", "first"}, part{"b", "b.txt", "text/plain", "second"}

	var rows []map[string]any
	post(b, two, a).ok(200).decode(&rows)
	require.Equal(t, "first", string(org.File(rows[0]["id"].(string))))
	require.Equal(t, "second", string(org.File(rows[1]["id"].(string))))

	post(two, a).refused(400, "INVALID_MULTIPART_REQUEST", "no binary part b")
	post(two, a, b, part{"c", "c.txt", "text/plain", "x"}).refused(400, "INVALID_MULTIPART_REQUEST", "belongs to no record")
	post(two, a, b, b).refused(400, "INVALID_MULTIPART_REQUEST", "names of their own")
	alone := `{"records":[{"attributes":{"type":"ContentVersion","binaryPartName":"a"},"PathOnClient":"a.txt"}]}`
	post(part{"collection", "", "application/json", alone}, a).refused(400, "INVALID_MULTIPART_REQUEST", "need each other")
	require.Len(t, org.Records("ContentVersion"), 2)
}
