package salesforce_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"log"
	"math/big"
	"net/http"
	"net/url"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// keyPair is what an administrator makes: the app in Salesforce gets the
// certificate, the host the key.
func keyPair() (*rsa.PrivateKey, *x509.Certificate) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "host"}, NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return key, cert
}

func ExampleJWT() {
	key, cert := keyPair()
	org := salesforcetest.NewOrg(&salesforcetest.Options{JWTCertificates: []*x509.Certificate{cert}})

	c, err := salesforce.New(salesforce.Config{
		LoginURL:   salesforce.MyDomain("acme"),
		Auth:       salesforce.JWT{ClientID: "cid", Username: "user@example.com", Signer: key},
		HTTPClient: &http.Client{Transport: org.Transport()},
	})
	if err != nil {
		log.Fatal(err)
	}
	session, err := c.Session(context.Background())
	fmt.Println(session.InstanceURL, session.UserID.Prefix(), err)
	// Output: https://acme.my.salesforce.com 005 <nil>
}

// A user allows the app in the browser, and the host is logged in as that user
// from then on. Where the app rotates its tokens, Store is that of package
// tokenstore.
func ExampleAuthCode() {
	org := salesforcetest.NewOrg(nil)
	cfg := salesforce.Config{
		LoginURL:   salesforce.MyDomain("acme"),
		HTTPClient: &http.Client{Transport: org.Transport()},
	}
	app := salesforce.AuthCode{
		ClientID: "cid", ClientSecret: "csecret", RedirectURL: "https://host.example.com/callback",
		Key: "ada", // what the host calls the user
	}

	consent, err := app.Start(cfg.LoginURL) // kept in the user's web session
	if err != nil {
		log.Fatal(err)
	}
	answer := allow(org, consent.URL) // the user is sent there, and comes back to the callback with it
	login, who, err := app.Exchange(context.Background(), cfg, consent, answer)
	if err != nil {
		log.Fatal(err)
	}

	cfg.Auth = login
	c, err := salesforce.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	session, err := c.Session(context.Background())
	fmt.Println(session.UserID == who.UserID, err)
	fmt.Println(login)
	// Output:
	// true <nil>
	// RefreshToken(cid, ada)
}

// allow is a user in the browser who says yes, and what the browser then brings
// to the callback.
func allow(org *salesforcetest.Org, address string) url.Values {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	if err != nil {
		panic(err)
	}
	resp, err := org.Transport().RoundTrip(req)
	if err != nil {
		panic(err)
	}
	_ = resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		panic(err)
	}
	return back.Query()
}

// An error of a login is told apart from others, and the administrator is told
// what to do.
func ExampleClient_CheckConnection() {
	org := salesforcetest.NewOrg(nil)
	for _, secret := range []string{"csecret", "wrong"} {
		c, err := salesforce.New(salesforce.Config{
			LoginURL:   salesforce.MyDomain("acme"),
			Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: secret},
			HTTPClient: &http.Client{Transport: org.Transport()},
		})
		if err != nil {
			log.Fatal(err)
		}
		found, err := c.CheckConnection(context.Background())
		if err != nil {
			fmt.Println(errors.Is(err, salesforce.ErrCredentials))
			fmt.Println(salesforce.Advice(err))
			continue
		}
		fmt.Println(found.Username, found.OrgID, found.Notes)
	}
	// Output:
	// user@example.com 00Dxx0000001gPLEAY []
	// true
	// Username and password, or client id and secret, are wrong, or the user is locked. A sandbox has users of its own, who log in at the sandbox host.
}

func ExampleClient_Do() {
	c := connect(salesforcetest.NewOrg(nil))

	resp, err := c.Do(context.Background(), salesforce.Request{
		Path: "composite/tree/Account",
		JSON: map[string]any{"records": []any{map[string]any{
			"attributes": map[string]string{"type": "Account", "referenceId": "a"},
			"Name":       "Acme",
			"Contacts": map[string]any{"records": []any{map[string]any{
				"attributes": map[string]string{"type": "Contact", "referenceId": "c"},
				"LastName":   "Lee",
			}}},
		}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	var planted struct {
		Results []struct {
			ReferenceID string
			ID          salesforce.ID
		}
	}
	if err := resp.Decode(&planted); err != nil {
		log.Fatal(err)
	}
	for _, r := range planted.Results {
		fmt.Println(r.ReferenceID, r.ID.Prefix())
	}
	// Output:
	// a 001
	// c 003
}

// A host that leaves half of the org's API requests to others, sends no more
// than ten a second, and counts what it does.
func ExampleConfig() {
	org := salesforcetest.NewOrg(nil)
	requests, bytes := 0, int64(0)

	c, err := salesforce.New(salesforce.Config{
		LoginURL:   salesforce.MyDomain("acme"),
		Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		HTTPClient: &http.Client{Transport: org.Transport()},
		DailyShare: 0.5,
		Pace:       salesforce.Pace{PerSecond: 10, Burst: 10, Concurrent: 4},
		Observe: func(e salesforce.Event) {
			requests++
			bytes += e.Received
			fmt.Println(e.Op, e.Status, e.Usage.Used)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := c.Count(context.Background(), "SELECT COUNT() FROM Account"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(requests, "requests,", bytes > 0)
	// Output:
	// log in with client credentials 200 0
	// query 200 1
	// 2 requests, true
}
