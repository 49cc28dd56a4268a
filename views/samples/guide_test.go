package samples_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"counterfoil/views/help"
	"counterfoil/views/i18n"
	"counterfoil/views/samples"
)

// shows is how pages show that something is wrong: a new way to show it has to be put here.
const shows = `.error, .summary, .alerts li, .say.bad, .big.bad, .status.bad, .status.warn, .story li.bad, .field.wrong, [role=alert]`

// settled tells what shows trouble and needs no way of its own: the banner that is there while nothing can be fetched, the badge of a
// change that an approver looks at, and the sign above the advice on the same screen.
func settled(doc *goquery.Document, s *goquery.Selection) bool {
	return s.Is("#offline") || s.Closest(".claims").Length() > 0 || s.Is(".big.bad") && doc.Find(".say.bad a.explain").Length() == 1
}

// leadsTo tells whether there is a paragraph of its own in a guide: the beginning of a chapter is none.
func leadsTo(language, href string) bool {
	_, anchor, _ := strings.Cut(href, "#")
	return help.At(anchor) == href && slices.ContainsFunc(help.Names(), func(n help.Name) bool {
		return slices.ContainsFunc(help.Read(language, n).Parts, func(p help.Part) bool { return p.Anchor == anchor && !p.Chapter })
	})
}

// Staff are told what every trouble means; customers, who have no guide, are sent to the staff.
func TestSamples_lead_from_every_trouble_to_a_paragraph_of_its_own(t *testing.T) {
	t.Parallel()
	found := 0
	for _, language := range i18n.Staff() {
		for _, s := range samples.All() {
			doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, s, language.Tag)))
			if err != nil {
				t.Fatal(err)
			}
			if doc.Find("body.display, main.landing").Length() > 0 {
				continue
			}
			selector := shows
			if strings.HasPrefix(s.Name, "problem-") { // where the whole page is one
				selector += ", main"
			}
			doc.Find(selector).Each(func(_ int, trouble *goquery.Selection) {
				if settled(doc, trouble) {
					return
				}
				found++
				ways := trouble.Find(`a.meant, a.explain, a[href^="/help"]`)
				if ways.Length() == 0 {
					t.Errorf("%s, %s: nothing leads on from %q", s.Name, language.Name, strings.Join(strings.Fields(trouble.Text()), " "))
				}
				ways.Each(func(_ int, way *goquery.Selection) {
					if href := way.AttrOr("href", ""); !leadsTo(language.Tag, href) || strings.TrimSpace(way.Find(".unseen").Text()) == "" {
						t.Errorf("%s, %s: %q leads to %q", s.Name, language.Name, way.Text(), href)
					}
				})
			})
		}
	}
	if found < 150 {
		t.Errorf("only %d troubles were found", found)
	}
}
