package demo

import "fob/tokens"

// The faults of extensions and further grants: they affect only a client that uses what Needs names.
const (
	faultPARRejected            = "par-rejected"
	faultPARExpired             = "par-expired"
	faultNoRequestLife          = "no-request-lifetime"
	faultJARRejected            = "request-object-rejected"
	faultJARMSignature          = "jarm-bad-signature"
	faultJARMIssuer             = "jarm-wrong-iss"
	faultJARMAudience           = "jarm-wrong-aud"
	faultJARMExpired            = "jarm-expired"
	faultWrongCHash             = "wrong-c-hash"
	faultWrongSHash             = "wrong-s-hash"
	faultIssuedTokenType        = "wrong-issued-token-type"
	faultCIBAOtherRequest       = "ciba-wrong-auth-req-id"
	faultCIBAOtherRefresh       = "ciba-wrong-rt-hash"
	faultCIBADenied             = "ciba-denied"
	faultCIBAExpired            = "ciba-expired"
	faultCIBASlowDown           = "ciba-slow-down"
	faultCIBANoPing             = "ciba-no-ping"
	faultCIBAForeignPing        = "ciba-foreign-ping"
	faultDPoPNonce              = "dpop-nonce"
	faultDPoPNonceAPI           = "dpop-nonce-api"
	faultDPoPNonceRefused       = "dpop-nonce-refused"
	faultWrongDPoPBinding       = "wrong-dpop-binding"
	faultDPoPAsBearer           = "dpop-as-bearer"
	faultWrongMTLSBinding       = "wrong-mtls-binding"
	faultAssertionAudience      = "assertion-wants-token-endpoint"
	faultRegistrationRefused    = "registration-refused"
	faultRARNarrowed            = "rar-narrowed"
	faultWrongResource          = "wrong-resource-metadata"
	faultSignedMetadata         = "signed-metadata-forged"
	faultAccessAudience         = "wrong-access-token-aud"
	faultIntrospectionType      = "introspection-wrong-typ"
	faultIntrospectionIssuer    = "introspection-wrong-iss"
	faultIntrospectionAudience  = "introspection-wrong-aud"
	faultEncryptedForAnother    = "encrypted-for-another"
	faultFrontSubject           = "hybrid-other-subject"
	faultUserinfoForAnother     = "userinfo-encrypted-for-another"
	faultUserinfoSignature      = "userinfo-bad-signature"
	faultUserinfoIssuer         = "userinfo-wrong-iss"
	faultUserinfoAudience       = "userinfo-wrong-aud"
	faultIntrospectionIssuedAt  = "introspection-from-the-future"
	faultIntrospectionEmpty     = "introspection-without-token"
	faultIntrospectionSignature = "introspection-bad-signature"
	faultDocumentForeign        = "client-document-wrong-id"
	faultDocumentGone           = "client-document-unavailable"
	faultDocumentsUnannounced   = "client-documents-not-announced"
)

const (
	needsPAR                 = "PAR"
	needsKeptRequest         = "PAR, the device grant or CIBA"
	needsJAR                 = "a request object"
	needsJARM                = "JARM"
	needsHybrid              = "a hybrid response type"
	needsDPoP                = "DPoP"
	needsExchange            = "token exchange"
	needsCIBA                = "CIBA"
	needsAssertion           = "a client assertion"
	needsRegistration        = "dynamic registration"
	needsSignedUserinfo      = "signed userinfo"
	needsSignedIntrospection = "a signed introspection response"
	needsRAR                 = "authorization_details"
	needsResource            = "the API's metadata"
	needsSignedMetadata      = "the metadata of RFC 8414, or the API's"
	needsTarget              = "a resource parameter"
	needsEncryption          = "encrypted id_tokens"
	needsEncryptedUserinfo   = "encrypted userinfo"
	needsPing                = "CIBA by ping"
	needsMTLS                = "a client certificate"
	needsDocument            = "a client ID metadata document"
)

var pushFaults = []Fault{
	{Name: faultPARRejected, Title: "pushed request rejected", Needs: needsPAR,
		What:  "The pushed authorization request endpoint rejects every request.",
		Error: "invalid_request"},
	{Name: faultPARExpired, Title: "pushed request expired", Needs: needsPAR,
		What:  "Every request_uri has expired when the browser brings it.",
		Error: "invalid_request_uri"},
	{Name: faultNoRequestLife, Title: "no lifetime of a request", Needs: needsKeptRequest,
		What: "The responses to a pushed request, a device and a backchannel authentication omit expires_in: a " +
			"client must guess.",
		Check: tokens.CheckRequestLife},
	{Name: faultJARRejected, Title: "request object rejected", Needs: needsJAR,
		What:  "Every request object is rejected, by value and pushed.",
		Error: "invalid_request_object"},
}

