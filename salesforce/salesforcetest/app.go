package salesforcetest

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"slices"
)

// App is a client of the OAuth flows: a connected app, or an external client
// app.
type App struct {
	// ID and Secret are the consumer key and the consumer secret. An app
	// without a secret is public: it uses the flows that need none.
	ID, Secret string

	// Name is what people call the app. Defaults to ID.
	Name string

	// Limit is the number of data requests that the app may make in 24 hours; it
	// is told in Sforce-Limit-Info beside the org's. Defaults to none of its own.
	Limit int

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

// checkApps panics if two apps have the same id, or one has none.
func (opt *Options) checkApps() {
	ids := map[string]bool{"": true}
	for _, a := range opt.newApps() {
		if ids[a.ID] {
			panic(fmt.Sprintf("salesforcetest: Apps: the id %q is empty or that of two apps", a.ID))
		}
		ids[a.ID] = true
	}
}

// app is an App made ready for use.
type app struct {
	App
	usage usage
}

// newApps are the clients that the options name, and that of Salesforce's own
// command line, which every org knows.
func (opt *Options) newApps() []*app {
	list := []*app{
		{App: App{ID: opt.ClientID, Secret: opt.ClientSecret, Certificates: opt.JWTCertificates, RunAs: opt.Username}},
		{App: App{ID: "PlatformCLI"}},
	}
	for _, a := range opt.Apps {
		a.Name = cmp.Or(a.Name, a.ID)
		list = append(list, &app{App: a})
	}
	return list
}

// app finds a client by its consumer key, nil for none.
func (o *Org) app(id string) *app {
	if i := slices.IndexFunc(o.apps, func(a *app) bool { return a.ID == id }); i >= 0 {
		return o.apps[i]
	}
	return nil
}
