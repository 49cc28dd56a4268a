package strictjson_test

import (
	"fmt"
	"strings"
	"testing"

	"counterfoil/internal/strictjson"
)

func TestDecodeAll_names_every_member_once(t *testing.T) {
	type inner struct {
		N    *int     `json:"n"`
		List []string `json:"list"`
	}
	type doc struct {
		A     string           `json:"a"`
		B     *int             `json:"b"`
		Inner *inner           `json:"inner"`
		Any   map[string]any   `json:"any"`
		Odd   map[string]inner `json:"o/d~d"`
	}
	for text, want := range map[string]string{
		`{"a":"x","b":1}`: "",
		`{"a":1,"b":"2"}`: "/a 4 /b 4",
		`{"a":1,"x":1,"inner":{"n":1.5,"y":2,"list":["a",2,"c",4]}}`: "/a 4 /inner/n 4 /inner/list/1 4 /inner/list/3 4 /inner/y 3 /x 3",
		`{"inner":[],"any":{"free":{"x":1}}}`:                        "/inner 4",
		`{"o/d~d":{"k/~":{"n":"x"}}}`:                                "/o~1d~0d/k~1~0/n 4",
		`{"a":1,"a":2,"x":1}`:                                        "/a 2",
		`{"a":`:                                                      "/a 1",
		`[1]`:                                                        " 4",
		`{"b":60.0,"inner":{"n":6e1}}`:                               "",
		`{` + strings.TrimSuffix(strings.Repeat(`"a":1,`, 2), ",") + `}`: "/a 2",
	} {
		var v doc
		var got []string
		for _, e := range strictjson.DecodeAll([]byte(text), &v, strictjson.RefuseUnknown(), strictjson.WholeNumbers()) {
			got = append(got, fmt.Sprintf("%s %d", e.Pointer, e.Kind))
		}
		if !sameWords(strings.Join(got, " "), want) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	var many strings.Builder
	for i := range 100 {
		fmt.Fprintf(&many, `,"x%d":1`, i)
	}
	var v doc
	if n := len(strictjson.DecodeAll([]byte("{"+many.String()[1:]+"}"), &v, strictjson.RefuseUnknown())); n != 20 {
		t.Errorf("%d faults are told", n)
	}
}

// sameWords tells whether two lists have the same pairs: after the first, the document is read in another order.
func sameWords(a, b string) bool {
	count := map[string]int{}
	pairs := func(text string, by int) {
		words := strings.Split(text, " ")
		for i := 0; i+1 < len(words); i += 2 {
			count[words[i]+" "+words[i+1]] += by
		}
	}
	pairs(a, 1)
	pairs(b, -1)
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}
