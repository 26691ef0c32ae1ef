package salesforce_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// connect returns a client of an org in memory. One of a real org differs in
// the LoginURL and the credentials, and needs no HTTPClient.
func connect(org *salesforcetest.Org) *salesforce.Client {
	c, err := salesforce.New(salesforce.Config{
		LoginURL:   salesforce.MyDomain("acme"),
		Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		HTTPClient: &http.Client{Transport: org.Transport()},
	})
	if err != nil {
		panic(err)
	}
	return c
}

func Example() {
	org := salesforcetest.NewOrg(nil)
	org.Insert("Account", map[string]any{"Name": "Acme", "NumberOfEmployees": 42})
	org.Insert("Account", map[string]any{"Name": "Globex"})
	c := connect(org)

	type account struct {
		ID    salesforce.ID `json:"Id"`
		Name  string
		Staff salesforce.Field[int] `json:"NumberOfEmployees"`
	}
	for a, err := range salesforce.Query[account](context.Background(), c,
		"SELECT Id, Name, NumberOfEmployees FROM Account ORDER BY Name", nil) {
		if err != nil {
			log.Fatal(err)
		}
		staff, known := a.Staff.Get()
		fmt.Println(a.ID.Prefix(), a.Name, staff, known)
	}
	// Output:
	// 001 Acme 42 true
	// 001 Globex 0 false
}

func ExampleNew() {
	org := salesforcetest.NewOrg(nil)

	c, err := salesforce.New(salesforce.Config{
		LoginURL:   salesforce.Production,
		Auth:       salesforce.SOAPLogin{Username: "user@example.com", Password: "secret", SecurityToken: "TOKEN"},
		OrgID:      "00Dxx0000001gPL", // nothing is read from any other org
		HTTPClient: &http.Client{Transport: org.Transport()},
	})
	if err != nil {
		log.Fatal(err)
	}
	session, err := c.Session(context.Background())
	fmt.Println(session.OrgID, err)
	// Output: 00Dxx0000001gPLEAY <nil>
}

func ExampleCollect() {
	org := salesforcetest.NewOrg(nil)
	account := org.Insert("Account", map[string]any{"Name": "Acme"})
	org.Insert("Contact", map[string]any{"LastName": "Lee", "AccountId": account})
	c := connect(org)

	contacts, err := salesforce.Collect(salesforce.Query[salesforce.Record](context.Background(), c,
		"SELECT LastName, Account.Name FROM Contact", nil))
	if err != nil {
		log.Fatal(err)
	}
	name, _ := contacts[0].Get("Account.Name")
	fmt.Println(contacts[0]["LastName"], "of", name)
	// Output: Lee of Acme
}

func ExampleClient_Create() {
	c := connect(salesforcetest.NewOrg(nil))

	_, err := c.Create(context.Background(), "Lead", salesforce.Record{"Company": "Acme"}, nil)

	fmt.Println(errors.Is(err, salesforce.ErrValidation), salesforce.Retryable(err))
	fmt.Println(err)
	// Output:
	// true false
	// salesforce: create Lead: REQUIRED_FIELD_MISSING: Required fields are missing: [LastName]
}

func ExampleClient_Update() {
	org := salesforcetest.NewOrg(nil)
	id := salesforce.ID(org.Insert("Contact", map[string]any{"LastName": "Lee", "Phone": "1", "Fax": "2"}))
	c := connect(org)

	err := c.Update(context.Background(), "Contact", id, struct {
		Phone salesforce.Field[string] `json:",omitzero"`
		Fax   salesforce.Field[string] `json:",omitzero"`
		Email salesforce.Field[string] `json:",omitzero"`
	}{
		Fax:   salesforce.Null[string](),
		Email: salesforce.Value("lee@example.com"),
	}, nil)

	rec := org.Record(string(id))
	fmt.Println(err, rec["Phone"], rec["Fax"], rec["Email"])
	// Output: <nil> 1 <nil> lee@example.com
}

func ExampleClient_Upload() {
	org := salesforcetest.NewOrg(nil)
	account := salesforce.ID(org.Insert("Account", map[string]any{"Name": "Larry Leap"}))
	c := connect(org)
	text := "I hereby sign."

	up, err := c.Upload(context.Background(), salesforce.File{
		Title:  "Larry Leap Contract 5/23/19",
		Name:   "contract.txt",
		LinkTo: account,
		Size:   int64(len(text)),
		Open:   func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil },
	}, nil)
	if err != nil {
		log.Fatal(err)
	}

	fmt.Println(up.Size, up.MD5)
	fmt.Printf("%s\n", org.File(string(up.ID)))
	// Output:
	// 14 a36940e042e0df7b9bd6cf7d7d7c79c7
	// I hereby sign.
}

func ExamplePool() {
	org := salesforcetest.NewOrg(nil)
	passwords := map[string]string{"user@example.com": "secret"}
	pool, err := salesforce.NewPool(salesforce.PoolConfig{
		New: func(_ context.Context, user string) (salesforce.Config, error) {
			password, ok := passwords[user]
			if !ok {
				return salesforce.Config{}, errors.New("no Salesforce login")
			}
			return salesforce.Config{
				Auth:       salesforce.SOAPLogin{Username: user, Password: password, SecurityToken: "TOKEN"},
				HTTPClient: &http.Client{Transport: org.Transport()},
			}, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	_, err = pool.Client(context.Background(), "user@example.com")
	fmt.Println(err)
	_, err = pool.Client(context.Background(), "stranger")
	fmt.Println(err)
	// Output:
	// <nil>
	// salesforce: pool: client for "stranger": no Salesforce login
}

func ExampleParseID() {
	id, err := salesforce.ParseID("https://acme.lightning.force.com/lightning/r/Account/001RM000003oLnn/view")
	fmt.Println(id, id.Short(), err)

	_, err = salesforce.ParseID("001RM000003oLnnYAF")
	fmt.Println(err)
	// Output:
	// 001RM000003oLnnYAE 001RM000003oLnn <nil>
	// salesforce: parse id "001RM000003oLnnYAF": wrong checksum, the last three characters should be YAE
}

func ExampleField() {
	type update struct {
		Phone salesforce.Field[string] `json:",omitzero"`
	}
	keep, clear, set := update{}, update{salesforce.Null[string]()}, update{salesforce.Value("555-0100")}

	fmt.Println(keep.Phone.IsZero(), clear.Phone.IsNull())
	fmt.Println(set.Phone.Get())
	// Output:
	// true true
	// 555-0100 true
}

func ExampleRecord_Get() {
	rec := salesforce.Record{
		"Name":   "Acme",
		"Owner":  salesforce.Record{"Name": "Ada"},
		"Parent": nil,
	}
	for _, path := range []string{"Owner.Name", "Parent.Name", "Phone"} {
		v, ok := rec.Get(path)
		fmt.Println(path, v, ok)
	}
	// Output:
	// Owner.Name Ada true
	// Parent.Name <nil> true
	// Phone <nil> false
}
