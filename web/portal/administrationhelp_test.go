package portal_test

import (
	"net/url"
	"testing"
)

func TestAdministration_leads_from_what_is_wrong_to_what_the_guides_say(t *testing.T) {
	t.Parallel()
	b := open(t)
	administrator := b.signIn("demo-administrator")
	for name, c := range map[string]struct {
		r    request
		want string
	}{
		"an endpoint in the house": {post("/callbacks", url.Values{"url": {"http://10.0.0.1/"}}), "/help/administration#callback-address"},
		"a type that is none":      {send(t, "/new-type", "id", "Nothing", "metadata", "{"), "/help/administration#type-metadata"},
		"a missing endpoint":       {get("/callbacks/none"), "/help#not-found"},
	} {
		doc := administrator.do(c.r).page(t)
		if got := doc.Find(`main a.meant, .actions a[href^="/help"]`).AttrOr("href", ""); got != c.want {
			t.Errorf("%s leads to %q, want %q", name, got, c.want)
		}
	}
}
