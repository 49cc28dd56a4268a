package portal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// doctorSays gives what the doctor says in English, in pieces as they stand between what is filled in.
func doctorSays(t *testing.T) []string {
	t.Helper()
	const longEnough = 12 // shorter ones are words that languages share, such as TLS
	var pieces []string
	for _, folder := range []string{"doctor", "app"} {
		paths, err := filepath.Glob("../../internal/" + folder + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			tree, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				if f, ok := call.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "Say" {
					return true
				}
				literal, ok := call.Args[0].(*ast.BasicLit)
				if !ok {
					return true
				}
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				for _, piece := range regexp.MustCompile(`%[sd]`).Split(text, -1) {
					if piece = strings.TrimSpace(piece); len(piece) >= longEnough {
						pieces = append(pieces, piece)
					}
				}
				return true
			})
		}
	}
	if len(pieces) < 80 {
		t.Fatalf("only %d pieces were found", len(pieces))
	}
	return pieces
}

// troubled makes what there is to say about callbacks and in the audit trail, and gives the pages that say it.
func (b *bank) troubled(admin person) (pages []string) {
	b.t.Helper()
	for i, status := range []int{http.StatusNoContent, http.StatusFound, http.StatusGone, 0} {
		receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		b.t.Cleanup(receiver.Close)
		form := added(receiver.URL)
		form.Set("name", "N"+strconv.Itoa(i))
		href, _ := admin.do(post("/callbacks", form)).page(b.t).Find(`form[action$="/ping"]`).Attr("action")
		if status == 0 {
			receiver.Close()
		}
		pages = append(pages, strings.TrimSuffix(href, "/ping"), admin.do(post(href, nil)).header.Get("Location"))
	}
	admin.invite("bob", "operator")
	admin.do(post("/people/bob/roles", url.Values{"role.operator": {"yes"}, "role.auditor": {"yes"}}))
	admin.do(post("/clients", url.Values{"name": {"core"}, "scope.offers:read": {"yes"}, "way": {"key"}, "life": {"90"}}))
	b.signIn("demo-administrator") // elsewhere, so that there is another session to end
	admin.do(post("/account/sessions/end", nil))
	b.nobody().do(post("/sign-in", url.Values{"name": {"demo-clerk"}, "password": {"a-wrong-password"}}))
	return append(pages, "/system", "/callbacks", "/audit", "/certificates", "/")
}

// What the doctor finds, what became of deliveries and what stands in the audit trail is said in the reader's language, with its moving parts.
func TestWhat_the_program_finds_is_said_in_the_language_of_the_reader(t *testing.T) {
	t.Parallel()
	b := open(t, "COUNTERFOIL_PUBLIC_URL=http://127.0.0.1:1")
	admin := b.signIn("demo-administrator")
	pages := b.troubled(admin)
	b.signIn("demo-auditor")
	english := append(doctorSays(t), "redirects are", "connection refused", "switched off", "address not", "→ operator", ", auditor", "all others", "password", "Sign-in", "HTTP 410, endpoint")
	for tag, words := range map[string][]string{
		"de": {
			"HTTP 302, Weiterleitungen wird nicht gefolgt", "HTTP 410, Callback-Ziel ausgeschaltet", "Verbindung abgelehnt", "HTTP 204",
			"http://127.0.0.1:1 antwortet nicht: Verbindung abgelehnt.", "Zuerst muss die öffentliche Adresse antworten.", "Vom Empfänger ausgeschaltet (HTTP 410). ",
			"Schalter → Schalter, Revision", "alle anderen Sitzungen", "Demo", "Passwort",
		},
		"fr": {
			"HTTP 302, les redirections ne sont pas suivies", "HTTP 410, destination arrêtée", "connexion refusée", "HTTP 204",
			"http://127.0.0.1:1 ne répond pas : connexion refusée.", "L’adresse publique doit d’abord répondre.", "Arrêtée par le destinataire (HTTP 410). ",
			"Guichet → Guichet, Auditeur", "toutes les autres sessions", "démonstration", "mot de passe",
		},
	} {
		if a := admin.do(post("/language", url.Values{"language": {tag}, "next": {"/"}})); a.status != http.StatusSeeOther {
			t.Fatalf("choosing %s answered %d", tag, a.status)
		}
		var all strings.Builder
		for _, path := range pages {
			a := admin.do(get(path))
			if a.status != http.StatusOK {
				t.Fatalf("%s answered %d", path, a.status)
			}
			doc := a.page(t)
			doc.Find("code, pre, .address, [lang=en]").Not("small.address").Remove()
			text := strings.Join(strings.Fields(doc.Find("main").Text()), " ")
			for _, piece := range english {
				if strings.Contains(text, piece) {
					t.Errorf("%s in %s says %q", path, tag, piece)
				}
			}
			all.WriteString(text)
		}
		for _, word := range words {
			if !strings.Contains(strings.ReplaceAll(all.String(), "\u00a0", " "), word) {
				t.Errorf("nothing in %s says %q", tag, word)
			}
		}
	}
}
