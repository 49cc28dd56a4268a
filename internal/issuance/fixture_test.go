package issuance_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	cryptorand "crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/jose"
	"counterfoil/internal/mint"
	"counterfoil/internal/secret"
	"counterfoil/internal/store"
	"counterfoil/internal/trust"
	"counterfoil/internal/typemeta"
)

const (
	account  = "AccountOwnershipCredential"
	endpoint = "back-end"
	offerTTL = 5 * time.Minute
	tokenTTL = 4 * time.Minute // differs from offerTTL, so that a mix-up shows
	attempts = 5
)

func start() time.Time { return time.Date(2026, 11, 23, 12, 34, 56, 0, time.UTC) }

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// types finds the bundled types.
type types []typemeta.Type

func (l types) Type(id string) (typemeta.Type, bool) {
	for _, t := range l {
		if t.ID == id {
			return t, true
		}
	}
	return typemeta.Type{}, false
}

// Version implements issuance.Types; there is one of each.
func (l types) Version(id string, _ int) (typemeta.Type, bool) { return l.Type(id) }

// desk is the use cases over a real record, with a clock and randomness that repeat.
type desk struct {
	*issuance.Service
	t     *testing.T
	clock *clock
	store *store.Store
	watch *issuance.Watch
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return newDeskWith(t, rand.NewChaCha8([32]byte{1}))
}

func newDeskWith(t *testing.T, random io.Reader) *desk {
	t.Helper()
	return newDeskOn(t, "", random)
}

// newDeskOn makes a desk over a database of PostgreSQL, or without one over SQLite.
func newDeskOn(t *testing.T, database string, random io.Reader) *desk {
	t.Helper()
	d := &desk{t: t, clock: &clock{now: start()}, watch: &issuance.Watch{}}
	master, err := secret.ParseMaster(secret.NewText(strings.Repeat("42", 32)))
	if err != nil {
		t.Fatal(err)
	}
	d.store, err = store.Open(t.Context(), store.Options{
		URL: database, DataDir: t.TempDir(), Migrate: true, Master: master, Watch: d.watch,
		Clock: d.clock.read, Random: cryptorand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.store.Close(); err != nil {
			t.Error(err)
		}
	})
	err = d.store.AddEndpoint(t.Context(), issuance.Endpoint{
		ID: endpoint, URL: "https://back-end.example", Secret: secret.NewText("whsec_x"), State: issuance.EndpointActive,
		Statuses: issuance.StandardCallbacks(),
	}, 1)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := typemeta.Load(typemeta.Samples())
	if err != nil {
		t.Fatal(err)
	}
	d.Service = issuance.NewService(issuance.Dependencies{
		Offers: d.store, Gates: d.store, Grants: d.store, Record: d.store, Repairs: d.store, Approvals: d.store, Types: types(loaded), Minter: minter(t),
		Master: master, Clock: d.clock.read, Random: random,
	}, issuance.Settings{OfferTTL: offerTTL, TokenTTL: tokenTTL, MaxAttempts: attempts})
	return d
}

