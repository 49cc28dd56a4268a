package wallet_test

import (
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/oid4vci"
)

// dpopTry is a proof about to be sent: good until a row spoils it.
type dpopTry struct {
	key    *dpop
	header object
	claims object
	// proofs are the values of the DPoP headers; nil means the one that header and claims make.
	proofs []string
}

func (d *dpopTry) proof(t *testing.T) string {
	t.Helper()
	return d.key.sign(t, d.header, d.claims)
}

func (d *dpopTry) values(t *testing.T) []string {
	t.Helper()
	if d.proofs == nil {
		return []string{d.proof(t)}
	}
	return d.proofs
}

// dpopRow is a proof that is good but for what change does to it. code "" means that it is good still.
type dpopRow struct {
	name   string
	change func(d *dpopTry)
	code   string
}

const (
	badProof = "invalid_dpop_proof"
	useNonce = "use_dpop_nonce"
)

// rows are spoiled at the token endpoint and at a resource alike; path is the endpoint's.
func dpopRows(t *testing.T, f *fixture, path string) []dpopRow {
	t.Helper()
	now := f.clock.Now().Unix()
	claim := func(name string, value any) func(*dpopTry) { return func(d *dpopTry) { d.claims[name] = value } }
	drop := func(name string) func(*dpopTry) { return func(d *dpopTry) { delete(d.claims, name) } }
	header := func(name string, value any) func(*dpopTry) { return func(d *dpopTry) { d.header[name] = value } }
	dropHeader := func(name string) func(*dpopTry) { return func(d *dpopTry) { delete(d.header, name) } }
	jwk := func(change func(jwk object) object) func(*dpopTry) {
		return func(d *dpopTry) { d.header["jwk"] = change(d.key.jwk(t)) }
	}
	raw := func(change func(header, claims string) (string, string)) func(*dpopTry) {
		return func(d *dpopTry) {
			h, c := change(encode(t, d.header), encode(t, d.claims))
			d.proofs = []string{d.key.raw(t, h, c)}
		}
	}
	text := func(change func(good string) []string) func(*dpopTry) {
		return func(d *dpopTry) { d.proofs = change(d.proof(t)) }
	}
	one := func(change func(good string) string) func(*dpopTry) {
		return text(func(good string) []string { return []string{change(good)} })
	}
	zero := b64(strings.Repeat("\x00", 32))
	htu := func(change func(good string) string) func(*dpopTry) { return claim("htu", change(f.issuer+path)) }
	replace := func(from, to string) func(*dpopTry) {
		return htu(func(good string) string { return strings.Replace(good, from, to, 1) })
	}
	return []dpopRow{
		{"DP-002 an empty header", text(func(string) []string { return []string{""} }), badProof},
		{"two headers", text(func(good string) []string { return []string{good, good} }), badProof},
		{"DP-004 two proofs joined by a comma", one(func(good string) string { return good + ", " + good }), badProof},
		{"no JWT", one(func(string) string { return "proof" }), badProof},
		{"DP-009 padded", one(func(good string) string { return good + "=" }), badProof},
		{"DP-010 twenty thousand bytes", one(func(good string) string { return good + strings.Repeat("A", 19_000) }), badProof},
		{"DP-011 ten thousand dots", one(func(string) string { return strings.Repeat(".", 10_000) }), badProof},
		{"bytes that are no text", one(func(string) string { return "\xff.\xfe.\xfd" }), badProof},
		{"DP-012 typ missing", dropHeader("typ"), badProof},
		{"typ JWT", header("typ", "JWT"), badProof},
		{"typ of a key proof", header("typ", "openid4vci-proof+jwt"), badProof},
		{"DP-015 typ in upper case", header("typ", "DPOP+JWT"), badProof},
		{"DP-016 alg missing", dropHeader("alg"), badProof},
		{"DP-017 alg none", header("alg", "none"), badProof},
		{"DP-018 alg HS256", header("alg", "HS256"), badProof},
		{"DP-020 alg that is not advertised", func(d *dpopTry) {
			d.key = &dpop{holder: newHolder(t, elliptic.P384()), nonce: d.key.nonce}
			d.header["alg"], d.header["jwk"] = "ES384", d.key.jwk(t)
		}, badProof},
		{"DP-022 crit", header("crit", []string{"x"}), badProof},
		{"DP-025 jwk missing", dropHeader("jwk"), badProof},
		{"DP-026 jwk with its private part", jwk(func(jwk object) object { return with(jwk, "d", zero) }), badProof},
		{"DP-027 jwk symmetric", header("jwk", object{"kty": "oct", "k": "AA"}), badProof},
		{"DP-028 jwk off the curve", jwk(func(jwk object) object { return with(jwk, "y", jwk["x"]) }), badProof},
		{"DP-029 jwk at infinity", jwk(func(jwk object) object { return with(with(jwk, "x", zero), "y", zero) }), badProof},
		{"DP-032 jwk with a member twice", raw(func(h, c string) (string, string) { return strings.Replace(h, `"jwk":{`, `"jwk":{"kty":"EC",`, 1), c }), badProof},
		{"DP-033 jwk with more members", jwk(func(jwk object) object { return with(jwk, "kid", "key-1") }), ""},
		{"DP-035 the signature in DER", one(func(good string) string {
			i := strings.LastIndex(good, ".") + 1
			return good[:i] + b64(der(t, unb64(t, good[i:])))
		}), badProof},
		{"DP-036 a signature of zeros", one(func(good string) string {
			return good[:strings.LastIndex(good, ".")+1] + b64(strings.Repeat("\x00", 64))
		}), badProof},
		{"the signature of another key", func(d *dpopTry) { d.proofs = []string{newHolder(t).sign(t, d.header, d.claims)} }, badProof},
		{"DP-038 jti missing", drop("jti"), badProof},
		{"DP-039 jti empty", claim("jti", ""), badProof},
		{"DP-040 jti a number", claim("jti", 1), badProof},
		{"jti of a thousand bytes", claim("jti", strings.Repeat("j", 1000)), badProof},
		{"jti with NUL and an accent is a text too", claim("jti", "\x00é"+rand.Text()), ""},
		{"DP-048 htm missing", drop("htm"), badProof},
		{"DP-049 htm GET", claim("htm", "GET"), badProof},
		{"DP-050 htm in lower case", claim("htm", "post"), badProof},
		{"DP-051 htm a number", claim("htm", 1), badProof},
		{"htu missing", drop("htu"), badProof},
		{"htu empty", claim("htu", ""), badProof},
		{"DP-053 htu of another host", replace("issuer.example", "evil.example"), badProof},
		{"DP-054 htu of another path", replace(path, "/oidc4vci/other"), badProof},
		{"DP-055 htu by http", replace("https:", "http:"), badProof},
		{"DP-056 htu with query and fragment", htu(func(good string) string { return good + "?a=b#c" }), ""},
		{"DP-057 htu with scheme and host in upper case", replace("https://issuer.example", "HTTPS://ISSUER.EXAMPLE"), ""},
		{"DP-058 htu with its port", replace("issuer.example", "issuer.example:443"), ""},
		{"DP-059 htu with another port", replace("issuer.example", "issuer.example:8443"), badProof},
		{"DP-062 htu percent-encoded", replace("/oidc4vci", "/%6Fidc4vci"), ""},
		{"htu with an encoded slash", replace("/oidc4vci/", "/oidc4vci%2F"), badProof},
		{"DP-063 htu with a slash more", htu(func(good string) string { return good + "/" }), badProof},
		{"DP-064 htu with a user", replace("https://", "https://issuer.example@evil."), badProof},
		{"htu with a user and the right host", replace("https://", "https://user@"), badProof},
		{"DP-065 htu of a host that looks alike", replace("issuer", "іssuer"), badProof},
		{"DP-066 htu of the machine behind the proxy", replace("https://issuer.example", "http://10.0.0.5:8080"), badProof},
		{"DP-068 htu an array", claim("htu", []string{f.issuer + path}), badProof},
		{"htu relative", claim("htu", path), badProof},
		{"htu of ten thousand bytes", htu(func(good string) string { return good + strings.Repeat("a", 10_000) }), badProof},
		{"iat missing", drop("iat"), badProof},
		{"iat a text", claim("iat", fmt.Sprint(now)), badProof},
		{"iat beyond all time", claim("iat", 1e300), badProof},
		{"iat negative", claim("iat", -1e300), badProof},
		{"DP-071 iat with a fraction", claim("iat", float64(now)+0.25), ""},
		{"DP-072 iat ten seconds ago", claim("iat", now-10), ""},
		{"iat ten seconds ahead", claim("iat", now+10), ""},
		{"DP-074 iat 61 seconds ahead", claim("iat", now+61), badProof},
		{"DP-076, DP-078 iat an hour ago, whatever the nonce", claim("iat", now-3600), badProof},
		{"DP-077 iat an hour ahead", claim("iat", now+3600), badProof},
		{"nonce missing", drop("nonce"), useNonce},
		{"nonce null", claim("nonce", nil), useNonce},
		{"DP-091 nonce a c_nonce", func(d *dpopTry) { d.claims["nonce"] = f.cNonce(t) }, useNonce},
		{"nonce made up", claim("nonce", "nobody"), useNonce},
		{"nonce with line feeds in place of its end", func(d *dpopTry) {
			d.claims["nonce"] = d.key.nonce[:28] + strings.Repeat("\n", len(d.key.nonce)-28)
		}, useNonce},
		{"DP-092 nonce a number", claim("nonce", 1), badProof},
		{"DP-093 nonce empty", claim("nonce", ""), useNonce},
		{"DP-094 nonce of ten thousand bytes", claim("nonce", strings.Repeat("n", 10_000)), badProof},
		{"nbf, exp and what nobody knows", func(d *dpopTry) { d.claims["nbf"], d.claims["exp"], d.claims["x"] = now+9999, 1, object{} }, ""},
		{"DP-112 htu twice", raw(func(h, c string) (string, string) { return h, `{"htu":"x",` + c[1:] }), badProof},
		{"DP-115 jwk twice", raw(func(h, c string) (string, string) { return `{"jwk":{},` + h[1:], c }), badProof},
		{"DP-116 bytes that are no UTF-8", raw(func(h, c string) (string, string) { return h, "{\"x\":\"\xff\"," + c[1:] }), badProof},
		{"the payload an array", raw(func(h, c string) (string, string) { return h, "[" + c + "]" }), badProof},
	}
}

