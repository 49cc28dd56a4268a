package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"counterfoil/internal/issuance"
	"counterfoil/internal/store"
)

func TestAddTypeVersion_gives_the_number_that_was_asked_for_or_refuses(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		add := func(number int) (int, error) {
			return s.AddTypeVersion(t.Context(), issuance.TypeVersion{ID: "Membership", Version: number, Metadata: []byte(`{}`), CreatedAt: today(), CreatedBy: "Ada"})
		}
		for _, c := range []struct {
			asked, got int
			changed    bool
		}{{2, 0, true}, {1, 1, false}, {1, 0, true}, {0, 2, false}, {2, 0, true}, {3, 3, false}} {
			if got, err := add(c.asked); got != c.got || errors.Is(err, issuance.ErrTypeChanged) != c.changed {
				t.Errorf("asked for %d: got %d, %v", c.asked, got, err)
			}
		}
		var added, refused atomic.Int64
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				switch _, err := add(4); {
				case err == nil:
					added.Add(1)
				case errors.Is(err, issuance.ErrTypeChanged):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if added.Load() != 1 || refused.Load() != 19 {
			t.Errorf("%d were added and %d refused", added.Load(), refused.Load())
		}
	})
}
