package explain

import (
	"encoding/base64"
	"strings"
	"testing"

	"fob/flows/wire"
	"fob/tokens"
)

func post(endpoint, contentType, body string, header ...wire.Field) wire.Exchange {
	return wire.Exchange{Endpoint: endpoint, Purpose: endpoint, Request: wire.Message{Method: "POST",
		URL: "https://as.example/x", Body: body,
		Header: append([]wire.Field{{Name: "Content-Type", Value: contentType}}, header...)}}
}

func answered(endpoint, body string, header ...wire.Field) wire.Exchange {
	x := post(endpoint, "application/x-www-form-urlencoded", "")
	x.Response = &wire.Message{Status: 200, Body: body,
		Header: append([]wire.Field{{Name: "Content-Type", Value: "application/json"}}, header...)}
	return x
}

const formType = "application/x-www-form-urlencoded"

func row(t *testing.T, rows []Row, where, name string) Row {
	t.Helper()
	for _, r := range rows {
		if r.Where == where && r.Name == name {
			return r
		}
	}
	t.Fatalf("no row %s %s in %+v", where, name, rows)
	return Row{}
}

func TestAValueIsCheckedByTheRuleOfItsParameter(t *testing.T) {
	hash := strings.Repeat("a", 43)
	jwtText := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + ".e30.c2ln"
	for _, c := range []struct {
		name, value string
		want        tokens.Verdict
		note        string // a part of it
	}{
		{"response_type", "code", tokens.Good, ""},
		{"response_type", "id_token code", tokens.Good, ""},
		{"response_type", "code token", tokens.Good, "RFC 9700"},
		{"response_type", "Code", tokens.Bad, "combinations"},
		{"response_type", "code code", tokens.Bad, ""},
		{"response_mode", "form_post.jwt", tokens.Good, ""},
		{"response_mode", "post", tokens.Bad, "one of query"},
		{"redirect_uri", "http://127.0.0.1:1/cb", tokens.Good, ""},
		{"redirect_uri", "http://localhost:1/cb", tokens.Good, "::1"},
		{"redirect_uri", "http://app.example/cb", tokens.Good, "plain http"},
		{"redirect_uri", "myapp:/cb", tokens.Good, "domain name"},
		{"redirect_uri", "com.example.app:/cb", tokens.Good, ""},
		{"redirect_uri", "https://app.example/#cb", tokens.Bad, "fragment"},
		{"redirect_uri", "/cb", tokens.Bad, "absolute"},
		{"scope", "openid a:b", tokens.Good, ""},
		{"scope", "openid  a", tokens.Bad, "one space"},
		{"scope", `a"b`, tokens.Bad, "quotes"},
		{"scope", "é", tokens.Bad, "ASCII"},
		{"code_challenge", hash, tokens.Good, ""},
		{"code_challenge", hash[1:], tokens.Bad, "43 to 128"},
		{"code_challenge", hash + "+", tokens.Bad, "43 to 128"},
		{"code_challenge_method", "S256", tokens.Good, ""},
		{"code_challenge_method", "plain", tokens.Good, "use S256"},
		{"code_challenge_method", "s256", tokens.Bad, "S256"},
		{"code_verifier", "sha256:0badcafe 43 B", tokens.CannotTell, "its length is valid"},
		{"code_verifier", "sha256:0badcafe 42 B", tokens.Bad, "42 bytes"},
		{"code_verifier", "sha256:0badcafe 129 B", tokens.Bad, "129 bytes"},
		{"grant_type", "authorization_code", tokens.Good, ""},
		{"grant_type", "password", tokens.Good, "RFC 9700 2.4"},
		{"grant_type", "implicit", tokens.Bad, ""},
		{"grant_type", "code", tokens.Bad, "registered grant type"},
		{"grant_type", "urn:example:mine", tokens.Good, ""},
		{"subject_token_type", "urn:ietf:params:oauth:token-type:access_token", tokens.Good, ""},
		{"subject_token_type", "urn:ietf:params:oauth:token-type:accesstoken", tokens.Good, "not a registered"},
		{"subject_token_type", "access_token", tokens.Bad, "absolute URI"},
		{"resource", "https://api.example/a?b=c", tokens.Good, ""},
		{"resource", "https://api.example/#a", tokens.Bad, "fragment"},
		{"resource", "api", tokens.Bad, "absolute"},
		{"client_assertion", jwtText, tokens.Good, ""},
		{"client_assertion", "a.b", tokens.Bad, "JWT"},
		{"client_assertion", "sha256:0badcafe 400 B", tokens.CannotTell, "not recorded"},
		{"client_assertion_type", "jwt-bearer", tokens.Bad, "urn:"},
		{"request_uri", "urn:ietf:params:oauth:request_uri:abc", tokens.Good, ""},
		{"authorization_details", `[{"type":"a"}]`, tokens.Good, ""},
		{"authorization_details", `[{"kind":"a"}]`, tokens.Bad, "type"},
		{"authorization_details", `{"type":"a"}`, tokens.Bad, "array"},
		{"dpop_jkt", hash, tokens.Good, ""},
		{"dpop_jkt", hash + "=", tokens.Bad, "43"},
		{"prompt", "login consent", tokens.Good, ""},
		{"prompt", "none login", tokens.Bad, "alone"},
		{"prompt", "Login", tokens.Bad, ""},
		{"max_age", "0", tokens.Good, ""},
		{"max_age", "-1", tokens.Bad, "0 or more"},
		{"max_age", "1h", tokens.Bad, "whole number"},
		{"ui_locales", "fr-CA fr", tokens.Good, ""},
		{"ui_locales", "fr_CA", tokens.Bad, "BCP 47"},
		{"claims", `{"id_token":{}}`, tokens.Good, ""},
		{"claims", `email`, tokens.Bad, "JSON object"},
		{"token_type_hint", "access", tokens.Bad, "access_token"},
		{"state", "abc", tokens.Good, ""},
		{"state", "ä", tokens.Bad, "ASCII"},
		{"state", "", tokens.Bad, "omitted"},
		{"login_hint", "alice@example.com", "", ""},
		{"x_mine", "1", "", "your own parameter"},
	} {
		beside := "nonce=n&"
		for name, value := range map[string]string{"code_challenge": hash, "code_challenge_method": "S256"} {
			if name != c.name {
				beside += formOf(name, value) + "&"
			}
		}
		r := row(t, Exchange(post("par", formType, beside+formOf(c.name, c.value))), InBody, c.name)
		if r.Verdict != c.want || !strings.Contains(r.Note, c.note) || c.note == "" && c.want != tokens.Bad &&
			r.Note != "" {
			t.Errorf("%s=%s: got %q, %q; want %q with %q", c.name, c.value, r.Verdict, r.Note, c.want, c.note)
		}
	}
}

