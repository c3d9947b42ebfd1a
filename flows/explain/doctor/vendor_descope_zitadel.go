package doctor

// descopeEntries are errors outside of OAuth: an errorCode and an errorMessage.
var descopeEntries = []vendorEntry{
	{"descope", "", "e063302|cannot find consent", "The user's consent for the inbound app is missing.",
		"refresh_token",
		singleCause("The consent was withdrawn, so the refresh token is invalid.", "Consents, of the inbound app."),
		signInAgain},
}

// zitadelEntries are errors outside of OAuth: a gRPC code and a message. Every endpoint, the metadata included, reports
// a host without an instance.
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
		}, doAction("Use the instance's own domain as the issuer.", DoSetting+"=issuer")},
}
