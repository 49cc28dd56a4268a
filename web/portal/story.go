package portal

import (
	"fmt"
	"strings"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/views/offers"
)

// tell fills in the story of an offer: what happened in plain words, what comes next, and what to say to the customer.
func (p *portal) tell(live *offers.Live, o issuance.Offer, t issuance.Timeline, now time.Time) {
	for _, e := range t.Events {
		live.Steps = append(live.Steps, step(e))
		for _, d := range t.Deliveries {
			if d.Sequence == e.Sequence {
				live.Steps = append(live.Steps, deliveryStep(d))
			}
		}
	}
	if o.Status == issuance.StatusExpired && (len(t.Events) == 0 || t.Events[len(t.Events)-1].Kind != issuance.OfferExpired) {
		live.Steps = append(live.Steps, offers.Step{Tone: "bad", Title: "Time ran out"})
	}
	live.Steps = append(live.Steps, ahead(o.Status)...)
	live.Say, live.Trouble = say(o, t, now)
	live.Result = result(o)
	live.Ended = ended(o, t, now)
	live.Support = []string{
		"Offer " + string(o.ID), "Type " + o.Type, "Made " + o.CreatedAt.UTC().Format(time.RFC3339) + " by " + o.CreatedBy,
	}
}

// ended tells when nothing more is worth waiting for: the offer has ended, callbacks are done, and a wallet had a minute to
// confirm.
func ended(o issuance.Offer, t issuance.Timeline, now time.Time) bool {
	if !o.Status.Ended() {
		return false
	}
	for _, d := range t.Deliveries {
		if d.State == issuance.DeliveryQueued && d.Attempts < 2 && !d.Held { // a receiver that is down takes hours
			return false
		}
	}
	last := o.ExpiresAt
	if len(t.Events) > 0 {
		last = t.Events[len(t.Events)-1].At
	}
	return o.Status != issuance.StatusIssued || now.Sub(last) > time.Minute
}

// step says one event.
func step(e issuance.Event) offers.Step {
	s := offers.Step{}
	s.Time, s.Exact = at(e.At)
	switch e.Kind {
	case issuance.OfferCreated:
		s.Title = "QR code shown"
	case issuance.OfferRetrieved:
		s.Title = "Phone connected"
	case issuance.CodeRevealed:
		s.Tone, s.Title = "note", "Transaction code "+e.Cause
	case issuance.CodeRejected:
		s.Tone, s.Title, s.Detail = "bad", "Wrong code typed", capital(e.Cause)+"."
	case issuance.RequestRefused:
		s.Tone, s.Title, s.Detail = "bad", "The phone’s request was refused", capital(e.Cause)+"."
	case issuance.OfferRedeemed:
		s.Title = "Code accepted"
	case issuance.CredentialIssued:
		s.Title = "Delivered to the phone"
	case issuance.CredentialReissued:
		s.Tone, s.Title = "note", "Delivered once more"
	case issuance.WalletConfirmed:
		s.Title = "Stored in the wallet"
	case issuance.WalletFailed:
		s.Tone, s.Title, s.Detail = "bad", "The wallet could not store it", capital(e.Cause)
	case issuance.WalletDeleted:
		s.Tone, s.Title, s.Detail = "bad", "The customer did not keep it", capital(e.Cause)
	case issuance.OfferCancelled:
		s.Tone, s.Title = "note", capital(e.Cause)
	case issuance.OfferExpired:
		s.Tone, s.Title = "bad", "Time ran out"
	case issuance.OfferFailed:
		s.Tone, s.Title, s.Detail = "bad", "Blocked for safety", capital(e.Cause)+"."
	case issuance.CertificateExpiring: // about no offer
	}
	return s
}

// deliveryStep says how far the back-end has been told.
func deliveryStep(d issuance.Delivery) offers.Step {
	s := offers.Step{Tone: "note"}
	told := fmt.Sprintf("Back-end: %s", d.Status)
	switch {
	case d.State == issuance.DeliveryDelivered:
		s.Title = told + " delivered"
		s.Time, s.Exact = at(d.LastAt)
	case d.State == issuance.DeliveryExhausted:
		s.Title, s.Detail = told+" given up", d.LastResult
		s.Time, s.Exact = at(d.LastAt)
	case d.State == issuance.DeliveryCancelled:
		s.Title, s.Detail = told+" not delivered", capital(d.LastResult)
	case d.Held:
		s.Tone, s.Title, s.Detail = "bad", told+" waits", strings.TrimPrefix(d.LastResult+". ", ". ")+"The callback endpoint is switched off."
	case d.Attempts > 0 && !d.LastAt.IsZero():
		again, _ := at(d.NextAt)
		s.Tone, s.Title, s.Detail = "bad", told+" refused", d.LastResult+", next try "+again
		s.Time, s.Exact = at(d.LastAt)
	default:
		s.Title = told + " queued"
	}
	return s
}

