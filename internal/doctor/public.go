package doctor

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"counterfoil/internal/outbound"
	"counterfoil/views/i18n"
)

// minDays is how long the TLS certificate should still be valid.
const minDays = 14

// clockTolerance is how stale a Date may be by itself: it has no fractions of a second, and servers write it once a second.
const clockTolerance = 2 * time.Second

const day = 24 * time.Hour

const jsonType = "application/json"

// form is one well-known form of a metadata document, and what was answered for it.
type form struct {
	name         i18n.Text
	path, member string
	older        bool
	answer       answer
}

// public asks the public URL for everything that wallets ask it for.
func (d *Doctor) public(ctx context.Context) []Check {
	forms := d.forms()
	first := d.fetch(ctx, d.Public, d.at(forms[0].path), jsonType)
	reached := []Check{d.reach(first), d.tls(first)}
	if first.err != nil {
		for _, name := range []i18n.Text{forms[0].name, nameIdentifier, nameClock, nameSigned, nameTypes} {
			reached = append(reached, Check{name, NotChecked, i18n.Say("The public address has to answer first."), i18n.Text{}})
		}
		return reached
	}
	forms[0].answer = first
	return append(reached, d.together(ctx,
		look{i18n.Say("Metadata"), func(ctx context.Context) []Check { return d.metadata(ctx, forms) }},
		look{nameClock, func(context.Context) []Check { return publicClock(first) }},
		look{nameSigned, d.signed},
		look{nameTypes, d.served},
	)...)
}

// forms lists every well-known form, the one that wallets of OpenID4VCI 1.0 ask for first.
func (d *Doctor) forms() []form {
	var out []form
	for _, document := range []struct {
		name, older i18n.Text
		member      string
		paths       []string
	}{
		{i18n.Say("Issuer metadata"), i18n.Say("Issuer metadata, older form"), "credential_issuer", d.Door.WellKnownIssuer},
		{i18n.Say("Authorization server metadata"), i18n.Say("Authorization server metadata, older form"), "issuer", d.Door.WellKnownServer},
	} {
		for i, path := range document.paths {
			f := form{name: document.name, path: path, member: document.member, older: i > 0}
			if f.older {
				f.name = document.older
			}
			out = append(out, f)
		}
	}
	return out
}

// at gives the public URL of a path.
func (d *Doctor) at(path string) string { return origin(d.Door.Issuer) + path }

func origin(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	return u.Scheme + "://" + u.Host
}

// reach tells whether the public URL answers at all, and whether others can reach what answered.
func (d *Doctor) reach(first answer) Check {
	if first.err != nil {
		if _, _, is := tlsFault(first.err); is {
			return Check{nameReach, NotChecked, i18n.Say("Something is there, but TLS has to work first."), i18n.Text{}}
		}
		return Check{nameReach, Failed, trouble(d.Door.Issuer, first.err),
			i18n.Say("Start the program, and let the host and port of COUNTERFOIL_PUBLIC_URL lead to the wallet door (COUNTERFOIL_PUBLIC_ADDR), or to the proxy before it.")}
	}
	switch {
	case loopbackHost(d.Door.Issuer):
		return Check{nameReach, Warning, i18n.Say("%s answers, but only this machine can reach it.", d.Door.Issuer),
			i18n.Say("Wallets on other devices need a public host name in COUNTERFOIL_PUBLIC_URL.")}
	case first.remote.IsLoopback() || within(first.remote, outbound.Private()):
		return Check{nameReach, Warning, i18n.Say("%s answers, but its name leads from here to %s, which is not a public address.", d.Door.Issuer, first.remote.String()),
			i18n.Say("If the name leads to a public address outside, all is well: ask for it from a phone. Otherwise make it lead there.")}
	}
	return Check{nameReach, OK, i18n.Say("%s answers.", d.Door.Issuer), i18n.Text{}}
}

