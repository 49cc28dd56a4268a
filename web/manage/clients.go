package manage

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
	"counterfoil/internal/typemeta"
)

// Clients is what the door needs of clients, besides who calls.
type Clients interface {
	AddClient(ctx context.Context, n staff.NewClient, by staff.Client) (staff.Client, *staff.FreshKey, error)
	Client(ctx context.Context, id staff.ClientID) (staff.Client, error)
	ListClients(ctx context.Context) ([]staff.Client, error)
	DisableClient(ctx context.Context, id staff.ClientID, keep staff.Way) error
	EnableClient(ctx context.Context, id staff.ClientID, by staff.Client) error
}

// Keys is what the door needs of the keys of clients.
type Keys interface {
	NewKey(ctx context.Context, id staff.ClientID, life time.Duration, by staff.Client) (staff.FreshKey, error)
	RevokeKey(ctx context.Context, client staff.ClientID, key staff.KeyID, keep staff.Way) error
}

// clientRequest is the body of POST /clients.
type clientRequest struct {
	Name       string        `json:"name"`
	Scopes     []staff.Scope `json:"scopes"`
	Types      []string      `json:"types"`
	Networks   []string      `json:"networks"`
	Identities []string      `json:"identities"`
	ExpiresIn  *int          `json:"expires_in"` // seconds; of the first key
}

// keyRequest is the body of POST /clients/{id}/keys.
type keyRequest struct {
	ExpiresIn *int `json:"expires_in"` // seconds
}

// clientShown is a client as it is read.
type clientShown struct {
	ClientID   string        `json:"client_id"`
	Name       string        `json:"name"`
	Scopes     []staff.Scope `json:"scopes"`
	Types      []string      `json:"types,omitzero"`
	Networks   []string      `json:"networks,omitzero"`
	Identities []string      `json:"identities,omitzero"`
	Disabled   bool          `json:"disabled"`
	CreatedAt  string        `json:"created_at"`
	Keys       []keyShown    `json:"keys"`
	// Key is the key itself, in the one answer to the request that made it.
	Key string `json:"key,omitzero"`
}

// keyShown is a key as it is read: never the key itself, but in the one answer to the request that made it.
type keyShown struct {
	KeyID      string `json:"key_id"`
	CreatedAt  string `json:"created_at"`
	ExpiresAt  string `json:"expires_at,omitzero"`
	LastUsedAt string `json:"last_used_at,omitzero"`
	RevokedAt  string `json:"revoked_at,omitzero"`
	Key        string `json:"key,omitzero"`
}

func showClient(c staff.Client) clientShown {
	out := clientShown{
		ClientID: string(c.ID), Name: c.Name, Scopes: c.Scopes, Types: c.Types, Identities: c.Identities, Disabled: c.Disabled,
		CreatedAt: stamp(c.CreatedAt), Keys: []keyShown{},
	}
	for _, n := range c.Networks {
		out.Networks = append(out.Networks, n.String())
	}
	for _, k := range c.Keys {
		out.Keys = append(out.Keys, showKey(k))
	}
	return out
}

func showKey(k staff.Key) keyShown {
	return keyShown{
		KeyID: string(k.ID), CreatedAt: stamp(k.CreatedAt), ExpiresAt: stampIf(k.ExpiresAt), LastUsedAt: stampIf(k.LastUsedAt),
		RevokedAt: stampIf(k.RevokedAt),
	}
}

// stampIf writes a time, or nothing for none.
func stampIf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}

// life reads a number of seconds. One that is there but 0 is a fault, not a wish for no end.
func life(seconds *int) time.Duration {
	if seconds == nil {
		return 0
	}
	if *seconds == 0 {
		return -1
	}
	return time.Duration(min(max(*seconds, -1), int(staff.MaxKeyLife.Seconds())+1)) * time.Second
}

