package salesforce_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

// arrival is an upload as the org got it.
type arrival struct {
	contentType string
	length      int64 // as announced
	fields      map[string]string
	content     []byte
	fileName    string
}

// readUpload takes either form of an upload apart. It fails on what Salesforce
// refuses: parts in another order, a file name on the first, anything missing.
func readUpload(r *http.Request) (a arrival, err error) {
	a.length = r.ContentLength
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return a, err
	}
	a.contentType = kind
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return a, err
	}
	if int64(len(text)) != a.length {
		return a, fmt.Errorf("announced %d bytes, got %d", a.length, len(text))
	}
	if kind == "application/json" {
		if err := json.Unmarshal(text, &a.fields); err != nil {
			return a, err
		}
		a.content, err = base64.StdEncoding.DecodeString(a.fields["VersionData"])
		delete(a.fields, "VersionData")
		return a, err
	}
	parts := multipart.NewReader(bytes.NewReader(text), params["boundary"])
	first, err := parts.NextPart()
	if err != nil || first.FormName() != "entity_content" || first.FileName() != "" || first.Header.Get("Content-Type") != "application/json" {
		return a, fmt.Errorf("first part: %v %v", first, err)
	}
	if err := json.NewDecoder(first).Decode(&a.fields); err != nil {
		return a, err
	}
	second, err := parts.NextPart()
	if err != nil || second.FormName() != "VersionData" || second.FileName() == "" {
		return a, fmt.Errorf("second part: %v %v", second, err)
	}
	a.fileName = second.FileName()
	if a.content, err = io.ReadAll(second); err != nil {
		return a, err
	}
	if _, err := parts.NextPart(); err != io.EOF {
		return a, fmt.Errorf("a third part: %v", err)
	}
	return a, nil
}

const uploaded = `{"id":"068000000000001AAA","success":true,"errors":[]}`

// fileOrg takes uploads, and does with each what the next of then says.
func fileOrg(got *[]arrival, then ...http.HandlerFunc) *script {
	next := answers(append(then, body(201, uploaded))...)
	return &script{answer: func(w http.ResponseWriter, r *http.Request) {
		a, err := readUpload(r)
		if err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		*got = append(*got, a)
		next(w, r)
	}}
}

func md5Of(data []byte) string {
	sum := md5.Sum(data)
	return hex.EncodeToString(sum[:])
}

func TestUploadInBothForms(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 3, 48 << 10, 48<<10 + 1, 300_001} {
		content := bytes.Repeat([]byte("0123456789"), n/10+1)[:n]
		for _, opt := range []*salesforce.UploadOptions{nil, {ForceMultipart: true}, {MaxJSON: int64(n) + 1}} {
			var got []arrival
			c := newClient(t, fileOrg(&got))
			f := salesforce.FileBytes(`Larry "L" Leap.v2.pdf`, content)
			f.Title, f.Description, f.LinkTo = "Larry Leap Contract 5/23/19", "signed\n\"here\"", "a01000000000001AAA"

			up, err := c.Upload(t.Context(), f, opt)

			require.NoError(t, err)
			require.Equal(t, salesforce.Uploaded{ID: "068000000000001AAA", MD5: md5Of(content), Size: int64(n)}, up)
			require.Len(t, got, 1)
			require.Equal(t, opt == nil, got[0].contentType == "application/json")
			require.True(t, bytes.Equal(content, got[0].content))
			require.Equal(t, map[string]string{
				"Title": f.Title, "PathOnClient": f.Name, "Description": f.Description, "FirstPublishLocationId": "a01000000000001AAA",
			}, got[0].fields)
		}
	}
}

func TestUploadSetsFieldsOfTheHostsOwn(t *testing.T) {
	t.Parallel()
	for _, opt := range []*salesforce.UploadOptions{nil, {ForceMultipart: true}} {
		var got []arrival
		c := newClient(t, fileOrg(&got))
		f := salesforce.FileBytes("plan.pdf", []byte("content"))
		f.Fields = salesforce.Record{"Delivery__c": `4711 "b"`}

		_, err := c.Upload(t.Context(), f, opt)

		require.NoError(t, err)
		require.Equal(t, map[string]string{"Title": "plan", "PathOnClient": "plan.pdf", "Delivery__c": `4711 "b"`}, got[0].fields)
	}
}

func TestUploadTakesTheTitleFromTheName(t *testing.T) {
	t.Parallel()
	var got []arrival

	_, err := newClient(t, fileOrg(&got)).Upload(t.Context(), salesforce.FileBytes("plan.v2.pdf", []byte("x")), nil)

	require.NoError(t, err)
	require.Equal(t, map[string]string{"Title": "plan.v2", "PathOnClient": "plan.v2.pdf"}, got[0].fields)
}

