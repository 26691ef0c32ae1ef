package salesforce

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// PoolConfig is what a [Pool] needs. Only New is required.
type PoolConfig struct {
	// New returns the configuration of the client for a key. It is called when a
	// client is made, so it may look the credentials up. An error is handed to
	// the caller; return one for a key without credentials.
	New func(ctx context.Context, key string) (Config, error)

	// Tenant tells the tenant, a company with an org of its own, that a key
	// belongs to. Its clients share one Pace, that of the newest of them, and one
	// count of the org's daily requests, so that a DailyShare that one of them
	// has used up stops all. Defaults to the text before the first slash of the
	// key, or all of it: "acme" for "acme/ada@example.com".
	Tenant func(key string) string

	// Timeout bounds one call of New and the login behind it, which go on when the
	// caller that began them gives up, since others may wait for them too. Defaults
	// to 1 minute.
	Timeout time.Duration

	// Idle is how long a client is kept that nobody asks for. Defaults to 30
	// minutes.
	Idle time.Duration

	// Hold is how long a refused login is remembered: the key gets the same error
	// in that time, and New is asked again after it. Each further refusal in a row
	// is remembered twice as long as the one before, up to an hour, as Salesforce
	// locks a user out after some wrong passwords. Defaults to 1 minute.
	Hold time.Duration

	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Pool keeps a client for each key, such as a user of the host application who
// has a Salesforce login of their own, or a tenant of it that has an org of its
// own. It is safe for concurrent use.
//
// Where several processes serve the same tenants, each has a pool. A rotated
// token is renewed by one of them at a time if the logins have a common
// [TokenStore], under a key of their own such as that of the pool.
type Pool struct {
	cfg    PoolConfig
	making singleflight.Group

	mu      sync.Mutex // guards the rest
	entries map[string]*poolEntry
	lanes   map[string]*lane // by tenant
	swept   time.Time
}

// poolEntry is a client, or the memory of a refused login.
type poolEntry struct {
	client  *Client
	used    time.Time
	refusal error
	until   time.Time // when New may be asked again
	refused int       // logins in a row
}

// maxHold is how long a refused login is remembered at most, unless Hold is
// longer.
const maxHold = time.Hour

// NewPool returns a pool. The error joins every fault of cfg.
func NewPool(cfg PoolConfig) (*Pool, error) {
	setDefault(&cfg.Timeout, time.Minute)
	setDefault(&cfg.Idle, 30*time.Minute)
	setDefault(&cfg.Hold, time.Minute)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Tenant == nil {
		cfg.Tenant = tenantOf
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	return &Pool{cfg: cfg, entries: map[string]*poolEntry{}, lanes: map[string]*lane{}}, nil
}

func (cfg PoolConfig) validate() error {
	var faults []error
	if cfg.New == nil {
		faults = append(faults, errors.New("salesforce: PoolConfig.New is missing"))
	}
	for name, d := range map[string]time.Duration{"Timeout": cfg.Timeout, "Idle": cfg.Idle, "Hold": cfg.Hold} {
		if d < 0 {
			faults = append(faults, fmt.Errorf("salesforce: PoolConfig.%s %v is negative", name, d))
		}
	}
	return errors.Join(faults...)
}

// Client returns the client for a key, logged in. However many ask at the same
// time, there is one client and one login. The error is that of New, or that
// of the login; after a refused login, such as one with a wrong password, the
// key gets the same error for a while, without asking Salesforce.
func (p *Pool) Client(ctx context.Context, key string) (*Client, error) {
	if key == "" {
		return nil, errors.New("salesforce: pool: the key is empty")
	}
	switch c, err := p.kept(key); {
	case err != nil:
		return nil, err
	case c != nil:
		return p.logIn(ctx, key, c)
	}
	return p.make(ctx, key)
}

// logIn returns a client once it is logged in.
func (p *Pool) logIn(ctx context.Context, key string, c *Client) (*Client, error) {
	_, err := c.Session(ctx)
	switch {
	case err == nil:
		p.accept(key, c)
		return c, nil
	case !Retryable(err) && ctx.Err() == nil:
		p.refuse(key, c, err)
	}
	return nil, err
}

// Forget drops the client of a key, and the memory of its refused login, for
// instance because its password has changed. The login itself goes on; end it by
// [Client.Logout].
func (p *Pool) Forget(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.entries, key)
}

// kept returns the client of a key, its refusal, or neither.
func (p *Pool) kept(key string) (*Client, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.cfg.Now()
	p.sweep(now)
	e := p.entries[key]
	if e == nil || p.over(e, now) || e.refusal != nil && !now.Before(e.until) {
		return nil, nil
	}
	e.used = now
	return e.client, e.refusal
}

// over reports whether an entry is of no use any more. A refusal is, when nobody
// has tried for long what it kept them from.
func (p *Pool) over(e *poolEntry, now time.Time) bool {
	return now.Sub(e.used) >= p.cfg.Idle && !now.Before(e.until.Add(p.cfg.Idle))
}

// sweep drops the entries that are over. Twice in the time that makes one idle
// is often enough.
func (p *Pool) sweep(now time.Time) {
	if now.Sub(p.swept) < p.cfg.Idle/2 {
		return
	}
	p.swept = now
	for key, e := range p.entries {
		if p.over(e, now) {
			delete(p.entries, key)
		}
	}
}

// make makes the client of a key and logs it in, once for all who wait for it.
func (p *Pool) make(ctx context.Context, key string) (*Client, error) {
	result := p.making.DoChan(key, func() (any, error) {
		if c, err := p.kept(key); c != nil || err != nil {
			return c, err
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.cfg.Timeout)
		defer cancel()
		cfg, err := p.cfg.New(ctx, key)
		if err != nil {
			return nil, fmt.Errorf("salesforce: pool: client for %q: %w", key, err)
		}
		c, err := newClient(cfg, p.lane(key, cfg.Pace))
		if err != nil {
			return nil, fmt.Errorf("salesforce: pool: client for %q: %w", key, err)
		}
		p.keep(key, c)
		return p.logIn(ctx, key, c)
	})
	select {
	case r := <-result:
		c, _ := r.Val.(*Client)
		return c, r.Err
	case <-ctx.Done():
		return nil, fmt.Errorf("salesforce: pool: client for %q: %w", key, ctx.Err())
	}
}

// keep keeps the client of a key, and how often the key was refused until now.
func (p *Pool) keep(key string, c *Client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := &poolEntry{client: c, used: p.cfg.Now()}
	if before := p.entries[key]; before != nil {
		e.refused = before.refused
	}
	p.entries[key] = e
}

// accept forgets former refusals of a key.
func (p *Pool) accept(key string, c *Client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.entries[key]; e != nil && e.client == c {
		e.refused = 0
	}
}

// refuse remembers that the login of a key's client was refused, unless the key
// has another client by now.
func (p *Pool) refuse(key string, c *Client, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.entries[key]; e != nil && e.client == c {
		hold := p.cfg.Hold
		for range e.refused {
			hold = max(p.cfg.Hold, min(2*hold, maxHold))
		}
		now := p.cfg.Now()
		p.entries[key] = &poolEntry{refusal: err, used: now, until: now.Add(hold), refused: e.refused + 1}
	}
}
