package salesforcetest

import (
	"crypto/sha256"
	"encoding/base32"
	"maps"
	"net/http"
	"strings"
	"time"
)

// device is an app without a browser that waits for its user's consent.
type device struct {
	*grant        // of nobody until somebody consents
	userCode      string
	issued, asked time.Time
	connected     bool
}

const (
	deviceLife     = 10 * time.Minute
	deviceInterval = 5 * time.Second
)

// beginDevice answers a request for a device code.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_device_flow.htm
func (req *tokenRequest) beginDevice(w http.ResponseWriter) {
	scopes, ok := parseScopes(req.r.Form.Get("scope"))
	e := req.client(secretOptional)
	if e == nil && !ok {
		e = errScope
	}
	if e != nil {
		writeOAuthError(w, e)
		return
	}
	code, userCode := req.newDevice(&grant{app: req.app, scopes: scopes})
	writeJSON(w, http.StatusOK, struct {
		DeviceCode      string `json:"device_code"`
		UserCode        string `json:"user_code"`
		VerificationURI string `json:"verification_uri"`
		Interval        int    `json:"interval"`
	}{code, userCode, instance(req.r) + "/setup/connect", int(deviceInterval.Seconds())})
}

// newDevice returns the code that the device polls with, and the one that its
// user types in.
func (req *tokenRequest) newDevice(g *grant) (code, userCode string) {
	a, now := &req.accounts, req.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.devices) >= maxKept {
		maps.DeleteFunc(a.devices, func(_ string, d *device) bool { return now.Sub(d.issued) > deviceLife })
	}
	code = a.secret(req.opt.OrgID, g.app.ID)
	sum := sha256.Sum256([]byte(code))
	userCode = base32.StdEncoding.EncodeToString(sum[:5])
	a.devices[code] = &device{grant: g, userCode: userCode, issued: now}
	return code, userCode
}

// device is the flow that asks whether the user has consented.
func (req *tokenRequest) device() (t tokens, e *apiError) {
	code, e := req.need("code")
	if e == nil {
		t.grant, e = req.poll(code)
	}
	if e != nil {
		return t, e
	}
	t.refresh = req.newRefreshToken(t.grant)
	return t, nil
}

// poll returns the user's consent once it is there. It is handed out once.
func (req *tokenRequest) poll(code string) (*grant, *apiError) {
	a, now := &req.accounts, req.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.devices[code]
	if d == nil || d.app != req.app || now.Sub(d.issued) > deviceLife {
		return nil, oauthError("invalid_request", "invalid device code")
	}
	hasty := now.Sub(d.asked) < deviceInterval
	d.asked = now
	switch {
	case d.connected:
		delete(a.devices, code)
		return d.grant, nil
	case hasty:
		return nil, oauthError("slow_down", "polling too frequently")
	}
	return nil, oauthError("authorization_pending", "end-user authorization is pending")
}

// serveConnect answers the page to which a device sends its user. With a code it
// consents at once, for the user whom login_hint names, else for the main user.
func (o *Org) serveConnect(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if e := parseOAuthForm(r); e != nil {
		writePage(w, http.StatusBadRequest, e.message)
		return
	}
	code := r.Form.Get("user_code")
	switch {
	case code == "":
		writePage(w, http.StatusOK, "Enter the code shown on your device as the parameter user_code of this address.")
	case o.connect(code, r.Form.Get("login_hint")):
		writePage(w, http.StatusOK, "You've successfully connected your device.")
	default:
		writePage(w, http.StatusBadRequest, "The code is invalid or has expired.")
	}
}

// connect lets a user consent, the main one unless another is named.
func (o *Org) connect(userCode, name string) bool {
	user := o.user(o.opt.Username)
	if name != "" {
		user = o.user(name)
	}
	now := o.Now()
	o.accounts.mu.Lock()
	defer o.accounts.mu.Unlock()
	for _, d := range o.accounts.devices {
		if user != nil && strings.EqualFold(d.userCode, userCode) && now.Sub(d.issued) <= deviceLife {
			d.user, d.connected = user.id(), true
			return true
		}
	}
	return false
}
