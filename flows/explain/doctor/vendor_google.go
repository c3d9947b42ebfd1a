package doctor

var googleEntries = []vendorEntry{
	{"google", "redirect_uri_mismatch", "", "The redirect URI is not one of the client's.", "redirect_uri",
		one("{redirect_uri} is not among the authorized redirect URIs; a client of type web needs each one with its port, a desktop client takes any loopback port.", "Credentials, in the Cloud console."), registerRedirect},
	{"google", "org_internal", "", "The application is internal to an organization, and the person is of another.", "login_hint", one("The consent screen's user type is internal.", "OAuth consent screen, in the Cloud console."), do("Choose an account of the organization.", DoCommand+"={command} --prompt select_account")},
	{"google", "access_denied", "org_internal|internal", "The application is internal to an organization, and the person is of another.", "", one("The consent screen's user type is internal.", "OAuth consent screen, in the Cloud console."), do("Choose an account of the organization.", DoCommand+"={command} --prompt select_account")},
	{"google", "access_denied", "test user|has not completed|verification", "The application is in testing, and the person is not among its test users.", "", one("Only test users may sign in until the application is published.", "OAuth consent screen, test users."), nil},
	{"google", "admin_policy_enforced", "", "An administrator of the person's organization does not allow the application or a scope.", "scope", one("The organization's policy for third-party apps.", "Its administrator can trust the client_id {client_id}."), checkClient},
	{"google", "deleted_client", "", "The client was deleted.", "client_id", one("The client {client_id} is no more.", "Credentials, in the Cloud console: it can be restored for thirty days."), checkClient},
	{"google", "disabled_client", "", "The client is disabled.", "client_id", one("The client {client_id} was switched off, by its owner or by Google.", "Credentials, in the Cloud console."), checkClient},
	{"google", "disallowed_useragent", "", "Google does not allow this browser.", "", one("The page was opened in an embedded browser.", "It must be a browser of its own (RFC 8252 8.12)."), do("Open the address in a browser.", DoCommand+"={command} --no-browser")},
	{"google", "restricted_client", "", "The client may not ask for these scopes.", "scope", one("The scopes need verification by Google.", "OAuth consent screen, in the Cloud console."), nil},
	{"google", "invalid_client", "oauth client was not found", "The client is not known.", "client_id", one("The client_id {client_id} is misspelled or was deleted.", "Credentials, in the Cloud console."), checkClient},
	{"google", "invalid_request", "client_secret is missing", "The client has a secret, and must send it.", "client_secret", one("Desktop clients of Google have a secret that is not secret, and must send it.", "It stands beside the client ID."), setSecret},
	{"google", "invalid_client", "unauthorized", "The client secret is wrong.", "client_secret", one("The secret is not that of {client_id}.", "Credentials, in the Cloud console."), setSecret},
	{"google", "invalid_grant", "malformed auth code", "The code is not as it was issued.", "code", one("The code was decoded twice or not at all: a Google code holds a slash, 4/….", "Compare it with the address bar: %2F is the slash."), signInAgain},
	{"google", "invalid_grant", "code was already redeemed", "The code was used already.", "code", one("The code was redeemed before: it is good once.", "A reload of the page sends it twice."), signInAgain},
	{"google", "invalid_grant", "code verifier|code_verifier", "The code_verifier is missing or does not fit.", "code_verifier", one("The code was asked for with a code_challenge, and the verifier is missing or another.", "Compare the runs."), signInAgain},
	{"google", "invalid_grant", "token has been expired or revoked", "The refresh token has expired or was revoked.", "refresh_token",
		[]cause{{text: "The application is in testing: its refresh tokens live for seven days.", tell: "OAuth consent screen, publishing status.", likely: 92}, {text: "The person withdrew access, changed the password, or has more than a hundred refresh tokens of this client.", tell: "The person's account shows which apps have access.", likely: 60}}, signInAgain},
	{"google", "invalid_grant", "invalid_rapt|reauth", "The organization wants the person to sign in again.", "refresh_token", one("Its session length for cloud services has ended.", "Its administrator sets it."), signInAgain},
	{"google", "invalid_grant", "invalid jwt|iat and exp|short-lived", "The assertion's time is not good.", "assertion", one("This machine's clock is wrong, or the assertion lives longer than an hour.", "Compare iat and exp with the server's Date."), do("Look at this machine's clock.", DoCommand+"=fob doctor")},
	{"google", "unauthorized_client", "client is unauthorized to retrieve access tokens", "The service account may not act for the person.", "assertion", one("Domain-wide delegation lacks the client or one of the scopes.", "The organization's admin console, API controls."), nil},
	{"google", "invalid_scope", "", "A scope is not one of Google's, or its API is off.", "scope", one("offline_access is none of Google's scopes: access_type=offline is the way to a refresh token.", "Scopes are URLs, but for openid, email and profile."), do("Leave offline_access out, and send access_type=offline.", DoInput+"=scope=openid email profile")},
	{"google", "invalid_request", "loopback", "Google does not allow this redirect for the type of the client.", "redirect_uri", one("Loopback redirects are for desktop clients alone.", "The type of the client, in the Cloud console."), registerRedirect},
}

var githubEntries = []vendorEntry{
	{"github", "bad_verification_code", "", "The code is wrong, was used already or has expired.", "code", one("A code of GitHub is good once and for ten minutes.", "Start again."), signInAgain},
	{"github", "incorrect_client_credentials", "", "The client_id or the client secret is wrong.", "client_secret client_id", one("The secret is not that of {client_id}.", "The settings of the app; a GitHub app and an OAuth app have credentials of their own."), setSecret},
	{"github", "redirect_uri_mismatch", "", "The redirect URI is not the app's callback URL, nor below it.", "redirect_uri", one("{redirect_uri} does not begin with the callback URL; on loopback the port may differ if the app has http://127.0.0.1/….", "The settings of the app."), registerRedirect},
	{"github", "device_flow_disabled", "", "The device grant is off for the app.", "client_id", one("Enable Device Flow is not ticked.", "The settings of the app."), useCode},
	{"github", "incorrect_device_code", "", "The device code is wrong.", "device_code", one("The code belongs to another request.", "Start again."), signInAgain},
	{"github", "bad_refresh_token", "", "The refresh token is wrong, was used already or has expired.", "refresh_token", one("GitHub's refresh tokens live for six months and are replaced at each use.", "Only apps with expiring user tokens have any."), signInAgain},
	{"github", "unverified_user_email", "", "The person's e-mail address at GitHub is not verified.", "", one("GitHub wants a verified address first.", "The person's settings."), nil},
	{"github", "application_suspended", "", "The app is suspended.", "client_id", one("GitHub has suspended the app.", "GitHub's support."), nil},
	{"github", "unsupported_grant_type", "", "GitHub does not know the grant.", "grant_type", one("For the device grant the grant_type must be the whole URN.", "urn:ietf:params:oauth:grant-type:device_code."), nil},
}
