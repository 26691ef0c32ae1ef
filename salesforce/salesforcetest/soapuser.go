package salesforcetest

import (
	"fmt"
	"net/http"
	"strconv"
)

const (
	badLogin = "Invalid username, password, security token; or user locked out."
	newPlace = badLogin + " Are you at a new location? When accessing Salesforce--either via a desktop client or the API--from " +
		"outside of your company's trusted networks, you must add a security token to your password to log in. To get your " +
		"new security token, log in to Salesforce. From your personal settings, enter Reset My Security Token in the Quick " +
		"Find box, then select Reset My Security Token."
)

// errPasswordExpired is what a session gets that began with an expired password.
var errPasswordExpired = failure(http.StatusForbidden, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
	"The users password has expired, you must call SetPassword before attempting any other API operations")

// login begins a session.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_login.htm
func (s *soapCall) login() error {
	if s.org.opt.SOAPLoginOff {
		return refusal("INVALID_OPERATION", "SOAP API login() is disabled by default in this org.")
	}
	password := s.in.child("password")
	if password == nil {
		password = &element{}
	}
	user, l, exact := s.org.checkPassword(s.in.value("username"), string(password.text))
	switch {
	case user == nil:
		return refusal("INVALID_LOGIN", badLogin)
	case !exact:
		return refusal("LOGIN_MUST_USE_SECURITY_TOKEN", newPlace)
	}
	s.user = user.id()
	endpoint := func(api string) string {
		return fmt.Sprintf("%s/services/Soap/%s/%d.0/%s", instance(s.r), api, s.version, s.org.opt.OrgID[:15])
	}
	own := "u"
	if s.api.typed {
		own = "c"
	}
	s.out.open("result")
	s.out.leaf("metadataServerUrl", endpoint("m"))
	s.out.leaf("passwordExpired", strconv.FormatBool(l.expired))
	s.out.leaf("sandbox", "false")
	s.out.leaf("serverUrl", endpoint(own))
	s.out.leaf("sessionId", s.org.newSession(&grant{user: s.user, expired: l.expired}))
	s.out.leaf("userId", s.user)
	s.userInfo("userInfo")
	s.out.end("result")
	return nil
}

// logout ends the session.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_logout.htm
func (s *soapCall) logout() error {
	s.org.endSession(s.token)
	return nil
}

// invalidateSessions ends sessions.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_invalidatesessions.htm
func (s *soapCall) invalidateSessions() error {
	for _, token := range s.in.values("sessionIds") {
		ended := s.org.endSession(token)
		s.out.open("result")
		if !ended {
			s.out.errors(rowErrors(refusal("INVALID_SESSION_ID", "Invalid session id")))
		}
		s.out.leaf("success", strconv.FormatBool(ended))
		s.out.end("result")
	}
	return nil
}

// endSession reports whether there was a session.
func (o *Org) endSession(token string) bool {
	o.accounts.mu.Lock()
	defer o.accounts.mu.Unlock()
	s := o.accounts.sessions[token]
	delete(o.accounts.sessions, token)
	return s != nil && o.alive(s)
}

// getUserInfo tells who the session's user is.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_getuserinfo.htm
func (s *soapCall) getUserInfo() error {
	s.userInfo("result")
	return nil
}

// userInfo writes what login and getUserInfo tell of the user, in the order of
// the WSDL. Empty texts are no value.
func (s *soapCall) userInfo(name string) {
	defer s.reading()()
	user := s.org.object("User").find(s.user, nil)
	org := s.org.object("Organization").find(s.org.opt.OrgID, nil)
	s.out.open(name)
	for _, field := range [...]struct{ name, value string }{
		{"accessibilityMode", "false"},
		{"chatterExternal", "false"},
		{"currencySymbol", "$"},
		{"orgAttachmentFileSizeLimit", strconv.Itoa(maxAttachment)},
		{"orgDefaultCurrencyIsoCode", "USD"},
		{"orgDefaultCurrencyLocale", "en_US"},
		{"orgDisallowHtmlAttachments", "false"},
		{"orgHasPersonAccounts", strconv.FormatBool(s.org.opt.PersonAccounts)},
		{"organizationId", s.org.opt.OrgID},
		{"organizationMultiCurrency", "false"},
		{"organizationName", org.text("Name")},
		{"profileId", user.text("ProfileId")},
		{"roleId", ""},
		{"sessionSecondsValid", strconv.Itoa(int(s.org.opt.SessionLife.Seconds()))},
		{"userDefaultCurrencyIsoCode", ""},
		{"userEmail", user.text("Email")},
		{"userFullName", user.text("Name")},
		{"userId", s.user},
		{"userLanguage", user.text("LanguageLocaleKey")},
		{"userLocale", user.text("LocaleSidKey")},
		{"userName", user.text("Username")},
		{"userTimeZone", user.text("TimeZoneSidKey")},
		{"userType", "Standard"},
		{"userUiSkin", "Theme3"},
	} {
		if field.value == "" {
			s.out.null(field.name)
		} else {
			s.out.leaf(field.name, field.value)
		}
	}
	s.out.end(name)
}

// getServerTimestamp tells the time.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_getservertimestamp.htm
func (s *soapCall) getServerTimestamp() error {
	s.out.open("result")
	s.out.leaf("timestamp", s.org.Now().Format(soapDateTime))
	s.out.end("result")
	return nil
}

// setPassword gives a user a new password.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_setpassword.htm
func (s *soapCall) setPassword() error {
	password := s.in.value("password")
	if password == "" {
		return refusal("INVALID_NEW_PASSWORD", "Your password cannot be empty")
	}
	if err := s.newPassword(s.in.value("userId"), password, false); err != nil {
		return err
	}
	s.out.raw("<result/>")
	return nil
}

// resetPassword makes a password that the user must change first.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_resetpassword.htm
func (s *soapCall) resetPassword() error {
	password, err := s.randomPassword(s.in.value("userId"))
	if err != nil {
		return err
	}
	s.out.open("result")
	s.out.leaf("password", password)
	s.out.end("result")
	return nil
}

// randomPassword gives a user a password that must be changed first.
func (c *call) randomPassword(userID string) (string, error) {
	c.org.accounts.mu.Lock()
	password := c.org.accounts.secret(c.org.opt.OrgID, c.user)[:12]
	c.org.accounts.mu.Unlock()
	return password, c.newPassword(userID, password, true)
}

// newPassword sets a password. Sessions that began with an expired one are good
// from then on.
func (c *call) newPassword(userID, password string, expired bool) error {
	user := c.userByID(userID)
	if user == nil {
		return refusal("INVALID_ID_FIELD", "no such user: %s", userID)
	}
	a := &c.org.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	next := login{password: password, expired: expired}
	if l := a.logins[user.id()]; l != nil {
		next.token = l.token
	}
	a.logins[user.id()] = &next
	for token, old := range a.sessions {
		if old.user == user.id() && old.expired && !expired {
			good := *old.grant
			good.expired = false
			a.sessions[token] = &session{grant: &good, begun: old.begun, used: old.used}
		}
	}
	return nil
}
