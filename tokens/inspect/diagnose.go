package inspect

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
	"sync"
	"time"

	"fob/tokens"
	"fob/tokens/wwwauth"
)

// Case is what is known about a token that an API rejected. Only Report is required: what is unknown decides nothing.
type Case struct {
	Report *Report // of the token, with the known keys and expectations
	// Sent is the value of the Authorization header as it was sent ("Bearer …"), if known. Only its scheme and what is
	// before the token are used.
	Sent          tokens.Secret
	DPoPSent      bool // a DPoP header was sent as well
	Response      *Response
	Expected      Expected
	Introspection *Object // the response of RFC 7662; nil: not introspected
	KeysFetched   bool    // the report's keys were fetched just now
	IsRefresh     bool    // the token is the session's refresh token
	Now           time.Time
}

// Expected is what the profile and the provider's metadata say.
type Expected struct {
	Issuer   string   // of the metadata
	Audience string   // of the API
	ClientID string   // of the profile
	Scopes   []string // that the call needs
	JWT      bool     // the API verifies the token itself
	Opaque   bool     // the API introspects it
}

// Cause is one reason why a token was rejected.
type Cause struct {
	ID       string `json:"id"`
	Title    string `json:"title"`    // one sentence
	Evidence string `json:"evidence"` // what it was recognised by
	Do       string `json:"do"`
	Certain  bool   `json:"certain"` // the token alone shows it, or the API said so
}

// The weights of evidence. What the API said counts more than a guess from the token.
const (
	possible = 1
	likely   = 10
	certain  = 100
	apiSaid  = 1000
)

// diagnoser collects the evidence of a case.
type diagnoser struct {
	Case
	t         *Token
	payload   *Object
	errorText string // everything that the API said, in lower case
	codes     map[string]wwwauth.Challenge
	found     []weightedCause
}

type weightedCause struct {
	Cause
	weight int
}

// Diagnose returns the causes why an API rejects a token, the likeliest first. The list is empty if there is no
// evidence against the token.
func Diagnose(c Case) []Cause {
	x := &diagnoser{Case: c, codes: map[string]wwwauth.Challenge{}}
	if x.Report == nil {
		x.Report = Inspect("", Options{Now: c.Now})
	}
	if x.Now.IsZero() {
		x.Now = time.Now()
	}
	x.t, x.payload = x.Report.Token, x.Report.Payload
	if x.t == nil {
		x.t = &Token{Kind: KindNothing}
	}
	x.collectErrorText()
	for _, rule := range []func(){
		x.transport, x.status, x.copyDamage, x.tokenKind, x.malformed, x.lifetime, x.clock, x.binding, x.audience,
		x.issuer,
		x.signature, x.introspection, x.scope, x.stepUp, x.format, x.client, x.vendor, x.errorWording,
	} {
		rule()
	}
	sort.SliceStable(x.found, func(i, j int) bool { return x.found[i].weight > x.found[j].weight })
	list := make([]Cause, 0, len(x.found))
	seen := map[string]bool{}
	for _, w := range x.found {
		if !seen[w.ID] {
			seen[w.ID] = true
			w.Certain = w.weight >= certain
			list = append(list, w.Cause)
		}
	}
	return list
}

// addCause adds a cause. If the API's own text names it, it moves to the front.
func (x *diagnoser) addCause(id string, weight int, evidence string, args ...any) {
	text := causeTexts[id]
	if hint := hints()[id]; hint != nil && x.errorText != "" && hint.MatchString(x.errorText) {
		weight += apiSaid
	}
	x.found = append(x.found, weightedCause{Cause{ID: id, Title: text.title, Do: text.do,
		Evidence: tokens.VisibleLine(fmt.Sprintf(evidence, args...))}, weight})
}

func (x *diagnoser) has(id string) bool {
	for _, w := range x.found {
		if w.ID == id {
			return true
		}
	}
	return false
}

// collectErrorText collects what the API said about the error, wherever it said it.
func (x *diagnoser) collectErrorText() {
	r := x.Response
	if r == nil {
		return
	}
	var b strings.Builder
	for _, c := range r.Challenges {
		if code := c.Params["error"]; code != "" {
			x.codes[code] = c
		}
		for _, name := range []string{"error", "error_description", "error_uri"} {
			b.WriteString(c.Params[name] + "\n")
		}
	}
	b.WriteString(tokens.Clip(r.errorText(), 8192))
	x.errorText = strings.TrimSpace(strings.ToLower(b.String()))
}

