package salesforcetest

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnAttemptThatFailsLeavesTheTransactionAsItWas(t *testing.T) {
	t.Parallel()
	o := NewOrg(&Options{Schema: Schema{{Name: "Account", Fields: []Field{{Name: "Number__c", Unique: true, ExternalID: true}}}}})
	accounts := o.known("Account")
	old := o.Insert("Account", map[string]any{"Name": "old", "Number__c": "1"})
	names := func(tx *Transaction, number string) (names []string) {
		for _, r := range accounts.table.find(accounts.field("Number__c"), number, tx) {
			names = append(names, r.text("Name"))
		}
		return names
	}
	set := func(fields map[string]any) []assignment { return assignments(fields) }
	failed := errors.New("failed")
	require.NoError(t, o.transact(o.admin, false, func(tx *Transaction) error {
		require.NoError(t, tx.update(accounts, old, set(map[string]any{"Name": "new", "Number__c": "2"})))
		err := tx.attempt(func() error {
			require.NoError(t, tx.update(accounts, old, set(map[string]any{"Name": "newer", "Number__c": "3"})))
			_, err := tx.insert(accounts, set(map[string]any{"Name": "second", "Number__c": "2"}))
			require.NoError(t, err)
			require.Equal(t, []string{"second"}, names(tx, "2"))
			require.NoError(t, tx.delete(accounts, old))
			return failed
		})
		require.ErrorIs(t, err, failed)
		require.Equal(t, []string{"new"}, names(tx, "2"))
		require.Empty(t, names(tx, "3"))
		require.Equal(t, []string{"old"}, names(nil, "1"))
		return nil
	}))
	require.Equal(t, []string{"new"}, names(nil, "2"))
	require.Empty(t, names(nil, "1"))
	require.Len(t, o.Records("Account"), 1)
}
