package demo

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"fob/tokens"
)

// authRequest is an authorization request that can be answered at its redirect URI.
type authRequest struct {
	Client        client
	RedirectURI   string
	ResponseType  string
	ResponseMode  string // the name of one of responseModes
	State         string
	Nonce         string
	CodeChallenge string // "" without PKCE
	PlainPKCE     bool   // the challenge is the verifier itself
	DPoPJKT       string // dpop_jkt: the key that the code is bound to; "" for none (RFC 9449 10)
	Scopes        []string
	Resources     []string
	Details       []map[string]any // authorization_details (RFC 9396)
	Claims        claimsRequest
	Prompt        []string
	MaxAge        time.Duration
	HasMaxAge     bool
	ACRValues     []string
	LoginHint     string
	IDTokenHint   string
}

// prompts reports whether the request asks for that prompt (OpenID Connect Core 3.1.2.1).
func (r *authRequest) prompts(name string) bool { return slices.Contains(r.Prompt, name) }

var promptValues = []string{"none", "login", "consent", "select_account"}

// challengePattern is RFC 7636 4.2: base64url of a SHA-256.
var challengePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// pkcePlain is the method that only a client registered as weak may use.
const pkcePlain = "plain"

// maxParamLength bounds what is stored of, and sent back for, one parameter.
const maxParamLength = 2_000

// requestReader reads authorization requests.
type requestReader struct {
	env     *environment
	clients *clients
	keys    *keyring
	pushed  *table[pushedRecord]
}

func newRequestReader(env *environment, clients *clients, keys *keyring) *requestReader {
	// A pushed request is stored beyond its validity, so that a late use gets "expired" at its redirect URI.
	return &requestReader{env, clients, keys, newTable[pushedRecord](env.now, 10*pushedLifetime, maxCodes)}
}

// parse reads an authorization request (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1), however it was wrapped. With an
// error and no request, there must be no redirect: the error is shown to the user. With an error and a request, the
// error is sent to the redirect URI (RFC 6749 4.1.2.1).
func (q *requestReader) parse(outer params) (*authRequest, *oauthError) {
	if len(outer["client_id"]) > 1 {
		return nil, oauthErrorf("invalid_request",
			"the parameter \"client_id\" is repeated %d times; it must appear only once", len(outer["client_id"]))
	}
	p, problem := q.unwrap(outer)
	if problem == nil {
		return q.read(p)
	}
	if r, err := q.readClientAndRedirect(p); err == nil {
		return r, problem
	}
	return nil, problem
}

// read reads the parameters after unwrapping.
func (q *requestReader) read(p params) (*authRequest, *oauthError) {
	r, err := q.readClientAndRedirect(p)
	if err != nil {
		return r, err
	}
	if err := p.rejectRepeated(); err != nil {
		return r, err
	}
	for _, read := range []func(params) *oauthError{
		r.rejectUnsupported, r.readResponseType, r.readPKCE, r.readDPoP,
		func(p params) *oauthError { return q.readGrant(r, p) }, r.readSignIn, r.readClaims,
	} {
		if err := read(p); err != nil {
			return r, err
		}
	}
	return r, nil
}

// readClientAndRedirect finds the client, the redirect URI and the response mode, so that every other error can be sent
// there.
func (q *requestReader) readClientAndRedirect(p params) (*authRequest, *oauthError) {
	for _, name := range []string{"client_id", "redirect_uri"} {
		if len(p[name]) > 1 {
			return nil, oauthErrorf("invalid_request",
				"the parameter %q is repeated %d times; it must appear only once", name, len(p[name]))
		}
	}
	c, ok := q.clients.find(p.Get("client_id"))
	switch redirect := p.Get("redirect_uri"); {
	case !p.Has("client_id"):
		return nil, oauthErrorf("invalid_request", "client_id is missing")
	case !ok:
		return nil, q.clients.unknown(p.Get("client_id"))
	case redirect == "":
		return nil, oauthErrorf("invalid_request", "redirect_uri is missing")
	case len(redirect) > maxParamLength || !registeredURI(c.RedirectURIs, redirect):
		return nil, oauthErrorf("invalid_request",
			"redirect_uri %q is not registered for %s; registered are %s (any port on loopback)",
			redirect, c.ID, strings.Join(c.RedirectURIs, " "))
	}
	r := &authRequest{Client: c, RedirectURI: p.Get("redirect_uri"), ResponseMode: defaultMode(p.Get("response_type"))}
	if len(p["state"]) == 1 && len(p.Get("state")) <= maxParamLength {
		r.State = p.Get("state")
	}
	return r, r.readMode(p)
}

// readMode reads the response mode; one that would put tokens into a query is rejected (OAuth 2.0 Multiple Response
// Types 3.0, JARM 2.3.1).
func (r *authRequest) readMode(p params) *oauthError {
	mode := p.Get("response_mode")
	if mode == "" || len(p["response_mode"]) != 1 {
		return nil
	}
	if mode == modeJWT {
		mode = r.ResponseMode + ".jwt"
	}
	if _, ok := findResponseMode(mode); !ok {
		return oauthErrorf("invalid_request", "response_mode %q is not known here; known are %s", mode,
			strings.Join(responseModeNames(), " "))
	}
	if strings.HasPrefix(mode, "query") && usesFront(p.Get("response_type")) {
		return oauthErrorf("invalid_request", "response_mode %q would put tokens into a query", mode)
	}
	r.ResponseMode = mode
	return nil
}

