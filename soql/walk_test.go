package soql_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/soql"
)

const everyNode = "SELECT E, SUM(A) FROM Account WHERE A IN (SELECT B FROM C) AND (NOT D = 1) " +
	"GROUP BY E HAVING MAX(F) IN ('x') ORDER BY E LIMIT 2 OFFSET 3"

func TestWalkVisitsInPrintedOrder(t *testing.T) {
	t.Parallel()
	q, err := soql.Parse(everyNode, nil)
	require.NoError(t, err)
	var got []string
	soql.Walk(q, func(n soql.Node) bool {
		got = append(got, fmt.Sprintf("%T", n)[len("*soql."):])
		_, subquery := n.(*soql.Subquery)
		return !subquery
	})
	require.Equal(t, []string{
		"Query", "Field", "Path", "Field", "Call", "Path", "From",
		"Logic", "Membership", "Path", "Query", "Field", "Path", "From",
		"Negation", "Comparison", "Path", "Number",
		"Path", "Membership", "Call", "Path", "Text", "Order", "Path", "Number", "Number",
	}, got)
}

// The other kinds of nodes, in a query of the other kind.
func TestWalkVisitsEveryKindOfNode(t *testing.T) {
	t.Parallel()
	q, err := soql.Parse("SELECT TYPEOF What WHEN Account THEN Id ELSE Name END, FIELDS(STANDARD), (SELECT Id FROM e.Tasks) FROM Event e, e.Owner o "+
		"WHERE DISTANCE(P, GEOLOCATION(:x, 1), 'km') < 5 AND A INCLUDES :b AND C = EUR1 AND D = 10:00:00Z AND E IN :f "+
		"WITH DATA CATEGORY Region__c AT europe__c ORDER BY G", &soql.ParseOptions{Dialect: soql.Apex})
	require.NoError(t, err)
	var got []string
	for n := range soql.Preorder(q) {
		got = append(got, fmt.Sprintf("%T", n)[len("*soql."):])
	}
	require.Equal(t, []string{
		"Query", "TypeOf", "Path", "When", "Path", "Path", "FieldSet", "Subquery", "Query", "Field", "Path", "From",
		"From", "Alias", "Path", "Logic",
		"Comparison", "Call", "Path", "Call", "Bind", "Number", "Text", "Number",
		"Inclusion", "Path", "Bind", "Comparison", "Path", "Currency", "Comparison", "Path", "Time", "Membership", "Path", "Bind",
		"With", "Category", "Order", "Path",
	}, got)
}

func TestPreorderStopsWhenTheLoopDoes(t *testing.T) {
	t.Parallel()
	q, err := soql.Parse(everyNode, nil)
	require.NoError(t, err)
	seen := 0
	for n := range soql.Preorder(q) {
		seen++
		if _, ok := n.(*soql.Call); ok {
			break
		}
	}
	require.Equal(t, 5, seen)
}

func TestWalkReachesTheNodesThemselves(t *testing.T) {
	t.Parallel()
	q, err := soql.Parse("SELECT Id FROM Account ORDER BY Name", nil)
	require.NoError(t, err)
	for n := range soql.Preorder(q) {
		switch n := n.(type) {
		case *soql.From:
			n.Object = "Contact"
		case *soql.Order:
			n.Desc = true
		}
	}
	require.Equal(t, "SELECT Id FROM Contact ORDER BY Name DESC", q.String())
}

func TestEqualTellsTreesApart(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"SELECT Id FROM A", "SELECT Id, Id FROM A"},
		{"SELECT Id FROM A", "SELECT id FROM A"},
		{"SELECT Id FROM A", "SELECT toLabel(Id) FROM A"},
		{"SELECT Id FROM A", "SELECT Id FROM A a"},
		{"SELECT Id FROM A", "SELECT Id FROM A LIMIT 1"},
		{"SELECT Id FROM A LIMIT 1", "SELECT Id FROM A LIMIT 2"},
		{"SELECT Id FROM A ORDER BY Id", "SELECT Id FROM A ORDER BY Id DESC"},
		{"SELECT Id FROM A ORDER BY Id", "SELECT Id FROM A ORDER BY Id NULLS LAST"},
		{"SELECT Id FROM A WHERE B = 1", "SELECT Id FROM A WHERE B = '1'"},
		{"SELECT Id FROM A WHERE B = 1", "SELECT Id FROM A WHERE B != 1"},
		{"SELECT Id FROM A WHERE B IN (1)", "SELECT Id FROM A WHERE B NOT IN (1)"},
		{"SELECT Id FROM A WHERE B = 1 AND C = 1", "SELECT Id FROM A WHERE B = 1 OR C = 1"},
		{"SELECT Id FROM A WHERE B = 2026-01-01T10:00:00Z", "SELECT Id FROM A WHERE B = 2026-01-01T10:00:00.001Z"},
		{"SELECT Id FROM A WHERE B = 2026-01-01T10:00:00Z", "SELECT Id FROM A WHERE B = 2026-01-01T11:00:00+01:00"},
	} {
		a, err := soql.Parse(pair[0], nil)
		require.NoError(t, err)
		b, err := soql.Parse(pair[1], nil)
		require.NoError(t, err)
		require.False(t, soql.Equal(a, b), pair)
		require.False(t, soql.Equal(b, a), pair)
		require.True(t, soql.Equal(a, a))
	}
	require.True(t, soql.Equal(nil, nil))
	require.False(t, soql.Equal(nil, soql.Int(1)))
	require.False(t, soql.Equal(soql.Int(1), nil))
}
