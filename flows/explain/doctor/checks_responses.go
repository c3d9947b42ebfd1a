package doctor

import (
	"strings"

	"fob/tokens"
)

// Causes and actions of several checks.
var (
	fetchKeys      = doAction("Read the keys again.", DoCommand+"=fob provider {issuer}")
	mixedResponses = cause{text: "A proxy or a cache mixed two responses, or an attacker replaced one.",
		tell: "It happens now and then, or only behind that proxy.", likely: 40}
	otherClientAudience = cause{text: "The response is for another client.",
		tell: "Compare aud with the client_id {client_id}.", likely: 75}
	clockDiffers = cause{text: "This machine's clock is behind, or the server's is ahead.",
		tell: "Compare both with a trusted one.", likely: 75}
	wrongEncryptionKey = cause{text: "The server encrypts for a key that is not this client's, or for an old one of " +
		"it.", tell: "Compare the kid of the response with the keys that are registered for the client.", likely: 70}
)

// signatureCauses are the causes of an invalid signature; what names the signed object.
func signatureCauses(what string) []cause {
	shared := ifBecause(85, 20, "hs256", "secret", "hmac")
	return []cause{
		{text: "The server's key set cannot be used: {why}.",
			tell: "Open its jwks_uri: it must return an object with the member keys (RFC 7517 5).",
			when: ifUntried(95, 0, 0)},
		{text: "What came is not a signed JWT that can be read: {why}.",
			tell: "Open the exchange and compare it with RFC 7515 3.1.", when: ifReceived(95, 0, "cannot be read")},
		{text: "The server has changed its keys, and its key set does not have the new one yet.",
			tell: "The kid of " + what + " is not in the key set.", when: ifUntried(0, 88, 45)},
		{text: "The server signs " + what + " with the client secret (HS256) and the secret here is another.",
			tell: "The alg of its header.",
			when: func(ev *evidence) int { return ifUntried(0, 1, 1)(ev) * shared(ev) }},
		{text: "An attacker changed " + what + " in transit.", tell: "Inspect it.", when: ifUntried(0, 0, 40)},
	}
}

// ifUntried weighs a signature that was not verified with any key: unusable where no usable key was found, unknown
// where no key has the kid of the token; tried is for every other signature.
func ifUntried(unusable, unknown, tried int) func(*evidence) int {
	return func(ev *evidence) int {
		switch because := ev.check.Because; {
		case strings.Contains(because, "could not be read") || strings.Contains(because, "no key:"):
			return unusable
		case strings.Contains(because, "unknown kid"):
			return unknown
		}
		return tried
	}
}

// responseFormChecks are the checks of the syntax of a response, and of the tokens in it.
var responseFormChecks = map[tokens.CheckKind]checkEntry{
	tokens.CheckAnswerMembers: {causes: []cause{
		{text: "The server composes its response from two parts, and writes a member in both.",
			tell: "Open the exchange: {received} is there twice.", likely: 75},
		{text: "Something between changed the response: a proxy, or an attacker who wants two parsers to read two " +
			"values.",
			tell: "It does not happen without it.", likely: 35},
	}, next: []act{{text: "Report it to the server's operators: RFC 8259 4 requires every member once."}}},
	tokens.CheckAccessToken: {causes: []cause{
		{text: "The server composes the token wrongly: with its scheme, with white space or a line break around it " +
			"or in it.",
			tell: "{received}: it happens every time.", likely: 85},
		{text: "An attacker tries to inject a header field.",
			tell: "There is a line break in the token, and a header field after it.",
			when: ifReceived(60, 0, "line break")},
	}, next: []act{{text: "Report it to the server's operators: the access token has to be letters, digits and - . _ " +
		"~ + / " +
		"alone (RFC 6750 2.1)."}}},
	tokens.CheckIDTokenType: {causes: []cause{
		{text: "The server put another kind of JWT into id_token.", tell: "Inspect it: its typ is {received}.",
			likely: 80},
		{text: "An attacker sent another JWT of this server as the id_token: the same key signs both.",
			tell: "RFC 8725 2.8; it does not happen every time.", likely: 45},
	}, next: []act{{text: "Report it to the server's operators."}}},
	tokens.CheckActive: {causes: []cause{
		{text: "The server leaves active out: the endpoint is of another protocol than RFC 7662, or returns an " +
			"error of its own.",
			tell: "Open the exchange.", when: ifNothingReceived(85)},
		{text: "The server writes active as text or as a number.",
			tell: "RFC 7662 2.2 requires true or false without quotes.",
			when: ifReceived(85, 0, "active")},
	}, next: []act{{text: "Report it to the server's operators."}}},
}

