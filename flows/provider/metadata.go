package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sort"
	"strings"

	"fob/flows/wire"
	"fob/tokens"
)

// endpointMembers are the metadata members of endpoints, by the names of Metadata.Endpoint.
var endpointMembers = map[string]string{
	"authorization": "authorization_endpoint",
	"token":         "token_endpoint",
	"device":        "device_authorization_endpoint",
	"userinfo":      "userinfo_endpoint",
	"introspection": "introspection_endpoint",
	"revocation":    "revocation_endpoint",
	"end_session":   "end_session_endpoint",
	"registration":  "registration_endpoint",
	"par":           "pushed_authorization_request_endpoint",
	"ciba":          "backchannel_authentication_endpoint",
	"jwks":          "jwks_uri",
}

// Parse parses metadata (OpenID Connect Discovery 1.0 3, RFC 8414 2). source is its URL. Raw has every member. A
// required member of the wrong type is an error; a list of the wrong type is ignored, and the linter reports it. An
// endpoint that is not an http or https URL is ignored with a warning in Checks, since a browser or a request would be
// sent there.
func Parse(raw []byte, source string) (*Metadata, error) {
	if len(raw) > maxMetadata {
		return nil, fmt.Errorf("read metadata: the document is larger than %d KiB", maxMetadata>>10)
	}
	m := &Metadata{Source: source}
	object, err := m.readDocument(raw, "the metadata")
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(object, &m.Raw); err != nil {
		var typed *json.UnmarshalTypeError
		if errors.As(err, &typed) {
			return nil, fmt.Errorf("read metadata: expected a JSON object, received %s", typed.Value)
		}
		return nil, fmt.Errorf("read metadata: it is not JSON: %w", err)
	}
	if m.Raw == nil {
		return nil, errors.New("read metadata: expected a JSON object, received null")
	}
	issuer, err := m.text("issuer")
	if err != nil {
		return nil, err
	}
	m.Issuer = issuer
	if err := m.readEndpoints(); err != nil {
		return nil, err
	}
	m.readLists()
	return m, nil
}

// readDocument returns the JSON of a document without anything before it. Deviations from the JSON spec are recorded as
// a check; a member that is repeated with different values is a *tokens.CheckError.
func (m *Metadata) readDocument(raw []byte, what string) ([]byte, error) {
	o, err := wire.ReadObject(raw)
	if err != nil {
		return raw, nil // the caller's parser reports the error
	}
	if len(o.Odd) > 0 {
		m.Checks = append(m.Checks, tokens.CheckAnswerJSON.Warn("a JSON object in UTF-8, each member once", what,
			strings.Join(o.Odd, "; ")))
	}
	if len(o.Doubled) > 0 {
		return nil, &tokens.CheckError{Check: tokens.CheckAnswerMembers.Fail("each member once in "+what,
			clip(strings.Join(o.Doubled, ", ")),
			"parsers differ in which value they use, so the document is ambiguous")}
	}
	return o.JSON, nil
}

// metadataFrom returns metadata with members that do not come from a document.
func metadataFrom(members map[string]any) (*Metadata, error) {
	raw, err := json.Marshal(members)
	if err != nil {
		return nil, fmt.Errorf("make metadata: %w", err)
	}
	return Parse(raw, "configured")
}

// Configured returns metadata of an issuer with configured endpoints by name (see Metadata.Endpoint, and "jwks"), for a
// provider that publishes none. Unknown names are an error.
func Configured(issuer string, endpoints map[string]string) (*Metadata, error) {
	members := map[string]any{}
	if issuer != "" {
		members["issuer"] = issuer
	}
	for name, e := range endpoints {
		member := endpointMembers[name]
		if member == "" {
			return nil, fmt.Errorf("make metadata: the endpoint %q is unknown; use %s", tokens.VisibleLine(name),
				strings.Join(endpointNames(), ", "))
		}
		members[member] = e
	}
	m, err := metadataFrom(members)
	if err != nil {
		return nil, err
	}
	const byHand = "the endpoints are configured by hand"
	m.Checks = append(m.Checks, m.transportCheck(issuer), tokens.CheckDiscoveryIssuer.Skip(byHand),
		tokens.CheckOrigin.Skip(byHand))
	return m, nil
}

