package mail

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// login proves who the sender is, in the first of the ways that the server
// offers. Each of them shows the secret to the server, which is why Plain is not
// allowed to another machine.
func (s SMTP) login(ctx context.Context, c *smtp.Client) error {
	if s.Username == "" {
		return nil
	}
	if s.Token != nil {
		return s.loginByToken(ctx, c)
	}
	switch {
	case c.SupportsAuth(sasl.Plain):
		return c.Auth(sasl.NewPlainClient("", s.Username, s.Password))
	case c.SupportsAuth(sasl.Login):
		return c.Auth(sasl.NewLoginClient(s.Username, s.Password))
	default:
		return errors.New("server offers neither AUTH PLAIN nor AUTH LOGIN")
	}
}

func (s SMTP) loginByToken(ctx context.Context, c *smtp.Client) error {
	if !c.SupportsAuth(xoauth2) {
		return errors.New("server does not offer AUTH XOAUTH2")
	}
	token, err := s.Token(ctx)
	if err != nil {
		return fmt.Errorf("get a token: %w", err)
	}
	return c.Auth(bearer{s.Username, token})
}

const xoauth2 = "XOAUTH2"

// bearer is the client's side of XOAUTH2, which Google and Microsoft describe in
// their documentation of IMAP and SMTP.
type bearer struct{ username, token string }

func (b bearer) Start() (mechanism string, response []byte, err error) {
	return xoauth2, []byte("user=" + b.username + "\x01auth=Bearer " + b.token + "\x01\x01"), nil
}

// Next answers the description of a failure with nothing, upon which the server
// says that the login failed.
func (bearer) Next([]byte) ([]byte, error) { return []byte{}, nil }
