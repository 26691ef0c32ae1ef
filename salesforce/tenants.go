package salesforce

import "strings"

// TenantStats is what a [Pool] has seen of a tenant since it was made, for
// metrics. Its counts never fall.
type TenantStats struct {
	// Calls is how many requests were sent, retries and logins included, and
	// Failures how many of them had no answer or one that refused them.
	Calls, Failures int64
	// Renewals is how often a login gave a session. One that was found in a
	// [TokenStore], where another process had put it, is none.
	Renewals int64
	// Usage is what the org's last answer told of its daily API requests, zero
	// before the first one that did.
	Usage Usage
}

// Tenants tells what the pool has seen of each tenant that it has made a client
// for, those whose clients are gone since included.
func (p *Pool) Tenants() map[string]TenantStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	stats := make(map[string]TenantStats, len(p.lanes))
	for tenant, l := range p.lanes {
		usage, _ := l.seen.usage()
		stats[tenant] = TenantStats{
			Calls: l.tally.calls.Load(), Failures: l.tally.failures.Load(), Renewals: l.tally.renewals.Load(), Usage: usage,
		}
	}
	return stats
}

// tenantOf is the default of PoolConfig.Tenant.
func tenantOf(key string) string {
	tenant, _, _ := strings.Cut(key, "/")
	return tenant
}

// lane returns the lane of a key's tenant, at that pace from now on.
func (p *Pool) lane(key string, pace Pace) *lane {
	tenant := p.cfg.Tenant(key)
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lanes[tenant]
	switch {
	case l == nil:
		l = newLane(pace)
	case l.pace != pace:
		l = l.at(pace)
	}
	p.lanes[tenant] = l
	return l
}
