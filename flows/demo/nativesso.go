package demo

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
)

// Native SSO: apps of one vendor on one device share a sign-in by a device secret (OpenID Connect Native SSO 1.0). The
// first app asks for the scope device_sso; the others exchange its id_token, with the device secret as actor token.
const (
	scopeDeviceSSO   = "device_sso"
	typeDeviceSecret = "urn:openid:params:token-type:device-secret"
)

// deviceSecret returns the device secret of a family: created when the scope was granted, the same for the whole
// family.
func (s *Server) deviceSecret(i issuance) string {
	if !slices.Contains(i.Scopes, scopeDeviceSSO) || i.Of.SignIn == "" {
		return ""
	}
	secret := i.Of.DeviceSecret
	if secret == "" {
		secret = randomToken()
		s.store.families.Update(i.Family, func(f *family) {
			if f.DeviceSecret == "" {
				f.DeviceSecret = secret
			}
			secret = f.DeviceSecret
		})
	}
	s.store.deviceSecrets.Put(secret, i.Of.SignIn)
	return secret
}

// dsHash is the ds_hash claim of Native SSO 3.2: the hash of the device secret.
func dsHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// readDeviceSecret validates a device secret, the actor token of an exchange: it must belong to the sign-in of the
// id_token that is the subject token (Native SSO 4.3). It names no actor.
func (s *Server) readDeviceSecret(t *tokenRequest) *oauthError {
	claims := decodeClaims(t.Get("subject_token"))
	signIn, known := s.store.deviceSecrets.Get(t.Get("actor_token"))
	switch {
	case t.Get("subject_token_type") != typeIDToken:
		return oauthErrorf("invalid_request", "a device secret goes with an id_token as subject_token")
	case !known || claims["ds_hash"] != dsHash(t.Get("actor_token")) || claims["sid"] != sidOf(signIn):
		return oauthErrorf("invalid_grant", "the device secret does not belong to the id_token")
	}
	return nil
}

func (s *Server) nativeSSOMetadata(m map[string]any) { m["native_sso_supported"] = true }
