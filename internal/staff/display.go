package staff

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"counterfoil/internal/secret"
)

// The limits of customer displays.
const (
	// PairingLimit is how long a display stays paired.
	PairingLimit = 12 * time.Hour
	codeLimit    = 10 * time.Minute
	codeLength   = 6
	// A display that was not seen for seenLimit is disconnected. It looks every few seconds, which is noted every seenEvery.
	seenLimit = 30 * time.Second
	seenEvery = 10 * time.Second
	// forgetDisplays is when a display that is not paired and was not seen is forgotten.
	forgetDisplays = time.Hour
)

// Display is a second screen at the counter, turned to the customer. It signs nobody in: its token, stored only as a hash, lets it see
// what the person who paired it shows on it.
type Display struct {
	TokenHash []byte
	// Code pairs the display until CodeUntil; empty once it was used.
	Code      string
	CodeUntil time.Time
	// Person is who paired it, until PairedUntil.
	Person      PersonID
	PairedUntil time.Time
	// Language is that of the customers, as BCP 47; empty when none was chosen.
	Language string
	// Offer is the id of the offer that it shows; empty when it shows none.
	Offer  string
	SeenAt time.Time
	// Version grows whenever the display is told what to show.
	Version int
}

// PairedAt tells whether somebody has paired the display.
func (d Display) PairedAt(now time.Time) bool { return d.Person != "" && now.Before(d.PairedUntil) }

// ConnectedAt tells whether the display was seen lately.
func (d Display) ConnectedAt(now time.Time) bool { return now.Sub(d.SeenAt) <= seenLimit }

// DisplayRecord is the durable record of displays.
type DisplayRecord interface {
	// AddDisplay records a display that is not paired and has no code.
	AddDisplay(ctx context.Context, tokenHash []byte, at time.Time) error
	// Display returns a display with the session that told it what to show and that session's person, both zero when it has ended;
	// NotFound.
	Display(ctx context.Context, tokenHash []byte) (Display, Session, Person, error)
	// RenewCode gives a display whose code and pairing are over at now another code. It changes nothing when they are not, or when
	// another display has the code: the next look draws again.
	RenewCode(ctx context.Context, tokenHash []byte, code string, until, now time.Time) error
	// TouchDisplay moves SeenAt forward.
	TouchDisplay(ctx context.Context, tokenHash []byte, at time.Time) error
	// EndOldDisplays removes displays that were not seen since the given time and are not paired at now.
	EndOldDisplays(ctx context.Context, unseenSince, now time.Time) error
}

// DisplayPairings is the durable record of who has paired which display.
type DisplayPairings interface {
	// PairDisplay spends a code that is good at now: its display becomes the person's only one and speaks the language. NotFound when there
	// is no such code; of several who give the same code at once, one has it.
	PairDisplay(ctx context.Context, p PersonID, code, language string, until, now time.Time) error
	// UnpairDisplay ends the pairing of a person's display; without one nothing happens.
	UnpairDisplay(ctx context.Context, p PersonID) error
	// DisplayOf returns the display that a person has paired; NotFound.
	DisplayOf(ctx context.Context, p PersonID) (Display, error)
	// ShowOffer tells the display that the person has paired at now what to show for as long as a session lasts; an empty offer is
	// nothing. Without a display nothing happens.
	ShowOffer(ctx context.Context, p PersonID, session []byte, offer string, now time.Time) error
}

// Displays is the use cases of customer displays.
type Displays struct {
	record   DisplayRecord
	pairings DisplayPairings
	clock    func() time.Time
	random   io.Reader
	tries    *tries
}

// NewDisplays makes the use cases.
func NewDisplays(r DisplayRecord, p DisplayPairings, clock func() time.Time, random io.Reader) *Displays {
	return &Displays{record: r, pairings: p, clock: clock, random: random, tries: newTries()}
}

// Add records a new display. It returns the token for its browser; the first Look gives it a pairing code.
func (s *Displays) Add(ctx context.Context) (secret.Text, error) {
	token, err := secret.Token(s.random, tokenBytes)
	if err != nil {
		return secret.Text{}, fmt.Errorf("draw display token: %w", err)
	}
	if err := s.record.AddDisplay(ctx, secret.Hash(token), s.clock()); err != nil {
		return secret.Text{}, fmt.Errorf("add display: %w", err)
	}
	return secret.NewText(token), nil
}

