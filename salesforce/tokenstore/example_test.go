package tokenstore_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
	"github.com/sfbridge/sfbridge/salesforce/tokenstore"
)

// A user allows the app once, in a browser. From then on the host logs in with
// what the store keeps, though each refresh token works once.
func Example() {
	ctx := context.Background()
	org := salesforcetest.NewOrg(&salesforcetest.Options{RotateRefreshTokens: true})
	cfg := salesforce.Config{LoginURL: salesforce.MyDomain("acme"), HTTPClient: &http.Client{Transport: org.Transport()}}

	dir, err := os.MkdirTemp("", "tokens")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	key := sha256.Sum256([]byte("32 bytes of your own secret store, not this"))
	store, err := tokenstore.NewFiles(tokenstore.FilesConfig{Dir: dir, Key: key[:]})
	if err != nil {
		log.Fatal(err)
	}

	app := salesforce.AuthCode{
		ClientID: "cid", ClientSecret: "csecret", RedirectURL: "https://host.example.com/callback",
		Store: store, Key: "user 4711",
	}
	consent, err := app.Start(cfg.LoginURL)
	if err != nil {
		log.Fatal(err)
	}
	query := browse(org, consent.URL) // the user's browser goes there and comes back
	_, who, err := app.Exchange(ctx, cfg, consent, query)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("allowed by", who.UserID.Prefix(), "of", who.OrgID)

	cfg.Auth = salesforce.RefreshToken{ClientID: "cid", ClientSecret: "csecret", Store: store, Key: "user 4711"}
	for range 3 {
		c, err := salesforce.New(cfg)
		if err != nil {
			log.Fatal(err)
		}
		n, err := c.Count(ctx, "SELECT COUNT() FROM Account")
		fmt.Println(n, err)
		org.ExpireSessions()
	}
	// Output:
	// allowed by 005 of 00Dxx0000001gPLEAY
	// 0 <nil>
	// 0 <nil>
	// 0 <nil>
}

// browse answers the query with which a browser comes back to the host.
func browse(org *salesforcetest.Org, address string) url.Values {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
	if err != nil {
		log.Fatal(err)
	}
	resp, err := org.Transport().RoundTrip(req)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		log.Fatal(err)
	}
	return back.Query()
}
