package portal

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/issuance"
	"counterfoil/internal/staff"
	"counterfoil/internal/trust"
	"counterfoil/views/home"
	"counterfoil/views/i18n"
)

// today counts what the person made since midnight, in the time zone of the machine, by how it ended.
func (p *portal) today(c *fiber.Ctx) ([]home.Figure, error) {
	ctx := c.UserContext()
	year, month, day := p.Clock().Local().Date()
	counts, err := p.Record.CountOffers(ctx, issuance.Filter{
		Maker: mine(c), CreatedFrom: time.Date(year, month, day, 0, 0, 0, 0, time.Local), //nolint:gosmopolitan // the day of who looks
	})
	if err != nil {
		return nil, err
	}
	made := 0
	for _, n := range counts {
		made += n
	}
	return []home.Figure{
		{Label: i18n.T(ctx, "Offers made"), Count: made},
		{Label: i18n.T(ctx, "Delivered"), Count: counts[issuance.StatusIssued] + counts[issuance.StatusConfirmed]},
		{Label: i18n.T(ctx, "Failed or expired"), Count: counts[issuance.StatusFailed] + counts[issuance.StatusExpired]},
	}, nil
}

// alerts are what stands in the way of issuing, or soon will, as far as the person may know of it.
func (p *portal) alerts(c *fiber.Ctx) ([]home.Alert, error) {
	alerts, err := p.endAlerts(c.UserContext(), who(c))
	if since := p.Trouble(); !since.IsZero() {
		alerts = append([]home.Alert{p.troubleAlert(c.UserContext(), who(c), since)}, alerts...)
	}
	if err != nil || !who(c).May(staff.ReadCallbacks) {
		return alerts, err
	}
	list, err := p.Callbacks.Endpoints.ListEndpoints(c.UserContext())
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if text := endpointAlert(c.UserContext(), e); text != "" {
			alerts = append(alerts, home.Alert{
				Text: text, Href: endpointHref(e.ID), Link: i18n.T(c.UserContext(), "Look at the endpoint"), Bad: e.State != issuance.EndpointPaused, // which was somebody's will
				Guide: endpointBadge(c.UserContext(), e).Guide,
			})
		}
	}
	return alerts, nil
}

// troubleAlert tells that nothing is certain to be recorded just now.
func (p *portal) troubleAlert(ctx context.Context, person staff.Person, since time.Time) home.Alert {
	alert := home.Alert{Bad: true, Guide: help("database-away"), Text: i18n.T(ctx, "The database is in trouble since %s: making an offer may fail. Offers that are there are safe.", i18n.Time(ctx, since))}
	if person.May(staff.ReadSystem) {
		alert.Href, alert.Link = "/system", i18n.T(ctx, "See what to do")
	} else {
		alert.Text += " " + i18n.T(ctx, "Tell the administrator.")
	}
	return alert
}

// endAlerts tells of certificates and keys that end soon or are not valid: who looks after them of all, everybody else of those without
// which nothing can be issued.
func (p *portal) endAlerts(ctx context.Context, person staff.Person) ([]home.Alert, error) {
	all, mayRead := p.Certificates, person.May(staff.ReadCertificates)
	if mayRead {
		var err error
		if all, err = p.endings(ctx); err != nil {
			return nil, err
		}
	}
	now := p.Clock()
	var alerts []home.Alert
	for _, d := range all {
		if d.ValidAt(now) && d.DaysLeft(now) > warnDays || !mayRead && !stopsIssuing(d.Use) {
			continue
		}
		alert := home.Alert{Text: endText(ctx, d, now) + " " + stopWords(ctx, d.Use), Bad: !d.ValidAt(now) || d.DaysLeft(now) <= urgentDays, Guide: endGuide(d, now)}
		if mayRead {
			alert.Href, alert.Link = "/certificates", i18n.T(ctx, "See what to do")
		} else {
			alert.Text += " " + i18n.T(ctx, "Tell the administrator.")
			alert.Guide = help("issuing-stops")
		}
		alerts = append(alerts, alert)
	}
	return alerts, nil
}

// endText says in a sentence when a certificate or key ends, or that it has.
func endText(ctx context.Context, d trust.Dated, now time.Time) string {
	name := useWords(ctx, d)
	if d.Use == trust.ForCaller {
		name += " (" + d.Subject + ")"
	}
	switch days := d.DaysLeft(now); {
	case now.Before(d.NotBefore):
		return i18n.T(ctx, "%s: not valid before %s.", name, i18n.Date(ctx, d.NotBefore))
	case days < 0:
		return i18n.T(ctx, "%s: has ended on %s.", name, i18n.Date(ctx, d.NotAfter))
	case days == 0:
		return i18n.T(ctx, "%s: ends within a day.", name)
	default:
		return i18n.T(ctx, "%[2]s: ends in %[1]d days.", days, name)
	}
}

// endpointAlert says what keeps events from a receiver; empty when nothing does.
func endpointAlert(ctx context.Context, e issuance.Endpoint) string {
	name := endpointName(e)
	waiting := i18n.T(ctx, "%d events wait.", e.Queued)
	switch {
	case e.State == issuance.EndpointDisabled:
		return i18n.T(ctx, "The callback endpoint “%s” was switched off by its receiver.", name) + " " + waiting
	case e.State == issuance.EndpointPaused && e.Queued > 0:
		return i18n.T(ctx, "The callback endpoint “%s” is paused.", name) + " " + waiting
	case e.State == issuance.EndpointActive && e.Health() == issuance.Failing:
		return i18n.T(ctx, "Nothing gets through to the callback endpoint “%s” since %s.", name, i18n.DateTime(ctx, e.FailingSince)) + " " + waiting
	}
	return ""
}
