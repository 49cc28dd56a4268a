package e2e_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// membership is Type Metadata for a type that no sample has.
const membership = `{
  "vct": "urn:demo:membership:1",
  "name": "Membership",
  "display": [
    {"locale": "en", "name": "Membership", "description": "Member of the cooperative bank",
     "rendering": {"simple": {"background_color": "#5b2a6e", "text_color": "#ffffff"}}}
  ],
  "claims": [
    {"path": ["member_number"], "mandatory": true, "sd": "always", "display": [{"locale": "en", "label": "Member number"}]},
    {"path": ["since_date"], "sd": "always", "display": [{"locale": "en", "label": "Member since"}]}
  ]
}`

// paste puts a long text into a field at once.
func (b *browser) paste(id, text string) {
	b.t.Helper()
	seen := get(b, chromedp.Evaluate[bool](fmt.Sprintf("(e => (e.value = %q, e.checkVisibility()))(document.getElementById(%q))", text, id)))
	if !seen {
		b.t.Errorf("nobody sees the field %s", id)
	}
}

// uploadType fills in the form of a type and has it checked.
func (b *browser) uploadType(id, metadata, config string) {
	b.t.Helper()
	b.paste("id", id)
	b.paste("metadata", metadata)
	b.paste("config", config)
	b.press("main form button.primary")
}

// officeScreens are those of who looks after the installation, and of what they would be told before it fails.
func officeScreens() []screen {
	const address = "/types/IdentityCredential"
	return []screen{
		{"types", func(b *bank, p *browser) {
			p.signIn(b, "demo-administrator")
			p.goTo(b.portal + "/types")
		}},
		{"type", func(b *bank, p *browser) { p.goTo(b.portal + address) }},
		{"type-tried", func(_ *bank, p *browser) { p.press(`form[action$="/try"] button`) }},
		{"type-new", func(b *bank, p *browser) { p.goTo(b.portal + "/new-type") }},
		{"type-errors", func(_ *bank, p *browser) {
			p.uploadType("Member ship", strings.Replace(membership, `"always"`, `"perhaps"`, 1), `{"validity": "1s"}`)
		}},
		{"type-review-new", func(b *bank, p *browser) {
			p.goTo(b.portal + "/new-type")
			p.uploadType("Membership", strings.Replace(membership, "#ffffff", "#8a5a9e", 1), "")
		}},
		{"type-change", func(b *bank, p *browser) { p.goTo(b.portal + "/new-type?from=IdentityCredential") }},
		{"type-review", func(_ *bank, p *browser) {
			text := get(p, chromedp.Evaluate[string](`document.getElementById("metadata").value`))
			p.paste("metadata", strings.NewReplacer("Given names", "First names", "#16324f", "#0b5d56").Replace(text))
			p.press("main form button.primary")
		}},
		{"type-review-tried", func(_ *bank, p *browser) { p.press(`button[formaction="/new-type/try"]`) }},
		{"type-same", func(b *bank, p *browser) {
			p.goTo(b.portal + "/new-type?from=DiplomaCredential")
			p.press("main form button.primary")
		}},
		{"type-changed", func(b *bank, p *browser) {
			p.goTo(b.portal + "/new-type")
			p.uploadType("Membership", membership, "")
			p.press(`form[action="/new-type/confirm"] button.primary`)
		}},
		{"callbacks-none", func(b *bank, p *browser) {
			b.call("DELETE", b.management+"/callbacks/default", nil, nil)
			p.goTo(b.portal + "/callbacks")
		}},
		{"certificates", func(b *bank, p *browser) { p.goTo(b.portal + "/certificates") }},
		{"problem-not-allowed", func(b *bank, p *browser) { p.goTo(b.portal + "/offers/new/IdentityCredential") }},
		{"problem-too-many", func(b *bank, p *browser) {
			p.goTo(b.portal + "/system")
			for range 7 {
				p.press(`form[action="/system"] button`)
				if p.sees("h1", "Too many at once") {
					return
				}
			}
		}},
		{"home-busy", func(b *bank, p *browser) {
			p.signIn(b, "demo-clerk")
			for range 3 {
				p.goTo(b.portal + "/offers/new/IdentityCredential")
				p.fill(erika())
				p.press("main form button.primary")
			}
			b.mustCollect(created{URI: p.decode(), TxCode: p.reveal()})
			p.goTo(b.portal)
		}},
		{"home-certificate", func(b *bank, p *browser) {
			b.ahead.Add(int64(374 * 24 * time.Hour))
			p.signIn(b, "demo-clerk")
		}},
		{"home-administrator", func(b *bank, p *browser) {
			var made struct {
				ID string `json:"callback_id"`
			}
			b.call("POST", b.management+"/callbacks", map[string]any{"url": "https://callbacks.example/", "name": "Core banking"}, &made)
			b.call("POST", b.management+"/callbacks/"+made.ID+"/pause", nil, nil)
			b.create(identity(nil))
			b.call("POST", b.management+"/clients", map[string]any{"name": "core-banking", "scopes": []string{"offers:create"}, "expires_in": 14 * 24 * 3600}, nil)
			p.signIn(b, "demo-administrator")
		}},
		{"certificates-soon", func(b *bank, p *browser) { p.goTo(b.portal + "/certificates") }},
		{"home-certificate-ended", func(b *bank, p *browser) {
			b.ahead.Add(int64(30 * 24 * time.Hour))
			p.signIn(b, "demo-clerk")
		}},
		{"certificates-ended", func(b *bank, p *browser) {
			p.signIn(b, "demo-auditor")
			p.goTo(b.portal + "/certificates")
		}},
	}
}

