package registration

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"fob/flows"
	"fob/flows/demo"
	"fob/flows/provider"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/jose"
)

// endpoint is a registration server that records requests and returns the configured response.
type endpoint struct {
	*httptest.Server
	status  int
	body    string
	header  http.Header
	request *http.Request
	sent    map[string]any
}

func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{status: 201, header: http.Header{"Content-Type": {"application/json"}}}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		e.request, e.sent = r, nil
		_ = json.Unmarshal(raw, &e.sent)
		for name, values := range e.header {
			w.Header()[name] = values
		}
		w.WriteHeader(e.status)
		_, _ = io.WriteString(w, strings.ReplaceAll(e.body, "%s", e.URL))
	}))
	t.Cleanup(e.Close)
	return e
}

func httpClient(t testing.TB) (*wire.Client, *wire.Recorder) {
	t.Helper()
	rec := wire.NewRecorder(0)
	c, err := wire.New(t.Context(), wire.Options{Recorder: rec})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, rec
}

const registered = `{"client_id":"c1","client_secret":"CANARY-secret-0123456789abcdef",
	"client_secret_expires_at":1800000000,
	"client_id_issued_at":1700000000,
	"registration_access_token":"CANARY-registration-0123456789","registration_client_uri":"%s/c1",
	"redirect_uris":["http://127.0.0.1/cb"],
	"grant_types":["refresh_token","authorization_code"],"scope":"b a","client_name":"other",
	"token_endpoint_auth_method":"client_secret_basic"}`

func TestAClientIsRegisteredAndItsSecretsAreKeptSecret(t *testing.T) {
	e := newEndpoint(t)
	e.body = registered
	c, rec := httpClient(t)
	m := NativeClient("my app", []string{"http://127.0.0.1/cb"}, "a b")
	got, err := Register(t.Context(), c, Request{Endpoint: e.URL,
		InitialAccessToken: tokens.NewSecret("CANARY-initial-0123456789abcdef"), Metadata: m,
		SoftwareStatement: tokens.NewSecret("eyJhbGciOiJub25lIn0.e30.CANARY")})
	if err != nil {
		t.Fatal(err)
	}
	if e.request.Method != "POST" ||
		e.request.Header.Get("Authorization") != "Bearer CANARY-initial-0123456789abcdef" ||
		e.sent["software_statement"] == nil || e.sent["client_name"] != "my app" {
		t.Errorf("sent: got %s %v %v", e.request.Method, e.request.Header, e.sent)
	}
	if got.ID != "c1" || got.Secret.Reveal() != "CANARY-secret-0123456789abcdef" ||
		got.SecretExpires.Unix() != 1800000000 || got.IssuedAt.Unix() != 1700000000 ||
		got.Management.URI != e.URL+"/c1" || got.Management.Token.Reveal() != "CANARY-registration-0123456789" {
		t.Errorf("got %+v", got)
	}
	for _, name := range append([]string{"client_secret"}, registrationMembers...) {
		if _, there := got.Metadata[name]; there {
			t.Errorf("%s is among the metadata", name)
		}
	}
	var changed []string
	for _, ch := range got.Changed {
		changed = append(changed, ch.Name)
	}
	// Scope and grants differ in their order alone; the name and the method are other ones, the rest was left out.
	if want := []string{"application_type", "client_name", "response_types",
		"token_endpoint_auth_method"}; !slices.Equal(changed, want) {
		t.Errorf("changed: got %v, want %v", changed, want)
	}
	shown, _ := json.Marshal(rec.Exchanges())
	if strings.Contains(string(shown), "CANARY") || !strings.Contains(string(shown), `"endpoint":"registration"`) {
		t.Errorf("the record shows a secret, or not the endpoint: %s", shown)
	}
}

// An invalid time is reported, and nothing is dropped (RFC 7591 3.2.1).
func TestAnInvalidExpiryOfTheClientSecretIsReported(t *testing.T) {
	for member, want := range map[string]struct {
		odd     string // "" when nothing is odd
		expires int64  // 0: never, or not known
	}{
		`"client_secret_expires_at":0`:                           {"", 0},
		`"client_secret_expires_at":1800000000`:                  {"", 1800000000},
		`"client_secret_expires_at":1.8e9`:                       {"", 1800000000},
		`"client_secret_expires_at":"1800000000"`:                {"a string", 1800000000},
		`"client_secret_expires_at":-5`:                          {"-5", 0},
		`"client_secret_expires_at":1e30`:                        {"1e30", 0},
		`"client_secret_expires_at":"soon"`:                      {"soon", 0},
		`"client_secret_expires_at":{}`:                          {"{}", 0},
		`"client_secret_expires_at":null`:                        {"missing", 0},
		`"client_id_issued_at":1700000000`:                       {"missing", 0},
		`"client_secret_expires_at":0,"client_id_issued_at":"x"`: {"client_id_issued_at", 0},
	} {
		e := newEndpoint(t)
		e.body = `{"client_id":"c1","client_secret":"CANARY-secret-0123456789abcdef",` + member + `}`
		c, _ := httpClient(t)
		got, err := Register(t.Context(), c, Request{Endpoint: e.URL, Metadata: NativeClient("my app", nil, "")})
		if err != nil {
			t.Errorf("%s: %v", member, err)
			continue
		}
		odd, expires := strings.Join(got.Warnings, "; "), int64(0)
		if !got.SecretExpires.IsZero() {
			expires = got.SecretExpires.Unix()
		}
		if (odd == "") != (want.odd == "") || !strings.Contains(odd, want.odd) || expires != want.expires {
			t.Errorf("%s: warned %q and expires %d, want %q and %d", member, odd, expires, want.odd, want.expires)
		}
	}
}

