package issuance_test

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

func TestService_CreateOffer_takes_what_fits(t *testing.T) {
	for name, change := range map[string]func(c *issuance.CreateOffer){
		"with a transaction code of defaults":      func(*issuance.CreateOffer) {},
		"without transaction code":                 func(c *issuance.CreateOffer) { c.TxCode = nil },
		"with the shortest transaction code":       func(c *issuance.CreateOffer) { c.TxCode.Length = 4 },
		"with the longest transaction code":        func(c *issuance.CreateOffer) { c.TxCode.Length = 12 },
		"with a transaction code of digits":        func(c *issuance.CreateOffer) { c.TxCode.InputMode = "numeric" },
		"with a transaction code of letters":       func(c *issuance.CreateOffer) { c.TxCode.InputMode = "text" },
		"with the longest description":             func(c *issuance.CreateOffer) { c.TxCode.Description = strings.Repeat("ß", 300) },
		"with the shortest time":                   func(c *issuance.CreateOffer) { c.ExpiresIn = issuance.MinOfferTTL },
		"with the longest time":                    func(c *issuance.CreateOffer) { c.ExpiresIn = issuance.MaxOfferTTL },
		"with the longest reference":               func(c *issuance.CreateOffer) { c.Reference = strings.Repeat("ж", 200) },
		"with the scheme of HAIP":                  func(c *issuance.CreateOffer) { c.Scheme = issuance.SchemeHAIP },
		"with the scheme of ETSI":                  func(c *issuance.CreateOffer) { c.Scheme = issuance.SchemeEUDI },
		"with the grant that there is, named":      func(c *issuance.CreateOffer) { c.Grants = []string{issuance.GrantPreAuthorizedCode} },
		"with an optional claim":                   func(c *issuance.CreateOffer) { c.Claims["currency"] = "eur" },
		"with an IBAN written without spaces":      func(c *issuance.CreateOffer) { c.Claims["iban"] = "de89370400440532013000" },
		"with the clerk's name in another script":  func(c *issuance.CreateOffer) { c.By.Name = "Ольга" },
		"by a back-end with a key for repeating":   func(c *issuance.CreateOffer) { c.IdempotencyKey, c.RequestHash = "k", []byte("r") },
		"with a value that looks like a directive": func(c *issuance.CreateOffer) { c.Claims["accountHolder"] = "'; DROP TABLE offers; --" },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			r := request()
			change(&r)
			got := d.create(r)
			holdToRequest(t, r, got)
			stored, err := d.Offer(t.Context(), got.Offer.ID)
			if err != nil {
				t.Fatal(err)
			}
			if (stored.TxCode == nil) != (r.TxCode == nil) || stored.TxCode != nil && *stored.TxCode != *got.Offer.TxCode {
				t.Errorf("the record has the transaction code %+v", stored.TxCode)
			}
			stored.TxCode, got.Offer.TxCode = nil, nil
			if stored != got.Offer {
				t.Errorf("the record has %+v, the answer was %+v", stored, got.Offer)
			}
		})
	}
}

