package staff

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"counterfoil/internal/secret"
)

// Factors is what a person can show besides a password.
type Factors struct {
	// TOTP tells of an authenticator app (RFC 6238).
	TOTP bool
	// Passkeys and RecoveryCodes count what is there.
	Passkeys, RecoveryCodes int
}

// Any tells whether a password alone is not enough.
func (f Factors) Any() bool { return f.count() > 0 }

func (f Factors) count() int {
	if f.TOTP {
		return f.Passkeys + 1
	}
	return f.Passkeys
}

// FactorRecord is the durable record of second proofs.
type FactorRecord interface {
	// Factors tells what a person has.
	Factors(ctx context.Context, id PersonID) (Factors, error)
	// TOTP returns the secret of the person's authenticator app, in base32; NotFound.
	TOTP(ctx context.Context, id PersonID) (secret.Text, error)
	// SetTOTP replaces it; the zero value removes it.
	SetTOTP(ctx context.Context, id PersonID, key secret.Text) error
	// SpendTOTP uses up a time step; Conflict when it or a later one was used.
	SpendTOTP(ctx context.Context, id PersonID, step int64) error
	// SetRecoveryCodes replaces the person's recovery codes by those with these hashes.
	SetRecoveryCodes(ctx context.Context, id PersonID, hashes [][]byte) error
	// SpendRecoveryCode uses up a recovery code; NotFound.
	SpendRecoveryCode(ctx context.Context, id PersonID, hash []byte) error
}

// The bounds of codes: RFC 6238 as every app has it, and recovery codes of 80 bits.
const (
	totpPeriod    = 30
	totpSkew      = 1 // steps before and after: clocks of phones
	recoveryCodes = 10
	recoveryBytes = 10
	recoveryGroup = 4
	maxCodeTyped  = 64
	// Product is what authenticator apps and passkey devices show accounts under.
	Product = "Counterfoil"
)

func wrongCode() error { return Refuse(Denied, "The code is not right, or was used before.") }

// prove checks a code of the authenticator app or a recovery code and uses it up.
func (s *Service) prove(ctx context.Context, id PersonID, code string) error {
	if !s.tries.allow("second "+string(id), s.clock()) {
		return Refuse(Limited, "Too many tries. Wait a minute and try again.")
	}
	code = plainCode(code)
	if len(code) != 6 { // of an authenticator app
		err := s.record.SpendRecoveryCode(ctx, id, secret.Hash(code))
		if KindOf(err) == NotFound {
			return wrongCode()
		}
		return err
	}
	key, err := s.record.TOTP(ctx, id)
	if KindOf(err) == NotFound {
		return wrongCode()
	}
	if err != nil {
		return fmt.Errorf("read authenticator app: %w", err)
	}
	step, right := timeStep(key, code, s.clock())
	if !right {
		return wrongCode()
	}
	err = s.record.SpendTOTP(ctx, id, step)
	if KindOf(err) == Conflict {
		return wrongCode()
	}
	return err
}

// plainCode is a code as it is compared: without what people type between its groups.
func plainCode(code string) string {
	code = code[:min(len(code), maxCodeTyped)]
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\t", "").Replace(code))
}

// timeStep finds the time step that a code is of (RFC 6238 §4).
func timeStep(key secret.Text, code string, now time.Time) (step int64, found bool) {
	current := now.Unix() / totpPeriod
	for at := current - totpSkew; at <= current+totpSkew; at++ {
		want, err := hotp.GenerateCode(key.Reveal(), uint64(at)) //nolint:gosec // times are after 1970
		if err == nil && secret.ConstantTimeEqual([]byte(want), []byte(code)) {
			return at, true
		}
	}
	return 0, false
}

// NewTOTP is an authenticator app that is being set up.
type NewTOTP struct {
	// Step is what the browser holds until a first code shows that the app has the key.
	Step secret.Text
	// Key is for typing, in base32; URL for scanning (otpauth:).
	Key, URL secret.Text
}

// BeginTOTP makes a key for an authenticator app. It counts once ConfirmTOTP got a code of it.
func (s *Service) BeginTOTP(ctx context.Context, p Person) (NewTOTP, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: Product, AccountName: p.Name, Rand: s.random})
	if err != nil {
		return NewTOTP{}, fmt.Errorf("make authenticator key: %w", err)
	}
	step, err := s.Begin(ctx, StepTOTP, p.ID, []byte(key.Secret()))
	return NewTOTP{Step: step, Key: secret.NewText(key.Secret()), URL: secret.NewText(key.URL())}, err
}

