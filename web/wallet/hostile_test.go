package wallet_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"math/bits"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
	"counterfoil/web/surface"
)

func TestOffer_looking_at_it_spends_nothing(t *testing.T) {
	f := newFixture(t)
	o := f.offer(t)
	path := oid4vci.PathOffers + string(o.id)
	for name, header := range map[string]http.Header{
		"OF-138 who wants it signed": {"Accept": {"application/jwt"}},
		"OF-141 a link preview":      {"User-Agent": {"facebookexternalhit/1.1"}, "Accept": {"*/*"}},
		"OF-141 a prefetch":          {"Purpose": {"prefetch"}, "Sec-Purpose": {"prefetch;prerender"}},
		"OF-141 a part":              {"Range": {"bytes=0-10"}},
		"OF-141 a cached copy":       {"If-Modified-Since": {"Mon, 23 Nov 2099 00:00:00 GMT"}, "If-None-Match": {"*"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := f.do(t, request{method: http.MethodGet, path: path, header: header})
			a.want(t, http.StatusOK, "")
			if !json.Valid([]byte(a.body)) || !strings.Contains(a.body, o.code) {
				t.Errorf("got %s", a.body)
			}
		})
	}
	f.redeem(t, o)
}

// OF-139 with fewer: ids have 128 bits, so that nobody finds one by trying, and who tries is slowed down.
func TestOffer_ids_are_not_found_by_trying(t *testing.T) {
	f := newFixture(t)
	seen := map[issuance.OfferID]bool{}
	for range 20 {
		id := f.offer(t).id
		b, err := base64.RawURLEncoding.DecodeString(string(id))
		if err != nil || len(b) < 16 || seen[id] {
			t.Errorf("the id %s has %d bytes", id, len(b))
		}
		seen[id] = true
	}
	for i := range 1000 {
		b := make([]byte, 16)
		b[0], b[1] = byte(i), byte(i>>8)
		id := base64.RawURLEncoding.EncodeToString(b)
		f.do(t, request{method: http.MethodGet, path: oid4vci.PathOffers + id}).want(t, http.StatusNotFound, "not_found")
	}
}

// NO-107, OF-139. Each route has a measure of its own, and to be refused costs nothing but the time.
func TestDoor_every_route_slows_down_one_address(t *testing.T) {
	f := newFixture(t, func(f *fixture) { f.limited = true })
	o := f.offer(t) // takes one of its route
	for path, row := range map[string]struct {
		method  string
		allowed int
	}{
		oid4vci.PathNonce:                {http.MethodPost, 120},
		oid4vci.PathToken:                {http.MethodPost, 30},
		oid4vci.PathCredential:           {http.MethodPost, 60},
		oid4vci.PathNotification:         {http.MethodPost, 60},
		oid4vci.PathOffers + "nobody":    {http.MethodGet, 59},
		"/.well-known/" + "nothing/here": {http.MethodGet, 0}, // no route, no measure
	} {
		r := request{method: row.method, path: path}
		for i := range row.allowed {
			if a := f.do(t, r); a.status == http.StatusTooManyRequests {
				t.Fatalf("%s: request %d was refused", path, i+1)
			}
		}
		a := f.do(t, r)
		if row.allowed == 0 {
			a.want(t, http.StatusNotFound, "not_found")
			continue
		}
		a.want(t, http.StatusTooManyRequests, "temporarily_unavailable", o.code)
		if wait, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || wait < 1 || wait > 60 {
			t.Errorf("%s: Retry-After %q", path, a.header.Get("Retry-After"))
		}
	}
	f.clock.move(time.Minute)
	f.redeem(t, o)
}

// NO-108, NO-112: nonces are kept nowhere, so nobody can fill anything by asking, and they are there while the database is not.
func TestNonce_is_given_out_without_a_database(t *testing.T) {
	f := newFixture(t)
	f.close(t)
	var last string
	for range 1000 {
		last = f.cNonce(t)
	}
	f.open(t)
	f.wantGood(t, last)
}

// NO-029: the endpoint is not protected (OpenID4VCI 1.0 §7), so what is wrong with a token is no reason to refuse.
func TestNonce_heeds_no_token(t *testing.T) {
	f := newFixture(t)
	token := f.redeem(t, f.offer(t))
	f.clock.move(tokenTTL + time.Second)
	for name, header := range map[string]http.Header{
		"NO-029 past its time":  {"Authorization": {"Bearer " + token}},
		"of another scheme":     {"Authorization": {"DPoP " + token}},
		"two headers":           {"Authorization": {"Bearer " + token, "Bearer " + token}},
		"the token of no offer": {"Authorization": {"Bearer " + token[1:]}},
	} {
		t.Run(name, func(t *testing.T) {
			a := f.do(t, request{method: http.MethodPost, path: oid4vci.PathNonce, header: header})
			a.want(t, http.StatusOK, "", token)
			f.wantGood(t, a.member("c_nonce"))
		})
	}
}

