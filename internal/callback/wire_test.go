package callback_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"counterfoil/internal/issuance"
)

// listen starts a receiver on a port of this machine and records it as an endpoint of the name bank.
func (o *office) listen(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) *receiver {
	t.Helper()
	r := &receiver{office: o, answer: answer}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	o.endpoint(t, "bank", server.URL+"/callbacks?tenant=1")
	return r
}

// verifier is the library a receiver would use.
func verifier(t *testing.T, text string) *standardwebhooks.Webhook {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(text)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Design §8.3 is a contract: these bytes, these headers, for each of the four statuses.
func TestDeliverer_sends_to_the_letter(t *testing.T) {
	o := newOffice(t)
	r := o.listen(t, nil)
	o.start(t)
	delivered := func(id issuance.OfferID, status issuance.CallbackStatus) {
		o.wait(t, id, "bank", func(d issuance.Delivery) bool { return d.Status == status && d.State == issuance.DeliveryDelivered })
	}
	issued, cancelled, expired := o.offer(t), o.offer(t), o.offer(t)
	for _, id := range []issuance.OfferID{issued, cancelled, expired} {
		delivered(id, issuance.CallbackCreated)
	}
	o.issue(t, issued)
	o.cancel(t, cancelled)
	delivered(issued, issuance.CallbackIssued)
	delivered(cancelled, issuance.CallbackFailed)
	o.skew.Add(int64(24 * time.Hour))
	if err := o.service.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	delivered(expired, issuance.CallbackExpired)
	body := func(id issuance.OfferID, status, more string) string {
		return fmt.Sprintf(`{"eventId":"%s","status":"%s","offerId":"%s"%s}`, id, status, id, more)
	}
	want := map[string]string{
		string(issued) + "_OFFER_CREATED":    body(issued, "OFFER_CREATED", ""),
		string(cancelled) + "_OFFER_CREATED": body(cancelled, "OFFER_CREATED", ""),
		string(expired) + "_OFFER_CREATED":   body(expired, "OFFER_CREATED", ""),
		string(issued) + "_ISSUED":           body(issued, "ISSUED", ""),
		string(cancelled) + "_FAILED":        body(cancelled, "FAILED", `,"errorDetails":"cancelled by a test"`),
		string(expired) + "_EXPIRED":         body(expired, "EXPIRED", ""),
	}
	got := map[string]string{}
	for _, c := range r.got() {
		got[c.id()] = c.body
		if strings.Contains(c.id(), ".") { // CB-081: the dot separates what is signed
			t.Errorf("webhook-id %q", c.id())
		}
		if c.header.Get("Content-Type") != "application/json" || c.header.Get("Content-Length") != strconv.Itoa(len(c.body)) {
			t.Errorf("headers %v", c.header)
		}
		names := slices.Sorted(maps.Keys(c.header))
		if !slices.Equal(names, []string{"Content-Length", "Content-Type", "User-Agent", "Webhook-Id", "Webhook-Signature", "Webhook-Timestamp"}) {
			t.Errorf("headers %v", names)
		}
		if err := verifier(t, secretText).VerifyIgnoringTimestamp([]byte(c.body), c.header); err != nil {
			t.Error(err)
		}
		seconds, err := strconv.ParseInt(c.header.Get("Webhook-Timestamp"), 10, 64)
		if err != nil || c.at.Sub(time.Unix(seconds, 0)).Abs() > time.Minute {
			t.Errorf("timestamp %s at %v", c.header.Get("Webhook-Timestamp"), c.at)
		}
	}
	if !maps.Equal(got, want) || len(r.got()) != len(want) {
		t.Errorf("got %d calls: %v, want %v", len(r.got()), got, want)
	}
}

// CB-079, CB-080: what was changed on the way, or kept to be sent again, fails the check that receivers make.
func TestDeliverer_signs_so_that_receivers_notice_changes(t *testing.T) {
	inTime(t, func(t *testing.T, o *office) {
		r := o.receive(t, "bank")
		o.start(t)
		id := o.offer(t)
		settle()
		c := r.got()[0]
		check := verifier(t, secretText)
		if err := check.Verify([]byte(c.body), c.header); err != nil {
			t.Fatal(err)
		}
		with := func(name, value string) http.Header {
			h := c.header.Clone()
			h.Set(name, value)
			return h
		}
		other := "whsec_" + strings.Repeat("QUFB", 11)
		for name, err := range map[string]error{
			"another status":    check.Verify([]byte(strings.Replace(c.body, "OFFER_CREATED", "ISSUED", 1)), c.header),
			"a space more":      check.Verify([]byte(c.body+" "), c.header),
			"another id":        check.Verify([]byte(c.body), with("Webhook-Id", string(id)+"_ISSUED")),
			"another time":      check.Verify([]byte(c.body), with("Webhook-Timestamp", strconv.FormatInt(time.Now().Unix()+60, 10))),
			"another secret":    verifier(t, other).Verify([]byte(c.body), c.header),
			"another signature": check.Verify([]byte(c.body), with("Webhook-Signature", "v1,AAAA")),
		} {
			if !errors.Is(err, standardwebhooks.ErrNoMatchingSignature) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		o.skew.Store(int64(-5*time.Minute - 5*time.Second)) // signed more than five minutes ago
		o.offer(t)
		settle()
		c = r.got()[1]
		if err := check.Verify([]byte(c.body), c.header); !errors.Is(err, standardwebhooks.ErrMessageTooOld) {
			t.Errorf("after five minutes: got %v", err)
		}
	})
}

// 2xx is success and nothing else is; a redirect is not followed, wherever it leads (CB-041, CB-042, CB-044, CB-049, CB-054).
func TestDeliverer_judges_by_the_status(t *testing.T) {
	strays := make(chan string, 1)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case strays <- r.Method + " " + r.URL.Path:
		default:
		}
	}))
	t.Cleanup(elsewhere.Close)
	const redirect = ", redirects are not followed"
	type answer struct {
		code   int
		target string
	}
	answers := map[issuance.OfferID]answer{}
	o := newOffice(t)
	for code := 200; code < 600; code += 100 {
		for _, more := range []int{0, 1, 2, 3, 4, 7, 8, 9, 22, 29, 99} {
			if code+more != http.StatusGone && code != 300 {
				answers[o.offerTo(t, "bank")] = answer{code + more, elsewhere.URL + "/stray"}
			}
		}
	}
	for _, code := range []int{300, 301, 302, 303, 304, 305, 307, 308, 399} {
		for _, target := range []string{elsewhere.URL + "/stray", "http://169.254.169.254/latest/meta-data", "/again", "file:///etc/passwd", ""} {
			answers[o.offerTo(t, "bank")] = answer{code, target}
		}
	}
	r := o.listen(t, func(_ int, w http.ResponseWriter, req *http.Request) {
		id, _, _ := strings.Cut(req.Header.Get("Webhook-Id"), "_OFFER_CREATED")
		w.Header().Set("Location", answers[issuance.OfferID(id)].target)
		w.WriteHeader(answers[issuance.OfferID(id)].code)
	})
	o.start(t)
	for id, a := range answers {
		state, result := issuance.DeliveryQueued, fmt.Sprintf("HTTP %d", a.code)
		switch a.code / 100 {
		case 2:
			state = issuance.DeliveryDelivered
		case 3:
			result += redirect
		}
		if d := o.wait(t, id, "bank", attempted); d.State != state || d.LastResult != result {
			t.Errorf("%+v: got %+v", a, d)
		}
	}
	for _, c := range r.got() {
		if c.path != "/callbacks?tenant=1" {
			t.Errorf("a redirect led to %s", c.path)
		}
	}
	select {
	case stray := <-strays:
		t.Errorf("a redirect was followed: %s", stray)
	default:
	}
}

