package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"counterfoil/internal/typemeta"
	"counterfoil/internal/wallet"
)

// typesDir holds a type of every shape; claimsDir what fills each.
const (
	typesDir  = "../internal/typemeta/testdata/types"
	claimsDir = "../internal/typemeta/testdata/claims"
)

func formBank(t *testing.T) *bank {
	t.Helper()
	return openBank(t, "", "COUNTERFOIL_TYPES_DIR="+typesDir)
}

// anyTypes reads the types of typesDir.
func anyTypes(t *testing.T) []typemeta.Type {
	t.Helper()
	types, err := typemeta.Load(os.DirFS(typesDir))
	if err != nil || len(types) < 20 {
		t.Fatalf("%d types, %v", len(types), err)
	}
	return types
}

// filling gives what has to be typed for the claims that a type comes with.
func filling(t *testing.T, typ typemeta.Type) map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(claimsDir, typ.ID+".json"))
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	var claims map[string]any
	if err := decoder.Decode(&claims); err != nil {
		t.Fatal(err)
	}
	return typ.Form("en").Fill(claims)
}

// The form of every shape of type is accessible and fits, with everything in it that can be wrong, or empty when nothing can.
func TestForm_of_every_type_is_accessible_and_fits(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile("wallets/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("npm packages are missing, run make test-deps: %v", err)
	}
	b := formBank(t)
	p := openBrowser(t, 1280, 800)
	p.expect("status of 422")
	p.signIn(b, "demo-clerk")
	for _, typ := range anyTypes(t) {
		p.do(chromedp.EmulateViewport(1280, 800))
		p.goTo(b.portal + "/offers/new/" + typ.ID)
		if _, faults := typ.Check(nil, time.Now()); len(faults) > 0 {
			p.do(chromedp.Click(chromedp.CSS("main form button.primary")))
			p.awaits(".summary", "Please")
		}
		p.inspect("form-of-"+typ.ID, string(axe))
	}
}

// fillAll types everything into a form, whatever the fields are.
func (b *browser) fillAll(values map[string]string) {
	b.t.Helper()
	for name, value := range values {
		if strings.HasSuffix(name, "-rows") {
			continue
		}
		get(b, chromedp.Evaluate[bool](fmt.Sprintf(`((name, value) => {
			const all = [...document.getElementsByName(name)];
			const radio = all.find(e => e.type === "radio" && e.value === value);
			if (radio) { radio.click(); return true; }
			if (!all.length) throw new Error("no field " + name);
			all[0].value = value;
			return all[0].dispatchEvent(new Event("change", {bubbles: true}));
		})(%q, %q)`, name, value)))
	}
}

// formScreens are the form in its states, from the page of a clerk of formBank.
func formScreens(t *testing.T) []screen {
	t.Helper()
	types := map[string]map[string]string{}
	for _, typ := range anyTypes(t) {
		types[typ.ID] = filling(t, typ)
	}
	open := func(b *bank, p *browser, id string) { p.goTo(b.portal + "/offers/new/" + id) }
	fill := func(id string) func(b *bank, p *browser) {
		return func(b *bank, p *browser) {
			open(b, p, id)
			p.fillAll(types[id])
			p.awaits("#preview", "Draft saved")
		}
	}
	shape := func(id, words string) func(b *bank, p *browser) {
		return func(b *bank, p *browser) {
			open(b, p, id)
			p.shape(types[id], true)
			p.fillAll(types[id])
			p.awaits("#preview", words)
		}
	}
	return []screen{
		{"form-filled", fill("CreditLine")},
		{"form-filled-long", fill("Statement")},
		{"form-filled-choices", fill("Consents")},
		{"form-choice", func(b *bank, p *browser) {
			open(b, p, "Relation")
			p.decide(true, "claim.kind", "student")
			p.fillAll(map[string]string{"claim.university": "TU"})
			p.do(chromedp.Click(chromedp.CSS("main form button.primary")))
			p.awaits(".summary", "at least 3 characters")
		}},
		{"form-rows", func(b *bank, p *browser) {
			open(b, p, "TaxResidency")
			p.do(chromedp.Click(chromedp.CSS(`button[value="add claim.residencies"]`)))
			p.settles("a second row", func() bool { return p.rows("claim.residencies") == "2" })
			p.fillAll(types["TaxResidency"])
			p.awaits("#preview", "Tax residencies 2: Country")
		}},
		{"form-rows-within-rows", shape("Household", "Addresses 3: Phones 1: Used for")},
		{"form-rows-of-rows", shape("Grid", "Rates 3")},
		{"form-rows-deep", shape("Network", "Regions 2: Branches 1: Counters 1: Days")},
		{"form-places", shape("Route", "Stops 2: Latitude")},
		{"form-picture", func(b *bank, p *browser) {
			open(b, p, "Pid")
			p.choose("claim.picture", portraitFile(t))
			p.do(chromedp.WaitVisible(chromedp.CSS(`[id="claim.picture-picture"] img`)))
		}},
		{"form-picture-wrong", func(_ *bank, p *browser) {
			p.choose("claim.picture", []byte("<svg/>"))
			p.awaits(`[id="claim.picture-picture"]`, "not a JPEG or PNG")
		}},
		{"form-restored", func(b *bank, p *browser) {
			open(b, p, "CreditLine")
			p.awaits(".restored", "restored")
		}},
		{"form-signed-out", func(b *bank, p *browser) {
			p.endSessions(b)
			p.fillAll(map[string]string{"claim.months": "48"})
			p.awaits("[data-trouble]:not([hidden])", "You were signed out")
		}},
	}
}

