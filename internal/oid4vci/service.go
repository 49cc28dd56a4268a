package oid4vci

import (
	"io"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oauth"
	"counterfoil/internal/secret"
)

// Service is the endpoints of the wallet door as functions over values.
type Service struct {
	issuance *issuance.Service
	urls     URLs
	clock    func() time.Time
	nonces   nonces
}

// NewService makes the endpoints.
func NewService(i *issuance.Service, urls URLs, master secret.Master, clock func() time.Time, random io.Reader) *Service {
	return &Service{issuance: i, urls: urls, clock: clock, nonces: nonces{key: master.Derive("nonces"), random: random}}
}

// Request is what every protected request carries besides its body.
type Request struct {
	// Authorization and DPoP are the values of all headers of these names.
	Authorization []string
	DPoP          []string
	ContentType   string
	// Query is the raw query; Body the raw body, owned by the request.
	Query string
	Body  []byte
}

// prove verifies the DPoP header of a request when there is one.
func (s *Service) prove(r Request, path, accessToken string) (*oauth.DPoPProof, *oauth.Error) {
	if len(r.DPoP) == 0 {
		return nil, nil
	}
	now := s.clock()
	proof, e := oauth.VerifyDPoP(oauth.DPoPRequest{
		Headers: r.DPoP, Method: "POST", URL: s.urls.At(path), AccessToken: accessToken, Now: now,
		CheckNonce: func(n string) bool { return s.nonces.check(purposeDPoP, n, now) },
	})
	if e != nil {
		return nil, e
	}
	return &proof, nil
}

// spentJTI is the jti of a proof as a single-use value of its key.
func (s *Service) spentJTI(p *oauth.DPoPProof) []issuance.Spent {
	if p == nil {
		return nil
	}
	return []issuance.Spent{{
		Hash:      s.nonces.key.MAC([]byte("jti"), []byte(p.Thumbprint), []byte(p.JTI)),
		ExpiresAt: s.clock().Add(2 * nonceLife), // beyond any window in which the proof is accepted
		Code:      issuance.CodeProofReplayed,
	}}
}

// authorize finds the grant that a protected request carries, and holds the request to its binding
// (RFC 6750 §2.1, RFC 9449 §7). A *oauth.Error with an empty code means that there was no token.
func (s *Service) authorize(r Request, path string, find func(token string) (issuance.Access, error)) (issuance.Access, *oauth.DPoPProof, error) {
	none := issuance.Access{}
	if len(r.Query) > 0 && hasToken(r.Query) {
		return none, nil, oauth.NewError(400, "invalid_request", "an access token must not be sent in the URL") // RFC 6750 §3.1
	}
	scheme, token, e := oauth.ParseAuthorization(r.Authorization)
	if e != nil {
		return none, nil, e
	}
	if scheme == oauth.None {
		return none, nil, errNoToken()
	}
	access, err := find(token)
	if err != nil {
		return none, nil, err
	}
	bound := access.Grant.Thumbprint != ""
	switch {
	case bound && scheme == oauth.Bearer:
		return none, nil, oauth.InvalidToken("the access token is bound to a key: present it with DPoP")
	case !bound && scheme == oauth.DPoP:
		return none, nil, oauth.InvalidToken("the access token is not bound to a key: present it as Bearer")
	case bound && len(r.DPoP) == 0:
		return none, nil, unauthorized(oauth.InvalidDPoPProof("the DPoP header is missing"))
	case !bound:
		return access, nil, nil
	}
	proof, e := s.prove(r, path, token)
	if e != nil {
		return none, nil, unauthorized(e)
	}
	if proof.Thumbprint != access.Grant.Thumbprint {
		return none, nil, oauth.InvalidToken("the proof is made with another key than the access token is bound to")
	}
	return access, proof, nil
}

// unauthorized turns a DPoP error of the token endpoint into that of a resource.
func unauthorized(e *oauth.Error) *oauth.Error {
	e.Status = 401
	return e
}

// errNoToken says that a request carried no access token: answered 401 without a code (RFC 6750 §3.1).
func errNoToken() *oauth.Error { return &oauth.Error{Status: 401} }
