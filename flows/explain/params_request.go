package explain

import (
	"encoding/json"
	"slices"
	"strings"
)

// requestParams are what stands in the query or the body of a request.
var requestParams = []Param{
	{"response_type", "What the authorization endpoint has to answer with: a code, and with OpenID Connect also tokens.", "RFC 6749 3.1.1, OAuth Multiple Response Types 3", responseType},
	{"response_mode", "How the answer travels: in the query, in the fragment, as a form that the browser posts, or signed (.jwt).", "OAuth Multiple Response Types 2.1, Form Post Response Mode, JARM 2.3, OpenID4VP 1.0 8.2", oneOf("query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt", "direct_post", "direct_post.jwt", "dc_api", "dc_api.jwt", "web_message", "okta_post_message")},
	{"client_id", "The client's identifier, given to it when it was registered; it is no secret.", "RFC 6749 2.2", visible},
	{"client_secret", "The client's secret: by it the server knows that the client is who it says.", "RFC 6749 2.3.1", visible},
	{"redirect_uri", "Where the browser is sent with the answer; it must be one of those registered, letter by letter.", "RFC 6749 3.1.2, RFC 9700 2.1", redirectURI},
	{"scope", "What the token may be used for.", "RFC 6749 3.3", scopeRule},
	{"state", "A value that comes back unchanged and ties the answer to this browser.", "RFC 6749 4.1.1, 10.12", visible},
	{"nonce", "A value that comes back in the id_token and ties it to this request.", "OpenID Connect Core 3.1.2.1", visible},
	{"code_challenge", "The hash of the code_verifier: who redeems the code must know what it is the hash of.", "RFC 7636 4.2", verifier},
	{"code_challenge_method", "How the challenge was made of the verifier.", "RFC 7636 4.3", oneOf("S256", "plain").with(func(v string) string {
		if v == "plain" {
			return "plain lets whoever sees the request redeem the code: use S256 (RFC 9700 2.1.1)"
		}
		return ""
	})},
	{"code_verifier", "The value whose hash was sent as code_challenge: it shows that the same client redeems the code.", "RFC 7636 4.1", verifier},
	{"grant_type", "What the client has in hand and trades for tokens.", "RFC 6749 4.1.3 and others", grantType},
	{"code", "The authorization code: it can be redeemed once, within minutes.", "RFC 6749 4.1.3", visible},
	{"refresh_token", "The token by which new access tokens are had without a person.", "RFC 6749 6", visible},
	{"username", "The name of the person whose password is sent.", "RFC 6749 4.3.2", anyText},
	{"password", "The person's password, which this grant gives to the client.", "RFC 6749 4.3.2, RFC 9700 2.4", anyText},
	// Device, RFC 8628.
	{"device_code", "The secret by which the device asks whether the person has approved.", "RFC 8628 3.4", visible},
	{"user_code", "The code that the person types.", "RFC 8628 3.3.1, CIBA 7.1", anyText},
	// Token exchange, RFC 8693.
	{"subject_token", "The token of the party on whose behalf the request is made.", "RFC 8693 2.1", anyText},
	{"subject_token_type", "What kind of token subject_token is.", "RFC 8693 2.1, 3", tokenTypeID},
	{"actor_token", "The token of the party that acts for the subject.", "RFC 8693 2.1", anyText},
	{"actor_token_type", "What kind of token actor_token is; it must be there when that is.", "RFC 8693 2.1, 3", tokenTypeID},
	{"requested_token_type", "What kind of token is wanted.", "RFC 8693 2.1, 3", tokenTypeID},
	{"resource", "The address of the API that the token is for; it may be repeated.", "RFC 8707 2", noFragment},
	{"audience", "The logical name of the service that the token is for; it may be repeated.", "RFC 8693 2.1; Auth0 and others", anyText},
	// Assertions, RFC 7521 and its children.
	{"assertion", "The assertion that is traded for tokens: a JWT or a SAML document.", "RFC 7521 4.1, RFC 7523 2.1, RFC 7522 2.1", &rule{expects: "a JWT, or a SAML assertion in base64url", json: aString, holds: func(v string) bool { return isJWT(v) || saml.holds(v) }}},
	{"client_assertion", "A signed statement by which the client authenticates in place of a secret.", "RFC 7521 4.2, RFC 7523 2.2", jwt},
	{"client_assertion_type", "What kind of statement client_assertion is.", "RFC 7521 4.2, RFC 7523 2.2", oneOf("urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "urn:ietf:params:oauth:client-assertion-type:jwt-spiffe", "urn:ietf:params:oauth:client-assertion-type:jwt-client-attestation")},
	{"device_secret", "What ties the apps of one device to one sign-in (Native SSO).", "OpenID Native SSO 3.3", anyText},
	// PAR and JAR.
	{"request_uri", "Where the request itself is: the handle that the pushed request was answered with, or a URL.", "RFC 9126 4, RFC 9101 5.2", absolute},
	{"request", "The request as a signed JWT: what stands in it counts, and what stands beside it does not.", "RFC 9101 5", jwt},
	{"authorization_details", "What the token is for, in more detail than a scope can say: an array of objects, each with a type.", "RFC 9396 2", &rule{expects: "a JSON array of objects, each with a type", holds: isDetails}},
	{"dpop_jkt", "The thumbprint of the DPoP key to which the code is bound.", "RFC 9449 10", thumbprint},
	// OpenID Connect.
	{"prompt", "What the server has to ask the person: login, consent, select_account, create, or none.", "OpenID Connect Core 3.1.2.1", promptRule},
	{"display", "How the sign-in page is shown.", "OpenID Connect Core 3.1.2.1", oneOf("page", "popup", "touch", "wap")},
	{"max_age", "How many seconds ago the person may have signed in at most.", "OpenID Connect Core 3.1.2.1", number.in(ofForm)},
	{"ui_locales", "The languages of the sign-in page, the preferred one first.", "OpenID Connect Core 3.1.2.1", localeRule},
	{"claims_locales", "The languages of the claims, the preferred one first.", "OpenID Connect Core 5.2", localeRule},
	{"id_token_hint", "An earlier id_token: it says who is expected to be signed in, or who signs out.", "OpenID Connect Core 3.1.2.1, RP-Initiated Logout 2", jwt},
	{"login_hint", "Who is going to sign in, so that the page is filled in.", "OpenID Connect Core 3.1.2.1, CIBA 7.1", anyText},
	{"login_hint_token", "A token that says who is going to sign in.", "CIBA 7.1", anyText},
	{"acr_values", "How strongly the person has to sign in, the preferred way first.", "OpenID Connect Core 3.1.2.1, RFC 9470 4", anyText},
	{"claims", "Which claims are wanted, in the id_token and from userinfo.", "OpenID Connect Core 5.5", object},
	{"registration", "What a client that issues itself would have registered.", "OpenID Connect Core 7.2.1", object},
	{"iss", "Who started this sign-in; in a request object, the client that made it.", "OpenID Connect Core 4, RFC 9101 4", anyText},
	{"target_link_uri", "Where the person is to land after a sign-in that a third party started.", "OpenID Connect Core 4", webURL},
	// CIBA.
	{"auth_req_id", "The handle by which the client asks whether the person has approved.", "CIBA 10.1", visible},
	{"binding_message", "A short text that is shown on both devices, so that the person sees that they belong together.", "CIBA 7.1", anyText},
	{"requested_expiry", "How many seconds the request should live.", "CIBA 7.1", number.in(ofForm)},
	{"client_notification_token", "The bearer token with which the server calls the client back (ping and push).", "CIBA 7.1", anyText},
	// Introspection, revocation, logout.
	{"token", "The token that is asked about or revoked.", "RFC 7662 2.1, RFC 7009 2.1", anyText},
	{"token_type_hint", "What kind of token it probably is, so that the server finds it sooner.", "RFC 7009 2.1, RFC 7662 2.1", oneOf("access_token", "refresh_token", "pct", "device_secret")},
	{"logout_hint", "Who signs out.", "RP-Initiated Logout 2", anyText},
	{"post_logout_redirect_uri", "Where the browser is sent after the sign-out; it must be registered.", "RP-Initiated Logout 2", absolute},
	{"access_token", "The access token as a parameter.", "RFC 6750 2.2, 2.3", anyText.with(func(string) string {
		return "a token in a query or a form ends up in logs: send it in Authorization (RFC 9700 4.3.2)"
	})},
	{"registration_access_token", "The token by which a client manages its own registration.", "RFC 7592 3", anyText},
	// What a request object has as claims: beside one they say nothing.
	{"sub", "A claim of a request object, mostly left out: with the client's identifier in it the object could pass for an assertion of the client.", "RFC 9101 4, 10.8; RFC 7519 4.1.2", anyText},
	{"aud", "A claim of a request object: the server that it is for.", "RFC 9101 4, RFC 7519 4.1.3", nil},
	{"exp", "A claim of a request object: when it expires.", "RFC 9101 4, RFC 7519 4.1.4", when.in(ofForm)},
	{"nbf", "A claim of a request object: from when it is good.", "RFC 9101 4, RFC 7519 4.1.5", when.in(ofForm)},
	{"iat", "A claim of a request object: when it was made.", "RFC 9101 4, RFC 7519 4.1.6", when.in(ofForm)},
	{"jti", "A claim of a request object: the name of this one request.", "RFC 9101 4, RFC 7519 4.1.7", anyText},
	{"vtr", "How well the person's identity has to be proven, the preferred way first.", "RFC 8485 4.1", nil},
	{"trust_chain", "The statements from the client up to a trust anchor of a federation.", "OpenID Federation 1.0 12.1.1.1.1", nil},
	// UMA: a client asks in the name of a person for what another person owns.
	{"ticket", "The permission ticket that the API gave out: what is asked for.", "UMA 2.0 Grant 3.3.1", visible},
	{"claim_token", "What the client says about the person who asks.", "UMA 2.0 Grant 3.3.1", anyText},
	{"claim_token_format", "What kind of token claim_token is.", "UMA 2.0 Grant 3.3.1", anyText},
	{"pct", "The persisted claims token of an earlier answer, so that the person need not say it all again.", "UMA 2.0 Grant 3.3.1", anyText},
	{"rpt", "An earlier token, to be upgraded.", "UMA 2.0 Grant 3.3.1", anyText},
	// Presentations of credentials.
	{"dcql_query", "Which credentials, and which of their claims, are wanted.", "OpenID4VP 1.0 5.1, 6", object},
	{"client_metadata", "What the verifier says of itself: keys, and the formats that it reads.", "OpenID4VP 1.0 5.1", object},
	{"request_uri_method", "Whether the wallet fetches the request with GET or POST.", "OpenID4VP 1.0 5.1, 5.10", oneOf("get", "post")},
	{"transaction_data", "What the person agrees to with the presentation, each in base64url.", "OpenID4VP 1.0 5.1, 8.4", &rule{expects: "a JSON array of strings", holds: jsonOf('[')}},
	{"verifier_info", "What others attest of the verifier.", "OpenID4VP 1.0 5.1, 5.11", nil},
	{"wallet_nonce", "A value of the wallet's that comes back in the request which it fetches.", "OpenID4VP 1.0 5.10", visible},
	{"wallet_metadata", "What the wallet can do.", "OpenID4VP 1.0 5.10", object},
	{"response_uri", "Where the wallet posts the answer.", "OpenID4VP 1.0 8.2", webURL},
	{"expected_origins", "The origins from which the request may come.", "OpenID4VP 1.0 appendix A.2", nil},
	{"vp_token", "The presentations that were asked for.", "OpenID4VP 1.0 8.1", nil},
	// ACE, for devices of little power.
	{"req_cnf", "The key that the token is to be bound to.", "RFC 9201 5", nil},
	{"nonce1", "The client's nonce, of which both sides derive their keys.", "RFC 9203 4.1", nil},
	{"ace_client_recipientid", "The identifier by which the client is to be addressed.", "RFC 9203 4.1", nil},
	{"sign_info", "What is known, and what is wanted to be known, of the signatures in the group.", "RFC 9594 3.3.1", nil},
	{"ecdh_info", "What is wanted to be known of the key agreement in the group.", "draft-ietf-ace-key-groupcomm-oscore", nil},
	{"kdc_dh_creds", "The key agreement credentials of who distributes the group's keys.", "draft-ietf-ace-key-groupcomm-oscore", nil},
	// Of vendors, met by everybody.
	{"access_type", "offline asks for a refresh token.", "of Google", oneOf("online", "offline")},
	{"include_granted_scopes", "Whether earlier grants are added to this one.", "of Google", oneOf("true", "false")},
	{"domain_hint", "The organization that the person belongs to.", "of Microsoft Entra", anyText},
	{"connection", "The connection with which the person signs in.", "of Auth0", anyText},
	{"organization", "The organization to sign in to.", "of Auth0", anyText},
	{"kc_idp_hint", "The identity provider to go on to.", "of Keycloak", anyText},
	{"idp", "The identity provider to go on to.", "of Okta", anyText},
	{"identity_provider", "The identity provider to go on to.", "of Amazon Cognito", anyText},
	{"requested_token_use", "on_behalf_of asks for a token in the name of the assertion's person.", "of Microsoft Entra", oneOf("on_behalf_of")},
	{"allow_signup", "Whether the person may make an account on the way.", "of GitHub", oneOf("true", "false")},
}

var responseTypes = []string{"code", "token", "id_token", "none", "code id_token", "code token", "id_token token", "code id_token token", "vp_token", "id_token vp_token"}

var responseType = (rule{expects: "one of the known combinations, in any order: " + strings.Join(responseTypes, ", "), json: aString, holds: func(v string) bool {
	words := strings.Fields(v)
	slices.Sort(words)
	return slices.Contains(responseTypes, strings.Join(words, " "))
}}).with(func(v string) string {
	if slices.Contains(strings.Fields(v), "token") {
		return "an access token in the address bar can leak: RFC 9700 2.1.2 advises against it"
	}
	return ""
})

var grantTypes = map[string]string{
	"authorization_code": "", "client_credentials": "", "refresh_token": "",
	"password": "the client sees the person's password: RFC 9700 2.4 forbids this grant",
	"implicit": "there is no token request with the implicit grant",
	"urn:ietf:params:oauth:grant-type:device_code":    "",
	"urn:ietf:params:oauth:grant-type:token-exchange": "",
	"urn:ietf:params:oauth:grant-type:jwt-bearer":     "",
	"urn:ietf:params:oauth:grant-type:saml2-bearer":   "",
	"urn:openid:params:grant-type:ciba":               "",
	"urn:ietf:params:oauth:grant-type:uma-ticket":     "",
}

var grantType = (rule{expects: "a registered grant type, or an absolute URI for one of the server's own (RFC 6749 4.5)", json: aString, holds: func(v string) bool {
	_, known := grantTypes[v]
	return v != "implicit" && (known || isAbsolute(v))
}}).with(func(v string) string { return grantTypes[v] })

var promptRule = &rule{expects: "words of: none, login, consent, select_account, create; none stands alone", json: aString, holds: func(v string) bool {
	words := strings.Fields(v)
	return wordsOf("none", "login", "consent", "select_account", "create").holds(v) && (len(words) == 1 || !slices.Contains(words, "none"))
}}

func isDetails(v string) bool {
	var list []map[string]json.RawMessage
	if json.Unmarshal([]byte(v), &list) != nil {
		return false
	}
	for _, d := range list {
		var t string
		if json.Unmarshal(d["type"], &t) != nil || t == "" {
			return false
		}
	}
	return list != nil
}
