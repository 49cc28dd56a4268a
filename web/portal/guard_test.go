package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"counterfoil/views/i18n"
)

func TestPortal_takes_changes_from_its_own_pages_only(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	offer := clerk.create()
	host := strings.TrimPrefix(b.portal, "http://")
	cases := map[string]struct {
		change func(request) request
		status int
	}{
		"PF-017 Origin null":                       {func(r request) request { return r.with("Sec-Fetch-Site").with("Origin", "null") }, 403},
		"PF-019 neither Origin nor Sec-Fetch-Site": {func(r request) request { return r.with("Sec-Fetch-Site") }, 403},
		"PF-026 another site":                      {func(r request) request { return r.with("Sec-Fetch-Site", "cross-site") }, 403},
		"a sibling site":                           {func(r request) request { return r.with("Sec-Fetch-Site", "same-site") }, 403},
		"typed by a person":                        {func(r request) request { return r.with("Sec-Fetch-Site", "none") }, 403},
		"another Origin":                           {func(r request) request { return r.with("Sec-Fetch-Site").with("Origin", "https://evil.example") }, 403},
		"an Origin that begins alike": {func(r request) request {
			return r.with("Sec-Fetch-Site").with("Origin", "http://"+host+".evil.example")
		}, 403},
		"an Origin of ours beside a site of others": {func(r request) request { return r.with("Sec-Fetch-Site", "cross-site").with("Origin", "http://"+host) }, 403},
		"an older browser":                          {func(r request) request { return r.with("Sec-Fetch-Site").with("Origin", "http://"+host) }, 303},
		"PF-024 text/plain":                         {func(r request) request { return r.with("Content-Type", "text/plain") }, 415},
		"no content type":                           {func(r request) request { return r.with("Content-Type") }, 415},
		"JSON":                                      {func(r request) request { return r.with("Content-Type", "application/json").sending("{}") }, 415},
		"multipart that is none":                    {func(r request) request { return r.with("Content-Type", "multipart/form-data; boundary=x") }, 400},
		"PF-086 2,000 fields":                       {func(r request) request { return r.sending(strings.Repeat("a=1&", 1) + many(2000)) }, 400},
		"PF-084 a field twice":                      {func(r request) request { return r.sending(r.body + "&claim.given_name=Erik") }, 400},
		"a NUL in a field":                          {func(r request) request { return r.sending(r.body + "&claim.town=%00") }, 400},
		"a body of 300 KiB":                         {func(r request) request { return r.sending(r.body + "&claim.town=" + strings.Repeat("x", 300<<10)) }, 413},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			before := clerk.offers()
			a := clerk.do(c.change(post("/offers", clerk.form())))
			if a.status != c.status {
				t.Errorf("got %d, want %d", a.status, c.status)
			}
			made := clerk.offers() - before
			if (c.status == http.StatusSeeOther) != (made == 1) {
				t.Errorf("%d offers were made", made)
			}
			if c.status != http.StatusSeeOther {
				a.page(t)
			}
		})
	}
	for _, path := range []string{offer + "/cancel", offer + "/reveal", "/sign-out", "/demo/wallet"} {
		if a := clerk.do(post(path, nil).with("Sec-Fetch-Site", "cross-site")); a.status != http.StatusForbidden {
			t.Errorf("POST %s from another site answered %d", path, a.status)
		}
	}
}

func many(n int) string {
	var fields []string
	for i := range n {
		fields = append(fields, "f"+strings.Repeat("x", i%7)+string(rune('a'+i%26))+strings.Repeat("y", i/26))
	}
	return strings.Join(fields, "&")
}

