package wire

import "slices"

// The endpoints that requests go to, by the names under which parameters, header fields and edits address them.
const (
	EndpointAuthorization = "authorization"
	EndpointToken         = "token"
	EndpointDevice        = "device"
	EndpointPAR           = "par"
	EndpointCIBA          = "ciba"
	EndpointUserinfo      = "userinfo"
	EndpointIntrospection = "introspection"
	EndpointRevocation    = "revocation"
	EndpointEndSession    = "end_session"
	EndpointRegistration  = "registration"
	EndpointMetadata      = "metadata"
	EndpointJWKS          = "jwks"
	EndpointAPI           = "api"
)

// endpoint is one of them, and what it is in a sentence.
type endpoint struct {
	name, label string
	// parameters says that it is an authorization server's and takes parameters, so that a profile can name and extend
	// it.
	parameters bool
}

// endpoints is the one list of them.
var endpoints = []endpoint{
	{EndpointAuthorization, "authorization endpoint", true},
	{EndpointToken, "token endpoint", true},
	{EndpointDevice, "device authorization endpoint", true},
	{EndpointPAR, "pushed authorization request endpoint", true},
	{EndpointCIBA, "backchannel authentication endpoint", true},
	{EndpointUserinfo, "userinfo endpoint", true},
	{EndpointIntrospection, "introspection endpoint", true},
	{EndpointRevocation, "revocation endpoint", true},
	{EndpointEndSession, "end-session endpoint", true},
	{EndpointRegistration, "registration endpoint", true},
	{EndpointMetadata, "metadata", false},
	{EndpointJWKS, "JWKS", false},
	{EndpointAPI, "API call", false},
}

// Endpoints are the names of all endpoints, which edits address.
func Endpoints() []string { return endpointNames(func(endpoint) bool { return true }) }

// ParameterEndpoints are the names of those endpoints of an authorization server that extra parameters can address.
func ParameterEndpoints() []string {
	return endpointNames(func(e endpoint) bool { return e.parameters })
}

func isParameterEndpoint(name string) bool { return slices.Contains(ParameterEndpoints(), name) }

func endpointNames(meant func(endpoint) bool) []string {
	var names []string
	for _, e := range endpoints {
		if meant(e) {
			names = append(names, e.name)
		}
	}
	return names
}

// EndpointLabel is an endpoint in a sentence: "token endpoint", "JWKS"; a name that is none of them is itself.
func EndpointLabel(name string) string {
	for _, e := range endpoints {
		if e.name == name {
			return e.label
		}
	}
	return name
}

// What is what the request is for, in the words of the specs: its Purpose, else the label of its Endpoint.
func (r *Request) What() string {
	switch {
	case r.Purpose != "":
		return r.Purpose
	case r.Endpoint != "":
		return EndpointLabel(r.Endpoint)
	}
	return "request"
}
