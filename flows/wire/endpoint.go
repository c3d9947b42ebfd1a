package wire

// endpointNames are the names of the endpoints by the purpose of a request that says no more.
var endpointNames = map[string]string{
	"authorization endpoint": "authorization", "token endpoint": "token", "device authorization endpoint": "device",
	"pushed authorization request endpoint": "par", "backchannel authentication endpoint": "ciba",
	"userinfo endpoint": "userinfo", "introspection endpoint": "introspection", "revocation endpoint": "revocation",
	"end-session endpoint": "end_session", "registration endpoint": "registration", "metadata": "metadata", "JWKS": "jwks",
	"API call": "api",
}

// EndpointName is the name under which the request is addressed: Endpoint, or what Purpose says plainly; "" when neither
// does.
func (r *Request) EndpointName() string {
	if r.Endpoint != "" {
		return r.Endpoint
	}
	return endpointNames[r.Purpose]
}
