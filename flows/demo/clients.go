package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// client is a registered client.
type client struct {
	ID     string
	Secret tokens.Secret
	clientMetadata

	Keys        jose.KeySet   // of JWKS
	PrivateKeys tokens.Secret // a JWK set, of built-in clients
	Identity    identity      // the certificate of a built-in client

	Dynamic           bool // registered while the server runs (RFC 7591)
	IssuedAt          time.Time
	RegistrationToken tokens.Secret

	// may use plain, or no PKCE at all, although it is public: to show what that looks like
	WeakPKCE bool
}

// Public reports whether the client has nothing to authenticate with; PKCE is then required (RFC 9700 2.1.1).
func (c client) Public() bool { return c.AuthMethod == "none" }

// MayUse reports whether the client is registered for the grant type.
func (c client) MayUse(grantType string) bool { return slices.Contains(c.Grants, grantType) }

// clients is the registry.
type clients struct {
	env       *environment
	out       *sender
	documents *table[client] // by the URL of their metadata

	mu    sync.RWMutex
	byID  map[string]client
	order []string
}

// loopbackPaths are the redirect paths that every client here is registered for.
var loopbackPaths = []string{"/callback", "/cb", "/"}

// newClients registers the built-in clients, with new secrets.
func newClients(env *environment, out *sender, ca *authority) (*clients, error) {
	var redirects, postLogout []string
	for _, host := range []string{"127.0.0.1", "[::1]", "localhost"} {
		for _, path := range loopbackPaths {
			redirects = append(redirects, "http://"+host+path)
		}
		postLogout = append(postLogout, "http://"+host+"/signed-out", "http://"+host+"/callback", "http://"+host+"/")
	}
	public := client{clientMetadata: clientMetadata{Name: "Demo app", AuthMethod: "none",
		Grants:       []string{grantAuthorizationCode, grantRefreshToken, grantDeviceCode},
		RedirectURIs: redirects, PostLogout: postLogout, Scope: strings.Join(allScopes(), " "),
		IDTokenAlg: "ES256"}}
	confidential := public
	confidential.Name, confidential.AuthMethod = "Demo service", "client_secret_basic"
	confidential.Grants = []string{grantClientCredentials, grantAuthorizationCode, grantRefreshToken, grantDeviceCode,
		grantCIBA,
		grantTokenExchange, grantJWTBearer, grantSAML2Bearer, grantPassword}

	all := &clients{env: env, out: out, documents: newTable[client](env.now, documentLifetime, maxSignIns),
		byID: map[string]client{}}
	var failure error
	register := func(c *client, algAndUse ...string) {
		var keys []clientKey
		for i := 0; i < len(algAndUse); i += 2 {
			key, err := newClientKey(algAndUse[i], algAndUse[i+1], c.ID+"-"+randomToken()[:6])
			failure = errors.Join(failure, err)
			keys = append(keys, key)
		}
		failure = errors.Join(failure, c.withKeys(keys...))
	}
	identify := func(c *client, selfSigned bool) {
		var err error
		c.Identity, err = ca.client(c.ID, selfSigned)
		failure = errors.Join(failure, err)
		c.CertificateBound = true
		if !selfSigned {
			c.SubjectDN = "CN=" + c.ID + ",O=fob demo"
			return
		}
		c.Keys, err = jose.ParseKeys([]byte(c.Identity.Certificate))
		failure = errors.Join(failure, err)
		public, err := c.Keys.PublicJSON()
		failure, c.JWKS = errors.Join(failure, err), public
	}
	add := func(id string, c client, change func(*client)) {
		c.ID = id
		if change != nil {
			change(&c)
		}
		c.renewSecret(client{})
		all.add(c)
	}
	add("demo-public", public, nil)
	add("demo-service", confidential, nil)
	add("demo-post", confidential, func(c *client) {
		c.Name, c.AuthMethod = "Demo service (post)",
			"client_secret_post"
	})
	add("demo-legacy", public, func(c *client) { c.Name, c.WeakPKCE = "Demo app (plain PKCE, or none)", true })
	add("demo-implicit", public, func(c *client) {
		c.Name, c.Grants = "Demo app (implicit and hybrid)", append([]string{grantImplicit}, c.Grants...)
	})
	add("demo-par", public, func(c *client) { c.Name, c.RequirePAR = "Demo app (pushed requests)", true })
	add("demo-jar", public, func(c *client) {
		c.Name, c.RequireSignedRequest = "Demo app (signed requests)", true
		register(c, "ES256", "sig")
	})
	add("demo-dpop", public, func(c *client) { c.Name, c.DPoPBound = "Demo app (DPoP)", true })
	add("demo-ping", confidential, func(c *client) { c.Name, c.DeliveryMode = "Demo service (CIBA ping)", deliverPing })
	add("demo-jwt", confidential, func(c *client) {
		c.Name, c.AuthMethod = "Demo service (signed with its secret)",
			authSecretJWT
	})
	add("demo-key", confidential, func(c *client) {
		c.Name, c.AuthMethod = "Demo service (signed with its key)", authPrivateKeyJWT
		register(c, "ES256", "sig")
	})
	add("demo-tls", confidential, func(c *client) {
		c.Name, c.AuthMethod = "Demo service (certificate)", authTLS
		identify(c, false)
	})
	add("demo-self-signed", confidential, func(c *client) {
		c.Name, c.AuthMethod = "Demo service (self-signed certificate)", authSelfSignedTLS
		identify(c, true)
	})
	add("demo-encrypted", public, func(c *client) {
		c.Name, c.UserinfoAlg = "Demo app (encrypted responses)", "ES256"
		c.IDTokenEncAlg, c.IDTokenEnc, c.UserinfoEncAlg = "ECDH-ES", "A256GCM", "ECDH-ES+A128KW"
		register(c, "ECDH-ES", "enc", "ECDH-ES+A128KW", "enc")
	})
	add("demo-rs256", public, func(c *client) { c.Name, c.IDTokenAlg = "Demo app (RS256)", "RS256" })
	add("demo-eddsa", public, func(c *client) { c.Name, c.IDTokenAlg = "Demo app (EdDSA)", "EdDSA" })
	return all, failure
}

