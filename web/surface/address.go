package surface

import (
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// maxForwarded bounds how many addresses of X-Forwarded-For are looked at.
const maxForwarded = 20

type addressKey struct{}

// Address gives who calls: the other end of the connection, or what the proxies that are trusted say of it.
func Address(c *fiber.Ctx) netip.Addr {
	a, _ := c.Locals(addressKey{}).(netip.Addr)
	return a
}

// caller reads X-Forwarded-For from its end, where the nearest proxy writes: the first address that is no trusted proxy is the caller.
// What stands before it anybody could have written.
func (d Door) caller(c *fiber.Ctx) netip.Addr {
	at, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	at = at.Unmap()
	var hops []string
	for _, line := range c.Request().Header.PeekAll(fiber.HeaderXForwardedFor) {
		hops = append(hops, strings.Split(string(line), ",")...)
	}
	for i := len(hops) - 1; i >= max(0, len(hops)-maxForwarded) && d.trusts(at); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = hop.Unmap().WithZone("")
	}
	return at
}

func (d Door) trusts(at netip.Addr) bool {
	for _, network := range d.TrustedProxies {
		if network.Contains(at) {
			return true
		}
	}
	return false
}
