package provider

// readOn is the day on which the sources below were read.
const readOn = "2026-11-29"

const (
	descopeOIDC     = "https://docs.descope.com/manage/idpapplications/oidc/"
	descopeQuick    = "https://docs.descope.com/identity-federation/applications/oidc-apps/oidc-endpoints"
	descopeInbound  = "https://docs.descope.com/identity-federation/inbound-apps/authorization-server"
	descopeSessions = "https://docs.descope.com/sessions"
	descopeRegions  = "https://docs.descope.com/project-settings/multi-regional"
	descopeJWT      = "https://docs.descope.com/manage/session/"
	descopeToken    = "https://pub.dev/documentation/descope/latest/descope_flutter/DescopeToken-class.html"
	descopeAudience = "https://docs.skybridge.tech/api-reference/descope-provider"
	descopeApproved = "https://www.pomerium.com/docs/integrations/user-identity/descope"
	descopeApps     = "https://gofastmcp.com/docs/python-sdk/fastmcp-server-auth-providers-descope"

	zitadelScopes     = "https://zitadel.com/apis/openidoauth/scopes"
	zitadelClaims     = "https://zitadel.com/docs/apis/openidoauth/claims"
	zitadelIntrospect = "https://zitadel.com/docs/guides/integrate/token-introspection"
	zitadelMachine    = "https://zitadel.com/docs/guides/integrate/client-credentials"
	zitadelProfile    = "https://zitadel.com/docs/guides/integrate/service-accounts/private-key-jwt"
	zitadelTokenType  = "https://pub.dev/documentation/zitadel/latest/application_service/" +
		"CreateOIDCApplicationRequest/accessTokenType.html"
	zitadelInstance = "https://github.com/zitadel/zitadel/issues/7514"
)

// descope is identified on a custom domain by the path of its key set, which contains the project.
var descope = Preset{ID: "descope", Name: "Descope", Issuer: "https://{domain}/{project}",
	Fields: []Field{
		{Name: "domain", Label: "Domain", Example: "api.descope.com, or the project's custom domain",
			Default: "api.descope.com"},
		{Name: "project", Label: "Project ID", Example: "P2abcdefghijklmnopqrstuvwxyz, as the console shows it"},
	},
	Docs:   descopeOIDC,
	Scopes: []string{"openid", "profile", "email"},
	Notes: []Note{
		{"The issuer ends with the project ID: https://api.descope.com/PROJECT_ID.", descopeOIDC, readOn},
		{"A custom domain takes the place of api.descope.com in every address.", descopeInbound, readOn},
		{"A project of another region than the US has another base address.", descopeRegions, readOn},
		{"The client_id of the default application is the project ID, and an access key is its client secret.",
			descopeQuick,
			readOn},
		{"Inbound apps have an authorization server of their own: endpoints below /oauth2/v1/apps/.", descopeInbound,
			readOn},
		{"The issuer of inbound apps is https://api.descope.com/v1/apps/PROJECT_ID; an MCP server has a longer one " +
			"below it.",
			descopeApps, readOn},
		{"The aud of an inbound app's token names the client and the project ID.", descopeAudience, readOn},
		{"The access token is the session token of Descope's SDKs: a JWT that is valid for minutes.", descopeSessions,
			readOn},
		{"The refresh token is a JWT as well: drn says DS of a session token and DSR of a refresh token.", descopeJWT,
			readOn},
		{"The iss of a session token can be the project ID alone, which is not a URL.", descopeToken, readOn},
		{"A redirect URI has to be below one of the project's approved domains.", descopeApproved, readOn},
	},
	Hosts: []string{".descope.com"},
	Paths: map[string]string{"token": "/oauth2/v1/token", "jwks": "/{any}/.well-known/jwks.json"},
}

// zitadel is identified by its paths, since every instance has its own domain.
var zitadel = Preset{ID: "zitadel", Name: "ZITADEL", Issuer: "https://{domain}",
	Fields: []Field{{Name: "domain", Label: "Instance domain",
		Example: "id.region.zitadel.cloud, or the domain of a self-hosted instance"}},
	Docs:   "https://zitadel.com/docs/apis/openidoauth/endpoints",
	Scopes: []string{"openid", "profile", "email", "offline_access"},
	Notes: []Note{
		{"The issuer is the instance's own domain; of a self-hosted one its ExternalDomain. Any other host answers " +
			"Instance not found.",
			zitadelInstance, readOn},
		{"An API accepts a token only with its project in aud: ask for urn:zitadel:iam:org:project:id:PROJECT_ID:aud.",
			zitadelScopes, readOn},
		{"Roles come only when they are asked for (urn:zitadel:iam:org:project:role:ROLE, " +
			"urn:zitadel:iam:org:projects:roles) " +
			"or set for the project.", zitadelScopes, readOn},
		{"offline_access returns a refresh token with the code flow only.", zitadelScopes, readOn},
		{"Whether an access token is opaque or a JWT is a setting of the application; an opaque one has to be " +
			"introspected.",
			zitadelTokenType, readOn},
		{"Introspection requires the client of an API application, with its secret or with a key (private_key_jwt).",
			zitadelIntrospect, readOn},
		{"The claims of a user are in userinfo; in the id_token only when response_type is id_token.",
			zitadelClaims,
			readOn},
		{"client_credentials is for service accounts, and its scope must hold openid.", zitadelMachine, readOn},
		{"The JWT profile is the grant urn:ietf:params:oauth:grant-type:jwt-bearer with a key of a service account: " +
			"iss " +
			"and sub are " +
			"its user ID, aud is the issuer.", zitadelProfile, readOn},
	},
	Hosts: []string{".zitadel.cloud"},
	Paths: map[string]string{"token": "/oauth/v2/token", "authorization": "/oauth/v2/authorize",
		"jwks": "/oauth/v2/keys"},
}
