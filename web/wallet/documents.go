package wallet

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// How long public documents may be cached, in seconds.
const (
	metadataAge = "public, max-age=300"
	typeAge     = "public, max-age=3600"
)

const jsonType = "application/json"

// issuerMetadata serves credential issuer metadata: JSON, or the signed form for who asks for it by name.
func (d *door) issuerMetadata(c *fiber.Ctx) error {
	c.Set(fiber.HeaderVary, fiber.HeaderAccept)
	if !wantsJWT(c.Get(fiber.HeaderAccept)) {
		plain, err := d.Metadata.Issuer()
		if err != nil {
			return err
		}
		return document(c, jsonType, metadataAge, plain)
	}
	signed, err := d.Metadata.Signed(d.Clock())
	if err != nil {
		return err
	}
	return document(c, "application/jwt", metadataAge, signed)
}

func (d *door) serverMetadata(c *fiber.Ctx) error {
	doc, err := d.Metadata.Server()
	if err != nil {
		return err
	}
	return document(c, jsonType, metadataAge, doc)
}

func (d *door) typeMetadata(c *fiber.Ctx) error {
	t, known := d.Types.Type(c.Params("type"))
	if !known {
		return fiber.ErrNotFound
	}
	return document(c, jsonType, typeAge, t.Document())
}

// document answers a public document with an ETag, for anybody's page to read.
func document(c *fiber.Ctx, contentType, age string, body []byte) error {
	sum := sha256.Sum256(body)
	etag := `"` + hex.EncodeToString(sum[:16]) + `"`
	c.Set(fiber.HeaderETag, etag)
	c.Set(fiber.HeaderCacheControl, age)
	c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	if c.Get(fiber.HeaderIfNoneMatch) == etag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, contentType)
	return c.Send(body)
}

// wantsJWT tells whether an Accept header names application/jwt and wants it at least as much as JSON. */* means JSON: most
// wallets send that everywhere.
func wantsJWT(accept string) bool {
	jwt, plain := 0.0, 0.0
	for part := range strings.SplitSeq(accept, ",") {
		media, params, _ := strings.Cut(part, ";")
		q := 1.0
		for p := range strings.SplitSeq(params, ";") {
			if v, ok := strings.CutPrefix(strings.TrimSpace(p), "q="); ok {
				if parsed, err := strconv.ParseFloat(v, 64); err == nil {
					q = parsed
				}
			}
		}
		switch strings.ToLower(strings.TrimSpace(media)) {
		case "application/jwt":
			jwt = q
		case jsonType:
			plain = q
		}
	}
	return jwt > 0 && jwt >= plain
}
