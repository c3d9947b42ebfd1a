package explain

import (
	"slices"
	"strings"

	"fob/tokens"
)

// responseMembers are the members of an endpoint's response, or the parameters of a redirect.
var responseMembers = []Param{
	// Tokens, RFC 6749 5.1 and what extends it.
	{"access_token", "The token that the API is called with.", "RFC 6749 5.1", anyText},
	{"token_type", "How the access token is used: Bearer as it is, DPoP together with a proof.",
		"RFC 6749 7.1, RFC 9449 5, RFC 7662 2.2", &rule{expects: "Bearer, DPoP, N_A or another registered type",
			json: jsonString, valid: func(v string) bool {
				return slices.ContainsFunc([]string{"bearer", "dpop", "n_a", "pop", "mac"},
					func(k string) bool { return strings.EqualFold(k, v) })
			}}},
	{"expires_in", "For how many seconds the access token (or the code) is valid.", "RFC 6749 5.1", number},
	{"refresh_token", "The token that gets new access tokens without a user.", "RFC 6749 5.1", anyText},
	{"refresh_expires_in", "For how many seconds the refresh token is valid.", "of Keycloak", number},
	{"refresh_token_expires_in", "For how many seconds the refresh token is valid.", "of GitHub and others", number},
	{"scope", "What was granted; if omitted, it is what was asked for.", "RFC 6749 5.1, RFC 7662 2.2", scopeRule},
	{"id_token", "Who signed in, when and how, signed by the server.", "OpenID Connect Core 3.1.3.3", jwt},
	{"issued_token_type", "What kind of token access_token is; it need not be an access token.", "RFC 8693 2.2.1",
		tokenTypeID},
	{"authorization_details", "What was granted, in more detail than a scope can say.", "RFC 9396 7", list},
	{"device_secret", "What binds the apps of one device to one sign-in.", "OpenID Native SSO 3.3", anyText},
	{"session_state", "A hash by which a page can tell whether the sign-in at the server has changed.",
		"OpenID Session Management 2", anyText},
	{"not-before-policy", "Tokens issued before this time are no longer accepted; 0 for none.", "of Keycloak",
		numericDate.withAdvice(nil)},
	{"ext_expires_in", "For how many seconds the token may be used when the server is down.", "of Microsoft Entra",
		number},
	// The redirect.
	{"code", "The authorization code: it can be redeemed once, within minutes.", "RFC 6749 4.1.2", visibleASCII},
	{"state", "The value that was sent: it binds the response to this browser.", "RFC 6749 4.1.2", visibleASCII},
	{"iss", "Which server the response comes from; of a token that was asked about, who issued it.",
		"RFC 9207 2, RFC 7662 2.2", &rule{expects: "an https URL without query and fragment (RFC 9207 2)",
			json: jsonString, valid: func(v string) bool {
				return tokens.IsWebURL(v) && !strings.ContainsAny(v, "?#")
			}}},
	{"response", "The response as a signed JWT.", "JARM 2.3", jwt},
	// Errors.
	{"error", "Why the request was rejected, as a code.", "RFC 6749 4.1.2.1, 5.2", errorText},
	{"error_description", "Why the request was rejected, in words for a developer.", "RFC 6749 5.2", errorText},
	{"error_uri", "A page about the error.", "RFC 6749 5.2", absoluteURI},
	{"error_codes", "The codes of the error.", "of Microsoft Entra", list},
	{"trace_id", "The ID that finds the request in the vendor's logs.", "of Microsoft Entra", anyText},
	{"correlation_id", "The ID that finds the request in the vendor's logs.", "of Microsoft Entra", anyText},
	{"timestamp", "When the error happened, by the server's clock.", "of Microsoft Entra", anyText},
	{"suberror", "The error in more detail.", "of Microsoft Entra", anyText},
	{"errorCode", "Why the request was rejected, as a code of its own.", "of Okta", anyText},
	{"errorSummary", "Why the request was rejected, in words.", "of Okta", anyText},
	// Device, RFC 8628, and CIBA.
	{"device_code", "The secret by which the device asks whether the user has approved.", "RFC 8628 3.2", anyText},
	{"user_code", "The code that the user types.", "RFC 8628 3.2", anyText},
	{"verification_uri", "Where the user types the code.", "RFC 8628 3.2", webURL},
	{"verification_url", "verification_uri, by the name of an early draft.", "of Google and others", webURL},
	{"verification_uri_complete", "The same with the code in it, for a link or a QR code.", "RFC 8628 3.2", webURL},
	{"interval", "How many seconds to wait between two questions; if omitted, 5.", "RFC 8628 3.2, CIBA 7.3", number},
	{"auth_req_id", "The handle by which the client asks whether the user has approved.", "CIBA 7.3", anyText},
	// PAR.
	{"request_uri", "The handle of the pushed request, to be sent to the authorization endpoint in its place.",
		"RFC 9126 2.2", absoluteURI},
	// Introspection, RFC 7662. The other members are claims, which the inspection of tokens explains.
	{"active", "Whether the token is valid now, for the client that asks.", "RFC 7662 2.2",
		boolean.withAdvice(func(v string) string {
			if v == "false" {
				return "the server gives no reason: the client may also be one that may not introspect this token"
			}
			return ""
		})},
	{"client_id", "The client that the token was issued to, or the identifier that was given to the client.",
		"RFC 7662 2.2, RFC 7591 3.2.1", anyText},
	{"username", "The user's name, for humans to read.", "RFC 7662 2.2", anyText},
	{"exp", "When the token expires.", "RFC 7662 2.2", numericDate},
	{"iat", "When the token was issued.", "RFC 7662 2.2", numericDate},
	{"nbf", "From when the token is valid.", "RFC 7662 2.2", numericDate},
	{"auth_time", "When the user signed in.", "OpenID Connect Core 2, RFC 9470 6.2", numericDate},
	{"sub", "The subject of the token.", "RFC 7662 2.2, OpenID Connect Core 5.3.2", anyText},
	{"aud", "The audience of the token.", "RFC 7662 2.2", nil},
	{"jti", "The unique ID of the token.", "RFC 7662 2.2", anyText},
	{"acr", "How strong the sign-in was.", "RFC 9470 6.2", anyText},
	{"act", "Who acts for the subject.", "RFC 8693 4.1", object},
	{"may_act", "Who may act for the subject.", "RFC 8693 4.4", object},
	{"cnf", "The key to which the token is bound.", "RFC 7800 3.1, RFC 8705 3.2, RFC 9449 6.2, RFC 9201 5", object},
	{"vot", "How well the identity was proven.", "RFC 8485 3.1", anyText},
	{"vtm", "A page that explains vot.", "RFC 8485 3.2", webURL},
	{"permissions", "The permissions of the token, resource by resource.", "UMA 2.0 Federated Authorization 5.1.1",
		list},
	// UMA.
	{"pct", "The persisted claims token, to be sent with later requests.", "UMA 2.0 Grant 3.3.5", anyText},
	{"upgraded", "Whether the token that was sent has been upgraded.", "UMA 2.0 Grant 3.3.5", boolean},
	{"ticket", "The permission ticket to go on with.", "UMA 2.0 Grant 3.3.6", anyText},
	{"required_claims", "What the server requires about the user who asks.", "UMA 2.0 Grant 3.3.6", list},
	{"redirect_user", "Where the user is sent to supply it.", "UMA 2.0 Grant 3.3.6", webURL},
	// Presentations of credentials, and credentials.
	{"vp_token", "The presentations that were asked for.", "OpenID4VP 1.0 8.1", nil},
	{"wallet_nonce", "The value of the wallet's that came with the request.", "OpenID4VP 1.0 5.10", visibleASCII},
	{"c_nonce", "The nonce that the proof of the credential's key must have.", "OpenID4VCI 1.0 7.2", visibleASCII},
	// ACE, for constrained devices, and the network functions of ETSI.
	{"ace_profile", "How client and API communicate.", "RFC 9200 5.8.4.3, 5.9.2", anyText},
	{"cnonce", "The client's nonce, which shows that the token is fresh.", "RFC 9200 5.9.2", nil},
	{"cti", "The unique ID of a token in CBOR.", "RFC 9200 5.9.2", nil},
	{"exi", "For how many seconds the token is valid once the API has seen it.", "RFC 9200 5.9.2, 5.10.3", number},
	{"rs_cnf", "The key of the API.", "RFC 9201 5", nil},
	{"nonce2", "The API's nonce, from which both sides derive their keys.", "RFC 9203 4.2", nil},
	{"ace_server_recipientid", "The identifier by which the API is to be addressed.", "RFC 9203 4.2", nil},
	{"sign_info", "How messages are signed in the group.", "RFC 9594 3.3.1", nil},
	{"kdcchallenge", "What the client has to sign to show that it holds its key.", "RFC 9594 3.3.2", nil},
	{"ecdh_info", "How keys are agreed in the group.", "draft-ietf-ace-key-groupcomm-oscore", nil},
	{"kdc_dh_creds", "The key agreement credentials of the key distribution center of the group.",
		"draft-ietf-ace-key-groupcomm-oscore", nil},
	{"nfv_token", "The token of a network function.", "ETSI GS NFV-SEC 022", jwt},
	// Keys.
	{"keys", "The public keys with which the server's signatures are verified.", "RFC 7517 5", list},
}

// registrationMembers are the members of a registration response beside the client's metadata (RFC 7591 3.2.1, RFC 7592
// 3).
var registrationMembers = []Param{
	{"client_id", "The identifier that was given to the client.", "RFC 7591 3.2.1", visibleASCII},
	{"client_secret", "The secret that was given to the client.", "RFC 7591 3.2.1", anyText},
	{"client_id_issued_at", "When the identifier was given.", "RFC 7591 3.2.1", numericDate},
	{"client_secret_expires_at", "When the secret expires; 0 for never. Required with a secret.", "RFC 7591 3.2.1",
		numericDate},
	{"registration_access_token", "The token by which the client manages its registration.", "RFC 7592 3", anyText},
	{"registration_client_uri", "Where the client manages its registration.", "RFC 7592 3", webURL},
	{"error", "Why the registration was rejected, as a code.", "RFC 7591 3.2.2", errorText},
	{"error_description", "Why the registration was rejected, in words.", "RFC 7591 3.2.2", errorText},
}