// responseChecks are the checks of what is beside an id_token, of key binding, and of later requests.
var responseChecks = map[tokens.CheckKind]checkEntry{
	tokens.CheckJARMSignature: {causes: signatureCauses("the authorization response"), next: fetchKeys},
	tokens.CheckJARMIssuer: {causes: []cause{
		{text: "The response comes from another authorization server: a mix-up, by mistake or by attack.",
			tell: "You do not know the operator of the received issuer.", likely: 65},
		{text: "The server spells its issuer differently here than in its metadata.",
			tell: "Compare both: a slash, a path, http and https.", likely: 60},
	}, next: signInAgain},
	tokens.CheckJARMAudience: {about: "client_id", causes: []cause{otherClientAudience}, next: checkClient},
	tokens.CheckJARMExpiry: {clock: true, causes: []cause{
		{text: "The response had expired when it came: the page was left open, or the response is an old one.",
			tell: "Compare exp with the time of the redirect.", likely: 70},
		{text: "This machine's clock is ahead.", tell: "Compare it with a trusted one.", likely: 55},
		{text: "The server leaves exp out, which JARM 2.1 asks for.", tell: "Nothing was received.",
			when: ifNothingReceived(90)},
	}, next: signInAgain},
	tokens.CheckCHash: {causes: []cause{
		{text: "The code is not the one that the id_token was made with: it was replaced in transit.",
			tell: "RFC 9700 4.5: a code of another user was injected.", likely: 60},
		{text: "The server makes the hash with another algorithm than that of the signature.",
			tell: "It happens every time.", likely: 45},
	}, next: signInAgain},
	tokens.CheckSHash: {causes: []cause{
		{text: "The state is not the one that the id_token was made with.",
			tell: "The response belongs to another sign-in.", likely: 60},
		{text: "The server makes the hash with another algorithm than that of the signature.",
			tell: "It happens every time.", likely: 45},
	}, next: signInAgain},
	tokens.CheckBothChannels: {causes: []cause{
		{text: "The browser and the token endpoint brought tokens of two users or two servers: one of the responses " +
			"was replaced.", tell: "OpenID Connect Core 3.3.3.6 forbids using them.", likely: 65},
		{text: "The server names users differently on the two ways.",
			tell: "It happens every time: pairwise here and public there.", likely: 40},
	}, next: signInAgain},
	tokens.CheckDecryption: {causes: []cause{
		wrongEncryptionKey,
		{text: "The server was to encrypt the id_token and did not.", tell: "It has three parts, not five.",
			when: ifReceived(90, 20, "not encrypted", "jws", "signed")},
	}, next: checkClient},
	tokens.CheckDPoPBinding: {causes: []cause{
		{text: "The server accepted the proof and issued a token that is not bound to a key.",
			tell: "cnf is missing from the token.", when: ifNothingReceived(90)},
		{text: "The token is bound to another key than that of this run.",
			tell: "Compare cnf.jkt with the thumbprint of the proof's key.", likely: 65},
		mixedResponses,
	}, next: doAction("Do without DPoP, if the API allows it.", DoInput+"=dpop=false")},
	tokens.CheckMTLSBinding: {causes: []cause{
		{text: "The server did not see the certificate: a proxy in front of it ends TLS and does not forward it.",
			tell: "cnf is missing from the token.", when: ifNothingReceived(90)},
		{text: "The token is bound to another certificate: that of a proxy, or an older one of this client.",
			tell: "Compare x5t#S256 with the certificate of the profile.", likely: 65},
	}, next: doAction("Look at the client's certificate.", DoSetting+"=tls")},
	tokens.CheckIssuedTokenType: {about: "requested_token_type", causes: []cause{
		{text: "The server issues one type for every request.", tell: "It happens with every requested_token_type.",
			likely: 70},
		{text: "The server leaves issued_token_type out, which RFC 8693 2.2.1 requires.", tell: "Nothing was received.",
			when: ifNothingReceived(90)},
	}},
	tokens.CheckAuthReqID: {causes: []cause{
		{text: "The id_token answers another backchannel request.", tell: "OpenID CIBA Core 10.3.1 forbids using it.",
			likely: 65}, mixedResponses,
	}, next: signInAgain},
	tokens.CheckRTHash: {causes: []cause{
		{text: "The refresh token is not the one that the id_token was made with.", tell: "It was replaced in transit.",
			likely: 60},
		{text: "The server makes the hash with another algorithm than that of the signature.",
			tell: "It happens every time.", likely: 45},
	}, next: signInAgain},
	tokens.CheckRefreshed: {causes: []cause{
		{text: "The refresh brought an id_token of another sign-in.",
			tell: "OpenID Connect Core 12.2: iss, aud, azp and auth_time stay what they were.", likely: 65},
		{text: "The server writes the time of the refresh into auth_time.",
			tell: "It differs after every refresh, by just the time between them.",
			when: ifBecause(80, 45, "auth_time")},
	}, next: signInAgain},
	tokens.CheckUserinfoOpened: {causes: []cause{wrongEncryptionKey}, next: checkClient},
	tokens.CheckUserinfoSigned: {causes: signatureCauses("the userinfo response"), next: fetchKeys},
	tokens.CheckUserinfoIssuer: {causes: []cause{
		{text: "The server names another issuer in the userinfo response than in its metadata.",
			tell: "Compare both: a tenant, a version, a slash.", likely: 65},
		{text: "The response is from another server.", tell: "You do not know its operator.", likely: 35},
	}},
	tokens.CheckUserinfoTarget:  {about: "client_id", causes: []cause{otherClientAudience}, next: checkClient},
	tokens.CheckAnswerSignature: {causes: signatureCauses("the introspection response"), next: fetchKeys},
	tokens.CheckAnswerType: {causes: []cause{
		{text: "The server signs the response as an ordinary JWT, from before RFC 9701.",
			tell: "typ is missing or JWT; the media type of the response says the same.", likely: 75},
		{text: "Another token was sent as an introspection response.", tell: "RFC 8725 3.11: typ distinguishes them.",
			likely: 35},
	}, next: doAction("Ask for plain introspection responses.", DoInput+"=introspection_jwt=false")},
	tokens.CheckAnswerIssuer: {causes: []cause{
		{text: "The server names another issuer in the response than in its metadata.",
			tell: "Compare both: a tenant, a version, a slash.", likely: 65},
		{text: "The response is from another server.", tell: "You do not know its operator.", likely: 35},
	}},
	tokens.CheckAnswerAudience: {about: "client_id", causes: []cause{otherClientAudience}, next: checkClient},
	tokens.CheckAnswerIssuedAt: {clock: true, causes: []cause{
		{text: "The server leaves iat out, which RFC 9701 5 requires.", tell: "Nothing was received.",
			when: ifNothingReceived(90)}, clockDiffers,
	}, next: clockNext},
	tokens.CheckAnswerHolds: {causes: []cause{
		{text: "The server puts what it says of the token beside the claims of the response, as drafts of RFC 9701 " +
			"did.", tell: "active is at the top of the payload.", likely: 75},
	}, next: doAction("Ask for plain introspection responses.", DoInput+"=introspection_jwt=false")},
	tokens.CheckClientDocument: {about: "client_id", causes: []cause{
		{text: "The document at the client_id's address is not this client's, or not one that a server accepts.",
			tell: "Open the address: client_id in it is the address, character by character, and there is no " +
				"client_secret.", likely: 80},
	}, next: doAction("Write the document again and put it there.", DoCommand+"=fob profile document make {profile}")},
}
