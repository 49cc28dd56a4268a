package portal

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oauth"
	"counterfoil/views/offers"
)

func TestAdvice_has_three_parts_for_every_trouble_and_no_two_alike(t *testing.T) {
	t.Parallel()
	seen := map[string]trouble{}
	for one := fine + 1; one < troubles; one++ {
		a := advice(context.Background(), one)
		for name, text := range map[string]string{"what happened": a.Happened, "what to say": a.Tell, "what to do": a.Do} {
			if len(text) < 20 || !strings.ContainsAny(text[len(text)-1:], ".?") {
				t.Errorf("trouble %d has for %s %q", one, name, text)
			}
			if strings.ContainsAny(text, "_{}<>") {
				t.Errorf("trouble %d speaks in codes: %q", one, text)
			}
		}
		if before, again := seen[a.Happened]; again {
			t.Errorf("troubles %d and %d are told alike", before, one)
		}
		seen[a.Happened] = one
	}
	if advice(context.Background(), fine) != (offers.Advice{}) {
		t.Error("there is advice where nothing is wrong")
	}
}

func TestTroubleOf_decides_for_every_kind_of_event(t *testing.T) {
	t.Parallel()
	bad := map[issuance.EventKind]trouble{
		issuance.CodeRejected: wrongCode, issuance.RequestRefused: badRequest, issuance.WalletFailed: walletFailed,
		issuance.WalletDeleted: walletDeleted, issuance.OfferExpired: expired, issuance.OfferFailed: locked,
	}
	for _, kind := range issuance.EventKinds() {
		e := issuance.Event{Kind: kind, Cause: "shown to Carla Clerk"}
		if got := troubleOf(e); got != bad[kind] {
			t.Errorf("%s is trouble %d, want %d", kind, got, bad[kind])
		}
		s := step(context.Background(), e)
		if (s.Title == "") != (kind == issuance.CertificateExpiring) || (s.Tone == "bad") != (bad[kind] != fine) {
			t.Errorf("%s is told as %+v", kind, s)
		}
	}
}

// Every code by which the wallet door refuses somebody is read from the source: a new one has to be sorted in.
func TestRefusal_knows_every_code_that_a_wallet_can_be_refused_with(t *testing.T) {
	t.Parallel()
	codes := refusals(t, "../../internal/oid4vci", "../../internal/oauth", "../../internal/store", "../../internal/issuance")
	if len(codes) < 25 || !slices.Contains(codes, "invalid_proof") || !slices.Contains(codes, "code_spent") || !slices.Contains(codes, "invalid_request") {
		t.Fatalf("only %d were found: %v", len(codes), codes)
	}
	// These are no refusals on a timeline: nobody knows of which offer, it is how DPoP begins, staff asked, or the event is another.
	elsewhere := []string{oauth.CodeUseNonce, "code_unknown", "grant_unknown", "no_tx_code", issuance.CodeTxCodeWrong}
	for _, code := range codes {
		if slices.Contains(elsewhere, code) == (refusal(code) != fine) {
			t.Errorf("%s is trouble %d", code, refusal(code))
		}
	}
	for name, unknown := range map[string]string{"none, from before codes were kept": "", "of a newer program": "new_code"} {
		if got := troubleOf(issuance.Event{Kind: issuance.RequestRefused, Code: unknown}); got != badRequest {
			t.Errorf("%s: trouble %d", name, got)
		}
	}
}

