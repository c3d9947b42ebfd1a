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

// jwtBearer is the grant of a JWT assertion about a user (RFC 7523 2.1). A registered client signs it, with a
// registered key or with its secret; or it is an id_token of this server.
func (s *Server) jwtBearer(t *tokenRequest) (*tokenResponse, *oauthError) {
	assertion := t.Get("assertion")
	if assertion == "" {
		return nil, oauthErrorf("invalid_request", "assertion is missing")
	}
	claims := decodeClaims(assertion)
	iss, _ := claims["iss"].(string)
	var why string
	if iss == s.issuer {
		claims, why = s.ownJWT(assertion)
		if why == "" && !slices.Contains(stringList(claims["aud"]), t.Client.ID) {
			why = "the id_token was issued to another client"
		}
		if why == "" {
			why = s.assertionTimes(claims)
		}
	} else {
		why = s.checkAssertion(assertion, claims, iss, s.issuer, s.issuer+"/token")
	}
	if why != "" {
		return nil, oauthErrorf("invalid_grant", "the assertion is invalid: %s", why)
	}
	sub, _ := claims["sub"].(string)
	u, known := findUser(sub)
	if !known {
		return nil, oauthErrorf("invalid_grant", "the assertion is about %q, who is not known here", sub)
	}
	return s.issueForUser(t, s.familyOf(t, u.Name))
}

// checkAssertion validates a JWT of a registered client, as a grant or for authentication (RFC 7523 3); the string is
// the reason if it is invalid.
func (s *Server) checkAssertion(assertion string, claims map[string]any, issuer string,
	audiences ...string) (why string) {
	c, known := s.findClient(issuer)
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
	if why := s.assertionTimes(claims); why != "" {
		return why
	}
	v := jose.Verify(assertion, c.verificationKeys(), jose.VerifyOptions{Algs: requestObjectAlgs})
	switch {
	case v.Verdict != tokens.Good:
		return "its signature is invalid: " + v.Reason
	case hasJTI && !s.firstUse("assertion", issuer+" "+jti):
		return "it was used before (jti)"
	}
	return ""
}

// assertionTimes checks exp, nbf and iat by this server's clock.
func (s *Server) assertionTimes(claims map[string]any) (why string) {
	now := s.now()
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
