package salesforce_test

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestAttachmentsAndNewVersions(t *testing.T) {
	t.Parallel()
	for _, opt := range []*salesforce.UploadOptions{nil, {ForceMultipart: true}} {
		org := salesforcetest.NewOrg(nil)
		c := orgClient(t, org)
		account := salesforce.ID(org.Insert("Account", map[string]any{"Name": "Acme"}))
		content := []byte("%PDF-1.4 content")
		f := salesforce.FileBytes("plan.PDF", content)
		f.Attachment, f.LinkTo, f.Description = true, account, "about"
		up, err := c.Upload(t.Context(), f, opt)
		require.NoError(t, err)
		require.Equal(t, md5Of(content), up.MD5)
		a := org.Record(string(up.ID))
		require.Equal(t, []any{"plan.PDF", "about", "application/pdf", string(account)}, []any{a["Name"], a["Description"], a["ContentType"], a["ParentId"]})
		require.Equal(t, content, org.File(string(up.ID)))
		require.Equal(t, content, download(t, c, up.ID))

		first, err := c.Upload(t.Context(), salesforce.FileBytes("plan.pdf", content), opt)
		require.NoError(t, err)
		document := salesforce.ID(org.Record(string(first.ID))["ContentDocumentId"].(string))
		f = salesforce.FileBytes("plan.pdf", []byte("second"))
		f.NewVersionOf, f.Reason = document, "better"
		second, err := c.Upload(t.Context(), f, opt)
		require.NoError(t, err)
		v := org.Record(string(second.ID))
		require.Equal(t, []any{string(document), "2", "better"}, []any{v["ContentDocumentId"], v["VersionNumber"], v["ReasonForChange"]})
		require.Equal(t, []byte("second"), download(t, c, second.ID))
	}
}

func download(t *testing.T, c *salesforce.Client, id salesforce.ID) []byte {
	t.Helper()
	body, err := c.Download(t.Context(), id)
	require.NoError(t, err)
	defer body.Close()
	data, err := io.ReadAll(body)
	require.NoError(t, err)
	return data
}

func TestFilesThatCannotBe(t *testing.T) {
	t.Parallel()
	c := orgClient(t, salesforcetest.NewOrg(nil))
	for want, change := range map[string]func(*salesforce.File){
		"File.LinkTo is missing": func(f *salesforce.File) { f.Attachment = true },
		"an Attachment has no versions": func(f *salesforce.File) {
			f.Attachment, f.LinkTo, f.NewVersionOf = true, "001xx0000000001AAA", "069xx0000000001AAA"
		},
		"is no id of a document": func(f *salesforce.File) { f.NewVersionOf = "068xx0000000001AAA" },
		"File.LinkTo must be empty": func(f *salesforce.File) {
			f.NewVersionOf, f.LinkTo = "069xx0000000001AAA", "001xx0000000001AAA"
		},
		"over Salesforce's limit of 524288000": func(f *salesforce.File) {
			f.Attachment, f.LinkTo, f.Size = true, "001xx0000000001AAA", 600<<20
		},
	} {
		f := salesforce.FileBytes("a.txt", nil)
		change(&f)
		_, err := c.Upload(t.Context(), f, nil)
		require.ErrorContains(t, err, want)
	}
	_, err := c.Download(t.Context(), "001xx0000000001AAA")
	require.ErrorIs(t, err, salesforce.ErrValidation)
}

// lostUpload uploads a file whose answer is lost, and returns what is sought.
func lostUpload(t *testing.T, org *salesforcetest.Org, c *salesforce.Client, f salesforce.File, reached bool) salesforce.Sought {
	t.Helper()
	_, err := c.Session(t.Context())
	require.NoError(t, err)
	org.Fail(salesforcetest.Fault{Method: "POST", Path: "/sobjects/", DropAfter: reached, DropBefore: !reached})
	_, err = c.Upload(t.Context(), f, &salesforce.UploadOptions{ForceMultipart: true})
	require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown)
	data, err := f.Open()
	require.NoError(t, err)
	content, err := io.ReadAll(data)
	require.NoError(t, err)
	s := salesforce.Sought{
		Attachment: f.Attachment, MD5: md5Of(content), Size: f.Size, LinkTo: f.LinkTo, Title: "plan", Marker: f.Description, AnyMarker: "job:",
	}
	if f.Attachment {
		s.Title = f.Name
	}
	return s
}