func minter(t *testing.T) issuance.Minter {
	t.Helper()
	const issuer = "https://issuer.example"
	set, err := trust.MakeDemo(start(), cryptorand.Reader, issuer)
	if err != nil {
		t.Fatal(err)
	}
	key := set.Keys[trust.Issuer]
	signer, err := jose.NewSigner(key.Signer, "ES256", key.Chain)
	if err != nil {
		t.Fatal(err)
	}
	m, err := mint.NewSDJWTVC(signer, issuer, cryptorand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func clerk() issuance.Actor { return issuance.Actor{ID: "p1", Name: "Carla"} }

func colleague() issuance.Actor { return issuance.Actor{ID: "p2", Name: "Pia"} }

// strict is the use cases where every offer must be approved.
func (d *desk) strict() *issuance.Service { return d.under(`{"approval":"always"}`) }

// under is the use cases where the account type has another policy.
func (d *desk) under(policy string) *issuance.Service {
	d.t.Helper()
	known, _ := d.Types.Type(account)
	strict, err := typemeta.ParseVersion(account, known.Document(), []byte(policy))
	if err != nil {
		d.t.Fatal(err)
	}
	with := d.Dependencies
	with.Types = types{strict}
	return issuance.NewService(with, issuance.Settings{OfferTTL: offerTTL, TokenTTL: tokenTTL, MaxAttempts: attempts})
}

// request is a request for an offer that nothing is wrong with.
func request() issuance.CreateOffer {
	return issuance.CreateOffer{
		Type:   account,
		Claims: map[string]any{"accountHolder": "Erika Mustermann", "bankName": "Musterbank", "iban": "DE89 3704 0044 0532 0130 00"},
		TxCode: &issuance.TxCode{}, Channel: issuance.ChannelPortal, By: clerk(),
	}
}

func (d *desk) create(c issuance.CreateOffer) issuance.CreatedOffer {
	d.t.Helper()
	got, err := d.CreateOffer(d.t.Context(), c)
	if err != nil {
		d.t.Fatal(err)
	}
	return got
}

func holderKey(t *testing.T) issuance.HolderKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), cryptorand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := jose.FromPublic(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return issuance.HolderKey{JWK: public.JWK(), Thumbprint: public.Thumbprint()}
}

// customer is one offer with what its wallet knows: the codes, the token and the batch it was given.
type customer struct {
	*desk
	id    issuance.OfferID
	code  string
	token string
	batch string
}

func (d *desk) customer() *customer {
	d.t.Helper()
	got := d.create(request())
	return &customer{desk: d, id: got.Offer.ID, code: got.TxCode.Reveal(), token: "no token yet", batch: "no batch yet"}
}

// fetch is the wallet getting the offer. A look is buffered, so it waits until the record has it.
func (c *customer) fetch() error {
	changed, end := c.watch.Subscribe(c.id)
	defer end()
	if _, _, err := c.RetrieveOffer(c.t.Context(), c.id, false); err != nil {
		return err
	}
	select {
	case <-changed:
		return nil
	case <-c.t.Context().Done():
		return c.t.Context().Err()
	case <-time.After(30 * time.Second):
		return fmt.Errorf("the look was not written")
	}
}

func (c *customer) redeem(txCode *string) error {
	got, err := c.RedeemCode(c.t.Context(), issuance.RedeemCode{Code: c.Code(c.id).Reveal(), TxCode: txCode})
	if err == nil {
		c.token = got.AccessToken.Reveal()
	}
	return err
}

func (c *customer) redeemRight() error { return c.redeem(&c.code) }

func (c *customer) redeemWrong() error {
	wrong := "wrong!"
	return c.redeem(&wrong)
}

func (c *customer) collect() error {
	access, err := c.Authorize(c.t.Context(), c.token)
	if err != nil {
		return err
	}
	got, err := c.Collect(c.t.Context(), issuance.Collect{Access: access, Keys: []issuance.HolderKey{holderKey(c.t)}})
	if err == nil {
		c.batch = got.NotificationID
	}
	return err
}

func (c *customer) notify(kind issuance.EventKind) error {
	access, err := c.Authorize(c.t.Context(), c.token)
	if err != nil {
		return err
	}
	return c.Notify(c.t.Context(), issuance.Notify{Access: access, NotificationID: c.batch, Kind: kind, Description: "said the wallet"})
}

func (c *customer) confirm() error { return c.notify(issuance.WalletConfirmed) }
func (c *customer) fail() error    { return c.notify(issuance.WalletFailed) }
func (c *customer) remove() error  { return c.notify(issuance.WalletDeleted) }

func (c *customer) cancel() error {
	_, err := c.CancelOffer(c.t.Context(), c.id, clerk())
	return err
}

func (c *customer) renew() error {
	got, err := c.RenewTxCode(c.t.Context(), c.id, clerk())
	if err == nil {
		c.code = got.Reveal()
	}
	return err
}

func (c *customer) repeat() error {
	_, err := c.RepeatOffer(c.t.Context(), c.id, clerk())
	return err
}

func (c *customer) sweep() error { return c.Sweep(c.t.Context()) }

func (c *customer) reveal() error {
	got, err := c.RevealTxCode(c.t.Context(), c.id, clerk())
	if err == nil && got.Reveal() != c.code {
		return fmt.Errorf("another code was revealed")
	}
	return err
}

// overdue lets the deadline of whatever status the offer is in pass.
func (c *customer) overdue() error {
	c.clock.pass(offerTTL)
	return nil
}

func (c *customer) status() issuance.Status {
	c.t.Helper()
	o, err := c.Offer(c.t.Context(), c.id)
	if err != nil {
		c.t.Fatal(err)
	}
	return o.Status
}

// events are the kinds of what happened, in order; their numbers must grow by one. Refusals in a row count as one: whether the record keeps one
// event for them or several depends on when it was written.
func (c *customer) events() string {
	c.t.Helper()
	line, err := c.Timeline(c.t.Context(), c.id)
	if err != nil {
		c.t.Fatal(err)
	}
	var kinds []string
	for i, e := range line.Events {
		if e.Sequence != i+1 {
			c.t.Errorf("event %d has the number %d", i+1, e.Sequence)
		}
		if e.Kind == issuance.RequestRefused && line.Events[i-1].Kind == e.Kind {
			continue
		}
		kinds = append(kinds, string(e.Kind))
	}
	return strings.Join(kinds, " ")
}

// told are the callback statuses queued for the back-end, in order; FAILED with its errorDetails.
func (c *customer) told() string {
	c.t.Helper()
	line, err := c.Timeline(c.t.Context(), c.id)
	if err != nil {
		c.t.Fatal(err)
	}
	var statuses []string
	for _, d := range line.Deliveries {
		status := string(d.Status)
		if d.ErrorDetails != "" {
			status += " (" + d.ErrorDetails + ")"
		}
		statuses = append(statuses, status)
	}
	return strings.Join(statuses, ", ")
}

// run does steps that must all succeed.
func (c *customer) run(steps ...func() error) {
	c.t.Helper()
	for i, step := range steps {
		if err := step(); err != nil {
			c.t.Fatalf("step %d: %v", i+1, err)
		}
	}
}

func wantKind(t *testing.T, err error, kind issuance.Kind) {
	t.Helper()
	switch {
	case kind == 0 && err != nil:
		t.Errorf("got %v, want success", err)
	case issuance.KindOf(err) != kind:
		t.Errorf("got %v, want a refusal of kind %d", err, kind)
	}
}
