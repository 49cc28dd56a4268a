package callback

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"counterfoil/internal/issuance"
	"counterfoil/internal/outbound"
	"counterfoil/internal/strictjson"
)

// maxAnswer is how much of an answer is read, in bytes; nothing of it is kept.
const maxAnswer = 64 << 10

// payload is the whole body of a callback. eventId equals offerId: with status it is the key to drop repeats by.
type payload struct {
	EventID      string `json:"eventId"`
	Status       string `json:"status"`
	OfferID      string `json:"offerId"`
	ErrorDetails string `json:"errorDetails,omitzero"`
}

// outcome is what one attempt brought.
type outcome struct {
	delivered bool
	gone      bool // the receiver asked never to be called again
	result    string
	asked     time.Duration // Retry-After
}

// send makes one attempt. id is the same on every attempt at an event and has no dot, which is the separator in what
// is signed.
func (d *Deliverer) send(ctx context.Context, l issuance.Leased) (outcome, error) {
	body, err := strictjson.Encode(payload{
		EventID: string(l.Delivery.Offer), Status: string(l.Delivery.Status), OfferID: string(l.Delivery.Offer),
		ErrorDetails: l.Delivery.ErrorDetails,
	})
	if err != nil {
		return outcome{}, fmt.Errorf("write callback: %w", err)
	}
	now := d.clock()
	id := string(l.Delivery.Offer) + "_" + string(l.Delivery.Status)
	if l.Endpoint.Secret.IsZero() { // anybody could sign with an empty key
		return outcome{}, fmt.Errorf("sign callback: endpoint %s has no secret", l.Endpoint.ID)
	}
	signer, err := standardwebhooks.NewWebhook(l.Endpoint.Secret.Reveal())
	if err != nil {
		return outcome{}, fmt.Errorf("read secret of endpoint %s: not base64", l.Endpoint.ID)
	}
	signature, err := signer.Sign(id, now, body)
	if err != nil {
		return outcome{}, fmt.Errorf("sign callback: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.Endpoint.URL, bytes.NewReader(body))
	if err != nil {
		return outcome{result: "the URL cannot be called"}, nil //nolint:nilerr // an outcome of the attempt
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "Counterfoil",
		standardwebhooks.HeaderWebhookID: id, standardwebhooks.HeaderWebhookTimestamp: strconv.FormatInt(now.Unix(), 10),
		standardwebhooks.HeaderWebhookSignature: signature,
	} {
		req.Header.Set(name, value)
	}
	res, err := d.client.Do(req)
	if err != nil {
		return outcome{result: outbound.Describe(err)}, nil
	}
	defer res.Body.Close() //nolint:errcheck // nothing of it is kept
	// An answer that breaks off says nothing for sure; the repeat has the same id. What is longer than is read has said enough.
	if _, err := io.CopyN(io.Discard, res.Body, maxAnswer); err != nil && !errors.Is(err, io.EOF) {
		return outcome{result: outbound.Describe(err)}, nil
	}
	return judge(res, now), nil
}

// judge says what a status means: 2xx is success, a redirect is not followed, 410 ends it (Standard Webhooks).
func judge(res *http.Response, now time.Time) outcome {
	o := outcome{result: "HTTP " + strconv.Itoa(res.StatusCode), asked: retryAfter(res.Header, now)}
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
		o.delivered = true
	case res.StatusCode >= 300 && res.StatusCode < 400:
		o.result += ", redirects are not followed"
	case res.StatusCode == http.StatusGone:
		o.gone = true
		o.result += ", endpoint switched off"
	}
	return o
}
