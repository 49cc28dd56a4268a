package doctor

import (
	"context"
	"strings"
	"time"

	"counterfoil/internal/trust"
	"counterfoil/views/i18n"
)

// certificates judges the signing certificates by how long they are valid.
func (d *Doctor) certificates(context.Context) []Check {
	set, err := d.Keys()
	if err != nil {
		return []Check{{nameCertificates, Failed, i18n.Say("The signing keys cannot be used: “%s”.", oneLine(err)),
			i18n.Say("Put keys and certificates into the keys folder of the data dir, as the README says under Production; the demo makes its own.")}}
	}
	now := d.Clock()
	renew := i18n.Say("Have the certificate renewed, put it into the keys folder of the data dir and start anew. counterfoil keys show lists what is there.")
	var out []Check
	for _, v := range set.Validity(now) {
		c := Check{Name: certificateName(v.Purpose), Result: OK, Found: validFor(v.DaysLeft, v.NotAfter)}
		_, soon := v.Step()
		switch {
		case now.Before(v.NotBefore):
			c.Result, c.Found, c.Fix = Failed, i18n.Say("It is not valid before %s.", v.NotBefore), i18n.Say("Look at the clock of this machine, or wait.")
		case now.After(v.NotAfter):
			c.Result, c.Found, c.Fix = Failed, i18n.Say("It has expired on %s: nothing is signed with it.", v.NotAfter), renew
		case soon:
			c.Result, c.Fix = Warning, renew
		case v.Long():
			c.Result, c.Fix = Warning, i18n.Say("It is valid for more than three years in all. Ask for a shorter one at the next renewal: whoever copied its key could use it as long.")
		}
		out = append(out, c)
	}
	if err := set.ValidAt(now); err != nil && (Report{Checks: out}).Count(Failed) == 0 { // one above the leaf
		out = append(out, Check{nameCertificates, Failed, i18n.Say("A chain has a certificate that is not valid now."), renew})
	}
	return out
}

// validFor says how long a certificate or chain is valid.
func validFor(days int, until time.Time) i18n.Text {
	return i18n.Say("Valid for %d more days, until %s.", days, until)
}

func certificateName(p trust.Purpose) i18n.Text {
	switch p {
	case trust.Issuer:
		return i18n.Say("Issuer certificate")
	case trust.Access:
		return i18n.Say("Access certificate")
	}
	return i18n.Text{Format: string(p)}
}

// mode tells whether this is for production.
func (d *Doctor) mode(context.Context) []Check {
	switch {
	case d.Demo:
		return []Check{{nameMode, Warning, i18n.Say("This is the demo, with test certificates and sign-in by one click: not for production."),
			i18n.Say("Start with counterfoil serve, with certificates, a master key and a database of your own; the README has the steps under Production.")}}
	case d.Refusal != nil:
		return []Check{{nameMode, Failed, i18n.Say("With these settings counterfoil serve does not start: “%s”.", oneLine(d.Refusal)), i18n.Say("Change the settings that are named; the README lists them all.")}}
	}
	return []Check{{nameMode, OK, i18n.Say("The settings are those of production."), i18n.Text{}}}
}

// oneLine joins the lines of joined errors.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