func TestUploadNamesCannotBreakOutOfTheRequest(t *testing.T) {
	t.Parallel()
	evil := "a\"; name=\"x\r\nContent-Type: text/html\r\n\r\n--b\\.pdf"
	var got []arrival
	c := newClient(t, fileOrg(&got))

	_, err := c.Upload(t.Context(), salesforce.FileBytes(evil, []byte("x")), &salesforce.UploadOptions{ForceMultipart: true})

	require.NoError(t, err)
	require.Equal(t, evil, got[0].fields["PathOnClient"])
	require.Equal(t, "x", string(got[0].content))
}

func TestUploadOfAnotherSizeThanAnnouncedLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, multipart := range []bool{false, true} {
		for _, size := range []int64{0, 99, 101, 200_000} {
			var got []arrival
			c, _ := newSocketClient(t, fileOrg(&got))
			f := salesforce.FileBytes("a.txt", bytes.Repeat([]byte("x"), 100))
			f.Size = size

			_, err := c.Upload(t.Context(), f, &salesforce.UploadOptions{ForceMultipart: multipart})

			require.ErrorContains(t, err, "the file", "%d", size)
			require.NotErrorIs(t, err, salesforce.ErrOutcomeUnknown)
			require.Empty(t, got)
		}
	}
}

func TestUploadReportsTheSourcesError(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	for _, multipart := range []bool{false, true} {
		var got []arrival
		c, _ := newSocketClient(t, fileOrg(&got))
		var opened atomic.Int32
		f := salesforce.File{Name: "a.txt", Size: 100, Open: func() (io.ReadCloser, error) {
			opened.Add(1)
			return io.NopCloser(io.MultiReader(strings.NewReader("start"), errorReader{broken})), nil
		}}

		_, err := c.Upload(t.Context(), f, &salesforce.UploadOptions{ForceMultipart: multipart})
		require.ErrorIs(t, err, broken)
		require.NotErrorIs(t, err, salesforce.ErrOutcomeUnknown)
		require.EqualValues(t, 1, opened.Load())

		f.Open = func() (io.ReadCloser, error) { return nil, broken }
		_, err = c.Upload(t.Context(), f, &salesforce.UploadOptions{ForceMultipart: multipart})
		require.EqualError(t, err, "salesforce: upload: disk on fire")
		require.Empty(t, got)
	}
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

func TestUploadIsRepeatedOnlyWhenNothingCameOfIt(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("0123456789"), 1_000)
	for _, o := range outcomes {
		for _, multipart := range []bool{false, true} {
			var got []arrival
			c := newClient(t, fileOrg(&got, o.first))
			var sent []int64

			up, err := c.Upload(t.Context(), salesforce.FileBytes("a.txt", content), &salesforce.UploadOptions{
				ForceMultipart: multipart,
				Progress:       func(n, total int64) { sent = append(sent, n, total) },
			})

			require.Len(t, got, o.create, o.name)
			require.Equal(t, o.mayBeDone, errors.Is(err, salesforce.ErrOutcomeUnknown), o.name)
			if o.create > 1 {
				require.NoError(t, err, o.name)
				require.Equal(t, md5Of(content), up.MD5)
				require.True(t, bytes.Equal(content, got[1].content), "the second try has it all")
			}
			whole := int64(len(content))
			require.Equal(t, []int64{whole, whole}, sent[len(sent)-2:])
		}
	}
}

func TestUploadSurvivesRenewal(t *testing.T) {
	t.Parallel()
	var got []arrival
	org := fileOrg(&got)
	c, _ := newSocketClient(t, org)
	_, err := c.Session(t.Context())
	require.NoError(t, err)
	org.expire()

	up, err := c.Upload(t.Context(), salesforce.FileBytes("a.txt", []byte("content")), &salesforce.UploadOptions{ForceMultipart: true})

	require.NoError(t, err)
	require.Equal(t, md5Of([]byte("content")), up.MD5)
	require.Len(t, got, 1)
}

