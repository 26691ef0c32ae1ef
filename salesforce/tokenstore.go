package salesforce

import (
	"context"
	"log/slog"
	"time"
)

// Token is what a login by refresh token leaves for the next one. Its texts are
// secret, InstanceURL and Identity aside; printing it tells none of them. The
// zero value stands for nothing.
type Token struct {
	// RefreshToken is the one to use next. Where the app rotates them it works
	// once.
	RefreshToken string `json:"refresh_token"`
	// AccessToken is the last one that came with it, InstanceURL where it works,
	// and Identity whose it is: https://login.salesforce.com/id/ORG/USER.
	AccessToken string `json:"access_token"`
	InstanceURL string `json:"instance_url"`
	Identity    string `json:"id"`
	// Renewing is when a renewal was begun that has not ended yet, or never
	// ended because its process did.
	Renewing time.Time `json:"renewing,omitzero"`
}

// String tells whose token it is.
func (t Token) String() string { return "Token(" + t.Identity + ")" }

// GoString is String, so that %#v tells no secret either.
func (t Token) GoString() string { return t.String() }

// LogValue is String, for the handlers of package slog that encode JSON.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// TokenStore keeps the token of each login for all processes that share it, so
// that none uses a refresh token that another one has used up. Package
// tokenstore has two; package tokenstoretest checks others.
type TokenStore interface {
	// Update replaces the token under key by what change makes of it; change
	// gets the zero Token when nothing is kept. From the call of change until
	// its result is kept, no other Update of the key calls its change, in no
	// process: it waits. What change returns is kept durably when Update
	// returns nil. When change fails Update returns its error, as it is or
	// wrapped, and keeps what was kept.
	//
	// The context of change ends when the store cannot keep others waiting any
	// longer. A key holds 1 to 200 bytes of any text. An Update is not called by
	// the change of another one.
	//
	// It must be safe for concurrent use.
	Update(ctx context.Context, key string, change func(ctx context.Context, current Token) (Token, error)) error
}

// carried is what a client itself knows from one login to the next; logins of a
// client happen one at a time.
type carried struct {
	token Token // of a login without a store
	// unsaved came for the refresh token spent, and could not be kept. The next
	// login tries again; asking with the spent one again would end the login.
	unsaved Token
	spent   string
}

// Update implements [TokenStore] for a login without a store.
func (c *carried) Update(ctx context.Context, _ string, change func(context.Context, Token) (Token, error)) error {
	next, err := change(ctx, c.token)
	if err == nil {
		c.token = next
	}
	return err
}