// refusals are the codes that wallets are refused with in these packages: what the functions that make refusals are given. The domain's are
// those of the files that a wallet's requests go through.
func refusals(t *testing.T, folders ...string) []string {
	t.Helper()
	makers := map[string]int{"bad": 0, "NewError": 1, "Refuse": 1}
	through := []string{"redeem.go", "collect.go", "notify.go", "settle.go", "tx.go", "grants.go"}
	named, calls := map[string]string{}, []ast.Expr{}
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s has %d files, %v", folder, len(files), err)
		}
		protocol := strings.HasSuffix(folder, "oid4vci") || strings.HasSuffix(folder, "oauth")
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.ValueSpec:
					for i, value := range n.Values {
						if text, is := literal(value); is {
							named[n.Names[i].Name] = text
						}
					}
				case *ast.CallExpr:
					at, is := makers[identifier(n.Fun)]
					if is && at < len(n.Args) && (protocol || slices.Contains(through, filepath.Base(path))) {
						calls = append(calls, n.Args[at])
					}
				}
				return true
			})
		}
	}
	var codes []string
	for _, e := range calls {
		code, is := literal(e)
		if !is {
			code = named[identifier(e)] // a parameter is none: its callers are looked at
		}
		if code != "" && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
}

func literal(e ast.Expr) (string, bool) {
	l, is := e.(*ast.BasicLit)
	if !is || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}

