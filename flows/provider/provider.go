// Package provider knows authorization servers: where their metadata is (OpenID Connect Discovery 1.0, RFC 8414),
// whether it may be believed, and which keys they sign with.
//
// It never guesses an endpoint that the metadata does not name, and never trusts metadata whose issuer is not the
// one that was asked for.
package provider

import (
	"encoding/json"

	"fob/tokens"
)

// Metadata is what an authorization server says of itself. Strings are as received; Raw holds every member.
type Metadata struct {
	Issuer                      string
	AuthorizationEndpoint       string
	TokenEndpoint               string
	DeviceAuthorizationEndpoint string
	UserinfoEndpoint            string
	IntrospectionEndpoint       string
	RevocationEndpoint          string
	EndSessionEndpoint          string
	RegistrationEndpoint        string
	PAREndpoint                 string // pushed_authorization_request_endpoint, RFC 9126
	CIBAEndpoint                string // backchannel_authentication_endpoint
	JWKSURI                     string

	GrantTypes       []string // grant_types_supported; nil when not said
	ResponseTypes    []string
	ResponseModes    []string
	Scopes           []string
	Claims           []string
	TokenAuthMethods []string // token_endpoint_auth_methods_supported
	PKCEMethods      []string // code_challenge_methods_supported
	IDTokenAlgs      []string // id_token_signing_alg_values_supported
	CallbackIssuer   bool     // authorization_response_iss_parameter_supported, RFC 9207
	ACRValues        []string
	DPoPAlgs         []string

	Source string                     // the URL it was read from; "configured" when there was no discovery
	Raw    map[string]json.RawMessage // every member as received
	Checks tokens.Ledger              // discovery.issuer and what else was checked while reading it
}

// Endpoint returns the endpoint's URL by the name under which extra parameters address it: "authorization",
// "token", "device", "userinfo", "introspection", "revocation", "end_session", "par", "ciba", "registration".
func (m *Metadata) Endpoint(name string) string {
	switch name {
	case "authorization":
		return m.AuthorizationEndpoint
	case "token":
		return m.TokenEndpoint
	case "device":
		return m.DeviceAuthorizationEndpoint
	case "userinfo":
		return m.UserinfoEndpoint
	case "introspection":
		return m.IntrospectionEndpoint
	case "revocation":
		return m.RevocationEndpoint
	case "end_session":
		return m.EndSessionEndpoint
	case "par":
		return m.PAREndpoint
	case "ciba":
		return m.CIBAEndpoint
	case "registration":
		return m.RegistrationEndpoint
	}
	return ""
}
