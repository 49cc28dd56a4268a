package trust_test

import (
	"crypto/rand"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/trust"
)

var now = time.Date(2026, 11, 23, 12, 34, 56, 0, time.UTC)

func made(t *testing.T) (string, trust.Set) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	set, fresh, err := trust.LoadOrMakeDemo(dir, now, rand.Reader, "http://localhost:8080")
	if err != nil || !fresh {
		t.Fatalf("made %v, %v", fresh, err)
	}
	return dir, set
}

func TestMakeDemo_follows_the_profiles(t *testing.T) {
	_, set := made(t)
	root := set.Root
	if !root.IsCA || !root.MaxPathLenZero || root.KeyUsage != x509.KeyUsageCertSign|x509.KeyUsageCRLSign || len(root.SubjectKeyId) != 20 {
		t.Errorf("the root: CA %v, usage %v, key id of %d bytes", root.IsCA, root.KeyUsage, len(root.SubjectKeyId))
	}
	for _, p := range trust.Purposes() {
		leaf := set.Keys[p].Chain[0]
		if leaf.IsCA || leaf.KeyUsage != x509.KeyUsageDigitalSignature || string(leaf.AuthorityKeyId) != string(root.SubjectKeyId) {
			t.Errorf("%s: CA %v, usage %v", p, leaf.IsCA, leaf.KeyUsage)
		}
		if len(set.Keys[p].Chain) != 1 || !trust.IsDemo(leaf) || leaf.SerialNumber.BitLen() < 63 {
			t.Errorf("%s: chain of %d, serial of %d bits", p, len(set.Keys[p].Chain), leaf.SerialNumber.BitLen())
		}
		if days := leaf.NotAfter.Sub(leaf.NotBefore).Hours() / 24; days > 457 {
			t.Errorf("%s is valid for %v days", p, days)
		}
	}
	if err := set.RefuseDemo(); err == nil || !strings.Contains(err.Error(), "issuer") || !strings.Contains(err.Error(), "access") {
		t.Errorf("got %v", err)
	}
}

func TestLoadOrMakeDemo_keeps_files_to_their_owner_and_makes_them_once(t *testing.T) {
	dir, set := made(t)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 6 {
		t.Fatalf("got %d files, %v", len(entries), err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
	again, fresh, err := trust.LoadOrMakeDemo(dir, now, rand.Reader, "x")
	if err != nil || fresh || !again.Keys[trust.Issuer].Chain[0].Equal(set.Keys[trust.Issuer].Chain[0]) {
		t.Errorf("made again: %v, %v", fresh, err)
	}
}

func TestLoadDir_names_file_and_fault(t *testing.T) {
	cases := map[string]struct {
		spoil func(t *testing.T, dir string)
		at    time.Time
		want  string
	}{
		"a key others may read": {func(t *testing.T, dir string) {
			if err := os.Chmod(filepath.Join(dir, "issuer.key.pem"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, now, "issuer.key.pem: others than its owner"},
		"a key of another certificate": {func(t *testing.T, dir string) { move(t, dir, "access.key.pem", "issuer.key.pem") }, now, "issuer.crt.pem: the key is not the one"},
		"the root as issuer": {func(t *testing.T, dir string) {
			move(t, dir, "root.key.pem", "issuer.key.pem")
			data, err := os.ReadFile(filepath.Join(dir, "root.crt.pem"))
			if err != nil {
				t.Fatal(err)
			}
			put(t, dir, "issuer.crt.pem", data)
		}, now, "a CA or self-signed"},
		"no PEM":          {func(t *testing.T, dir string) { put(t, dir, "access.crt.pem", []byte("x")) }, now, "access.crt.pem: holds no certificate"},
		"a missing file":  {func(t *testing.T, dir string) { move(t, dir, "access.crt.pem", "gone") }, now, "access.crt.pem"},
		"past its time":   {func(*testing.T, string) {}, now.AddDate(3, 0, 0), "which is not now"},
		"before its time": {func(*testing.T, string) {}, now.AddDate(-1, 0, 0), "which is not now"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir, _ := made(t)
			c.spoil(t, dir)
			_, err := trust.LoadDir(dir, c.at)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func move(t *testing.T, dir, from, to string) {
	t.Helper()
	if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}
