package demo

import (
	"time"
)

// jarmLifetime is how long a response in a JWT is valid (JARM 2.1).
const jarmLifetime = 2 * time.Minute

// secured puts the parameters of an authorization response into a JWT for the client (JARM 2.1), with the faults that
// are on. Its iss claim replaces the iss parameter.
func (rp *responder) secured(req *authRequest, fields []field) ([]field, error) {
	now := rp.env.reportedTime()
	claims := map[string]any{}
	for _, f := range fields {
		claims[f.Name] = f.Value
	}
	claims["iss"], claims["aud"], claims["exp"] = rp.env.issuer, req.Client.ID, unix(now.Add(jarmLifetime))
	switch {
	case rp.env.on(faultJARMIssuer):
		claims["iss"] = rp.env.issuer + "/another-issuer"
	case rp.env.on(faultJARMAudience):
		claims["aud"] = "another-client"
	case rp.env.on(faultJARMExpired):
		claims["exp"] = unix(now.Add(-5 * time.Minute))
	}
	alg := req.Client.JARMAlg
	if alg == "" {
		alg = "ES256"
	}
	token, err := rp.keys.signFor(req.Client, req.Client.JARMEncryption, alg, "JWT", claims, faultJARMSignature)
	return []field{{"response", token}}, err
}