// maxDynamic is the limit of dynamically registered clients; beyond it the oldest are removed.
const maxDynamic = 200

func (cs *clients) add(one client) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if _, ok := cs.byID[one.ID]; !ok {
		cs.order = append(cs.order, one.ID)
	}
	cs.byID[one.ID] = one
	var dynamic []string
	for _, id := range cs.order {
		if cs.byID[id].Dynamic {
			dynamic = append(dynamic, id)
		}
	}
	if len(dynamic) > maxDynamic {
		cs.forget(dynamic[0])
	}
}

func (cs *clients) remove(id string) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.forget(id)
}

func (cs *clients) forget(id string) {
	delete(cs.byID, id)
	cs.order = slices.DeleteFunc(cs.order, func(known string) bool { return known == id })
}

func (cs *clients) get(id string) (client, bool) {
	cs.mu.RLock()
	defer cs.mu.RUnlock()
	one, ok := cs.byID[id]
	return one, ok
}

func (cs *clients) list() []client {
	cs.mu.RLock()
	defer cs.mu.RUnlock()
	all := make([]client, 0, len(cs.order))
	for _, id := range cs.order {
		all = append(all, cs.byID[id])
	}
	return all
}

// renewSecret gives the client a secret where its method needs one: the one it had, or a fresh one.
func (c *client) renewSecret(before client) {
	switch {
	case !strings.HasPrefix(c.AuthMethod, "client_secret_"):
		c.Secret = tokens.Secret{}
	case !before.Secret.IsZero():
		c.Secret = before.Secret
	default:
		c.Secret = tokens.NewSecret(randomToken())
	}
}

// documentLifetime is how long a fetched client metadata document is cached.
const documentLifetime = time.Minute

// find returns the client with that ID: registered, or described by the document at the ID's URL (OAuth Client ID
// Metadata Document). The document must be on this machine.
func (cs *clients) find(id string) (client, bool) {
	if c, ok := cs.get(id); ok {
		return c, true
	}
	if c, ok := cs.documents.Get(id); ok && !cs.env.on(faultDocumentForeign) && !cs.env.on(faultDocumentGone) {
		return c, true
	}
	c, why := cs.fetch(id)
	if why == "" {
		cs.documents.Put(id, c)
	}
	return c, why == ""
}

// unknown is the error for an unknown client; for a URL it gives the fault of the document.
func (cs *clients) unknown(id string) *oauthError {
	if strings.Contains(id, "://") {
		if _, why := cs.fetch(id); why != "" {
			return oauthErrorf("invalid_client", "no client %q is registered here, and its metadata document is "+
				"invalid: %s", id, why)
		}
	}
	return oauthErrorf("invalid_client", "no client %q is registered here", id)
}

// fetch reads the document at a client's URL; why is the reason if it is invalid.
func (cs *clients) fetch(id string) (c client, why string) {
	u, err := url.Parse(id)
	switch {
	case !isLoopbackURL(id):
		return client{}, "this server reads documents on this machine alone, by http or https, and their URLs must " +
			"not have a user name or a fragment"
	case err != nil || u.Path == "" || u.Path == "/":
		return client{}, "its URL has no path"
	case strings.Contains(u.Path, "/.."), strings.Contains(u.Path, "/./"):
		return client{}, "its URL has segments of dots"
	}
	ctx, cancel := context.WithTimeout(cs.out.ctx, outgoingTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, id, nil)
	if err != nil {
		return client{}, "its URL cannot be requested"
	}
	r.Header.Set("Accept", "application/json")
	status, body, err := cs.out.send(r)
	switch {
	case err != nil:
		return client{}, "it cannot be read: " + err.Error()
	case status != http.StatusOK:
		return client{}, fmt.Sprintf("its URL returned %d, expected 200", status)
	}
	return readDocument(id, body)
}

// readDocument converts the document to a client.
func readDocument(id string, body []byte) (c client, why string) {
	var document struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
		clientMetadata
	}
	switch err := json.Unmarshal(body, &document); {
	case err != nil:
		return client{}, "it is not the metadata of a client: " + err.Error()
	case document.ID != id:
		return client{}, fmt.Sprintf("its client_id is %q", document.ID)
	case document.Secret != "" || strings.HasPrefix(document.AuthMethod, "client_secret_"):
		return client{}, "a public document cannot share a secret"
	}
	if document.AuthMethod == "" {
		document.AuthMethod = "none" // a secret cannot be shared this way
	}
	c, refused := document.client()
	if refused != nil {
		return client{}, refused.Description
	}
	c.ID = id
	return c, ""
}