func TestDPoP_at_the_token_endpoint(t *testing.T) {
	f := newFixture(t)
	for _, row := range dpopRows(t, f, oid4vci.PathToken) {
		t.Run(row.name, func(t *testing.T) {
			o, key := f.offer(t, withTxCode), f.dpop(t)
			try := &dpopTry{key: key, header: with(key.header, "alg", "ES256"), claims: key.claims(f, oid4vci.PathToken, "")}
			row.change(try)
			r := tokenRequest(o)
			r.set("Dpop", try.values(t)...)
			a := f.do(t, r)
			status := http.StatusBadRequest
			if row.code == "" {
				status = http.StatusOK
			}
			a.want(t, status, row.code, o.code, o.txCode)
			if a.header.Get("DPoP-Nonce") == "" || len(a.header.Values("DPoP-Nonce")) != 1 {
				t.Errorf("DPoP-Nonce %v", a.header.Values("DPoP-Nonce"))
			}
			if row.code != "" {
				f.redeemBound(t, o, key) // neither code nor tries were touched
			}
		})
	}
}

// A proof that does not hold must not tell whether the code that came with it is right.
func TestDPoP_is_checked_before_the_code(t *testing.T) {
	f := newFixture(t)
	o := f.offer(t, withTxCode)
	for range maxTries + 1 {
		r := tokenRequest(o)
		r.form.Set("tx_code", wrong(o.txCode))
		r.set("Dpop", "a.b.c")
		f.do(t, r).want(t, 400, badProof, o.code)
	}
	f.redeem(t, o)
}

