package e2e_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// browser is one person's Chromium window with cookies of its own. Whatever the console says against a page, a breach of the
// Content-Security-Policy included, fails the test.
type browser struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	expected []string // parts of console messages that the test brings about
	console  []string
}

// openBrowser starts Chromium at a window size in CSS pixels.
func openBrowser(t testing.TB, width, height int64) *browser {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true),
	}
	if os.Getuid() == 0 { // Chromium's sandbox refuses to run as root
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewContext(context.Background(), chromedp.WithAllocatorOptions(options...))
	t.Cleanup(cancel)
	limited, stop := context.WithTimeout(ctx, 10*patience)
	t.Cleanup(stop)
	b := &browser{t: t, ctx: limited}
	b.do(chromedp.EmulateViewport(width, height))
	watching := make(chan struct{})
	messages := chromedp.Console(limited)
	go func() {
		defer close(watching)
		for m, err := range messages {
			if err != nil {
				return
			}
			b.mu.Lock()
			b.console = append(b.console, m.String())
			b.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		stop()
		<-watching
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, m := range b.console {
			if !b.expects(m) {
				t.Errorf("the console says: %s", m)
			}
		}
	})
	return b
}

// expect allows console messages with these words: Chromium reports each answer of 400 and more.
func (b *browser) expect(words string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = append(b.expected, words)
}

func (b *browser) expects(message string) bool {
	for _, words := range b.expected {
		if strings.Contains(message, words) {
			return true
		}
	}
	return false
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for _, step := range steps {
		if err := chromedp.Do(b.ctx, found(step)); err != nil {
			b.t.Fatal(err)
		}
	}
}

// found takes a step again when a live page swapped its element between finding and using it. Chromium refuses such a step before it has
// any effect.
func found[T any](step chromedp.Action[T]) chromedp.Action[T] {
	return func(ctx context.Context, t *chromedp.Target) (T, error) {
		for {
			v, err := step(ctx, t)
			if err == nil || ctx.Err() != nil || !swapped(err) {
				return v, err
			}
		}
	}
}

// swapped tells what Chromium says of an element that is no longer on the page.
func swapped(err error) bool {
	said := err.Error()
	return slices.ContainsFunc([]string{
		"Could not find node with given id", "No node with given id found", "Node is detached from document", "Node does not have a layout object",
	}, func(words string) bool { return strings.Contains(said, words) })
}

// get runs an action that gives a value.
func get[T any](b *browser, a chromedp.Action[T]) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, found(a))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// goTo opens a page by its address.
func (b *browser) goTo(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
}

// press clicks what the selector finds and waits for the page that comes of it.
func (b *browser) press(selector string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, found(chromedp.Click(chromedp.CSS(selector)))); err != nil {
		b.t.Fatalf("press %s: %v", selector, err)
	}
}

// clickUntil clicks where no page is loaded, and again until it has had its effect: a part of the page that moves between finding and
// clicking lets a click land beside its aim.
func (b *browser) clickUntil(selector, effect string, holds func() bool) {
	b.t.Helper()
	const atOnce = 2 * time.Second // what is to be clicked may be gone because the click before had its effect
	eventually(b.t, patience, "click "+selector+" until "+effect, func() bool {
		if holds() {
			return true
		}
		ctx, cancel := context.WithTimeout(b.ctx, atOnce)
		defer cancel()
		return chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector))) == nil && holds()
	})
}

// isSettled tells whether what was last swapped in has settled: until then the page moves the focus once more, and forms in it are plain ones.
const isSettled = `!document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")`

// settles waits until what was swapped in shows its effect and the page has settled.
func (b *browser) settles(effect string, holds func() bool) {
	b.t.Helper()
	eventually(b.t, patience, effect, func() bool { return holds() && get(b, chromedp.Evaluate[bool](isSettled)) })
}

// unfold opens what is folded.
func (b *browser) unfold(details string) {
	b.t.Helper()
	isOpen := chromedp.Evaluate[bool](fmt.Sprintf("document.querySelector(%q)?.open === true", details))
	b.clickUntil(details+" > summary", "it is open", func() bool { return get(b, isOpen) })
}

// reveal shows the transaction code and gives it.
func (b *browser) reveal() string {
	b.t.Helper()
	return b.askCode("reveal")
}

// askCode presses a button of the transaction code, once, and gives the code that comes of it. It presses the button itself and no place on
// the screen, where another may have come.
func (b *browser) askCode(action string) string {
	b.t.Helper()
	shown := `document.querySelector(".code output")?.innerText ?? ""`
	before := get(b, chromedp.Evaluate[string](shown))
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector('.code form[action$="%s"] button').click()`, action)))
	eventually(b.t, patience, "a code after "+action, func() bool {
		now, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](shown))
		return err == nil && now != "" && now != before
	})
	return strings.ReplaceAll(b.text(".code output"), " ", "")
}

// fill types into fields by their ids, and chooses by value in those that are a list.
func (b *browser) fill(fields map[string]string) {
	b.t.Helper()
	for id, text := range fields {
		chosen := get(b, chromedp.Evaluate[bool](fmt.Sprintf(`(e => e instanceof HTMLSelectElement &&
			(e.value = %q, e.dispatchEvent(new Event("change", {bubbles: true}))))(document.getElementById(%q))`, text, id)))
		if !chosen {
			b.do(chromedp.SendKeys(chromedp.CSS("[id="+quote(id)+"]"), text))
		}
	}
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// text gives what a person reads in an element that is there.
func (b *browser) text(selector string) string {
	b.t.Helper()
	return get(b, chromedp.Evaluate[string](fmt.Sprintf(`document.querySelector(%q).innerText`, selector)))
}

// sees tells whether an element shows these words, without waiting for it.
func (b *browser) sees(selector, words string) bool {
	b.t.Helper()
	return get(b, chromedp.Evaluate[bool](fmt.Sprintf(
		`[...document.querySelectorAll(%q)].some(e => e.innerText.includes(%q))`, selector, words)))
}

// awaits waits until an element shows these words.
func (b *browser) awaits(selector, words string) {
	b.t.Helper()
	b.do(waitWords(selector, words))
}

func waitWords(selector, words string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		for {
			_, err := chromedp.Run(ctx, chromedp.Poll[bool](fmt.Sprintf(
				`[...document.querySelectorAll(%q)].some(e => e.innerText.includes(%q))`, selector, words),
				chromedp.WithPollingTimeout(patience)))
			if err != nil && ctx.Err() == nil && (strings.Contains(err.Error(), "Cannot find context") || strings.Contains(err.Error(), "target navigated")) {
				continue // the page was replaced by another while it was looked at
			}
			if err != nil {
				return fmt.Errorf("wait for %q in %s: %w", words, selector, err)
			}
			return nil
		}
	})
}

// scheme makes the system ask for a light or dark page, at rest: in the middle of a transition no contrast is right.
func (b *browser) scheme(name string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// scripts switches JavaScript of the pages off or on.
func (b *browser) scripts(on bool) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	if err != nil {
		b.t.Fatal(err)
	}
}

// signIn signs in as one of the demo's people.
func (b *browser) signIn(bank *bank, name string) {
	b.t.Helper()
	b.goTo(bank.portal + "/sign-in")
	b.press(fmt.Sprintf(`form:has(input[value="%s"]) button`, name))
}
