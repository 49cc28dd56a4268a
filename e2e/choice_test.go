package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// A choice decides what the form asks for, at once with scripts and by a button without, and what it does not show is in no credential.
func TestForm_shows_what_belongs_to_a_choice(t *testing.T) {
	t.Parallel()
	b := formBank(t)
	want, err := os.ReadFile(filepath.Join(claimsDir, "Relation.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range anyTypes(t) {
		if typ.ID != "Relation" {
			continue
		}
		for _, scripts := range []bool{true, false} {
			p := openBrowser(t, 1280, 900)
			p.signIn(b, "demo-clerk")
			p.scripts(scripts)
			p.goTo(b.portal + "/offers/new/Relation")
			p.showsParts("a new form", "claim.since claim.kind claim.staff_number claim.hours claim.temporary")
			p.fillAll(map[string]string{"claim.staff_number": "AB-1234"})
			p.decide(scripts, "claim.temporary", "true")
			p.showsParts("a temporary employee", "claim.since claim.kind claim.staff_number claim.hours claim.temporary claim.ends_on")
			p.decide(scripts, "claim.kind", "student")
			p.showsParts("a student", "claim.since claim.kind claim.university claim.modules claim.sponsor.name Sponsor")
			values := filling(t, typ)
			p.shape(values, scripts)
			p.decide(scripts, "claim.modules.0.passed", "true")
			p.fillAll(values)
			if claims := p.issues(b); !sameJSON(t, want, claims) {
				t.Errorf("with scripts %v the wallet got %v", scripts, claims)
			}
		}
	}
}

// decide makes a choice, and without scripts asks for what belongs to it.
func (b *browser) decide(scripts bool, name, value string) {
	b.t.Helper()
	b.fillAll(map[string]string{name: value})
	if !scripts {
		b.press(`button[value="preview ` + name + `"]`)
	}
}

// showsParts waits until the form shows these fields and groups that depend on others, and what they depend on.
func (b *browser) showsParts(when, want string) {
	b.t.Helper()
	const parts = `["since-day","kind","staff_number","hours","temporary","ends_on","university","modules","sponsor.name"].map(n => "claim." + n)
		.filter(id => document.getElementById(id).checkVisibility()).map(id => id.replace("-day", ""))
		.concat([...document.querySelectorAll("legend")].filter(l => l.textContent.trim() === "Sponsor" && l.checkVisibility()).map(() => "Sponsor")).join(" ")`
	got := ""
	eventually(b.t, patience, fmt.Sprintf("%s shows %s, not %s", when, want, got), func() bool {
		got = get(b, chromedp.Evaluate[string](parts))
		return got == want
	})
}
