package demo

import (
	"maps"
	"net/http"
	"slices"
)

// userinfo serves the claims of the user of a token: as JSON, or as a JWT (OpenID Connect Core 5.3.2).
type userinfo struct {
	env     *environment
	clients *clients
	keys    *keyring
	store   *tokenStore
	dpop    *dpop
}

// serve is the userinfo endpoint (OpenID Connect Core 5.3).
func (ui *userinfo) serve(w http.ResponseWriter, r *http.Request) {
	var form params
	if r.Method == http.MethodPost && r.ContentLength != 0 && r.Header.Get("Content-Type") != "" {
		var err *oauthError
		if form, err = bodyParams(r); err != nil {
			challenge{Error: err.Code, Description: err.Description}.write(w)
			return
		}
	}
	p, bad := presentedToken(r, form, nil)
	switch {
	case bad != nil:
		challenge{Error: bad.Code, Description: bad.Description}.write(w)
		return
	case p.Token == "":
		challenge{}.write(w)
		return
	}
	rec, why := ui.store.checkAccess(p.Token)
	if why != "" {
		challenge{Error: "invalid_token", Description: why, DPoP: p.DPoP}.write(w)
		return
	}
	refusal := ui.dpop.checkBinding(r, p, rec)
	switch {
	case refusal != nil:
		refusal.write(w)
		return
	case !slices.Contains(rec.Scopes, "openid") || rec.User == "":
		challenge{Error: "insufficient_scope", Description: "the token was not granted openid",
			Scope: "openid"}.write(w)
		return
	}
	u, _ := findUser(rec.User)
	claims := u.claims(rec.Scopes)
	if f, ok := ui.store.families.Get(rec.Family); ok {
		maps.Copy(claims, claimsNamed(u.allClaims(), f.Claims.Userinfo))
	}
	if ui.env.on(faultUserinfoSubject) {
		claims["sub"] = otherUser(rec.User)
	}
	ui.write(w, rec.Client, claims)
}

// write writes the response in the format that the client is registered for.
func (ui *userinfo) write(w http.ResponseWriter, clientID string, claims map[string]any) {
	c, _ := ui.clients.find(clientID)
	if c.UserinfoAlg == "" && c.UserinfoEncAlg == "" {
		writeJSON(w, http.StatusOK, claims)
		return
	}
	claims["iss"], claims["aud"] = ui.env.issuer, c.ID
	if ui.env.on(faultUserinfoIssuer) {
		claims["iss"] = ui.env.issuer + "/another-issuer"
	}
	if ui.env.on(faultUserinfoAudience) {
		claims["aud"] = "another-client"
	}
	alg := c.UserinfoAlg
	if alg == "" {
		alg = c.IDTokenAlg
	}
	token, err := ui.keys.sign(alg, "JWT", claims, faultUserinfoSignature)
	switch {
	case err != nil:
	case ui.env.on(faultUserinfoForAnother):
		token, err = encryptForAnother(c.userinfoEncryption(), token)
	default:
		token, err = encryptFor(c, c.userinfoEncryption(), token)
	}
	writeJWT(w, "application/jwt", token, err)
}