// choose puts a file into a field.
func (b *browser) choose(id string, file []byte) {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "picture")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.SetUploadFiles(chromedp.CSS("[id="+quote(id)+"]"), []string{path}))
}

// endSessions signs the browser's person out behind the page's back, as another tab would.
func (b *browser) endSessions(bank *bank) {
	b.t.Helper()
	get(b, chromedp.Evaluate[bool](fmt.Sprintf(`fetch(%q, {method: "POST"}).then(r => r.ok)`, bank.portal+"/sign-out"), chromedp.EvalAwaitPromise))
}

// portraitFile is a picture as a phone takes it, larger than what is kept.
func portraitFile(t *testing.T) []byte {
	t.Helper()
	const w, h = 1200, 1600
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{R: 190, G: 205, B: 215, A: 255})
			head := (x-w/2)*(x-w/2)*3+(y-h/2+150)*(y-h/2+150)*2 < 300*300*2
			body := (x-w/2)*(x-w/2)+(y-h-100)*(y-h-100) < 520*520
			if head || body {
				m.Set(x, y, color.RGBA{R: 90, G: 105, B: 120, A: 255})
			}
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// awaitSaved waits until what was typed is kept.
func (b *browser) awaitSaved() { b.awaits("#preview", "Draft saved") }

// The session ends while a form is open. With scripts nothing is lost: the page stays, says so, and goes on once its person is back.
func TestForm_keeps_what_was_typed_when_the_session_is_lost(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1280, 900)
	p.expect("status of 401")
	p.expect("Status Error Code 401") // htmx says it too
	p.expect("status of 422")
	p.expect("Clear-Site-Data")
	p.signIn(b, "demo-clerk")
	p.goTo(b.portal + "/offers/new/IdentityCredential")
	p.endSessions(b)
	p.fill(erika())
	p.do(chromedp.Click(chromedp.CSS("main form button.primary")))
	p.awaits("[data-trouble]:not([hidden])", "What you typed is still here")
	if got := get(p, chromedp.Value(chromedp.CSS(`[id="claim.family_name"]`))); got != "Mustermann" {
		t.Fatalf("the family name is now %q", got)
	}
	// Somewhere else in the same browser the person signs in again.
	get(p, chromedp.Evaluate[bool](fmt.Sprintf(`fetch(%q, {method: "POST", body: new URLSearchParams({as: "demo-clerk"})}).then(r => r.ok)`,
		b.portal+"/sign-in"), chromedp.EvalAwaitPromise))
	p.press("main form button.primary")
	p.do(chromedp.WaitVisible(chromedp.CSS(".qr img")))
	p.goTo(b.portal + "/offers/new/IdentityCredential")
	if p.sees("main", "restored") {
		t.Error("the draft is still there after the offer was made")
	}
}

