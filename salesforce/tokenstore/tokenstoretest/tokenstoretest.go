// Package tokenstoretest checks implementations of [salesforce.TokenStore].
package tokenstoretest

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
)

// TestStore checks that the stores which open returns keep every promise of
// [salesforce.TokenStore] that can be seen from within one process. Each call of
// open must return an empty store.
func TestStore(t *testing.T, open func(t *testing.T) salesforce.TokenStore) {
	for _, promise := range []struct {
		name  string
		check func(t *testing.T, s salesforce.TokenStore)
	}{
		{"KeepsEverything", keepsEverything},
		{"KeysAreApart", keysAreApart},
		{"AFailedChangeKeepsNothing", aFailedChangeKeepsNothing},
		{"ChangesOfAKeyWaitForEachOther", changesOfAKeyWaitForEachOther},
		{"ChangesOfOtherKeysDoNotWait", changesOfOtherKeysDoNotWait},
		{"WaitingEndsWithTheContext", waitingEndsWithTheContext},
		{"EndedContextChangesNothing", endedContextChangesNothing},
	} {
		t.Run(promise.name, func(t *testing.T) {
			t.Parallel()
			promise.check(t, open(t))
		})
	}
}

var full = salesforce.Token{
	RefreshToken: "R\x00ü" + strings.Repeat("r", 5000),
	AccessToken:  "A!" + strings.Repeat("a", 10000),
	InstanceURL:  "https://acme.my.salesforce.com",
	Identity:     "https://login.salesforce.com/id/00Dxx0000001gPLEAY/005xx000001SwiUAAS",
	Renewing:     time.Date(2019, time.May, 23, 12, 0, 0, int(7*time.Millisecond), time.UTC),
}

// set keeps a token, and returns the one that was kept.
func set(t *testing.T, s salesforce.TokenStore, key string, token salesforce.Token) salesforce.Token {
	t.Helper()
	var was salesforce.Token
	err := s.Update(t.Context(), key, func(_ context.Context, current salesforce.Token) (salesforce.Token, error) {
		was = current
		return token, nil
	})
	if err != nil {
		t.Fatalf("Update of %q: %v", key, err)
	}
	return was
}

func keepsEverything(t *testing.T, s salesforce.TokenStore) {
	if was := set(t, s, "ada", full); was != (salesforce.Token{}) {
		t.Errorf("the first change got %#v, want the zero Token", was)
	}
	for range 2 {
		if was := set(t, s, "ada", full); was != full {
			t.Errorf("a change got another token than was kept")
		}
	}
	set(t, s, "ada", salesforce.Token{})
	if was := set(t, s, "ada", full); was != (salesforce.Token{}) {
		t.Errorf("after the zero Token was kept, a change got %#v", was)
	}
}

func keysAreApart(t *testing.T, s salesforce.TokenStore) {
	keys := []string{
		"ada", "Ada", "ada ", "ädä", "../ada", "a/b", `a\b`, "a%", "a?'\"", "\x00", "CON", strings.Repeat("k", 200), strings.Repeat("k", 199) + "l",
	}
	for i, key := range keys {
		set(t, s, key, salesforce.Token{RefreshToken: strconv.Itoa(i)})
	}
	for i, key := range keys {
		if was := set(t, s, key, full); was.RefreshToken != strconv.Itoa(i) {
			t.Errorf("key %q has the token of another one", key)
		}
	}
	for _, key := range []string{"", strings.Repeat("k", 201)} {
		err := s.Update(t.Context(), key, func(context.Context, salesforce.Token) (salesforce.Token, error) { return full, nil })
		if err == nil {
			t.Errorf("a key of %d bytes is taken", len(key))
		}
	}
}

func aFailedChangeKeepsNothing(t *testing.T, s salesforce.TokenStore) {
	set(t, s, "ada", full)
	failure := &salesforce.Error{Op: "test", Message: "no"}
	err := s.Update(t.Context(), "ada", func(context.Context, salesforce.Token) (salesforce.Token, error) {
		return salesforce.Token{RefreshToken: "lost"}, failure
	})
	if e, ok := errors.AsType[*salesforce.Error](err); !ok || e != failure {
		t.Errorf("Update returned %v, not the error of its change", err)
	}
	if was := set(t, s, "ada", full); was != full {
		t.Errorf("a failed change has changed what was kept")
	}
}

func changesOfAKeyWaitForEachOther(t *testing.T, s salesforce.TokenStore) {
	const n = 20
	var wg sync.WaitGroup
	inside := 0 // the race detector sees two that are
	for range n {
		wg.Go(func() {
			err := s.Update(t.Context(), "ada", func(_ context.Context, current salesforce.Token) (salesforce.Token, error) {
				inside++
				count, _ := strconv.Atoi(current.RefreshToken)
				current.RefreshToken = strconv.Itoa(count + 1)
				return current, nil
			})
			if err != nil {
				t.Errorf("Update: %v", err)
			}
		})
	}
	wg.Wait()
	if was := set(t, s, "ada", full); was.RefreshToken != strconv.Itoa(n) || inside != n {
		t.Errorf("%d changes, each adding 1, made it %s", n, was.RefreshToken)
	}
}

// While one key is being changed, another one is.
func changesOfOtherKeysDoNotWait(t *testing.T, s salesforce.TokenStore) {
	err := s.Update(t.Context(), "ada", func(ctx context.Context, _ salesforce.Token) (salesforce.Token, error) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			err := s.Update(ctx, "bob", func(context.Context, salesforce.Token) (salesforce.Token, error) { return full, nil })
			if err != nil {
				t.Errorf("Update of another key: %v", err)
			}
		}()
		select {
		case <-done:
			return full, nil
		case <-ctx.Done():
			return full, ctx.Err()
		}
	})
	if err != nil {
		t.Errorf("Update: %v", err)
	}
}

func waitingEndsWithTheContext(t *testing.T, s salesforce.TokenStore) {
	err := s.Update(t.Context(), "ada", func(context.Context, salesforce.Token) (salesforce.Token, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		waited := make(chan error)
		go func() {
			waited <- s.Update(ctx, "ada", func(_ context.Context, current salesforce.Token) (salesforce.Token, error) {
				t.Error("a change was called while another one was under way")
				return current, nil
			})
		}()
		if err := <-waited; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting ended with %v, want the context's error", err)
		}
		return full, nil
	})
	if err != nil {
		t.Errorf("Update: %v", err)
	}
}

func endedContextChangesNothing(t *testing.T, s salesforce.TokenStore) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Update(ctx, "ada", func(context.Context, salesforce.Token) (salesforce.Token, error) {
		t.Error("a change was called for a caller that has gone")
		return full, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Update returned %v, want the context's error", err)
	}
}
