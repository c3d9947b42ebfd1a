package flows

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// idExpectation is what an id_token is validated against (OpenID Connect Core 3.1.3.7).
type idExpectation struct {
	raw          string
	accessToken  tokens.Secret
	code         tokens.Secret // for c_hash; zero without a code
	nonce        string        // that was sent; may be ""
	noNonce      string        // why no nonce was sent
	maxAge       time.Duration
	hasMaxAge    bool
	hasAuthTime  bool          // auth_time was requested as an essential claim (OpenID Connect Core 5.5.1)
	acr          []string      // requested acr values, by acr_values or the claims parameter
	subject      string        // requested sub, by id_token_hint or the claims parameter; may be ""
	previous     *decodedJWT   // id_token before a refresh; nil when this is not a refresh
	frontChannel bool          // from the authorization endpoint: its hash claims are required
	state        string        // for s_hash
	authReqID    tokens.Secret // of a backchannel authentication; may be zero
	refresh      tokens.Secret // for rt_hash
}

// checkIDToken validates an id_token and records every check in the ledger, also those after a failed one, so that the
// user sees all that is wrong. The error is the first violation.
func (r *Run) checkIDToken(ctx context.Context, want idExpectation) error {
	claims, err := decodeJWT(want.raw)
	if err != nil {
		return r.Check(tokens.CheckSignature.Fail("a signed JWT", "an id_token that cannot be read", err.Error()))
	}
	checks := append([]tokens.Check{checkIDTokenType(claims)}, r.signatureChecks(ctx, claims)...)
	checks = append(checks, r.claimChecks(claims, want)...)
	return r.checkAll(checks...)
}

// signatureChecks checks the header and the signature (steps 6 to 8).
func (r *Run) signatureChecks(ctx context.Context, t *decodedJWT) []tokens.Check {
	if t.isUnsigned() {
		return []tokens.Check{tokens.CheckSignature.Skip("it is not signed at all"), r.checkAlg(t)}
	}
	keys, err := r.keysFor(ctx, t, r.Provider.IDTokenAlgs)
	if err != nil {
		return []tokens.Check{
			tokens.CheckSignature.Fail(validSignature, describeKey(t.alg, t.kid), notVerifiable+err.Error()),
			r.checkAlg(t),
		}
	}
	return []tokens.Check{signatureCheck(tokens.CheckSignature, t, jose.Verify(t.raw, keys, jose.VerifyOptions{})),
		r.checkAlg(t)}
}

// validSignature is the expectation of every signature check.
const validSignature = "a valid signature by a key of the issuer"

// notVerifiable begins the reason of a signature that could not be verified, for lack of a key.
const notVerifiable = "it cannot be verified: "

// signatureCheck returns the check of a verdict on the signature of a JWT of the server.
func signatureCheck(kind tokens.CheckKind, t *decodedJWT, result jose.Result) tokens.Check {
	received := describeKey(t.alg, t.kid)
	switch result.Verdict {
	case tokens.Good:
		c := kind.Pass(validSignature, received)
		c.Because = tokens.VisibleLine(strings.Join(result.Warnings, "; "))
		return c
	case tokens.Bad:
		return kind.Fail(validSignature, received, result.Reason)
	}
	return kind.Fail(validSignature, received, notVerifiable+result.Reason)
}

