package demo

// password is the resource owner password credentials grant (RFC 6749 4.3). It is deprecated (RFC 9700 2.4): the
// client sees the password, and an account that needs a second factor cannot use it.
func (g *directGrants) password(t *tokenRequest) (*tokenResponse, *oauthError) {
	u, known := findUser(t.Get("username"))
	right := checkPassword(t.Get("password"))
	switch {
	case !t.Has("username") || !t.Has("password"):
		return nil, oauthErrorf("invalid_request", "username or password is missing")
	case !known || !right:
		return nil, oauthErrorf("invalid_grant", "the user name or the password is wrong")
	case u.NeedsBrowser:
		return nil, oauthErrorf("interaction_required",
			"%s has to sign in with a browser: the account needs more than a password", u.Name)
	}
	return g.tokens.issueForUser(t, g.tokens.familyOf(t, u.Name))
}

// familyOf starts a family for a user whom the token request itself identified, just now.
func (ti *tokenIssuer) familyOf(t *tokenRequest, userName string) family {
	return family{Client: t.Client.ID, User: userName, SignIn: randomToken(), AuthTime: ti.env.reportedTime(),
		ACR: acrPassword}
}

// issueForUser answers a token request for a user: with the requested tokens, and a refresh token.
func (ti *tokenIssuer) issueForUser(t *tokenRequest, f family) (*tokenResponse, *oauthError) {
	var err *oauthError
	if f.Scopes, err = grantScopes(t.Client, t.Get("scope"), true); err != nil {
		return nil, err
	}
	f.Resources = t.All("resource")
	resource, err := ti.env.chooseResource(nil, f.Resources)
	if err != nil {
		return nil, err
	}
	id := ti.store.newFamily(f)
	return ti.issueTo(t, issuance{Family: id, Of: f, Scopes: f.Scopes, Resource: resource,
		Refresh: ti.store.newRefresh(t, id,
			f.Scopes)})
}
