package flows

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"fob/tokens"
	"fob/tokens/jose"
)

// refusalOf returns the error of a client_credentials run with the token endpoint's response.
func refusalOf(t *testing.T, a answer) error {
	t.Helper()
	f := newFakeServer(t)
	f.reply = func(url.Values) (answer, bool) { return a, true }
	r, _ := clientRun(f, "client_secret_post")
	_, err := ClientCredentials.Run(context.Background(), r)
	if err == nil {
		t.Fatal("the run ended without an error")
	}
	return err
}

// RFC 6749 5.2 allows more members than a code and a description. All of them are shown, in their order.
func TestTheDetailsOfAnErrorAreShown(t *testing.T) {
	for body, want := range map[string][]string{
		`{"error":"invalid_grant","error_description":"Bad.","error_hint":"the verifier is of another run"}`: {"Bad.",
			"error_hint: the verifier is of another run"},
		`{"error":"invalid_grant","hint":"too old"}`:       {"hint: too old"},
		`{"error":"invalid_grant","suberror":"bad_token"}`: {"suberror: bad_token"},
		`{"error":"x","reason":"a trial","message":"it is over"}`: {"reason: a trial\n  message: it " +
			"is over"},
		`{"error":"x","details":[{"field":"scope","issue":"unknown"},"and more"]}`: {"details: field: scope; issue: " +
			"unknown; and more"},
		`{"error":"x","error_codes":[50034,70043]}`: {"error_codes: 50034; 70043"},
		`{"error":"x","error_description":["the code is too old","so is the key"]}`: {"the code is too old; so is " +
			"the key"},
		`{"error":"x","error_description":{"en":"too old","de":"zu alt"}}`: {"en: too old; de: zu alt"},
		`{"error":{"code":190,"message":"expired","subcode":463,"user":{"ttl":"0"}}}`: {"rejected the request: 190",
			"expired",
			"subcode: 463", "user: ttl: 0"},
		`{"error":["invalid_grant","the code is too old"]}`: {"rejected the request: invalid_grant",
			"the code is too old"},
		`{"error":true,"message":"no such client"}`: {"rejected the request: error",
			"message: no such client"},
		`{"error":4711,"message":"no such client"}`: {"rejected the request: 4711",
			"message: no such client"},
		`{"code":16,"message":"Errors.Token.Invalid","details":[]}`: {"no OAuth error in it", "code: 16",
			"message: Errors.Token.Invalid"},
		"error=invalid_grant&hint=too+old": {"rejected the request: invalid_grant",
			"hint: too old"},
		"\xef\xbb\xbf" + `{"error":"invalid_grant","hint":"too old"}`: {"rejected the request: invalid_grant",
			"hint: too old"},
		`{"error":"x","hint":"a\u001b[2Jb\nc"}`: {"hint: a␛[2Jb␊c"},
	} {
		got := refusalOf(t, answer{status: 400, body: body}).Error()
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: got %q, want it to say %q", body, got, w)
			}
		}
	}
}

func TestTheDetailsOfAnErrorContainNoSecret(t *testing.T) {
	const jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.c2ln"
	for _, body := range []string{
		`{"error":"x","hint":"you sent ` + canarySecret + `"}`,
		`{"error":"x","message":"no such token: canary-opaque-0123456789"}`,
		`{"error":"x","access_token":"canary-opaque-0123456789"}`,
		`{"error":"x","details":[{"name":"refresh_token","value":"canary-opaque-0123456789"}]}`,
		`{"error":"x","details":{"val":["canary-opaque-0123456789"],"Key":"client_secret"}}`,
		`{"error":"x","details":{"refresh_token":"canary-opaque-0123456789","list":["` + canarySecret + `"]}}`,
		`{"error":"x","hint":"` + jwt + `"}`,
		`{"error":"x","error_description":["` + canarySecret + `","` + jwt + `"]}`,
		`{"error":"x","request_id":"` + canarySecret + `"}`,
		`{"message":"` + canarySecret + `"}`,
		`{"error":"x","code":"canary-opaque-0123456789"}`,
	} {
		got := refusalOf(t, answer{status: 400, body: body}).Error()
		if strings.Contains(got, "canary") || strings.Contains(got, "c2ln") {
			t.Errorf("%s: the error shows a secret: %q", body, got)
		}
	}
	long := `{"error":"x","details":` + strings.Repeat("[", 60) + strings.Repeat("]", 60) + `,"hint":"` +
		strings.Repeat("y", 100_000) + `"}`
	if got := refusalOf(t, answer{status: 400, body: long}).Error(); len(got) > 10_000 {
		t.Errorf("the error has %d bytes, want it bounded", len(got))
	}
}

