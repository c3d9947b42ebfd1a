package registration

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"fob/flows/provider"
	"fob/tokens"
)

// Shape is the JSON type of a member's value, and how it is entered.
type Shape int

// The shapes of client metadata.
const (
	Text   Shape = iota // a string
	List                // an array of strings; as text separated by spaces
	Flag                // a boolean
	Number              // an integer
	JSON                // an object or an array, as JSON
)

// Member declares a member of client metadata. The form in the workbench, NAME=VALUE on the command line and the table
// in the docs are made from it.
type Member struct {
	Name     string
	Label    string
	Help     string // one sentence
	Spec     string
	Shape    Shape
	Values   string // the member of the server's metadata that lists the supported values; "" for none
	Choices  []string
	Advanced bool // rarely needed
}

const (
	rfc7591      = "RFC 7591 2"
	oidcRegister = "OpenID Connect Registration 2"
)

// Members returns the declared client metadata. Other members can be registered as well.
func Members() []Member { return slices.Clone(members) }

// MemberByName returns a declared member.
func MemberByName(name string) (Member, bool) {
	for _, m := range members {
		if m.Name == name {
			return m, true
		}
	}
	return Member{}, false
}

var members = []Member{
	{Name: "client_name", Label: "Name", Help: "What users see when they are asked for consent.", Spec: rfc7591},
	{Name: "redirect_uris", Label: "Redirect URIs", Shape: List, Spec: rfc7591,
		Help: "Where the browser may be sent back to; on loopback any port may be used (RFC 8252 7.3)."},
	{Name: "grant_types", Label: "Grant types", Shape: List, Values: "grant_types_supported",
		Spec: rfc7591, Help: "What the client may ask for tokens with."},
	{Name: "response_types", Label: "Response types", Shape: List, Values: "response_types_supported",
		Spec: rfc7591, Help: "What the authorization endpoint may return; one with spaces is written with +."},
	{Name: "token_endpoint_auth_method", Label: "Client authentication",
		Values: "token_endpoint_auth_methods_supported", Spec: rfc7591,
		Help: "How the client proves who it is; none is a public client, one with a secret gets it from the server."},
	{Name: "scope", Label: "Scope", Values: "scopes_supported", Spec: rfc7591,
		Help: "The scopes that the client may ask for, spaces between."},
	{Name: "application_type", Label: "Application type", Choices: []string{"native", "web"}, Spec: oidcRegister,
		Help: "native may use loopback redirects, web only https."},

	{Name: "jwks", Label: "Public keys", Shape: JSON, Advanced: true, Spec: rfc7591,
		Help: "The client's public keys as a JWK set (RFC 7517), in place of jwks_uri."},
	{Name: "jwks_uri", Label: "URL of public keys",
		Advanced: true, Spec: rfc7591, Help: "The URL of the client's public keys."},
	{Name: "token_endpoint_auth_signing_alg", Label: "Algorithm of assertions",
		Values: "token_endpoint_auth_signing_alg_values_supported", Advanced: true, Spec: oidcRegister,
		Help: "How client assertions are signed."},
	{Name: "tls_client_auth_subject_dn", Label: "Certificate's subject", Advanced: true, Spec: "RFC 8705 2.1.2",
		Help: "The subject of the certificate with which tls_client_auth authenticates."},
	{Name: "id_token_signed_response_alg", Label: "Signature of id_tokens",
		Values: "id_token_signing_alg_values_supported", Advanced: true, Spec: oidcRegister,
		Help: "How id_tokens for the client are signed; RS256 if it is missing."},
	{Name: "userinfo_signed_response_alg", Label: "Signature of userinfo",
		Values: "userinfo_signing_alg_values_supported", Advanced: true, Spec: oidcRegister,
		Help: "How userinfo responses are signed; empty for plain JSON."},
	{Name: "request_object_signing_alg", Label: "Signature of requests",
		Values: "request_object_signing_alg_values_supported", Advanced: true, Spec: oidcRegister,
		Help: "How request objects must be signed (RFC 9101)."},
	{Name: "require_signed_request_object", Label: "Only signed requests", Shape: Flag, Advanced: true,
		Spec: "RFC 9101 10.5", Help: "Every authorization request must be a signed request object."},
	{Name: "require_pushed_authorization_requests", Label: "Only pushed requests",
		Shape: Flag, Advanced: true, Spec: "RFC 9126 6", Help: "Every authorization request must be pushed."},
	{Name: "dpop_bound_access_tokens", Label: "Only DPoP tokens", Shape: Flag, Advanced: true, Spec: "RFC 9449 5.2",
		Help: "Every token request must carry a DPoP proof."},
	{Name: "tls_client_certificate_bound_access_tokens", Label: "Tokens bound to the certificate", Shape: Flag,
		Advanced: true, Spec: "RFC 8705 3.4", Help: "Access tokens are bound to the client's certificate."},
	{Name: "authorization_signed_response_alg", Label: "Signature of responses",
		Values: "authorization_signing_alg_values_supported", Advanced: true, Spec: "JARM 3",
		Help: "How authorization responses in a JWT are signed."},
	{Name: "introspection_signed_response_alg", Label: "Signature of introspection",
		Values: "introspection_signing_alg_values_supported", Advanced: true, Spec: "RFC 9701 6",
		Help: "How introspection responses in a JWT are signed."},
	{Name: "authorization_details_types", Label: "Authorization details", Shape: List,
		Values: "authorization_details_types_supported", Advanced: true, Spec: "RFC 9396 10",
		Help: "The types of authorization details that the client asks for."},
	{Name: "backchannel_token_delivery_mode", Label: "CIBA delivery", Choices: []string{"", "poll", "ping"},
		Advanced: true, Spec: "OpenID CIBA Core 4",
		Help: "How the client learns that a backchannel authentication has ended."},
	{Name: "backchannel_client_notification_endpoint", Label: "CIBA notification", Advanced: true,
		Spec: "OpenID CIBA Core 4", Help: "Where pings of a backchannel authentication go."},
	{Name: "post_logout_redirect_uris", Label: "Redirects after a logout", Shape: List, Advanced: true,
		Spec: "OpenID Connect RP-Initiated Logout 3.1", Help: "Where the browser may be sent after a logout."},
	{Name: "default_max_age", Label: "Oldest sign-in", Shape: Number, Advanced: true, Spec: oidcRegister,
		Help: "How old a sign-in may be, in seconds, if a request has no max_age."},
	{Name: "default_acr_values", Label: "Default acr_values", Shape: List, Values: "acr_values_supported",
		Advanced: true, Spec: oidcRegister,
		Help: "The authentication contexts that are required if a request has no acr_values."},
	{Name: "contacts", Label: "Contacts", Shape: List, Advanced: true, Spec: rfc7591,
		Help: "Addresses of the people responsible for the client."},
	{Name: "client_uri", Label: "Home page", Advanced: true, Spec: rfc7591, Help: "A page about the client."},
	{Name: "logo_uri", Label: "Logo", Advanced: true, Spec: rfc7591, Help: "An image that represents the client."},
	{Name: "tos_uri", Label: "Terms of service", Advanced: true, Spec: rfc7591,
		Help: "A page with the terms of the client."},
	{Name: "policy_uri", Label: "Privacy policy", Advanced: true, Spec: rfc7591,
		Help: "A page that explains how user data is used."},
	{Name: "request_uris", Label: "Request URIs", Shape: List, Advanced: true, Spec: oidcRegister,
		Help: "Where request objects may be fetched from."},
	{Name: "software_id", Label: "Software ID", Advanced: true, Spec: rfc7591,
		Help: "What every registration of this software has in common."},
	{Name: "software_version", Label: "Software version", Advanced: true, Spec: rfc7591,
		Help: "The version of that software."},
}

