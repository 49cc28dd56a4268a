package issuance

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"counterfoil/internal/secret"
)

// Bounds of callback endpoints.
const (
	maxEndpoints    = 50
	maxEndpointName = 100
	// maxEndpointTypes bounds what is compared with each event.
	maxEndpointTypes = 100
	secretPrefix     = "whsec_" // Standard Webhooks 1.0
	secretBytes      = 32
	minSecretBytes   = 24
	maxSecretBytes   = 64
	// secretOverlap is how long the secret before signs beside the new one.
	secretOverlap = 24 * time.Hour
	// ConfiguredEndpoint is the id of the endpoint that the settings name.
	ConfiguredEndpoint EndpointID = "default"
)

// Callbacks is the use cases of callback endpoints and deliveries.
type Callbacks struct {
	Endpoints  Endpoints
	Deliveries Deliveries
	Types      Types
	// CheckURL tells whether an address may be called at all; its error is fit to show, and may have a Code.
	CheckURL func(url string) error
	Clock    func() time.Time
	Random   io.Reader
}

// NewEndpoint is a request for a callback endpoint.
type NewEndpoint struct {
	URL string
	// Name is for people; empty means the URL's host is enough.
	Name string
	// Types restricts to these credential configurations; empty means all. Statuses nil means StandardCallbacks.
	Types    []string
	Statuses []CallbackStatus
	// Secret is the caller's own; nil means that one is made.
	Secret *secret.Text
	By     Actor
}

// CreateEndpoint makes a callback endpoint; what it returns holds the secret, which is shown this once. Invalid with the faulty
// members; Conflict with CodeTooManyEndpoints.
func (c *Callbacks) CreateEndpoint(ctx context.Context, n NewEndpoint) (Endpoint, error) {
	if n.Statuses == nil {
		n.Statuses = StandardCallbacks()
	}
	faults := slices.Concat(c.checkURL(n.URL), checkName(n.Name), c.checkTypes(n.Types), checkStatuses(n.Statuses), checkSecret(n.Secret))
	if err := faulty(faults); err != nil {
		return Endpoint{}, err
	}
	id, err := secret.ID(c.Random, offerIDBytes)
	if err != nil {
		return Endpoint{}, fmt.Errorf("draw endpoint id: %w", err)
	}
	e := Endpoint{
		ID: EndpointID(id), Name: n.Name, URL: n.URL, Types: n.Types, Statuses: n.Statuses,
		State: EndpointActive, CreatedAt: c.Clock(), CreatedBy: n.By.Name,
	}
	if n.Secret != nil {
		e.Secret = *n.Secret
	} else if e.Secret, err = NewSecret(c.Random); err != nil {
		return Endpoint{}, err
	}
	if err := c.Endpoints.AddEndpoint(ctx, e, maxEndpoints); err != nil {
		return Endpoint{}, fmt.Errorf("add endpoint: %w", err)
	}
	return e, nil
}

// NewSecret makes the secret of an endpoint: whsec_ and the base64 of 32 random bytes (Standard Webhooks 1.0).
func NewSecret(random io.Reader) (secret.Text, error) {
	b := make([]byte, secretBytes)
	if _, err := io.ReadFull(random, b); err != nil {
		return secret.Text{}, fmt.Errorf("draw secret: %w", err)
	}
	return secret.NewText(secretPrefix + base64.StdEncoding.EncodeToString(b)), nil
}

