package demo

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"fob/tokens/jose"
)

// push pushes a request of a client and returns the request_uri.
func (b *bench) push(clientID string, v url.Values) string {
	b.t.Helper()
	a := b.postAs(clientID, "/par", v)
	if a.Status != 201 {
		b.t.Fatalf("pushing: %d %s", a.Status, a.Body)
	}
	return str(a.json(b.t), "request_uri")
}

func (b *bench) authorizePushed(clientID, requestURI string) answer {
	return b.get("/authorize?" + form("client_id", clientID, "request_uri", requestURI).Encode())
}

func TestPushedRequests(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	uri := b.push("demo-par", authQuery("client_id", "demo-par"))
	q := b.authorizePushed("demo-par", uri).location(t).Query()
	if q.Get("code") == "" || q.Get("state") != testState {
		t.Fatalf("got %v", q)
	}
	if a := b.redeem("demo-par", q.Get("code")); a.Status != 200 {
		t.Errorf("redeeming: %d %s", a.Status, a.Body)
	}
	t.Run("once", func(t *testing.T) {
		if q := b.authorizePushed("demo-par", uri).location(t).Query(); q.Get("error") != "invalid_request_uri" ||
			q.Get("state") != testState {
			t.Errorf("the second time: %v", q)
		}
	})
	t.Run("for a minute", func(t *testing.T) {
		uri := b.push("demo-par", authQuery("client_id", "demo-par"))
		b.clock.Advance(pushedLifetime)
		if q := b.authorizePushed("demo-par", uri).location(t).Query(); q.Get("error") != "invalid_request_uri" {
			t.Errorf("after a minute: %v", q)
		}
	})
	t.Run("by its client alone", func(t *testing.T) {
		uri := b.push("demo-par", authQuery("client_id", "demo-par"))
		if a := b.authorizePushed("demo-public", uri); a.Status != 400 || !strings.Contains(a.Body, "invalid_request") {
			t.Errorf("another client's: %d", a.Status)
		}
	})
	t.Run("required", func(t *testing.T) {
		if q := b.authorizeWith("client_id", "demo-par").location(t).Query(); q.Get("error") != "invalid_request" {
			t.Errorf("not pushed: %v", q)
		}
	})
	t.Run("judged at once", func(t *testing.T) {
		wantError(t, b.postAs("demo-par", "/par", authQuery("scope", "wings")), 400, "invalid_scope")
		wantError(t, b.postAs("demo-par", "/par", authQuery("redirect_uri", "https://evil.example/")), 400,
			"invalid_request")
		wantError(t, b.postAs("demo-par", "/par", authQuery("request_uri", uri)), 400, "invalid_request")
	})
	t.Run("a proof binds the code", func(t *testing.T) {
		p := newProver(t)
		p.now = b.clock.Now
		r := b.formRequest("/par", authQuery())
		r.Header.Set("DPoP", p.proof("POST", b.Issuer()+"/par", "", ""))
		uri := str(b.do(r).json(t), "request_uri")
		code := b.authorizePushed("demo-public", uri).location(t).Query().Get("code")
		wantError(t, b.redeem("demo-public", code), 400, "invalid_grant")
	})
}

// object is a request object of demo-jar, with changes; a nil value drops a claim.
func (b *bench) object(changes map[string]any) string {
	claims := map[string]any{"iss": "demo-jar", "aud": b.Issuer(), "exp": unix(b.clock.Now().Add(time.Minute))}
	for name, v := range authQuery("client_id", "demo-jar") {
		claims[name] = v[0]
	}
	for name, v := range changes {
		if claims[name] = v; v == nil {
			delete(claims, name)
		}
	}
	return b.signAs("demo-jar", "oauth-authz-req+jwt", claims)
}

// authorizeObject sends a request object by value, with what RFC 9101 5 wants beside it.
func (b *bench) authorizeObject(object string) answer {
	return b.get("/authorize?" + form("client_id", "demo-jar", "response_type", "code", "scope", "openid",
		"redirect_uri", testRedirect, "request", object).Encode())
}

func TestRequestObjects(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	keys, err := b.keys.public()
	if err != nil {
		t.Fatal(err)
	}
	var toServer jose.Key
	for _, k := range keys.Keys() {
		if k.Use() == "enc" {
			toServer = k
		}
	}
	encrypted, err := jose.Encrypt([]byte(b.object(nil)), jose.Header{"alg": encryptionAlg, "enc": "A256GCM",
		"cty": "oauth-authz-req+jwt"}, toServer)
	if err != nil {
		t.Fatal(err)
	}
	for name, object := range map[string]string{
		"signed": b.object(nil), "signed and encrypted": encrypted, "a number": b.object(map[string]any{"max_age": 60}),
		"several resources": b.object(map[string]any{"resource": []string{b.API(), b.OpaqueResource()}}),
	} {
		if q := b.authorizeObject(object).location(t).Query(); q.Get("code") == "" || q.Get("state") != testState {
			t.Errorf("%s: %v", name, q)
		}
	}
	for name, object := range map[string]string{
		"another's client_id": b.object(map[string]any{"client_id": "demo-public"}),
		"no client_id":        b.object(map[string]any{"client_id": nil}),
		"another's iss":       b.object(map[string]any{"iss": "x"}),
		"another's aud":       b.object(map[string]any{"aud": "x"}),
		"expired":             b.object(map[string]any{"exp": 1}),
		"not yet":             b.object(map[string]any{"nbf": unix(b.clock.Now().Add(time.Hour))}),
		"nested":              b.object(map[string]any{"request": "x"}),
		"corrupted":           corrupted(t, b.object(nil)), "no JWT": "x",
		"not for us": "a.b.c.d.e",
	} {
		if q := b.authorizeObject(object).location(t).Query(); q.Get("error") != "invalid_request_object" {
			t.Errorf("%s: %v, want invalid_request_object", name, q)
		}
	}
	if q := b.authorizeWith("client_id", "demo-jar").location(t).Query(); q.Get("error") != "invalid_request" {
		t.Errorf("without one: %v", q)
	}
	uri := b.push("demo-jar", form("client_id", "demo-jar", "request", b.object(nil)))
	if q := b.authorizePushed("demo-jar", uri).location(t).Query(); q.Get("code") == "" {
		t.Errorf("pushed: %v", q)
	}
	wantError(t, b.postAs("demo-jar", "/par", authQuery()), 400, "invalid_request")
}

