package salesforce

import (
	"encoding/xml"
	"strings"
)

// soapPath is where the partner API is, before its version.
const soapPath = "/services/Soap/u/"

// soapAction is the header without which the SOAP API takes no message.
func soapAction(operation string) map[string]string {
	return map[string]string{"SOAPAction": `"` + operation + `"`}
}

// soapEnvelope is a message of the SOAP API, which carries the session where the
// other APIs have a header of HTTP. Its parts are XML, in which u stands for the
// namespace of the API.
type soapEnvelope struct {
	client string // the app's name, a text
	header string
	body   string
}

// with is the message for a session, "" for none.
func (e soapEnvelope) with(token string) []byte {
	header := e.header
	if e.client != "" {
		header += `<u:CallOptions><u:client>` + xmlText(e.client) + `</u:client></u:CallOptions>`
	}
	if token != "" {
		header += `<u:SessionHeader><u:sessionId>` + xmlText(token) + `</u:sessionId></u:SessionHeader>`
	}
	if header != "" {
		header = `<se:Header>` + header + `</se:Header>`
	}
	return []byte(`<se:Envelope xmlns:se="http://schemas.xmlsoap.org/soap/envelope/" xmlns:u="urn:partner.soap.sforce.com">` +
		header + `<se:Body>` + e.body + `</se:Body></se:Envelope>`)
}

// xmlText escapes a text so that it stays one.
func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
