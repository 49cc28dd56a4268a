package portal_test

import (
	"net/url"
	"testing"
)

// explained gives where the trouble on a page leads for more.
func explained(t *testing.T, a answer, within string) string {
	t.Helper()
	return a.page(t).Find(within+" a.explain").AttrOr("href", "")
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
	for name, c := range map[string]struct{ got, want string }{
		"a form":    {explained(t, clerk.do(post("/offers", form)), ".summary"), "/help#form"},
		"a filter":  {explained(t, clerk.do(get("/offers?status=nothing")), ".summary"), "/help#form"},
		"a display": {explained(t, clerk.do(post("/display/pair", url.Values{"code": {"AAA222"}})), "main"), "/help#display-lost"},
		"a silence": {explained(t, silent, ".say"), "/help#no-phone"},
	} {
		if c.got != c.want {
			t.Errorf("%s leads to %q, want %q", name, c.got, c.want)
		}
	}
}
