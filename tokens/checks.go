package tokens

// CheckKind declares a check: it stands once, in this file, and every ledger, doc table and test is made from it.
type CheckKind struct {
	ID    string
	Title string // what holds when it passes
	Spec  string
	Must  bool // what fails it must not be used: a spec says so, or leaves refusing it to the client, and fob refuses
}

// Pass records that the check passed.
func (k CheckKind) Pass(expected, received string) Check {
	return k.with(Passed, expected, received, "")
}

// Fail records that the check failed. Where the spec has no MUST, it is a warning.
func (k CheckKind) Fail(expected, received, because string) Check {
	if !k.Must {
		return k.with(Warned, expected, received, because)
	}
	return k.with(Failed, expected, received, because)
}

// Warn records a value that is allowed and unwise.
func (k CheckKind) Warn(expected, received, because string) Check {
	return k.with(Warned, expected, received, because)
}

// Skip records that the check could not be made, and why.
func (k CheckKind) Skip(because string) Check { return k.with(Skipped, "", "", because) }

func (k CheckKind) with(o Outcome, expected, received, because string) Check {
	return Check{ID: k.ID, Title: k.Title, Spec: k.Spec, Must: k.Must, Outcome: o,
		Expected: VisibleLine(expected), Received: VisibleLine(received), Because: VisibleLine(because)}
}