func TestDPoP_at_a_resource(t *testing.T) {
	f := newFixture(t)
	rows := append(dpopRows(t, f, oid4vci.PathCredential), []dpopRow{
		{"DP-001 no header", func(d *dpopTry) { d.proofs = []string{} }, badProof},
		{"DP-081 ath missing", func(d *dpopTry) { delete(d.claims, "ath") }, badProof},
		{"ath empty", func(d *dpopTry) { d.claims["ath"] = "" }, badProof},
		{"ath of another token", func(d *dpopTry) { d.claims["ath"] = d.key.claims(f, "", "other")["ath"] }, badProof},
		{"ath padded", func(d *dpopTry) { d.claims["ath"] = d.claims["ath"].(string) + "=" }, badProof},
		{"DP-085 ath in hex", func(d *dpopTry) { d.claims["ath"] = fmt.Sprintf("%x", unb64(t, d.claims["ath"].(string))) }, badProof},
		{"ath a number", func(d *dpopTry) { d.claims["ath"] = 1 }, badProof},
		{"a good proof of another key", func(d *dpopTry) {
			d.key = f.dpop(t)
			d.header["jwk"] = d.key.jwk(t)
		}, "invalid_token"},
	}...)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			o, key := f.offer(t), f.dpop(t)
			token := f.redeemBound(t, o, key)
			nonce := f.cNonce(t)
			try := &dpopTry{key: key, header: with(key.header, "alg", "ES256"), claims: key.claims(f, oid4vci.PathCredential, token)}
			row.change(try)
			c := f.tryWith(t, o, token, nonce)
			c.request.set("Authorization", "DPoP "+token)
			c.request.set("Dpop", try.values(t)...)
			a := c.send(t)
			if row.code == "" {
				a.want(t, 200, "")
				return
			}
			a.want(t, 401, row.code, token, nonce)
			challenge := strings.Join(a.header.Values("WWW-Authenticate"), "\n")
			if !strings.Contains(challenge, `DPoP error="`+row.code+`"`) || !strings.Contains(challenge, `algs="ES256"`) || a.header.Get("DPoP-Nonce") == "" {
				t.Errorf("got %v", a.header)
			}
			// Nothing was spent: the good proof with the same nonce collects.
			c = f.tryWith(t, o, token, nonce)
			c.request.set("Authorization", "dpop "+token) // CR-004
			c.request.set("Dpop", key.proof(t, f, oid4vci.PathCredential, token))
			collected(t, c.send(t))
		})
	}
}

