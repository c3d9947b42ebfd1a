// Package provider finds and validates the metadata of authorization servers (OpenID Connect Discovery 1.0, RFC 8414)
// and APIs (RFC 9728), and fetches their keys.
//
// It never guesses an endpoint that is missing in the metadata, and never trusts metadata of another issuer than the
// requested one.
package provider

import (
	"encoding/json"

	"fob/tokens"
)

// Metadata is the metadata of an authorization server. Strings are as received; Raw has every member.
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

	GrantTypes       []string // grant_types_supported; nil when missing
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

	Source string                     // the URL of the document; "configured" without discovery
	Raw    map[string]json.RawMessage // every member as received
	Checks tokens.Ledger              // discovery.issuer and the other checks of discovery
}

// Endpoint returns an endpoint's URL by the name that extra parameters use: "authorization", "token", "device",
// "userinfo", "introspection", "revocation", "end_session", "par", "ciba", "registration".
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
