package wallet_test

import (
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"

	"counterfoil/internal/oid4vci"
)

// header sets a member of the proof's header.
func header(name string, value any) func(*credentialTry) {
	return func(c *credentialTry) { c.header[name] = value }
}

// claim sets a member of the proof's payload.
func claim(name string, value any) func(*credentialTry) {
	return func(c *credentialTry) { c.claims[name] = value }
}

// key changes the jwk of the proof's header.
func key(change func(jwk object) object) func(*credentialTry) {
	return func(c *credentialTry) {
		jwk, _ := c.header["jwk"].(object)
		c.header["jwk"] = change(jwk)
	}
}

// proofText sends a proof that is made from the good one's text.
func proofText(t *testing.T, change func(good string) string) func(*credentialTry) {
	return func(c *credentialTry) { c.proofs = []string{change(c.proof(t))} }
}

// proofRows runs rows that all end in invalid_proof.
func proofRows(t *testing.T, rows map[string]func(*credentialTry)) {
	t.Helper()
	f := newFixture(t)
	for name, change := range rows {
		t.Run(name, func(t *testing.T) { credentialRow{name, change, 400, "invalid_proof"}.run(t, f) })
	}
}

func TestProof_header(t *testing.T) {
	drop := func(name string) func(*credentialTry) { return func(c *credentialTry) { delete(c.header, name) } }
	both := func(name string, value any) func(*credentialTry) {
		return func(c *credentialTry) {
			delete(c.header, "jwk")
			c.header["kid"] = "1"
			c.header[name] = value
		}
	}
	only := func(name string, value any) func(*credentialTry) {
		return func(c *credentialTry) {
			delete(c.header, "jwk")
			c.header[name] = value
		}
	}
	proofRows(t, map[string]func(*credentialTry){
		"PR-001 alg none": func(c *credentialTry) {
			c.header["alg"] = "none"
			p := c.proof(t)
			c.proofs = []string{p[:strings.LastIndex(p, ".")+1]}
		},
		"PR-001 alg none with a signature":      header("alg", "none"),
		"PR-002 alg None":                       header("alg", "None"),
		"PR-002 alg nOnE":                       header("alg", "nOnE"),
		"PR-003 alg missing":                    drop("alg"),
		"PR-004 alg empty":                      header("alg", ""),
		"alg null":                              header("alg", nil),
		"alg an array":                          header("alg", []string{"ES256"}),
		"alg HS256":                             header("alg", "HS256"),
		"alg RS256":                             header("alg", "RS256"),
		"PR-011 alg EdDSA":                      header("alg", "EdDSA"),
		"PR-012 alg in lower case":              header("alg", "es256"),
		"PR-013 alg ES384 with a P-256 key":     header("alg", "ES384"),
		"PR-016 alg of encryption":              header("alg", "RSA-OAEP"),
		"alg ES256K":                            header("alg", "ES256K"),
		"typ missing":                           drop("typ"),
		"typ empty":                             header("typ", ""),
		"typ JWT":                               header("typ", "JWT"),
		"PR-019 typ of a DPoP proof":            header("typ", "dpop+jwt"),
		"PR-020 typ of a key binding":           header("typ", "kb+jwt"),
		"typ with application before it":        header("typ", "application/openid4vci-proof+jwt"),
		"typ in upper case":                     header("typ", "OPENID4VCI-PROOF+JWT"),
		"typ an array":                          header("typ", []string{"openid4vci-proof+jwt"}),
		"PR-024 crit exp":                       header("crit", []string{"exp"}),
		"PR-025 crit b64":                       func(c *credentialTry) { c.header["crit"], c.header["b64"] = []string{"b64"}, false },
		"b64 without crit":                      header("b64", false),
		"PR-026 crit empty":                     header("crit", []string{}),
		"PR-027 zip":                            header("zip", "DEF"),
		"PR-028 cty":                            header("cty", "JWT"),
		"jku to somebody else and no key":       only("jku", "https://evil.example/jwks"),
		"PR-030 x5u to somebody else, no key":   only("x5u", "https://evil.example/cert"),
		"PR-031 jwk and kid":                    header("kid", "1"),
		"PR-032 jwk and x5c":                    header("x5c", []string{"AA=="}),
		"PR-033 kid and x5c":                    both("x5c", []string{"AA=="}),
		"PR-036 kid a did:web of this network":  only("kid", "did:web:10.0.0.1"),
		"PR-037 kid a did:key nobody can read":  only("kid", "did:key:z6LS#0"),
		"PR-038 kid a did:jwk of ten thousand":  only("kid", "did:jwk:"+strings.Repeat("a", 10_000)),
		"PR-040 trust_chain without kid":        only("trust_chain", []string{"a.b.c"}),
		"trust_chain beside jwk":                header("trust_chain", []string{"a.b.c"}),
		"x5c and no jwk":                        only("x5c", []string{"AA=="}),
		"no key at all":                         drop("jwk"),
		"PR-119 alg twice":                      rawProof(t, `{"alg":"none",`, "{", ""),
		"typ twice":                             rawProof(t, `{"typ":"dpop+jwt",`, "{", ""),
		"jwk twice":                             rawProof(t, `{"jwk":{},`, "{", ""),
		"the header is an array":                rawProof(t, "[{", "{", "]"),
		"the header is in UTF-16":               func(c *credentialTry) { c.proofs = []string{c.key.raw(t, "\xff\xfe{\x00}\x00", encode(t, c.claims))} },
		"bytes that are no UTF-8":               func(c *credentialTry) { c.proofs = []string{c.key.raw(t, "{\"typ\":\"\xff\"}", encode(t, c.claims))} },
		"the header has a thousand levels":      header("x", deep(1000)),
		"the header is seventeen thousand long": header("x", strings.Repeat("a", 17_000)),
	})
}

