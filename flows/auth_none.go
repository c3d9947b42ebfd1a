package flows

// authNone is a public client: it sends client_id and no credential. It never sends an Authorization header, which some
// servers read as a failed authentication.
var authNone = AuthMethod{
	ID:       "none",
	Name:     "none (public client)",
	Spec:     "RFC 6749 3.2.1",
	Metadata: "none",
	Apply: func(req *TokenRequest, c Client) error {
		req.Form.Set("client_id", c.ID)
		return nil
	},
}
