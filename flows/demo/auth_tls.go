package demo

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"slices"

	"fob/tokens/jose"
)

const (
	authTLS           = "tls_client_auth"
	authSelfSignedTLS = "self_signed_tls_client_auth"
)

// usesCertificate returns the Used of a method of RFC 8705: the connection has a certificate, and the client is
// registered for the method. A certificate alone is not enough: it may be there to bind tokens.
func usesCertificate(method string) func(*authenticator, *http.Request, params) bool {
	return func(a *authenticator, r *http.Request, p params) bool {
		c, ok := a.clients.find(p.Get("client_id"))
		return ok && c.AuthMethod == method && !p.Has("client_secret") && !p.Has("client_assertion") &&
			r.Header.Get("Authorization") == ""
	}
}

// certificateClient checks a certificate of an authority, by its subject (RFC 8705 2.1).
func (a *authenticator) certificateClient(r *http.Request, p params) (client, *oauthError) {
	c, cert, err := a.presentedCertificate(r, p)
	if err != nil {
		return client{}, err
	}
	if _, failure := cert.Verify(x509.VerifyOptions{Roots: a.authority.pool(), CurrentTime: a.env.now(),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); failure != nil {
		return client{}, oauthErrorf("invalid_client", "the client certificate is invalid: %s", failure)
	}
	if subject := cert.Subject.String(); subject != c.SubjectDN {
		return client{}, oauthErrorf("invalid_client", "the certificate's subject is %s, registered is %s", subject,
			c.SubjectDN)
	}
	return c, nil
}

// selfSignedClient checks a certificate by the registered key (RFC 8705 2.2).
func (a *authenticator) selfSignedClient(r *http.Request, p params) (client, *oauthError) {
	c, cert, err := a.presentedCertificate(r, p)
	if err != nil {
		return client{}, err
	}
	var jkt string
	set, failure := jose.ParseKeys(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	if failure == nil && len(set.Keys()) == 1 {
		jkt, failure = set.Keys()[0].Thumbprint()
	}
	if failure != nil || jkt == "" {
		return client{}, oauthErrorf("invalid_client", "the certificate's key cannot be read: %v", failure)
	}
	if !slices.ContainsFunc(c.Keys.Keys(), func(k jose.Key) bool {
		known, err := k.Thumbprint()
		return err == nil &&
			known == jkt
	}) {
		return client{}, oauthErrorf("invalid_client", "the certificate's key is not one that the client registered")
	}
	return c, nil
}

func (a *authenticator) presentedCertificate(r *http.Request, p params) (client, *x509.Certificate, *oauthError) {
	c, ok := a.clients.find(p.Get("client_id"))
	switch {
	case !ok:
		return client{}, nil, a.clients.unknown(p.Get("client_id"))
	case certificateThumbprint(r) == "":
		return client{}, nil, oauthErrorf("invalid_client",
			"the client certificate is missing: use the mtls_endpoint_aliases")
	}
	return c, r.TLS.PeerCertificates[0], nil
}

// TLSInfo locates the endpoints that accept client certificates.
type TLSInfo struct {
	Base string `json:"base"` // https://127.0.0.1:PORT
	API  string `json:"api"`  // the API at that base; its resource identifier remains Description.API
	CA   string `json:"ca"`   // the certificate authority, as PEM
}
