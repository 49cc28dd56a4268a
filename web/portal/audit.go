package portal

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
	"counterfoil/views/audit"
	"counterfoil/views/i18n"
	"counterfoil/views/ui"
	"counterfoil/web/surface"
)

const (
	// auditShown is how many entries a page of the audit trail has.
	auditShown = 50
	// verifyTime bounds looking at the whole chain: about a minute for ten million entries.
	verifyTime = time.Minute
	// exportsPerMinute bounds exports and verifications from one address: each reads much.
	exportsPerMinute = 20
	// fieldDay is how a browser sends a day.
	fieldDay = "2006-01-02"
)

// Audit is the audit trail.
type Audit interface {
	Note(ctx context.Context, act staff.Act, object, details string) error
	List(ctx context.Context, f staff.AuditFilter) ([]staff.Entry, int64, error)
	Verify(ctx context.Context, expected string) (staff.Verdict, error)
}

func (p *portal) mountAudit(app *fiber.App) {
	read := func(h fiber.Handler) fiber.Handler { return p.allow(staff.ReadAudit, h) }
	app.Get("/audit", read(p.showAudit))
	app.Get("/audit/export", surface.Limit(exportsPerMinute, p.Clock), read(p.exportAudit))
	app.Post("/audit/verify", surface.Limit(exportsPerMinute, p.Clock), read(p.verifyAudit))
}

// auditQuery is what is looked for, as it stands in the address.
type auditQuery struct {
	who, act, from, to string
	before             int64
}

func auditQueryOf(c *fiber.Ctx) auditQuery {
	before, err := strconv.ParseInt(c.Query("before"), 10, 64)
	if err != nil || before < 0 { // the newest
		before = 0
	}
	return auditQuery{who: c.Query("who"), act: c.Query("what"), from: c.Query("from"), to: c.Query("to"), before: before}
}

// values gives the query for a link.
func (q auditQuery) values(more ...string) string {
	v := url.Values{}
	for i, s := range []string{q.who, q.act, q.from, q.to} {
		if s != "" {
			v.Set([]string{"who", "what", "from", "to"}[i], s)
		}
	}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return "?" + v.Encode()
}

// filter turns the query into what the record is asked; days are those of this machine's time zone, like every time that is shown.
func (q auditQuery) filter(ctx context.Context) (staff.AuditFilter, []ui.Problem) {
	f := staff.AuditFilter{Who: q.who, Act: staff.Act(q.act), Before: q.before, Limit: auditShown}
	var problems []ui.Problem
	day := func(field, text string, plus int) time.Time {
		if text == "" {
			return time.Time{}
		}
		at, err := time.ParseInLocation(fieldDay, text, time.Local)
		if err != nil {
			problems = append(problems, ui.Problem{Field: field, Text: i18n.T(ctx, "Give a day, as in 2026-11-25, or nothing."), Guide: help("audit-days")})
			return time.Time{}
		}
		return at.AddDate(0, 0, plus)
	}
	f.From, f.Until = day("from", q.from, 0), day("to", q.to, 1)
	if !f.From.IsZero() && !f.Until.IsZero() && !f.From.Before(f.Until) {
		problems = append(problems, ui.Problem{Field: "to", Text: i18n.T(ctx, "The last day must not lie before the first."), Guide: help("audit-days")})
	}
	return f, problems
}

func (p *portal) showAudit(c *fiber.Ctx) error {
	return p.auditPage(c, auditQueryOf(c), nil)
}

func (p *portal) auditPage(c *fiber.Ctx, q auditQuery, verdict *audit.Verdict) error {
	ctx := c.UserContext()
	f, problems := q.filter(ctx)
	s := audit.Show{
		Page: p.page(c, titled(c, i18n.T(ctx, "Audit trail"), problems)), Who: q.who, From: q.from, To: q.to, Problems: problems, Verdict: verdict,
		Searched: q.who+q.act+q.from+q.to != "", Acts: actOptions(ctx, q.act),
		CSV: "/audit/export" + q.values("format", "csv"), JSONLines: "/audit/export" + q.values("format", "jsonl"),
	}
	s.Page.Here = "/audit"
	if len(problems) > 0 {
		return render(c, fiber.StatusUnprocessableEntity, audit.Page(s))
	}
	list, next, err := p.Audit.List(ctx, f)
	if err != nil {
		return err
	}
	for _, e := range list {
		s.Rows = append(s.Rows, auditRow(ctx, e))
	}
	if next > 0 {
		s.Older = "/audit" + q.values("before", strconv.FormatInt(next, 10))
	}
	if q.before > 0 {
		s.Newest = "/audit" + q.values()
	}
	return render(c, fiber.StatusOK, audit.Page(s))
}

func auditRow(ctx context.Context, e staff.Entry) audit.Row {
	row := audit.Row{
		Number: strconv.FormatInt(e.Sequence, 10), At: i18n.DateTime(ctx, e.At), Who: e.Actor.Name, Door: doorWord(ctx, e.Actor.Via), Address: e.Actor.Address,
		What: actWord(ctx, e.Act), Object: e.Object, Details: detailWords(ctx, e),
	}
	if row.Who == "" {
		row.Who = i18n.T(ctx, "nobody known")
	}
	if row.Object == row.Who {
		row.Object = ""
	}
	return row
}

func doorWord(ctx context.Context, v staff.Via) string {
	switch v {
	case staff.ViaPortal:
		return i18n.T(ctx, "Portal")
	case staff.ViaAPI:
		return i18n.T(ctx, "API")
	case staff.ViaCommand:
		return i18n.T(ctx, "Command line")
	}
	return string(v)
}

func actOptions(ctx context.Context, chosen string) []audit.Option {
	out := []audit.Option{{Value: "", Label: i18n.T(ctx, "Everything"), Selected: chosen == ""}}
	for _, a := range staff.Acts() {
		out = append(out, audit.Option{Value: string(a), Label: actWord(ctx, a), Selected: string(a) == chosen})
	}
	return out
}

func (p *portal) verifyAudit(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), verifyTime)
	defer cancel()
	found, err := p.Audit.Verify(ctx, "")
	if err != nil {
		return err
	}
	v := audit.Verdict{Whole: found.Broken == 0, Head: found.Head, Text: i18n.T(ctx, "The trail is whole: %d entries, none changed, none missing.", found.Entries)}
	if !v.Whole {
		v.Head, v.Text = "", i18n.T(ctx, "The trail is broken at entry %s: %s. Do not go on working with it; tell whoever looks after the database.",
			strconv.FormatInt(found.Broken, 10), i18n.Reason(ctx, found.Why))
	}
	return p.auditPage(c, auditQuery{}, &v)
}
