package jose

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"

	"counterfoil/internal/strictjson"
)

// MaxToken bounds a compact JWT, in bytes.
const MaxToken = 16 << 10

// maxChain bounds x5c.
const maxChain = 6

// What can be wrong with a token. The texts repeat no input.
var (
	ErrMalformed = errors.New("not a well-formed compact JWT")
	ErrTooLong   = errors.New("the JWT is too long")
	ErrHeader    = errors.New("the JWT header has members that are not allowed")
	ErrAlgorithm = errors.New("the JWT is signed with an algorithm that is not allowed")
	ErrSignature = errors.New("the signature of the JWT is wrong")
	ErrNoKey     = errors.New("the JWT header has no jwk")
	ErrChain     = errors.New("the certificate chain is not valid")
)

// Token is a JWT that was read but not verified.
type Token struct {
	compact   string
	header    map[string]any
	payload   []byte
	signature []byte
}

// Parse reads a compact JWT (RFC 7515 §7.1) of at most MaxToken bytes. Its header and payload must be JSON
// objects; crit, b64 and zip are refused, because none of them is understood here (RFC 7515 §4.1.11).
func Parse(compact string) (Token, error) { return ParseUpTo(compact, MaxToken) }

// ParseUpTo is Parse for JWTs that are documents, such as signed metadata: of at most limit bytes.
func ParseUpTo(compact string, limit int) (Token, error) {
	if len(compact) > limit {
		return Token{}, ErrTooLong
	}
	const parts = 3
	if strings.Count(compact, ".") != parts-1 {
		return Token{}, ErrMalformed
	}
	segments := strings.SplitN(compact, ".", parts)
	decoded := make([][]byte, parts)
	for i, s := range segments {
		b, err := DecodeBase64URL(s)
		if err != nil {
			return Token{}, ErrMalformed
		}
		decoded[i] = b
	}
	t := Token{compact: compact, payload: decoded[1], signature: decoded[2]}
	if err := strictjson.Decode(decoded[0], &t.header); err != nil || t.header == nil {
		return Token{}, ErrMalformed
	}
	var payload map[string]any
	if err := strictjson.Decode(t.payload, &payload); err != nil || payload == nil {
		return Token{}, ErrMalformed
	}
	for _, name := range []string{"crit", "b64", "zip"} {
		if t.Has(name) {
			return Token{}, ErrHeader
		}
	}
	return t, nil
}

// DecodeBase64URL reads unpadded base64url in its one canonical form.
func DecodeBase64URL(s string) ([]byte, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || strings.ContainsAny(s, "\r\n") {
		return nil, ErrMalformed
	}
	return b, nil
}

// Has tells whether the header has a member.
func (t Token) Has(name string) bool {
	_, has := t.header[name]
	return has
}

// HeaderText gives a header member that is a string, or "".
func (t Token) HeaderText(name string) string {
	s, _ := t.header[name].(string)
	return s
}

// Alg gives the algorithm that the header names.
func (t Token) Alg() string { return t.HeaderText("alg") }

// Typ gives the type that the header names.
func (t Token) Typ() string { return t.HeaderText("typ") }

// Payload gives the payload as it was signed.
func (t Token) Payload() []byte { return t.payload }

// Claims reads the payload into v; unknown members are ignored.
func (t Token) Claims(v any) error {
	return strictjson.Decode(t.payload, v)
}

// JWK gives the checked key of the jwk header.
func (t Token) JWK() (PublicKey, error) {
	value, has := t.header["jwk"]
	if !has {
		return PublicKey{}, ErrNoKey
	}
	raw, err := strictjson.Encode(value)
	if err != nil {
		return PublicKey{}, ErrKeyMalformed
	}
	return ParsePublicJWK(raw)
}

// X5C gives the certificates of the x5c header, leaf first; none when there is no such header.
func (t Token) X5C() ([]*x509.Certificate, error) {
	value, has := t.header["x5c"]
	if !has {
		return nil, nil
	}
	list, ok := value.([]any)
	if !ok || len(list) == 0 || len(list) > maxChain {
		return nil, ErrChain
	}
	chain := make([]*x509.Certificate, 0, len(list))
	for _, item := range list {
		text, _ := item.(string)
		der, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil {
			return nil, ErrChain
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, ErrChain
		}
		chain = append(chain, cert)
	}
	return chain, nil
}

// Verify checks the signature. The algorithm must be in the allow-list and be the one of the key's curve.
func (t Token) Verify(key PublicKey, allowed ...string) error {
	alg := t.Alg()
	if !slices.Contains(allowed, alg) || alg != key.Alg() {
		return ErrAlgorithm
	}
	c, _ := curveOf(key.key.Params().Name)
	if len(t.signature) != 2*c.size { // r and s
		return ErrSignature
	}
	if _, err := jws.Verify([]byte(t.compact), jws.WithKey(jwa.SignatureAlgorithm(alg), key.key)); err != nil {
		return ErrSignature
	}
	return nil
}
