package demo

import (
	"maps"
	"slices"
	"strings"
	"time"

	"fob/tokens/jose"
)

// issuance describes what to issue.
type issuance struct {
	Client         client
	Family         string // "" for none: then there is no refresh token
	Of             family // zero without a user
	Scopes         []string
	Resource       string
	Nonce          string
	Refresh        string   // the refresh token of the response; "" for none
	OtherAudiences []string // further audiences
	Subject        string   // of the access token; "" is the user or, without one, the client
	// NoIDToken omits the id_token although openid was granted.
	NoIDToken bool
	IsRefresh bool   // this is a refresh
	Code      string // of the response with the id_token, for c_hash
	State     string // the same, for s_hash
	AuthReqID string // of the id_token's backchannel authentication
	Bound     binding
}

// tokenIssuer issues tokens, with the faults that are on.
type tokenIssuer struct {
	env    *environment
	keys   *keyring
	store  *tokenStore
	nonces *table[string] // the last nonce of each client, for the stale-nonce fault
}

func newTokenIssuer(env *environment, keys *keyring, store *tokenStore) *tokenIssuer {
	return &tokenIssuer{env, keys, store, newTable[string](env.now, 24*time.Hour, maxSignIns)}
}

// issueTo answers a token request: the tokens belong to its client and have its binding.
func (ti *tokenIssuer) issueTo(t *tokenRequest, i issuance) (*tokenResponse, *oauthError) {
	i.Client, i.Bound = t.Client, ti.applyBindingFaults(t.Bound)
	var err *oauthError
	if i.Of.Details, err = ti.env.chooseDetails(t, i.Of.Details); err != nil {
		return nil, err
	}
	return ti.issue(i)
}

// issue creates the tokens and the response.
func (ti *tokenIssuer) issue(i issuance) (*tokenResponse, *oauthError) {
	if ti.env.on(faultNarrowedScope) && len(i.Scopes) > 1 {
		i.Scopes = i.Scopes[:len(i.Scopes)-1]
	}
	if ti.env.on(faultRARNarrowed) {
		i.Of.Details = narrowDetails(i.Of.Details)
	}
	access, err := ti.issueAccess(i)
	if err != nil {
		return nil, serverFailure("signing the access token", err)
	}
	response := &tokenResponse{AccessToken: access, TokenType: i.Bound.tokenType(), RefreshToken: i.Refresh,
		Scope: strings.Join(i.Scopes, " "), Details: i.Of.Details,
		ExpiresIn: int64(ti.env.config.AccessLifetime / time.Second)}
	if i.Refresh != "" {
		response.RefreshExpiresIn = int64(refreshLifetime / time.Second)
	}
	if slices.Contains(i.Scopes, "openid") && !i.NoIDToken && !ti.env.on(faultNoIDToken) {
		if response.IDToken, err = ti.issueIDToken(i, access); err != nil {
			return nil, serverFailure("signing the id_token", err)
		}
	}
	ti.applyResponseFaults(response)
	return response, nil
}

// issueAccess creates an access token: a JWT (RFC 9068) for the API, an opaque one for the other resource.
func (ti *tokenIssuer) issueAccess(i issuance) (string, error) {
	now := ti.env.reportedTime()
	rec := accessRecord{ID: randomToken()[:22], Client: i.Client.ID, Subject: i.Client.ID, User: i.Of.User,
		Scopes:   i.Scopes,
		Resource: i.Resource, IssuedAt: now, Expires: now.Add(ti.env.config.AccessLifetime), AuthTime: i.Of.AuthTime,
		ACR: i.Of.ACR, Family: i.Family,
		Bound: i.Bound}
	rec.OtherAudiences, rec.Act, rec.Details = i.OtherAudiences, i.Of.Act, i.Of.Details
	switch {
	case i.Subject != "":
		rec.Subject = i.Subject
	case rec.User != "":
		rec.Subject = rec.User
	}
	if ti.env.on(faultExpiredAccess) {
		rec.Expires = now.Add(-time.Minute)
		rec.IssuedAt = rec.Expires.Add(-ti.env.config.AccessLifetime)
	}
	token := randomToken()
	if i.Resource != ti.env.opaqueResource() {
		claims := map[string]any{"iss": ti.env.issuer, "sub": rec.Subject, "aud": rec.audience(),
			"client_id": rec.Client,
			"jti":       rec.ID,
			"iat":       unix(rec.IssuedAt), "exp": unix(rec.Expires), "scope": strings.Join(rec.Scopes, " ")}
		if ti.env.on(faultAccessAudience) {
			claims["aud"] = ti.env.issuer + "/another-resource"
		}
		if rec.User != "" {
			claims["auth_time"], claims["acr"] = unix(rec.AuthTime), rec.ACR
		}
		for name, value := range map[string]map[string]any{"act": rec.Act, "may_act": mayAct(rec.User)} {
			if value != nil {
				claims[name] = value
			}
		}
		if len(rec.Details) > 0 {
			claims["authorization_details"] = rec.Details
		}
		if cnf := rec.Bound.confirmation(); cnf != nil {
			claims["cnf"] = cnf
		}
		var err error
		if token, err = ti.keys.sign("ES256", "at+jwt", claims, ""); err != nil {
			return "", err
		}
	}
	token = ti.applyAccessTokenFaults(token)
	ti.store.access.Put(token, rec)
	return token, nil
}

