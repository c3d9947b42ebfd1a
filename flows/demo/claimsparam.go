package demo

import (
	"encoding/json"
	"slices"

	"fob/tokens"
)

// claimsRequest is the claims parameter (OpenID Connect Core 5.5): the names of claims, by where they are requested.
type claimsRequest struct {
	IDToken  []string
	Userinfo []string
}

// readClaims reads the claims parameter. acr is requested by value; the others by name.
func (r *authRequest) readClaims(p params) *oauthError {
	text := p.Get("claims")
	if text == "" {
		return nil
	}
	type wish struct {
		Value  string   `json:"value"`
		Values []string `json:"values"`
	}
	var asked struct {
		IDToken  map[string]*wish `json:"id_token"`
		Userinfo map[string]*wish `json:"userinfo"`
	}
	if err := json.Unmarshal([]byte(text), &asked); err != nil {
		return oauthErrorf("invalid_request", "claims is not the JSON of OpenID Connect Core 5.5: %s", err)
	}
	for name := range asked.IDToken {
		r.Claims.IDToken = append(r.Claims.IDToken, name)
	}
	for name := range asked.Userinfo {
		r.Claims.Userinfo = append(r.Claims.Userinfo, name)
	}
	if acr := asked.IDToken["acr"]; acr != nil {
		for _, value := range append(acr.Values, acr.Value) {
			r.ACRValues = append(r.ACRValues, tokens.SplitScope(value)...)
		}
	}
	return nil
}

// claimsNamed returns the claims that are requested by name.
func claimsNamed(all map[string]any, names []string) map[string]any {
	some := map[string]any{}
	for name, v := range all {
		if slices.Contains(names, name) {
			some[name] = v
		}
	}
	return some
}

// allClaims returns the user's claims for all scopes.
func (u user) allClaims() map[string]any { return u.claims(allScopes()) }
