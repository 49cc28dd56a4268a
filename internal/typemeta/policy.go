package typemeta

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"counterfoil/internal/strictjson"
)

// The defaults and bounds of a policy. What is said of a value beyond a bound names it, as a whole sentence that catalogues can have.
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
			r.fault("/validity", "must be hours from 24h to 87600h, for example 8760h")
		}
		p.Validity = d
	}
	if f.BatchSize != nil {
		if *f.BatchSize < 1 || *f.BatchSize > maxBatch {
			r.fault("/batch_size", "must be 1 to 100")
		}
		p.BatchSize = *f.BatchSize
	}
	if f.TxCode != nil {
		p.TxCode = *f.TxCode
		if p.TxCode.Length == 0 {
			p.TxCode.Length = defaultCode
		}
		if p.TxCode.Length < minCode || p.TxCode.Length > maxCode {
			r.fault("/tx_code/length", "must be 4 to 12")
		}
	}
	p.Approval = r.approval(t, f.Approval)
	t.Policy = p
	r.hints(&t, f.Form)
	p.hints = t.Policy.hints
	if len(r.faults) > 0 {
		return Policy{}, errors.Join(r.faults...)
	}
	return p, nil
}

func scopeToken(s string) bool {
	return !slices.ContainsFunc([]rune(s), func(c rune) bool { return c <= 0x20 || c > 0x7e || c == '"' || c == '\\' })
}

// String names the type for messages.
func (t Type) String() string { return fmt.Sprintf("type %s", t.ID) }