func within(ip netip.Addr, ranges []netip.Prefix) bool {
	return slices.ContainsFunc(ranges, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// loopbackHost tells a URL whose host says that it is for this machine alone.
func loopbackHost(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// tls judges how the public URL proves who it is. That the chain and the host name are good is what the connection was made by.
func (d *Doctor) tls(first answer) Check {
	if !strings.HasPrefix(d.Door.Issuer, "https://") {
		c := Check{nameTLS, Failed, i18n.Say("COUNTERFOIL_PUBLIC_URL is plain http, which wallets do not take."),
			i18n.Say("Give the wallet door a certificate (COUNTERFOIL_PUBLIC_TLS_CERT and _KEY), or put it behind a proxy that has one, and make COUNTERFOIL_PUBLIC_URL https.")}
		if loopbackHost(d.Door.Issuer) {
			c.Result, c.Found = Warning, i18n.Say("COUNTERFOIL_PUBLIC_URL is plain http, which is for trials on this machine alone.")
		}
		return c
	}
	if found, fix, is := tlsFault(first.err); is {
		return Check{nameTLS, Failed, found, fix}
	}
	if first.err != nil || first.tls == nil || len(first.tls.PeerCertificates) == 0 {
		return Check{nameTLS, NotChecked, i18n.Say("The public address has to answer first."), i18n.Text{}}
	}
	until := first.tls.PeerCertificates[0].NotAfter
	for _, c := range first.tls.PeerCertificates {
		if c.NotAfter.Before(until) {
			until = c.NotAfter
		}
	}
	left := int(until.Sub(first.to) / day)
	found := i18n.Say("%s, with a chain that is trusted. %s", tls.VersionName(first.tls.Version), validFor(left, until))
	switch {
	case !until.After(first.to):
		return Check{nameTLS, Failed, i18n.Say("A certificate of the chain has expired, or is not valid yet."), i18n.Say("Renew the certificate, and look at the clock of this machine.")}
	case left < minDays:
		return Check{nameTLS, Warning, found, i18n.Say("Renew the certificate, and see to it that this happens by itself.")}
	}
	return Check{nameTLS, OK, found, i18n.Text{}}
}

// metadata asks for the forms that were not asked for yet, and judges all of them.
func (d *Doctor) metadata(ctx context.Context, forms []form) []Check {
	looks := make([]look, len(forms))
	said := make([]string, len(forms)) // the identifier in each form that is good
	for i := range forms {
		looks[i] = look{forms[i].name, func(ctx context.Context) []Check {
			f := &forms[i]
			if i > 0 {
				f.answer = d.fetch(ctx, d.Public, d.at(f.path), jsonType)
			}
			members, fault := f.answer.object(f.path)
			if !fault.Empty() {
				return []Check{f.wrong(fault)}
			}
			said[i], _ = members[f.member].(string)
			return []Check{{f.name, OK, i18n.Say("%s answers with JSON.", f.path), i18n.Text{}}}
		}}
	}
	return append(d.together(ctx, looks...), d.identifier(forms, said))
}

// wrong is a form that wallets cannot use. The older form is for wallets of drafts only.
func (f form) wrong(fault i18n.Text) Check {
	c := Check{f.name, Failed, fault, i18n.Say("Let the proxy pass %s on to the wallet door unchanged: path, query, headers and answer.", f.path)}
	if f.older {
		c.Result = Warning
	}
	return c
}

// identifier holds what the documents call the issuer to what it is, to the letter (OpenID4VCI 1.0 §12.2.4, RFC 8414 §3.3).
func (d *Doctor) identifier(forms []form, said []string) Check {
	seen := false
	for i, f := range forms {
		if _, fault := f.answer.object(f.path); !fault.Empty() {
			continue
		}
		seen = true
		if said[i] != d.Door.Issuer {
			return Check{nameIdentifier, Failed, i18n.Say("%s says that %s is “%s”, which is not “%s” to the letter.", f.path, f.member, shown(said[i]), d.Door.Issuer),
				i18n.Say("Another installation may answer there: let the public name lead to this one, and give every process the same COUNTERFOIL_PUBLIC_URL.")}
		}
	}
	if !seen {
		return Check{nameIdentifier, NotChecked, i18n.Say("No metadata could be read."), i18n.Text{}}
	}
	return Check{nameIdentifier, OK, i18n.Say("The metadata calls the issuer %s, as the settings do.", d.Door.Issuer), i18n.Text{}}
}

// publicClock compares the Date of an answer, and what was kept on the way adds to it (RFC 9111 §4.2.3), with this machine's clock.
func publicClock(a answer) []Check {
	date, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return []Check{{nameClock, NotChecked, i18n.Say("The public answer has no Date."), i18n.Text{}}}
	}
	if age, err := strconv.Atoi(a.header.Get("Age")); err == nil && age > 0 && age < int(day/time.Second) {
		date = date.Add(time.Duration(age) * time.Second)
	}
	return []Check{clockCheck(nameClock, i18n.Say("The clock behind the public address"), apart(date, a.from.Add(-clockTolerance), a.to))}
}
