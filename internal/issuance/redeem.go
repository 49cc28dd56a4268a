package issuance

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"counterfoil/internal/secret"
)

// Code gives the pre-authorized code of an offer. It is derived, not stored: an offer
// by reference must show it at every fetch, and the database must not be able to.
func (s *Service) Code(id OfferID) secret.Text {
	return secret.NewText(base64.RawURLEncoding.EncodeToString(s.codeKey.MAC([]byte(id))))
}

// RetrieveOffer is a wallet fetching an offer by reference: any number of times until it is
// redeemed or ended. With peek nothing is put on the timeline (HTTP HEAD). Refusals: NotFound; Expired when it can no
// longer be redeemed; Conflict with CodeNotReady while it waits for approval.
func (s *Service) RetrieveOffer(ctx context.Context, id OfferID, peek bool) (Offer, secret.Text, error) {
	o, err := s.Offer(ctx, id)
	if err != nil {
		return Offer{}, secret.Text{}, err
	}
	var refusal *Error
	if _, known := s.Types.Version(o.Type, o.TypeVersion); !known {
		refusal = Refuse(Expired, "type_gone", reasonTypeGone)
	} else if o.Status == StatusPending {
		refusal = notReady()
	} else if !o.Status.Fetchable() {
		refusal = Refuse(Expired, "offer_gone", "this offer was used or has ended")
	}
	if refusal != nil {
		if !peek {
			s.NoteRefusal(ctx, id, refusal.Code, refusal.Reason)
		}
		return Offer{}, secret.Text{}, refusal
	}
	if !peek {
		s.note(ctx, Look{Offer: id, Kind: OfferRetrieved})
	}
	return o, s.Code(id), nil
}

// RedeemCode is a request to exchange a pre-authorized code.
type RedeemCode struct {
	Code string
	// TxCode is nil when the wallet sent none.
	TxCode *string
	// Types, when not empty, are the types the wallet asks for; the offer's must be among them, and the grant is then
	// one with identifiers.
	Types []string
	// Thumbprint binds the grant to a DPoP key; empty for a bearer token.
	Thumbprint string
	// Spent are single-use values to record with the redemption (the DPoP jti).
	Spent []Spent
}

// Token is a fresh access token and how long it is good for.
type Token struct {
	AccessToken secret.Text
	Type        string // what it allows to collect
	ExpiresIn   time.Duration
}

// RedeemCode exchanges a pre-authorized code for an access token, once. Refusals, in this
// order (OpenID4VCI 1.0 §6.3): NotFound unknown code; Conflict, Expired, Locked no longer redeemable;
// Invalid with CodeTxCodeUnexpected or CodeTxCodeMissing; Denied with CodeTxCodeWrong, counted in its own
// committed step; Locked when that was the last attempt; Conflict when another redemption won.
//
// The code is compared before the guarded update and counted after it, so that racing
// guesses take effect in the order of their commits: a right code succeeds only while fewer than
// the allowed number of wrong ones were committed before it.
func (s *Service) RedeemCode(ctx context.Context, r RedeemCode) (Token, error) {
	o, mac, err := s.Gates.OfferByCode(ctx, secret.Hash(r.Code))
	if err != nil {
		return Token{}, fmt.Errorf("find code: %w", err)
	}
	now := s.Clock()
	if err := s.redeemable(ctx, o, mac, r, now); err != nil {
		return Token{}, err
	}
	if mac != nil && !secret.ConstantTimeEqual(mac, s.txCodeMAC(o.ID, *r.TxCode)) {
		return Token{}, s.wrongCode(ctx, o.ID, r.Spent, now)
	}
	access, err := s.token()
	if err != nil {
		return Token{}, err
	}
	err = s.Gates.Redeem(ctx, Redemption{
		Offer: o.ID, At: now, MaxAttempts: s.settings.MaxAttempts, TxCodeMAC: mac,
		Grant: Grant{
			TokenHash: secret.Hash(access), Offer: o.ID, Type: o.Type,
			Thumbprint: r.Thumbprint, Identifiers: len(r.Types) > 0, ExpiresAt: now.Add(s.settings.TokenTTL),
		},
		Spent: r.Spent,
	})
	if err != nil {
		s.noteLost(ctx, o.ID, err)
		return Token{}, fmt.Errorf("redeem: %w", err)
	}
	return Token{AccessToken: secret.NewText(access), Type: o.Type, ExpiresIn: s.settings.TokenTTL}, nil
}

// reasonTypeGone is said of an offer whose type was taken away after it was made: its code must not be burnt for nothing.
const reasonTypeGone = "the credential configuration of this offer is no longer issued"

