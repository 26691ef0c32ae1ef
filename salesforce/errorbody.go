package salesforce

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// maxFaultBody is how much of a refusal's body is read.
const maxFaultBody = 64 << 10

// decodeError makes an error of an answer that is no success. Salesforce's
// services, and the proxies before them, put faults into a JSON array, a JSON
// object, a form, XML, a SOAP fault, an HTML page, plain text, or nothing at
// all; the body's first characters tell which, the content type often lies.
func decodeError(status int, body []byte) *Error {
	e := &Error{Status: status}
	if status >= 300 && status < 400 && status != http.StatusMultipleChoices {
		e.Message = "redirected, which is not followed"
		return e
	}
	if faults := decodeFaults(bytes.TrimSpace(body)); len(faults) > 0 {
		first := faults[0]
		e.Code, e.Message, e.Fields, e.More = first.Code, first.Message, first.Fields, faults[1:]
	}
	return e
}

func decodeFaults(body []byte) []Fault {
	switch {
	case len(body) == 0:
		return nil
	case body[0] == '[':
		return jsonFaults(body)
	case body[0] == '{':
		return objectFaults(body)
	case body[0] == '<':
		return markupFaults(body)
	case bytes.HasPrefix(body, []byte("error=")):
		return formFaults(string(body))
	default:
		return textFaults(string(body))
	}
}

// wireFault is a fault as JSON carries it. A save result calls its code
// statusCode, the token endpoint calls it error.
type wireFault struct {
	ErrorCode   string      `json:"errorCode"`
	StatusCode  string      `json:"statusCode"`
	Message     string      `json:"message"`
	Fields      []string    `json:"fields"`
	OAuthError  string      `json:"error"`
	Description string      `json:"error_description"`
	Errors      []wireFault `json:"errors"`
	Results     []wireFault `json:"results"` // of a tree, each with its errors
}

func (w wireFault) faults() []Fault {
	if len(w.Errors) > 0 {
		return wireFaults(w.Errors)
	}
	if len(w.Results) > 0 {
		return wireFaults(w.Results)
	}
	f := Fault{
		Code:    codeOf(w.ErrorCode, w.StatusCode, w.OAuthError),
		Message: cleanText(firstOf(w.Message, w.Description)),
		Fields:  w.Fields,
	}
	if f.Code == "" && f.Message == "" {
		return nil
	}
	return []Fault{f}
}

func wireFaults(list []wireFault) (faults []Fault) {
	for _, w := range list {
		faults = append(faults, w.faults()...)
	}
	return faults
}

// jsonFaults reads an array of faults, or of the addresses of the records that
// an external id matches.
func jsonFaults(body []byte) []Fault {
	var list []wireFault
	if json.Unmarshal(body, &list) == nil {
		return wireFaults(list)
	}
	var addresses []string
	if json.Unmarshal(body, &addresses) == nil {
		return []Fault{{Message: cleanText("several records match: " + strings.Join(addresses, ", "))}}
	}
	return textFaults(string(body))
}

func objectFaults(body []byte) []Fault {
	var w wireFault
	if json.Unmarshal(body, &w) != nil {
		return textFaults(string(body))
	}
	return w.faults()
}

func formFaults(body string) []Fault {
	form, err := url.ParseQuery(body)
	if err != nil {
		return textFaults(body)
	}
	return []Fault{{Code: codeOf(form.Get("error")), Message: cleanText(form.Get("error_description"))}}
}

// textFaults takes plain text as the message, or as the code when it is a
// single word such as Bad_OAuth_Token.
func textFaults(body string) []Fault {
	if _, ok := codes[Code(body)]; ok {
		return []Fault{{Code: Code(body)}}
	}
	return []Fault{{Message: cleanText(body)}}
}

var htmlTitle = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// markupFaults reads XML, SOAP faults among it; what is no such XML is taken
// as an HTML page, of which only the title is worth reading.
func markupFaults(body []byte) []Fault {
	if f, ok := xmlFault(body); ok {
		return []Fault{f}
	}
	message := "an HTML page instead of an answer"
	if m := htmlTitle.FindSubmatch(body); m != nil {
		message += ": " + string(m[1])
	}
	return []Fault{{Message: cleanText(message)}}
}

// xmlFault finds a code and a message by the names of their elements:
// errorCode and message in REST, exceptionCode and exceptionMessage in the
// detail of a SOAP fault, faultcode and faultstring where that is missing.
func xmlFault(body []byte) (Fault, bool) {
	texts := map[string]string{}
	dec := xml.NewDecoder(bytes.NewReader(body))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	name := ""
	for {
		token, err := dec.Token()
		if err != nil {
			break
		}
		switch token := token.(type) {
		case xml.StartElement:
			name = token.Name.Local
		case xml.CharData:
			if _, seen := texts[name]; !seen && name != "" {
				texts[name] = string(bytes.TrimSpace(token))
			}
		case xml.EndElement:
			name = ""
		}
	}
	_, code, found := strings.Cut(texts["faultcode"], ":")
	if !found {
		code = texts["faultcode"]
	}
	code = firstOf(texts["errorCode"], texts["exceptionCode"], code)
	message := firstOf(texts["message"], texts["exceptionMessage"], strings.TrimPrefix(texts["faultstring"], code+": "))
	return Fault{Code: codeOf(code), Message: cleanText(message)}, code != ""
}

// cleanText makes text from outside fit for one line of a message.
func cleanText(s string) string {
	return clip(strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " "), 1000)
}

// codeOf is the first text that is not empty as a code, which is a word.
func codeOf(texts ...string) Code { return Code(clip(cleanText(firstOf(texts...)), 80)) }

// firstOf returns the first text that is not empty.
func firstOf(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
