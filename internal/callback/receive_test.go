package callback_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/callback"
	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

// What one side sends the other side takes, over a real connection.
func TestReceiver_takes_what_the_deliverer_sends(t *testing.T) {
	o := newOffice(t)
	var got []callback.Received
	r, err := callback.NewReceiver(secret.NewText(secretText), http.StatusNoContent, o.now, func(one callback.Received) { got = append(got, one) })
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Serve(ctx, l) }()
	o.endpoint(t, "bank", "http://"+l.Addr().String()+"/")
	stop := o.start(t)
	id := o.offer(t)
	o.cancel(t, id)
	o.wait(t, id, "bank", func(d issuance.Delivery) bool {
		return d.Status == issuance.CallbackFailed && d.State == issuance.DeliveryDelivered
	})
	stop()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if len(got) != 2 || got[0].Status != "OFFER_CREATED" || got[1].Status != "FAILED" || got[1].Details != "cancelled by a test" {
		t.Fatalf("got %+v", got)
	}
	for _, one := range got {
		if one.Reason != "" || one.About != string(id) || one.Repeats != 0 {
			t.Errorf("got %+v", one)
		}
	}
}

// CB-079, CB-080: nothing that was changed, is old or was not signed at all passes, and it counts for nothing.
func TestReceiver_believes_only_what_is_signed(t *testing.T) {
	now := time.Now()
	const body = `{"eventId":"one","status":"ISSUED","offerId":"one"}`
	signed := func(body string, at time.Time, key string) http.Header {
		signature, err := verifier(t, key).Sign("one_ISSUED", at, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return http.Header{"Webhook-Id": {"one_ISSUED"}, "Webhook-Timestamp": {strconv.FormatInt(at.Unix(), 10)}, "Webhook-Signature": {signature}}
	}
	with := func(name, value string) http.Header {
		h := signed(body, now, secretText)
		h.Set(name, value)
		return h
	}
	var last callback.Received
	r, err := callback.NewReceiver(secret.NewText(secretText), http.StatusOK, func() time.Time { return now }, func(one callback.Received) { last = one })
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		method, body string
		header       http.Header
		status       int
		reason       string
	}{
		"changed by one byte":      {"POST", strings.Replace(body, "ISSUED", "ISSUeD", 1), signed(body, now, secretText), 401, "another secret"},
		"another secret":           {"POST", body, signed(body, now, "whsec_"+strings.Repeat("QUFB", 11)), 401, "another secret"},
		"another id":               {"POST", body, with("Webhook-Id", "two_ISSUED"), 401, "another secret"},
		"six minutes old":          {"POST", body, signed(body, now.Add(-6*time.Minute), secretText), 401, "five minutes ago"},
		"from the future":          {"POST", body, signed(body, now.Add(6*time.Minute), secretText), 401, "future"},
		"a time that is none":      {"POST", body, with("Webhook-Timestamp", "noon"), 401, "cannot be read"},
		"not signed":               {"POST", body, http.Header{}, 401, "not signed"},
		"a signature that is none": {"POST", body, with("Webhook-Signature", "v1"), 401, "another secret"},
		"a doubled member":         {"POST", `{"status":"FAILED",` + body[1:], signed(`{"status":"FAILED",`+body[1:], now, secretText), 401, "not that of a callback"},
		"too long":                 {"POST", strings.Repeat(" ", 64<<10) + body, signed(body, now, secretText), 413, ""},
		"to be read":               {"GET", "", http.Header{}, 405, ""},
	} {
		last = callback.Received{}
		if status := take(r, c.method, c.body, c.header); status != c.status || !strings.Contains(last.Reason, c.reason) || c.status == 401 && last.Reason == "" {
			t.Errorf("%s: %d, %+v", name, status, last)
		}
	}
	for n := range 3 {
		header := signed(body, now, secretText)
		header.Set("Webhook-Signature", "v1,QUFB "+header.Get("Webhook-Signature")) // two secrets while one is replaced
		if status := take(r, "POST", body, header); status != http.StatusOK || last.Reason != "" || last.Repeats != n {
			t.Errorf("number %d: %d, %+v", n+1, status, last)
		}
	}
}

func take(r http.Handler, method, body string, header http.Header) int {
	req := httptest.NewRequest(method, "/", strings.NewReader(body))
	req.Header = header
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w.Code
}

func TestNewReceiver_refuses_a_secret_that_is_none(t *testing.T) {
	made, err := issuance.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for text, good := range map[string]bool{
		made.Reveal(): true, secretText: true, "": false, "whsec_": false, "whsec_YWJj": false, strings.TrimPrefix(secretText, "whsec_"): false,
		secretText + "\n!": false, "whsec_" + strings.Repeat("QUFB", 22): false,
	} {
		if _, err := callback.NewReceiver(secret.NewText(text), http.StatusOK, time.Now, func(callback.Received) {}); (err == nil) != good || !good && !errors.Is(err, callback.ErrSecret) {
			t.Errorf("%d characters: %v", len(text), err)
		}
	}
	if _, err := issuance.NewSecret(bytes.NewReader([]byte("short"))); err == nil {
		t.Error("a secret was made of five bytes")
	}
}
