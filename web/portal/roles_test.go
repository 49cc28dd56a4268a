package portal_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
	"counterfoil/web/portal"
)

// policy is who may do what at the portal, route by route: o operators, p approvers, a administrators, u auditors; "everybody" is not signed
// in. What is not here fails the test, so that no route comes without somebody deciding.
func policy() map[string]string {
	all := map[string]string{
		"GET /help/administration": "opau",

		"GET /": "opau", "GET /offers": "opau", "GET /offers/:offer": "opau", "GET /offers/:offer/live": "opau", "GET /offers/:offer/stream": "opau",
		"GET /offers/:offer/qr.svg": "opau", "GET /offers/:offer/code": "opau", "GET /demo/wallet": "opau", "POST /demo/wallet": "opau",
		"GET /offers/new/:type": "o", "POST /offers": "o", "POST /offers/:offer/reveal": "o", "POST /offers/:offer/cancel": "o",
		"POST /offers/:offer/renew": "o", "POST /offers/:offer/again": "o", "POST /offers/new/:type": "o",
		"GET /offers/:offer/slip": "o", "POST /offers/:offer/slip": "o", "GET /offers/:offer/handout": "opau", "GET /offers/:offer/handout.svg": "opau",
		"GET /display/pair": "o", "POST /display/pair": "o", "POST /display/unpair": "o", "POST /offers/:offer/hide": "o",
		"GET /callbacks": "au", "GET /callbacks/:callback": "au", "GET /deliveries/:delivery": "au", "GET /system": "au", "POST /system": "a",
		"POST /callbacks": "a", "POST /deliveries/:delivery/replay": "a",
		"GET /account":      "opau",
		"POST /session":     "opau",
		"POST /offers/find": "opau", "GET /offers/:offer/record": "opau", "POST /offers/:offer/replace": "o",
		"GET /approvals": "p", "GET /approvals/list": "p", "GET /approvals/:offer": "p", "POST /approvals/:offer/approve": "p", "POST /approvals/:offer/reject": "p",
		"GET /people": "au", "GET /people/:person": "au", "GET /people/new": "a", "POST /people": "a", "POST /people/:person/sessions/end": "a",
		"GET /clients": "au", "GET /clients/:client": "au", "GET /clients/new": "a", "POST /clients": "a", "POST /clients/:client/keys/end": "a",
		"GET /audit": "au", "GET /audit/export": "au", "POST /audit/verify": "au",
	}
	for _, read := range []string{"types", "types/:type", "certificates"} {
		all["GET /"+read] = "au"
	}
	for _, change := range []string{"types/:type/try", "new-type", "new-type/edit", "new-type/try", "new-type/confirm"} {
		all["POST /"+change] = "a"
	}
	all["GET /new-type"] = "a"
	for _, action := range []string{"pause", "resume", "rotate", "ping", "replay", "replay_range", "change", "delete"} {
		all["POST /callbacks/:callback/"+action] = "a"
	}
	for _, action := range []string{"roles", "reset", "disable", "enable"} {
		all["POST /people/:person/"+action] = "a"
	}
	all["GET /clients/:client/change"] = "a"
	for _, action := range []string{"keys", "change", "disable", "enable"} {
		all["POST /clients/:client/"+action] = "a"
	}
	for _, change := range []string{"passkeys/begin", "passkeys", "passkeys/remove", "totp", "totp/confirm", "totp/remove", "recovery", "sessions/end", "appearance"} {
		all["POST /account/"+change] = "opau"
	}
	for _, open := range []string{
		"GET /sign-in", "POST /sign-in", "GET /sign-in/second", "POST /sign-in/second", "POST /sign-in/passkey/begin", "POST /sign-in/passkey", "GET /sign-in/sso",
		"GET " + portal.SSOBack, "POST /sign-out", "GET /static/*", "GET /brand/*", "GET /display", "GET /display/live", "GET /display/stream", "GET /display/:offer/qr.svg",
		"GET /help", "GET /help/troubles", "GET /help/keyboard", "POST /help/keyboard", "GET /help/pictures/*",
		"POST " + portal.SSOLogout, "GET /sign-in/setup", "POST /sign-in/setup", "POST /language", "GET /session",
	} {
		all[open] = "everybody"
	}
	return all
}

// Every route is walked by every role, and by nobody: what the policy does not give is refused (PF-065 to PF-069).
func TestPortal_lets_each_role_do_what_the_policy_says(t *testing.T) {
	t.Parallel()
	b := open(t)
	people := map[string]person{"o": b.signIn("demo-clerk"), "p": b.signIn("demo-approver"), "a": b.signIn("demo-administrator"), "u": b.signIn("demo-auditor")}
	offer := strings.TrimPrefix(people["o"].create(), "/offers/")
	if a := people["a"].do(post("/people", url.Values{"name": {"someone"}, "role.auditor": {"yes"}})); a.status != http.StatusCreated {
		t.Fatalf("adding a person answered %d", a.status)
	}
	values := strings.NewReplacer(":offer", offer, ":type", "IdentityCredential", ":callback", "none", ":person", "someone", ":client", "none", ":delivery", "999999")
	walked := map[string]bool{}
	for _, route := range portal.New(portal.Dependencies{Staff: &staff.Service{}, DemoWallet: noWallet{}, Clock: time.Now}).GetRoutes(true) {
		name := route.Method + " " + route.Path
		if route.Method == fiber.MethodHead || walked[name] {
			continue
		}
		walked[name] = true
		may, decided := policy()[name]
		if !decided {
			t.Errorf("%s is not in the policy", name)
			continue
		}
		if may == "everybody" {
			continue
		}
		r := get(values.Replace(route.Path))
		if route.Method == fiber.MethodPost {
			r = post(values.Replace(route.Path), nil)
		}
		if strings.HasSuffix(route.Path, "/stream") { // one that is let in does not end
			continue
		}
		if a := b.nobody().do(r); a.status != http.StatusUnauthorized && a.status != http.StatusSeeOther {
			t.Errorf("nobody, %s: %d", name, a.status)
		}
		for role, who := range people {
			a := who.do(r)
			refused := a.status == http.StatusForbidden && strings.Contains(a.body, "Your role does not allow this.")
			if refused == strings.Contains(may, role) || a.status >= http.StatusInternalServerError {
				t.Errorf("%s, %s: %d", role, name, a.status)
			}
		}
	}
	for name := range policy() {
		if !walked[name] {
			t.Errorf("there is no route %s", name)
		}
	}
	if !slices.Equal(staff.Roles(), []staff.Role{staff.Operator, staff.Approver, staff.Administrator, staff.Auditor}) {
		t.Error("there is a role that nobody walked as")
	}
}
