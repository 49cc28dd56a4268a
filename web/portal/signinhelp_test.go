package portal_test

import (
	"net/url"
	"testing"
)

func TestSignIn_leads_from_what_it_refuses_to_what_the_guides_say(t *testing.T) {
	t.Parallel()
	nobody := open(t).nobody()
	for name, c := range map[string]struct {
		r        request
		at, want string
	}{
		"a wrong password":              {post("/sign-in", url.Values{"name": {"demo-clerk"}, "password": {"wrong"}}), ".summary a.explain", "/help/troubles#wrong-password"},
		"a second step without a first": {post("/sign-in/second", url.Values{"code": {"123456"}}), ".summary a.explain", "/help/troubles#sign-in-over"},
		"passwords that differ":         {post("/sign-in/setup", url.Values{"name": {"demo-clerk"}, "code": {"AAAA"}, "password": {"x"}, "again": {"y"}}), ".error a", "/help/troubles#passwords-differ"},
		"a setup code that is none":     {post("/sign-in/setup", url.Values{"name": {"demo-clerk"}, "code": {"AAAA"}, "password": {"four words of no kind"}, "again": {"four words of no kind"}}), ".error a", "/help/troubles#setup-code"},
	} {
		if got := nobody.do(c.r).page(t).Find(c.at).AttrOr("href", ""); got != c.want {
			t.Errorf("%s leads to %q, want %q", name, got, c.want)
		}
	}
}