// identifier is the last name of an expression.
func identifier(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func TestBackEnd_decides_for_every_state_of_a_delivery(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, c := range map[string]struct {
		d    issuance.Delivery
		want trouble
	}{
		"delivered":           {issuance.Delivery{State: issuance.DeliveryDelivered, Attempts: 3, LastAt: now}, fine},
		"queued":              {issuance.Delivery{State: issuance.DeliveryQueued}, fine},
		"out for the first":   {issuance.Delivery{State: issuance.DeliveryQueued, Attempts: 1}, fine},
		"refused":             {issuance.Delivery{State: issuance.DeliveryQueued, Attempts: 1, LastAt: now}, backEndRefused},
		"held":                {issuance.Delivery{State: issuance.DeliveryQueued, Held: true}, backEndHeld},
		"given up":            {issuance.Delivery{State: issuance.DeliveryExhausted, Attempts: 13, LastAt: now}, backEndGivenUp},
		"its endpoint's gone": {issuance.Delivery{State: issuance.DeliveryCancelled}, backEndGone},
	} {
		c.d.Status = issuance.CallbackIssued
		s := deliveryStep(context.Background(), c.d)
		if got := backEnd(c.d); got != c.want || (s.Tone == "bad") != (c.want != fine) || (s.Detail == "") != (c.want == fine) || !strings.HasSuffix(s.Title, ": credential delivered") {
			t.Errorf("%s is trouble %d, told as %+v", name, got, s)
		}
	}
}

func TestCallbackWords_says_every_callback_of_an_offer_in_words(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, status := range issuance.CallbackStatuses() {
		words := callbackWords(context.Background(), status)
		if seen[words] || (words == string(status)) != (status == issuance.CallbackCertificateExpiring) {
			t.Errorf("%s is %q", status, words)
		}
		seen[words] = true
	}
}

// What the clerk sees now, in every status, after every event and after silence.
func TestCurrent_is_the_trouble_of_now(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, c := range map[string]struct {
		status issuance.Status
		said   issuance.EventKind
		last   issuance.EventKind
		code   string
		ago    time.Duration
		want   trouble
	}{
		"just made":                           {status: issuance.StatusReady, last: issuance.OfferCreated},
		"made, and silent":                    {status: issuance.StatusReady, last: issuance.OfferCreated, ago: 61 * time.Second, want: noPhone},
		"connected":                           {status: issuance.StatusRetrieved, last: issuance.OfferRetrieved, ago: time.Minute},
		"connected, and silent":               {status: issuance.StatusRetrieved, last: issuance.OfferRetrieved, ago: 61 * time.Second, want: notGoneOn},
		"a wrong code":                        {status: issuance.StatusRetrieved, last: issuance.CodeRejected, want: wrongCode},
		"a wrong code, and silent":            {status: issuance.StatusRetrieved, last: issuance.CodeRejected, ago: time.Hour, want: wrongCode},
		"a wrong code, then a new one":        {status: issuance.StatusRetrieved, last: issuance.CodeRenewed},
		"refused for the clock":               {status: issuance.StatusRetrieved, last: issuance.RequestRefused, code: issuance.CodeClock, want: clockOff},
		"refused while collecting":            {status: issuance.StatusRedeemed, last: issuance.RequestRefused, code: "invalid_nonce", want: stale},
		"collecting":                          {status: issuance.StatusRedeemed, last: issuance.OfferRedeemed},
		"collecting, and silent":              {status: issuance.StatusRedeemed, last: issuance.OfferRedeemed, ago: 61 * time.Second, want: notCollected},
		"delivered":                           {status: issuance.StatusIssued, last: issuance.CredentialIssued, ago: time.Hour},
		"delivered, the wallet could not":     {status: issuance.StatusIssued, last: issuance.WalletFailed, said: issuance.WalletFailed, want: walletFailed},
		"delivered, the customer would not":   {status: issuance.StatusIssued, last: issuance.WalletDeleted, said: issuance.WalletDeleted, want: walletDeleted},
		"stored, and deleted":                 {status: issuance.StatusConfirmed, last: issuance.WalletDeleted, said: issuance.WalletDeleted, want: walletDeleted},
		"stored":                              {status: issuance.StatusConfirmed, last: issuance.WalletConfirmed, said: issuance.WalletConfirmed},
		"stored, a report that made no sense": {status: issuance.StatusConfirmed, last: issuance.RequestRefused, said: issuance.WalletConfirmed, code: "invalid_notification_request"},
		"expired":                             {status: issuance.StatusExpired, last: issuance.OfferExpired, want: expired},
		"expired by the clock alone":          {status: issuance.StatusExpired, last: issuance.OfferCreated, want: expired},
		"locked":                              {status: issuance.StatusFailed, last: issuance.OfferFailed, want: locked},
		"cancelled":                           {status: issuance.StatusCancelled, last: issuance.OfferCancelled, ago: time.Hour},
		"waits for approval":                  {status: issuance.StatusPending, last: issuance.OfferCreated, ago: time.Hour},
	} {
		o := issuance.Offer{Status: c.status, WalletSaid: c.said}
		if got := current(o, issuance.Event{Kind: c.last, Code: c.code, At: now.Add(-c.ago)}, now); got != c.want {
			t.Errorf("%s: trouble %d, want %d", name, got, c.want)
		}
		if r := result(context.Background(), o, false); r.Title == "" || o.Lost() != (r.Title == "Not in the wallet") {
			t.Errorf("%s: the result is %+v", name, r)
		}
		if b := badge(t.Context(), o); b.Word == "" || o.Lost() != (b.Word == "Not in the wallet") {
			t.Errorf("%s: the badge is %+v", name, b)
		}
		if c.want == fine && say(context.Background(), o) == "" {
			t.Errorf("%s: nothing is said", name)
		}
	}
}

func TestHomeIn_follows_success_and_nothing_else(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, c := range map[string]struct {
		status issuance.Status
		said   issuance.EventKind
		ago    time.Duration
		want   int
	}{
		"just delivered":     {status: issuance.StatusIssued, want: 10},
		"4 s ago":            {status: issuance.StatusConfirmed, ago: 4 * time.Second, want: 6},
		"long ago":           {status: issuance.StatusConfirmed, ago: 11 * time.Second},
		"not stored":         {status: issuance.StatusIssued, said: issuance.WalletFailed},
		"not kept":           {status: issuance.StatusConfirmed, said: issuance.WalletDeleted},
		"still open":         {status: issuance.StatusRetrieved},
		"expired just now":   {status: issuance.StatusExpired},
		"cancelled just now": {status: issuance.StatusCancelled},
	} {
		line := issuance.Timeline{Events: []issuance.Event{{Kind: issuance.CredentialIssued, At: now.Add(-c.ago)}}}
		if got, text := homeIn(issuance.Offer{Status: c.status, WalletSaid: c.said}, line, now); got != c.want || (text == "") != (got == 0) {
			t.Errorf("%s: in %d s %q", name, got, text)
		}
	}
}