func endpointNames() []string {
	var names []string
	for name := range endpointMembers {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// readEndpoints sets the endpoints.
func (m *Metadata) readEndpoints() error {
	fields := map[string]*string{
		"authorization": &m.AuthorizationEndpoint, "token": &m.TokenEndpoint, "device": &m.DeviceAuthorizationEndpoint,
		"userinfo": &m.UserinfoEndpoint, "introspection": &m.IntrospectionEndpoint, "revocation": &m.RevocationEndpoint,
		"end_session": &m.EndSessionEndpoint, "registration": &m.RegistrationEndpoint, "par": &m.PAREndpoint,
		"ciba": &m.CIBAEndpoint, "jwks": &m.JWKSURI,
	}
	for _, name := range endpointNames() {
		member := endpointMembers[name]
		value, err := m.text(member)
		if err != nil {
			return err
		}
		if value == "" {
			continue
		}
		if !tokens.IsWebURL(value) {
			m.Checks = append(m.Checks, tokens.CheckEndpoints.Warn("an https URL", clip(value),
				member+" is ignored: it cannot be requested"))
			continue
		}
		*fields[name] = value
	}
	return nil
}

// InvalidEndpoint returns the value of an endpoint (see Endpoint, and "jwks") that is not an http or https URL, and the
// URL that is probably meant, by the issuer. Both are "" when the value is valid or missing.
func (m *Metadata) InvalidEndpoint(name string) (value, suggestion string) {
	value, err := m.text(endpointMembers[name])
	if err != nil || value == "" || tokens.IsWebURL(value) {
		return "", ""
	}
	base, err := url.Parse(m.Issuer)
	if err != nil {
		return value, ""
	}
	host, _, _ := strings.Cut(value, "/")
	if strings.Contains(host, ".") && !strings.Contains(value, ":") {
		suggestion = base.Scheme + "://" + value // only the scheme is missing
	} else if u, err := base.Parse(value); err == nil {
		suggestion = u.String()
	}
	if !tokens.IsWebURL(suggestion) {
		suggestion = ""
	}
	return value, suggestion
}

// readLists sets the optional members.
func (m *Metadata) readLists() {
	for name, field := range map[string]*[]string{
		"grant_types_supported": &m.GrantTypes, "response_types_supported": &m.ResponseTypes,
		"response_modes_supported": &m.ResponseModes, "scopes_supported": &m.Scopes, "claims_supported": &m.Claims,
		"token_endpoint_auth_methods_supported": &m.TokenAuthMethods,
		"code_challenge_methods_supported":      &m.PKCEMethods,
		"id_token_signing_alg_values_supported": &m.IDTokenAlgs, "acr_values_supported": &m.ACRValues,
		"dpop_signing_alg_values_supported": &m.DPoPAlgs,
	} {
		*field, _ = m.List(name)
	}
	m.CallbackIssuer, _ = m.Bool("authorization_response_iss_parameter_supported")
}

// text returns an optional member that must be a string.
func (m *Metadata) text(name string) (string, error) {
	raw, ok := m.Raw[name]
	if !ok {
		return "", nil
	}
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", fmt.Errorf("read metadata: %s: expected a string, received %s", name,
			tokens.VisibleLine(clip(string(raw))))
	}
	if s == nil {
		return "", nil
	}
	return *s, nil
}

// List returns a member that is an array of strings; nil and false when it is missing or has another type.
func (m *Metadata) List(name string) ([]string, bool) {
	raw, ok := m.Raw[name]
	if !ok {
		return nil, false
	}
	list := []string{}
	if json.Unmarshal(raw, &list) != nil || list == nil {
		return nil, false
	}
	return list, true
}

// Bool returns a member that is a boolean; ok is false when it is missing or has another type.
func (m *Metadata) Bool(name string) (value, ok bool) {
	raw, present := m.Raw[name]
	if !present || json.Unmarshal(raw, &value) != nil || string(raw) == "null" {
		return false, false
	}
	return value, true
}

func clip(s string) string {
	return tokens.Clip(s, 120)
}