// The checks, in the order in which a run meets them. Those of an answer's form stand in checks_answers.go.
var (
	CheckDiscoveryIssuer = CheckKind{"discovery.issuer", "the metadata's issuer is the one that was asked",
		"OpenID Connect Discovery 4.3, RFC 8414 3.3", true}
	CheckTransport = CheckKind{"discovery.https", "the authorization server is reached over TLS",
		"RFC 8414 2, RFC 6749 3.1 and 3.2", true}
	CheckOrigin = CheckKind{"discovery.origin", "every endpoint is at the issuer's own origin",
		"RFC 9700 4.4, RFC 8414 6.2", false}
	CheckEndpoints = CheckKind{"discovery.endpoint", "every endpoint is an http or https URL", "RFC 8414 2",
		false}
	CheckSignedMetadata = CheckKind{"discovery.signed_metadata",
		"the signed metadata is good and says what the plain metadata says", "RFC 8414 2.1, RFC 9728 2.2", false}
	CheckResource = CheckKind{"discovery.resource", "the metadata's resource is the one that was asked",
		"RFC 9728 3.3", true}
	CheckDocumentsRead = CheckKind{"client.document_supported",
		"the server says that it reads client ID metadata documents",
		"draft-ietf-oauth-client-id-metadata-document 5", false}
	CheckClientDocument = CheckKind{"client.document", "the document at the client_id is one that a server takes",
		"draft-ietf-oauth-client-id-metadata-document 3 and 4.1", true}
	CheckPKCEAdvertised = CheckKind{"pkce.advertised", "the authorization server supports the PKCE method used",
		"RFC 9700 2.1.1", false}
	CheckPKCE = CheckKind{"pkce", "the code is bound to this run by PKCE", "RFC 7636 4.2, RFC 9700 2.1.1",
		false}
	CheckRequestLife = CheckKind{"request.expires_in", "the server says how long the request lives that it keeps",
		"RFC 9126 2.2, RFC 8628 3.2, OpenID CIBA Core 7.3", false}
	CheckDevicePage = CheckKind{"device.verification_uri", "the person is sent to one place, over TLS",
		"RFC 8628 3.2 and 3.3.1", false}
	CheckJARMSignature = CheckKind{"jarm.signature", "the signature of the authorization response is good",
		"JARM 2.4", true}
	CheckJARMIssuer = CheckKind{"jarm.iss",
		"the authorization response comes from the authorization server that was asked", "JARM 2.4", true}
	CheckJARMAudience = CheckKind{"jarm.aud", "the authorization response is meant for this client", "JARM 2.4",
		true}
	CheckJARMExpiry     = CheckKind{"jarm.exp", "the authorization response has not expired", "JARM 2.4", true}
	CheckState          = CheckKind{"state", "the state came back as it was sent", "RFC 6749 10.12", true}
	CheckCallbackIssuer = CheckKind{"callback.iss", "the redirect came from the authorization server that was asked",
		"RFC 9207 2.4", true}
	CheckTokenType = CheckKind{"token_type", "the token type is one that was asked for", "RFC 6749 7.1", true}
	CheckScope     = CheckKind{"scope", "every scope that was asked for was granted", "RFC 6749 3.3", false}
	CheckTarget    = CheckKind{"resource", "the access token is meant for the resource that was asked for",
		"RFC 8707 2.2, RFC 9068 3", false}
	CheckDetails = CheckKind{"authorization_details",
		"every authorization detail that was asked for was granted", "RFC 9396 7", false}
	CheckDPoPBinding = CheckKind{"dpop.binding", "the access token is bound to the DPoP key of this run",
		"RFC 9449 6", true}
	CheckMTLSBinding = CheckKind{"mtls.binding",
		"the access token is bound to the client certificate of this run", "RFC 8705 3", true}
	CheckIssuedTokenType = CheckKind{"issued_token_type", "the issued token is of the type that was asked for",
		"RFC 8693 2.2.1", true}
	CheckFrontChannel = CheckKind{"front_channel", "no access token travels through the browser", "RFC 9700 2.1.2",
		false}
	CheckIDTokenPresent = CheckKind{"id_token", "an id_token came, since openid was asked for",
		"OpenID Connect Core 3.1.3.3", true}
	CheckDecryption = CheckKind{"id_token.encryption", "the id_token was encrypted for a key of this client",
		"OpenID Connect Core 3.1.3.7 (1)", true}
	CheckSignature = CheckKind{"id_token.signature", "the id_token's signature is good",
		"OpenID Connect Core 3.1.3.7 (6)", true}
	CheckAlg = CheckKind{"id_token.alg",
		"the id_token's algorithm is one that the server announces and the key allows",
		"OpenID Connect Core 3.1.3.7 (7), RFC 8725 3.1", true}
	CheckIssuer = CheckKind{"id_token.iss", "the id_token's issuer is the authorization server",
		"OpenID Connect Core 3.1.3.7 (2)", true}
	CheckAudience = CheckKind{"id_token.aud", "the id_token is meant for this client",
		"OpenID Connect Core 3.1.3.7 (3)", true}
	CheckAuthorizedParty = CheckKind{"id_token.azp", "the authorized party is this client",
		"OpenID Connect Core 3.1.3.7 (3) to (5)", false}
	CheckExpiry = CheckKind{"id_token.exp", "the id_token has not expired",
		"OpenID Connect Core 3.1.3.7 (9)", true}
	CheckNotBefore = CheckKind{"id_token.nbf", "the id_token may be used already", "RFC 7519 4.1.5", true}
	CheckIssuedAt  = CheckKind{"id_token.iat", "the id_token was not issued in the future",
		"OpenID Connect Core 3.1.3.7 (10)", true}
	CheckNonce = CheckKind{"id_token.nonce", "the nonce is the one that was sent",
		"OpenID Connect Core 3.1.3.7 (11), 3.2.2.11", true}
	CheckACR = CheckKind{"id_token.acr", "the authentication context is one that was asked for",
		"OpenID Connect Core 3.1.3.7 (12), 5.5.1.1", false}
	CheckAuthTime = CheckKind{"id_token.auth_time", "the sign-in is not older than max_age",
		"OpenID Connect Core 3.1.2.1, 3.1.3.7 (13)", true}
	CheckAtHash = CheckKind{"id_token.at_hash", "the access token is the one the id_token speaks of",
		"OpenID Connect Core 3.1.3.8, 3.2.2.9", true}
	CheckCHash = CheckKind{"id_token.c_hash", "the code is the one the id_token speaks of",
		"OpenID Connect Core 3.3.2.10", true}
	CheckSHash = CheckKind{"id_token.s_hash", "the state is the one the id_token speaks of",
		"OpenID FAPI 1.0 part 2, 5.1.1 and 5.2.3.1", true}
	CheckAuthReqID = CheckKind{"id_token.auth_req_id", "the id_token answers the request that fob made",
		"OpenID CIBA Core 10.3.1", true}
	CheckRTHash = CheckKind{"id_token.rt_hash", "the refresh token is the one the id_token speaks of",
		"OpenID CIBA Core 10.3.1", true}
	CheckSubject = CheckKind{"id_token.sub", "the subject is the person who is meant",
		"OpenID Connect Core 3.1.2.2, 5.5.1, 12.2", true}
	CheckRefreshed = CheckKind{"id_token.refreshed",
		"the refreshed id_token is of the same sign-in as the one before", "OpenID Connect Core 12.2", true}
	CheckBothChannels = CheckKind{"id_token.both",
		"the id_tokens of the browser and of the token endpoint are about the same person",
		"OpenID Connect Core 3.3.3.6", true}
	CheckUserinfoOpened = CheckKind{"userinfo.encryption",
		"the userinfo answer was encrypted for a key of this client", "OpenID Connect Core 5.3.4", true}
	CheckUserinfoSigned = CheckKind{"userinfo.signature", "the signature of the userinfo answer is good",
		"OpenID Connect Core 5.3.4, RFC 8725 3.3", true}
	CheckUserinfoIssuer = CheckKind{"userinfo.iss", "the userinfo answer comes from the authorization server",
		"OpenID Connect Core 5.3.2, RFC 8725 3.8", true}
	CheckUserinfoTarget = CheckKind{"userinfo.aud", "the userinfo answer is meant for this client",
		"OpenID Connect Core 5.3.2, RFC 7519 4.1.3", true}
	CheckUserinfoSubject = CheckKind{"userinfo.sub", "the userinfo answer is about the id_token's subject",
		"OpenID Connect Core 5.3.2", true}
	CheckAnswerSignature = CheckKind{"introspection.signature", "the signature of the introspection answer is good",
		"RFC 9701 5", true}
	CheckAnswerType = CheckKind{"introspection.typ", "the introspection answer is a JWT made to be one",
		"RFC 9701 5, RFC 8725 3.11", true}
	CheckAnswerIssuer = CheckKind{"introspection.iss",
		"the introspection answer comes from the authorization server", "RFC 9701 5", true}
	CheckAnswerAudience = CheckKind{"introspection.aud", "the introspection answer is meant for this client",
		"RFC 9701 5", true}
	CheckAnswerIssuedAt = CheckKind{"introspection.iat",
		"the introspection answer says when it was made, and that was not in the future", "RFC 9701 5", true}
	CheckAnswerHolds = CheckKind{"introspection.token_introspection",
		"the introspection answer speaks of a token", "RFC 9701 5", true}
	CheckEdited   = CheckKind{"edited", "every request left as fob made it", "by the person's own choice", false}
	CheckRotation = CheckKind{"refresh.rotation", "the refresh token was replaced or is bound to the client",
		"RFC 9700 4.14.2", false}
)

