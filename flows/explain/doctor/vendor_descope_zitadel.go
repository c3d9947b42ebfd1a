package doctor

// descopeEntries know errors that are not of OAuth: an errorCode and an errorMessage.
var descopeEntries = []vendorEntry{
	{"descope", "", "e063302|cannot find consent", "The person's consent for the inbound app is gone.", "refresh_token",
		one("The consent was withdrawn, so the refresh token is void.", "Consents, of the inbound app."), signInAgain},
}

// zitadelEntries know errors that are not of OAuth: a code and a message of gRPC. That the host is that of no
// instance is said by every endpoint, the metadata included.
var zitadelEntries = []vendorEntry{
	{"zitadel", "", "instance not found|errors.iam.notfound|errors.instance.notfound",
		"The host is not the domain of an instance.", "",
		[]cause{
			{text: "The issuer is not spelled as the instance's own domain.",
				tell: "The instance's domains, in its settings; of a " +
					"self-hosted one ExternalDomain.", likely: 80},
			{text: "A proxy in front of the server does not pass the Host on.",
				tell:   "The error names the host that the server saw.",
				likely: 60},
		}, do("Use the instance's own domain as the issuer.", DoSetting+"=issuer")},
}
