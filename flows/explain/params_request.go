package explain

import (
	"encoding/json"
	"slices"
	"strings"
)

// requestParams are the parameters in the query or the body of a request.
var requestParams = []Param{
	{"response_type", "What the authorization endpoint has to return: a code, and with OpenID Connect also tokens.",
		"RFC 6749 3.1.1, OAuth Multiple Response Types 3", responseType},
	{"response_mode", "How the response is sent: in the query, in the fragment, as a form that the browser posts, or " +
		"signed (.jwt).", "OAuth Multiple Response Types 2.1, Form Post Response Mode, JARM 2.3, OpenID4VP 1.0 8.2",
		oneOf("query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt", "direct_post",
			"direct_post.jwt", "dc_api", "dc_api.jwt", "web_message", "okta_post_message")},
	{"client_id", "The client's identifier, given to it when it was registered; it is not a secret.", "RFC 6749 2.2",
		visibleASCII},
	{"client_secret", "The client's secret: it authenticates the client.", "RFC 6749 2.3.1", visibleASCII},
	{"redirect_uri", "Where the browser is sent with the response; it must be one of those registered, character by " +
		"character.", "RFC 6749 3.1.2, RFC 9700 2.1", redirectURI},
	{"scope", "What the token may be used for.", "RFC 6749 3.3", scopeRule},
	{"state", "A value that comes back unchanged and binds the response to this browser.", "RFC 6749 4.1.1, 10.12",
		visibleASCII},
	{"nonce", "A value that comes back in the id_token and binds it to this request.", "OpenID Connect Core 3.1.2.1",
		visibleASCII},
	{"code_challenge", "The hash of the code_verifier: only a client that knows the verifier can redeem the code.",
		"RFC 7636 4.2", pkceVerifier},
	{"code_challenge_method", "How the challenge was computed from the verifier.", "RFC 7636 4.3",
		oneOf("S256", "plain").withAdvice(func(v string) string {
			if v == "plain" {
				return "with plain, anyone who sees the request can redeem the code: use S256 (RFC 9700 2.1.1)"
			}
			return ""
		})},
	{"code_verifier", "The value whose hash was sent as code_challenge: it shows that the same client redeems the " +
		"code.", "RFC 7636 4.1", pkceVerifier},
	{"grant_type", "The kind of grant that the client exchanges for tokens.", "RFC 6749 4.1.3 and others", grantType},
	{"code", "The authorization code: it can be redeemed once, within minutes.", "RFC 6749 4.1.3", visibleASCII},
	{"refresh_token", "The token that gets new access tokens without a user.", "RFC 6749 6", visibleASCII},
	{"username", "The name of the user whose password is sent.", "RFC 6749 4.3.2", anyText},
	{"password", "The user's password, which this grant gives to the client.", "RFC 6749 4.3.2, RFC 9700 2.4", anyText},
	// Device, RFC 8628.
	{"device_code", "The secret by which the device asks whether the user has approved.", "RFC 8628 3.4", visibleASCII},
	{"user_code", "The code that the user types.", "RFC 8628 3.3.1, CIBA 7.1", anyText},
	// Token exchange, RFC 8693.
	{"subject_token", "The token of the party on whose behalf the request is made.", "RFC 8693 2.1", anyText},
	{"subject_token_type", "What kind of token subject_token is.", "RFC 8693 2.1, 3", tokenTypeID},
	{"actor_token", "The token of the party that acts for the subject.", "RFC 8693 2.1", anyText},
	{"actor_token_type", "What kind of token actor_token is; required with actor_token.", "RFC 8693 2.1, 3",
		tokenTypeID},
	{"requested_token_type", "What kind of token is requested.", "RFC 8693 2.1, 3", tokenTypeID},
	{"resource", "The address of the API that the token is for; it may be repeated.", "RFC 8707 2", noFragment},
	{"audience", "The logical name of the service that the token is for; it may be repeated.",
		"RFC 8693 2.1; Auth0 and others", anyText},
	// Assertions, RFC 7521 and its profiles.
	{"assertion", "The assertion that is exchanged for tokens: a JWT or a SAML document.",
		"RFC 7521 4.1, RFC 7523 2.1, RFC 7522 2.1", &rule{expects: "a JWT, or a SAML assertion in base64url",
			json: jsonString, valid: func(v string) bool { return isJWT(v) || saml.valid(v) }}},
	{"client_assertion", "A signed statement by which the client authenticates in place of a secret.",
		"RFC 7521 4.2, RFC 7523 2.2", jwt},
	{"client_assertion_type", "What kind of statement client_assertion is.", "RFC 7521 4.2, RFC 7523 2.2",
		oneOf("urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
			"urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
			"urn:ietf:params:oauth:client-assertion-type:jwt-spiffe",
			"urn:ietf:params:oauth:client-assertion-type:jwt-client-attestation")},
	{"device_secret", "What ties the apps of one device to one sign-in (Native SSO).", "OpenID Native SSO 3.3",
		anyText},
	// PAR and JAR.
	{"request_uri", "Where the request itself is: the handle that the pushed request returned, or a URL.",
		"RFC 9126 4, RFC 9101 5.2", absoluteURI},
	{"request", "The request as a signed JWT: parameters outside of it are ignored.", "RFC 9101 5", jwt},
	{"authorization_details", "What the token is for, in more detail than a scope can say: an array of objects, each " +
		"with a type.", "RFC 9396 2", &rule{expects: "a JSON array of objects, each with a type", valid: isDetails}},
	{"dpop_jkt", "The thumbprint of the DPoP key to which the code is bound.", "RFC 9449 10", thumbprint},
	// OpenID Connect.
	{"prompt", "What the server has to ask the user: login, consent, select_account, create, or none.",
		"OpenID Connect Core 3.1.2.1", promptRule},
	{"display", "How the sign-in page is shown.", "OpenID Connect Core 3.1.2.1", oneOf("page", "popup", "touch",
		"wap")},
	{"max_age", "How many seconds ago the user may have signed in at most.", "OpenID Connect Core 3.1.2.1",
		number.ofKind(untyped)},
	{"ui_locales", "The languages of the sign-in page, the preferred one first.", "OpenID Connect Core 3.1.2.1",
		localeRule},
	{"claims_locales", "The languages of the claims, the preferred one first.", "OpenID Connect Core 5.2", localeRule},
	{"id_token_hint", "An earlier id_token: it says who is expected to be signed in, or who signs out.",
		"OpenID Connect Core 3.1.2.1, RP-Initiated Logout 2", jwt},
	{"login_hint", "Who is going to sign in, so that the page is filled in.", "OpenID Connect Core 3.1.2.1, CIBA 7.1",
		anyText},
	{"login_hint_token", "A token that says who is going to sign in.", "CIBA 7.1", anyText},
	{"acr_values", "How strongly the user has to sign in, the preferred way first.",
		"OpenID Connect Core 3.1.2.1, RFC 9470 4", anyText},
	{"claims", "Which claims are requested, in the id_token and from userinfo.", "OpenID Connect Core 5.5", object},
	{"registration", "What a client that issues itself would have registered.", "OpenID Connect Core 7.2.1", object},
	{"iss", "Who started this sign-in; in a request object, the client that made it.",
		"OpenID Connect Core 4, RFC 9101 4", anyText},
	{"target_link_uri", "Where the user is to land after a sign-in that a third party started.",
		"OpenID Connect Core 4", webURL},
	// CIBA.
	{"auth_req_id", "The handle by which the client asks whether the user has approved.", "CIBA 10.1", visibleASCII},
	{"binding_message", "A short text that is shown on both devices, so that the user sees that they belong together.",
		"CIBA 7.1", anyText},
	{"requested_expiry", "How many seconds the request should be valid.", "CIBA 7.1", number.ofKind(untyped)},
	{"client_notification_token", "The bearer token with which the server calls the client back (ping and push).",
		"CIBA 7.1", anyText},
	// Introspection, revocation, logout.
	{"token", "The token that is asked about or revoked.", "RFC 7662 2.1, RFC 7009 2.1", anyText},
	{"token_type_hint", "What kind of token it probably is, so that the server finds it sooner.",
		"RFC 7009 2.1, RFC 7662 2.1", oneOf("access_token", "refresh_token", "pct", "device_secret")},
	{"logout_hint", "Who signs out.", "RP-Initiated Logout 2", anyText},
	{"post_logout_redirect_uri", "Where the browser is sent after the sign-out; it must be registered.",
		"RP-Initiated Logout 2", absoluteURI},
	{"access_token", "The access token as a parameter.", "RFC 6750 2.2, 2.3", anyText.withAdvice(func(string) string {
		return "a token in a query or a form ends up in logs: send it in Authorization (RFC 9700 4.3.2)"
	})},
	{"registration_access_token", "The token by which a client manages its own registration.", "RFC 7592 3", anyText},
	// What a request object has as claims: outside of one they have no meaning.
	{"sub", "A claim of a request object, mostly omitted: with the client's identifier in it the object could pass " +
		"for an assertion of the client.", "RFC 9101 4, 10.8; RFC 7519 4.1.2", anyText},
	{"aud", "A claim of a request object: the server that it is for.", "RFC 9101 4, RFC 7519 4.1.3", nil},
	{"exp", "A claim of a request object: when it expires.", "RFC 9101 4, RFC 7519 4.1.4", numericDate.ofKind(untyped)},
	{"nbf", "A claim of a request object: from when it is valid.", "RFC 9101 4, RFC 7519 4.1.5",
		numericDate.ofKind(untyped)},
	{"iat", "A claim of a request object: when it was made.", "RFC 9101 4, RFC 7519 4.1.6",
		numericDate.ofKind(untyped)},
	{"jti", "A claim of a request object: the unique ID of this request.", "RFC 9101 4, RFC 7519 4.1.7", anyText},
	{"vtr", "How well the user's identity has to be proven, the preferred way first.", "RFC 8485 4.1", nil},
	{"trust_chain", "The statements from the client up to a trust anchor of a federation.",
		"OpenID Federation 1.0 12.1.1.1.1", nil},
	// UMA: a client asks in the name of a user for what another user owns.
	{"ticket", "The permission ticket that the API issued: what is asked for.", "UMA 2.0 Grant 3.3.1", visibleASCII},
	{"claim_token", "What the client says about the user who asks.", "UMA 2.0 Grant 3.3.1", anyText},
	{"claim_token_format", "What kind of token claim_token is.", "UMA 2.0 Grant 3.3.1", anyText},
	{"pct", "The persisted claims token of an earlier response, so that the user need not repeat them.",
		"UMA 2.0 Grant 3.3.1", anyText},
	{"rpt", "An earlier token, to be upgraded.", "UMA 2.0 Grant 3.3.1", anyText},
	// Presentations of credentials.
	{"dcql_query", "Which credentials, and which of their claims, are requested.", "OpenID4VP 1.0 5.1, 6", object},
	{"client_metadata", "What the verifier says of itself: keys, and the formats that it reads.", "OpenID4VP 1.0 5.1",
		object},
	{"request_uri_method", "Whether the wallet fetches the request with GET or POST.", "OpenID4VP 1.0 5.1, 5.10",
		oneOf("get", "post")},
	{"transaction_data", "What the user agrees to with the presentation, each in base64url.", "OpenID4VP 1.0 5.1, 8.4",
		&rule{expects: "a JSON array of strings", valid: jsonOf('[')}},
	{"verifier_info", "What others attest of the verifier.", "OpenID4VP 1.0 5.1, 5.11", nil},
	{"wallet_nonce", "A value of the wallet's that comes back in the request which it fetches.", "OpenID4VP 1.0 5.10",
		visibleASCII},
	{"wallet_metadata", "What the wallet can do.", "OpenID4VP 1.0 5.10", object},
	{"response_uri", "Where the wallet posts the response.", "OpenID4VP 1.0 8.2", webURL},
	{"expected_origins", "The origins from which the request may come.", "OpenID4VP 1.0 appendix A.2", nil},
	{"vp_token", "The presentations that were asked for.", "OpenID4VP 1.0 8.1", nil},
	// ACE, for constrained devices.
	{"req_cnf", "The key that the token is to be bound to.", "RFC 9201 5", nil},
	{"nonce1", "The client's nonce, from which both sides derive their keys.", "RFC 9203 4.1", nil},
	{"ace_client_recipientid", "The identifier by which the client is to be addressed.", "RFC 9203 4.1", nil},
	{"sign_info", "What the client knows and asks about the signatures in the group.", "RFC 9594 3.3.1", nil},
	{"ecdh_info", "What the client asks about the key agreement in the group.", "draft-ietf-ace-key-groupcomm-oscore",
		nil},
	{"kdc_dh_creds", "The key agreement credentials of the key distribution center of the group.",
		"draft-ietf-ace-key-groupcomm-oscore", nil},
	// Frequent parameters of vendors.
	{"access_type", "offline asks for a refresh token.", "of Google", oneOf("online", "offline")},
	{"include_granted_scopes", "Whether earlier grants are added to this one.", "of Google", oneOf("true", "false")},
	{"domain_hint", "The organization that the user belongs to.", "of Microsoft Entra", anyText},
	{"connection", "The connection with which the user signs in.", "of Auth0", anyText},
	{"organization", "The organization to sign in to.", "of Auth0", anyText},
	{"kc_idp_hint", "The identity provider to go on to.", "of Keycloak", anyText},
	{"idp", "The identity provider to go on to.", "of Okta", anyText},
	{"identity_provider", "The identity provider to go on to.", "of Amazon Cognito", anyText},
	{"requested_token_use", "on_behalf_of asks for a token in the name of the assertion's user.", "of Microsoft Entra",
		oneOf("on_behalf_of")},
	{"allow_signup", "Whether the user may sign up.", "of GitHub", oneOf("true", "false")},
}

