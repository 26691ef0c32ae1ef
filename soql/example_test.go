package soql_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/soql"
)

func Example() {
	since := time.Date(2026, time.November, 21, 9, 0, 0, 0, time.UTC)
	q := &soql.Query{
		Select:  soql.Fields("Id", "Name", "Owner.Name"),
		From:    soql.From{Object: "Account"},
		Where:   soql.And(soql.Eq("Type", "Customer's"), soql.Gt("CreatedDate", since)),
		OrderBy: []soql.Order{{Expr: soql.FieldPath("Name")}},
		Limit:   soql.Int(10),
	}
	text, err := q.Text()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(text)
	// Output:
	// SELECT Id, Name, Owner.Name FROM Account WHERE Type = 'Customer\'s' AND CreatedDate > 2026-11-21T09:00:00Z ORDER BY Name LIMIT 10
}

func ExampleParse() {
	q, err := soql.Parse(`
		select Id, count(Id) n
		from   Contact c
		where  (c.Name like 'A%' and (not Email = null))
		group  by Id`, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(q.From.Object, len(q.Select))
	fmt.Println(q)
	// Output:
	// Contact 2
	// SELECT Id, count(Id) n FROM Contact c WHERE c.Name LIKE 'A%' AND (NOT Email = NULL) GROUP BY Id
}

func ExampleSyntaxError() {
	_, err := soql.Parse("SELECT Id FROM Account\nWHERE Type = 'A' AND Name = 'B' OR Name = 'C'", nil)
	fmt.Println(err)
	if syntax, ok := errors.AsType[*soql.SyntaxError](err); ok {
		fmt.Println(syntax.Line, syntax.Column)
	}
	// Output:
	// soql: line 2, column 33: AND beside OR needs parentheses
	// 	WHERE Type = 'A' AND Name = 'B' OR Name = 'C'
	// 	                                ^
	// 2 33
}

func ExampleQuery_Text() {
	q := &soql.Query{
		Select: soql.Fields("Id"),
		From:   soql.From{Object: "Account"},
		Where:  soql.In("Id", []string{}),
	}
	_, err := q.Text()
	fmt.Println(err)
	// Output:
	// soql: invalid query: a list of values is empty
}

func ExampleUserFilter_Scope() {
	me := soql.UserFilter{IDs: []string{"005000000000001AAA"}, Field: "OwnerId"}

	text, _ := me.Scope("SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' OR Rep_2__c = '%userIdentifier%'")
	fmt.Println(text)

	text, _ = me.Scope("SELECT Id FROM Visit__c WHERE Status__c = 'Open' OR City__c = 'Graz'")
	fmt.Println(text)

	_, err := me.Scope("SELECT Id FROM Visit__c WHERE Rep_1__c = '%userIdentifier%' OR City__c = 'Graz'")
	fmt.Println(errors.Is(err, soql.ErrNotScoped), err)
	// Output:
	// SELECT Id FROM Visit__c WHERE Rep_1__c = '005000000000001AAA' OR Rep_2__c = '005000000000001AAA'
	// SELECT Id FROM Visit__c WHERE (Status__c = 'Open' OR City__c = 'Graz') AND OwnerId = '005000000000001AAA'
	// true soql: query refused: no restriction to the user is in every branch of the WHERE behind FROM Visit__c
}

func ExampleUserFilter_Apply() {
	q := &soql.Query{Select: soql.Fields("Id"), From: soql.From{Object: "Task"}}
	scoped, err := soql.UserFilter{IDs: []string{"u1", "u2"}, Field: "OwnerId"}.Apply(q)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(scoped)
	fmt.Println(q)
	// Output:
	// SELECT Id FROM Task WHERE OwnerId IN ('u1', 'u2')
	// SELECT Id FROM Task
}

func ExamplePreorder() {
	q, err := soql.Parse("SELECT Id, Owner.Name FROM Account WHERE Type = 'A' ORDER BY CreatedDate", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for n := range soql.Preorder(q) {
		if path, ok := n.(*soql.Path); ok {
			fmt.Println(path.Names, path.Pos())
		}
	}
	// Output:
	// [Id] 8
	// [Owner Name] 12
	// [Type] 42
	// [CreatedDate] 62
}

func ExampleWalk() {
	q, err := soql.Parse("SELECT Id, (SELECT Id FROM Contacts WHERE Name = 'x') FROM Account WHERE Type = 'A'", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The literals of the query itself, not of its subqueries.
	soql.Walk(q, func(n soql.Node) bool {
		if text, ok := n.(*soql.Text); ok {
			fmt.Println(text.Value)
		}
		_, subquery := n.(*soql.Subquery)
		return !subquery
	})
	// Output:
	// A
}

func ExampleFieldsOf() {
	type Contact struct {
		Name string
	}
	type Account struct {
		ID    string `json:"Id"`
		Owner struct {
			Name string
		}
		Contacts []Contact
	}
	fields, err := soql.FieldsOf[Account]()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(&soql.Query{Select: fields, From: soql.From{Object: "Account"}})
	// Output:
	// SELECT Id, Owner.Name, (SELECT Name FROM Contacts) FROM Account
}

func ExampleContains() {
	fmt.Println(&soql.Query{
		Select: soql.Fields("Id"),
		From:   soql.From{Object: "Account"},
		Where:  soql.Contains("Name", "100% O'Neil"),
	})
	// Output:
	// SELECT Id FROM Account WHERE Name LIKE '%100\% O\'Neil%'
}

func ExampleQuote() {
	fmt.Println(soql.Quote(`' OR Name != '`))
	// Output:
	// '\' OR Name != \''
}

func ExampleLiteral() {
	for _, v := range []any{"it's", 5, nil, &soql.DateRange{Name: "LAST_N_DAYS", N: 7}} {
		value, err := soql.Literal(v)
		fmt.Printf("%T %v\n", value, err)
	}
	_, err := soql.Literal(struct{}{})
	fmt.Println(err)
	// Output:
	// *soql.Text <nil>
	// *soql.Number <nil>
	// *soql.Null <nil>
	// *soql.DateRange <nil>
	// soql: SOQL has no literal for struct {}
}

func ExampleQuery_Bind() {
	q, err := soql.Parse("SELECT Id FROM Visit__c WHERE Rep__c = :rep AND Status__c IN :states", &soql.ParseOptions{Dialect: soql.Apex})
	if err != nil {
		fmt.Println(err)
		return
	}
	bound, err := q.Bind(map[string]any{"rep": "O'Neil", "states": []string{"Open", "New"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(bound)

	_, err = q.Bind(map[string]any{"rep": "O'Neil", "states": []string{}})
	fmt.Println(err)
	// Output:
	// SELECT Id FROM Visit__c WHERE Rep__c = 'O\'Neil' AND Status__c IN ('Open', 'New')
	// soql: bind :states: a list of values is empty
}

func ExamplePrinter() {
	q, err := soql.Parse("SELECT Id, (SELECT Id, Subject FROM Tasks) FROM Visit__c WHERE (A__c = 1 OR B__c = 2) AND C__c = TODAY LIMIT 5", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := soql.Printer{Indent: "  ", Width: 30}.Print(q)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(text)
	// Output:
	// SELECT
	//   Id,
	//   (
	//     SELECT Id, Subject
	//     FROM Tasks
	//   )
	// FROM Visit__c
	// WHERE
	//   (A__c = 1 OR B__c = 2)
	//   AND C__c = TODAY
	// LIMIT 5
}

func ExampleUserFilter_via() {
	f := soql.UserFilter{
		IDs:   []string{"005000000000001AAA"},
		Field: "Rep_1__c",
		Via:   &soql.Via{Object: "Staff__c", Field: "User__c"},
	}
	text, err := f.Scope("SELECT Id FROM Visit__c WHERE City__c = 'Graz'")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(text)
	// Output:
	// SELECT Id FROM Visit__c WHERE City__c = 'Graz' AND Rep_1__c IN (SELECT Id FROM Staff__c WHERE User__c = '005000000000001AAA')
}

// schema is what describe told of an org.
type schema map[string]*soql.Object

func (s schema) Object(name string) (*soql.Object, bool) {
	o, ok := s[strings.ToLower(name)]
	return o, ok
}

func ExampleValidate() {
	org := schema{
		"visit__c": {Name: "Visit__c", Fields: []soql.FieldInfo{
			{Name: "Name", Type: "string", Filterable: true},
			{Name: "Rep__c", Type: "reference", Relationship: "Rep__r", Targets: []string{"Staff__c"}, Filterable: true},
		}},
		"staff__c": {Name: "Staff__c", Fields: []soql.FieldInfo{{Name: "Name", Type: "string", Filterable: true}}},
	}
	q, err := soql.Parse("SELECT Name, Rep__r.Phone FROM Visit__c WHERE Name = 5", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(soql.Validate(q, org))
	// Output:
	// soql: Staff__c has no field Phone
	// soql: Name is compared with a string in quotes, not with 5
}

func ExampleAnalyze() {
	q, err := soql.Parse("SELECT Id, Rep__r.Name FROM Visit__c WHERE City__c = 'Graz'", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	a := soql.Analyze(q, nil)
	fmt.Println(a.Objects)
	for _, r := range a.Reads {
		fmt.Println(r.Path, r.Use == soql.Filtered, r.Pos)
	}
	// Output:
	// [Visit__c]
	// Id false 8
	// Rep__r.Name false 12
	// City__c true 44
}
