package i18n

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"
)

// customerFiles are what customers read; the rest is for the staff.
var customerFiles = []string{"views/landing/", "views/display/show", "views/offers/print", "web/portal/display.go"}

// said is a text that the code says.
type said struct {
	text, at string
	customer bool
}

// collect finds every text that the code gives to T, or to Say for later.
func collect(t *testing.T) []said {
	t.Helper()
	var all []said
	files := token.NewFileSet()
	for _, folder := range []string{"../../views", "../../web", "../../internal", "../../cmd"} {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "../../views/i18n/") {
				return err
			}
			tree, err := parser.ParseFile(files, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				place, ok := textOf(call.Fun)
				if !ok {
					return true
				}
				at := files.Position(call.Pos()).String()
				text, ok := literal(call.Args[place])
				if !ok {
					t.Errorf("%s: what is said is no literal", at)
					return true
				}
				name := strings.TrimPrefix(path, "../../")
				all = append(all, said{text, at, slices.ContainsFunc(customerFiles, func(f string) bool { return strings.HasPrefix(name, f) })})
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// textOf gives which argument of T or Say is the text; false for other functions.
func textOf(f ast.Expr) (place int, ok bool) {
	s, ok := f.(*ast.SelectorExpr)
	if !ok {
		return 0, false
	}
	place, ok = map[string]int{"T": 1, "Say": 0}[s.Sel.Name]
	pkg, of := s.X.(*ast.Ident)
	return place, ok && of && pkg.Name == "i18n"
}

// literal reads a string literal, or several that are added up.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		left, ok := literal(e.X)
		right, also := literal(e.Y)
		return left + right, ok && also
	}
	return "", false
}

// reasons finds what the domain says when it refuses something, which the portal says on by Reason: the last text that is given to Refuse, what is
// called Reason in an error, and constants that are named so.
func reasons(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, folder := range []string{"staff", "signin", "issuance", "store"} {
		paths, err := filepath.Glob("../../internal/" + folder + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			tree, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					if len(n.Args) > 1 && named(n.Fun) == "Refuse" {
						add(t, all, path, n.Args[len(n.Args)-1])
					}
				case *ast.KeyValueExpr:
					if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Reason" {
						add(t, all, path, n.Value)
					}
				case *ast.ValueSpec:
					if strings.HasPrefix(n.Names[0].Name, "reason") && len(n.Values) == 1 {
						add(t, all, path, n.Values[0])
					}
				}
				return true
			})
		}
	}
	if len(all) < 30 {
		t.Fatalf("only %d reasons were found", len(all))
	}
	return all
}

// phrases adds what else the portal says on by Reason or as a Phrase: constants, by how their names begin, and what is wrong with a member
// of a form, the last text of a Field or Fault, of what is given to fault, or of a new error.
func phrases(t *testing.T, all map[string]bool) {
	t.Helper()
	for path, prefix := range map[string]string{
		"issuance/delivery.go": "Result", "outbound/outbound.go": "trouble", "staff/trail.go": "broken", "staff/client.go": "lifeRule", "staff/people.go": "-", "issuance/callbacks.go": "-",
		"typemeta/parse.go": "-", "typemeta/policy.go": "-", "typemeta/hint.go": "-", "typemeta/condition.go": "-", "typemeta/approval.go": "-", "typemeta/tree.go": "-", "typemeta/path.go": "-",
	} {
		tree, err := parser.ParseFile(token.NewFileSet(), "../../internal/"+path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		before := len(all)
		ast.Inspect(tree, func(n ast.Node) bool {
			var said []ast.Expr
			switch n := n.(type) {
			case *ast.ValueSpec:
				if strings.HasPrefix(n.Names[0].Name, prefix) {
					said = n.Values
				}
			case *ast.CompositeLit: // in a list of them the type is left out
				said = n.Elts
			case *ast.CallExpr:
				if name := named(n.Fun); name == "fault" || name == "New" {
					said = n.Args
				}
			}
			if len(said) > 0 {
				add(t, all, path, said[len(said)-1])
			}
			return true
		})
		if len(all) == before {
			t.Errorf("%s has no phrases", path)
		}
	}
}

// add takes a text over, if it is one of several words. One that is put together while the program runs is in no catalogue.
func add(t *testing.T, all map[string]bool, path string, said ast.Expr) {
	t.Helper()
	if text, ok := literal(said); ok && strings.Contains(text, " ") {
		all[text] = true
	}
	ast.Inspect(said, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if ok && named(call.Fun) == "Sprintf" {
			t.Errorf("%s: what is refused with is put together, so that no catalogue can have it: %s", path, call.Args[0].(*ast.BasicLit).Value)
		}
		_, inside := n.(*ast.FuncLit)
		return !inside
	})
}

