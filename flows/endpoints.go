package flows

// endpoint is one endpoint of an authorization server that extra parameters can address.
type endpoint struct{ name, label string }

// endpoints lists them once; provider.Metadata.Endpoint knows their URLs by the same names.
var endpoints = []endpoint{
	{"authorization", "authorization"},
	{"token", "token"},
	{"device", "device authorization"},
	{"par", "pushed authorization request"},
	{"ciba", "backchannel authentication"},
	{"userinfo", "userinfo"},
	{"introspection", "introspection"},
	{"revocation", "revocation"},
	{"end_session", "end-session"},
	{"registration", "registration"},
}

// EndpointNames lists the names under which Params and the profile file's parameters address endpoints.
func EndpointNames() []string {
	names := make([]string, len(endpoints))
	for i, e := range endpoints {
		names[i] = e.name
	}
	return names
}

// endpointLabel is the endpoint's name in a sentence.
func endpointLabel(name string) string {
	for _, e := range endpoints {
		if e.name == name {
			return e.label
		}
	}
	return name
}

func isEndpoint(name string) bool {
	for _, e := range endpoints {
		if e.name == name {
			return true
		}
	}
	return false
}
