package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"counterfoil/internal/trust"
)

const keysFix = "Have the certificate renewed, put it into the keys folder of the data dir and start anew. counterfoil keys show lists what is there."

// certificates judges the signing certificates by how long they are valid.
func (d *Doctor) certificates(context.Context) []Check {
	set, err := d.Keys()
	if err != nil {
		return []Check{{"Certificates", Failed, "The signing keys cannot be used: " + oneLine(err) + ".",
			"Put keys and certificates into the keys folder of the data dir, as the README says under Production; the demo makes its own."}}
	}
	now := d.Clock()
	var out []Check
	for _, v := range set.Validity(now) {
		c := Check{
			Name: certificateName(v.Purpose), Result: OK,
			Found: fmt.Sprintf("It is valid until %s, %s.", v.NotAfter.UTC().Format(time.DateOnly), days(v.DaysLeft)),
		}
		_, soon := v.Step()
		switch {
		case now.Before(v.NotBefore):
			c.Result, c.Fix = Failed, "The certificate begins on "+v.NotBefore.UTC().Format(time.RFC3339)+": look at the clock of this machine, or wait."
		case now.After(v.NotAfter):
			c.Result, c.Found, c.Fix = Failed, fmt.Sprintf("It has expired on %s: nothing is signed with it.", v.NotAfter.UTC().Format(time.DateOnly)), keysFix
		case soon:
			c.Result, c.Fix = Warning, keysFix
		}
		out = append(out, c)
	}
	if err := set.ValidAt(now); err != nil && (Report{Checks: out}).Count(Failed) == 0 { // one above the leaf
		out = append(out, Check{"Certificates", Failed, "A chain has a certificate that is not valid now.", keysFix})
	}
	return out
}

func certificateName(p trust.Purpose) string {
	switch p {
	case trust.Issuer:
		return "Issuer certificate"
	case trust.Access:
		return "Access certificate"
	}
	return string(p)
}

// mode tells whether this is for production.
func (d *Doctor) mode(context.Context) []Check {
	const name = "Mode"
	switch {
	case d.Demo:
		return []Check{{name, Warning, "This is the demo, with test certificates and sign-in by one click: not for production.",
			"Start with counterfoil serve, with certificates, a master key and a database of your own; the README has the steps under Production."}}
	case d.Refusal != nil:
		return []Check{{name, Failed, "With these settings counterfoil serve does not start: " + oneLine(d.Refusal) + ".", "Change the settings that are named; the README lists them all."}}
	}
	return []Check{{name, OK, "The settings are those of production.", ""}}
}

// oneLine joins the lines of joined errors.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
