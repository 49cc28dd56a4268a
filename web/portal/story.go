package portal

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/views/i18n"
	"counterfoil/views/offers"
)

const (
	// silence is how long nothing may happen before somebody should ask what is wrong.
	silence = time.Minute
	// homeAfter is how long success stays on the screen before it goes home by itself.
	homeAfter = 10 * time.Second
)

// tell fills in the story of an offer: what happened in plain words, what comes next, and what to say to the customer.
func (p *portal) tell(ctx context.Context, live *offers.Live, o issuance.Offer, t issuance.Timeline, now time.Time) {
	for _, e := range t.Events {
		live.Steps = append(live.Steps, step(ctx, e))
		if e.Kind == issuance.OfferCreated && count(t, issuance.ApprovalAsked) > 0 { // there is no QR code yet
			live.Steps[len(live.Steps)-1].Title = i18n.T(ctx, "Offer made")
		}
		for _, d := range t.Deliveries {
			if d.Sequence == e.Sequence {
				live.Steps = append(live.Steps, deliveryStep(ctx, d))
			}
		}
	}
	if o.Status == issuance.StatusExpired && count(t, issuance.OfferExpired) == 0 { // no sweep has written it down yet
		live.Steps = append(live.Steps, offers.Step{Tone: "bad", Title: i18n.T(ctx, "Time ran out"), Guide: paragraph(expired)})
	}
	live.Steps = append(live.Steps, ahead(ctx, o)...)
	last, corrected := latest(o, t), count(t, issuance.OfferCorrected) > 0
	switch trouble := current(o, last, now); {
	case live.After != "" && !o.Status.Ended():
		live.Say = i18n.T(ctx, "A corrected offer was made. Go on with that one; this one ends when it is collected.")
	case live.After != "" && corrected:
		live.Say = i18n.T(ctx, "A corrected offer took the place of this one. Go on with that one.")
	case live.After != "":
		live.Say = i18n.T(ctx, "This offer was shown again. Go on with the new one.")
	case trouble == fine:
		live.Say = say(ctx, o)
	default:
		live.Advice = advice(ctx, trouble)
		live.Advice.Help = paragraph(trouble)
		if trouble == wrongCode {
			live.Advice.Happened += " " + triesLeft(ctx, last)
		}
	}
	live.Result = result(ctx, o, live.After != "" && !corrected)
	live.Ended = ended(o, t, now)
	live.Home, live.HomeText = homeIn(o, t, now)
	live.Over = live.Ended || live.Home > 0 || o.Lost()
	live.Support = support(o, t)
}

