package e2e_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"counterfoil/internal/wallet"
)

// theirs is a receiver in another program: what web/manage/RECEIVING.md shows.
type theirs struct {
	t           *testing.T
	url, secret string

	mu    sync.Mutex
	lines []string
}

// receivers gives how each is started; the port is in PORT, the secret in COUNTERFOIL_CALLBACK_SECRET.
func receivers(t *testing.T) map[string]func(port string) *exec.Cmd {
	return map[string]func(port string) *exec.Cmd{
		"Go": func(string) *exec.Cmd {
			return exec.CommandContext(t.Context(), goBuild(t, "receivers/go", "."))
		},
		"Node": func(string) *exec.Cmd {
			return exec.CommandContext(t.Context(), "node", "receivers/node/receiver.mjs")
		},
		"Python": func(string) *exec.Cmd {
			return exec.CommandContext(t.Context(), "receivers/python/.venv/bin/python", "receivers/python/receiver.py")
		},
		"counterfoil callbacks listen": func(port string) *exec.Cmd {
			return exec.CommandContext(t.Context(), goBuild(t, "..", "./cmd/counterfoil"), "callbacks", "listen", "--addr", "127.0.0.1:"+port)
		},
	}
}

// goBuild builds a program of a folder and gives where it is.
func goBuild(t *testing.T, dir, what string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, what)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s in %s: %v: %s", what, dir, err, out)
	}
	return program
}

// start starts a receiver as a process of its own and waits until it listens.
func start(t *testing.T, program func(port string) *exec.Cmd) *theirs {
	t.Helper()
	key := make([]byte, 32) // 256 bits
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	r := &theirs{t: t, url: "http://127.0.0.1:" + port + "/callbacks", secret: "whsec_" + base64.StdEncoding.EncodeToString(key)}
	cmd := program(port)
	cmd.Env = append(os.Environ(), "PORT="+port, "COUNTERFOIL_CALLBACK_SECRET="+r.secret)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			r.mu.Lock()
			r.lines = append(r.lines, lines.Text())
			r.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it serves until then
		<-read
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("the receiver said:\n%s\n%s", strings.Join(r.lines, "\n"), stderr.String())
		}
	})
	eventually(t, patience, "the receiver listens", func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
	return r
}

// said gives the lines that name an offer and are about something believed.
func (r *theirs) said(offer string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, line := range r.lines {
		if strings.Contains(line, offer) && !strings.Contains(line, "NOT VERIFIED") && !strings.Contains(line, "(again") {
			out = append(out, regexp.MustCompile(`^\d\d:\d\d:\d\d`).ReplaceAllString(strings.ReplaceAll(line, "  verified", ""), ""))
		}
	}
	return out
}

// statuses gives the first word of each of those lines.
func (r *theirs) statuses(offer string) []string {
	var out []string
	for _, line := range r.said(offer) {
		out = append(out, strings.Fields(line)[0])
	}
	return out
}

