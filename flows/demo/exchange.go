package demo

import (
	"maps"
	"slices"
	"strings"
)

// The token types of RFC 8693 3.
const (
	typeAccessToken  = "urn:ietf:params:oauth:token-type:access_token"
	typeRefreshToken = "urn:ietf:params:oauth:token-type:refresh_token"
	typeIDToken      = "urn:ietf:params:oauth:token-type:id_token"
	typeJWT          = "urn:ietf:params:oauth:token-type:jwt"
	typeSAML1        = "urn:ietf:params:oauth:token-type:saml1"
	typeSAML2        = "urn:ietf:params:oauth:token-type:saml2"
)

// exchangedToken is what a subject or an actor token says about a party.
type exchangedToken struct {
	Subject string
	User    string         // "" when it is a client
	Scopes  []string       // nil when the token does not say
	Act     map[string]any // who acts already (RFC 8693 4.1)
	MayAct  map[string]any // who may (RFC 8693 4.4); nil allows any party
	Of      family
	Note    string
}

// exchangeGrant exchanges tokens.
type exchangeGrant struct {
	env        *environment
	clients    *clients
	keys       *keyring
	assertions *assertionChecker
	store      *tokenStore
	tokens     *tokenIssuer
}

// redeem is the token exchange grant (RFC 8693 2).
func (g *exchangeGrant) redeem(t *tokenRequest) (*tokenResponse, *oauthError) {
	if !t.Has("subject_token") || !t.Has("subject_token_type") {
		return nil, oauthErrorf("invalid_request", "subject_token or subject_token_type is missing")
	}
	subject, err := g.read(t, "subject_token")
	if err != nil {
		return nil, err
	}
	var act map[string]any
	switch {
	case t.Has("actor_token"):
		actor, err := g.read(t, "actor_token")
		if err != nil {
			return nil, err
		}
		if act, err = delegate(subject, actor); err != nil {
			return nil, err
		}
	case t.Has("actor_token_type"):
		return nil, oauthErrorf("invalid_request", "actor_token_type without actor_token")
	default:
		act = subject.Act // impersonation: the earlier actors remain
	}
	scopes, err := exchangeScopes(t, subject)
	if err != nil {
		return nil, err
	}
	audience, err := g.audience(t)
	if err != nil {
		return nil, err
	}
	f := subject.Of
	f.Client, f.User, f.Scopes, f.Act = t.Client.ID, subject.User, scopes, act
	i := issuance{Of: f, Subject: subject.Subject, Scopes: scopes, Resource: audience[0], OtherAudiences: audience[1:]}
	response, err := g.issue(t, i)
	if response != nil {
		response.Note = subject.Note
	}
	return response, err
}

// read reads the subject or the actor token by its type.
func (g *exchangeGrant) read(t *tokenRequest, name string) (exchangedToken, *oauthError) {
	token, typ := t.Get(name), t.Get(name+"_type")
	bad := func(why string) (exchangedToken, *oauthError) {
		return exchangedToken{}, oauthErrorf("invalid_request", "the %s is invalid: %s", name, why)
	}
	switch typ {
	case typeAccessToken:
		return g.readAccess(token, bad)
	case typeRefreshToken:
		rec, known := g.store.refresh.Get(token)
		f, active := g.store.families.Get(rec.Family)
		if !known || !active || f.Revoked || rec.Used || rec.Client != t.Client.ID {
			return bad("the refresh token is not known, not this client's, or was spent or revoked")
		}
		return exchangedToken{Subject: f.User, User: f.User, Scopes: rec.Scopes, Of: f}, nil
	case typeIDToken, typeJWT:
		if typ == typeJWT && isAccessTokenType(decodePart(token, 0)) {
			return g.readAccess(token, bad)
		}
		return g.readJWT(t, token, bad)
	case typeSAML2:
		a, why := readSAML(g.env.issuer, g.env.now(), token)
		u, known := findUser(a.Subject.NameID)
		switch {
		case why != "":
			return bad(why)
		case !known:
			return bad("no user with its NameID is known here")
		}
		return exchangedToken{Subject: u.Name, User: u.Name, Of: g.tokens.familyOf(t, u.Name), Note: samlNote}, nil
	case typeSAML1:
		return bad("SAML 1.1 assertions are not read here")
	case "":
		return bad(name + "_type is missing")
	}
	return bad("the token type " + typ + " is not known here")
}

func (g *exchangeGrant) readAccess(token string, bad func(string) (exchangedToken, *oauthError)) (exchangedToken,
	*oauthError) {
	rec, why := g.store.checkAccess(token)
	if why != "" {
		return bad(why)
	}
	f := family{User: rec.User, AuthTime: rec.AuthTime, ACR: rec.ACR}
	if known, ok := g.store.families.Get(rec.Family); ok {
		f.SignIn = known.SignIn
	}
	return exchangedToken{Subject: rec.Subject, User: rec.User, Scopes: rec.Scopes, Act: rec.Act,
		MayAct: mayAct(rec.User),
		Of:     f}, nil
}