// Every error shows the IDs by which operators find the request in their logs, from header or body.
func TestAnErrorShowsTheSupportIDs(t *testing.T) {
	header := http.Header{
		"Content-Type": {"application/json"}, "Date": {"Sat, 21 Nov 2026 12:00:00 GMT"}, "X-Request-Id": {"req-1"},
		"Cf-Ray":      {"ray-2"},
		"Traceparent": {"00-0af7-b7ad-01"}, "X-Secret": {"nothing"}, "Set-Cookie": {"trace_id=canary"},
	}
	want := []string{"correlation_id corr-3", "timestamp 2026-11-21 12:00:01Z", "cf-ray ray-2",
		"traceparent 00-0af7-b7ad-01", "x-request-id req-1",
		"server time 2026-11-21T12:00:00Z"}
	for _, body := range []string{
		`{"error":"invalid_grant","correlation_id":"corr-3","timestamp":"2026-11-21 12:00:01Z"}`,
		`{"message":"no","correlation_id":"corr-3","timestamp":"2026-11-21 12:00:01Z"}`,
	} {
		got := refusalOf(t, answer{status: 400, header: header, body: body}).Error()
		if line := "\n  for support: " + strings.Join(want, ", "); !strings.Contains(got, line) {
			t.Errorf("%s: got %q, want the line %q", body, got, line)
		}
		if strings.Contains(got, "canary") || strings.Contains(got, "nothing") {
			t.Errorf("got %q, want no other header field in it", got)
		}
	}
	page := refusalOf(t, answer{status: 502, header: http.Header{"Content-Type": {"text/html"},
		"X-Amzn-Requestid": {"amz-4"}}, body: "<html>Bad Gateway"}).Error()
	if !strings.Contains(page, "x-amzn-requestid amz-4") {
		t.Errorf("got %q, want the ID of a page as well", page)
	}
}

func TestTheDetailsOfAnErrorRedirectAreShown(t *testing.T) {
	f := newFakeServer(t)
	f.editCallback = func(v url.Values) {
		v.Del("code")
		v.Set("error", "access_denied")
		v.Set("error_subcode", "cancel")
		v.Set("error_hint", "no consent")
		v.Set("trace_id", "trace-5")
	}
	_, _, _, _, err := f.signIn(nil, nil)
	var refused *OAuthError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want an *OAuthError", err)
	}
	for _, want := range []string{"error_subcode: cancel", "error_hint: no consent",
		"for support: trace_id trace-5"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want it to say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "session_state") {
		t.Errorf("got %q, want what is no word of the error left out", err)
	}
}

// The error of a response without an access token lists its members, and the path of a nested access token.
func TestAResponseWithoutATokenListsItsMembers(t *testing.T) {
	for body, want := range map[string]string{
		`{"ok":true,"authed_user":{"id":"U1","access_token":"canary-0123456789"},"team":{}}`: "it has ok, " +
			"authed_user, " +
			"team; there is an access token at authed_user.access_token",
		`{"data":[{"accessToken":"canary-0123456789"}]}`: "it has data; there is an access token at " +
			"data[0].accessToken",
		`{"AccessToken":"canary-0123456789"}`: "it has AccessToken; there is an access token at AccessToken",
		`{"access_token":""}`:                 "it has access_token",
		`{}`:                                  "it has no members",
	} {
		err := refusalOf(t, answer{status: 200, body: body})
		var bad *ResponseError
		if !errors.As(err, &bad) || bad.Note != want || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got %v, want the detail %q", body, err, want)
		}
	}
}