// holdToRequest compares a new offer with what was asked for.
func holdToRequest(t *testing.T, r issuance.CreateOffer, got issuance.CreatedOffer) {
	t.Helper()
	o := got.Offer
	if o.Status != issuance.StatusReady || o.Type != r.Type || o.CreatedBy != r.By.Name || o.Reference != r.Reference || o.Channel != r.Channel {
		t.Errorf("got %+v", o)
	}
	if want := start().Add(cmp.Or(r.ExpiresIn, offerTTL)); !o.ExpiresAt.Equal(want) {
		t.Errorf("it ends at %s, want %s", o.ExpiresAt, want)
	}
	if want := cmp.Or(r.Scheme, issuance.SchemeOpenID); o.Scheme != want {
		t.Errorf("the scheme is %q, want %q", o.Scheme, want)
	}
	if id, err := base64.RawURLEncoding.DecodeString(string(o.ID)); err != nil || len(id) < 16 {
		t.Errorf("the id %q has not the 128 bits that keep it from being guessed, %v", o.ID, err)
	}
	if r.TxCode == nil {
		if o.TxCode != nil || !got.TxCode.IsZero() {
			t.Errorf("nobody asked for a transaction code: %+v", o.TxCode)
		}
		return
	}
	wantLength, wantMode := cmp.Or(r.TxCode.Length, 6), cmp.Or(r.TxCode.InputMode, secret.Numeric)
	if o.TxCode.Length != wantLength || o.TxCode.InputMode != wantMode || o.TxCode.Description != r.TxCode.Description {
		t.Errorf("the transaction code is described as %+v", o.TxCode)
	}
	alphabet := "0123456789"
	if wantMode == secret.TextMode {
		alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	}
	if code := got.TxCode.Reveal(); len(code) != wantLength || strings.Trim(code, alphabet) != "" || secret.Trivial(code) {
		t.Errorf("the transaction code is %q", code)
	}
}

