package manage

import (
	"context"
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oid4vci"
	"counterfoil/internal/strictjson"
	"counterfoil/internal/typemeta"
)

// typeShown is a credential type in a list.
type typeShown struct {
	ID        string `json:"credential_configuration_id"`
	Version   int    `json:"version"` // 0: from the folder of types
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
		ID: t.ID, Version: t.Version, VCT: t.VCT, Name: t.Named("en"), Format: oid4vci.FormatSDJWTVC, Validity: int64(t.Policy.Validity.Seconds()), BatchSize: t.Policy.BatchSize,
		Metadata: d.URLs.At(oid4vci.PathTypes + t.ID),
	}
}

func (d *door) listTypes(c *fiber.Ctx) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	out := []typeShown{}
	for _, t := range d.Types.All() {
		if clientOf(c.UserContext()).MayUse(t.ID) {
			out = append(out, d.showType(t))
		}
	}
	return answer(c, fiber.StatusOK, map[string]any{"types": out})
}

func (d *door) showOneType(c *fiber.Ctx) error {
	if _, err := readQuery(c); err != nil {
		return err
	}
	if t, known := d.Types.Type(c.Params("type")); known && clientOf(c.UserContext()).MayUse(t.ID) {
		return answer(c, fiber.StatusOK, typeDetail{d.showType(t), t.Document()})
	}
	return issuance.Refuse(issuance.NotFound, "type_not_found", "there is no such credential type")
}

// TypeAdmin adds credential types.
type TypeAdmin interface {
	AddType(ctx context.Context, v issuance.TypeVersion, dryRun bool) (typemeta.Type, error)
}

// typeRequest is the body of POST /types.
type typeRequest struct {
	ID       string         `json:"credential_configuration_id"`
	Metadata map[string]any `json:"type_metadata"`
	Config   map[string]any `json:"config"`
}

// addType adds a type, or a new version of one.
func (d *door) addType(c *fiber.Ctx) error {
	v, err := readType(c)
	if err != nil {
		return err
	}
	t, err := d.TypeAdmin.AddType(c.UserContext(), v, false)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, "/types/"+t.ID)
	return answer(c, fiber.StatusCreated, typeDetail{d.showType(t), t.Document()})
}

// tryType shows what wallets would be told of a type, and adds nothing.
func (d *door) tryType(c *fiber.Ctx) error {
	v, err := readType(c)
	if err != nil {
		return err
	}
	t, err := d.TypeAdmin.AddType(c.UserContext(), v, true)
	if err != nil {
		return err
	}
	return answer(c, fiber.StatusOK, typeDetail{d.showType(t), t.Document()})
}

func readType(c *fiber.Ctx) (issuance.TypeVersion, error) {
	var req typeRequest
	if err := readJSON(c, &req); err != nil {
		return issuance.TypeVersion{}, err
	}
	var missing []string
	if req.ID == "" {
		missing = append(missing, "/credential_configuration_id")
	}
	if req.Metadata == nil {
		missing = append(missing, "/type_metadata")
	}
	if len(missing) > 0 {
		return issuance.TypeVersion{}, invalidAt("is missing", missing...)
	}
	if !clientOf(c.UserContext()).MayUse(req.ID) {
		return issuance.TypeVersion{}, forbidden{code: codeType}
	}
	v := issuance.TypeVersion{ID: req.ID, CreatedBy: caller(c.UserContext()).Name}
	var err error
	if v.Metadata, err = strictjson.Encode(req.Metadata); err == nil && req.Config != nil {
		v.Config, err = strictjson.Encode(req.Config)
	}
	return v, err
}
