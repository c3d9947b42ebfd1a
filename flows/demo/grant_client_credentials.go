package demo

// clientCredentials is the grant of a client that acts for itself (RFC 6749 4.4).
func (g *directGrants) clientCredentials(t *tokenRequest) (*tokenResponse, *oauthError) {
	if t.Client.Public() {
		return nil, oauthErrorf("unauthorized_client", "client credentials are for confidential clients (RFC 6749 4.4)")
	}
	scopes, err := grantScopes(t.Client, t.Get("scope"), false)
	if err != nil {
		return nil, err
	}
	resource, err := g.env.chooseResource(nil, t.All("resource"))
	if err != nil {
		return nil, err
	}
	return g.tokens.issueTo(t, issuance{Scopes: scopes, Resource: resource})
}