// named gives the name of a function that is called.
func named(f ast.Expr) string {
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// With COUNTERFOIL_MISSING=folder what is missing is written there, a file a language, for who translates.
func TestCatalogues_have_what_the_code_says_and_nothing_else(t *testing.T) {
	all := collect(t)
	if len(all) < 50 {
		t.Fatalf("only %d texts were found", len(all))
	}
	used, why := map[string]bool{}, reasons(t)
	phrases(t, why)
	for text := range why {
		used[text] = true
	}
	for _, s := range all {
		used[s.text] = true
	}
	staff := map[string]bool{}
	for _, l := range Staff() {
		staff[l.Tag] = true
	}
	for tag, entries := range load() {
		missing := map[string]string{}
		if tag != "en" {
			for text := range why {
				if _, ok := entries[text]; !ok && staff[tag] {
					missing[text] = ""
				}
			}
			for _, s := range all {
				if _, ok := entries[s.text]; !ok && (staff[tag] || s.customer) {
					missing[s.text] = ""
				}
			}
		}
		for text := range missing {
			t.Errorf("%s: %q is missing", tag, text)
		}
		if dir := os.Getenv("COUNTERFOIL_MISSING"); dir != "" {
			data, err := json.MarshalIndent(missing, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, tag+".json"), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for text, e := range entries {
			if !used[text] {
				t.Errorf("%s: nobody says %q", tag, text)
			}
			e.check(t, tag, text)
			for _, button := range quoted.FindAllStringSubmatch(text, -1) {
				if name, ok := entries[button[1]]; ok && !strings.Contains(e.text, name.text) {
					t.Errorf("%s: %q names %q, which is called %q", tag, e.text, button[1], name.text)
				}
			}
		}
	}
}

// quoted finds what a text names, as a button that somebody is told to press.
var quoted = regexp.MustCompile(`“([^”%]+)”`)

var verb = regexp.MustCompile(`%(\[(\d+)\])?[a-z%]`)

// verbs gives what a text has filled in, in the order of the arguments.
func verbs(text string) []string {
	found := verb.FindAllStringSubmatch(text, -1)
	var all []string
	for i, m := range found {
		n := m[2]
		if n == "" {
			n = strconv.Itoa(i + 1)
		}
		all = append(all, n+m[0][len(m[0])-1:])
	}
	slices.Sort(all)
	return all
}

// check holds a translation to the verbs of its text, and plurals to the category that every language has.
func (e entry) check(t *testing.T, tag, text string) {
	t.Helper()
	if e.plurals == nil {
		if !slices.Equal(verbs(e.text), verbs(text)) || e.text == "" {
			t.Errorf("%s: %q does not fill in what %q does", tag, e.text, text)
		}
		return
	}
	if !slices.Equal(verbs(e.plurals["other"]), verbs(text)) {
		t.Errorf("%s: %q does not fill in what %q does", tag, e.plurals["other"], text)
	}
	needs := map[string][]string{"pl": {"one", "few", "many", "other"}}
	for _, category := range needs[tag] {
		if e.plurals[category] == "" {
			t.Errorf("%s: %q has nothing for %s", tag, text, category)
		}
	}
}

// Words that stand in a template outside T are said in every language. What a template writes is put together again, without what it fills in,
// and read as HTML.
func TestTemplates_have_no_words_of_their_own(t *testing.T) {
	paths, err := filepath.Glob("../*/*_templ.go")
	if err != nil || len(paths) < 20 {
		t.Fatalf("found %d templates, %v", len(paths), err)
	}
	for _, path := range paths {
		if strings.Contains(path, "/apidocs/") || strings.Contains(path, "/samples/") { // for developers
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		var markup strings.Builder
		ast.Inspect(tree, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && named(call.Fun) == "WriteString" {
				if text, ok := literal(call.Args[len(call.Args)-1]); ok {
					markup.WriteString(text)
				}
			}
			return true
		})
		within := strings.NewReplacer("<noscript>", "", "</noscript>", "").Replace(markup.String()) // which would be read as text
		words := html.NewTokenizer(strings.NewReader(within))
		for kind := words.Next(); kind != html.ErrorToken; kind = words.Next() {
			if text := string(words.Text()); kind == html.TextToken && strings.ContainsFunc(text, unicode.IsLetter) {
				t.Errorf("%s says %q in every language", path, strings.TrimSpace(text))
			}
		}
	}
}
