package sdjwt_test

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"counterfoil/internal/jose"
	"counterfoil/internal/sdjwt"
	"counterfoil/internal/strictjson"
)

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// The disclosures of RFC 9901 §4.2 and the digests printed there. The second and third say the same claim in other
// spellings: what is hashed is what is sent.
func TestDigest_RFC9901(t *testing.T) {
	for disclosure, want := range map[string]string{
		"WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0":   "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0",
		b64(`["_26bc4LT-ac6q2KI6cBW5es", "family_name", "M` + "\\u00f6" + `bius"]`): "BwU3T4PB1Wk6TbA1HUOm9XenJYLZfYtJGn8hMl77zwg",
		b64(`["_26bc4LT-ac6q2KI6cBW5es","family_name","Möbius"]`):                   "TZjouOTrBKEwUNjNDs9yeMzBoQn8FFLPaJjRRmAtwrM",
		"WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0":                               "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs",
	} {
		if got := sdjwt.Digest(disclosure); got != want {
			t.Errorf("%s has digest %s, want %s", disclosure, got, want)
		}
	}
}

// The SD-JWT VC of OpenID4VCI 1.0 Appendix A.3.4, signed with the issuer key of RFC 9901's examples.
func TestDisclose_OpenID4VCI_A34(t *testing.T) {
	text, err := os.ReadFile("testdata/credential_response_sd_jwt_vc.txt")
	if err != nil {
		t.Fatal(err)
	}
	got, err := sdjwt.Parse(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	const issuerKey = `{"kty":"EC","crv":"P-256","x":"b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ","y":"Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8"}`
	key, err := jose.ParsePublicJWK([]byte(issuerKey))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jose.Parse(got.JWT)
	if err != nil {
		t.Fatal(err)
	}
	if err := token.Verify(key, "ES256"); err != nil {
		t.Fatal(err)
	}
	claims, err := sdjwt.Disclose(token.Payload(), got.Disclosures)
	if err != nil {
		t.Fatal(err)
	}
	address, _ := claims["address"].(map[string]any)
	if len(got.Disclosures) != 9 || claims["family_name"] != "Doe" || address["locality"] != "Anytown" || claims["is_over_65"] != true {
		t.Errorf("got %v", claims)
	}
	if _, has := claims["_sd"]; has {
		t.Error("_sd is still there")
	}
}

func decode(t rapid.TB, data []byte) map[string]any {
	var m map[string]any
	if err := strictjson.Decode(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func encode(t rapid.TB, v any) string {
	b, err := strictjson.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDisclose_gives_back_what_Build_took(t *testing.T) {
	names := rapid.StringMatching(`[a-z]{1,4}`)
	leaf := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) any { return strings.ToValidUTF8(s, "") }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
	)
	value := rapid.OneOf(leaf,
		rapid.Map(rapid.SliceOfN(leaf, 0, 4), func(l []any) any { return l }),
		rapid.Map(rapid.MapOfN(names, leaf, 0, 4), func(m map[string]any) any { return m }))
	rapid.Check(t, func(t *rapid.T) {
		claims := rapid.MapOfN(names, value, 0, 6).Draw(t, "claims")
		hide := rapid.Bool()
		u, err := sdjwt.Build(map[string]any{"vct": "x"}, claims, func([]any) bool { return hide.Draw(t, "hide") }, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		got, err := sdjwt.Disclose(u.Payload, u.Disclosures)
		if err != nil {
			t.Fatalf("%v\n%s", err, u.Payload)
		}
		delete(got, "vct")
		if encode(t, got) != encode(t, claims) {
			t.Fatalf("got %s, want %s", encode(t, got), encode(t, claims))
		}
		seen := map[string]bool{}
		for _, d := range u.Disclosures {
			raw, err := base64.RawURLEncoding.DecodeString(d)
			if err != nil {
				t.Fatal(err)
			}
			salt := strings.SplitN(string(raw), `"`, 3)[1]
			if len(salt) != 22 || seen[salt] {
				t.Fatalf("a salt is short or used twice: %s", raw)
			}
			seen[salt] = true
		}
	})
}

func TestBuild_shows_nothing_disclosable_in_the_payload(t *testing.T) {
	claims := decode(t, []byte(`{"a":"canary1","b":{"c":"canary2","d":"open"},"e":["canary3","open"],"n":12345678901234567890}`))
	hidden := func(path []any) bool {
		last := path[len(path)-1]
		return last == "a" || last == "c" || last == 0
	}
	u, err := sdjwt.Build(nil, claims, hidden, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(u.Payload), "canary") || len(u.Disclosures) != 3 {
		t.Errorf("got %s with %d disclosures", u.Payload, len(u.Disclosures))
	}
	if !strings.Contains(string(u.Payload), "12345678901234567890") || !strings.Contains(string(u.Payload), `"_sd_alg":"sha-256"`) {
		t.Errorf("got %s", u.Payload)
	}
}

func TestBuild_refuses_reserved_members(t *testing.T) {
	for _, in := range []string{`{"_sd":[]}`, `{"a":{"...":"x"}}`, `{"a":[{"_sd_alg":"x"}]}`} {
		if _, err := sdjwt.Build(nil, decode(t, []byte(in)), func([]any) bool { return false }, rand.Reader); !errors.Is(err, sdjwt.ErrReserved) {
			t.Errorf("%s: got %v", in, err)
		}
	}
	if _, err := sdjwt.Build(map[string]any{"vct": "x"}, map[string]any{"vct": "y"}, func([]any) bool { return false }, rand.Reader); err == nil {
		t.Error("a claim replaced what the issuer sets")
	}
}

func TestDisclose_rejects(t *testing.T) {
	name := b64(`["salt-salt-salt-salt-22","a",1]`)
	element := b64(`["salt-salt-salt-salt-22",1]`)
	sd := func(digests ...string) string {
		return `{"_sd":["` + strings.Join(digests, `","`) + `"],"_sd_alg":"sha-256"}`
	}
	cases := map[string]struct {
		payload     string
		disclosures []string
		want        error
	}{
		"another hash":              {`{"_sd_alg":"sha-1"}`, nil, sdjwt.ErrHash},
		"a digest twice":            {sd(sdjwt.Digest(name), sdjwt.Digest(name)), []string{name}, sdjwt.ErrDigestTwice},
		"a disclosure twice":        {sd(sdjwt.Digest(name)), []string{name, name}, sdjwt.ErrDigestTwice},
		"an unused disclosure":      {`{}`, []string{name}, sdjwt.ErrUnused},
		"a claim that is there":     {`{"a":2,"_sd":["` + sdjwt.Digest(name) + `"]}`, []string{name}, sdjwt.ErrClash},
		"a claim called _sd":        {sd(sdjwt.Digest(b64(`["s","_sd",1]`))), []string{b64(`["s","_sd",1]`)}, sdjwt.ErrClash},
		"a claim called ...":        {sd(sdjwt.Digest(b64(`["s","...",1]`))), []string{b64(`["s","...",1]`)}, sdjwt.ErrClash},
		"an element as a property":  {sd(sdjwt.Digest(element)), []string{element}, sdjwt.ErrDisclosure},
		"a property as an element":  {`{"l":[{"...":"` + sdjwt.Digest(name) + `"}]}`, []string{name}, sdjwt.ErrDisclosure},
		"four parts":                {`{}`, []string{b64(`["s","a",1,2]`)}, sdjwt.ErrDisclosure},
		"a salt that is no text":    {`{}`, []string{b64(`[1,"a",1]`)}, sdjwt.ErrDisclosure},
		"digests that are no array": {`{"_sd":"x"}`, nil, sdjwt.ErrDisclosure},
		"padding":                   {`{}`, []string{name + "="}, sdjwt.ErrDisclosure},
	}
	for label, c := range cases {
		t.Run(label, func(t *testing.T) {
			if got, err := sdjwt.Disclose([]byte(c.payload), c.disclosures); !errors.Is(err, c.want) {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

func TestParse_refuses(t *testing.T) {
	for _, s := range []string{"", "~", "a.b.c", "a.b.c~d", "a.b.c~~", "~d~", "a.b.c~" + strings.Repeat("d~", 501)} {
		if _, err := sdjwt.Parse(s); !errors.Is(err, sdjwt.ErrMalformed) {
			t.Errorf("%.20q: got %v", s, err)
		}
	}
	got, err := sdjwt.Parse(sdjwt.Combine("a.b.c", nil))
	if err != nil || got.JWT != "a.b.c" || len(got.Disclosures) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a.b.c~d~")
	f.Add("~")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := sdjwt.Parse(s)
		if err == nil && sdjwt.Combine(got.JWT, got.Disclosures) != s {
			t.Fatal("what was read does not combine to the same text")
		}
	})
}

func FuzzDisclose(f *testing.F) {
	d := b64(`["s","a",{"_sd":[]}]`)
	f.Add([]byte(`{"_sd":["`+sdjwt.Digest(d)+`"]}`), d)
	f.Add([]byte(`{"l":[{"...":"x"}]}`), "WyJzIiwxXQ")
	f.Fuzz(func(t *testing.T, payload []byte, disclosure string) {
		claims, err := sdjwt.Disclose(payload, []string{disclosure})
		if err != nil {
			return
		}
		if _, has := claims["_sd"]; has {
			t.Fatal("digests were left in the claims")
		}
	})
}
