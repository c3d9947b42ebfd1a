package demo

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"fob/tokens/jose"
)

// clientAssertion is a good client assertion, with changes; a nil value drops a claim.
func (b *bench) clientAssertion(clientID string, changes map[string]any) string {
	b.t.Helper()
	claims := map[string]any{"iss": clientID, "sub": clientID, "aud": b.Issuer(),
		"exp": unix(b.clock.Now().Add(time.Minute)), "jti": randomToken()}
	for name, v := range changes {
		if claims[name] = v; v == nil {
			delete(claims, name)
		}
	}
	if clientID == "demo-key" {
		return b.signAs(clientID, "JWT", claims)
	}
	payload, _ := json.Marshal(claims)
	token, err := jose.Sign(payload, jose.Header{"alg": "HS256"},
		jose.SecretKey([]byte(b.Description().Client(clientID).ClientSecret.Reveal())))
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

func (b *bench) postAsserted(path, assertion string, pairs ...string) answer {
	return b.post(path, form(append([]string{"client_assertion_type", assertionTypeJWT, "client_assertion", assertion},
		pairs...)...))
}

func TestClientAssertions(t *testing.T) {
	b := start(t, Config{})
	ask := func(assertion string, pairs ...string) answer {
		return b.postAsserted("/token", assertion, append([]string{"grant_type", grantClientCredentials}, pairs...)...)
	}
	for _, id := range []string{"demo-jwt", "demo-key"} {
		used := b.clientAssertion(id, nil)
		for name, assertion := range map[string]string{
			"for the issuer": used, "for the token endpoint": b.clientAssertion(id,
				map[string]any{"aud": b.Issuer() + "/token"}),
			"for several": b.clientAssertion(id, map[string]any{"aud": []string{"x", b.Issuer()}}),
		} {
			if a := ask(assertion); a.Status != 200 {
				t.Errorf("%s, %s: %d %s", id, name, a.Status, a.Body)
			}
		}
		for name, assertion := range map[string]string{
			"used before": used, "another audience": b.clientAssertion(id, map[string]any{"aud": "x"}),
			"no jti":        b.clientAssertion(id, map[string]any{"jti": nil}),
			"about another": b.clientAssertion(id, map[string]any{"sub": "x"}), "expired": b.clientAssertion(id,
				map[string]any{"exp": 1}),
			"no expiry": b.clientAssertion(id, map[string]any{"exp": nil}),
			"corrupted": corrupted(t, b.clientAssertion(id, nil)), "no JWT": "x",
			"of an unknown client": b.clientAssertion(id, map[string]any{"iss": "nobody", "sub": "nobody"}),
		} {
			wantError(t, ask(assertion), 401, "invalid_client")
			if t.Failed() {
				t.Fatalf("%s, %s", id, name)
			}
		}
		if a := b.postAsserted("/introspect", b.clientAssertion(id, map[string]any{"aud": b.Issuer() + "/introspect"}),
			"token", "x"); a.Status != 200 {
			t.Errorf("%s at introspection: %d %s", id, a.Status, a.Body)
		}
	}
	wantError(t, b.post("/token", form("grant_type", grantClientCredentials, "client_assertion",
		b.clientAssertion("demo-key", nil))), 401, "invalid_client")
	// The method it is registered for, and no other.
	wantError(t, ask(b.assertion("demo-service", map[string]any{"iss": "demo-service"})), 401, "invalid_client")
	wantError(t, ask(b.clientAssertion("demo-key", nil), "client_secret", "x"), 400, "invalid_request")
}

// withCertificate is a client of the TLS listener that shows the certificate of a client; "" for none.
func (b *bench) withCertificate(clientID string) func(r *http.Request) answer {
	b.t.Helper()
	config := &tls.Config{RootCAs: b.authority.pool(), Time: b.clock.Now}
	if clientID != "" {
		c := b.Description().Client(clientID)
		cert, err := tls.X509KeyPair([]byte(c.Certificate), []byte(c.PrivateKey.Reveal()))
		if err != nil {
			b.t.Fatal(err)
		}
		config.Certificates = []tls.Certificate{cert}
	}
	transport := &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}
	return func(r *http.Request) answer {
		b.t.Helper()
		other := *b
		other.http = &http.Client{Transport: transport, CheckRedirect: b.http.CheckRedirect}
		u, err := url.Parse(b.env.tlsBase)
		if err != nil {
			b.t.Fatal(err)
		}
		r.URL.Scheme, r.URL.Host, r.Host = u.Scheme, u.Host, u.Host
		return other.do(r)
	}
}

