package placeholder_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/placeholder"
)

// abc knows a few names, one of which gives what looks like a placeholder.
var abc = placeholder.Data{Custom: map[string]string{
	"a": "Ada", "b": "%a%", "none": "", "größe2": "XL", "Prospect__r.First_Name__c": "Larry", "web-site": "www", "हिन्दी": "hi",
}}

// spellings map templates to what they expand to with abc.
var spellings = []struct{ template, want string }{
	{"", ""},
	{"plain", "plain"},
	{"%a%", "Ada"},
	{"<%a%>", "<Ada>"},
	{"%a%%a%", "AdaAda"},
	{"%a%%b%%none%%a%", "Ada%a%Ada"},
	{"%b%", "%a%"},
	{"%none%", ""},
	{"%größe2%", "XL"},
	{"%हिन्दी%", "hi"},
	{"%Prospect__r.First_Name__c% %a%", "Larry Ada"},
	{"%web-site%_%a%-%a%.%a%", "www_Ada-Ada.Ada"},

	{"%A%", "%A%"},
	{"%unknown% %a%", "%unknown% Ada"},
	{"5%x%a%", "5%x%a%"},
	{"%unknown%%a%", "%unknown%Ada"},

	{"%", "%"},
	{"%%", "%"},
	{"%%%", "%%"},
	{"%%%%", "%%"},
	{"%%a%%", "%a%"},
	{"%%a%", "%a%"},
	{"%%%a%", "%Ada"},
	{"%a%%", "Ada%"},
	{"%a%%%", "Ada%"},
	{"%a%%%a%%%a%", "Ada%a%Ada"},
	{"%a", "%a"},
	{"a%", "a%"},
	{"100% Cotton.pdf", "100% Cotton.pdf"},
	{"100%% Cotton.pdf", "100% Cotton.pdf"},
	{"100%, %a%", "100%, Ada"},
	{"100% %a%", "100% Ada"},
	{"100%-%a%", "100%-Ada"},
	{"%a b%", "%a b%"},
	{"% a %", "% a %"},
	{"%a b%a%", "%a bAda"},
	{"%_a% %a_% %.a% %a-%", "%_a% %a_% %.a% %a-%"},
	{"%a\n%a%", "%a\nAda"},
}

func parse(tb testing.TB, text string) *placeholder.Template {
	tb.Helper()
	tmpl, err := placeholder.Parse(text)
	require.NoError(tb, err)
	return tmpl
}

func TestExpandReplacesKnownNamesOnly(t *testing.T) {
	t.Parallel()
	for _, s := range spellings {
		tmpl := parse(t, s.template)
		require.Equal(t, s.template, tmpl.String())

		got, err := tmpl.Expand(abc, nil)

		require.NoError(t, err)
		require.Equal(t, s.want, got, "template %q", s.template)
	}
}

func TestStrictNamesEveryUnknownPlaceholderWithItsPlace(t *testing.T) {
	t.Parallel()
	tmpl := parse(t, "ä %x% %a% %customername% 5%\n %x% %größe3%")

	got, err := tmpl.Expand(abc, &placeholder.Options{Strict: true})

	require.Empty(t, got)
	require.ErrorIs(t, err, placeholder.ErrUnknown)
	unknown, ok := errors.AsType[*placeholder.UnknownError](err)
	require.True(t, ok)
	require.Equal(t, placeholder.UnknownError{Name: "x", Pos: placeholder.Pos{Offset: 3, Line: 1, Column: 3}, Meant: "a"}, *unknown)
	require.EqualError(t, err, "placeholder: column 3: there is no placeholder %x%; did you mean %a%?\n"+
		"placeholder: column 11: there is no placeholder %customername%; did you mean %customerName%?\n"+
		"placeholder: line 2, column 2: there is no placeholder %x%; did you mean %a%?\n"+
		"placeholder: line 2, column 6: there is no placeholder %größe3%; did you mean %größe2%?")
}

func TestNamesAreListedOnceInOrder(t *testing.T) {
	t.Parallel()
	tmpl := parse(t, "%b% %a% %b% %c d% %zz% %%q%%")
	require.Equal(t, []string{"b", "a", "zz"}, tmpl.Names())
	require.Empty(t, parse(t, "none").Names())
}

func TestParseRefusesInvalidUTF8AndSaysWhere(t *testing.T) {
	t.Parallel()
	_, err := placeholder.Parse("\uFFFD %a%\nb\xff")
	require.ErrorIs(t, err, placeholder.ErrInvalidUTF8)
	require.EqualError(t, err, "placeholder: template is not valid UTF-8 at line 2, column 2")
}

