package flows

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"fob/flows/wire"
	"fob/tokens"
)

// clientRun returns a client_credentials run of a client with a secret.
func clientRun(f *fakeServer, method string) (*Run, *[]Step) {
	r, steps := f.run(Values{"scope": "api:read"})
	r.Client = Client{ID: "client", Secret: tokens.NewSecret(canarySecret), AuthMethod: method}
	return r, steps
}

func TestOAuthErrorsAreTypedWithAnyStatus(t *testing.T) {
	type want struct{ code, description, uri string }
	tests := map[string]struct {
		answer answer
		want   want
	}{
		"as RFC 6749 5.2 says": {refuse(400, "invalid_grant", "it is gone"), want{"invalid_grant", "it is gone",
			"https://as.example/help"}},
		"with 200": {refuse(200, "bad_verification_code", "expired"), want{"bad_verification_code",
			"expired", "https://as.example/help"}},
		"with 401": {refuse(401, "invalid_client", "who?"), want{"invalid_client", "who?",
			"https://as.example/help"}},
		"with 503": {refuse(503, "temporarily_unavailable", "later"), want{"temporarily_unavailable",
			"later", "https://as.example/help"}},
		"an object": {answer{status: 403,
			body: `{"error":{"code":403,"status":"PERMISSION_DENIED","message":"no"}}`}, want{"PERMISSION_DENIED", "no",
			""}},
		"an object with a code": {answer{status: 403, body: `{"error":{"code":403,"message":"no"}}`},
			want{"403", "no", ""}},
		"ok false": {answer{status: 200, body: `{"ok":false,"error":"invalid_code"}`},
			want{"invalid_code", "", ""}},
		"escape sequences": {refuse(400, "x\x1b[2J", "a\u202eb\nc"), want{"x␛[2J", "a<U+202E>b␊c",
			"https://as.example/help"}},
		"repeats the secret": {refuse(400, "invalid_client", "not "+canarySecret),
			want{"invalid_client", "not " + tokens.NewSecret(canarySecret).Fingerprint(), "https://as.example/help"}},
		"error beside the token": {answer{status: 200, body: `{"error":"server_error","access_token":"x"}`},
			want{"server_error", "", ""}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.reply = func(url.Values) (answer, bool) { return tt.answer, true }
			r, steps := clientRun(f, "client_secret_post")
			set, err := ClientCredentials.Run(context.Background(), r)
			var refused *OAuthError
			if !errors.As(err, &refused) {
				t.Fatalf("got %v, want an *OAuthError", err)
			}
			if got := (want{refused.Code, refused.Description, refused.URI}); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if refused.Status != tt.answer.status || refused.Endpoint != "token" ||
				refused.URL != f.metadata.TokenEndpoint {
				t.Errorf("got %d %s %s", refused.Status, refused.Endpoint, refused.URL)
			}
			if len(set.Kinds()) != 0 {
				t.Errorf("got tokens %v beside an error", set.Kinds())
			}
			if last := (*steps)[len(*steps)-1]; last.Err == "" || last.Exchange == nil {
				t.Errorf("the last step does not show the failure: %+v", last)
			}
		})
	}
}

