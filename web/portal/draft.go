package portal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/secret"
	"counterfoil/internal/staff"
)

// Drafts keeps what people typed into the form of a new offer and have not sent.
type Drafts interface {
	// SaveDraft keeps a draft in place of the one before, unless its form is done.
	SaveDraft(ctx context.Context, d staff.Draft) error
	// Draft gives a person's draft of a type; NotFound.
	Draft(ctx context.Context, p staff.PersonID, typ string, now time.Time) (staff.Draft, error)
	// EndDraft destroys a person's draft of a type; form is done and not kept again.
	EndDraft(ctx context.Context, p staff.PersonID, typ string, form []byte, now time.Time) error
}

// saveDraft keeps what is typed so far.
func (p *portal) saveDraft(c *fiber.Ctx, typ string, form map[string]string) error {
	content := maps.Clone(form)
	for _, name := range []string{"type", "token", "do"} {
		delete(content, name)
	}
	sealed, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("write draft: %w", err)
	}
	return p.Drafts.SaveDraft(c.UserContext(), staff.Draft{
		Person: who(c).ID, Type: typ, Form: secret.Hash(form["token"]), Content: sealed, SavedAt: p.Clock(),
	})
}

// restoreDraft gives what the person typed before, and when; nothing when there is no draft or it says nothing.
func (p *portal) restoreDraft(c *fiber.Ctx, typ string) (map[string]string, time.Time, error) {
	d, err := p.Drafts.Draft(c.UserContext(), who(c).ID, typ, p.Clock())
	if staff.KindOf(err) == staff.NotFound {
		return nil, time.Time{}, nil
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	var form map[string]string
	if err := json.Unmarshal(d.Content, &form); err != nil {
		return nil, time.Time{}, fmt.Errorf("read draft: %w", err)
	}
	for name, value := range form {
		if value != "" && name != "tx_code" && !strings.HasSuffix(name, "-rows") {
			return form, d.SavedAt, nil
		}
	}
	return nil, time.Time{}, nil
}

func (p *portal) endDraft(c *fiber.Ctx, typ, token string) error {
	return p.Drafts.EndDraft(c.UserContext(), who(c).ID, typ, secret.Hash(token), p.Clock())
}

// typing is allow for what the form of a new offer sends: who was signed out meanwhile keeps what they typed. With scripts it stays in the page,
// which is told 401 and says so; without, the way leads through signing in back to the form, where the draft is.
func (p *portal) typing(h fiber.Handler) fiber.Handler {
	in := p.allow(staff.CreateOffers, h)
	return func(c *fiber.Ctx) error {
		err := in(c)
		if !errors.Is(err, errSignedOut) {
			return err
		}
		if c.Get("HX-Request") == "true" {
			return c.SendStatus(fiber.StatusUnauthorized)
		}
		next := "/"
		typ := c.Params("type")
		if got, err := readTyped(c); typ == "" && err == nil {
			typ = got.form["type"]
		}
		if t, err := p.typeOf(typ); err == nil {
			next = "/offers/new/" + url.PathEscape(t.ID)
		}
		return c.Redirect("/sign-in?next="+url.QueryEscape(next), fiber.StatusSeeOther)
	}
}