func TestARegistrationIsReadChangedAndDeleted(t *testing.T) {
	e := newEndpoint(t)
	e.status, e.body = 200, registered
	c, _ := httpClient(t)
	m := Management{URI: e.URL + "/c1", Token: tokens.NewSecret("first-registration-token-0123456789")}
	read, err := Read(t.Context(), c, m)
	if err != nil || e.request.Method != "GET" ||
		e.request.Header.Get("Authorization") != "Bearer first-registration-token-0123456789" {
		t.Fatalf("read: got %v after %s %v", err, e.request.Method, e.request.Header)
	}
	if read.Management.Token.Reveal() != "CANARY-registration-0123456789" {
		t.Error("a new registration access token must take the old one's place")
	}

	e.body = `{"client_id":"c1","client_name":"new"}`
	updated, err := Update(t.Context(), c, read,
		Metadata{"client_name": "new", "registration_access_token": "x", "client_id_issued_at": 1})
	if err != nil {
		t.Fatal(err)
	}
	if e.request.Method != "PUT" || e.sent["client_id"] != "c1" || e.sent["client_secret"] != read.Secret.Reveal() ||
		e.sent["registration_access_token"] != nil || e.sent["client_id_issued_at"] != nil {
		t.Errorf("sent: got %s %v", e.request.Method, e.sent)
	}
	if !updated.Secret.Equal(read.Secret) || !updated.Management.Token.Equal(read.Management.Token) ||
		updated.Management.URI != read.Management.URI || len(updated.Changed) != 0 {
		t.Errorf("what the answer leaves out must stay: got %+v", updated)
	}
	e.body = `{"client_id":"c2"}`
	if _, err := Update(t.Context(), c, read, nil); err == nil || !strings.Contains(err.Error(), "another client: c2") {
		t.Errorf("another client: got %v", err)
	}

	e.status, e.body = 204, ""
	if err := Delete(t.Context(), c, read.Management); err != nil || e.request.Method != "DELETE" {
		t.Errorf("delete: got %v by %s", err, e.request.Method)
	}
}

func TestAnErrorResponseIsAnOAuthErrorAndOtherResponsesAreDescribed(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		header http.Header
		want   string
		oauth  bool
	}{
		"metadata": {400, `{"error":"invalid_redirect_uri","error_description":"no\u001b http"}`, nil,
			"invalid_redirect_uri (HTTP 400)", true},
		"an error with 200": {200, `{"error":"invalid_client_metadata"}`, nil, "invalid_client_metadata", true},
		"a challenge": {401, ``, http.Header{"Www-Authenticate": {`Bearer error="invalid_token", ` +
			`error_description="expired"`}}, "expired", true},
		"a bare 401":   {401, ``, nil, "invalid_token (HTTP 401)", true},
		"a page":       {500, `<html>oops</html>`, nil, "neither a registration nor an error", false},
		"no client_id": {201, `{"client_name":"x"}`, nil, "without a client_id", false},
		"no JSON":      {201, `hello`, nil, "not a JSON object", false},
		"nothing":      {201, ``, nil, "an empty body", false},
		"a null":       {201, `null`, nil, "not a JSON object", false},
		"an odd URI": {201, `{"client_id":"c","registration_client_uri":"javascript:x"}`, nil,
			"not an http or https URL", false},
		"a redirect": {302, ``, http.Header{"Location": {"https://x.example/"}}, "neither a registration", false},
		"a repeat of secrets": {400, `{"error":"invalid_client_metadata",` +
			`"error_description":"client_secret=CANARY-0123456789abcdef"}`, nil, tokens.Hidden, true},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t)
			e.status, e.body = c.status, c.body
			if c.header != nil {
				e.header = c.header
			}
			client, _ := httpClient(t)
			_, err := Register(t.Context(), client, Request{Endpoint: e.URL, Metadata: Metadata{"client_name": "x"}})
			var refused *flows.OAuthError
			var answer *flows.ResponseError
			if errors.As(err, &refused) != c.oauth || errors.As(err, &answer) == c.oauth || err == nil ||
				!strings.Contains(err.Error(), c.want) || strings.ContainsAny(err.Error(), "\x1b") ||
				strings.Contains(err.Error(), "CANARY") {
				t.Errorf("got %v (%T), want %q, an OAuth error: %v", err, err, c.want, c.oauth)
			}
			if refused != nil && (len(refused.Sent) != 1 || refused.Endpoint != "registration") {
				t.Errorf("got %+v, want the members that were sent", refused)
			}
		})
	}
	client, _ := httpClient(t)
	var none *flows.EndpointError
	if _, err := Register(t.Context(), client, Request{}); !errors.As(err, &none) {
		t.Errorf("without an endpoint: got %v", err)
	}
	e := newEndpoint(t)
	e.status = 202
	if err := Delete(t.Context(), client, Management{URI: e.URL}); err == nil {
		t.Error("a deletion that the server does not confirm must be an error")
	}
}