// rawProof puts text in place of the first brace of a good proof's header, and more behind it.
func rawProof(t *testing.T, text, brace, behind string) func(*credentialTry) {
	return func(c *credentialTry) {
		c.proofs = []string{c.key.raw(t, strings.Replace(encode(t, c.header), brace, text, 1)+behind, encode(t, c.claims))}
	}
}

// deep gives arrays in arrays.
func deep(n int) any {
	var v any = 1
	for range n {
		v = []any{v}
	}
	return v
}

func TestProof_key(t *testing.T) {
	set := func(name string, value any) func(*credentialTry) {
		return key(func(jwk object) object { return with(jwk, name, value) })
	}
	drop := func(name string) func(*credentialTry) {
		return key(func(jwk object) object { return without(jwk, name) })
	}
	whole := func(value any) func(*credentialTry) { return header("jwk", value) }
	zero := b64(strings.Repeat("\x00", 32))
	p := elliptic.P256().Params().P
	coordinate := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.FillBytes(make([]byte, 32))) }
	rsa := func(n string, e string) object { return object{"kty": "RSA", "n": b64(n), "e": e} }
	proofRows(t, map[string]func(*credentialTry){
		"PR-041 null":                         whole(nil),
		"PR-042 empty":                        whole(object{}),
		"a text":                              whole("key"),
		"an array":                            whole([]any{}),
		"PR-045 kty missing":                  drop("kty"),
		"kty in lower case":                   set("kty", "ec"),
		"PR-046 kty oct":                      whole(object{"kty": "oct", "k": b64("secret")}),
		"kty OKP":                             whole(object{"kty": "OKP", "crv": "Ed25519", "x": zero}),
		"crv missing":                         drop("crv"),
		"PR-048 crv P-192":                    set("crv", "P-192"),
		"crv secp256k1":                       set("crv", "secp256k1"),
		"crv P-384 with coordinates of 32":    set("crv", "P-384"),
		"PR-050 x missing":                    drop("x"),
		"y missing":                           drop("y"),
		"x empty":                             set("x", ""),
		"x a number":                          set("x", 1),
		"PR-053 x with a zero before it":      key(func(jwk object) object { return with(jwk, "x", b64("\x00"+unb64(t, jwk["x"].(string)))) }),
		"x a byte short":                      key(func(jwk object) object { return with(jwk, "x", b64(unb64(t, jwk["x"].(string))[1:])) }),
		"PR-054 off the curve":                key(func(jwk object) object { return with(jwk, "y", jwk["x"]) }),
		"PR-055 the point at infinity":        key(func(jwk object) object { return with(with(jwk, "x", zero), "y", zero) }),
		"x is the size of the field":          set("x", coordinate(p)),
		"PR-057 with its private part":        set("d", zero),
		"with a private part that is null":    set("d", nil),
		"with k":                              set("k", "AA"),
		"with p and q":                        key(func(jwk object) object { return with(with(jwk, "p", "AA"), "q", "AA") }),
		"PR-058 RSA 1024":                     whole(rsa(strings.Repeat("\xff", 128), "AQAB")),
		"PR-059 RSA with exponent 1":          whole(rsa(strings.Repeat("\xff", 256), "AQ")),
		"PR-060 RSA 16384":                    whole(rsa(strings.Repeat("\xff", 2048), "AQAB")),
		"PR-061 use enc":                      set("use", "enc"),
		"use empty":                           set("use", ""),
		"key_ops without verify":              set("key_ops", []string{"deriveKey"}),
		"PR-063 alg of another key":           set("alg", "ES384"),
		"PR-065 x padded":                     key(func(jwk object) object { return with(jwk, "x", jwk["x"].(string)+"=") }),
		"x in base64 that is not URL's":       set("x", strings.Repeat("+", 43)),
		"x with a line feed":                  key(func(jwk object) object { return with(jwk, "x", jwk["x"].(string)+"\n") }),
		"x with bits behind its end":          key(func(jwk object) object { return with(jwk, "x", loose(jwk["x"].(string))) }),
		"another key than the one that signs": func(c *credentialTry) { c.header["jwk"] = newHolder(t).jwk(t) },
		"PR-014 a P-384 key with ES256": func(c *credentialTry) {
			other := newHolder(t, elliptic.P384())
			c.key, c.header["jwk"] = other, other.jwk(t)
		},
		"a P-384 key with ES384, which is not advertised": func(c *credentialTry) {
			other := newHolder(t, elliptic.P384())
			c.key, c.header["jwk"], c.header["alg"] = other, other.jwk(t), "ES384"
		},
	})
}

