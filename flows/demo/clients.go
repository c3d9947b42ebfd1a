package demo

import (
	"slices"
	"sync"

	"fob/tokens"
)

// client is a registered client (RFC 7591 2 names its members).
type client struct {
	ID           string
	Name         string // for the consent page
	AuthMethod   string // the ID of one of authMethods
	Secret       tokens.Secret
	Grants       []string // grant_types
	RedirectURIs []string // any port is taken where the host is loopback (RFC 8252 7.3)
	PostLogout   []string // post_logout_redirect_uris, matched like the above
	Scopes       []string // the most it may ask for
	IDTokenAlg   string   // id_token_signed_response_alg

	DPoPBound        bool // dpop_bound_access_tokens (RFC 9449 5.2)
	CertificateBound bool // tls_client_certificate_bound_access_tokens (RFC 8705 3.4)
}

// Public reports whether the client has nothing to authenticate with; PKCE is then required (RFC 9700 2.1.1).
func (c client) Public() bool { return c.AuthMethod == "none" }

// MayUse reports whether the client is registered for the grant type.
func (c client) MayUse(grantType string) bool { return slices.Contains(c.Grants, grantType) }

// clients is the registry.
type clients struct {
	mu    sync.RWMutex
	byID  map[string]client
	order []string
}

// loopbackPaths are the redirect paths that every client here is registered for.
var loopbackPaths = []string{"/callback", "/cb", "/"}

// newClients registers the clients that are there from the start, with fresh secrets.
func newClients() *clients {
	var redirects, postLogout []string
	for _, host := range []string{"127.0.0.1", "[::1]", "localhost"} {
		for _, path := range loopbackPaths {
			redirects = append(redirects, "http://"+host+path)
		}
		postLogout = append(postLogout, "http://"+host+"/signed-out", "http://"+host+"/callback", "http://"+host+"/")
	}
	public := client{Name: "Demo app", AuthMethod: "none",
		Grants:       []string{grantAuthorizationCode, grantRefreshToken, grantDeviceCode},
		RedirectURIs: redirects, PostLogout: postLogout, Scopes: allScopes(), IDTokenAlg: "ES256"}
	confidential := public
	confidential.Name, confidential.AuthMethod = "Demo service", "client_secret_basic"
	confidential.Grants = []string{grantClientCredentials, grantAuthorizationCode, grantRefreshToken, grantDeviceCode}

	all := &clients{byID: map[string]client{}}
	add := func(id string, c client, change func(*client)) {
		c.ID = id
		if !c.Public() {
			c.Secret = tokens.NewSecret(randomToken())
		}
		if change != nil {
			change(&c)
		}
		all.add(c)
	}
	add("demo-public", public, nil)
	add("demo-service", confidential, nil)
	add("demo-post", confidential, func(c *client) { c.Name, c.AuthMethod = "Demo service (post)", "client_secret_post" })
	add("demo-dpop", public, func(c *client) { c.Name, c.DPoPBound = "Demo app (DPoP)", true })
	add("demo-rs256", public, func(c *client) { c.Name, c.IDTokenAlg = "Demo app (RS256)", "RS256" })
	add("demo-eddsa", public, func(c *client) { c.Name, c.IDTokenAlg = "Demo app (EdDSA)", "EdDSA" })
	return all
}

func (c *clients) add(one client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.byID[one.ID]; !ok {
		c.order = append(c.order, one.ID)
	}
	c.byID[one.ID] = one
}

func (c *clients) get(id string) (client, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	one, ok := c.byID[id]
	return one, ok
}

func (c *clients) list() []client {
	c.mu.RLock()
	defer c.mu.RUnlock()
	all := make([]client, 0, len(c.order))
	for _, id := range c.order {
		all = append(all, c.byID[id])
	}
	return all
}
