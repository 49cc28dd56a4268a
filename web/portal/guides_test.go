package portal

// These tests are inside the package because what leads to the guides has no other door than a page for each trouble.

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"counterfoil/internal/typemeta"
	helpview "counterfoil/views/help"
	"counterfoil/views/i18n"
)

// explains tells whether a way leads to a paragraph, and not to a guide or the beginning of a chapter.
func explains(way string) bool {
	_, anchor, _ := strings.Cut(way, "#")
	return slices.ContainsFunc(helpview.Names(), func(n helpview.Name) bool {
		return way == n.Path()+"#"+anchor && slices.ContainsFunc(helpview.Read("en", n).Parts, func(p helpview.Part) bool { return p.Anchor == anchor && !p.Chapter })
	})
}

// parsed gives the Go files of a folder, without tests.
func parsed(t *testing.T, folder string) map[string]*ast.File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s has %d files, %v", folder, len(paths), err)
	}
	files := map[string]*ast.File{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		if files[filepath.Base(path)], err = parser.ParseFile(token.NewFileSet(), path, nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// calls gives what the functions of a name are called with in these files.
func calls(files map[string]*ast.File, name string) (all [][]ast.Expr) {
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if call, is := n.(*ast.CallExpr); is && identifier(call.Fun) == name {
				all = append(all, call.Args)
			}
			return true
		})
	}
	return all
}

func TestParagraph_is_one_of_its_own_for_every_trouble(t *testing.T) {
	t.Parallel()
	seen := map[string]trouble{}
	for one := fine + 1; one < troubles; one++ {
		way := paragraph(one)
		if before, twice := seen[way]; twice || !explains(way) {
			t.Errorf("trouble %d leads to %q, as trouble %d", one, way, before)
		}
		seen[way] = one
	}
}

// Codes and causes are read from the source: a new one has to be sorted in.
func TestFaultWords_lead_from_every_fault_of_a_field_to_a_paragraph_of_its_kind(t *testing.T) {
	t.Parallel()
	var codes []string
	causes := []typemeta.Cause{""}
	for _, spec := range constants(t, "../../internal/typemeta/check.go") {
		if strings.HasPrefix(spec.name, "Code") {
			codes = append(codes, spec.text)
		} else if strings.HasPrefix(spec.name, "Cause") {
			causes = append(causes, typemeta.Cause(spec.text))
		}
	}
	if len(codes) < 15 || len(causes) < 10 {
		t.Fatalf("only %d codes and %d causes were found", len(codes), len(causes))
	}
	general := help("form")
	for _, code := range codes {
		for _, kind := range typemeta.Kinds() {
			for _, cause := range causes {
				f := typemeta.Fault{Code: code, Cause: cause}
				if words := faultWords(context.Background(), f, kind); !explains(words.guide) || words.guide == general && words.text != "This does not fit." {
					t.Errorf("%s, %s of a field for %s leads to %q", code, cause, kind, words.guide)
				}
			}
		}
	}
	if words := faultWords(context.Background(), typemeta.Fault{Code: "a_new_code"}, typemeta.Text); words.guide != general {
		t.Errorf("a code that nobody thought of leads to %q", words.guide)
	}
}

type constant struct{ name, text string }

func constants(t *testing.T, path string) (all []constant) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, is := n.(*ast.ValueSpec); is {
			for i, value := range spec.Values {
				if text, is := literal(value); is {
					all = append(all, constant{spec.Names[i].Name, text})
				}
			}
		}
		return true
	})
	return all
}

// The names of checks are what the doctor says that is no sentence, but for whose clock it is.
func TestCheckGuide_leads_from_every_check_of_the_doctor_to_its_paragraph(t *testing.T) {
	t.Parallel()
	names := 0
	for _, args := range calls(parsed(t, "../../internal/doctor"), "Say") {
		name, is := literal(args[0])
		if !is || strings.Contains(name, ".") || strings.HasPrefix(name, "The clock ") {
			continue
		}
		names++
		if way := checkGuide(i18n.Say(name)); !explains(way) {
			t.Errorf("the check %q leads to %q", name, way)
		}
	}
	if names < 20 {
		t.Errorf("only %d names were found", names)
	}
}