// The claims by which an id_token says which backchannel authentication it answers, and with which refresh token
// (OpenID Connect CIBA 10.3.1; a server need not, where it does not push).
const (
	claimAuthReqID = "urn:openid:params:jwt:claim:auth_req_id"
	claimRTHash    = "urn:openid:params:jwt:claim:rt_hash"
)

// issueIDToken creates an id_token (OpenID Connect Core 2; after a refresh 12.2), with the faults that are on.
func (ti *tokenIssuer) issueIDToken(i issuance, access string) (string, error) {
	now := ti.env.reportedTime()
	claims := i.Of.userClaims(i.Scopes)
	claims["iss"], claims["aud"] = ti.env.issuer, i.Client.ID
	claims["iat"], claims["exp"] = unix(now), unix(now.Add(idTokenLifetime))
	claims["auth_time"], claims["acr"], claims["amr"] = unix(i.Of.AuthTime), i.Of.ACR, amr(i.Of.ACR)
	if i.Of.SignIn != "" {
		claims["sid"] = sidOf(i.Of.SignIn)
	}
	if i.Of.Act != nil {
		claims["act"] = i.Of.Act
	}
	if nonce := ti.nonceFor(i); nonce != "" {
		claims["nonce"] = nonce
	}
	alg := i.Client.IDTokenAlg
	if ti.env.on(faultUnannouncedAlg) {
		alg = unannouncedAlg
	}
	hashed := map[string]string{"at_hash": access, "c_hash": i.Code, "s_hash": i.State}
	if i.AuthReqID != "" {
		claims[claimAuthReqID], hashed[claimRTHash] = i.AuthReqID, i.Refresh
	}
	for name, of := range hashed {
		if of == "" {
			continue
		}
		var err error
		if claims[name], err = jose.HalfHash(alg, of); err != nil {
			return "", err
		}
	}
	ti.applyClaimFaults(claims, i, alg)
	token, err := ti.signIDToken(alg, claims)
	if err != nil {
		return "", err
	}
	if ti.env.on(faultEncryptedForAnother) {
		return encryptForAnother(i.Client.idTokenEncryption(), token)
	}
	return encryptFor(i.Client, i.Client.idTokenEncryption(), token)
}

func (f *family) userClaims(scopes []string) map[string]any {
	u, _ := findUser(f.User)
	claims := u.claims(scopes)
	maps.Copy(claims, claimsNamed(u.allClaims(), f.Claims.IDToken))
	return claims
}

// sidOf returns the sid claim of a sign-in: a prefix of its ID, which is not secret, but long.
func sidOf(signIn string) string {
	if len(signIn) > 22 {
		return signIn[:22]
	}
	return signIn
}

// nonceFor returns the nonce of an id_token: the one that was sent; none after a refresh (OpenID Connect Core 12.2).
func (ti *tokenIssuer) nonceFor(i issuance) string {
	if i.Nonce == "" {
		return ""
	}
	earlier, _ := ti.nonces.Get(i.Client.ID)
	ti.nonces.Put(i.Client.ID, i.Nonce)
	switch {
	case ti.env.on(faultMissingNonce):
		return ""
	case ti.env.on(faultWrongNonce):
		return "not-the-nonce-that-was-sent"
	case ti.env.on(faultStaleNonce) && earlier != "" && earlier != i.Nonce:
		return earlier
	case ti.env.on(faultStaleNonce):
		return "nonce-of-an-earlier-sign-in"
	}
	return i.Nonce
}