// odd returns the ledger of a client_credentials run with the body as the token response.
func odd(t *testing.T, header http.Header, body string) (tokens.Set, tokens.Ledger, error) {
	t.Helper()
	f := newFakeServer(t)
	f.reply = func(url.Values) (answer, bool) { return answer{status: 200, header: header, body: body}, true }
	r, _ := clientRun(f, "")
	set, err := ClientCredentials.Run(context.Background(), r)
	return set, r.Ledger, err
}

func outcomeIn(l tokens.Ledger, id tokens.CheckKind) (tokens.Check, tokens.Outcome) {
	for _, c := range l {
		if c.ID == id {
			return c, c.Outcome
		}
	}
	return tokens.Check{}, ""
}

// A response that deviates from the spec is accepted, with a warning in the ledger.
func TestANonStandardTokenResponseIsAcceptedWithAWarning(t *testing.T) {
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	const good = `"access_token":"abc","token_type":"Bearer","refresh_token":"r2","expires_in":60`
	for _, c := range []struct {
		name, body, check, says string
		header                  http.Header
	}{
		{"a byte order mark", "\xef\xbb\xbf{" + good + "}", "answer.json", "byte order mark", nil},
		{"a form", "access_token=abc&token_type=bearer&refresh_token=r2&expires_in=60&scope=api%3Aread", "answer.json",
			"form", form},
		{"a member twice, alike", "{" + good + `,"scope":"api:read","scope":"api:read"}`, "answer.json",
			"scope occurs more than once", nil},
		{"scope as an array", "{" + good + `,"scope":["api:read"]}`, "token_response", "array", nil},
		{"a negative expires_in", `{"access_token":"abc","token_type":"Bearer","refresh_token":"r2","expires_in":-5}`,
			"expires_in", "negative", nil},
		{"an unreadable expires_in",
			`{"access_token":"abc","token_type":"Bearer","refresh_token":"r2","expires_in":"1h"}`,
			"expires_in", "cannot be read", nil},
		{"a huge expires_in", `{"access_token":"abc","token_type":"Bearer","refresh_token":"r2","expires_in":1e30}`,
			"expires_in", "hundred years", nil},
		{"expires_at", `{"access_token":"abc","token_type":"Bearer","refresh_token":"r2","expires_at":1795266000}`,
			"expires_in", "expires_at", nil},
	} {
		set, ledger, err := odd(t, c.header, c.body)
		if err != nil || set.AccessToken.Reveal() != "abc" || set.RefreshToken.Reveal() != "r2" {
			t.Errorf("%s: got %v, %v; want both tokens", c.name, set, err)
		}
		for _, check := range ledger {
			if check.Outcome == tokens.Failed || check.Outcome == tokens.Warned && string(check.ID) != c.check {
				t.Errorf("%s: %s did not hold: %+v", c.name, check.ID, check)
			}
		}
		if got, outcome := outcomeIn(ledger, tokens.CheckKind(c.check)); outcome != tokens.Warned ||
			!strings.Contains(got.Because,
				c.says) {
			t.Errorf("%s: got %+v, want a warning of %s that says %q", c.name, got, c.check, c.says)
		}
	}
}

func TestAMemberTwiceWithDifferentValuesIsRejected(t *testing.T) {
	for _, body := range []string{
		`{"access_token":"abc","access_token":"def","token_type":"Bearer"}`,
		`{"access_token":"abc","token_type":"Bearer","scope":"a","scope":"a b"}`,
		`{"access_token":"abc","token_type":"Bearer","extra":{"a":1,"a":2}}`,
		"access_token=abc&access_token=def",
	} {
		set, ledger, err := odd(t, nil, body)
		var failed *tokens.CheckError
		if !errors.As(err, &failed) || failed.Check.ID != tokens.CheckAnswerMembers || len(set.Kinds()) != 0 {
			t.Errorf("%s: got %v, %v; want the check %s and no token", body, set, err, tokens.CheckAnswerMembers)
		}
		if _, outcome := outcomeIn(ledger, tokens.CheckAnswerMembers); outcome != tokens.Failed {
			t.Errorf("%s: the ledger has %+v", body, ledger)
		}
	}
}