func TestAnUploadWhoseAnswerWasLostIsFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, attachment := range []bool{false, true} {
			for _, reached := range []bool{true, false} {
				org := salesforcetest.NewOrg(nil)
				c := orgClient(t, org, patient)
				account := org.Insert("Account", map[string]any{"Name": "Acme"})
				f := salesforce.FileBytes("plan.pdf", []byte("content"))
				f.LinkTo, f.Description, f.Attachment = salesforce.ID(account), "job:7", attachment
				s := lostUpload(t, org, c, f, reached)
				id, err := c.FindUpload(t.Context(), s)
				require.NoError(t, err)
				require.Equal(t, reached, id != "")
				if !reached {
					continue
				}
				again := s
				again.ID = id
				found, err := c.FindUpload(t.Context(), again)
				require.NoError(t, err)
				require.Equal(t, id, found)

				org.Update(string(id), map[string]any{"Description": nil})
				found, err = c.FindUpload(t.Context(), s)
				require.NoError(t, err)
				require.Equal(t, id, found, "automation took the marker away")

				for what, change := range map[string]func(*salesforce.Sought){
					"other content":    func(s *salesforce.Sought) { s.MD5 = md5Of([]byte("CONTENT")) },
					"another size":     func(s *salesforce.Sought) { s.Size++ },
					"another record":   func(s *salesforce.Sought) { s.LinkTo = "001xx0000009999AAA" },
					"an older attempt": func(s *salesforce.Sought) { s.Title = "other"; org.Advance(time.Hour) },
				} {
					other := s
					change(&other)
					_, err := c.Limits(t.Context()) // which tells the time
					require.NoError(t, err)
					found, err = c.FindUpload(t.Context(), other)
					require.NoError(t, err)
					require.Empty(t, found, what)
				}
			}
		}
	})
}

func TestTheMarkerTellsEqualFilesApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, attachment := range []bool{false, true} {
			org := salesforcetest.NewOrg(nil)
			c := orgClient(t, org, patient)
			f := salesforce.FileBytes("plan.pdf", []byte("content"))
			f.LinkTo, f.Attachment, f.Description = salesforce.ID(org.Insert("Account", map[string]any{"Name": "Acme"})), attachment, "job:1"
			first, err := c.Upload(t.Context(), f, nil)
			require.NoError(t, err)
			f.Description = "job:2"
			s := lostUpload(t, org, c, f, false)
			id, err := c.FindUpload(t.Context(), s)
			require.NoError(t, err)
			require.Empty(t, id, "the first is another one's")
			s.Marker = "job:1"
			id, err = c.FindUpload(t.Context(), s)
			require.NoError(t, err)
			require.Equal(t, first.ID, id)
		}
	})
}

func TestAMarkerIsAWordOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, attachment := range []bool{false, true} {
		for description, found := range map[string]bool{
			"job:1": true, "job:12": false, "myjob:1": false, "job:12, job:1.": true, "job:1-2": false, "(job:1)": true, "job:1ö": false,
		} {
			org := salesforcetest.NewOrg(nil)
			c := orgClient(t, org)
			f := salesforce.FileBytes("plan.pdf", []byte("content"))
			f.LinkTo, f.Attachment, f.Description = salesforce.ID(org.Insert("Account", map[string]any{"Name": "Acme"})), attachment, description
			up, err := c.Upload(t.Context(), f, nil)
			require.NoError(t, err)
			s := salesforce.Sought{
				Attachment: attachment, MD5: strings.ToUpper(up.MD5), Size: up.Size, LinkTo: f.LinkTo, Title: "plan", Marker: "job:1", AnyMarker: "job:",
			}
			if attachment {
				s.Title = f.Name
			}
			id, err := c.FindUpload(t.Context(), s)
			require.NoError(t, err)
			require.Equal(t, found, id == up.ID, description)
		}
	}
}

func TestFilesWithoutAMarkerAreFoundByTheirTitle(t *testing.T) {
	t.Parallel()
	for _, attachment := range []bool{false, true} {
		for _, linked := range []bool{true, false} {
			if attachment && !linked {
				continue
			}
			org := salesforcetest.NewOrg(nil)
			c := orgClient(t, org)
			f := salesforce.FileBytes("plan.pdf", []byte("content"))
			f.Title, f.Attachment = "plan.pdf", attachment
			if linked {
				f.LinkTo = salesforce.ID(org.Insert("Account", map[string]any{"Name": "Acme"}))
			}
			up, err := c.Upload(t.Context(), f, nil)
			require.NoError(t, err)
			org.Advance(24 * time.Hour)
			_, err = c.Limits(t.Context()) // which tells the time
			require.NoError(t, err)
			id, err := c.FindUpload(t.Context(), salesforce.Sought{
				Attachment: attachment, MD5: up.MD5, Size: up.Size, LinkTo: f.LinkTo, Title: "plan.pdf", Age: time.Minute,
			})
			require.NoError(t, err)
			require.Equal(t, up.ID, id, "attachment %v, linked %v", attachment, linked)
		}
	}
}

func TestWhatIsSoughtHasToBeTold(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	_, err := orgClient(t, org).FindUpload(t.Context(), salesforce.Sought{MD5: "'", Size: -1, ID: "x", LinkTo: "y"})
	for _, want := range []string{`Sought.MD5 "'"`, "Sought.Size -1", `Sought.ID "x"`, `Sought.LinkTo "y"`} {
		require.ErrorContains(t, err, want)
	}
	require.ErrorIs(t, err, salesforce.ErrValidation)
	require.Empty(t, org.Requests())
}
