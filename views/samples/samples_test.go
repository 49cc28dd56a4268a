package samples_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"

	"counterfoil/views/i18n"
	"counterfoil/views/samples"
)

var update = flag.Bool("update", false, "write the golden files anew")

// hashed finds what is in the name of an asset, which changes with every change to a stylesheet.
var hashed = regexp.MustCompile(`\.[0-9a-f]{16}\.(css|js|svg|png)`)

func render(t *testing.T, s samples.Sample, language string) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.Page.Render(i18n.With(context.Background(), language), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Run with -update to take what the pages look like now; the diff is for reading.
func TestSamples_look_as_they_did(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, s := range samples.All() {
		file := filepath.Join("golden", s.Name+".html")
		if known[file] {
			t.Errorf("there are two samples %s", s.Name)
		}
		known[file] = true
		// A line for each element makes a difference easy to read.
		got := strings.ReplaceAll(hashed.ReplaceAllString(render(t, s, "en"), ".HASH.$1"), "><", ">\n<") + "\n"
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if want, err := os.ReadFile(file); err != nil || string(want) != got {
			t.Errorf("%s is not as in %s (%v); look at it, and run with -update when it is meant", s.Name, file, err)
		}
	}
	files, err := filepath.Glob("golden/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !known[file] {
			t.Errorf("%s has no sample", file)
		}
	}
}

// In the pseudo-locale whatever went through the catalogues stands in brackets. The rest must be data of the sample.
func TestSamples_say_nothing_that_cannot_be_translated(t *testing.T) {
	t.Parallel()
	for _, s := range samples.All() {
		var data []string
		texts(reflect.ValueOf(s.Model), &data)
		said := strings.Join(data, "\n")
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, s, i18n.Pseudo)))
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range visible(doc) {
			for _, part := range outside(text) {
				if letters(part) && !strings.Contains(said, part) {
					t.Errorf("%s says %q in every language", s.Name, part)
				}
			}
		}
	}
}

// visible gives what a person reads or hears: text, labels, alternatives. What says its own language is not in that of the page.
func visible(doc *goquery.Document) []string {
	var all []string
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode && strings.TrimSpace(n.Data) != "" {
			if n.Parent.Data == "noscript" { // the parser has scripts, and leaves what is in it as it is
				if doc, err := goquery.NewDocumentFromReader(strings.NewReader(n.Data)); err == nil {
					all = append(all, visible(doc)...)
				}
				return
			}
			all = append(all, strings.TrimSpace(n.Data))
		}
		if n.Data != "html" && slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "lang" }) {
			return
		}
		for _, a := range n.Attr {
			switch a.Key {
			case "alt", "aria-label", "title", "placeholder", "data-copied":
				all = append(all, a.Val)
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	for _, n := range doc.Nodes {
		walk(n)
	}
	return all
}

// outside gives the parts of a text that are in no brackets.
func outside(text string) []string {
	var parts []string
	for _, part := range regexp.MustCompile(`\[[^\[\]]*(\[[^\]]*\][^\[\]]*)*\]`).Split(text, -1) {
		for part := range strings.SplitSeq(part, " – ") { // the title of a page has its subject and the bank
			if part = strings.Trim(part, " \n\t–:·,.()"); part != "" {
				parts = append(parts, part)
			}
		}
	}
	return parts
}

func letters(text string) bool { return strings.ContainsFunc(text, unicode.IsLetter) }

// texts collects every string of a model.
func texts(v reflect.Value, into *[]string) {
	switch v.Kind() { //nolint:exhaustive // the other kinds say nothing
	case reflect.String:
		*into = append(*into, v.String())
	case reflect.Struct:
		for i := range v.NumField() {
			texts(v.Field(i), into)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			texts(v.Index(i), into)
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			texts(v.Elem(), into)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			texts(key, into)
			texts(v.MapIndex(key), into)
		}
	}
}
