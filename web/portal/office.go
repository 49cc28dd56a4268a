package portal

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
	"counterfoil/internal/trust"
	"counterfoil/web/surface"
)

// Office is what the pages of types and certificates, and the alerts at home, are made from.
type Office struct {
	// TypeAdmin adds types, and Trials tries them out.
	TypeAdmin *issuance.TypeAdmin
	Trials    Trials
	// Certificates are those that the program uses, APIKeys those that back-ends call with: people are told before one ends.
	Certificates []trust.Dated
	APIKeys      APIKeys
	// Trouble tells since when the database is in trouble; zero when it is not.
	Trouble func() time.Time
}

func (p *portal) mountOffice(app *fiber.App) {
	takeLarger(app, "/new-type", maxTypeForm)
	change := func(h fiber.Handler) fiber.Handler { return p.allow(staff.ManageTypes, h) }
	app.Get("/types", p.allow(staff.ReadTypes, p.listTypes))
	app.Get("/types/:type", p.allow(staff.ReadTypes, p.showType))
	app.Post("/types/:type/try", surface.Limit(trialsPerMinute, p.Clock), change(p.tryType))
	app.Get("/new-type", change(p.newType))
	app.Post("/new-type", change(p.checkType))
	app.Post("/new-type/edit", change(p.editType))
	app.Post("/new-type/try", surface.Limit(trialsPerMinute, p.Clock), change(p.tryNewType))
	app.Post("/new-type/confirm", change(audited(staff.ActTypeAdded, "", p.addType)))
	app.Get("/certificates", p.allow(staff.ReadCertificates, p.listCertificates))
	app.Get("/system", p.allow(staff.ReadSystem, p.showSystem))
	app.Post("/system", surface.Limit(checksPerMinute, p.Clock), p.allow(staff.CheckSystem, p.checkSystem))
}
