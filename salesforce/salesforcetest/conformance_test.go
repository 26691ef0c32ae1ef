package salesforcetest_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// The conformance suite holds what the org in memory claims about Salesforce.
// It always runs against the org in memory, and against a real org as well when
// these variables say which:
//
//	SALESFORCE_TEST_ORG             https://acme--test.sandbox.my.salesforce.com
//	SALESFORCE_TEST_TOKEN           an access token, or else
//	SALESFORCE_TEST_CLIENT_ID       an app with the client credentials flow
//	SALESFORCE_TEST_CLIENT_SECRET
//
// A production org is refused. What the suite has made, it deletes.

// fact is one thing that is true of every org.
type fact struct {
	name  string
	check func(t *testing.T, p *peer)
}

// facts are all of them, by subject.
var facts = map[string][]fact{
	"versions and sessions": sessionFacts,
	"records":               recordFacts,
	"errors":                errorFacts,
	"queries":               queryFacts,
	"describe":              describeFacts,
	"replication":           replicationFacts,
	"files":                 fileFacts,
	"batches":               batchFacts,
	"bulk":                  bulkFacts,
	"search":                searchFacts,
}

// peer is an org under test, with what a check has made in it.
type peer struct {
	*client
	run  string // begins the names of all that the suite makes
	made []string
	wait func(time.Duration) // for what an org does in its own time
}

// create makes a record that is deleted when the check ends. Text fields may
// begin with ~, which stands for the name of the run.
func (p *peer) create(object string, fields map[string]any) string {
	p.t.Helper()
	id := p.post("/sobjects/"+object, p.json(fields)).id()
	p.keep(id)
	return id
}

// keep notes a record to be deleted when the check ends.
func (p *peer) keep(ids ...string) { p.made = append(p.made, ids...) }

// name is a name that no other run uses.
func (p *peer) name(s string) string { return p.run + " " + s }

// json writes fields as JSON, with the run's name in the place of ~.
func (p *peer) json(v any) string {
	p.t.Helper()
	return strings.ReplaceAll(toJSON(p.t, v), "~", p.run)
}

// own runs a query whose ~ is the run's name, so that it finds what the check
// has made alone.
func (p *peer) own(soql string) answer {
	p.t.Helper()
	return p.query(strings.ReplaceAll(soql, "~", p.run))
}

// clean deletes what the check has made, the latest first. What is gone already
// is no fault.
func (p *peer) clean() {
	for _, id := range slices.Backward(p.made) {
		a := p.delete("/sobjects/" + objectOf(id) + "/" + id)
		gone := a.status == http.StatusNoContent || a.status == http.StatusNotFound
		require.True(p.t, gone, "%s stays behind: %s", id, a.body)
	}
	p.made = nil
}

// objectOf is the object of an id that the suite has made.
func objectOf(id string) string {
	return map[string]string{
		"001": "Account", "003": "Contact", "006": "Opportunity", "00P": "Attachment", "069": "ContentDocument", "00T": "Task",
	}[id[:3]]
}

// inMemory is the org in memory as a peer.
func inMemory(t *testing.T) *peer {
	org := newOrg(salesforcetest.Options{})
	return &peer{client: newClient(t, org), run: "sfbridge memory", wait: org.Advance}
}

// real is the org that the environment names, nil for none.
func real(t *testing.T) *peer {
	base := strings.TrimSuffix(os.Getenv("SALESFORCE_TEST_ORG"), "/")
	if base == "" {
		return nil
	}
	c := &client{t: t, http: &http.Client{}, base: base, token: os.Getenv("SALESFORCE_TEST_TOKEN")}
	if c.token == "" {
		c.token = logIn(t, c, os.Getenv("SALESFORCE_TEST_CLIENT_ID"), os.Getenv("SALESFORCE_TEST_CLIENT_SECRET"))
	}
	return &peer{client: c, run: fmt.Sprintf("sfbridge %x", time.Now().UnixNano()), wait: pause}
}

// pause lets a real org catch up.
func pause(d time.Duration) { <-time.NewTimer(d).C }

// logIn asks for a token by the client credentials flow.
func logIn(t *testing.T, c *client, id, secret string) string {
	t.Helper()
	require.NotEmpty(t, id, "neither SALESFORCE_TEST_TOKEN nor SALESFORCE_TEST_CLIENT_ID is set")
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
	a := c.do("POST", "/services/oauth2/token", "application/x-www-form-urlencoded", form.Encode())
	require.Equal(t, http.StatusOK, a.status, "the login is refused")
	token, _ := a.object()["access_token"].(string)
	return token
}

// errProduction refuses an org whose records are somebody's business.
var errProduction = errors.New("a production org: the suite makes and deletes records, and runs in sandboxes and Developer Editions only")

// mayWrite reports whether an org is one for tests.
func mayWrite(c *client) error {
	orgs := c.query("SELECT IsSandbox, OrganizationType FROM Organization").records()
	if len(orgs) == 1 && (orgs[0]["IsSandbox"] == true || orgs[0]["OrganizationType"] == "Developer Edition") {
		return nil
	}
	return errProduction
}

func TestConformance(t *testing.T) {
	t.Parallel()
	t.Run("in memory", func(t *testing.T) { t.Parallel(); conform(t, inMemory) })
	if p := real(t); p != nil {
		t.Run("a real org", func(t *testing.T) {
			require.NoError(t, mayWrite(p.client))
			conform(t, func(t *testing.T) *peer { return p.in(t) })
		})
	} else {
		t.Log("not run against a real org, as SALESFORCE_TEST_ORG is not set")
	}
}

// in is the peer for another test.
func (p *peer) in(t *testing.T) *peer {
	c := *p.client
	c.t = t
	return &peer{client: &c, run: p.run, wait: p.wait}
}

// conform checks all facts, each on a peer that is left as it was found.
func conform(t *testing.T, org func(*testing.T) *peer) {
	for subject, list := range facts {
		for _, f := range list {
			t.Run(subject+"/"+f.name, func(t *testing.T) {
				p := org(t)
				defer p.clean()
				f.check(t, p)
			})
		}
	}
}

func TestTheSuiteRefusesProduction(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fields  map[string]any
		allowed bool
	}{
		{map[string]any{"OrganizationType": "Developer Edition"}, true},
		{map[string]any{"OrganizationType": "Enterprise Edition", "IsSandbox": true}, true},
		{map[string]any{"OrganizationType": "Enterprise Edition"}, false},
	} {
		org := newOrg(salesforcetest.Options{})
		org.Update(org.Credentials().OrgID, c.fields)
		err := mayWrite(newClient(t, org))
		require.Equal(t, c.allowed, err == nil, "%v: %v", c.fields, err)
	}
}

func TestTheSuiteLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	p := &peer{client: newClient(t, org), run: "sfbridge memory", wait: org.Advance}
	count := func() map[string]int {
		n := map[string]int{}
		for _, object := range []string{"Account", "Contact", "Opportunity", "Attachment", "ContentDocument", "ContentVersion", "Task"} {
			n[object] = len(org.Records(object))
		}
		return n
	}
	before := count()
	conform(t, p.in)
	require.Equal(t, before, count())
}

// sorted are the keys of a JSON object.
func sorted(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, cmp.Compare)
	return keys
}

// toJSON writes a value as compact JSON.
func toJSON(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return string(data)
}
