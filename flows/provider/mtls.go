package provider

import "encoding/json"

// MTLSEndpoint returns the URL of an endpoint for connections with a client certificate (mtls_endpoint_aliases, RFC
// 8705 5); "" when the metadata has none.
func (m *Metadata) MTLSEndpoint(name string) string {
	var aliases map[string]json.RawMessage
	member := endpointMembers[name]
	if member == "" || json.Unmarshal(m.Raw["mtls_endpoint_aliases"], &aliases) != nil {
		return ""
	}
	var alias string
	if json.Unmarshal(aliases[member], &alias) != nil {
		return ""
	}
	return alias
}
