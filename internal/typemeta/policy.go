package typemeta

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"counterfoil/internal/strictjson"
)

// The defaults and bounds of a policy.
const (
	defaultValidity = 365 * 24 * time.Hour
	minValidity     = 24 * time.Hour
	maxValidity     = 10 * defaultValidity
	defaultBatch    = 10
	maxBatch        = 100
	minCode         = 4
	maxCode         = 12
	defaultCode     = 6
)

func defaultPolicy(id string) Policy {
	return Policy{Scope: id, Validity: defaultValidity, BatchSize: defaultBatch, TxCode: TxCodePolicy{Length: defaultCode}}
}

// policyFile is <id>.config.json; what is left out takes its default.
type policyFile struct {
	Scope     *string         `json:"scope"`
	Validity  *string         `json:"validity"` // a Go duration, for example 8760h
	BatchSize *int            `json:"batch_size"`
	TxCode    *TxCodePolicy   `json:"tx_code"`
	Approval  any             `json:"approval"`
	Form      map[string]Hint `json:"form"` // by claim path: "address.country", "nationalities[]"
}

func parsePolicy(t Type, data []byte) (Policy, error) {
	var f policyFile
	if faults := strictjson.DecodeAll(data, &f, strictjson.RefuseUnknown()); len(faults) > 0 {
		var all []error
		for _, fault := range faults {
			all = append(all, fault)
		}
		return Policy{}, errors.Join(all...)
	}
	p := defaultPolicy(t.ID)
	r := &reader{}
	if f.Scope != nil {
		p.Scope = *f.Scope
		if p.Scope == "" || len(p.Scope) > 200 || !scopeToken(p.Scope) {
			r.fault("/scope", "must be one scope token (RFC 6749 §3.3)")
		}
	}
	if f.Validity != nil {
		d, err := time.ParseDuration(*f.Validity)
		if err != nil || d < minValidity || d > maxValidity {
			r.fault("/validity", "must be hours from %.0fh to %.0fh, for example 8760h", minValidity.Hours(), maxValidity.Hours())
		}
		p.Validity = d
	}
	if f.BatchSize != nil {
		if *f.BatchSize < 1 || *f.BatchSize > maxBatch {
			r.fault("/batch_size", "must be 1 to %d", maxBatch)
		}
		p.BatchSize = *f.BatchSize
	}
	if f.TxCode != nil {
		p.TxCode = *f.TxCode
		if p.TxCode.Length == 0 {
			p.TxCode.Length = defaultCode
		}
		if p.TxCode.Length < minCode || p.TxCode.Length > maxCode {
			r.fault("/tx_code/length", "must be %d to %d", minCode, maxCode)
		}
	}
	p.Approval = r.approval(t, f.Approval)
	p.hints = f.Form
	r.hints(t, f.Form)
	if len(r.faults) > 0 {
		return Policy{}, errors.Join(r.faults...)
	}
	return p, nil
}

func (r *reader) hints(t Type, hints map[string]Hint) {
	for path, h := range hints {
		place := "/form/" + path
		if !slices.ContainsFunc(t.Claims, func(c Claim) bool { return c.Path.String() == path }) {
			r.fault(place, "the type has no such claim")
		}
		if h.Kind != "" && !slices.Contains(Kinds(), h.Kind) {
			r.fault(place+"/type", "must be one of %v", Kinds())
		}
		if h.Kind == Enum && len(h.Enum) == 0 {
			r.fault(place+"/enum", "must list the values")
		}
		if h.Kind == Amount && !slices.ContainsFunc(t.Claims, func(c Claim) bool { return c.Path.String() == beside(path, currencyName) }) {
			r.fault(place+"/type", "an amount needs the claim %s", beside(path, currencyName))
		}
	}
}

// beside gives the path of the claim with a name next to another one.
func beside(path, name string) string {
	return path[:strings.LastIndex(path, ".")+1] + name
}

func scopeToken(s string) bool {
	return !slices.ContainsFunc([]rune(s), func(c rune) bool { return c <= 0x20 || c > 0x7e || c == '"' || c == '\\' })
}

// Hint gives what is known about a claim's value: from the policy, or from its name.
func (t Type) Hint(p Path) Hint {
	h := t.Policy.hints[p.String()]
	if h.Kind == "" {
		h.Kind = guess(p)
	}
	if h.Max == 0 {
		h.Max = defaultMaxLength
	}
	return h
}

// String names the type for messages.
func (t Type) String() string { return fmt.Sprintf("type %s", t.ID) }
