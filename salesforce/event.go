package salesforce

import (
	"net/http"
	"time"
)

// Event is what a host may observe of a request, for its metrics and traces. It
// holds no address, no token, no query and no record; Op may hold the id of a
// record and the names of an object and a field.
type Event struct {
	// Op is what was asked, such as "create Lead", and Method the HTTP method.
	Op     string
	Method string
	// Login is true for a request that asks for a session.
	Login bool
	// Try counts the requests of a call, from 1; it begins anew when the call is
	// sent again after a login.
	Try int
	// Again is true when the request will be repeated.
	Again bool
	// Status is the HTTP status of the answer, 0 when there was none, and Code
	// the fault that it names.
	Status int
	Code   Code
	// Sent and Received are the sizes of the bodies in bytes, as far as they
	// went; Received is that of what was read, decompressed.
	Sent, Received int64
	// Took is the time until the answer began, Total until it was read or given
	// up. Both include the wait for the request's turn.
	Took, Total time.Duration
	// Usage is the API usage that the answer told, zero when it told none.
	Usage Usage
}

// eventOf begins the event of a try whose answer, if any, has begun.
func (t *transport) eventOf(a *attempt, resp *http.Response) Event {
	took := t.now().Sub(a.started)
	e := Event{
		Op: a.op, Method: a.method, Login: a.login, Try: a.tries, Took: took, Total: took, Sent: a.try.sentBytes.Load(),
	}
	if resp != nil {
		e.Status = resp.StatusCode
		e.Usage, _ = parseUsage(resp.Header.Get("Sforce-Limit-Info"))
	}
	if a.refusal != nil {
		e.Code = a.refusal.Code
	}
	return e
}
