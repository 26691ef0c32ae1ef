package salesforce

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// The addresses where a login starts.
const (
	// Production is the login host of production and Developer Edition orgs.
	Production = "https://login.salesforce.com"
	// Sandbox is the login host of sandboxes.
	Sandbox = "https://test.salesforce.com"
)

// DefaultVersion is the version of the REST API that a client speaks unless
// its Config says otherwise: Spring '26.
const DefaultVersion = "66.0"

// sdkVersion goes into the User-Agent.
const sdkVersion = "0.1.0"

// MyDomain returns the login host of an org's My Domain, such as "acme" or,
// for a sandbox, "acme--test.sandbox".
func MyDomain(name string) string {
	return "https://" + name + ".my.salesforce.com"
}

// Config is what a [Client] needs. Only Auth is required.
type Config struct {
	// LoginURL is the host where the login starts: Production, Sandbox,
	// MyDomain(name), or the address of a test server. Plain http is accepted
	// for loopback hosts only. Defaults to Production.
	LoginURL string

	// Auth is how the client logs in, such as [ClientCredentials]. See [Auth].
	Auth Auth

	// OrgID is the Salesforce Company ID (organization id, 15 or 18 characters)
	// that the login must lead to. A login into another org fails with
	// ErrOrgMismatch before anything is read or written. Defaults to "", any org.
	OrgID string

	// Version is the version of the REST API, such as "66.0". Defaults to
	// DefaultVersion.
	Version string

	// HTTPClient lends its Transport, with the proxies, certificates and
	// instrumentation of the host. Its other fields are not used: the client
	// brings its own timeouts, follows no redirect and keeps no cookie. Defaults
	// to a transport that all clients of the process share.
	HTTPClient *http.Client

	// AppName names the host application to Salesforce, as "acme-sync/2.1". It
	// holds letters, digits and ._/- only. Defaults to "".
	AppName string

	// DefaultNamespace is the namespace of a package whose names requests then
	// need no prefix for. Defaults to "", none.
	DefaultNamespace string

	// PackageVersions are the versions of managed packages that the requests are
	// meant for, such as "1.20" under the package's namespace: a package may keep
	// what it did in an earlier one. Defaults to those that the org has set.
	PackageVersions map[string]string

	// Retry says how failed requests are repeated.
	Retry Retry

	// Pace bounds how many requests are sent. Defaults to no bounds.
	Pace Pace

	// DailyShare is the share of the org's API requests of 24 hours at which the
	// client stops: 0.8 leaves a fifth to others. Calls then fail with
	// ErrDailyShare and are not sent, except for one every 5 minutes, which finds
	// out whether there is room again. Where the app has a limit of its own, the
	// share is of that too. Defaults to 0, no guard.
	DailyShare float64

	// MaxAnswer is how many bytes an answer may have that is decoded as a whole,
	// such as a describe; a longer one is ErrTooLarge. The results of queries and
	// downloads are streams, which have no such bound, though each record of a
	// query has, its child lists included. Defaults to 64 MiB.
	MaxAnswer int64

	// LoginTimeout bounds one login, retries included. A login goes on when the
	// caller that began it gives up, since others may wait for it too. Defaults
	// to 2 minutes.
	LoginTimeout time.Duration

	// LoginHold is how long a refused login is remembered: calls in that time
	// fail with the same error and do not ask again, so that a wrong password
	// does not lock the user out. Defaults to 1 minute.
	LoginHold time.Duration

	// Logger receives one record per request at level Debug and one per retry at
	// level Info. They hold no token, no query and no record. Defaults to none.
	Logger *slog.Logger

	// Observe is told of each request once it has ended. It is called by the
	// goroutine of the call, and by several at once, so it must be quick and safe
	// for concurrent use. Defaults to nobody being told.
	Observe func(Event)

	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Retry bounds the repetition of requests that failed for a passing reason. A
// write that may have been carried out is repeated only when doing it twice is
// the same as doing it once: never a create or an upload.
type Retry struct {
	// Max is how often a request is repeated; a negative number means never.
	// Defaults to 4.
	Max int
	// Share is how many repetitions there may be for each request in the long
	// run, over all calls of the client: 0.25 is one for four. A reserve of 20
	// serves short troubles. When it is spent, failures are not repeated until
	// requests have earned it back. A negative number means any. Defaults to
	// 0.25.
	Share float64
	// MinWait is the pause before the first repetition; it doubles with each
	// one, up to MaxWait. A random part of up to a half is taken off. Defaults
	// to 500 milliseconds.
	MinWait time.Duration
	// MaxWait is the longest pause. An answer that asks for a longer one with
	// Retry-After is not waited for: the error carries it. Must not be below
	// MinWait. Defaults to 30 seconds.
	MaxWait time.Duration
}

var (
	versionForm   = regexp.MustCompile(`^[1-9][0-9]{1,2}\.0$`)
	namespaceForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,14}$`)
	packageForm   = regexp.MustCompile(`^[0-9]{1,5}\.[0-9]{1,5}$`)
	appNameForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$`)
)