func TestAResponseThatIsNotOAuthIsReported(t *testing.T) {
	html := http.Header{"Content-Type": {"text/html; charset=utf-8"}}
	tests := map[string]struct {
		answer  answer
		what    string
		excerpt string
	}{
		"HTML 502": {answer{502, html, "<html><title>502 Bad Gateway</title><body>nginx</body>", nil},
			"an HTML page instead of JSON", "502 Bad Gateway nginx"},
		"HTML 200": {answer{200, nil, " <!DOCTYPE html><p>Sign in", nil}, "an HTML page instead of JSON",
			"Sign in"},
		"empty body":     {answer{200, nil, "", nil}, "an empty body", ""},
		"empty body 500": {answer{500, nil, "  ", nil}, "an empty body", ""},
		"not JSON":       {answer{200, nil, "token: x", nil}, "something that is not JSON", "token: x"},
		"an array":       {answer{200, nil, "[]", nil}, "JSON that is not an object", "[]"},
		"null":           {answer{200, nil, "null", nil}, "JSON that is not an object", "null"},
		"no token": {answer{200, nil, `{"token_type":"Bearer"}`, nil},
			"a token response without an access_token", ""},
		"empty token": {answer{200, nil, `{"access_token":""}`, nil}, "a token response without an access_token",
			""},
		"token of no string": {answer{200, nil, `{"access_token":7}`, nil},
			"an invalid token response: the token response's access_token: expected a string, received a " +
				"number", ""},
		"no OAuth error": {answer{404, nil, `["nothing here"]`, nil}, "no OAuth error in it", `["nothing here"]`},
		"a redirect": {answer{302, http.Header{"Location": {"https://as.example/login"}}, "", nil},
			"a redirect to https://as.example/login, which is not followed", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.reply = func(url.Values) (answer, bool) { return tt.answer, true }
			r, _ := clientRun(f, "")
			_, err := ClientCredentials.Run(context.Background(), r)
			var bad *ResponseError
			if !errors.As(err, &bad) {
				t.Fatalf("got %v, want a *ResponseError", err)
			}
			if bad.What != tt.what || bad.Excerpt != tt.excerpt || bad.Status != tt.answer.status {
				t.Errorf("got %d %q %q, want %d %q %q", bad.Status, bad.What, bad.Excerpt, tt.answer.status, tt.what,
					tt.excerpt)
			}
		})
	}
}

func TestClientAuthentication(t *testing.T) {
	const id, secret = "client:1", "p ss/w%rd+ü"
	basic := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	tests := map[string]struct {
		client    Client
		announced []string
		header    string
		form      string // client_id and client_secret
	}{
		"public":                         {Client{ID: id}, nil, "", id + " "},
		"public where none is announced": {Client{ID: id}, []string{"client_secret_basic"}, "", id + " "},
		"basic is form-encoded": {Client{ID: id, Secret: tokens.NewSecret(secret)}, nil,
			basic("client%3A1:p+ss%2Fw%25rd%2B%C3%BC"), " "},
		"basic where both are announced": {Client{ID: id, Secret: tokens.NewSecret(secret)},
			[]string{"client_secret_post", "client_secret_basic"}, basic("client%3A1:p+ss%2Fw%25rd%2B%C3%BC"), " "},
		"post where it is all there is": {Client{ID: id, Secret: tokens.NewSecret(secret)},
			[]string{"client_secret_post"}, "", id + " " + secret},
		"basic where neither is": {Client{ID: id, Secret: tokens.NewSecret(secret)},
			[]string{"private_key_jwt"}, basic("client%3A1:p+ss%2Fw%25rd%2B%C3%BC"), " "},
		"raw when asked for": {Client{ID: "c", Secret: tokens.NewSecret(secret),
			AuthMethod: "client_secret_basic_raw"}, nil, basic("c:" + secret), " "},
		"post when asked for": {Client{ID: id, Secret: tokens.NewSecret(secret),
			AuthMethod: "client_secret_post"}, []string{"client_secret_basic"}, "", id + " " + secret},
		"none when asked for, no secret": {Client{ID: id, AuthMethod: "none"}, nil, "", id + " "},
		"none when asked for, and secret": {Client{ID: id, Secret: tokens.NewSecret(secret), AuthMethod: "none"}, nil,
			"", id + " "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.metadata.TokenAuthMethods = tt.announced
			r, _ := f.run(Values{})
			r.Client = tt.client
			if _, err := ClientCredentials.Run(context.Background(), r); err != nil {
				t.Fatal(err)
			}
			if got := f.requests[0].Header.Get("Authorization"); got != tt.header {
				t.Errorf("Authorization: got %q, want %q", got, tt.header)
			}
			if got := f.forms[0].Get("client_id") + " " + f.forms[0].Get("client_secret"); got != tt.form {
				t.Errorf("client_id and client_secret: got %q, want %q", got, tt.form)
			}
		})
	}
}

func TestAnImpossibleAuthMethodIsAUsageError(t *testing.T) {
	for name, c := range map[string]Client{
		"unknown":        {ID: "client", AuthMethod: "magic"},
		"without secret": {ID: "client", AuthMethod: "client_secret_basic"},
		"without client": {},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			r, _ := f.run(Values{})
			r.Client = c
			_, err := ClientCredentials.Run(context.Background(), r)
			var wrong *InputError
			if !errors.As(err, &wrong) {
				t.Errorf("got %v, want an *InputError", err)
			}
			if len(f.requests) != 0 {
				t.Errorf("requests: got %d, want none", len(f.requests))
			}
		})
	}
}