var jarmFaults = []Fault{
	{Name: faultJARMSignature, Title: "bad signature of the response", Needs: needsJARM,
		What:  "The signature of the authorization response's JWT belongs to other bytes.",
		Check: tokens.CheckJARMSignature},
	{Name: faultJARMIssuer, Title: "wrong iss of the response", Needs: needsJARM,
		What:  "The authorization response's JWT names another issuer.",
		Check: tokens.CheckJARMIssuer},
	{Name: faultJARMAudience, Title: "wrong aud of the response", Needs: needsJARM,
		What:  "The authorization response's JWT is meant for another client.",
		Check: tokens.CheckJARMAudience},
	{Name: faultJARMExpired, Title: "response expired", Needs: needsJARM,
		What:  "The authorization response's JWT expired five minutes ago.",
		Check: tokens.CheckJARMExpiry},
}

var hybridFaults = []Fault{
	{Name: faultWrongCHash, Title: "wrong c_hash", Needs: needsHybrid,
		What:  "The c_hash of the id_token in the callback belongs to another code.",
		Check: tokens.CheckCHash},
	{Name: faultWrongSHash, Title: "wrong s_hash", Needs: needsHybrid,
		What:  "The s_hash of the id_token in the callback belongs to another state.",
		Check: tokens.CheckSHash},
	{Name: faultFrontSubject, Title: "other subject in the browser", Needs: needsHybrid,
		What:  "The id_token in the callback is about another user than the one at the token endpoint.",
		Check: tokens.CheckBothChannels},
}

var dpopFaults = []Fault{
	{Name: faultDPoPNonce, Title: "DPoP nonce required", Needs: needsDPoP,
		What: "The authorization server requires its nonce in every DPoP proof: a client should take it from the " +
			"error response and retry once.",
		Error: "use_dpop_nonce"},
	{Name: faultDPoPNonceAPI, Title: "DPoP nonce required by the API", Needs: needsDPoP,
		What: "The API and the userinfo endpoint require a nonce in every DPoP proof: a client should take it from " +
			"the challenge and retry once.",
		Error: "use_dpop_nonce"},
	{Name: faultDPoPNonceRefused, Title: "DPoP nonce always rejected", Needs: needsDPoP,
		What: "Every nonce in a DPoP proof is rejected, and a new one offered: a client should give up after one " +
			"retry.",
		Error: "use_dpop_nonce"},
	{Name: faultWrongDPoPBinding, Title: "token bound to another key", Needs: needsDPoP,
		What:  "The access token is bound to an unknown DPoP key.",
		Check: tokens.CheckDPoPBinding},
	{Name: faultDPoPAsBearer, Title: "DPoP token called Bearer", Needs: needsDPoP,
		What:  "The token response says token_type Bearer, although a proof was sent and the token is bound.",
		Check: tokens.CheckTokenType},
}

var exchangeFaults = []Fault{
	{Name: faultIssuedTokenType, Title: "wrong issued_token_type", Needs: needsExchange,
		What:  "The response of a token exchange says issued_token_type saml1, whatever was asked for and issued.",
		Check: tokens.CheckIssuedTokenType},
}

var cibaFaults = []Fault{
	{Name: faultCIBAOtherRequest, Title: "id_token of another request", Needs: needsCIBA,
		What:  "The id_token of a backchannel authentication names the auth_req_id of another one.",
		Check: tokens.CheckAuthReqID},
	{Name: faultCIBAOtherRefresh, Title: "wrong rt_hash", Needs: needsCIBA,
		What:  "The rt_hash of the id_token of a backchannel authentication belongs to another refresh token.",
		Check: tokens.CheckRTHash},
	{Name: faultCIBADenied, Title: "the user denies on the phone", Needs: needsCIBA,
		What:  "Every poll of a backchannel authentication says that the user denied access.",
		Error: "access_denied"},
	{Name: faultCIBAExpired, Title: "backchannel request expired", Needs: needsCIBA,
		What:  "Every poll of a backchannel authentication says that the request has expired.",
		Error: "expired_token"},
	{Name: faultCIBASlowDown, Title: "slow_down in a backchannel authentication", Needs: needsCIBA,
		What:  "The first poll of every backchannel authentication gets slow_down, which adds five seconds.",
		Error: "slow_down"},
	{Name: faultCIBANoPing, Title: "no ping", Needs: needsPing,
		What:  "The ping of a backchannel authentication never comes: a client should poll in the end.",
		Error: "nothing at the notification endpoint"},
	{Name: faultCIBAForeignPing, Title: "a ping with another token", Needs: needsPing,
		What: "The ping of a backchannel authentication carries another token than the client's: a client must " +
			"ignore it.",
		Error: "a ping with a wrong client_notification_token"},
}

var bindingFaults = []Fault{
	{Name: faultWrongMTLSBinding, Title: "token bound to another certificate", Needs: needsMTLS,
		What:  "The access token is bound to an unknown certificate.",
		Check: tokens.CheckMTLSBinding},
}