// Configure makes the endpoint that the settings name, and changes it as they were changed since the last start: called at its new
// address, with the secret before signing beside a new one for a day; paused when url is empty, so that nothing goes to an address that
// was taken out of the settings. What the settings say as before is left as somebody changed it since. NotFound when url is named and
// there is no such endpoint, because somebody deleted it since they said so, or there is no room for it. It returns the endpoint as it
// then is.
func (c *Callbacks) Configure(ctx context.Context, url string, s secret.Text) (Endpoint, error) {
	before, err := c.Endpoints.Endpoint(ctx, ConfiguredEndpoint)
	if KindOf(err) == NotFound {
		if url == "" {
			return Endpoint{}, nil
		}
		before, err = c.addConfigured(ctx, url, s)
	}
	if err != nil {
		return Endpoint{}, fmt.Errorf("read the configured endpoint: %w", err)
	}
	says := configured(url, s)
	if url == "" {
		says.SecretHash = before.Configured.SecretHash
	}
	if says == before.Configured {
		return before, nil
	}
	change := EndpointChange{ID: ConfiguredEndpoint, At: c.Clock(), Settings: &SettingsChange{From: before.Configured, To: says}}
	if says.URL != before.Configured.URL {
		state := EndpointPaused
		if url != "" {
			state, change.URL = EndpointActive, &url
		}
		change.State, change.From = &state, []EndpointState{EndpointActive, EndpointPaused, EndpointDisabled}
	}
	if says.SecretHash != before.Configured.SecretHash && before.Secret.Reveal() != s.Reveal() {
		change.Rotate = &Rotation{Secret: s, OldUntil: change.At.Add(secretOverlap)}
	}
	after, err := c.Endpoints.ChangeEndpoint(ctx, change)
	if err != nil && KindOf(err) != Conflict { // another process was quicker
		return Endpoint{}, fmt.Errorf("change the configured endpoint: %w", err)
	}
	return after, nil
}

// addConfigured makes the endpoint of the settings, or returns the one that another process just made.
func (c *Callbacks) addConfigured(ctx context.Context, url string, s secret.Text) (Endpoint, error) {
	e := Endpoint{
		ID: ConfiguredEndpoint, Name: "From the settings", URL: url, Secret: s, Statuses: StandardCallbacks(), State: EndpointActive,
		CreatedAt: c.Clock(), CreatedBy: "the settings", Configured: configured(url, s),
	}
	err := c.Endpoints.AddEndpoint(ctx, e, maxEndpoints)
	if KindOf(err) == Conflict {
		return c.Endpoints.Endpoint(ctx, ConfiguredEndpoint)
	}
	return e, err
}

func configured(url string, s secret.Text) Configured {
	return Configured{URL: url, SecretHash: hex.EncodeToString(secret.Hash(s.Reveal()))}
}

// ChangeEndpoint changes what is not nil in n. NotFound; Invalid with the faulty members.
func (c *Callbacks) ChangeEndpoint(ctx context.Context, change EndpointChange) (Endpoint, error) {
	var faults []Field
	if change.URL != nil {
		faults = append(faults, c.checkURL(*change.URL)...)
	}
	if change.Name != nil {
		faults = append(faults, checkName(*change.Name)...)
	}
	if change.Types != nil {
		faults = append(faults, c.checkTypes(*change.Types)...)
	}
	if change.Statuses != nil {
		faults = append(faults, checkStatuses(*change.Statuses)...)
	}
	if err := faulty(faults); err != nil {
		return Endpoint{}, err
	}
	return c.Endpoints.ChangeEndpoint(ctx, change)
}

// PauseEndpoint holds deliveries back; pausing a paused endpoint changes nothing. Conflict for one that is switched off already.
func (c *Callbacks) PauseEndpoint(ctx context.Context, id EndpointID) (Endpoint, error) {
	to := EndpointPaused
	return c.Endpoints.ChangeEndpoint(ctx, EndpointChange{ID: id, State: &to, From: []EndpointState{EndpointActive}, At: c.Clock()})
}

// ResumeEndpoint lets deliveries go again and everything that waits at once, also to an endpoint that answered 410; resuming an active
// endpoint changes nothing.
func (c *Callbacks) ResumeEndpoint(ctx context.Context, id EndpointID) (Endpoint, error) {
	to := EndpointActive
	return c.Endpoints.ChangeEndpoint(ctx, EndpointChange{ID: id, State: &to, From: []EndpointState{EndpointPaused, EndpointDisabled}, At: c.Clock()})
}