func TestResponsesInAJWT(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	check := func(mode, token string) {
		t.Helper()
		claims, why := b.keys.ownJWT(token)
		if why != "" || claims["aud"] != "demo-public" || claims["state"] != testState || str(claims, "code") == "" {
			t.Errorf("%s: %v %s", mode, claims, why)
		}
	}
	check("jwt", b.authorizeWith("response_mode", "jwt").location(t).Query().Get("response"))
	check("query.jwt", b.authorizeWith("response_mode", "query.jwt").location(t).Query().Get("response"))
	check("form_post.jwt", formFields(b.authorizeWith("response_mode", "form_post.jwt").Body)["response"])
	u := b.authorizeWith("response_mode", "fragment.jwt").location(t)
	fragment, _ := url.ParseQuery(u.EscapedFragment())
	check("fragment.jwt", fragment.Get("response"))
	if fragment.Has("code") || fragment.Has("iss") || fragment.Has("state") {
		t.Errorf("more than the response: %v", fragment)
	}
	if claims := decodeClaims(b.authorizeWith("response_mode", "jwt", "scope",
		"wings").location(t).Query().Get("response")); claims["error"] != "invalid_scope" {
		t.Errorf("an error: %v", claims)
	}
}

// front runs the authorization request of demo-implicit and returns what its fragment holds.
func (b *bench) front(changes ...string) url.Values {
	b.t.Helper()
	u := b.authorizeWith(append([]string{"client_id", "demo-implicit"}, changes...)...).location(b.t)
	if u.RawQuery != "" {
		b.t.Fatalf("something came in the query: %s", u)
	}
	q, err := url.ParseQuery(u.EscapedFragment())
	if err != nil {
		b.t.Fatal(err)
	}
	return q
}

func TestEveryResponseType(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	for _, responseType := range responseTypes {
		if responseType == "code" || responseType == "none" {
			continue
		}
		q := b.front("response_type", responseType)
		for member, word := range map[string]string{"code": "code", "access_token": "token", "id_token": "id_token"} {
			if q.Has(member) != hasWord(responseType, word) {
				t.Errorf("%s: %s is there: %v", responseType, member, q.Has(member))
			}
		}
		if !q.Has("id_token") {
			continue
		}
		claims, why := b.keys.ownJWT(q.Get("id_token"))
		if why != "" || claims["nonce"] != testNonce {
			t.Errorf("%s: id_token %v %s", responseType, claims, why)
		}
		for name, of := range map[string]string{"at_hash": q.Get("access_token"), "c_hash": q.Get("code"),
			"s_hash": testState} {
			want, _ := jose.HalfHash("ES256", of)
			if got := str(claims, name); of == "" && got != "" || of != "" && got != want {
				t.Errorf("%s: %s %q, want %q", responseType, name, got, want)
			}
		}
		if q.Has("access_token") {
			if a := b.call("GET", "/api/me", q.Get("access_token"), ""); a.Status != 200 {
				t.Errorf("%s: the API says %d", responseType, a.Status)
			}
		}
		if q.Has("code") {
			if a := b.redeem("demo-implicit", q.Get("code")); a.Status != 200 {
				t.Errorf("%s: redeeming: %d %s", responseType, a.Status, a.Body)
			}
		}
	}
	if q := b.authorizeWith("response_type", "none").location(t).Query(); q.Has("code") ||
		q.Get("state") != testState || q.Has("error") {
		t.Errorf("none: %v", q)
	}
	for name, changes := range map[string][]string{
		"no nonce":    {"response_type", "id_token", "nonce", ""},
		"no PKCE":     {"response_type", "code id_token", "code_challenge", "", "code_challenge_method", ""},
		"not allowed": {"response_type", "token", "client_id", "demo-public"},
	} {
		if q := b.front(changes...); !q.Has("error") || q.Has("access_token") || q.Has("id_token") {
			t.Errorf("%s: %v", name, q)
		}
	}
	if q := b.authorizeWith("client_id", "demo-implicit", "response_type", "token", "response_mode",
		"query").location(t); !strings.Contains(q.String(), "error=invalid_request") {
		t.Errorf("tokens in a query: %s", q)
	}
	if q := b.front("response_type", "token id_token code"); !q.Has("code") || !q.Has("id_token") {
		t.Errorf("another order of the words: %v", q)
	}
}