// count tells how many events of a kind there are.
func count(t issuance.Timeline, kind issuance.EventKind) int {
	n := 0
	for _, e := range t.Events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

// latest is the last thing that the phone or time did, or a clerk to the offer; that a code was looked at changes nothing.
func latest(o issuance.Offer, t issuance.Timeline) issuance.Event {
	for _, e := range slices.Backward(t.Events) {
		if e.Kind != issuance.CodeRevealed {
			return e
		}
	}
	return issuance.Event{Kind: issuance.OfferCreated, At: o.CreatedAt}
}

// current is the trouble that there is now; fine when there is none. Silence is one as well.
func current(o issuance.Offer, last issuance.Event, now time.Time) trouble {
	switch o.Status {
	case issuance.StatusExpired:
		return expired
	case issuance.StatusFailed:
		return locked
	case issuance.StatusIssued, issuance.StatusConfirmed:
		return troubleOf(issuance.Event{Kind: o.WalletSaid})
	case issuance.StatusPending, issuance.StatusCancelled:
		return fine
	case issuance.StatusReady, issuance.StatusRetrieved, issuance.StatusRedeemed:
	}
	if t := troubleOf(last); t != fine {
		return t
	}
	if now.Sub(last.At) <= silence {
		return fine
	}
	return map[issuance.Status]trouble{
		issuance.StatusReady: noPhone, issuance.StatusRetrieved: notGoneOn, issuance.StatusRedeemed: notCollected,
	}[o.Status]
}

// ended tells when nothing more is worth waiting for: the offer has ended, also on the record, callbacks are done, and a wallet had a minute
// to confirm.
func ended(o issuance.Offer, t issuance.Timeline, now time.Time) bool {
	if !o.Status.Ended() || o.Status == issuance.StatusExpired && count(t, issuance.OfferExpired) == 0 {
		return false
	}
	for _, d := range t.Deliveries {
		if d.State == issuance.DeliveryQueued && d.Attempts < 2 && !d.Held { // a receiver that is down takes hours
			return false
		}
	}
	return o.Status != issuance.StatusIssued || now.Sub(latest(o, t).At) > silence
}

// homeIn is when the screen goes home by itself: a moment after the credential came to the phone, and never when that was long ago or went
// wrong. Zero when it does not.
func homeIn(o issuance.Offer, t issuance.Timeline, now time.Time) (seconds int, text string) {
	if o.Status != issuance.StatusIssued && o.Status != issuance.StatusConfirmed || o.Lost() {
		return 0, ""
	}
	var at time.Time
	for _, e := range t.Events {
		if e.Kind == issuance.CredentialIssued || e.Kind == issuance.WalletConfirmed {
			at = e.At
		}
	}
	seconds = int(homeAfter.Seconds()) - int(now.Sub(at).Seconds())
	if seconds <= 0 {
		return 0, ""
	}
	return seconds, clockText(seconds)
}

// step says one event.
func step(ctx context.Context, e issuance.Event) offers.Step {
	s := offers.Step{}
	s.Time, s.Exact = at(e.At)
	if t := troubleOf(e); t != fine {
		s.Tone, s.Guide = "bad", paragraph(t)
	}
	switch e.Kind {
	case issuance.OfferCreated:
		s.Title = i18n.T(ctx, "QR code shown")
	case issuance.OfferRetrieved:
		s.Title = i18n.T(ctx, "Phone connected")
	case issuance.ApprovalAsked:
		s.Tone, s.Title = "note", i18n.T(ctx, "Approval asked for")
	case issuance.OfferApproved:
		s.Title = deed(ctx, e.Cause)
	case issuance.CodeRevealed, issuance.CodeRenewed, issuance.OfferCancelled, issuance.OfferReplaced, issuance.OfferCorrected:
		s.Tone, s.Title = "note", deed(ctx, e.Cause)
	case issuance.ClaimsRevealed:
		name, _ := strings.CutPrefix(e.Cause, "shown to ")
		s.Tone, s.Title = "note", i18n.T(ctx, "Claims shown to %s", name)
	case issuance.CodeRejected:
		s.Title, s.Detail = i18n.T(ctx, "Wrong code typed"), triesLeft(ctx, e)
	case issuance.RequestRefused:
		s.Title, s.Detail = i18n.T(ctx, "The phone’s request was refused"), advice(ctx, troubleOf(e)).Happened
	case issuance.OfferRedeemed:
		s.Title = i18n.T(ctx, "Code accepted")
	case issuance.CredentialIssued:
		s.Title = i18n.T(ctx, "Delivered to the phone")
	case issuance.CredentialReissued:
		s.Tone, s.Title = "note", i18n.T(ctx, "Delivered once more")
	case issuance.WalletConfirmed:
		s.Title = i18n.T(ctx, "Stored in the wallet")
	case issuance.WalletFailed:
		s.Title = i18n.T(ctx, "The wallet could not store it")
	case issuance.WalletDeleted:
		s.Title = i18n.T(ctx, "The customer did not keep it")
	case issuance.OfferExpired:
		s.Title = i18n.T(ctx, "Time ran out")
	case issuance.OfferFailed:
		s.Title = i18n.T(ctx, "Blocked for safety")
	case issuance.CertificateExpiring: // about no offer
	}
	return s
}

// deed says what somebody did. The record has it in English, with the name at the end.
func deed(ctx context.Context, cause string) string {
	by := func(prefix string) (name string, is bool) { return strings.CutPrefix(cause, prefix) }
	if name, is := by("cancelled by "); is {
		return i18n.T(ctx, "Cancelled by %s", name)
	}
	if name, is := by("shown to "); is {
		return i18n.T(ctx, "Transaction code shown to %s", name)
	}
	if name, is := by("made anew for "); is {
		return i18n.T(ctx, "New transaction code shown to %s", name)
	}
	if name, is := by("approved by "); is {
		return i18n.T(ctx, "Approved by %s", name)
	}
	if name, is := by("corrected by "); is {
		return i18n.T(ctx, "Corrected by %s", name)
	}
	if text, is := by("rejected by "); is {
		name, reason, _ := strings.Cut(text, ": ")
		return i18n.T(ctx, "Rejected by %s: %s", name, reason)
	}
	if cause == issuance.CauseReplaced {
		return i18n.T(ctx, "Replaced by a corrected offer")
	}
	if name, is := by("shown again as a new offer by "); is {
		return i18n.T(ctx, "Shown again as a new offer by %s", name)
	}
	return capital(cause)
}

// triesLeft says how many codes may still be typed; nothing where the record does not know.
func triesLeft(ctx context.Context, e issuance.Event) string {
	left, err := strconv.Atoi(e.Code)
	if err != nil {
		return ""
	}
	return i18n.T(ctx, "%d more tries are left.", left)
}

// deliveryStep says how far the back-end has been told.
func deliveryStep(ctx context.Context, d issuance.Delivery) offers.Step {
	s := offers.Step{Tone: "note"}
	if !d.LastAt.IsZero() {
		s.Time, s.Exact = at(d.LastAt)
	}
	if t := backEnd(d); t != fine {
		a := advice(ctx, t)
		s.Tone, s.Detail, s.Guide = "bad", a.Happened+" "+a.Do, paragraph(t)
	}
	what := callbackWords(ctx, d.Status)
	switch d.State {
	case issuance.DeliveryDelivered:
		s.Title = i18n.T(ctx, "Bank’s systems told: %s", what)
	case issuance.DeliveryQueued:
		s.Title = i18n.T(ctx, "Bank’s systems not told yet: %s", what)
	case issuance.DeliveryExhausted, issuance.DeliveryCancelled:
		s.Title = i18n.T(ctx, "Bank’s systems not told: %s", what)
	}
	return s
}

// callbackWords says a callback status in a word or two; as it is where it is never about an offer.
func callbackWords(ctx context.Context, s issuance.CallbackStatus) string {
	switch s {
	case issuance.CallbackCreated:
		return i18n.T(ctx, "offer made")
	case issuance.CallbackIssued:
		return i18n.T(ctx, "credential delivered")
	case issuance.CallbackFailed:
		return i18n.T(ctx, "offer ended")
	case issuance.CallbackExpired:
		return i18n.T(ctx, "time ran out")
	case issuance.CallbackRetrieved:
		return i18n.T(ctx, "phone connected")
	case issuance.CallbackRedeemed:
		return i18n.T(ctx, "code accepted")
	case issuance.CallbackCodeRejected:
		return i18n.T(ctx, "wrong code")
	case issuance.CallbackConfirmed:
		return i18n.T(ctx, "credential stored")
	case issuance.CallbackWalletFailed:
		return i18n.T(ctx, "credential not stored")
	case issuance.CallbackCertificateExpiring, issuance.CallbackPing:
	}
	return string(s)
}

// ahead lists the steps that are still to come.
func ahead(ctx context.Context, o issuance.Offer) []offers.Step {
	names := []string{
		i18n.T(ctx, "A colleague approves it"), i18n.T(ctx, "Phone connects"), i18n.T(ctx, "Code is accepted"), i18n.T(ctx, "Credential is created and delivered"), i18n.T(ctx, "Wallet stores it"),
	}
	from := len(names)
	switch o.Status {
	case issuance.StatusPending:
		from = 0
	case issuance.StatusReady:
		from = 1
	case issuance.StatusRetrieved:
		from = 2
	case issuance.StatusRedeemed:
		from = 3
		names[3] = i18n.T(ctx, "Being created")
	case issuance.StatusIssued:
		if !o.Lost() {
			from = 4
		}
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

// say gives what to do or say while all is well.
func say(ctx context.Context, o issuance.Offer) string {
	switch o.Status {
	case issuance.StatusPending:
		return i18n.T(ctx, "A colleague has to approve this first. The QR code appears here by itself when that is done.")
	case issuance.StatusReady:
		return i18n.T(ctx, "Ask the customer to open the wallet and scan the code.")
	case issuance.StatusRetrieved:
		if o.TxCode != nil {
			return i18n.T(ctx, "The phone is connected. Tell the customer the transaction code.")
		}
		return i18n.T(ctx, "The phone is connected. The customer confirms in the wallet.")
	case issuance.StatusRedeemed:
		return i18n.T(ctx, "The phone is collecting. This takes a few seconds.")
	case issuance.StatusIssued:
		return i18n.T(ctx, "Delivered. Ask the customer to look into the wallet; some wallets do not confirm that they stored it.")
	case issuance.StatusConfirmed:
		return i18n.T(ctx, "Done. The credential is in the wallet.")
	case issuance.StatusCancelled:
		return i18n.T(ctx, "This offer was cancelled. Nothing reached the phone.")
	case issuance.StatusExpired, issuance.StatusFailed: // troubles
	}
	return ""
}

// result stands where the QR code was.
func result(ctx context.Context, o issuance.Offer, again bool) offers.Result {
	if again {
		return offers.Result{Sign: "→", Title: i18n.T(ctx, "Shown again"), Text: i18n.T(ctx, "A new offer took the place of this one."), Tone: "quiet"}
	}
	if o.Lost() {
		return offers.Result{Sign: "!", Title: i18n.T(ctx, "Not in the wallet"), Text: i18n.T(ctx, "The phone got the credential but did not keep it."), Tone: "bad"}
	}
	switch o.Status {
	case issuance.StatusRetrieved:
		return offers.Result{Sign: "✓", Title: i18n.T(ctx, "Phone connected"), Text: i18n.T(ctx, "The QR code is put away, so that no other phone scans it.")}
	case issuance.StatusRedeemed:
		return offers.Result{Sign: "•••", Title: i18n.T(ctx, "Code accepted"), Text: i18n.T(ctx, "The credential is being created.")}
	case issuance.StatusIssued:
		return offers.Result{Sign: "✓", Title: i18n.T(ctx, "Delivered"), Text: i18n.T(ctx, "The credential is on the phone.")}
	case issuance.StatusConfirmed:
		return offers.Result{Sign: "✓", Title: i18n.T(ctx, "Stored in the wallet"), Text: i18n.T(ctx, "All done.")}
	case issuance.StatusCancelled:
		return offers.Result{Sign: "–", Title: i18n.T(ctx, "Cancelled"), Text: deed(ctx, o.Cause) + ".", Tone: "quiet"}
	case issuance.StatusExpired:
		return offers.Result{Sign: "!", Title: i18n.T(ctx, "Expired"), Text: i18n.T(ctx, "The QR code no longer works."), Tone: "bad"}
	case issuance.StatusFailed:
		return offers.Result{Sign: "!", Title: i18n.T(ctx, "Blocked"), Text: i18n.T(ctx, "Too many wrong codes."), Tone: "bad"}
	case issuance.StatusPending, issuance.StatusReady:
	}
	return offers.Result{Sign: "…", Title: i18n.T(ctx, "Waiting for a colleague to approve"), Text: i18n.T(ctx, "Until %s.", i18n.DateTime(ctx, o.ExpiresAt)), Tone: "quiet"}
}

// support is what those who help from afar ask for, in the words of the record: no claim is in it. A request is named as the log names it.
func support(o issuance.Offer, t issuance.Timeline) []string {
	lines := []string{
		"Offer " + string(o.ID),
		fmt.Sprintf("Type %s, version %d; status %s", o.Type, o.TypeVersion, o.Status),
		fmt.Sprintf("Made %s by %s (%s); valid until %s", exact(o.CreatedAt), o.CreatedBy, o.Channel, exact(o.ExpiresAt)),
	}
	for _, e := range t.Events {
		line := strings.TrimSpace(exact(e.At) + " " + string(e.Kind) + " " + e.Code + " " + e.Cause)
		if e.Request != "" {
			line += "; request " + e.Request
		}
		lines = append(lines, line)
	}
	for _, d := range t.Deliveries {
		lines = append(lines, fmt.Sprintf("Callback %s %s, %d attempts %s", d.Status, d.State, d.Attempts, d.LastResult))
	}
	return lines
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