// keysFor returns the keys to verify a JWT with. A MAC uses the client secret (OpenID Connect Core 10.1), and only if
// the server announces that algorithm: otherwise a public key could be used as a MAC key.
func (r *Run) keysFor(ctx context.Context, t *decodedJWT, announced []string) (jose.KeySet, error) {
	if strings.HasPrefix(t.alg, "HS") {
		if !slices.Contains(announced, t.alg) || r.Client.Secret.IsZero() {
			return jose.KeySet{},
				errors.New("it is a MAC, and the server does not announce that algorithm or the client has no secret")
		}
		return jose.NewKeySet(jose.SecretKey([]byte(r.Client.Secret.Reveal()))), nil
	}
	if named, _ := r.Provider.InvalidEndpoint("jwks"); r.Keys == nil && named != "" {
		return jose.KeySet{},
			fmt.Errorf("the metadata names %q as jwks_uri, which is not an http or https URL, so the keys are unknown",
				tokens.VisibleLine(named))
	}
	if r.Keys == nil {
		return jose.KeySet{}, errors.New("jwks_uri is missing in the metadata, so the keys are unknown")
	}
	keys, err := r.Keys.Keys(ctx, t.kid)
	if err != nil {
		return jose.KeySet{}, fmt.Errorf("the keys of the authorization server could not be read: %w", err)
	}
	return keys, nil
}

// verify verifies the signature of a JWT of the server. announced are the algorithms that it lists for this type of
// JWT, nil when it lists none. A JWT whose typ is another type than the expected ones is rejected, also with a valid
// signature. The verdict is CannotTell without a key.
func (r *Run) verify(ctx context.Context, t *decodedJWT, announced []string, types ...string) jose.Result {
	kind, isOther := otherJWTType(t, types...)
	switch {
	case isOther:
		return jose.Result{Verdict: tokens.Bad, Reason: "it is " + kind +
			", and no other type of JWT may be used as the response (RFC 8725 3.12)"}
	case t.isUnsigned():
		return jose.Result{Verdict: tokens.Bad, Reason: "it is not signed"}
	case announced != nil && !slices.Contains(announced, t.alg):
		return jose.Result{Verdict: tokens.Bad, Reason: "the server does not announce " + t.alg +
			" for this; it announces " + strings.Join(announced, ", ")}
	}
	keys, err := r.keysFor(ctx, t, announced)
	if err != nil {
		return jose.Result{Verdict: tokens.CannotTell, Reason: err.Error()}
	}
	return jose.Verify(t.raw, keys, jose.VerifyOptions{})
}

// checkAlg compares the algorithm with the announced ones. Whether the key allows it is part of the signature's
// verdict, which never relies on the header alone.
func (r *Run) checkAlg(t *decodedJWT) tokens.Check {
	announced := r.Provider.IDTokenAlgs
	switch {
	case t.isUnsigned():
		return tokens.CheckAlg.Fail(cmp.Or(strings.Join(announced, ", "), "a signature algorithm"), t.alg,
			"an unsigned id_token proves nothing")
	case announced == nil:
		c := tokens.CheckAlg.Pass("an algorithm that the key allows", t.alg)
		c.Because = "the metadata lists no algorithms, so the key alone decides"
		return c
	case slices.Contains(announced, t.alg):
		return tokens.CheckAlg.Pass(strings.Join(announced, ", "), t.alg)
	}
	return tokens.CheckAlg.Fail(strings.Join(announced, ", "), t.alg, "the server does not announce this algorithm")
}

func describeKey(alg, kid string) string {
	if kid == "" {
		return alg + ", no kid"
	}
	return alg + ", kid " + kid
}

// decodedJWT is a decoded, unverified JWT.
type decodedJWT struct {
	raw          string
	alg, kid     string
	typ          string
	nonStringTyp string // the raw typ when it is not a string
	payload      []byte
	claims       map[string]json.RawMessage
}

// isUnsigned reports whether alg says that the JWT is unsigned (RFC 7518 3.6).
func (t *decodedJWT) isUnsigned() bool { return t.alg == "" || strings.EqualFold(t.alg, "none") }

// maxIDToken is the size limit of a JWT, in bytes.
const maxIDToken = 1 << 20

