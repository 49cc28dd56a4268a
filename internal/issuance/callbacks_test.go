package issuance_test

import (
	cryptorand "crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

// callbacks is the use cases of callback endpoints over the desk's record.
func (d *desk) callbacks() *issuance.Callbacks {
	return &issuance.Callbacks{
		Endpoints: d.store, Deliveries: d.store, Types: d.Types, Clock: d.clock.read, Random: cryptorand.Reader,
		CheckURL: func(url string) error {
			if !strings.HasPrefix(url, "https://") {
				return errors.New("the URL must be https")
			}
			return nil
		},
	}
}

// configured gives the endpoint of the settings.
func (d *desk) configured() issuance.Endpoint {
	d.t.Helper()
	e, err := d.store.Endpoint(d.t.Context(), issuance.ConfiguredEndpoint)
	if err != nil {
		d.t.Fatal(err)
	}
	return e
}

// What the settings name is called; what was taken out of them is not, and nothing that happens meanwhile is lost.
func TestCallbacks_Configure_follows_the_settings(t *testing.T) {
	d := newDesk(t)
	c := d.callbacks()
	configure := func(url, s string) issuance.Endpoint {
		t.Helper()
		e, err := c.Configure(t.Context(), url, secret.NewText(s))
		if stored := d.configured(); err != nil || e.State != stored.State || e.URL != stored.URL {
			t.Fatalf("it returned %+v, %v and stored %+v", e, err, stored)
		}
		return d.configured()
	}
	if _, err := c.Configure(t.Context(), "", secret.Text{}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.store.Endpoint(t.Context(), issuance.ConfiguredEndpoint); issuance.KindOf(err) != issuance.NotFound {
		t.Errorf("nothing was named, and there is an endpoint: %v", err)
	}
	if e := configure("https://one.example/", "whsec_one"); e.State != issuance.EndpointActive || e.URL != "https://one.example/" || e.Secret.Reveal() != "whsec_one" {
		t.Errorf("got %+v", e)
	}
	if e := configure("", ""); e.State != issuance.EndpointPaused {
		t.Errorf("taken out of the settings it is %s", e.State)
	}
	d.create(request())
	due, err := d.store.Due(t.Context(), start().Add(time.Hour))
	if err != nil || len(due) != 1 || due[0] != endpoint {
		t.Errorf("due are %v, %v", due, err)
	}
	e := configure("https://two.example/", "whsec_two")
	if e.State != issuance.EndpointActive || e.URL != "https://two.example/" || e.Secret.Reveal() != "whsec_two" || e.Queued != 1 {
		t.Errorf("named anew it is %+v", e)
	}
	if e := configure("https://two.example/", "whsec_two"); e.Secret.Reveal() != "whsec_two" || e.OldSecret.Reveal() != "whsec_one" {
		t.Error("the same settings changed a secret")
	}
}

// Whoever spoke last is followed: a start with the settings as before undoes nothing, and settings that changed are what counts.
func TestCallbacks_Configure_leaves_what_somebody_changed_since(t *testing.T) {
	d := newDesk(t)
	c := d.callbacks()
	configure := func(url, s string) issuance.Endpoint {
		t.Helper()
		if _, err := c.Configure(t.Context(), url, secret.NewText(s)); err != nil {
			t.Fatal(err)
		}
		return d.configured()
	}
	must := func(e issuance.Endpoint, err error) issuance.Endpoint {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	const one, two, moved = "https://one.example/", "https://two.example/", "https://moved.example/"
	configure(one, "whsec_one")
	url := moved
	must(c.ChangeEndpoint(t.Context(), issuance.EndpointChange{ID: issuance.ConfiguredEndpoint, URL: &url}))
	rotated := must(c.RotateSecret(t.Context(), issuance.ConfiguredEndpoint))
	must(c.PauseEndpoint(t.Context(), issuance.ConfiguredEndpoint))
	e := configure(one, "whsec_one")
	if e.URL != moved || e.State != issuance.EndpointPaused || e.Secret.Reveal() != rotated.Secret.Reveal() || e.OldSecret.Reveal() != "whsec_one" {
		t.Errorf("the same settings made it %s %s", e.URL, e.State)
	}
	e = configure(one, "whsec_two") // a new secret, and nothing else
	if e.URL != moved || e.State != issuance.EndpointPaused || e.Secret.Reveal() != "whsec_two" || e.OldSecret.Reveal() != rotated.Secret.Reveal() {
		t.Errorf("with a new secret it is %s %s", e.URL, e.State)
	}
	if want := d.clock.read().Add(24 * time.Hour); !e.OldUntil.Equal(want) {
		t.Errorf("the secret before signs until %s, want %s", e.OldUntil, want)
	}
	if e = configure(two, "whsec_two"); e.URL != two || e.State != issuance.EndpointActive {
		t.Errorf("at a new address it is %s %s", e.URL, e.State)
	}
	configure("", "")
	must(c.ResumeEndpoint(t.Context(), issuance.ConfiguredEndpoint))
	if e = configure("", ""); e.State != issuance.EndpointActive {
		t.Errorf("what somebody resumed is %s", e.State)
	}
	if e = configure(two, "whsec_two"); e.URL != two || e.Secret.Reveal() != "whsec_two" || e.OldSecret.Reveal() != rotated.Secret.Reveal() {
		t.Errorf("named again it is %+v", e)
	}
	if err := d.store.Judge(t.Context(), issuance.Verdict{Endpoint: issuance.ConfiguredEndpoint, Health: issuance.HealthStopped, At: start(), Result: "HTTP 410"}); err != nil {
		t.Fatal(err)
	}
	if e = configure(two, "whsec_two"); e.State != issuance.EndpointDisabled || e.LastResult != "HTTP 410" {
		t.Errorf("a receiver that answered 410 is called again: %+v", e)
	}
	if _, err := c.PauseEndpoint(t.Context(), issuance.ConfiguredEndpoint); issuance.KindOf(err) != issuance.Conflict {
		t.Errorf("pausing what is switched off: %v", err)
	}
	if e = must(c.ResumeEndpoint(t.Context(), issuance.ConfiguredEndpoint)); e.State != issuance.EndpointActive || e.LastResult != "" {
		t.Errorf("resumed it is %+v", e)
	}
	// Deleted, it is there again when the settings say something new.
	if err := d.store.DeleteEndpoint(t.Context(), issuance.ConfiguredEndpoint); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := c.Configure(t.Context(), two, secret.NewText("whsec_two")); issuance.KindOf(err) != issuance.NotFound {
			t.Errorf("the same settings after it was deleted: %v", err)
		}
	}
	if e = configure("https://three.example/", "whsec_three"); e.URL != "https://three.example/" || e.Secret.Reveal() != "whsec_three" || !e.OldSecret.IsZero() || e.State != issuance.EndpointActive {
		t.Errorf("named anew it is %+v", e)
	}
}

func TestCallbacks_CreateEndpoint_refuses_every_fault_at_once(t *testing.T) {
	c := newDesk(t).callbacks()
	short := secret.NewText("whsec_c2hvcnQ=")
	_, err := c.CreateEndpoint(t.Context(), issuance.NewEndpoint{
		URL: "ftp://x", Name: "a\nb", Types: []string{account, account, "Nothing"}, Statuses: []issuance.CallbackStatus{"DONE", issuance.CallbackPing},
		Secret: &short,
	})
	var refusal *issuance.Error
	if !errors.As(err, &refusal) || refusal.Kind != issuance.Invalid {
		t.Fatalf("got %v", err)
	}
	var places []string
	for _, f := range refusal.Fields {
		places = append(places, f.Pointer)
	}
	if got, want := strings.Join(places, " "), "/url /name /types/1 /types/2 /statuses/0 /statuses/1 /secret"; got != want {
		t.Errorf("faults at %s, want %s", got, want)
	}
}
