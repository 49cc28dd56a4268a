package portal_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"counterfoil/web/portal"
)

// awaitStreams waits until so many streams are open, by the metrics.
func (b *bank) awaitStreams(want string) {
	b.t.Helper()
	limit := time.NewTimer(time.Minute) // what is awaited takes half of it at most
	defer limit.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		resp, err := http.Get(b.manage + "/metrics")
		if err != nil {
			b.t.Fatal(err)
		}
		got := ""
		for s := bufio.NewScanner(resp.Body); s.Scan(); {
			if after, is := strings.CutPrefix(s.Text(), "counterfoil_portal_streams "); is {
				got = after
			}
		}
		if err := resp.Body.Close(); err != nil {
			b.t.Fatal(err)
		}
		if got == want {
			return
		}
		select {
		case <-limit.C:
			b.t.Fatalf("%s streams are open, not %s", got, want)
		case <-tick.C:
		}
	}
}

// SS-050: a person's oldest stream gives way to an eleventh, and its tab comes back in a minute; so does the oldest of a browser to a fifth, which
// would have no connection left for anything else (SS-049). SS-076: only a flood is refused, and nobody else by it. SS-055: closed tabs give
// their room back.
func TestStream_has_room_for_ten_tabs_of_a_person(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, auditor := b.signIn("demo-clerk"), b.signIn("demo-auditor")
	browsers := []person{clerk, b.signIn("demo-clerk"), b.signIn("demo-clerk")}
	offer := clerk.create()
	ctx, cancel := context.WithCancel(t.Context())
	var tabs []<-chan string
	givesWay := func() {
		t.Helper()
		if got := next(t, tabs[0]); got != "retry: 60000" {
			t.Errorf("the oldest is told %q", got)
		}
		if got := next(t, tabs[0]); got != "" {
			t.Errorf("the oldest goes on with %q", got)
		}
		tabs = tabs[1:]
	}
	for i := range 12 {
		a, lines := browsers[min(max(0, i-1)/4, 2)].stream(ctx, offer, http.Header{}) // five, four and three of them
		if a.status != http.StatusOK {
			t.Fatalf("got %d", a.status)
		}
		for range 3 {
			next(t, lines)
		}
		if tabs = append(tabs, lines); i == 4 || i == 11 {
			givesWay()
		}
	}
	b.awaitStreams("10")
	clerk.do(post(offer+"/cancel", nil))
	for i, lines := range tabs {
		if got := next(t, lines); got != "event: tick" {
			t.Errorf("tab %d goes on with %q", i, got)
		}
	}
	refused := 0
	for range 60 {
		if a, _ := clerk.stream(ctx, offer, http.Header{}); a.status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 12 {
		t.Errorf("of 72 in a minute %d were refused", refused)
	}
	if a, _ := auditor.stream(ctx, offer, http.Header{}); a.status != http.StatusOK {
		t.Errorf("another person's first answered %d", a.status)
	}
	b.ahead.Add(int64(time.Minute))
	if a, _ := clerk.stream(ctx, offer, http.Header{}); a.status != http.StatusOK {
		t.Errorf("a minute later it answered %d", a.status)
	}
	cancel()
	b.awaitStreams("0")
}

// SS-075: after a restart no more than fifty browsers come back in a second, and all of a small bank within five seconds (SS-036).
func TestStream_spreads_when_browsers_come_back(t *testing.T) {
	t.Parallel()
	for n, latest := range map[int]int{1: 4500, 9: 4500, 100: 4500, 1000: 25_000, 2000: 46_000} {
		times, err := portal.Retries(n)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(times)
		if times[0] < 1000 || times[n-1] > latest {
			t.Errorf("%d browsers come back from %d to %d ms", n, times[0], times[n-1])
		}
		for i := range times {
			if j := i + 50; j < n && times[j]-times[i] < 1000 {
				t.Errorf("of %d browsers 51 come back between %d and %d ms", n, times[i], times[j])
				break
			}
		}
	}
}

// SS-030, SS-031, SS-109: a stream of which nothing changes is heard every fifteen seconds, says less than half a kilobyte a minute, and
// ends cleanly when it is old, having said when to come back.
func TestStream_that_has_nothing_to_say_is_heard_and_is_cheap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		ended := make(chan error, 1)
		go func() { ended <- portal.Idle(ours) }()
		began := time.Now()
		heard, bytes, beats := began, 0, 0
		lines := bufio.NewScanner(theirs)
		for lines.Scan() {
			if gap := time.Since(heard); gap > 15*time.Second {
				t.Errorf("nothing is heard for %v", gap)
			}
			heard = time.Now()
			if bytes += len(lines.Text()) + 1; lines.Text() == "event: beat" {
				beats++
			}
		}
		if err := <-ended; err != nil || lines.Err() != nil {
			t.Errorf("it ended with %v, %v", err, lines.Err())
		}
		lasted := time.Since(began)
		if perMinute := float64(bytes) / lasted.Minutes(); perMinute > 500 || beats < 40 {
			t.Errorf("%d beats, %.0f bytes a minute", beats, perMinute)
		}
		if lasted < 10*time.Minute {
			t.Errorf("it ended after %v", lasted)
		}
	})
}

