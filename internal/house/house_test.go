package house_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	module = "counterfoil"
	root   = "../.."
)

// pkg is a package as go list tells it, without its tests.
type pkg struct {
	ImportPath, Dir, Doc string
	Imports, Deps        []string
	GoFiles              []string
}

// name is the package's path within the module.
func (p pkg) name() string { return within(p.ImportPath) }

func within(path string) string { return strings.TrimPrefix(strings.TrimPrefix(path, module), "/") }

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Doc,Imports,Deps,GoFiles", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImports_point_inward(t *testing.T) {
	t.Parallel()
	all := packages(t)
	if len(all) < len(rings())/2 {
		t.Fatalf("go list gives %d packages only", len(all))
	}
	for _, p := range all {
		own, known := rings()[p.name()]
		if !known {
			t.Errorf("%s has no place in rings()", p.name())
			continue
		}
		for _, path := range p.Imports {
			if !strings.HasPrefix(path, module+"/") {
				continue
			}
			other := rings()[within(path)]
			if other < own || slices.Contains(siblings()[p.name()], within(path)) || own == domain && within(path) == "internal/trust" {
				continue
			}
			t.Errorf("%s imports %s", p.name(), within(path))
		}
	}
}

func TestLibraries_have_one_door(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for library, allowed := range doors() {
			if reach(p.Deps, library) && !may(p.name(), allowed) {
				t.Errorf("%s reaches %s", p.name(), library)
			}
		}
		for library, allowed := range direct() {
			if reach(p.Imports, library) && !may(p.name(), allowed) {
				t.Errorf("%s imports %s", p.name(), library)
			}
		}
	}
}

func reach(paths []string, library string) bool {
	return slices.ContainsFunc(paths, func(path string) bool {
		return path == library || strings.HasPrefix(path, strings.TrimSuffix(library, "/")+"/")
	})
}

func may(name string, allowed []string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool {
		prefix, many := strings.CutSuffix(a, "...")
		return a == name || many && strings.HasPrefix(name, prefix)
	})
}

func TestDomain_knows_no_wire_and_no_database(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if rings()[p.name()] != domain {
			continue
		}
		for _, library := range []string{"database/sql", "gorm.io/gorm", "github.com/gofiber/fiber/v2", "net/http/httptest"} {
			if reach(p.Deps, library) {
				t.Errorf("%s reaches %s", p.name(), library)
			}
		}
	}
}

func TestPackages_say_what_they_are(t *testing.T) {
	t.Parallel()
	vague := []string{"util", "utils", "common", "helpers", "models", "services", "dto", "types", "misc", "base", "shared", "lib"}
	for _, p := range packages(t) {
		if p.name() != "e2e" && (p.Doc == "" || !slices.Contains(p.GoFiles, "doc.go")) { // e2e is tests only
			t.Errorf("%s has no doc.go with a package comment", p.name())
		}
		if slices.Contains(vague, filepath.Base(p.Dir)) {
			t.Errorf("%s says nothing by its name", p.name())
		}
	}
}

func TestTop_has_only_the_folders_that_were_agreed(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-tree", "--name-only", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.Lines(string(out)) {
		name = strings.TrimSpace(name)
		if !strings.HasPrefix(name, ".") && !slices.Contains(topLevel(), name) {
			t.Errorf("%s does not belong at the top", name)
		}
	}
}

// TestFuzz_targets_have_seeds: a target without seeds runs nothing in the ordinary tests and looks as if it did.
func TestFuzz_targets_have_seeds(t *testing.T) {
	t.Parallel()
	targets := 0
	each(t, "_test.go", func(path string, source []byte) {
		file, err := parser.ParseFile(token.NewFileSet(), path, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(f.Name.Name, "Fuzz") {
				continue
			}
			targets++
			if !calls(f, "Add") {
				t.Errorf("%s: %s adds no seed", path, f.Name.Name)
			}
		}
	})
	if targets == 0 {
		t.Error("there are no fuzz targets at all")
	}
}

func calls(f *ast.FuncDecl, method string) bool {
	found := false
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == method {
			found = true
		}
		return !found
	})
	return found
}

// TestPages_have_nothing_inline holds the templates to what the Content-Security-Policy allows, before a browser does.
func TestPages_have_nothing_inline(t *testing.T) {
	t.Parallel()
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|<script(?:[^>]*[^/])?>[^<]|javascript:|hx-on|templ\.Raw|https?://`)
	seen := 0
	each(t, ".templ", func(path string, source []byte) {
		seen++
		if m := inline.Find(source); m != nil {
			t.Errorf("%s: %q", path, m)
		}
	})
	if seen == 0 {
		t.Error("there are no templates")
	}
}

// each reads every file of the project whose name ends so.
func each(t *testing.T, suffix string, look func(path string, source []byte)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() != ".." && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, suffix) {
			return nil
		}
		source, err := os.ReadFile(path)
		if err == nil {
			look(path, source)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
