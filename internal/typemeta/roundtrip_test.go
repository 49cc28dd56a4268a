package typemeta_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"counterfoil/internal/strictjson"
	"counterfoil/internal/typemeta"
)

// TestForm_says_the_claims_that_fill_it: what fills the form of each of the types in testdata comes out of it as the same JSON.
func TestForm_says_the_claims_that_fill_it(t *testing.T) {
	t.Parallel()
	types, err := typemeta.Load(os.DirFS("testdata/types"))
	if err != nil {
		t.Fatal(err)
	}
	if len(types) < 20 {
		t.Fatalf("there are %d types", len(types))
	}
	for _, typ := range types {
		data, err := os.ReadFile(filepath.Join("testdata/claims", typ.ID+".json"))
		if err != nil {
			t.Fatal(err)
		}
		claims := decode(t, string(data))
		normal, faults := typ.Check(claims, now)
		if len(faults) > 0 {
			t.Errorf("%s: %v", typ.ID, faults)
			continue
		}
		want, err := strictjson.Encode(normal)
		if err != nil {
			t.Fatal(err)
		}
		for _, lang := range []string{"en", "de", "el"} {
			form := typ.Form(lang)
			if got := read(t, form, form.Fill(claims)); got != string(want) {
				t.Errorf("%s: %s became %s", typ.ID, want, got)
			}
			for _, g := range form.Groups {
				for _, f := range g.Fields {
					if f.Label == "" || strings.ContainsAny(f.Name, " /") && typ.ID != "OddNames" {
						t.Errorf("%s: a field has the name %q and the label %q", typ.ID, f.Name, f.Label)
					}
				}
			}
		}
	}
}

func TestContrast(t *testing.T) {
	t.Parallel()
	for colours, want := range map[[2]string][2]float64{
		{"#000000", "#ffffff"}: {21, 21}, {"#ffffff", "#ffffff"}: {1, 1}, {"#767676", "#ffffff"}: {4.5, 4.6}, {"#e9ecef", "#8d99ae"}: {2, 3}, {"", "#000000"}: {1, 1},
	} {
		if got := typemeta.Contrast(colours[0], colours[1]); got < want[0]-0.01 || got > want[1]+0.01 {
			t.Errorf("%v have %f", colours, got)
		}
	}
}
