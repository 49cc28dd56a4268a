package typemeta_test

import (
	"fmt"
	"strings"
	"testing"

	"counterfoil/internal/strictjson"
	"counterfoil/internal/typemeta"
)

func TestLines_leave_nothing_out_and_follow_the_type(t *testing.T) {
	t.Parallel()
	typ, err := typemeta.Parse("T", []byte(`{"vct":"urn:t","claims":[
		{"path":["zeta"],"display":[{"locale":"en","label":"First"},{"locale":"de","label":"Zuerst"}]},{"path":["address"]},
		{"path":["address","town"]},{"path":["items"]},{"path":["items",null]},{"path":["items",null,"price"]},{"path":["tags"]},{"path":["tags",null]},
		{"path":["adult"]},{"path":["a/b"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ claims, lang, want string }{
		"nothing": {`{}`, "en", ""},
		"in the order of the type": {
			`{"adult":true,"address":{"town":"Bonn"},"zeta":1.50}`, "en", "/zeta First=1.50; /address/town Address › Town=Bonn; /adult Adult=true",
		},
		"in another language":               {`{"zeta":"z"}`, "de", "/zeta Zuerst=z"},
		"lists":                             {`{"tags":["a","b"],"items":[{"price":1},{"price":2}]}`, "en", "/items/0/price Items › 1 › Price=1; /items/1/price Items › 2 › Price=2; /tags Tags=a, b"},
		"an empty list":                     {`{"tags":[]}`, "en", "/tags Tags="},
		"what needs escaping":               {`{"a/b":"x"}`, "en", "/a~1b A/b=x"},
		"what the type does not know, last": {`{"new":{"x":1},"adult":false}`, "en", "/adult Adult=false; /new/x New › X=1"},
	} {
		var claims map[string]any
		if err := strictjson.Decode([]byte(c.claims), &claims); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range typ.Lines(claims, c.lang) {
			got = append(got, fmt.Sprintf("%s %s=%s", l.Pointer, l.Label, l.Value))
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%s: got %s", name, text)
		}
	}
}
