package salesforcetest

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// isSOAP reports whether a request goes to a SOAP endpoint.
func isSOAP(r *http.Request) bool { return strings.Contains(r.URL.Path, "/services/Soap/") }

// envelope is what is read of a SOAP request.
type envelope struct {
	Login *struct {
		Username string `xml:"username"`
		Password string `xml:"password"`
	} `xml:"Body>login"`
}

// lastSOAPLogin is the newest API version that has login().
const lastSOAPLogin = 64

// serveSOAP answers the partner API, as far as login().
func (o *Org) serveSOAP(w http.ResponseWriter, r *http.Request, version string) {
	n, ok := parseVersion(version)
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	var in envelope
	switch {
	case !ok || n < oldestVersion || n > newestVersion:
		writeFault(w, refusal("UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL"))
	case r.Header["Soapaction"] == nil:
		writeFault(w, refusal("", "SOAPAction HTTP header missing"))
	case err != nil || xml.Unmarshal(body, &in) != nil:
		writeFault(w, refusal("", "The SOAP message could not be parsed"))
	case in.Login == nil || n > lastSOAPLogin:
		writeFault(w, refusal("", "No operation available for request {urn:partner.soap.sforce.com}%s, please check the WSDL for the service.",
			operation(body)))
	case o.opt.SOAPLoginOff:
		writeFault(w, refusal("INVALID_OPERATION", "SOAP API login() is disabled by default in this org."))
	default:
		o.soapLogin(w, r, version, in.Login.Username, in.Login.Password)
	}
}

// operation is the name of the first element of a SOAP body.
func operation(message []byte) string {
	d := xml.NewDecoder(bytes.NewReader(message))
	inBody := false
	for {
		token, err := d.Token()
		if err != nil {
			return ""
		}
		if start, ok := token.(xml.StartElement); ok {
			if inBody {
				return start.Name.Local
			}
			inBody = start.Name.Local == "Body"
		}
	}
}

const (
	badLogin = "Invalid username, password, security token; or user locked out."
	newPlace = badLogin + " Are you at a new location? When accessing Salesforce--either via a desktop client or the API--from " +
		"outside of your company's trusted networks, you must add a security token to your password to log in. To get your " +
		"new security token, log in to Salesforce. From your personal settings, enter Reset My Security Token in the Quick " +
		"Find box, then select Reset My Security Token."
)

// soapLogin answers login() once the message is understood.
func (o *Org) soapLogin(w http.ResponseWriter, r *http.Request, version, username, password string) {
	user, l, exact := o.checkPassword(username, password)
	switch {
	case user == nil:
		writeFault(w, refusal("INVALID_LOGIN", badLogin))
		return
	case !exact:
		writeFault(w, refusal("LOGIN_MUST_USE_SECURITY_TOKEN", newPlace))
		return
	}
	token := o.newSession(&grant{user: user.id(), expired: l.expired})
	o.writeLogin(w, instance(r), version, token, user, l.expired)
}

// loginResponse is the answer to login(), in the order of the WSDL.
type loginResponse struct {
	XMLName           xml.Name `xml:"urn:partner.soap.sforce.com loginResponse"`
	MetadataServerURL string   `xml:"result>metadataServerUrl"`
	PasswordExpired   bool     `xml:"result>passwordExpired"`
	Sandbox           bool     `xml:"result>sandbox"`
	ServerURL         string   `xml:"result>serverUrl"`
	SessionID         string   `xml:"result>sessionId"`
	UserID            string   `xml:"result>userId"`
	UserInfo          userInfo `xml:"result>userInfo"`
}

type userInfo struct {
	AccessibilityMode          bool   `xml:"accessibilityMode"`
	CurrencySymbol             string `xml:"currencySymbol"`
	OrgAttachmentFileSizeLimit int    `xml:"orgAttachmentFileSizeLimit"`
	OrganizationID             string `xml:"organizationId"`
	OrganizationName           string `xml:"organizationName"`
	ProfileID                  string `xml:"profileId"`
	SessionSecondsValid        int    `xml:"sessionSecondsValid"`
	UserEmail                  string `xml:"userEmail"`
	UserFullName               string `xml:"userFullName"`
	UserID                     string `xml:"userId"`
	UserLanguage               string `xml:"userLanguage"`
	UserLocale                 string `xml:"userLocale"`
	UserName                   string `xml:"userName"`
	UserTimeZone               string `xml:"userTimeZone"`
	UserType                   string `xml:"userType"`
}

// writeLogin answers a login that succeeded. The host of its addresses is where
// the client goes on.
func (o *Org) writeLogin(w http.ResponseWriter, host, version, token string, user *record, expired bool) {
	endpoint := func(api string) string {
		return fmt.Sprintf("%s/services/Soap/%s/%s/%s", host, api, version, o.opt.OrgID[:15])
	}
	o.mu.RLock()
	org := o.object("Organization").find(o.opt.OrgID, nil)
	o.mu.RUnlock()
	writeSOAP(w, http.StatusOK, loginResponse{
		MetadataServerURL: endpoint("m"),
		PasswordExpired:   expired,
		ServerURL:         endpoint("u"),
		SessionID:         token,
		UserID:            user.id(),
		UserInfo: userInfo{
			CurrencySymbol:             "$",
			OrgAttachmentFileSizeLimit: maxAttachment,
			OrganizationID:             o.opt.OrgID,
			OrganizationName:           org.text("Name"),
			ProfileID:                  user.text("ProfileId"),
			SessionSecondsValid:        int(o.opt.SessionLife.Seconds()),
			UserEmail:                  user.text("Email"),
			UserFullName:               user.text("Name"),
			UserID:                     user.id(),
			UserLanguage:               user.text("LanguageLocaleKey"),
			UserLocale:                 user.text("LocaleSidKey"),
			UserName:                   user.text("Username"),
			UserTimeZone:               user.text("TimeZoneSidKey"),
			UserType:                   "Standard",
		},
	})
}

// soapFault is an error of the partner API.
type soapFault struct {
	XMLName xml.Name `xml:"soapenv:Fault"`
	Code    string   `xml:"faultcode"`
	String  string   `xml:"faultstring"`
	Detail  *detail  `xml:"detail"`
}

type detail struct {
	Fault struct {
		Type    string `xml:"xsi:type,attr"`
		Code    string `xml:"sf:exceptionCode"`
		Message string `xml:"sf:exceptionMessage"`
	} `xml:"sf:LoginFault"`
}

// writeFault writes an error; one without code is of the SOAP layer itself.
func writeFault(w http.ResponseWriter, e *apiError) {
	status := e.status
	if status == http.StatusBadRequest {
		status = http.StatusInternalServerError
	}
	f := soapFault{Code: "soapenv:Client", String: e.message}
	if e.code != "" {
		f.Code, f.String, f.Detail = "sf:"+e.code, e.code+": "+e.message, &detail{}
		f.Detail.Fault.Type = "sf:LoginFault"
		f.Detail.Fault.Code, f.Detail.Fault.Message = e.code, e.message
	}
	writeSOAP(w, status, f)
}

// writeSOAP puts a body into its envelope.
func writeSOAP(w http.ResponseWriter, status int, body any) {
	data, err := xml.Marshal(body)
	must(err)
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"`+
		` xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`+
		`<soapenv:Body>%s</soapenv:Body></soapenv:Envelope>`, data)
}
