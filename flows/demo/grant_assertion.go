package demo

import (
	"slices"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// assertionLifetime is the longest accepted remaining validity of an assertion (RFC 7523 3 (4)).
const assertionLifetime = time.Hour

// directGrants are the grants that begin at the token endpoint.
type directGrants struct {
	env        *environment
	keys       *keyring
	assertions *assertionChecker
	tokens     *tokenIssuer
}

// jwtBearer is the grant of a JWT assertion about a user (RFC 7523 2.1). A registered client signs it, with a
// registered key or with its secret; or it is an id_token of this server.
func (g *directGrants) jwtBearer(t *tokenRequest) (*tokenResponse, *oauthError) {
	assertion := t.Get("assertion")
	if assertion == "" {
		return nil, oauthErrorf("invalid_request", "assertion is missing")
	}
	claims := decodeClaims(assertion)
	iss, _ := claims["iss"].(string)
	var why string
	if iss == g.env.issuer {
		claims, why = g.keys.ownJWT(assertion)
		if why == "" && !slices.Contains(stringList(claims["aud"]), t.Client.ID) {
			why = "the id_token was issued to another client"
		}
		if why == "" {
			why = g.assertions.checkTimes(claims)
		}
	} else {
		why = g.assertions.check(assertion, claims, iss, g.env.issuer, g.env.issuer+"/token")
	}
	if why != "" {
		return nil, oauthErrorf("invalid_grant", "the assertion is invalid: %s", why)
	}
	sub, _ := claims["sub"].(string)
	u, known := findUser(sub)
	if !known {
		return nil, oauthErrorf("invalid_grant", "the assertion is about %q, who is not known here", sub)
	}
	return g.tokens.issueForUser(t, g.tokens.familyOf(t, u.Name))
}

// assertionChecker validates JWTs of clients.
type assertionChecker struct {
	env     *environment
	clients *clients
	used    *singleUse
}

// check validates a JWT of a registered client, as a grant or for authentication (RFC 7523 3); the string is
// the reason if it is invalid.
func (a *assertionChecker) check(assertion string, claims map[string]any, issuer string,
	audiences ...string) (why string) {
	c, known := a.clients.find(issuer)
	jti, hasJTI := claims["jti"].(string)
	switch {
	case claims == nil:
		return "it is not a JWT"
	case !known:
		return "its iss, " + issuer + ", is not registered here"
	case claims["sub"] == nil || claims["sub"] == "":
		return "it has no sub"
	case !slices.ContainsFunc(stringList(claims["aud"]), func(aud string) bool {
		return slices.Contains(audiences,
			aud)
	}):
		return "its aud is not one of " + strings.Join(audiences, " ")
	case len(jti) > maxParamLength:
		return "its jti is too long"
	}
	if why := a.checkTimes(claims); why != "" {
		return why
	}
	v := jose.Verify(assertion, c.verificationKeys(), jose.VerifyOptions{Algs: requestObjectAlgs})
	switch {
	case v.Verdict != tokens.Good:
		return "its signature is invalid: " + v.Reason
	case hasJTI && !a.used.first("assertion", issuer+" "+jti):
		return "it was used before (jti)"
	}
	return ""
}

// checkTimes checks exp, nbf and iat by this server's clock.
func (a *assertionChecker) checkTimes(claims map[string]any) (why string) {
	now := a.env.now()
	exp, hasExp := claims["exp"].(float64)
	nbf, hasNbf := claims["nbf"].(float64)
	expires := time.Unix(int64(exp), 0)
	switch {
	case !hasExp:
		return "it has no exp"
	case !now.Before(expires):
		return "it has expired"
	case expires.Sub(now) > assertionLifetime:
		return "its exp is more than " + assertionLifetime.String() + " from now"
	case hasNbf && now.Before(time.Unix(int64(nbf), 0)):
		return "it is not valid yet (nbf)"
	}
	return ""
}
