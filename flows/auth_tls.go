package flows

// authTLS authenticates by the client certificate of the connection, which an authority of the server's trust issued.
var authTLS = AuthMethod{
	ID:               "tls_client_auth",
	Name:             "client certificate of an authority",
	Spec:             "RFC 8705 2.1",
	Metadata:         "tls_client_auth",
	NeedsCertificate: true,
	Apply:            setClientID,
}

// authSelfSignedTLS authenticates by a client certificate that the server knows by its key.
var authSelfSignedTLS = AuthMethod{
	ID:               "self_signed_tls_client_auth",
	Name:             "client certificate, self-signed",
	Spec:             "RFC 8705 2.2",
	Metadata:         "self_signed_tls_client_auth",
	NeedsCertificate: true,
	Apply:            setClientID,
}

// setClientID says who the client is; the connection proves it (RFC 8705 2).
func setClientID(req *TokenRequest, c Client) error {
	req.Form.Set("client_id", c.ID)
	return nil
}
