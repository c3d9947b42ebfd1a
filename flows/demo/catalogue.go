package demo

import "fob/tokens"

// Fault is one named error of the server.
type Fault struct {
	Name  string `json:"name"`  // as in --fault and the fault API
	Title string `json:"title"` // a few words
	What  string `json:"what"`  // what the server does while it is on, in one sentence
	// Check is the ID of the ledger check that fails, from tokens.Checks; "" for no check.
	Check tokens.CheckKind `json:"check,omitempty"`
	// Error is what a client gets instead of, or beside, a failed check: an error code, a status, a shape.
	Error string `json:"error,omitempty"`
	// Needs is the extension or grant that the fault affects; "" for the core grants.
	Needs string `json:"needs,omitempty"`
}

// The names of the faults.
const (
	faultWrongIssuer       = "wrong-issuer"
	faultNoPKCEAdvertised  = "no-pkce-advertised"
	faultBadEndpoint       = "bad-endpoint"
	faultPlainEndpoint     = "plain-endpoint"
	faultForeignEndpoint   = "foreign-endpoint"
	faultJWKSUnreachable   = "jwks-unreachable"
	faultWrongState        = "wrong-state"
	faultMissingState      = "missing-state"
	faultWrongCallbackIss  = "wrong-callback-iss"
	faultNoCallbackIss     = "missing-callback-iss"
	faultStaleNonce        = "stale-nonce"
	faultWrongNonce        = "wrong-nonce"
	faultMissingNonce      = "missing-nonce"
	faultNoIDToken         = "no-id-token"
	faultBadSignature      = "bad-signature"
	faultUnknownKid        = "unknown-kid"
	faultAlgNone           = "alg-none"
	faultUnannouncedAlg    = "unannounced-alg"
	faultWrongIDTokenIss   = "wrong-id-token-iss"
	faultWrongAudience     = "wrong-audience"
	faultWrongAzp          = "wrong-azp"
	faultExpiredIDToken    = "expired-at-birth"
	faultNotYetValid       = "not-yet-valid"
	faultWrongAtHash       = "wrong-at-hash"
	faultStaleAuthTime     = "stale-auth-time"
	faultWrongACR          = "wrong-acr"
	faultClockAhead        = "clock-ahead"
	faultClockBehind       = "clock-behind"
	faultOtherSubject      = "wrong-sub"
	faultChangedSubject    = "changed-subject"
	faultChangedAuthTime   = "changed-auth-time"
	faultUserinfoSubject   = "wrong-userinfo-sub"
	faultExpiredAccess     = "expired-access-token"
	faultWrongTokenType    = "wrong-token-type"
	faultNarrowedScope     = "narrowed-scope"
	faultExpiresInString   = "expires-in-string"
	faultNoExpiresIn       = "no-expires-in"
	faultErrorWith200      = "error-200"
	faultHTML502           = "html-502"
	faultEmptyBody         = "empty-body"
	faultSlowAnswer        = "slow-answer"
	faultAccessDenied      = "access-denied"
	faultNoInterval        = "no-interval"
	faultDevicePlainPage   = "device-plain-page"
	faultSlowDown          = "slow-down"
	faultDeviceExpired     = "device-expired"
	faultNotRotated        = "refresh-not-rotated"
	faultNoRefreshToken    = "refresh-without-refresh-token"
	faultFamilyRevoked     = "refresh-family-revoked"
	faultInactive          = "introspection-inactive"
	faultInsufficientScope = "insufficient-scope"
	faultAPI500            = "api-500"
)

// Catalogue lists every fault, in the order of the steps of a run.
func Catalogue() []Fault {
	var all []Fault
	for _, group := range [][]Fault{
		discoveryFaults, callbackFaults, idTokenFaults, responseFaults, deviceFaults, refreshFaults, resourceFaults,
		pushFaults, jarmFaults, hybridFaults, dpopFaults, bindingFaults, exchangeFaults, cibaFaults, clientFaults,
		documentFaults, jwtResponseFaults, answerFormFaults, detailFaults,
		protectedResourceFaults, refusalFaults(),
	} {
		all = append(all, group...)
	}
	return all
}

