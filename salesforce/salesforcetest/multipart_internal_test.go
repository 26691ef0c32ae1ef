package salesforcetest

import (
	"mime/multipart"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBinaryPartsShareOneLimit(t *testing.T) {
	t.Parallel()
	const body = "--b\r\nContent-Type: application/json\r\n\r\n{}\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"x\"; filename=\"x\"\r\n\r\n12345\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"y\"; filename=\"y\"\r\n\r\n12345\r\n--b--\r\n"
	read := func(limit int64) error {
		m := multipartBody{parts: map[string]*blob{}, left: limit}
		_, _, err := m.read(multipart.NewReader(strings.NewReader(body), "b"))
		return err
	}
	require.NoError(t, read(10))
	require.ErrorContains(t, read(9), "FILE_SIZE_LIMIT_EXCEEDED")
	require.Equal(t, int64(2<<30), maxPart(&object{SObject: SObject{Name: "ContentVersion"}}))
	require.EqualValues(t, 500<<20, maxPart(&object{SObject: SObject{Name: "Attachment"}}))
}

func FuzzMultipart(f *testing.F) {
	f.Add("--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b--\r\n", "b")
	f.Add("--b\r\nContent-Disposition: form-data; name=\"x\"; filename=\"x\"\r\n\r\n12345\r\n--b--\r\n", "b")
	f.Fuzz(func(t *testing.T, body, boundary string) {
		m := multipartBody{parts: map[string]*blob{}, left: 100}
		in, parts, err := m.read(multipart.NewReader(strings.NewReader(body), boundary))
		require.Equal(t, err == nil, in != nil && parts != nil)
	})
}

func FuzzReferences(f *testing.F) {
	for _, s := range []string{"@{a.b}", "x@{a.b[0].c}y", "@{a[1]}", "@{", "%40%7Ba.b%7D", "@{a[99999999999999999999].b}", "@{.}", "@{a..b}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := decodeValue([]byte(`{"b":[{"c":1}],"d":"x"}`))
		require.NoError(t, err)
		r := compositeRun{call: &call{version: newestVersion}, refs: map[string]any{"a": v}}
		filled, err := r.text(s)
		if !reference.MatchString(s) {
			require.NoError(t, err)
			require.Equal(t, s, filled)
		}
		_, _ = r.address(s)
	})
}
