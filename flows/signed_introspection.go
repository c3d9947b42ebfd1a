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

// introspectionMedia is the media type of a signed introspection answer (RFC 9701 4).
const introspectionMedia = "application/token-introspection+jwt"

func isSignedIntrospection(resp *wire.Response) bool {
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return err == nil && kind == introspectionMedia && resp.Status == http.StatusOK
}

// signedIntrospection is what a signed answer says of the token, when its checks hold (RFC 9701 5). The answer may be
// encrypted for the client.
func (r *Run) signedIntrospection(ctx context.Context, x *exchange) ([]byte, error) {
	raw := strings.TrimSpace(string(x.resp.Body))
	unreadable := func(err error) error {
		return r.Check(tokens.CheckAnswerSignature.Fail("a good signature by a key of the issuer",
			"an answer that cannot be read", err.Error()))
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
		// typ has a check of its own
		signatureCheck(tokens.CheckAnswerSignature, t, r.verify(ctx, t, announced, mediaType(t.typ))),
		checkIntrospectionType(t),
		r.jwtIssuerCheck(tokens.CheckAnswerIssuer, t, "the answer comes from somebody else"),
		r.jwtAudienceCheck(tokens.CheckAnswerAudience, t, "the answer was made for somebody else"),
		r.jwtIssuedAtCheck(tokens.CheckAnswerIssuedAt, t),
		checkTokenIntrospection(t),
	); err != nil {
		return nil, err
	}
	return t.claims["token_introspection"], nil
}

// checkTokenIntrospection sees that the answer speaks of a token at all.
func checkTokenIntrospection(t *decodedJWT) tokens.Check {
	kind := tokens.CheckAnswerHolds
	const expected = "token_introspection, an object"
	var says map[string]json.RawMessage
	switch {
	case !t.has("token_introspection"):
		return kind.Fail(expected, "", "token_introspection is required: without it the answer says nothing")
	case json.Unmarshal(t.claims["token_introspection"], &says) != nil:
		return kind.Fail(expected, t.shown("token_introspection"), "it is no object")
	}
	return kind.Pass(expected, "an object")
}

// checkIntrospectionType keeps another JWT of the server, an access token or an id_token, from passing for an answer.
func checkIntrospectionType(t *decodedJWT) tokens.Check {
	const want = "token-introspection+jwt"
	if mediaType(t.typ) != want {
		return tokens.CheckAnswerType.Fail(want, tokens.Clip(t.typ, 200),
			"another kind of JWT could be passed off as the answer")
	}
	return tokens.CheckAnswerType.Pass(want, t.typ)
}