// redeemable checks everything about a redemption but the transaction code's value, and
// notes a refusal on the offer's timeline.
func (s *Service) redeemable(ctx context.Context, o Offer, mac []byte, r RedeemCode, now time.Time) error {
	var refusal *Error
	_, known := s.Types.Version(o.Type, o.TypeVersion)
	switch st := o.StatusAt(now); {
	case !known:
		refusal = Refuse(Conflict, "type_gone", reasonTypeGone)
	case st == StatusExpired:
		refusal = Refuse(Expired, "offer_expired", "the offer has expired")
	case st == StatusPending:
		refusal = notReady()
	case !st.Fetchable():
		refusal = Refuse(Conflict, "code_spent", "the code was used before or the offer has ended")
	case len(r.Types) > 0 && !slices.Contains(r.Types, o.Type):
		refusal = Refuse(Invalid, CodeTypeNotOffered, "the offer is for another credential configuration")
	case mac == nil && r.TxCode != nil:
		refusal = Refuse(Invalid, CodeTxCodeUnexpected, "the offer asks for no transaction code")
	case mac != nil && r.TxCode == nil:
		refusal = Refuse(Invalid, CodeTxCodeMissing, "the offer asks for a transaction code")
	}
	if refusal == nil {
		return nil
	}
	s.NoteRefusal(ctx, o.ID, refusal.Code, refusal.Reason)
	return refusal
}

// notReady is what a wallet gets that came before the approval.
func notReady() *Error {
	return Refuse(Conflict, CodeNotReady, "this offer is not ready yet: somebody has to approve it first")
}

func (s *Service) wrongCode(ctx context.Context, id OfferID, spent []Spent, now time.Time) error {
	left, err := s.Gates.CountWrongCode(ctx, WrongCode{Offer: id, At: now, MaxAttempts: s.settings.MaxAttempts, Spent: spent})
	if err != nil {
		s.noteLost(ctx, id, err)
		return fmt.Errorf("count wrong code: %w", err)
	}
	if left == 0 {
		return Refuse(Locked, CodeTxCodeWrong, "too many wrong transaction codes, the offer has ended")
	}
	return Refuse(Denied, CodeTxCodeWrong, "the transaction code is wrong")
}

// noteLost notes what came from the record itself: another request was quicker, or the record is away.
func (s *Service) noteLost(ctx context.Context, id OfferID, err error) {
	var refusal *Error
	if errors.As(err, &refusal) {
		s.NoteRefusal(ctx, id, refusal.Code, refusal.Reason)
		return
	}
	s.NoteFault(ctx, id)
}

// NoteFault puts on the timeline of an offer that its wallet was answered with a fault of ours. What it was is in the log.
func (s *Service) NoteFault(ctx context.Context, id OfferID) {
	s.NoteRefusal(ctx, id, CodeFault, "a fault of the issuer")
}

// NoteRefusedCode puts a refusal on the timeline of the offer that a pre-authorized code belongs to; a code that nobody knows leaves no
// trace. Why and cause are those of NoteRefusal.
func (s *Service) NoteRefusedCode(ctx context.Context, code, why, cause string) error {
	o, _, err := s.Gates.OfferByCode(ctx, secret.Hash(code))
	switch {
	case KindOf(err) == NotFound:
		return nil
	case err != nil:
		return fmt.Errorf("find code: %w", err)
	}
	s.NoteRefusal(ctx, o.ID, why, cause)
	return nil
}

// NoteRefusal puts a refusal that a wallet got on the timeline of its offer, so that staff never
// know less than the wallet: why as a code, and the cause in a sentence.
func (s *Service) NoteRefusal(ctx context.Context, id OfferID, why, cause string) {
	s.note(ctx, Look{Offer: id, Kind: RequestRefused, Cause: cause, Code: why})
}

// note puts a look on the timeline, with its time and the request that it came of.
func (s *Service) note(ctx context.Context, l Look) {
	l.At, l.Request = s.Clock(), RequestOf(ctx)
	s.Record.Note(l)
}

// RevealTxCode opens the transaction code for the person at the counter and records that
// it was shown. NotFound when the offer has none or no longer.
func (s *Service) RevealTxCode(ctx context.Context, id OfferID, by Actor) (secret.Text, error) {
	o, err := s.Offer(ctx, id)
	if err != nil {
		return secret.Text{}, err
	}
	if !o.Status.Fetchable() {
		return secret.Text{}, Refuse(NotFound, "no_tx_code", "the transaction code is no longer needed")
	}
	code, err := s.Grants.TxCode(ctx, id)
	if err != nil {
		return secret.Text{}, fmt.Errorf("open transaction code: %w", err)
	}
	s.note(ctx, Look{Offer: id, Kind: CodeRevealed, Cause: "shown to " + by.Name})
	return code, nil
}

// DisplayTxCode opens the transaction code of an open offer for the customer display, where the policy of its type says so; it is empty
// otherwise. The policy stands for the person who would have shown it, so that nothing is recorded of it.
func (s *Service) DisplayTxCode(ctx context.Context, o Offer) (secret.Text, error) {
	t, known := s.Types.Version(o.Type, o.TypeVersion)
	if !known || !t.Policy.TxCode.OnDisplay || o.TxCode == nil || !o.Status.Fetchable() {
		return secret.Text{}, nil
	}
	code, err := s.Grants.TxCode(ctx, o.ID)
	if KindOf(err) == NotFound { // redeemed just now
		return secret.Text{}, nil
	}
	if err != nil {
		return secret.Text{}, fmt.Errorf("open transaction code: %w", err)
	}
	return code, nil
}

// KindOf gives the kind of a refusal, or 0 for a fault.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return 0
}
