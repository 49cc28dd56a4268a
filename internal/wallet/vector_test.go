package wallet

// These tests are inside the package because what the wallet read is not exported, only what came of it.

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
)

// documents is a network that answers by URL, always 200.
type documents map[string]string

// RoundTrip implements http.RoundTripper.
func (d documents) RoundTrip(r *http.Request) (*http.Response, error) {
	body, has := d[r.URL.String()]
	status := http.StatusOK
	if !has {
		status = http.StatusNotFound
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// example reads a file of testdata: a comment that says where it is from, and what is there.
func example(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	comment, content, found := strings.Cut(string(text), "\n\n")
	if !found || !strings.HasPrefix(comment, "# OpenID4VCI 1.0, ") {
		t.Fatalf("%s does not say where it is from", name)
	}
	return content
}

// The offers of OpenID4VCI 1.0 §4.1.1 and its repository, by value and by reference.
func TestFetchOffer_takes_the_offers_of_the_specification(t *testing.T) {
	const reference = "https://server.example.com/credential-offer/GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM"
	for name, want := range map[string]struct {
		configurations, code, mode, description string
		length                                  int
		codeAsked                               bool
	}{
		"credential_offer_by_reference": {configurations: "UniversityDegree_LDP_VC", code: "adhjhdjajkdkhjhdj", codeAsked: true}, // tx_code: {}
		"credential_offer_pre-authz_code": {
			configurations: "UniversityDegreeCredential", code: "adhjhdjajkdkhjhdj", codeAsked: true,
			description: "Please provide the one-time code which was sent to your mobile phone via SMS",
		},
		"credential_offer_multiple_credentials": {
			configurations: "UniversityDegreeCredential org.iso.18013.5.1.mDL", code: "oaKazRN8I0IbtZ0C7JuMn5", codeAsked: true,
			mode: "numeric", length: 4, description: "Please provide the one-time code that was sent via e-mail",
		},
		"credential_offer_authz_code": {}, // for another grant: this wallet has only the pre-authorized code
	} {
		text := example(t, name)
		for how, uri := range map[string]string{
			"by value":     "openid-credential-offer://?" + url.Values{"credential_offer": {text}}.Encode(),
			"by reference": "openid-credential-offer://?" + url.Values{"credential_offer_uri": {reference}}.Encode(),
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				c := &collection{Wallet: &Wallet{http: &http.Client{Transport: documents{reference: text}}}, request: Request{Offer: uri}}
				_, err := c.fetchOffer(t.Context())
				if want.code == "" {
					if err == nil || !strings.Contains(err.Error(), "no pre-authorized code") {
						t.Errorf("got %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				got := c.offer.Grants[preAuthorized]
				if c.offer.Issuer != "https://credential-issuer.example.com" || strings.Join(c.offer.Configurations, " ") != want.configurations || got.Code != want.code {
					t.Errorf("got %+v", c.offer)
				}
				if (got.TxCode != nil) != want.codeAsked {
					t.Fatalf("a transaction code is asked for: %v", got.TxCode)
				}
				if got.TxCode.InputMode != want.mode || got.TxCode.Length != want.length || got.TxCode.Description != want.description {
					t.Errorf("got %+v", *got.TxCode)
				}
			})
		}
	}
}

// The issuer metadata of OpenID4VCI 1.0 Appendix I, in the form of the repository, which has jwks as an object.
func TestFetchMetadata_takes_the_metadata_of_the_specification(t *testing.T) {
	const issuer, server = "https://credential-issuer.example.com", "https://server.example.com"
	c := &collection{offer: offer{Issuer: issuer, Configurations: []string{"SD_JWT_VC_example_in_OpenID4VCI"}}}
	c.Wallet = &Wallet{http: &http.Client{Transport: documents{
		issuer + "/.well-known/openid-credential-issuer":   example(t, "credential_issuer_metadata"),
		server + "/.well-known/oauth-authorization-server": `{"issuer":"` + server + `","token_endpoint":"` + server + `/token"}`,
	}}}
	step, err := c.fetchMetadata(t.Context())
	if err != nil || step != "Metadata read: IdentityCredential" {
		t.Fatalf("got %q, %v", step, err)
	}
	m := c.metadata
	if m.Credential != issuer+"/credential" || m.Nonce != issuer+"/nonce" || m.Notification != issuer+"/notification" || c.server.Token != server+"/token" {
		t.Errorf("got %+v %+v", m, c.server)
	}
	if c.config.VCT != "SD_JWT_VC_example_in_OpenID4VCI" || c.config.Format != "dc+sd-jwt" {
		t.Errorf("got %+v", c.config)
	}
}
