package salesforce_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
	"github.com/sfbridge/sfbridge/soql"
)

// orgClient returns a client of an embedded org, in process.
func orgClient(t *testing.T, org *salesforcetest.Org, changes ...func(*salesforce.Config)) *salesforce.Client {
	t.Helper()
	return clientAt(t, salesforce.MyDomain("acme"), org.Transport(), changes...)
}

// patient leaves the pauses between tries as they are by default: for tests
// whose clock is not the wall's.
func patient(cfg *salesforce.Config) { cfg.Retry = salesforce.Retry{} }

// sent counts the requests that an org got for a path.
func sent(org *salesforcetest.Org, part string) int {
	n := 0
	for _, r := range org.Requests() {
		if strings.Contains(r.Path, part) {
			n++
		}
	}
	return n
}

func TestSessionsThatExpireAreRenewedOnce(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	c := orgClient(t, org)
	_, err := c.Session(t.Context())
	require.NoError(t, err)
	org.ExpireSessions()
	org.ResetRequests()

	errs := together(20, func() error {
		_, err := c.Create(t.Context(), "Lead", lead, nil)
		return err
	})

	require.Equal(t, make([]error, 20), errs)
	require.Equal(t, 1, sent(org, "/services/oauth2/token"))
	require.Len(t, org.Records("Lead"), 20)
}

func TestCreateRetriesLockedRow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(nil)
		org.Fail(salesforcetest.Fault{Path: "/sobjects/Lead", Code: "UNABLE_TO_LOCK_ROW", Times: 2})

		_, err := orgClient(t, org, patient).Create(t.Context(), "Lead", lead, nil)

		require.NoError(t, err)
		require.Equal(t, 3, sent(org, "/sobjects/Lead"))
		require.Len(t, org.Records("Lead"), 1)
	})
}

func TestLostAnswersNeverDoubleARecord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			fault   salesforcetest.Fault
			records int
		}{
			{salesforcetest.Fault{DropBefore: true}, 0},
			{salesforcetest.Fault{DropAfter: true}, 1},
			{salesforcetest.Fault{Status: 502, Body: "<html>Bad Gateway</html>"}, 0},
		} {
			org := salesforcetest.NewOrg(nil)
			c.fault.Path = "/sobjects/Lead"
			org.Fail(c.fault)

			_, err := orgClient(t, org, patient).Create(t.Context(), "Lead", lead, nil)

			require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown)
			require.ErrorIs(t, err, salesforce.ErrUnavailable)
			require.Equal(t, 1, sent(org, "/sobjects/Lead"))
			require.Len(t, org.Records("Lead"), c.records)
		}
	})
}

func TestUpsertMayBeRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Schema{
			{Name: "Lead", Fields: []salesforcetest.Field{{Name: "Ext__c", ExternalID: true, Unique: true}}},
		}})
		c := orgClient(t, org, patient)
		org.Fail(salesforcetest.Fault{Path: "/Ext__c/", DropAfter: true})

		first, err := c.Upsert(t.Context(), "Lead", "Ext__c", "a/b?x", lead, nil)
		require.NoError(t, err)
		second, err := c.Upsert(t.Context(), "Lead", "Ext__c", "a/b?x", salesforce.Record{"Phone": "1"}, nil)
		require.NoError(t, err)

		require.Equal(t, first.ID, second.ID)
		require.False(t, second.Created)
		records := org.Records("Lead")
		require.Len(t, records, 1)
		require.Equal(t, "a/b?x", records[0]["Ext__c"])
		require.Equal(t, "1", records[0]["Phone"])
	})
}

func TestPagesOfAnyVersionAndSize(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(&salesforcetest.Options{BatchSize: 7})
	account := org.Insert("Account", map[string]any{"Name": "Acme"})
	for i := range 40 {
		org.Insert("Contact", map[string]any{"LastName": fmt.Sprintf("Lee %02d", i), "AccountId": account})
	}
	for _, version := range []string{"60.0", "66.0"} {
		c := orgClient(t, org, func(cfg *salesforce.Config) { cfg.Version = version })

		contacts, err := salesforce.Collect(salesforce.Query[salesforce.Record](t.Context(), c, "SELECT LastName FROM Contact ORDER BY LastName", nil))

		require.NoError(t, err)
		require.Len(t, contacts, 40)
		require.Equal(t, "Lee 39", contacts[39]["LastName"])
	}
}

func TestChildListsArriveComplete(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(&salesforcetest.Options{BatchSize: 7})
	for a := range 3 {
		account := org.Insert("Account", map[string]any{"Name": fmt.Sprintf("Acme %d", a)})
		for i := range 20 * a {
			org.Insert("Contact", map[string]any{"LastName": fmt.Sprintf("Lee %02d", i), "AccountId": account})
		}
	}
	type account struct {
		Name     string
		Contacts []struct{ LastName string }
	}

	accounts, err := salesforce.Collect(salesforce.Query[account](t.Context(), orgClient(t, org),
		"SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account ORDER BY Name", nil))

	require.NoError(t, err)
	require.Len(t, accounts, 3)
	for a := range accounts {
		require.Len(t, accounts[a].Contacts, 20*a)
	}
	require.Equal(t, "Lee 39", accounts[2].Contacts[39].LastName)
}