func TestDPoP_a_bound_token_is_no_bearer_token(t *testing.T) {
	f := newFixture(t)
	o, key := f.offer(t), f.dpop(t)
	token := f.redeemBound(t, o, key)
	for _, path := range []string{oid4vci.PathCredential, oid4vci.PathNotification} {
		r := request{method: http.MethodPost, path: path, contentType: jsonType, body: "{}"}
		r.set("Authorization", "Bearer "+token)
		f.do(t, r).want(t, 401, "invalid_token", token) // CR-005
		r.set("Dpop", key.proof(t, f, path, token))
		f.do(t, r).want(t, 401, "invalid_token", token)
		r.header.Del("Dpop")
		r.set("Authorization", "DPoP "+token)
		f.do(t, r).want(t, 401, badProof, token) // DP-127
	}
}

func TestDPoP_a_proof_is_good_once(t *testing.T) {
	f := newFixture(t)
	o, key := f.offer(t), f.dpop(t)
	proof := key.proof(t, f, oid4vci.PathToken, "")
	r := tokenRequest(o)
	r.set("Dpop", proof)
	a := f.do(t, r)
	a.want(t, 200, "")
	token := a.member("access_token")

	t.Run("DP-042 not for a second code", func(t *testing.T) {
		second := f.offer(t)
		r := tokenRequest(second)
		r.set("Dpop", proof)
		f.do(t, r).want(t, 400, badProof, second.code)
		f.redeemBound(t, second, key)
	})
	t.Run("DP-044, DP-107 not at another endpoint", func(t *testing.T) {
		c := f.tryWith(t, o, token, f.cNonce(t))
		c.request.set("Authorization", "DPoP "+token)
		c.request.set("Dpop", proof)
		c.send(t).want(t, 401, badProof, token, c.nonce)
	})
	t.Run("DP-042 not for a second credential, though its nonce is fresh", func(t *testing.T) {
		proof := key.proof(t, f, oid4vci.PathCredential, token)
		for _, status := range []int{200, 401} {
			c := f.tryWith(t, o, token, f.cNonce(t))
			c.request.set("Authorization", "DPoP "+token)
			c.request.set("Dpop", proof)
			if status == 200 {
				collected(t, c.send(t))
				f.restart(t) // DP-120: a killed process remembers
				continue
			}
			c.send(t).want(t, status, badProof, token, c.nonce)
			// The nonce that came with the replay was not spent by it.
			again := f.tryWith(t, o, token, c.nonce)
			again.request.set("Authorization", "DPoP "+token)
			again.request.set("Dpop", key.proof(t, f, oid4vci.PathCredential, token))
			collected(t, again.send(t))
		}
	})
}

