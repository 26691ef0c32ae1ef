package salesforcetest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestDocumentsOfTheClassicUserInterface(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	folder := c.post("/sobjects/Folder", `{"Name":"Brochures","Type":"Document","AccessType":"Public"}`).id()
	require.Equal(t, "00l", folder[:3])
	about := func(rest string) part {
		return part{"entity_document", "", "application/json", `{"FolderId":"` + folder + `","Keywords":"marketing,sales",` + rest + `}`}
	}
	typ, body := multi(t, about(`"Name":"Marketing Brochure Q1","Type":"pdf","ContentType":"application/pdf"`), part{"Body", "Brochure.pdf", "application/pdf", "%PDF"})
	id := c.do("POST", "/sobjects/Document", typ, body).id()
	require.Equal(t, "015", id[:3])
	require.Equal(t, []any{4.0, "Marketing_Brochure_Q1", org.Credentials().UserID}, []any{org.Record(id)["BodyLength"], org.Record(id)["DeveloperName"], org.Record(id)["AuthorId"]})
	require.Equal(t, "Brochures", c.query("SELECT Folder.Name FROM Document").records()[0]["Folder"].(map[string]any)["Name"])

	typ, body = multi(t, about(`"Name":"Marketing Brochure Sales"`), part{"Body", "Brochure.pdf", "application/pdf", "%PDF-2"})
	c.do("PATCH", "/sobjects/Document/"+id, typ, body).ok(204)
	read := c.get("/sobjects/Document/" + id + "/Body").ok(200)
	require.Equal(t, []string{"%PDF-2", "application/pdf"}, []string{read.body, read.header.Get("Content-Type")})
	require.EqualValues(t, 6, org.Record(id)["BodyLength"])

	own := c.post("/sobjects/Document", `{"FolderId":"`+org.Credentials().UserID+`","Name":"mine","Body":"aGVsbG8="}`).id()
	require.Equal(t, "hello", c.get("/sobjects/Document/"+own+"/body").ok(200).body)
	c.post("/sobjects/Document", `{"Name":"nowhere"}`).refused(400, "REQUIRED_FIELD_MISSING", "FolderId")
	c.delete("/sobjects/Document/" + id).ok(204)
	c.get("/sobjects/Document/"+id+"/Body").refused(404, "NOT_FOUND", "")
}

func TestContentOfRecordsIsReplaced(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme := idOf(t, org, "Account", "Name", "Acme")
	attachment := c.post("/sobjects/Attachment", `{"ParentId":"`+acme+`","Name":"a.txt","Body":"aGVsbG8="}`).id()
	c.patch("/sobjects/Attachment/"+attachment, `{"Body":"Ynll"}`).ok(204)
	require.Equal(t, "bye", c.get("/sobjects/Attachment/"+attachment+"/Body").ok(200).body)
	require.Equal(t, "application/octet-stream", c.get("/sobjects/Attachment/"+attachment+"/Body").header.Get("Content-Type"))
	require.EqualValues(t, 3, org.Record(attachment)["BodyLength"])

	first := c.post("/sobjects/ContentVersion", `{"PathOnClient":"a.txt","VersionData":"aGVsbG8="}`).id()
	c.patch("/sobjects/ContentVersion/"+first, `{"VersionData":"Ynll"}`).refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE", "VersionData")
	c.patch("/sobjects/ContentVersion/"+first, `{"Title":"renamed"}`).ok(204)
	document := org.Record(first)["ContentDocumentId"].(string)
	second := c.post("/sobjects/ContentVersion", `{"PathOnClient":"b.txt","VersionData":"Ynll","ContentDocumentId":"`+document+`"}`).id()
	for id, want := range map[string]string{first: "hello", second: "bye"} {
		require.Equal(t, want, c.get("/sobjects/ContentVersion/"+id+"/VersionData").ok(200).body)
	}
}

func TestClientsSendPartsInEitherOrder(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	fields := part{"ContentVersion", "", "application/json; charset=utf-8", `{"PathOnClient":"dir/plan.txt"}`}
	data := part{"VersionData", "plan.txt", "text/plain", "hello"}
	for _, parts := range [][]part{{fields, data}, {data, fields}} {
		typ, body := multi(t, parts...)
		id := c.do("POST", "/sobjects/ContentVersion", typ, body).id()
		require.Equal(t, []any{"plan", "TEXT"}, []any{org.Record(id)["Title"], org.Record(id)["FileType"]})
	}
	typ, body := multi(t, data, data, fields)
	c.do("POST", "/sobjects/ContentVersion", typ, body).refused(400, "INVALID_MULTIPART_REQUEST", "names of their own")
	typ, body = multi(t, fields, fields, data)
	c.do("POST", "/sobjects/ContentVersion", typ, body).refused(400, "INVALID_MULTIPART_REQUEST", "two parts")
	c.do("POST", "/sobjects/ContentVersion", "multipart/form-data", body).refused(400, "INVALID_MULTIPART_REQUEST", "")
	c.do("POST", "/composite", typ, body).refused(400, "INVALID_MULTIPART_REQUEST", "")
	c.do("POST", "/sobjects/ContentVersion", "text/plain", "hello").refused(415, "UNSUPPORTED_MEDIA_TYPE", "text/plain")
	c.do("POST", "/sobjects/Account", "application/json", strings.Repeat(" ", 10)).refused(400, "JSON_PARSER_ERROR", "entity body is required")
}