// readJWT reads an id_token of this server, or a JWT that a registered client signed.
func (g *exchangeGrant) readJWT(t *tokenRequest, token string, bad func(string) (exchangedToken,
	*oauthError)) (exchangedToken,
	*oauthError) {
	claims := decodeClaims(token)
	iss, _ := claims["iss"].(string)
	var why string
	if iss == g.env.issuer {
		if claims, why = g.keys.ownJWT(token); why == "" {
			why = g.assertions.checkTimes(claims)
		}
	} else {
		why = g.assertions.check(token, claims, iss, g.env.issuer, g.env.issuer+"/token")
	}
	sub, _ := claims["sub"].(string)
	if why != "" {
		return bad(why)
	}
	e := exchangedToken{Subject: sub, Of: g.tokens.familyOf(t, "")}
	if u, known := findUser(sub); known {
		e.User, e.Of.User, e.MayAct = u.Name, u.Name, mayAct(u.Name)
	}
	if given, ok := claims["may_act"].(map[string]any); ok {
		e.MayAct = given
	}
	e.Act, _ = claims["act"].(map[string]any)
	return e, nil
}

// delegate returns the act claim (RFC 8693 4.1): the actor, and within it the earlier actors.
func delegate(subject, actor exchangedToken) (map[string]any, *oauthError) {
	for name, want := range subject.MayAct {
		if name == "sub" && want != actor.Subject {
			return nil, oauthErrorf("invalid_request", "the subject's may_act does not allow %s to act for it",
				actor.Subject)
		}
	}
	act := map[string]any{"sub": actor.Subject}
	if actor.Act != nil {
		act["act"] = maps.Clone(actor.Act)
	}
	if subject.Act != nil {
		act["act"] = maps.Clone(subject.Act)
	}
	return act, nil
}

// exchangeScopes returns the requested scopes, within those of the subject token; all of them if none is requested.
func exchangeScopes(t *tokenRequest, subject exchangedToken) ([]string, *oauthError) {
	if subject.Scopes == nil {
		return grantScopes(t.Client, t.Get("scope"), subject.User != "")
	}
	return narrowScopes(subject.Scopes, t.Get("scope"))
}

// audience reads resource and audience, which may both repeat (RFC 8693 2.1): the first is the resource of the
// token, the others are added to aud. An audience is a resource or the ID of a client.
func (g *exchangeGrant) audience(t *tokenRequest) ([]string, *oauthError) {
	if err := g.env.checkResources(t.All("resource")); err != nil {
		return nil, err
	}
	all := t.All("resource")
	for _, audience := range t.All("audience") {
		if _, known := g.clients.find(audience); !known && !slices.Contains(g.env.resources(), audience) {
			return nil, oauthErrorf("invalid_target",
				"the audience %q is not known here; known are %s and the IDs of clients", audience,
				strings.Join(g.env.resources(), " "))
		}
		if !slices.Contains(all, audience) {
			all = append(all, audience)
		}
	}
	if len(all) == 0 {
		all = []string{g.env.api()}
	}
	return all, nil
}

// issue issues a token of the requested type (RFC 8693 2.2.1).
func (g *exchangeGrant) issue(t *tokenRequest, i issuance) (*tokenResponse, *oauthError) {
	wanted := t.Get("requested_token_type")
	if wanted == "" {
		wanted = typeAccessToken
	}
	i.Family = g.store.newFamily(i.Of)
	i.NoIDToken = true
	response, err := g.tokens.issueTo(t, i)
	if err != nil {
		return nil, err
	}
	response.IssuedTokenType = wanted
	notAccess := func(token string) {
		response.AccessToken, response.TokenType, response.ExpiresIn = token, "N_A", int64(idTokenLifetime.Seconds())
	}
	switch {
	case wanted == typeAccessToken, wanted == typeJWT:
	case wanted == typeRefreshToken && i.Of.User != "" && t.Client.MayUse(grantRefreshToken):
		notAccess(g.store.newRefresh(t, i.Family, i.Scopes))
		response.ExpiresIn = int64(refreshLifetime.Seconds())
	case wanted == typeIDToken && i.Of.User != "":
		i.Client = t.Client
		token, failure := g.tokens.issueIDToken(i, "")
		if failure != nil {
			return nil, serverFailure("signing the id_token", failure)
		}
		notAccess(token)
	case wanted == typeSAML2 && i.Of.User != "":
		now := g.env.reportedTime()
		notAccess(newSAML(g.env.issuer, now, i.Of.User, g.env.issuer, now.Add(idTokenLifetime)))
		response.Note = "the assertion is not signed: this server does not write XML signatures"
	default:
		return nil, oauthErrorf("invalid_request", "a token of the type %s cannot be issued for this subject", wanted)
	}
	if g.env.on(faultIssuedTokenType) {
		response.IssuedTokenType = typeSAML1
	}
	return response, nil
}
