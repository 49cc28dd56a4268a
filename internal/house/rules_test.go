package house_test

// ring is how far out a package lies. Imports point inward: a package imports lower rings only, never a sibling.
type ring int

const (
	codec ring = iota
	domain
	bridge
	surface
	assembly
)

// rings is every package of the program; one that is not here fails the test.
func rings() map[string]ring {
	return map[string]ring{
		"internal/brand": codec, "internal/jose": codec, "internal/oauth": codec, "internal/outbound": codec, "internal/qr": codec, "internal/sdjwt": codec,
		"internal/portrait": codec,
		"internal/secret":   codec, "internal/strictjson": codec, "internal/typemeta": codec, "migrations": codec, "views/i18n": codec,

		"internal/issuance": domain, "internal/staff": domain, "internal/trust": domain,

		"internal/accesstoken": bridge, "internal/callback": bridge, "internal/config": bridge, "internal/doctor": bridge, "internal/mint": bridge, "internal/oid4vci": bridge, "internal/signin": bridge,
		"internal/store": bridge, "internal/wallet": bridge,

		"views/help": surface,

		"web/manage": surface, "web/portal": surface, "web/surface": surface, "web/wallet": surface,
		"static": surface, "views/account": surface, "views/apidocs": surface, "views/approvals": surface, "views/callbacks": surface, "views/demowallet": surface, "views/display": surface, "views/home": surface, "views/landing": surface,
		"views/layout": surface, "views/offers": surface, "views/problem": surface, "views/samples": surface, "views/signin": surface, "views/system": surface, "views/ui": surface,
		"views/apiclients": surface, "views/audit": surface, "views/people": surface, "views/certificates": surface, "views/credentialtypes": surface,

		"cmd/counterfoil": assembly, "internal/app": assembly, "e2e": assembly,
		"internal/house": assembly, "internal/app/apptest": assembly, "internal/issuance/issuancetest": assembly, "internal/store/storetest": assembly,
	}
}

// siblings is who may import its own ring, and why.
func siblings() map[string][]string {
	return map[string][]string{
		// Codecs may use keys, secrets and the strict reader.
		"internal/oauth": {"internal/jose", "internal/secret", "internal/strictjson"}, "internal/jose": {"internal/strictjson"},
		"internal/sdjwt": {"internal/jose", "internal/secret", "internal/strictjson"}, "internal/typemeta": {"internal/portrait", "internal/strictjson", "internal/sdjwt"},
		// Surfaces share their shape, the portal has pages, pages have a frame and parts.
		"web/surface": {"static"}, "web/manage": {"web/surface", "static", "views/apidocs"}, "web/wallet": {"web/surface", "static", "views/landing"},
		"views/help": {"views/layout", "static"},
		"web/portal": {
			"views/help",
			"web/surface", "views/account", "views/approvals", "views/callbacks", "views/certificates", "views/credentialtypes", "views/demowallet", "views/display", "views/home", "views/layout", "views/offers", "views/problem", "views/signin",
			"views/samples", "views/system", "views/ui",
			"views/apiclients", "views/audit", "views/people",
		},
		"views/layout": {"static", "views/ui"}, "views/callbacks": {"views/layout", "views/ui"}, "views/demowallet": {"views/layout", "views/ui"}, "views/display": {"views/layout", "views/ui"}, "views/home": {"views/layout", "views/offers", "views/ui"},
		"views/offers": {"views/layout", "views/ui"}, "views/problem": {"views/layout"}, "views/signin": {"views/layout", "views/ui", "static"},
		"views/approvals": {"views/layout", "views/ui"}, "views/system": {"views/layout", "views/ui"},
		"views/samples": {"static", "views/help", "views/approvals", "views/demowallet", "views/display", "views/landing", "views/layout", "views/offers", "views/ui", "views/account", "views/apiclients", "views/audit", "views/people", "views/signin", "views/callbacks", "views/certificates", "views/credentialtypes", "views/home", "views/problem", "views/system"},
		"views/account": {"views/layout", "views/ui", "static"}, "views/apiclients": {"views/layout", "views/ui"}, "views/audit": {"views/layout", "views/ui"},
		"views/people": {"views/layout", "views/ui"}, "views/certificates": {"views/layout", "views/ui"},
		"views/credentialtypes": {"views/layout", "views/ui"},
		// Commands start the app.
		"cmd/counterfoil": {"internal/app"}, "internal/app/apptest": {"internal/app"},
	}
}

// doors is the one way to each library: who may import it, also through others. "..." ends a prefix.
func doors() map[string][]string {
	return map[string][]string{
		"gorm.io/":                     {"internal/store", "internal/app", "internal/app/apptest", "cmd/counterfoil"},
		"github.com/jackc/pgx":         {"internal/store", "internal/store/storetest", "internal/app", "internal/app/apptest", "cmd/counterfoil"},
		"modernc.org/":                 {"internal/store", "internal/app", "internal/app/apptest", "cmd/counterfoil"},
		"github.com/skip2/go-qrcode":   {"internal/qr", "web/manage", "web/portal", "internal/app", "internal/app/apptest", "cmd/counterfoil"},
		"github.com/gofiber/fiber":     {"web/manage", "web/portal", "web/surface", "web/wallet", "internal/app", "internal/app/apptest", "cmd/counterfoil"},
		"github.com/a-h/templ":         {"views/...", "web/manage", "web/portal", "web/wallet", "internal/app", "internal/app/apptest", "cmd/counterfoil"},
		"github.com/yuin/goldmark":     {"views/help", "views/samples", "web/portal", "internal/app", "internal/app/apptest", "cmd/counterfoil"},
		"github.com/alecthomas/kong":   {"cmd/counterfoil"},
		"github.com/caarlos0/env":      {"internal/config", "internal/app", "internal/app/apptest", "cmd/counterfoil"},
		"github.com/standard-webhooks": {"internal/callback", "internal/config", "internal/app", "internal/app/apptest", "cmd/counterfoil"},
		"golang.org/x/crypto/argon2":   {"internal/staff", "internal/signin", "internal/store", "web/manage", "web/portal", "internal/app", "internal/app/apptest", "cmd/counterfoil"},
	}
}

// direct is who may name a library in an import of its own, whoever gets it through others.
func direct() map[string][]string {
	return map[string][]string{
		"github.com/lestrrat-go/jwx":         {"internal/jose"},
		"github.com/skip2/go-qrcode":         {"internal/qr"},
		"github.com/go-json-experiment/json": {"internal/strictjson"},
		"github.com/tink-crypto/tink-go":     {"internal/secret"},
		"github.com/hashicorp/golang-lru":    {"web/surface"},
		"gorm.io/":                           {"internal/store"},
		"database/sql":                       {"internal/store"},
		"github.com/prometheus/":             {"internal/app"},
		"github.com/go-webauthn/webauthn":    {"internal/signin"},
		"github.com/coreos/go-oidc":          {"internal/signin"},
		"github.com/pquerna/otp":             {"internal/staff"},
		"golang.org/x/image":                 {"internal/portrait"},
		"github.com/bep/imagemeta":           {"internal/portrait"},
		"net/http":                           {"internal/accesstoken", "internal/doctor", "internal/outbound", "internal/callback", "internal/signin", "internal/wallet", "internal/app"},
	}
}

// topLevel is what may lie at the top, besides files whose names begin with a dot.
func topLevel() []string {
	return []string{
		"LICENSE", "Makefile", "README.md", "cmd", "e2e", "go.mod", "go.sum", "internal", "migrations", "static", "views", "web",
	}
}
