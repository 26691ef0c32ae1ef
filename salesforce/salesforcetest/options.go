package salesforcetest

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"net/http"
	"strings"
	"time"
	_ "time/tzdata" // users have time zones, also where the machine has no zone files
)

// Options says who may log in to an [Org] and how it behaves. The zero value of
// each field takes its default.
type Options struct {
	// Username is the login name of the main user. Defaults to
	// "user@example.com".
	Username string

	// Password is the main user's password. Defaults to "secret".
	Password string

	// SecurityToken is what SOAP login() expects behind the password. Defaults
	// to "TOKEN".
	SecurityToken string

	// ClientID and ClientSecret are the app that clients log in with. Its client
	// credentials flow runs as the main user. Default to "cid" and "csecret".
	ClientID, ClientSecret string

	// JWTCertificates are that app's certificates: their keys sign what the JWT
	// bearer flow accepts, for every active user. Default to none.
	JWTCertificates []*x509.Certificate

	// Apps are further apps. That of Salesforce's command line, PlatformCLI, is
	// always there. Defaults to none.
	Apps []App

	// PasswordFlowOff makes the OAuth flow with username and password answer as
	// an org does in which it is blocked. Defaults to the flow being allowed.
	PasswordFlowOff bool

	// RotateRefreshTokens makes every use of a refresh token answer with a new
	// one; using the old one again revokes both and their sessions. Defaults to
	// refresh tokens that last until they are revoked.
	RotateRefreshTokens bool

	// SessionLife is how long a session lasts without being used. Defaults to 2
	// hours.
	SessionLife time.Duration

	// OrgID is the id of the organization, 15 or 18 characters beginning with
	// 00D. Defaults to "00Dxx0000001gPLEAY". Give each of several orgs its own.
	OrgID string

	// TimeZone is the main user's zone, in which date literals such as TODAY
	// are counted: an IANA name. Defaults to "GMT".
	TimeZone string

	// Schema is added to the standard objects; see [Org.Extend]. Defaults to
	// nothing.
	Schema Schema

	// APILimit is the number of data requests allowed in 24 hours. Defaults to
	// 15000.
	APILimit int

	// ConcurrentLimit is the number of requests that may be served at once;
	// beyond it requests for data are refused. Salesforce counts only those
	// that have run for 20 seconds, the org all. Defaults to no limit.
	ConcurrentLimit int

	// BatchSize is the number of records of a query page when the request asks
	// for none. Defaults to 2000.
	BatchSize int

	// ApexREST answers requests below /services/apexrest, which it sees without
	// that beginning, in the place of Apex classes. Sessions have been checked
	// then. Defaults to nothing being there.
	ApexREST http.Handler

	// BulkPolls is how often a client that asks for a bulk job finds it
	// InProgress. A job is carried out when it is asked for once more, within
	// that request, so that its states can be told beforehand; until then it can
	// be aborted. Defaults to 0: the first look at a job that is UploadComplete
	// carries it out.
	BulkPolls int

	// SOAPLoginOff makes SOAP login() answer as an org does in which it is
	// disabled. Defaults to login() being allowed.
	SOAPLoginOff bool

	// PersonAccounts adds accounts that are people: those with a LastName or of
	// the record type PersonAccount. They have the fields of a contact too
	// (PersonEmail, Size__pc for Size__c), a name that is made of its parts, and a
	// contact that is kept in step. Defaults to accounts that are businesses.
	PersonAccounts bool

	// PrivateRecords lets users see and change only records that they own, and
	// what is part of those; see [Org.Insert] for users of a test's own. Users
	// whose profile has PermissionsViewAllData see everything; the System
	// Administrator may change everything too. Defaults to one room for all.
	PrivateRecords bool

	// ChildrenKeepStamps leaves the SystemModstamp of children alone when their
	// parent is deleted, undeleted or merged, which Salesforce does not promise
	// to move. Defaults to moving it.
	ChildrenKeepStamps bool

	// Latency is waited before each request is served. Defaults to none.
	Latency time.Duration

	// HashOnlyAbove is the size in bytes above which the content of a multipart
	// upload is dropped once its size and checksum are taken, so that files of
	// gigabytes cost no memory. Such a file cannot be downloaded. Defaults to
	// keeping everything.
	HashOnlyAbove int64

	// Now is the org's clock; see also [Org.SetNow]. Defaults to [time.Now].
	Now func() time.Time
}

// Credentials are what a client needs to reach an [Org].
type Credentials struct {
	Username      string `json:"username"`
	Password      string `json:"password"`
	SecurityToken string `json:"security_token"`
	ClientID      string `json:"client_id"`
	ClientSecret  string `json:"client_secret"`

	// AccessToken is a session of the main user that works at once.
	AccessToken string `json:"access_token"`

	// OrgID and UserID are 18-character ids.
	OrgID  string `json:"org_id"`
	UserID string `json:"user_id"`
}

// withDefaults fills in what is zero. It panics on what makes no sense.
func (opt *Options) withDefaults() Options {
	var o Options
	if opt != nil {
		o = *opt
	}
	o.Username = cmp.Or(o.Username, "user@example.com")
	o.Password = cmp.Or(o.Password, "secret")
	o.SecurityToken = cmp.Or(o.SecurityToken, "TOKEN")
	o.ClientID = cmp.Or(o.ClientID, "cid")
	o.ClientSecret = cmp.Or(o.ClientSecret, "csecret")
	o.OrgID = cmp.Or(o.OrgID, "00Dxx0000001gPL")
	o.TimeZone = cmp.Or(o.TimeZone, "GMT")
	o.APILimit = cmp.Or(o.APILimit, 15000)
	o.BatchSize = cmp.Or(o.BatchSize, 2000)
	o.SessionLife = cmp.Or(o.SessionLife, 2*time.Hour)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.APILimit < 1 || o.BatchSize < 1 {
		panic(fmt.Sprintf("salesforcetest: APILimit %d and BatchSize %d must be above 0", o.APILimit, o.BatchSize))
	}
	o.checkApps()
	id, ok := longID(o.OrgID)
	if !ok || !strings.HasPrefix(id, "00D") {
		panic(fmt.Sprintf("salesforcetest: OrgID %q is no organization id", o.OrgID))
	}
	o.OrgID = id
	if _, err := time.LoadLocation(o.TimeZone); err != nil {
		panic(fmt.Sprintf("salesforcetest: TimeZone: %v", err))
	}
	return o
}
