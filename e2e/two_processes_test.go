package e2e_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"counterfoil/internal/jose"
	"counterfoil/internal/store/storetest"
)

// openTwo starts the program twice on one database, with the same keys and under the same identifier, as behind a proxy. Each is
// called at its own address.
func openTwo(t *testing.T) [2]*bank {
	t.Helper()
	database := storetest.PostgreSQL(t)
	first := openBank(t, database)
	own := "localhost:" + freePort(t)
	second := openBank(t, database, "COUNTERFOIL_DATA_DIR="+first.dir, "COUNTERFOIL_PUBLIC_URL="+first.wallet, "COUNTERFOIL_PUBLIC_ADDR="+own)
	second.wallet = "http://" + own
	return [2]*bank{first, second}
}

// inTurns gives each call the next of the two, so that each gets half of them.
func inTurns(two [2]*bank, request func(b *bank) (int, []byte, error)) func() (int, []byte, error) {
	var calls atomic.Int64
	return func() (int, []byte, error) { return request(two[calls.Add(1)%2]) }
}

// TK-041.
func TestCode_is_redeemed_once_by_two_processes(t *testing.T) {
	const rounds = 5
	shareConnections(t)
	two := openTwo(t)
	for i := range rounds {
		made, other := two[i%2], two[(i+1)%2]
		offer := made.create(identity(nil))
		code := other.code(offer) // what one made the other hands out
		got := atOnce(clients, inTurns(two, func(b *bank) (int, []byte, error) { return b.redeem(code, "") }))
		got.want(t, map[string]int{"200": 1, "400 invalid_grant": clients - 1})
		if n := count(made.events(offer.OfferID), "offer.redeemed"); n != 1 {
			t.Fatalf("the record says that it was redeemed %d times", n)
		}
	}
}

// NO-071 with two processes. The nonce is the other one's: processes share a key for them, not a memory.
func TestNonce_is_spent_once_at_two_processes(t *testing.T) {
	const rounds = 5
	shareConnections(t)
	two := openTwo(t)
	for i := range rounds {
		here, there := two[i%2], two[(i+1)%2]
		offer := here.create(identity(nil))
		status, body, err := here.redeem(here.code(offer), "")
		if err != nil || status != http.StatusOK {
			t.Fatalf("the token endpoint answered %d %s %v", status, body, err)
		}
		var token struct {
			Access string `json:"access_token"`
		}
		if err := json.Unmarshal(body, &token); err != nil {
			t.Fatal(err)
		}
		var nonce struct {
			Value string `json:"c_nonce"`
		}
		there.call(http.MethodPost, there.wallet+"/oidc4vci/nonce", nil, &nonce)
		request := `{"credential_configuration_id":"IdentityCredential","proofs":{"jwt":["` + proof(t, two[0], nonce.Value) + `"]}}`
		got := atOnce(clients, inTurns(two, func(b *bank) (int, []byte, error) { return b.collect(token.Access, request) }))
		got.want(t, map[string]int{"200": 1, "400 invalid_nonce": clients - 1})
		if n := count(there.events(offer.OfferID), "credential.issued"); n != 1 {
			t.Fatalf("the record says that it was issued %d times", n)
		}
	}
}

// DP-095, and NO-106 with a clock that is half a minute ahead: a DPoP nonce of one process is good at the other, and the proof that
// it let through is good at neither again.
func TestDPoP_nonce_of_one_process_is_good_at_the_other(t *testing.T) {
	two := openTwo(t)
	two[1].ahead.Store(int64(30 * time.Second))
	for i, here := range two {
		there := two[(i+1)%2]
		resp, err := http.Post(here.wallet+"/oidc4vci/nonce", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close() // nothing of it is read
		dpop := dpopProof(t, two[0].wallet+"/oidc4vci/token", resp.Header.Get("DPoP-Nonce"), time.Now())
		code := there.code(there.create(identity(nil)))
		status, body, err := there.redeemWith(code, dpop)
		if err != nil || status != http.StatusOK || !strings.Contains(string(body), `"token_type":"DPoP"`) {
			t.Fatalf("got %d %s %v", status, body, err)
		}
		for _, b := range two {
			// Another code, so that only the proof can be the reason.
			code := here.code(here.create(identity(nil)))
			if status, body, err := b.redeemWith(code, dpop); err != nil || status != http.StatusBadRequest || !strings.Contains(string(body), "invalid_dpop_proof") {
				t.Errorf("again: got %d %s %v", status, body, err)
			}
			if status, body, err := b.redeem(code, ""); err != nil || status != http.StatusOK {
				t.Errorf("the replayed proof cost the code: %d %s %v", status, body, err)
			}
		}
	}
}

// dpopProof makes a DPoP proof of a time for a POST without an access token, with a fresh key (RFC 9449 §4.2).
func dpopProof(t testing.TB, at, nonce string, made time.Time) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(key, "ES256", nil)
	if err != nil {
		t.Fatal(err)
	}
	public, err := signer.Public()
	if err != nil {
		t.Fatal(err)
	}
	claims, err := json.Marshal(map[string]any{"jti": rand.Text(), "htm": "POST", "htu": at, "iat": made.Unix(), "nonce": nonce})
	if err != nil {
		t.Fatal(err)
	}
	jwt, err := signer.Sign(map[string]any{"typ": "dpop+jwt", "jwk": public.JWK()}, claims)
	if err != nil {
		t.Fatal(err)
	}
	return jwt
}

// redeemWith makes a token request with a DPoP proof.
func (b *bank) redeemWith(code, dpop string) (int, []byte, error) {
	form := url.Values{"grant_type": {preAuthorized}, "pre-authorized_code": {code}}
	r, err := http.NewRequest(http.MethodPost, b.wallet+"/oidc4vci/token", strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, fmt.Errorf("make the request: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("DPoP", dpop)
	return do(r)
}

// count tells how many events are of a kind.
func count(events []event, kind string) int {
	n := 0
	for _, e := range events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}
