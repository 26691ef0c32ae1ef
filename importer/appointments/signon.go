package appointments

import (
	"context"
	"errors"
	"strings"

	"github.com/sfbridge/sfbridge/salesforce"
)

// SignOn is how app users reach Salesforce: a [Shared] or a [PerUser].
type SignOn interface {
	validate() error
	// login returns the client for an app user, and the identifier that their
	// query is narrowed to, which is not empty.
	login(ctx context.Context, appUser string) (client *salesforce.Client, id string, err error)
}

// Identifier gives the unique identifier by which the query knows an app user,
// such as the id of their record in a custom Staff object. It is called for each
// reading. An empty identifier is refused with [ErrNoIdentifier]. What people
// paste, such as the address of a record's page, goes through
// [salesforce.ParseID] first.
type Identifier func(ctx context.Context, appUser string) (string, error)

// Shared is single sign-on: the whole company uses one Salesforce login, and app
// users need no Salesforce licence.
type Shared struct {
	Client     *salesforce.Client // the shared login. Required.
	Identifier Identifier         // tells app users apart. Required.
}

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
// own, and sees what that user sees.
type PerUser struct {
	// Pool has the clients, by app user. Its New refuses a user without
	// credentials with an error that matches [ErrNoCredentials]. Required.
	Pool *salesforce.Pool
	// Identifier tells what the query knows the user by. Defaults to the id of
	// the Salesforce user who is logged in.
	Identifier Identifier
}

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