// withDefaults returns the configuration with every default filled in.
func (cfg Config) withDefaults() Config {
	setDefault(&cfg.LoginURL, Production)
	setDefault(&cfg.Version, DefaultVersion)
	setDefault(&cfg.LoginTimeout, 2*time.Minute)
	setDefault(&cfg.LoginHold, time.Minute)
	setDefault(&cfg.Retry.Max, 4)
	setDefault(&cfg.Retry.Share, 0.25)
	setDefault(&cfg.MaxAnswer, 64<<20)
	setDefault(&cfg.Retry.MinWait, 500*time.Millisecond)
	setDefault(&cfg.Retry.MaxWait, max(30*time.Second, cfg.Retry.MinWait))
	if cfg.Retry.Max < 0 {
		cfg.Retry.Max = 0
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return cfg
}

// base is the path of the REST resources.
func (cfg Config) base() string { return "/services/data/v" + cfg.Version }

// headers are those that every request carries for the configuration.
func (cfg Config) headers() map[string]string {
	h := map[string]string{}
	if options := cfg.callOptions(); options != "" {
		h["Sforce-Call-Options"] = options
	}
	for namespace, version := range cfg.PackageVersions {
		h["X-Sfdc-Packageversion-"+namespace] = version
	}
	return h
}

// callOptions is the header of that name, "" for none.
func (cfg Config) callOptions() string {
	var options []string
	if cfg.AppName != "" {
		options = append(options, "client="+cfg.AppName)
	}
	if cfg.DefaultNamespace != "" {
		options = append(options, "defaultNamespace="+cfg.DefaultNamespace)
	}
	return strings.Join(options, "; ")
}

func setDefault[T comparable](field *T, value T) {
	if *field == *new(T) {
		*field = value
	}
}

// validateAuth reports what is wrong with the way to log in.
func (cfg Config) validateAuth() error {
	if cfg.Auth == nil {
		return errors.New("salesforce: Auth is missing")
	}
	host, _ := parseLogin(cfg.LoginURL) // nil when it is faulty, which validate tells
	return cfg.Auth.validate(host)
}

// validate reports every other fault of a configuration whose defaults are
// filled in.
func (cfg Config) validate() error {
	_, err := parseLogin(cfg.LoginURL)
	faults := []error{err}
	wrong := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("salesforce: "+format, args...))
	}
	if id, err := exactID(cfg.OrgID); cfg.OrgID != "" && (err != nil || id.Prefix() != "00D") {
		wrong("OrgID %q is no organization id: want 15 or 18 characters that begin with 00D", clip(cfg.OrgID, 40))
	}
	if !versionForm.MatchString(cfg.Version) {
		wrong("Version %q: want the form %s", clip(cfg.Version, 40), DefaultVersion)
	}
	if cfg.AppName != "" && !appNameForm.MatchString(cfg.AppName) {
		wrong("AppName %q: want up to 64 letters, digits and ._/-", clip(cfg.AppName, 80))
	}
	if cfg.DefaultNamespace != "" && !namespaceForm.MatchString(cfg.DefaultNamespace) {
		wrong("DefaultNamespace %q is no namespace", clip(cfg.DefaultNamespace, 40))
	}
	for namespace, version := range cfg.PackageVersions {
		if !namespaceForm.MatchString(namespace) || !packageForm.MatchString(version) {
			wrong("PackageVersions %q: %q: want a namespace and a version of the form 1.20", clip(namespace, 40), clip(version, 40))
		}
	}
	faults = append(faults, cfg.Pace.validate())
	if !(cfg.DailyShare >= 0 && cfg.DailyShare <= 1) {
		wrong("DailyShare %v is not in 0 to 1", cfg.DailyShare)
	}
	if cfg.MaxAnswer < 0 {
		wrong("MaxAnswer %d is negative", cfg.MaxAnswer)
	}
	if cfg.Retry.MinWait < 0 {
		wrong("Retry.MinWait %v is negative", cfg.Retry.MinWait)
	}
	if cfg.Retry.MaxWait < cfg.Retry.MinWait {
		wrong("Retry.MaxWait %v is below Retry.MinWait %v", cfg.Retry.MaxWait, cfg.Retry.MinWait)
	}
	if cfg.LoginTimeout < 0 {
		wrong("LoginTimeout %v is negative", cfg.LoginTimeout)
	}
	if cfg.LoginHold < 0 {
		wrong("LoginHold %v is negative", cfg.LoginHold)
	}
	return errors.Join(faults...)
}

// parseLogin reads the address of a login host: scheme and host, nothing else.
func parseLogin(address string) (*url.URL, error) {
	const op = "LoginURL"
	u, ok := parseHost(address)
	if !ok {
		return nil, fault(op, nil, "it has not the form https://host") // it may hold a password, so it is not told
	}
	if strings.TrimSuffix(address, "/") != u.String() {
		return nil, fault(op, nil, "it has more than a host: want %s", u)
	}
	if u.Scheme == "http" && !isLoopback(u) {
		return nil, fault(op, ErrInsecureURL, "%s is not https", u)
	}
	return u, nil
}

// parseInstance takes the instance's host out of a login's answer. A plain
// http one must be on this machine, as the login host then is too.
func parseInstance(op, address string, login *url.URL) (*url.URL, error) {
	u, ok := parseHost(address)
	if !ok {
		return nil, fault(op, ErrInsecureURL, "the answer names no instance of the form https://host")
	}
	if u.Scheme == "http" && !(isLoopback(u) && isLoopback(login)) {
		return nil, fault(op, ErrInsecureURL, "the login leads to %s, which is not https", u)
	}
	return u, nil
}

// parseHost reduces an address to its scheme and host.
func parseHost(address string) (u *url.URL, ok bool) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, false
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, true
}

func isLoopback(u *url.URL) bool {
	host := u.Hostname()
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
