package provider

import (
	"slices"
	"strings"

	"fob/tokens"
)

// The states of a Feature. NotSaid means that the metadata lacks the member, so the feature may be supported.
const (
	Yes     = "yes"
	No      = "no"
	NotSaid = "not said"
)

// Feature is an optional feature of an authorization server, and what its metadata says about it. Detail is cleaned.
type Feature struct {
	Name   string `json:"name"`
	Spec   string `json:"spec"`
	State  string `json:"state"`
	Detail string `json:"detail,omitempty"`
}

// feature declares a Feature and how to detect it in the metadata.
type feature struct {
	name, spec string
	detect     func(m *Metadata) (state, detail string)
}

// Features returns what an authorization server announces, in a fixed order.
func Features(m *Metadata) []Feature {
	list := make([]Feature, 0, len(features))
	for _, f := range features {
		state, detail := f.detect(m)
		list = append(list, Feature{Name: f.name, Spec: f.spec, State: state, Detail: tokens.VisibleLine(detail)})
	}
	return list
}

// grantType detects a grant in grant_types_supported, whose default is authorization_code and implicit (RFC 8414 2).
func grantType(names ...string) func(*Metadata) (string, string) {
	return func(m *Metadata) (string, string) {
		for _, name := range names {
			if m.offersGrant(name) {
				if m.GrantTypes == nil {
					return Yes, "by default, since grant_types_supported is missing"
				}
				return Yes, ""
			}
		}
		if m.GrantTypes == nil {
			return NotSaid, ""
		}
		return No, ""
	}
}

// endpoint detects an endpoint's member.
func endpoint(name string) func(*Metadata) (string, string) {
	return func(m *Metadata) (string, string) {
		if value, _ := m.text(endpointMembers[name]); value != "" {
			return Yes, value
		}
		return NotSaid, ""
	}
}

// present detects a member with any value.
func present(member string) func(*Metadata) (string, string) {
	return func(m *Metadata) (string, string) {
		if m.has(member) {
			return Yes, ""
		}
		return NotSaid, ""
	}
}

// listed detects one of the values in a list; without values, any value.
func listed(member string, want ...string) func(*Metadata) (string, string) {
	return func(m *Metadata) (string, string) {
		list, ok := m.List(member)
		detail := strings.Join(list, " ")
		switch {
		case !ok:
			return NotSaid, ""
		case len(want) == 0 && len(list) > 0:
			return Yes, detail
		case slices.ContainsFunc(want, func(w string) bool { return slices.Contains(list, w) }):
			return Yes, detail
		}
		return No, detail
	}
}

// flag detects a boolean.
func flag(member string) func(*Metadata) (string, string) {
	return func(m *Metadata) (string, string) {
		switch value, said := m.Bool(member); {
		case !said:
			return NotSaid, ""
		case value:
			return Yes, ""
		}
		return No, ""
	}
}