// RotateSecret gives an endpoint a new secret, which is shown this once; the one before signs beside it for a day.
func (c *Callbacks) RotateSecret(ctx context.Context, id EndpointID) (Endpoint, error) {
	fresh, err := NewSecret(c.Random)
	if err != nil {
		return Endpoint{}, err
	}
	return c.Endpoints.ChangeEndpoint(ctx, EndpointChange{ID: id, Rotate: &Rotation{Secret: fresh, OldUntil: c.Clock().Add(secretOverlap)}})
}

// ReplayAll queues deliveries of an endpoint anew. NotFound; Invalid when the range ends before it begins.
func (c *Callbacks) ReplayAll(ctx context.Context, r Replay) (int, error) {
	if _, err := c.Endpoints.Endpoint(ctx, r.Endpoint); err != nil {
		return 0, err
	}
	if !r.Until.IsZero() && r.Until.Before(r.From) {
		return 0, faulty([]Field{{"/until", codeValidationFailed, "must not be before from"}})
	}
	r.At = c.Clock()
	return c.Deliveries.Replay(ctx, r)
}

// faulty makes the refusal of faulty members, or nil when there is none.
func faulty(fields []Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Code: codeValidationFailed, Reason: "the request has members that do not fit", Fields: fields}
}

func (c *Callbacks) checkURL(url string) []Field {
	if url == "" {
		return []Field{{"/url", codeValidationFailed, "must be there and not empty"}}
	}
	if err := c.CheckURL(url); err != nil {
		return []Field{{"/url", urlCode(err), err.Error()}}
	}
	return nil
}

// What can be wrong with the address of a callback endpoint.
const (
	codeURLInvalid = "callback_url_invalid"
	codeURLScheme  = "callback_scheme"
	codeURLPlain   = "callback_https_required"
	codeURLBlocked = "callback_address_blocked"
)

// urlCode names what is wrong with an address.
func urlCode(err error) string {
	var named interface{ Code() string }
	if errors.As(err, &named) {
		switch named.Code() {
		case "scheme":
			return codeURLScheme
		case "https_required":
			return codeURLPlain
		case "address_blocked":
			return codeURLBlocked
		}
	}
	return codeURLInvalid
}

func checkName(name string) []Field {
	if utf8.RuneCountInString(name) > maxEndpointName || !printable(name) {
		return []Field{{"/name", codeValidationFailed, "must be at most 100 printable characters"}}
	}
	return nil
}

func (c *Callbacks) checkTypes(types []string) []Field {
	if len(types) > maxEndpointTypes {
		return []Field{{"/types", codeValidationFailed, "must be at most 100"}}
	}
	var fields []Field
	for i, id := range types {
		if _, known := c.Types.Type(id); !known || slices.Contains(types[:i], id) {
			fields = append(fields, Field{fmt.Sprintf("/types/%d", i), codeValidationFailed, "must be a credential configuration id, once"})
		}
	}
	return fields
}

func checkStatuses(statuses []CallbackStatus) []Field {
	if len(statuses) > len(CallbackStatuses()) {
		return []Field{{"/statuses", codeValidationFailed, "must name each callback status at most once"}}
	}
	var fields []Field
	for i, s := range statuses {
		if !slices.Contains(CallbackStatuses(), s) || slices.Contains(statuses[:i], s) {
			fields = append(fields, Field{fmt.Sprintf("/statuses/%d", i), codeValidationFailed, "must be a callback status, once"})
		}
	}
	if len(statuses) == 0 {
		fields = append(fields, Field{"/statuses", codeValidationFailed, "must name a callback status"})
	}
	return fields
}

func checkSecret(s *secret.Text) []Field {
	if s == nil {
		return nil
	}
	raw, ok := strings.CutPrefix(s.Reveal(), secretPrefix)
	key, err := base64.StdEncoding.Strict().DecodeString(raw)
	// The decoder passes over line ends, which come with what was pasted; another library may not.
	if !ok || err != nil || strings.ContainsAny(raw, "\r\n") || len(key) < minSecretBytes || len(key) > maxSecretBytes {
		return []Field{{"/secret", codeValidationFailed, "must be whsec_ and the base64 of 24 to 64 bytes"}}
	}
	return nil
}