// The demo provider's own registration, from the first request to the last.
func TestAClientIsManagedAtTheDemoProvider(t *testing.T) {
	s, err := demo.Start(demo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	client, _ := httpClient(t)
	m, err := provider.Discover(t.Context(), client, s.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	c, err := Register(t.Context(), client,
		Request{Endpoint: m.RegistrationEndpoint,
			Metadata: NativeClient("my app", []string{"http://127.0.0.1/callback"}, "openid api:read")})
	if err != nil {
		t.Fatal(err)
	}
	if c.ID == "" || c.AuthMethod != "none" || c.Management.Token.IsZero() {
		t.Fatalf("got %+v, want a public client that can be managed", c)
	}
	read, err := Read(t.Context(), client, c.Management)
	if err != nil || read.ID != c.ID {
		t.Fatalf("read: got %+v, %v", read, err)
	}
	updated, err := Update(t.Context(), client, read,
		NativeClient("another name", []string{"http://127.0.0.1/callback"}, "openid"))
	if err != nil || string(updated.Metadata["client_name"]) != `"another name"` {
		t.Fatalf("update: got %+v, %v", updated, err)
	}
	if err := Delete(t.Context(), client, updated.Management); err != nil {
		t.Fatal(err)
	}
	var refused *flows.OAuthError
	if _, err := Read(t.Context(), client, updated.Management); !errors.As(err, &refused) {
		t.Errorf("after the deletion: got %v, want a refusal", err)
	}
}

func TestAPrivateKeyIsNeverRegistered(t *testing.T) {
	key, err := jose.Generate("ES256", "k")
	if err != nil {
		t.Fatal(err)
	}
	public, _ := jose.NewKeySet(key).PublicJSON()
	e := newEndpoint(t)
	e.body = `{"client_id":"c"}`
	client, _ := httpClient(t)
	if _, err := Register(t.Context(), client,
		Request{Endpoint: e.URL, Metadata: Metadata{"jwks": json.RawMessage(public)}}); err != nil {
		t.Errorf("public keys: got %v", err)
	}
	e.request = nil
	private := `{"keys":[{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ"}]}`
	var input *flows.InputError
	if _, err := Register(t.Context(), client,
		Request{Endpoint: e.URL, Metadata: Metadata{"jwks": json.RawMessage(private)}}); !errors.As(err, &input) ||
		e.request != nil {
		t.Errorf("got %v and the request %v, want it refused before it is sent", err, e.request)
	}
}

func TestAClientIDMetadataDocumentIsChecked(t *testing.T) {
	const id = "https://app.example/oauth/client.json"
	good := `{"client_id":"` + id + `","client_name":"x","redirect_uris":["http://127.0.0.1/cb",` +
		`"https://app.example/cb","com.example.app:/cb"],"token_endpoint_auth_method":"none"}`
	if d := CheckDocument(id, []byte(good)); !d.Valid() || len(d.Findings) != 0 {
		t.Errorf("a good document: got %+v", d.Findings)
	}
	for name, c := range map[string]struct {
		id, doc, want string
		must          bool
	}{
		"another client_id": {id, strings.Replace(good, id, id+"x", 1), "exactly the URL", true},
		"a secret":          {id, strings.Replace(good, `{`, `{"client_secret":"x",`, 1), "public", true},
		"a shared secret":   {id, strings.Replace(good, `"none"`, `"client_secret_jwt"`, 1), "shared secret", true},
		"no method": {id, strings.Replace(good, `"token_endpoint_auth_method":"none"`, `"a":1`, 1),
			"client_secret_basic", false},
		"keys missing": {id, strings.Replace(good, `"none"`, `"private_key_jwt"`, 1), "public keys", true},
		"a shared key in it": {id, strings.Replace(good, `{`,
			`{"jwks":{"keys":[{"kty":"oct","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ"}]},`, 1),
			"private or a shared key", true},
		"no redirects": {id, `{"client_id":"` + id + `","client_name":"x","token_endpoint_auth_method":"none"}`,
			"authorization code", false},
		"redirects of one": {id, strings.Replace(good,
			`["http://127.0.0.1/cb","https://app.example/cb","com.example.app:/cb"]`, `"x"`, 1),
			"list of strings", true},
		"a relative redirect": {id, strings.Replace(good, "http://127.0.0.1/cb", "/cb", 1), "absolute", true},
		"a foreign redirect": {id, strings.Replace(good, "https://app.example/cb", "https://other.example/cb", 1),
			"another host", false},
		"no name":   {id, strings.Replace(good, `"client_name":"x",`, "", 1), "users see the URL", false},
		"no object": {id, `[]`, "not a JSON object", true},
		"large": {id, strings.Replace(good, `"x"`, `"`+strings.Repeat("x", 6000)+`"`, 1), "need not read",
			false},
		"http":             {"http://app.example/c", "{}", "https URL", true},
		"http on loopback": {"http://127.0.0.1:1/c", "{}", "for tests", false},
		"no path":          {"https://app.example/", "{}", "have a path", true},
		"a fragment":       {"https://app.example/c#f", "{}", "fragment", true},
		"a password":       {"https://a:b@app.example/c", "{}", "password", true},
		"dots":             {"https://app.example/a/../c", "{}", "dot segments", true},
		"encoded dots":     {"https://app.example/a/%2E%2e/c", "{}", "dot segments", true},
		"a query":          {"https://app.example/c?a=b", "{}", "query", false},
		"no URL":           {"client-1", "{}", "not a URL", true},
	} {
		d := CheckDocument(c.id, []byte(c.doc))
		if !slices.ContainsFunc(d.Findings, func(f Finding) bool {
			return strings.Contains(f.Problem, c.want) && f.Must == c.must && f.Spec != ""
		}) {
			t.Errorf("%s: got %+v, want %q, must: %v", name, d.Findings, c.want, c.must)
		}
	}
}

func TestADocumentIsMadeAndFetched(t *testing.T) {
	const id = "https://app.example/oauth/client.json"
	raw, err := NewDocument(id, NativeClient("x", []string{"http://127.0.0.1/cb"}, ""))
	if err != nil || !CheckDocument(id, raw).Valid() {
		t.Errorf("got %s, %v", raw, err)
	}
	if _, err := NewDocument("https://app.example", NativeClient("x", nil, "")); err == nil ||
		!strings.Contains(err.Error(), "path") {
		t.Errorf("without a path: got %v", err)
	}

	var answer func(http.ResponseWriter)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) }))
	defer s.Close()
	c, err := wire.New(t.Context(), wire.Options{Insecure: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	there := s.URL + "/client.json"
	doc, _ := NewDocument(there, NativeClient("x", []string{"http://127.0.0.1/cb"}, ""))
	for want, a := range map[string]func(w http.ResponseWriter){
		"": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(doc)
		},
		"application/json is": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = w.Write(doc)
		},
		"returns 302": func(w http.ResponseWriter) { w.Header().Set("Location", "/x"); w.WriteHeader(302) },
		"larger than": func(w http.ResponseWriter) {
			_, _ = w.Write([]byte(`{"a":"` + strings.Repeat("x", maxDocument) + `"}`))
		},
	} {
		answer = a
		d, err := FetchDocument(t.Context(), c, there)
		if err != nil {
			t.Fatal(err)
		}
		if want == "" && len(d.Findings) != 0 || want != "" &&
			!slices.ContainsFunc(d.Findings, func(f Finding) bool { return strings.Contains(f.Problem, want) }) {
			t.Errorf("%q: got %+v", want, d.Findings)
		}
	}
	if d, err := FetchDocument(t.Context(), c, "http://app.example/c"); err != nil || d.Valid() {
		t.Errorf("http must not be asked at all: got %+v, %v", d, err)
	}
}

func FuzzCheckDocument(f *testing.F) {
	f.Add("https://a/b", `{"client_id":"https://a/b","redirect_uris":["x",1],"jwks":{"keys":[{}]}}`)
	f.Fuzz(func(t *testing.T, id, text string) {
		for _, finding := range CheckDocument(id, []byte(text)).Findings {
			if strings.ContainsAny(finding.Problem, "\x1b\n") {
				t.Errorf("a control character is left: %+q", finding.Problem)
			}
		}
	})
}
