package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

// The grant types, as grant_type has them.
const (
	grantAuthorizationCode = "authorization_code"
	grantImplicit          = "implicit" // at the authorization endpoint alone
	grantRefreshToken      = "refresh_token"
	grantClientCredentials = "client_credentials"
	grantDeviceCode        = "urn:ietf:params:oauth:grant-type:device_code"
	grantPassword          = "password"
	grantTokenExchange     = "urn:ietf:params:oauth:grant-type:token-exchange"
	grantJWTBearer         = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	grantSAML2Bearer       = "urn:ietf:params:oauth:grant-type:saml2-bearer"
	grantCIBA              = "urn:openid:params:grant-type:ciba"
)

// grantTypes are all of them, as the metadata announces them.
var grantTypes = []string{grantImplicit, grantAuthorizationCode, grantRefreshToken, grantClientCredentials,
	grantDeviceCode,
	grantPassword, grantTokenExchange, grantJWTBearer, grantSAML2Bearer, grantCIBA}

// grant handles token requests of one grant type.
type grant func(*tokenRequest) (*tokenResponse, *oauthError)

// tokenRequest is a token request with an authenticated client.
type tokenRequest struct {
	params
	Client client
	Bound  binding // what the tokens will be bound to
}

// tokenResponse is a successful response (RFC 6749 5.1).
type tokenResponse struct {
	AccessToken      string `json:"access_token"`
	TokenType        string `json:"token_type"`
	ExpiresIn        any    `json:"expires_in,omitempty"` // a number, except where a fault changes it
	ExpiresAt        int64  `json:"expires_at,omitempty"` // of a fault alone
	RefreshToken     string `json:"refresh_token,omitempty"`
	RefreshExpiresIn int64  `json:"refresh_expires_in,omitempty"` // an extension of Keycloak that others use too
	IDToken          string `json:"id_token,omitempty"`
	// a string, except where a fault makes it an array
	Scope           any              `json:"scope"`
	Details         []map[string]any `json:"authorization_details,omitempty"` // RFC 9396 7
	IssuedTokenType string           `json:"issued_token_type,omitempty"`     // RFC 8693 2.2.1
	// what a real server would do and this one did not
	Note string `json:"demo_note,omitempty"`
}

// tokenEndpoint handles token requests.
type tokenEndpoint struct {
	env    *environment
	auth   *authenticator
	dpop   *dpop
	grants map[string]grant // by grant_type
}

// serve is the token endpoint (RFC 6749 3.2).
func (te *tokenEndpoint) serve(w http.ResponseWriter, r *http.Request) {
	if te.gatewayFault(w, r) {
		return
	}
	response, err := te.handle(r)
	if te.env.config.BeforeTokenResponse != nil {
		te.env.config.BeforeTokenResponse(r.Context(), tokenEvent(r, err))
	}
	if err != nil {
		err.write(w)
		return
	}
	te.write(w, response)
}

// TokenEvent is the outcome of a token request.
type TokenEvent struct {
	Grant         string // grant_type
	PresentedHash string // the refresh token or the code of the request, as a hash; "" without one
	Error         string // the error code; "" if tokens were issued
}

func tokenEvent(r *http.Request, err *oauthError) TokenEvent {
	e := TokenEvent{Grant: r.PostFormValue("grant_type")}
	if spent := r.PostFormValue("refresh_token") + r.PostFormValue("code"); spent != "" {
		sum := sha256.Sum256([]byte(spent))
		e.PresentedHash = hex.EncodeToString(sum[:8])
	}
	if err != nil {
		e.Error = err.Code
	}
	return e
}

func (te *tokenEndpoint) handle(r *http.Request) (*tokenResponse, *oauthError) {
	p, c, err := te.auth.form(r)
	if err != nil {
		return nil, err
	}
	grantType := p.Get("grant_type")
	redeem := te.grants[grantType]
	switch {
	case grantType == "":
		return nil, oauthErrorf("invalid_request", "grant_type is missing")
	case redeem == nil:
		return nil, oauthErrorf("unsupported_grant_type", "grant_type %q is not known here; known are %s", grantType,
			strings.Join(grantTypes, " "))
	case !c.MayUse(grantType):
		return nil, oauthErrorf("unauthorized_client", "the client %s is registered for %s only", c.ID,
			strings.Join(c.Grants, " "))
	}
	bound, err := te.dpop.bind(r, c)
	if err != nil {
		return nil, err
	}
	return redeem(&tokenRequest{params: p, Client: c, Bound: bound})
}

// slowResponseDelay is the delay of the slow-answer fault.
const slowResponseDelay = 8 * time.Second

// gatewayFault simulates a gateway that responds before the request is read: no code or token is used up.
func (te *tokenEndpoint) gatewayFault(w http.ResponseWriter, r *http.Request) (answered bool) {
	switch {
	case te.env.on(faultErrorWith200):
		writeJSON(w, http.StatusOK, map[string]string{"error": "bad_verification_code",
			"error_description": "The code passed is incorrect or expired.", "error_uri": te.env.issuer + "/"})
	case te.env.on(faultRefusalInDetail):
		refuseInDetail(w)
	case te.env.on(faultHTML502):
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 " +
			"Bad Gateway</h1></center>\r\n<hr><center>gateway</center>\r\n</body>\r\n</html>\r\n"))
	case te.env.on(faultEmptyBody):
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
	case te.env.on(faultSlowAnswer):
		// Read the body first: net/http notices a client that disconnects only then.
		if err := r.ParseForm(); err != nil {
			return false
		}
		return te.env.config.Wait(r.Context(), slowResponseDelay) != nil
	default:
		return false
	}
	return true
}
