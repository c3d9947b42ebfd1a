package demo

import (
	"maps"
	"net/http"
	"slices"
)

// metadata serves the metadata of the authorization server and of its resources.
type metadata struct {
	env       *environment
	keys      *keyring
	endpoints []endpoint
}

// serve serves OpenID Connect Discovery.
func (md *metadata) serve(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, md.document())
}

// serveSigned serves RFC 8414: the same document, with a signed copy as a JWT (RFC 8414 2.1).
func (md *metadata) serveSigned(w http.ResponseWriter, _ *http.Request) {
	md.writeSigned(w, md.document())
}

// writeSigned writes metadata and adds it as a JWT (RFC 8414 2.1, RFC 9728 2.2).
func (md *metadata) writeSigned(w http.ResponseWriter, m map[string]any) {
	claims := maps.Clone(m)
	claims["iss"] = md.env.issuer
	token, err := md.keys.sign("ES256", "JWT", claims, faultSignedMetadata)
	if err != nil {
		serverFailure("signing its metadata", err).write(w)
		return
	}
	m["signed_metadata"] = token
	writeJSON(w, http.StatusOK, m)
}

// withoutAlias are the endpoints for browsers, or without client authentication.
var withoutAlias = []string{"authorization_endpoint", "end_session_endpoint", "jwks_uri", "registration_endpoint"}

// document is the content of both documents.
func (md *metadata) document() map[string]any {
	md.keys.warm() // the client requests the keys next
	m := supported()
	m["issuer"] = md.env.issuer
	m["service_documentation"] = md.env.issuer + "/"
	m["protected_resources"] = md.env.resources()
	aliases := map[string]string{}
	for _, e := range md.endpoints {
		if e.Metadata == "" {
			continue
		}
		m[e.Metadata] = md.env.issuer + e.Path
		if !slices.Contains(withoutAlias, e.Metadata) {
			aliases[e.Metadata] = md.env.tlsBase + e.Path
		}
	}
	if md.env.tlsBase != md.env.issuer { // a server that uses TLS itself needs none (RFC 8705 5)
		m["mtls_endpoint_aliases"] = aliases
	}
	md.applyFaults(m)
	return m
}

func (md *metadata) applyFaults(m map[string]any) {
	if md.env.on(faultWrongIssuer) {
		m["issuer"] = md.env.issuer + "/another-issuer"
	}
	if md.env.on(faultBadEndpoint) {
		m["revocation_endpoint"] = "/revoke"
	}
	if md.env.on(faultForeignEndpoint) {
		m["revocation_endpoint"] = "https://elsewhere.invalid/revoke"
	}
	if md.env.on(faultPlainEndpoint) {
		m["end_session_endpoint"] = "http://plain.invalid/end-session"
	}
	if md.env.on(faultNoPKCEAdvertised) {
		delete(m, "code_challenge_methods_supported")
	}
	if md.env.on(faultDocumentsUnannounced) {
		delete(m, "client_id_metadata_document_supported")
	}
}

// supported is what the server supports, by the members of RFC 8414 2 and of the extensions.
func supported() map[string]any {
	m := map[string]any{
		"scopes_supported":                               allScopes(),
		"response_types_supported":                       responseTypes,
		"response_modes_supported":                       responseModeNames(),
		"grant_types_supported":                          grantTypes,
		"code_challenge_methods_supported":               []string{"S256"},
		"authorization_response_iss_parameter_supported": true,
		"subject_types_supported":                        []string{"public"},
		"acr_values_supported":                           acrValues,
		"claims_supported": []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp",
			"sid",
			"at_hash", "name", "preferred_username", "email", "email_verified"},
		"prompt_values_supported":    promptValues,
		"claims_parameter_supported": true,

		"token_endpoint_auth_methods_supported":      authMethodNames(),
		"revocation_endpoint_auth_methods_supported": authMethodNames(),
		"introspection_endpoint_auth_methods_supported": slices.DeleteFunc(authMethodNames(),
			func(name string) bool { return name == "none" }),

		"dpop_signing_alg_values_supported":          dpopAlgs,
		"tls_client_certificate_bound_access_tokens": true,
		"require_pushed_authorization_requests":      false,
		"authorization_details_types_supported":      detailTypeNames(),

		"request_parameter_supported":                    true,
		"request_uri_parameter_supported":                false, // but for those of the PAR endpoint
		"require_signed_request_object":                  false,
		"request_object_signing_alg_values_supported":    requestObjectAlgs,
		"request_object_encryption_alg_values_supported": []string{encryptionAlg},
		"request_object_encryption_enc_values_supported": encryptionEncs,

		"backchannel_token_delivery_modes_supported": []string{deliverPoll, deliverPing},
		"backchannel_user_code_parameter_supported":  true,
		"backchannel_logout_supported":               true,
		"backchannel_logout_session_supported":       true,

		"client_id_metadata_document_supported": true,
	}
	for _, endpoint := range []string{"token", "revocation", "introspection"} {
		m[endpoint+"_endpoint_auth_signing_alg_values_supported"] = requestObjectAlgs
	}
	for _, response := range []string{"id_token", "userinfo", "introspection", "authorization"} {
		m[response+"_signing_alg_values_supported"] = signingAlgs
		m[response+"_encryption_alg_values_supported"] = encryptionAlgs
		m[response+"_encryption_enc_values_supported"] = encryptionEncs
	}
	return m
}

// resourceMetadataPath precedes the path of a resource in the URL of its metadata (RFC 9728 3.1).
const resourceMetadataPath = "/.well-known/oauth-protected-resource"

// resource serves the metadata of a resource (RFC 9728 2).
func (md *metadata) resource(identifier func() string, name string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		resource, methods := identifier(), []string{"header"}
		if resource != md.env.mcp() {
			methods = append(methods, "body", "query")
		}
		if md.env.on(faultWrongResource) {
			resource = md.env.issuer + "/another-resource"
		}
		md.writeSigned(w, map[string]any{
			"resource":                                   resource,
			"resource_name":                              "fob demo " + name,
			"authorization_servers":                      []string{md.env.issuer},
			"scopes_supported":                           []string{scopeRead, scopeWrite},
			"bearer_methods_supported":                   methods,
			"dpop_signing_alg_values_supported":          dpopAlgs,
			"tls_client_certificate_bound_access_tokens": true,
			"authorization_details_types_supported":      detailTypeNames(),
		})
	}
}
