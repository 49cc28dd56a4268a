// A receiver of Counterfoil's callbacks: verifies, drops repeats, answers 204.
package main

import (
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
	Status       string `json:"status"` // OFFER_CREATED, then one of ISSUED, FAILED and EXPIRED
	OfferID      string `json:"offerId"`
	ErrorDetails string `json:"errorDetails"` // with FAILED
}

func main() {
	secret := os.Getenv("COUNTERFOIL_CALLBACK_SECRET")
	verifier, err := webhooks.NewWebhook(secret)
	if err != nil || len(secret) < len("whsec_")+32 { // with an empty one anybody could sign
		log.Fatal("COUNTERFOIL_CALLBACK_SECRET must be set")
	}
	var seen sync.Map // yours is a unique index in your database
	http.HandleFunc("POST /callbacks", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10)) // the bytes as they came: they are what is signed
		var e event
		if err != nil || verifier.Verify(body, r.Header) != nil || json.Unmarshal(body, &e) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if _, repeat := seen.LoadOrStore(e.EventID+" "+e.Status, true); !repeat {
			fmt.Println(e.Status, e.OfferID, e.ErrorDetails) // yours: store it, in one transaction with the index
		}
		w.WriteHeader(http.StatusNoContent)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
