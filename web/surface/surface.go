package surface

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"counterfoil/internal/issuance"
	"counterfoil/internal/secret"
)

// Bounds of every request.
const (
	// readBuffer holds the header block: a wallet attestation with its proof passes 8 KiB.
	readBuffer   = 32 << 10
	readTimeout  = 15 * time.Second
	writeTimeout = 30 * time.Second
	idleTimeout  = 60 * time.Second
	// deadline is how long the work on a request may take.
	deadline       = 10 * time.Second
	requestIDBytes = 12
)

// Door is what makes one door different from another.
type Door struct {
	Name      string
	BodyLimit int
	Log       *slog.Logger
	// Phrase writes the answer to an error in the door's own dialect; it is the only place where it does.
	Phrase func(c *fiber.Ctx, err error) error
	// Observe, when there is one, is told of every request: the route is its pattern.
	Observe func(door, method, route string, status int, took time.Duration)
	// TrustedProxies are the networks of proxies whose word about the caller's address counts.
	TrustedProxies []netip.Prefix
	// Streams says that answers stay open for long: a connection keeps no buffer of what it read, which would be half of what a stream takes.
	Streams bool
	// Headers are set on every answer before the handlers run.
	Headers map[string]string
}

// New makes the app of a door with everything that comes before its routes. Mount the routes, then call Close.
func New(d Door) *fiber.App {
	app := fiber.New(fiber.Config{
		DisableStartupMessage: true,
		Immutable:             true, // strings outlive the handler
		StrictRouting:         true,
		CaseSensitive:         true,
		BodyLimit:             d.BodyLimit,
		ReadBufferSize:        readBuffer,
		ReduceMemoryUsage:     d.Streams,
		ReadTimeout:           readTimeout,
		WriteTimeout:          writeTimeout,
		IdleTimeout:           idleTimeout,
		ErrorHandler:          d.early,
		// A form with files is read by who wants one, not for everybody before the handler.
		DisablePreParseMultipartForm: true,
	})
	routed := app.Server().Handler
	app.Server().Handler = func(ctx *fasthttp.RequestCtx) {
		// Fiber answers methods it does not know in a dialect of its own. TRACE has no route at any door, so they get what it gets.
		if !slices.Contains(fiber.DefaultMethods, string(ctx.Method())) {
			ctx.Request.Header.SetMethod(fiber.MethodTrace)
		}
		routed(ctx)
	}
	app.Use(d.observe, d.bound)
	return app
}

// early phrases what was refused before observe ran, because it was too large or no HTTP: with a name and the headers all the same.
func (d Door) early(c *fiber.Ctx, err error) error {
	linger(c)
	if RequestID(c) == "" {
		if err := d.introduce(c); err != nil {
			return err
		}
		defer func() {
			d.Log.Info("request", "door", d.Name, "status", c.Response().StatusCode(), "request_id", RequestID(c))
		}()
	}
	return d.Phrase(c, err)
}

// introduce names the request and sets the headers.
func (d Door) introduce(c *fiber.Ctx) error {
	id, err := secret.Token(rand.Reader, requestIDBytes)
	if err != nil {
		return fmt.Errorf("name request: %w", err)
	}
	c.Locals(requestIDKey{}, id)
	c.SetUserContext(issuance.WithRequest(c.UserContext(), id)) // events keep it
	c.Locals(addressKey{}, d.caller(c))
	c.Set("X-Request-Id", id)
	for name, value := range d.Headers {
		c.Set(name, value)
	}
	return nil
}

// observe names the request, sets the headers, phrases errors and panics, and writes one line to the log: never a
// query, a header or a body.
func (d Door) observe(c *fiber.Ctx) error {
	begin := time.Now() //nolint:forbidigo // how long a request took is no rule of the domain
	if err := d.introduce(c); err != nil {
		return err
	}
	if err := d.guarded(c); err != nil {
		if err := d.Phrase(c, err); err != nil {
			return err
		}
	}
	took := time.Since(begin)
	d.Log.Info("request", "door", d.Name, "method", c.Method(), "route", c.Route().Path,
		"status", c.Response().StatusCode(), "ms", took.Milliseconds(), "request_id", RequestID(c))
	if d.Observe != nil {
		d.Observe(d.Name, c.Method(), c.Route().Path, c.Response().StatusCode(), took)
	}
	return nil
}

// guarded turns a panic into a fault, so that the door still answers in its own dialect.
func (d Door) guarded(c *fiber.Ctx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return c.Next()
}

// bound gives the work on the request a deadline, and refuses header blocks that another server could read differently.
func (d Door) bound(c *fiber.Ctx) error {
	if len(c.Request().Header.PeekAll(fiber.HeaderHost)) > 1 {
		return fiber.NewError(fiber.StatusBadRequest, "one Host")
	}
	for name := range c.Request().Header.All() {
		if bytes.ContainsAny(name, " \t") {
			return fiber.NewError(fiber.StatusBadRequest, "a header name with space")
		}
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), deadline)
	defer cancel()
	c.SetUserContext(ctx)
	return c.Next()
}

type requestIDKey struct{}

// RequestID gives the name of the request, which the caller was told and the log holds.
func RequestID(c *fiber.Ctx) string {
	id, _ := c.Locals(requestIDKey{}).(string)
	return id
}

// Unavailable tells a fault that passes, because the database is away or the request took too long. It is answered 503 with
// Retry-After, which Unavailable sets.
func Unavailable(c *fiber.Ctx, err error) bool {
	away := errors.Is(err, issuance.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded)
	if away {
		c.Set(fiber.HeaderRetryAfter, "5")
	}
	return away
}

// Fault logs an error that is nobody's refusal, once, with the request's name.
func Fault(c *fiber.Ctx, log *slog.Logger, err error) {
	log.Error("fault", "error", err.Error(), "method", c.Method(), "route", c.Route().Path, "request_id", RequestID(c))
}

// Close adds the door's own end: what no route took is 405 with Allow when the path has other methods, else 404. Both
// come back from Phrase as *fiber.Error.
func Close(app *fiber.App) {
	type route struct{ method, path string }
	var routes []route
	for _, r := range app.GetRoutes(true) {
		routes = append(routes, route{r.Method, r.Path})
	}
	app.Use(func(c *fiber.Ctx) error {
		var allowed []string
		for _, r := range routes {
			if r.path != "/" && r.path != "/*" && fiber.RoutePatternMatch(c.Path(), r.path, fiber.Config{StrictRouting: true, CaseSensitive: true}) {
				allowed = append(allowed, r.method)
			}
			if r.path == "/" && c.Path() == "/" {
				allowed = append(allowed, r.method)
			}
		}
		if len(allowed) == 0 {
			return fiber.ErrNotFound
		}
		slices.Sort(allowed)
		c.Set(fiber.HeaderAllow, strings.Join(slices.Compact(allowed), ", "))
		return fiber.ErrMethodNotAllowed
	})
}

// StatusOf gives the status of a *fiber.Error, or 0.
func StatusOf(err error) int {
	var e *fiber.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// APIHeaders are the headers of a door that speaks JSON.
func APIHeaders() map[string]string {
	return map[string]string{
		"X-Content-Type-Options":  "nosniff",
		"Cache-Control":           "no-store",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
		"Referrer-Policy":         "no-referrer",
	}
}