var discoveryFaults = []Fault{
	{Name: faultWrongIssuer, Title: "wrong issuer in discovery",
		What:  "Both metadata documents name another issuer than the one they were asked for.",
		Check: tokens.CheckDiscoveryIssuer},
	{Name: faultNoPKCEAdvertised, Title: "PKCE not announced",
		What:  "The metadata omits code_challenge_methods_supported, although PKCE works.",
		Check: tokens.CheckPKCEAdvertised},
	{Name: faultBadEndpoint, Title: "an endpoint that is not a URL",
		What:  "The metadata gives the revocation endpoint as a path instead of a URL.",
		Check: tokens.CheckEndpoints},
	{Name: faultPlainEndpoint, Title: "an endpoint without TLS",
		What: "The metadata gives an end-session endpoint of another host, over http, where others can read what " +
			"is sent.",
		Check: tokens.CheckTransport},
	{Name: faultForeignEndpoint, Title: "an endpoint on another host",
		What:  "The metadata gives a revocation endpoint of another host, as in a mix-up: tokens would be sent there.",
		Check: tokens.CheckOrigin},
	{Name: faultJWKSUnreachable, Title: "keys unreachable",
		What: "The JWKS endpoint drops the connection without a response, so no signature can be " +
			"verified.",
		Check: tokens.CheckSignature, Error: "connection closed without a response"},
}

var callbackFaults = []Fault{
	{Name: faultWrongState, Title: "wrong state in the callback",
		What:  "The redirect carries another state than the one that was sent.",
		Check: tokens.CheckState},
	{Name: faultMissingState, Title: "no state in the callback",
		What:  "The redirect omits the state.",
		Check: tokens.CheckState},
	{Name: faultWrongCallbackIss, Title: "wrong iss in the callback",
		What:  "The redirect names another authorization server, as in a mix-up attack.",
		Check: tokens.CheckCallbackIssuer},
	{Name: faultNoCallbackIss, Title: "no iss in the callback",
		What:  "The redirect omits iss, although the metadata announces it.",
		Check: tokens.CheckCallbackIssuer},
	{Name: faultAccessDenied, Title: "the user denies access",
		What:  "The callback, and the next poll of a device, say that the user denied access.",
		Error: "access_denied"},
}

var idTokenFaults = []Fault{
	{Name: faultNoIDToken, Title: "no id_token",
		What:  "The token response has no id_token although openid was granted.",
		Check: tokens.CheckIDTokenPresent},
	{Name: faultBadSignature, Title: "bad signature",
		What:  "The id_token's signature belongs to other bytes.",
		Check: tokens.CheckSignature},
	{Name: faultUnknownKid, Title: "unknown kid",
		What:  "The id_token is signed with a key that the JWKS does not have.",
		Check: tokens.CheckSignature},
	{Name: faultAlgNone, Title: "alg none",
		What:  "The id_token says alg none and has no signature.",
		Check: tokens.CheckAlg},
	{Name: faultUnannouncedAlg, Title: "algorithm not announced",
		What:  "The id_token is signed well with ES384, which the metadata does not list.",
		Check: tokens.CheckAlg},
	{Name: faultWrongIDTokenIss, Title: "wrong iss in the id_token",
		What:  "The id_token names another issuer.",
		Check: tokens.CheckIssuer},
	{Name: faultWrongAudience, Title: "wrong audience",
		What:  "The id_token is meant for another client.",
		Check: tokens.CheckAudience},
	{Name: faultWrongAzp, Title: "wrong azp",
		What:  "The id_token is meant for this client and another one, and names the other as the authorized party.",
		Check: tokens.CheckAuthorizedParty},
	{Name: faultExpiredIDToken, Title: "id_token expired when issued",
		What:  "The id_token's exp is five minutes ago.",
		Check: tokens.CheckExpiry},
	{Name: faultNotYetValid, Title: "id_token not valid yet",
		What:  "The id_token has an nbf an hour from now.",
		Check: tokens.CheckNotBefore},
	{Name: faultClockAhead, Title: "clock ahead",
		What:  "The server's clock is ten minutes ahead: Date headers and every time in a token say so.",
		Check: tokens.CheckIssuedAt},
	{Name: faultClockBehind, Title: "clock behind",
		What:  "The server's clock is an hour behind: its tokens look expired to others.",
		Check: tokens.CheckExpiry},
	{Name: faultStaleNonce, Title: "stale nonce",
		What:  "The id_token carries the nonce of the sign-in before this one.",
		Check: tokens.CheckNonce},
	{Name: faultWrongNonce, Title: "wrong nonce",
		What:  "The id_token has a nonce that was not sent.",
		Check: tokens.CheckNonce},
	{Name: faultMissingNonce, Title: "no nonce",
		What:  "The id_token omits the nonce.",
		Check: tokens.CheckNonce},
	{Name: faultWrongACR, Title: "acr lower than asked",
		What:  "The id_token says the lowest authentication context, whatever was asked for and done.",
		Check: tokens.CheckACR},
	{Name: faultStaleAuthTime, Title: "old sign-in",
		What:  "The id_token says that the user signed in a day ago, whatever max_age asked for.",
		Check: tokens.CheckAuthTime},
	{Name: faultWrongAtHash, Title: "wrong at_hash",
		What:  "The at_hash of the id_token belongs to another access token.",
		Check: tokens.CheckAtHash},
	{Name: faultOtherSubject, Title: "id_token about another user",
		What: "The id_token of a sign-in is about another user than the one who signed in: a client notices if it " +
			"sent id_token_hint.",
		Check: tokens.CheckSubject},
	{Name: faultChangedSubject, Title: "other subject after a refresh",
		What:  "The id_token of a refresh is about another user.",
		Check: tokens.CheckSubject},
	{Name: faultChangedAuthTime, Title: "other time of sign-in after a refresh",
		What:  "The id_token of a refresh says that the user signed in an hour earlier than the one before it said.",
		Check: tokens.CheckRefreshed},
}

