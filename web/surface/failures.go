package surface

import (
	"math"
	"net/netip"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// Failures counts what one address gets wrong, in this process. Unlike Limit it holds up nobody who gets it right.
type Failures struct {
	seen  *lru.Cache[netip.Addr, *rate.Limiter]
	every rate.Limit
	burst int
	clock func() time.Time
}

// NewFailures allows an address so many failures a minute.
func NewFailures(perMinute int, clock func() time.Time) *Failures {
	seen, err := lru.New[netip.Addr, *rate.Limiter](maxAddresses)
	if err != nil {
		panic("surface: " + err.Error()) // only for a size below one
	}
	return &Failures{seen: seen, every: rate.Every(time.Minute / time.Duration(perMinute)), burst: perMinute, clock: clock}
}

// Count notes a failure of whoever calls. It tells whether they had one left; when not, Retry-After is set and the door
// phrases fiber.ErrTooManyRequests.
func (f *Failures) Count(c *fiber.Ctx) bool {
	fresh := rate.NewLimiter(f.every, f.burst)
	l, known, _ := f.seen.PeekOrAdd(Address(c), fresh)
	if !known {
		l = fresh
	} else {
		f.seen.Get(Address(c)) // seen just now
	}
	now := f.clock()
	if l.AllowN(now, 1) {
		return true
	}
	wait := math.Ceil((1 - l.TokensAt(now)) / float64(f.every))
	c.Set(fiber.HeaderRetryAfter, strconv.Itoa(max(1, int(wait))))
	return false
}
