package customers_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

const full = `
flag: Timesheet__c
scope: required
onExit: detach
onDelete: keep
onVanish: deactivate
stages: [Closed Won, Negotiation/Review]
onStageExit: freeze
passedThrough: true
notBefore: 2024-01-31
personContacts: true
numbers: {missing: keep, duplicate: refuse, changed: keep}
match: "off"
owners:
  users: {005xx000001SvZx: anna}
zone: Europe/Berlin
customers:
- {from: Name, target: name, required: true}
- {from: AccountNumber, target: number, max: 20}
contacts:
- {from: LastName, target: name}
projects:
- {from: Name, target: name}
- {from: OwnerId, type: Id, target: responsible}
`

func TestAConfigurationIsData(t *testing.T) {
	t.Parallel()
	c, err := customers.ReadConfig("import.yaml", []byte(full))
	require.NoError(t, err)
	require.Equal(t, importer.Detach, c.OnExit)
	require.Equal(t, customers.Numbers{Missing: customers.KeepNumber, Duplicate: customers.RefuseRecord, Changed: customers.KeepNumber}, c.Numbers)
	require.Equal(t, salesforce.Date{Year: 2024, Month: 1, Day: 31}, c.NotBefore)
	objects, err := customers.Objects(c)
	require.NoError(t, err)
	require.Equal(t, importer.Scope{Mode: importer.ScopeRequired, Field: "Timesheet__c", OnExit: importer.Detach}, objects[0].Scope)
	for _, o := range objects {
		require.Equal(t, []importer.ExitPolicy{importer.Keep, importer.Deactivate}, []importer.ExitPolicy{o.OnDelete, o.OnVanish})
	}
	require.Equal(t, []string{"name", "number"}, objects[0].Mapping.Targets())
	require.Empty(t, objects[0].MatchOn)

	inYAML, err := yaml.Marshal(c)
	require.NoError(t, err)
	inJSON, err := json.Marshal(c)
	require.NoError(t, err)
	for name, text := range map[string][]byte{"again.yaml": inYAML, "again.json": inJSON} {
		again, err := customers.ReadConfig(name, text)
		require.NoError(t, err, string(text))
		back, err := json.Marshal(again)
		require.NoError(t, err)
		require.JSONEq(t, string(inJSON), string(back), name)
	}
	empty, err := json.Marshal(customers.Config{})
	require.NoError(t, err)
	require.Equal(t, "{}", string(empty))
}

// A configuration that does not work, with all that is wrong about it.
const broken = `flga: ZEP__c
scope: sometimes
onExit: keep
stages: [Closed Won, Gewonen]
onStageExit: retire
passedThrough: true
numbers: {missing: ignore}
owners:
  users: {001xx000003DGb2: anna}
zone: Berlin
customers:
- {from: Nime, target: name, required: true}
- {from: Faxe, target: fax, type: Phone}
- {from: Phone, target: phone, type: Telephone}
- {target: www}
contacts:
- {from: CreatedDate, target: name, type: Email}
`

// without an org, and with one: what only that one knows is said by the latter.
var brokenSays = []struct{ alone, org string }{
	{`import.yaml:1:1: unknown key "flga"; did you mean "flag"?`, ""},
	{`import.yaml:2:8: scope: unknown scope "sometimes"; there are auto, required, off`, ""},
	{"", `import.yaml:4:9: stages: the org has no opportunity stage "Gewonen"; it has Prospecting, `},
	{`import.yaml:6:16: passedThrough: a project that has passed through a stage would be retired as soon as it is made: choose another onStageExit`, ""},
	{`import.yaml:7:10: numbers: only duplicate takes "ignore"`, ""},
	{`import.yaml:7:10: numbers: no rule of customers has the target number: add one, or remove numbers`, ""},
	{`import.yaml:9:3: owners: "001xx000003DGb2" is no id of a Salesforce user, which has 15 or 18 characters and begins with 005`, ""},
	{`import.yaml:10:7: zone: there is no time zone "Berlin": write a name such as Europe/Berlin`, ""},
	{"", `import.yaml:12:3: customers rule 1 (name): Nime: `},
	{`import.yaml:14:38: customers rule 3 (phone), type: unknown type "Telephone"`, ""},
	{`import.yaml:15:3: customers rule 4 (www): the key "from" is missing`, ""},
	{"", `import.yaml:17:3: contacts rule 1 (name): CreatedDate: a field of type datetime does not fit Email`},
	{"", `import.yaml: warning: flag: Account has no checkbox ZEP__c, or this user may not see it: all accounts are imported, as long as it has never been there`},
	{"", `import.yaml:6:16: warning: passedThrough: this user may not read OpportunityHistory: a stage left again between two imports is not seen`},
	{"", `import.yaml:13:3: warning: customers rule 2 (fax): Faxe: `},
}

func TestCheckTellsEverythingAtOnceWithItsPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, client := range []*salesforce.Client{nil, w.client()} {
		problems, err := customers.CheckFile(t.Context(), "import.yaml", []byte(broken), client, nil)
		require.NoError(t, err)
		var want []string
		for _, line := range brokenSays {
			if client != nil || line.alone != "" {
				want = append(want, line.alone+line.org)
			}
		}
		var got []string
		for _, p := range problems {
			got = append(got, p.String())
		}
		text := strings.Join(got, "\n")
		for _, line := range want {
			require.Contains(t, text, line)
		}
		require.Len(t, got, len(want), text)
		require.Error(t, problems.Err())
	}
}

