package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// meddler stands before a portal and answers streams itself; it gives its address.
func (b *bank) meddler(stream http.HandlerFunc) string {
	b.t.Helper()
	to, err := url.Parse(b.portal)
	if err != nil {
		b.t.Fatal(err)
	}
	rest := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/stream") {
			stream(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	}))
	b.t.Cleanup(server.CloseClientConnections)
	b.t.Cleanup(server.Close)
	return server.URL
}

// cancel ends an offer, by the back-end.
func (b *bank) cancel(offer created) {
	b.t.Helper()
	b.call(http.MethodPost, b.management+"/offers/"+offer.OfferID+"/cancel", nil, nil)
}

// SS-034: the screen of an offer that has ended shows so, gives its stream back and asks for none again.
func TestStream_ends_with_its_offer(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	offer := b.create(identity(nil))
	p := b.watching(b.portal, offer)
	b.awaitStreams(1)
	b.cancel(offer)
	p.awaits(".big", "Cancelled")
	b.awaitStreams(0)
	const opened = `counterfoil_http_request_seconds_count{door="portal",method="GET",route="/offers/:offer/stream"`
	before := b.metric(opened)
	// Longer than any browser waits before it comes back.
	p.do(chromedp.Evaluate[chromedp.Void](`new Promise(done => setTimeout(done, 5500))`, chromedp.EvalAwaitPromise))
	if after := b.metric(opened); before == 0 || after != before {
		t.Errorf("of an offer that has ended %d streams were opened, and then %d", before, after)
	}
}

// SS-042, SS-043: where something between refuses streams, or answers that there is nothing, the browser asks at distances that double, and
// the page learns what is new without one.
func TestStream_is_asked_for_less_and_less_where_it_is_refused(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusNoContent, http.StatusServiceUnavailable} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			b := openBank(t, "")
			asked := make(chan time.Time, 1000)
			portal := b.meddler(func(w http.ResponseWriter, _ *http.Request) {
				asked <- time.Now()
				w.WriteHeader(status)
			})
			offer := b.create(identity(nil))
			p := b.watching(portal, offer)
			p.expect("[object Event]")
			p.expect("status of 503")
			before := <-asked
			for _, wait := range []time.Duration{0, time.Second / 2, time.Second, 2 * time.Second} { // the browser's timers are not exact
				at := <-asked
				if got := at.Sub(before); got < wait*9/10 {
					t.Errorf("it is asked again after %v, not after %v", got, wait)
				}
				before = at
			}
			b.cancel(offer)
			const soon = 6 * time.Second // it asks every four by itself
			eventually(t, soon, "the screen shows the cancellation", func() bool { return p.sees(".big", "Cancelled") })
		})
	}
}

// SS-102: what a page of another version does not know changes nothing, and what it knows goes on to work.
func TestStream_may_say_what_the_page_does_not_know(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	say := make(chan string, 10)
	portal := b.meddler(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for {
			select {
			case <-r.Context().Done():
				return
			case text := <-say:
				_, _ = io.WriteString(w, text)
				w.(http.Flusher).Flush() //nolint:forcetypeassert // of net/http
			}
		}
	})
	offer := b.create(identity(nil))
	say <- "retry: 1000\n\nevent: tick\ndata: 0\n\n"
	p := b.watching(portal, offer)
	say <- "event: redraw-v2\nid: 9\ndata: <h1 id=\"evil\">evil</h1>\nversion: 2\n\nevent: message\ndata: {\"version\":2}\n\n: a comment\n\n"
	b.cancel(offer)
	say <- "event: tick\ndata: {\"version\":2}\n\n"
	p.awaits(".big", "Cancelled")
	if get(p, chromedp.Evaluate[bool](`!!document.getElementById("evil") || document.body.innerText.includes("evil")`)) {
		t.Error("the page holds what an event said")
	}
}

// hide makes the page believe that nobody sees it, or that somebody does again.
func (b *browser) hide(yes bool) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`Object.defineProperty(document, "hidden", {configurable: true, get: () => %t}), void document.dispatchEvent(new Event("visibilitychange"))`, yes)))
}

// SS-110: a page that nobody sees gives its stream back, however long that is, and is fresh within three seconds when somebody does.
func TestStream_of_a_page_that_nobody_sees_is_given_back(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	offer := b.create(identity(nil))
	p := b.watching(b.portal, offer)
	b.awaitStreams(1)
	p.hide(true)
	b.awaitStreams(0)
	b.cancel(offer)
	if p.sees(".big", "Cancelled") {
		t.Error("it asks although nobody sees it")
	}
	p.hide(false)
	const fresh = 3 * time.Second
	eventually(t, fresh, "it is fresh", func() bool { return p.sees(".big", "Cancelled") })
}

