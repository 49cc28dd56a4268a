package wallet_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"testing"

	"counterfoil/internal/jose"
	"counterfoil/internal/oid4vci"
)

// object is a JSON object that a row changes before it is sent.
type object = map[string]any

// without takes members away.
func without(o object, names ...string) object {
	out := maps.Clone(o)
	for _, name := range names {
		delete(out, name)
	}
	return out
}

// with sets a member.
func with(o object, name string, value any) object {
	out := maps.Clone(o)
	out[name] = value
	return out
}

func encode(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// holder is a wallet's key. It signs whatever it is told to: the product's own signer would refuse most of it.
type holder struct{ key *ecdsa.PrivateKey }

func newHolder(t *testing.T, curve ...elliptic.Curve) holder {
	t.Helper()
	c := elliptic.P256()
	if len(curve) > 0 {
		c = curve[0]
	}
	key, err := ecdsa.GenerateKey(c, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return holder{key}
}

// jwk gives the public key as a header member.
func (h holder) jwk(t *testing.T) object {
	t.Helper()
	public, err := jose.FromPublic(h.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	out := object{}
	for name, value := range public.JWK() {
		out[name] = value
	}
	return out
}

// raw signs texts that need not be JSON.
func (h holder) raw(t *testing.T, header, payload string) string {
	t.Helper()
	signed := b64(header) + "." + b64(payload)
	hash := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, h.key, hash[:])
	if err != nil {
		t.Fatal(err)
	}
	size := (h.key.Params().BitSize + 7) / 8
	signature := make([]byte, 2*size)
	r.FillBytes(signature[:size])
	s.FillBytes(signature[size:])
	return signed + "." + b64(string(signature))
}

// sign signs a header and a payload.
func (h holder) sign(t *testing.T, header, payload object) string {
	t.Helper()
	return h.raw(t, encode(t, header), encode(t, payload))
}

// credentialTry is a credential request about to be sent: good until a row spoils it.
type credentialTry struct {
	f      *fixture
	offer  offer
	token  string
	nonce  string
	key    holder
	header object // of the one proof
	claims object // of the one proof
	proofs []string
	body   object
	// request is what is sent; its body is made from the rest unless it has one.
	request request
}

// credentialTry makes an offer, redeems it, fetches a nonce and prepares the good request.
func (f *fixture) credentialTry(t *testing.T) *credentialTry {
	t.Helper()
	o := f.offer(t)
	return f.tryWith(t, o, f.redeem(t, o), f.cNonce(t))
}

// tryWith prepares the good request with a token and a nonce that are there already.
func (f *fixture) tryWith(t *testing.T, o offer, token, nonce string) *credentialTry {
	t.Helper()
	key := newHolder(t)
	return &credentialTry{
		f: f, offer: o, token: token, nonce: nonce, key: key,
		header: object{"typ": "openid4vci-proof+jwt", "alg": "ES256", "jwk": key.jwk(t)},
		claims: object{"aud": f.issuer, "iat": f.clock.Now().Unix(), "nonce": nonce},
		body:   object{"credential_configuration_id": identity},
		request: request{
			method: http.MethodPost, path: oid4vci.PathCredential, contentType: jsonType,
			header: http.Header{"Authorization": {"Bearer " + token}},
		},
	}
}

// proof gives the one proof.
func (c *credentialTry) proof(t *testing.T) string {
	t.Helper()
	return c.key.sign(t, c.header, c.claims)
}

// send sends it.
func (c *credentialTry) send(t *testing.T) answer {
	t.Helper()
	return c.f.do(t, c.built(t))
}

// built gives the request with its body.
func (c *credentialTry) built(t *testing.T) request {
	t.Helper()
	r := c.request
	if r.body != "" || r.form != nil {
		return r
	}
	if _, has := c.body["proofs"]; !has {
		if c.proofs == nil {
			c.proofs = []string{c.proof(t)}
		}
		c.body = with(c.body, "proofs", object{"jwt": c.proofs})
	}
	r.body = encode(t, c.body)
	return r
}

// collected gives the credentials of a good answer.
func collected(t *testing.T, a answer) []string {
	t.Helper()
	a.want(t, http.StatusOK, "")
	var body struct {
		Credentials []struct {
			Credential string `json:"credential"`
		} `json:"credentials"`
		NotificationID string `json:"notification_id"`
	}
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || body.NotificationID == "" {
		t.Fatalf("got %.200s", a.body)
	}
	var out []string
	for _, c := range body.Credentials {
		out = append(out, c.Credential)
	}
	return out
}

// dpop is a wallet's DPoP key and the server's last nonce.
type dpop struct {
	holder
	header object
	nonce  string
}

// dpop makes a key and fetches the server's DPoP nonce.
func (f *fixture) dpop(t *testing.T) *dpop {
	t.Helper()
	key := newHolder(t)
	nonce := f.do(t, request{method: http.MethodPost, path: oid4vci.PathNonce}).header.Get("DPoP-Nonce")
	if nonce == "" {
		t.Fatal("the nonce endpoint sends no DPoP-Nonce")
	}
	return &dpop{holder: key, nonce: nonce, header: object{"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk(t)}}
}

// claims gives the payload of a good proof for a request to a path; token is empty at the token endpoint.
func (d *dpop) claims(f *fixture, path, token string) object {
	c := object{"jti": rand.Text(), "htm": "POST", "htu": f.issuer + path, "iat": f.clock.Now().Unix(), "nonce": d.nonce}
	if token != "" {
		hash := sha256.Sum256([]byte(token))
		c["ath"] = b64(string(hash[:]))
	}
	return c
}

// proof gives a good proof.
func (d *dpop) proof(t *testing.T, f *fixture, path, token string) string {
	t.Helper()
	return d.sign(t, d.header, d.claims(f, path, token))
}

// redeemBound gives an access token that is bound to the key.
func (f *fixture) redeemBound(t *testing.T, o offer, d *dpop) string {
	t.Helper()
	r := tokenRequest(o)
	r.set("Dpop", d.proof(t, f, oid4vci.PathToken, ""))
	a := f.do(t, r)
	a.want(t, http.StatusOK, "")
	if a.member("token_type") != "DPoP" {
		t.Fatalf("got %s", a.body)
	}
	return a.member("access_token")
}

// unb64 undoes b64.
func unb64(t *testing.T, s string) string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
