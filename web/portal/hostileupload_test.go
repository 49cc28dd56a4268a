package portal_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"counterfoil/internal/trust"
)

// UP-005 10 GiB, UP-072 100 MB: what a request says of its length is enough to refuse it, before any of it is read.
func TestUpload_refuses_by_the_announced_length_alone(t *testing.T) {
	t.Parallel()
	b := open(t, anyTypes)
	clerk, admin := b.signIn("demo-clerk"), b.signIn("demo-administrator")
	for name, c := range map[string]struct {
		p    person
		path string
	}{"a portrait": {clerk, "/offers"}, "a portrait while it is filled in": {clerk, "/offers/new/StaffPass"}, "a type": {admin, "/new-type"}} {
		for id, length := range map[string]int64{"UP-005": 10 << 30, "UP-072": 100_000_000} {
			begin := time.Now()
			conn, err := net.Dial("tcp", strings.TrimPrefix(b.portal, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nCookie: %s\r\nSec-Fetch-Site: same-origin\r\n"+
				"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n--x\r\n", c.path, c.p.cookie, length); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Errorf("%s %s: %v", id, name, err)
				continue
			}
			if took := time.Since(begin); resp.StatusCode != http.StatusRequestEntityTooLarge || took > 2*time.Second {
				t.Errorf("%s %s: %d after %s", id, name, resp.StatusCode, took)
			}
			if err := resp.Body.Close(); err != nil {
				t.Error(err)
			}
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// A type that extends another is refused as it stands: nobody is asked for the other.
func TestTypes_that_extend_others_are_refused_without_asking_anybody(t *testing.T) {
	t.Parallel()
	admin := open(t).signIn("demo-administrator")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan struct{}, 1)
	go func() {
		if _, err := listener.Accept(); err == nil {
			asked <- struct{}{}
		}
	}()
	here := "http://" + listener.Addr().String()
	for name, members := range map[string]string{
		"UP-102 at a private address":          `"extends":"` + here + `/private"`,
		"UP-103 with the digest of another":    `"extends":"` + here + `/base","extends#integrity":"sha256-AAAA"`,
		"UP-105 that redirects to plain http":  `"extends":"` + strings.Replace(here, "http:", "https:", 1) + `/moved"`,
		"UP-106 where nobody answers for 30 s": `"extends":"` + here + `/slow"`,
	} {
		begin := time.Now()
		a := admin.do(send(t, "/new-type", "id", "Hostile", "metadata", `{"vct":"urn:a",`+members+`}`, "config", ""))
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(said(a.page(t)), "/extends") || time.Since(begin) > 2*time.Second {
			t.Errorf("%s: %d %q after %s", name, a.status, said(a.page(t)), time.Since(begin))
		}
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-asked:
		t.Error("somebody was asked")
	default:
	}
}

// What a document has besides what is known is left out of what wallets get; a template is never read.
func TestTypes_leave_templates_out_of_what_wallets_get(t *testing.T) {
	t.Parallel()
	admin := open(t).signIn("demo-administrator")
	for name, template := range map[string]string{
		"UP-119 an entity":                  `<!DOCTYPE x [<!ENTITY canary SYSTEM 'file:///etc/passwd'>]><svg>&canary;</svg>`,
		"UP-119 a billion of them":          `<!DOCTYPE x [<!ENTITY a 'canary'>` + strings.Repeat(`<!ENTITY b '&a;&a;&a;&a;&a;'>`, 1000) + `]><svg>&b;</svg>`,
		"UP-120 a placeholder in attribute": `<svg onload='{{canary}}'/>`,
	} {
		uri := "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(template))
		a := admin.do(send(t, "/new-type", "id", "Templated", "config", "", "metadata",
			`{"vct":"urn:a","display":[{"locale":"en","name":"A","rendering":{"svg_templates":[{"uri":"`+uri+`"}]}}]}`))
		doc := a.page(t)
		if shown := doc.Find(".diff").Text(); a.status != http.StatusOK || shown == "" || strings.Contains(shown, "svg") || strings.Contains(shown, "canary") {
			t.Errorf("%s: %d, and wallets get %q", name, a.status, shown)
		}
		if strings.Contains(doc.Text(), "canary") || strings.Contains(doc.Text(), "root:") {
			t.Errorf("%s: it was read", name)
		}
	}
}

// The same file gives the same picture, and the same type no other version.
func TestUpload_of_the_same_file_twice_gives_the_same(t *testing.T) {
	t.Parallel()
	b := open(t, anyTypes)
	clerk, admin := b.signIn("demo-clerk"), b.signIn("demo-administrator")
	var pictures []string // UP-128
	for range 2 {
		form := clerk.pass()
		delete(form, "claim.name")
		doc := clerk.do(upload(t, "/offers", form, part{"claim.portrait-file", "e.jpg", picture(t, 90, 120)})).page(t)
		pictures = append(pictures, doc.Find(`input[name="claim.portrait"]`).AttrOr("value", ""))
	}
	if pictures[0] == "" || pictures[0] != pictures[1] {
		t.Errorf("the pictures are %.60q and %.60q", pictures[0], pictures[1])
	}
	parts := []string{"id", "Membership2", "metadata", "", "metadata_file", membership(memberNumber), "config", ""}
	if a := admin.confirm(admin.do(send(t, "/new-type", parts...)).page(t)); a.status != http.StatusSeeOther {
		t.Fatalf("confirming answered %d", a.status)
	}
	if doc := admin.do(send(t, "/new-type", parts...)).page(t); !strings.Contains(doc.Find("[role=status]").Text(), "Nothing changes") {
		t.Errorf("the second time it says %q", doc.Find("main").Text())
	}
	if rows := admin.do(get("/types/Membership2")).page(t).Find("#versions").Parent().Find("tbody tr").Length(); rows != 1 {
		t.Errorf("there are %d versions", rows)
	}
}

// Where a picture was taken stays with whoever took it.
func TestUpload_takes_the_place_out_of_a_picture(t *testing.T) {
	t.Parallel()
	clerk := open(t, anyTypes).signIn("demo-clerk")
	good := picture(t, 90, 120)
	// UP-125
	const exif = "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x00GPS 52.5 13.4"
	placed := good[:2] + "\xff\xe1\x00" + string(rune(len(exif)+2)) + exif + good[2:]
	form := clerk.pass()
	delete(form, "claim.name")
	doc := clerk.do(upload(t, "/offers", form, part{"claim.portrait-file", "e.jpg", placed})).page(t)
	found := 0
	doc.Find("input[type=hidden]").Each(func(_ int, s *goquery.Selection) {
		_, text, is := strings.Cut(s.AttrOr("value", ""), "data:image/jpeg;base64,")
		if !is {
			return
		}
		found++
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil || bytes.Contains(data, []byte("GPS")) || bytes.Contains(data, []byte("Exif")) {
			t.Errorf("it came through: %v", err)
		}
	})
	if found == 0 {
		t.Error("no picture was made")
	}
}

// The program signs with the keys that it started with. Files that are changed or taken away meanwhile fail no issuance,
// and a folder that is changed is what the next start uses.
func TestKeys_that_are_changed_on_disk_fail_no_issuance(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys")
	issue := func(clerk person) {
		clerk.t.Helper()
		form := clerk.form()
		form.Del("tx_code")
		made := clerk.do(post("/offers", form))
		if a := clerk.collects(made.header.Get("Location"), ""); a.status != http.StatusOK {
			clerk.t.Errorf("collecting answered %d: %s", a.status, a.page(clerk.t).Find("main").Text())
		}
	}
	t.Run("while it runs", func(t *testing.T) {
		clerk := openReached(t, "COUNTERFOIL_DATA_DIR="+dir).signIn("demo-clerk")
		issue(clerk)
		other := t.TempDir()
		if _, _, err := trust.LoadOrMakeDemo(other, time.Now(), rand.Reader, "http://localhost:8080"); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"root.crt.pem", "access.crt.pem", "access.key.pem", "issuer.crt.pem", "issuer.key.pem"} {
			// UP-132 the key that is in use is taken away.
			if err := os.Remove(filepath.Join(keys, name)); err != nil {
				t.Fatal(err)
			}
			issue(clerk)
			// UP-131 another takes its place.
			data, err := os.ReadFile(filepath.Join(other, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(keys, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
			issue(clerk)
		}
	})
	t.Run("when it starts again", func(t *testing.T) {
		issue(openReached(t, "COUNTERFOIL_DATA_DIR="+dir).signIn("demo-clerk"))
	})
}

// What was uploaded goes out again only as what we made of it, and no browser takes it for anything else.
func TestTypes_go_out_as_data_that_no_browser_runs(t *testing.T) {
	t.Parallel()
	b := open(t)
	admin := b.signIn("demo-administrator")
	// UP-136
	hostile := `{"vct":"urn:a","name":"<script>alert(1)</script>","x-own":"<script>alert(2)</script>"}`
	if a := admin.confirm(admin.do(send(t, "/new-type", "id", "Hostile", "metadata", "", "metadata_file", hostile, "config", "")).page(t)); a.status != http.StatusSeeOther {
		t.Fatalf("confirming answered %d", a.status)
	}
	resp, err := http.Get(b.wallet + "/oidc4vci/types/Hostile")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	h := resp.Header
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), "application/json") || h.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") || bytes.Contains(body, []byte("x-own")) {
		t.Errorf("it goes out with %d, %v, %s", resp.StatusCode, h, body)
	}
}
