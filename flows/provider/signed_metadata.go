package provider

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"slices"
	"sort"
	"strings"

	"fob/tokens"
	"fob/tokens/jose"
)

// CheckSigned validates the signed metadata of an authorization server, if there is some, and adds the check to Checks:
// the signature must be valid, and the JWT must agree with the plain document, which fob uses. keys are the server's
// own; may be nil.
func (m *Metadata) CheckSigned(ctx context.Context, keys *Keys) {
	if m.has("signed_metadata") {
		m.Checks = append(m.Checks, checkSigned(ctx, m.Raw, func(iss string) *Keys {
			if !m.AcceptsIssuer(iss) {
				return nil
			}
			return keys
		}))
	}
}

// checkSigned does the same for a resource, whose authorization servers may attest to its metadata (RFC 9728 2.2).
func (r *ResourceMetadata) checkSigned(ctx context.Context, keysAt func(jwksURI string) *Keys) {
	if !r.SignedMetadata {
		return
	}
	r.Checks = append(r.Checks, checkSigned(ctx, r.Raw, func(iss string) *Keys {
		for _, s := range r.Servers {
			if s.Metadata != nil && s.Metadata.AcceptsIssuer(iss) {
				return keysAt(s.Metadata.JWKSURI)
			}
		}
		if iss == r.Resource {
			return keysAt(r.JWKSURI)
		}
		return nil
	}))
}

// checkSigned checks signed_metadata of a document (RFC 8414 2.1, RFC 9728 2.2). keysOf returns the keys of its issuer;
// nil when they are unknown.
func checkSigned(ctx context.Context, document map[string]json.RawMessage, keysOf func(iss string) *Keys) tokens.Check {
	kind := tokens.CheckSignedMetadata
	const expected = "a JWT, signed by its issuer"
	var raw string
	if json.Unmarshal(document["signed_metadata"], &raw) != nil {
		return kind.Fail(expected, clip(string(document["signed_metadata"])), "signed_metadata is not a JWT")
	}
	claims, ok := decodeClaims(raw)
	if !ok {
		return kind.Fail(expected, clip(raw), "signed_metadata is not a JWT that can be decoded")
	}
	var iss string
	if json.Unmarshal(claims["iss"], &iss) != nil || iss == "" {
		return kind.Fail(expected, "no iss", "iss is required in signed metadata")
	}
	source := keysOf(iss)
	if source == nil {
		return kind.Skip("it is issued by " + iss + ", whose keys are unknown")
	}
	set, err := source.Keys(ctx, "")
	if err != nil {
		return kind.Skip("the keys of its issuer could not be read: " + err.Error())
	}
	if result := jose.Verify(raw, set, jose.VerifyOptions{}); result.Verdict != tokens.Good {
		return kind.Fail(expected, "a JWT of "+iss, result.Reason)
	}
	if differing := differing(document, claims); len(differing) > 0 {
		return kind.Fail("the same as the plain metadata", "another "+strings.Join(differing, ", "),
			"the signed one takes precedence, and fob uses the plain one: one of the two is stale or false")
	}
	return kind.Pass(expected, "signed by "+iss)
}

// decodeClaims returns the unverified claims of a compact JWS.
func decodeClaims(raw string) (claims map[string]json.RawMessage, ok bool) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return nil, false
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	return claims, err == nil && json.Unmarshal(text, &claims) == nil && claims != nil
}

// jwtClaims are the claims about the JWT itself; the others are metadata.
var jwtClaims = []string{"iss", "aud", "exp", "nbf", "iat", "jti", "signed_metadata"}

// differing returns the members whose values in the claims and the document differ.
func differing(document, claims map[string]json.RawMessage) []string {
	var names []string
	for name, signed := range claims {
		var a, b any
		if slices.Contains(jwtClaims, name) || json.Unmarshal(signed, &a) == nil && json.Unmarshal(document[name],
			&b) == nil && reflect.DeepEqual(a, b) {
			continue
		}
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
