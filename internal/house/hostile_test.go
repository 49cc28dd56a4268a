package house_test

import (
	"encoding/csv"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tried is how many hostile inputs of each area are on record: an id, what is sent, what is expected of an issuer, the tests that try it, and
// why ours answers otherwise where it does, or why the input has no place here.
func tried() map[string]int {
	return map[string]int{"claims.csv": 28, "portal.csv": 77, "stream.csv": 74, "upload.csv": 82}
}

// Every hostile input on record is named by the test that tries it: a test that is taken away or renamed is missed here.
func TestHostile_inputs_are_named_where_they_are_tried(t *testing.T) {
	t.Parallel()
	for name, count := range tried() {
		f, err := os.Open(filepath.Join("testdata", "hostile", name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if head := strings.Join(rows[0], ","); head != "id,input,expected,tried_by,reason" || len(rows)-1 != count {
			t.Errorf("%s has %d rows of %s", name, len(rows)-1, head)
		}
		seen := map[string]bool{}
		for _, row := range rows[1:] {
			id, by, reason := row[0], row[3], row[4]
			if seen[id] || row[1] == "" || row[2] == "" || by == "" && reason == "" {
				t.Errorf("%s: %s is there twice, or not whole", name, id)
			}
			seen[id] = true
			for at := range strings.SplitSeq(by, ";") {
				if by != "" && !slices.ContainsFunc(functionText(t, at), func(text string) bool { return strings.Contains(text, id) }) {
					t.Errorf("%s: %s does not name %s", name, at, id)
				}
			}
		}
	}
}

// functionText gives the text of a test with its comment, by "folder:TestName": none when there is no such test.
func functionText(t *testing.T, at string) []string {
	t.Helper()
	folder, name, _ := strings.Cut(strings.TrimSpace(at), ":")
	files, err := filepath.Glob(filepath.Join("..", "..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(source), "func "+name+"(") {
			continue
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, file, source, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			fn, is := d.(*ast.FuncDecl)
			if !is || fn.Name.Name != name {
				continue
			}
			from := fn.Pos()
			if fn.Doc != nil {
				from = fn.Doc.Pos()
			}
			out = append(out, string(source[set.Position(from).Offset:set.Position(fn.End()).Offset]))
		}
	}
	return out
}