func formOf(name, value string) string {
	return name + "=" + strings.NewReplacer("%", "%25", "&", "%26", "+", "%2B", " ", "+", "#", "%23", ";",
		"%3B").Replace(value)
}

func TestAMemberOfAResponseIsCheckedByItsTypeToo(t *testing.T) {
	for _, c := range []struct {
		endpoint, name, json string
		want                 tokens.Verdict
		note                 string
	}{
		{"token", "expires_in", `3600`, tokens.Good, ""},
		{"token", "expires_in", `"3600"`, tokens.Bad, "received a string"},
		{"token", "expires_in", `-1`, tokens.Bad, "0 or more"},
		{"token", "token_type", `"bearer"`, tokens.Good, ""},
		{"token", "token_type", `"Baerer"`, tokens.Bad, "Bearer"},
		{"token", "access_token", `"sha256:0badcafe 812 B"`, "", ""},
		{"token", "id_token", `"sha256:0badcafe 812 B"`, tokens.CannotTell, ""},
		{"token", "scope", `["a","b"]`, tokens.Bad, "an array"},
		{"token", "scope", `null`, tokens.Bad, "null"},
		{"token", "sub", `"alice"`, "", ""},
		{"introspection", "active", `"true"`, tokens.Bad, "true or false"},
		{"introspection", "active", `false`, tokens.Good, "may not introspect"},
		{"introspection", "exp", `1795262400000`, tokens.Good, "milliseconds"},
		{"introspection", "exp", `1795262400`, tokens.Good, "Nov 2026"},
		{"registration", "client_secret_expires_at", `0`, tokens.Good, "does not expire"},
		{"registration", "redirect_uris", `"https://a.example"`, tokens.Bad, "an array"},
		{"device", "verification_uri", `"as.example/device"`, tokens.Bad, "https URL"},
		{"metadata", "issuer", `"https://as.example/?a=b"`, tokens.Bad, "without query"},
		{"metadata", "issuer", `"http://as.example"`, tokens.Good, "plain http"},
		{"metadata", "scopes_supported", `"openid"`, tokens.Bad, "an array"},
		{"metadata", "request_parameter_supported", `true`, tokens.Good, ""},
		{"token", "error", `"invalid_grant"`, tokens.Good, ""},
		{"token", "error_uri", `"docs"`, tokens.Bad, "absolute"},
	} {
		r := row(t, Exchange(answered(c.endpoint, `{"a": 1, "`+c.name+`": `+c.json+`}`)), InResponse, c.name)
		if r.Verdict != c.want || !strings.Contains(r.Note, c.note) || c.note == "" && r.Verdict == tokens.Good &&
			r.Note != "" {
			t.Errorf("%s %s: got %q, %q; want %q with %q", c.name, c.json, r.Verdict, r.Note, c.want, c.note)
		}
		if r.Meaning == "" || r.Spec == "" {
			t.Errorf("%s: nothing says what it is", c.name)
		}
	}
}

