package doctor

import (
	"fob/flows"
	"fob/tokens"
)

// signInChecks are the checks of the metadata, the redirect, the token response and its id_token.
var signInChecks = map[tokens.CheckKind]checkEntry{
	tokens.CheckDiscoveryIssuer: {causes: []cause{
		{text: "The issuer in the profile is not spelled as the server spells it.",
			tell: "Compare both character by character: https, path, slash at the end.", likely: 75},
		{text: "The server is behind a proxy and does not know its own public name.",
			tell: "Only the host or http and https differ.", likely: 45},
		{text: "The metadata is that of another server.", tell: "You do not know the operator of the received issuer.",
			likely: 25},
	}, next: []act{{text: "Use {received} as the issuer, if you trust it.", do: DoIssuer + "={received}"}}},
	tokens.CheckTransport: {causes: []cause{
		{text: "The server is behind a proxy that ends TLS, and does not know that it is reached by https.",
			tell: "Only http and https differ between what was asked and what it names.", likely: 60},
		{text: "The network is a test network without TLS.", tell: "Nothing responds at the https address.",
			likely: 45},
		{text: "The metadata was changed in transit.", tell: "Read it over another network.", likely: 20},
	}, next: []act{{text: "Use https. On a test network, allow plain http.", do: DoSetting +
		"=tls.insecure_http=true"}}},
	tokens.CheckResource: {causes: []cause{
		{text: "The API's address in the profile is not spelled as the API spells it.",
			tell: "Compare both character by character.", likely: 70},
		{text: "The metadata is that of another API, by mistake or by an attack.",
			tell: "RFC 9728 7.3 forbids using it.", likely: 40},
	}, next: []act{{text: "Use {received} as the resource, if you trust it."}}},
	tokens.CheckState: {about: "state", causes: []cause{
		{text: "The response belongs to an older sign-in, from another tab or a reload.",
			tell: "Close the other tabs and start again.", likely: 70},
		{text: "The server or a page between drops or changes state.", tell: "It happens every time.", likely: 35},
		{text: "An attacker injected a response.", tell: "No other sign-in was started here (RFC 6749 10.12).",
			likely: 25},
	}, next: signInAgain},
	tokens.CheckCallbackIssuer: {about: "iss", causes: []cause{
		{text: "The response comes from another authorization server: a mix-up, by mistake or by attack.",
			tell: "RFC 9207 4: the code must not be sent to this server.", likely: 65},
		{text: "The server spells its issuer differently here than in its metadata.",
			tell: "Compare both: a slash, a path, http and https.", likely: 60},
	}, next: signInAgain},
	tokens.CheckNonce: {about: "nonce", causes: []cause{
		{text: "The id_token belongs to an older sign-in.", tell: "A server that caches responses returns old ones.",
			likely: 65},
		{text: "The server leaves the nonce out.",
			tell: "Nothing was received: OpenID Connect Core 3.1.3.7 requires it.", when: ifNothingReceived(90)},
		{text: "An attacker injected an id_token of another sign-in.", tell: "No other sign-in was started here.",
			likely: 30},
	}, next: append([]act{{
		text: "Sign in without a nonce, where the server never returns one. The id_token is then no longer bound to " +
			"this " +
			"sign-in, and a replayed one is not noticed; PKCE still binds the code.",
		do:   DoCommand + "={command} --param authorization.nonce=",
		when: nonceMissing,
	}}, signInAgain...)},
	tokens.CheckExpiry: {clock: true, causes: []cause{
		{text: "The id_token had expired when it came.", tell: "Compare exp with the time of the response.",
			likely: 60},
		{text: "This machine's clock is ahead.", tell: "Compare it with a trusted one.", likely: 55},
	}, next: clockNext},
	tokens.CheckIssuedAt: {clock: true, causes: []cause{
		{text: "This machine's clock is behind, or the server's is ahead.", tell: "Compare both with a trusted one.",
			likely: 75},
	}, next: clockNext},
	tokens.CheckNotBefore: {clock: true, causes: []cause{
		{text: "This machine's clock is behind, or the server's is ahead.", tell: "Compare both with a trusted one.",
			likely: 75},
	}, next: clockNext},
	tokens.CheckAuthTime: {clock: true, about: "max_age", causes: []cause{
		{text: "The server accepted an old sign-in although max_age was sent.",
			tell: "auth_time says when the user signed in.", likely: 70},
		{text: "The server leaves auth_time out.", tell: "Nothing was received: it is required with max_age.",
			when: ifNothingReceived(90)},
	}, next: promptLogin},
	tokens.CheckSignature: {causes: signatureCauses("the id_token"), next: fetchKeys},
	tokens.CheckAlg: {causes: []cause{
		{text: "The client is registered for another algorithm than the metadata announces.",
			tell: "id_token_signed_response_alg of the registration.", likely: 65},
		{text: "The id_token is not signed at all (alg none), or with an algorithm that the key does not allow.",
			tell: "RFC 8725 3.1 forbids accepting it.", likely: 40},
	}},
	tokens.CheckIssuer: {causes: []cause{
		{text: "The server names another issuer in tokens than in its metadata.",
			tell: "Compare both: a tenant, a version, a slash.", likely: 65},
		{text: "The token is from another server.", tell: "You do not know its operator.", likely: 35},
	}, next: []act{{text: "Use {received} as the issuer, if you trust it.", do: DoIssuer + "={received}"}}},
	tokens.CheckAudience: {about: "client_id", causes: []cause{
		{text: "The id_token is meant for another client.", tell: "Compare aud with the client_id.", likely: 75},
	}, next: checkClient},
	tokens.CheckAuthorizedParty: {about: "client_id", causes: []cause{
		{text: "The id_token was issued to another client (azp).", tell: "Compare azp with the client_id.", likely: 75},
	}, next: checkClient},
	tokens.CheckAtHash: {causes: []cause{
		{text: "The access token is not the one that the id_token was made with.",
			tell: "A proxy or a cache mixed two responses, or an attacker replaced it.", likely: 60},
		{text: "The server makes the hash with another algorithm than that of the signature.",
			tell: "It happens every time; OpenID Connect Core 3.1.3.6 says how it is made.", likely: 45},
	}, next: signInAgain},
	tokens.CheckIDTokenPresent: {about: "scope", causes: []cause{
		{text: "The server is OAuth 2.0 without OpenID Connect, and ignores the scope openid.",
			tell: "Its metadata has no id_token_signing_alg_values_supported.", likely: 60},
		{text: "The client may not have openid.", tell: "The registration of the client lists its scopes.", likely: 45},
	}, next: doAction("Ask without openid.", DoInput+"=scope=")},
	tokens.CheckTokenType: {causes: []cause{
		{text: "The server binds tokens to a key (DPoP), and this run has none.", tell: "The token type is DPoP.",
			when: ifReceived(90, 20, "dpop")},
		{text: "The server's token type is not supported by fob.",
			tell: "RFC 6749 7.1 forbids using a type that is not understood.", likely: 40},
	}, next: doAction("Use DPoP.", DoInput+"=dpop=true")},
	tokens.CheckUserinfoSubject: {causes: []cause{
		{text: "The response is about another user: the access token is that of another user.",
			tell: "OpenID Connect Core 5.3.2 forbids using it.", likely: 65},
		{text: "The server uses another sub at userinfo than in the id_token.",
			tell: "It happens every time: pairwise here and public there.", likely: 40},
	}},
	tokens.CheckSubject: {causes: []cause{{text: "The refresh brought tokens of another user.",
		tell: "OpenID Connect Core 12.2 forbids using them.", likely: 70}}, next: signInAgain},
}

// nonceMissing reports whether the server omits the nonce in a run that PKCE protects. Such a run can work without one.
func nonceMissing(ev *evidence) bool {
	return ev.check.Received == "" && ev.PKCE != "none" && (ev.Grant == "" || ev.Grant == flows.AuthorizationCode.ID)
}
