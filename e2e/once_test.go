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
	"sync"
	"testing"

	"counterfoil/internal/jose"
)

const (
	preAuthorized = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
	clients       = 50
)

// answers counts what many clients got, as "status error".
type answers struct {
	mu    sync.Mutex
	count map[string]int
	oks   [][]byte
}

func (a *answers) add(status int, body []byte, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		a.count[err.Error()]++
		return
	}
	var refusal struct {
		Error string `json:"error"`
	}
	if status == http.StatusOK {
		a.oks = append(a.oks, body)
	} else if err := json.Unmarshal(body, &refusal); err != nil {
		refusal.Error = string(body)
	}
	a.count[strings.TrimSpace(fmt.Sprintf("%d %s", status, refusal.Error))]++
}

// atOnce lets n clients make the same request at the same moment.
func atOnce(n int, request func() (int, []byte, error)) *answers {
	got := &answers{count: map[string]int{}}
	start := make(chan struct{})
	var done sync.WaitGroup
	for range n {
		done.Go(func() {
			<-start
			got.add(request())
		})
	}
	close(start)
	done.Wait()
	return got
}

// want fails the test when the counts are not exactly these.
func (a *answers) want(t *testing.T, want map[string]int) {
	t.Helper()
	for answer, n := range want {
		if a.count[answer] != n {
			t.Fatalf("got %v, want %v", a.count, want)
		}
	}
	if len(a.count) != len(want) {
		t.Fatalf("got %v, want %v", a.count, want)
	}
}

// code reads the pre-authorized code from an offer, as a wallet does.
func (b *bank) code(offer created) string {
	b.t.Helper()
	var out struct {
		Grants map[string]struct {
			Code string `json:"pre-authorized_code"`
		} `json:"grants"`
	}
	if status := b.call(http.MethodGet, b.wallet+"/oidc4vci/offers/"+offer.OfferID, nil, &out); status != http.StatusOK {
		b.t.Fatalf("the offer answered %d", status)
	}
	return out.Grants[preAuthorized].Code
}

// redeem makes a token request; it may be called from any goroutine.
func (b *bank) redeem(code, txCode string) (int, []byte, error) {
	form := url.Values{"grant_type": {preAuthorized}, "pre-authorized_code": {code}}
	if txCode != "" {
		form.Set("tx_code", txCode)
	}
	r, err := http.NewRequest(http.MethodPost, b.wallet+"/oidc4vci/token", strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, fmt.Errorf("make the request: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return do(r)
}

// shareConnections lets the default client keep a connection per racing client.
func shareConnections(t *testing.T) {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport)
	before := transport.MaxIdleConnsPerHost
	transport.MaxIdleConnsPerHost = clients
	t.Cleanup(func() { transport.MaxIdleConnsPerHost = before })
}

func TestCode_is_redeemed_once_however_many_ask(t *testing.T) {
	const rounds = 200
	shareConnections(t)
	onEachEngine(t, func(t *testing.T, database string) {
		b := openBank(t, database)
		for range rounds {
			offer := b.create(identity(nil))
			code := b.code(offer)
			got := atOnce(clients, func() (int, []byte, error) { return b.redeem(code, "") })
			got.want(t, map[string]int{"200": 1, "400 invalid_grant": clients - 1})
		}
	})
}

func TestTxCode_attempts_are_counted_however_many_guess(t *testing.T) {
	const rounds, limit = 20, 5
	shareConnections(t)
	onEachEngine(t, func(t *testing.T, database string) {
		b := openBank(t, database)
		for range rounds {
			offer := b.create(identity(withCode()))
			code, wrong := b.code(offer), other(offer.TxCode)
			got := atOnce(clients, func() (int, []byte, error) { return b.redeem(code, wrong) })
			got.want(t, map[string]int{"400 invalid_grant": clients})
			if status, body, err := b.redeem(code, offer.TxCode); err != nil || status != http.StatusBadRequest {
				t.Fatalf("a locked offer answered %d %s %v", status, body, err)
			}
			counted := 0
			for _, kind := range kindsOf(b.events(offer.OfferID)) {
				if kind == "code.rejected" || kind == "offer.failed" { // the last one ends the offer
					counted++
				}
			}
			if counted != limit {
				t.Fatalf("%d attempts were counted, want %d", counted, limit)
			}
		}
	})
}

func TestNonce_is_spent_once_however_many_prove_with_it(t *testing.T) {
	const rounds = 20
	shareConnections(t)
	onEachEngine(t, func(t *testing.T, database string) {
		b := openBank(t, database)
		for range rounds {
			offer := b.create(identity(nil))
			status, body, err := b.redeem(b.code(offer), "")
			if err != nil || status != http.StatusOK {
				t.Fatalf("the token endpoint answered %d %s %v", status, body, err)
			}
			var token struct {
				Access string `json:"access_token"`
			}
			var nonce struct {
				Value string `json:"c_nonce"`
			}
			if err := json.Unmarshal(body, &token); err != nil {
				t.Fatal(err)
			}
			b.call(http.MethodPost, b.wallet+"/oidc4vci/nonce", nil, &nonce)
			request := `{"credential_configuration_id":"IdentityCredential","proofs":{"jwt":["` + proof(t, b, nonce.Value) + `"]}}`
			got := atOnce(clients, func() (int, []byte, error) { return b.collect(token.Access, request) })
			got.want(t, map[string]int{"200": 1, "400 invalid_nonce": clients - 1})
		}
	})
}

// collect makes a credential request; it may be called from any goroutine.
func (b *bank) collect(access, body string) (int, []byte, error) {
	r, err := http.NewRequest(http.MethodPost, b.wallet+"/oidc4vci/credential", strings.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("make the request: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+access)
	return do(r)
}

// proof makes a key proof with a fresh key.
func proof(t testing.TB, b *bank, nonce string) string {
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
	claims, err := json.Marshal(map[string]any{"aud": b.wallet, "iat": b.now().Unix(), "nonce": nonce})
	if err != nil {
		t.Fatal(err)
	}
	jwt, err := signer.Sign(map[string]any{"typ": "openid4vci-proof+jwt", "jwk": public.JWK()}, claims)
	if err != nil {
		t.Fatal(err)
	}
	return jwt
}
