package demo

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"fob/tokens/jose"
)

// grant asks the token endpoint as demo-service.
func (b *bench) grant(grantType string, pairs ...string) answer {
	return b.postAs("demo-service", "/token", form(append([]string{"grant_type", grantType}, pairs...)...))
}

// tokensOf are tokens of a user, for demo-service.
func (b *bench) tokensOf(name, scope string) map[string]any {
	b.t.Helper()
	a := b.postAs("demo-service", "/token", form("grant_type", grantJWTBearer, "assertion", b.assertion(name, nil),
		"scope", scope))
	if a.Status != 200 {
		b.t.Fatalf("tokens of %s: %d %s", name, a.Status, a.Body)
	}
	return a.json(b.t)
}

// assertion is a JWT about a user that demo-service signs with its secret, with changes; nil drops a claim.
func (b *bench) assertion(sub string, changes map[string]any) string {
	b.t.Helper()
	claims := map[string]any{"iss": "demo-service", "sub": sub, "aud": b.Issuer(),
		"exp": unix(b.clock.Now().Add(time.Minute)), "jti": randomToken()}
	for name, v := range changes {
		if claims[name] = v; v == nil {
			delete(claims, name)
		}
	}
	payload, _ := json.Marshal(claims)
	secret := b.Description().Client("demo-service").ClientSecret.Reveal()
	token, err := jose.Sign(payload, jose.Header{"alg": "HS256", "typ": "JWT"}, jose.SecretKey([]byte(secret)))
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

func TestPasswordGrant(t *testing.T) {
	b := start(t, Config{})
	set := b.grant(grantPassword, "username", "bob", "password", Password, "scope", "openid offline_access").json(t)
	if decodeClaims(str(set, "id_token"))["sub"] != "bob" || str(set, "refresh_token") == "" {
		t.Errorf("got %v", set)
	}
	wantError(t, b.grant(grantPassword, "username", "bob", "password", "wrong"), 400, "invalid_grant")
	wantError(t, b.grant(grantPassword, "username", "nobody", "password", Password), 400, "invalid_grant")
	wantError(t, b.grant(grantPassword, "username", "bob"), 400, "invalid_request")
	wantError(t, b.grant(grantPassword, "username", "support", "password", Password), 400, "interaction_required")
}

func TestJWTBearer(t *testing.T) {
	b := start(t, Config{})
	used := b.assertion("bob", nil)
	if m := b.grant(grantJWTBearer, "assertion", used, "scope", "openid").json(t); decodeClaims(str(m,
		"id_token"))["sub"] != "bob" {
		t.Errorf("got %v", m)
	}
	byKey := b.signAs("demo-jar", "JWT", map[string]any{"iss": "demo-jar", "sub": "bob",
		"aud": []string{b.Issuer() + "/token"}, "exp": unix(b.clock.Now().Add(time.Minute))})
	if a := b.grant(grantJWTBearer, "assertion", byKey); a.Status != 200 {
		t.Errorf("signed with a registered key, for the token endpoint: %d %s", a.Status, a.Body)
	}
	for name, assertion := range map[string]string{
		"used before": used, "of an unknown user": b.assertion("nobody", nil), "another audience": b.assertion("bob",
			map[string]any{"aud": "x"}),
		"no audience": b.assertion("bob", map[string]any{"aud": nil}), "no expiry": b.assertion("bob",
			map[string]any{"exp": nil}),
		"expired": b.assertion("bob", map[string]any{"exp": unix(b.clock.Now())}), "too long": b.assertion("bob",
			map[string]any{"exp": unix(b.clock.Now().Add(2 * time.Hour))}),
		"not yet":        b.assertion("bob", map[string]any{"nbf": unix(b.clock.Now().Add(time.Minute))}),
		"unknown issuer": b.assertion("bob", map[string]any{"iss": "nobody"}), "another's key": b.assertion("bob",
			map[string]any{"iss": "demo-jar"}),
		"corrupted": corrupted(t, b.assertion("bob", nil)), "no JWT": "x", "no subject": b.assertion("bob",
			map[string]any{"sub": nil}),
	} {
		if a := b.grant(grantJWTBearer, "assertion", assertion); a.Status != 400 ||
			str(a.json(t), "error") != "invalid_grant" {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	wantError(t, b.grant(grantJWTBearer), 400, "invalid_request")
}

func TestSAML2Bearer(t *testing.T) {
	b := start(t, Config{})
	good := newSAML(b.Issuer(), b.clock.Now(), "bob", b.Issuer(), b.clock.Now().Add(time.Minute))
	m := b.grant(grantSAML2Bearer, "assertion", good, "scope", "openid").json(t)
	if decodeClaims(str(m, "id_token"))["sub"] != "bob" || !strings.Contains(str(m, "demo_note"), "not verified") {
		t.Errorf("got %v", m)
	}
	text, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	change := func(old, with string) string {
		if !strings.Contains(string(text), old) {
			t.Fatalf("no %s in %s", old, text)
		}
		return base64.RawURLEncoding.EncodeToString([]byte(strings.ReplaceAll(string(text), old, with)))
	}
	for name, assertion := range map[string]string{
		"another audience": newSAML(b.Issuer(), b.clock.Now(), "bob", "https://elsewhere.invalid",
			b.clock.Now().Add(time.Minute)),
		"expired":           newSAML(b.Issuer(), b.clock.Now(), "bob", b.Issuer(), b.clock.Now()),
		"nobody":            newSAML(b.Issuer(), b.clock.Now(), "nobody", b.Issuer(), b.clock.Now().Add(time.Minute)),
		"another recipient": change("/token\"", "/other\""),
		"SAML 1.1":          change("SAML:2.0:assertion", "SAML:1.0:assertion"), "no bearer": change("cm:bearer",
			"cm:sender-vouches"),
		"not XML": "bm90IHhtbA", "not base64url": "%%%", "no end": change("NotOnOrAfter", "Later"),
		"no ID": change(` ID="`, ` Id="`),
	} {
		if a := b.grant(grantSAML2Bearer, "assertion", assertion); a.Status != 400 ||
			str(a.json(t), "error") != "invalid_grant" {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
}

func (b *bench) exchange(pairs ...string) answer { return b.grant(grantTokenExchange, pairs...) }

func TestExchangeReadsEveryKindOfSubject(t *testing.T) {
	b := start(t, Config{})
	set := b.tokensOf("bob", "openid offline_access api:read api:write")
	for typ, token := range map[string]string{
		typeAccessToken: str(set, "access_token"), typeRefreshToken: str(set, "refresh_token"),
		typeIDToken: str(set, "id_token"),
		typeJWT:     b.assertion("bob", nil), typeSAML2: newSAML(b.Issuer(), b.clock.Now(), "bob", b.Issuer(),
			b.clock.Now().Add(time.Minute)),
	} {
		a := b.exchange("subject_token", token, "subject_token_type", typ, "scope", "api:read")
		if a.Status != 200 {
			t.Errorf("%s: %d %s", typ, a.Status, a.Body)
			continue
		}
		m := a.json(t)
		if c := decodeClaims(str(m, "access_token")); c["sub"] != "bob" || c["act"] != nil ||
			m["issued_token_type"] != typeAccessToken || m["scope"] != "api:read" || m["id_token"] != nil {
			t.Errorf("%s: %v, claims %v", typ, m, c)
		}
		if a := b.exchange("subject_token", corrupted(t, str(set, "id_token")), "subject_token_type",
			typ); a.Status != 400 || str(a.json(t), "error") != "invalid_request" {
			t.Errorf("%s: a bad one: %d %s", typ, a.Status, a.Body)
		}
	}
	wantError(t, b.exchange("subject_token", "x", "subject_token_type", typeSAML1), 400, "invalid_request")
	wantError(t, b.exchange("subject_token", "x"), 400, "invalid_request")
	wantError(t, b.exchange("subject_token", str(set, "access_token"), "subject_token_type", typeAccessToken,
		"actor_token_type", typeJWT), 400, "invalid_request")
	wantError(t, b.exchange("subject_token", str(b.tokensOf("bob", "api:read"), "access_token"), "subject_token_type",
		typeAccessToken, "scope", "api:write"), 400, "invalid_scope")
}

func TestExchangeIssuesEveryKindOfToken(t *testing.T) {
	b := start(t, Config{})
	subject := str(b.tokensOf("bob", "openid offline_access api:read"), "access_token")
	ask := func(typ string) map[string]any {
		a := b.exchange("subject_token", subject, "subject_token_type", typeAccessToken, "requested_token_type", typ)
		if a.Status != 200 {
			t.Errorf("%s: %d %s", typ, a.Status, a.Body)
		}
		return a.json(t)
	}
	for typ, tokenType := range map[string]string{typeAccessToken: "Bearer", typeJWT: "Bearer", typeRefreshToken: "N_A",
		typeIDToken: "N_A", typeSAML2: "N_A"} {
		if m := ask(typ); m["issued_token_type"] != typ || m["token_type"] != tokenType {
			t.Errorf("%s: %v", typ, m)
		}
	}
	if a := b.grant(grantRefreshToken, "refresh_token", str(ask(typeRefreshToken), "access_token")); a.Status != 200 {
		t.Errorf("the refresh token: %d %s", a.Status, a.Body)
	}
	if claims, why := b.keys.ownJWT(str(ask(typeIDToken), "access_token")); why != "" ||
		claims["aud"] != "demo-service" {
		t.Errorf("the id_token: %v %s", claims, why)
	}
	if a := b.grant(grantSAML2Bearer, "assertion", str(ask(typeSAML2), "access_token")); a.Status != 200 {
		t.Errorf("the SAML assertion: %d %s", a.Status, a.Body)
	}
	wantError(t, b.exchange("subject_token", subject, "subject_token_type", typeAccessToken, "requested_token_type",
		typeSAML1), 400, "invalid_request")
}

func TestExchangeForSeveralAudiences(t *testing.T) {
	b := start(t, Config{})
	v := form("grant_type", grantTokenExchange, "subject_token", str(b.tokensOf("bob", "api:read"), "access_token"),
		"subject_token_type", typeAccessToken)
	v["resource"], v["audience"] = []string{b.API()}, []string{"demo-post", "demo-public"}
	m := b.postAs("demo-service", "/token", v).json(t)
	token := str(m, "access_token")
	if got := stringList(decodeClaims(token)["aud"]); strings.Join(got, " ") != b.API()+" demo-post demo-public" {
		t.Errorf("aud %v", got)
	}
	if a := b.call("GET", "/api/orders", token, ""); a.Status != 200 {
		t.Errorf("the API says %d %s", a.Status, a.Body)
	}
	for name, unknown := range map[string]url.Values{"audience": {"audience": {"nobody"}},
		"resource": {"resource": {"https://elsewhere.invalid"}}} {
		for k, values := range v {
			if unknown[k] == nil {
				unknown[k] = values
			}
		}
		if a := b.postAs("demo-service", "/token", unknown); str(a.json(t), "error") != "invalid_target" {
			t.Errorf("an unknown %s: %s", name, a.Body)
		}
	}
}

func TestExchangeSaysWhoActs(t *testing.T) {
	b := start(t, Config{})
	token := func(name string) string { return str(b.tokensOf(name, "openid api:read"), "access_token") }
	ask := func(subject, actor string) answer {
		return b.exchange("subject_token", subject, "subject_token_type", typeAccessToken, "actor_token", actor,
			"actor_token_type", typeAccessToken)
	}
	once := ask(token("alice"), token("support")).json(t)
	act, _ := decodeClaims(str(once, "access_token"))["act"].(map[string]any)
	if act["sub"] != "support" {
		t.Fatalf("act %v in %v", act, once)
	}
	if m := b.call("GET", "/api/me", str(once, "access_token"), "").json(t); m["sub"] != "alice" || m["act"] == nil {
		t.Errorf("the API sees %v", m)
	}
	twice := ask(str(once, "access_token"), token("support")).json(t)
	act, _ = decodeClaims(str(twice, "access_token"))["act"].(map[string]any)
	before, _ := act["act"].(map[string]any)
	if act["sub"] != "support" || before["sub"] != "support" {
		t.Errorf("the chain is %v", act)
	}
	wantError(t, ask(token("alice"), token("bob")), 400, "invalid_request")
	if m := decodeClaims(token("alice"))["may_act"].(map[string]any); m["sub"] != "support" {
		t.Errorf("alice's may_act: %v", m)
	}
	if a := ask(token("bob"), token("alice")); a.Status != 200 {
		t.Errorf("for bob anybody may act: %d %s", a.Status, a.Body)
	}
}
