package callback

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"counterfoil/internal/issuance"
	"counterfoil/internal/outbound"
	"counterfoil/internal/secret"
	"counterfoil/internal/strictjson"
)

// Payload is the whole body of a callback. eventId with status is the key to drop repeats by; for the four statuses that everybody
// gets it equals offerId.
type Payload struct {
	EventID      string `json:"eventId"`
	Status       string `json:"status"`
	OfferID      string `json:"offerId,omitzero"`
	ErrorDetails string `json:"errorDetails,omitzero"`
}

// Body gives the bytes that a delivery sends, the same at every attempt.
func Body(d issuance.Delivery) ([]byte, error) {
	b, err := strictjson.Encode(Payload{EventID: d.EventID, Status: string(d.Status), OfferID: string(d.Offer), ErrorDetails: d.ErrorDetails})
	if err != nil {
		return nil, fmt.Errorf("write callback: %w", err)
	}
	return b, nil
}

// outcome is what one attempt brought.
type outcome struct {
	delivered bool
	gone      bool // the receiver asked never to be called again
	result    string
	status    int           // of HTTP, 0 when there was no answer
	response  []byte        // its beginning
	asked     time.Duration // Retry-After
}

// errURL is an outcome of an attempt, not a fault of the program: somebody configured the URL.
var errURL = errors.New(issuance.ResultNoURL)

// send makes one attempt; what cannot even be sent is an outcome too.
func (d *Deliverer) send(ctx context.Context, l issuance.Leased) outcome {
	req, err := d.request(ctx, l)
	if errors.Is(err, errURL) {
		return outcome{result: issuance.ResultNoURL}
	}
	if err != nil {
		d.log.Error("callback", "error", err, "endpoint", l.Endpoint.ID)
		return outcome{result: issuance.ResultUnsent}
	}
	res, err := d.client.Do(req) //nolint:bodyclose // Read does
	if err != nil {
		return outcome{result: outbound.Describe(err)}
	}
	// An answer that breaks off says nothing for sure; the repeat has the same id.
	kept, err := outbound.Read(res, issuance.MaxResponse)
	if err != nil {
		return outcome{result: outbound.Describe(err), status: res.StatusCode, response: kept}
	}
	o := judge(res, d.clock())
	o.response = kept
	return o
}

// request makes the signed request. Its id is the same on every attempt at an event and has no dot, which is the separator in what is
// signed; while secrets are being changed, both sign.
func (d *Deliverer) request(ctx context.Context, l issuance.Leased) (*http.Request, error) {
	body, err := Body(l.Delivery)
	if err != nil {
		return nil, err
	}
	now := d.clock()
	secrets := []secret.Text{l.Endpoint.Secret}
	if now.Before(l.Endpoint.OldUntil) && !l.Endpoint.OldSecret.IsZero() {
		secrets = append(secrets, l.Endpoint.OldSecret)
	}
	var signatures []string
	for _, s := range secrets {
		signature, err := sign(s, l.Delivery.WebhookID, now, body)
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, signature)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.Endpoint.URL, bytes.NewReader(body))
	if err != nil {
		return nil, errURL
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "Counterfoil",
		standardwebhooks.HeaderWebhookID: l.Delivery.WebhookID, standardwebhooks.HeaderWebhookTimestamp: strconv.FormatInt(now.Unix(), 10),
		standardwebhooks.HeaderWebhookSignature: strings.Join(signatures, " "),
	} {
		req.Header.Set(name, value)
	}
	return req, nil
}

func sign(s secret.Text, id string, at time.Time, body []byte) (string, error) {
	if s.IsZero() { // anybody could sign with an empty key
		return "", errors.New("sign callback: the endpoint has no secret")
	}
	signer, err := standardwebhooks.NewWebhook(s.Reveal())
	if err != nil {
		return "", errors.New("sign callback: the secret of the endpoint is not base64")
	}
	signature, err := signer.Sign(id, at, body)
	if err != nil {
		return "", fmt.Errorf("sign callback: %w", err)
	}
	return signature, nil
}

// judge says what a status means: 2xx is success, a redirect is not followed, 410 ends it (Standard Webhooks).
func judge(res *http.Response, now time.Time) outcome {
	o := outcome{result: "HTTP " + strconv.Itoa(res.StatusCode), status: res.StatusCode, asked: retryAfter(res.Header, now)}
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
		o.delivered = true
	case res.StatusCode >= 300 && res.StatusCode < 400:
		o.result += ", " + issuance.ResultRedirect
	case res.StatusCode == http.StatusGone:
		o.gone = true
		o.result += ", " + issuance.ResultGone
	}
	return o
}
