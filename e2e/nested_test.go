package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"counterfoil/internal/wallet"
)

// rows tells how many rows a list of the form has.
func (b *browser) rows(list string) string {
	b.t.Helper()
	return get(b, chromedp.Evaluate[string](fmt.Sprintf(`document.getElementsByName(%q)[0]?.value ?? ""`, list+"-rows")))
}

// shape adds the rows that values are typed into by keyboard, those of outer lists first.
func (b *browser) shape(values map[string]string, scripts bool) {
	b.t.Helper()
	names := slices.SortedFunc(maps.Keys(values), func(x, y string) int { return strings.Count(x, ".") - strings.Count(y, ".") })
	for _, name := range names {
		list, is := strings.CutSuffix(name, "-rows")
		if !is {
			continue
		}
		want, err := strconv.Atoi(values[name])
		if err != nil {
			b.t.Fatal(err)
		}
		for b.rows(list) != strconv.Itoa(want) {
			before := b.rows(list)
			b.do(chromedp.Focus(chromedp.CSS("button[value=" + quote("add "+list) + "]")))
			if scripts {
				b.do(chromedp.KeyEvent(kb.Enter))
				b.settles("a row more of "+list, func() bool {
					return b.rows(list) != before && get(b, chromedp.Evaluate[bool](fmt.Sprintf(`document.activeElement.id.startsWith(%q)`, list)))
				})
			} else if _, err := chromedp.RunResponse(b.ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
				b.t.Fatal(err)
			}
		}
	}
}

// issues sends the form that was filled in and gives the claims that a wallet collects. From then on the browser has scripts.
func (b *browser) issues(bank *bank) map[string]any {
	b.t.Helper()
	b.press("main form button.primary")
	b.scripts(true)
	b.do(chromedp.WaitVisible(chromedp.CSS(".qr img")))
	b.goTo(bank.portal + "/offers/" + offerOf(b).OfferID)
	got, err := ourWallet(b.t, bank, wallet.Request{Offer: b.decode(), TxCode: b.reveal()})
	if err != nil {
		b.t.Fatal(err)
	}
	return got.Credentials[0].Claims
}

// What is typed into lists within lists and into fixed places arrives in the wallet as the same JSON, with scripts and without.
func TestForm_issues_lists_within_lists_and_fixed_places(t *testing.T) {
	t.Parallel()
	b := formBank(t)
	p := openBrowser(t, 1280, 900)
	p.signIn(b, "demo-clerk")
	for _, typ := range anyTypes(t) {
		scripts := !slices.Contains([]string{"Household", "Grid"}, typ.ID)
		if scripts && !slices.Contains([]string{"Network", "Route", "Parents", "Signatories", "Ownership"}, typ.ID) {
			continue
		}
		values := filling(t, typ)
		p.scripts(scripts)
		p.goTo(b.portal + "/offers/new/" + typ.ID)
		p.shape(values, scripts)
		p.fillAll(values)
		claims := p.issues(b)
		data, err := os.ReadFile(filepath.Join(claimsDir, typ.ID+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if !sameJSON(t, data, claims) {
			t.Errorf("%s: the wallet got %v", typ.ID, claims)
		}
	}
}

// sameJSON tells whether claims say what a text of JSON does.
func sameJSON(t *testing.T, text []byte, claims map[string]any) bool {
	t.Helper()
	written, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	for text, into := range map[*[]byte]*any{&text: &want, &written: &got} {
		if err := json.Unmarshal(*text, into); err != nil {
			t.Fatal(err)
		}
	}
	return reflect.DeepEqual(want, got)
}

// Rows at each level are taken out by keyboard, and what stands below moves up with all that is in it.
func TestForm_takes_rows_out_at_each_level(t *testing.T) {
	t.Parallel()
	b := formBank(t)
	p := openBrowser(t, 1280, 900)
	p.signIn(b, "demo-clerk")
	p.goTo(b.portal + "/offers/new/Household")
	p.shape(map[string]string{"claim.addresses-rows": "2", "claim.addresses.0.phones-rows": "1", "claim.addresses.1.phones-rows": "2"}, true)
	p.fillAll(map[string]string{"claim.addresses.1.street": "Kirchweg 1", "claim.addresses.1.phones.0.number": "+411", "claim.addresses.1.phones.1.number": "+412"})
	remove := func(row, what string, holds func() bool) {
		t.Helper()
		p.do(chromedp.Focus(chromedp.CSS("button[value="+quote("remove "+row)+"]")), chromedp.KeyEvent(kb.Enter))
		p.settles(what, holds)
	}
	value := func(id string) string {
		return get(p, chromedp.Evaluate[string](fmt.Sprintf(`document.getElementById(%q)?.value ?? "nothing"`, id)))
	}
	remove("claim.addresses.1.phones.0", "the second phone moves up", func() bool {
		return p.rows("claim.addresses.1.phones") == "1" && value("claim.addresses.1.phones.0.number") == "+412"
	})
	focused := chromedp.Evaluate[string](`document.activeElement.id`)
	p.settles("focus on the list", func() bool { return get(p, focused) == "claim.addresses.1.phones" })
	remove("claim.addresses.0", "the second address moves up", func() bool {
		return p.rows("claim.addresses") == "1" && value("claim.addresses.0.street") == "Kirchweg 1" && value("claim.addresses.0.phones.0.number") == "+412"
	})
	remove("claim.addresses.0.phones.0", "no phone is left", func() bool { return p.rows("claim.addresses.0.phones") == "0" })
}
