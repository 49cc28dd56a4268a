package manage_test

import (
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"counterfoil/web/manage"
)

var update = flag.Bool("update", false, "write ERRORS.md anew")

// listed gives the codes of the table, with the status or "member".
func listed(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([0-9a-z]+) \\|").FindAllStringSubmatch(manage.ErrorTable(), -1) {
		if out[row[1]] != "" {
			t.Errorf("%s stands twice", row[1])
		}
		out[row[1]] = row[2]
	}
	return out
}

// holdCodes holds a refusal to the table: its code, its status, and the codes of its members.
func holdCodes(t testing.TB, got answer) {
	t.Helper()
	if got.headers.Get("Content-Type") != "application/problem+json" {
		return
	}
	var p problem
	if json.Unmarshal([]byte(got.body), &p) != nil {
		return // the callers say so
	}
	if p.Type != "/docs#"+p.Error { // TestDocs finds the anchor
		t.Errorf("the type of %s is %q", p.Error, p.Type)
	}
	codes := listed(t)
	if codes[p.Error] != strconv.Itoa(got.status) {
		t.Errorf("%s is answered %d, the table says %q", p.Error, got.status, codes[p.Error])
	}
	for _, e := range p.Errors {
		if codes[e.Code] == "" {
			t.Errorf("the member code %s is not in the table", e.Code)
		}
	}
}

func TestErrors_are_all_in_the_documents(t *testing.T) {
	const file = "ERRORS.md"
	want := "# Errors of the management API\n\nEvery refusal is a problem document (RFC 9457) with a stable `code`, repeated as `error`, a `type` that leads to the row of the code at `/docs`, and a `request_id` that the log has. " +
		"`errors` names each faulty member by a JSON pointer, with a code of its own: a row of this table that says *member*, or the code of the whole.\n\n" + manage.ErrorTable()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != want {
		t.Errorf("%s is stale: run go test ./web/manage -run Errors -update, %v", file, err)
	}
}

// elsewhere are codes that the packages behind this door know and that it never answers.
func elsewhere() []string {
	return []string{
		// What wallets are refused.
		"code_spent", "code_unknown", "grant_unknown", "invalid_token", "notification_unknown", "offer_expired", "proof_replayed", "replayed", "token_expired",
		"tx_code_missing", "tx_code_unexpected", "tx_code_wrong", "type_gone", "type_not_offered",
		// What the counter is refused.
		"no_tx_code", "offer_not_pending", "four_eyes_same_person", "content_changed", "offer_collected", "offer_replaced",
		// What the domain asks its record.
		"idempotency_key_taken", "idempotency_key_unknown",
	}
}

// Every code that the source of the packages behind this door has is in the table or known to be another door's, and the table has none
// that nothing uses.
func TestErrors_have_every_code_of_the_source(t *testing.T) {
	found := map[string]bool{}
	for _, dir := range []string{".", "../../internal/issuance", "../../internal/staff", "../../internal/store", "../../internal/typemeta"} {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", dir, len(files), err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || file == "codes.go" {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				for _, code := range codesIn(n) {
					found[code] = true
				}
				return true
			})
		}
	}
	if len(found) < 40 {
		t.Fatalf("only %d codes were found", len(found))
	}
	codes := listed(t)
	for code := range found {
		if codes[code] == "" && !slices.Contains(elsewhere(), code) {
			t.Errorf("%s is not in the table", code)
		}
	}
	for code := range codes {
		if !found[code] {
			t.Errorf("nothing answers %s", code)
		}
	}
}

// codesIn gives the codes that a piece of source has: the texts of refusals, of the code members of errors, and of constants called codes.
func codesIn(n ast.Node) []string {
	text := func(e ast.Expr) []string {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return nil
		}
		s, err := strconv.Unquote(lit.Value)
		if err != nil || !regexp.MustCompile(`^[a-z]+(_[a-z]+)+$|^unauthenticated$`).MatchString(s) {
			return nil
		}
		return []string{s}
	}
	var out []string
	switch n := n.(type) {
	case *ast.CallExpr: // Refuse(kind, code, reason), failed(text, rule, code)
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		if (name == "Refuse" || name == "failed") && len(n.Args) == 3 {
			out = append(text(n.Args[1]), text(n.Args[2])...)
		}
	case *ast.CompositeLit: // malformed{status, code, …}, Field{pointer, code, reason}
		if len(n.Elts) >= 3 {
			out = text(n.Elts[1])
		}
	case *ast.KeyValueExpr: // Code: code
		if key, ok := n.Key.(*ast.Ident); ok && strings.EqualFold(key.Name, "code") {
			out = text(n.Value)
		}
	case *ast.ValueSpec: // const codeX = code
		for i, name := range n.Names {
			if i < len(n.Values) && (strings.HasPrefix(strings.ToLower(name.Name), "code") || name.Name == "outOfRange") {
				out = append(out, text(n.Values[i])...)
			}
		}
	case *ast.ReturnStmt: // return nil, code, reason
		if len(n.Results) == 3 {
			out = text(n.Results[1])
		}
	}
	return out
}
