package manage

import (
	"crypto/sha256"
	_ "embed" // the document
	"encoding/hex"
	"fmt"

	"github.com/gofiber/fiber/v2"
	"go.yaml.in/yaml/v3"

	"counterfoil/internal/strictjson"
)

// openapiYAML is what the door promises, written by hand before the handlers; a test holds every answer to it.
//
//go:embed openapi.yaml
var openapiYAML []byte

// openapi is the document as it is served.
type openapi struct {
	body []byte
	etag string
}

// newOpenAPI turns the document into JSON, once.
func newOpenAPI() (openapi, error) {
	var doc map[string]any
	if err := yaml.Unmarshal(openapiYAML, &doc); err != nil {
		return openapi{}, fmt.Errorf("read openapi.yaml: %w", err)
	}
	b, err := strictjson.Encode(doc)
	if err != nil {
		return openapi{}, fmt.Errorf("write openapi.json: %w", err)
	}
	const half = 16
	sum := sha256.Sum256(b)
	return openapi{b, `"` + hex.EncodeToString(sum[:half]) + `"`}, nil
}

func (d *door) showOpenAPI(c *fiber.Ctx) error {
	c.Set(fiber.HeaderETag, d.openapi.etag)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if c.Get(fiber.HeaderIfNoneMatch) == d.openapi.etag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Send(d.openapi.body)
}
