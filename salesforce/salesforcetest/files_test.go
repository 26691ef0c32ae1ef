package salesforcetest_test

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// part is one part of a multipart body.
type part struct{ name, file, contentType, content string }

// multi writes a multipart body.
func multi(t testing.TB, parts ...part) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		disposition := fmt.Sprintf(`form-data; name="%s";`, p.name)
		if p.file != "" {
			disposition += fmt.Sprintf(` filename="%s"`, p.file)
		}
		h.Set("Content-Disposition", disposition)
		h.Set("Content-Type", p.contentType)
		out, err := w.CreatePart(h)
		require.NoError(t, err)
		_, err = io.WriteString(out, p.content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return w.FormDataContentType(), b.String()
}

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

func TestFileGoesUpAndDown(t *testing.T) {
	t.Parallel()
	overBoth(t, salesforcetest.Options{}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		acme := idOf(t, org, "Account", "Name", "Acme")
		content := "%PDF-1.7 " + strings.Repeat("a\x00\xff", 1000)
		fields := `{"PathOnClient":"dir/Plan A.pdf","FirstPublishLocationId":"` + acme + `"`
		typ, body := multi(t,
			part{"entity_content", "", "application/json", fields + "}"},
			part{"VersionData", "Plan A.pdf", "application/octet-stream", content})
		asJSON := fields + `,"Title":"Plan A","VersionData":"` + base64.StdEncoding.EncodeToString([]byte(content)) + `"}`

		for _, id := range []string{
			c.do("POST", "/sobjects/ContentVersion", typ, body).id(),
			c.post("/sobjects/ContentVersion", asJSON).id(),
		} {
			v := c.query("SELECT Title, FileType, FileExtension, ContentSize, Checksum, IsLatest, VersionNumber, VersionData, ContentDocumentId " +
				"FROM ContentVersion WHERE Id = '" + id + "'").records()[0]
			document := v["ContentDocumentId"].(string)
			url := "/services/data/v66.0/sobjects/ContentVersion/" + id + "/VersionData"
			delete(v, "attributes")
			require.Equal(t, map[string]any{
				"Title": "Plan A", "FileType": "PDF", "FileExtension": "pdf", "ContentSize": json.Number(fmt.Sprint(len(content))), "Checksum": md5Hex(content),
				"IsLatest": true, "VersionNumber": "1", "VersionData": url, "ContentDocumentId": document,
			}, v)
			require.Equal(t, content, c.get(url).ok(200).body)
			require.Equal(t, content, string(org.File(id)))
			require.Equal(t, "application/octet-stream", c.get(url).header.Get("Content-Type"))

			links := c.query("SELECT LinkedEntityId, ShareType, Visibility FROM ContentDocumentLink WHERE ContentDocumentId = '" + document + "'").records()
			require.Len(t, links, 2)
			require.Equal(t, []any{org.Credentials().UserID, "I"}, []any{links[0]["LinkedEntityId"], links[0]["ShareType"]})
			require.Equal(t, []any{acme, "V", "AllUsers"}, []any{links[1]["LinkedEntityId"], links[1]["ShareType"], links[1]["Visibility"]})
			require.Equal(t, id, org.Record(document)["LatestPublishedVersionId"])
		}
		require.Len(t, c.query("SELECT ContentDocument.Title FROM ContentDocumentLink WHERE LinkedEntityId = '"+acme+"'").records(), 2)
	})
}

func TestSecondVersionOfAFile(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	first := c.post("/sobjects/ContentVersion", `{"PathOnClient":"a.txt","VersionData":"YQ=="}`).id()
	document := org.Record(first)["ContentDocumentId"].(string)

	second := c.post("/sobjects/ContentVersion", `{"PathOnClient":"b.docx","VersionData":"YmI=","ContentDocumentId":"`+document+`"}`).id()

	require.Equal(t, []any{false, true}, []any{org.Record(first)["IsLatest"], org.Record(second)["IsLatest"]})
	require.Equal(t, "2", org.Record(second)["VersionNumber"])
	require.Equal(t, []any{second, "WORD_X", "b", 2.0}, []any{
		org.Record(document)["LatestPublishedVersionId"], org.Record(document)["FileType"], org.Record(document)["Title"], org.Record(document)["ContentSize"],
	})
	require.Len(t, org.Records("ContentDocument"), 1)
	links := c.query("SELECT (SELECT LinkedEntityId FROM ContentDocumentLinks) FROM ContentDocument").records()[0]["ContentDocumentLinks"]
	require.Equal(t, org.Credentials().UserID, links.(map[string]any)["records"].([]any)[0].(map[string]any)["LinkedEntityId"])

	c.delete("/sobjects/ContentVersion/"+first).refused(400, "INSUFFICIENT_ACCESS_OR_READONLY", "")
	c.delete("/sobjects/ContentDocument/" + document).ok(204)
	require.Empty(t, org.Records("ContentVersion"))
	require.Empty(t, org.Records("ContentDocumentLink"))
}

func TestFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	post := func(object string, parts ...part) answer {
		typ, body := multi(t, parts...)
		return c.do("POST", "/sobjects/"+object, typ, body)
	}
	fields := part{"entity_content", "", "application/json", `{"PathOnClient":"a.pdf"}`}
	data := part{"VersionData", "a.pdf", "application/pdf", "x"}

	for name, parts := range map[string][]part{
		"no content":           {fields},
		"nothing":              {},
		"fields as text":       {{"entity_content", "", "text/plain", "{}"}, data},
		"fields as a file":     {{"entity_content", "f.json", "application/json", "{}"}, data},
		"another field":        {fields, {"Body", "a.pdf", "application/pdf", "x"}},
		"content without file": {fields, {"VersionData", "", "application/pdf", "x"}},
		"two contents":         {fields, data, data},
	} {
		code, _, _ := post("ContentVersion", parts...).ok(400).fault()
		require.Equal(t, "INVALID_MULTIPART_REQUEST", code, name)
	}
	typ, body := multi(t, fields, data)
	for n := range len(body) - len("--\r\n") {
		code, _, _ := c.do("POST", "/sobjects/ContentVersion", typ, body[:n]).fault()
		require.Contains(t, []string{"INVALID_MULTIPART_REQUEST", "JSON_PARSER_ERROR"}, code, "cut off after %d bytes", n)
	}
	c.do("POST", "/sobjects/Account", typ, body).refused(400, "INVALID_MULTIPART_REQUEST", "Account has no binary field")

	c.post("/sobjects/ContentVersion", `{"VersionData":"eA=="}`).refused(400, "REQUIRED_FIELD_MISSING", "[PathOnClient]")
	c.post("/sobjects/ContentVersion", `{"PathOnClient":"a.pdf"}`).refused(400, "REQUIRED_FIELD_MISSING", "[VersionData]")
	c.post("/sobjects/ContentVersion", `{"PathOnClient":"a.pdf","VersionData":"eA==","ContentDocumentId":"069xx000000zzzz"}`).refused(400, "INVALID_CROSS_REFERENCE_KEY", "")
	c.post("/sobjects/ContentVersion", `{"PathOnClient":"a.pdf","VersionData":"?"}`).refused(400, "JSON_PARSER_ERROR", "Cannot deserialize instance of base64")
	c.post("/sobjects/ContentDocument", `{"Title":"x"}`).refused(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "")
	require.Empty(t, org.Records("ContentVersion"))
	require.Empty(t, org.Records("ContentDocument"))
}

func TestJSONBodyHasALimit(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	const rest = `{"PathOnClient":"a.bin","VersionData":""}`
	fits := strings.Repeat("A", (50_000_000-len(rest))/4*4)
	id := c.post("/sobjects/ContentVersion", `{"PathOnClient":"a.bin","VersionData":"`+fits+`"}`).id()
	require.EqualValues(t, len(fits)/4*3, org.Record(id)["ContentSize"])
	c.post("/sobjects/ContentVersion", `{"PathOnClient":"a.bin","VersionData":"`+fits+`AAAA"}`).refused(400, "EXCEEDED_MAX_SIZE_REQUEST", "50000000")
}

func TestLargeContentMayBeDropped(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{HashOnlyAbove: 1000})
	c := newClient(t, org)
	content := strings.Repeat("x", 3_000_000)
	typ, body := multi(t, part{"entity_content", "", "application/json", `{"PathOnClient":"a.pdf"}`}, part{"VersionData", "a.pdf", "application/pdf", content})
	id := c.do("POST", "/sobjects/ContentVersion", typ, body).id()
	require.Equal(t, md5Hex(content), org.Record(id)["Checksum"])
	require.EqualValues(t, len(content), org.Record(id)["ContentSize"])
	require.Nil(t, org.File(id))
	require.Equal(t, 500, c.get("/sobjects/ContentVersion/"+id+"/VersionData").status)
}

