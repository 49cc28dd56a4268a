package wallet_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/app"
	"counterfoil/internal/app/apptest"
	"counterfoil/internal/config"
	"counterfoil/internal/jose"
	"counterfoil/internal/outbound"
	"counterfoil/internal/wallet"
)

// issuer is the issuer that ships, with a demo's certificates.
type issuer struct{ management, root string }

func openIssuer(t *testing.T) issuer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String() // the issuer identifier holds the port, so it must be known before
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cfg, err := config.Load([]string{
		"COUNTERFOIL_DATA_DIR=" + dir, "COUNTERFOIL_PUBLIC_URL=http://" + address, "COUNTERFOIL_PUBLIC_ADDR=" + address,
		"COUNTERFOIL_MANAGEMENT_ADDR=127.0.0.1:0", "COUNTERFOIL_PORTAL_ADDR=127.0.0.1:0",
	})
	if err != nil {
		t.Fatal(err)
	}
	at := apptest.Run(t, cfg, app.Options{Demo: true, Log: slog.New(slog.DiscardHandler)})
	return issuer{at.Management, filepath.Join(dir, app.KeysDir, "root.crt.pem")}
}

// offer makes an offer and gives its URI.
func (i issuer) offer(t *testing.T) string {
	t.Helper()
	body := `{"credential_configuration_id":"IdentityCredential","claims":{"given_name":"Erika","family_name":"Mustermann","document_number":"T2","issuing_country":"DE"}}`
	resp, err := http.Post(i.management+"/offers", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out struct {
		URI string `json:"credential_offer_uri"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || out.URI == "" {
		t.Fatalf("no offer: %v", err)
	}
	return out.URI
}

// middle is somebody between wallet and issuer who changes what goes by.
type middle struct {
	t *testing.T
	// request and answer change a body by the path it goes to or comes from.
	request, answer func(path, body string) string
}

// RoundTrip implements http.RoundTripper.
func (m middle) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.request != nil && r.Body != nil {
		body := m.request(r.URL.Path, m.read(r.Body))
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body := m.read(resp.Body)
	if m.answer != nil {
		body = m.answer(r.URL.Path, body)
	}
	resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	return resp, nil
}

func (m middle) read(body io.ReadCloser) string {
	m.t.Helper()
	var b bytes.Buffer
	if _, err := io.Copy(&b, body); err != nil {
		m.t.Error(err)
	}
	return b.String()
}

// collect lets a wallet collect with somebody in the middle.
func collect(t *testing.T, m middle, root, offer string, ahead time.Duration) (wallet.Collected, error) {
	t.Helper()
	m.t = t
	w, err := wallet.New(wallet.Options{
		Client: &http.Client{Transport: m}, Roots: root, Random: rand.Reader, Clock: func() time.Time { return time.Now().Add(ahead) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return w.Collect(t.Context(), wallet.Request{Offer: offer})
}

// at changes the bodies of one path.
func at(suffix string, change func(body string) string) func(path, body string) string {
	return func(path, body string) string {
		if strings.HasSuffix(path, suffix) {
			return change(body)
		}
		return body
	}
}

// credential changes the credential in a credential response.
func credential(change func(parts []string) []string) func(path, body string) string {
	return at("/credential", func(body string) string {
		var answer struct {
			Credentials []struct {
				Credential string `json:"credential"`
			} `json:"credentials"`
			NotificationID string `json:"notification_id"`
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			return body
		}
		parts := strings.Split(answer.Credentials[0].Credential, "~")
		answer.Credentials[0].Credential = strings.Join(change(parts), "~")
		b, err := json.Marshal(answer)
		if err != nil {
			return body
		}
		return string(b)
	})
}

func TestWallet_refuses_what_somebody_changed(t *testing.T) {
	t.Parallel()
	i, stranger := openIssuer(t), openIssuer(t)
	cases := map[string]struct {
		middle middle
		root   string
		ahead  time.Duration
		words  string
	}{
		"nothing": {root: i.root},
		"the signature": {middle{answer: credential(func(p []string) []string {
			p[0] = p[0][:len(p[0])-8] + "AAAAAAAA"
			return p
		})}, i.root, 0, "check the signature"},
		"the payload": {middle{answer: credential(func(p []string) []string {
			jwt := strings.Split(p[0], ".")
			p[0] = jwt[0] + "." + jwt[1][:20] + "x" + jwt[1][21:] + "." + jwt[2]
			return p
		})}, i.root, 0, ""},
		"a disclosure": {middle{answer: credential(func(p []string) []string {
			p[1] = p[2]
			return p
		})}, i.root, 0, "check the disclosures"},
		"one disclosure more": {middle{answer: credential(func(p []string) []string {
			return append(p[:len(p)-1], "WyJhYWFhYWFhYWFhYWFhYWFhYWFhYWEiLCJyb2xlIiwia2luZyJd", "")
		})}, i.root, 0, "check the disclosures"},
		"the end":                    {middle{answer: credential(func(p []string) []string { return p[:1] })}, i.root, 0, "read the SD-JWT"},
		"who vouches for the issuer": {middle{}, stranger.root, 0, "check the certificate chain"},
		"the type in the metadata": {middle{answer: at("/openid-credential-issuer", func(body string) string {
			return strings.Replace(body, "urn:counterfoil:identity:1", "urn:counterfoil:identity:2", 1)
		})}, i.root, 0, "vct"},
		"whose metadata it is": {middle{answer: at("/openid-credential-issuer", func(body string) string {
			return strings.Replace(body, `"credential_issuer":"http`, `"credential_issuer":"https`, 1)
		})}, i.root, 0, "another issuer's"},
		"whose server it is": {middle{answer: at("/oauth-authorization-server", func(body string) string {
			return strings.Replace(body, `"issuer":"http`, `"issuer":"https`, 1)
		})}, i.root, 0, "another server's"},
		"the holder's key": {middle{request: at("/credential", func(body string) string { return ownKey(t, body) })}, i.root, 0, "not bound to the wallet's key"},
		"no JSON":          {middle{answer: at("/token", func(string) string { return "<html>" })}, i.root, 0, "not the JSON"},
		"a doubled member": {middle{answer: at("/token", func(body string) string { return `{"access_token":"x",` + body[1:] })}, i.root, 0, "not the JSON"},
		"two megabytes":    {middle{answer: at("/credential", func(body string) string { return body + strings.Repeat(" ", 2<<20) })}, i.root, 0, "too long"},
		"more credentials than proofs": {middle{answer: at("/credential", func(body string) string {
			return strings.Replace(body, `{"credentials":[`, `{"credentials":[{"credential":"x"},`, 1)
		})}, i.root, 0, "2 credentials for 1 proofs"},
		"the day, by two years": {middle{}, "", 2 * 365 * 24 * time.Hour, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := collect(t, c.middle, c.root, i.offer(t), c.ahead)
			if name == "nothing" {
				if err != nil || len(got.Credentials) != 1 || !got.Credentials[0].Trusted || got.Credentials[0].Claims["given_name"] != "Erika" {
					t.Fatalf("got %+v, %v", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.words) {
				t.Errorf("got %v, want %q", err, c.words)
			}
		})
	}
}

// ownKey replaces the proof by one of a key of somebody else, for the same nonce.
func ownKey(t *testing.T, body string) string {
	t.Helper()
	var request map[string]any
	if err := json.Unmarshal([]byte(body), &request); err != nil {
		t.Error(err)
	}
	list := request["proofs"].(map[string]any)["jwt"].([]any)
	token, err := jose.Parse(list[0].(string))
	if err != nil {
		t.Error(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Error(err)
	}
	signer, err := jose.NewSigner(key, "ES256", nil)
	if err != nil {
		t.Error(err)
	}
	public, err := signer.Public()
	if err != nil {
		t.Error(err)
	}
	if list[0], err = signer.Sign(map[string]any{"typ": "openid4vci-proof+jwt", "jwk": public.JWK()}, token.Payload()); err != nil {
		t.Error(err)
	}
	changed, err := json.Marshal(request)
	if err != nil {
		t.Error(err)
	}
	return string(changed)
}

func TestWallet_tells_when_nobody_vouches_for_the_issuer(t *testing.T) {
	t.Parallel()
	i := openIssuer(t)
	got, err := collect(t, middle{}, "", i.offer(t), 0)
	if err != nil || got.Credentials[0].Trusted {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestWallet_reads_offers_by_value_and_refuses_what_is_none(t *testing.T) {
	t.Parallel()
	i := openIssuer(t)
	good := i.offer(t)
	u, err := url.Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	reference := u.Query().Get("credential_offer_uri")
	resp, err := http.Get(reference)
	if err != nil {
		t.Fatal(err)
	}
	value := middle{t: t}.read(resp.Body)
	by := func(query url.Values) string { return "openid-credential-offer://?" + query.Encode() }
	for name, offer := range map[string]string{
		"nothing": "", "no URI": "::", "no query": "openid-credential-offer://", "both": by(url.Values{"credential_offer": {value}, "credential_offer_uri": {reference}}),
		"no JSON": by(url.Values{"credential_offer": {"{"}}), "an empty object": by(url.Values{"credential_offer": {"{}"}}),
		"a doubled member":         by(url.Values{"credential_offer": {`{"credential_issuer":"http://x",` + value[1:]}}),
		"no code":                  by(url.Values{"credential_offer": {strings.Replace(value, "pre-authorized_code\":", "other\":", 1)}}),
		"an issuer that is no URL": by(url.Values{"credential_offer": {`{"credential_issuer":"x","credential_configuration_ids":["a"],"grants":{"urn:ietf:params:oauth:grant-type:pre-authorized_code":{"pre-authorized_code":"x"}}}`}}),
		"an unknown offer":         by(url.Values{"credential_offer_uri": {reference + "x"}}),
		"not over HTTP":            by(url.Values{"credential_offer_uri": {"file:///etc/passwd"}}),
	} {
		if got, err := collect(t, middle{}, i.root, offer, 0); err == nil || len(got.Credentials) > 0 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	if _, err := collect(t, middle{}, i.root, by(url.Values{"credential_offer": {value}}), 0); err != nil {
		t.Errorf("by value: %v", err)
	}
	var refused *wallet.Refused
	if _, err := collect(t, middle{}, i.root, good, 0); !errors.As(err, &refused) || refused.Status != http.StatusGone {
		t.Errorf("a second time: %v", err)
	}
}

// The wallet that ships calls through the guarded client: an offer must not make it look around the machine it runs on.
func TestWallet_does_not_call_what_the_client_guards(t *testing.T) {
	t.Parallel()
	i := openIssuer(t)
	w, err := wallet.New(wallet.Options{Client: outbound.NewClient(outbound.Options{}), Random: rand.Reader, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for _, offer := range []string{i.offer(t), "openid-credential-offer://?credential_offer_uri=http%3A%2F%2F169.254.169.254%2Flatest"} {
		if _, err := w.Collect(t.Context(), wallet.Request{Offer: offer}); !errors.Is(err, outbound.ErrAddress) {
			t.Errorf("got %v", err)
		}
	}
}

func FuzzOffer(f *testing.F) {
	f.Add("openid-credential-offer://?credential_offer_uri=http%3A%2F%2Fissuer.example%2Foffers%2F1")
	f.Add(`openid-credential-offer://?credential_offer={"credential_issuer":"https://issuer.example","credential_configuration_ids":["a"]}`)
	f.Add("haip-vci://?")
	nowhere := &http.Client{Transport: refuse{}}
	w, err := wallet.New(wallet.Options{Client: nowhere, Random: rand.Reader, Clock: time.Now})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, offer string) {
		if got, err := w.Collect(t.Context(), wallet.Request{Offer: offer}); err == nil || len(got.Credentials) > 0 {
			t.Errorf("collected %+v without an issuer", got)
		}
	})
}

// refuse is a network that nothing gets out to.
type refuse struct{}

// RoundTrip implements http.RoundTripper.
func (refuse) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no network") }
