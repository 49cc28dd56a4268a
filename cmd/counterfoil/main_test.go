package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"counterfoil": main})
}

// TestCommands runs the scripts in testdata: each is the command line as a person types it, and what it must say.
func TestCommands(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			port, err := freePort()
			if err != nil {
				return err
			}
			manage, err := freePort()
			if err != nil {
				return err
			}
			calls, err := freePort()
			if err != nil {
				return err
			}
			env.Setenv("CALLBACKS", "127.0.0.1:"+calls)
			env.Setenv("COUNTERFOIL_PUBLIC_URL", "http://localhost:"+port)
			env.Setenv("COUNTERFOIL_PUBLIC_ADDR", "localhost:"+port)
			env.Setenv("COUNTERFOIL_MANAGEMENT_ADDR", "127.0.0.1:"+manage)
			env.Setenv("COUNTERFOIL_PORTAL_ADDR", "127.0.0.1:0")
			env.Setenv("MANAGEMENT", "http://127.0.0.1:"+manage)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready":    ready,
			"offer":    offer,
			"callback": callBack,
			"keyid":    keyID,
		},
	})
}

func freePort() (string, error) {
	const first, count = 10_000, 20_000 // below those that the system hands out to whoever asks for any
	for range 100 {
		port := strconv.Itoa(first + rand.IntN(count))
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			return port, l.Close()
		}
	}
	return "", errors.New("no port is free")
}

// ready waits until the program in the background answers.
func ready(ts *testscript.TestScript, _ bool, _ []string) {
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		resp, err := http.Get(ts.Getenv("MANAGEMENT") + "/readyz")
		if err == nil {
			ts.Check(resp.Body.Close())
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-deadline:
			ts.Fatalf("the program is not ready: %v", err)
		case <-tick.C:
		}
	}
}

// offer makes an offer and sets OFFER and TX_CODE.
func offer(ts *testscript.TestScript, _ bool, _ []string) {
	body := `{"credential_configuration_id":"IdentityCredential","claims":{"given_name":"Erika","family_name":"Mustermann",` +
		`"document_number":"T22000129","issuing_country":"DE"},"tx_code":{"input_mode":"numeric","length":6}}`
	resp, err := http.Post(ts.Getenv("MANAGEMENT")+"/offers", "application/json", strings.NewReader(body))
	ts.Check(err)
	data, err := io.ReadAll(resp.Body)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	var out struct {
		URI    string `json:"credential_offer_uri"`
		TxCode string `json:"tx_code_value"`
	}
	ts.Check(json.NewDecoder(bytes.NewReader(data)).Decode(&out))
	ts.Setenv("OFFER", out.URI)
	ts.Setenv("TX_CODE", out.TxCode)
}

// keyID sets KEY_ID to the newest key of a client.
func keyID(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("counterfoil", "clients", "list"))
	_, below, _ := strings.Cut(ts.ReadFile("stdout"), args[0]+" ")
	_, id, found := strings.Cut(below, "  key ")
	if !found {
		ts.Fatalf("%s has no key", args[0])
	}
	ts.Setenv("KEY_ID", strings.Fields(id)[0])
}
