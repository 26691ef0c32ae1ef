package salesforce

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"
)

// RefreshToken logs in on behalf of a user who has allowed it once, through
// [AuthCode] or [Device].
//
// An app may rotate its refresh tokens: each works once, and comes with the
// next one; whoever uses one a second time is taken for a thief, and every token
// of the user's consent is revoked. So where tokens rotate a Store is a must,
// shared by all processes that use the same login. The client saves what it is
// about to do, renews while the store keeps the others waiting, and saves the
// new token before it uses it. A process that waited finds the token that the
// other one got, and uses that.
//
// One gap cannot be closed from here: when the answer with the next refresh
// token is lost, with the connection or with the process, only the old one is
// left. It is kept and tried once more. When Salesforce refuses it, the error
// matches [ErrAuth] and says that a renewal was cut off; the user must allow
// the app again.
//
// See "OAuth 2.0 Refresh Token Flow for Renewed Sessions" in Salesforce Help.
type RefreshToken struct {
	ClientID     string
	ClientSecret string // "" for an app that needs none

	// Token is the first refresh token. It may be empty when the Store holds one
	// under Key already, and does not replace that.
	Token string

	// Store keeps what the tokens become. Defaults to the memory of the client.
	Store TokenStore

	// Key is the name of the login in the Store, up to 200 bytes, such as the
	// user's name in the host application. Defaults to a fingerprint of Token,
	// so that a new Token is a new login.
	Key string
}

// maxKey is how long the key of a TokenStore may be, in bytes.
const maxKey = 200

// String tells the app and the key, never a secret.
func (a RefreshToken) String() string {
	return fmt.Sprintf("RefreshToken(%s, %s)", a.ClientID, a.key())
}

// GoString is String, so that %#v tells no secret either.
func (a RefreshToken) GoString() string { return a.String() }

// LogValue is String, for the handlers of package slog that encode JSON.
func (a RefreshToken) LogValue() slog.Value { return slog.StringValue(a.String()) }

func (a RefreshToken) validate(*url.URL) error {
	faults := []error{missing("RefreshToken.ClientID", a.ClientID), validKey("RefreshToken", a.Key)}
	if a.Token == "" && (a.Store == nil || a.Key == "") {
		faults = append(faults, errors.New("salesforce: RefreshToken.Token is missing, and there are no Store and Key to find it with"))
	}
	return errors.Join(faults...)
}

func validKey(owner, key string) error {
	if len(key) > maxKey {
		return fmt.Errorf("salesforce: %s.Key has %d bytes, over %d", owner, len(key), maxKey)
	}
	return nil
}

// key is the name of the login. Nobody can tell the token from its fingerprint.
func (a RefreshToken) key() string {
	if a.Key != "" {
		return a.Key
	}
	sum := sha256.Sum256([]byte(a.Token))
	return hex.EncodeToString(sum[:16])
}

const opRefresh = "log in with a refresh token"

func (a RefreshToken) login(ctx context.Context, l login) (grant, error) {
	r := renewal{RefreshToken: a, login: l, store: a.Store}
	if r.store == nil {
		r.store = l.carried
	}
	err := r.store.Update(ctx, a.key(), r.begin)
	if err == nil && r.found.AccessToken == "" {
		err = r.finish(ctx)
	}
	switch {
	case r.refusal != nil:
		return grant{}, r.refusal
	case err != nil:
		return grant{}, storeError(opRefresh, err)
	}
	l.carried.unsaved, l.carried.spent = Token{}, ""
	g, err := r.found.grant(opRefresh, l.host)
	g.kept = !r.asked
	return g, err
}

// renewal is one login with a refresh token. It changes what is kept twice, so
// that a stop at any point leaves a trace: begin says what is about to happen,
// end does it.
type renewal struct {
	RefreshToken
	login
	store   TokenStore
	found   Token     // the token to use
	asked   bool      // Salesforce gave it just now
	cutOff  time.Time // when another renewal began that nobody saw the end of
	refusal error     // of Salesforce
}

// finish renews the token and keeps it. Whoever comes next would use the spent
// one, so a store that fails is asked a few times more, over some seconds.
func (r *renewal) finish(ctx context.Context) error {
	err := r.store.Update(ctx, r.key(), r.end)
	for pause := 250 * time.Millisecond; err != nil && r.asked && pause < 5*time.Second; pause *= 2 {
		if sleep(ctx, pause) != nil {
			return err
		}
		err = r.store.Update(ctx, r.key(), r.end)
	}
	return err
}

// begin takes the token that is kept, unless it is the one that was refused.
func (r *renewal) begin(_ context.Context, kept Token) (Token, error) {
	if kept.RefreshToken == "" {
		kept = Token{RefreshToken: r.Token}
	}
	if kept.RefreshToken == "" {
		return kept, fault(opRefresh, ErrAuth, "no token is kept under %q: the user must allow the app first", r.Key)
	}
	if r.usable(kept) {
		return kept, nil
	}
	r.cutOff = kept.Renewing
	kept.Renewing = r.http.now().UTC()
	return kept, nil
}

// usable takes the kept token if there is a chance that it works.
func (r *renewal) usable(kept Token) bool {
	if kept.AccessToken == "" || kept.AccessToken == r.stale {
		return false
	}
	r.found = kept
	return true
}

// end renews the token, unless another process has done it meanwhile, or this
// one has and could not save it. A refusal is no failure of the change: the
// renewal has ended then.
func (r *renewal) end(ctx context.Context, kept Token) (Token, error) {
	if r.usable(kept) {
		return kept, nil
	}
	if c := r.carried; c.spent != "" && c.spent == kept.RefreshToken {
		r.found = c.unsaved
		return r.found, nil
	}
	next, err := r.askToken(ctx, opRefresh, r.ClientID, r.ClientSecret, url.Values{
		"grant_type":    {"refresh_token"},
		"refresh_token": {kept.RefreshToken},
	})
	if err != nil {
		return r.ended(kept, err)
	}
	next.RefreshToken = cmp.Or(next.RefreshToken, kept.RefreshToken)
	r.carried.unsaved, r.carried.spent = next, kept.RefreshToken
	r.found, r.asked = next, true
	return next, nil
}

// ended says what a failed renewal leaves.
func (r *renewal) ended(kept Token, err error) (Token, error) {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.meaning().effect.done() {
		return kept, err
	}
	const lost = "and the next token may be lost with it: the user must allow the app again"
	switch {
	case e.Code == "invalid_grant" && e.lost:
		e.Message += "; an earlier try had no answer, " + lost
	case e.Code == "invalid_grant" && !r.cutOff.IsZero():
		e.Message += fmt.Sprintf("; a renewal that began at %s never ended, %s", r.cutOff.Format(time.RFC3339), lost)
	}
	r.refusal = err
	kept.Renewing = time.Time{}
	return kept, nil
}

// storeError makes an error of one of a TokenStore, or returns that of the
// change which the store passed on.
func storeError(op string, err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return fmt.Errorf("salesforce: %s: keep the token: %w", op, err)
}

// keepTime is how long saving a token may take that a user has just got: nobody
// would find it again.
const keepTime = 30 * time.Second

// keep saves the first token of a login, in place of what was kept.
func (a RefreshToken) keep(ctx context.Context, op string, token Token) error {
	if a.Store == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
	defer cancel()
	err := a.Store.Update(ctx, a.key(), func(context.Context, Token) (Token, error) { return token, nil })
	if err != nil {
		return storeError(op, err)
	}
	return nil
}
