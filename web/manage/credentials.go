package manage

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
)

// credentialShown is the record of a credential; the credential itself is not kept.
type credentialShown struct {
	ID         string           `json:"credential_id"`
	OfferID    issuance.OfferID `json:"offer_id"`
	Type       string           `json:"credential_configuration_id"`
	Format     string           `json:"format"`
	Thumbprint string           `json:"holder_key_thumbprint"`
	IssuedAt   string           `json:"issued_at"`
	ExpiresAt  string           `json:"expires_at"`
}

func showCredential(c issuance.Credential) credentialShown {
	return credentialShown{c.ID, c.Offer, c.Type, c.Format, c.Thumbprint, stamp(c.IssuedAt), stamp(c.ExpiresAt)}
}

func noCredential() error {
	return issuance.Refuse(issuance.NotFound, "credential_not_found", "there is no such credential")
}

func (d *door) listCredentials(c *fiber.Ctx) error {
	query, err := readQuery(c, "limit", "cursor", "offer_id", "type")
	if err != nil {
		return err
	}
	if err := checkText(query, "offer_id", "type"); err != nil {
		return err
	}
	f := issuance.CredentialFilter{Offer: issuance.OfferID(query["offer_id"])}
	if f.Limit, err = readLimit(query); err != nil {
		return err
	}
	if id, has := query["type"]; has {
		f.Types = []string{id}
	}
	at, id, err := credentialList.readCursor(query, "cursor")
	if err != nil {
		return err
	}
	if at > 0 {
		f.After = issuance.Place{CreatedAt: time.UnixMilli(at).UTC(), ID: issuance.OfferID(id)}
	}
	f.Limit++
	list, err := d.Credentials.ListCredentials(c.UserContext(), f)
	if err != nil {
		return err
	}
	page := struct {
		Credentials []credentialShown `json:"credentials"`
		Next        string            `json:"next_cursor,omitzero"`
	}{Credentials: []credentialShown{}}
	if len(list) == f.Limit {
		list = list[:f.Limit-1]
		last := list[len(list)-1]
		page.Next = credentialList.cursor(last.IssuedAt.UnixMilli(), last.ID)
	}
	for _, one := range list {
		page.Credentials = append(page.Credentials, showCredential(one))
	}
	return answer(c, fiber.StatusOK, page)
}

func (d *door) credential(c *fiber.Ctx) (issuance.Credential, error) {
	id := c.Params("credential")
	if checkText(map[string]string{"id": id}, "id") != nil {
		return issuance.Credential{}, noCredential()
	}
	list, err := d.Credentials.ListCredentials(c.UserContext(), issuance.CredentialFilter{ID: id, Limit: 1})
	if err != nil {
		return issuance.Credential{}, err
	}
	if len(list) == 0 {
		return issuance.Credential{}, noCredential()
	}
	return list[0], nil
}

func (d *door) showCredential(c *fiber.Ctx) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	one, err := d.credential(c)
	if err != nil {
		return err
	}
	return answer(c, fiber.StatusOK, showCredential(one))
}

// changeCredential is revoke, suspend and reinstate. A credential says where its status stands when it is issued; those without a status
// list cannot be changed afterwards by anybody, and no type has one yet.
func (d *door) changeCredential(c *fiber.Ctx) error {
	if _, err := d.credential(c); err != nil {
		return err
	}
	return issuance.Refuse(issuance.Conflict, "not_revocable", "the credential was issued without a status list, so its status cannot be changed; it ends at expires_at")
}