func TestAMissingEndpointIsNamed(t *testing.T) {
	for name, g := range map[string]Grant{"authorization": AuthorizationCode, "device": DeviceAuthorization,
		"token": ClientCredentials} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.metadata.AuthorizationEndpoint, f.metadata.DeviceAuthorizationEndpoint = "javascript:alert(1)", ""
			if name == "token" {
				f.metadata.TokenEndpoint = ""
			}
			r, _ := f.run(g.Defaults())
			_, err := g.Run(context.Background(), r)
			var none *EndpointError
			if !errors.As(err, &none) || none.Endpoint != name {
				t.Errorf("got %v, want an *EndpointError of %s", err, name)
			}
		})
	}
}

func TestAnErrorHasTheServersClock(t *testing.T) {
	f := newFakeServer(t)
	f.reply = func(url.Values) (answer, bool) {
		a := refuse(400, "invalid_grant", "")
		a.header = http.Header{"Date": {start.Add(10 * time.Minute).Format(http.TimeFormat)}}
		return a, true
	}
	r, _ := clientRun(f, "")
	_, err := ClientCredentials.Run(context.Background(), r)
	var refused *OAuthError
	if !errors.As(err, &refused) || refused.ClockOffset != 10*time.Minute {
		t.Errorf("got %+v, want an *OAuthError with a clock that is 10m ahead", err)
	}
}

func TestANetworkErrorIsReturnedUnchanged(t *testing.T) {
	f := newFakeServer(t)
	tried := &wire.Exchange{Purpose: "token endpoint", Edited: []string{"-token.code"}}
	cause := &wire.Error{Purpose: "token endpoint", Phase: wire.PhaseTLS, Err: errors.New("bad certificate"),
		Exchange: tried}
	f.reply = func(url.Values) (answer, bool) { return answer{err: cause}, true }
	r, steps := clientRun(f, "")
	_, err := ClientCredentials.Run(context.Background(), r)
	var network *wire.Error
	if !errors.As(err, &network) || network.Phase != wire.PhaseTLS {
		t.Errorf("got %v, want the *wire.Error", err)
	}
	if last := (*steps)[len(*steps)-1]; last.Err == "" || last.Exchange != tried || len(last.Edited) != 1 {
		t.Errorf("the last step is %+v, want the failure with what was tried", last)
	}
}

// No secret may be in any result of a run, except for the token set itself.
func TestNoSecretIsSeenInStepsLedgerAndErrors(t *testing.T) {
	canaries := []string{canaryAccess, canaryRefresh, canaryCode, canarySecret, canaryDevice,
		url.QueryEscape(canarySecret)}
	seen := func(t *testing.T, what string, v any) {
		t.Helper()
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{string(b), fmt.Sprintf("%v", v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v)} {
			for _, c := range canaries {
				if strings.Contains(text, c) {
					t.Errorf("%s shows %s", what, c)
				}
			}
		}
	}
	strip := func(steps []Step) []Step { // the fake's exchanges are not redacted: that is wire's work
		out := append([]Step(nil), steps...)
		for i := range out {
			out[i].Exchange = nil
		}
		return out
	}
	f := newFakeServer(t)
	_, r, steps, page, err := f.signIn(Values{"scope": "openid api:read"},
		func(r *Run) { r.Client.Secret = tokens.NewSecret(canarySecret) })
	if err != nil {
		t.Fatal(err)
	}
	seen(t, "a good run's steps", strip(steps))
	seen(t, "a good run's ledger", r.Ledger)
	seen(t, "the browser's page", page)
	for _, code := range []string{"invalid_client", "invalid_grant"} {
		g := newFakeServer(t)
		g.reply = func(form url.Values) (answer, bool) {
			return refuse(400, code,
				"was "+form.Get("code")+" "+form.Get("client_secret")+" "+form.Get("refresh_token")), true
		}
		_, r, steps, page, err := g.signIn(nil, func(r *Run) {
			r.Client = Client{ID: "client", Secret: tokens.NewSecret(canarySecret), AuthMethod: "client_secret_post"}
		})
		seen(t, "an error", err)
		seen(t, "an error's text", err.Error())
		seen(t, "a failed run's steps", strip(steps))
		seen(t, "a failed run's ledger", r.Ledger)
		seen(t, "the browser's page", page)
	}
}

