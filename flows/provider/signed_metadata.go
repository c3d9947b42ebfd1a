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

// CheckSigned judges the signed metadata of an authorization server, where it publishes some, and enters what it finds
// in Checks: that the signature is good, and that the JWT says what the plain document says, which is what fob goes by.
// keys are the server's own; nil when it names none.
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

// checkSigned does so for a resource, whose authorization servers may attest to its metadata (RFC 9728 2.2).
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

// checkSigned is the check of signed_metadata among the members of a document (RFC 8414 2.1, RFC 9728 2.2). keysOf are
// the keys of the party that attests to it; nil when they are not known.
func checkSigned(ctx context.Context, document map[string]json.RawMessage, keysOf func(iss string) *Keys) tokens.Check {
	kind := tokens.CheckSignedMetadata
	const expected = "a JWT, signed by the party that it names"
	var raw string
	if json.Unmarshal(document["signed_metadata"], &raw) != nil {
		return kind.Fail(expected, clip(string(document["signed_metadata"])), "signed_metadata is no JWT")
	}
	claims, ok := payload(raw)
	if !ok {
		return kind.Fail(expected, clip(raw), "signed_metadata is no JWT that can be read")
	}
	var iss string
	if json.Unmarshal(claims["iss"], &iss) != nil || iss == "" {
		return kind.Fail(expected, "no iss", "the party that attests to it must be named")
	}
	source := keysOf(iss)
	if source == nil {
		return kind.Skip("it is attested to by " + iss + ", whose key is not known here")
	}
	set, err := source.Keys(ctx, "")
	if err != nil {
		return kind.Skip("the key that signed it could not be read: " + err.Error())
	}
	if result := jose.Verify(raw, set, jose.VerifyOptions{}); result.Verdict != tokens.Good {
		return kind.Fail(expected, "a JWT of "+iss, result.Reason)
	}
	if differing := differing(document, claims); len(differing) > 0 {
		return kind.Fail("what the plain metadata says", "another "+strings.Join(differing, ", "),
			"the signed one counts for more, and fob goes by the plain one: one of the two is stale or forged")
	}
	return kind.Pass(expected, "signed by "+iss)
}

// payload are the claims of a compact JWS; nothing in it is proven.
func payload(raw string) (claims map[string]json.RawMessage, ok bool) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return nil, false
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	return claims, err == nil && json.Unmarshal(text, &claims) == nil && claims != nil
}

// ofTheJWT are the claims that are about the JWT and not about the one whose metadata it holds.
var ofTheJWT = []string{"iss", "aud", "exp", "nbf", "iat", "jti", "signed_metadata"}

// differing are the members that the claims have otherwise than the document.
func differing(document, claims map[string]json.RawMessage) []string {
	var names []string
	for name, signed := range claims {
		var a, b any
		if slices.Contains(ofTheJWT, name) || json.Unmarshal(signed, &a) == nil && json.Unmarshal(document[name],
			&b) == nil && reflect.DeepEqual(a, b) {
			continue
		}
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