func TestService_CreateOffer_refuses_what_does_not_fit(t *testing.T) {
	const failed = "validation_failed"
	for name, c := range map[string]struct {
		change  func(c *issuance.CreateOffer)
		code    string
		pointer string
	}{
		"an unknown type":           {func(c *issuance.CreateOffer) { c.Type = "Nope" }, issuance.CodeUnknownType, ""},
		"no type":                   {func(c *issuance.CreateOffer) { c.Type = "" }, issuance.CodeUnknownType, ""},
		"a type in other case":      {func(c *issuance.CreateOffer) { c.Type = strings.ToLower(account) }, issuance.CodeUnknownType, ""},
		"a mandatory claim missing": {func(c *issuance.CreateOffer) { delete(c.Claims, "iban") }, issuance.CodeInvalidClaims, "/claims/iban"},
		"no claims":                 {func(c *issuance.CreateOffer) { c.Claims = nil }, issuance.CodeInvalidClaims, "/claims/accountHolder /claims/bankName /claims/iban"},
		"a claim of another type":   {func(c *issuance.CreateOffer) { c.Claims["degree"] = "MSc" }, issuance.CodeInvalidClaims, "/claims/degree"},
		"a claim with a slash":      {func(c *issuance.CreateOffer) { c.Claims["a/b~"] = "x" }, issuance.CodeInvalidClaims, "/claims/a~1b~0"},
		"a claim of the issuer":     {func(c *issuance.CreateOffer) { c.Claims["iss"] = "https://evil.example" }, issuance.CodeInvalidClaims, "/claims/iss"},
		"a claim that is null":      {func(c *issuance.CreateOffer) { c.Claims["bic"] = nil }, issuance.CodeInvalidClaims, "/claims/bic"},
		"an object for a text":      {func(c *issuance.CreateOffer) { c.Claims["bic"] = map[string]any{} }, issuance.CodeInvalidClaims, "/claims/bic"},
		"wrong check digits":        {func(c *issuance.CreateOffer) { c.Claims["iban"] = "DE88370400440532013000" }, issuance.CodeInvalidClaims, "/claims/iban"},
		"a text that is too long":   {func(c *issuance.CreateOffer) { c.Claims["bankName"] = strings.Repeat("x", 101) }, issuance.CodeInvalidClaims, "/claims/bankName"},
		"a mandatory text that shows nothing": {func(c *issuance.CreateOffer) { c.Claims["bankName"] = "   " },
			issuance.CodeInvalidClaims, "/claims/bankName"},
		"a code too short":           {func(c *issuance.CreateOffer) { c.TxCode.Length = 3 }, failed, "/tx_code/length"},
		"a code too long":            {func(c *issuance.CreateOffer) { c.TxCode.Length = 13 }, failed, "/tx_code/length"},
		"a code of negative length":  {func(c *issuance.CreateOffer) { c.TxCode.Length = -6 }, failed, "/tx_code/length"},
		"a code of emoji":            {func(c *issuance.CreateOffer) { c.TxCode.InputMode = "emoji" }, failed, "/tx_code/input_mode"},
		"an input mode in capitals":  {func(c *issuance.CreateOffer) { c.TxCode.InputMode = "NUMERIC" }, failed, "/tx_code/input_mode"},
		"a description too long":     {func(c *issuance.CreateOffer) { c.TxCode.Description = strings.Repeat("x", 301) }, failed, "/tx_code/description"},
		"a description of two lines": {func(c *issuance.CreateOffer) { c.TxCode.Description = "a\nb" }, failed, "/tx_code/description"},
		"a time too short":           {func(c *issuance.CreateOffer) { c.ExpiresIn = issuance.MinOfferTTL - time.Second }, failed, "/expires_in"},
		"a time too long":            {func(c *issuance.CreateOffer) { c.ExpiresIn = issuance.MaxOfferTTL + time.Second }, failed, "/expires_in"},
		"a time in the past":         {func(c *issuance.CreateOffer) { c.ExpiresIn = -time.Minute }, failed, "/expires_in"},
		"a reference too long":       {func(c *issuance.CreateOffer) { c.Reference = strings.Repeat("x", 201) }, failed, "/reference"},
		"a reference with NUL":       {func(c *issuance.CreateOffer) { c.Reference = "a\x00b" }, failed, "/reference"},
		"a reference that is no text": {func(c *issuance.CreateOffer) { c.Reference = "\xff\xfe" },
			failed, "/reference"},
		"a reference that turns the line around": {func(c *issuance.CreateOffer) { c.Reference = "a\u202eb" }, failed, "/reference"},
		"another scheme":                         {func(c *issuance.CreateOffer) { c.Scheme = "https" }, failed, "/scheme"},
		"a grant that there is not":              {func(c *issuance.CreateOffer) { c.Grants = []string{issuance.GrantPreAuthorizedCode, "implicit"} }, failed, "/grants/1"},
		"several faults at once": {func(c *issuance.CreateOffer) {
			c.TxCode.Length, c.Reference, c.ExpiresIn = 99, "\t", time.Second
		}, failed, "/expires_in /reference /tx_code/length"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			r := request()
			c.change(&r)
			got, err := d.CreateOffer(t.Context(), r)
			var refusal *issuance.Error
			if !errors.As(err, &refusal) || refusal.Kind != issuance.Invalid || refusal.Code != c.code {
				t.Fatalf("got %v", err)
			}
			var pointers []string
			for _, f := range refusal.Fields {
				pointers = append(pointers, f.Pointer)
				if f.Reason == "" || f.Code == "" {
					t.Errorf("the fault at %s has the code %q and the reason %q", f.Pointer, f.Code, f.Reason)
				}
			}
			slices.Sort(pointers)
			if got := strings.Join(pointers, " "); got != c.pointer {
				t.Errorf("the faults are at %q, want %q", got, c.pointer)
			}
			if got.Offer.ID != "" || !got.TxCode.IsZero() {
				t.Errorf("a refusal came with the offer %q", got.Offer.ID)
			}
			holdEmpty(t, d)
		})
	}
}

func holdEmpty(t *testing.T, d *desk) {
	t.Helper()
	list, err := d.ListOffers(t.Context(), issuance.Filter{Limit: 1})
	if err != nil || len(list) != 0 {
		t.Errorf("%d offers were stored, %v", len(list), err)
	}
}

// What a claim says is the customer's: no refusal repeats it.
func TestService_CreateOffer_refusals_repeat_no_value(t *testing.T) {
	const canary = "canary-4711"
	d := newDesk(t)
	r := request()
	r.Claims["iban"], r.Claims["bic"], r.Claims["currency"], r.Reference = canary, canary, canary, "ok"
	_, err := d.CreateOffer(t.Context(), r)
	if err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, fields(err)), canary) {
		t.Errorf("got %v %+v", err, fields(err))
	}
}

func fields(err error) []issuance.Field {
	var refusal *issuance.Error
	if errors.As(err, &refusal) {
		return refusal.Fields
	}
	return nil
}

