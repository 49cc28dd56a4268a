package oid4vci

import (
	"context"
	"fmt"

	"counterfoil/internal/issuance"
	"counterfoil/internal/strictjson"
)

// credentialOffer is the offer object of OpenID4VCI 1.0 §4.1.1.
type credentialOffer struct {
	Issuer         string         `json:"credential_issuer"`
	Configurations []string       `json:"credential_configuration_ids"`
	Grants         map[string]any `json:"grants"`
}

type preAuthorized struct {
	Code   string  `json:"pre-authorized_code"`
	TxCode *txCode `json:"tx_code,omitzero"`
}

type txCode struct {
	InputMode   string `json:"input_mode"`
	Length      int    `json:"length"`
	Description string `json:"description,omitzero"`
}

// Offer gives the offer object of an offer that a wallet fetches, or only peeks at; refusals are the domain's.
func (s *Service) Offer(ctx context.Context, id issuance.OfferID, peek bool) ([]byte, error) {
	o, code, err := s.issuance.RetrieveOffer(ctx, id, peek)
	if err != nil {
		return nil, err
	}
	return s.offer(o, code.Reveal())
}

func (s *Service) offer(o issuance.Offer, code string) ([]byte, error) {
	grant := preAuthorized{Code: code}
	if o.TxCode != nil {
		grant.TxCode = &txCode{InputMode: string(o.TxCode.InputMode), Length: o.TxCode.Length, Description: o.TxCode.Description}
	}
	b, err := strictjson.Encode(credentialOffer{
		Issuer: s.urls.Issuer, Configurations: []string{o.Type},
		Grants: map[string]any{issuance.GrantPreAuthorizedCode: grant},
	})
	if err != nil {
		return nil, fmt.Errorf("write offer: %w", err)
	}
	return b, nil
}
