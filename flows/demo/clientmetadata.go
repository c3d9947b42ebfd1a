package demo

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"fob/tokens"
	"fob/tokens/jose"
)

// clientMetadata is a client's metadata (RFC 7591 2, OpenID Connect Registration 2, and the extensions). Other members
// are ignored, as RFC 7591 2 requires. Redirect URIs match with any port where the host is loopback (RFC 8252 7.3). A
// client without the member may sign request objects with any algorithm, gets JARM responses with ES256, userinfo as
// plain JSON and introspection with RS256 (RFC 9701 6), and polls. What the server calls is on loopback.
type clientMetadata struct {
	Name                  string          `json:"client_name,omitempty"`
	RedirectURIs          []string        `json:"redirect_uris,omitempty"`
	PostLogout            []string        `json:"post_logout_redirect_uris,omitempty"`
	AuthMethod            string          `json:"token_endpoint_auth_method,omitempty"`
	Grants                []string        `json:"grant_types,omitempty"`
	ResponseTypes         []string        `json:"response_types,omitempty"`
	Scope                 string          `json:"scope,omitempty"`
	JWKS                  json.RawMessage `json:"jwks,omitempty"`
	JWKSURI               string          `json:"jwks_uri,omitempty"`
	SubjectDN             string          `json:"tls_client_auth_subject_dn,omitempty"`
	IDTokenAlg            string          `json:"id_token_signed_response_alg,omitempty"`
	IDTokenEncAlg         string          `json:"id_token_encrypted_response_alg,omitempty"`
	IDTokenEnc            string          `json:"id_token_encrypted_response_enc,omitempty"`
	UserinfoAlg           string          `json:"userinfo_signed_response_alg,omitempty"`
	UserinfoEncAlg        string          `json:"userinfo_encrypted_response_alg,omitempty"`
	UserinfoEnc           string          `json:"userinfo_encrypted_response_enc,omitempty"`
	JARMAlg               string          `json:"authorization_signed_response_alg,omitempty"`
	JARMEncAlg            string          `json:"authorization_encrypted_response_alg,omitempty"`
	JARMEnc               string          `json:"authorization_encrypted_response_enc,omitempty"`
	IntrospectionAlg      string          `json:"introspection_signed_response_alg,omitempty"`
	IntrospectionEncAlg   string          `json:"introspection_encrypted_response_alg,omitempty"`
	IntrospectionEnc      string          `json:"introspection_encrypted_response_enc,omitempty"`
	RequestObjectAlg      string          `json:"request_object_signing_alg,omitempty"`
	RequireSignedRequest  bool            `json:"require_signed_request_object,omitempty"`
	RequirePAR            bool            `json:"require_pushed_authorization_requests,omitempty"`
	DPoPBound             bool            `json:"dpop_bound_access_tokens,omitempty"`
	CertificateBound      bool            `json:"tls_client_certificate_bound_access_tokens,omitempty"`
	DeliveryMode          string          `json:"backchannel_token_delivery_mode,omitempty"`
	NotificationEndpoint  string          `json:"backchannel_client_notification_endpoint,omitempty"`
	BackchannelLogout     string          `json:"backchannel_logout_uri,omitempty"`
	LogoutSessionRequired bool            `json:"backchannel_logout_session_required,omitempty"`
}

// metadata returns a copy of a client's registration: decoding into it does not change the client.
func (c client) metadata() clientMetadata {
	m := c.clientMetadata
	m.ResponseTypes = c.responseTypes()
	m.RedirectURIs, m.PostLogout = slices.Clone(m.RedirectURIs), slices.Clone(m.PostLogout)
	m.Grants, m.JWKS = slices.Clone(m.Grants), slices.Clone(m.JWKS)
	return m
}

func (m *clientMetadata) idTokenEncryption() encryption {
	return encryption{m.IDTokenEncAlg, m.IDTokenEnc}
}

func (m *clientMetadata) userinfoEncryption() encryption {
	return encryption{m.UserinfoEncAlg, m.UserinfoEnc}
}

func (m *clientMetadata) jarmEncryption() encryption { return encryption{m.JARMEncAlg, m.JARMEnc} }

func (m *clientMetadata) introspectionEncryption() encryption {
	return encryption{m.IntrospectionEncAlg, m.IntrospectionEnc}
}

// responseTypes are those that the client's grants allow.
func (c client) responseTypes() []string {
	var types []string
	for _, t := range responseTypes {
		if t != "none" && (!hasWord(t, "code") || c.MayUse(grantAuthorizationCode)) &&
			(!usesFront(t) || c.MayUse(grantImplicit)) {
			types = append(types, t)
		}
	}
	return types
}

// badMetadata is the error of RFC 7591 3.2.2.
func badMetadata(format string, args ...any) *oauthError {
	return oauthErrorf("invalid_client_metadata", format, args...)
}

