package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestSlip_shows_the_code_only_when_it_is_asked_for(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, auditor := b.signIn("demo-clerk"), b.signIn("demo-auditor")
	offer := clerk.create()
	if a := auditor.do(post(offer+"/slip", nil)); a.status != http.StatusForbidden {
		t.Errorf("the auditor's POST answered %d", a.status)
	}
	if a := auditor.do(get(offer + "/slip")); a.status != http.StatusForbidden {
		t.Errorf("the auditor's GET answered %d", a.status)
	}
	if auditor.do(get(offer)).page(t).Find("form[action$=slip]").Length() > 0 {
		t.Error("the auditor is shown what only clerks may do")
	}
	if a := b.nobody().do(get(offer + "/slip")); a.status != http.StatusSeeOther {
		t.Errorf("nobody's GET answered %d", a.status)
	}
	if a := clerk.do(post(offer+"/slip", nil).with("Sec-Fetch-Site", "cross-site")); a.status != http.StatusForbidden { // PF-026
		t.Errorf("POST from another site answered %d", a.status)
	}
	if strings.Contains(clerk.do(get(offer+"/live")).body, "shown to") {
		t.Error("a refused request is on the record as one that was shown the code")
	}

	a := clerk.do(post(offer+"/slip", nil))
	code := a.page(t).Find("output").Text()
	plain := strings.ReplaceAll(code, " ", "")
	if a.status != http.StatusOK || len(plain) != 6 || len(code) != 7 || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("revealed: %d %q", a.status, code)
	}
	if !strings.Contains(a.body, `<noscript><meta http-equiv="refresh" content="60"></noscript>`) {
		t.Error("a browser without scripts shows the code for ever")
	}
	if onCounter := clerk.do(post(offer+"/reveal", nil)).page(t).Find("output").Text(); onCounter != code {
		t.Errorf("the slip says %s, the counter %s", code, onCounter)
	}
	for _, path := range []string{"/slip", "/handout", "/handout.svg", "", "/live"} { // PF-119
		if body := clerk.do(get(offer + path)).body; strings.Contains(body, code) || strings.Contains(body, plain) {
			t.Errorf("%s shows the code", path)
		}
	}
	if text := a.page(t).Text(); strings.Contains(text, "Erika") || strings.Contains(text, "T22000129") || a.page(t).Find("main img").Length() > 0 {
		t.Error("the slip shows a claim or a picture")
	}
	eventually(t, "the record says who was shown the code", func() bool {
		return strings.Contains(clerk.do(get(offer+"/live")).body, "shown to Carla Clerk")
	})
}

// eventually asks again until it holds: what was shown is recorded a moment later.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			t.Fatalf("not in time: %s", what)
		case <-tick.C:
		}
	}
}

func TestPaper_is_there_while_the_offer_can_be_redeemed(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, auditor := b.signIn("demo-clerk"), b.signIn("demo-auditor")
	form := clerk.form()
	form.Del("tx_code")
	without := clerk.do(post("/offers", form)).header.Get("Location")
	cancelled, expired := clerk.create(), clerk.create()
	if doc := clerk.do(get(without)).page(t); doc.Find("form[action$=slip]").Length() > 0 || doc.Find("a[href$=handout]").Length() != 1 {
		t.Error("without a code there is a slip, or no hand-out")
	}
	for _, r := range []request{get(without + "/slip"), post(without+"/slip", nil), get("/offers/nowhere/slip"), post("/offers/nowhere/slip", nil),
		get("/offers/nowhere/handout"), get("/offers/nowhere/handout.svg"), get("/offers/%00/slip"), get("/offers/" + strings.Repeat("x", 3000) + "/handout")} {
		if a := clerk.do(r); a.status != http.StatusNotFound {
			t.Errorf("%s %.60s answered %d", r.method, r.path, a.status)
		}
	}
	for _, path := range []string{"/handout", "/handout.svg"} {
		if a := auditor.do(get(expired + path)); a.status != http.StatusOK {
			t.Errorf("the auditor's %s answered %d", path, a.status)
		}
		if a := clerk.do(post(expired+path, nil)); a.status != http.StatusMethodNotAllowed {
			t.Errorf("POST %s answered %d", path, a.status)
		}
	}
	clerk.do(post(cancelled+"/cancel", nil))
	b.ahead.Add(int64(5 * time.Minute))
	for _, offer := range []string{cancelled, expired} {
		for _, path := range []string{"/slip", "/handout"} {
			doc := clerk.do(get(offer + path)).page(t)
			if doc.Find(".sheet, [data-print], form[action$=slip]").Length() > 0 || !strings.Contains(doc.Find(".printed").Text(), "nothing to print") {
				t.Errorf("%s of an offer that has ended: %s", path, doc.Find("main").Text())
			}
		}
		if a := clerk.do(post(offer+"/slip", nil)); a.status != http.StatusNotFound || a.page(t).Find("output").Length() > 0 {
			t.Errorf("after the end the code answers %d", a.status)
		}
		if a := clerk.do(get(offer + "/handout.svg")); a.status != http.StatusConflict {
			t.Errorf("after the end the QR code answers %d", a.status)
		}
	}
}
