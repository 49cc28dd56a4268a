package surface

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	lru "github.com/hashicorp/golang-lru/v2"
)

// Failures counts what one address gets wrong, or brings along anew, in this process. Unlike Limit it holds up nobody who gets it right or
// is known, and no minute has more than its number, however they lie.
type Failures struct {
	perMinute int
	clock     func() time.Time

	mu   sync.Mutex
	seen *lru.Cache[netip.Addr, []time.Time] // those of the last minute, oldest first
}

// NewFailures allows an address so many failures in any minute.
func NewFailures(perMinute int, clock func() time.Time) *Failures {
	seen, err := lru.New[netip.Addr, []time.Time](maxAddresses)
	if err != nil {
		panic("surface: " + err.Error()) // only for a size below one
	}
	return &Failures{perMinute: perMinute, clock: clock, seen: seen}
}

// Count notes a failure of whoever calls. It tells whether they had one left; when not, Retry-After is set and the door
// phrases fiber.ErrTooManyRequests.
func (f *Failures) Count(c *fiber.Ctx) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, address := f.clock(), Address(c)
	times, _ := f.seen.Get(address)
	times = slices.DeleteFunc(times, func(t time.Time) bool { return now.Sub(t) >= time.Minute })
	if len(times) < f.perMinute {
		f.seen.Add(address, append(times, now))
		return true
	}
	f.seen.Add(address, times)
	wait := math.Ceil((time.Minute - now.Sub(times[0])).Seconds())
	c.Set(fiber.HeaderRetryAfter, strconv.Itoa(max(1, int(wait))))
	return false
}
