package e2e_test

import (
	"log/slog"
	"net"
	"os"
	"testing"

	"github.com/chromedp/chromedp"

	"counterfoil/internal/app"
	"counterfoil/views/i18n"
	"counterfoil/views/samples"
)

// openGallery starts the gallery and gives its address.
func openGallery(t *testing.T) string {
	t.Helper()
	at, done := make(chan net.Addr, 1), make(chan error, 1)
	go func() {
		done <- app.Gallery(t.Context(), "127.0.0.1:0", slog.New(slog.DiscardHandler), func(a net.Addr) { at <- a })
	}()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + (<-at).String()
}

// Every page in every state is accessible, wide and narrow, light and dark, and has room for the longest language. When there is no time
// for all, pages are looked at by turns in one way each; make budgets and make screens look in all.
func TestGallery_is_accessible_and_has_room_for_long_words(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile("wallets/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("npm packages are missing, run make test-deps: %v", err)
	}
	gallery := openGallery(t)
	p := openBrowser(t, 1280, 800)
	p.expect("status of 404") // streams and pictures of samples are nowhere
	p.expect("Response Status Error Code 404")
	p.expect("[object Event]") // what the SSE extension says of them
	languages := []string{i18n.Pseudo}
	if everyWay() {
		languages = append(languages, "de")
	}
	for i, s := range samples.All() {
		p.goTo(gallery + "/" + s.Name)
		at := ways(s.Name)
		if !everyWay() {
			at = at[i%len(at):][:1]
		}
		for _, w := range at {
			p.look("gallery-"+s.Name, string(axe), w)
		}
		for _, language := range languages {
			p.goTo(gallery + "/" + s.Name + "?lang=" + language)
			for _, width := range []int64{1280, 375} {
				p.do(chromedp.EmulateViewport(width, 800))
				if wide := get(p, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`)); wide > width {
					t.Errorf("%s in %s: the page is %d px wide at %d", s.Name, language, wide, width)
				}
				if cut := get(p, chromedp.Evaluate[string](cutOff)); cut != "" {
					t.Errorf("%s in %s at %d: cut off: %s", s.Name, language, width, cut)
				}
			}
		}
	}
}

// cutOff finds a button or a heading whose text does not fit into it.
const cutOff = `[...document.querySelectorAll("h1, h2, .button, label, th, .status")].filter(e => e.offsetParent && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1).map(e => e.outerHTML).join(" ")`
