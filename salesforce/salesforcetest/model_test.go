package salesforcetest_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// model is what an org of contacts should hold: a few accounts, and contacts
// that change at random.
type model struct {
	org      *salesforcetest.Org
	c        *client
	accounts []string
	contacts map[string]*contact // by id, deleted ones too
	open     *salesforcetest.Transaction
	pending  map[string]*contact // what the open transaction has written
}

type contact struct {
	name, account string
	stamp         time.Time
	deleted       bool
}

func newModel(t *testing.T) *model {
	org := newOrg(salesforcetest.Options{})
	m := &model{org: org, c: newClient(t, org), contacts: map[string]*contact{}}
	for i := range 3 {
		m.accounts = append(m.accounts, org.Insert("Account", map[string]any{"Name": fmt.Sprint(i)}))
	}
	return m
}

// pick draws a contact that is (not) deleted and that no transaction holds, ""
// when there is none.
func (m *model) pick(t *rapid.T, deleted bool) string {
	var ids []string
	for id, c := range m.contacts {
		if c.deleted == deleted && m.pending[id] == nil {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	slices.Sort(ids)
	return rapid.SampledFrom(ids).Draw(t, "id")
}

func (m *model) draw(t *rapid.T) (fields map[string]any, c *contact) {
	c = &contact{
		name:    rapid.SampledFrom([]string{"a", "B", "c"}).Draw(t, "name"),
		account: rapid.SampledFrom(append(m.accounts, "")).Draw(t, "account"),
		stamp:   m.org.Now().Truncate(time.Second),
	}
	return map[string]any{"LastName": c.name, "AccountId": c.account}, c
}

func (m *model) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"insert": func(t *rapid.T) {
			fields, c := m.draw(t)
			m.contacts[m.org.Insert("Contact", fields)] = c
		},
		"update": func(t *rapid.T) {
			fields, c := m.draw(t)
			if id := m.pick(t, false); id != "" {
				m.org.Update(id, fields)
				m.contacts[id] = c
			}
		},
		"delete": func(t *rapid.T) {
			if id := m.pick(t, false); id != "" {
				m.org.Delete(id)
				m.contacts[id].deleted, m.contacts[id].stamp = true, m.org.Now().Truncate(time.Second)
			}
		},
		"undelete": func(t *rapid.T) {
			if id := m.pick(t, true); id != "" {
				m.org.Undelete(id)
				m.contacts[id].deleted, m.contacts[id].stamp = false, m.org.Now().Truncate(time.Second)
			}
		},
		"purge": func(t *rapid.T) {
			if id := m.pick(t, rapid.Bool().Draw(t, "deleted")); id != "" {
				m.org.Purge(id)
				delete(m.contacts, id)
			}
		},
		"merge": func(t *rapid.T) {
			winner, loser := m.pick(t, false), m.pick(t, false)
			if winner == loser {
				return
			}
			m.org.Merge(winner, loser)
			now := m.org.Now().Truncate(time.Second)
			m.contacts[loser].deleted, m.contacts[loser].stamp, m.contacts[winner].stamp = true, now, now
		},
		"hold": func(t *rapid.T) {
			if m.open == nil {
				m.open, m.pending = m.org.HoldTransaction(), map[string]*contact{}
			}
			fields, c := m.draw(t)
			if rapid.Bool().Draw(t, "new") {
				m.pending[m.open.Insert("Contact", fields)] = c
				return
			}
			if id := m.pick(t, false); id != "" {
				m.open.Update(id, fields)
				m.pending[id] = c
			}
		},
		"end": func(t *rapid.T) {
			if m.open == nil {
				return
			}
			if rapid.Bool().Draw(t, "commit") {
				m.open.Commit()
				maps.Copy(m.contacts, m.pending)
			} else {
				m.open.Rollback()
			}
			m.open, m.pending = nil, nil
		},
		"wait": func(t *rapid.T) {
			m.org.Advance(time.Duration(rapid.IntRange(1, 2000).Draw(t, "ms")) * time.Millisecond)
		},
		"": m.check,
	}
}

// ids are the contacts that fit, in the order of their ids or of their stamps.
func (m *model) ids(byStamp bool, fits func(id string, c *contact) bool) string {
	var ids []string
	for id, c := range m.contacts {
		if !c.deleted && fits(id, c) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		if d := m.contacts[a].stamp.Compare(m.contacts[b].stamp); byStamp && d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return strings.Join(ids, ", ")
}

// check compares what queries say with the model, by each way in which the org
// finds records.
func (m *model) check(t *rapid.T) {
	query := func(where string) string { return m.c.query("SELECT Id FROM Contact " + where).names("Id") }
	all := func(string, *contact) bool { return true }
	require.Equal(t, m.ids(false, all), query(""))
	require.Equal(t, m.ids(true, all), query("ORDER BY SystemModstamp, Id"))
	middle := m.org.Now().Add(-time.Second).Truncate(time.Second)
	since := "WHERE SystemModstamp >= " + middle.Format(time.RFC3339)
	recent := func(_ string, c *contact) bool { return !c.stamp.Before(middle) }
	require.Equal(t, m.ids(true, recent), query(since+" ORDER BY SystemModstamp, Id"))
	require.Equal(t, m.ids(false, recent), query(since))
	own := func(_ string, c *contact) bool { return c.account == m.accounts[0] }
	require.Equal(t, m.ids(false, own), query("WHERE AccountId = '"+m.accounts[0]+"'"))
	if id := m.pick(t, false); id != "" {
		require.Equal(t, id, query("WHERE Id = '"+id+"'"))
		require.Equal(t, m.ids(false, func(other string, _ *contact) bool { return other > id }), query("WHERE Id > '"+id+"' ORDER BY Id"))
	}
	children := map[string]string{}
	for _, r := range m.c.query("SELECT Id, (SELECT Id FROM Contacts) FROM Account").records() {
		var ids []string
		if list, ok := r["Contacts"].(map[string]any); ok {
			for _, child := range items(list["records"]) {
				ids = append(ids, child["Id"].(string))
			}
		}
		children[r["Id"].(string)] = strings.Join(ids, ", ")
	}
	for _, account := range m.accounts {
		require.Equal(t, m.ids(false, func(_ string, c *contact) bool { return c.account == account }), children[account])
	}
}

func TestTheOrgKeepsToItsModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) { r.Repeat(newModel(t).actions()) })
}