// PendingTOTP returns the app that is being set up, to show it again; Denied.
func (s *Service) PendingTOTP(ctx context.Context, p Person, token string) (NewTOTP, error) {
	step, err := s.record.Step(ctx, secret.Hash(token), StepTOTP, s.clock())
	if err != nil {
		return NewTOTP{}, stepError(err)
	}
	if step.Person != p.ID {
		return NewTOTP{}, stepError(Refuse(NotFound, "another person's"))
	}
	url := fmt.Sprintf("otpauth://totp/%s:%s?issuer=%s&secret=%s", Product, p.Name, Product, step.Data)
	return NewTOTP{Step: secret.NewText(token), Key: secret.NewText(string(step.Data)), URL: secret.NewText(url)}, nil
}

// ConfirmTOTP ends the setting up with a first code, and returns recovery codes when the person had none. Denied when the code is wrong.
func (s *Service) ConfirmTOTP(ctx context.Context, p Person, token, code string) ([]secret.Text, error) {
	pending, err := s.PendingTOTP(ctx, p, token)
	if err != nil {
		return nil, err
	}
	at, right := timeStep(pending.Key, plainCode(code), s.clock())
	if !right {
		return nil, Refuse(Denied, "The code is not right. Is the phone’s clock right?")
	}
	if _, err := s.Take(ctx, token, StepTOTP); err != nil {
		return nil, err
	}
	if err := s.record.SetTOTP(Audited(ctx, ActAppAdded, p.Recorded(), ""), p.ID, pending.Key); err != nil {
		return nil, fmt.Errorf("keep authenticator key: %w", err)
	}
	if err := s.record.SpendTOTP(ctx, p.ID, at); err != nil {
		return nil, fmt.Errorf("use up the first code: %w", err)
	}
	return s.firstRecoveryCodes(ctx, p)
}

// RemoveTOTP forgets the person's authenticator app, and the recovery codes when nothing is left that they could stand in for. Denied
// when everybody needs a second step and this is the only one.
func (s *Service) RemoveTOTP(ctx context.Context, p Person) error {
	if err := s.MayRemove(ctx, p.ID); err != nil {
		return err
	}
	if err := s.record.SetTOTP(Audited(ctx, ActAppRemoved, p.Recorded(), ""), p.ID, secret.Text{}); err != nil {
		return fmt.Errorf("forget authenticator key: %w", err)
	}
	return s.DropSpareCodes(ctx, p.ID)
}

// MayRemove refuses, as Denied, to take a person's only second step where everybody needs one.
func (s *Service) MayRemove(ctx context.Context, id PersonID) error {
	if !s.SecondStep {
		return nil
	}
	f, err := s.Factors(ctx, id)
	if err != nil {
		return err
	}
	if f.count() == 1 {
		return Refuse(Denied, "Everybody here needs a second step, and this is your only one. Add another first.")
	}
	return nil
}

// MustEnrol tells whether the person of a session has to set up a second step before anything else: where everybody needs one, and they
// came in with a password alone, or a setup code.
func (s *Service) MustEnrol(ctx context.Context, n Session) (bool, error) {
	if !s.SecondStep || n.Method != ByPassword && n.Method != ByCode {
		return false, nil
	}
	f, err := s.Factors(ctx, n.Person)
	return !f.Any() || f.RecoveryCodes == 0, err
}

// DropSpareCodes forgets the person's recovery codes when nothing is left that they could stand in for.
func (s *Service) DropSpareCodes(ctx context.Context, id PersonID) error {
	f, err := s.record.Factors(ctx, id)
	if err == nil && !f.Any() {
		err = s.record.SetRecoveryCodes(ctx, id, nil)
	}
	if err != nil {
		return fmt.Errorf("forget recovery codes: %w", err)
	}
	return nil
}

// firstRecoveryCodes makes recovery codes for who has none.
func (s *Service) firstRecoveryCodes(ctx context.Context, p Person) ([]secret.Text, error) {
	f, err := s.record.Factors(ctx, p.ID)
	if err != nil {
		return nil, fmt.Errorf("count recovery codes: %w", err)
	}
	if f.RecoveryCodes > 0 {
		return nil, nil
	}
	return s.NewRecoveryCodes(ctx, p)
}

// NewRecoveryCodes replaces the person's recovery codes; what it returns is shown this once.
func (s *Service) NewRecoveryCodes(ctx context.Context, p Person) ([]secret.Text, error) {
	codes, hashes := make([]secret.Text, 0, recoveryCodes), make([][]byte, 0, recoveryCodes)
	for range recoveryCodes {
		code, hash, err := s.drawCode()
		if err != nil {
			return nil, err
		}
		codes, hashes = append(codes, code), append(hashes, hash)
	}
	if err := s.record.SetRecoveryCodes(Audited(ctx, ActCodesRenewed, p.Recorded(), ""), p.ID, hashes); err != nil {
		return nil, fmt.Errorf("keep recovery codes: %w", err)
	}
	return codes, nil
}

// Factors tells what a person can show besides a password.
func (s *Service) Factors(ctx context.Context, id PersonID) (Factors, error) {
	f, err := s.record.Factors(ctx, id)
	if err != nil {
		return Factors{}, fmt.Errorf("find second steps: %w", err)
	}
	return f, nil
}