func TestReasonGuide_knows_every_reason_that_somebody_is_not_let_in_for(t *testing.T) {
	t.Parallel()
	// These are told in another way: as signed out, beside what was typed, as no page of an administrator, or to no person.
	elsewhere := []string{
		"signed out", "The code is not right, or was used before.", "The code is not right. Is the phone’s clock right?",
		"The name and the code do not belong together, or the code was used or is over. Ask for a new one.",
		"No display shows this code. Read it once more: after ten minutes a display shows another one.",
		"nobody is known by what was shown", "another person's", "a password has at least 12 characters and at most 1024 bytes",
	}
	found := 0
	for _, folder := range []string{"../../internal/staff", "../../internal/signin"} {
		for _, args := range calls(parsed(t, folder), "Refuse") {
			reason, is := literal(args[1])
			if !is {
				continue
			}
			found++
			if way := reasonGuide(reason, ""); slices.Contains(elsewhere, reason) == explains(way) {
				t.Errorf("%q leads to %q", reason, way)
			}
		}
	}
	if found < 15 {
		t.Errorf("only %d reasons were found", found)
	}
}

// What staff and clients are refused for is named by the pointers of the domain.
func TestFieldGuide_leads_from_every_field_to_its_paragraph(t *testing.T) {
	t.Parallel()
	pointers := func(path string) (fields []string) {
		source, err := os.ReadFile(filepath.Join("../../internal", path))
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`"/([a-z_]+)[/"%]`).FindAllStringSubmatch(string(source), -1) {
			fields = append(fields, found[1])
		}
		if len(fields) < 3 {
			t.Fatalf("%s names only %q", path, fields)
		}
		return fields
	}
	for _, field := range append(pointers("staff/client.go"), "types", "networks", "identities") {
		if way := fieldGuide("client", field); !explains(way) {
			t.Errorf("%s of a client leads to %q", field, way)
		}
	}
	for _, field := range pointers("staff/people.go") {
		if way := fieldGuide("person", field); !explains(way) {
			t.Errorf("%s of a person leads to %q", field, way)
		}
	}
	for _, field := range pointers("issuance/callbacks.go") {
		// Nobody writes a secret at the portal, and the time range is judged before it is asked for.
		if way := callbackGuide(field); !explains(way) && field != "secret" && field != "until" && field != "from" {
			t.Errorf("%s of an endpoint leads to %q", field, way)
		}
	}
	for _, field := range []string{"code", "password"} {
		if way := fieldGuide("setup", field); !explains(way) {
			t.Errorf("%s of a new account leads to %q", field, way)
		}
	}
}

// Whatever the portal calls wrong is made with the way to its paragraph.
func TestTroubles_in_the_code_name_their_paragraph(t *testing.T) {
	t.Parallel()
	found := 0
	for name, file := range parsed(t, ".") {
		ast.Inspect(file, func(n ast.Node) bool {
			made, is := n.(*ast.CompositeLit)
			if !is {
				return true
			}
			if list, is := made.Type.(*ast.ArrayType); is { // in a list of them the type is left out
				for _, e := range made.Elts {
					if one, is := e.(*ast.CompositeLit); is {
						one.Type = list.Elt
					}
				}
			}
			if len(made.Elts) == 0 || !troubling(name, made) {
				return true
			}
			found++
			guide := slices.ContainsFunc(made.Elts, func(e ast.Expr) bool {
				pair, is := e.(*ast.KeyValueExpr)
				return is && identifier(pair.Key) == "Guide"
			})
			if last, is := made.Elts[len(made.Elts)-1].(*ast.CallExpr); is { // without names
				guide = identifier(last.Fun) == "help" || identifier(last.Fun) == "reasonGuide"
			}
			if !guide {
				t.Errorf("%s makes a trouble of the type %s that leads nowhere", name, identifier(made.Type))
			}
			return true
		})
	}
	if found < 60 {
		t.Errorf("only %d troubles were found", found)
	}
}

// troubling tells what says that something is wrong.
func troubling(file string, made *ast.CompositeLit) bool {
	switch identifier(made.Type) {
	case "Problem", "Error", "Warning", "Alert", "phrasing":
		return true
	case "Status":
		// A change that is approved is no trouble, and how a check ended leads on by the name of the check.
		return file != "approvals.go" && file != "system.go" && slices.ContainsFunc(made.Elts, func(e ast.Expr) bool {
			pair, is := e.(*ast.KeyValueExpr)
			return is && identifier(pair.Key) == "Tone" && slices.Contains([]string{"Bad", "Warn"}, identifier(pair.Value))
		})
	}
	return false
}
