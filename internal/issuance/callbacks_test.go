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
		if err := c.Configure(t.Context(), url, secret.NewText(s)); err != nil {
			t.Fatal(err)
		}
		return d.configured()
	}
	if err := c.Configure(t.Context(), "", secret.Text{}); err != nil {
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

func TestCallbacks_CreateEndpoint_refuses_every_fault_at_once(t *testing.T) {
	c := newDesk(t).callbacks()
	_, err := c.CreateEndpoint(t.Context(), issuance.NewEndpoint{
		URL: "ftp://x", Name: "a\nb", Types: []string{account, account, "Nothing"}, Statuses: []issuance.CallbackStatus{"DONE", issuance.CallbackPing},
		Secret: secret.NewText("whsec_c2hvcnQ="),
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
