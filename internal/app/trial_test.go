package app

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"counterfoil/internal/typemeta"
)

func TestTrials_let_the_wallet_collect_every_sample_and_leave_nothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	types, err := typemeta.Load(typemeta.Samples())
	if err != nil {
		t.Fatal(err)
	}
	own, err := typemeta.ParseVersion("Own", []byte(`{"vct":"urn:test:own","claims":[{"path":["rows",null,"name"],"mandatory":true,"sd":"never"},{"path":["age"]}]}`),
		[]byte(`{"batch_size":1,"form":{"age":{"type":"integer"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	try := &trials{options: Options{Clock: time.Now, Random: rand.Reader}}
	for _, typ := range append(types, own) {
		got, err := try.Try(t.Context(), typ)
		if err != nil || len(got.Steps) != 6 || got.Credentials[0].VCT != typ.VCT || !got.Credentials[0].Trusted {
			t.Errorf("%s: %+v, %v", typ.ID, got, err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "counterfoil-trial-*")); err != nil || len(left) > 0 {
		t.Errorf("a trial left %v, %v", left, err)
	}
}

func TestSame_tells_claims_apart(t *testing.T) {
	t.Parallel()
	if err := same(map[string]any{"a": 1, "b": []any{"x"}}, map[string]any{"a": 1.0, "b": []any{"x"}}); err != nil {
		t.Error(err)
	}
	if err := same(map[string]any{"a": "1"}, map[string]any{"a": "2"}); err == nil || !strings.Contains(err.Error(), "other claims") {
		t.Errorf("got %v", err)
	}
}
