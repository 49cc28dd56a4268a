package surface

import (
	"net/netip"
	"time"

	"github.com/gofiber/fiber/v2"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// maxAddresses bounds the memory of a limiter: the address not seen for longest is forgotten first.
const maxAddresses = 100_000

// Limit lets one address call a route so many times a minute, in this process. Beyond, the door gets
// fiber.ErrTooManyRequests to phrase, and Retry-After is set.
func Limit(perMinute int, clock func() time.Time) fiber.Handler {
	seen, err := lru.New[netip.Addr, *rate.Limiter](maxAddresses)
	if err != nil {
		panic("surface: " + err.Error()) // only for a size below one
	}
	every := rate.Every(time.Minute / time.Duration(perMinute))
	return func(c *fiber.Ctx) error {
		fresh := rate.NewLimiter(every, perMinute)
		l, known, _ := seen.PeekOrAdd(Address(c), fresh)
		if !known {
			l = fresh
		} else {
			seen.Get(Address(c))
		}
		if !l.AllowN(clock(), 1) {
			c.Set(fiber.HeaderRetryAfter, "60")
			return fiber.ErrTooManyRequests
		}
		return c.Next()
	}
}