// loose sets bits of the last character that decoding drops.
func loose(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, s[len(s)-1])
	return s[:len(s)-1] + string(alphabet[last|1])
}

func TestProof_signature(t *testing.T) {
	signature := func(change func(raw string) string) func(*credentialTry) {
		return proofText(t, func(good string) string {
			i := strings.LastIndex(good, ".") + 1
			return good[:i] + b64(change(unb64(t, good[i:])))
		})
	}
	n := string(elliptic.P256().Params().N.Bytes())
	proofRows(t, map[string]func(*credentialTry){
		"PR-079 empty":                   signature(func(string) string { return "" }),
		"PR-081 63 bytes":                signature(func(raw string) string { return raw[:63] }),
		"PR-082 65 bytes":                signature(func(raw string) string { return raw + "\x00" }),
		"a bit changed":                  signature(func(raw string) string { return string(raw[0]^1) + raw[1:] }),
		"all zeros":                      signature(func(string) string { return strings.Repeat("\x00", 64) }),
		"PR-085 r is the order":          signature(func(raw string) string { return n + raw[32:] }),
		"PR-085 s is the order":          signature(func(raw string) string { return raw[:32] + n }),
		"r and s exchanged":              signature(func(raw string) string { return raw[32:] + raw[:32] }),
		"in DER":                         signature(func(raw string) string { return der(t, raw) }),
		"an HMAC with the key as secret": signature(func(raw string) string { s := sha256.Sum256([]byte(raw)); return string(s[:]) }),
		"PR-087 of another payload": func(c *credentialTry) {
			other := strings.Split(c.key.sign(t, c.header, with(c.claims, "x", 1)), ".")
			good := strings.Split(c.proof(t), ".")
			c.proofs = []string{good[0] + "." + good[1] + "." + other[2]}
		},
		"of another header": func(c *credentialTry) {
			other := strings.Split(c.key.sign(t, with(c.header, "x", 1), c.claims), ".")
			good := strings.Split(c.proof(t), ".")
			c.proofs = []string{other[0] + "." + good[1] + "." + good[2]}
		},
	})
}

