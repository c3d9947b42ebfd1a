package flows

// authTLS authenticates by the connection's client certificate, issued by an authority that the server trusts.
var authTLS = AuthMethod{
	ID:               "tls_client_auth",
	Name:             "client certificate of an authority",
	Spec:             "RFC 8705 2.1",
	Metadata:         "tls_client_auth",
	NeedsCertificate: true,
	Apply:            setClientID,
}

// authSelfSignedTLS authenticates by the connection's client certificate, whose key is registered at the server.
var authSelfSignedTLS = AuthMethod{
	ID:               "self_signed_tls_client_auth",
	Name:             "client certificate, self-signed",
	Spec:             "RFC 8705 2.2",
	Metadata:         "self_signed_tls_client_auth",
	NeedsCertificate: true,
	Apply:            setClientID,
}

// setClientID sends client_id; the connection proves it (RFC 8705 2).
func setClientID(req *TokenRequest, c Client) error {
	req.Form.Set("client_id", c.ID)
	return nil
}
