//go:build bench

package bench_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	mathrand "math/rand/v2"

	"counterfoil/internal/app"
	"counterfoil/internal/app/apptest"
	"counterfoil/internal/config"
	"counterfoil/internal/outbound"
	"counterfoil/internal/store/storetest"
	"counterfoil/internal/wallet"
)

// bank is the program that ships, on PostgreSQL, with one callback endpoint or none.
type bank struct {
	management string
	wallet     *wallet.Wallet
}

// anyPort is an address from below those that the system hands out.
func anyPort() string { return fmt.Sprintf("localhost:%d", 10_000+mathrand.IntN(20_000)) }

func openBank(t *testing.T, callbackURL string) *bank {
	t.Helper()
	dir, at := t.TempDir(), anyPort()
	env := []string{
		"COUNTERFOIL_DATA_DIR=" + dir, "COUNTERFOIL_PUBLIC_URL=http://" + at, "COUNTERFOIL_PUBLIC_ADDR=" + at, "COUNTERFOIL_MANAGEMENT_ADDR=127.0.0.1:0",
		"COUNTERFOIL_PORTAL_ADDR=127.0.0.1:0", "COUNTERFOIL_DATABASE_URL=" + storetest.PostgreSQL(t),
	}
	if callbackURL != "" {
		env = append(env, "COUNTERFOIL_CALLBACK_URL="+callbackURL, "COUNTERFOIL_CALLBACK_SECRET="+whsec)
	}
	cfg, err := config.Load(env)
	if err != nil {
		t.Fatal(err)
	}
	b := &bank{management: apptest.Run(t, cfg, app.Options{Demo: true, Log: slog.New(slog.DiscardHandler)}).Management}
	b.wallet, err = wallet.New(wallet.Options{
		Client: outbound.NewClient(outbound.Options{Allow: outbound.Loopback()}), Clock: time.Now, Random: rand.Reader,
		Roots: filepath.Join(dir, app.KeysDir, "root.crt.pem"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// create makes an offer and gives its id and URI.
func (b *bank) create() (id, uri string, err error) {
	body := []byte(`{"credential_configuration_id":"IdentityCredential","claims":{"given_name":"Erika","family_name":"Mustermann","document_number":"T1","issuing_country":"DE"}}`)
	res, err := http.Post(b.management+"/offers", "application/json", bytes.NewReader(body))
	if err != nil {
		return "", "", err
	}
	defer res.Body.Close() // read to its end
	var out struct {
		ID  string `json:"offer_id"`
		URI string `json:"credential_offer_uri"`
	}
	err = json.NewDecoder(res.Body).Decode(&out)
	return out.ID, out.URI, err
}

// From the answer to POST /offers, which comes after the commit, to the callback at the receiver, while 200 offers a second are made.
func TestBench_delay_of_callbacks(t *testing.T) {
	const perSecond, seconds = 200, 10
	var medians, tails []float64
	for range runs {
		var mu sync.Mutex
		came := map[string]time.Time{}
		receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var body struct{ OfferID string }
			raw, err := io.ReadAll(r.Body)
			if err == nil && json.Unmarshal(raw, &body) == nil {
				mu.Lock()
				came[body.OfferID] = time.Now()
				mu.Unlock()
			}
		}))
		b := openBank(t, receiver.URL)
		made := map[string]time.Time{}
		var making sync.WaitGroup
		tick := time.NewTicker(time.Second / perSecond)
		for range perSecond * seconds {
			<-tick.C
			making.Go(func() {
				id, _, err := b.create()
				at := time.Now()
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				made[id] = at
				mu.Unlock()
			})
		}
		making.Wait()
		tick.Stop()
		for missing := 1; missing > 0; {
			<-time.After(50 * time.Millisecond)
			mu.Lock()
			missing = len(made) - len(came)
			mu.Unlock()
		}
		var delays []time.Duration
		for id, at := range made {
			delays = append(delays, max(0, came[id].Sub(at)))
		}
		receiver.Close()
		medians, tails = append(medians, percentile(delays, 50)), append(tails, percentile(delays, 95))
	}
	report("commit to received at 200 offers a second, median", "ms", medians, "")
	report("commit to received at 200 offers a second, p95", "ms", tails, "≤ 1,000 ms")
}

// broken gives receivers that fail in every way, by name, each as a URL.
func broken(t *testing.T) map[string]string {
	t.Helper()
	status := func(code int) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(code)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() }) // nothing was sent
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for {
			select {
			case <-r.Context().Done():
				return
			case <-time.After(time.Second):
			}
			if _, err := w.Write([]byte("x")); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	}))
	t.Cleanup(slow.CloseClientConnections)
	strange := httptest.NewUnstartedServer(http.NotFoundHandler()) // its certificate is nobody's
	strange.Config.ErrorLog = log.New(io.Discard, "", 0)
	strange.StartTLS()
	t.Cleanup(strange.Close)
	return map[string]string{
		"down": closed.URL, "500": status(500), "404": status(404), "301": status(301), "hanging": "http://" + silent.Addr().String(),
		"1 byte a second": slow.URL, "strange TLS": strange.URL,
	}
}

// One wallet after the other, in turn at a bank whose receiver is healthy and at banks whose receiver is broken, so that whatever else the
// machine does falls on all alike.
func TestBench_issuance_beside_broken_receivers(t *testing.T) {
	const rounds, healthy = 2000, "healthy"
	well := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer well.Close()
	banks := map[string]*bank{"no callbacks": openBank(t, ""), healthy: openBank(t, well.URL), "healthy, again": openBank(t, well.URL)}
	for name, url := range broken(t) {
		banks[name] = openBank(t, url)
	}
	took := map[string][]time.Duration{}
	for range rounds {
		for name, b := range banks {
			began := time.Now()
			_, uri, err := b.create()
			if err == nil {
				_, err = b.wallet.Collect(t.Context(), wallet.Request{Offer: uri})
			}
			if err != nil {
				t.Fatal(err)
			}
			took[name] = append(took[name], time.Since(began))
		}
	}
	alone := percentile(took[healthy], 95)
	for name := range banks {
		p95 := percentile(took[name], 95)
		fmt.Printf("issuance, %-20s  median %5.1f ms, p95 %5.1f ms, p95 against healthy: %.2f\n", name, percentile(took[name], 50), p95, p95/alone)
	}
}