// signed gives the headers of a callback.
func signed(t *testing.T, secret, id string, at time.Time, body string) http.Header {
	t.Helper()
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := signer.Sign(id, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return http.Header{
		"Content-Type": {"application/json"}, "Webhook-Id": {id}, "Webhook-Timestamp": {strconv.FormatInt(at.Unix(), 10)}, "Webhook-Signature": {signature},
	}
}

// post sends a callback that the demo did not send and gives what is answered.
func (r *theirs) post(header http.Header, body string) int {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header = header.Clone()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close() // it was read
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode
}

// TestReceivers_in_other_languages: what we tell others to write takes what the demo sends, and nothing that anybody else sends.
func TestReceivers_in_other_languages(t *testing.T) {
	t.Parallel()
	for name, program := range receivers(t) {
		t.Run(name, func(t *testing.T) {
			r := start(t, program)
			b := openBank(t, "", "COUNTERFOIL_CALLBACK_URL="+r.url, "COUNTERFOIL_CALLBACK_SECRET="+r.secret)
			collected, cancelled := b.create(identity(nil)), b.create(identity(nil))
			if _, err := ourWallet(t, b, wallet.Request{Offer: collected.URI}); err != nil {
				t.Fatal(err)
			}
			if status := b.call(http.MethodPost, b.management+"/offers/"+cancelled.OfferID+"/cancel", nil, nil); status != http.StatusOK {
				t.Fatalf("cancel answered %d", status)
			}
			for id, want := range map[string][]string{collected.OfferID: {"OFFER_CREATED", "ISSUED"}, cancelled.OfferID: {"OFFER_CREATED", "FAILED"}} {
				eventually(t, patience, "both callbacks", func() bool { return len(r.said(id)) >= len(want) })
				if got := r.statuses(id); !slices.Equal(got, want) {
					t.Errorf("it took %v, want %v", got, want)
				}
			}
			if said := r.said(cancelled.OfferID)[1]; !strings.Contains(said, "cancelled by") {
				t.Errorf("it does not say why: %q", said)
			}
			// A test event is about no offer.
			var pinged struct {
				WebhookID string `json:"webhook_id"`
				State     string
			}
			if status := b.call(http.MethodPost, b.management+"/callbacks/default/ping", nil, &pinged); status != http.StatusOK || pinged.State != "delivered" {
				t.Errorf("a test event: %d %+v", status, pinged)
			}
			eventually(t, patience, "the test event", func() bool { return slices.Equal(r.statuses(pinged.WebhookID), []string{"PING"}) })
			forge(t, r)
		})
	}
}

// forge sends what a receiver must refuse, and what it must take once.
func forge(t *testing.T, r *theirs) {
	t.Helper()
	const id, body = "forged_ISSUED", `{"eventId":"forged","status":"ISSUED","offerId":"forged"}`
	now := time.Now()
	good := signed(t, r.secret, id, now, body)
	with := func(name, value string) http.Header {
		h := good.Clone()
		h.Set(name, value)
		return h
	}
	for name, c := range map[string]struct {
		header http.Header
		body   string
	}{
		"CB-079 changed by one byte":    {good, strings.Replace(body, "ISSUED", "ISSUeD", 1)},
		"CB-079 with a space more":      {good, body + " "},
		"CB-080 six minutes old":        {signed(t, r.secret, id, now.Add(-6*time.Minute), body), body},
		"six minutes ahead":             {signed(t, r.secret, id, now.Add(6*time.Minute), body), body},
		"an old one with a new time":    {with("Webhook-Timestamp", strconv.FormatInt(now.Unix()-1, 10)), body},
		"another id":                    {with("Webhook-Id", "other_ISSUED"), body},
		"another secret":                {signed(t, "whsec_"+strings.Repeat("QUFB", 11), id, now, body), body},
		"an empty secret":               {signed(t, "whsec_", id, now, body), body},
		"not signed":                    {http.Header{"Content-Type": {"application/json"}}, body},
		"a signature of no version":     {with("Webhook-Signature", "QUFB"), body},
		"a signature that is no base64": {with("Webhook-Signature", "v1,*"), body},
		"a version that is not there":   {with("Webhook-Signature", "v2"+strings.TrimPrefix(good.Get("Webhook-Signature"), "v1")), body},
		"a time that is none":           {with("Webhook-Timestamp", "noon"), body},
		"bytes that are no text":        {good, "\xff\xfe"},
		"nothing":                       {good, ""},
	} {
		if status := r.post(c.header, c.body); status < http.StatusBadRequest || status >= http.StatusInternalServerError {
			t.Errorf("%s: answered %d", name, status)
		}
	}
	if said := r.said("forged"); len(said) != 0 {
		t.Errorf("it took %v", said)
	}
	// The same event again, later, as after an answer that was lost: answered well, taken once.
	for n := range 3 {
		if status := r.post(signed(t, r.secret, id, now.Add(time.Duration(n)*time.Second), body), body); status != http.StatusNoContent {
			t.Errorf("a good one, time %d, is answered %d", n+1, status)
		}
	}
	// Two signatures, as while one secret replaces another.
	both := with("Webhook-Signature", "v1,QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE= "+good.Get("Webhook-Signature"))
	if status := r.post(both, body); status != http.StatusNoContent {
		t.Errorf("one of two signatures is answered %d", status)
	}
	eventually(t, patience, "it is taken", func() bool { return len(r.said("forged")) > 0 })
	if got := r.statuses("forged"); !slices.Equal(got, []string{"ISSUED"}) {
		t.Errorf("repeats were taken: %v", got)
	}
}

// The verification in nothing but Python, for who may not install packages.
func TestReceivers_verify_in_plain_Python(t *testing.T) {
	t.Parallel()
	const secret, body = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", `{"eventId":"ä","status":"ISSUED","offerId":"ä"}`
	now := time.Now()
	good := signed(t, secret, "an_id", now, body)
	both := good.Clone()
	both.Set("Webhook-Signature", "v1,QUFB "+good.Get("Webhook-Signature"))
	for name, c := range map[string]struct {
		header http.Header
		body   string
		want   bool
	}{
		"good":                   {good, body, true},
		"one of two signatures":  {both, body, true},
		"CB-079 changed":         {good, body + " ", false},
		"CB-080 six minutes old": {signed(t, secret, "an_id", now.Add(-6*time.Minute), body), body, false},
		"from the future":        {signed(t, secret, "an_id", now.Add(6*time.Minute), body), body, false},
		"another secret":         {signed(t, "whsec_"+strings.Repeat("QUFB", 11), "an_id", now, body), body, false},
	} {
		headers := map[string]string{}
		for header := range c.header {
			headers[strings.ToLower(header)] = c.header.Get(header)
		}
		input, err := json.Marshal(map[string]any{"secret": secret, "body": c.body, "headers": headers})
		if err != nil {
			t.Fatal(err)
		}
		const call = "import json, sys, plain; i = json.load(sys.stdin); plain.verify(i['secret'], i['body'].encode(), i['headers'])"
		cmd := exec.CommandContext(t.Context(), "python3", "-B", "-c", call)
		cmd.Dir, cmd.Stdin = "receivers/python", bytes.NewReader(input)
		if out, err := cmd.CombinedOutput(); (err == nil) != c.want || !c.want && !bytes.Contains(out, []byte("ValueError")) {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
}

// The page that tells others how to receive shows the programs that are tested here, to the letter, and its first request works.
func TestReceivers_are_what_the_page_shows(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../web/manage/RECEIVING.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string][]string{}
	for _, m := range regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		blocks[m[1]] = append(blocks[m[1]], m[2])
	}
	for language, files := range map[string][]string{
		"go": {"receivers/go/main.go"}, "js": {"receivers/node/receiver.mjs"}, "python": {"receivers/python/receiver.py", "receivers/python/plain.py"},
	} {
		if len(blocks[language]) != len(files) {
			t.Errorf("the page has %d blocks of %s, want %d", len(blocks[language]), language, len(files))
			continue
		}
		for i, file := range files {
			if source, err := os.ReadFile(file); err != nil || string(source) != blocks[language][i] {
				t.Errorf("%s is not what the page shows: %v", file, err)
			}
		}
	}
	first := slices.IndexFunc(blocks["sh"], func(block string) bool { return strings.HasPrefix(block, "curl ") })
	if first < 0 {
		t.Fatal("the page makes no offer")
	}
	b := openBank(t, "")
	script := strings.ReplaceAll(blocks["sh"][first], "http://127.0.0.1:8081", b.management)
	out, err := exec.CommandContext(t.Context(), "sh", "-e", "-c", script).Output() // of the page
	if err != nil || !bytes.Contains(out, []byte(`"offer_id"`)) {
		t.Errorf("the page's first request: %v: %s", err, out)
	}
}
