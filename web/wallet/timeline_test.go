package wallet_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
)

// causes gives why the wallet was refused, in order, as staff read it.
func (f *fixture) causes(t *testing.T, id issuance.OfferID) []string {
	t.Helper()
	f.restart(t) // writes what is buffered
	var out []string
	for _, e := range f.events(t, id) {
		if e.Kind == issuance.RequestRefused {
			out = append(out, e.Cause)
		}
	}
	return out
}

func wantCauses(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the timeline says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Staff never know less than the wallet: also what is refused before a code is looked up belongs to the offer of the code.
func TestToken_every_refusal_with_a_code_is_on_the_timeline(t *testing.T) {
	f := newFixture(t)
	o := f.offer(t)
	d := f.dpop(t)
	dpop := func(change func(claims object)) string {
		claims := d.claims(f, oid4vci.PathToken, "")
		change(claims)
		return d.sign(t, d.header, claims)
	}
	for _, row := range []struct {
		change func(r *request)
		code   string
	}{
		{func(r *request) { r.form.Set("grant_type", "password") }, "unsupported_grant_type"},
		{func(r *request) { r.form.Set("client_secret", "x") }, "invalid_client"},
		{func(r *request) { r.set("Dpop", dpop(func(c object) { delete(c, "nonce") })) }, useNonce}, // how DPoP begins, no refusal to tell of
		{func(r *request) { r.set("Dpop", dpop(func(c object) { c["htm"] = "GET" })) }, badProof},
		{func(r *request) { r.form.Set("resource", "https://other.example") }, "invalid_target"},
		{func(r *request) { r.form.Set("authorization_details", "[]") }, "invalid_authorization_details"},
	} {
		r := tokenRequest(o)
		row.change(&r)
		status := 400
		if row.code == "invalid_client" {
			status = 401
		}
		f.do(t, r).want(t, status, row.code, o.code)
	}
	old := tokenRequest(o)
	old.set("Dpop", dpop(func(c object) { c["iat"] = f.clock.Now().Add(-time.Hour).Unix() }))
	f.do(t, old).want(t, 400, badProof, o.code)
	got := f.causes(t, o.id)
	if len(got) != 6 {
		t.Fatalf("6 of 7 are refusals, the timeline has %q", got)
	}
	var codes []string
	for _, e := range f.events(t, o.id) {
		if e.Kind == issuance.RequestRefused {
			codes = append(codes, e.Code)
		}
	}
	// What the wallet was answered, but for clocks, which staff mend in another way.
	if want := "unsupported_grant_type invalid_client invalid_dpop_proof invalid_target invalid_authorization_details clock"; strings.Join(codes, " ") != want {
		t.Errorf("the codes are %q, want %s", codes, want)
	}
	for _, cause := range got {
		if !strings.HasPrefix(cause, "token request: ") || strings.Contains(cause, o.code) {
			t.Errorf("%q", cause)
		}
	}
}

func TestCredential_every_refused_access_is_on_the_timeline(t *testing.T) {
	f := newFixture(t)
	o := f.offer(t)
	d := f.dpop(t)
	token := f.redeemBound(t, o, d)
	for _, row := range []struct {
		scheme string
		proof  func() string
	}{
		{"Bearer ", nil},
		{"DPoP ", nil},
		{"DPoP ", func() string {
			other := f.dpop(t)
			return other.proof(t, f, oid4vci.PathCredential, token)
		}},
	} {
		c := f.tryWith(t, o, token, f.cNonce(t))
		c.request.header.Set("Authorization", row.scheme+token)
		if row.proof != nil {
			c.request.set("Dpop", row.proof())
		}
		if a := c.send(t); a.status != 401 {
			t.Errorf("got %d %s", a.status, a.body)
		}
	}
	wantCauses(t, f.causes(t, o.id),
		"credential request: the access token is bound to a key: present it with DPoP",
		"credential request: the DPoP header is missing",
		"credential request: the proof is made with another key than the access token is bound to")
}

// Whoever helps from afar finds the line of the log by what the timeline says; what a caller says of itself is no name of ours.
func TestTimeline_names_the_request_of_every_step_as_the_log_does(t *testing.T) {
	f := newFixture(t)
	made := f.fresh(t, withTxCode)
	want := []string{""} // made by no door
	step := func(r request, status int) {
		t.Helper()
		r.set("X-Request-Id", "of-a-stranger")
		a := f.do(t, r)
		if a.status != status {
			t.Fatalf("got %d %s", a.status, a.body)
		}
		want = append(want, a.header.Get("X-Request-Id"))
	}
	step(request{method: http.MethodGet, path: oid4vci.PathOffers + string(made.Offer.ID), header: http.Header{}}, 200)
	o := offer{id: made.Offer.ID, code: f.service.Code(made.Offer.ID).Reveal(), txCode: made.TxCode.Reveal()}
	wrong := tokenRequest(o)
	wrong.form.Set("tx_code", strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, o.txCode))
	step(wrong, 400)
	refused := tokenRequest(o)
	refused.form.Set("grant_type", "password")
	step(refused, 400)
	step(tokenRequest(o), 200)
	var got []string
	for _, e := range f.events(t, o.id) {
		got = append(got, e.Request)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the timeline has the requests %q, want %q", got, want)
	}
	for _, id := range want[1:] {
		if !regexp.MustCompile(`^[A-Za-z0-9_-]{16}$`).MatchString(id) || !strings.Contains(f.logs.String(), "request_id="+id) && !strings.Contains(f.logs.String(), `"request_id":"`+id) {
			t.Errorf("the log has nothing of %q", id)
		}
	}
	if strings.Contains(f.logs.String(), "of-a-stranger") {
		t.Error("the log believes a stranger")
	}
}

// brokenMinter cannot sign.
type brokenMinter struct{}

func (brokenMinter) Mint(context.Context, issuance.Prepared) (issuance.Minted, error) {
	return issuance.Minted{}, errors.New("the key is away")
}

// brokenGates loses the database when a code is redeemed.
type brokenGates struct{ issuance.Gates }

func (brokenGates) Redeem(context.Context, issuance.Redemption) error {
	return errors.New("the database is away")
}

// A wallet that was answered with a fault of ours leaves a trace too, and nothing of the cause.
func TestTimeline_tells_of_faults_of_ours(t *testing.T) {
	f := newFixture(t)
	redeemed := f.credentialTry(t)
	f.service.Minter = brokenMinter{}
	if a := redeemed.send(t); a.status != 500 {
		t.Errorf("without a key collecting answered %d", a.status)
	}
	open := f.offer(t)
	f.service.Gates = brokenGates{f.service.Gates}
	if a := f.do(t, tokenRequest(open)); a.status != 500 {
		t.Errorf("without a database redeeming answered %d", a.status)
	}
	for name, id := range map[string]issuance.OfferID{"collecting": redeemed.offer.id, "redeeming": open.id} {
		wantCauses(t, f.causes(t, id), "a fault of the issuer")
		for _, e := range f.events(t, id) {
			if e.Kind == issuance.RequestRefused && e.Code != issuance.CodeFault {
				t.Errorf("%s: the code is %q", name, e.Code)
			}
		}
	}
}
