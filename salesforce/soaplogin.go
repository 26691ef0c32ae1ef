package salesforce

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// SOAPLogin logs in with username, password and security token, by the
// operation login() of the SOAP API.
//
// Its days are counted: Salesforce ends login() with the Summer '27 release in
// June 2027, and new orgs have it off already. A login then fails with
// [ErrSOAPLoginUnavailable]. Use [ClientCredentials] or [JWT] wherever the org
// can be set up for it.
//
// See "login()" in the SOAP API Developer Guide.
type SOAPLogin struct {
	Username string
	Password string
	// SecurityToken is appended to the password. Leave it empty for a user who
	// logs in from a trusted network.
	SecurityToken string
	// Version is the version of the SOAP API, which is not that of the REST API:
	// login() does not exist above 64.0. Defaults to "64.0".
	Version string
}

const lastSOAPLogin = "64.0"

// soapWayOut is what to do about a login() that is not to be had, or not for
// long.
const soapWayOut = "Set up an External Client App with a run-as user and log in with ClientCredentials, or with a certificate and log in with JWT"

// soapAdvice ends the errors about a login() that is not to be had.
const soapAdvice = "SOAP login() is off in this org or retired for this version, and ends everywhere in June 2027. " + soapWayOut

// String tells the user, never the password.
func (a SOAPLogin) String() string { return fmt.Sprintf("SOAPLogin(%s)", a.Username) }

// GoString is String, so that %#v tells no password either.
func (a SOAPLogin) GoString() string { return a.String() }

// LogValue is String, for the handlers of package slog that encode JSON.
func (a SOAPLogin) LogValue() slog.Value { return slog.StringValue(a.String()) }

func (a SOAPLogin) version() string { return firstOf(a.Version, lastSOAPLogin) }

func (a SOAPLogin) validate(*url.URL) error {
	faults := []error{missing("SOAPLogin.Username", a.Username), missing("SOAPLogin.Password", a.Password)}
	if v := a.version(); !versionForm.MatchString(v) {
		faults = append(faults, fmt.Errorf("salesforce: SOAPLogin.Version %q: want the form %s", clip(v, 40), lastSOAPLogin))
	} else if n, _ := strconv.Atoi(strings.TrimSuffix(v, ".0")); n > 64 {
		faults = append(faults, fmt.Errorf("salesforce: SOAPLogin.Version %s: login() does not exist above %s", v, lastSOAPLogin))
	}
	return errors.Join(faults...)
}

func (a SOAPLogin) login(ctx context.Context, l login) (grant, error) {
	const op = "log in with SOAP login()"
	ans, err := l.http.do(newAttempt(ctx, &call{
		op:         op,
		method:     http.MethodPost,
		path:       soapPath + a.version(),
		header:     soapAction("login"),
		envelope:   a.envelope(l.http.appName),
		idempotent: true,
		login:      true,
	}), l.host, "")
	if err != nil {
		return grant{}, soapFault(err)
	}
	defer drain(ans)

	var response struct {
		Result struct {
			ServerURL       string `xml:"serverUrl"`
			SessionID       string `xml:"sessionId"`
			UserID          string `xml:"userId"`
			PasswordExpired bool   `xml:"passwordExpired"`
			OrgID           string `xml:"userInfo>organizationId"`
			MaxAttachment   int64  `xml:"userInfo>orgAttachmentFileSizeLimit"`
		} `xml:"Body>loginResponse>result"`
	}
	if err := xml.NewDecoder(io.LimitReader(ans, 1<<20)).Decode(&response); err != nil {
		return grant{}, fault(op, nil, "the answer is no SOAP login response")
	}
	r := response.Result
	if r.PasswordExpired {
		e := fault(op, ErrPasswordExpired, "the password of %s has expired: choose a new one in Salesforce", a.Username)
		e.classes = append(e.classes, ErrAuth)
		return grant{}, e
	}
	g, err := newGrant(op, r.SessionID, r.ServerURL, r.OrgID, r.UserID, l.host)
	g.session.MaxAttachment = r.MaxAttachment
	return g, err
}

// envelope is the request. Whatever the credentials hold stays text.
func (a SOAPLogin) envelope(client string) soapEnvelope {
	return soapEnvelope{client: client, body: `<u:login><u:username>` + xmlText(a.Username) +
		`</u:username><u:password>` + xmlText(a.Password+a.SecurityToken) + `</u:password></u:login>`}
}

// soapFault makes the end of login() an error of its own. At login,
// INVALID_OPERATION has no other meaning.
func soapFault(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	if e.Code == "INVALID_OPERATION" || e.Code == "UNSUPPORTED_API_VERSION" ||
		strings.Contains(e.Message, "No operation available") {
		e.Message = strings.TrimSuffix(e.Message, ".") + ". " + soapAdvice
		e.classes = append(e.classes, ErrSOAPLoginUnavailable)
	}
	return e
}

// bytesPayload is a body that is in memory anyway.
func bytesPayload(contentType string, data []byte) *payload {
	return &payload{
		contentType: contentType,
		size:        int64(len(data)),
		open:        func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
	}
}
