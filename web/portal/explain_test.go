package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// explained gives where the trouble on a page leads for more.
func explained(t *testing.T, a answer, within string) string {
	t.Helper()
	return a.page(t).Find(within+" a.explain, "+within+" a.meant").AttrOr("href", "")
}

// seen is the text of a part as eyes read it.
func seen(part *goquery.Selection) string {
	return strings.TrimSpace(part.Clone().Find(".unseen").Remove().End().Text())
}

func TestErrors_lead_to_what_the_guides_say_about_them(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	form := clerk.form()
	form.Del("claim.family_name")
	offer := clerk.create()
	b.ahead.Store(int64(90e9))
	silent := clerk.do(get(offer))
	b.ahead.Store(int64(10 * time.Minute))
	late := clerk.do(get(offer))
	for name, c := range map[string]struct{ got, want string }{
		"a form":    {explained(t, clerk.do(post("/offers", form)), ".summary"), "/help#form"},
		"a field":   {explained(t, clerk.do(post("/offers", form)), ".error"), "/help/troubles#empty-field"},
		"a day":     {explained(t, clerk.do(get("/offers?from=2026-02-30")), ".error"), "/help/troubles#search"},
		"a wallet":  {explained(t, clerk.do(post("/demo/wallet", url.Values{"offer": {"nothing"}})), ".summary"), "/help/troubles#demo-wallet"},
		"a step":    {explained(t, late, ".story .bad"), "/help#expired"},
		"an end":    {explained(t, clerk.do(get(offer+"/record")), ".lead"), "/help#expired"},
		"a filter":  {explained(t, clerk.do(get("/offers?status=nothing")), ".summary"), "/help#form"},
		"a display": {explained(t, clerk.do(post("/display/pair", url.Values{"code": {"AAA222"}})), "main"), "/help/troubles#pairing-code"},
		"a silence": {explained(t, silent, ".say"), "/help#no-phone"},
	} {
		if c.got != c.want {
			t.Errorf("%s leads to %q, want %q", name, c.got, c.want)
		}
	}
}