// NO-062 with fewer. The bounds are six standard deviations, so that chance alone does not fail it in a lifetime, and a stuck bit or
// a counter always does.
func TestNonce_randomness_has_no_pattern(t *testing.T) {
	f := newFixture(t)
	const many, first, size = 20_000, 8, 16 // the randomness stands behind eight bytes of time
	ones, at := 0, [size * 8]int{}
	for range many {
		b, err := f.protocol.Nonce()
		if err != nil {
			t.Fatal(err)
		}
		var answer map[string]string
		if err := json.Unmarshal(b, &answer); err != nil {
			t.Fatal(err)
		}
		raw, err := base64.RawURLEncoding.DecodeString(answer["c_nonce"])
		if err != nil || len(raw) < first+size {
			t.Fatalf("got %d bytes, %v", len(raw), err)
		}
		for i, v := range raw[first : first+size] {
			ones += bits.OnesCount8(v)
			for bit := range 8 {
				at[8*i+bit] += int(v >> bit & 1)
			}
		}
	}
	off := func(ones, n int) float64 { return math.Abs(float64(2*ones-n)) / math.Sqrt(float64(n)) }
	if d := off(ones, many*size*8); d > 6 {
		t.Errorf("all bits together are off by %.1f standard deviations", d)
	}
	for bit, n := range at {
		if d := off(n, many); d > 6 {
			t.Errorf("bit %d is off by %.1f standard deviations", bit, d)
		}
	}
}

// NO-116, NO-117, NO-118: whoever is told to prove possession is told where the nonce is, on the issuer's own host and scheme.
func TestNonce_endpoint_is_in_the_metadata_where_it_is(t *testing.T) {
	for _, at := range []string{issuer, issuer + "/tenant", "https://issuer.example:8443"} {
		f := newFixture(t, func(f *fixture) { f.issuer = at })
		path := oid4vci.URLs{Issuer: at}.WellKnownIssuer()[0]
		var metadata struct {
			Nonce          string `json:"nonce_endpoint"`
			Configurations map[string]struct {
				Proofs map[string]any `json:"proof_types_supported"`
			} `json:"credential_configurations_supported"`
		}
		if err := json.Unmarshal([]byte(f.do(t, request{method: http.MethodGet, path: path}).body), &metadata); err != nil {
			t.Fatal(err)
		}
		if metadata.Nonce != at+oid4vci.PathNonce || !strings.HasPrefix(metadata.Nonce, "https://") {
			t.Errorf("at %s the nonce is at %q", at, metadata.Nonce)
		}
		for id, c := range metadata.Configurations {
			if len(c.Proofs) == 0 {
				t.Errorf("%s wants no proof", id)
			}
		}
		f.do(t, request{method: http.MethodPost, path: strings.TrimPrefix(metadata.Nonce, "https://"+strings.Split(at, "/")[2])}).want(t, 200, "")
	}
}