// SupportedValues returns the values that a server accepts for the member, in its order: from its metadata, else the
// declared choices; nil if any value is allowed.
func (m Member) SupportedValues(server *provider.Metadata) []string {
	if m.Values != "" && server != nil {
		if list, ok := server.List(m.Values); ok && len(list) > 0 {
			return list
		}
	}
	return slices.Clone(m.Choices)
}

// Parse parses a value. The error says what was expected.
func (m Member) Parse(text string) (any, error) {
	switch m.Shape {
	case List:
		if strings.HasPrefix(strings.TrimSpace(text), "[") {
			return m.parseJSON(text)
		}
		words := strings.Fields(text)
		if m.Name == "response_types" {
			for i := range words {
				words[i] = strings.ReplaceAll(words[i], "+", " ")
			}
		}
		return words, nil
	case Flag:
		switch text {
		case "true", "false":
			return text == "true", nil
		}
		return nil, fmt.Errorf("expected true or false, received %q", tokens.VisibleLine(text))
	case Number, JSON:
		return m.parseJSON(text)
	}
	return text, nil
}

func (m Member) parseJSON(text string) (any, error) {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return nil, fmt.Errorf("expected JSON: %w", err)
	}
	switch _, isNumber := v.(float64); {
	case m.Shape == Number && !isNumber:
		return nil, fmt.Errorf("expected a number, received %s", tokens.VisibleLine(text))
	case m.Shape == JSON:
		return json.RawMessage(text), nil
	}
	return v, nil
}

// Format returns a registered value in the form that Parse accepts, or "" if it is missing.
func (m Member) Format(raw json.RawMessage) string {
	var list []string
	var text string
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return ""
	case m.Shape == List && json.Unmarshal(raw, &list) == nil:
		if m.Name == "response_types" {
			for i := range list {
				list[i] = strings.ReplaceAll(list[i], " ", "+")
			}
		}
		return strings.Join(list, " ")
	case m.Shape == Text && json.Unmarshal(raw, &text) == nil:
		return text
	}
	return string(raw)
}
