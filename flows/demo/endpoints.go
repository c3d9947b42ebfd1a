package demo

import (
	"net/http"
	"sort"
	"strings"
)

// endpoint is one path of the server.
type endpoint struct {
	Method   string // GET answers HEAD as well; "" is every method
	Path     string // in the syntax of http.ServeMux
	Metadata string // the metadata member that names its URL; "" for none
	Handle   http.HandlerFunc
}

// parts are what handles requests, beside the foundation of the server that they share.
type parts struct {
	authorize     *authorizer
	push          *pushEndpoint
	token         *tokenEndpoint
	devices       *deviceFlow
	ciba          *backchannel
	userinfo      *userinfo
	introspection *introspection
	revocation    *revocation
	registration  *registration
	logouts       *logouts
	signOut       *endSession
	metadata      *metadata
	api           *api
}

func newParts(s *Server) parts {
	env, keys, clients, dpop, store := s.env, s.keys, s.clients, s.dpop, s.store
	sessions, interactions, requests := s.sessions, s.interactions, newRequestReader(env, clients, keys)
	assertions := &assertionChecker{env, clients, dpop.used}
	auth := &authenticator{env, clients, assertions, s.authority}
	tokens := newTokenIssuer(env, keys, store)
	// A code is stored beyond its validity, so that a late second use still revokes its tokens.
	codes := newTable[codeRecord](env.now, refreshLifetime, maxCodes)
	direct := &directGrants{env, keys, assertions, tokens}
	p := parts{
		authorize: &authorizer{env, keys, requests, &responder{env, keys}, sessions, interactions, store, tokens,
			codes},
		push: &pushEndpoint{env, auth, dpop, requests},
		devices: &deviceFlow{env, auth, sessions, interactions, tokens,
			newTable[deviceRecord](env.now, 2*deviceLifetime, maxDevices),
			newTable[string](env.now, deviceLifetime, maxDevices), &guesses{now: env.now}},
		ciba: &backchannel{env, auth, keys, assertions, sessions, interactions, tokens, s.out,
			newTable[cibaRecord](env.now, 2*cibaLifetime, maxDevices)},
		userinfo:      &userinfo{env, clients, keys, store, dpop},
		introspection: &introspection{env, auth, keys, store},
		revocation:    &revocation{auth, store},
		registration:  &registration{env, clients},
		logouts:       &logouts{env: env, clients: clients, keys: keys, store: store, out: s.out},
		metadata:      &metadata{env: env, keys: keys},
		api:           &api{env, store, dpop, newOrders()},
	}
	p.signOut = &endSession{env, clients, keys, sessions, interactions, p.logouts}
	p.token = &tokenEndpoint{env, auth, dpop, map[string]grant{
		grantAuthorizationCode: (&codeGrant{env, codes, store, tokens}).redeem,
		grantRefreshToken:      (&refreshGrant{env, store, tokens}).redeem,
		grantClientCredentials: direct.clientCredentials,
		grantDeviceCode:        p.devices.redeem,
		grantPassword:          direct.password,
		grantTokenExchange:     (&exchangeGrant{env, clients, keys, assertions, store, tokens}).redeem,
		grantJWTBearer:         direct.jwtBearer,
		grantSAML2Bearer:       direct.saml2Bearer,
		grantCIBA:              p.ciba.redeem,
	}}
	return p
}