// NO-110.
func TestNonce_cleaning_up_while_it_is_spent_changes_nothing(t *testing.T) {
	f := newFixture(t)
	c := f.credentialTry(t)
	const n = 20
	tries := make([]*credentialTry, n)
	for i := range tries {
		tries[i] = f.tryWith(t, c.offer, c.token, c.nonce)
	}
	ctx, stop := context.WithCancel(t.Context())
	var cleaning sync.WaitGroup
	cleaning.Go(func() {
		for ctx.Err() == nil {
			_, expireErr := f.store.ExpireDue(ctx, f.clock.Now(), 100)
			forgetErr := f.store.Forget(ctx, f.clock.Now())
			if err := errors.Join(expireErr, forgetErr); err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	won := 0
	for _, a := range together(n, func(i int) answer { return tries[i].send(t) }) {
		if a.status == http.StatusOK {
			won++
			continue
		}
		a.want(t, 400, "invalid_nonce", c.nonce)
	}
	stop()
	cleaning.Wait()
	if won != 1 {
		t.Errorf("%d requests got a credential", won)
	}
	if err := f.store.Forget(t.Context(), f.clock.Now()); err != nil {
		t.Fatal(err)
	}
	f.tryWith(t, c.offer, c.token, c.nonce).send(t).want(t, 400, "invalid_nonce", c.nonce)
}

// NO-115.
func TestDoor_stopping_breaks_no_answer_off(t *testing.T) {
	f := newFixture(t)
	l, err := surface.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- f.app.Listener(l) }()
	const clients = 10
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer client.CloseIdleConnections()
	begun := make(chan struct{}, clients)
	var asking sync.WaitGroup
	for range clients {
		asking.Go(func() {
			for first := true; ; first = false {
				res, err := client.Post("http://"+l.Addr().String()+oid4vci.PathNonce, "", nil)
				if err != nil {
					return // refused or hung up on before an answer began
				}
				var answer struct {
					Nonce string `json:"c_nonce"`
				}
				err = json.NewDecoder(res.Body).Decode(&answer)
				if closeErr := res.Body.Close(); err != nil || closeErr != nil || answer.Nonce == "" {
					t.Errorf("half an answer: %v %v", err, closeErr)
				}
				if first {
					begun <- struct{}{}
				}
			}
		})
	}
	for range clients {
		<-begun
	}
	if err := f.app.Shutdown(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	asking.Wait()
}

// dying is a minter that signs and does not live to tell.
type dying struct{ issuance.Minter }

func (d dying) Mint(ctx context.Context, p issuance.Prepared) (issuance.Minted, error) {
	if _, err := d.Minter.Mint(ctx, p); err != nil {
		return issuance.Minted{}, err //nolint:wrapcheck // as it came
	}
	return issuance.Minted{}, errors.New("killed after the signature")
}

// CR-096: what was signed and not recorded never left the process, so nothing is spent; what was recorded and did not arrive may be
// collected again (OpenID4VCI 1.0 §14.3), and is told as issued once.
func TestCredential_a_process_that_dies_costs_the_wallet_nothing(t *testing.T) {
	f := newFixture(t)
	c := f.credentialTry(t)
	good := f.service.Minter
	f.service.Minter = dying{good}
	c.send(t).want(t, http.StatusInternalServerError, "server_error", c.nonce, c.token)
	f.service.Minter = good
	f.restart(t)
	if n := count(f.kinds(t, c.offer.id), issuance.CredentialIssued); n != 0 {
		t.Errorf("issued %d times before anything was recorded", n)
	}
	collected(t, f.tryWith(t, c.offer, c.token, c.nonce).send(t)) // whose answer is lost
	f.restart(t)
	f.tryWith(t, c.offer, c.token, c.nonce).send(t).want(t, 400, "invalid_nonce", c.nonce)
	collected(t, f.tryWith(t, c.offer, c.token, f.cNonce(t)).send(t))
	if kinds := f.kinds(t, c.offer.id); count(kinds, issuance.CredentialIssued) != 1 || count(kinds, issuance.CredentialReissued) != 1 {
		t.Errorf("got %v", kinds)
	}
}

// DP-118: a server whose clock is two minutes ahead of the wallet's takes proofs all the same, because the nonce is its own.
func TestDPoP_holds_with_a_clock_two_minutes_ahead(t *testing.T) {
	f := newFixture(t)
	o, key := f.offer(t), f.dpop(t)
	r := tokenRequest(o)
	proof := key.proof(t, f, oid4vci.PathToken, "") // dated by the clock as it is
	f.clock.move(2 * time.Minute)
	r.set("Dpop", proof)
	f.do(t, r).want(t, http.StatusOK, "")
}

// DP-119: a clock that steps back an hour makes no proof of before good again, neither at that time nor when it has caught up.
func TestDPoP_a_proof_is_not_good_again_when_the_clock_steps_back(t *testing.T) {
	f := newFixture(t)
	o, key := f.offer(t), f.dpop(t)
	token := f.redeemBound(t, o, key)
	c := f.tryWith(t, o, token, f.cNonce(t))
	c.request.set("Authorization", "DPoP "+token)
	c.request.set("Dpop", key.proof(t, f, oid4vci.PathCredential, token))
	collected(t, c.send(t))
	f.clock.move(-time.Hour)
	if err := f.store.Forget(t.Context(), f.clock.Now()); err != nil {
		t.Fatal(err)
	}
	back := f.tryWith(t, o, token, f.cNonce(t))
	back.request = c.request
	back.send(t).want(t, http.StatusUnauthorized, badProof) // dated too far ahead
	f.clock.move(time.Hour)
	again := f.tryWith(t, o, token, f.cNonce(t))
	again.request = c.request
	again.send(t).want(t, http.StatusUnauthorized, badProof)
}
