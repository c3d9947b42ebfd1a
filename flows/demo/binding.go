package demo

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
)

// binding is the key that a token is bound to; zero for a bearer token.
type binding struct {
	JKT string // the thumbprint of the client's DPoP key (RFC 9449 6.1)
	X5T string // the thumbprint of the client's certificate (RFC 8705 3.1)
}

// confirmation returns the cnf claim (RFC 7800 3.1); nil for a bearer token.
func (b binding) confirmation() map[string]any {
	cnf := map[string]any{}
	if b.JKT != "" {
		cnf["jkt"] = b.JKT
	}
	if b.X5T != "" {
		cnf["x5t#S256"] = b.X5T
	}
	if len(cnf) == 0 {
		return nil
	}
	return cnf
}

// tokenType returns the token_type of an access token (RFC 9449 5; RFC 8705 3 keeps Bearer).
func (b binding) tokenType() string {
	if b.JKT != "" {
		return "DPoP"
	}
	return "Bearer"
}

// bindingOf reads a cnf claim.
func bindingOf(cnf any) binding {
	m, _ := cnf.(map[string]any)
	jkt, _ := m["jkt"].(string)
	x5t, _ := m["x5t#S256"].(string)
	return binding{JKT: jkt, X5T: x5t}
}

// bind returns the binding of a token request, and requires one where the client is registered for it.
func (d *dpop) bind(r *http.Request, c client) (binding, *oauthError) {
	jkt, err := d.readProof(r, "", d.env.on(faultDPoPNonce))
	switch {
	case err != nil:
		return binding{}, err
	case jkt == "" && c.DPoPBound:
		return binding{}, oauthErrorf("invalid_dpop_proof",
			"the client %s gets DPoP-bound tokens only, and the DPoP header is missing", c.ID)
	}
	b := binding{JKT: jkt}
	if c.CertificateBound {
		if b.X5T = certificateThumbprint(r); b.X5T == "" {
			return binding{}, oauthErrorf("invalid_request",
				"the client %s gets certificate-bound tokens only, and the certificate is missing: use "+
					"mtls_endpoint_aliases", c.ID)
		}
	}
	return b, nil
}

// checkBinding checks that the sender of a bound token has its key (RFC 9449 7.1, RFC 8705 3). ath is the hash of the
// token.
func (d *dpop) checkBinding(r *http.Request, p presented, rec accessRecord) *challenge {
	refuse := func(code, format string, args ...any) *challenge {
		return &challenge{Error: code, Description: fmt.Sprintf(format, args...), DPoP: rec.Bound.JKT != "" || p.DPoP}
	}
	switch {
	case rec.Bound.JKT != "" && !p.DPoP:
		return refuse("invalid_token", "the token is bound to a DPoP key, but was sent as a Bearer token")
	case rec.Bound.JKT == "" && p.DPoP:
		return refuse("invalid_token", "the token is not bound to a DPoP key, but was sent as a DPoP token")
	case rec.Bound.X5T != "" && certificateThumbprint(r) != rec.Bound.X5T:
		return refuse("invalid_token", "the token is bound to a client certificate, and the connection does not have "+
			"it")
	case !p.DPoP:
		return nil
	}
	jkt, err := d.readProof(r, p.Token, d.env.on(faultDPoPNonceAPI))
	switch {
	case err != nil:
		return refuse(err.Code, "%s", err.Description)
	case jkt == "":
		return refuse("invalid_dpop_proof", "a DPoP token came without a DPoP header")
	case jkt != rec.Bound.JKT:
		return refuse("invalid_token", "the token is bound to another DPoP key than the one of the proof")
	}
	return nil
}

// certificateThumbprint returns x5t#S256 of the connection's client certificate; "" without one.
func certificateThumbprint(r *http.Request) string {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return ""
	}
	return thumbprint(r.TLS.PeerCertificates[0].Raw)
}

func thumbprint(der []byte) string {
	sum := sha256.Sum256(der)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// applyBindingFaults replaces the thumbprint with that of an unknown key.
func (ti *tokenIssuer) applyBindingFaults(b binding) binding {
	unknownKey := thumbprint([]byte("an unknown key"))
	if b.JKT != "" && ti.env.on(faultWrongDPoPBinding) {
		b.JKT = unknownKey
	}
	if b.X5T != "" && ti.env.on(faultWrongMTLSBinding) {
		b.X5T = unknownKey
	}
	return b
}