var responseTypes = []string{"code", "token", "id_token", "none", "code id_token", "code token", "id_token token",
	"code id_token token", "vp_token", "id_token vp_token"}

var responseType = (rule{expects: "one of the known combinations, in any order: " + strings.Join(responseTypes, ", "),
	json: jsonString, valid: func(v string) bool {
		words := strings.Fields(v)
		slices.Sort(words)
		return slices.Contains(responseTypes, strings.Join(words, " "))
	}}).withAdvice(func(v string) string {
	if slices.Contains(strings.Fields(v), "token") {
		return "an access token in the address bar can leak: RFC 9700 2.1.2 advises against it"
	}
	return ""
})

var grantTypes = map[string]string{
	"authorization_code": "", "client_credentials": "", "refresh_token": "",
	"password": "the client sees the user's password: RFC 9700 2.4 forbids this grant",
	"implicit": "there is no token request with the implicit grant",
	"urn:ietf:params:oauth:grant-type:device_code":    "",
	"urn:ietf:params:oauth:grant-type:token-exchange": "",
	"urn:ietf:params:oauth:grant-type:jwt-bearer":     "",
	"urn:ietf:params:oauth:grant-type:saml2-bearer":   "",
	"urn:openid:params:grant-type:ciba":               "",
	"urn:ietf:params:oauth:grant-type:uma-ticket":     "",
}

var grantType = (rule{expects: "a registered grant type, or an absolute URI for one of the server's own (RFC 6749 4.5)",
	json: jsonString, valid: func(v string) bool {
		_, known := grantTypes[v]
		return v != "implicit" && (known || isAbsolute(v))
	}}).withAdvice(func(v string) string { return grantTypes[v] })

var promptRule = &rule{expects: "words of: none, login, consent, select_account, create; none must be alone",
	json: jsonString, valid: func(v string) bool {
		words := strings.Fields(v)
		return wordList("none", "login", "consent", "select_account", "create").valid(v) &&
			(len(words) == 1 || !slices.Contains(words, "none"))
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