// Without scripts the way leads through signing in back to the form, as it was when it was looked at last.
func TestForm_comes_back_after_signing_in_again_without_scripts(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1280, 900)
	p.signIn(b, "demo-clerk")
	p.scripts(false)
	shows := func(selector, words string) { // nothing in a page without scripts can wait
		t.Helper()
		eventually(t, patience, words, func() bool { return p.sees(selector, words) })
	}
	p.goTo(b.portal + "/offers/new/IdentityCredential")
	p.fill(erika())
	p.press(`button[value="preview"]`)
	shows("#preview", "Mustermann")
	b.ahead.Add(int64(31 * time.Minute))
	p.press("main form button.primary")
	shows("h1", "Sign in")
	p.press(`form:has(input[value="demo-clerk"]) button`)
	shows(".restored", "The draft of")
	p.press("main form button.primary")
	p.do(chromedp.WaitVisible(chromedp.CSS(".qr img")))
}

// Rows are added and taken out by keyboard alone, and Enter in a field sends the form and presses no other button.
func TestForm_works_by_keyboard_alone(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1280, 900)
	p.signIn(b, "demo-clerk")
	p.goTo(b.portal + "/offers/new/IdentityCredential")
	p.do(chromedp.Focus(chromedp.CSS(`button[value="add claim.nationalities"]`)), chromedp.KeyEvent(kb.Enter))
	p.do(chromedp.WaitVisible(chromedp.CSS(`[id="claim.nationalities.1"]`)))
	focused := chromedp.Evaluate[string](`document.activeElement.id`)
	p.settles("focus on the new row", func() bool { return get(p, focused) == "claim.nationalities.1" })
	p.do(chromedp.KeyEvent("France"))
	p.do(chromedp.Focus(chromedp.CSS(`button[value="remove claim.nationalities.0"]`)), chromedp.KeyEvent(kb.Enter))
	p.settles("one row is left", func() bool {
		return get(p, chromedp.Evaluate[bool](`!document.getElementById("claim.nationalities.1") && document.getElementById("claim.nationalities.0")?.value === "FR"`))
	})
	p.fill(erika())
	p.do(chromedp.Focus(chromedp.CSS("#reference")))
	if _, err := chromedp.RunResponse(p.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.WaitVisible(chromedp.CSS(".qr img, .summary")))
	if wrong := get(p, chromedp.Evaluate[string](`document.querySelector(".summary")?.innerText ?? ""`)); wrong != "" {
		t.Fatal(wrong)
	}
	offer := offerOf(p)
	got, err := ourWallet(t, b, wallet.Request{Offer: p.decode(), TxCode: p.reveal()})
	if err != nil || !strings.Contains(fmt.Sprint(got), "FR") {
		t.Errorf("offer %s: %v, %v", offer.OfferID, got, err)
	}
}

func TestForm_brings_a_draft_back_for_its_type_and_discards_it(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	p := openBrowser(t, 1280, 900)
	p.signIn(b, "demo-clerk")
	p.goTo(b.portal + "/offers/new/IdentityCredential")
	p.fill(map[string]string{"claim.family_name": "Mustermann"})
	p.awaitSaved()
	p.goTo(b.portal)
	p.goTo(b.portal + "/offers/new/DiplomaCredential")
	if p.sees("main", "restored") {
		t.Error("the draft of one type fills the form of another")
	}
	p.goTo(b.portal + "/offers/new/IdentityCredential")
	p.awaits(".restored", "The draft of")
	p.press(`button[value="discard"]`)
	if got := get(p, chromedp.Value(chromedp.CSS(`[id="claim.family_name"]`))); got != "" || p.sees("main", "restored") {
		t.Errorf("a discarded draft came back: %q", got)
	}
}

func TestForm_is_accessible_and_fits_in_every_state(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile("wallets/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("npm packages are missing, run make test-deps: %v", err)
	}
	b := formBank(t)
	p := openBrowser(t, 1280, 800)
	p.expect("status of 401")
	p.expect("status of 422")
	p.expect("Status Error Code 401") // htmx says it too
	p.expect("Clear-Site-Data")
	p.signIn(b, "demo-clerk")
	for _, s := range formScreens(t) {
		p.do(chromedp.EmulateViewport(1280, 800))
		s.reach(b, p)
		p.inspect(s.name, string(axe))
	}
}
