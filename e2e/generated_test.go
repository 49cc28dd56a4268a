package e2e_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"counterfoil/internal/wallet"
)

// Requests that a generator makes from the OpenAPI document, good, bad and in sequences, get no 5xx and no answer that the document does
// not describe. The few of make test are the same each time; make fuzz-api asks for more, and for others.
func TestManagement_answers_what_its_document_says(t *testing.T) {
	examples, seed := "10", "1"
	if more := os.Getenv("COUNTERFOIL_FUZZ_EXAMPLES"); more != "" {
		examples, seed = more, ""
	}
	onEachEngine(t, func(t *testing.T, database string) {
		b := openBank(t, database)
		// Something of everything is there to be found.
		offer := b.create(identity(nil))
		if _, err := ourWallet(t, b, wallet.Request{Offer: offer.URI}); err != nil {
			t.Fatal(err)
		}
		args := []string{"--config-file", "schemathesis.toml", "--no-color", "run", b.management + "/openapi.json", "--max-examples", examples}
		if seed != "" {
			args = append(args, "--seed", seed)
		}
		program, err := filepath.Abs("schemathesis/.venv/bin/st")
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Dir = "schemathesis"
		cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "HYPOTHESIS_STORAGE_DIRECTORY="+t.TempDir())
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		var document struct{ Paths map[string]map[string]any }
		b.call(http.MethodGet, b.management+"/openapi.json", nil, &document)
		delete(document.Paths, "/openapi.json") // it is what the requests are made from
		operations := 0
		for _, path := range document.Paths {
			operations += len(path)
		}
		if !bytes.Contains(out, fmt.Appendf(nil, "Tested: %d", operations)) {
			t.Errorf("not all of %d operations were tested:\n%s", operations, out)
		}
		cases := regexp.MustCompile(`(\d+) generated, (\d+) passed`).FindSubmatch(out)
		if cases == nil || !bytes.Equal(cases[1], cases[2]) {
			t.Fatalf("not all cases passed:\n%s", out)
		}
		if n, err := strconv.Atoi(string(cases[1])); err != nil || n < 10*operations {
			t.Errorf("only %d cases", n)
		}
		t.Logf("%s cases for %d operations", cases[1], operations)
	})
}
