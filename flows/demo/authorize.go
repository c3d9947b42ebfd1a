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

// authorizer handles authorization requests.
type authorizer struct {
	env          *environment
	keys         *keyring
	requests     *requestReader
	responses    *responder
	sessions     *browserSessions
	interactions *interactions
	store        *tokenStore
	tokens       *tokenIssuer
	codes        *table[codeRecord]
}

// serve is the authorization endpoint (RFC 6749 3.1).
func (az *authorizer) serve(w http.ResponseWriter, r *http.Request) {
	p := params(r.URL.Query())
	if r.Method == http.MethodPost {
		var err *oauthError
		if p, err = bodyParams(r); err != nil && p == nil {
			errorPage(w, http.StatusBadRequest, err)
			return
		}
	}
	req, err := az.requests.parse(p)
	refused := az.env.refusalAt(authorizePath)
	switch {
	case req == nil:
		errorPage(w, http.StatusBadRequest, err)
	case err != nil:
		az.responses.sendError(w, req, err)
	case az.env.on(faultAccessDenied):
		az.responses.sendError(w, req, accessDenied())
	case refused != nil:
		az.responses.sendError(w, req, refused.oauthError())
	default:
		az.begin(w, r, req)
	}
}

func accessDenied() *oauthError {
	return oauthErrorf("access_denied", "the user denied access")
}

// begin decides whether the request can be answered at once or needs the user first.
func (az *authorizer) begin(w http.ResponseWriter, r *http.Request, req *authRequest) {
	if az.env.config.AutoConsent {
		az.approve(w, req, az.autoSignIn(req))
		return
	}
	have := az.sessions.current(r)
	fits := az.satisfied(have, req)
	consented := fits && consented(have, req)
	switch {
	case req.prompts("none") && !fits:
		az.responses.sendError(w, req, oauthErrorf("login_required",
			"no user is signed in as the request requires, and the prompt none forbids it"))
	case req.prompts("none") && !consented:
		az.responses.sendError(w, req, oauthErrorf("consent_required",
			"the user has not consented yet, and the prompt none forbids it"))
	case req.prompts("none"), consented && !req.Client.Public() && !req.prompts("consent"):
		az.approve(w, req, have)
	default:
		// A public client always needs the user's approval, since any program can pretend to be it (RFC 8252 8.6).
		i := &interaction{Client: req.Client, Scopes: req.Scopes, Details: req.Details, LoginHint: req.LoginHint,
			ACR: req.acr(), purpose: &authPurpose{az, req}}
		if fits {
			i.SignIn = have
		}
		az.interactions.start(w, r, i)
	}
}

// autoSignIn returns the simulated sign-in of AutoConsent: just now, and as strong as the request requires.
func (az *authorizer) autoSignIn(req *authRequest) signIn {
	name := "alice"
	for _, wanted := range []string{req.LoginHint, az.keys.hintedSubject(req.IDTokenHint)} {
		if u, ok := findUser(wanted); ok {
			name = u.Name
		}
	}
	return signIn{ID: randomToken(), User: name, AuthTime: az.env.reportedTime(), ACR: req.acr()}
}

// satisfied reports whether a sign-in satisfies the request, so that the user need not sign in again.
func (az *authorizer) satisfied(have signIn, req *authRequest) bool {
	switch {
	case have.User == "":
		return false
	case req.prompts("login"), req.prompts("select_account"):
		return false
	case req.HasMaxAge && (req.MaxAge == 0 || az.env.reportedTime().Sub(have.AuthTime) > req.MaxAge):
		return false
	case slices.Index(acrValues, have.ACR) < slices.Index(acrValues, req.acr()):
		return false
	case req.IDTokenHint != "" && az.keys.hintedSubject(req.IDTokenHint) != have.User:
		return false
	}
	return true
}

func consented(have signIn, req *authRequest) bool {
	if len(req.Details) > 0 {
		return false // each of them needs its own consent (RFC 9396 4)
	}
	given := have.Consents[req.Client.ID]
	return !slices.ContainsFunc(req.Scopes, func(scope string) bool { return !slices.Contains(given, scope) })
}

// hintedSubject returns the subject of an id_token_hint; "" if this server did not issue it. It may have expired
// (OpenID Connect Core 3.1.2.1).
func (k *keyring) hintedSubject(hint string) string {
	if hint == "" {
		return ""
	}
	claims, _ := k.ownJWT(hint)
	sub, _ := claims["sub"].(string)
	return sub
}

// ownJWT verifies a JWT against the server's own keys and issuer, and returns its claims; nil and a reason otherwise.
func (k *keyring) ownJWT(token string) (map[string]any, string) {
	kid, _ := decodePart(token, 0)["kid"].(string)
	key, ok := k.byKid(kid)
	if !ok {
		return nil, "this server has no key with the kid " + kid
	}
	if result := jose.Verify(token, jose.NewKeySet(key), jose.VerifyOptions{}); result.Verdict != tokens.Good {
		return nil, "the signature is invalid: " + result.Reason
	}
	claims := decodeClaims(token)
	if iss, _ := claims["iss"].(string); iss != k.env.issuer {
		return nil, "the token was issued by another server"
	}
	return claims, ""
}

// authPurpose is an interaction that ends at a redirect URI.
type authPurpose struct {
	endpoint *authorizer
	req      *authRequest
}

func (a *authPurpose) RedirectTarget() string { return a.req.RedirectURI }

func (a *authPurpose) Question(i *interaction) (string, pageData) { return askConsent(i, "") }

func (a *authPurpose) Approve(w http.ResponseWriter, _ *http.Request, by signIn) {
	if a.req.IDTokenHint != "" && a.endpoint.keys.hintedSubject(a.req.IDTokenHint) != by.User {
		a.endpoint.responses.sendError(w, a.req, oauthErrorf("login_required",
			"another user signed in than the one of id_token_hint"))
		return
	}
	a.endpoint.sessions.rememberConsent(by.ID, a.req.Client.ID, a.req.Scopes)
	a.endpoint.approve(w, a.req, by)
}

func (a *authPurpose) Deny(w http.ResponseWriter) {
	a.endpoint.responses.sendError(w, a.req, accessDenied())
}

// codeRecord is the state of a code. It can be used once (RFC 6749 4.1.2).
type codeRecord struct {
	Request *authRequest
	Family  string
	Expires time.Time
	Used    bool
}
