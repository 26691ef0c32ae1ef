package salesforce

import "sync"

// retryReserve is how many repetitions a client has to begin with.
const retryReserve = 20

// budget holds the repetitions to a share of the requests: when an org is down
// each request fails, and if each came five times it would be harder for the
// org to get up again.
type budget struct {
	share float64 // earned with each request; below zero there is no budget

	mu   sync.Mutex // guards the rest
	left float64
}

func newBudget(share float64) *budget { return &budget{share: share, left: retryReserve} }

// earn is told of each request.
func (b *budget) earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = min(b.left+b.share, retryReserve)
}

// spend reports whether there may be another repetition.
func (b *budget) spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.share >= 0 && b.left < 1 {
		return false
	}
	b.left--
	return true
}
