package salesforce_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

var idForms = []struct{ text, want string }{
	{"001RM000003oLnn", "001RM000003oLnnYAE"},
	{"001RM000003oLnnYAE", "001RM000003oLnnYAE"},
	{"701E0000000JuFH", "701E0000000JuFHIA0"},
	{"  701E0000000JuFHIA0\n", "701E0000000JuFHIA0"},
	{"000000000000000", "000000000000000AAA"},
	{"https://acme.my.salesforce.com/001RM000003oLnn", "001RM000003oLnnYAE"},
	{"https://acme.my.salesforce.com/001RM000003oLnn/", "001RM000003oLnnYAE"},
	{"https://acme.my.salesforce.com/p/page?retURL=%2F&id=001RM000003oLnn&isdtp=vw", "001RM000003oLnnYAE"},
	{"https://acme.my.salesforce.com/servlet?Id=001RM000003oLnnYAE", "001RM000003oLnnYAE"},
	{"id=001RM000003oLnn&nooverride=1", "001RM000003oLnnYAE"},
	{"https://acme.lightning.force.com/lightning/r/Account/001RM000003oLnnYAE/view", "001RM000003oLnnYAE"},
	{"https://acme.lightning.force.com/lightning/r/001RM000003oLnnYAE/view?ws=1", "001RM000003oLnnYAE"},
	{"/lightning/r/Account/001RM000003oLnn/view", "001RM000003oLnnYAE"},
}

var noIDs = []string{
	"", " ", "001", "001RM000003oLn", "001RM000003oLnnY", "001RM000003oLnnYAEX",
	"001RM000003oLnnYAF", "001RM000003oLnnyae", "001RM000003oLn-", "001RM000003oLn\u00e9",
	"https://acme.my.salesforce.com/", "https://acme.my.salesforce.com/p?id=", "id=%zz",
	"https://acme.lightning.force.com/lightning/r/Account/view", "' OR Name != '",
}

func TestParseIDAcceptsWhatPeoplePaste(t *testing.T) {
	t.Parallel()
	for _, form := range idForms {
		id, err := salesforce.ParseID(form.text)
		require.NoError(t, err, form.text)
		require.Equal(t, salesforce.ID(form.want), id, form.text)
	}
}

func TestParseIDRefusesWhatIsNoID(t *testing.T) {
	t.Parallel()
	for _, text := range noIDs {
		id, err := salesforce.ParseID(text)
		require.Error(t, err, text)
		require.Empty(t, id, text)
	}
}

func TestIDFormsCompareEqual(t *testing.T) {
	t.Parallel()
	short, long := salesforce.ID("001RM000003oLnn"), salesforce.ID("001RM000003oLnnYAE")

	require.True(t, short.Equal(long))
	require.True(t, long.Equal(short))
	require.False(t, long.Equal("001RM000003oLnN"), "ids are case-sensitive")
	require.False(t, salesforce.ID("").Equal(""), "an empty id equals nothing")
	require.Equal(t, "001RM000003oLnn", long.Short())
	require.Equal(t, "001", long.Prefix())
	require.Empty(t, salesforce.ID("x").Prefix())
}

func FuzzParseID(f *testing.F) {
	for _, form := range idForms {
		f.Add(form.text)
	}
	for _, text := range noIDs {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := salesforce.ParseID(text)
		if err != nil {
			return
		}
		require.Len(t, string(id), 18)
		again, err := salesforce.ParseID(string(id))
		require.NoError(t, err)
		require.Equal(t, id, again)
		again, err = salesforce.ParseID(id.Short())
		require.NoError(t, err)
		require.Equal(t, id, again)
	})
}