func TestCheckFindsNothingWrongWithWhatIsWell(t *testing.T) {
	t.Parallel()
	w := newWorld(t, ticked)
	for _, c := range []customers.Config{
		{},
		{Stages: []string{"Closed Won"}, Scope: importer.ScopeRequired},
		{Match: customers.MatchOff, Numbers: customers.Numbers{Duplicate: customers.IgnoreNumber}},
		{Stages: []string{"Closed Won"}, Owners: customers.Owners{Users: map[string]string{w.org.Credentials().UserID: "anna"}}, Zone: "Europe/Berlin"},
	} {
		problems, err := c.Check(t.Context(), w.client())
		require.NoError(t, err)
		require.Empty(t, problems)
	}
}

func TestCheckGoesByWhatTheUserSees(t *testing.T) {
	t.Parallel()
	formula := salesforcetest.Field{Name: "ZEP__c", Type: "boolean", Formula: func(salesforcetest.Row) any { return true }}
	for name, test := range map[string]struct {
		field  salesforcetest.Field
		hide   string
		config customers.Config
		want   string
	}{
		"formula":         {formula, "", customers.Config{}, "warning: flag: Account.ZEP__c is a formula"},
		"no checkbox":     {salesforcetest.Field{Name: "ZEP__c"}, "", customers.Config{}, "flag: Account.ZEP__c is of type string: the scope needs a checkbox"},
		"hidden":          {ticked, "ZEP__c", customers.Config{Scope: importer.ScopeRequired}, "flag: Account has no checkbox ZEP__c, or this user may not see it"},
		"misspelt":        {ticked, "", customers.Config{Scope: importer.ScopeRequired, Flag: "ZEP_c"}, `did you mean "ZEP__c"?`},
		"hidden required": {ticked, "Name", customers.Config{}, "customers rule 2 (Name): Name: "},
		"hidden optional": {ticked, "Fax", customers.Config{}, "warning: customers rule 12 (Fax): Fax: "},
		"no persons":      {ticked, "", customers.Config{PersonContacts: true}, "warning: personContacts: the org has no person accounts"},
	} {
		w := newWorld(t, test.field)
		if test.hide != "" {
			w.org.HideField("Account", test.hide)
		}
		problems, err := test.config.Check(t.Context(), w.client())
		require.NoError(t, err)
		require.Len(t, problems, 1, name)
		require.Contains(t, problems[0].String(), test.want, name)
		require.Equal(t, problems[0].Warning, problems.Err() == nil)
	}
}

func TestAnOrgThatDoesNotAnswerHasNotSaidNo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.org.Fail(salesforcetest.Fault{Path: "/describe", Status: 503, Times: 10})
	problems, err := customers.Config{Zone: "Berlin"}.Check(t.Context(), w.client())
	require.Error(t, err)
	require.Len(t, problems, 1)
	require.ErrorContains(t, problems.Err(), `zone: there is no time zone "Berlin"`)
}

func TestEveryFaultOfAConfigIsReported(t *testing.T) {
	t.Parallel()
	_, err := customers.Objects(customers.Config{
		Scope: "sometimes", OnExit: "never", OnDelete: "remove", OnVanish: "maybe", OnStageExit: "perhaps", Match: "name", Zone: "Local",
		Numbers:       customers.Numbers{Missing: "guess", Changed: customers.IgnoreNumber},
		Owners:        customers.Owners{Users: map[string]string{"ann": "anna", "005xx000001SvZx": "a", "005xx000001SvZxAAK": "b"}},
		CustomerRules: []mapping.Rule{{Target: "name"}}, ContactRules: []mapping.Rule{{}},
		ProjectRules: []mapping.Rule{{Target: "responsible", From: []string{"Owner.Name"}}},
	})
	for _, text := range []string{
		`customers: scope: unknown scope "sometimes"`, `onExit: unknown exit policy "never"`, `onDelete: unknown exit policy "remove"`, `onVanish: unknown exit policy "maybe"`, `onStageExit: unknown stage exit "perhaps"`,
		`match: unknown match "name"`, `zone: there is no time zone "Local"`, `numbers: unknown number policy "guess"`, `only duplicate takes "ignore"`,
		`"ann" is no id of a Salesforce user`, "is listed twice", "the target responsible of projects takes one field of the type Id",
		"rules for kind customer", "rules for kind contact",
	} {
		require.ErrorContains(t, err, text)
	}
}

// FuzzCheckFile: whatever a file holds, it is read or refused in words.
func FuzzCheckFile(f *testing.F) {
	for _, text := range []string{full, broken, `{"stages":["x"],"customers":[]}`, "customers: [{from: 'Xs[0].Id', target: x}]", "owners: {users: {a: b}}"} {
		f.Add("a.yaml", text)
		f.Add("a", text)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		problems, err := customers.CheckFile(context.Background(), name, []byte(text), nil, nil)
		require.NoError(t, err)
		for _, p := range problems {
			require.NotEmpty(t, p.Text)
		}
		c, err := customers.ReadConfig(name, []byte(text))
		if err != nil {
			require.Error(t, problems.Err(), "the reader refuses what the check does not: %v", err)
			return
		}
		_, err = customers.Objects(c)
		require.Equal(t, err == nil, problems.Err() == nil, "%v", err)
	})
}
