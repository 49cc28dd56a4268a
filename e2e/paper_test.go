package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// printed is what came out of the printer.
type printed struct {
	pages         int
	width, height float64 // of a page, in millimetres
	text          string
	picture       string // file of the first page at 300 dots an inch
}

// print prints the page that is open, on the paper that it asks for. Poppler, which nobody here wrote, reads the file.
func (b *browser) print() printed {
	b.t.Helper()
	yes := true
	pdf, err := chromedp.Call(b.ctx, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &yes})
	if err != nil {
		b.t.Fatal(err)
	}
	dir := b.t.TempDir()
	file := filepath.Join(dir, "paper.pdf")
	if err := os.WriteFile(file, pdf.Data, 0o600); err != nil {
		b.t.Fatal(err)
	}
	poppler := func(name string, args ...string) string {
		out, err := exec.CommandContext(b.t.Context(), name, args...).CombinedOutput() // a tool that make test-deps installs
		if err != nil {
			b.t.Fatalf("%s: %v: %s", name, err, out)
		}
		return string(out)
	}
	info := poppler("pdfinfo", file)
	number := func(pattern string) float64 {
		found := regexp.MustCompile(pattern).FindStringSubmatch(info)
		if found == nil {
			b.t.Fatalf("pdfinfo says %s", info)
		}
		n, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			b.t.Fatal(err)
		}
		return n
	}
	const point = 25.4 / 72 // millimetres
	out := printed{
		pages: int(number(`Pages:\s+(\d+)`)), width: point * number(`Page size:\s+([\d.]+) x`), height: point * number(`Page size:\s+[\d.]+ x ([\d.]+)`),
		text: strings.Join(strings.Fields(poppler("pdftotext", file, "-")), " "), picture: filepath.Join(dir, "paper.png"),
	}
	poppler("pdftoppm", "-png", "-r", "300", "-singlefile", file, strings.TrimSuffix(out.picture, ".png"))
	if keep := os.Getenv(screensDir); keep != "" {
		name := regexp.MustCompile(`\W+`).ReplaceAllString(b.t.Name(), "-")
		picture, err := os.ReadFile(out.picture)
		if err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(keep, fmt.Sprintf("%s-%.0fmm.png", name, out.width)), picture, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	return out
}

// is holds paper to one page of a size, with words and without others.
func (p printed) is(t *testing.T, width, height float64, with, without []string) {
	t.Helper()
	const near = 0.5
	if p.pages != 1 || max(p.width-width, width-p.width, p.height-height, height-p.height) > near {
		t.Errorf("%d pages of %.1f × %.1f mm, not one of %.0f × %.0f", p.pages, p.width, p.height, width, height)
	}
	for _, words := range with {
		if !strings.Contains(p.text, words) {
			t.Errorf("%q is not on the paper: %s", words, p.text)
		}
	}
	for _, words := range without {
		if strings.Contains(p.text, words) {
			t.Errorf("%q is on the paper: %s", words, p.text)
		}
	}
}