// ahead lists the steps that are still to come.
func ahead(s issuance.Status) []offers.Step {
	names := []string{"Phone connects", "Code is accepted", "Credential is created and delivered", "Wallet stores it"}
	from := len(names)
	switch s {
	case issuance.StatusPending, issuance.StatusReady:
		from = 0
	case issuance.StatusRetrieved:
		from = 1
	case issuance.StatusRedeemed:
		from = 2
		names[2] = "Being created"
	case issuance.StatusIssued:
		from = 3
	case issuance.StatusConfirmed, issuance.StatusCancelled, issuance.StatusExpired, issuance.StatusFailed:
	}
	var out []offers.Step
	for i, name := range names[from:] {
		tone := "todo"
		if i == 0 {
			tone = "now"
		}
		out = append(out, offers.Step{Tone: tone, Title: name})
	}
	return out
}

// say gives what to do or say now; trouble tells that something is wrong.
func say(o issuance.Offer, t issuance.Timeline, now time.Time) (text string, trouble bool) {
	last := issuance.Event{At: o.CreatedAt}
	if len(t.Events) > 0 {
		last = t.Events[len(t.Events)-1]
	}
	silent := now.Sub(last.At) > time.Minute
	switch o.Status {
	case issuance.StatusPending:
		return "A colleague has to approve this first.", false
	case issuance.StatusReady:
		if silent {
			return "No phone has come yet. Is the wallet app open? The phone’s camera must see the whole code; otherwise use the link.", true
		}
		return "Ask the customer to open the wallet and scan the code.", false
	case issuance.StatusRetrieved:
		return sayConnected(o, last, silent)
	case issuance.StatusRedeemed:
		return "The phone is collecting. This takes a few seconds.", false
	case issuance.StatusIssued:
		return "Delivered. Ask the customer to look into the wallet; some wallets do not confirm that they stored it.", false
	case issuance.StatusConfirmed:
		return "Done. The credential is in the wallet.", false
	case issuance.StatusCancelled:
		return "This offer was cancelled. Nothing reached the phone.", false
	case issuance.StatusExpired:
		return "Time ran out before the credential was collected. Make a new offer; nothing was issued.", true
	case issuance.StatusFailed:
		return "Blocked after too many wrong codes. Check that you speak to the right person, then make a new offer.", true
	}
	return "", false
}

func sayConnected(o issuance.Offer, last issuance.Event, silent bool) (string, bool) {
	switch {
	case last.Kind == issuance.CodeRejected:
		return "The code was wrong. Read it out once more, digit by digit.", true
	case last.Kind == issuance.RequestRefused:
		return "The phone’s request was refused. Ask the customer to try once more; if it stays, the wallet may not fit.", true
	case silent:
		return "The phone connected but has not gone on. Ask the customer what the screen says.", true
	case o.TxCode != nil:
		return "The phone is connected. Tell the customer the transaction code.", false
	}
	return "The phone is connected. The customer confirms in the wallet.", false
}

// result stands where the QR code was.
func result(o issuance.Offer) offers.Result {
	switch o.Status {
	case issuance.StatusRedeemed:
		return offers.Result{Sign: "…", Title: "Code accepted", Text: "The credential is being created."}
	case issuance.StatusIssued:
		return offers.Result{Sign: "✓", Title: "Delivered", Text: "The credential is on the phone."}
	case issuance.StatusConfirmed:
		return offers.Result{Sign: "✓", Title: "Stored in the wallet", Text: "All done."}
	case issuance.StatusCancelled:
		return offers.Result{Sign: "–", Title: "Cancelled", Text: capital(o.Cause) + ".", Tone: "quiet"}
	case issuance.StatusExpired:
		return offers.Result{Sign: "!", Title: "Expired", Text: "The QR code no longer works.", Tone: "bad"}
	case issuance.StatusFailed:
		return offers.Result{Sign: "!", Title: "Blocked", Text: "Too many wrong codes.", Tone: "bad"}
	case issuance.StatusPending, issuance.StatusReady, issuance.StatusRetrieved:
	}
	return offers.Result{Sign: "…", Title: "Not ready yet", Tone: "quiet"}
}

// capital writes a cause as the beginning of a sentence.
func capital(s string) string {
	if s == "" {
		return ""
	}
	if s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}
