package demo

import (
	"net/http"
	"slices"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// authorizePath is the endpoint for browsers: it sends errors to the redirect URI, not in its own response (RFC 6749
// 4.1.2.1).
const authorizePath = "/authorize"

func authorizationEndpoints() []endpoint {
	return []endpoint{
		{Method: "GET", Path: authorizePath, Metadata: "authorization_endpoint", Handle: (*Server).authorize},
		{Method: "POST", Path: authorizePath, Handle: (*Server).authorize}, // OpenID Connect Core 3.1.2.1 requires both
	}
}

// authorize is the authorization endpoint (RFC 6749 3.1).
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	p := params(r.URL.Query())
	if r.Method == http.MethodPost {
		var err *oauthError
		if p, err = bodyParams(r); err != nil && p == nil {
			s.errorPage(w, http.StatusBadRequest, err)
			return
		}
	}
	req, err := s.parseAuthorization(p)
	refused := s.refusalAt(authorizePath)
	switch {
	case req == nil:
		s.errorPage(w, http.StatusBadRequest, err)
	case err != nil:
		s.respondError(w, r, req, err)
	case s.on(faultAccessDenied):
		s.respondError(w, r, req, accessDenied())
	case refused != nil:
		s.respondError(w, r, req, refused.oauthError())
	default:
		s.begin(w, r, req)
	}
}

func accessDenied() *oauthError {
	return oauthErrorf("access_denied", "the user denied access")
}

// begin decides whether the request can be answered at once or needs the user first.
func (s *Server) begin(w http.ResponseWriter, r *http.Request, req *authRequest) {
	if s.config.AutoConsent {
		s.approve(w, r, req, s.autoSignIn(req))
		return
	}
	have := s.currentSignIn(r)
	fits := s.signInSatisfies(have, req)
	consented := fits && s.consented(have, req)
	switch {
	case req.prompts("none") && !fits:
		s.respondError(w, r, req, oauthErrorf("login_required",
			"no user is signed in as the request requires, and the prompt none forbids it"))
	case req.prompts("none") && !consented:
		s.respondError(w, r, req, oauthErrorf("consent_required",
			"the user has not consented yet, and the prompt none forbids it"))
	case req.prompts("none"), consented && !req.Client.Public() && !req.prompts("consent"):
		s.approve(w, r, req, have)
	default:
		// A public client always needs the user's approval, since any program can pretend to be it (RFC 8252 8.6).
		i := &interaction{Client: req.Client, Scopes: req.Scopes, Details: req.Details, LoginHint: req.LoginHint,
			ACR: req.acr(), purpose: &authPurpose{req}}
		if fits {
			i.SignIn = have
		}
		s.interact(w, r, i)
	}
}

// autoSignIn returns the simulated sign-in of AutoConsent: just now, and as strong as the request requires.
func (s *Server) autoSignIn(req *authRequest) signIn {
	name := "alice"
	for _, wanted := range []string{req.LoginHint, s.hintedSubject(req.IDTokenHint)} {
		if u, ok := findUser(wanted); ok {
			name = u.Name
		}
	}
	return signIn{ID: randomToken(), User: name, AuthTime: s.reportedTime(), ACR: req.acr()}
}

// signInSatisfies reports whether a sign-in satisfies the request, so that the user need not sign in again.
func (s *Server) signInSatisfies(have signIn, req *authRequest) bool {
	switch {
	case have.User == "":
		return false
	case req.prompts("login"), req.prompts("select_account"):
		return false
	case req.HasMaxAge && (req.MaxAge == 0 || s.reportedTime().Sub(have.AuthTime) > req.MaxAge):
		return false
	case slices.Index(acrValues, have.ACR) < slices.Index(acrValues, req.acr()):
		return false
	case req.IDTokenHint != "" && s.hintedSubject(req.IDTokenHint) != have.User:
		return false
	}
	return true
}

func (s *Server) consented(have signIn, req *authRequest) bool {
	if len(req.Details) > 0 {
		return false // each of them needs its own consent (RFC 9396 4)
	}
	given := have.Consents[req.Client.ID]
	return !slices.ContainsFunc(req.Scopes, func(scope string) bool { return !slices.Contains(given, scope) })
}

// hintedSubject returns the subject of an id_token_hint; "" if this server did not issue it. It may have expired
// (OpenID Connect Core 3.1.2.1).
func (s *Server) hintedSubject(hint string) string {
	if hint == "" {
		return ""
	}
	claims, _ := s.ownJWT(hint)
	sub, _ := claims["sub"].(string)
	return sub
}

// ownJWT verifies a JWT against the server's own keys and issuer, and returns its claims; nil and a reason otherwise.
func (s *Server) ownJWT(token string) (map[string]any, string) {
	kid, _ := decodePart(token, 0)["kid"].(string)
	key, ok := s.keys.byKid(kid)
	if !ok {
		return nil, "this server has no key with the kid " + kid
	}
	if result := jose.Verify(token, jose.NewKeySet(key), jose.VerifyOptions{}); result.Verdict != tokens.Good {
		return nil, "the signature is invalid: " + result.Reason
	}
	claims := decodeClaims(token)
	if iss, _ := claims["iss"].(string); iss != s.issuer {
		return nil, "the token was issued by another server"
	}
	return claims, ""
}

// authPurpose is an interaction that ends at a redirect URI.
type authPurpose struct{ req *authRequest }

func (a *authPurpose) RedirectTarget() string { return a.req.RedirectURI }

func (a *authPurpose) Question(i *interaction) (string, pageData) { return askConsent(i, "") }

func (a *authPurpose) Approve(s *Server, w http.ResponseWriter, r *http.Request, by signIn) {
	if a.req.IDTokenHint != "" && s.hintedSubject(a.req.IDTokenHint) != by.User {
		s.respondError(w, r, a.req, oauthErrorf("login_required",
			"another user signed in than the one of id_token_hint"))
		return
	}
	s.rememberConsent(by.ID, a.req.Client.ID, a.req.Scopes)
	s.approve(w, r, a.req, by)
}

func (a *authPurpose) Deny(s *Server, w http.ResponseWriter, r *http.Request) {
	s.respondError(w, r, a.req, accessDenied())
}

// codeRecord is the state of a code. It can be used once (RFC 6749 4.1.2).
type codeRecord struct {
	Request *authRequest
	Family  string
	Expires time.Time
	Used    bool
}
