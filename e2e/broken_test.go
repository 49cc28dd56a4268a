package e2e_test

import (
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"counterfoil/internal/wallet"
)

// drip answers with one byte a second, for ever.
func drip(w http.ResponseWriter, r *http.Request) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if _, err := w.Write([]byte(".")); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush() // whoever hung up is noticed below
		select {
		case <-tick.C:
		case <-r.Context().Done():
			w.WriteHeader(http.StatusServiceUnavailable) // so that the mailbox does not take it for taken
			return
		}
	}
}

// silent never answers.
func silent(w http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
	w.WriteHeader(http.StatusServiceUnavailable)
}

// patient is a receiver that is broken in one way, and how it is mended.
type patient struct {
	*mailbox
	url  string
	mend func(b *bank, callback string)
}

// broken gives a receiver of every kind that is broken.
func broken(t *testing.T) map[string]*patient {
	t.Helper()
	out := map[string]*patient{}
	for name, answer := range map[string]http.HandlerFunc{
		"500": answering(http.StatusInternalServerError), "404": answering(http.StatusNotFound), "slow": drip, "hanging": silent,
		"301": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/elsewhere", http.StatusMovedPermanently)
		},
	} {
		m := newMailbox(t, answer)
		out[name] = &patient{m, m.server.URL, func(*bank, string) { m.do(answering(http.StatusOK)) }}
	}
	// Its certificate is for other names, and of nobody.
	m := newMailbox(t, answering(http.StatusOK))
	tls := httptest.NewUnstartedServer(m)
	tls.Config.ErrorLog = log.New(io.Discard, "", 0) // it would tell of every caller that does not trust it
	tls.StartTLS()
	t.Cleanup(tls.Close)
	port := tls.Listener.Addr().(*net.TCPAddr).Port
	out["wrong TLS host name"] = &patient{m, (&net.TCPAddr{Port: port}).String(), func(b *bank, callback string) {
		b.call(http.MethodPatch, b.management+"/callbacks/"+callback, map[string]any{"url": m.server.URL}, nil)
	}}
	out["wrong TLS host name"].url = "https://localhost" + out["wrong TLS host name"].url
	// Nobody listens there until it is mended.
	at := "127.0.0.1:" + freePort(t)
	late := newMailboxOf(answering(http.StatusOK))
	out["down"] = &patient{late, "http://" + at, func(*bank, string) {
		l, err := net.Listen("tcp", at)
		if err != nil {
			t.Error(err)
			return
		}
		late.server = &httptest.Server{Listener: l, Config: &http.Server{Handler: late}} //nolint:exhaustruct // started below
		late.server.Start()
		t.Cleanup(late.server.Close)
	}}
	return out
}

// Whatever is wrong with receivers, wallets get their credentials and the other receivers their events; and once a receiver is well,
// it gets everything in order.
func TestCallbacks_to_broken_receivers_hold_up_nobody_and_are_not_lost(t *testing.T) {
	t.Parallel()
	onEachEngine(t, func(t *testing.T, database string) {
		const offers = 10
		well, sick := newMailbox(t, answering(http.StatusOK)), broken(t) // before the bank, which ends its calls to them when it stops
		b := openBank(t, database)
		b.subscribe(well.server.URL)
		callbacks := map[string]string{}
		for _, name := range slices.Sorted(maps.Keys(sick)) {
			callbacks[name] = b.subscribe(sick[name].url)
		}
		var ids []string
		for range offers {
			began := time.Now()
			offer := b.create(identity(nil))
			if _, err := ourWallet(t, b, wallet.Request{Offer: offer.URI}); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > 15*time.Second { // what a receiver that hangs is given
				t.Errorf("an issuance took %s", took)
			}
			ids = append(ids, offer.OfferID)
		}
		eventually(t, patience, "the receiver that is well has everything", func() bool { return well.complete(ids, "OFFER_CREATED", "ISSUED") })
		for name, p := range sick {
			for _, id := range ids {
				if got := p.of(id); len(got) > 0 {
					t.Errorf("%s took %v", name, got)
				}
			}
		}
		for name, p := range sick {
			p.mend(b, callbacks[name])
		}
		for name, p := range sick {
			eventually(t, 2*patience, name+" has everything in order", func() bool {
				b.ahead.Add(int64(10 * time.Second)) // the next attempt is sooner so
				return p.complete(ids, "OFFER_CREATED", "ISSUED")
			})
			p.honest(t)
		}
	})
}
