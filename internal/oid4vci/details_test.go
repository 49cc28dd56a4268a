package oid4vci

import (
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"counterfoil/internal/issuance"
	"counterfoil/internal/typemeta"
)

// The authorization details of OpenID4VCI 1.0's examples, at an issuer that has the types which they name. What they ask for
// besides, claims and locations, is no reason to refuse them; the one of a draft names no configuration.
func TestReadToken_takes_the_authorization_details_of_the_specification(t *testing.T) {
	const degree, ldp, licence = "UniversityDegreeCredential", "UniversityDegree_LDP_VC", "org.iso.18013.5.1.mDL"
	types := fuzzTypes{typemeta.Type{ID: degree}, typemeta.Type{ID: ldp}, typemeta.Type{ID: licence}}
	s := &Service{issuance: &issuance.Service{Dependencies: issuance.Dependencies{Types: types}}, urls: URLs{Issuer: fuzzIssuer}}
	for name, want := range map[string][]string{
		"authorization_details":                      {degree},
		"authorization_details_multiple_credentials": {degree, licence},
		"authorization_details_mso_doc":              {licence},
		"authorization_details_jwt_vc_json":          {degree},
		"authorization_details_ldp_vc":               {ldp},
		"authorization_details_with_as":              {degree},
		"authorization_details_sd_jwt_vc":            nil,
	} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile("testdata/" + name + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			_, details, _ := strings.Cut(string(text), "\n\n")
			form := url.Values{"grant_type": {issuance.GrantPreAuthorizedCode}, "pre-authorized_code": {"code"}, "authorization_details": {details}}
			got, e := s.readToken(Request{ContentType: formType, Body: []byte(form.Encode())})
			if want == nil {
				if e == nil || e.Code != invalidDetails {
					t.Errorf("got %q, %v", got.details, e)
				}
				return
			}
			if e != nil || !slices.Equal(got.details, want) {
				t.Errorf("got %q, %v, want %q", got.details, e, want)
			}
		})
	}
}
