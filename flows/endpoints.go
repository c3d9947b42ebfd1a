package flows

import (
	"slices"
	"strings"

	"fob/flows/wire"
)

// EndpointNames lists the names under which Params and the profile file's parameters address endpoints;
// provider.Metadata.Endpoint knows their URLs by the same names.
func EndpointNames() []string { return wire.ParameterEndpoints() }

// endpointLabel is the endpoint's name in a sentence, without the word endpoint.
func endpointLabel(name string) string {
	return strings.TrimSuffix(wire.EndpointLabel(name), " endpoint")
}

func isEndpoint(name string) bool { return slices.Contains(EndpointNames(), name) }