// SS-111: a browser that changes the network has its stream again within five seconds.
func TestStream_comes_back_with_another_network(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := b.watching(b.portal, b.create(identity(nil)))
	p.expect("ERR_")
	p.expect("[object Event]")
	p.expect("htmx:")
	b.awaitStreams(1)
	p.online(false)
	p.online(true)
	p.do(chromedp.Evaluate[chromedp.Void](`window.before = document.querySelector("#stream")`)) // each stream has an element of its own
	const soon = 5 * time.Second
	eventually(t, soon, "another stream", func() bool {
		return get(p, chromedp.Evaluate[bool](`document.querySelector("#stream") !== before && document.querySelector("#stream")["htmx-internal-data"].sseEventSource.readyState === 1`))
	})
}

// SS-090: when something takes its part off the page, the stream is closed.
func TestStream_is_given_back_when_its_part_is_taken_off_the_page(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := b.watching(b.portal, b.create(identity(nil)))
	p.expect("htmx:oobErrorNoTarget") // of what was on its way
	b.awaitStreams(1)
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#stream").remove()`))
	b.awaitStreams(0)
}

// SS-109: a screen on which nothing happens sends and gets less than a kilobyte a minute, all layers above TCP counted.
func TestStream_of_an_idle_page_is_nearly_silent(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	wire, portal := newCable(t, b.portal)
	p := b.watching(portal, b.create(identity(nil)))
	p.do(chromedp.Evaluate[chromedp.Void](`window.beats = 0, void document.querySelector("#stream")["htmx-internal-data"].sseEventSource.addEventListener("beat", () => beats++)`))
	after := func(beats int) int64 {
		eventually(t, patience, "heartbeats", func() bool { return get(p, chromedp.Evaluate[int](`beats`)) == beats })
		return wire.bytes.Load()
	}
	if sent := -after(1) + after(3); sent > 1000/3 { // the beats are ten seconds apart
		t.Errorf("in a third of a minute %d bytes went over the wire", sent)
	}
}

// SS-064: a countdown is right whatever the time of the computer is.
func TestCountdown_does_not_ask_the_clock_of_the_computer(t *testing.T) {
	t.Parallel()
	b := openBank(t, "", "COUNTERFOIL_OFFER_TTL=5m")
	for _, off := range []string{"600000", "-600000"} {
		p := openBrowser(t, 1280, 900)
		skew := page.AddScriptToEvaluateOnNewDocumentParams{Source: `var right = Date.now; Date.now = () => right() + ` + off + `;
			Date = new Proxy(Date, {construct: (d, a) => new d(...(a.length ? a : [right() + ` + off + `]))})`}
		if _, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, skew); err != nil {
			t.Fatal(err)
		}
		p.signIn(b, "demo-clerk")
		p.goTo(b.portal + "/offers/" + b.create(identity(nil)).OfferID)
		left := func() int {
			return get(p, chromedp.Evaluate[int](`Number(document.querySelector("[data-left]").dataset.left)`))
		}
		first := left()
		if first < 4*60 || first > 5*60 {
			t.Errorf("with the clock off by %s ms, %d seconds are left", off, first)
		}
		eventually(t, patience, "the countdown counts", func() bool { now := left(); return now < first && now > first-patienceSeconds })
	}
}

// SS-049: a browser has six connections to a server. Seven windows that watch leave it room: the oldest of them go without a stream, and still
// show what is new.
func TestStream_of_seven_windows_leaves_the_portal_usable(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	offer := b.create(identity(nil))
	first := b.watching(b.portal, offer)
	first.expect("[object Event]") // its stream gives way
	open := func(path string) *browser {
		ctx, cancel := chromedp.NewContext(first.ctx)
		t.Cleanup(cancel)
		another := &browser{t: t, ctx: ctx}
		another.goTo(b.portal + path)
		return another
	}
	for range 6 {
		one := open("/offers/" + offer.OfferID)
		one.awaits(".say", "Ask the customer to open the wallet")
		if get(one, chromedp.Evaluate[bool](`document.hidden`)) {
			t.Error("somebody must see it, or it has no stream")
		}
	}
	b.awaitStreams(4)
	open("/offers").awaits("h1", "Offers")
	b.cancel(offer)
	const soon = 6 * time.Second // it asks every four by itself
	eventually(t, soon, "the first window shows the cancellation", func() bool { return first.sees(".big", "Cancelled") })
}

// patienceSeconds is patience as countdowns show it.
const patienceSeconds = int(patience / time.Second)
