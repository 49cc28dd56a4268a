package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"counterfoil/internal/config"
)

const goodSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

func TestLoad_names_every_fault_by_its_variable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(strings.Repeat("ab", 32)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		env  []string
		want []string // parts of the error, none means that it loads
	}{
		"nothing set": {},
		"an unknown variable": {
			[]string{"COUNTERFOIL_PUBLIC_ULR=x"}, []string{"COUNTERFOIL_PUBLIC_ULR is not a setting"}},
		"a _FILE of what is no secret": {
			[]string{"COUNTERFOIL_DATA_DIR_FILE=/x"}, []string{"COUNTERFOIL_DATA_DIR_FILE is not a setting"}},
		"a secret from a file": {[]string{"COUNTERFOIL_MASTER_KEY_FILE=" + file}, nil},
		"a secret twice": {
			[]string{"COUNTERFOIL_MASTER_KEY_FILE=" + file, "COUNTERFOIL_MASTER_KEY=" + strings.Repeat("ab", 32)},
			[]string{"COUNTERFOIL_MASTER_KEY and COUNTERFOIL_MASTER_KEY_FILE are both set"}},
		"a missing file": {
			[]string{"COUNTERFOIL_MASTER_KEY_FILE=/does/not/exist"}, []string{"COUNTERFOIL_MASTER_KEY_FILE"}},
		"two faults at once": {
			[]string{"COUNTERFOIL_OFFER_TTL=soon", "COUNTERFOIL_TX_CODE_ATTEMPTS=0"},
			[]string{"COUNTERFOIL_OFFER_TTL", "COUNTERFOIL_TX_CODE_ATTEMPTS"}},
		"a short master key": {[]string{"COUNTERFOIL_MASTER_KEY=abcd"}, []string{"COUNTERFOIL_MASTER_KEY must be 32 bytes"}},
		"a public URL with a trailing slash": {
			[]string{"COUNTERFOIL_PUBLIC_URL=https://issuer.example/"}, []string{"COUNTERFOIL_PUBLIC_URL must not end in a slash"}},
		"a public URL with a query": {
			[]string{"COUNTERFOIL_PUBLIC_URL=https://issuer.example?x"}, []string{"no query"}},
		"a public URL with upper case": {
			[]string{"COUNTERFOIL_PUBLIC_URL=https://Issuer.example"}, []string{"plain form"}},
		"a callback without a secret": {
			[]string{"COUNTERFOIL_CALLBACK_URL=https://x.example"}, []string{"COUNTERFOIL_CALLBACK_SECRET must be set"}},
		"a callback with a short secret": {
			[]string{"COUNTERFOIL_CALLBACK_URL=https://x.example", "COUNTERFOIL_CALLBACK_SECRET=whsec_YWJj"},
			[]string{"COUNTERFOIL_CALLBACK_SECRET must be whsec_"}},
		"a callback with a secret": {
			[]string{"COUNTERFOIL_CALLBACK_URL=https://x.example", "COUNTERFOIL_CALLBACK_SECRET=" + goodSecret}, nil},
		"networks that callbacks may go to": {[]string{"COUNTERFOIL_CALLBACK_ALLOW=10.20.0.0/16,fd12::/48"}, nil},
		"a network that is an address": {
			[]string{"COUNTERFOIL_CALLBACK_ALLOW=10.20.0.1"}, []string{"COUNTERFOIL_CALLBACK_ALLOW"}},
		"a network that matches nothing": {
			[]string{"COUNTERFOIL_CALLBACK_ALLOW=::ffff:10.0.0.0/104"}, []string{"COUNTERFOIL_CALLBACK_ALLOW must have IPv4 networks"}},
		"an open management door": {
			[]string{"COUNTERFOIL_MANAGEMENT_ADDR=:8081"}, []string{"COUNTERFOIL_MANAGEMENT_ADDR must be a loopback address"}},
		"an authentication that is not there": {
			[]string{"COUNTERFOIL_MANAGEMENT_AUTH=basic"}, []string{"COUNTERFOIL_MANAGEMENT_AUTH must be none, key, mtls or oauth"}},
		"a brand": {[]string{"COUNTERFOIL_BRAND_NAME=Example Bank", "COUNTERFOIL_BRAND_ACCENT=#ff6200"}, nil},
		"a colour by name": {
			[]string{"COUNTERFOIL_BRAND_ACCENT=red"}, []string{"COUNTERFOIL_BRAND_ACCENT must be a colour as #rrggbb"}},
		"a name of two lines": {
			[]string{"COUNTERFOIL_BRAND_NAME=Example\nBank"}, []string{"COUNTERFOIL_BRAND_NAME must be at most 60 printable"}},
		"a name that nobody reads": {
			[]string{"COUNTERFOIL_BRAND_NAME=" + strings.Repeat("x", 61)}, []string{"COUNTERFOIL_BRAND_NAME must be at most 60 printable"}},
		"keys on loopback": {[]string{"COUNTERFOIL_MANAGEMENT_AUTH=key"}, nil},
		"keys in the clear": {
			[]string{"COUNTERFOIL_MANAGEMENT_AUTH=key", "COUNTERFOIL_MANAGEMENT_ADDR=:8081"}, []string{"COUNTERFOIL_MANAGEMENT_TLS_CERT must be set"}},
		"keys over TLS": {
			[]string{"COUNTERFOIL_MANAGEMENT_AUTH=key", "COUNTERFOIL_MANAGEMENT_ADDR=:8081", "COUNTERFOIL_MANAGEMENT_TLS_CERT=c",
				"COUNTERFOIL_MANAGEMENT_TLS_KEY=k"}, nil},
		"mTLS without anything": {
			[]string{"COUNTERFOIL_MANAGEMENT_AUTH=mtls"},
			[]string{"COUNTERFOIL_MANAGEMENT_CLIENT_CA must be set", "COUNTERFOIL_MANAGEMENT_TLS_CERT must be set"}},
		"mTLS": {
			[]string{"COUNTERFOIL_MANAGEMENT_AUTH=mtls", "COUNTERFOIL_MANAGEMENT_ADDR=:8081", "COUNTERFOIL_MANAGEMENT_TLS_CERT=c",
				"COUNTERFOIL_MANAGEMENT_TLS_KEY=k", "COUNTERFOIL_MANAGEMENT_CLIENT_CA=ca"}, nil},
		"authorities that nobody asks": {
			[]string{"COUNTERFOIL_MANAGEMENT_AUTH=key", "COUNTERFOIL_MANAGEMENT_CLIENT_CA=ca"}, []string{"COUNTERFOIL_MANAGEMENT_CLIENT_CA is set, but"}},
		"OAuth without anything": {
			[]string{"COUNTERFOIL_MANAGEMENT_AUTH=oauth"},
			[]string{"COUNTERFOIL_MANAGEMENT_OAUTH_ISSUER must be set", "COUNTERFOIL_MANAGEMENT_OAUTH_AUDIENCE must be set"}},
		"OAuth": {
			[]string{"COUNTERFOIL_MANAGEMENT_AUTH=oauth", "COUNTERFOIL_MANAGEMENT_OAUTH_ISSUER=https://login.bank.example/realm",
				"COUNTERFOIL_MANAGEMENT_OAUTH_AUDIENCE=counterfoil"}, nil},
		"OAuth on this machine": {
			[]string{"COUNTERFOIL_MANAGEMENT_AUTH=oauth", "COUNTERFOIL_MANAGEMENT_OAUTH_ISSUER=http://127.0.0.1:9000",
				"COUNTERFOIL_MANAGEMENT_OAUTH_AUDIENCE=counterfoil"}, nil},
		"OAuth from an issuer in the clear": {
			[]string{"COUNTERFOIL_MANAGEMENT_AUTH=oauth", "COUNTERFOIL_MANAGEMENT_OAUTH_ISSUER=http://login.bank.example",
				"COUNTERFOIL_MANAGEMENT_OAUTH_AUDIENCE=counterfoil"}, []string{"COUNTERFOIL_MANAGEMENT_OAUTH_ISSUER must be an https URL"}},
		"OAuth from an issuer with a query": {
			[]string{"COUNTERFOIL_MANAGEMENT_AUTH=oauth", "COUNTERFOIL_MANAGEMENT_OAUTH_ISSUER=https://login.bank.example?x",
				"COUNTERFOIL_MANAGEMENT_OAUTH_AUDIENCE=counterfoil"}, []string{"COUNTERFOIL_MANAGEMENT_OAUTH_ISSUER must be an https URL"}},
		"OAuth in the clear": {
			[]string{"COUNTERFOIL_MANAGEMENT_AUTH=oauth", "COUNTERFOIL_MANAGEMENT_ADDR=:8081", "COUNTERFOIL_MANAGEMENT_OAUTH_ISSUER=https://a.example",
				"COUNTERFOIL_MANAGEMENT_OAUTH_AUDIENCE=x"}, []string{"COUNTERFOIL_MANAGEMENT_TLS_CERT must be set"}},
		"half a TLS pair": {
			[]string{"COUNTERFOIL_PUBLIC_TLS_CERT=x"}, []string{"COUNTERFOIL_PUBLIC_TLS_KEY go together"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := config.Load(append(c.env, "PATH=/bin", "HOME=/"))
			if len(c.want) == 0 {
				if err != nil {
					t.Fatalf("got %v, want none", err)
				}
				return
			}
			if err == nil {
				t.Fatal("got no error")
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
		})
	}
}

func TestLoad_never_prints_a_secret(t *testing.T) {
	const canary = "canary-4711"
	_, err := config.Load([]string{
		"COUNTERFOIL_MASTER_KEY=" + canary, "COUNTERFOIL_CALLBACK_URL=https://x.example",
		"COUNTERFOIL_CALLBACK_SECRET=" + canary,
	})
	if err == nil || strings.Contains(err.Error(), canary) {
		t.Fatalf("got %v", err)
	}
}

func TestConfig_CheckProduction_refuses_what_a_demo_may_do(t *testing.T) {
	c, err := config.Load([]string{"COUNTERFOIL_PUBLIC_URL=http://issuer.example", "COUNTERFOIL_PORTAL_ADDR=:8082"})
	if err != nil {
		t.Fatal(err)
	}
	err = c.CheckProduction()
	for _, name := range []string{"COUNTERFOIL_PUBLIC_URL", "COUNTERFOIL_MASTER_KEY", "COUNTERFOIL_PORTAL_ADDR"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v does not name %s", err, name)
		}
	}
}

func TestTable_is_in_the_README(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), config.Table()) {
		t.Errorf("README.md does not hold the table of settings:\n%s", config.Table())
	}
}
