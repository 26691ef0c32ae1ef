package mapping_test

import (
	"html"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

// richTexts map rich text to plain text; an empty one is nil.
var richTexts = []struct{ rich, want string }{
	{"plain", "plain"},
	{"  kept\n\n as it is  ", "  kept\n\n as it is  "},
	{"1 < 2 and 3 > 2", "1 < 2 and 3 > 2"},
	{"a <b", "a <b"},
	{"x<3>y", "x<3>y"},
	{"Larry <larry@example.com>", "Larry <larry@example.com>"},
	{"R&D and R&notes & more", "R&D and R&notes & more"},
	{"AT&amp;T &#8364; &#x20AC; &bogus; &amp", "AT&T € € &bogus; &amp"},
	{"<b>bold</b>", "bold"},
	{"<p>one</p><p>two</p>", "one\ntwo"},
	{"<p>one</p>\n<p><br></p>\n<p>two</p>", "one\n\ntwo"},
	{"one<br>two<BR/>three<br />four", "one\ntwo\nthree\nfour"},
	{"<div>  a   <i>b</i>\n c</div>", "a b c"},
	{"<ul><li>a</li><li>b</li></ul>", "a\nb"},
	{"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
	{"a<script>alert('<p>x</p>')</script>b", "ab"},
	{"a<STYLE type=\"x\">p{}</Style>b", "ab"},
	{"a<script>never closed >", "a"},
	{"a<!-- <b>hidden</b> -->b", "ab"},
	{"a<!-- never closed >", "a"},
	{`<a href="x" title="1 > 0">link</a>`, "link"},
	{`<a title='it"s > that'>link</a>`, "link"},
	{`<a title="unpaired>link</a> and <b class="c>d</b>`, "d"},
	{`<a title="odd>link</a> <b>bold</b>`, "link bold"},
	{"<o:p>word</o:p>", "word"},
	{"&lt;b&gt;not a tag&lt;/b&gt;", "<b>not a tag</b>"},
	{"<p>&lt;script&gt;x&lt;/script&gt;</p>", "<script>x</script>"},
	{"<p>a&nbsp;&nbsp;b</p>", "a b"},
	{"<", "<"},
	{"<>", "<>"},
	{"</>", "</>"},
	{"<br>", ""},
}

func richText(t require.TestingT, s string) string {
	m, err := mapping.New([]mapping.Rule{field(mapping.RichText)}, nil)
	require.NoError(t, err)
	values, err := m.Apply(salesforce.Record{"F": s})
	require.NoError(t, err)
	got, _ := values.Get("f")
	if got == nil {
		return ""
	}
	return got.(string)
}

func TestRichTextBecomesPlain(t *testing.T) {
	t.Parallel()
	for _, r := range richTexts {
		require.Equal(t, r.want, richText(t, r.rich), "%q", r.rich)
	}
}

func TestRichTextIsLinear(t *testing.T) {
	t.Parallel()
	start := time.Now()
	for _, bait := range []string{"<a", "<a \"'", `<a ">" `, "<!--", "<script", "</script", "<", "&", "&a", "<a '>' \">\" "} {
		richText(t, strings.Repeat(bait, 1<<18/len(bait)))
		richText(t, strings.Repeat(bait, 1<<18/len(bait))+"'>")
	}
	require.Less(t, time.Since(start), 10*time.Second)
}

func FuzzRichText(f *testing.F) {
	for _, r := range richTexts {
		f.Add(r.rich)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "")
		got := richText(t, s)
		require.LessOrEqual(t, len(got), len(html.UnescapeString(s))+len(s))
		if !strings.ContainsAny(s, "<&") {
			require.Equal(t, s, got, "text without HTML stays")
		}
		escaped := "<p>" + html.EscapeString(s) + "</p>"
		require.Equal(t, strings.Join(strings.Fields(s), " "), richText(t, escaped), "escaped text comes through")
	})
}