// client converts metadata to a client, or returns what is invalid. The caller adds ID and secret.
func (m clientMetadata) client() (client, *oauthError) {
	m.defaults()
	if err := m.checkAddresses(); err != nil {
		return client{}, err
	}
	if err := m.checkNames(); err != nil {
		return client{}, err
	}
	c := client{clientMetadata: m}
	if len(m.JWKS) > 0 {
		var err error
		if c.Keys, err = jose.ParseKeySet(m.JWKS); err != nil || len(c.Keys.Keys()) == 0 {
			return client{}, badMetadata("jwks holds no key that can be read: %v", err)
		}
	}
	for _, k := range c.Keys.Keys() {
		if k.Private() || k.Type() == "oct" {
			return client{}, badMetadata("jwks holds a private key or a secret: register the public halves alone")
		}
	}
	for _, alg := range []string{m.IDTokenEncAlg, m.UserinfoEncAlg, m.JARMEncAlg, m.IntrospectionEncAlg} {
		if _, err := c.encryptionKey(alg); alg != "" && err != nil {
			return client{}, badMetadata("%s", err)
		}
	}
	if len(c.Keys.Keys()) == 0 && (c.AuthMethod == authPrivateKeyJWT || c.AuthMethod == authSelfSignedTLS) {
		return client{}, badMetadata("%s needs jwks", c.AuthMethod)
	}
	return c, nil
}

// defaults are RFC 7591 2's, and this server's own for the scope.
func (m *clientMetadata) defaults() {
	if m.AuthMethod == "" {
		m.AuthMethod = "client_secret_basic"
	}
	if len(m.Grants) == 0 {
		m.Grants = []string{grantAuthorizationCode}
		if slices.ContainsFunc(m.ResponseTypes, usesFront) {
			m.Grants = append(m.Grants, grantImplicit)
		}
	}
	if m.Scope == "" {
		m.Scope = strings.Join(allScopes(), " ")
	}
	if m.IDTokenAlg == "" {
		m.IDTokenAlg = "RS256" // OpenID Connect Registration 2
	}
	if m.Name == "" {
		m.Name = "An app without a name"
	}
}

func (m *clientMetadata) checkAddresses() *oauthError {
	usesRedirect := slices.Contains(m.Grants, grantAuthorizationCode) || slices.Contains(m.Grants, grantImplicit)
	if usesRedirect && len(m.RedirectURIs) == 0 {
		return oauthErrorf("invalid_redirect_uri", "redirect_uris is missing")
	}
	for _, uri := range append(slices.Clone(m.RedirectURIs), m.PostLogout...) {
		u, err := url.Parse(uri)
		if err != nil || u.Scheme == "" || u.Fragment != "" || u.Scheme == "http" && !isLoopbackHost(u.Host) ||
			len(uri) > maxParamLength ||
			slices.Contains([]string{"javascript", "data", "file", "vbscript", "blob"}, strings.ToLower(u.Scheme)) {
			return oauthErrorf("invalid_redirect_uri",
				"%q is not a redirect URI: https, http on loopback, or a scheme of the app's own, without a fragment",
				uri)
		}
	}
	for name, address := range map[string]string{"backchannel_client_notification_endpoint": m.NotificationEndpoint,
		"backchannel_logout_uri": m.BackchannelLogout} {
		if address != "" && !isLoopbackURL(address) {
			return badMetadata("%s: this server calls addresses on loopback only", name)
		}
	}
	if m.JWKSURI != "" {
		return badMetadata("jwks_uri is not fetched here: send jwks")
	}
	return nil
}

// checkNames checks that the server announces every name.
func (m *clientMetadata) checkNames() *oauthError {
	type list struct {
		member string
		given  []string
		known  []string
	}
	encs := append(slices.Clone(encryptionEncs), "")
	algs := append(slices.Clone(encryptionAlgs), "")
	signing := append(slices.Clone(signingAlgs), "")
	for _, l := range []list{
		{"token_endpoint_auth_method", []string{m.AuthMethod}, authMethodNames()},
		{"grant_types", m.Grants, grantTypes},
		{"response_types", m.ResponseTypes, responseTypes}, {"scope", tokens.SplitScope(m.Scope), allScopes()},
		{"id_token_signed_response_alg", []string{m.IDTokenAlg}, signingAlgs}, {"userinfo_signed_response_alg",
			[]string{m.UserinfoAlg}, signing},
		{"authorization_signed_response_alg", []string{m.JARMAlg}, signing}, {"introspection_signed_response_alg",
			[]string{m.IntrospectionAlg}, signing},
		{"request_object_signing_alg", []string{m.RequestObjectAlg}, append(slices.Clone(requestObjectAlgs), "")},
		{"*_encrypted_response_alg", []string{m.IDTokenEncAlg, m.UserinfoEncAlg, m.JARMEncAlg, m.IntrospectionEncAlg},
			algs},
		{"*_encrypted_response_enc", []string{m.IDTokenEnc, m.UserinfoEnc, m.JARMEnc, m.IntrospectionEnc}, encs},
		{"backchannel_token_delivery_mode", []string{m.DeliveryMode}, []string{"", deliverPoll, deliverPing}},
	} {
		for _, name := range l.given {
			if !slices.Contains(l.known, name) {
				return badMetadata("%s: %q is not known here; known are %s", l.member, name, strings.Join(l.known, " "))
			}
		}
	}
	if m.DeliveryMode == deliverPing && m.NotificationEndpoint == "" {
		return badMetadata("backchannel_token_delivery_mode ping needs backchannel_client_notification_endpoint")
	}
	if m.AuthMethod == authTLS && m.SubjectDN == "" {
		return badMetadata("tls_client_auth needs tls_client_auth_subject_dn here")
	}
	return nil
}
