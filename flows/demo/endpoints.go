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

// newEndpoints makes the parts of the server that answer requests, and lists every path.
func newEndpoints(s *Server) []endpoint {
	env, keys, clients, dpop, store := s.env, s.keys, s.clients, s.dpop, s.store
	sessions, interactions, requests := s.sessions, s.interactions, newRequestReader(s.env, s.clients, s.keys)
	assertions := &assertionChecker{env, clients, dpop.used}
	auth := &authenticator{env, clients, assertions, s.authority}
	tokens := newTokenIssuer(env, keys, store)
	codes := newTable[codeRecord](env.now, refreshLifetime, maxCodes)
	devices := newDeviceFlow(env, auth, sessions, interactions, tokens)
	ciba := newBackchannel(env, auth, keys, assertions, sessions, interactions, tokens, s.out)
	direct := &directGrants{env, keys, assertions, tokens}
	exchange := &exchangeGrant{env, clients, keys, assertions, store, tokens}
	token := &tokenEndpoint{env, auth, dpop, map[string]grant{
		grantAuthorizationCode: (&codeGrant{env, codes, store, tokens}).redeem,
		grantRefreshToken:      (&refreshGrant{env, store, tokens}).redeem,
		grantClientCredentials: direct.clientCredentials,
		grantDeviceCode:        devices.redeem,
		grantPassword:          direct.password,
		grantTokenExchange:     exchange.exchange,
		grantJWTBearer:         direct.jwtBearer,
		grantSAML2Bearer:       direct.saml2Bearer,
		grantCIBA:              ciba.redeem,
	}}
	authorize := &authorizer{env, keys, requests, &responder{env, keys}, sessions, interactions, store, tokens, codes}
	push := &pushEndpoint{env, auth, dpop, requests}
	user := &userinfo{env, clients, keys, store, dpop}
	registration := &registration{env, clients}
	logouts := &logouts{env: env, clients: clients, keys: keys, store: store, out: s.out}
	signOut := &endSession{env, clients, keys, sessions, interactions, logouts}
	metadata := &metadata{env: env, keys: keys}
	metadata.endpoints = append([]endpoint{
		{"GET", "/.well-known/openid-configuration", "", metadata.serve},
		{"GET", "/.well-known/oauth-authorization-server", "", metadata.serveSigned},
		{"GET", resourceMetadataPath + "/api", "", metadata.resource(env.api, "API")},
		{"GET", resourceMetadataPath + "/api/opaque", "", metadata.resource(env.opaqueResource,
			"API for opaque tokens")},
		{"GET", resourceMetadataPath + mcpPath, "", metadata.resource(env.mcp, "MCP server")},
		{"GET", "/jwks", "jwks_uri", keys.serve},
		{"GET", authorizePath, "authorization_endpoint", authorize.serve},
		{"POST", authorizePath, "", authorize.serve}, // OpenID Connect Core 3.1.2.1 requires both
		{"GET", "/interaction/{id}", "", interactions.show},
		{"POST", "/interaction/{id}", "", interactions.answer},
		{"POST", "/token", "token_endpoint", token.serve},
		{"POST", "/device_authorization", "device_authorization_endpoint", devices.authorize},
		{"GET", "/device", "", devices.show},
		{"POST", "/device", "", devices.enterUserCode},
		{"GET", "/userinfo", "userinfo_endpoint", user.serve},
		{"POST", "/userinfo", "", user.serve},
		{"POST", "/par", "pushed_authorization_request_endpoint", push.serve},
		{"POST", "/bc-authorize", "backchannel_authentication_endpoint", ciba.authenticate},
		{"GET", "/ciba", "", ciba.show},
		{"POST", "/register", "registration_endpoint", registration.register},
		{"GET", "/register/{id}", "", registration.manage},
		{"PUT", "/register/{id}", "", registration.manage},
		{"DELETE", "/register/{id}", "", registration.manage},
		{"GET", "/demo/clients/{id}", "", registration.adjust},
		{"POST", "/demo/clients/{id}", "", registration.adjust},
		{"GET", ownDocument, "", registration.serveOwnDocument},
		{"GET", logoutsPath, "", logouts.serve},
		{"POST", "/introspect", "introspection_endpoint", (&introspection{env, auth, keys, store}).serve},
		{"POST", "/revoke", "revocation_endpoint", (&revocation{auth, store}).serve},
		{"GET", "/end-session", "end_session_endpoint", signOut.serve},
		{"POST", "/end-session", "", signOut.serve},
		{"GET", faultsPath, "", env.faults.serve},
		{"POST", faultsPath, "", env.faults.switchOne},
		{"DELETE", faultsPath, "", env.faults.switchAllOff},
		{"POST", faultsPath + "/{name}", "", env.faults.switchNamed},
		{"DELETE", faultsPath + "/{name}", "", env.faults.switchNamed},
		{"GET", "/{$}", "", s.home},
		{"GET", "/favicon.ico", "", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
		}},
		{"", "/", "", notFound},
	}, (&api{env, store, dpop, newOrders()}).endpoints()...)
	return metadata.endpoints
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
