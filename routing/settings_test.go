package routing_test

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/schematest"
	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/internal/smtptest"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

var update = flag.Bool("update", false, "write what is said about the files in testdata")

// settingsFiles reads a folder of testdata.
func settingsFiles(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("testdata", folder))
	require.NoError(t, err)
	texts := map[string][]byte{}
	for _, e := range entries {
		texts[e.Name()], err = os.ReadFile(filepath.Join("testdata", folder, e.Name()))
		require.NoError(t, err)
	}
	return texts
}

// The folders of testdata say who refuses a file: nobody (valid), schema and
// reader (structure), or only we, who know what the file means (meaning).
func TestSchemaAndReaderAgreeOnStructure(t *testing.T) {
	t.Parallel()
	schema := schematest.Read(t, routing.Schema())
	for folder, faulty := range map[string]struct{ schema, check bool }{
		"valid": {false, false}, "structure": {true, true}, "meaning": {false, true},
	} {
		for name, text := range settingsFiles(t, folder) {
			err := schema.Check(schematest.Lenient(t, name, text))
			require.Equal(t, faulty.schema, err != nil, "schema: %s/%s: %v", folder, name, err)
			problems, err := routing.CheckFile(t.Context(), name, text, nil)
			require.NoError(t, err)
			require.Equal(t, faulty.check, problems.Err() != nil, "check: %s/%s: %v", folder, name, problems)
			if _, err = routing.ReadSettings(name, text); folder != "meaning" {
				require.Equal(t, faulty.schema, err != nil, "reader: %s/%s: %v", folder, name, err)
			}
		}
	}
}

func TestCheckFileTellsAnAdministratorWhatToDo(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"structure", "meaning"} {
		texts := settingsFiles(t, folder)
		var said strings.Builder
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			problems, err := routing.CheckFile(t.Context(), name, texts[name], nil)
			require.NoError(t, err)
			for _, p := range problems {
				if !p.Warning {
					said.WriteString(p.String() + "\n")
				}
			}
		}
		golden := filepath.Join("testdata", folder+".txt")
		if *update {
			require.NoError(t, os.WriteFile(golden, []byte(said.String()), 0o600))
		}
		want, err := os.ReadFile(golden)
		require.NoError(t, err)
		require.Equal(t, strings.ReplaceAll(string(want), "\r\n", "\n"), said.String())
	}
}

