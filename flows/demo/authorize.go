package demo

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
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

// approval is an approved authorization request and what was issued for it so far.
type approval struct {
	Request      *authRequest
	Family       string
	Of           family
	Code, Access string // what was issued so far
}

// approve sends what the response_type requests.
func (az *authorizer) approve(w http.ResponseWriter, req *authRequest, by signIn) {
	a := &approval{Request: req, Of: family{Client: req.Client.ID, User: by.User, SignIn: by.ID, AuthTime: by.AuthTime,
		ACR:    by.ACR,
		Scopes: req.Scopes, Resources: req.Resources, Details: req.Details, Claims: req.Claims}}
	a.Family = az.store.newFamily(a.Of)
	var fields []field
	// In the order of their dependencies: the id_token has hashes of the others.
	for _, part := range []struct {
		word string
		make func(*approval) ([]field, *oauthError)
	}{{"code", az.newCode}, {"token", az.newFrontToken}, {"id_token", az.newFrontIDToken}} {
		if !hasWord(req.ResponseType, part.word) {
			continue
		}
		more, err := part.make(a)
		if err != nil {
			az.responses.sendError(w, req, err)
			return
		}
		fields = append(fields, more...)
	}
	az.responses.send(w, req, fields)
}

func (az *authorizer) newCode(a *approval) ([]field, *oauthError) {
	a.Code = randomToken()
	az.codes.Put(a.Code, codeRecord{Request: a.Request, Family: a.Family, Expires: az.env.now().Add(codeLifetime)})
	return []field{{"code", a.Code}}, nil
}

// issuance is the issuance of the front channel: never bound to a key, and never with a refresh token.
func (a *approval) issuance(resource string) issuance {
	return issuance{Client: a.Request.Client, Family: a.Family, Of: a.Of, Scopes: a.Request.Scopes, Resource: resource,
		Nonce: a.Request.Nonce}
}

// newFrontToken issues an access token in the authorization response (RFC 6749 4.2.2, OpenID Connect Core 3.3.2.5).
func (az *authorizer) newFrontToken(a *approval) ([]field, *oauthError) {
	resource, err := az.env.chooseResource(a.Request.Resources, nil)
	if err != nil {
		return nil, err
	}
	access, failure := az.tokens.issueAccess(a.issuance(resource))
	if failure != nil {
		return nil, serverFailure("signing the access token", failure)
	}
	a.Access = access
	return []field{{"access_token", access}, {"token_type", "Bearer"},
		{"expires_in", strconv.FormatInt(int64(az.env.config.AccessLifetime/time.Second), 10)},
		{"scope", strings.Join(a.Request.Scopes, " ")}}, nil
}

// newFrontIDToken issues an id_token in the authorization response, with the hashes of the rest: at_hash, c_hash
// (OpenID Connect Core 3.3.2.11) and s_hash (FAPI 1.0 part 2, 5.1.1).
func (az *authorizer) newFrontIDToken(a *approval) ([]field, *oauthError) {
	i := a.issuance("")
	i.Code, i.State = a.Code, a.Request.State
	token, err := az.tokens.issueIDToken(i, a.Access)
	if err != nil {
		return nil, serverFailure("signing the id_token", err)
	}
	return []field{{"id_token", token}}, nil
}
