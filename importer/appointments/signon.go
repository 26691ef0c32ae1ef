package appointments

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/sfbridge/sfbridge/salesforce"
)

// SignOn is how app users reach Salesforce: a [Shared] or a [PerUser].
type SignOn interface {
	validate() error
	mode() Mode
	// login returns the client for an app user, and the identifier that their
	// query is narrowed to, which is not empty.
	login(ctx context.Context, appUser string) (client *salesforce.Client, id string, err error)
}

// Mode says which kind of [SignOn] a configuration is for.
type Mode string

// The modes.
const (
	SharedLogin Mode = "shared"  // one login for all, see [Shared]
	OwnLogin    Mode = "perUser" // each user's own, see [PerUser]
)

// UnmarshalText reads a mode as a configuration spells it.
func (m *Mode) UnmarshalText(text []byte) error {
	switch mode := Mode(text); mode {
	case SharedLogin, OwnLogin:
		*m = mode
		return nil
	}
	return fmt.Errorf(`there is no sign-on %q: write %q for one login of the whole company, or %q for each user's own`,
		text, SharedLogin, OwnLogin)
}

// Endpoint is how the host's credentials are asked for those of Salesforce, of
// all services that its users have accounts with.
const Endpoint = "salesforce"

// Credentials looks up how an app user logs in at an endpoint, which is
// [Endpoint]. For a user who has no credentials it returns nil or a zero value,
// such as SOAPLogin{}, or an error that matches [ErrNoCredentials]. It is called
// when a user comes for the first time, and again when they have been away for
// long.
type Credentials func(ctx context.Context, appUser, endpoint string) (salesforce.Auth, error)

// Identifier gives the unique identifier by which the query knows an app user,
// such as the id of their record in a custom Staff object. It is called for each
// reading. An empty identifier is refused with [ErrNoIdentifier]. What people
// paste, such as the address of a record's page, goes through
// [salesforce.ParseID] first.
type Identifier func(ctx context.Context, appUser string) (string, error)

// RecordIDs wraps an identifier whose values are record ids as people paste them
// into a user's settings: 15 or 18 characters, or the address of the record's
// page in classic or in Lightning. [salesforce.ParseID] reads them, and what is
// no id is an error.
func RecordIDs(identify Identifier) Identifier {
	return func(ctx context.Context, appUser string) (string, error) {
		text, err := identify(ctx, appUser)
		if err != nil || strings.TrimSpace(text) == "" {
			return "", err
		}
		id, err := salesforce.ParseID(text)
		return string(id), err
	}
}

// Shared is single sign-on: the whole company uses one Salesforce login, and app
// users need no Salesforce licence.
type Shared struct {
	Client     *salesforce.Client // the shared login. Required.
	Identifier Identifier         // tells app users apart. Required.
}

func (Shared) mode() Mode { return SharedLogin }

func (s Shared) validate() error {
	var errs []error
	if s.Client == nil {
		errs = append(errs, errors.New("no Shared.Client is configured"))
	}
	if s.Identifier == nil {
		errs = append(errs, errors.New("no Shared.Identifier is configured"))
	}
	return errors.Join(errs...)
}

func (s Shared) login(ctx context.Context, appUser string) (*salesforce.Client, string, error) {
	id, err := s.Identifier.of(ctx, appUser)
	return s.Client, id, err
}

// PerUser is multi-user sign-on: each app user has a Salesforce user of their
// own, and sees what that user sees. [NewPerUser] makes one of the host's
// credentials.
type PerUser struct {
	// Pool has the clients, by app user. Its New refuses a user without
	// credentials with an error that matches [ErrNoCredentials]. Required.
	Pool *salesforce.Pool
	// Identifier tells what the query knows the user by. Defaults to the id of
	// the Salesforce user who is logged in.
	Identifier Identifier
}

// NewPerUser returns the sign-on by the logins that the host keeps of its users.
// The clients are made like base, which has no Auth of its own: nobody's login
// stands in for another's. Once a user's password has changed, say so by
// Pool.Forget.
func NewPerUser(base salesforce.Config, credentials Credentials) (PerUser, error) {
	if base.Auth != nil {
		return PerUser{}, errors.New("appointments: NewPerUser: the base has an Auth, which would be everybody's; leave it nil")
	}
	if credentials == nil {
		return PerUser{}, errors.New("appointments: NewPerUser: no credentials are configured")
	}
	pool, err := salesforce.NewPool(salesforce.PoolConfig{
		Now: base.Now,
		New: func(ctx context.Context, appUser string) (salesforce.Config, error) {
			auth, err := credentials(ctx, appUser, Endpoint)
			if err == nil && (auth == nil || reflect.ValueOf(auth).IsZero()) {
				err = ErrNoCredentials
			}
			cfg := base
			cfg.Auth = auth
			return cfg, err
		},
	})
	return PerUser{Pool: pool}, err
}

func (PerUser) mode() Mode { return OwnLogin }

func (s PerUser) validate() error {
	if s.Pool == nil {
		return errors.New("no PerUser.Pool is configured")
	}
	return nil
}

func (s PerUser) login(ctx context.Context, appUser string) (*salesforce.Client, string, error) {
	if appUser == "" {
		return nil, "", ErrNoCredentials
	}
	client, err := s.Pool.Client(ctx, appUser)
	if cause := errors.Unwrap(err); errors.Is(cause, ErrNoCredentials) {
		err = cause // what the pool has put in front only names the user again
	}
	if err != nil {
		return nil, "", err
	}
	if s.Identifier != nil {
		id, err := s.Identifier.of(ctx, appUser)
		return client, id, err
	}
	session, err := client.Session(ctx)
	return client, string(session.UserID), err
}

// of returns the identifier of an app user, which is not empty.
func (identify Identifier) of(ctx context.Context, appUser string) (string, error) {
	if appUser == "" {
		return "", ErrNoIdentifier
	}
	id, err := identify(ctx, appUser)
	if err != nil {
		return "", err
	}
	if id = strings.TrimSpace(id); id == "" {
		return "", ErrNoIdentifier
	}
	return id, nil
}
