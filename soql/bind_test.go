package soql_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/soql"
)

var apex = &soql.ParseOptions{Dialect: soql.Apex}

func TestBindFillsVariables(t *testing.T) {
	t.Parallel()
	values := map[string]any{
		"name": "o'Neil' OR Name != '", "pattern": `50\%%`, "n": 5, "ids": []string{"a", "b"}, "kinds": [1]any{"x;y"}, "none": nil,
		"account.Id": "001", "since": time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), "lat": 47.1, "unused": struct{}{},
	}
	for in, want := range map[string]string{
		"WHERE Name = :name":                                       `WHERE Name = 'o\'Neil\' OR Name != \''`,
		"WHERE Name LIKE :pattern":                                 `WHERE Name LIKE '50\%%'`,
		"WHERE Id IN :ids":                                         "WHERE Id IN ('a', 'b')",
		"WHERE Id NOT IN (:account.id, :NAME, 'z')":                `WHERE Id NOT IN ('001', 'o\'Neil\' OR Name != \'', 'z')`,
		"WHERE K INCLUDES :kinds OR K EXCLUDES (:n)":               "",
		"WHERE K INCLUDES :kinds":                                  "WHERE K INCLUDES ('x;y')",
		"WHERE A = :none AND CreatedDate > :since":                 "WHERE A = NULL AND CreatedDate > 2026-11-21T10:00:00Z",
		"LIMIT :n OFFSET :n":                                       "LIMIT 5 OFFSET 5",
		"LIMIT :name":                                              "",
		"WHERE Id = :ids":                                          "",
		"WHERE Id IN :name":                                        "",
		"WHERE Id = :other":                                        "",
		"WHERE DISTANCE(P, GEOLOCATION(:lat, 15.4), 'km') < :n":    "WHERE DISTANCE(P, GEOLOCATION(47.1, 15.4), 'km') < 5",
		"WHERE DISTANCE(P, GEOLOCATION(:name, 15.4), 'km') < 1":    "",
		"WHERE DISTANCE(P, :lat, 'km') < 1":                        "",
		"WHERE Id IN (SELECT AccountId FROM Contact WHERE N = :n)": "WHERE Id IN (SELECT AccountId FROM Contact WHERE N = 5)",
	} {
		q, err := soql.Parse("SELECT Id FROM Account "+in, apex)
		require.NoError(t, err, in)
		before := q.String()
		bound, err := q.Bind(values)
		require.Equal(t, before, q.String())
		if want == "" {
			require.Error(t, err, in)
			require.Nil(t, bound)
			continue
		}
		require.NoError(t, err, in)
		text, err := bound.Text()
		require.NoError(t, err)
		require.Equal(t, "SELECT Id FROM Account "+want, text)
	}
}

func TestBindRefusesWhatWouldChangeTheQuery(t *testing.T) {
	t.Parallel()
	in := func(c soql.Condition) *soql.Query { return where(c) }
	list := &soql.Membership{Left: soql.FieldPath("Id"), Not: true, List: &soql.Bind{Name: "x"}}
	for message, row := range map[string]struct {
		q      *soql.Query
		values map[string]any
	}{
		"bind :x: a list of values is empty": {in(list), map[string]any{"x": []string{}}},
		"bind :x: IN needs a slice":          {in(list), map[string]any{"x": nil}},
		"bind :x: there is no value":         {in(list), nil},
		"bind :x: the value is another":      {in(soql.Eq("A", &soql.Bind{Name: "x"})), map[string]any{"x": &soql.Bind{Name: "y"}}},
		"bind :x: SOQL has no literal":       {in(soql.Eq("A", &soql.Bind{Name: "x"})), map[string]any{"x": struct{}{}}},
		"differs in case alone":              {in(soql.Eq("A", 1)), map[string]any{"x": 1, "X": 2}},
		"a query is missing":                 {nil, nil},
		"a backslash in a pattern":           {in(is(soql.OpLike, &soql.Bind{Name: "x"})), map[string]any{"x": `a\b`}},
	} {
		_, err := row.q.Bind(row.values)
		require.ErrorContains(t, err, message)
	}
}

func TestTextRefusesWhatIsLeftForApex(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"SELECT Id FROM Account WHERE A = :a", "SELECT Id FROM Account WHERE A IN :a", "SELECT Id FROM Account LIMIT :a",
		"SELECT Id FROM Account FOR UPDATE", "SELECT Id FROM Account ALL ROWS", "SELECT Id FROM Account WITH USER_MODE",
	} {
		q, err := soql.Parse(in, apex)
		require.NoError(t, err)
		require.Equal(t, in, q.String())
		_, err = q.Text()
		require.Error(t, err, in)
	}
}
