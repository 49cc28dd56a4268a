package issuance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

func codeOf(err error) string {
	var refusal *issuance.Error
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return ""
}

func TestService_RedeemCode_refuses_in_this_order(t *testing.T) {
	text := func(s string) *string { return &s }
	for name, c := range map[string]struct {
		plain  bool // the offer asks for no transaction code
		change func(c *customer, r *issuance.RedeemCode)
		kind   issuance.Kind
		code   string
	}{
		"an unknown code":                     {change: func(_ *customer, r *issuance.RedeemCode) { r.Code = "unknown" }, kind: issuance.NotFound, code: "code_unknown"},
		"an empty code":                       {change: func(_ *customer, r *issuance.RedeemCode) { r.Code = "" }, kind: issuance.NotFound, code: "code_unknown"},
		"the offer's id for its code":         {change: func(c *customer, r *issuance.RedeemCode) { r.Code = string(c.id) }, kind: issuance.NotFound, code: "code_unknown"},
		"a code with a space behind":          {change: func(_ *customer, r *issuance.RedeemCode) { r.Code += " " }, kind: issuance.NotFound, code: "code_unknown"},
		"the code of an offer that has ended": {change: func(c *customer, _ *issuance.RedeemCode) { c.run(c.cancel) }, kind: issuance.Conflict, code: "code_spent"},
		"the code of an offer that is over":   {change: func(c *customer, _ *issuance.RedeemCode) { c.run(c.overdue) }, kind: issuance.Expired, code: "offer_expired"},
		"an ended offer before a wrong type": {change: func(c *customer, r *issuance.RedeemCode) { c.run(c.cancel); r.Types = []string{"X"} },
			kind: issuance.Conflict, code: "code_spent"},
		"another type than the offer's": {change: func(_ *customer, r *issuance.RedeemCode) { r.Types = []string{"DiplomaCredential"} },
			kind: issuance.Invalid, code: issuance.CodeTypeNotOffered},
		"another type before a wrong transaction code": {change: func(_ *customer, r *issuance.RedeemCode) { r.Types, r.TxCode = []string{"X"}, text("wrong") },
			kind: issuance.Invalid, code: issuance.CodeTypeNotOffered},
		"the offer's type among others": {change: func(_ *customer, r *issuance.RedeemCode) { r.Types = []string{"X", account} }},
		"no transaction code":           {change: func(_ *customer, r *issuance.RedeemCode) { r.TxCode = nil }, kind: issuance.Invalid, code: issuance.CodeTxCodeMissing},
		"a transaction code where none was asked for": {plain: true, change: func(_ *customer, r *issuance.RedeemCode) { r.TxCode = text("123456") },
			kind: issuance.Invalid, code: issuance.CodeTxCodeUnexpected},
		"an empty transaction code where none was asked for": {plain: true, change: func(_ *customer, r *issuance.RedeemCode) { r.TxCode = text("") },
			kind: issuance.Invalid, code: issuance.CodeTxCodeUnexpected},
		"none where none was asked for": {plain: true, change: func(_ *customer, r *issuance.RedeemCode) { r.TxCode = nil }},
		"the right transaction code":    {change: func(*customer, *issuance.RedeemCode) {}},
		"an empty transaction code": {change: func(_ *customer, r *issuance.RedeemCode) { r.TxCode = text("") },
			kind: issuance.Denied, code: issuance.CodeTxCodeWrong},
		"the right transaction code with a space": {change: func(c *customer, r *issuance.RedeemCode) { r.TxCode = text(c.code + " ") },
			kind: issuance.Denied, code: issuance.CodeTxCodeWrong},
		"the beginning of the right transaction code": {change: func(c *customer, r *issuance.RedeemCode) { r.TxCode = text(c.code[:5]) },
			kind: issuance.Denied, code: issuance.CodeTxCodeWrong},
		"a transaction code of a megabyte": {change: func(_ *customer, r *issuance.RedeemCode) { r.TxCode = text(strings.Repeat("1", 1<<20)) },
			kind: issuance.Denied, code: issuance.CodeTxCodeWrong},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			create := request()
			if c.plain {
				create.TxCode = nil
			}
			got := d.create(create)
			customer := &customer{desk: d, id: got.Offer.ID, code: got.TxCode.Reveal()}
			r := issuance.RedeemCode{Code: d.Code(got.Offer.ID).Reveal()}
			if !c.plain {
				r.TxCode = &customer.code
			}
			c.change(customer, &r)
			token, err := d.RedeemCode(t.Context(), r)
			wantKind(t, err, c.kind)
			if codeOf(err) != c.code {
				t.Errorf("the code of the refusal is %q, want %q", codeOf(err), c.code)
			}
			if (err == nil) == token.AccessToken.IsZero() {
				t.Errorf("with %v came a token: %v", err, !token.AccessToken.IsZero())
			}
			if err == nil && (token.Type != account || token.ExpiresIn != tokenTTL) {
				t.Errorf("got %+v", token)
			}
		})
	}
}

