package main

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// callBack is "callback STATUS BODY [SECRET [AGE]]": it posts a callback signed with the secret of the environment or another one, as
// long ago as AGE says, and sees that STATUS is answered. A secret "-" signs nothing. It waits until somebody listens.
func callBack(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: callback STATUS BODY [SECRET [AGE]]")
	}
	body, key, at := args[1], ts.Getenv("COUNTERFOIL_CALLBACK_SECRET"), time.Now()
	if len(args) > 2 {
		key = args[2]
	}
	if len(args) > 3 {
		age, err := time.ParseDuration(args[3])
		ts.Check(err)
		at = at.Add(-age)
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if key != "-" {
		signer, err := standardwebhooks.NewWebhook(key)
		ts.Check(err)
		signature, err := signer.Sign("an_id", at, []byte(body))
		ts.Check(err)
		header.Set("webhook-id", "an_id")
		header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
		header.Set("webhook-signature", signature)
	}
	status, err := patient(ts, header, body)
	ts.Check(err)
	if want := args[0]; strconv.Itoa(status) != want {
		ts.Fatalf("it answered %d, not %s", status, want)
	}
}

// patient posts as soon as somebody listens.
func patient(ts *testscript.TestScript, header http.Header, body string) (int, error) {
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequest(http.MethodPost, "http://"+ts.Getenv("CALLBACKS")+"/", strings.NewReader(body))
		if err != nil {
			return 0, err
		}
		req.Header = header
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			return resp.StatusCode, resp.Body.Close()
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return 0, err
		}
		select {
		case <-deadline:
			return 0, err
		case <-tick.C:
		}
	}
}
