package e2e_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"counterfoil/views/i18n"
)

// helpScreens are the guides and the keys.
func helpScreens() []screen {
	return []screen{
		{"help", func(b *bank, p *browser) { p.goTo(b.portal + "/help") }},
		{"help-paragraph", func(b *bank, p *browser) {
			p.goTo(b.portal + "/help#wrong-code")
			p.unfold("details.contents")
		}},
		{"help-troubles", func(b *bank, p *browser) { p.goTo(b.portal + "/help/troubles#iban") }},
		{"help-administration", func(b *bank, p *browser) { p.goTo(b.portal + "/help/administration") }},
		{"help-keyboard", func(b *bank, p *browser) { p.goTo(b.portal + "/help/keyboard") }},
		{"help-keyboard-off", func(_ *bank, p *browser) { p.press("button[value=off]") }},
		{"help-keyboard-over", func(b *bank, p *browser) {
			p.press("button[value=on]")
			p.goTo(b.portal)
			p.key("?")
			p.do(chromedp.WaitVisible(chromedp.CSS("dialog[open] h1")))
		}},
	}
}

// key presses a key, as a keyboard of the United States has it, with modifiers.
func (b *browser) key(key string, with ...chromedp.Modifier) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(key, chromedp.KeyModifiers(with...)))
}

// language is what somebody chose to read the portal in.
func (b *browser) language(tag string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.cookie = 'language=%s;path=/'", tag)))
}

func TestHelp_is_accessible_in_every_language_and_prints_on_two_pages(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile("wallets/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	b := openBank(t, "")
	p := openBrowser(t, 1280, 800)
	p.goTo(b.portal + "/help") // nobody is signed in
	for _, l := range i18n.Staff() {
		p.language(l.Tag)
		p.do(chromedp.EmulateViewport(1280, 800))
		p.goTo(b.portal + "/help")
		if out := p.print(); out.pages != 2 {
			t.Errorf("the guide for the counter takes %d pages in %s", out.pages, l.Name)
		}
		p.inspect("help-"+l.Tag, string(axe))
		p.goTo(b.portal + "/help/troubles")
		p.inspect("help-troubles-"+l.Tag, string(axe))
	}
}

// at tells whether the page that is open has this path.
func (b *browser) at(path string) bool {
	b.t.Helper()
	return get(b, chromedp.Evaluate[bool](fmt.Sprintf("location.pathname === %q && document.readyState === 'complete'", path)))
}

// leads presses a key and waits for the page that comes of it.
func (b *browser) leads(key, path string) {
	b.t.Helper()
	b.key(key)
	eventually(b.t, patience, key+" leads to "+path, func() bool { return b.at(path) })
}

// stays presses keys that must do nothing: a page that comes of one would have come before the answer to a request that was sent after it.
func (b *browser) stays(path string, keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		b.key(key)
		b.do(chromedp.Evaluate[chromedp.Void](`fetch("/help/keyboard")`, chromedp.EvalAwaitPromise))
		if !b.at(path) || get(b, chromedp.Evaluate[bool](`document.querySelector("dialog") !== null`)) {
			b.t.Errorf("%s does something at %s", key, path)
		}
	}
}

func TestKeys_do_what_the_sheet_says(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1280, 800)
	p.signIn(b, "demo-clerk")
	p.leads("3", "/offers/new/IdentityCredential")
	p.leads("n", "/")

	open := func() bool { return get(p, chromedp.Evaluate[bool](`document.querySelector("dialog[open]") !== null`)) }
	p.key("?")
	eventually(t, patience, "the sheet is there", open)
	if !p.sees("dialog", "goes to the home page") || p.sees("dialog", "Switch them off") {
		t.Error("the sheet is not whole, or holds what belongs to its page")
	}
	p.key("1") // is for the page under the sheet
	p.key(kb.Escape)
	eventually(t, patience, "the sheet is gone", func() bool { return !open() })
	if title := get(p, chromedp.Title()); !strings.HasPrefix(title, "Home") || !p.at("/") {
		t.Errorf("under the sheet was another page: %s", title)
	}

	p.goTo(b.portal + "/offers")
	// As a keyboard does: what is pressed is written unless the page prevents it. KeyEvent would write in any case.
	press := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "/", Code: "Slash", Text: "/"}
	if _, err := chromedp.Call(p.ctx, input.DispatchKeyEvent, press); err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, "the search has the focus", func() bool {
		return get(p, chromedp.Evaluate[bool](`document.activeElement.type === "search" && document.activeElement.value === ""`))
	})
	p.goTo(b.portal)

	p.leads("3", "/offers/new/IdentityCredential")
	p.do(chromedp.Focus(chromedp.CSS("[id='claim.given_name']")))
	p.stays("/offers/new/IdentityCredential", "n", "1", "?", "/")
	p.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.value = ""; document.activeElement.blur()`))
	p.fill(erika())
	p.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
	p.stays("/offers/new/IdentityCredential", "n", "1") // nothing that was typed is lost
	p.do(chromedp.Focus(chromedp.CSS("[id='claim.given_name']")))
	p.key(kb.Enter, chromedp.ModifierCtrl)
	p.do(chromedp.WaitVisible(chromedp.CSS(".qr img")))

	p.unfold("#cancel")
	p.key(kb.Escape)
	eventually(t, patience, "what was unfolded is folded", func() bool { return !p.sees("#cancel", "Yes, cancel it") })
	p.leads("n", "/")
}

// Who speaks to a computer would press keys with every word: they can be switched off, without scripts too (WCAG 2.2 SC 2.1.4).
func TestKeys_that_stand_alone_can_be_switched_off(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1280, 800)
	p.signIn(b, "demo-clerk")
	p.scripts(false)
	p.goTo(b.portal + "/help/keyboard")
	p.press("button[value=off]")
	p.awaits("main", "They are off")
	p.scripts(true)
	p.goTo(b.portal)
	p.stays("/", "1", "n", "?")
	p.goTo(b.portal + "/offers/new/IdentityCredential")
	p.fill(erika())
	p.key(kb.Enter, chromedp.ModifierCtrl) // does not stand alone
	p.do(chromedp.WaitVisible(chromedp.CSS(".qr img")))
	p.goTo(b.portal + "/help/keyboard")
	p.press("button[value=on]")
	p.goTo(b.portal)
	p.leads("1", "/offers/new/AccountOwnershipCredential")
}

// A customer's screen has no keys: there is nobody who may press them.
func TestKeys_do_nothing_at_the_customer_display(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1280, 800)
	p.goTo(b.portal + "/display")
	p.stays("/display", "1", "n", "?", "/", kb.Escape)
}