func TestQueryBuiltFromValues(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	evil := `O'Brien\' OR Name != '`
	id := org.Insert("Account", map[string]any{"Name": evil})
	org.Insert("Account", map[string]any{"Name": "Acme"})
	q := &soql.Query{
		Select: soql.Fields("Id", "CreatedDate"),
		From:   soql.From{Object: "Account"},
		Where: soql.And(
			soql.Eq("Name", evil),
			soql.Eq("Id", salesforce.ID(id[:15])),
			soql.Le("CreatedDate", salesforce.DateTime{Time: org.Now().Add(time.Hour)}),
		),
	}
	text, err := q.Text()
	require.NoError(t, err)

	records, err := salesforce.Collect(salesforce.Query[salesforce.Record](t.Context(), orgClient(t, org), text, nil))

	require.NoError(t, err)
	require.Len(t, records, 1)
	require.Equal(t, salesforce.ID(id), records[0].ID())
}

func TestWrongOrgReadsNothing(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	c := orgClient(t, org, func(cfg *salesforce.Config) { cfg.OrgID = "00D000000000001" })

	_, err := salesforce.Collect(salesforce.Query[salesforce.Record](t.Context(), c, "SELECT Id FROM User", nil))

	require.ErrorIs(t, err, salesforce.ErrOrgMismatch)
	require.Zero(t, sent(org, "/services/data"))
}

func TestEveryWayToLogIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		auth  salesforce.Auth
		opt   salesforcetest.Options
		class error
	}{
		{salesforce.SOAPLogin{Username: "user@example.com", Password: "secret", SecurityToken: "TOKEN"}, salesforcetest.Options{}, nil},
		{salesforce.SOAPLogin{Username: "user@example.com", Password: "secret"}, salesforcetest.Options{}, salesforce.ErrAuth},
		{salesforce.SOAPLogin{Username: "user@example.com", Password: "secret", SecurityToken: "TOKEN"}, salesforcetest.Options{SOAPLoginOff: true}, salesforce.ErrSOAPLoginUnavailable},
		{salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"}, salesforcetest.Options{SOAPLoginOff: true}, nil},
		{salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "wrong"}, salesforcetest.Options{}, salesforce.ErrAuth},
		{salesforce.ClientCredentials{ClientID: "who", ClientSecret: "csecret"}, salesforcetest.Options{}, salesforce.ErrAuth},
	} {
		org := salesforcetest.NewOrg(&c.opt)
		client := orgClient(t, org, func(cfg *salesforce.Config) { cfg.Auth = c.auth })

		s, err := client.Session(t.Context())

		require.ErrorIs(t, err, c.class, "%v", c.auth)
		require.Len(t, org.Requests(), 1, "%v", c.auth)
		if c.class == nil {
			require.Equal(t, org.Credentials().OrgID, string(s.OrgID))
			require.Equal(t, org.Credentials().UserID, string(s.UserID))
		}
	}
}

func TestDailyLimitStopsAtOnce(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(&salesforcetest.Options{APILimit: 2})
	c := orgClient(t, org)
	for range 2 {
		_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")
		require.NoError(t, err)
	}
	usage, ok := c.Usage()
	require.True(t, ok)
	require.Equal(t, salesforce.Usage{Used: 2, Max: 2}, usage)
	org.ResetRequests()

	_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")

	require.ErrorIs(t, err, salesforce.ErrDailyLimit)
	require.False(t, salesforce.Retryable(err))
	require.Len(t, org.Requests(), 1)
}

func TestRecordsThereAndBack(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	c := orgClient(t, org)
	ctx := t.Context()

	id, err := c.Create(ctx, "Account", salesforce.Record{"Name": "Acme", "Phone": "1", "Fax": "2"}, nil)
	require.NoError(t, err)
	require.NoError(t, c.Update(ctx, "Account", id, salesforce.Record{"Phone": nil}, nil))
	r, err := salesforce.Get[salesforce.Record](ctx, c, "Account", id)
	require.NoError(t, err)
	require.Equal(t, id, r.ID())
	require.Nil(t, r["Phone"])
	require.Equal(t, "2", r["Fax"])

	require.NoError(t, c.Delete(ctx, "Account", id))
	require.ErrorIs(t, c.Delete(ctx, "Account", id), salesforce.ErrDeleted)
	_, err = salesforce.Get[salesforce.Record](ctx, c, "Account", id)
	require.ErrorIs(t, err, salesforce.ErrNotFound)
	n, err := c.Count(ctx, "SELECT COUNT() FROM Account")
	require.NoError(t, err)
	require.Zero(t, n)
	all, err := salesforce.Collect(salesforce.Query[salesforce.Record](ctx, c, "SELECT Id FROM Account WHERE IsDeleted = true",
		&salesforce.QueryOptions{All: true}))
	require.NoError(t, err)
	require.Len(t, all, 1)
}

func TestFilesThereAndBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(nil)
		account := salesforce.ID(org.Insert("Account", map[string]any{"Name": "Acme"}))
		c := orgClient(t, org, patient)
		content := bytes.Repeat([]byte("0123456789"), 10_000)
		sum := md5.Sum(content)
		for _, opt := range []*salesforce.UploadOptions{nil, {ForceMultipart: true}} {
			org.Fail(salesforcetest.Fault{Path: "/sobjects/ContentVersion", Code: "SERVER_UNAVAILABLE", Status: 503})
			f := salesforce.FileBytes("plan.pdf", content)
			f.LinkTo = account

			up, err := c.Upload(t.Context(), f, opt)

			require.NoError(t, err)
			require.Equal(t, hex.EncodeToString(sum[:]), up.MD5)
			require.Equal(t, content, org.File(string(up.ID)))
			rec := org.Record(string(up.ID))
			require.Equal(t, up.MD5, rec["Checksum"])
			require.Equal(t, "plan", rec["Title"])

			r, err := c.Download(t.Context(), up.ID)
			require.NoError(t, err)
			var got bytes.Buffer
			_, err = got.ReadFrom(r)
			require.NoError(t, err)
			require.NoError(t, r.Close())
			require.Equal(t, content, got.Bytes())
		}
	})
}

func TestUploadWhoseAnswerIsLostIsNotRepeated(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	c := orgClient(t, org)
	org.Fail(salesforcetest.Fault{Path: "/sobjects/ContentVersion", DropAfter: true})

	_, err := c.Upload(t.Context(), salesforce.FileBytes("plan.pdf", []byte("content")), nil)

	require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown)
	require.Len(t, org.Records("ContentVersion"), 1)
}

func TestReplicationThroughTheOrg(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(nil)
		c := orgClient(t, org)
		start := time.Now()
		time.Sleep(time.Minute)
		kept := org.Insert("Account", map[string]any{"Name": "Acme"})
		gone := org.Insert("Account", map[string]any{"Name": "Globex"})
		org.Delete(gone)
		time.Sleep(5 * time.Minute)

		updated, err := c.Updated(t.Context(), "Account", start, time.Now())
		require.NoError(t, err)
		deleted, err := c.Deleted(t.Context(), "Account", start, time.Now())
		require.NoError(t, err)

		require.Equal(t, []salesforce.ID{salesforce.ID(kept)}, updated.IDs)
		require.Len(t, deleted.Records, 1)
		require.Equal(t, salesforce.ID(gone), deleted.Records[0].ID)
		require.WithinDuration(t, time.Now(), updated.LatestDateCovered, 2*time.Minute)
		at, ok := c.ServerTime()
		require.True(t, ok)
		require.WithinDuration(t, time.Now(), at, time.Second)
	})
}

func TestDescribeThroughTheOrg(t *testing.T) {
	t.Parallel()
	c := orgClient(t, salesforcetest.NewOrg(nil))

	s, err := c.Describe(t.Context(), "Opportunity")
	require.NoError(t, err)
	stage, ok := s.Field("StageName")
	require.True(t, ok)
	require.True(t, stage.Required())
	require.NotEmpty(t, stage.PicklistValues)
	account, ok := s.Field("AccountId")
	require.True(t, ok)
	require.Equal(t, []string{"Account"}, account.ReferenceTo)
	require.Equal(t, "Account", account.RelationshipName)

	list, err := c.DescribeGlobal(t.Context())
	require.NoError(t, err)
	require.Greater(t, len(list), 20)
}

func TestCancellingThroughTheOrg(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(&salesforcetest.Options{Latency: time.Minute})
		c := orgClient(t, org, patient)
		_, err := c.Session(t.Context())
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()

		_, err = c.Count(ctx, "SELECT COUNT() FROM Lead")

		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(start))
	})
}

func TestOrgBehindASocket(t *testing.T) {
	t.Parallel()
	server := salesforcetest.NewServer(salesforcetest.NewOrg(nil))
	t.Cleanup(server.Close)
	c, err := salesforce.New(salesforce.Config{
		LoginURL:   server.URL,
		Auth:       salesforce.SOAPLogin{Username: "user@example.com", Password: "secret", SecurityToken: "TOKEN"},
		HTTPClient: &http.Client{Transport: server.Client().Transport},
	})
	require.NoError(t, err)

	id, err := c.Create(t.Context(), "Lead", lead, nil)

	require.NoError(t, err)
	require.NoError(t, c.Delete(t.Context(), "Lead", id))
}
