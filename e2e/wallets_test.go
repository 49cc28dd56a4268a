package e2e_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"os/exec"
	"slices"
	"strconv"
	"testing"

	"counterfoil/internal/outbound"
	"counterfoil/internal/wallet"
)

// collected is what a wallet says it got.
type collected struct {
	OK          bool   `json:"ok"`
	Error       string `json:"error"`
	Message     string `json:"message"`
	TokenType   string `json:"tokenType"`
	Credentials []struct {
		VCT    string         `json:"vct"`
		Claims map[string]any `json:"claims"`
		Holder string         `json:"holder"`
	} `json:"credentials"`
	Requests []string `json:"requests"`
}

// npmWallet collects with the wallet made of npm libraries, which verifies signature, chain, disclosures, cnf and vct.
func npmWallet(t testing.TB, b *bank, args ...string) collected {
	t.Helper()
	var out collected
	node(t, &out, append([]string{"wallets/collect.mjs", "--root", b.root()}, args...)...)
	return out
}

// node runs a script that prints one JSON object, also when it fails.
func node(t testing.TB, out any, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", args...) // a script of this folder
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if jsonErr := json.Unmarshal(stdout, out); jsonErr != nil {
		t.Fatalf("node %v: %v: %s%s", args, err, stdout, stderr.Bytes())
	}
}

// ourWallet collects with the demo wallet.
func ourWallet(t testing.TB, b *bank, r wallet.Request) (wallet.Collected, error) {
	t.Helper()
	w, err := wallet.New(wallet.Options{
		Client: outbound.NewClient(outbound.Options{Allow: outbound.Loopback()}), Roots: b.root(), Clock: b.now, Random: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
	return w.Collect(t.Context(), r)
}

func TestWallet_nobody_here_wrote_collects(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, database string) {
		b := openBank(t, database)
		cases := map[string]struct {
			offer  map[string]any
			args   []string
			proofs int
			token  string
		}{
			"without a transaction code":        {nil, nil, 1, "Bearer"},
			"with a transaction code":           {withCode(), nil, 1, "Bearer"},
			"with several proofs":               {nil, []string{"--proofs", "4"}, 4, "Bearer"},
			"with DPoP":                         {nil, []string{"--dpop"}, 1, "DPoP"},
			"with DPoP, a code and many proofs": {withCode(), []string{"--dpop", "--proofs", "3"}, 3, "DPoP"},
		}
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				offer := b.create(identity(c.offer))
				if offer.TxCode != "" {
					c.args = append(c.args, "--tx-code", offer.TxCode)
				}
				got := npmWallet(t, b, append(c.args, "--offer", offer.URI)...)
				if !got.OK || got.TokenType != c.token || len(got.Credentials) != c.proofs {
					t.Fatalf("got %+v", got)
				}
				for _, credential := range got.Credentials {
					if credential.Claims["given_name"] != "Erika" || credential.Claims["document_number"] != "T22000129" {
						t.Errorf("claims are %v", credential.Claims)
					}
				}
				if status := b.status(offer.OfferID); status != "confirmed" {
					t.Errorf("status is %s", status)
				}
				want := []string{"offer.created", "offer.retrieved", "offer.redeemed", "credential.issued", "wallet.confirmed"}
				if kinds := kindsOf(b.events(offer.OfferID)); !slices.Equal(kinds, want) {
					t.Errorf("events are %v", kinds)
				}
			})
		}
	})
}

func kindsOf(events []event) []string {
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func TestWallet_nobody_here_wrote_may_mistype_the_code(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	offer := b.create(identity(withCode()))
	refused := npmWallet(t, b, "--offer", offer.URI, "--tx-code", other(offer.TxCode))
	if refused.OK || refused.Error != "invalid_grant" {
		t.Fatalf("a wrong code gave %+v", refused)
	}
	if got := npmWallet(t, b, "--offer", offer.URI, "--tx-code", offer.TxCode); !got.OK {
		t.Fatalf("the right code after a wrong one gave %+v", got)
	}
	if again := npmWallet(t, b, "--offer", offer.URI, "--tx-code", offer.TxCode); again.OK {
		t.Fatal("the offer was collected twice")
	}
}

// other gives a code of the same form that is not this one.
func other(code string) string {
	last := (code[len(code)-1]-'0'+1)%10 + '0' // digits
	return code[:len(code)-1] + string(rune(last))
}

func TestWallet_of_the_demo_collects(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, database string) {
		b := openBank(t, database)
		for _, proofs := range []int{1, 3} {
			for _, dpop := range []bool{false, true} {
				t.Run(strconv.Itoa(proofs)+" proofs, DPoP "+strconv.FormatBool(dpop), func(t *testing.T) {
					offer := b.create(identity(withCode()))
					got, err := ourWallet(t, b, wallet.Request{Offer: offer.URI, TxCode: offer.TxCode, Proofs: proofs, DPoP: dpop})
					if err != nil {
						t.Fatal(err)
					}
					if len(got.Credentials) != proofs || !got.Credentials[0].Trusted || got.Credentials[0].Claims["family_name"] != "Mustermann" {
						t.Errorf("got %+v", got)
					}
				})
			}
		}
	})
}

func TestWallet_with_wrong_codes_locks_the_offer(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, database string) {
		b := openBank(t, database, "COUNTERFOIL_TX_CODE_ATTEMPTS=3")
		offer := b.create(identity(withCode()))
		for range 3 {
			_, err := ourWallet(t, b, wallet.Request{Offer: offer.URI, TxCode: other(offer.TxCode)})
			var refused *wallet.Refused
			if !errors.As(err, &refused) || refused.Code != "invalid_grant" {
				t.Fatalf("a wrong code gave %v", err)
			}
		}
		if status := b.status(offer.OfferID); status != "failed" {
			t.Errorf("status is %s", status)
		}
		if _, err := ourWallet(t, b, wallet.Request{Offer: offer.URI, TxCode: offer.TxCode}); err == nil {
			t.Error("a locked offer was collected")
		}
	})
}
