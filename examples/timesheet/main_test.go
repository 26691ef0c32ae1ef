package main

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/examples/data"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// yourOwnOrg points the environment at an org of this edition.
func yourOwnOrg(t *testing.T, edition string) *salesforcetest.Org {
	t.Helper()
	org := salesforcetest.NewOrg(nil)
	require.NoError(t, org.Load(data.Org()))
	org.Update(org.Credentials().OrgID, map[string]any{"OrganizationType": edition})
	server := salesforcetest.NewServer(org)
	t.Cleanup(server.Close)
	login := org.Credentials()
	for name, value := range map[string]string{
		"SALESFORCE_URL": server.URL, "SALESFORCE_USERNAME": login.Username, "SALESFORCE_PASSWORD": login.Password,
		"SALESFORCE_SECURITY_TOKEN": login.SecurityToken, "SALESFORCE_CLIENT_ID": "",
	} {
		t.Setenv(name, value)
	}
	return org
}

func writes(org *salesforcetest.Org) (paths []string) {
	for _, r := range org.Requests() {
		if r.Method != "GET" && r.Path != "/services/Soap/u/64.0" {
			paths = append(paths, r.Method+" "+r.Path)
		}
	}
	return paths
}

func TestYourOwnOrgIsOnlyRead(t *testing.T) {
	org := yourOwnOrg(t, "Developer Edition")
	var out bytes.Buffer

	require.NoError(t, run(t.Context(), []string{"-db", filepath.Join(t.TempDir(), "own.db")}, &out))

	require.Contains(t, out.String(), "the step that changes records in it is left out")
	require.Empty(t, writes(org))
}

func TestDeveloperEditionMayBeWritten(t *testing.T) {
	org := yourOwnOrg(t, "Developer Edition")

	require.NoError(t, run(t.Context(), []string{"-write-to-org", "-db", filepath.Join(t.TempDir(), "own.db")}, &bytes.Buffer{}))

	require.Len(t, writes(org), 12)
}

func TestProductionOrgIsNeverWritten(t *testing.T) {
	org := yourOwnOrg(t, "Enterprise Edition")

	err := run(t.Context(), []string{"-write-to-org"}, &bytes.Buffer{})

	require.ErrorContains(t, err, "neither a sandbox nor a Developer Edition")
	require.Empty(t, writes(org))
}
