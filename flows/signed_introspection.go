package flows

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"fob/flows/wire"
	"fob/tokens"
)

// introspectionMedia is the media type of a signed introspection response (RFC 9701 4).
const introspectionMedia = "application/token-introspection+jwt"

func isSignedIntrospection(resp *wire.Response) bool {
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return err == nil && kind == introspectionMedia && resp.Status == http.StatusOK
}

// signedIntrospection validates a signed introspection response, which may be encrypted too, and returns the claim
// token_introspection (RFC 9701 5).
func (r *Run) signedIntrospection(ctx context.Context, x *exchange) ([]byte, error) {
	raw := strings.TrimSpace(string(x.resp.Body))
	unreadable := func(err error) error {
		return r.Check(tokens.CheckAnswerSignature.Fail(validSignature, "a response that cannot be read",
			err.Error()))
	}
	if isJWE(raw) {
		plain, _, err := r.decryptJWE(raw)
		if err != nil {
			return nil, unreadable(err)
		}
		raw = plain
	}
	t, err := decodeJWT(raw)
	if err != nil {
		return nil, unreadable(err)
	}
	announced, _ := r.Provider.List("introspection_signing_alg_values_supported")
	if err := r.checkAll(
		// checkIntrospectionType checks typ
		signatureCheck(tokens.CheckAnswerSignature, t, r.verify(ctx, t, announced, mediaType(t.typ))),
		checkIntrospectionType(t),
		r.jwtIssuerCheck(tokens.CheckAnswerIssuer, t, "the response comes from another issuer"),
		r.jwtAudienceCheck(tokens.CheckAnswerAudience, t, "the response was issued for another client"),
		r.jwtIssuedAtCheck(tokens.CheckAnswerIssuedAt, t),
		checkTokenIntrospection(t),
	); err != nil {
		return nil, err
	}
	return t.claims["token_introspection"], nil
}

// checkTokenIntrospection checks that the claim token_introspection is present.
func checkTokenIntrospection(t *decodedJWT) tokens.Check {
	kind := tokens.CheckAnswerHolds
	const expected = "token_introspection, an object"
	var introspection map[string]json.RawMessage
	switch {
	case !t.has("token_introspection"):
		return kind.Fail(expected, "", "token_introspection is required: without it the response is empty")
	case json.Unmarshal(t.claims["token_introspection"], &introspection) != nil:
		return kind.Fail(expected, t.shown("token_introspection"), "it is not an object")
	}
	return kind.Pass(expected, "an object")
}

// checkIntrospectionType rejects other JWTs of the server, such as an access token or an id_token, as the response.
func checkIntrospectionType(t *decodedJWT) tokens.Check {
	const want = "token-introspection+jwt"
	if mediaType(t.typ) != want {
		return tokens.CheckAnswerType.Fail(want, tokens.Clip(t.typ, 200),
			"another type of JWT could be replayed as the response")
	}
	return tokens.CheckAnswerType.Pass(want, t.typ)
}
