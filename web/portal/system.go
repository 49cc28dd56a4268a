package portal

import (
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/doctor"
	"counterfoil/internal/staff"
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
	s := system.Show{
		Page: p.page(c, "System"), Verdict: verdict(r), Ready: r.Count(doctor.Failed) == 0, MayRun: who(c).May(staff.CheckSystem),
		At: "Checked on " + r.At.Local().Format("2 Jan, 15:04:05") + ".",
	}
	for _, result := range doctor.Results() {
		group := system.Group{ID: strings.ReplaceAll(string(result), " ", "-"), Title: resultTitle(result)}
		for _, check := range r.Checks {
			if check.Result == result {
				group.Checks = append(group.Checks, system.Check{Name: check.Name, Found: check.Found, Fix: check.Fix, Status: resultBadge(result)})
			}
		}
		if len(group.Checks) > 0 {
			s.Groups = append(s.Groups, group)
		}
	}
	return s
}

// verdict says a report in a sentence.
func verdict(r doctor.Report) string {
	failed, warnings := r.Count(doctor.Failed), r.Count(doctor.Warning)
	switch {
	case failed == 0 && warnings == 0:
		return "Nothing stands in the way."
	case failed == 0:
		return "Nothing failed. " + things(warnings) + " to look at before going live."
	case warnings == 0:
		return "Not ready: " + things(failed) + " to fix."
	}
	return "Not ready: " + things(failed) + " to fix, and " + things(warnings) + " to look at."
}

func things(n int) string {
	if n == 1 {
		return "1 thing"
	}
	return fmt.Sprintf("%d things", n)
}

func resultTitle(r doctor.Result) string {
	switch r {
	case doctor.Failed:
		return "To fix"
	case doctor.Warning:
		return "To look at"
	case doctor.NotChecked:
		return "Not checked"
	case doctor.OK:
		return "In order"
	}
	return string(r)
}

func resultBadge(r doctor.Result) ui.Status {
	switch r {
	case doctor.Failed:
		return ui.Status{Word: "Failed", Tone: ui.Bad}
	case doctor.Warning:
		return ui.Status{Word: "Warning", Tone: ui.Warn}
	case doctor.NotChecked:
		return ui.Status{Word: "Not checked"}
	case doctor.OK:
		return ui.Status{Word: "OK", Tone: ui.Good}
	}
	return ui.Status{Word: string(r)}
}
