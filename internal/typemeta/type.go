package typemeta

import "time"

// Type is a credential type: one entry of credential_configurations_supported.
type Type struct {
	// ID is the credential configuration id.
	ID string
	// Version grows when the type is changed while the program runs; 0 is the one of the folder.
	Version     int
	VCT         string
	Name        string
	Description string
	Display     []Display
	Claims      []Claim
	Policy      Policy
	document    []byte
	config      []byte
	tree        *node
}

// Config gives the config that the policy was read from; nil when there was none.
func (t Type) Config() []byte { return t.config }

// Display is how the type is shown in one language (SD-JWT VC §8).
type Display struct {
	Locale          string
	Name            string
	Description     string
	Logo            *Image
	BackgroundColor string
	TextColor       string
}

// Image is a picture by https or data URI.
type Image struct {
	URI     string
	AltText string
}

// Claim describes one claim (SD-JWT VC §9).
type Claim struct {
	Path      Path
	Display   []ClaimDisplay
	Mandatory bool
	SD        SD
	SVGID     string
}

// ClaimDisplay is how a claim is shown in one language.
type ClaimDisplay struct {
	Locale      string
	Label       string
	Description string
}

// SD says whether a claim is selectively disclosable (SD-JWT VC §9.3).
type SD string

// The rules of selective disclosure.
const (
	Always  SD = "always"
	Allowed SD = "allowed"
	Never   SD = "never"
)

// Policy is what the issuer decides about a type, beside its metadata.
type Policy struct {
	// Scope is the OAuth scope of the type; the id when left out.
	Scope string
	// Validity is how long a credential is valid.
	Validity time.Duration
	// BatchSize is how many credentials one request may ask for.
	BatchSize int
	// TxCode is what the portal proposes.
	TxCode TxCodePolicy
	// Approval says which offers a second person must approve.
	Approval Approval
	hints    map[string]Hint
}

// TxCodePolicy is the transaction code that the portal proposes for a type.
type TxCodePolicy struct {
	Off    bool `json:"off"`
	Length int  `json:"length"`
	// OnDisplay lets the customer display show the code once a phone has connected. Whoever sees the display can then collect.
	OnDisplay bool `json:"on_display"`
}

// Named gives the display name in a language, or in English, or the id.
func (t Type) Named(lang string) string {
	if d, ok := pick(t.Display, lang, func(d Display) string { return d.Locale }); ok {
		return d.Name
	}
	return t.ID
}

// Named gives the label of the claim in a language, or in English, or its path.
func (c Claim) Named(lang string) string {
	if d, ok := pick(c.Display, lang, func(d ClaimDisplay) string { return d.Locale }); ok {
		return d.Label
	}
	return c.Path.String()
}

// Described gives the display in a language, or the first.
func (t Type) Described(lang string) Display {
	d, ok := pick(t.Display, lang, func(d Display) string { return d.Locale })
	if !ok {
		return Display{Name: t.ID}
	}
	return d
}