// decodeJWT decodes a compact JWS without verifying it.
func decodeJWT(raw string) (*decodedJWT, error) {
	if len(raw) > maxIDToken {
		return nil, fmt.Errorf("it has %d bytes, more than the limit of %d", len(raw), maxIDToken)
	}
	parts := strings.Split(raw, ".")
	switch len(parts) {
	case 3:
	case 5:
		return nil, errors.New("it is encrypted")
	default:
		return nil, fmt.Errorf("it has %d parts where a signed JWT has 3", len(parts))
	}
	t := &decodedJWT{raw: raw}
	var header map[string]json.RawMessage
	if err := decodePart(parts[0], &header); err != nil {
		return nil, fmt.Errorf("its header: %w", err)
	}
	t.alg, t.kid, t.typ = jsonString(header["alg"]), jsonString(header["kid"]), jsonString(header["typ"])
	if raw := string(header["typ"]); t.typ == "" && raw != "" && raw != `""` && raw != "null" {
		t.nonStringTyp = raw
	}
	if err := decodePart(parts[1], &t.claims); err != nil {
		return nil, fmt.Errorf("its payload: %w", err)
	}
	t.payload, _ = base64.RawURLEncoding.DecodeString(parts[1])
	return t, nil
}

func decodePart(part string, into *map[string]json.RawMessage) error {
	b, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return errors.New("it is not base64url")
	}
	if err := json.Unmarshal(b, into); err != nil || *into == nil {
		return errors.New("it is not a JSON object")
	}
	return nil
}

// jsonString returns the value of a JSON string; "" for any other type.
func jsonString(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

func (t *decodedJWT) has(name string) bool {
	raw, ok := t.claims[name]
	return ok && string(raw) != "null"
}

func (t *decodedJWT) text(name string) string { return jsonString(t.claims[name]) }

// list returns a claim that is a string or an array of strings; ok is false when it is neither.
func (t *decodedJWT) list(name string) (list []string, ok bool) {
	if s := t.text(name); s != "" {
		return []string{s}, true
	}
	err := json.Unmarshal(t.claims[name], &list)
	return list, err == nil && list != nil
}

// time reads a NumericDate (RFC 7519 2): seconds, perhaps with a fraction.
func (t *decodedJWT) time(name string) (time.Time, bool) {
	var n json.Number
	if !t.has(name) || json.Unmarshal(t.claims[name], &n) != nil || strings.HasPrefix(string(t.claims[name]), `"`) {
		return time.Time{}, false
	}
	f, err := n.Float64()
	if err != nil || f < -1e11 || f > 1e13 {
		return time.Time{}, false
	}
	sec := int64(f)
	return time.Unix(sec, int64((f-float64(sec))*1e9)), true
}

// timeFailure returns the failed check of a claim that is not a NumericDate (RFC 7519 2). missing is the reason when
// the claim is absent; otherwise the reason names its JSON type.
func (t *decodedJWT) timeFailure(kind tokens.CheckKind, claim, expected, missing string) tokens.Check {
	raw, present := t.claims[claim]
	if !present {
		return kind.Fail(expected, "", missing)
	}
	value := tokens.Clip(string(raw), 200)
	if string(raw) == "null" {
		return kind.Fail(expected, value,
			claim+" must be a NumericDate, a number of seconds, and not null (RFC 7519 2)")
	}
	names := map[string]string{`"`: "a string", "t": "a boolean", "f": "a boolean", "[": "an array", "{": "an object"}
	for first, name := range names {
		if strings.HasPrefix(string(raw), first) {
			because := claim + " must be a NumericDate, a number of seconds, and not " + name + " (RFC 7519 2)"
			return kind.Fail(expected, name+", "+value, because)
		}
	}
	return kind.Fail(expected, value,
		claim+" must be a NumericDate, and this number of seconds is out of range (RFC 7519 2)")
}

// shown returns a claim for the ledger: clipped, a string without quotes.
func (t *decodedJWT) shown(name string) string {
	if s := t.text(name); s != "" {
		return tokens.Clip(s, 200)
	}
	return tokens.Clip(string(t.claims[name]), 200)
}
