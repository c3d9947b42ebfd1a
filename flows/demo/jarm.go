package demo

import (
	"time"
)

// jarmLifetime is how long a response in a JWT is valid (JARM 2.1).
const jarmLifetime = 2 * time.Minute

// secured puts the parameters of an authorization response into a JWT for the client (JARM 2.1), with the faults that
// are on. Its iss claim replaces the iss parameter.
func (s *Server) secured(req *authRequest, fields []field) ([]field, error) {
	now := s.reportedTime()
	claims := map[string]any{}
	for _, f := range fields {
		claims[f.Name] = f.Value
	}
	claims["iss"], claims["aud"], claims["exp"] = s.issuer, req.Client.ID, unix(now.Add(jarmLifetime))
	switch {
	case s.on(faultJARMIssuer):
		claims["iss"] = s.issuer + "/another-issuer"
	case s.on(faultJARMAudience):
		claims["aud"] = "another-client"
	case s.on(faultJARMExpired):
		claims["exp"] = unix(now.Add(-5 * time.Minute))
	}
	alg := req.Client.JARMAlg
	if alg == "" {
		alg = "ES256"
	}
	token, err := s.keys.signJWT(alg, "JWT", claims)
	if err == nil && s.on(faultJARMSignature) {
		token, err = corruptSignature(token)
	}
	if err == nil {
		token, err = encryptFor(req.Client, req.Client.JARMEncryption, token)
	}
	return []field{{"response", token}}, err
}

func (s *Server) jarmMetadata(m map[string]any) {
	m["authorization_signing_alg_values_supported"] = signingAlgs
	m["authorization_encryption_alg_values_supported"] = encryptionAlgs
	m["authorization_encryption_enc_values_supported"] = encryptionEncs
}
