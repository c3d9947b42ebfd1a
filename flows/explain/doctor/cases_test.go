package doctor

import (
	"errors"
	"strings"
	"testing"
	"time"

	"fob/flows"
	"fob/flows/provider"
	"fob/flows/wire"
	"fob/tokens"
)

const redirectURI = "http://127.0.0.1:7777/callback"

// sent makes the parameters of a request.
func sent(pairs ...string) []wire.Field {
	var list []wire.Field
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		list = append(list, wire.Field{Name: name, Value: value})
	}
	return list
}

var (
	codeRequest = sent("grant_type=authorization_code", "client_id=app", "code=sha256:0badcafe 43 B",
		"redirect_uri="+redirectURI, "code_verifier=sha256:0badcafe 43 B")
	refreshRequest = sent("grant_type=refresh_token", "refresh_token=sha256:0badcafe 64 B")
	authRequest    = sent("response_type=code", "client_id=app", "redirect_uri="+redirectURI, "scope=openid api:read",
		"state=s", "prompt=none")
	basicClient = Context{AuthMethod: "client_secret_basic", ClientID: "app"}
)

func metadata(t testing.TB, raw string) *provider.Metadata {
	t.Helper()
	m, err := provider.Parse([]byte(raw), "test")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func refused(code, description, endpoint string, fields []wire.Field) *flows.OAuthError {
	return &flows.OAuthError{Code: code, Description: description, Endpoint: endpoint, Status: 400,
		URL: "https://as.example/token", Sent: fields}
}

func at(issuer string, c Context) Context {
	c.Provider = &provider.Metadata{Issuer: issuer}
	return c
}

// diagnosisCase is an error and what must be said of it first.
type diagnosisCase struct {
	name   string
	err    error
	ctx    Context
	cause  string // a part of the first cause
	action string // key=value of the first action that a program can act on; "" none
	about  string // the parameter; "!name" is a missing one; "" any
}

func cases(t testing.TB) []diagnosisCase {
	onlyPost := metadata(t,
		`{"issuer":"https://as.example",
			"token_endpoint_auth_methods_supported":["client_secret_post","private_key_jwt"]}`)
	scopes := metadata(t,
		`{"issuer":"https://as.example","scopes_supported":["openid","api:read"],
			"grant_types_supported":["urn:ietf:params:oauth:grant-type:device_code","client_credentials"]}`)
	with := func(c Context, m *provider.Metadata) Context { c.Provider = m; return c }
	const ms, msIssuer = "token", "https://login.microsoftonline.com/contoso/v2.0"
	return []diagnosisCase{
		// invalid_grant on a code, in the order that the evidence decides.
		{"code used twice by this run", refused("invalid_grant", "", "token", codeRequest),
			Context{CodeUses: 2, AuthorizationRedirectURI: redirectURI}, "used already", "command=fob login", "code"},
		{"code used twice as the server says", refused("invalid_grant", "Code already redeemed", "token", codeRequest),
			Context{AuthorizationRedirectURI: redirectURI}, "used already", "command=fob login", ""},
		{"code too old", refused("invalid_grant", "", "token", codeRequest), Context{CodeAge: 11 * time.Minute,
			AuthorizationRedirectURI: redirectURI}, "has expired", "command=fob login", ""},
		{"code rather old", refused("invalid_grant", "", "token", codeRequest), Context{CodeAge: 2 * time.Minute,
			AuthorizationRedirectURI: redirectURI}, "has expired", "command=fob login", ""},
		{"a fresh code is not called expired", refused("invalid_grant", "", "token", codeRequest),
			Context{CodeAge: time.Second, AuthorizationRedirectURI: redirectURI}, "used already", "command=fob login",
			""},
		{"another redirect URI", refused("invalid_grant", "", "token", codeRequest),
			Context{AuthorizationRedirectURI: "http://localhost:7777/callback"}, "redirect_uri of the token request",
			"command=fob login", ""},
		{"redirect URI left out", refused("invalid_grant", "", "token", sent("grant_type=authorization_code",
			"code=hidden", "code_verifier=hidden")), Context{}, "redirect_uri is missing", "command=fob login", ""},
		{"verifier as the server says", refused("invalid_grant", "PKCE verification failed", "token", codeRequest),
			Context{PKCE: "S256", AuthorizationRedirectURI: redirectURI}, "code_verifier does not match",
			"command=fob login", ""},
		{"verifier missing", refused("invalid_grant", "", "token", sent("grant_type=authorization_code",
			"redirect_uri="+redirectURI)), Context{PKCE: "S256", AuthorizationRedirectURI: redirectURI},
			"code_verifier is missing", "command=fob login", ""},
		{"PKCE off", refused("invalid_grant", "", "token", sent("grant_type=authorization_code",
			"redirect_uri="+redirectURI)), Context{PKCE: "none", AuthorizationRedirectURI: redirectURI,
			CodeAge: time.Second}, "requires PKCE", "command=fob login", ""},
		{"another client", refused("invalid_grant", "code was issued to another client", "token", codeRequest),
			Context{AuthorizationRedirectURI: redirectURI}, "another client", "command=fob login", ""},
		{"edited by a user", refused("invalid_grant", "", "token", codeRequest),
			Context{Edited: []string{"token.code_verifier="}, CodeUses: 2}, "edited before it was sent",
			"command=fob login", ""},
		// invalid_grant on other things.
		{"refresh token reused", refused("invalid_grant", "Token reuse detected", "token", refreshRequest),
			Context{Command: "fob login acme"}, "used already", "command=fob login acme", "refresh_token"},
		{"refresh token expired", refused("invalid_grant", "expired", "token", refreshRequest), Context{},
			"has expired", "command=fob login", "refresh_token"},
		{"refresh token, no word", refused("invalid_grant", "", "token", refreshRequest), Context{}, "has expired",
			"command=fob login", "refresh_token"},
		{"password", refused("invalid_grant", "", "token", sent("grant_type=password", "username=alice")), Context{},
			"name or the password is wrong", "grant=authorization_code", "username"},
		{"assertion, clock ahead", refused("invalid_grant", "", "token",
			sent("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion=hidden")),
			Context{ClockOffset: 10 * time.Minute}, "10m", "command=fob doctor", "assertion"},
		{"assertion audience", refused("invalid_grant", "bad audience", "token",
			sent("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion=hidden")), Context{}, "audience",
			"command=fob inspect -", "assertion"},
		{"device code", refused("invalid_grant", "", "token",
			sent("grant_type=urn:ietf:params:oauth:grant-type:device_code", "device_code=hidden")), Context{},
			"used already, or has expired", "command=fob login", "device_code"},
		// invalid_client.
		{"secret wrong", refused("invalid_client", "Invalid client credentials", "token",
			sent("grant_type=client_credentials")), basicClient, "client secret is wrong", "setting=client_secret", ""},
		{"method not announced", refused("invalid_client", "", "token", sent("grant_type=client_credentials")),
			with(basicClient, onlyPost), "registered for another method", "auth_method=client_secret_post", ""},
		{"method as the server says", refused("invalid_client", "unsupported authentication method for this app",
			"token", nil), Context{AuthMethod: "client_secret_post",
			Provider: metadata(t,
				`{"issuer":"https://as.example","token_endpoint_auth_methods_supported":["client_secret_basic"]}`)},
			"registered for another method", "auth_method=client_secret_basic", ""},
		{"unknown client", refused("invalid_client", "Unknown client app", "token", nil), basicClient, "No client app",
			"check_client=app", ""},
		{"confidential without secret", refused("invalid_client", "", "token", sent("client_id=app")),
			Context{AuthMethod: "none"}, "confidential", "auth_method=client_secret_basic", "client_id"},
		{"assertion and a wrong clock", refused("invalid_client", "", "token", sent("client_assertion=hidden")),
			Context{AuthMethod: "private_key_jwt", ClockOffset: -time.Hour}, "behind this machine",
			"command=fob doctor", "client_assertion"},
		{"mutual TLS", refused("invalid_client", "", "token", sent("client_id=app")),
			Context{AuthMethod: "tls_client_auth"}, "certificate", "", "client_id"},
		// The rest of RFC 6749.
		{"redirect URI not registered", refused("invalid_request", "redirect_uri is not allowed", "authorization",
			authRequest), Context{}, "is not registered", "register_redirect_uri=" + redirectURI, "redirect_uri"},
		{"PKCE required", refused("invalid_request", "code_challenge is required", "authorization", authRequest),
			Context{}, "requires PKCE", "input=pkce=S256", "!code_challenge"},
		{"parameter missing", refused("invalid_request", "Missing required parameter: login_hint", "ciba",
			sent("scope=openid")), Context{}, "login_hint is missing", "", "!login_hint"},
		{"parameter malformed", refused("invalid_request", "", "par",
			sent("code_challenge=abc", "code_challenge_method=S256", "redirect_uri="+redirectURI)), Context{},
			"code_challenge is not well-formed", "", ""},
		{"parameter twice", refused("invalid_request", "", "token", sent("grant_type=refresh_token", "scope=a",
			"scope=b")), Context{}, "scope is not well-formed", "", "scope"},
		{"grant not allowed", refused("unauthorized_client", "", "token", sent("grant_type=client_credentials",
			"client_id=app")), Context{}, "client_credentials is not enabled", "check_client=app", "grant_type"},
		{"grant not offered", refused("unsupported_grant_type", "", "token", sent("grant_type=password")),
			Context{Grant: "password", Provider: scopes}, "does not offer password", "grant=device_code", "grant_type"},
		{"body was no form", refused("unsupported_grant_type", "", "token", sent("client_id=app")), Context{},
			"did not reach the server", "", ""},
		{"scope not announced", refused("invalid_scope", "", "authorization",
			sent("response_type=code", "scope=openid api:write", "state=s", "code_challenge=x")),
			Context{Provider: scopes}, "does not announce api:write", "input=scope=openid", "scope"},
		{"openid missing", refused("invalid_scope", "the scope openid is missing", "ciba", sent("scope=api:read")),
			Context{}, "requires openid", "input=scope=openid api:read", "scope"},
		{"scope missing", refused("invalid_scope", "", "token", sent("grant_type=client_credentials")), Context{},
			"it is missing", "input=scope=", ""},
		{"scope of a refresh", refused("invalid_scope", "", "token", sent("grant_type=refresh_token", "scope=a")),
			Context{}, "wider than what was granted", "input=scope=", "scope"},
		{"person declined", refused("access_denied", "The user denied the request", "authorization", authRequest),
			Context{}, "pressed cancel", "command=fob login", ""},
		{"person not assigned", refused("access_denied", "User is not assigned to this app", "authorization",
			authRequest), Context{}, "not assigned", "command=fob login", ""},
		{"response type off", refused("unsupported_response_type", "", "authorization",
			sent("response_type=token", "state=s")), Context{}, "token is disabled", "grant=authorization_code",
			"response_type"},
		{"server failed", refused("server_error", "", "authorization", nil), Context{}, "broke at the server",
			"wait=60", ""},
		{"overloaded", refused("temporarily_unavailable", "too many attempts", "authorization", nil), Context{},
			"Too many attempts", "wait=60", ""},
		// Device, OpenID Connect and the extensions.
		{"pending", refused("authorization_pending", "", "token", nil), Context{}, "has not finished", "wait=5", ""},
		{"slow down", refused("slow_down", "", "token", nil), Context{}, "too short", "wait=10", ""},
		{"device expired", refused("expired_token", "", "token", sent("device_code=hidden")), Context{},
			"did not finish", "command=fob login", "device_code"},
		{"login required", refused("login_required", "", "authorization", authRequest),
			Context{Command: "fob login acme"}, "no session", "command=fob login acme --prompt login", "prompt"},
		{"interaction required", refused("interaction_required", "", "authorization", authRequest), Context{},
			"requires a page", "command=fob login --prompt login", "prompt"},
		{"consent required", refused("consent_required", "", "authorization", authRequest), Context{},
			"has not consented", "command=fob login --prompt consent", "prompt"},
		{"account selection", refused("account_selection_required", "", "authorization", authRequest), Context{},
			"Several accounts", "command=fob login --prompt select_account", "prompt"},
		{"acr not met", refused("unmet_authentication_requirements", "", "authorization", sent("acr_values=gold")),
			Context{}, "no method", "input=acr_values=", "acr_values"},
		{"request_uri expired", refused("invalid_request_uri", "request_uri is expired", "authorization",
			sent("request_uri=urn:x:y")), Context{}, "has expired", "command=fob login", "request_uri"},
		{"request object", refused("invalid_request_object", "signature verification failed", "par",
			sent("request=hidden")), Context{}, "signature is invalid", "command=fob profile key show PROFILE",
			"request"},
		{"request not supported", refused("request_not_supported", "", "authorization", sent("request=hidden")),
			Context{}, "does not know the parameter request", "input=jar=off", "request"},
		{"request_uri not supported", refused("request_uri_not_supported", "", "authorization", sent("request_uri=x")),
			Context{}, "does not know request_uri", "input=par=never", "request_uri"},
		{"registration not supported", refused("registration_not_supported", "", "authorization",
			sent("registration={}")), Context{}, "own device", "drop=authorization.registration", "registration"},
		{"target", refused("invalid_target", "", "token", sent("resource=https://api.example")), Context{},
			"https://api.example is not registered", "input=resource=", "resource"},
		{"authorization details", refused("invalid_authorization_details", "unknown type", "par",
			sent(`authorization_details=[{"type":"a"}]`)), Context{}, "type is not known",
			"input=authorization_details=", "authorization_details"},
		{"DPoP nonce", refused("use_dpop_nonce", "", "token", nil), Context{DPoP: true}, "no nonce",
			"command=fob login", ""},
		{"DPoP missing", refused("invalid_dpop_proof", "", "token", nil), Context{}, "no proof", "input=dpop=true", ""},
		{"DPoP htu", refused("invalid_dpop_proof", "htu mismatch", "token", nil), Context{DPoP: true}, "htu or htm", "",
			""},
		{"DPoP and the clock", refused("invalid_dpop_proof", "", "token", nil),
			Context{DPoP: true, ClockOffset: 5 * time.Minute}, "ahead of this machine", "command=fob doctor", ""},
		{"CIBA unknown person", refused("unknown_user_id", "", "ciba", sent("login_hint=bob")), Context{},
			"spelled differently", "input=login_hint=", "login_hint"},
		{"CIBA user code missing", refused("missing_user_code", "", "ciba", nil), Context{}, "set up with a user_code",
			"input=user_code=", ""},
		{"CIBA binding message", refused("invalid_binding_message", "", "ciba", sent("binding_message=xyz")), Context{},
			"too long", "input=binding_message=", "binding_message"},
		{"registration redirect", refused("invalid_redirect_uri", "", "registration", sent("redirect_uris=x")),
			Context{}, "not registered as native", "", "redirect_uris"},
		{"registration metadata", refused("invalid_client_metadata", "", "registration", sent("grant_types=x")),
			Context{}, "not one that the server supports", "", "grant_types"},
		{"software statement", refused("unapproved_software_statement", "", "registration", nil), Context{},
			"does not trust", "", ""},
		{"revocation of a JWT", refused("unsupported_token_type", "", "revocation",
			sent("token=hidden", "token_type_hint=access_token")), Context{}, "refresh tokens only",
			"command=fob revoke SESSION --kind refresh", "token_type_hint"},
		{"a code of its own", refused("E1234", "nope", "token", nil), Context{}, "What the server calls E1234", "", ""},
		// Microsoft Entra.
		{"Entra redirect", refused("invalid_client", "AADSTS50011: The redirect URI specified …", "authorization",
			authRequest), Context{}, "not among the application's redirect URIs", "register_redirect_uri=" +
			redirectURI, "redirect_uri"},
		{"Entra application", refused("unauthorized_client", "AADSTS700016: Application with identifier", ms,
			sent("client_id=app")), at(msIssuer, Context{}), "another tenant than contoso", "check_client=app",
			"client_id"},
		{"Entra secret", refused("invalid_client", "AADSTS7000215: Invalid client secret provided.", ms, nil),
			basicClient, "secret's ID was copied", "setting=client_secret", ""},
		{"Entra secret expired", refused("invalid_client", "AADSTS7000222: The provided client secret keys are "+
			"expired.", ms, nil), basicClient, "end date", "setting=client_secret", ""},
		{"Entra confidential", refused("invalid_client", "AADSTS7000218: The request body must contain the following "+
			"parameter: 'client_assertion' or 'client_secret'.", ms, nil), Context{AuthMethod: "none"}, "platform Web",
			"auth_method=client_secret_post", "!client_assertion"},
		{"Entra public", refused("invalid_client", "AADSTS700025: Client is public so neither", ms,
			sent("client_secret=hidden")), Context{}, "mobile and desktop", "auth_method=none", "client_secret"},
		{"Entra consent", refused("invalid_grant", "AADSTS65001: The user or administrator has not consented", ms,
			authRequest), Context{}, "has not consented to openid api:read", "command=fob login --prompt consent",
			"scope"},
		{"Entra single page", refused("invalid_request", "AADSTS9002327: Tokens issued for the 'Single-Page "+
			"Application' client-type", ms, codeRequest), Context{}, "single page", "register_redirect_uri=" +
			redirectURI, "redirect_uri"},
		{"Entra longer number", refused("invalid_client", "AADSTS5001199: something else", ms, nil), basicClient,
			"client secret is wrong", "auth_method=client_secret_post", ""},
		{"Entra default scope", refused("invalid_scope", "AADSTS1002012: The provided value for scope", ms,
			sent("scope=api:read")), Context{}, "not RESOURCE/.default",
			"input=scope=https://graph.microsoft.com/.default", "scope"},
		{"Entra policy", refused("access_denied", "AADSTS53003: Access has been blocked by Conditional Access", ms,
			nil), Context{}, "not allowed", "grant=authorization_code", ""},
		{"Entra device unknown", refused("invalid_grant", "AADSTS700003: Device object was not found in the tenant", ms,
			refreshRequest), Context{}, "requires a device that is managed", "grant=authorization_code", ""},
		{"Entra device not joined", refused("invalid_grant", "AADSTS50129: Device is not workplace joined", ms, nil),
			Context{}, "requires a device that is managed", "grant=authorization_code", ""},
		{"Entra on behalf of", refused("unauthorized_client",
			"AADSTS7000114: Application is not allowed to make application on-behalf-of calls.", ms,
			sent("client_id=app")), Context{}, "On-behalf-of is blocked", "", "client_id"},
		{"Entra id_token on behalf of", refused("invalid_grant", "AADSTS240002: Input id_token cannot be used as "+
			"'urn:ietf:params:oauth:grant-type:jwt-bearer' grant", ms, sent("assertion=hidden")), Context{},
			"accepts an access token", "command=fob inspect -", "assertion"},
		{"Entra v2 resource", refused("invalid_request", "AADSTS901002: The 'resource' request parameter is not "+
			"supported.", ms, sent("resource=https://graph.microsoft.com")), Context{}, "accepts the API in the scope",
			"input=resource=", "resource"},
		{"Entra scope of the API", refused("invalid_client", "AADSTS650053: The application asked for scope 'x' that "+
			"doesn't exist on the resource", ms, sent("scope=openid x")), Context{}, "not a scope that the API exposes",
			"input=scope=openid profile offline_access", "scope"},
		{"Entra guest", refused("interaction_required",
			"AADSTS16000: User account from identity provider does not exist in tenant", "authorization", authRequest),
			at(msIssuer, Context{}), "not a guest of contoso", "command=fob login --prompt select_account", ""},
		{"Entra sign-in frequency", refused("invalid_grant", "AADSTS70043: The refresh token has expired or is "+
			"invalid due to sign-in frequency checks", ms, refreshRequest), Context{}, "sign-in frequency",
			"command=fob login", "refresh_token"},
		{"Entra credentials", refused("invalid_client", "AADSTS70002: Error validating credentials.", ms, nil),
			basicClient, "not the application's", "setting=client_secret", ""},
		{"Entra another tenant's code", refused("invalid_grant", "AADSTS700005: Provided Authorization Code is "+
			"intended to use against other tenant", ms, codeRequest), Context{}, "common or organizations",
			"command=fob login", "code"},
		{"a phrase of many servers", refused("invalid_client", "client authentication failed", "token",
			sent("grant_type=client_credentials")), basicClient, "client secret is wrong",
			"auth_method=client_secret_post", ""},
		{"set by hand", refused("invalid_grant", "", "token", codeRequest),
			Context{Overrides: []string{"token.code_verifier", "authorization.prompt"}, CodeUses: 1,
				CodeAge: time.Second}, "instead of the value that fob generates: token.code_verifier.",
			"command=fob login",
			"code"},
		{"Retry-After", &flows.OAuthError{Code: "temporarily_unavailable", Endpoint: "token", Status: 503,
			RetryAfter: 90 * time.Second}, Context{}, "overloaded or in maintenance", "wait=90", ""},
		// Google, GitHub, Auth0, Okta, Keycloak and others.
		{"Google redirect", refused("redirect_uri_mismatch", "", "authorization", authRequest),
			at("https://accounts.google.com", Context{}), "authorized redirect URIs", "register_redirect_uri=" +
				redirectURI, "redirect_uri"},
		{"Google internal", refused("access_denied", "org_internal", "authorization", nil),
			at("https://accounts.google.com", Context{}), "user type is internal",
			"command=fob login --prompt select_account", ""},
		{"Google policy", refused("admin_policy_enforced", "", "authorization", sent("client_id=app")), Context{},
			"third-party apps", "check_client=app", ""},
		{"Google deleted", refused("deleted_client", "", "authorization", sent("client_id=app")), Context{},
			"was deleted", "check_client=app", "client_id"},
		{"Google seven days", refused("invalid_grant", "Token has been expired or revoked.", "token", refreshRequest),
			Context{}, "seven days", "command=fob login", "refresh_token"},
		{"Google malformed code", refused("invalid_grant", "Malformed auth code.", "token", codeRequest), Context{},
			"holds a slash", "command=fob login", "code"},
		{"GitHub code", refused("bad_verification_code", "The code passed is incorrect or expired.", "token",
			sent("code=hidden")), Context{}, "ten minutes", "command=fob login", "code"},
		{"GitHub secret", refused("incorrect_client_credentials", "", "token", nil), Context{}, "secret is not that of",
			"setting=client_secret", ""},
		{"GitHub redirect", refused("redirect_uri_mismatch", "", "authorization", authRequest),
			at("https://github.com", Context{}), "callback URL", "register_redirect_uri=" + redirectURI,
			"redirect_uri"},
		{"GitHub device", refused("device_flow_disabled", "", "device", nil), Context{}, "not ticked",
			"grant=authorization_code", ""},
		{"Auth0 callback", refused("unauthorized_client", "Callback URL mismatch. http://… is not in the list",
			"authorization", authRequest), Context{}, "is not in the list", "register_redirect_uri=" + redirectURI,
			"redirect_uri"},
		{"Auth0 audience", refused("access_denied", "Service not enabled within domain: https://api", "token",
			sent("audience=https://api")), Context{}, "https://api is not the identifier", "input=audience=",
			"audience"},
		{"Okta PKCE", refused("invalid_request", "PKCE code challenge is required when the token endpoint "+
			"authentication method is 'NONE'.", "authorization", authRequest), Context{}, "requires PKCE",
			"input=pkce=S256", ""},
		{"Okta assigned", refused("access_denied", "User is not assigned to the client application.", "authorization",
			authRequest), at("https://acme.okta.com", Context{}), "assigned", "", ""},
		{"Okta policy", refused("access_denied", "Policy evaluation failed for this request, please check the policy "+
			"configurations.", "token", nil), Context{}, "No rule allows", "", ""},
		{"Keycloak redirect", refused("invalid_request", "Invalid parameter: redirect_uri", "authorization",
			authRequest), at("https://kc.example/realms/a", Context{}), "valid redirect URIs",
			"register_redirect_uri=" + redirectURI, "redirect_uri"},
		{"Keycloak code", refused("invalid_grant", "Code not valid", "token", codeRequest),
			at("https://kc.example/realms/a", Context{}), "valid for a minute", "command=fob login", "code"},
		{"Keycloak account", refused("invalid_grant", "Account is not fully set up", "token",
			sent("grant_type=password", "username=a")), Context{}, "required action", "grant=authorization_code",
			"username"},
		{"Cognito", refused("invalid_grant", "", "token", codeRequest),
			at("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_x", Context{}), "five minutes",
			"command=fob login", "code"},
		{"Ping", refused("invalid_client", "Request denied: Unsupported authentication method", "token", nil),
			at("https://auth.pingone.com/x/as", basicClient), "authentication method", "auth_method=client_secret_post",
			""},
		{"Salesforce", refused("invalid_grant", "authentication failure", "token",
			sent("grant_type=password", "username=a")), at("https://login.salesforce.com", Context{}), "security token",
			"grant=authorization_code", "username"},
		{"Slack", refused("bad_redirect_uri", "", "token", codeRequest), Context{}, "not below a registered one",
			"register_redirect_uri=" + redirectURI, "redirect_uri"},
		// What is not an OAuth error.
		{"an HTML page", &flows.ResponseError{Endpoint: "token", URL: "https://as.example/token", Status: 200,
			What: "an HTML page instead of JSON"}, Context{}, "gateway", "", ""},
		{"a wrong address", &flows.ResponseError{Endpoint: "token", URL: "https://as.example/token", Status: 404,
			What: "an HTML page instead of JSON"}, at("https://as.example", Context{}), "not that of the endpoint",
			"command=fob provider https://as.example", ""},
		{"a broken server", &flows.ResponseError{Endpoint: "token", Status: 503, What: "an empty body"}, Context{},
			"HTTP 503", "wait=60", ""},
		{"no such endpoint", &flows.EndpointError{Endpoint: "device"}, Context{}, "does not offer",
			"setting=endpoints.device", ""},
		{"no metadata", &provider.DiscoveryError{Issuer: "https://as.example",
			Attempts: []provider.Attempt{{URL: "https://as.example/.well-known/x", Status: 404,
				What: "404 Not Found"}}}, Context{}, "lacks its path", "setting=issuer", ""},
		{"no host", &wire.Error{Phase: wire.PhaseDNS, Err: errors.New("no such host")}, Context{}, "misspelled",
			"setting=issuer", ""},
		{"no trust", &wire.Error{Phase: wire.PhaseTLS, Err: errors.New("unknown authority"),
			Hint: "Its certificate is signed by an authority that this machine does not know."}, Context{}, "authority",
			"setting=ca_file", ""},
		{"an expired certificate and a wrong clock", &wire.Error{Phase: wire.PhaseTLS,
			Err: errors.New("certificate has expired")}, Context{ClockOffset: -24 * time.Hour}, "behind",
			"setting=ca_file", ""},
		{"a secret over plain http", &wire.Error{Phase: wire.PhaseCleartext, Err: wire.ErrCleartext}, Context{},
			"plain http", "", ""},
		{"plain endpoints", &tokens.CheckError{Check: tokens.CheckTransport.Fail("https", "http", "")}, Context{},
			"ends TLS", "setting=tls.insecure_http=true", ""},
		{"aborted in step mode", &wire.Error{Phase: wire.PhaseAborted, Err: wire.ErrAborted}, Context{}, "aborted here",
			"", ""},
		{"an API without metadata", &provider.ResourceError{Resource: "https://api.example", Status: 401}, Context{},
			"publishes no metadata", "setting=issuer", ""},
		{"a wrong issuer", &tokens.CheckError{Check: tokens.CheckDiscoveryIssuer.Fail("https://a.example",
			"https://a.example/", "")}, Context{}, "not spelled as the server", "issuer=https://a.example/", ""},
		{"no nonce", &tokens.CheckError{Check: tokens.CheckNonce.Fail("n", "", "")}, Context{},
			"leaves the nonce out", "command=fob login --param authorization.nonce=", ""},
		{"another nonce", &tokens.CheckError{Check: tokens.CheckNonce.Fail("n", "m", "")}, Context{},
			"older sign-in", "command=fob login", ""},
		{"exp as a string", failed(tokens.CheckExpiry, `a string, "1"`, notNumericDate), wrongClock,
			"does not write exp as", "", ""},
		{"iat as a string", failed(tokens.CheckIssuedAt, "null", strings.Replace(notNumericDate, "exp", "iat", 1)),
			wrongClock, "does not write iat as a number", "", ""},
		{"keys that redirect", failed(tokens.CheckSignature, "ES256",
			noKeys+"https://as.example/jwks answered 302 Found"),
			Context{}, "answered 302 Found", "command=fob provider ISSUER", ""},
		{"a key that is broken", failed(tokens.CheckSignature, "ES256", "no key: key 1: kid is not a string"),
			Context{},
			"kid is not a string", "", ""},
		{"an unknown kid", failed(tokens.CheckSignature, "ES256",
			"it cannot be told: unknown kid 1: none of 2 keys has it"),
			Context{}, "has changed its keys", "", ""},
		{"an id_token that cannot be read", failed(tokens.CheckSignature, "an id_token that cannot be read",
			"it is not JSON"),
			Context{}, "not a signed JWT that can be read", "", ""},
		{"a wrong state", &tokens.CheckError{Check: tokens.CheckState.Fail("a", "b", "")}, Context{}, "older sign-in",
			"command=fob login", ""},
		{"an expired id_token and a wrong clock", &tokens.CheckError{Check: tokens.CheckExpiry.Fail("later", "earlier",
			"")}, Context{ClockOffset: -time.Hour}, "behind", "command=fob doctor", ""},
		{"no nonce without PKCE", &tokens.CheckError{Check: tokens.CheckNonce.Fail("n", "", "")}, Context{PKCE: "none"},
			"leaves the nonce out", "", ""},
		{"no nonce through the browser", &tokens.CheckError{Check: tokens.CheckNonce.Fail("n", "", "")},
			Context{Grant: "implicit"},
			"leaves the nonce out", "", ""},
		{"an endpoint that is a path", &flows.EndpointError{Endpoint: "token", URL: "/token",
			Suggestion: "https://as.example/token"},
			Context{ClientID: "c", Provider: pathEndpoint()}, "/token, which is not an absolute URL",
			"command=fob profile add NAME --issuer https://as.example --client-id c --endpoint " +
				"authorization=https://as.example/a " +
				"--endpoint token=https://as.example/token --endpoint jwks=https://as.example/jwks", ""},
		{"words in a member of the server's own", &flows.OAuthError{Code: "invalid_grant", Endpoint: "token",
			Sent:    codeRequest,
			Details: []wire.Field{{Name: "hint", Value: "the code_verifier does not match"}}},
			Context{AuthorizationRedirectURI: redirectURI,
				CodeAge: time.Second},
			"verifier", "", "code_verifier"},
		{"an instance that is not known", &provider.DiscoveryError{Issuer: "https://sso.example",
			Attempts: []provider.Attempt{{
				URL: "https://sso.example/.well-known/openid-configuration", Status: 404,
				What: `404 Not Found, saying "ID=QUERY-1kIjX Message=Instance not found."`}}}, Context{},
			"the instance's own domain", "setting=issuer", ""},
		{"a refusal in a vendor's own form", &flows.ResponseError{Endpoint: "token", Status: 404,
			What: "no OAuth error in it",
			URL:  "https://api.descope.com/oauth2/v1/apps/token",
			Details: []wire.Field{{Name: "errorCode", Value: "E063302"}, {Name: "errorMessage",
				Value: "Cannot find consent by id"}}},
			Context{}, "consent was withdrawn", "command=fob login", ""},
		{"DPoP where none was", &tokens.CheckError{Check: tokens.CheckTokenType.Fail("Bearer", "DPoP", "")}, Context{},
			"binds tokens to a key", "input=dpop=true", ""},
	}
}

// notNumericDate is what a check says of a claim that is no number of seconds.
const notNumericDate = "exp must be a NumericDate, a number of seconds, and not a string (RFC 7519 2)"

// noKeys is how a check begins that had no keys to try.
const noKeys = "it cannot be told: the keys of the authorization server could not be read: fetch the keys: "

func failed(kind tokens.CheckKind, received, because string) error {
	return &tokens.CheckError{Check: kind.Fail("what is right", received, because)}
}

var wrongClock = Context{ClockOffset: -time.Hour}

func pathEndpoint() *provider.Metadata {
	m, err := provider.Parse([]byte(`{"issuer":"https://as.example","authorization_endpoint":"https://as.example/a",
		"token_endpoint":"/token",
		"jwks_uri":"https://as.example/jwks"}`), "")
	if err != nil {
		panic(err)
	}
	return m
}
