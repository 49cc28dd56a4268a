package wallet_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
)

func TestNonce_needs_nothing_and_heeds_nothing(t *testing.T) {
	f := newFixture(t)
	seen := map[string]bool{}
	for name, change := range map[string]func(*request){
		"NO-010 no body and no content type":    func(*request) {},
		"no body but a form's content type":     func(r *request) { r.contentType = formType },
		"NO-011 an empty JSON object":           func(r *request) { r.contentType, r.body = jsonType, "{}" },
		"NO-013 XML":                            func(r *request) { r.contentType, r.body = "text/xml", "<a/>" },
		"NO-014 no JSON":                        func(r *request) { r.contentType, r.body = jsonType, `{"` },
		"NO-018 a nonce of the wallet's own":    func(r *request) { r.path += "?c_nonce=chosen" },
		"NO-027 a token that is none":           func(r *request) { r.set("Authorization", "Bearer garbage") },
		"NO-030 an API key":                     func(r *request) { r.set("X-Api-Key", "key") },
		"NO-032 a DPoP proof that is none":      func(r *request) { r.set("Dpop", "a.b") },
		"NO-035 another host":                   func(r *request) { r.host = "evil.example" },
		"NO-036 another host from a proxy":      func(r *request) { r.set("X-Forwarded-Host", "evil.example") },
		"NO-047 HTML is wanted":                 func(r *request) { r.set("Accept", "text/html") },
		"NO-050 a language that does not exist": func(r *request) { r.set("Accept-Language", "xx") },
		"NO-053 a range":                        func(r *request) { r.set("Range", "bytes=0-3") },
		"NO-007 another origin":                 func(r *request) { r.set("Origin", "https://evil.example") },
	} {
		t.Run(name, func(t *testing.T) {
			r := request{method: http.MethodPost, path: oid4vci.PathNonce}
			change(&r)
			a := f.do(t, r)
			a.want(t, http.StatusOK, "")
			nonce := a.member("c_nonce")
			if len(nonce) < 22 || seen[nonce] || strings.Contains(a.body, "chosen") || strings.Contains(a.body, "evil") {
				t.Errorf("got %s", a.body)
			}
			seen[nonce] = true
			if a.header.Get("DPoP-Nonce") == nonce || a.header.Get("DPoP-Nonce") == "" {
				t.Errorf("DPoP-Nonce %q", a.header.Get("DPoP-Nonce"))
			}
			f.wantGood(t, nonce)
		})
	}
}

// wantGood collects with a nonce.
func (f *fixture) wantGood(t *testing.T, nonce string) {
	t.Helper()
	o := f.offer(t)
	collected(t, f.tryWith(t, o, f.redeem(t, o), nonce).send(t))
}

func TestNonce_is_held_to_what_was_given_out(t *testing.T) {
	f := newFixture(t)
	staging := newFixture(t)
	flip := func(nonce string, i int) string {
		b, err := base64.RawURLEncoding.DecodeString(nonce)
		if err != nil {
			t.Fatal(err)
		}
		b[(i+len(b))%len(b)] ^= 1
		return base64.RawURLEncoding.EncodeToString(b)
	}
	swapped := func(nonce string) string {
		if up := strings.ToUpper(nonce); up != nonce {
			return up
		}
		return strings.ToLower(nonce)
	}
	const stale, proof = "invalid_nonce", "invalid_proof"
	for name, row := range map[string]struct {
		nonce func(given string) any
		code  string
	}{
		"NO-066 of another installation":    {func(string) any { return staging.cNonce(t) }, stale},
		"NO-081 empty":                      {func(string) any { return "" }, proof},
		"NO-079 null":                       {func(string) any { return nil }, proof},
		"a number":                          {func(string) any { return 1 }, proof},
		"NO-083 an array":                   {func(given string) any { return []string{given} }, proof},
		"NO-084 an object":                  {func(given string) any { return object{"nonce": given} }, proof},
		"NO-085 with a space behind it":     {func(given string) any { return given + " " }, stale},
		"line feeds in place of its end":    {func(given string) any { return given[:28] + strings.Repeat("\n", len(given)-28) }, stale},
		"with a line feed in it":            {func(given string) any { return given[:10] + "\n" + given[10:] }, stale},
		"NO-086 in another case":            {func(given string) any { return swapped(given) }, stale},
		"NO-087 a part of a given one":      {func(given string) any { return given[:len(given)-1] }, stale},
		"NO-088 a given one and more":       {func(given string) any { return given + "A" }, stale},
		"a given one with padding":          {func(given string) any { return given + "==" }, stale},
		"NO-089 ten thousand bytes":         {func(string) any { return strings.Repeat("a", 10_000) }, stale},
		"NO-089 a hundred thousand bytes":   {func(string) any { return strings.Repeat("a", 100_000) }, proof},
		"NO-090 with NUL":                   {func(given string) any { return given[:53] + "\x00" }, stale},
		"NO-091 SQL":                        {func(string) any { return "' OR 1=1; --" }, stale},
		"NO-092 a bit of the MAC changed":   {func(given string) any { return flip(given, -1) }, stale},
		"a bit of the time changed":         {func(given string) any { return flip(given, 0) }, stale},
		"a bit of the randomness changed":   {func(given string) any { return flip(given, 12) }, stale},
		"NO-094 the DPoP nonce":             {func(string) any { return f.dpop(t).nonce }, stale},
		"the access token of another offer": {func(string) any { return f.redeem(t, f.offer(t)) }, stale},
		"the pre-authorized code":           {func(string) any { return f.offer(t).code }, stale},
		"all zeros":                         {func(given string) any { return strings.Repeat("A", len(given)) }, stale},
	} {
		t.Run(name, func(t *testing.T) {
			c := f.credentialTry(t)
			given := c.nonce
			c.claims["nonce"] = row.nonce(given)
			text, _ := c.claims["nonce"].(string)
			if len(text) < 10 {
				text = ""
			}
			c.send(t).want(t, 400, row.code, text, c.token)
			collected(t, f.tryWith(t, c.offer, c.token, given).send(t))
		})
	}
	t.Run("NO-079 absent", func(t *testing.T) {
		c := f.credentialTry(t)
		delete(c.claims, "nonce")
		c.send(t).want(t, 400, proof)
		f.wantGood(t, c.nonce)
	})
}

