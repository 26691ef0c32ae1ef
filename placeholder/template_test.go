package placeholder_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/placeholder"
)

// abc knows three names, one of which looks like a placeholder itself.
var abc = placeholder.Data{Custom: map[string]string{"a": "Ada", "b": "%a%", "größe2": "XL"}}

// spellings map templates to what they expand to with abc.
var spellings = []struct{ template, want string }{
	{"", ""},
	{"plain", "plain"},
	{"%a%", "Ada"},
	{"<%a%>", "<Ada>"},
	{"%a%%a%", "AdaAda"},
	{"%b%", "%a%"},
	{"%größe2%", "XL"},
	{"%A%", "%A%"},
	{"%unknown% %a%", "%unknown% Ada"},
	{"%", "%"},
	{"%%", "%%"},
	{"%%a%", "%Ada"},
	{"%%a%%", "%Ada%"},
	{"%a", "%a"},
	{"a%", "a%"},
	{"100% Cotton.pdf", "100% Cotton.pdf"},
	{"%a b%", "%a b%"},
	{"%a b%a%", "%a bAda"},
	{"5%x%a%", "5%x%a%"},
	{"100%, %a%", "100%, Ada"},
}

func TestExpandReplacesKnownNamesOnly(t *testing.T) {
	t.Parallel()
	for _, s := range spellings {
		tmpl, err := placeholder.Parse(s.template)
		require.NoError(t, err)
		require.Equal(t, s.template, tmpl.String())

		got, err := tmpl.Expand(abc, nil)

		require.NoError(t, err)
		require.Equal(t, s.want, got, "template %q", s.template)
	}
}

func TestStrictNamesEveryUnknownPlaceholderWithItsPlace(t *testing.T) {
	t.Parallel()
	tmpl, err := placeholder.Parse("ä %x% %a% %yy% 5%")
	require.NoError(t, err)

	got, err := tmpl.Expand(abc, &placeholder.Options{Strict: true})

	require.Empty(t, got)
	unknown, ok := errors.AsType[*placeholder.UnknownError](err)
	require.True(t, ok)
	require.Equal(t, placeholder.UnknownError{Name: "x", Offset: 3}, *unknown)
	require.EqualError(t, err, "placeholder: expand template: no value for %x% at byte 3\n"+
		"placeholder: expand template: no value for %yy% at byte 11")
}

func TestNamesAreListedOnceInOrder(t *testing.T) {
	t.Parallel()
	tmpl, err := placeholder.Parse("%b% %a% %b% %c d% %zz%")
	require.NoError(t, err)
	require.Equal(t, []string{"b", "a", "zz"}, tmpl.Names())
}

func TestParseRefusesInvalidUTF8(t *testing.T) {
	t.Parallel()
	_, err := placeholder.Parse("%a%\xff")
	require.ErrorIs(t, err, placeholder.ErrInvalidUTF8)
}

// counter gives every name another value each time that it is asked.
type counter struct{ n int }

func (c *counter) Value(string) (string, bool) {
	c.n++
	return strings.Repeat("x", c.n), true
}

func TestANameHasOneValueInAnExpansion(t *testing.T) {
	t.Parallel()
	tmpl, err := placeholder.Parse("%a% %b% %a%")
	require.NoError(t, err)

	got, err := tmpl.Expand(&counter{}, nil)

	require.NoError(t, err)
	require.Equal(t, "x xx x", got)
}

func FuzzExpand(f *testing.F) {
	for _, s := range spellings {
		f.Add(s.template, "%a%")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		tmpl, err := placeholder.Parse(text)
		if err != nil {
			return
		}
		none, err := tmpl.Expand(placeholder.Data{Date: time0}, nil)
		require.NoError(t, err)
		if !strings.ContainsFunc(strings.Join(tmpl.Names(), ""), isLower) {
			require.Equal(t, text, none, "no built-in name lacks lower case letters")
		}

		custom := map[string]string{}
		want := text
		for _, name := range tmpl.Names() {
			custom[name] = ""
		}
		got, err := tmpl.Expand(placeholder.Data{Custom: custom}, &placeholder.Options{Strict: true})
		require.NoError(t, err)
		require.LessOrEqual(t, len(got), len(want))

		for name := range custom {
			custom[name] = "%" + name + "%"
		}
		got, err = tmpl.Expand(placeholder.Data{Custom: custom}, nil)
		require.NoError(t, err)
		require.Equal(t, text, got, "a value is never expanded again")
	})
}

func isLower(r rune) bool { return 'a' <= r && r <= 'z' }

func BenchmarkExpand(b *testing.B) {
	tmpl, err := placeholder.Parse("%customerName% Contract %date%.pdf")
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tmpl.Expand(larry, nil); err != nil {
			b.Fatal(err)
		}
	}
}