// A secret that is an ordinary word is masked only as the value of its parameter.
func TestAMaskLeavesOrdinaryWords(t *testing.T) {
	const said = "client authentication failed: the grant_type is required, is mandatory, and so is the client, forever"
	for secret, want := range map[string]string{
		"e": said, "client": said, "grant_type": said, "client_credentials": said, "hidden": said, "required": said,
		"authentic": said, // a part of a word
		"forever":   said, // too short to be looked for
		"mandatory": strings.Replace(said, "mandatory", tokens.Hidden, 1),
	} {
		t.Run(secret, func(t *testing.T) {
			f := newFakeServer(t)
			f.reply = func(url.Values) (answer, bool) { return refuse(401, "invalid_client", said), true }
			r, _ := clientRun(f, "client_secret_post")
			r.Client.Secret = tokens.NewGuessable(secret)
			_, err := ClientCredentials.Run(context.Background(), r)
			var refused *OAuthError
			if !errors.As(err, &refused) {
				t.Fatalf("got %v, want an *OAuthError", err)
			}
			if refused.Code != "invalid_client" || refused.Description != want {
				t.Errorf("got %s %q, want invalid_client %q", refused.Code, refused.Description, want)
			}
			sent := fmt.Sprint(refused.Sent)
			for _, field := range []string{"{client_secret hidden}", "{grant_type client_credentials}",
				"{client_id client}"} {
				if !strings.Contains(sent, field) {
					t.Errorf("sent: got %s, want %s in it", sent, field)
				}
			}
			// The diagnosis reads the unmasked texts, and no printer shows them.
			if raw := refused.Unmasked(); raw.Code != "invalid_client" || raw.Description != said {
				t.Errorf("for the diagnosis: got %+v, want it as it came", raw)
			}
			if text := fmt.Sprintf("%+v %#v", refused, *refused); secret == "mandatory" && strings.Contains(text,
				secret) {
				t.Errorf("a printer shows the secret: %s", text)
			}
		})
	}
}

// Every text of a server is redacted by value and by form before it is clipped.
func TestTheTextsOfAServerAreRedacted(t *testing.T) {
	const other = "CANARYq7Zr2Lk9Vb4Xn1Ty8Wd" // a token that this run has not seen
	long := strings.Repeat("x", maxErrorText-10)
	for name, a := range map[string]answer{
		"a code":                  refuse(400, canarySecret, ""),
		"a description":           refuse(400, "x", "bad "+canarySecret),
		"form-encoded":            refuse(400, "x", "got client_secret="+url.QueryEscape(canarySecret)),
		"behind the cut":          refuse(400, "x", long+" "+canarySecret),
		"another user's token":    refuse(400, "x", "access_token="+other+" is not yours"),
		"another user's, named":   refuse(400, "access_token="+other, "Bearer "+other),
		"text":                    {200, nil, "oops " + canarySecret, nil},
		"PHP":                     {200, nil, `array(1) { ["access_token"]=> string(25) "` + other + `" }`, nil},
		"XML":                     {200, nil, "<r><access_token>" + other + "</access_token></r>", nil},
		"a redirect":              {302, http.Header{"Location": {"https://as.example/?code=" + other}}, "", nil},
		"a redirect's path":       {302, http.Header{"Location": {"/x/" + canarySecret}}, "", nil},
		"a token of a wrong type": {200, nil, `{"access_token":{"value":"` + other + `"}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeServer(t)
			f.reply = func(url.Values) (answer, bool) { return a, true }
			r, steps := clientRun(f, "client_secret_post")
			_, err := ClientCredentials.Run(context.Background(), r)
			if err == nil {
				t.Fatal("got no error")
			}
			text := fmt.Sprintf("%v %+v", err, err)
			for _, s := range *steps {
				text += s.Err + s.Title
			}
			for _, secret := range []string{canarySecret[:12], other[:12], canarySecret[20:]} {
				if strings.Contains(text, secret) {
					t.Errorf("%q is shown: %s", secret, text)
				}
			}
		})
	}
}
