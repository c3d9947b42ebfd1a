package demo

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

func TestCodeFlowGivesWhatWasAskedFor(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	a := b.redeem("demo-public", b.code("scope", "openid profile email offline_access api:read api:admin", "max_age",
		"60"))
	set := a.json(t)
	if a.Status != 200 || a.Header.Get("Cache-Control") != "no-store" || set["token_type"] != "Bearer" ||
		set["expires_in"] != 120.0 {
		t.Errorf("got %d %v %s", a.Status, a.Header, a.Body)
	}
	if want := "openid profile email offline_access api:read"; set["scope"] != want {
		t.Errorf("scope %v, want %s: nobody gets %s", set["scope"], want, scopeAdmin)
	}
	now := float64(b.clock.Now().Unix())
	id := decodeClaims(str(set, "id_token"))
	hash, err := jose.HalfHash("ES256", str(set, "access_token"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"iss": b.Issuer(), "sub": "alice", "aud": "demo-public", "nonce": testNonce,
		"iat": now, "auth_time": now,
		"exp": now + idTokenLifetime.Seconds(), "acr": acrPassword, "at_hash": hash, "preferred_username": "alice",
		"email": "alice@demo.invalid"} {
		if id[name] != want {
			t.Errorf("id_token %s: %v, want %v", name, id[name], want)
		}
	}
	access := decodeClaims(str(set, "access_token"))
	for name, want := range map[string]any{"iss": b.Issuer(), "sub": "alice", "aud": b.API(),
		"client_id": "demo-public", "iat": now, "exp": now + 120,
		"scope": set["scope"], "auth_time": now, "acr": acrPassword} {
		if access[name] != want {
			t.Errorf("access token %s: %v, want %v", name, access[name], want)
		}
	}
	if header := decodePart(str(set, "access_token"), 0); header["typ"] != "at+jwt" || access["jti"] == "" {
		t.Errorf("access token header %v, jti %v (RFC 9068 2)", header, access["jti"])
	}
}

func TestIDTokensVerifyWithThePublishedKeys(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	keys, err := jose.ParseKeySet([]byte(b.get("/jwks").Body))
	if err != nil {
		t.Fatal(err)
	}
	for id, alg := range map[string]string{"demo-public": "ES256", "demo-rs256": "RS256", "demo-eddsa": "EdDSA"} {
		token := str(b.redeem(id, b.code("client_id", id)).json(t), "id_token")
		if r := jose.Verify(token, keys, jose.VerifyOptions{}); r.Verdict != tokens.Good || r.Alg != alg {
			t.Errorf("%s: %s %s %s, want good %s", id, r.Verdict, r.Alg, r.Reason, alg)
		}
	}
}

func TestNoOpenIDScopeNoIDToken(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	if set := b.tokens("scope", "api:read"); set["id_token"] != nil || set["refresh_token"] == nil {
		t.Errorf("got %v", set)
	}
	if set := b.tokens("scope", ""); set["scope"] != defaultScope {
		t.Errorf("without a scope: %v, want %s", set["scope"], defaultScope)
	}
}

func TestCodeRefusals(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	for name, test := range map[string]struct {
		client string
		change []string
		want   string
	}{
		"no code":        {"demo-public", []string{"code", ""}, "invalid_request"},
		"unknown code":   {"demo-public", []string{"code", "x"}, "invalid_grant"},
		"another client": {"demo-service", nil, "invalid_grant"},
		"other redirect_uri": {"demo-public", []string{"redirect_uri", "http://127.0.0.1:1/callback"},
			"invalid_grant"},
		"no redirect_uri":      {"demo-public", []string{"redirect_uri", ""}, "invalid_grant"},
		"no verifier":          {"demo-public", []string{"code_verifier", ""}, "invalid_grant"},
		"wrong verifier":       {"demo-public", []string{"code_verifier", strings.Repeat("x", 43)}, "invalid_grant"},
		"short verifier":       {"demo-public", []string{"code_verifier", "short"}, "invalid_grant"},
		"unknown resource":     {"demo-public", []string{"resource", "https://elsewhere.invalid"}, "invalid_target"},
		"no grant_type":        {"demo-public", []string{"grant_type", ""}, "invalid_request"},
		"unknown grant_type":   {"demo-public", []string{"grant_type", "urn:x"}, "unsupported_grant_type"},
		"a grant not for it":   {"demo-public", []string{"grant_type", grantClientCredentials}, "unauthorized_client"},
		"an unknown client ID": {"nobody", nil, "invalid_client"},
	} {
		code := b.code()
		a := b.redeem(test.client, code, test.change...)
		status := 400
		if test.want == "invalid_client" {
			status = 401
		}
		wantError(t, a, status, test.want)
		if t.Failed() {
			t.Fatalf("in %q", name)
		}
		if a := b.redeem("demo-public", code); a.Status != 200 {
			t.Errorf("%s: the refusal spent the code: %s", name, a.Body)
		}
	}
}

func TestAVerifierWithoutAChallengeIsRefused(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	code := b.code("client_id", "demo-service", "code_challenge", "", "code_challenge_method", "")
	wantError(t, b.redeem("demo-service", code), 400, "invalid_grant")
}

func TestACodeExpires(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	early, late := b.code(), b.code()
	b.clock.Advance(codeLifetime - time.Second)
	if a := b.redeem("demo-public", early); a.Status != 200 {
		t.Errorf("a second before: %s", a.Body)
	}
	b.clock.Advance(time.Second)
	wantError(t, b.redeem("demo-public", late), 400, "invalid_grant")
}

func TestACodeUsedTwiceRevokesWhatItBought(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	code := b.code()
	set := b.redeem("demo-public", code).json(t)
	b.clock.Advance(2 * codeLifetime) // also when the thief is late
	wantError(t, b.redeem("demo-public", code), 400, "invalid_grant")
	wantError(t, b.refreshWith(str(set, "refresh_token")), 400, "invalid_grant")
	if a := b.get("/api/me"); a.Status != 401 {
		t.Errorf("no token: %d", a.Status)
	}
	if a := b.call("GET", "/api/me", str(set, "access_token"), ""); a.Status != 401 {
		t.Errorf("the access token still works: %s", a.Body)
	}
}

func TestOneCodeManyRequestsOneWinner(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	code := b.code()
	var wg sync.WaitGroup
	results := make([]answer, 16)
	for i := range results {
		wg.Add(1)
		go func() {
			defer wg.Done()
			results[i] = b.redeem("demo-public", code)
		}()
	}
	wg.Wait()
	won := 0
	for _, a := range results {
		if a.Status == 200 {
			won++
			if r := b.refreshWith(str(a.json(t), "refresh_token")); r.Status == 200 {
				t.Error("the winner's refresh token outlived the reuse")
			}
		}
	}
	if won > 1 {
		t.Errorf("%d requests got tokens for one code, want at most 1", won)
	}
}

func TestClientAuthentication(t *testing.T) {
	b := start(t, Config{})
	d := b.Description()
	service, post := d.Client("demo-service").ClientSecret.Reveal(), d.Client("demo-post").ClientSecret.Reveal()
	basic := func(user, password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	}
	for name, test := range map[string]struct {
		authorization string
		body          []string
		status        int
		want          string
	}{
		"basic":                  {basic("demo-service", service), nil, 200, ""},
		"basic, form-encoded":    {basic("demo%2Dservice", service), nil, 200, ""},
		"basic in small letters": {"basic" + basic("demo-service", service)[5:], nil, 200, ""},
		"basic and the same client_id": {basic("demo-service", service), []string{"client_id", "demo-service"}, 200,
			""},
		"post":                {"", []string{"client_id", "demo-post", "client_secret", post}, 200, ""},
		"wrong secret":        {basic("demo-service", "wrong"), nil, 401, "invalid_client"},
		"empty secret":        {basic("demo-service", ""), nil, 401, "invalid_client"},
		"unknown client":      {basic("nobody", service), nil, 401, "invalid_client"},
		"not base64":          {"Basic %%%", nil, 401, "invalid_client"},
		"not form-encoded":    {basic("demo-service", "%zz"), nil, 401, "invalid_client"},
		"nothing at all":      {"", nil, 401, "invalid_client"},
		"the secret left out": {"", []string{"client_id", "demo-service"}, 401, "invalid_client"},
		"post, registered for basic": {"", []string{"client_id", "demo-service", "client_secret", service}, 401,
			"invalid_client"},
		"basic, registered for post": {basic("demo-post", post), nil, 401, "invalid_client"},
		"a secret from a public client": {"", []string{"client_id", "demo-public", "client_secret", "x"}, 401,
			"invalid_client"},
		"basic from a public client": {basic("demo-public", ""), nil, 401, "invalid_client"},
		"basic and post": {basic("demo-service", service), []string{"client_secret", service}, 400,
			"invalid_request"},
		"basic and another client_id": {basic("demo-service", service), []string{"client_id", "demo-post"}, 400,
			"invalid_request"},
		"a public client for itself":      {"", []string{"client_id", "demo-public"}, 400, "unauthorized_client"},
		"credentials of another's making": {basic("demo-service", post), nil, 401, "invalid_client"},
	} {
		r := b.request("POST", "/token", form(append([]string{"grant_type", grantClientCredentials},
			test.body...)...).Encode())
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if test.authorization != "" {
			r.Header.Set("Authorization", test.authorization)
		}
		a := b.do(r)
		if a.Status != test.status || str(a.json(t), "error") != test.want {
			t.Errorf("%s: %d %s, want %d %s", name, a.Status, a.Body, test.status, test.want)
		}
		if challenged := strings.HasPrefix(a.Header.Get("WWW-Authenticate"),
			"Basic "); challenged != (a.Status == 401) {
			t.Errorf("%s: %d with WWW-Authenticate %q", name, a.Status, a.Header.Get("WWW-Authenticate"))
		}
		if strings.Contains(a.Body, service) || strings.Contains(a.Body, post) {
			t.Errorf("%s: the response repeats a secret", name)
		}
	}
}

func TestTokenEndpointReadsTheBodyAlone(t *testing.T) {
	b := start(t, Config{})
	c := b.Description().Client("demo-service")
	r := b.request("POST", "/token?grant_type=client_credentials", "")
	r.SetBasicAuth(c.ClientID, c.ClientSecret.Reveal())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	wantError(t, b.do(r), 400, "invalid_request")

	r = b.request("POST", "/token", `{"grant_type":"client_credentials"}`)
	r.SetBasicAuth(c.ClientID, c.ClientSecret.Reveal())
	r.Header.Set("Content-Type", "application/json")
	wantError(t, b.do(r), 400, "invalid_request")

	r = b.request("POST", "/token", "grant_type=client_credentials&grant_type=client_credentials")
	r.SetBasicAuth(c.ClientID, c.ClientSecret.Reveal())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	wantError(t, b.do(r), 400, "invalid_request")
}

func TestClientCredentials(t *testing.T) {
	b := start(t, Config{})
	ask := func(changes ...string) answer {
		return b.postAs("demo-service", "/token", form(append([]string{"grant_type", grantClientCredentials},
			changes...)...))
	}
	set := ask("scope", "api:read api:write").json(t)
	if set["scope"] != "api:read api:write" || set["refresh_token"] != nil || set["id_token"] != nil {
		t.Errorf("got %v", set)
	}
	if claims := decodeClaims(str(set, "access_token")); claims["sub"] != "demo-service" ||
		claims["client_id"] != "demo-service" || claims["auth_time"] != nil {
		t.Errorf("claims %v", claims)
	}
	if set := ask().json(t); set["scope"] != defaultScope {
		t.Errorf("without a scope: %v", set)
	}
	wantError(t, ask("scope", "openid"), 400, "invalid_scope")
	wantError(t, ask("scope", "wings"), 400, "invalid_scope")
	wantError(t, ask("resource", "https://elsewhere.invalid"), 400, "invalid_target")
	if token := str(ask("resource", b.OpaqueResource()).json(t), "access_token"); strings.Contains(token, ".") {
		t.Errorf("the token for the opaque resource is not opaque: %s", token)
	}
}

func TestResources(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	both := authQuery()
	both["resource"] = []string{b.OpaqueResource(), b.API()}
	redeem := func(resources ...string) answer {
		t.Helper()
		code := b.get("/authorize?" + both.Encode()).location(t).Query().Get("code")
		v := form("grant_type", grantAuthorizationCode, "code", code, "redirect_uri", testRedirect, "code_verifier",
			testVerifier)
		v["resource"] = resources
		return b.postAs("demo-public", "/token", v)
	}
	if token := str(redeem().json(t), "access_token"); strings.Contains(token, ".") {
		t.Errorf("none asked for: %s, want one for the first resource, opaque", token)
	}
	set := redeem(b.API()).json(t)
	if aud := decodeClaims(str(set, "access_token"))["aud"]; aud != b.API() {
		t.Errorf("the API asked for: aud %v", aud)
	}
	wantError(t, redeem(b.API(), b.OpaqueResource()), 400, "invalid_target")
	// A refresh may ask for the other resource of the same grant (RFC 8707 2.2), and for no third one.
	again := b.refreshWith(str(set, "refresh_token"), "resource", b.OpaqueResource()).json(t)
	if strings.Contains(str(again, "access_token"), ".") {
		t.Errorf("the refresh for the opaque resource gave %v", again)
	}
	only := b.tokens("resource", b.API())
	wantError(t, b.refreshWith(str(only, "refresh_token"), "resource", b.OpaqueResource()), 400, "invalid_target")
}

func TestRefreshRotates(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	first := b.tokens()
	b.clock.Advance(time.Minute)
	second := b.refreshWith(str(first, "refresh_token")).json(t)
	if second["refresh_token"] == nil || second["refresh_token"] == first["refresh_token"] ||
		second["access_token"] == first["access_token"] {
		t.Errorf("not rotated: %v", second)
	}
	was, is := decodeClaims(str(first, "id_token")), decodeClaims(str(second, "id_token"))
	for _, same := range []string{"iss", "sub", "aud", "auth_time"} {
		if was[same] != is[same] {
			t.Errorf("%s changed from %v to %v (OpenID Connect Core 12.2)", same, was[same], is[same])
		}
	}
	if is["nonce"] != nil || is["iat"] == was["iat"] {
		t.Errorf("nonce %v, iat %v after %v", is["nonce"], is["iat"], was["iat"])
	}
	if a := b.call("GET", "/api/me", str(first, "access_token"), ""); a.Status != 200 {
		t.Errorf("the first access token ended with the refresh: %s", a.Body)
	}
}

func TestASpentRefreshTokenEndsTheFamily(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	first, other := b.tokens(), b.tokens()
	second := b.refreshWith(str(first, "refresh_token")).json(t)
	wantError(t, b.refreshWith(str(first, "refresh_token")), 400, "invalid_grant")
	wantError(t, b.refreshWith(str(second, "refresh_token")), 400, "invalid_grant")
	if a := b.call("GET", "/api/me", str(second, "access_token"), ""); a.Status != 401 {
		t.Errorf("the family's access token still works: %s", a.Body)
	}
	if a := b.refreshWith(str(other, "refresh_token")); a.Status != 200 {
		t.Errorf("another sign-in's refresh token ended too: %s", a.Body)
	}
}

func TestParallelRefreshesHaveOneWinnerAtMost(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	token := str(b.tokens(), "refresh_token")
	var wg sync.WaitGroup
	won := make([]bool, 16)
	for i := range won {
		wg.Add(1)
		go func() {
			defer wg.Done()
			won[i] = b.refreshWith(token).Status == 200
		}()
	}
	wg.Wait()
	if n := len(slices.DeleteFunc(won, func(w bool) bool { return !w })); n > 1 {
		t.Errorf("%d refreshes won with one token", n)
	}
}

func TestRefreshRefusals(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	token := str(b.tokens(), "refresh_token")
	wantError(t, b.refreshWith(""), 400, "invalid_request")
	wantError(t, b.refreshWith("unknown"), 400, "invalid_grant")
	wantError(t, b.postAs("demo-service", "/token", form("grant_type", grantRefreshToken, "refresh_token", token)), 400,
		"invalid_grant")
	wantError(t, b.refreshWith(token, "scope", "openid api:write"), 400, "invalid_scope")
	narrow := b.refreshWith(token, "scope", "openid").json(t)
	if narrow["scope"] != "openid" {
		t.Errorf("narrower: %v", narrow)
	}
	whole := b.refreshWith(str(narrow, "refresh_token")).json(t)
	if !strings.Contains(str(whole, "scope"), "api:read") {
		t.Errorf("the whole scope did not come back (RFC 6749 6): %v", whole["scope"])
	}
	b.clock.Advance(refreshLifetime)
	wantError(t, b.refreshWith(str(whole, "refresh_token")), 400, "invalid_grant")
}

func TestErrorDescriptionsKeepToTheirCharacters(t *testing.T) {
	b := start(t, Config{})
	a := b.post("/token", form("client_id", "a\"b\\c\nd\x1b[31m\u202eé"))
	description := str(a.json(t), "error_description")
	if strings.IndexFunc(description, func(r rune) bool { return r < 0x20 || r > 0x7e || r == '"' || r == '\\' }) >= 0 {
		t.Errorf("error_description %q (RFC 6749 5.2)", description)
	}
}

func TestASlowAnswerEndsWithTheClient(t *testing.T) {
	waiting := make(chan time.Duration, 1)
	b := start(t, Config{Faults: []string{faultSlowAnswer}, Wait: waitUntilDone(waiting)})
	b.http.Timeout = 50 * time.Millisecond
	r := b.request("POST", "/token", form("grant_type", grantClientCredentials, "client_id", "demo-public").Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if a, err := b.try(r); err == nil {
		t.Errorf("answered %d at once", a.Status)
	}
	if got := <-waiting; got != slowResponseDelay {
		t.Errorf("waited for %s, want %s", got, slowResponseDelay)
	}
}

func TestWaitEndsWithItsTimeOrItsContext(t *testing.T) {
	if err := wait(context.Background(), 0); err != nil {
		t.Errorf("no time at all: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := wait(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
}

func TestParallelFlows(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	jar := b.http.Jar
	b.http.Jar = nil
	defer func() { b.http.Jar = jar }()
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			set := b.tokens() // a failure in here ends this goroutine and the test
			if set = b.refreshWith(str(set, "refresh_token")).json(t); set["access_token"] == nil {
				t.Errorf("flow %d: %v", i, set)
			}
			b.call("POST", "/api/orders", str(set, "access_token"), `{"item":"x","quantity":1}`)
			b.call("GET", "/api/orders", str(set, "access_token"), "")
			b.postAs("demo-service", "/introspect", form("token", str(set, "access_token")))
			if err := b.SetFault(faultSlowDown, i%2 == 0); err != nil {
				t.Error(err)
			}
			b.get("/.well-known/openid-configuration")
			b.postAs("demo-public", "/revoke", form("token", str(set, "refresh_token")))
		}()
	}
	wg.Wait()
}

func TestUnsupportedHTTPRequests(t *testing.T) {
	b := start(t, Config{})
	r := b.request("POST", "/token", "%%%")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if a := b.do(r); a.Status != http.StatusBadRequest {
		t.Errorf("a body that is no form: %d %s", a.Status, a.Body)
	}
}