// fields are all that a stream ever says.
var fields = regexp.MustCompile(`^(retry: \d{4,5}|event: (tick|beat)|data: [01])$`)

// SS-020, SS-021, SS-022, SS-023, SS-024, SS-026, SS-085, SS-101, SS-105: no claim, name, code or number of an event is in a stream, so that none of them can be
// a field of it, or markup of the page that it wakes.
func TestStream_holds_nothing_of_the_offer(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	const hostile = `<b hx-swap-oob="true" id="live">x</b> data: 9 event: gone`
	form := clerk.form()
	form.Set("claim.given_name", hostile)
	form.Set("claim.family_name", strings.Repeat("W", 100))
	form.Set("reference", hostile)
	a := clerk.do(post("/offers", form))
	offer := a.header.Get("Location")
	if a.status != http.StatusSeeOther {
		t.Fatalf("got %d", a.status)
	}
	_, lines := clerk.stream(t.Context(), offer, http.Header{"Last-Event-Id": {hostile}})
	for range 3 {
		if got := next(t, lines); !fields.MatchString(got) {
			t.Errorf("it begins with %q", got)
		}
	}
	for _, act := range []string{"/reveal", "/renew", "/cancel"} {
		if a := clerk.do(post(offer+act, nil).with("HX-Request", "true")); a.status >= 400 {
			t.Fatalf("%s answered %d", act, a.status)
		}
		for {
			got := next(t, lines)
			if !fields.MatchString(got) {
				t.Fatalf("after %s it says %q", act, got)
			}
			if got == "data: 1" {
				break
			}
		}
	}
	for _, path := range []string{offer, offer + "/live"} {
		if oob := clerk.do(get(path)).page(t).Find("[hx-swap-oob]:not(#support-lines)"); oob.Length() > 0 {
			t.Errorf("%s holds markup of a claim: %s", path, oob.Text())
		}
	}
}

// SS-059, SS-063: what no hint told is looked for. Here it is time, which says after a minute that no phone has come.
func TestStream_looks_for_what_no_hint_told(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	_, lines := clerk.stream(t.Context(), clerk.create(), http.Header{})
	for range 3 {
		next(t, lines)
	}
	b.ahead.Add(int64(61 * time.Second))
	for _, want := range []string{"event: tick", "data: 1"} {
		if got := next(t, lines); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// SS-033: who is taken what they may do is taken their streams.
func TestStream_ends_when_somebody_may_watch_no_longer(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, boss := b.signIn("demo-clerk"), b.signIn("demo-administrator")
	_, lines := clerk.stream(t.Context(), clerk.create(), http.Header{})
	next(t, lines)
	if a := boss.do(post("/people/demo-clerk/disable", url.Values{})); a.status != http.StatusOK {
		t.Fatalf("disabling answered %d", a.status)
	}
	b.awaitStreams("0")
	for line := range lines {
		if line == "event: beat" {
			t.Error("it goes on")
		}
	}
}
