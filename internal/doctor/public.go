package doctor

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"counterfoil/internal/outbound"
)

// minDays is how long the TLS certificate should still be valid.
const minDays = 14

// clockTolerance is how stale a Date may be by itself: it has no fractions of a second, and servers write it once a second.
const clockTolerance = 2 * time.Second

const day = 24 * time.Hour

const jsonType = "application/json"

// What the checks of the public URL are called.
const (
	nameReach      = "Public address"
	nameTLS        = "TLS"
	nameIdentifier = "Issuer identifier"
	nameClock      = "Clock"
	nameSigned     = "Signed metadata"
	nameTypes      = "Type metadata"
)

// form is one well-known form of a metadata document, and what was answered for it.
type form struct {
	name, path, member string
	older              bool
	answer             answer
}

// public asks the public URL for everything that wallets ask it for.
func (d *Doctor) public(ctx context.Context) []Check {
	forms := d.forms()
	first := d.fetch(ctx, d.Public, d.at(forms[0].path), jsonType)
	reached := []Check{d.reach(first), d.tls(first)}
	if first.err != nil {
		for _, name := range []string{forms[0].name, nameIdentifier, nameClock, nameSigned, nameTypes} {
			reached = append(reached, Check{name, NotChecked, "The public address has to answer first.", ""})
		}
		return reached
	}
	forms[0].answer = first
	return append(reached, d.together(ctx,
		look{"Metadata", func(ctx context.Context) []Check { return d.metadata(ctx, forms) }},
		look{nameClock, func(context.Context) []Check { return publicClock(first) }},
		look{nameSigned, d.signed},
		look{nameTypes, d.served},
	)...)
}

// forms lists every well-known form, the one that wallets of OpenID4VCI 1.0 ask for first.
func (d *Doctor) forms() []form {
	var out []form
	for _, document := range []struct {
		name, member string
		paths        []string
	}{
		{"Issuer metadata", "credential_issuer", d.Door.WellKnownIssuer},
		{"Authorization server metadata", "issuer", d.Door.WellKnownServer},
	} {
		for i, path := range document.paths {
			f := form{name: document.name, path: path, member: document.member, older: i > 0}
			if f.older {
				f.name += ", older form"
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
	fix := "Start the program, and let the host and port of COUNTERFOIL_PUBLIC_URL lead to the wallet door (COUNTERFOIL_PUBLIC_ADDR), or to the proxy before it."
	if first.err != nil {
		if _, _, is := tlsFault(first.err); is {
			return Check{nameReach, NotChecked, "Something is there, but TLS has to work first.", ""}
		}
		return Check{nameReach, Failed, d.Door.Issuer + " " + trouble(first.err) + ".", fix}
	}
	const elsewhere = "Wallets on other devices need a public host name in COUNTERFOIL_PUBLIC_URL."
	switch {
	case loopbackHost(d.Door.Issuer):
		return Check{nameReach, Warning, d.Door.Issuer + " answers, but only this machine can reach it.", elsewhere}
	case first.remote.IsLoopback() || within(first.remote, outbound.Private()):
		return Check{nameReach, Warning, fmt.Sprintf("%s answers, but its name leads from here to %s, which is not a public address.", d.Door.Issuer, first.remote),
			"If the name leads to a public address outside, all is well: ask for it from a phone. Otherwise make it lead there."}
	}
	return Check{nameReach, OK, d.Door.Issuer + " answers.", ""}
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
		c := Check{nameTLS, Failed, "COUNTERFOIL_PUBLIC_URL is plain http, which wallets do not take.",
			"Give the wallet door a certificate (COUNTERFOIL_PUBLIC_TLS_CERT and _KEY), or put it behind a proxy that has one, and make COUNTERFOIL_PUBLIC_URL https."}
		if loopbackHost(d.Door.Issuer) {
			c.Result, c.Found = Warning, "COUNTERFOIL_PUBLIC_URL is plain http, which is for trials on this machine alone."
		}
		return c
	}
	if found, fix, is := tlsFault(first.err); is {
		return Check{nameTLS, Failed, found, fix}
	}
	if first.err != nil || first.tls == nil || len(first.tls.PeerCertificates) == 0 {
		return Check{nameTLS, NotChecked, "The public address has to answer first.", ""}
	}
	until := first.tls.PeerCertificates[0].NotAfter
	for _, c := range first.tls.PeerCertificates {
		if c.NotAfter.Before(until) {
			until = c.NotAfter
		}
	}
	left := int(until.Sub(first.to) / day)
	found := fmt.Sprintf("%s, with a chain that is trusted and valid until %s, %s.", tls.VersionName(first.tls.Version), until.UTC().Format(time.DateOnly), days(left))
	switch {
	case !until.After(first.to):
		return Check{nameTLS, Failed, found, "Renew the certificate, and look at the clock of this machine."}
	case left < minDays:
		return Check{nameTLS, Warning, found, "Renew the certificate, and see to it that this happens by itself."}
	}
	return Check{nameTLS, OK, found, ""}
}

func days(n int) string {
	if n == 1 || n == -1 {
		return strconv.Itoa(n) + " day"
	}
	return strconv.Itoa(n) + " days"
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
			members, fault := f.answer.object()
			if fault != "" {
				return []Check{f.wrong(fault)}
			}
			said[i], _ = members[f.member].(string)
			return []Check{{f.name, OK, f.path + " answers with JSON.", ""}}
		}}
	}
	return append(d.together(ctx, looks...), d.identifier(forms, said))
}

// wrong is a form that wallets cannot use. The older form is for wallets of drafts only.
func (f form) wrong(fault string) Check {
	c := Check{f.name, Failed, f.path + " " + fault + ".", "Let the proxy pass " + f.path + " on to the wallet door unchanged: path, query, headers and answer."}
	if f.older {
		c.Result = Warning
	}
	return c
}

// identifier holds what the documents call the issuer to what it is, to the letter (OpenID4VCI 1.0 §12.2.4, RFC 8414 §3.3).
func (d *Doctor) identifier(forms []form, said []string) Check {
	seen := false
	for i, f := range forms {
		if _, fault := f.answer.object(); fault != "" {
			continue
		}
		seen = true
		if said[i] != d.Door.Issuer {
			return Check{nameIdentifier, Failed, fmt.Sprintf("%s says %s %q, which is not %q to the letter.", f.path, f.member, shown(said[i]), d.Door.Issuer),
				"Another installation may answer there: let the public name lead to this one, and give every process the same COUNTERFOIL_PUBLIC_URL."}
		}
	}
	if !seen {
		return Check{nameIdentifier, NotChecked, "No metadata could be read.", ""}
	}
	return Check{nameIdentifier, OK, "The metadata calls the issuer " + d.Door.Issuer + ", as the settings do.", ""}
}

// publicClock compares the Date of an answer, and what was kept on the way adds to it (RFC 9111 §4.2.3), with this machine's clock.
func publicClock(a answer) []Check {
	date, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return []Check{{nameClock, NotChecked, "The public answer has no Date.", ""}}
	}
	if age, err := strconv.Atoi(a.header.Get("Age")); err == nil && age > 0 && age < int(day/time.Second) {
		date = date.Add(time.Duration(age) * time.Second)
	}
	return []Check{clockCheck(nameClock, "The clock behind the public address", apart(date, a.from.Add(-clockTolerance), a.to))}
}
