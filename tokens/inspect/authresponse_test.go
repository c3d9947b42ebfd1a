package inspect

import (
	"strings"
	"testing"
)

// What a browser carries in a sign-in is named for what it is, with its code and what else is secret masked.
func TestAuthorizationRequestsAndResponsesAreRecognised(t *testing.T) {
	const code = "SplxlOBeZQQYbYS6WxSbIA"
	for _, c := range []struct {
		name, in string
		kind     Kind
		says     string
	}{
		{"a code", "https://app.example/cb?code=" + code + "&state=xyz", KindAuthorizationResponse,
			"once and within minutes"},
		{"a code that is short", "http://127.0.0.1:8123/cb?state=xyz&code=a1b2", KindAuthorizationResponse,
			"state xyz"},
		{"a code in a fragment", "https://app.example/#/cb?code=" + code + "&iss=https%3A%2F%2Fop.example",
			KindAuthorizationResponse, "iss https://op.example"},
		{"a form post", "code=" + code + "&state=xyz", KindAuthorizationResponse, "(hidden)"},
		{"a URL of a page", "https://app.example/cb?state=x&amp;code=" + code, KindAuthorizationResponse, "(hidden)"},
		{"a redirect", "HTTP/1.1 302 Found\r\nLocation: https://app.example/cb?code=" + code + "&state=x\r\n\r\n",
			KindAuthorizationResponse, "(hidden)"},
		{"a log line", `GET /cb?code=` + code + `&state=x HTTP/1.1`, KindAuthorizationResponse, "(hidden)"},
		{"an error", "https://app.example/cb?error=access_denied&error_description=The+user+said+no&state=xyz",
			KindAuthorizationResponse, `access_denied: "The user said no"`},
		{"an error that repeats a secret", "https://app.example/cb?error=x&error_description=bad+client+secret+" + code,
			KindAuthorizationResponse, "client secret hidden"},
		{"a request", "https://op.example/authorize?response_type=code&client_id=app&" +
			"redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fa%3D1%26b%3D2&scope=openid+email&state=x",
			KindAuthorizationRequest,
			"at op.example (RFC 6749 4.1.1); client_id app, response_type code, redirect_uri " +
				"https://app.example/cb?a=1&b=2, " +
				"scope openid email"},
	} {
		r := Inspect(c.in, Options{Now: now})
		text, err := r.MarshalJSON()
		if outcome, why := r.Verdict(); r.Kind != c.kind || outcome != OutcomeBad || !strings.Contains(why, c.says) {
			t.Errorf("%s: got %s, %s, %q", c.name, r.Kind, outcome, why)
		}
		if err != nil || strings.Contains(string(text), code) || strings.Contains(string(text), "a1b2") {
			t.Errorf("%s: got %v, and the code in %s", c.name, err, text)
		}
	}
	const implicit = "https://app.example/cb#access_token=2YotnFZFEjr1zCsicMWpAA&token_type=Bearer&state=xyz"
	if r := Inspect(implicit, Options{Now: now}); r.Token.Raw != "2YotnFZFEjr1zCsicMWpAA" ||
		!strings.Contains(strings.Join(r.Cleaned, ""), "an authorization response") {
		t.Errorf("a token in a fragment: got %s, %q", r.Token.Raw, r.Cleaned)
	}
	if r := Inspect("https://a.example/?page=2&error_code=7", Options{Now: now}); r.Kind != KindOpaque {
		t.Errorf("another URL: got %s", r.Kind)
	}
}