// rude accepts connections and does with each what it is told.
func rude(t *testing.T, do func(c net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close() // rude
				buffer := make([]byte, 4096)
				if _, err := c.Read(buffer); err != nil {
					return
				}
				do(c)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// says writes text and ends the connection, with a reset when that is asked for.
func says(text string, reset bool) func(c net.Conn) {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, text)
		if tcp, ok := c.(*net.TCPConn); ok && reset {
			_ = tcp.SetLinger(0)
		}
	}
}

// What is no answer is a failure that staff can read, and the event waits for its next attempt.
func TestDeliverer_calls_what_is_no_answer_a_failure(t *testing.T) {
	const cut = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, c := range map[string]struct{ url, want string }{
		"CB-060 no HTTP":                 {rude(t, says("SSH-2.0-OpenSSH_9.9\r\n", false)), "connection broken"},
		"CB-060 a status of letters":     {rude(t, says("HTTP/1.1 OK OK\r\n\r\n", false)), "connection broken"},
		"CB-060 two lengths":             {rude(t, says("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", false)), "connection broken"},
		"closed without a word":          {rude(t, func(net.Conn) {}), "connection broken"},
		"reset without a word":           {rude(t, says("", true)), "connection broken"},
		"closed within the headers":      {rude(t, says("HTTP/1.1 200 OK\r\nContent-", false)), "connection broken"},
		"CB-063 closed within the body":  {rude(t, says(cut, false)), "connection broken"},
		"CB-063 closed within a chunk":   {rude(t, says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf", false)), "connection broken"},
		"CB-062 refused":                 {closed.URL, "connection refused"},
		"CB-056 a header of 1 MB":        {rude(t, says("HTTP/1.1 200 OK\r\nX: "+strings.Repeat("a", 1<<20)+"\r\n\r\n", false)), "connection broken"},
		"CB-056 100000 headers":          {rude(t, says("HTTP/1.1 200 OK\r\n"+strings.Repeat("X: a\r\n", 100_000)+"\r\n", false)), "connection broken"},
		"a protocol nobody asked for":    {rude(t, says("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", false)), "HTTP 101"},
		"only interim answers":           {rude(t, says(strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 1000), false)), "connection broken"},
		"CB-038 a name that is no name":  {"https://no-such-host.invalid/", "name not found"},
		"CB-025 an address that is shut": {"https://169.254.169.254/", "address not allowed"},
		"an address that cannot be read": {"http://127.0.0.1:port/", "the URL cannot be called"},
		"CB-004 another scheme":          {"ftp://127.0.0.1/", "connection broken"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			o.endpoint(t, "bank", c.url)
			o.start(t)
			d := o.wait(t, o.offer(t), "bank", attempted)
			if d.State != issuance.DeliveryQueued || d.LastResult != c.want || d.Attempts != 1 {
				t.Errorf("got %+v, want %q", d, c.want)
			}
		})
	}
}

