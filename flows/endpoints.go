package flows

import (
	"slices"
	"strings"

	"fob/flows/wire"
)

// EndpointNames returns the endpoint names that Params and the profile file use. provider.Metadata.Endpoint returns the
// URLs by the same names.
func EndpointNames() []string { return wire.ParameterEndpoints() }

// endpointLabel returns the endpoint's name in a sentence, without the word endpoint.
func endpointLabel(name string) string {
	return strings.TrimSuffix(wire.EndpointLabel(name), " endpoint")
}

func isEndpoint(name string) bool { return slices.Contains(EndpointNames(), name) }
