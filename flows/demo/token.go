package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
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

// grantHandler handles token requests of one grant type.
type grantHandler struct {
	Type   string
	Handle func(s *Server, t *tokenRequest) (*tokenResponse, *oauthError)
}

// grantHandlers lists the grants. Another grant is another file and another line.
func grantHandlers() []grantHandler {
	return []grantHandler{
		{grantAuthorizationCode, (*Server).redeemCode},
		{grantRefreshToken, (*Server).refresh},
		{grantClientCredentials, (*Server).clientCredentials},
		{grantDeviceCode, (*Server).pollDevice},
		{grantPassword, (*Server).passwordGrant},
		{grantTokenExchange, (*Server).exchange},
		{grantJWTBearer, (*Server).jwtBearer},
		{grantSAML2Bearer, (*Server).saml2Bearer},
		{grantCIBA, (*Server).pollCIBA},
	}
}

func grantTypes() []string {
	types := []string{grantImplicit}
	for _, g := range grantHandlers() {
		types = append(types, g.Type)
	}
	return types
}

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

func tokenEndpoints() []endpoint {
	return []endpoint{{Method: "POST", Path: "/token", Metadata: "token_endpoint", Handle: (*Server).token}}
}

// token is the token endpoint (RFC 6749 3.2).
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if s.gatewayFault(w, r) {
		return
	}
	response, err := s.handleToken(r)
	if s.config.BeforeTokenResponse != nil {
		s.config.BeforeTokenResponse(r.Context(), tokenEvent(r, err))
	}
	if err != nil {
		err.write(w)
		return
	}
	s.writeTokens(w, response)
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

func (s *Server) handleToken(r *http.Request) (*tokenResponse, *oauthError) {
	p, err := bodyParams(r)
	if err != nil {
		return nil, err
	}
	c, err := s.authenticate(r, p)
	if err != nil {
		return nil, err
	}
	grantType := p.Get("grant_type")
	i := slices.IndexFunc(grantHandlers(), func(g grantHandler) bool { return g.Type == grantType })
	switch {
	case grantType == "":
		return nil, oauthErrorf("invalid_request", "grant_type is missing")
	case i < 0:
		return nil, oauthErrorf("unsupported_grant_type", "grant_type %q is not known here; known are %s", grantType,
			strings.Join(grantTypes(), " "))
	case !c.MayUse(grantType):
		return nil, oauthErrorf("unauthorized_client", "the client %s is registered for %s only", c.ID,
			strings.Join(c.Grants, " "))
	}
	bound, err := s.bind(r, c)
	if err != nil {
		return nil, err
	}
	return grantHandlers()[i].Handle(s, &tokenRequest{params: p, Client: c, Bound: bound})
}

// slowResponseDelay is the delay of the slow-answer fault.
const slowResponseDelay = 8 * time.Second

// gatewayFault simulates a gateway that responds before the request is read: no code or token is used up.
func (s *Server) gatewayFault(w http.ResponseWriter, r *http.Request) (answered bool) {
	switch {
	case s.on(faultErrorWith200):
		writeJSON(w, http.StatusOK, map[string]string{"error": "bad_verification_code",
			"error_description": "The code passed is incorrect or expired.", "error_uri": s.issuer + "/"})
	case s.on(faultRefusalInDetail):
		refuseInDetail(w)
	case s.on(faultHTML502):
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 " +
			"Bad Gateway</h1></center>\r\n<hr><center>gateway</center>\r\n</body>\r\n</html>\r\n"))
	case s.on(faultEmptyBody):
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
	case s.on(faultSlowAnswer):
		// Read the body first: net/http notices a client that disconnects only then.
		if err := r.ParseForm(); err != nil {
			return false
		}
		return s.config.Wait(r.Context(), slowResponseDelay) != nil
	default:
		return false
	}
	return true
}
