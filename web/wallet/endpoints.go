package wallet

import (
	"bytes"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
)

// maxForm bounds a token request, in bytes.
const maxForm = 64 << 10

// nonce sends a fresh DPoP nonce with every answer, also a refusal: a wallet that gets none forgets the one it had.
func (d *door) nonce(c *fiber.Ctx) error {
	n, err := d.Nonces.DPoPNonce()
	if err != nil {
		return err
	}
	c.Set("DPoP-Nonce", n)
	return c.Next()
}

// offer serves an offer by reference. A HEAD request looks without being a retrieval.
func (d *door) offer(c *fiber.Ctx) error {
	body, err := d.Protocol.Offer(c.UserContext(), issuance.OfferID(c.Params("offer")), c.Method() == fiber.MethodHead)
	if err != nil {
		return err
	}
	return answer(c, body)
}

func (d *door) token(c *fiber.Ctx) error {
	if len(c.Request().Body()) > maxForm {
		return fiber.ErrRequestEntityTooLarge
	}
	body, err := d.Protocol.Token(c.UserContext(), request(c))
	if err != nil {
		return err
	}
	return answer(c, body)
}

func (d *door) cNonce(c *fiber.Ctx) error {
	body, err := d.Protocol.Nonce()
	if err != nil {
		return err
	}
	return answer(c, body)
}

func (d *door) credential(c *fiber.Ctx) error {
	body, err := d.Protocol.Credential(c.UserContext(), request(c))
	if err != nil {
		return asResource(err)
	}
	return answer(c, body)
}

func (d *door) notification(c *fiber.Ctx) error {
	if err := d.Protocol.Notification(c.UserContext(), request(c)); err != nil {
		return asResource(err)
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func answer(c *fiber.Ctx, body []byte) error {
	c.Set(fiber.HeaderContentType, jsonType)
	return c.Send(body)
}

// request copies what the protocol reads out of the server's buffers.
func request(c *fiber.Ctx) oid4vci.Request {
	return oid4vci.Request{
		Authorization: headers(c, fiber.HeaderAuthorization), DPoP: headers(c, "DPoP"),
		ContentType: c.Get(fiber.HeaderContentType),
		Query:       string(c.Request().URI().QueryString()), Body: bytes.Clone(c.Request().Body()),
	}
}

// headers gives the values of all headers of a name: Get would show the first and hide the rest.
func headers(c *fiber.Ctx, name string) []string {
	var out []string
	for _, v := range c.Request().Header.PeekAll(name) {
		out = append(out, string(v))
	}
	return out
}
