package portal

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"counterfoil/internal/staff"
	"counterfoil/internal/trust"
	"counterfoil/views/certificates"
	"counterfoil/views/i18n"
	"counterfoil/views/ui"
)

// The days before an end from which people are warned, and from which it is urgent.
const (
	warnDays   = 30
	urgentDays = 7
)

// APIKeys lists the back-ends with the keys that they call with.
type APIKeys interface {
	ListClients(ctx context.Context) ([]staff.Client, error)
}

// endings gives every certificate and key that ends, soonest first.
func (p *portal) endings(ctx context.Context) ([]trust.Dated, error) {
	all := slices.Clone(p.Certificates)
	clients, err := p.APIKeys.ListClients(ctx)
	if err != nil {
		return nil, err
	}
	now := p.Clock()
	for _, client := range clients {
		for _, key := range client.Keys {
			if !client.Disabled && key.LiveAt(now) && !key.ExpiresAt.IsZero() {
				all = append(all, trust.Dated{Use: trust.ForCaller, Subject: client.Name, NotBefore: key.CreatedAt, NotAfter: key.ExpiresAt})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b trust.Dated) int { return a.NotAfter.Compare(b.NotAfter) })
	return all, nil
}

func (p *portal) listCertificates(c *fiber.Ctx) error {
	ctx := c.UserContext()
	all, err := p.endings(ctx)
	if err != nil {
		return err
	}
	now := p.Clock().Local()
	s := certificates.Show{Page: p.page(c, i18n.T(ctx, "Certificates and keys"))}
	names := monthNames(ctx)
	for i := range names {
		s.Months = append(s.Months, names[(int(now.Month())-1+i)%len(names)])
	}
	for _, d := range all {
		from, width := bar(now, d.NotAfter.Local())
		s.Rows = append(s.Rows, certificates.Row{
			Name: useWords(ctx, d), Subject: d.Subject, Ends: i18n.Date(ctx, d.NotAfter), Status: endBadge(ctx, d, now),
			From: from, Width: width, Stops: stopWords(ctx, d.Use), Fix: renewWords(ctx, d.Use),
		})
	}
	return render(c, fiber.StatusOK, certificates.Page(s))
}

func monthNames(ctx context.Context) []string {
	return []string{
		i18n.T(ctx, "Jan"), i18n.T(ctx, "Feb"), i18n.T(ctx, "Mar"), i18n.T(ctx, "Apr"), i18n.T(ctx, "May"), i18n.T(ctx, "Jun"),
		i18n.T(ctx, "Jul"), i18n.T(ctx, "Aug"), i18n.T(ctx, "Sep"), i18n.T(ctx, "Oct"), i18n.T(ctx, "Nov"), i18n.T(ctx, "Dec"),
	}
}

// bar gives where the time from now to the end lies in the twelve months from the first of this one, and how wide it is, in months.
func bar(now, end time.Time) (from, width string) {
	const year, digits, bits = 12.0, 3, 64
	begin := inMonths(now, now)
	until := min(year, max(begin, inMonths(now, end)))
	return strconv.FormatFloat(begin, 'f', digits, bits), strconv.FormatFloat(until-begin, 'f', digits, bits)
}

// inMonths gives how many months after the first of the month of now a time lies.
func inMonths(now, at time.Time) float64 {
	const year = 12
	months := (at.Year()-now.Year())*year + int(at.Month()) - int(now.Month())
	days := time.Date(at.Year(), at.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return float64(months) + float64(at.Day()-1)/float64(days)
}

func endBadge(ctx context.Context, d trust.Dated, now time.Time) ui.Status {
	days := d.DaysLeft(now)
	word := i18n.T(ctx, "Ends in %d days", days)
	switch {
	case now.Before(d.NotBefore):
		word = i18n.T(ctx, "Not valid yet")
	case days < 0:
		word = i18n.T(ctx, "Has ended")
	case days == 0:
		word = i18n.T(ctx, "Ends within a day")
	case days <= urgentDays:
	case days <= warnDays:
		return ui.Status{Word: word, Tone: ui.Warn, Guide: endGuide(d, now)}
	default:
		return ui.Status{Word: word, Tone: ui.Good}
	}
	return ui.Status{Word: word, Tone: ui.Bad, Guide: endGuide(d, now)}
}

// endGuide gives the way to what the guides say about a certificate or key that ends, has ended or has not begun.
func endGuide(d trust.Dated, now time.Time) string {
	switch {
	case now.Before(d.NotBefore):
		return help("certificate-not-yet")
	case d.DaysLeft(now) < 0:
		return help("certificate-ended")
	}
	return help("certificate-ending")
}

// useWords names a certificate or key.
func useWords(ctx context.Context, d trust.Dated) string {
	name := string(d.Use)
	switch d.Use {
	case trust.ForIssuer:
		name = i18n.T(ctx, "Signing certificate")
	case trust.ForAccess:
		name = i18n.T(ctx, "Access certificate")
	case trust.ForAnchor:
		name = i18n.T(ctx, "Root certificate")
	case trust.ForWallets:
		name = i18n.T(ctx, "TLS certificate of the wallet door")
	case trust.ForManagement:
		name = i18n.T(ctx, "TLS certificate of the management door")
	case trust.ForPortal:
		name = i18n.T(ctx, "TLS certificate of the portal")
	case trust.ForClients:
		name = i18n.T(ctx, "Authority of back-end certificates")
	case trust.ForCaller:
		name = i18n.T(ctx, "API key")
	}
	if d.Above {
		return i18n.T(ctx, "%s: authority above it", name)
	}
	return name
}

// stopWords says what no longer works when a certificate or key has ended.
func stopWords(ctx context.Context, use trust.Use) string {
	switch use {
	case trust.ForIssuer:
		return i18n.T(ctx, "Then no credential can be signed: issuing stops.")
	case trust.ForAccess:
		return i18n.T(ctx, "Then wallets that want signed issuer metadata get none: issuing stops.")
	case trust.ForAnchor:
		return i18n.T(ctx, "Then wallets and those who check credentials trust no certificate below it.")
	case trust.ForWallets:
		return i18n.T(ctx, "Then phones no longer reach this issuer: issuing stops.")
	case trust.ForManagement:
		return i18n.T(ctx, "Then back-ends can no longer call the API.")
	case trust.ForPortal:
		return i18n.T(ctx, "Then browsers warn the staff and keep them from the portal.")
	case trust.ForClients:
		return i18n.T(ctx, "Then back-ends with certificates of this authority can no longer call the API.")
	case trust.ForCaller:
		return i18n.T(ctx, "Then the back-end can no longer call the API with this key.")
	}
	return ""
}

// renewWords says what to do before a certificate or key ends.
func renewWords(ctx context.Context, use trust.Use) string {
	files := func(name string) string {
		return i18n.T(ctx, "Have it renewed, replace the file that %s names, and start anew.", name)
	}
	switch use {
	case trust.ForIssuer, trust.ForAccess, trust.ForAnchor:
		return i18n.T(ctx, "Have it renewed, put it into the keys folder of the data dir, and start anew.")
	case trust.ForWallets:
		return files("COUNTERFOIL_PUBLIC_TLS_CERT")
	case trust.ForManagement:
		return files("COUNTERFOIL_MANAGEMENT_TLS_CERT")
	case trust.ForPortal:
		return files("COUNTERFOIL_PORTAL_TLS_CERT")
	case trust.ForClients:
		return files("COUNTERFOIL_MANAGEMENT_CLIENT_CA")
	case trust.ForCaller:
		return i18n.T(ctx, "Make a new key for this client, and give it to the back-end before the old one ends.")
	}
	return ""
}

// stopsIssuing tells what a clerk must know of, because customers would be sent away.
func stopsIssuing(use trust.Use) bool {
	return use == trust.ForIssuer || use == trust.ForAccess || use == trust.ForWallets
}