// Checks lists every declared check.
func Checks() []CheckKind {
	return []CheckKind{
		CheckDiscoveryIssuer, CheckTransport, CheckOrigin, CheckEndpoints, CheckSignedMetadata, CheckResource,
		CheckPublicKeys, CheckDocumentsRead, CheckClientDocument, CheckPKCEAdvertised, CheckPKCE,
		CheckAnswerJSON, CheckAnswerMembers, CheckRequestLife, CheckDevicePage, CheckJARMSignature,
		CheckJARMIssuer, CheckJARMAudience, CheckJARMExpiry, CheckState, CheckCallbackIssuer, CheckAccessToken,
		CheckExpiresIn, CheckResponseTypes, CheckTokenType, CheckScope, CheckTarget, CheckDetails,
		CheckDPoPBinding, CheckMTLSBinding, CheckIssuedTokenType, CheckFrontChannel, CheckIDTokenPresent,
		CheckDecryption, CheckIDTokenType, CheckSignature, CheckAlg, CheckIssuer, CheckAudience,
		CheckAuthorizedParty, CheckExpiry, CheckNotBefore, CheckIssuedAt, CheckNonce, CheckACR, CheckAuthTime,
		CheckAtHash, CheckCHash, CheckSHash, CheckAuthReqID, CheckRTHash, CheckSubject, CheckRefreshed,
		CheckBothChannels, CheckUserinfoOpened, CheckUserinfoSigned, CheckUserinfoIssuer, CheckUserinfoTarget,
		CheckUserinfoSubject, CheckActive, CheckAnswerSignature, CheckAnswerType, CheckAnswerIssuer,
		CheckAnswerAudience, CheckAnswerIssuedAt, CheckAnswerHolds, CheckRotation, CheckEdited,
	}
}
