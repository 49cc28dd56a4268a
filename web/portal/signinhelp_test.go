package portal_test

import (
	"net/url"
	"testing"
)

func TestSignIn_leads_from_what_it_refuses_to_what_the_guides_say(t *testing.T) {
	t.Parallel()
	nobody := open(t).nobody()
	for name, c := range map[string]struct {
		r    request
		want string
	}{
		"a wrong password":              {post("/sign-in", url.Values{"name": {"demo-clerk"}, "password": {"wrong"}}), "/help#signed-out"},
		"a second step without a first": {post("/sign-in/second", url.Values{"code": {"123456"}}), "/help#signed-out"},
		"a setup code that is none":     {post("/sign-in/setup", url.Values{"name": {"demo-clerk"}, "code": {"AAAA"}, "password": {"x"}, "again": {"y"}}), "/help#form"},
	} {
		if got := nobody.do(c.r).page(t).Find(".summary a.explain").AttrOr("href", ""); got != c.want {
			t.Errorf("%s leads to %q, want %q", name, got, c.want)
		}
	}
}
