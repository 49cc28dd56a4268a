package manage

import (
	"errors"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/qr"
)

// The sides of a QR code's picture, in pixels.
const (
	minQR     = 128
	defaultQR = 512
	maxQR     = 2048
)

// qrSVG draws an offer as an SVG.
func (d *door) qrSVG(c *fiber.Ctx) error {
	return d.drawQR(c, "image/svg+xml", func(code qr.Code, size int) ([]byte, error) { return code.SVGSized(size), nil })
}

// qrPNG draws an offer as a PNG.
func (d *door) qrPNG(c *fiber.Ctx) error { return d.drawQR(c, "image/png", qr.Code.PNG) }

// drawQR answers with the picture of an offer that can still be collected. It is never stored on the way: who scans it first has
// the credential, if no transaction code was asked for.
func (d *door) drawQR(c *fiber.Ctx, media string, draw func(code qr.Code, size int) ([]byte, error)) error {
	size, level, err := readQR(c)
	if err != nil {
		return err
	}
	o, err := d.Offers.Offer(c.UserContext(), issuance.OfferID(c.Params("offer")))
	if err != nil {
		return err
	}
	if o.Status == issuance.StatusPending {
		return issuance.Refuse(issuance.Conflict, issuance.CodeNotReady, "the offer waits for approval")
	}
	if !o.Status.Fetchable() {
		return issuance.Refuse(issuance.Expired, "offer_gone", "the offer can no longer be collected")
	}
	code, err := qr.Encode(d.URLs.OfferURI(o.Scheme, o.ID), level)
	if err != nil {
		return err
	}
	picture, err := draw(code, size)
	if errors.Is(err, qr.ErrTooSmall) {
		return invalid("/size", "must be at least "+strconv.Itoa(code.Modules())+" for this offer")
	}
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, media)
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Send(picture)
}

// readQR reads the query: size in pixels and the level of error correction.
func readQR(c *fiber.Ctx) (size int, level qr.Level, err error) {
	query, err := readQuery(c, "size", "level")
	if err != nil {
		return 0, "", err
	}
	size, level = defaultQR, qr.M
	if text, has := query["size"]; has {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || n < minQR || n > maxQR {
			return 0, "", invalid("/size", "must be "+strconv.Itoa(minQR)+" to "+strconv.Itoa(maxQR))
		}
		size = int(n)
	}
	if text, has := query["level"]; has {
		if level = qr.Level(text); !slices.Contains(qr.Levels(), level) {
			return 0, "", invalid("/level", "must be L, M, Q or H")
		}
	}
	return size, level, nil
}