// client turns the body into the request for a client; every member that does not fit is refused at once.
func (r clientRequest) client(types *typemeta.Catalog) (staff.NewClient, error) {
	n := staff.NewClient{Name: r.Name, Scopes: r.Scopes, Types: r.Types, Identities: r.Identities, KeyLife: life(r.ExpiresIn)}
	for _, text := range r.Networks {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			network = netip.Prefix{} // which does not fit
		}
		n.Networks = append(n.Networks, network)
	}
	faults := n.Check()
	for i, id := range r.Types[:min(len(r.Types), maxErrors)] {
		if _, known := types.Type(id); !known {
			faults = append(faults, staff.Field{Pointer: fmt.Sprintf("/types/%d", i), Reason: "no credential configuration has this id"})
		}
	}
	for _, list := range []struct {
		pointer string
		empty   bool
	}{
		{"/types", r.Types != nil && len(r.Types) == 0}, {"/networks", r.Networks != nil && len(r.Networks) == 0},
		{"/identities", r.Identities != nil && len(r.Identities) == 0},
	} {
		if list.empty { // who wants no restriction leaves it out; an empty list would look like "none at all"
			faults = append(faults, staff.Field{Pointer: list.pointer, Reason: "must not be empty; left out it restricts nothing"})
		}
	}
	if len(faults) > 0 {
		return staff.NewClient{}, staff.Misfit(faults...)
	}
	return n, nil
}

// addClient makes a client. The same Idempotency-Key again gets the client, but its key is shown in the first answer only.
func (d *door) addClient(c *fiber.Ctx) error {
	var req clientRequest
	if err := readJSON(c, &req); err != nil {
		return err
	}
	n, err := req.client(d.Types)
	if err != nil {
		return err
	}
	client, key, err := d.Clients.AddClient(c.UserContext(), n, clientOf(c.UserContext()))
	if err != nil {
		return err
	}
	kept := showClient(client)
	full := kept
	if key != nil {
		full.Key = key.Secret.Reveal()
	}
	c.Set(fiber.HeaderLocation, "/clients/"+string(client.ID))
	return answerShownOnce(c, fiber.StatusCreated, full, kept)
}

func (d *door) listClients(c *fiber.Ctx) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	list, err := d.Clients.ListClients(c.UserContext())
	if err != nil {
		return err
	}
	out := make([]clientShown, 0, len(list))
	for _, one := range list {
		out = append(out, showClient(one))
	}
	return answer(c, fiber.StatusOK, map[string]any{"clients": out})
}

func (d *door) showClient(c *fiber.Ctx) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	return d.answerClient(c)
}

// answerClient answers with the client of the path, as it is now.
func (d *door) answerClient(c *fiber.Ctx) error {
	client, err := d.Clients.Client(c.UserContext(), staff.ClientID(c.Params("client")))
	if err != nil {
		return err
	}
	return answer(c, fiber.StatusOK, showClient(client))
}

func (d *door) disableClient(c *fiber.Ctx) error {
	if err := d.Clients.DisableClient(c.UserContext(), staff.ClientID(c.Params("client")), d.Access.way); err != nil {
		return err
	}
	return d.answerClient(c)
}

func (d *door) enableClient(c *fiber.Ctx) error {
	if err := d.Clients.EnableClient(c.UserContext(), staff.ClientID(c.Params("client")), clientOf(c.UserContext())); err != nil {
		return err
	}
	return d.answerClient(c)
}

func (d *door) addKey(c *fiber.Ctx) error {
	var req keyRequest
	if len(c.Request().Body()) > 0 { // nothing to say: a key without end
		if err := readJSON(c, &req); err != nil {
			return err
		}
	}
	id := staff.ClientID(c.Params("client"))
	key, err := d.Keys.NewKey(c.UserContext(), id, life(req.ExpiresIn), clientOf(c.UserContext()))
	if err != nil {
		return err
	}
	kept := showKey(key.Key)
	full := kept
	full.Key = key.Secret.Reveal()
	c.Set(fiber.HeaderLocation, "/clients/"+string(id))
	return answerShownOnce(c, fiber.StatusCreated, full, kept)
}

func (d *door) revokeKey(c *fiber.Ctx) error {
	err := d.Keys.RevokeKey(c.UserContext(), staff.ClientID(c.Params("client")), staff.KeyID(c.Params("key")), d.Access.way)
	if err != nil {
		return err
	}
	return d.answerClient(c)
}