var clientFaults = []Fault{
	{Name: faultAssertionAudience, Title: "assertion for the token endpoint alone", Needs: needsAssertion,
		What: "A client assertion is accepted only if its aud is the token endpoint's URL, as with older servers: " +
			"the issuer is rejected.",
		Error: "invalid_client"},
	{Name: faultRegistrationRefused, Title: "registration rejected", Needs: needsRegistration,
		What:  "The registration endpoint rejects every client.",
		Error: "invalid_client_metadata"},
}

var documentFaults = []Fault{
	{Name: faultDocumentForeign, Title: "client document of another client", Needs: needsDocument,
		What:  "The client ID metadata document that the provider hosts names another client_id than its own URL.",
		Check: tokens.CheckClientDocument},
	{Name: faultDocumentGone, Title: "client document unavailable", Needs: needsDocument,
		What:  "The client ID metadata document that the provider hosts returns 503.",
		Check: tokens.CheckClientDocument},
	{Name: faultDocumentsUnannounced, Title: "client documents not announced", Needs: needsDocument,
		What:  "The metadata has no client_id_metadata_document_supported; the documents are still read.",
		Check: tokens.CheckDocumentsRead},
}

var jwtResponseFaults = []Fault{
	{Name: faultUserinfoForAnother, Title: "userinfo encrypted for another", Needs: needsEncryptedUserinfo,
		What:  "A userinfo response that is to be encrypted is encrypted for a key that the client does not have.",
		Check: tokens.CheckUserinfoOpened},
	{Name: faultUserinfoSignature, Title: "bad signature of userinfo", Needs: needsSignedUserinfo,
		What:  "The signature of a userinfo response that is a JWT belongs to other bytes.",
		Check: tokens.CheckUserinfoSigned},
	{Name: faultUserinfoIssuer, Title: "wrong iss of userinfo", Needs: needsSignedUserinfo,
		What:  "A userinfo response that is a JWT names another issuer.",
		Check: tokens.CheckUserinfoIssuer},
	{Name: faultUserinfoAudience, Title: "wrong aud of userinfo", Needs: needsSignedUserinfo,
		What:  "A userinfo response that is a JWT is meant for another client.",
		Check: tokens.CheckUserinfoTarget},
	{Name: faultIntrospectionSignature, Title: "bad signature of introspection", Needs: needsSignedIntrospection,
		What:  "The signature of an introspection response that is a JWT belongs to other bytes.",
		Check: tokens.CheckAnswerSignature},
	{Name: faultIntrospectionType, Title: "wrong typ of introspection", Needs: needsSignedIntrospection,
		What:  "An introspection response that is a JWT says typ at+jwt: it could be an access token.",
		Check: tokens.CheckAnswerType},
	{Name: faultIntrospectionIssuer, Title: "wrong iss of introspection", Needs: needsSignedIntrospection,
		What:  "An introspection response that is a JWT names another issuer.",
		Check: tokens.CheckAnswerIssuer},
	{Name: faultIntrospectionAudience, Title: "wrong aud of introspection", Needs: needsSignedIntrospection,
		What:  "An introspection response that is a JWT is meant for another client.",
		Check: tokens.CheckAnswerAudience},
	{Name: faultIntrospectionIssuedAt, Title: "introspection from the future", Needs: needsSignedIntrospection,
		What:  "An introspection response that is a JWT says that it was made an hour from now.",
		Check: tokens.CheckAnswerIssuedAt},
	{Name: faultIntrospectionEmpty, Title: "introspection of nothing", Needs: needsSignedIntrospection,
		What:  "An introspection response that is a JWT has no token_introspection in it.",
		Check: tokens.CheckAnswerHolds},
	{Name: faultEncryptedForAnother, Title: "id_token encrypted for another", Needs: needsEncryption,
		What:  "An id_token that is to be encrypted is encrypted for a key that the client does not have.",
		Check: tokens.CheckDecryption},
}

var detailFaults = []Fault{
	{Name: faultRARNarrowed, Title: "less authorization details than asked", Needs: needsRAR,
		What: "Of the authorization details that were granted, the last action (or, without several, the last of " +
			"them) is silently removed, and the token response says so.",
		Check: tokens.CheckDetails},
}

var protectedResourceFaults = []Fault{
	{Name: faultWrongResource, Title: "metadata of another resource", Needs: needsResource,
		What: "The metadata of every protected resource names another resource: a client must not use it (RFC 9728 " +
			"3.3).",
		Check: tokens.CheckResource},
	{Name: faultSignedMetadata, Title: "signed metadata with a wrong signature", Needs: needsSignedMetadata,
		What: "The signature of the signed metadata, in the document of RFC 8414 and in the API's, belongs to other " +
			"bytes.",
		Check: tokens.CheckSignedMetadata},
	{Name: faultAccessAudience, Title: "access token for another resource", Needs: needsTarget,
		What:  "The aud of an access token that is a JWT names another resource than the one that was asked for.",
		Check: tokens.CheckTarget},
}
