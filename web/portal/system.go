package portal

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/doctor"
	"counterfoil/internal/staff"
	"counterfoil/views/i18n"
	"counterfoil/views/system"
	"counterfoil/views/ui"
)

// checksPerMinute bounds how often one address has everything looked at, which reaches machines that are not ours.
const checksPerMinute = 6

// showSystem shows the last run, or makes one: a run bounds itself.
func (p *portal) showSystem(c *fiber.Ctx) error {
	return render(c, fiber.StatusOK, system.Page(p.systemPage(c, p.Doctor.Latest(c.UserContext()))))
}

// checkSystem looks at everything again.
func (p *portal) checkSystem(c *fiber.Ctx) error {
	p.Doctor.Run(c.UserContext())
	return c.Redirect("/system", fiber.StatusSeeOther)
}

func (p *portal) systemPage(c *fiber.Ctx, r doctor.Report) system.Show {
	ctx := c.UserContext()
	s := system.Show{
		Page: p.page(c, i18n.T(ctx, "System")), Verdict: verdict(ctx, r), Ready: r.Count(doctor.Failed) == 0, MayRun: who(c).May(staff.CheckSystem),
		At: i18n.T(ctx, "Checked on %s.", i18n.Date(ctx, r.At)+", "+r.At.Local().Format("15:04:05")),
	}
	for _, result := range doctor.Results() {
		group := system.Group{ID: strings.ReplaceAll(string(result), " ", "-"), Title: resultTitle(ctx, result)}
		for _, check := range r.Checks {
			if check.Result == result {
				group.Checks = append(group.Checks, system.Check{
					Name: check.Name.In(ctx), Found: check.Found.In(ctx), Fix: check.Fix.In(ctx), Status: checkBadge(ctx, check),
				})
			}
		}
		if len(group.Checks) > 0 {
			s.Groups = append(s.Groups, group)
		}
	}
	return s
}

// verdict says a report in a sentence.
func verdict(ctx context.Context, r doctor.Report) string {
	failed, warnings := r.Count(doctor.Failed), r.Count(doctor.Warning)
	switch {
	case failed == 0 && warnings == 0:
		return i18n.T(ctx, "Nothing stands in the way.")
	case failed == 0:
		return i18n.T(ctx, "Nothing failed.") + " " + i18n.T(ctx, "To look at before going live: %d.", warnings)
	case warnings == 0:
		return i18n.T(ctx, "Not ready.") + " " + i18n.T(ctx, "To fix: %d.", failed)
	}
	return i18n.T(ctx, "Not ready.") + " " + i18n.T(ctx, "To fix: %d.", failed) + " " + i18n.T(ctx, "To look at: %d.", warnings)
}

func resultTitle(ctx context.Context, r doctor.Result) string {
	switch r {
	case doctor.Failed:
		return i18n.T(ctx, "To fix")
	case doctor.Warning:
		return i18n.T(ctx, "To look at")
	case doctor.NotChecked:
		return i18n.T(ctx, "Not checked")
	case doctor.OK:
		return i18n.T(ctx, "In order")
	}
	return string(r)
}

// checkBadge says how a check ended. One that asks for something leads to what the guides say about it.
func checkBadge(ctx context.Context, c doctor.Check) ui.Status {
	badge := resultBadge(ctx, c.Result)
	if c.Result == doctor.Failed || c.Result == doctor.Warning {
		badge.Guide = checkGuide(c.Name)
	}
	return badge
}

// checkGuide gives the way to what the guides say about a check, by its name.
func checkGuide(name i18n.Text) string {
	return help(map[string]string{
		"Public address": "check-address", "TLS": "check-tls", "Metadata": "check-metadata", "Issuer metadata": "check-metadata",
		"Issuer metadata, older form": "check-metadata", "Authorization server metadata": "check-server-metadata",
		"Authorization server metadata, older form": "check-server-metadata", "Issuer identifier": "check-identifier", "Clock": "check-clock",
		"Clock of the database": "check-clock", "Signed metadata": "check-signed", "Type metadata": "check-types", "Certificates": "check-certificates",
		"Issuer certificate": "check-certificates", "Access certificate": "check-certificates", "Logos": "check-logos", "Logo": "check-logos",
		"Callback endpoints": "check-callbacks", "Callback: %s": "check-callbacks", "Database": "check-database", "Mode": "check-mode",
	}[name.Format])
}

func resultBadge(ctx context.Context, r doctor.Result) ui.Status {
	switch r {
	case doctor.Failed:
		return ui.Status{Word: i18n.T(ctx, "Failed"), Tone: ui.Bad}
	case doctor.Warning:
		return ui.Status{Word: i18n.T(ctx, "Warning"), Tone: ui.Warn}
	case doctor.NotChecked:
		return ui.Status{Word: i18n.T(ctx, "Not checked")}
	case doctor.OK:
		return ui.Status{Word: i18n.T(ctx, "OK"), Tone: ui.Good}
	}
	return ui.Status{Word: string(r)}
}
