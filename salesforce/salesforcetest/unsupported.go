package salesforcetest

import (
	"strings"

	"github.com/sfbridge/sfbridge/soql"
)

// supported refuses what SOQL has and this org does not evaluate.
func (e *world) supported(q *soql.Query) error {
	for n := range soql.Preorder(q) {
		if feature := unsupported(n); feature != "" {
			return e.fault(n, "MALFORMED_QUERY", "%s is not supported by this org yet", feature)
		}
	}
	return nil
}

// unsupported names what of a node this org does not evaluate, "" for nothing.
func unsupported(n soql.Node) string {
	switch n := n.(type) {
	case *soql.Query:
		return unsupportedClause(n)
	case *soql.Alias:
		return "a further object in FROM"
	case *soql.With:
		return "WITH"
	case *soql.TypeOf:
		return "TYPEOF"
	case *soql.FieldSet:
		return "FIELDS()"
	case *soql.Call:
		switch name := strings.ToUpper(n.Name); name {
		case "DISTANCE", "GROUPING":
			return name + "()"
		}
	case *soql.Currency:
		return "a currency literal"
	case *soql.Time:
		return "a time literal"
	}
	return ""
}

// unsupportedClause is unsupported for clauses that are no nodes. FOR VIEW and
// FOR REFERENCE change no answer, so they pass; nothing notes them.
func unsupportedClause(q *soql.Query) string {
	switch {
	case q.Scope != "":
		return "USING SCOPE"
	case q.Subtotals != soql.NoSubtotals:
		return "GROUP BY with subtotals"
	case q.Update != 0:
		return "UPDATE"
	}
	return ""
}