// hints are the words with which servers and their libraries name a cause.
var hints = sync.OnceValue(func() map[string]*regexp.Regexp {
	m := map[string]*regexp.Regexp{}
	for id, pattern := range map[string]string{
		"expired": `expired|\bexp\b.*(?:claim|fail|past)|lifetime validation|idx10223|tokenexpired|` +
			`jwt_expired|no longer valid`,
		"not-yet-valid": `not (?:yet )?(?:valid|active) (?:yet|before|until)|not yet valid|\bnbf\b|idx10222|` +
			`premature|used before|immature`,
		"wrong-audience": `audience|\baud\b|idx10214|idx10206|not intended for`,
		"wrong-issuer":   `issuer|\biss\b|idx10205|idx40001|idx10211`,
		"missing-scope":  `scope|insufficient.?permission|\bscp\b`,
		"revoked":        `revoked|not active|inactive|blacklist|token.?not.?found|session.*(?:ended|terminated)`,
		"rotated-keys": `signing key|unable to (?:find|match) key|\bkid\b|idx10500|idx10501|idx10503|no ` +
			`(?:matching|suitable) (?:key|jwk)|jwks|key.?not.?found`,
		"signature-bad": `signature|idx10511|idx10504|tampered`,
		"opaque": `malformed|not a (?:valid )?jwt|not well.?formed|(?:number of|enough|three) segments|` +
			`compact serialization|idx12741|idx14100|idx12709|jwt (?:is )?malformed|cannot (?:be )?(?:parse|decode)` +
			`|unable to (?:parse|decode)|not.?jwt|invalid.?token.?format`,
		"truncated": `malformed|not well.?formed|segments|unexpected end|idx12741|truncated|base64|incorrect ` +
			`padding`,
		"alg":            `algorithm|\balg\b|idx10696`,
		"too-large":      `too large|header.*(?:size|length|limit|long)|request header or cookie`,
		"id-token-sent":  `id.?token|token.?use|access token (?:is )?(?:required|expected)|not an access token|\btyp\b`,
		"dpop-as-bearer": `dpop|bound|proof`,
		"mtls-bound":     `certificate|mtls|thumbprint|x5t`,
		"dpop-nonce":     `use_dpop_nonce|nonce`,
		"dpop-proof":     `invalid_dpop_proof|dpop proof|\bhtu\b|\bhtm\b|\bath\b`,
		"wrong-client":   `client.?id|\bazp\b|application`,
		"encrypted":      `encrypted|\bjwe\b|decrypt`,
		"bearer-twice":   `malformed|not a (?:valid )?jwt|invalid.*header`,
		"time-unit":      `\bexp\b|\biat\b|\bnbf\b|number|numericdate`,
		"subject": `user.*(?:not found|disabled|locked|suspended|does not exist)|account.*(?:disabled|` +
			`locked|suspended)`,
	} {
		m[id] = regexp.MustCompile(pattern)
	}
	return m
})

// causeText is the fixed text of a cause.
type causeText struct{ title, do string }

