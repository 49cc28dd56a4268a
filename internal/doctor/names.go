package doctor

import "counterfoil/views/i18n"

// What checks are called that are named in more than one place.
//
//nolint:gochecknoglobals // said once, never changed
var (
	nameReach        = i18n.Say("Public address")
	nameTLS          = i18n.Say("TLS")
	nameIdentifier   = i18n.Say("Issuer identifier")
	nameClock        = i18n.Say("Clock")
	nameSigned       = i18n.Say("Signed metadata")
	nameTypes        = i18n.Say("Type metadata")
	nameCertificates = i18n.Say("Certificates")
	nameLogos        = i18n.Say("Logos")
	nameCallbacks    = i18n.Say("Callback endpoints")
	nameDatabase     = i18n.Say("Database")
	nameMode         = i18n.Say("Mode")
)