func TestSchemaHasTheKeysOfSettings(t *testing.T) {
	t.Parallel()
	schema := schematest.Read(t, routing.Schema())
	document := schema.Defs["document"]
	for _, c := range []struct {
		typ        reflect.Type
		properties map[string]*schematest.Schema
	}{
		{reflect.TypeFor[routing.Settings](), schema.Properties},
		{reflect.TypeFor[placeholder.Custom](), schema.Properties["placeholders"].Properties},
		{reflect.TypeFor[routing.Rule](), document.Properties},
		{reflect.TypeFor[routing.MailText](), document.Properties["mail"].Properties},
	} {
		var names []string
		for field := range c.typ.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			alike, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			require.Equal(t, name, alike, "in both languages")
			if name != "" && name != "-" {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		require.Equal(t, names, slices.Sorted(maps.Keys(c.properties)))
		for name, property := range c.properties {
			require.NotEmpty(t, property.Description, name)
		}
	}
}

func TestSettingsBecomeARouter(t *testing.T) {
	t.Parallel()
	s, err := routing.ReadSettings("everything.yaml", settingsFiles(t, "valid")["everything.yaml"])
	require.NoError(t, err)
	site := newSite(t, smtptest.Options{}, nil)
	s.CompanyID = ""
	cfg, err := s.Config(site.cfg)
	require.NoError(t, err)
	require.Equal(t, 45*time.Minute, cfg.MailAfter)
	require.Equal(t, 10, cfg.MailAfterAttempts)
	require.Equal(t, "America/Denver", cfg.Zone.String())
	require.Equal(t, "Delivery__c", cfg.Destination.(routing.Salesforce).KeyField)
	require.EqualValues(t, 5<<20, cfg.Destination.(routing.Salesforce).MaxAttachment)
	site.router, err = routing.New(cfg)
	require.NoError(t, err)
	sub := site.submission("a", strings.NewReader("document"))
	sub.Records = map[string]salesforce.ID{"appointment": site.account}
	sub.Office = "Denver"
	accepted, err := site.router.Route(t.Context(), sub)
	require.NoError(t, err)
	require.Equal(t, "Larry Leap Contract 5-23-19 denver.example.com", accepted.Title)
	site.drain(t)
	require.Equal(t, routing.AsAttachment, state(t, site.router, accepted.ID).As)
	sub.Key, sub.Type = "b", "Sketch"
	_, err = site.router.Route(t.Context(), sub)
	require.ErrorIs(t, err, routing.ErrOff)

	_, err = s.Config(routing.Config{})
	require.ErrorContains(t, err, "need a Salesforce")
	s.Zone = "Denver"
	_, err = s.Config(site.cfg)
	require.ErrorContains(t, err, `no time zone "Denver"`)
}

// What only the org knows.
func TestCheckHoldsSettingsAgainstTheOrg(t *testing.T) {
	t.Parallel()
	s := newSite(t, smtptest.Options{}, nil)
	require.NoError(t, s.org.Extend(salesforcetest.Schema{{Name: "Visit__c"}}))
	s.extend(t, salesforcetest.Field{Name: "Delivery__c", Length: 40, ExternalID: true})
	c := client(t, s.org, "cid", "csecret")
	text := strings.Join([]string{
		"companyId: 00D000000000001",
		"keyField: Delivery__c",
		"documents:",
		"- {type: Contract, object: Acount, backup: a@example.com}",
		"- {type: Proposal, object: Account, as: Attachment, backup: a@example.com, fileName: '%customerNme%.pdf'}",
		"- {type: Sketch, object: RecordType, as: Attachment, largerAsFile: true}",
	}, "\n")
	problems, err := routing.CheckFile(t.Context(), "a.yaml", []byte(text), c)
	require.NoError(t, err)
	session, err := c.Session(t.Context())
	require.NoError(t, err)
	var said []string
	for _, p := range problems {
		said = append(said, p.String())
	}
	require.Equal(t, []string{
		"a.yaml:1:12: companyId: the login leads to org " + string(session.OrgID) + ", configured is 00D000000000001EAA: one of the two is wrong",
		"a.yaml:2:11: keyField: the field Delivery__c of ContentVersion is not unique: make it a text field of 32 characters, " +
			"unique and an external id, that the login may see and set, or remove keyField",
		`a.yaml:4:3: document 1 (Contract): the org has no object Acount, or this login may not see it; did you mean "Account"?`,
		"a.yaml:6:3: document 3 (Sketch): records of RecordType cannot have attachments",
		"a.yaml:6:3: document 3 (Sketch): records of RecordType cannot have files",
		`a.yaml:5:3: warning: document 2 (Proposal): FileName "%customerNme%.pdf": placeholder: column 1: there is no placeholder %customerNme%; did you mean %customerName%?`,
		"a.yaml:6:3: warning: document 3 (Sketch): there is no backup: nobody gets the documents by e-mail that cannot be uploaded, and they are parked",
	}, said)
	require.ErrorIs(t, problems.Err(), salesforce.ErrOrgMismatch)

	s.org.Fail(salesforcetest.Fault{Path: "/describe", Status: 403, Code: "INSUFFICIENT_ACCESS", Times: -1})
	_, err = routing.CheckFile(t.Context(), "a.yaml", []byte("documents:\n- {type: Contract, object: Account}\n"), client(t, s.org, "cid", "csecret"))
	require.ErrorIs(t, err, salesforce.ErrAccess, "an org that does not answer has not said no")
}
