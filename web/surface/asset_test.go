package surface_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/brand"
	"counterfoil/static"
	"counterfoil/web/surface"
)

func TestAssets_are_kept_for_ever_and_compressed_for_who_can_read_it(t *testing.T) {
	t.Parallel()
	b, err := brand.New("Example Bank", "#ff6200", nil)
	if err != nil {
		t.Fatal(err)
	}
	app := fiber.New()
	surface.Assets(app, "/tenant")
	surface.BrandAssets(app, "/tenant", b)
	for name, c := range map[string]struct {
		path, accept, encoding string
		status                 int
	}{
		"a stylesheet, compressed":     {"/tenant" + static.URL("css/app.css"), "gzip", "gzip", 200},
		"a stylesheet, as it is":       {"/tenant" + static.URL("css/app.css"), "", "", 200},
		"an encoding that nobody has":  {"/tenant" + static.URL("css/app.css"), "zstd-9;q=x", "", 200},
		"the brand's":                  {"/tenant" + b.Stylesheet(), "", "", 200},
		"without the hash":             {"/tenant/static/css/app.css", "gzip", "", 404},
		"a brand file that nobody set": {"/tenant/brand/0000000000000000.svg", "gzip", "", 404},
	} {
		r := httptest.NewRequest(http.MethodGet, c.path, nil)
		r.Header.Set("Accept-Encoding", c.accept)
		resp, err := app.Test(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != c.status || resp.Header.Get("Content-Encoding") != c.encoding {
			t.Errorf("%s: got %d in encoding %q, %d bytes", name, resp.StatusCode, resp.Header.Get("Content-Encoding"), len(body))
		}
		if c.status == http.StatusOK && resp.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: may be kept %q", name, resp.Header.Get("Cache-Control"))
		}
		if c.encoding != "" && (resp.Header.Get("Vary") != "Accept-Encoding" || len(body) > 12_000) {
			t.Errorf("%s: varies by %q and has %d bytes", name, resp.Header.Get("Vary"), len(body))
		}
	}
}