func TestNonce_lives_five_minutes(t *testing.T) {
	for name, row := range map[string]struct {
		age    time.Duration
		status int
		code   string
	}{
		"NO-069 a second before its end": {5*time.Minute - time.Second, 200, ""},
		"a second after its end":         {5*time.Minute + time.Second, 400, "invalid_nonce"},
		"a day old":                      {24 * time.Hour, 400, "invalid_nonce"},
		// A clock that steps back must not make nonces from the future good for ever.
		"an hour from the future": {-time.Hour, 400, "invalid_nonce"},
		// NO-106: replicas' clocks may differ.
		"half a minute from the future": {-30 * time.Second, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			nonce := f.cNonce(t)
			f.clock.move(row.age)
			o := f.offer(t)
			f.tryWith(t, o, f.redeem(t, o), nonce).send(t).want(t, row.status, row.code, nonce)
		})
	}
}

func TestNonce_is_spent_by_success_and_by_nothing_else(t *testing.T) {
	f := newFixture(t)
	c := f.credentialTry(t)
	// NO-076: the signature is checked before the nonce is spent.
	spoiled := c.proof(t)
	c.proofs = []string{spoiled[:len(spoiled)-6] + "AAAAAA"}
	c.send(t).want(t, 400, "invalid_proof", c.nonce)
	collected(t, f.tryWith(t, c.offer, c.token, c.nonce).send(t))
	f.tryWith(t, c.offer, c.token, c.nonce).send(t).want(t, 400, "invalid_nonce", c.nonce)
	// A process that was killed in between remembers it too.
	f.restart(t)
	f.tryWith(t, c.offer, c.token, c.nonce).send(t).want(t, 400, "invalid_nonce", c.nonce)
	// A nonce belongs to no token, so that of another offer is spent as well.
	o := f.offer(t)
	f.tryWith(t, o, f.redeem(t, o), c.nonce).send(t).want(t, 400, "invalid_nonce", c.nonce)
	// One that was given out before the restart is good after it (NO-065 without a new key).
	early := f.cNonce(t)
	f.restart(t)
	collected(t, f.tryWith(t, c.offer, c.token, early).send(t))
}

// NO-071.
func TestNonce_pays_for_one_of_fifty_requests_at_once(t *testing.T) {
	f := newFixture(t)
	c := f.credentialTry(t)
	tries := make([]*credentialTry, 50)
	for i := range tries {
		tries[i] = f.tryWith(t, c.offer, c.token, c.nonce)
	}
	won := 0
	for _, a := range together(50, func(i int) answer { return tries[i].send(t) }) {
		if a.status == http.StatusOK {
			won++
			continue
		}
		a.want(t, 400, "invalid_nonce", c.nonce, c.token)
	}
	kinds := f.kinds(t, c.offer.id)
	if won != 1 || count(kinds, issuance.CredentialIssued) != 1 || count(kinds, issuance.CredentialReissued) != 0 {
		t.Errorf("%d requests got a credential: %v", won, kinds)
	}
}

// NO-058, and NO-059 with fewer.
func TestNonce_many_are_all_different(t *testing.T) {
	f := newFixture(t)
	seen := map[string]bool{}
	const many = 2000
	for range many {
		b, err := f.protocol.Nonce()
		if err != nil {
			t.Fatal(err)
		}
		seen[string(b)] = true
	}
	if len(seen) != many {
		t.Errorf("%d of %d", len(seen), many)
	}
}