// CB-057: of an answer without end 64 KiB are read, then the connection is closed; its status counts.
func TestDeliverer_cuts_an_answer_without_end(t *testing.T) {
	o := newOffice(t)
	written := make(chan int, 1)
	o.listen(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		total := 0
		for {
			n, err := w.Write(make([]byte, 32<<10))
			if total += n; err != nil {
				written <- total
				return
			}
		}
	})
	o.start(t)
	o.wait(t, o.offer(t), "bank", func(d issuance.Delivery) bool { return d.State == issuance.DeliveryDelivered })
	if n := <-written; n > 64<<20 { // what the system buffers on the way comes on top
		t.Errorf("the receiver could write %d bytes", n)
	}
}

// a receiver that answers a byte a second is given up after 15 s, headers or body alike.
func TestDeliverer_gives_up_an_answer_that_drips(t *testing.T) {
	for name, drip := range map[string]func(w http.ResponseWriter, r *http.Request){
		"before the status": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"in the body": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "x")
				_ = http.NewResponseController(w).Flush()
				<-time.After(time.Second) // time of the bubble
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, func(t *testing.T, o *office) {
				o.receive(t, "bank").do(func(_ int, w http.ResponseWriter, r *http.Request) { drip(w, r) })
				o.start(t)
				begin := o.now()
				id := o.offer(t)
				for range 20 {
					settle()
				}
				d := o.deliveries(t, id, "bank")[0]
				if took := d.LastAt.Sub(begin); d.LastResult != "no answer in time" || took > 16*time.Second {
					t.Errorf("after %v: %+v", took, d)
				}
			})
		})
	}
}

