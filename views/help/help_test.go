package help_test

import (
	"bytes"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"counterfoil/views/help"
	"counterfoil/views/i18n"
)

// anchors is what the portal leads to, by guide. They are promised: an id that is here stays.
func anchors() map[help.Name][]string {
	return map[help.Name][]string{
		help.Counter: {
			"not-allowed", "signed-out", "not-found", "gone", "too-many", "database-away", "broken", "form", "wrong-code", "no-phone", "phone-stuck", "refused",
			"wallet-failed", "customer-declined", "expired", "locked", "approval", "display-lost", "second-step", "passkeys", "single-sign-on", "languages", "print",
		},
		help.Troubles:       {"empty-field", "iban", "bad-proof", "wrong-password", "issuing-stops"},
		help.Administration: {"callbacks", "certificate", "people", "types", "audit", "clients", "system"},
	}
}

func ids(g help.Guide) []string {
	var all []string
	for _, p := range g.Parts {
		all = append(all, p.Anchor)
	}
	return all
}

// parts gives the ids of every guide.
func parts() (all []string) {
	for _, n := range help.Names() {
		all = append(all, ids(help.Read("en", n))...)
	}
	return all
}

func TestRead_gives_every_language_the_same_parts_with_those_that_are_promised(t *testing.T) {
	t.Parallel()
	for name, promised := range anchors() {
		english := ids(help.Read("en", name))
		for _, l := range i18n.Staff() {
			g := help.Read(l.Tag, name)
			own := ids(g)
			if !slices.Equal(own, english) {
				t.Errorf("%s in %s has the parts %q, in English %q", name, l.Name, own, english)
			}
			for _, a := range promised {
				if !slices.Contains(own, a) || !strings.Contains(g.HTML, `id="`+a+`"`) {
					t.Errorf("%s in %s has no part %s", name, l.Name, a)
				}
			}
			if g.Title == "" || l.Tag != "en" && g.Title == help.Read("en", name).Title {
				t.Errorf("%s in %s has the title %q", name, l.Name, g.Title)
			}
		}
		for _, a := range promised {
			if got, want := help.At(a), name.Path()+"#"+a; got != want {
				t.Errorf("%s is at %s, want %s", a, got, want)
			}
		}
	}
	if got := help.At("nothing"); got != "/help" {
		t.Errorf("what is nowhere is at %s", got)
	}
}

// A part has one place, so that a way to the page of the counter that names a part of the administrators' can be caught there.
func TestRead_gives_no_id_twice(t *testing.T) {
	t.Parallel()
	all := parts()
	all = append(all, "main", "offline", "elsewhere", "keys", "sheet", "switch")
	slices.Sort(all)
	if len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("an id is there twice: %q", all)
	}
}

// A paragraph is for somebody who stands before a trouble: what happened, why, and what to do, each in a sentence or a few.
func TestRead_says_of_every_trouble_what_happened_why_and_what_to_do(t *testing.T) {
	t.Parallel()
	const shortest, longest = 12, 420
	for _, l := range i18n.Staff() {
		for _, n := range []help.Name{help.Troubles, help.Administration} {
			doc, err := goquery.NewDocumentFromReader(strings.NewReader(help.Read(l.Tag, n).HTML))
			if err != nil {
				t.Fatal(err)
			}
			paragraphs := doc.Find("h3")
			if paragraphs.Length() < 40 {
				t.Errorf("%s in %s has only %d paragraphs", n, l.Name, paragraphs.Length())
			}
			paragraphs.Each(func(_ int, title *goquery.Selection) {
				paragraph := title.Next()
				parts := strings.Split(strings.TrimSpace(paragraph.Text()), "\n")
				if !paragraph.Is("p") || len(parts) != 3 || paragraph.Find("strong").Length() != 3 {
					t.Errorf("%s in %s, %q, has the parts %q", n, l.Name, title.Text(), parts)
					return
				}
				for i, part := range parts {
					words := strings.TrimSpace(strings.TrimPrefix(part, paragraph.Find("strong").Eq(i).Text()))
					if len(words) < shortest || len(words) > longest || !strings.HasSuffix(words, ".") {
						t.Errorf("%s in %s, %q, says %q", n, l.Name, title.Text(), words)
					}
				}
			})
		}
	}
}