func TestService_RedeemCode_counts_wrong_codes_and_locks(t *testing.T) {
	c := newDesk(t).customer()
	for try := 1; try <= attempts; try++ {
		want := issuance.Denied
		if try == attempts {
			want = issuance.Locked
		}
		err := c.redeemWrong()
		wantKind(t, err, want)
		if codeOf(err) != issuance.CodeTxCodeWrong {
			t.Errorf("try %d: %v", try, err)
		}
		o, err := c.Offer(t.Context(), c.id)
		if err != nil || o.Attempts != try {
			t.Errorf("after try %d the count is %d, %v", try, o.Attempts, err)
		}
	}
	wantKind(t, c.redeemRight(), issuance.Conflict)
	o, err := c.Offer(t.Context(), c.id)
	if err != nil || o.Status != issuance.StatusFailed || o.Cause != "too many wrong transaction codes" || o.Attempts != attempts {
		t.Errorf("the offer is %+v, %v", o, err)
	}
	if got := c.told(); got != "OFFER_CREATED, FAILED (too many wrong transaction codes)" {
		t.Errorf("the back-end was told %q", got)
	}
}

func TestService_RedeemCode_right_code_after_four_wrong_ones(t *testing.T) {
	c := newDesk(t).customer()
	for range attempts - 1 {
		wantKind(t, c.redeemWrong(), issuance.Denied)
	}
	c.run(c.redeemRight, c.collect)
	line, err := c.Timeline(t.Context(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"4 more tries", "3 more tries", "2 more tries", "1 more try"} {
		if e := line.Events[i+1]; e.Kind != issuance.CodeRejected || !strings.HasSuffix(e.Cause, want) || strings.Contains(e.Cause, c.code) {
			t.Errorf("event %d is %s: %q, want %q", i+2, e.Kind, e.Cause, want)
		}
	}
}

// A wallet that sends nothing, or a code nobody asked for, guesses nothing: only wrong codes count.
func TestService_RedeemCode_counts_only_wrong_codes(t *testing.T) {
	c := newDesk(t).customer()
	for range 2 * attempts {
		wantKind(t, c.redeem(nil), issuance.Invalid)
	}
	if o, err := c.Offer(t.Context(), c.id); err != nil || o.Attempts != 0 {
		t.Errorf("%d attempts, %v", o.Attempts, err)
	}
	c.run(c.redeemRight)
}

func TestService_RedeemCode_refusals_stand_on_the_timeline(t *testing.T) {
	c := newDesk(t).customer()
	wantKind(t, c.redeem(nil), issuance.Invalid)
	c.run(c.redeemRight)
	wantKind(t, c.redeemRight(), issuance.Conflict)
	c.run(c.collect)
	const want = "offer.created request.refused offer.redeemed request.refused credential.issued"
	if got := c.events(); got != want {
		t.Errorf("events are %q, want %q", got, want)
	}
	line, err := c.Timeline(t.Context(), c.id)
	if err != nil || line.Events[1].Cause != "the offer asks for a transaction code" || line.Events[3].Cause == "" {
		t.Errorf("the causes are %+v, %v", line.Events, err)
	}
}

// Staff never know less than the wallet, wherever it was refused.
func TestService_every_refusal_of_a_wallet_stands_on_the_timeline(t *testing.T) {
	spent := []issuance.Spent{{Hash: secret.Hash("jti"), ExpiresAt: start().Add(time.Hour)}}
	for name, c := range map[string]struct {
		before func(c *customer) []func() error
		do     func(c *customer) error
		cause  string
	}{
		"fetching an offer that was used": {
			func(c *customer) []func() error { return []func() error{c.redeemRight} }, (*customer).fetch, "this offer was used or has ended",
		},
		"fetching an offer that is over": {
			func(c *customer) []func() error { return []func() error{c.overdue, c.sweep} }, (*customer).fetch, "this offer was used or has ended",
		},
		"redeeming with a replayed proof": {
			func(c *customer) []func() error {
				return []func() error{func() error {
					other := c.customer()
					_, err := c.RedeemCode(c.t.Context(), issuance.RedeemCode{Code: c.Code(other.id).Reveal(), TxCode: &other.code, Spent: spent})
					return err
				}}
			},
			func(c *customer) error {
				_, err := c.RedeemCode(c.t.Context(), issuance.RedeemCode{Code: c.Code(c.id).Reveal(), TxCode: &c.code, Spent: spent})
				return err
			},
			"a single-use value was used before",
		},
		"collecting with a token that is over": {
			func(c *customer) []func() error { return []func() error{c.redeemRight, c.overdue} }, (*customer).collect, "the access token has expired",
		},
		"notifying of a batch nobody was given": {
			func(c *customer) []func() error { return []func() error{c.redeemRight} }, (*customer).confirm,
			"the notification id is not known for this access token",
		},
	} {
		t.Run(name, func(t *testing.T) {
			customer := newDesk(t).customer()
			customer.run(c.before(customer)...)
			history := customer.events()
			if err := c.do(customer); issuance.KindOf(err) == 0 {
				t.Fatalf("got %v, want a refusal", err)
			}
			if got, want := customer.eventually(history+" request.refused"), history+" request.refused"; got != want {
				t.Fatalf("events are %q, want %q", got, want)
			}
			line, err := customer.Timeline(t.Context(), customer.id)
			if err != nil || line.Events[len(line.Events)-1].Cause != c.cause {
				t.Errorf("got %+v, want the cause %q, %v", line.Events, c.cause, err)
			}
		})
	}
}

func TestService_RetrieveOffer_peeking_leaves_no_trace(t *testing.T) {
	c := newDesk(t).customer()
	for _, before := range []func() error{func() error { return nil }, c.redeemRight} {
		c.run(before)
		_, _, err := c.RetrieveOffer(t.Context(), c.id, true)
		if kind := issuance.KindOf(err); kind != 0 && kind != issuance.Expired {
			t.Error(err)
		}
	}
	c.run(c.collect) // would bring a buffered look with it
	if got := c.events(); got != "offer.created offer.redeemed credential.issued" {
		t.Errorf("events are %q", got)
	}
}

func TestService_RedeemCode_spends_single_use_values(t *testing.T) {
	d := newDesk(t)
	spent := []issuance.Spent{{Hash: secret.Hash("jti"), ExpiresAt: start().Add(time.Hour)}}
	one, two := d.customer(), d.customer()
	redeem := func(c *customer) error {
		_, err := d.RedeemCode(t.Context(), issuance.RedeemCode{Code: d.Code(c.id).Reveal(), TxCode: &c.code, Spent: spent, Thumbprint: "jkt"})
		return err
	}
	if err := redeem(one); err != nil {
		t.Fatal(err)
	}
	if err := redeem(two); codeOf(err) != issuance.CodeReplayed {
		t.Errorf("got %v", err)
	}
	if got := two.status(); got != issuance.StatusReady {
		t.Errorf("a replayed value left the offer %s", got)
	}
	two.run(two.redeemRight)
}

// A proof that came with a wrong code is spent by it: it paid for a guess.
func TestService_RedeemCode_a_wrong_code_spends_single_use_values(t *testing.T) {
	c := newDesk(t).customer()
	spent := []issuance.Spent{{Hash: secret.Hash("jti"), ExpiresAt: start().Add(time.Hour)}}
	redeem := func(code string) error {
		_, err := c.RedeemCode(t.Context(), issuance.RedeemCode{Code: c.Code(c.id).Reveal(), TxCode: &code, Spent: spent, Thumbprint: "jkt"})
		return err
	}
	wantKind(t, redeem("wrong"), issuance.Denied)
	for _, code := range []string{"wrong", c.code} {
		if err := redeem(code); codeOf(err) != issuance.CodeReplayed {
			t.Errorf("got %v", err)
		}
	}
	if o, err := c.Offer(t.Context(), c.id); err != nil || o.Attempts != 1 || o.Status != issuance.StatusReady {
		t.Errorf("the offer is %+v, %v", o, err)
	}
}

// Whoever lowers the limit while offers are open must not strand those that are beyond it: the next wrong code ends them.
func TestService_RedeemCode_a_limit_that_was_lowered_still_ends_the_offer(t *testing.T) {
	d := newDesk(t)
	c := d.customer()
	for range 3 {
		wantKind(t, c.redeemWrong(), issuance.Denied)
	}
	stricter := issuance.NewService(d.Dependencies, issuance.Settings{OfferTTL: offerTTL, TokenTTL: tokenTTL, MaxAttempts: 2})
	wrong := "wrong"
	_, err := stricter.RedeemCode(t.Context(), issuance.RedeemCode{Code: d.Code(c.id).Reveal(), TxCode: &wrong})
	wantKind(t, err, issuance.Locked)
	if got := c.status(); got != issuance.StatusFailed {
		t.Errorf("the offer is %s", got)
	}
}

// A type that was taken away after its offer was made: nothing is burnt, and the refusal stands on the timeline.
func TestService_an_offer_whose_type_is_gone_is_gone(t *testing.T) {
	d := newDesk(t)
	open, redeemed := d.customer(), d.customer()
	redeemed.run(redeemed.redeemRight)
	without := d.Dependencies
	without.Types = types{}
	later := issuance.NewService(without, issuance.Settings{OfferTTL: offerTTL, TokenTTL: tokenTTL, MaxAttempts: attempts})
	_, _, err := later.RetrieveOffer(t.Context(), open.id, false)
	wantKind(t, err, issuance.Expired)
	_, err = later.RedeemCode(t.Context(), issuance.RedeemCode{Code: d.Code(open.id).Reveal(), TxCode: &open.code})
	wantKind(t, err, issuance.Conflict)
	access, err := later.Authorize(t.Context(), redeemed.token)
	if err != nil {
		t.Fatal(err)
	}
	_, err = later.Collect(t.Context(), issuance.Collect{Access: access, Keys: []issuance.HolderKey{holderKey(t)}})
	wantKind(t, err, issuance.Conflict)
	const want = "offer.created request.refused" // both refusals are one event, counted
	if got := open.eventually(want); got != want || open.status() != issuance.StatusReady {
		t.Errorf("the offer is %s with %q", open.status(), got)
	}
}

// A wallet that repeats itself is counted, so that it hides nothing of what comes after.
func TestService_repeated_refusals_are_one_event_with_a_count(t *testing.T) {
	c := newDesk(t).customer()
	const times = 60
	for range times {
		c.NoteRefusal(t.Context(), c.id, "why", "the wallet insists")
	}
	c.NoteRefusal(t.Context(), c.id, "why", "and now something else")
	c.run(c.redeemRight)
	line, err := c.Timeline(t.Context(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	counted, last := 0, ""
	for _, e := range line.Events {
		n := 1
		if _, err := fmt.Sscanf(e.Cause, "the wallet insists (%d times)", &n); err == nil || e.Cause == "the wallet insists" {
			counted += n
		}
		if e.Kind == issuance.RequestRefused {
			last = e.Cause
		}
	}
	if counted != times || last != "and now something else" {
		t.Errorf("%d of %d are counted, the last is %q", counted, times, last)
	}
}

// Whoever has seen the QR code can fetch without end; what a wallet is refused later must still be seen.
func TestService_fetches_hide_no_refusal(t *testing.T) {
	c := newDesk(t).customer()
	for range 600 {
		if _, _, err := c.RetrieveOffer(t.Context(), c.id, false); err != nil {
			t.Fatal(err)
		}
	}
	wantKind(t, c.redeem(nil), issuance.Invalid)
	c.run(c.redeemRight)
	line, err := c.Timeline(t.Context(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(line.Events, func(e issuance.Event) bool {
		return strings.HasPrefix(e.Cause, "the offer asks for a transaction code")
	}) {
		t.Errorf("%d events, and the refusal is not among them", len(line.Events))
	}
}

func TestService_Code_is_the_offers_own(t *testing.T) {
	d := newDesk(t)
	one, two := d.customer(), d.customer()
	first := d.Code(one.id)
	if first == d.Code(two.id) || first != d.Code(one.id) {
		t.Error("a code is not one offer's")
	}
	got, code, err := d.RetrieveOffer(t.Context(), one.id, true)
	if err != nil || got.ID != one.id || code != d.Code(one.id) {
		t.Errorf("the offer came with another code, %v", err)
	}
	if got := one.status(); got != issuance.StatusReady {
		t.Errorf("a peek left the offer %s", got)
	}
}

func TestService_RevealTxCode_has_nothing_to_show_where_no_code_was_asked_for(t *testing.T) {
	d := newDesk(t)
	r := request()
	r.TxCode = nil
	_, err := d.RevealTxCode(t.Context(), d.create(r).Offer.ID, clerk())
	wantKind(t, err, issuance.NotFound)
}

func TestService_unknown_offers_are_not_found(t *testing.T) {
	d := newDesk(t)
	for _, id := range []issuance.OfferID{"", "unknown", "' OR 1=1 --"} {
		for name, do := range map[string]func(ctx context.Context) error{
			"read":   func(ctx context.Context) error { _, err := d.Offer(ctx, id); return err },
			"fetch":  func(ctx context.Context) error { _, _, err := d.RetrieveOffer(ctx, id, false); return err },
			"reveal": func(ctx context.Context) error { _, err := d.RevealTxCode(ctx, id, clerk()); return err },
			"cancel": func(ctx context.Context) error { _, err := d.CancelOffer(ctx, id, clerk()); return err },
		} {
			if err := do(t.Context()); issuance.KindOf(err) != issuance.NotFound {
				t.Errorf("%s %q: %v", name, id, err)
			}
		}
	}
}

func (c *customer) access() issuance.Access {
	c.t.Helper()
	a, err := c.Authorize(c.t.Context(), c.token)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

func TestService_Collect_gives_a_credential_for_each_key(t *testing.T) {
	c := newDesk(t).customer()
	c.run(c.redeemRight)
	keys := []issuance.HolderKey{holderKey(t), holderKey(t), holderKey(t)}
	first, err := c.Collect(t.Context(), issuance.Collect{Access: c.access(), Keys: keys})
	if err != nil || len(first.Credentials) != len(keys) || first.NotificationID == "" {
		t.Fatalf("got %d credentials, %v", len(first.Credentials), err)
	}
	again, err := c.Collect(t.Context(), issuance.Collect{Access: c.access(), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, credential := range append(first.Credentials, again.Credentials...) {
		if seen[credential] {
			t.Error("a credential was given twice: its salts are not fresh")
		}
		seen[credential] = true
	}
	if again.NotificationID == first.NotificationID {
		t.Error("two batches have one notification id")
	}
}

func TestService_Collect_ends_at_the_limit(t *testing.T) {
	c := newDesk(t).customer()
	c.run(c.redeemRight)
	batch := c.access().Type.Policy.BatchSize
	var keys []issuance.HolderKey
	for range batch {
		keys = append(keys, holderKey(t))
	}
	for range 5 {
		if _, err := c.Collect(t.Context(), issuance.Collect{Access: c.access(), Keys: keys}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := c.Collect(t.Context(), issuance.Collect{Access: c.access(), Keys: keys[:1]})
	wantKind(t, err, issuance.Conflict)
	if len(got.Credentials) != 0 || got.NotificationID != "" {
		t.Error("a refusal handed out credentials")
	}
}

func TestService_Collect_spends_single_use_values(t *testing.T) {
	d := newDesk(t)
	one, two := d.customer(), d.customer()
	one.run(one.redeemRight)
	two.run(two.redeemRight)
	spent := []issuance.Spent{{Hash: secret.Hash("nonce"), ExpiresAt: start().Add(time.Hour)}}
	if _, err := d.Collect(t.Context(), issuance.Collect{Access: one.access(), Keys: []issuance.HolderKey{holderKey(t)}, Spent: spent}); err != nil {
		t.Fatal(err)
	}
	got, err := d.Collect(t.Context(), issuance.Collect{Access: two.access(), Keys: []issuance.HolderKey{holderKey(t)}, Spent: spent})
	if codeOf(err) != issuance.CodeReplayed || len(got.Credentials) != 0 {
		t.Errorf("got %d credentials, %v", len(got.Credentials), err)
	}
	if got := two.status(); got != issuance.StatusRedeemed {
		t.Errorf("a replayed value left the offer %s", got)
	}
}

// A request may have been let in before the deadline and be ready to settle only after it.
func TestService_Collect_settles_nothing_after_the_deadline(t *testing.T) {
	c := newDesk(t).customer()
	c.run(c.redeemRight)
	access := c.access()
	c.run(c.overdue)
	got, err := c.Collect(t.Context(), issuance.Collect{Access: access, Keys: []issuance.HolderKey{holderKey(t)}})
	wantKind(t, err, issuance.Conflict)
	if len(got.Credentials) != 0 {
		t.Error("credentials were handed out after the deadline")
	}
	c.run(c.sweep)
	if got := c.told(); got != "OFFER_CREATED, EXPIRED" {
		t.Errorf("the back-end was told %q", got)
	}
}

func TestService_Collect_has_no_claims_once_they_are_forgotten(t *testing.T) {
	c := newDesk(t).customer()
	c.run(c.redeemRight, c.collect, c.overdue, c.sweep)
	_, _, claims, err := c.store.Grant(t.Context(), secret.Hash(c.token))
	if err != nil || claims != nil {
		t.Errorf("the claims are still there: %v", err)
	}
	_, err = c.Collect(t.Context(), issuance.Collect{Keys: []issuance.HolderKey{holderKey(t)}})
	wantKind(t, err, issuance.Conflict)
}

func TestService_Notify_is_for_the_batches_of_the_grant(t *testing.T) {
	d := newDesk(t)
	one, two := d.customer(), d.customer()
	one.run(one.redeemRight, one.collect)
	two.run(two.redeemRight, two.collect)
	two.batch, one.batch = one.batch, two.batch
	wantKind(t, one.confirm(), issuance.NotFound)
	two.batch = ""
	wantKind(t, two.confirm(), issuance.NotFound)
	if one.status() != issuance.StatusIssued || two.status() != issuance.StatusIssued {
		t.Errorf("the offers are %s and %s", one.status(), two.status())
	}
}

func TestService_Notify_keeps_what_the_wallet_said(t *testing.T) {
	c := newDesk(t).customer()
	c.run(c.redeemRight, c.collect, c.fail)
	line, err := c.Timeline(t.Context(), c.id)
	if err != nil {
		t.Fatal(err)
	}
	if last := line.Events[len(line.Events)-1]; last.Kind != issuance.WalletFailed || last.Cause != "said the wallet" || !last.At.Equal(start()) {
		t.Errorf("the last event is %+v", last)
	}
	if got := c.status(); got != issuance.StatusIssued {
		t.Errorf("the offer is %s", got)
	}
}

func TestError_says_code_and_reason(t *testing.T) {
	err := error(issuance.Refuse(issuance.Conflict, "code_spent", "the code was used"))
	if err.Error() != "code_spent: the code was used" || issuance.KindOf(fmt.Errorf("redeem: %w", err)) != issuance.Conflict {
		t.Errorf("got %q of kind %d", err, issuance.KindOf(err))
	}
	if issuance.Refuse(issuance.Denied, "no", "").Error() != "no" {
		t.Error("a refusal without reason says more than its code")
	}
	if issuance.KindOf(errors.New("broken")) != 0 || issuance.KindOf(nil) != 0 {
		t.Error("a fault has a kind")
	}
}