func TestCheckFindsWhatIsProbablyAMistake(t *testing.T) {
	t.Parallel()
	known := append(placeholder.Names(), "website")
	for text, want := range map[string]string{
		"%customerName% Contract %date%.pdf":   "",
		"100% %website%, 5% x %%date%% 10%off": "",
		"%customerName Contract %date%.pdf":    "placeholder: column 1: %customerName lacks a per cent sign; write %customerName%, or %%customerName for a per cent sign as such",
		"customerName% Contract":               "placeholder: column 1: customerName% lacks a per cent sign; write %customerName%, or customerName%% for a per cent sign as such",
		"Contract %date":                       "placeholder: column 10: %date lacks a per cent sign; write %date%, or %%date for a per cent sign as such",
		"%Date% customerName%": "placeholder: column 1: there is no placeholder %Date%; did you mean %date%?\n" +
			"placeholder: column 8: customerName% lacks a per cent sign; write %customerName%, or customerName%% for a per cent sign as such",
		"%customerFirstName%": "placeholder: column 1: there is no placeholder %customerFirstName%; did you mean %customerNameFirst%?",
		"%telephone%":         "placeholder: column 1: there is no placeholder %telephone%",
	} {
		err := parse(t, text).Check(known)
		if want == "" {
			require.NoError(t, err, text)
			continue
		}
		require.EqualError(t, err, want, text)
	}
}

// counter gives every name another value each time that it is asked.
func counter() placeholder.Func {
	n := 0
	return func(string) (string, error) {
		n++
		return strings.Repeat("x", n), nil
	}
}

func TestANameHasOneValueInAnExpansion(t *testing.T) {
	t.Parallel()
	got, err := parse(t, "%a% %b% %a%").Expand(counter(), nil)
	require.NoError(t, err)
	require.Equal(t, "x xx x", got)
}

func TestAnExpansionEndsWithTheFirstValueThatFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("out of order")
	got, err := parse(t, "%a% and %b%").Expand(placeholder.Func(func(name string) (string, error) {
		if name == "b" {
			return "", broken
		}
		return "Ada", nil
	}), nil)
	require.Empty(t, got)
	require.ErrorIs(t, err, broken)
	require.EqualError(t, err, "placeholder: column 9: %b%: out of order")
}

func FuzzExpand(f *testing.F) {
	for _, s := range spellings {
		f.Add(s.template)
	}
	f.Fuzz(func(t *testing.T, text string) {
		quoted, err := placeholder.Parse(placeholder.Quote(text))
		tmpl, err2 := placeholder.Parse(text)
		require.Equal(t, err == nil, err2 == nil)
		if err != nil {
			return
		}
		checkQuoted(t, quoted, text)
		checkTemplate(t, tmpl)
	})
}

// checkQuoted holds what is promised of a text made a template by Quote.
func checkQuoted(t *testing.T, quoted *placeholder.Template, text string) {
	t.Helper()
	require.Empty(t, quoted.Names())
	require.NoError(t, quoted.Check(placeholder.Names()))
	got, err := quoted.Expand(abc, &placeholder.Options{Strict: true})
	require.NoError(t, err)
	require.Equal(t, text, got)
}

// checkTemplate holds what is promised of every template.
func checkTemplate(t *testing.T, tmpl *placeholder.Template) {
	t.Helper()
	custom := map[string]string{}
	left, err := tmpl.Expand(placeholder.Data{Date: time0, Custom: custom}, nil)
	require.NoError(t, err)
	if !strings.ContainsFunc(strings.Join(tmpl.Names(), ""), isLower) {
		require.Equal(t, strings.ReplaceAll(left, "%", ""), strings.ReplaceAll(tmpl.String(), "%", ""), "no built-in name lacks lower case letters")
	}
	for _, name := range tmpl.Names() {
		custom[name] = ""
	}
	got, err := tmpl.Expand(placeholder.Data{Custom: custom}, &placeholder.Options{Strict: true})
	require.NoError(t, err)
	require.LessOrEqual(t, len(got), len(tmpl.String()))

	for name := range custom {
		custom[name] = "%" + name + "%"
	}
	got, err = tmpl.Expand(placeholder.Data{Custom: custom}, nil)
	require.NoError(t, err)
	none := placeholder.Func(func(string) (string, error) { return "", placeholder.ErrUnknown })
	left, err = tmpl.Expand(none, nil)
	require.NoError(t, err)
	require.Equal(t, left, got, "a value is never expanded again")
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