// rejectUnsupported rejects unsupported parameters (OpenID Connect Core 3.1.2.6).
func (r *authRequest) rejectUnsupported(p params) *oauthError {
	if p.Has("registration") {
		return oauthErrorf("registration_not_supported", "the parameter \"registration\" is not supported here")
	}
	for name, values := range p {
		for _, v := range values {
			if len(v) > maxParamLength {
				return oauthErrorf("invalid_request", "the parameter %q is longer than %d bytes", name, maxParamLength)
			}
		}
	}
	return nil
}

func (r *authRequest) readResponseType(p params) *oauthError {
	asked := p.Get("response_type")
	known, ok := findResponseType(asked)
	switch {
	case asked == "":
		return oauthErrorf("invalid_request", "response_type is missing")
	case !ok:
		return oauthErrorf("unsupported_response_type", "response_type %q is not known here; known are %s", asked,
			strings.Join(responseTypes, ", "))
	case hasWord(known, "code") && !r.Client.MayUse(grantAuthorizationCode):
		return oauthErrorf("unauthorized_client", "the client %s may not use the authorization code grant", r.Client.ID)
	case usesFront(known) && !r.Client.MayUse(grantImplicit):
		return oauthErrorf("unauthorized_client",
			"the client %s may not use response_type %s: it is not registered for the implicit grant", r.Client.ID,
			known)
	case hasWord(known, "token") && (r.Client.DPoPBound || r.Client.CertificateBound):
		return oauthErrorf("unauthorized_client",
			"the client %s gets bound tokens only, and none can be bound in the authorization response", r.Client.ID)
	case hasWord(known, "id_token") && !p.Has("nonce"):
		return oauthErrorf("invalid_request", "nonce is missing; an id_token in the authorization response needs one "+
			"(OpenID Connect Core 3.2.2.1)")
	}
	r.ResponseType = known
	return nil
}

// readPKCE requires S256, and PKCE itself for public clients (RFC 9700 2.1.1).
func (r *authRequest) readPKCE(p params) *oauthError {
	challenge, method := p.Get("code_challenge"), p.Get("code_challenge_method")
	switch {
	case challenge == "" && method != "":
		return oauthErrorf("invalid_request", "code_challenge_method without code_challenge")
	case !hasWord(r.ResponseType, "code"):
		return nil
	case challenge != "" && r.Client.WeakPKCE && (method == "" || method == pkcePlain):
		if len(challenge) < 43 || len(challenge) > 128 {
			return oauthErrorf("invalid_request", "code_challenge has %d characters; 43 to 128 are allowed (RFC 7636 "+
				"4.2)", len(challenge))
		}
		r.CodeChallenge, r.PlainPKCE = challenge, true
		return nil
	case challenge == "" && r.Client.Public() && !r.Client.WeakPKCE:
		return oauthErrorf("invalid_request", "code_challenge is missing: a public client must use PKCE")
	case challenge == "":
		return nil
	case method != "S256":
		return oauthErrorf("invalid_request", "code_challenge_method %q: only S256 is supported here (left out, it "+
			"means plain)", method)
	case !challengePattern.MatchString(challenge):
		return oauthErrorf("invalid_request", "code_challenge is not the base64url of a SHA-256, 43 characters")
	}
	r.CodeChallenge = challenge
	return nil
}

// readDPoP reads the key that the code is bound to (RFC 9449 10).
func (r *authRequest) readDPoP(p params) *oauthError {
	if jkt := p.Get("dpop_jkt"); jkt != "" && !challengePattern.MatchString(jkt) {
		return oauthErrorf("invalid_request", "dpop_jkt is not the base64url of a SHA-256, 43 characters")
	}
	r.DPoPJKT = p.Get("dpop_jkt")
	return nil
}

func (q *requestReader) readGrant(r *authRequest, p params) *oauthError {
	scopes, err := grantScopes(r.Client, p.Get("scope"), true)
	if err != nil {
		return err
	}
	r.Scopes, r.Resources = scopes, slices.Compact(p.All("resource"))
	if r.Details, err = q.env.readDetails(p.Get("authorization_details")); err != nil {
		return err
	}
	return q.env.checkResources(r.Resources)
}

// readSignIn reads the requirements on the sign-in: prompt, max_age, acr_values and the hints.
func (r *authRequest) readSignIn(p params) *oauthError {
	r.Nonce, r.LoginHint, r.IDTokenHint = p.Get("nonce"), p.Get("login_hint"), p.Get("id_token_hint")
	r.ACRValues = tokens.SplitScope(p.Get("acr_values"))
	r.Prompt = tokens.SplitScope(p.Get("prompt"))
	for _, prompt := range r.Prompt {
		if !slices.Contains(promptValues, prompt) {
			return oauthErrorf("invalid_request", "prompt %q is not known here; known are %s", prompt,
				strings.Join(promptValues, " "))
		}
	}
	if r.prompts("none") && len(r.Prompt) > 1 {
		return oauthErrorf("invalid_request", "prompt none must be alone")
	}
	if text := p.Get("max_age"); text != "" {
		seconds, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return oauthErrorf("invalid_request", "max_age %q is not a number of seconds", text)
		}
		r.MaxAge, r.HasMaxAge = time.Duration(seconds)*time.Second, true
	}
	return nil
}

// acr is the authentication context that the sign-in must reach: the first of those asked for that this server has
// (OpenID Connect Core 3.1.2.1: in order of preference), the weakest when it has none of them.
func (r *authRequest) acr() string { return strongest(r.ACRValues) }

func strongest(asked []string) string {
	for _, asked := range asked {
		if slices.Contains(acrValues, asked) {
			return asked
		}
	}
	return acrPassword
}

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
