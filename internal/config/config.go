package config

import (
	"net/netip"
	"time"

	"counterfoil/internal/secret"
)

// Prefix begins the name of every variable.
const Prefix = "COUNTERFOIL_"

// Config is everything that can be set. Each field's doc tag is its line in the README's table;
// a secret may also come from a file named by the variable with _FILE behind it.
type Config struct {
	PublicURL string `env:"PUBLIC_URL" envDefault:"http://localhost:8080" doc:"credential issuer identifier: what wallets reach, may have a path"`

	BrandName   string `env:"BRAND_NAME" doc:"the bank's name, as wallets, customers and staff read it; empty means Counterfoil"`
	BrandLogo   string `env:"BRAND_LOGO" doc:"file of the bank's logo for portal, customer display and landing page: SVG, PNG or JPEG of at most 64 KiB"`
	BrandAccent string `env:"BRAND_ACCENT" doc:"the bank's colour as #rrggbb; where text in it could not be read, the nearest shade is taken"`

	PublicAddr     string `env:"PUBLIC_ADDR" envDefault:":8080" doc:"where the wallet door listens"`
	ManagementAddr string `env:"MANAGEMENT_ADDR" envDefault:"127.0.0.1:8081" doc:"where the management door listens"`
	PortalAddr     string `env:"PORTAL_ADDR" envDefault:"127.0.0.1:8082" doc:"where the staff portal listens"`

	PublicTLSCert     string `env:"PUBLIC_TLS_CERT" doc:"PEM chain of the wallet door; without it the door speaks plain HTTP"`
	PublicTLSKey      string `env:"PUBLIC_TLS_KEY" doc:"PEM key of the wallet door"`
	ManagementTLSCert string `env:"MANAGEMENT_TLS_CERT" doc:"PEM chain of the management door"`
	ManagementTLSKey  string `env:"MANAGEMENT_TLS_KEY" doc:"PEM key of the management door"`
	PortalTLSCert     string `env:"PORTAL_TLS_CERT" doc:"PEM chain of the portal"`
	PortalTLSKey      string `env:"PORTAL_TLS_KEY" doc:"PEM key of the portal"`

	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES" doc:"networks of the proxies before the doors, as CIDRs with commas between; the caller's address is then taken from X-Forwarded-For"`

	DataDir     string      `env:"DATA_DIR" envDefault:"./data" doc:"SQLite database, keys and certificates"`
	DatabaseURL secret.Text `env:"DATABASE_URL" secret:"true" doc:"postgres://… in production; empty means an SQLite file in the data dir"`
	TypesDir    string      `env:"TYPES_DIR" doc:"folder of credential types; empty means the bundled samples"`

	CallbackURL    string      `env:"CALLBACK_URL" doc:"the first callback endpoint"`
	CallbackSecret secret.Text `env:"CALLBACK_SECRET" secret:"true" doc:"whsec_ and base64 of 24 to 64 random bytes; signs callbacks"`

	CallbackAllow []netip.Prefix `env:"CALLBACK_ALLOW" doc:"networks that callbacks may go to although they are not public, as CIDRs with commas between"`

	OfferTTL       time.Duration `env:"OFFER_TTL" envDefault:"5m" doc:"how long an offer may be redeemed"`
	TxCodeAttempts int           `env:"TX_CODE_ATTEMPTS" envDefault:"5" doc:"wrong transaction codes that end an offer"`

	MasterKey      secret.Text `env:"MASTER_KEY" secret:"true" doc:"32 bytes, base64 or hex, that wrap all data keys; the demo makes one in the data dir"`
	ManagementAuth string      `env:"MANAGEMENT_AUTH" envDefault:"none" doc:"how callers of the management door show who they are: none (on loopback only), key, mtls or oauth"`

	ManagementClientCA      string `env:"MANAGEMENT_CLIENT_CA" doc:"PEM file of the authorities whose client certificates the management door takes; with mtls"`
	ManagementOAuthIssuer   string `env:"MANAGEMENT_OAUTH_ISSUER" doc:"authorization server whose access tokens the management door takes; with oauth"`
	ManagementOAuthAudience string `env:"MANAGEMENT_OAUTH_AUDIENCE" doc:"what these tokens must be for (aud); with oauth"`

	PortalURL        string            `env:"PORTAL_URL" doc:"what browsers reach the portal by, as https://host; passkeys and single sign-on need it; empty means localhost while the portal listens on loopback"`
	SecondStep       bool              `env:"SECOND_STEP" envDefault:"false" doc:"whether everybody with a password needs a second step (passkey or authenticator app): who has none sets one up before anything else"`
	OIDCIssuer       string            `env:"OIDC_ISSUER" doc:"OpenID Provider at which staff sign in; empty means local accounts only"`
	OIDCClientID     string            `env:"OIDC_CLIENT_ID" doc:"what the portal is called there; its redirect URI is PORTAL_URL and /sign-in/sso/back"`
	OIDCClientSecret secret.Text       `env:"OIDC_CLIENT_SECRET" secret:"true" doc:"its secret; empty for a public client"`
	OIDCRoleClaim    string            `env:"OIDC_ROLE_CLAIM" envDefault:"roles" doc:"claim of the ID token that says what somebody is"`
	OIDCRoles        map[string]string `env:"OIDC_ROLES" envKeyValSeparator:"=" doc:"what its values mean, as clerks=operator,it=administrator"`
}
