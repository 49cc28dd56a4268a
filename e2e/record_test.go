package e2e_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"counterfoil/internal/wallet"
)

// TestLog_holds_no_secret_and_no_claim runs good and bad requests with marked values through every door, and looks for them in
// the log, debug lines included.
func TestLog_holds_no_secret_and_no_claim(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, database string) {
		const claim, reference, guess = "Canary-Claim-4711", "Canary-Reference-4712", "C4n4ryGuess"
		r := newReceiver(t, func(n int) int {
			if n%2 == 1 {
				return http.StatusInternalServerError
			}
			return http.StatusOK
		})
		b := openBank(t, database, r.settings()...)
		body := identity(map[string]any{"tx_code": withCode()["tx_code"], "reference": reference})
		body["claims"].(map[string]any)["given_name"] = claim
		offer := b.create(body)
		code := b.code(offer)
		secrets := []string{claim, reference, guess, code, offer.TxCode, r.secret, strings.TrimPrefix(r.secret, "whsec_")}

		wrong := identity(map[string]any{"claims": map[string]any{"given_name": 1, "nickname": claim}})
		if status := b.call(http.MethodPost, b.management+"/offers", wrong, nil); status != http.StatusUnprocessableEntity {
			t.Errorf("claims that do not fit answered %d", status)
		}
		for _, request := range []struct{ code, txCode string }{{code, guess}, {guess, guess}, {code, ""}} {
			if status, _, err := b.redeem(request.code, request.txCode); err != nil || status != http.StatusBadRequest {
				t.Errorf("a bad token request answered %d %v", status, err)
			}
		}
		for _, path := range []string{"/oidc4vci/offers/" + guess, "/?" + guess, "/" + guess, "/oidc4vci/token?code=" + guess} {
			if _, _, err := send(http.MethodGet, b.wallet+path, nil); err != nil {
				t.Error(err)
			}
		}
		if status, _, err := b.collect(guess, `{"credential_configuration_id":"`+guess+`"}`); err != nil || status != http.StatusUnauthorized {
			t.Errorf("an unknown token answered %d %v", status, err)
		}
		form := url.Values{"name": {guess}, "password": {guess}}
		if resp, err := http.PostForm(b.portal+"/sign-in", form); err != nil || resp.Body.Close() != nil {
			t.Errorf("sign in: %v", err)
		}
		if _, err := ourWallet(t, b, wallet.Request{Offer: offer.URI, TxCode: offer.TxCode}); err != nil {
			t.Fatal(err)
		}
		eventually(t, patience, "a callback", func() bool { return len(r.of(offer.OfferID)) > 1 })

		log := b.log.String()
		if !strings.Contains(log, `"route":"/oidc4vci/token"`) {
			t.Fatal("the log does not hold the requests, so it proves nothing")
		}
		for i, s := range secrets {
			if strings.Contains(log, s) {
				t.Errorf("the log holds secret %d: %s", i, s)
			}
		}
	})
}