var causeTexts = map[string]causeText{
	"accepted": {"the API did not reject the token",
		"look for the fault elsewhere: in the request, or in what was expected of the response"},
	"not-received": {"the token did not reach the API",
		"look for what drops the Authorization header on the way: a redirect to another host, a proxy, a gateway, a " +
			"rewrite rule, or a misspelled name"},
	"redirected": {"the request was redirected, and clients do not send the token on to another address",
		"call the address that the redirect names, with https and the right host"},
	"sign-in-page": {"something in front of the API responds with a page for people",
		"call the API's own address; an authenticating proxy wants a cookie or a token of its own"},
	"gateway": {"a gateway or firewall in front of the API rejected the request",
		"look at the request (method, path, address, user agent) rather than at the token, and at the gateway's log"},
	"rate-limited": {"too many requests were made", "wait as long as Retry-After says"},
	"server-error": {"the API itself failed", "look at the API's log: the token may be valid"},
	"not-found": {"the address is wrong, or the API hides what the caller may not see",
		"check the path; some APIs respond 404 where 403 would reveal too much"},
	"forbidden": {"the token was accepted, and what it allows is not enough",
		"check roles, permissions and ownership at the API; another token of the same kind changes nothing"},
	"no-token": {"there is no token", "send one: Authorization: Bearer and the access token"},
	"bearer-twice": {"the scheme was sent twice",
		"send it once: the variable with the token already begins with it"},
	"damaged": {"something was copied along with the token",
		"send the token alone: no quotes, no line breaks, no padding"},
	"truncated": {"the token was truncated on the way",
		"send all of it: look for a column, a cookie, a variable or a terminal that cuts long text"},
	"broken":       {"the token is malformed", "get it again from where it was issued"},
	"wrong-scheme": {"the API wants another authentication scheme", "use the scheme that the challenge names"},
	"id-token-sent": {"an id_token was sent instead of an access token",
		"send the access token: the id_token tells the client who signed in, and no API should accept it"},
	"refresh-sent": {"a refresh token was sent instead of an access token",
		"send the access token; the refresh token is for the token endpoint only"},
	"other-sent":    {"a token of another kind was sent instead of an access token", "send the access token"},
	"expired":       {"the token has expired", "get a new one: refresh, or sign in again"},
	"not-yet-valid": {"the token is not valid yet", "wait, or compare the clocks"},
	"clock-skew": {"the clocks of this machine and of the API differ",
		"set the clocks (NTP), or let the API allow some clock skew"},
	"time-unit": {"a time in the token is not in seconds, or not a number",
		"have the issuer write times as seconds since 1970"},
	"dpop-as-bearer": {"the token is bound to a key (DPoP) and was sent as a bearer token",
		"send it as Authorization: DPoP, with a proof in the DPoP header"},
	"bearer-as-dpop": {"the token is not bound to a key and was sent as DPoP",
		"send it as Bearer, or ask the token endpoint with a DPoP proof"},
	"dpop-nonce": {"the API wants its nonce in the DPoP proof",
		"make the proof again with the nonce of the DPoP-Nonce header"},
	"dpop-proof": {"the DPoP proof does not match the request",
		"check htm, htu (without query), iat, ath and the key of the proof"},
	"mtls-bound": {"the token is bound to a client certificate",
		"call the API over mutual TLS with the certificate of the token request"},
	"wrong-audience": {"the token is for another API",
		"request a token for this API: resource or audience parameter, or a scope of this API"},
	"wrong-issuer": {"the token is from another issuer",
		"sign in at the issuer that the API trusts: tenant, realm, environment and version count"},
	"issuer-slash": {"the issuer differs by a slash at its end",
		"configure the issuer exactly as the token has it: it is compared character by character"},
	"entra-version": {"the token is of another version of Entra's than the API expects",
		"set accessTokenAcceptedVersion (requestedAccessTokenVersion) in the API's manifest, or accept both issuers"},
	"alg": {"the algorithm of the signature is not allowed",
		"have the issuer sign with what the API allows, or allow it there"},
	"alg-none": {"the token is not signed", "get a signed one: no API should accept this one"},
	"signature-bad": {"the signature is invalid",
		"send the token as it was issued; check that the API has the keys of this issuer"},
	"rotated-keys": {"the key that signed the token is not among the issuer's keys",
		"get a new token; let the API fetch the keys again for an unknown kid"},
	"revoked": {"the issuer says that the token is not active", "sign in again"},
	"introspection": {"introspection says inactive, and the wrong client may have made the request",
		"introspect as the API's own client: many servers tell others only active: false"},
	"missing-scope": {"the token lacks a scope",
		"request the scope when signing in; it must be allowed for the client, and may need consent"},
	"step-up": {"the API wants a stronger or fresher sign-in",
		"sign in again with the acr_values and max_age of the challenge (RFC 9470)"},
	"opaque": {"the token is opaque, and the API expects a JWT",
		"request a JWT: name the API (audience or resource), or let the API introspect"},
	"jwt": {"the token is a JWT, and the API expects one that it can look up",
		"request a token of the kind that the API's issuer issues"},
	"encrypted": {"the token is encrypted for another recipient",
		"request a token for this API: this one can only be read by its issuer or by another API"},
	"graph-token": {"the token is for a Microsoft service: no other API can verify it",
		"request a token for your own API (scope api://…), not for Microsoft Graph"},
	"wrong-client": {"the token was issued to another client", "sign in with the client that the API expects"},
	"too-large": {"the token is too large for a header field",
		"request fewer claims (groups, roles), or raise the limit for headers"},
	"subject": {"the account is unknown to the API, or locked", "look the subject up at the API"},
	"malformed-call": {"the API says that the request is malformed",
		"send the token in one way only (header, not body or query as well), and check the other parameters"},
	"refused": {"the API rejects the token and does not say why",
		"look at the API's log, or introspect the token"},
}