func TestParametersAreLookedAtTogether(t *testing.T) {
	s256 := "code_challenge=" + strings.Repeat("a", 43)
	for name, c := range map[string]struct {
		x    wire.Exchange
		at   string
		want tokens.Verdict
		note string
	}{
		"repeated": {post("token", formType, "scope=a&scope=b"), "scope", tokens.Bad, "repeated"},
		"resource may repeat": {post("token", formType, "resource=https://a.example&resource=https://b.example"),
			"resource", tokens.Good, ""},
		"plain by omission": {post("par", formType, s256), "code_challenge", tokens.Good, "it is plain"},
		"S256 of a wrong length": {post("par", formType, s256+"aa&code_challenge_method=S256"), "code_challenge",
			tokens.Bad, "43"},
		"a method without challenge": {post("par", formType, "code_challenge_method=S256"), "code_challenge_method",
			tokens.Bad, "code_challenge is missing"},
		"two authentications": {post("token", formType, "client_secret=hidden", wire.Field{Name: "Authorization",
			Value: "Basic base64(a:hidden)"}),
			"client_secret", tokens.Bad, "more than one way"},
		"no nonce": {post("par", formType, "response_type=id_token&state=a"), "response_type",
			tokens.Bad, "nonce"},
		"no PKCE": {post("par", formType, "response_type=code&state=a"), "response_type", tokens.Good,
			"code_challenge is missing"},
		"nothing binds it": {post("par", formType, "response_type=code"), "response_type", tokens.Good,
			"nothing in the request binds"},
		"id_token without openid": {post("par", formType, "response_type=id_token&nonce=a&scope=email"), "scope",
			tokens.Bad, "openid"},
		"all well": {post("par", formType,
			"response_type=code&state=a&code_challenge_method=S256&"+s256), "response_type", tokens.Good, ""},
		"a request object instead": {post("par", formType, "response_type=code&request=sha256:0badcafe+400+B"),
			"response_type", tokens.Good, ""},
	} {
		rows := Exchange(c.x)
		var r Row
		for _, candidate := range rows {
			if candidate.Name == c.at {
				r = candidate // the last, which is the one that repeats
			}
		}
		if r.Verdict != c.want || !strings.Contains(r.Note, c.note) || c.note == "" && r.Note != "" {
			t.Errorf("%s: got %q, %q; want %q with %q", name, r.Verdict, r.Note, c.want, c.note)
		}
	}
}

