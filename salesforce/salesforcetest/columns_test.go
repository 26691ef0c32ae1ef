package salesforcetest_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// The command line of Salesforce asks for the columns of a query before it
// prints a table. The answers are those that its own tests quote.
func TestColumnsOfAQuery(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	type columns []map[string]any
	column := func(name string, more map[string]any) map[string]any {
		col := map[string]any{
			"aggregate": false, "apexType": nil, "booleanType": false, "columnName": name, "custom": false, "displayName": name,
			"foreignKeyName": nil, "insertable": false, "joinColumns": []any{}, "numberType": false, "textType": false, "updatable": false,
		}
		maps.Copy(col, more)
		return col
	}
	text := map[string]any{"apexType": "String", "insertable": true, "textType": true, "updatable": true}
	readOnlyText := map[string]any{"apexType": "String", "textType": true}
	id := map[string]any{"apexType": "Id"}

	for query, want := range map[string]map[string]any{
		"SELECT Id, LastName FROM Contact": {
			"columnMetadata": columns{column("Id", id), column("LastName", text)},
			"entityName":     "Contact", "groupBy": false, "idSelected": true, "keyPrefix": "003",
		},
		"SELECT (SELECT lastname FROM Contacts) FROM Account": {
			"columnMetadata": columns{column("Contacts", map[string]any{
				"aggregate": true, "joinColumns": columns{column("LastName", text)},
			})},
			"entityName": "Account", "groupBy": false, "idSelected": false, "keyPrefix": "001",
		},
		"SELECT Owner.Name FROM Account": {
			"columnMetadata": columns{column("Owner", map[string]any{
				"foreignKeyName": "OwnerId", "joinColumns": columns{column("Name", readOnlyText)},
			})},
			"entityName": "Account", "groupBy": false, "idSelected": false, "keyPrefix": "001",
		},
		"SELECT StageName, AVG(Amount), COUNT(Id) n FROM Opportunity GROUP BY StageName": {
			"columnMetadata": columns{
				column("StageName", text),
				column("expr0", map[string]any{"aggregate": true, "displayName": "avg(Amount)", "numberType": true}),
				column("n", map[string]any{"aggregate": true, "displayName": "count(Id)", "numberType": true}),
			},
			"entityName": "Opportunity", "groupBy": true, "idSelected": false, "keyPrefix": "006",
		},
		"SELECT COUNT() FROM Account": {
			"columnMetadata": columns{},
			"entityName":     "Account", "groupBy": false, "idSelected": false, "keyPrefix": "001",
		},
	} {
		text, err := json.Marshal(want)
		require.NoError(t, err)
		require.JSONEq(t, string(text), c.get("/query?columns=true&q="+url.QueryEscape(query)).ok(200).body, query)
	}
}