// A token that is invalid in a header cannot be used, and a line break in it would inject a header.
func TestAnAccessTokenThatIsInvalidInAHeaderIsRejected(t *testing.T) {
	for token, want := range map[string]tokens.Outcome{
		"abc": tokens.Passed, "a-._~+/b==": tokens.Passed,
		"abc\r\nX-Injected: yes": tokens.Failed, "abc\ndef": tokens.Failed, "a\x00b": tokens.Failed,
		"a\x1b[2Jb": tokens.Failed, "a\x7fb": tokens.Failed,
		" abc": tokens.Failed, "abc\n": tokens.Failed, "\tabc": tokens.Failed, "Bearer abc": tokens.Failed,
		"bearer  abc": tokens.Failed, "abc Bearer def": tokens.Failed,
		"DPoP abc": tokens.Failed, "abcä": tokens.Failed, "a\u2028b": tokens.Failed, "\ufeffabc": tokens.Failed,
		"abc def": tokens.Warned, "a|b": tokens.Warned, `a"b`: tokens.Warned, "a=b": tokens.Warned, "==": tokens.Warned,
		"Bearer": tokens.Passed,
	} {
		body, _ := json.Marshal(map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": 60})
		set, ledger, err := odd(t, nil, string(body))
		check, outcome := outcomeIn(ledger, tokens.CheckAccessToken)
		if outcome != want || (err != nil) != (want == tokens.Failed) || (err != nil) != (len(set.Kinds()) == 0) {
			t.Errorf("%q: got %v and %v, want the outcome %s", token, check, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "abc") {
			t.Errorf("%q: the error shows it: %v", token, err)
		}
	}
	body := `{"access_token":"<saml> assertion","token_type":"N_A"}`
	_, ledger, _ := odd(t, nil, body)
	if _, outcome := outcomeIn(ledger, tokens.CheckAccessToken); outcome != tokens.Skipped {
		t.Errorf("a token that is not sent in a header: got %s, want it skipped", outcome)
	}
}

func TestAnAccessTokenThroughTheBrowserIsChecked(t *testing.T) {
	f := newFakeServer(t)
	f.answerWith(nil)
	honest := f.editCallback
	f.editCallback = func(back url.Values) {
		honest(back)
		back.Set("access_token", "abc\r\nX-Injected: yes")
	}
	_, r, _, _, err := f.signInBy(Implicit, Values{"response_type": "token"}, nil)
	var failed *tokens.CheckError
	if !errors.As(err, &failed) || failed.Check.ID != tokens.CheckAccessToken {
		t.Errorf("got %v, want the check %s", err, tokens.CheckAccessToken)
	}
	if check, outcome := outcomeIn(r.Ledger, tokens.CheckExpiresIn); outcome != tokens.Passed {
		t.Errorf("expires_in of a redirect: got %+v, want it to hold: a parameter has no type", check)
	}
}

// The same key signs every JWT of a server. One of another declared type is not an id_token (RFC 8725 3.12).
func TestAJWTOfAnotherTypeIsRejectedAsAnIDToken(t *testing.T) {
	other := []string{"logout+jwt", "at+jwt", "application/at+jwt", "AT+JWT", "dpop+jwt", "secevent+jwt", "kb+jwt",
		"token-introspection+jwt"}
	good := []string{"", "JWT", "jwt", "application/jwt", "id_token+jwt", "JOSE"}
	for _, typ := range append(other, good...) {
		f := newFakeServer(t)
		f.editTokens = func(m map[string]any) { m["id_token"] = f.resign(m["id_token"].(string), typ, nil) }
		_, r, _, _, err := f.signIn(nil, nil)
		check, outcome := outcomeIn(r.Ledger, tokens.CheckIDTokenType)
		if bad := slices.Contains(other, typ); bad != (outcome == tokens.Failed) || bad != (err != nil) {
			t.Errorf("typ %q: got %+v and %v, want it refused: %t", typ, check, err, bad)
		}
	}
	for _, typ := range []string{`["at+jwt"]`, "7", "{}", "true"} { // a typ is a string (RFC 7515 4.1.9)
		header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":` + typ + `}`))
		token, err := decodeJWT(header + ".e30.eA")
		if err != nil {
			t.Fatal(err)
		}
		if c := checkIDTokenType(token); c.Outcome != tokens.Failed || c.Received != typ {
			t.Errorf("typ %s: got %+v, want it refused", typ, c)
		}
	}
	f := newFakeServer(t)
	events := map[string]any{logoutEvent: map[string]any{}}
	f.editTokens = func(m map[string]any) { m["id_token"] = f.resign(m["id_token"].(string), "JWT", events) }
	_, r, _, _, err := f.signIn(nil, nil)
	if check, outcome := outcomeIn(r.Ledger, tokens.CheckIDTokenType); outcome != tokens.Failed || err == nil {
		t.Errorf("a logout token by its events: got %+v and %v, want it refused", check, err)
	}
}

// resign returns a JWT with another typ, and optionally with events.
func (f *fakeServer) resign(token, typ string, events map[string]any) string {
	claims := map[string]any{}
	t, err := decodeJWT(token)
	if err == nil {
		err = json.Unmarshal(t.payload, &claims)
	}
	if err != nil {
		f.t.Fatal(err)
	}
	if events != nil {
		claims["events"] = events
	}
	payload, _ := json.Marshal(claims)
	header := jose.Header{}
	if typ != "" {
		header["typ"] = typ
	}
	signed, err := jose.Sign(payload, header, f.key)
	if err != nil {
		f.t.Fatal(err)
	}
	return signed
}

func TestActiveMustBeTrueOrFalse(t *testing.T) {
	for body, want := range map[string]tokens.Outcome{
		`{"active":true}`: tokens.Passed, `{"active":false}`: tokens.Passed, `{"active":"true"}`: tokens.Failed,
		`{"active":1}`:    tokens.Failed,
		`{"active":null}`: tokens.Failed, `{}`: tokens.Failed, "\xef\xbb\xbf" + `{"active":true}`: tokens.Passed,
		"active=true&scope=a":            tokens.Passed,
		`{"active":true,"active":false}`: "",
	} {
		f := newFakeServer(t)
		f.reply = func(url.Values) (answer, bool) { return answer{status: 200, body: body}, true }
		r, _ := clientRun(f, "")
		_, says, err := r.Introspect(context.Background(), tokens.NewSecret("abc"), tokens.Access)
		check, outcome := outcomeIn(r.Ledger, tokens.CheckActive)
		if outcome != want || (err == nil) != (want == tokens.Passed) {
			t.Errorf("%s: got %+v and %v, want %s", body, check, err, want)
		}
		if err == nil && !json.Valid(says) {
			t.Errorf("%s: what it says is no JSON: %q", body, says)
		}
	}
}

// The password grant is not part of OpenID Connect: an id_token is optional.
func TestThePasswordGrantNeedNotReturnAnIDToken(t *testing.T) {
	f := newFakeServer(t)
	f.editTokens = func(m map[string]any) { delete(m, "id_token") }
	r, _ := f.run(Values{"username": "alice", "password": "canary", "scope": "openid"})
	set, err := ResourceOwnerPassword.Run(context.Background(), r)
	check, outcome := outcomeIn(r.Ledger, tokens.CheckIDTokenPresent)
	if err != nil || set.AccessToken.IsZero() || outcome != tokens.Skipped || check.Because == "" {
		t.Errorf("got %v, %v and %+v; want the tokens, and the check skipped with its reason", set, err, check)
	}
}

func TestAnErrorWithTokensIsMarked(t *testing.T) {
	for body, want := range map[string]bool{
		`{"error":"invalid_scope","access_token":"at-1"}`:  true,
		`{"error":"invalid_scope","refresh_token":"rt-1"}`: true,
		`{"error":"invalid_scope","refresh_token":""}`:     false,
		`{"error":"invalid_scope"}`:                        false,
	} {
		var refused *OAuthError
		if err := refusalOf(t, answer{status: 200, body: body}); !errors.As(err, &refused) ||
			refused.WithTokens != want {
			t.Errorf("%s: got %+v, want tokens beside the error: %t", body, refused, want)
		}
	}
}