var features = []feature{
	{"Authorization code", "RFC 6749 4.1", grantType("authorization_code")},
	{"PKCE with S256", "RFC 7636", listed("code_challenge_methods_supported", "S256")},
	{"Client credentials", "RFC 6749 4.4", grantType("client_credentials")},
	{"Refresh token", "RFC 6749 6", grantType("refresh_token")},
	{"Device authorization", "RFC 8628", func(m *Metadata) (string, string) {
		if state, detail := endpoint("device")(m); state == Yes {
			return state, detail
		}
		return grantType("urn:ietf:params:oauth:grant-type:device_code")(m)
	}},
	{"Token exchange", "RFC 8693", grantType("urn:ietf:params:oauth:grant-type:token-exchange")},
	{"JWT bearer assertion", "RFC 7523", grantType("urn:ietf:params:oauth:grant-type:jwt-bearer")},
	{"SAML 2.0 bearer assertion", "RFC 7522", grantType("urn:ietf:params:oauth:grant-type:saml2-bearer")},
	{"CIBA", "OpenID CIBA Core", grantType("urn:openid:params:grant-type:ciba")},
	{"Implicit (deprecated)", "RFC 9700 2.1.2", func(m *Metadata) (string, string) {
		for _, t := range m.ResponseTypes {
			if slices.Contains(strings.Fields(t), "token") {
				return Yes, "response type " + t
			}
		}
		if m.GrantTypes == nil {
			return NotSaid, ""
		}
		return grantType("implicit")(m)
	}},
	{"Password (deprecated)", "RFC 9700 2.4", grantType("password")},
	{"OpenID Connect", "OpenID Connect Core", func(m *Metadata) (string, string) {
		if m.isOIDC() {
			return Yes, "id_tokens signed with " + strings.Join(m.IDTokenAlgs, " ")
		}
		return NotSaid, ""
	}},
	{"Userinfo", "OpenID Connect Core 5.3", endpoint("userinfo")},
	{"Introspection", "RFC 7662", endpoint("introspection")},
	{"Introspection as JWT", "RFC 9701", listed("introspection_signing_alg_values_supported")},
	{"Revocation", "RFC 7009", endpoint("revocation")},
	{"Logout by the client", "OpenID RP-Initiated Logout", endpoint("end_session")},
	{"Front-channel logout", "OpenID Front-Channel Logout", flag("frontchannel_logout_supported")},
	{"Back-channel logout", "OpenID Back-Channel Logout", flag("backchannel_logout_supported")},
	{"Session management", "OpenID Session Management", present("check_session_iframe")},
	{"Native single sign-on", "OpenID Native SSO", flag("native_sso_supported")},
	{"Sign-up on request (prompt=create)", "OpenID Initiating User Registration 1.0", listed("prompt_values_supported",
		"create")},
	{"Dynamic client registration", "RFC 7591", endpoint("registration")},
	{"Client ID metadata document", "draft-ietf-oauth-client-id-metadata-document",
		flag("client_id_metadata_document_supported")},
	{"Issuer in the redirect", "RFC 9207", flag("authorization_response_iss_parameter_supported")},
	{"Pushed authorization requests", "RFC 9126", func(m *Metadata) (string, string) {
		state, detail := endpoint("par")(m)
		if required, _ := m.Bool("require_pushed_authorization_requests"); required {
			detail += " (required)"
		}
		return state, strings.TrimSpace(detail)
	}},
	{"Signed request objects (JAR)", "RFC 9101", func(m *Metadata) (string, string) {
		if state, detail := listed("request_object_signing_alg_values_supported")(m); state == Yes {
			return state, detail
		}
		return flag("request_parameter_supported")(m)
	}},
	{"Requests by reference (request_uri)", "RFC 9101 5.2", flag("request_uri_parameter_supported")},
	{"Signed responses (JARM)", "OpenID FAPI JARM", func(m *Metadata) (string, string) {
		if state, detail := listed("authorization_signing_alg_values_supported")(m); state == Yes {
			return state, detail
		}
		return listed("response_modes_supported", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt")(m)
	}},
	{"Response mode form_post", "OAuth 2.0 Form Post", listed("response_modes_supported", "form_post")},
	{"DPoP", "RFC 9449", listed("dpop_signing_alg_values_supported")},
	{"Mutual TLS client authentication", "RFC 8705 2", listed("token_endpoint_auth_methods_supported",
		"tls_client_auth", "self_signed_tls_client_auth")},
	{"Certificate-bound tokens", "RFC 8705 3", flag("tls_client_certificate_bound_access_tokens")},
	{"Endpoints for mutual TLS", "RFC 8705 5", present("mtls_endpoint_aliases")},
	{"Attested clients", "draft-ietf-oauth-attestation-based-client-auth",
		listed("token_endpoint_auth_methods_supported", "attest_jwt_client_auth", "attest_jwt_client_auth_dpop")},
	{"private_key_jwt", "OpenID Connect Core 9", listed("token_endpoint_auth_methods_supported", "private_key_jwt")},
	{"client_secret_jwt", "OpenID Connect Core 9", listed("token_endpoint_auth_methods_supported",
		"client_secret_jwt")},
	{"Public clients", "RFC 6749 2.1", listed("token_endpoint_auth_methods_supported", "none")},
	{"Rich authorization requests", "RFC 9396", listed("authorization_details_types_supported")},
	{"Claims parameter", "OpenID Connect Core 5.5", flag("claims_parameter_supported")},
	{"Authentication context (acr_values)", "OpenID Connect Core 3.1.2.1", listed("acr_values_supported")},
	{"Encrypted id_tokens", "OpenID Connect Discovery 3", listed("id_token_encryption_alg_values_supported")},
	{"Encrypted userinfo", "OpenID Connect Discovery 3", listed("userinfo_encryption_alg_values_supported")},
	{"Encrypted request objects", "OpenID Connect Discovery 3",
		listed("request_object_encryption_alg_values_supported")},
	{"Encrypted responses (JARM)", "OpenID FAPI JARM", listed("authorization_encryption_alg_values_supported")},
	{"Encrypted introspection", "RFC 9701 7", listed("introspection_encryption_alg_values_supported")},
	{"APIs named", "RFC 9728 4", listed("protected_resources")},
	{"Federation", "OpenID Federation 1.0", listed("client_registration_types_supported")},
	{"Signed metadata", "RFC 8414 2.1", func(m *Metadata) (string, string) {
		if m.has("signed_metadata") {
			return Yes, "validated in the check " + string(tokens.CheckSignedMetadata)
		}
		return NotSaid, ""
	}},
}