func TestService_CreateOffer_dry_run_checks_and_stores_nothing(t *testing.T) {
	d := newDesk(t)
	r := request()
	r.DryRun = true
	got, err := d.CreateOffer(t.Context(), r)
	if err != nil || got.Offer.ID != "" {
		t.Errorf("got %+v, %v", got, err)
	}
	r.Claims = nil
	if _, err := d.CreateOffer(t.Context(), r); issuance.KindOf(err) != issuance.Invalid {
		t.Errorf("got %v", err)
	}
	holdEmpty(t, d)
}

func TestService_CreateOffer_with_a_key_makes_one_offer(t *testing.T) {
	d := newDesk(t)
	r := request()
	r.IdempotencyKey, r.RequestHash = "key", []byte("request")
	first := d.create(r)
	again := d.create(r)
	if again.Offer.ID != first.Offer.ID || again.TxCode != first.TxCode || !again.Replayed || first.Replayed {
		t.Errorf("the repeat made %s, the first was %s", again.Offer.ID, first.Offer.ID)
	}
	changed := r
	changed.RequestHash = []byte("another request")
	_, err := d.CreateOffer(t.Context(), changed)
	var refusal *issuance.Error
	if !errors.As(err, &refusal) || refusal.Kind != issuance.Conflict || refusal.Code != issuance.CodeIdempotencyMismatch {
		t.Errorf("another request with the key gave %v", err)
	}
	for name, change := range map[string]func(c *issuance.CreateOffer){
		"another person":  func(c *issuance.CreateOffer) { c.By.Name = "Anton" },
		"another channel": func(c *issuance.CreateOffer) { c.Channel = issuance.ChannelManagement },
	} {
		other := r
		change(&other)
		if got := d.create(other); got.Replayed || got.Offer.ID == first.Offer.ID {
			t.Errorf("%s got the first one's offer", name)
		}
	}
	d.clock.pass(24 * time.Hour)
	if err := d.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.create(r); got.Replayed || got.Offer.ID == first.Offer.ID {
		t.Error("the key still had its meaning after a day")
	}
}

func TestService_CreateOffer_draws_trivial_codes_again(t *testing.T) {
	id := make([]byte, 16)
	digits := func(d ...byte) []byte { return d }
	d := newDeskWith(t, io.MultiReader(bytes.NewReader(slices.Concat(id,
		digits(0, 0, 0, 0, 0, 0), digits(1, 2, 3, 4, 5, 6), digits(9, 8, 7, 6, 5, 4), digits(1, 2, 1, 2, 1, 2), digits(4, 5, 6, 4, 5, 6),
		digits(0, 0, 7, 250, 3, 1, 255, 9), // 250 and 255 would favour some digits and are dropped
	)), rand.NewChaCha8([32]byte{})))
	if got := d.create(request()).TxCode.Reveal(); got != "007319" {
		t.Errorf("got %q, want the first code that nobody would guess, with its leading zeros", got)
	}
}

func TestService_CreateOffer_draws_no_code_twice_in_a_row(t *testing.T) {
	d := newDesk(t)
	seen, ids := map[string]int{}, map[issuance.OfferID]bool{}
	const n = 100
	for range n {
		got := d.create(request())
		seen[got.TxCode.Reveal()]++
		ids[got.Offer.ID] = true
	}
	if len(seen) < n-2 || len(ids) != n {
		t.Errorf("%d different codes and %d different ids of %d", len(seen), len(ids), n)
	}
}

func TestService_CreateOffer_makes_nothing_without_randomness(t *testing.T) {
	for _, have := range []int{0, 15, 16, 21} {
		d := newDeskWith(t, io.LimitReader(rand.NewChaCha8([32]byte{}), int64(have)))
		if _, err := d.CreateOffer(t.Context(), request()); err == nil || issuance.KindOf(err) != 0 {
			t.Errorf("with %d random bytes: %v, want a fault", have, err)
		}
		holdEmpty(t, d)
	}
}