// CB-064 to CB-067: a receiver must prove with TLS who it is, and staff are told that this is what failed.
func TestDeliverer_wants_good_TLS(t *testing.T) {
	const distrusted = "TLS certificate not accepted"
	for name, c := range map[string]struct {
		trusted bool
		change  func(s *httptest.Server)
		host    string
		want    string
	}{
		"trusted":             {true, nil, "127.0.0.1", "HTTP 204"},
		"CB-064 self-signed":  {false, nil, "127.0.0.1", distrusted},
		"CB-066 another host": {true, nil, "localhost", distrusted},
		"CB-067 TLS 1.0": {true, func(s *httptest.Server) {
			s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}
		}, "127.0.0.1", "TLS handshake failed"},
		"CB-067 TLS 1.1": {true, func(s *httptest.Server) {
			s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
		}, "127.0.0.1", "TLS handshake failed"},
		"CB-069 a client certificate it wants": {true, func(s *httptest.Server) { s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert} }, "127.0.0.1", distrusted},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			r := &receiver{office: o}
			server := httptest.NewUnstartedServer(r)
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			if c.change != nil {
				c.change(server)
			}
			server.StartTLS()
			t.Cleanup(server.Close)
			if transport, ok := o.client.Transport.(*http.Transport); ok && c.trusted {
				roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs //nolint:forcetypeassert // httptest's own
				transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
			}
			o.endpoint(t, "bank", strings.Replace(server.URL, "127.0.0.1", c.host, 1))
			o.start(t)
			d := o.wait(t, o.offer(t), "bank", attempted)
			if d.LastResult != c.want || (len(r.got()) == 1) != (c.want == "HTTP 204") {
				t.Errorf("got %+v after %d calls, want %q", d, len(r.got()), c.want)
			}
		})
	}
	t.Run("plain HTTP where TLS is expected", func(t *testing.T) {
		o := newOffice(t)
		r := o.listen(t, nil)
		o.endpoint(t, "bank", "https://"+strings.TrimPrefix(rude(t, says("HTTP/1.1 200 OK\r\n\r\n", false)), "http://"))
		o.start(t)
		if d := o.wait(t, o.offer(t), "bank", attempted); d.LastResult != "TLS handshake failed" || len(r.got()) != 0 {
			t.Errorf("got %+v", d)
		}
	})
}

// CB-110, CB-111: nothing of what a receiver answers is kept, so nothing of it can be shown.
func TestDeliverer_keeps_nothing_of_an_answer(t *testing.T) {
	o := newOffice(t)
	o.listen(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Script", "<script>alert(1)</script>")
		http.Error(w, "<script>alert(1)</script>", http.StatusInternalServerError)
	})
	o.start(t)
	if d := o.wait(t, o.offer(t), "bank", attempted); d.LastResult != "HTTP 500" {
		t.Errorf("got %+v", d)
	}
}

// CB-121: a connection that the receiver closed between two callbacks costs at most an attempt, never the event.
func TestDeliverer_survives_connections_that_end(t *testing.T) {
	o := newOffice(t)
	r := o.listen(t, func(_ int, w http.ResponseWriter, req *http.Request) {
		w.WriteHeader(http.StatusOK)
		if hijacker, ok := w.(http.Hijacker); ok {
			_ = http.NewResponseController(w).Flush()
			conn, _, err := hijacker.Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, "0\r\n\r\n")
				_ = conn.Close()
			}
		}
	})
	o.start(t)
	for range 5 {
		id := o.offer(t)
		o.wait(t, id, "bank", attempted)
		o.skew.Add(int64(time.Minute))
		o.wait(t, id, "bank", func(d issuance.Delivery) bool { return d.State == issuance.DeliveryDelivered })
	}
	if n := len(r.got()); n < 5 {
		t.Errorf("%d calls", n)
	}
}