func TestDPoP_nonce_outlives_a_restart_but_not_its_time(t *testing.T) {
	f := newFixture(t)
	key := f.dpop(t)
	f.clock.move(4 * time.Minute)
	f.restart(t)
	f.redeemBound(t, f.offer(t), key) // DP-096
	f.clock.move(2 * time.Minute)
	o := f.offer(t)
	r := tokenRequest(o)
	r.set("Dpop", key.proof(t, f, oid4vci.PathToken, ""))
	a := f.do(t, r)
	a.want(t, 400, useNonce, o.code) // DP-090
	// The wallet's way on: the same request with the nonce of the refusal.
	key.nonce = a.header.Get("DPoP-Nonce")
	f.redeemBound(t, o, key)
}

func TestDPoP_a_wallet_without_a_nonce_is_told_one(t *testing.T) {
	f := newFixture(t)
	o, key := f.offer(t), f.dpop(t)
	r := tokenRequest(o)
	r.set("Dpop", key.sign(t, key.header, without(key.claims(f, oid4vci.PathToken, ""), "nonce")))
	a := f.do(t, r)
	a.want(t, 400, useNonce, o.code)
	key.nonce = a.header.Get("DPoP-Nonce")
	token := f.redeemBound(t, o, key)

	c := f.tryWith(t, o, token, f.cNonce(t))
	c.request.set("Authorization", "DPoP "+token)
	c.request.set("Dpop", key.sign(t, key.header, without(key.claims(f, oid4vci.PathCredential, token), "nonce")))
	a = c.send(t)
	a.want(t, 401, useNonce, token)
	key.nonce = a.header.Get("DPoP-Nonce")
	c.request.set("Dpop", key.proof(t, f, oid4vci.PathCredential, token))
	collected(t, c.send(t))
}

// The other signature of the same proof, which anybody can compute, must not pass as a fresh one: the jti counts.
func TestDPoP_a_mirrored_signature_is_the_same_proof(t *testing.T) {
	f := newFixture(t)
	key := f.dpop(t)
	proof := key.proof(t, f, oid4vci.PathToken, "")
	first, second := f.offer(t), f.offer(t)
	r := tokenRequest(first)
	r.set("Dpop", proof)
	f.do(t, r).want(t, 200, "")
	i := strings.LastIndex(proof, ".") + 1
	signature := unb64(t, proof[i:])
	s := new(big.Int).SetBytes([]byte(signature[32:]))
	s.Sub(elliptic.P256().Params().N, s)
	r = tokenRequest(second)
	r.set("Dpop", proof[:i]+b64(signature[:32]+string(s.FillBytes(make([]byte, 32)))))
	f.do(t, r).want(t, 400, badProof, second.code)
}