func (b *bench) withBearer(method, path, token string) *http.Request {
	r := b.request(method, path, "")
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func TestClientCertificates(t *testing.T) {
	for name, tlsAlone := range map[string]bool{"beside HTTP": false, "alone": true} {
		t.Run(name, func(t *testing.T) {
			b := start(t, Config{TLS: tlsAlone})
			ask := func(clientID, with string) answer {
				return b.withCertificate(with)(b.formRequest("/token", form("grant_type", grantClientCredentials,
					"client_id", clientID, "scope", "api:read")))
			}
			for _, id := range []string{"demo-tls", "demo-self-signed"} {
				a := ask(id, id)
				if a.Status != 200 {
					t.Fatalf("%s: %d %s", id, a.Status, a.Body)
				}
				token := str(a.json(t), "access_token")
				if bindingOf(decodeClaims(token)["cnf"]).X5T == "" || a.json(t)["token_type"] != "Bearer" {
					t.Errorf("%s: %s, claims %v", id, a.Body, decodeClaims(token))
				}
				for with, want := range map[string]string{id: "fine", "": "401 invalid_token",
					"demo-tls": "401 invalid_token", "demo-self-signed": "401 invalid_token"} {
					if with == id {
						want = "fine"
					}
					if got := said(b.withCertificate(with)(b.withBearer("GET", "/api/orders", token))); got != want {
						t.Errorf("%s's token by the certificate of %q: %s, want %s", id, with, got, want)
					}
				}
				wantError(t, ask(id, ""), 401, "invalid_client")
			}
			wantError(t, ask("demo-tls", "demo-self-signed"), 401, "invalid_client")
			wantError(t, ask("demo-self-signed", "demo-tls"), 401, "invalid_client")
			m := b.withCertificate("")(b.request("GET", "/.well-known/openid-configuration", "")).json(t)
			aliases, _ := m["mtls_endpoint_aliases"].(map[string]any)
			if tlsAlone != (aliases == nil) || strings.HasPrefix(b.Issuer(), "https:") != tlsAlone {
				t.Errorf("issuer %s with the aliases %v", b.Issuer(), aliases)
			}
			if !tlsAlone && aliases["token_endpoint"] != b.Description().TLS.Base+"/token" {
				t.Errorf("aliases %v", aliases)
			}
		})
	}
}

func TestDPoPOverTLSNamesThatAddress(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	p := newProver(t)
	p.now = b.clock.Now
	r := b.formRequest("/token", form("grant_type", grantAuthorizationCode, "client_id", "demo-public", "code",
		b.code(), "redirect_uri", testRedirect,
		"code_verifier", testVerifier))
	r.Header.Set("DPoP", p.proof("POST", b.env.tlsBase+"/token", "", ""))
	if a := b.withCertificate("")(r); a.Status != 200 {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

func (b *bench) register(metadata string) answer { return b.json("POST", "/register", metadata, "") }

func (b *bench) json(method, path, body, token string) answer {
	r := b.request(method, path, body)
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return b.do(r)
}

func TestDynamicRegistration(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	a := b.register(`{"client_name":"Mine","redirect_uris":["` + testRedirect +
		`"],"grant_types":["authorization_code","client_credentials"],"unknown":1}`)
	m := a.json(t)
	if a.Status != 201 || str(m, "client_secret") == "" || m["client_secret_expires_at"] != 0.0 ||
		m["token_endpoint_auth_method"] != "client_secret_basic" ||
		m["id_token_signed_response_alg"] != "RS256" {
		t.Fatalf("registering: %d %s", a.Status, a.Body)
	}
	if a := b.postAs(str(m, "client_id"), "/token", form("grant_type", grantClientCredentials)); a.Status != 200 {
		t.Errorf("using it: %d %s", a.Status, a.Body)
	}
	path, token := strings.TrimPrefix(str(m, "registration_client_uri"), b.Issuer()),
		str(m, "registration_access_token")
	if read := b.json("GET", path, "", token); read.Status != 200 || read.json(t)["client_name"] != "Mine" {
		t.Errorf("reading: %d %s", read.Status, read.Body)
	}
	changed := b.json("PUT", path,
		`{"client_id":"`+str(m,
			"client_id")+`","client_name":"Yours","token_endpoint_auth_method":"none",`+
			`"redirect_uris":["`+testRedirect+`"]}`, token)
	if c := changed.json(t); changed.Status != 200 || c["client_name"] != "Yours" || c["client_secret"] != nil {
		t.Errorf("changing: %d %s", changed.Status, changed.Body)
	}
	for name, a := range map[string]answer{"no token": b.json("GET", path, "", ""), "another token": b.json("GET", path,
		"", "x"),
		"a client from the start": b.json("GET", "/register/demo-public", "", token),
		"nobody":                  b.json("GET", "/register/nobody", "", token)} {
		if a.Status != 401 {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	wantError(t, b.json("PUT", path, `{"client_id":"other"}`, token), 400, "invalid_client_metadata")
	if a := b.json("DELETE", path, "", token); a.Status != 204 {
		t.Errorf("deleting: %d", a.Status)
	}
	if a := b.json("GET", path, "", token); a.Status != 401 {
		t.Errorf("after deleting: %d", a.Status)
	}
}

func TestRegistrationRefusals(t *testing.T) {
	b := start(t, Config{})
	const redirect = `"redirect_uris":["` + testRedirect + `"]`
	for metadata, want := range map[string]string{
		`{}`: "invalid_redirect_uri",
		`{"redirect_uris":["http://elsewhere/"]}`:                                  "invalid_redirect_uri",
		`{"redirect_uris":["https://a.invalid/#x"]}`:                               "invalid_redirect_uri",
		`{"redirect_uris":["javascript:alert(1)"]}`:                                "invalid_redirect_uri",
		`{"redirect_uris":"x"}`:                                                    "invalid_client_metadata",
		`x`:                                                                        "invalid_client_metadata",
		`{` + redirect + `,"grant_types":["magic"]}`:                               "invalid_client_metadata",
		`{` + redirect + `,"scope":"wings"}`:                                       "invalid_client_metadata",
		`{` + redirect + `,"jwks_uri":"https://a/b"}`:                              "invalid_client_metadata",
		`{` + redirect + `,"jwks":{"keys":[]}}`:                                    "invalid_client_metadata",
		`{` + redirect + `,"jwks":{"keys":[{"kty":"oct","k":"AAAA"}]}}`:            "invalid_client_metadata",
		`{` + redirect + `,"token_endpoint_auth_method":"private_key_jwt"}`:        "invalid_client_metadata",
		`{` + redirect + `,"token_endpoint_auth_method":"tls_client_auth"}`:        "invalid_client_metadata",
		`{` + redirect + `,"id_token_encrypted_response_alg":"ECDH-ES"}`:           "invalid_client_metadata",
		`{` + redirect + `,"id_token_signed_response_alg":"none"}`:                 "invalid_client_metadata",
		`{` + redirect + `,"backchannel_token_delivery_mode":"ping"}`:              "invalid_client_metadata",
		`{` + redirect + `,"backchannel_logout_uri":"https://elsewhere.invalid/"}`: "invalid_client_metadata",
	} {
		wantError(t, b.register(metadata), 400, want)
		if t.Failed() {
			t.Fatal(metadata)
		}
	}
	if n := len(b.clients.list()); n != len(mustClients(t).list()) {
		t.Errorf("%d clients, want none more", n)
	}
}

func TestRegistrationsAreBounded(t *testing.T) {
	all := mustClients(t)
	there := len(all.list())
	for i := range maxDynamic + 5 {
		all.add(client{ID: randomToken(), Dynamic: true,
			clientMetadata: clientMetadata{Name: string(rune('a' + i%26))}})
	}
	if n := len(all.list()); n != there+maxDynamic {
		t.Errorf("%d clients, want %d", n, there+maxDynamic)
	}
	if _, ok := all.get("demo-public"); !ok {
		t.Error("a client from the start was forgotten")
	}
}

func TestAClientFromTheStartCanBeAdjusted(t *testing.T) {
	b := start(t, Config{})
	a := b.json("POST", "/demo/clients/demo-ping",
		`{"backchannel_client_notification_endpoint":"http://127.0.0.1:9/ping"}`, "")
	if m := a.json(t); a.Status != 200 || m["backchannel_client_notification_endpoint"] != "http://127.0.0.1:9/ping" ||
		m["client_name"] != "Demo service (CIBA ping)" {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	if a := b.postAs("demo-ping", "/token", form("grant_type", grantClientCredentials)); a.Status != 200 {
		t.Errorf("its secret changed: %d %s", a.Status, a.Body)
	}
	key, err := jose.Generate("ES256", "mine")
	if err != nil {
		t.Fatal(err)
	}
	jwks, _ := jose.NewKeySet(key).PublicJSON()
	if a := b.json("POST", "/demo/clients/demo-key", `{"jwks":`+string(jwks)+`}`, ""); a.Status != 200 {
		t.Fatalf("registering a key: %d %s", a.Status, a.Body)
	}
	mine, _ := signWith(key, "JWT", map[string]any{"iss": "demo-key", "sub": "demo-key", "aud": b.Issuer(),
		"exp": unix(b.clock.Now().Add(time.Minute)), "jti": "1"})
	if a := b.postAsserted("/token", mine, "grant_type", grantClientCredentials); a.Status != 200 {
		t.Errorf("with the key: %d %s", a.Status, a.Body)
	}
	wantError(t, b.json("POST", "/demo/clients/nobody", `{}`, ""), 404, "not_found")
	b.faultRequest(t, "POST", "/demo/clients/demo-key", `{}`, 403, "Origin", "http://evil.example")
}

func TestClientsByTheirMetadataDocument(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	id := b.Issuer() + ownDocument
	q := b.authorizeWith("client_id", id).location(t).Query()
	a := b.redeem("demo-public", q.Get("code"), "client_id", id)
	if a.Status == 200 {
		t.Error("redeemed by another client")
	}
	v := form("grant_type", grantAuthorizationCode, "client_id", id, "code", b.authorizeWith("client_id",
		id).location(t).Query().Get("code"),
		"redirect_uri", testRedirect, "code_verifier", testVerifier)
	set := b.post("/token", v).json(t)
	if claims := decodeClaims(str(set, "id_token")); claims["aud"] != id {
		t.Errorf("got %v", set)
	}
	served := map[string]string{}
	host := newDocumentHost(t, served)
	served["/good"] = `{"client_id":"` + host + `/good","client_name":"Good","redirect_uris":["` + testRedirect + `"]}`
	served["/lying"] = `{"client_id":"` + host + `/good","redirect_uris":["` + testRedirect + `"]}`
	served["/secret"] = `{"client_id":"` + host + `/secret","client_secret":"x","redirect_uris":["` + testRedirect +
		`"]}`
	served["/big"] = `{"client_id":"` + host + `/big","redirect_uris":["` + testRedirect + `"],"x":"` +
		strings.Repeat("x", maxDocument) + `"}`
	for path, want := range map[string]string{"/lying": "its client_id is", "/secret": "cannot share a secret",
		"/big": "bigger than", "/missing": "returned 404", "/": "no path", "/../x": "dots"} {
		if a := b.authorizeWith("client_id", host+path); !strings.Contains(a.Body, want) {
			t.Errorf("%s: %s, want %q in it", path, a.Body, want)
		}
	}
	if a := b.authorizeWith("client_id", "https://app.example/client.json"); !strings.Contains(a.Body,
		"on this machine alone") {
		t.Errorf("elsewhere: %s", a.Body)
	}
	for path, want := range map[string]int{"/good": 303, "/lying": 400, "/secret": 400, "/big": 400, "/missing": 400,
		"": 400, "/": 400} {
		if a := b.authorizeWith("client_id", host+path); a.Status != want {
			t.Errorf("%s: %d, want %d", path, a.Status, want)
		}
	}
	if a := b.authorizeWith("client_id", "https://elsewhere.invalid/client.json"); a.Status != 400 {
		t.Errorf("elsewhere: %d", a.Status)
	}
}

func TestAnswersForTheClientAlone(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	set := b.redeem("demo-encrypted", b.code("client_id", "demo-encrypted")).json(t)
	private, err := jose.ParseKeySet([]byte(b.Description().Client("demo-encrypted").Keys.Reveal()))
	if err != nil {
		t.Fatal(err)
	}
	open := func(what, token string) map[string]any {
		t.Helper()
		d := jose.Decrypt(token, private, jose.DecryptOptions{})
		claims, why := b.keys.ownJWT(string(d.Plaintext))
		if why != "" || !slices.Contains(stringList(claims["aud"]), "demo-encrypted") {
			t.Fatalf("%s: %v %s, %s", what, claims, why, d.Reason)
		}
		return claims
	}
	if claims := open("id_token", str(set, "id_token")); claims["sub"] != "alice" {
		t.Errorf("id_token %v", claims)
	}
	a := b.call("GET", "/userinfo", str(set, "access_token"), "")
	if claims := open("userinfo", a.Body); claims["sub"] != "alice" ||
		a.Header.Get("Content-Type") != "application/jwt" {
		t.Errorf("userinfo %v as %s", claims, a.Header.Get("Content-Type"))
	}
}

func (b *bench) introspectSigned(token string) answer {
	r := b.formRequest("/introspect", form("token", token))
	c := b.Description().Client("demo-service")
	r.SetBasicAuth(c.ClientID, c.ClientSecret.Reveal())
	r.Header.Set("Accept", introspectionType)
	return b.do(r)
}

func TestIntrospectionAsAJWT(t *testing.T) {
	b := start(t, Config{})
	a := b.introspectSigned(str(b.tokensOf("bob", "openid"), "access_token"))
	claims, why := b.keys.ownJWT(a.Body)
	inner, _ := claims["token_introspection"].(map[string]any)
	if why != "" || a.Header.Get("Content-Type") != introspectionType || claims["aud"] != "demo-service" ||
		inner["active"] != true || inner["sub"] != "bob" ||
		decodePart(a.Body, 0)["typ"] != "token-introspection+jwt" {
		t.Errorf("got %v %s as %s", claims, why, a.Header.Get("Content-Type"))
	}
}

func TestAdjustingAClientLeavesOthersAsTheyAre(t *testing.T) {
	b := start(t, Config{})
	for _, body := range []string{`{"redirect_uris":["http://127.0.0.1/elsewhere"]}`,
		`{"redirect_uris":["http://127.0.0.1/rejected"],"grant_types":["no-such-grant"]}`} {
		b.json("POST", "/demo/clients/demo-par", body, "")
	}
	adjusted, _ := b.clients.get("demo-par")
	if want := []string{"http://127.0.0.1/elsewhere"}; !slices.Equal(adjusted.RedirectURIs, want) {
		t.Errorf("demo-par has %v, want %v: the second request is invalid", adjusted.RedirectURIs, want)
	}
	other, _ := b.clients.get("demo-public")
	if want := "http://127.0.0.1" + loopbackPaths[0]; other.RedirectURIs[0] != want {
		t.Errorf("the first redirect URI of demo-public is %s, want %s", other.RedirectURIs[0], want)
	}
}