// Look returns the display that has a token and notes that it is there. One that is not paired gets a new pairing code when its own has
// run out. What it shows is nothing once the session that told it to has ended. NotFound for an unknown token.
func (s *Displays) Look(ctx context.Context, token string) (Display, error) {
	d, err := s.Glance(ctx, token)
	if err != nil {
		return Display{}, err
	}
	now := s.clock()
	if now.Sub(d.SeenAt) >= seenEvery {
		if err := s.record.TouchDisplay(ctx, d.TokenHash, now); err != nil {
			return Display{}, fmt.Errorf("touch display: %w", err)
		}
	}
	if d.PairedAt(now) || d.Code != "" && now.Before(d.CodeUntil) {
		return d, nil
	}
	code, err := secret.PairingCode(s.random, codeLength)
	if err != nil {
		return Display{}, fmt.Errorf("draw pairing code: %w", err)
	}
	if err := s.record.RenewCode(ctx, d.TokenHash, code, now.Add(codeLimit), now); err != nil {
		return Display{}, fmt.Errorf("renew pairing code: %w", err)
	}
	return s.Glance(ctx, token) // two tabs may have renewed it at once
}

// Glance is Look that notes and renews nothing.
func (s *Displays) Glance(ctx context.Context, token string) (Display, error) {
	d, session, p, err := s.record.Display(ctx, secret.Hash(token))
	if err != nil {
		return Display{}, fmt.Errorf("find display: %w", err)
	}
	now := s.clock()
	if !d.PairedAt(now) || session.Person != d.Person || !session.holds(p, now) {
		d.Offer = ""
	}
	return d, nil
}

// Pair makes the display that shows a code the person's, in a language of its customers (BCP 47); the one before becomes unpaired. Invalid
// when no display shows the code, Limited after too many tries.
func (s *Displays) Pair(ctx context.Context, p PersonID, code, language string) error {
	now := s.clock()
	if !s.tries.allow(string(p), now) {
		return Refuse(Limited, "Too many tries. Wait a minute and try again.")
	}
	wrong := Refuse(Invalid, "No display shows this code. Read it once more: after ten minutes a display shows another one.")
	code = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code))
	if !secret.IsPairingCode(code, codeLength) {
		return wrong
	}
	err := s.pairings.PairDisplay(ctx, p, code, language, now.Add(PairingLimit), now)
	if KindOf(err) == NotFound {
		return wrong
	}
	if err != nil {
		return fmt.Errorf("pair display: %w", err)
	}
	return nil
}

// Unpair ends the pairing of the person's display, if there is one.
func (s *Displays) Unpair(ctx context.Context, p PersonID) error {
	if err := s.pairings.UnpairDisplay(ctx, p); err != nil {
		return fmt.Errorf("unpair display: %w", err)
	}
	return nil
}

// Of returns the display that a person has paired; the zero Display when there is none.
func (s *Displays) Of(ctx context.Context, p PersonID) (Display, error) {
	d, err := s.pairings.DisplayOf(ctx, p)
	if KindOf(err) == NotFound || err == nil && !d.PairedAt(s.clock()) {
		return Display{}, nil
	}
	if err != nil {
		return Display{}, fmt.Errorf("find display: %w", err)
	}
	return d, nil
}

// Show puts an offer on the person's display, if there is one, for as long as the session of the token lasts; an empty offer takes it
// away.
func (s *Displays) Show(ctx context.Context, p PersonID, token, offer string) error {
	if err := s.pairings.ShowOffer(ctx, p, secret.Hash(token), offer, s.clock()); err != nil {
		return fmt.Errorf("show on display: %w", err)
	}
	return nil
}

// Sweep removes displays that nobody uses.
func (s *Displays) Sweep(ctx context.Context) error {
	now := s.clock()
	if err := s.record.EndOldDisplays(ctx, now.Add(-forgetDisplays), now); err != nil {
		return fmt.Errorf("end old displays: %w", err)
	}
	return nil
}