// applyClaimFaults puts wrong claims into an id_token.
func (ti *tokenIssuer) applyClaimFaults(claims map[string]any, i issuance, alg string) {
	now := ti.env.reportedTime()
	for _, f := range []struct {
		fault string
		do    func()
	}{
		{faultWrongIDTokenIss, func() { claims["iss"] = ti.env.issuer + "/another-issuer" }},
		{faultWrongAudience, func() { claims["aud"] = "another-client" }},
		{faultWrongAzp, func() {
			claims["aud"], claims["azp"] = []string{i.Client.ID, "another-client"},
				"another-client"
		}},
		{faultExpiredIDToken, func() {
			claims["exp"], claims["iat"] = unix(now.Add(-5*time.Minute)), unix(now.Add(-5*time.Minute-idTokenLifetime))
		}},
		{faultNotYetValid, func() { claims["nbf"] = unix(now.Add(time.Hour)) }},
		{faultWrongACR, func() { claims["acr"] = "0" }},
		{faultStaleAuthTime, func() { claims["auth_time"] = unix(now.Add(-24 * time.Hour)) }},
		{faultWrongAtHash, func() { corruptHash(claims, "at_hash", alg) }},
		{faultWrongCHash, func() { corruptHash(claims, "c_hash", alg) }},
		{faultWrongSHash, func() { corruptHash(claims, "s_hash", alg) }},
		{faultCIBAOtherRefresh, func() { corruptHash(claims, claimRTHash, alg) }},
		// alg none has no hash.
		{faultAlgNone, func() {
			for _, name := range []string{"at_hash", "c_hash", "s_hash", claimRTHash} {
				delete(claims, name)
			}
		}},
	} {
		if ti.env.on(f.fault) {
			f.do()
		}
	}
	if i.AuthReqID != "" && ti.env.on(faultCIBAOtherRequest) {
		claims[claimAuthReqID] = "the-auth_req_id-of-another-request"
	}
	if i.State != "" && ti.env.on(faultFrontSubject) || i.IsRefresh && ti.env.on(faultChangedSubject) || !i.IsRefresh &&
		ti.env.on(faultOtherSubject) {
		claims["sub"] = otherUser(i.Of.User)
	}
	if i.IsRefresh && ti.env.on(faultChangedAuthTime) {
		claims["auth_time"] = unix(i.Of.AuthTime.Add(-time.Hour))
	}
}

// corruptHash replaces a hash with that of another text, if there is one.
func corruptHash(claims map[string]any, name, alg string) {
	if claims[name] != nil {
		claims[name], _ = jose.HalfHash(alg, "something else")
	}
}

// signIDToken signs, with the faults that are on.
func (ti *tokenIssuer) signIDToken(alg string, claims map[string]any) (string, error) {
	switch {
	case ti.env.on(faultAlgNone):
		return unsigned(claims)
	case ti.env.on(faultUnknownKid):
		unknownKey, err := jose.Generate(alg, "not-in-the-jwks")
		if err != nil {
			return "", err
		}
		return signWith(unknownKey, ti.idTokenType(), claims)
	}
	return ti.keys.sign(alg, ti.idTokenType(), claims, faultBadSignature)
}

// issueForUser answers a token request for a user: with the requested tokens, and a refresh token.
func (ti *tokenIssuer) issueForUser(t *tokenRequest, name string) (*tokenResponse, *oauthError) {
	f := ti.familyOf(t, name)
	var err *oauthError
	if f.Scopes, err = grantScopes(t.Client, t.Get("scope"), true); err != nil {
		return nil, err
	}
	f.Resources = t.All("resource")
	resource, err := ti.env.chooseResource(nil, f.Resources)
	if err != nil {
		return nil, err
	}
	return ti.issueFamily(t, f, issuance{Resource: resource})
}

// issueFamily issues the first tokens of a family, among them a refresh token.
func (ti *tokenIssuer) issueFamily(t *tokenRequest, f family, i issuance) (*tokenResponse, *oauthError) {
	i.Family, i.Of, i.Scopes = ti.store.newFamily(f), f, f.Scopes
	i.Refresh = ti.store.newRefresh(t, i.Family, f.Scopes)
	return ti.issueTo(t, i)
}

// familyOf starts a family for a user whom the token request itself identified, just now.
func (ti *tokenIssuer) familyOf(t *tokenRequest, userName string) family {
	return family{Client: t.Client.ID, User: userName, SignIn: randomToken(), AuthTime: ti.env.reportedTime(),
		ACR: acrPassword}
}
