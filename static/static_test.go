package static_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"os"
	"strings"
	"testing"

	"counterfoil/static"
)

func TestURL_leads_to_the_file(t *testing.T) {
	for name, contentType := range map[string]string{"css/app.css": "text/css", "js/app.js": "text/javascript", "img/favicon.svg": "image/svg+xml"} {
		data, got, ok := static.Open(static.URL(name))
		if !ok || len(data) == 0 || !strings.HasPrefix(got, contentType) {
			t.Errorf("%s: %d bytes of %s", name, len(data), got)
		}
	}
	for _, path := range []string{"/static/css/app.css", "/static/../static.go", "/static/"} {
		if _, _, ok := static.Open(path); ok {
			t.Errorf("%s is served", path)
		}
	}
}

func TestVendoredScripts_are_the_ones_that_were_taken(t *testing.T) {
	manifest, err := os.ReadFile("VENDOR.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"js/htmx.min.js", "js/htmx-ext-sse.min.js"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha512.Sum384(data)
		if !strings.Contains(string(manifest), base64.StdEncoding.EncodeToString(sum[:])) {
			t.Errorf("%s is not the file that VENDOR.md names", name)
		}
	}
}

func TestBudgets(t *testing.T) {
	for name, budget := range map[string]int{"css/app.css": 12_000, "js/app.js": 4_000} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if b.Len() > budget {
			t.Errorf("%s has %d bytes compressed, the budget is %d", name, b.Len(), budget)
		}
	}
}
