package e2e_test

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"counterfoil/internal/app"
	"counterfoil/internal/config"
)

// Where callbacks may go is looked at when the program starts, by the address as it is written.
func TestCallbacks_go_inside_only_where_the_settings_allow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		url, allow string
		starts     bool
	}{
		"a public name":              {"https://bank.example/callbacks", "", true},
		"this machine, by the demo":  {"http://127.0.0.1:9000/", "", true},
		"inside":                     {"https://10.20.1.1/", "", false},
		"inside, allowed":            {"https://10.20.1.1/", "fd12::/48,10.20.0.0/16", true},
		"beside what is allowed":     {"https://10.21.1.1/", "10.20.0.0/16", false},
		"metadata, whatever is said": {"https://169.254.169.254/", "0.0.0.0/0,::/0", false},
		"plain http inside":          {"http://10.20.1.1/", "10.20.0.0/16", false},
	} {
		t.Run(name, func(t *testing.T) {
			port := freePort(t)
			cfg, err := config.Load([]string{
				"COUNTERFOIL_DATA_DIR=" + t.TempDir(), "COUNTERFOIL_PUBLIC_URL=http://localhost:" + port, "COUNTERFOIL_PUBLIC_ADDR=localhost:" + port,
				"COUNTERFOIL_MANAGEMENT_ADDR=127.0.0.1:0", "COUNTERFOIL_PORTAL_ADDR=127.0.0.1:0",
				"COUNTERFOIL_CALLBACK_URL=" + c.url, "COUNTERFOIL_CALLBACK_ALLOW=" + c.allow,
				"COUNTERFOIL_CALLBACK_SECRET=whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
			})
			if err != nil {
				t.Fatal(err)
			}
			a, err := app.New(t.Context(), cfg, app.Options{Demo: true, Log: slog.New(slog.DiscardHandler)})
			if (err == nil) != c.starts || err != nil && !strings.Contains(err.Error(), "COUNTERFOIL_CALLBACK_URL") {
				t.Errorf("got %v", err)
			}
			if err == nil {
				if err := a.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// lan gives an address of this machine that others on its network reach it by.
func lan(t *testing.T) string {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if ip := netip.MustParsePrefix(a.String()).Addr(); ip.Is4() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() {
			return ip.String()
		}
	}
	t.Skip("this machine has no address but loopback")
	return ""
}

// A phone reaches a demo by the machine's address in the house, so the wallets that stand in for a phone must too: the one of the portal
// and the one of the command line.
func TestWallets_of_the_demo_reach_an_issuer_by_its_address(t *testing.T) {
	t.Parallel()
	at := net.JoinHostPort(lan(t), freePort(t))
	b := openBank(t, "", "COUNTERFOIL_PUBLIC_URL=http://"+at, "COUNTERFOIL_PUBLIC_ADDR="+at)
	first, second := b.create(identity(nil)), b.create(identity(nil))
	if !strings.Contains(first.URI, url.QueryEscape("http://"+at)) {
		t.Fatalf("the offer is %s", first.URI)
	}
	out, err := exec.CommandContext(t.Context(), goBuild(t, "..", "./cmd/counterfoil"), "wallet", "collect", first.URI,
		"--root", filepath.Join(b.dir, app.KeysDir, "root.crt.pem")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Mustermann") {
		t.Errorf("the command: %v: %s", err, out)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	clerk := &person{t: t, client: &http.Client{Jar: jar}}
	clerk.post(b.portal+"/sign-in", url.Values{"as": {"demo-clerk"}})
	if status, body := clerk.post(b.portal+"/demo/wallet", url.Values{"offer": {second.URI}}); status != http.StatusOK || !strings.Contains(body, "Mustermann") {
		t.Errorf("the portal's: %d %s", status, body)
	}
}

// post sends a form as the portal's own pages do.
func (p *person) post(at string, form url.Values) (int, string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, at, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return p.do(r)
}