// der writes r and s as ASN.1.
func der(t *testing.T, raw string) string {
	t.Helper()
	b, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes([]byte(raw[:32])), new(big.Int).SetBytes([]byte(raw[32:]))})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestProof_claims(t *testing.T) {
	now := newFixture(t).clock.Now().Unix()
	drop := func(name string) func(*credentialTry) { return func(c *credentialTry) { delete(c.claims, name) } }
	payload := func(change func(good string) string) func(*credentialTry) {
		return func(c *credentialTry) {
			c.proofs = []string{c.key.raw(t, encode(t, c.header), change(encode(t, c.claims)))}
		}
	}
	proofRows(t, map[string]func(*credentialTry){
		"PR-088 aud missing":                     drop("aud"),
		"aud empty":                              claim("aud", ""),
		"aud null":                               claim("aud", nil),
		"PR-089 aud of another issuer":           claim("aud", "https://other.example"),
		"PR-090 aud the token endpoint":          claim("aud", issuer+oid4vci.PathToken),
		"PR-091 aud the credential endpoint":     claim("aud", issuer+oid4vci.PathCredential),
		"PR-092 aud with a slash more":           claim("aud", issuer+"/"),
		"PR-093 aud by http":                     claim("aud", "http://issuer.example"),
		"PR-094 aud in another case":             claim("aud", "https://ISSUER.example"),
		"aud with its port":                      claim("aud", issuer+":443"),
		"PR-095 aud an array with the right one": claim("aud", []string{issuer}),
		"PR-097 aud a number":                    claim("aud", 1),
		"PR-098 iat missing":                     drop("iat"),
		"iat null":                               claim("iat", nil),
		"PR-099 iat a text":                      claim("iat", "1795437296"),
		"PR-100 iat negative":                    claim("iat", -1),
		"iat zero":                               claim("iat", 0),
		"PR-101 iat beyond all time":             claim("iat", 1e308),
		"iat below all time":                     claim("iat", -1e308),
		"iat in milliseconds":                    claim("iat", now*1000),
		"iat an hour ago":                        claim("iat", now-3600),
		"iat two minutes ahead":                  claim("iat", now+120),
		"PR-108 nbf in an hour":                  claim("nbf", now+3600),
		"nbf a text":                             claim("nbf", "soon"),
		"exp an hour ago":                        claim("exp", now-3600),
		"exp a text":                             claim("exp", "never"),
		"PR-109 iss though nobody signed in":     claim("iss", "wallet"),
		"iss empty":                              claim("iss", ""),
		"nonce in another case of its name":      func(c *credentialTry) { c.claims["Nonce"] = c.claims["nonce"]; delete(c.claims, "nonce") },
		"PR-114 an array":                        payload(func(good string) string { return "[" + good + "]" }),
		"a text":                                 payload(func(string) string { return `"x"` }),
		"null":                                   payload(func(string) string { return "null" }),
		"empty":                                  payload(func(string) string { return "" }),
		"half of it":                             payload(func(good string) string { return good[:len(good)/2] }),
		"more behind it":                         payload(func(good string) string { return good + "{}" }),
		"PR-115 aud twice":                       payload(func(good string) string { return `{"aud":"x",` + good[1:] }),
		"nonce twice":                            payload(func(good string) string { return `{"nonce":"x",` + good[1:] }),
		"a member twice, once escaped":           payload(func(good string) string { return `{"\u0061ud":"x",` + good[1:] }),
		"PR-116 a hundred thousand bytes":        claim("x", strings.Repeat("a", 100_000)),
		"PR-117 bytes that are no UTF-8":         payload(func(good string) string { return "{\"x\":\"\xff\"," + good[1:] }),
		"a byte order mark":                      payload(func(good string) string { return "\ufeff" + good }),
		"a thousand levels":                      claim("x", deep(1000)),
	})
}

