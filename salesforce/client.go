package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Client talks to one org on behalf of one user. It is safe for concurrent
// use. It logs in with the first call that needs it, and again when the org
// ends the session.
type Client struct {
	http    *transport
	session *session
	base    string // path of the REST resources, such as /services/data/v66.0

	described cache[*SObject]         // by object
	objects   cache[[]SObjectSummary] // the global describe
}

// New returns a client. It makes no call yet; [Client.Session] does, to find
// out early whether the login works. The error joins every fault of cfg.
func New(cfg Config) (*Client, error) { return newClient(cfg, newLane(cfg.Pace)) }

func newClient(cfg Config, l *lane) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := errors.Join(cfg.validateAuth(), cfg.validate()); err != nil {
		return nil, err
	}
	host, err := parseLogin(cfg.LoginURL)
	if err != nil {
		return nil, err
	}
	t := newTransport(cfg, l)
	return &Client{
		http:    t,
		session: newSession(cfg, t, host, l.tally),
		base:    cfg.base(),
	}, nil
}

// Session returns who is logged in where, and logs in when nobody is. The
// error matches [ErrAuth] for wrong credentials, [ErrPasswordExpired],
// [ErrSOAPLoginUnavailable], [ErrOrgMismatch] or [ErrUnavailable].
func (c *Client) Session(ctx context.Context) (Session, error) {
	g, err := c.session.grant(ctx, "")
	return g.session, err
}

// maxLogins is how often a call may log in again: once, and once more for a
// token that was kept since who knows when, in a store or by another process.
const maxLogins = 2

// send carries a call out and returns the answer of a success, which the caller
// closes. When the org refuses the session it logs in again and sends the call
// to wherever the instance is then.
func (c *Client) send(ctx context.Context, request *call) (*answer, error) {
	g, err := c.session.grant(ctx, "")
	if err != nil {
		return nil, err
	}
	a := newAttempt(ctx, request)
	for logins := 0; ; logins++ {
		ans, err := c.http.do(a, g.instance, g.token)
		if ans != nil {
			ans.user = g.session.UserID
		}
		if !sessionEnded(err) || logins == maxLogins || logins > 0 && !g.kept {
			return ans, err
		}
		if g, err = c.session.grant(ctx, g.token); err != nil {
			return nil, a.loginFailed(err)
		}
	}
}

// finalSessionFaults are answers to a token that a new login cannot help.
var finalSessionFaults = []string{
	"Connected app is not attached to Agent",
	"This session is not valid for use with the REST API",
}

// badToken is what the identity endpoints, whose status is 403, call a session
// that has ended.
const badToken Code = "Bad_OAuth_Token"

// sessionEnded reports whether an error asks for a new login.
func sessionEnded(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	if e.Code == badToken {
		return true
	}
	if e.Status == http.StatusInternalServerError && e.Code == "INVALID_SESSION_ID" {
		return true // a SOAP fault
	}
	if e.Status != http.StatusUnauthorized || !(e.Code == "" || errors.Is(e, ErrSession)) {
		return false
	}
	for _, text := range finalSessionFaults {
		if strings.Contains(e.Message, text) {
			return false
		}
	}
	return true
}

// get reads a JSON resource below the base path into out.
func (c *Client) get(ctx context.Context, op, path string, out any) error {
	return c.exchange(ctx, &call{op: op, method: http.MethodGet, path: c.base + path, idempotent: true}, out)
}

// exchange carries a call out and decodes the JSON of its answer into out, or
// ignores it when out is nil or the answer has none.
func (c *Client) exchange(ctx context.Context, request *call, out any) error {
	return c.whole(ctx, request, func(ans *answer) error {
		if out == nil || ans.status == http.StatusNoContent || ans.status == http.StatusNotModified {
			return nil
		}
		return c.http.decode(ans, out)
	})
}

// whole carries a call out and has its answer read to the end. When that breaks
// off, the call is sent again if doing it twice is the same as doing it once.
func (c *Client) whole(ctx context.Context, request *call, read func(*answer) error) error {
	for try := 0; ; try++ {
		ans, err := c.send(ctx, request)
		if err != nil {
			return err
		}
		err = read(ans)
		drain(ans)
		if err == nil || !request.idempotent || !brokeOff(err) || !c.mayRepeat(ctx, try) {
			return err
		}
		request.lost = true
	}
}

// brokeOff reports whether an error is that of an answer which did not come in
// to its end.
func brokeOff(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status == 0 && e.cause != nil && e.meaning().effect.passing()
}

// mayRepeat waits before something is done once more that the transport knows
// nothing of. It is false when it was done often enough, when the repetitions are
// used up, and when ctx ends.
func (c *Client) mayRepeat(ctx context.Context, try int) bool {
	return try < c.http.client.RetryMax && c.http.budget.spend() && sleep(ctx, c.backoff(try)) == nil
}

// backoff is the pause before try n+1.
func (c *Client) backoff(n int) time.Duration {
	return c.http.backoff(c.http.client.RetryWaitMin, c.http.client.RetryWaitMax, n, nil)
}

// decode reads the JSON of an answer into out.
func (t *transport) decode(ans *answer, out any) error {
	if err := json.NewDecoder(&bounded{ans, t.most}).Decode(out); err != nil {
		return ans.call.badAnswer(ans.status, err)
	}
	return nil
}

// bounded is an answer that is to be held in memory: it fails when it is larger
// than that should be.
type bounded struct {
	ans  *answer
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ans.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fault(b.ans.call.op, ErrTooLarge, "the answer has more bytes than Config.MaxAnswer allows")
	}
	return n, err
}

// badAnswer is the error of an answer that says success and cannot be decoded:
// it was cut off, or it is not Salesforce's. What a write did stays unknown.
func (c *call) badAnswer(status int, err error) error {
	e, cut := errors.AsType[*Error](err)
	switch {
	case cut:
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		e = noAnswer(c.op, io.ErrUnexpectedEOF)
	default:
		e = &Error{Op: c.op, Status: status, Message: "the answer is not what the API sends: " + err.Error()}
	}
	e.unknown = c.write()
	return e
}

// identifier is the form of the names of objects and fields.
var identifier = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,254}$`)

// objectPath returns the path of an object's resources below the base path.
func objectPath(op, object string) (string, error) {
	if !identifier.MatchString(object) {
		return "", fault(op, ErrValidation, "%q is no name of an object", clip(object, 80))
	}
	return "/sobjects/" + object, nil
}

// recordPath returns the path of a record below the base path. An id that is
// none is an error here: an empty one would name the object instead.
func recordPath(op, object string, id ID) (string, error) {
	path, err := objectPath(op, object)
	if err != nil {
		return "", err
	}
	valid, err := exactID(string(id))
	if err != nil {
		return "", fault(op, ErrValidation, "%q is no id", clip(string(id), 40))
	}
	return path + "/" + string(valid), nil
}