func TestHeaderFieldsAreExplainedByWhatTheyMeanToOAuth(t *testing.T) {
	x := post("token", "text/plain", "", wire.Field{Name: "authorization", Value: "DPoP sha256:0badcafe 812 B"},
		wire.Field{Name: "dpop", Value: "sha256:0badcafe 300 B"}, wire.Field{Name: "X-Other", Value: "1"})
	x.Response = &wire.Message{Status: 401, Header: []wire.Field{{Name: "Cache-Control", Value: "private"},
		{Name: "WWW-Authenticate",
			Value: `DPoP error="invalid_token", scope="a b", resource_metadata="https://api.example/.well-known/` +
				`oauth-protected-resource", max_age="x"`}}}
	rows := Exchange(x)
	for _, c := range []struct {
		where, name string
		want        tokens.Verdict
		note        string
	}{
		{InHeader, "authorization", tokens.Good, ""},
		{InHeader, "dpop", tokens.CannotTell, "not recorded"},
		{InHeader, "Content-Type", tokens.Bad, formType},
		{InResponseHeader, "Cache-Control", "", "no-store"},
		{InResponseHeader, "error", tokens.Good, ""},
		{InResponseHeader, "scope", tokens.Good, ""},
		{InResponseHeader, "resource_metadata", tokens.Good, ""},
		{InResponseHeader, "max_age", tokens.Bad, "whole number"},
	} {
		r := row(t, rows, c.where, c.name)
		if r.Verdict != c.want || !strings.Contains(r.Note, c.note) || r.Meaning == "" {
			t.Errorf("%s: got %+v; want %q with %q", c.name, r, c.want, c.note)
		}
	}
	for _, r := range rows {
		if r.Name == "X-Other" {
			t.Error("a field that says nothing of OAuth has a row")
		}
	}
	empty := row(t, Exchange(post("token", formType, "", wire.Field{Name: "Authorization", Value: "Bearer "})),
		InHeader, "Authorization")
	if empty.Verdict != tokens.Bad {
		t.Errorf("a scheme without credentials: got %q, want bad", empty.Verdict)
	}
}

func TestTheBodyOfAnAPICallIsLeftAlone(t *testing.T) {
	x := wire.Exchange{Purpose: "API call",
		Request: wire.Message{URL: "https://api.example/?access_token=sha256:0badcafe+30+B",
			Body: `{"scope":""}`},
		Response: &wire.Message{Status: 200, Body: `{"error":"x"}`}}
	rows := Exchange(x)
	if len(rows) != 1 || rows[0].Name != "access_token" || !strings.Contains(rows[0].Note, "Authorization") {
		t.Errorf("got %+v, want the access_token in the query alone", rows)
	}
}

// A body that was cut is explained up to the cut, and hostile text stays on its line.
func TestWhatIsCutOrHostileIsStillExplained(t *testing.T) {
	rows := Exchange(answered("token", "{\"expires_in\": 5, \"a\\u001b\\n\": \"b\\u001b\", \"scope\": \"ab\n[cut here"))
	if r := row(t, rows, InResponse, "expires_in"); r.Verdict != tokens.Good {
		t.Errorf("got %+v", r)
	}
	for _, r := range rows {
		if strings.ContainsAny(r.Name+r.Value+r.Note, "\x1b\n") {
			t.Errorf("a control character is left: %+q", r)
		}
	}
	if got := len(Exchange(post("token", formType, strings.Repeat("a=b&", 5000)))); got > maxRows {
		t.Errorf("got %d rows, want at most %d", got, maxRows)
	}
}

func TestTheTableIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range Params() {
		key := e.In + " " + e.Name
		if seen[key] {
			t.Errorf("%s is there twice", key)
		}
		seen[key] = true
		if !strings.HasSuffix(e.Meaning, ".") || strings.Count(e.Meaning, ". ") > 1 || e.Spec == "" {
			t.Errorf("%s: the meaning must be a sentence with its spec: %q, %q", key, e.Meaning, e.Spec)
		}
		if e.rule != nil && e.rule.valid != nil && e.Expects() == "" {
			t.Errorf("%s has a rule that says nothing", key)
		}
	}
	if len(seen) < 200 {
		t.Errorf("got %d parameters, want the whole of the specs", len(seen))
	}
}

func FuzzExchange(f *testing.F) {
	f.Add("https://a/?a=b&scope=%zz", "code_challenge=x&request={", `{"a":[1,{"b":"c"}],"exp":1e99}`, "Basic")
	f.Add("", "", "{", "Bearer \x00")
	f.Fuzz(func(t *testing.T, url, body, answer, authorization string) {
		x := post("", formType, body, wire.Field{Name: "Authorization", Value: authorization})
		x.Request.URL = url
		x.Response = &wire.Message{Body: answer, Header: []wire.Field{{Name: "WWW-Authenticate", Value: authorization}}}
		for _, r := range Exchange(x) {
			if strings.ContainsAny(r.Name+r.Value, "\x1b\n\r") {
				t.Errorf("a control character is left: %+q", r)
			}
			if r.Meaning == "" && r.Note == "" {
				t.Errorf("a row without a word: %+q", r)
			}
		}
	})
}