func TestProof_form(t *testing.T) {
	whole := func(change func(good string) string) func(*credentialTry) { return proofText(t, change) }
	at := func(i int, change func(part string) string) func(*credentialTry) {
		return whole(func(good string) string {
			parts := strings.Split(good, ".")
			parts[i] = change(parts[i])
			return strings.Join(parts, ".")
		})
	}
	proofRows(t, map[string]func(*credentialTry){
		"PR-121 two parts":                    whole(func(good string) string { return good[:strings.LastIndex(good, ".")] }),
		"one part":                            whole(func(string) string { return "x" }),
		"four parts":                          whole(func(good string) string { return good + ".x" }),
		"five parts, as a JWE has":            whole(func(good string) string { return good + ".x.x" }),
		"dots only":                           whole(func(string) string { return ".." }),
		"ten thousand dots":                   whole(func(string) string { return strings.Repeat(".", 10_000) }),
		"an empty header":                     at(0, func(string) string { return "" }),
		"an empty payload":                    at(1, func(string) string { return "" }),
		"PR-125 the header padded":            at(0, func(part string) string { return part + "=" }),
		"the signature padded":                at(2, func(part string) string { return part + "==" }),
		"PR-126 base64 that is not URL's":     at(2, func(part string) string { return "+/" + part[2:] }),
		"PR-127 a line feed in the header":    at(0, func(part string) string { return part[:4] + "\n" + part[4:] }),
		"PR-127 a line feed in the signature": at(2, func(part string) string { return part[:4] + "\r\n" + part[4:] }),
		"a space before it":                   whole(func(good string) string { return " " + good }),
		"a line feed behind it":               whole(func(good string) string { return good + "\n" }),
		"the signature with bits behind":      at(2, loose),
		"PR-129 with disclosures behind it":   whole(func(good string) string { return good + "~WyJhIiwiYiIsMV0~" }),
		"JSON serialisation":                  whole(func(good string) string { return `{"payload":"` + strings.Split(good, ".")[1] + `"}` }),
	})
}

func TestProof_accepts_what_wallets_send(t *testing.T) {
	f := newFixture(t)
	now := f.clock.Now().Unix()
	for name, change := range map[string]func(*credentialTry){
		"PR-103 iat ten seconds ahead":        claim("iat", now+10),
		"iat a minute ago, with an exp":       func(c *credentialTry) { c.claims["iat"], c.claims["exp"] = now-60, now+600 },
		"iat with a fraction":                 claim("iat", float64(now)+0.5),
		"nbf now":                             claim("nbf", now),
		"PR-112 claims that nobody asked for": func(c *credentialTry) { c.claims["sub"], c.claims["x"] = "é", object{"y": []any{1, nil}} },
		"a kid inside the jwk":                key(func(jwk object) object { return with(jwk, "kid", "é") }),
		"a jwk that says what it is for":      key(func(jwk object) object { return with(with(jwk, "use", "sig"), "alg", "ES256") }),
		"PR-030 x5u beside the jwk":           header("x5u", "https://evil.example/cert"),
		"a header member nobody knows":        header("x", "y"),
	} {
		t.Run(name, func(t *testing.T) { credentialRow{name, change, 200, ""}.run(t, f) })
	}
}
