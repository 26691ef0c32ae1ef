package salesforce

import (
	"context"
	"net/http"
	"sync"
)

// cache keeps answers by their path, with what tells whether they still hold.
// They are those of the session's user: another one may see more, or less.
type cache[T any] struct {
	mu      sync.Mutex
	entries map[string]cached[T]
}

type cached[T any] struct {
	value    T
	modified string // the header Last-Modified
	tag      string // the header ETag
	user     ID
}

func (k *cache[T]) get(path string) cached[T] {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.entries[path]
}

func (k *cache[T]) put(path string, e cached[T]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.entries == nil {
		k.entries = map[string]cached[T]{}
	}
	k.entries[path] = e
}

// fresh reads a resource below the base path, unless it has not changed since
// it was read the last time.
func fresh[T any](ctx context.Context, c *Client, k *cache[T], op, path string, read func(*answer) (T, error)) (T, error) {
	known := k.get(path)
	if known.user != c.session.user() {
		known = cached[T]{}
	}
	request := &call{op: op, method: http.MethodGet, path: c.base + path, header: map[string]string{}, idempotent: true}
	switch {
	case known.tag != "":
		request.header["If-None-Match"] = known.tag
	case known.modified != "":
		request.header["If-Modified-Since"] = known.modified
	}
	var value T
	foreign := false // it is another user whose answer is not modified
	err := c.whole(ctx, request, func(ans *answer) (err error) {
		if ans.status == http.StatusNotModified {
			value, foreign = known.value, known.user != ans.user
			return nil
		}
		if value, err = read(ans); err == nil {
			k.put(path, cached[T]{value, ans.header.Get("Last-Modified"), ans.header.Get("ETag"), ans.user})
		}
		return err
	})
	if foreign {
		return fresh(ctx, c, k, op, path, read)
	}
	return value, err
}