// qr reads the QR code of a picture; "" when there is none.
func qr(t *testing.T, picture string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "node", "wallets/decode-qr.mjs", picture).CombinedOutput() // a script of this folder
	if strings.TrimSpace(string(out)) == "no QR code found" {
		return ""
	}
	if err != nil {
		t.Fatalf("decode the QR code: %v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// The sheets that the portal knows, in millimetres.
const (
	receiptWidth, receiptHeight = 80, 110
	a6Width, a6Height           = 105, 148
	a4Width, a4Height           = 210, 297
)

// claimsOfErika are the values of identity: none of them belongs on paper.
func claimsOfErika() []string { return []string{"Erika", "Mustermann", "T22000129", "Account opening"} }

func TestSlip_holds_the_code_and_no_QR_code(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	offer := b.create(identity(map[string]any{"tx_code": withCode()["tx_code"], "reference": "Account opening 4711"}))
	grouped := offer.TxCode[:3] + " " + offer.TxCode[3:]
	p := openBrowser(t, 1280, 900)
	p.signIn(b, "demo-clerk")
	p.goTo(b.portal + "/offers/" + offer.OfferID + "/slip")
	p.scheme("dark")
	none := append(claimsOfErika(), offer.TxCode, grouped, "Sign out", "Demo:", "Show the code")
	p.print().is(t, receiptWidth, receiptHeight, []string{"Not shown"}, none)

	p.press(".printed form:not(:has(select)) button")
	words := []string{grouped, "Counterfoil demo bank", "Identity", "Valid until", "Never tell this code on the phone."}
	none = append(claimsOfErika(), "Sign out", "Demo:", "80 mm", "hides again", "http")
	receipt := p.print()
	receipt.is(t, receiptWidth, receiptHeight, words, none)
	p.do(chromedp.Click(chromedp.CSS("#slip-a6")))
	a6 := p.print()
	a6.is(t, a6Width, a6Height, words, none)
	for _, picture := range []string{receipt.picture, a6.picture} {
		if says := qr(t, picture); says != "" {
			t.Errorf("the slip has a QR code: %s", says)
		}
	}
	if size := get(p, chromedp.Evaluate[string](`getComputedStyle(document.querySelector(".slip output")).fontSize`)); size != "32px" { // 24 pt
		t.Errorf("the code is printed in %s", size)
	}
	p.goTo(b.portal + "/offers/" + offer.OfferID + "/slip")
	if !get(p, chromedp.Evaluate[bool](`document.querySelector("#slip-a6").checked`)) || p.sees("body", grouped) {
		t.Error("the paper that was chosen is forgotten, or the code is still there")
	}
}

func TestSlip_fits_its_paper_whatever_the_type_is_called(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	const id = "LongCredential"
	name := strings.TrimSpace(strings.Repeat("Mitgliedschaftsbescheinigung ", 20))
	status := b.call("POST", b.management+"/types", map[string]any{
		"credential_configuration_id": id, "type_metadata": map[string]any{
			"vct": "urn:test:long:1", "name": name, "claims": []any{map[string]any{"path": []string{"name"}}},
		},
	}, nil)
	if status >= 300 {
		t.Fatalf("POST /types answered %d", status)
	}
	offer := b.create(map[string]any{
		"credential_configuration_id": id, "claims": map[string]any{"name": "x"}, "tx_code": map[string]any{"input_mode": "text", "length": 12},
	})
	p := openBrowser(t, 1280, 900)
	p.signIn(b, "demo-clerk")
	p.goTo(b.portal + "/offers/" + offer.OfferID + "/slip")
	p.press(".printed form:not(:has(select)) button")
	p.print().is(t, receiptWidth, receiptHeight, []string{"Mitgliedschafts", "Type it only into your own wallet."}, nil)
	p.goTo(b.portal + "/offers/" + offer.OfferID + "/handout")
	p.do(chromedp.Click(chromedp.CSS("#handout-a6")))
	p.print().is(t, a6Width, a6Height, []string{"Mitgliedschafts", "Valid until"}, nil)
}

func TestHandout_leads_to_the_landing_page_and_holds_no_code(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	offer := b.create(identity(withCode()))
	p := openBrowser(t, 1280, 900)
	p.signIn(b, "demo-clerk")
	p.goTo(b.portal + "/offers/" + offer.OfferID + "/handout")
	p.scheme("dark")
	words := []string{"Counterfoil demo bank", "Identity", "Scan the code", "Open in my wallet", "Type the transaction code", "Valid until"}
	none := append(claimsOfErika(), offer.TxCode, offer.TxCode[:3]+" "+offer.TxCode[3:], "Sign out", "Demo:", "A4")
	a4 := p.print()
	a4.is(t, a4Width, a4Height, words, none)
	p.do(chromedp.Click(chromedp.CSS("#handout-a6")))
	a6 := p.print()
	a6.is(t, a6Width, a6Height, words, none)
	for _, picture := range []string{a4.picture, a6.picture} {
		if says := qr(t, picture); says != b.landing(offer) {
			t.Errorf("the QR code says %q", says)
		}
	}
	// Of 45 mm, the quiet zone takes the most at version 3, the smallest that an address fits at level Q: 35.3 mm are left.
	if side := get(p, chromedp.Evaluate[float64](`document.querySelector(".handout img").getBoundingClientRect().width * 25.4 / 96`)); side < 44.9 {
		t.Errorf("the QR code is %.1f mm wide", side)
	}
}

func TestPrinting_works_from_the_counter_with_and_without_scripts(t *testing.T) {
	t.Parallel()
	b := openBank(t, "")
	offer := b.create(identity(withCode()))
	p := openBrowser(t, 1280, 900)
	p.signIn(b, "demo-clerk")
	p.goTo(b.portal + "/offers/" + offer.OfferID)
	for _, leads := range []string{`form[action$="/slip"][target=_blank] button`, `a[href$="/handout"]`} {
		if !get(p, chromedp.Evaluate[bool](fmt.Sprintf("document.querySelector(%q) !== null", leads))) {
			t.Errorf("the counter screen has no %s", leads)
		}
	}
	slip := b.portal + "/offers/" + offer.OfferID + "/slip"
	p.goTo(slip)
	p.press(".printed form:not(:has(select)) button")
	p.do(chromedp.Evaluate[chromedp.Void](`window.print = () => document.body.dataset.printed = "yes"`), chromedp.Click(chromedp.CSS("[data-print]")))
	if !get(p, chromedp.Evaluate[bool](`document.body.dataset.printed === "yes"`)) {
		t.Error("the button does not print")
	}
	// What happens after a minute, at once.
	p.do(chromedp.Evaluate[chromedp.Void](`{
		const shown = document.getElementById("slip"), soon = shown.cloneNode(true);
		soon.setAttribute("hx-trigger", soon.getAttribute("hx-trigger").replace("60s", "1ms"));
		shown.replaceWith(soon);
		htmx.process(soon);
	}`))
	p.awaits(".slip", "Not shown")
	p.scripts(false)
	p.goTo(slip)
	p.press(".printed form:not(:has(select)) button")
	if !p.sees(".slip output", offer.TxCode[:3]) || !p.sees("noscript", "Print with your browser") {
		t.Error("without scripts the code or how to print it is not shown")
	}
	events := b.events(offer.OfferID)
	if revealed := count(events, "code.revealed"); revealed == 0 {
		t.Errorf("the record does not say that the code was shown: %v", events)
	}
	b.mustCollect(offer)
	p.scripts(true)
	p.goTo(slip)
	if p.sees("main", offer.TxCode[:3]) || !p.sees(".printed", "nothing to print") {
		t.Error("after the end there is still something to print")
	}
}
