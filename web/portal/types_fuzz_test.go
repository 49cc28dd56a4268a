package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// FuzzTypes sends what may be a type through the door as an administrator does. None is a fault or takes long, and nothing that was sent
// comes to life in the page that comes back.
func FuzzTypes(f *testing.F) {
	b := open(f)
	cookie := b.signIn("demo-administrator").cookie
	f.Add("Membership", membership(memberNumber), `{"validity":"48h"}`)
	f.Add("IdentityCredential", `{"vct":"urn:counterfoil:identity:1"}`, "")
	f.Add("<script>", `{"vct":"\u003cscript\u003e","display":[{"locale":"en","name":"</pre><script>alert(1)</script>"}]}`, "{}")
	f.Add("a", `{"vct":"u","claims":{"a":{"claims":{"b":{}}}}}`, `{"form":{"a.b":{"type":"enum","enum":["x"]}}}`)
	f.Add("a", strings.Repeat("[", 500), strings.Repeat(`{"form":`, 40))
	f.Add("a", "\xef\xbb\xbf{\"vct\":\"u\",\"claims\":[{\"path\":[\"a\",0]},{\"path\":[\"a\",null]}]}", "\x1f\x8b")
	f.Fuzz(func(t *testing.T, id, metadata, config string) {
		if strings.Contains(id+metadata+config, "--") {
			t.Skip("may end a part")
		}
		admin := person{bank: &bank{t: t, portal: b.portal}, cookie: cookie}
		begin := time.Now()
		a := admin.do(send(t, "/new-type", "id", id, "metadata", metadata, "config", config))
		switch a.status {
		case http.StatusOK, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		default:
			t.Fatalf("%d: %.300s", a.status, a.body)
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("it took %s", took)
		}
		a.page(t)
	})
}
