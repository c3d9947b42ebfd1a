package demo

// clientCredentials is the grant of a client that acts for itself (RFC 6749 4.4).
func (s *Server) clientCredentials(t *tokenRequest) (*tokenResponse, *oauthError) {
	if t.Client.Public() {
		return nil, oauthErrorf("unauthorized_client", "client credentials are for confidential clients (RFC 6749 4.4)")
	}
	scopes, err := grantScopes(t.Client, t.Get("scope"), false)
	if err != nil {
		return nil, err
	}
	resource, err := s.chooseResource(nil, t.All("resource"))
	if err != nil {
		return nil, err
	}
	return s.issueTo(t, issuance{Scopes: scopes, Resource: resource})
}
