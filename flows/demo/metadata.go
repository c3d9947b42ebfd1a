package demo

import (
	"maps"
	"net/http"
	"slices"
)

func metadataEndpoints() []endpoint {
	return []endpoint{
		{Method: "GET", Path: "/.well-known/openid-configuration", Handle: (*Server).serveMetadata},
		{Method: "GET", Path: "/.well-known/oauth-authorization-server", Handle: (*Server).serveSignedMetadata},
		{Method: "GET", Path: "/.well-known/oauth-protected-resource/api", Handle: (*Server).serveAPIMetadata},
		{Method: "GET", Path: "/.well-known/oauth-protected-resource/api/opaque",
			Handle: (*Server).serveOpaqueMetadata},
		{Method: "GET", Path: "/.well-known/oauth-protected-resource" + mcpPath, Handle: (*Server).serveMCPMetadata},
	}
}

// metadataMembers is the server's metadata beside its endpoints. An extension adds a line with its own members.
func metadataMembers() []func(*Server, map[string]any) {
	return []func(*Server, map[string]any){
		(*Server).coreMetadata,
		(*Server).authMethodMetadata,
		(*Server).bindingMetadata,
		(*Server).pushedMetadata,
		(*Server).requestObjectMetadata,
		(*Server).jarmMetadata,
		(*Server).backchannelMetadata,
		(*Server).tlsMetadata,
		(*Server).jwtResponseMetadata,
		(*Server).registrationMetadata,
		(*Server).detailsMetadata,
		(*Server).logoutMetadata,
	}
}

// serveMetadata serves OpenID Connect Discovery.
func (s *Server) serveMetadata(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.metadata())
}

// serveSignedMetadata serves RFC 8414: the same document, with a signed copy as a JWT (RFC 8414 2.1).
func (s *Server) serveSignedMetadata(w http.ResponseWriter, _ *http.Request) {
	s.writeSigned(w, s.metadata())
}

// writeSigned writes metadata and adds it as a JWT (RFC 8414 2.1, RFC 9728 2.2).
func (s *Server) writeSigned(w http.ResponseWriter, m map[string]any) {
	claims := maps.Clone(m)
	claims["iss"] = s.issuer
	token, err := s.keys.signJWT("ES256", "JWT", claims)
	if err == nil && s.on(faultSignedMetadata) {
		token, err = corruptSignature(token)
	}
	if err != nil {
		s.serverError(w, "signing its metadata", err)
		return
	}
	m["signed_metadata"] = token
	writeJSON(w, http.StatusOK, m)
}

// metadata is the content of both documents.
func (s *Server) metadata() map[string]any {
	s.keys.warm() // the client requests the keys next
	m := map[string]any{"issuer": s.issuer}
	for _, e := range endpoints() {
		if e.Metadata != "" {
			m[e.Metadata] = s.issuer + e.Path
		}
	}
	for _, add := range metadataMembers() {
		add(s, m)
	}
	if s.on(faultWrongIssuer) {
		m["issuer"] = s.issuer + "/another-issuer"
	}
	if s.on(faultBadEndpoint) {
		m["revocation_endpoint"] = "/revoke"
	}
	if s.on(faultForeignEndpoint) {
		m["revocation_endpoint"] = "https://elsewhere.invalid/revoke"
	}
	if s.on(faultPlainEndpoint) {
		m["end_session_endpoint"] = "http://plain.invalid/end-session"
	}
	if s.on(faultNoPKCEAdvertised) {
		delete(m, "code_challenge_methods_supported")
	}
	return m
}

func (s *Server) coreMetadata(m map[string]any) {
	m["scopes_supported"] = allScopes()
	m["response_types_supported"] = responseTypes
	m["response_modes_supported"] = responseModeNames()
	m["grant_types_supported"] = grantTypes()
	m["code_challenge_methods_supported"] = []string{"S256"}
	m["authorization_response_iss_parameter_supported"] = true
	m["subject_types_supported"] = []string{"public"}
	m["id_token_signing_alg_values_supported"] = signingAlgs
	m["acr_values_supported"] = acrValues
	m["claims_supported"] = []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp",
		"sid", "at_hash",
		"name", "preferred_username", "email", "email_verified"}
	m["prompt_values_supported"] = promptValues
	m["claims_parameter_supported"] = true
	m["service_documentation"] = s.issuer + "/"
	m["protected_resources"] = s.resources()
}

// authMethodMetadata says how clients authenticate, endpoint by endpoint (RFC 8414 2).
func (s *Server) authMethodMetadata(m map[string]any) {
	for _, endpoint := range []string{"token", "revocation", "introspection"} {
		m[endpoint+"_endpoint_auth_signing_alg_values_supported"] = requestObjectAlgs
	}
	m["token_endpoint_auth_methods_supported"] = authMethodNames()
	m["revocation_endpoint_auth_methods_supported"] = authMethodNames()
	m["introspection_endpoint_auth_methods_supported"] = slices.DeleteFunc(authMethodNames(),
		func(name string) bool { return name == "none" })
}

// protectedResource is the metadata of a resource (RFC 9728 2).
func (s *Server) protectedResource(resource, name string) map[string]any {
	methods := []string{"header"}
	if resource != s.MCP() {
		methods = append(methods, "body", "query")
	}
	if s.on(faultWrongResource) {
		resource = s.issuer + "/another-resource"
	}
	return map[string]any{
		"resource":                                   resource,
		"resource_name":                              name,
		"authorization_servers":                      []string{s.issuer},
		"scopes_supported":                           []string{scopeRead, scopeWrite},
		"bearer_methods_supported":                   methods,
		"dpop_signing_alg_values_supported":          dpopAlgs,
		"tls_client_certificate_bound_access_tokens": true,
		"authorization_details_types_supported":      detailTypeNames(),
	}
}

func (s *Server) serveAPIMetadata(w http.ResponseWriter, _ *http.Request) {
	s.writeSigned(w, s.protectedResource(s.API(), "fob demo API"))
}

func (s *Server) serveMCPMetadata(w http.ResponseWriter, _ *http.Request) {
	s.writeSigned(w, s.protectedResource(s.MCP(), "fob demo MCP server"))
}

func (s *Server) serveOpaqueMetadata(w http.ResponseWriter, _ *http.Request) {
	s.writeSigned(w, s.protectedResource(s.OpaqueResource(), "fob demo API for opaque tokens"))
}
