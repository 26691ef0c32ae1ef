package salesforcetest

import (
	"crypto/x509"
	"slices"
)

// App is a client of the OAuth flows: a connected app, or an external client
// app.
type App struct {
	// ID and Secret are the consumer key and the consumer secret. An app
	// without a secret is public: it uses the flows that need none.
	ID, Secret string

	// Certificates hold the keys whose signatures the JWT bearer flow accepts.
	// Defaults to none, which closes the flow.
	Certificates []*x509.Certificate

	// RedirectURIs are where the authorization endpoint may send users. Defaults
	// to anywhere.
	RedirectURIs []string

	// RunAs is the username that the client credentials flow logs in. Defaults
	// to nobody, which closes the flow.
	RunAs string
}

// commandLineApp is the app of Salesforce's own command line, which every org
// knows.
var commandLineApp = App{ID: "PlatformCLI"}

// apps are the clients that the options name.
func (opt *Options) apps() []*App {
	list := []*App{
		{ID: opt.ClientID, Secret: opt.ClientSecret, Certificates: opt.JWTCertificates, RunAs: opt.Username},
		&commandLineApp,
	}
	for _, app := range opt.Apps {
		list = append(list, &app)
	}
	return list
}

// app finds a client by its consumer key, nil for none.
func (o *Org) app(id string) *App {
	if i := slices.IndexFunc(o.apps, func(a *App) bool { return a.ID == id }); i >= 0 {
		return o.apps[i]
	}
	return nil
}