func TestPortal_answers_in_pages_with_the_right_headers(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk := b.signIn("demo-clerk")
	offer := clerk.create()
	for _, c := range []struct {
		request request
		status  int
	}{
		{get("/"), 200}, {get("/offers"), 200}, {get(offer), 200}, {get("/sign-in"), 200}, {get("/demo/wallet"), 200},
		{get("/nowhere"), 404}, {get("/offers/nowhere"), 404}, {get("/offers/new/Nowhere"), 404}, {get("/static/css/nowhere.css"), 404},
		{get("/static/../go.mod"), 404}, {get("/offers/%00"), 404}, {get("/offers/%ff%fe"), 404}, {get("/offers/" + strings.Repeat("x", 3000)), 404},
		{get(offer + "/cancel"), 405}, {get(offer + "/reveal"), 405}, // PF-020
		{request{method: "HEAD", path: offer + "/cancel", header: http.Header{}}, 405}, // PF-021
		{request{method: "OPTIONS", path: offer + "/cancel", header: http.Header{"Sec-Fetch-Site": {"same-origin"}}}, 405},
		{request{method: "DELETE", path: offer, header: http.Header{"Sec-Fetch-Site": {"same-origin"}}}, 405},
		{post(offer+"/stream", nil), 405},                   // SS-006
		{get("/display"), 200}, {get("/display/live"), 204}, // SS-121
		{post("/offers/nowhere/cancel", nil), 404}, {post("/offers/nowhere/reveal", nil), 404},
	} {
		a := clerk.do(c.request)
		where := c.request.method + " " + c.request.path[:min(len(c.request.path), 60)]
		if a.status != c.status {
			t.Errorf("%s answered %d, want %d", where, a.status, c.status)
		}
		for name, want := range map[string]string{ // PF-027, PF-124
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s: %s is %q", where, name, got)
			}
		}
		policy := a.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is %q", where, policy)
		}
		if c.request.method != "HEAD" {
			a.page(t)
		}
	}
}

func TestPortal_lets_each_role_do_its_own(t *testing.T) {
	t.Parallel()
	b := open(t)
	clerk, auditor := b.signIn("demo-clerk"), b.signIn("demo-auditor")
	offer := clerk.create()
	for _, c := range []struct {
		request        request
		clerk, auditor int
	}{
		{get("/"), 200, 200}, {get("/offers"), 200, 200}, {get(offer), 200, 200}, {get(offer + "/live"), 200, 200},
		{get(offer + "/qr.svg"), 200, 200}, {get("/offers/new/IdentityCredential"), 200, 403},
		{post(offer+"/reveal", nil), 200, 403}, {post("/offers", clerk.form()), 303, 403}, {post(offer+"/cancel", nil), 303, 403}, // PF-069
	} {
		if a := auditor.do(c.request); a.status != c.auditor {
			t.Errorf("the auditor's %s %s answered %d", c.request.method, c.request.path, a.status)
		}
		if a := clerk.do(c.request); a.status != c.clerk {
			t.Errorf("the clerk's %s %s answered %d", c.request.method, c.request.path, a.status)
		}
	}
	doc := auditor.do(get(clerk.create())).page(t)
	if doc.Find("form[action$=reveal], form[action$=cancel]").Length() > 0 {
		t.Error("the auditor is shown what only clerks may do")
	}
}

func TestPortal_speaks_the_language_that_was_chosen_or_the_browsers(t *testing.T) {
	t.Parallel()
	b := open(t)
	for name, c := range map[string]struct {
		r    request
		want string
	}{
		"nothing asked":              {get("/sign-in"), "en"},
		"the browser's":              {get("/sign-in").with("Accept-Language", "de-CH,de;q=0.9,en;q=0.5"), "de"},
		"chosen here":                {get("/sign-in").with("Accept-Language", "de").with("Cookie", "language=fr"), "fr"},
		"one that we do not speak":   {get("/sign-in").with("Accept-Language", "sv").with("Cookie", "language=xx"), "en"},
		"no language at all":         {get("/sign-in").with("Accept-Language", strings.Repeat("a-", 3000)).with("Cookie", `language="><script>`), "en"},
		"chosen twice":               {get("/sign-in").with("Accept-Language", "de").with("Cookie", "language=fr; language=en"), "de"},
		"the one for looking at it":  {get("/sign-in").with("Cookie", "language="+i18n.Pseudo), i18n.Pseudo},
		"a page that does not exist": {get("/nowhere").with("Accept-Language", "de"), "de"},
	} {
		a := b.nobody().do(c.r)
		if lang, _ := a.page(t).Find("html").Attr("lang"); lang != c.want {
			t.Errorf("%s: the page is in %s, want %s", name, lang, c.want)
		}
	}
}
