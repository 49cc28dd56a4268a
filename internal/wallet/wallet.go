package wallet

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Options is what a wallet is made from.
type Options struct {
	// Client makes the requests; it must be a guarded one.
	Client *http.Client
	// Roots names a PEM file of trusted roots. When empty, a credential's chain is checked as far as it
	// goes and the result says that nobody vouches for the issuer.
	Roots  string
	Clock  func() time.Time
	Random io.Reader
}

// Wallet collects credentials. It holds no state between collections.
type Wallet struct {
	http   *http.Client
	roots  roots
	clock  func() time.Time
	random io.Reader
}

// New makes a wallet.
func New(o Options) (*Wallet, error) {
	r, err := loadRoots(o.Roots)
	if err != nil {
		return nil, err
	}
	return &Wallet{http: o.Client, roots: r, clock: o.Clock, random: o.Random}, nil
}

// Request is what to collect.
type Request struct {
	// Offer is the offer as the wallet got it: by reference or by value, with any scheme.
	Offer  string
	TxCode string
	// Proofs is how many credentials to ask for; 0 means 1.
	Proofs int
	// DPoP binds the access token to a key of the wallet.
	DPoP bool
}

// Collected is what came of it: the steps that were taken, in words, and the verified credentials.
type Collected struct {
	Issuer      string       `json:"issuer"`
	Steps       []string     `json:"steps"`
	Credentials []Credential `json:"credentials"`
}

// Credential is a verified credential as its holder sees it.
type Credential struct {
	VCT       string         `json:"vct"`
	Name      string         `json:"name"`   // how the issuer calls it
	Issuer    string         `json:"issuer"` // subject of the signing certificate
	Trusted   bool           `json:"trusted"`
	IssuedAt  time.Time      `json:"issued_at"`
	ExpiresAt time.Time      `json:"expires_at"`
	Claims    map[string]any `json:"claims"`
	// Disclosable counts the claims that the holder may keep to themselves.
	Disclosable int `json:"disclosable"`
}

// Refused is the issuer's answer to a request it did not accept.
type Refused struct {
	Step        string
	Status      int
	Code        string
	Description string
}

// Error gives the step, the code and the description.
func (r *Refused) Error() string {
	text := fmt.Sprintf("%s: the issuer answered %d %s", r.Step, r.Status, r.Code)
	if r.Description != "" {
		text += ": " + r.Description
	}
	return text
}

// Collect takes all steps from the offer to the notification. A *Refused error carries the issuer's
// refusal; any other error says what the wallet found wrong. What it returns has been verified.
func (w *Wallet) Collect(ctx context.Context, r Request) (Collected, error) {
	c := &collection{Wallet: w, request: r}
	for _, step := range []struct {
		name string
		do   func(context.Context) (string, error)
	}{
		{"fetch the offer", c.fetchOffer},
		{"read the issuer's metadata", c.fetchMetadata},
		{"redeem the code", c.redeem},
		{"collect the credential", c.collect},
		{"verify the credential", c.verify},
		{"confirm to the issuer", c.notify},
	} {
		done, err := step.do(ctx)
		if err != nil {
			return c.result, fmt.Errorf("%s: %w", step.name, err)
		}
		if done != "" {
			c.result.Steps = append(c.result.Steps, done)
		}
	}
	return c.result, nil
}

// collection is what is known so far while collecting.
type collection struct {
	*Wallet
	request  Request
	offer    offer
	metadata issuerMetadata
	server   serverMetadata
	config   configuration
	dpop     *dpopKey
	token    token
	holders  []holder
	answer   credentialResponse
	result   Collected
}
