// A receiver of Counterfoil's callbacks: verifies, drops repeats, answers 204.
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type event struct {
	EventID      string `json:"eventId"`
	Status       string `json:"status"`       // OFFER_CREATED, then one of ISSUED, FAILED and EXPIRED; PING in a test
	OfferID      string `json:"offerId"`      // empty when it is about none, as PING
	ErrorDetails string `json:"errorDetails"` // with FAILED
}

// handle is yours: store the event, in one transaction with the index of what was seen.
func handle(e event) error {
	_, err := fmt.Println(e.Status, cmp.Or(e.OfferID, e.EventID), e.ErrorDetails)
	return err
}

func main() {
	secret := os.Getenv("COUNTERFOIL_CALLBACK_SECRET")
	verifier, err := webhooks.NewWebhook(secret)
	if err != nil || len(secret) < len("whsec_")+32 { // with an empty one anybody could sign
		log.Fatal("COUNTERFOIL_CALLBACK_SECRET must be set")
	}
	var mu sync.Mutex
	seen := map[event]bool{} // yours is a unique index in your database
	http.HandleFunc("POST /callbacks", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10)) // the bytes as they came: they are what is signed
		var e event
		if err != nil || verifier.Verify(body, r.Header) != nil || json.Unmarshal(body, &e) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		key := event{EventID: e.EventID, Status: e.Status}
		if !seen[key] {
			if err := handle(e); err != nil {
				w.WriteHeader(http.StatusInternalServerError) // not taken: it comes again
				return
			}
			seen[key] = true
		}
		w.WriteHeader(http.StatusNoContent)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