func TestRead_lets_no_markup_of_its_own_through(t *testing.T) {
	t.Parallel()
	for _, l := range i18n.Staff() {
		for _, n := range append(help.Names(), help.Keyboard) {
			doc, err := goquery.NewDocumentFromReader(strings.NewReader(help.Read(l.Tag, n).HTML))
			if err != nil {
				t.Fatal(err)
			}
			if bad := doc.Find("script, style, iframe, [style], h1, a[href^=http]").Length(); bad > 0 {
				t.Errorf("%s in %s has %d things that have no place in it", n, l.Name, bad)
			}
			if text := doc.Text(); strings.Contains(text, "**") || strings.Contains(text, "{#") || strings.Contains(text, "\\") {
				t.Errorf("%s in %s shows Markdown", n, l.Name)
			}
		}
	}
}

func TestPictures_are_small_and_say_what_they_show(t *testing.T) {
	t.Parallel()
	const most, largest, together = 8, 60 << 10, 480 << 10
	sum := 0
	for _, l := range i18n.Staff() {
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(help.Read(l.Tag, help.Counter).HTML))
		if err != nil {
			t.Fatal(err)
		}
		images := doc.Find("img")
		if images.Length() == 0 || images.Length() > most {
			t.Errorf("%d pictures in %s", images.Length(), l.Name)
		}
		images.Each(func(_ int, s *goquery.Selection) {
			src, alt := s.AttrOr("src", ""), s.AttrOr("alt", "")
			data, contentType, ok := help.Picture(src)
			if !ok || contentType != "image/png" || len(data) > largest {
				t.Errorf("%s is %d bytes of %q", src, len(data), contentType)
			}
			if _, err := png.DecodeConfig(bytes.NewReader(data)); err != nil || s.AttrOr("width", "") == "" || s.AttrOr("height", "") == "" {
				t.Errorf("%s has no size: %v", src, err)
			}
			if len(alt) < 20 {
				t.Errorf("%s in %s says only %q", src, l.Name, alt)
			}
			sum += len(data)
		})
	}
	if sum > together {
		t.Errorf("the pictures are %d bytes", sum)
	}
	for _, path := range []string{"/help/pictures/img/en/home.png", "/help/pictures/en/counter.md", "/help/pictures/../en/counter.md", "/help/pictures/"} {
		if _, _, ok := help.Picture(path); ok {
			t.Errorf("%s is served", path)
		}
	}
}

// sources gives what the portal is made of, as text: its pages and its door.
func sources(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, root := range []string{"../../web/portal", ".."} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".templ") || strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "_templ.go") {
				return err
			}
			data, err := os.ReadFile(path)
			all.Write(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

func TestEvery_way_to_help_leads_to_a_part(t *testing.T) {
	t.Parallel()
	all := sources(t)
	ways := regexp.MustCompile(`\bhelp\("([a-z-]+)"\)|help\.At\("([a-z-]+)"\)`).FindAllStringSubmatch(all, -1)
	if len(ways) == 0 {
		t.Fatal("no way leads to help")
	}
	for _, way := range ways {
		if a := strings.Join(way[1:], ""); !slices.Contains(parts(), a) {
			t.Errorf("%s leads nowhere", way[0])
		}
	}
	for _, way := range regexp.MustCompile(`"(/help[a-z/]*)#([a-z-]+)"`).FindAllStringSubmatch(all, -1) {
		if help.At(way[2]) != way[1]+"#"+way[2] {
			t.Errorf("%s leads nowhere", way[0])
		}
	}
}

// What a guide tells somebody to press must be there to press, under that very name.
func TestGuides_name_only_what_is_on_a_page(t *testing.T) {
	t.Parallel()
	all := sources(t)
	labels := regexp.MustCompile(`(?:^|[^*])\*([^*\n]+)\*(?:[^*]|$)`)
	for _, l := range i18n.Staff() {
		for _, n := range help.Names() {
			text, err := os.ReadFile(filepath.Join(l.Tag, string(n)+".md"))
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range labels.FindAllStringSubmatch(strings.ReplaceAll(string(text), "**", ""), -1) {
				on := regexp.MustCompile(`["\t>]` + regexp.QuoteMeta(found[1]) + `["\n<]`)
				if !on.MatchString(all) {
					t.Errorf("%s in %s names %q, which is on no page", n, l.Name, found[1])
				}
			}
		}
	}
}