func TestTypes_an_administrator_brings_a_type_to_the_counter(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1280, 900)
	p.expect("status of 422")
	p.signIn(b, "demo-administrator")
	p.press(`nav a[href="/types"]`)
	p.press(`a[href="/new-type"]`)
	p.uploadType("Membership", strings.Replace(membership, `"mandatory": true`, `"mandatory": "yes"`, 1), "")
	if !p.sees(".summary", "line 9, claim member_number: Must be true or false") {
		t.Errorf("the faults are told as %q", p.text(".summary"))
	}
	p.settles("the focus is at the faults", func() bool {
		return get(p, chromedp.Evaluate[bool](`document.activeElement.matches(".summary")`))
	})
	p.uploadType("Membership", membership, "")
	if !p.sees("#document ~ .diff", `"vct": "urn:demo:membership:1"`) || !p.sees(".diff", "+") {
		t.Errorf("the review shows %q", p.text("main"))
	}
	p.press(`button[formaction="/new-type/try"]`)
	p.awaits("main", "It works: the wallet collected made-up claims")
	p.press(`form[action="/new-type/confirm"] button.primary`)
	p.awaits("h1", "Membership")

	clerk := openBrowser(t, 1280, 900)
	clerk.signIn(b, "demo-clerk")
	clerk.press(`a.tile[href="/offers/new/Membership"]`)
	clerk.fill(map[string]string{"claim.member_number": "4711"})
	clerk.press("main form button.primary")
	offer := offerOf(clerk)
	offer.URI = clerk.decode()
	offer.TxCode = clerk.reveal()
	b.mustCollect(offer)
	clerk.awaits(".big", "Stored in the wallet")
}

// Every step of it works from a file, by keyboard and without scripts.
func TestTypes_are_added_without_scripts(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1280, 900)
	p.signIn(b, "demo-administrator")
	p.goTo(b.portal + "/new-type")
	p.paste("metadata", membership)
	p.fill(map[string]string{"id": fmt.Sprintf("Members-%d", 2)})
	p.scripts(false)
	p.press("main form button.primary")
	p.press(`form[action="/new-type/confirm"] button.primary`)
	if !p.sees("h1", "Membership") {
		t.Errorf("the page says %q", p.text("main"))
	}
}