func TestAttachments(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme := idOf(t, org, "Account", "Name", "Acme")
	id := c.post("/sobjects/Attachment", `{"ParentId":"`+acme+`","Name":"a.txt","Body":"aGVsbG8=","ContentType":"text/plain"}`).id()
	body := c.get("/sobjects/Attachment/" + id + "/Body").ok(200)
	require.Equal(t, "hello", body.body)
	require.Equal(t, "text/plain", body.header.Get("Content-Type"))
	require.Equal(t, "/services/data/v66.0/sobjects/Attachment/"+id+"/Body", c.get("/sobjects/Attachment/" + id).object()["Body"])
	require.EqualValues(t, 5, org.Record(id)["BodyLength"])

	typ, large := multi(t, part{"entity_document", "", "application/json", `{"ParentId":"` + acme + `","Name":"a.bin"}`},
		part{"Body", "a.bin", "application/octet-stream", strings.Repeat("x", 25<<20+1)})
	c.do("POST", "/sobjects/Attachment", typ, large).refused(400, "MAXIMUM_SIZE_OF_ATTACHMENT", "")
	c.get("/sobjects/Attachment/"+id+"/Name").refused(404, "NOT_FOUND", "")

	require.Len(t, c.query("SELECT Id, Body FROM Attachment").records(), 1)
	c.post("/sobjects/Attachment", `{"ParentId":"`+acme+`","Name":"b.txt","Body":"aGVsbG8="}`).id()
	c.query("SELECT Id, Body FROM Attachment").refused(400, "OPERATION_TOO_LARGE", "can find one record only, and 2 were found")
	require.Len(t, c.query("SELECT Id, BodyLength FROM Attachment").records(), 2)
}

func TestNotesAreFiles(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme := idOf(t, org, "Account", "Name", "Acme")
	id := c.post("/sobjects/ContentNote", `{"Title":"Result","Content":"`+base64.StdEncoding.EncodeToString([]byte("Sold &amp; happy"))+`"}`).id()
	link := c.post("/sobjects/ContentDocumentLink", `{"ContentDocumentId":"`+id+`","LinkedEntityId":"`+acme+`","ShareType":"V"}`).id()
	require.Equal(t, "06A", link[:3])
	c.post("/sobjects/ContentDocumentLink", `{"ContentDocumentId":"`+id+`","LinkedEntityId":"`+acme+`"}`).refused(400, "DUPLICATE_VALUE", "")

	require.Equal(t, "SNOTE", org.Record(id)["FileType"])
	note := c.query("SELECT Title, TextPreview, LatestPublishedVersion.FileType FROM ContentNote").records()[0]
	require.Equal(t, "Sold &amp; happy", note["TextPreview"])
	require.Equal(t, "Sold &amp; happy", c.get("/sobjects/ContentNote/"+id+"/Content").ok(200).body)

	file := c.post("/sobjects/ContentVersion", `{"PathOnClient":"a.txt","VersionData":"YQ=="}`).id()
	require.NotEqual(t, id, org.Record(file)["ContentDocumentId"])
	c.delete("/sobjects/ContentDocument/" + org.Record(file)["ContentDocumentId"].(string)).ok(204)
	next := c.post("/sobjects/ContentNote", `{"Title":"Next"}`).id()
	require.Len(t, org.Records("ContentDocument"), 2)
	c.delete("/sobjects/ContentNote/" + next).ok(204)

	c.delete("/sobjects/ContentNote/" + id).ok(204)
	require.Empty(t, org.Records("ContentDocument"))
	require.Empty(t, org.Records("ContentVersion"))
}

// A little that grows without end is refused before it fills the memory.
func TestCompressedContentMayNotGrowTooMuch(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{HashOnlyAbove: 1})
	c := newClient(t, org)
	typ, body := multi(t, part{"entity_content", "", "application/json", `{"PathOnClient":"a.bin"}`},
		part{"VersionData", "a.bin", "application/octet-stream", ""})
	begin, end, _ := strings.Cut(body, "octet-stream\r\n\r\n")
	much, err := io.ReadAll(gzipped(t, strings.Repeat("x", 1<<20)))
	require.NoError(t, err)
	packed := io.MultiReader(gzipped(t, begin+"octet-stream\r\n\r\n"), bytes.NewReader(bytes.Repeat(much, 200)), gzipped(t, end))
	req, err := http.NewRequestWithContext(t.Context(), "POST", c.base+"/services/data/v66.0/sobjects/ContentVersion", packed)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", typ)
	req.Header.Set("Content-Encoding", "gzip")
	c.send(req).refused(400, "FILE_SIZE_LIMIT_EXCEEDED", "too large")
}

func TestCompressedBodiesAreRead(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	req, err := http.NewRequestWithContext(t.Context(), "POST", c.base+"/services/data/v66.0/sobjects/Account", gzipped(t, `{"Name":"packed"}`))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Content-Encoding", "gzip")
	c.send(req).id()
	require.Equal(t, "packed", c.query("SELECT Name FROM Account WHERE Name = 'packed'").names("Name"))
	c.with("POST", "/sobjects/Account", "x", "Content-Encoding", "br").refused(415, "UNSUPPORTED_MEDIA_TYPE", "br")

	envelope := `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><x/></e:Body></e:Envelope>`
	req, err = http.NewRequestWithContext(t.Context(), "POST", c.base+"/services/Soap/u/60.0", gzipped(t, envelope))
	require.NoError(t, err)
	req.Header.Set("SOAPAction", `""`)
	req.Header.Set("Content-Encoding", "gzip")
	require.Contains(t, c.send(req).body, "No operation available for request")
}
