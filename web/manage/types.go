package manage

import (
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/typemeta"
)

// typeShown is a credential type in a list.
type typeShown struct {
	ID        string `json:"credential_configuration_id"`
	VCT       string `json:"vct"`
	Name      string `json:"name"`
	Format    string `json:"format"`
	Validity  int64  `json:"validity"` // seconds
	BatchSize int    `json:"batch_size"`
	Metadata  string `json:"type_metadata_uri"`
}

// typeDetail is a type with what offers are held to.
type typeDetail struct {
	typeShown
	TypeMetadata json.RawMessage `json:"type_metadata"`
}

func (d *door) showType(t typemeta.Type) typeShown {
	return typeShown{
		ID: t.ID, VCT: t.VCT, Name: t.Named("en"), Format: oid4vci.FormatSDJWTVC, Validity: int64(t.Policy.Validity.Seconds()), BatchSize: t.Policy.BatchSize,
		Metadata: d.URLs.At(oid4vci.PathTypes + t.ID),
	}
}

func (d *door) listTypes(c *fiber.Ctx) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	out := []typeShown{}
	for _, t := range d.Types {
		out = append(out, d.showType(t))
	}
	return answer(c, fiber.StatusOK, map[string]any{"types": out})
}

func (d *door) showOneType(c *fiber.Ctx) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	for _, t := range d.Types {
		if t.ID == c.Params("type") {
			return answer(c, fiber.StatusOK, typeDetail{d.showType(t), t.Document()})
		}
	}
	return issuance.Refuse(issuance.NotFound, "type_not_found", "there is no such credential type")
}
