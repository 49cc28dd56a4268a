package oid4vci

import (
	"context"
	"io"
	pathpkg "path"
	"time"

	"counterfoil/internal/issuance"
	"counterfoil/internal/oauth"
	"counterfoil/internal/secret"
)

// Service is the endpoints of the wallet door as functions over values.
type Service struct {
	issuance *issuance.Service
	urls     URLs
	batch    func() int
	clock    func() time.Time
	nonces   nonces
}

// NewService makes the endpoints. batch gives the batch_size of the issuer metadata, see BatchSize.
func NewService(i *issuance.Service, urls URLs, batch func() int, master secret.Master, clock func() time.Time, random io.Reader) *Service {
	return &Service{issuance: i, urls: urls, batch: batch, clock: clock, nonces: nonces{key: master.Derive("nonces"), random: random}}
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
func (s *Service) authorize(ctx context.Context, r Request, path string, find func(token string) (issuance.Access, error)) (issuance.Access, *oauth.DPoPProof, error) {
	none := issuance.Access{}
	if e := checkQuery(r.Query); e != nil {
		return none, nil, e
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
	proof, e := s.checkBinding(r, path, scheme, token, access.Grant.Thumbprint)
	if e != nil {
		s.noteRefusal(ctx, access.Offer.ID, path, e)
		return none, nil, e
	}
	return access, proof, nil
}

// checkBinding holds a request to the key that its access token is bound to; thumbprint is empty for a bearer token.
func (s *Service) checkBinding(r Request, path string, scheme oauth.Scheme, token, thumbprint string) (*oauth.DPoPProof, *oauth.Error) {
	bound := thumbprint != ""
	switch {
	case bound && scheme == oauth.Bearer:
		return nil, oauth.InvalidToken("the access token is bound to a key: present it with DPoP")
	case !bound && scheme == oauth.DPoP:
		return nil, oauth.InvalidToken("the access token is not bound to a key: present it as Bearer")
	case bound && len(r.DPoP) == 0:
		return nil, unauthorized(oauth.InvalidDPoPProof("the DPoP header is missing"))
	case !bound:
		return nil, nil
	}
	proof, e := s.prove(r, path, token)
	if e != nil {
		return nil, unauthorized(e)
	}
	if proof.Thumbprint != thumbprint {
		return nil, oauth.InvalidToken("the proof is made with another key than the access token is bound to")
	}
	return proof, nil
}

// noteRefusal puts what a wallet was refused on the timeline of its offer. That a nonce must be fetched first is no refusal but how
// DPoP begins.
func (s *Service) noteRefusal(ctx context.Context, id issuance.OfferID, path string, e *oauth.Error) {
	if e.Code != oauth.CodeUseNonce {
		s.issuance.NoteRefusal(ctx, id, noted(e), pathpkg.Base(path)+" request: "+e.Description)
	}
}

// noted is what the record calls a refusal: its code, but for clocks, which mend in another way than the rest of a proof.
func noted(e *oauth.Error) string {
	if e.Clock {
		return issuance.CodeClock
	}
	return e.Code
}

// unauthorized turns a DPoP error of the token endpoint into that of a resource.
func unauthorized(e *oauth.Error) *oauth.Error {
	e.Status = 401
	return e
}

// errNoToken says that a request carried no access token: answered 401 without a code (RFC 6750 §3.1).
func errNoToken() *oauth.Error { return &oauth.Error{Status: 401} }