// newEndpoints lists every path of the server.
func newEndpoints(s *Server) []endpoint {
	p := newParts(s)
	p.metadata.endpoints = append([]endpoint{
		{"GET", "/.well-known/openid-configuration", "", p.metadata.serve},
		{"GET", "/.well-known/oauth-authorization-server", "", p.metadata.serveSigned},
		{"GET", resourceMetadataPath + "/api", "", p.metadata.resource(s.env.api, "API")},
		{"GET", resourceMetadataPath + "/api/opaque", "", p.metadata.resource(s.env.opaqueResource,
			"API for opaque tokens")},
		{"GET", resourceMetadataPath + mcpPath, "", p.metadata.resource(s.env.mcp, "MCP server")},
		{"GET", "/jwks", "jwks_uri", s.keys.serve},
		{"GET", authorizePath, "authorization_endpoint", p.authorize.serve},
		{"POST", authorizePath, "", p.authorize.serve}, // OpenID Connect Core 3.1.2.1 requires both
		{"GET", "/interaction/{id}", "", s.interactions.show},
		{"POST", "/interaction/{id}", "", s.interactions.answer},
		{"POST", "/token", "token_endpoint", p.token.serve},
		{"POST", "/device_authorization", "device_authorization_endpoint", p.devices.authorize},
		{"GET", "/device", "", p.devices.show},
		{"POST", "/device", "", p.devices.enterUserCode},
		{"GET", "/userinfo", "userinfo_endpoint", p.userinfo.serve},
		{"POST", "/userinfo", "", p.userinfo.serve},
		{"POST", "/par", "pushed_authorization_request_endpoint", p.push.serve},
		{"POST", "/bc-authorize", "backchannel_authentication_endpoint", p.ciba.authenticate},
		{"GET", "/ciba", "", p.ciba.show},
		{"POST", "/register", "registration_endpoint", p.registration.register},
		{"GET", "/register/{id}", "", p.registration.manage},
		{"PUT", "/register/{id}", "", p.registration.manage},
		{"DELETE", "/register/{id}", "", p.registration.manage},
		{"GET", "/demo/clients/{id}", "", p.registration.adjust},
		{"POST", "/demo/clients/{id}", "", p.registration.adjust},
		{"GET", ownDocument, "", p.registration.serveOwnDocument},
		{"GET", logoutsPath, "", p.logouts.serve},
		{"POST", "/introspect", "introspection_endpoint", p.introspection.serve},
		{"POST", "/revoke", "revocation_endpoint", p.revocation.serve},
		{"GET", "/end-session", "end_session_endpoint", p.signOut.serve},
		{"POST", "/end-session", "", p.signOut.serve},
		{"GET", faultsPath, "", s.env.faults.serve},
		{"POST", faultsPath, "", s.env.faults.switchOne},
		{"DELETE", faultsPath, "", s.env.faults.switchAllOff},
		{"POST", faultsPath + "/{name}", "", s.env.faults.switchNamed},
		{"DELETE", faultsPath + "/{name}", "", s.env.faults.switchNamed},
		{"GET", "/{$}", "", s.home},
		{"GET", "/favicon.ico", "", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
		}},
		{"", "/", "", notFound},
	}, p.api.endpoints()...)
	return p.metadata.endpoints
}

// The limits of a request body.
const (
	maxBody    = 64 << 10
	maxAPIBody = 1 << 20
)

// handler is the whole server: guards around the table of endpoints.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	methods := map[string][]string{}
	for _, e := range s.endpoints {
		pattern := e.Path
		if e.Method != "" {
			pattern = e.Method + " " + e.Path
		}
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if refused := s.env.refusalAt(e.Path); refused != nil && e.Path != authorizePath {
				refused.write(w)
				return
			}
			e.Handle(w, r)
		})
		methods[e.Path] = append(methods[e.Path], e.Method)
	}
	for path, allowed := range methods {
		if path == "/" || allowed[0] == "" {
			continue
		}
		sort.Strings(allowed)
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			writeError(w, http.StatusMethodNotAllowed, "invalid_request",
				r.Method+" is not allowed here; "+strings.Join(allowed, " or ")+" is")
		})
	}
	return s.guard(mux)
}

// guard rejects hosts other than loopback, bounds the request and marks every response.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Date", s.env.reportedTime().UTC().Format(http.TimeFormat))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		if !isLoopbackHost(r.Host) {
			// A foreign name that resolves to 127.0.0.1 is how a web page would reach this server (DNS rebinding).
			h.Set("Cache-Control", "no-store")
			http.Error(w, "This server is available on loopback addresses and localhost only.", http.StatusForbidden)
			return
		}
		s.dpop.offerNonce(w, r)
		limit := int64(maxBody)
		if strings.HasPrefix(r.URL.Path, "/api/") {
			limit = maxAPIBody
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}