var responseFaults = []Fault{
	{Name: faultWrongTokenType, Title: "wrong token_type",
		What:  "The token response says token_type mac.",
		Check: tokens.CheckTokenType},
	{Name: faultNarrowedScope, Title: "less scope than asked",
		What:  "The last scope that was granted is silently removed, and the token response says so.",
		Check: tokens.CheckScope},
	{Name: faultExpiresInString, Title: "expires_in as a string",
		What:  `The token response says "expires_in":"120" instead of 120: a client should cope.`,
		Check: tokens.CheckExpiresIn},
	{Name: faultNoExpiresIn, Title: "no expires_in",
		What: "The token response does not say how long the access token is valid: a client should cope."},
	{Name: faultExpiredAccess, Title: "access token expired when issued",
		What:  "The access token expired a minute ago, whatever expires_in says: the API rejects it.",
		Error: "invalid_token"},
	{Name: faultErrorWith200, Title: "200 with an error",
		What:  "The token endpoint returns 200 with an error in the body, as GitHub does.",
		Error: "bad_verification_code"},
	{Name: faultHTML502, Title: "HTML 502",
		What:  "The token endpoint returns a gateway's HTML error page.",
		Error: "502 text/html"},
	{Name: faultEmptyBody, Title: "empty body",
		What:  "The token endpoint returns 200 with an empty body.",
		Error: "200 without a body"},
	{Name: faultSlowAnswer, Title: "slow response",
		What: "The token endpoint takes eight seconds to respond: a client should show that it waits, and stop " +
			"on cancel.",
		Error: "nothing for eight seconds"},
}

var deviceFaults = []Fault{
	{Name: faultNoInterval, Title: "no interval",
		What: "The device response omits interval, which means five seconds; faster polls get slow_down."},
	{Name: faultDevicePlainPage, Title: "a verification page without TLS",
		What:  "The device response sends the user to a page of another host, over http.",
		Check: tokens.CheckDevicePage},
	{Name: faultSlowDown, Title: "slow_down",
		What:  "The first poll of every device gets slow_down, which adds five seconds.",
		Error: "slow_down"},
	{Name: faultDeviceExpired, Title: "device code expired",
		What:  "Every poll says that the device code has expired.",
		Error: "expired_token"},
}

var refreshFaults = []Fault{
	{Name: faultNotRotated, Title: "refresh token not rotated",
		What:  "A refresh returns the refresh token that was sent, and it remains valid.",
		Check: tokens.CheckRotation},
	{Name: faultNoRefreshToken, Title: "refresh response without refresh token",
		What:  "A refresh returns no refresh token; the old one remains valid and must be kept.",
		Check: tokens.CheckRotation},
	{Name: faultFamilyRevoked, Title: "refresh family revoked",
		What:  "The next refresh revokes every token of its sign-in, as after a replay.",
		Error: "invalid_grant"},
}

var resourceFaults = []Fault{
	{Name: faultUserinfoSubject, Title: "userinfo about another user",
		What:  "The userinfo response has another sub than the id_token.",
		Check: tokens.CheckUserinfoSubject},
	{Name: faultInactive, Title: "introspection says inactive",
		What:  "Introspection returns active false for every token.",
		Error: "active false"},
	{Name: faultInsufficientScope, Title: "insufficient scope, always",
		What:  "The API rejects every valid token because of a missing scope.",
		Error: "insufficient_scope"},
	{Name: faultAPI500, Title: "API 500",
		What:  "The API fails on every call that gets past its token check.",
		Error: "500"},
}
