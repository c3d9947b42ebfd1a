package demo

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fob/tokens"
)

// The faults of the syntax of a response, and of the tokens in it.
const (
	faultByteOrderMark   = "byte-order-mark"
	faultFormAnswer      = "answer-as-form"
	faultDoubledMember   = "doubled-member"
	faultLineBreak       = "access-token-line-break"
	faultSchemeInToken   = "access-token-scheme"
	faultExpiresInDate   = "expires-in-date"
	faultExpiresElse     = "expires-at"
	faultScopeArray      = "scope-array"
	faultActiveText      = "active-as-text"
	faultJWKSPrivate     = "jwks-private-key"
	faultJWKSShared      = "jwks-shared-secret"
	faultIDTokenLogout   = "id-token-as-logout-token"
	faultIDTokenAccess   = "id-token-as-access-token"
	faultRefusalInDetail = "refusal-in-detail"
)

var answerFormFaults = []Fault{
	{Name: faultByteOrderMark, Title: "a byte order mark", Check: tokens.CheckAnswerJSON,
		What: "A byte order mark precedes the JSON of the token response: a client should ignore it, above all " +
			"after " +
			"a refresh."},
	{Name: faultFormAnswer, Title: "a form for JSON", Check: tokens.CheckAnswerJSON,
		What: "The token response is a form, as some servers write it: a client should read it, above all after a " +
			"refresh."},
	{Name: faultDoubledMember, Title: "a member twice", Check: tokens.CheckAnswerMembers,
		What: "The token response has scope twice, with different values: it is undefined which one counts."},
	{Name: faultLineBreak, Title: "a line break in the access token", Check: tokens.CheckAccessToken,
		What: "The access token contains a line break and a header field after it."},
	{Name: faultSchemeInToken, Title: "the scheme in the access token", Check: tokens.CheckAccessToken,
		What: "The access token begins with Bearer and a space, so that a client would send the word twice."},
	{Name: faultExpiresInDate, Title: "expires_in as a date", Check: tokens.CheckExpiresIn,
		What: "The token response gives expires_in as a date: a client should keep the tokens and say so."},
	{Name: faultExpiresElse, Title: "expires_at for expires_in", Check: tokens.CheckExpiresIn,
		What: "The token response has expires_at, which no spec defines, instead of expires_in."},
	{Name: faultScopeArray, Title: "scope as an array", Check: tokens.CheckResponseTypes,
		What: "The token response gives scope as an array of words."},
	{Name: faultActiveText, Title: "active as text", Check: tokens.CheckActive,
		What: `Introspection returns "active":"true" in quotes: a client that takes any text for true accepts ` +
			`invalid tokens.`},
	{Name: faultJWKSPrivate, Title: "a private key in the JWKS", Check: tokens.CheckPublicKeys,
		What: "The JWKS publishes a private key: anyone who reads it can sign tokens of this issuer."},
	{Name: faultJWKSShared, Title: "a shared secret in the JWKS", Check: tokens.CheckPublicKeys,
		What: "The JWKS publishes a shared secret (kty oct): anyone who reads it can sign tokens of this issuer."},
	{Name: faultIDTokenLogout, Title: "a logout token for the id_token", Check: tokens.CheckIDTokenType,
		What: "The id_token says by its typ that it is a logout token."},
	{Name: faultIDTokenAccess, Title: "an access token for the id_token", Check: tokens.CheckIDTokenType,
		What: "The id_token says by its typ that it is an access token."},
	{Name: faultRefusalInDetail, Title: "a refusal in its own words", Error: "invalid_grant",
		What: "The token endpoint returns an error with a general description, and the reason in hint, details and " +
			"error_codes, " +
			"with a trace ID."},
}

// write writes a token response, in another form if a fault says so.
func (te *tokenEndpoint) write(w http.ResponseWriter, response *tokenResponse) {
	w.Header().Set("Cache-Control", "no-store")
	body, err := json.Marshal(response)
	switch {
	case err != nil:
		serverFailure("writing the token response", err).write(w)
	case te.env.on(faultByteOrderMark):
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(append([]byte("\xef\xbb\xbf"), body...))
	case te.env.on(faultFormAnswer):
		w.Header().Set("Content-Type", formType)
		_, _ = w.Write([]byte(asForm(body)))
	case te.env.on(faultDoubledMember):
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"scope":"everything",%s`, body[1:])
	default:
		writeJSON(w, http.StatusOK, response)
	}
}

// asForm writes the text and number members of a JSON object as a form.
func asForm(body []byte) string {
	var members map[string]any
	_ = json.Unmarshal(body, &members)
	form := url.Values{}
	for name, value := range members {
		switch v := value.(type) {
		case string:
			form.Set(name, v)
		case float64:
			form.Set(name, strconv.FormatFloat(v, 'f', -1, 64))
		}
	}
	return form.Encode()
}

// applyAccessTokenFaults returns an access token with the faults that are on.
func (ti *tokenIssuer) applyAccessTokenFaults(token string) string {
	switch {
	case ti.env.on(faultLineBreak):
		return token + "\r\nX-Injected: by-the-server"
	case ti.env.on(faultSchemeInToken):
		return "Bearer " + token
	}
	return token
}

// applyResponseFaults puts wrong members into a token response.
func (ti *tokenIssuer) applyResponseFaults(response *tokenResponse) {
	life := ti.env.config.AccessLifetime
	switch {
	case ti.env.on(faultNoExpiresIn):
		response.ExpiresIn = nil
	case ti.env.on(faultExpiresInString):
		response.ExpiresIn = strconv.FormatInt(int64(life/time.Second), 10)
	case ti.env.on(faultExpiresInDate):
		response.ExpiresIn = ti.env.reportedTime().Add(life).UTC().Format(time.RFC3339)
	case ti.env.on(faultExpiresElse):
		response.ExpiresIn, response.ExpiresAt = nil, unix(ti.env.reportedTime().Add(life))
	}
	if ti.env.on(faultScopeArray) {
		scope, _ := response.Scope.(string)
		response.Scope = strings.Fields(scope)
	}
	switch {
	case ti.env.on(faultWrongTokenType):
		response.TokenType = "mac"
	case ti.env.on(faultDPoPAsBearer):
		response.TokenType = "Bearer"
	}
}

// idTokenType is the typ of an id_token.
func (ti *tokenIssuer) idTokenType() string {
	switch {
	case ti.env.on(faultIDTokenLogout):
		return "logout+jwt"
	case ti.env.on(faultIDTokenAccess):
		return "at+jwt"
	}
	return "JWT"
}

// refuseInDetail sends an error with more members than RFC 6749 5.2 has, as some servers do.
func refuseInDetail(w http.ResponseWriter) {
	w.Header().Set("X-Request-Id", "demo-request-4711")
	writeJSON(w, http.StatusBadRequest, map[string]any{
		"error": "invalid_grant", "error_description": "The grant is not valid.",
		"hint":        "the verifier is of another run",
		"details":     []any{map[string]any{"field": "code_verifier", "issue": "does not match"}},
		"error_codes": []int{4711},
		"trace_id":    "demo-trace-0815",
	})
}

// applyBindingFaults replaces the thumbprint with that of an unknown key.
func (ti *tokenIssuer) applyBindingFaults(b binding) binding {
	unknownKey := thumbprint([]byte("an unknown key"))
	if b.JKT != "" && ti.env.on(faultWrongDPoPBinding) {
		b.JKT = unknownKey
	}
	if b.X5T != "" && ti.env.on(faultWrongMTLSBinding) {
		b.X5T = unknownKey
	}
	return b
}
