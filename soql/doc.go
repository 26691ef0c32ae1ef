// Package soql reads, builds, checks and prints queries in SOQL, the query
// language of Salesforce, and restricts them to the records of one user. It
// makes no requests.
//
// # The tree
//
// [Parse] turns text into a [Query], a tree of plain structs, and [Query.Text]
// turns it back. Whatever is parsed is printed so that it parses to the same
// tree. The sets of nodes are closed: a type switch over [Condition], [Expr],
// [SelectItem] or [Value] that names the types listed there is complete. Nodes
// carry their positions, which [Pos.LineColumn] makes into line and column.
//
// # Building
//
// The builder is the composite literal, with helpers for what is long to write:
//
//	q := &soql.Query{
//		Select: soql.Fields("Id", "Name", "Owner.Name"),
//		From:   soql.From{Object: "Account"},
//		Where:  soql.And(soql.Eq("Type", kind), soql.Gt("CreatedDate", since)),
//		Limit:  soql.Int(10),
//	}
//	text, err := q.Text()
//
// Values become nodes (see [Literal]), never syntax, and names are checked, so
// nothing that a user typed can change what a query means. Text refuses a tree
// that is no query: an empty IN, an OR of nothing, a value that SOQL cannot
// write, a placeholder that nobody replaced.
//
// A query that is easier to write than to build is parsed with variables, as
// Apex has them, which [Query.Bind] fills with values. [FieldsOf] takes the
// select list from a struct.
//
// # Strictness
//
// Parse and Text hold a query against the rules of Salesforce that need no
// schema, so that a mistake shows, with line and column, when a query is
// configured and not when it runs. There are two dialects: that of the REST API,
// which Text writes, and that of Apex, which has more. A [Printer] spreads a query
// over many lines.
//
// [Validate] holds a query against what an org has, its objects and fields, and
// [Analyze] lists what a query reads.
//
// # Scoping
//
// A [UserFilter] restricts a query that an administrator wrote to the records
// of the user for whom it runs, by a field, by records in between, or in the
// places that the administrator marked, and refuses a query for which it cannot
// prove the restriction.
package soql