func TestUploadRefusesWhatCannotArrive(t *testing.T) {
	t.Parallel()
	org := &script{}
	c := newClient(t, org)
	open := func() (io.ReadCloser, error) { return nil, errors.New("opened") }
	for name, want := range map[string]struct {
		file salesforce.File
		opt  *salesforce.UploadOptions
		err  error
	}{
		"no name":       {salesforce.File{Open: open}, nil, salesforce.ErrValidation},
		"no source":     {salesforce.File{Name: "a"}, nil, salesforce.ErrValidation},
		"bad link":      {salesforce.File{Name: "a", Open: open, LinkTo: "x"}, nil, salesforce.ErrValidation},
		"negative size": {salesforce.File{Name: "a", Open: open, Size: -1}, nil, salesforce.ErrValidation},
		"over 2 GB":     {salesforce.File{Name: "a", Open: open, Size: 2<<30 + 1}, nil, salesforce.ErrTooLarge},
		"own standard":  {salesforce.File{Name: "a", Open: open, Fields: salesforce.Record{"Title": "x"}}, nil, salesforce.ErrValidation},
		"own, attached": {salesforce.File{
			Name: "a", Open: open, LinkTo: "a01000000000001AAA", Attachment: true, Fields: salesforce.Record{"Key__c": "x"},
		}, nil, salesforce.ErrValidation},
		"large JSON": {salesforce.File{Name: "a", Open: open}, &salesforce.UploadOptions{MaxJSON: 50_000_001}, salesforce.ErrValidation},
	} {
		_, err := c.Upload(t.Context(), want.file, want.opt)
		require.ErrorIs(t, err, want.err, name)
	}
	require.Zero(t, org.loginCount())
}

// pattern is a file of any size that takes no memory.
type pattern struct{ left int64 }

func (p *pattern) Read(b []byte) (int, error) {
	if p.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), p.left))
	clear(b[:n])
	p.left -= int64(n)
	return n, nil
}

// An upload that is cut off on its way is repeated, from the source again.
func TestMemoryOfAnUploadDoesNotGrowWithTheFile(t *testing.T) {
	for name, f := range map[string]struct {
		size int64
		kind string
	}{
		"the largest that goes as JSON": {37_499_937, "application/json"},
		"the smallest that does not":    {37_499_958, "multipart/form-data"},
		"a large one":                   {64 << 20, "multipart/form-data"},
	} {
		var kind string
		var length, counted int64
		org := &script{answer: answers(
			func(_ http.ResponseWriter, r *http.Request) { // the first try is cut off
				_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
				panic(http.ErrAbortHandler)
			},
			func(w http.ResponseWriter, r *http.Request) {
				kind, _, _ = mime.ParseMediaType(r.Header.Get("Content-Type"))
				length = r.ContentLength
				counted, _ = io.Copy(io.Discard, r.Body)
				body(201, uploaded)(w, r)
			},
		)}
		c, _ := newSocketClient(t, org)
		var up salesforce.Uploaded
		var err error

		peak := peakHeap(func() {
			up, err = c.Upload(t.Context(), salesforce.File{
				Name: "big.bin", Size: f.size,
				Open: func() (io.ReadCloser, error) { return io.NopCloser(&pattern{f.size}), nil },
			}, nil)
		})

		require.NoError(t, err, name)
		require.Equal(t, f.kind, kind, name)
		require.Equal(t, length, counted, name)
		require.Equal(t, f.size, up.Size, name)
		sum := md5.New()
		_, _ = io.Copy(sum, &pattern{f.size})
		require.Equal(t, hex.EncodeToString(sum.Sum(nil)), up.MD5, name)
		t.Logf("%s: heap grew by %d KB", name, peak>>10)
		require.Less(t, peak, uint64(8<<20), name)
	}
}

func TestDownloadStreams(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("0123456789", 100_000)
	org := record(200, content)
	c := newClient(t, org)

	r, err := c.Download(t.Context(), "068000000000001AAA")
	require.NoError(t, err)
	defer r.Close()
	got, err := io.ReadAll(r)

	require.NoError(t, err)
	require.Equal(t, content, string(got))
	require.Equal(t, "GET /services/data/v66.0/sobjects/ContentVersion/068000000000001AAA/VersionData", org.path)
}

func TestDownloadCutOffIsAnError(t *testing.T) {
	t.Parallel()
	org := &script{answer: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, "only this")
	}}
	c, _ := newSocketClient(t, org)

	r, err := c.Download(t.Context(), "068000000000001AAA")
	require.NoError(t, err)
	defer r.Close()
	_, err = io.ReadAll(r)

	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.ErrorIs(t, err, salesforce.ErrUnavailable)
	require.True(t, salesforce.Retryable(err))
}

func TestCancellingAnUpload(t *testing.T) {
	t.Parallel()
	org := &script{answer: func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	}}
	c, _ := newSocketClient(t, org)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()

	_, err := c.Upload(ctx, salesforce.File{
		Name: "a", Size: 1 << 30,
		Open: func() (io.ReadCloser, error) { return io.NopCloser(&pattern{1 << 30}), nil },
	}, &salesforce.UploadOptions{Progress: func(sent, _ int64) {
		if sent > 1<<20 {
			cancel()
		}
	}})

	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, salesforce.ErrOutcomeUnknown, "it did not go out to its end")
}
