package manage

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/accesstoken"
	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
	"counterfoil/web/surface"
)

// badTries is how many calls without a right key, certificate or token one address may make in a minute.
const badTries = 20

// Callers finds clients by what they show; *staff.Clients does.
type Callers interface {
	AuthenticateKey(ctx context.Context, key string) (staff.Client, error)
	AuthenticateIdentity(ctx context.Context, identities ...string) (staff.Client, error)
}

// Tokens checks access tokens of another authorization server; *accesstoken.Verifier does.
type Tokens interface {
	Verify(ctx context.Context, compact string) (accesstoken.Caller, error)
}

// Access is how callers show who they are. The zero value lets nobody in.
type Access struct {
	way staff.Way
	// identify gives the client; errStranger or a *staff.Error of kind Denied when there is none.
	identify func(c *fiber.Ctx) (staff.Client, error)
	// challenge is what WWW-Authenticate asks for; empty where no header could help.
	challenge string
}

// Open lets everybody who reaches the door do everything. The settings allow it on loopback only.
func Open() Access {
	return Access{identify: func(*fiber.Ctx) (staff.Client, error) { return staff.Trusted("management API"), nil }}
}

// ByKey takes API keys as bearer tokens (RFC 6750 §2.1).
func ByKey(callers Callers) Access {
	return Access{way: staff.WayKey, challenge: "Bearer", identify: func(c *fiber.Ctx) (staff.Client, error) {
		key, err := bearer(c)
		if err != nil {
			return staff.Client{}, err
		}
		return callers.AuthenticateKey(c.UserContext(), key)
	}}
}

// ByCertificate takes the certificate of the TLS connection, which the listener has verified. What a header says of a certificate
// counts nothing.
func ByCertificate(callers Callers, clock func() time.Time) Access {
	return Access{way: staff.WayCertificate, identify: func(c *fiber.Ctx) (staff.Client, error) {
		state := c.Context().TLSConnectionState()
		if state == nil || len(state.VerifiedChains) == 0 {
			return staff.Client{}, errStranger
		}
		leaf := state.PeerCertificates[0]
		if clock().After(leaf.NotAfter) { // a connection may live longer than its certificate
			return staff.Client{}, errStranger
		}
		return callers.AuthenticateIdentity(c.UserContext(), identities(leaf)...)
	}}
}

// identities gives the names of a certificate's holder: what it was issued for, and its key.
func identities(leaf *x509.Certificate) []string {
	sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	out := []string{"spki:sha256:" + hex.EncodeToString(sum[:])}
	for _, name := range leaf.DNSNames {
		out = append(out, "san:dns:"+strings.ToLower(name))
	}
	for _, uri := range leaf.URIs {
		out = append(out, "san:uri:"+uri.String())
	}
	return out
}

// ByToken takes access tokens of an authorization server. A client may do what both the token and its own record allow.
func ByToken(callers Callers, tokens Tokens) Access {
	return Access{way: staff.WayToken, challenge: "Bearer", identify: func(c *fiber.Ctx) (staff.Client, error) {
		token, err := bearer(c)
		if err != nil {
			return staff.Client{}, err
		}
		caller, err := tokens.Verify(c.UserContext(), token)
		if errors.Is(err, accesstoken.ErrRefused) {
			return staff.Client{}, fmt.Errorf("%w: %w", errStranger, err)
		}
		if err != nil {
			return staff.Client{}, err
		}
		client, err := callers.AuthenticateIdentity(c.UserContext(), "oauth:"+caller.ClientID)
		return client.Narrowed(caller.Scopes), err
	}}
}

// bearer reads the one Authorization header of a request; errStranger when there is none, another scheme or more than one. Schemes are
// case-insensitive (RFC 9110 §11.1). Cookies, forms and queries carry no key here (RFC 6750 §2.2 and §2.3 are not taken up).
func bearer(c *fiber.Ctx) (string, error) {
	headers := c.Request().Header.PeekAll(fiber.HeaderAuthorization)
	if len(headers) != 1 {
		return "", errStranger
	}
	scheme, token, _ := strings.Cut(string(headers[0]), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", errStranger
	}
	return token, nil
}

// errStranger means that nothing was shown, or nothing that could be anybody's.
var errStranger = errors.New("nobody is known by what was shown")

// forbidden is a caller who is known and may not do this.
type forbidden struct {
	code  string
	scope staff.Scope // the one that is missing, if it is that
}

func (e forbidden) Error() string { return e.code }

// The codes of what a known caller may not do.
const (
	codeScope   = "insufficient_scope"
	codeNetwork = "network_not_allowed"
	codeType    = "configuration_not_allowed"
)

// open tells the addresses that ask nobody who they are.
func open(path string) bool {
	return slices.Contains([]string{"/livez", "/readyz", "/openapi.json", docsPath}, path) || strings.HasPrefix(path, "/static/")
}

type callerKey struct{}

// authenticate finds out who calls, before anything of the request is looked at, and counts who cannot tell. A right key is let in however
// many wrong ones came from its address: it cannot be guessed, and one misconfigured neighbour must not shut out a whole bank.
func (d *door) authenticate(c *fiber.Ctx) error {
	if args := c.Request().URI().QueryArgs(); args.Has("api_key") || args.Has("access_token") {
		return keyInURL()
	}
	if open(c.Path()) {
		return c.Next()
	}
	client, err := staff.Client{}, errStranger
	if d.Access.identify != nil {
		client, err = d.Access.identify(c)
	}
	switch {
	case errors.Is(err, errStranger), staff.KindOf(err) == staff.Denied:
		d.Log.Info("not let in", "why", err.Error(), "address", surface.Address(c).String(), "request_id", surface.RequestID(c))
		if !d.failures.Count(c) {
			return fiber.ErrTooManyRequests
		}
		return errStranger
	case err != nil:
		return err
	case !client.MayCallFrom(surface.Address(c)):
		return forbidden{code: codeNetwork}
	}
	ctx := staff.As(c.UserContext(), staff.Actor{Name: client.Name, Via: staff.ViaAPI, Address: surface.Address(c).String()})
	c.SetUserContext(context.WithValue(ctx, callerKey{}, client))
	return c.Next()
}

// need lets through who holds the scope. Every route that is not open says what it needs; a test holds them to it.
func (d *door) need(scope staff.Scope) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if !clientOf(c.UserContext()).Has(scope) {
			return forbidden{code: codeScope, scope: scope}
		}
		return c.Next()
	}
}

// clientOf gives who calls: somebody who may do nothing when nobody was asked.
func clientOf(ctx context.Context) staff.Client {
	client, _ := ctx.Value(callerKey{}).(staff.Client)
	return client
}

// caller is who calls, for the record.
func caller(ctx context.Context) issuance.Actor { return issuance.Actor{Name: clientOf(ctx).Name} }

// audited lets what a handler changes be recorded in the audit trail, in the same transaction, as done by whoever was let in. Param is the
// parameter of the route that names what is changed; empty when it is made by the change.
func audited(act staff.Act, param string, h fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		object := ""
		if param != "" {
			object = c.Params(param)
		}
		c.SetUserContext(staff.Audited(c.UserContext(), act, object, ""))
		return h(c)
	}
}
