package inspect

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
	"fob/tokens/wwwauth"
)

// diagnosis is a rejected token and the cause that must come first.
type diagnosis struct {
	name     string
	token    string // "" is a good access token
	payload  string // signed in place of token
	header   jose.Header
	keys     string // "" the right ones, "none", "others", "other kid"
	status   int
	bearer   string // parameters of a Bearer challenge; "-" is a challenge without any
	scheme   string // of the challenge; "" is Bearer
	fields   []Field
	body     string
	sent     string // scheme and the like; the token is put behind it
	expected Expected
	change   func(*Case)
	want     string // "" is nothing at all
	evidence string
}

const apiClaims = `"iss":"https://issuer.example","sub":"alice","aud":"https://api.example","client_id":"web",` +
	`"scope":"read","jti":"1"`

func diagnoses() []diagnosis {
	ok := `{` + apiClaims + inTime + `}`
	with := func(more string) string { return `{` + apiClaims + inTime + `,` + more + `}` }
	expired := `{` + apiClaims + `,"iat":1699990000,"exp":1699999000}`
	api := Expected{Issuer: "https://issuer.example", Audience: "https://api.example", ClientID: "web"}
	date := func(t time.Time) []Field { return []Field{{"Date", t.UTC().Format(http.TimeFormat)}} }
	invalid := func(description string) string {
		return `error="invalid_token", error_description="` + description + `"`
	}
	opaque := "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
	html := []Field{{"Content-Type", "text/html; charset=utf-8"}}
	return []diagnosis{
		{name: "nothing speaks against it", expected: api, want: ""},
		{name: "expired", payload: expired, status: 401, bearer: invalid("The token expired"), want: "expired",
			evidence: "16m"},
		{name: "expired, and the API says nothing", payload: expired, status: 401, bearer: `error="invalid_token"`,
			want: "expired"},
		{name: "expired, without an answer", payload: expired, want: "expired"},
		{name: "expired, in Microsoft's words", payload: expired, status: 401,
			bearer: invalid("IDX10223: Lifetime validation failed"), want: "expired"},
		{name: "expired by introspection", token: opaque, change: introspect(`{"active":false,"exp":1699999000}`),
			want: "expired"},
		{name: "not yet valid", payload: with(`"nbf":1700000300`), status: 401,
			bearer: invalid("token used before nbf"), want: "not-yet-valid"},
		{name: "not yet valid, without an answer", payload: with(`"nbf":1700000300`), want: "not-yet-valid"},
		{name: "issued in the future", payload: `{` + apiClaims +
			`,"iat":1700000200,"exp":1700000900}`, status: 401, bearer: `error="invalid_token"`, want: "not-yet-valid"},
		{name: "the API's clock is ahead", status: 401, bearer: invalid("token is expired"),
			fields: date(now.Add(10 * time.Minute)), want: "clock-skew", evidence: "ahead of"},
		{name: "the API's clock is ahead and it says nothing", status: 401, bearer: `error="invalid_token"`,
			fields: date(now.Add(10 * time.Minute)), want: "clock-skew"},
		{name: "the API's clock is behind", status: 401, bearer: invalid("token not yet valid"),
			fields: date(now.Add(-10 * time.Minute)), want: "clock-skew", evidence: "behind"},
		{name: "the API says expired, and it is not", status: 401, bearer: invalid("token is expired"),
			want: "expired", evidence: "the API says"},
		{name: "exp in milliseconds", payload: `{` + apiClaims +
			`,"iat":1699999990,"exp":1700000290000}`, status: 401, bearer: `error="invalid_token"`, want: "time-unit"},
		{name: "exp is null", payload: `{` + apiClaims + `,"exp":null}`, want: "time-unit"},
		{name: "another audience", expected: altered(api, func(e *Expected) { e.Audience = "https://other.example" }),
			status: 401, bearer: invalid("invalid audience"), want: "wrong-audience", evidence: "https://api.example"},
		{name: "another audience, and the API says nothing",
			expected: altered(api, func(e *Expected) { e.Audience = "https://other.example" }), status: 401,
			bearer: `error="invalid_token"`, want: "wrong-audience"},
		{name: "another audience, in Microsoft's words", expected: altered(api,
			func(e *Expected) { e.Audience = "api://other" }), status: 401,
			bearer: invalid("IDX10214: Audience validation failed"), want: "wrong-audience"},
		{name: "the audience, by the API's word alone", status: 401,
			bearer: invalid("jwt audience invalid. expected: https://x"), want: "wrong-audience"},
		{name: "no audience", payload: `{"iss":"https://issuer.example","sub":"a","scope":"read","client_id":"web"` +
			inTime + `}`, expected: api, status: 401, bearer: `error="invalid_token"`, want: "wrong-audience"},
		{name: "an opaque token for another API", token: opaque, expected: api,
			change: introspect(`{"active":true,"aud":"https://other.example"}`), want: "wrong-audience"},
		{name: "another issuer", expected: altered(api, func(e *Expected) { e.Issuer = "https://prod.example" }),
			status: 401, bearer: `error="invalid_token"`, want: "wrong-issuer"},
		{name: "the issuer, by the API's word alone", status: 401,
			bearer: invalid("IDX10205: Issuer validation failed"), want: "wrong-issuer"},
		{name: "the issuer but for a slash", expected: altered(api,
			func(e *Expected) { e.Issuer = "https://issuer.example/" }), status: 401, bearer: `error="invalid_token"`,
			want: "issuer-slash"},
		{name: "Entra's other version", payload: `{"iss":"https://sts.windows.net/t/","aud":"api://x","scp":"read"` +
			inTime + `}`, expected: Expected{Issuer: "https://login.microsoftonline.com/t/v2.0"}, status: 401,
			bearer: `error="invalid_token"`, want: "entra-version"},
		{name: "a scope is missing", status: 403, bearer: `error="insufficient_scope", scope="read write"`,
			want: "missing-scope", evidence: "lacks write"},
		{name: "a scope is missing, in the body alone", status: 403, body: `{"error":"insufficient_scope"}`,
			want: "missing-scope"},
		{name: "a scope that the call needs", expected: altered(api,
			func(e *Expected) { e.Scopes = []string{"admin"} }), want: "missing-scope", evidence: "lacks admin"},
		{name: "a scope of an opaque token", token: opaque, change: introspect(`{"active":true,"scope":"read"}`),
			status: 403, bearer: `error="insufficient_scope", scope="write"`, want: "missing-scope"},
		{name: "a scope, although it has expired soon after", payload: `{` + apiClaims +
			`,"iat":1699990000,"exp":1699999995}`, status: 403, bearer: `error="insufficient_scope", scope="write"`,
			want: "missing-scope"},
		{name: "forbidden, and the scope is there", status: 403, body: `{"error":"forbidden"}`, want: "forbidden"},
		{name: "a DPoP token sent as Bearer", payload: with(`"cnf":{"jkt":"abc"}`), sent: "Bearer ", status: 401,
			bearer: `error="invalid_token"`, want: "dpop-as-bearer"},
		{name: "a DPoP token, sent in an unknown way", payload: with(`"cnf":{"jkt":"abc"}`),
			want: "dpop-as-bearer"},
		{name: "a DPoP token without a proof", payload: with(`"cnf":{"jkt":"abc"}`), sent: "DPoP ", status: 401,
			want: "dpop-proof"},
		{name: "Bearer where the API wants DPoP", sent: "Bearer ", status: 401, scheme: "DPoP",
			bearer: `algs="ES256", error="invalid_token"`, want: "dpop-as-bearer"},
		{name: "a bearer token sent as DPoP", sent: "DPoP ", status: 401, bearer: `error="invalid_token"`,
			change: func(c *Case) { c.DPoPSent = true }, want: "bearer-as-dpop"},
		{name: "the API wants its nonce", payload: with(`"cnf":{"jkt":"abc"}`), sent: "DPoP ",
			change: func(c *Case) { c.DPoPSent = true }, status: 401, scheme: "DPoP",
			bearer: `error="use_dpop_nonce"`, fields: []Field{{"DPoP-Nonce", "n"}}, want: "dpop-nonce"},
		{name: "the proof does not fit", payload: with(`"cnf":{"jkt":"abc"}`), sent: "DPoP ",
			change: func(c *Case) { c.DPoPSent = true }, status: 401, scheme: "DPoP",
			bearer: `error="invalid_dpop_proof", error_description="htu mismatch"`, want: "dpop-proof",
			evidence: "htu mismatch"},
		{name: "bound to a certificate", payload: with(`"cnf":{"x5t#S256":"abc"}`), sent: "Bearer ", status: 401,
			bearer: `error="invalid_token"`, want: "mtls-bound"},
		{name: "bound to a certificate, by introspection", token: opaque,
			change: introspect(`{"active":true,"cnf":{"x5t#S256":"abc"}}`), want: "mtls-bound"},
		{name: "an id_token", payload: `{"iss":"https://issuer.example","sub":"alice","aud":"web","nonce":"n"` +
			inTime + `}`, expected: api, status: 401, bearer: `error="invalid_token"`, want: "id-token-sent",
			evidence: "nonce"},
		{name: "an id_token that the API refuses by its audience",
			payload: `{"iss":"https://issuer.example","sub":"alice","aud":"web","auth_time":1` + inTime +
				`}`, expected: api, status: 401, bearer: `error="invalid_token"`, want: "id-token-sent"},
		{name: "an id_token that has expired",
			payload: `{"iss":"https://issuer.example","sub":"alice","aud":"web","nonce":"n","iat":1,"exp":2}`,
			status:  401, bearer: `error="invalid_token"`, want: "id-token-sent"},
		{name: "the session's refresh token", token: opaque, change: func(c *Case) { c.IsRefresh = true },
			status: 401, bearer: `error="invalid_token"`, want: "refresh-sent"},
		{name: "Keycloak's refresh token", payload: `{"iss":"https://issuer.example","sub":"a","typ":"Refresh"` +
			inTime + `}`, want: "refresh-sent"},
		{name: "a refresh token by its shape", token: "gh" + "r_" +
			strings.Repeat("aB3d", 19), status: 401, want: "refresh-sent", evidence: "GitHub"},
		{name: "a logout token", payload: `{"iss":"https://issuer.example","aud":"web","jti":"1",` +
			`"events":{"http://schemas.openid.net/event/backchannel-logout":{}}` + inTime +
			`}`, want: "other-sent", evidence: "logout token"},
		{name: "a client assertion", payload: `{"iss":"web","sub":"web","aud":"https://issuer.example","jti":"1"` +
			inTime + `}`, want: "other-sent"},
		{name: "an access key", token: "AK" + "IA" + "IOSFODNN7EXAMPLE", want: "other-sent"},
		{name: "revoked", change: introspect(`{"active":false}`), want: "revoked"},
		{name: "revoked, and the token opaque", token: opaque, change: introspect(`{"active":false}`), status: 401,
			bearer: `error="invalid_token"`, want: "revoked"},
		{name: "revoked, by the API's word alone", token: opaque, status: 401,
			bearer: invalid("The token was revoked"), want: "revoked"},
		{name: "the keys were rotated", keys: "other kid", change: func(c *Case) { c.KeysFetched = true },
			status: 401, bearer: `error="invalid_token"`, want: "rotated-keys", evidence: "ec1"},
		{name: "the API does not know the key", status: 401,
			bearer: invalid("IDX10503: no signing key matches the kid"), want: "rotated-keys"},
		{name: "another signature", keys: "others", status: 401, bearer: `error="invalid_token"`,
			want: "signature-bad"},
		{name: "the signature, by the API's word alone", status: 401, bearer: invalid("invalid signature"),
			want: "signature-bad"},
		{name: "alg none", token: jwt(`{"alg":"none"}`, ok), status: 401, bearer: `error="invalid_token"`,
			want: "alg-none"},
		{name: "the algorithm, by the API's word alone", status: 401,
			bearer: invalid("algorithm RS256 is not allowed"), want: "alg"},
		{name: "opaque where a JWT is expected", token: opaque,
			expected: altered(api, func(e *Expected) { e.JWT = true }), status: 401, bearer: `error="invalid_token"`,
			want: "opaque"},
		{name: "opaque, and the API speaks of segments", token: opaque, status: 401,
			bearer: invalid("token contains an invalid number of segments"), want: "opaque"},
		{name: "opaque, in Microsoft's words", token: opaque, status: 401,
			bearer: invalid("IDX12741: JWT must have three segments"), want: "opaque"},
		{name: "a JWT where an opaque token is expected", expected: altered(api,
			func(e *Expected) { e.Opaque = true }), status: 401, bearer: `error="invalid_token"`, want: "jwt"},
		{name: "Microsoft Graph's token at another API",
			payload: `{"iss":"https://sts.windows.net/t/","aud":"00000003-0000-0000-c000-000000000000",` +
				`"scp":"User.Read"` + inTime +
				`}`, header: jose.Header{"nonce": "n"}, keys: "others", status: 401, bearer: invalid("IDX10511: " +
				"signature validation failed"), want: "graph-token"},
		{name: "Microsoft Graph's token, and the API says nothing",
			payload: `{"iss":"https://sts.windows.net/t/","aud":"https://graph.microsoft.com","scp":"User.Read"` +
				inTime + `}`, header: jose.Header{"nonce": "n"}, status: 401, bearer: `error="invalid_token"`,
			want: "graph-token"},
		{name: "encrypted for another recipient", token: seg(`{"alg":"RSA-OAEP","enc":"A256GCM","kid":"x"}`) + "." +
			seg(strings.Repeat("k", 256)) + "." + seg("0123456789ab") + ".AAAA." +
			seg("0123456789abcdef"), status: 401, bearer: `error="invalid_token"`, want: "encrypted"},
		{name: "cut off in the payload", token: jwt(`{"alg":"ES256"}`, ok)[:120], status: 401,
			bearer: invalid("malformed token"), want: "truncated"},
		{name: "cut off, without an answer", token: jwt(`{"alg":"ES256"}`, ok)[:60], want: "truncated"},
		{name: "cut off at a limit", token: jwt(`{"alg":"ES256","kid":"`+strings.Repeat("k", 40)+`"}`, ok)[:255],
			want: "truncated", evidence: "255"},
		{name: "broken", token: seg(`{"alg":"ES256"}`) + "." + seg(`{"a":}`) + ".AAAA", want: "broken"},
		{name: "Bearer twice, as it was sent", sent: "Bearer Bearer ", status: 401, bearer: invalid("malformed"),
			want: "bearer-twice"},
		{name: "Bearer twice, as it was pasted", token: "Bearer Bearer " +
			jwt(`{"alg":"ES256"}`, ok), keys: "none", want: "bearer-twice"},
		{name: "padding in the token", token: seg(`{"alg":"ES256"}`) + "==." + seg(ok) +
			".AAAA", keys: "none", status: 401, want: "damaged"},
		{name: "quotes around the token", token: `"` + jwt(`{"alg":"ES256"}`, ok) + `"`, keys: "none", want: "damaged"},
		{name: "the header is too large", status: 431, want: "too-large"},
		{name: "the header is too large for nginx", status: 400, fields: html,
			body: "<html><title>400 Request Header Or Cookie Too Large</title>", want: "too-large"},
		{name: "a token of 9 KB", payload: with(`"groups":"` + strings.Repeat("g", 7000) + `"`), status: 401,
			bearer: `error="invalid_token"`, want: "too-large"},
		{name: "the token did not arrive", sent: "Bearer ", status: 401, bearer: "-", want: "not-received"},
		{name: "the token did not arrive, in words", sent: "Bearer ", status: 401,
			body: `{"message":"No authorization token was found: authorization header is missing"}`,
			want: "not-received"},
		{name: "the API wants Basic", status: 401, scheme: "Basic", bearer: `realm="x"`, want: "wrong-scheme"},
		{name: "a redirect on the way", status: 301, fields: []Field{{"Location", "https://www.api.example/v1"}},
			want: "redirected"},
		{name: "a redirect to a sign-in", status: 302, fields: []Field{{"Location",
			"https://issuer.example/authorize?x"}}, want: "sign-in-page"},
		{name: "a page in place of an answer", status: 401, fields: html,
			body: "<!doctype html><title>Sign in</title>", want: "sign-in-page"},
		{name: "a firewall", status: 403, fields: append(html, Field{"Server", "cloudproxy"}),
			body: "<html>Attention required", want: "gateway", evidence: "cloudproxy"},
		{name: "a stronger sign-in", status: 401,
			bearer: `error="insufficient_user_authentication", acr_values="mfa", max_age="300"`, want: "step-up",
			evidence: "mfa"},
		{name: "another client", expected: altered(api, func(e *Expected) { e.ClientID = "mobile" }), status: 401,
			bearer: invalid("client_id is not allowed"), want: "wrong-client"},
		{name: "the account is locked", status: 401, bearer: invalid("user account is disabled"), want: "subject"},
		{name: "too many requests", status: 429, fields: []Field{{"Retry-After", "30"}}, want: "rate-limited",
			evidence: "30"},
		{name: "the API failed", status: 500, body: `{"error":"internal"}`, want: "server-error"},
		{name: "not found", status: 404, want: "not-found"},
		{name: "accepted", status: 200, body: `{}`, want: "accepted"},
		{name: "a malformed request", status: 400, bearer: `error="invalid_request"`, want: "malformed-call"},
		{name: "no reason at all", status: 401, bearer: `error="invalid_token"`, expected: api, want: "refused"},
		{name: "no token", token: " ", status: 401, bearer: "-", want: "no-token"},
	}
}

// altered is an expectation with something changed.
func altered(e Expected, change func(*Expected)) Expected {
	change(&e)
	return e
}

func introspect(answer string) func(*Case) {
	return func(c *Case) {
		if err := json.Unmarshal([]byte(answer), &map[string]any{}); err != nil {
			panic(err)
		}
		c.Introspection = parseObject([]byte(answer))
	}
}

func (d diagnosis) build(t *testing.T) Case {
	t.Helper()
	payload := d.payload
	if payload == "" {
		payload = `{` + apiClaims + inTime + `}`
	}
	token, keys := signed(t, payload, d.header)
	switch d.keys {
	case "none":
		keys = jose.KeySet{}
	case "others":
		_, keys = signed(t, `{}`, nil)
	case "other kid":
		other, err := jose.Generate("ES256", "ec2")
		if err != nil {
			t.Fatal(err)
		}
		text, err := jose.NewKeySet(other).PublicJSON()
		if err != nil {
			t.Fatal(err)
		}
		if keys, err = jose.ParseKeySet(text); err != nil {
			t.Fatal(err)
		}
	}
	if d.token != "" {
		token, keys = d.token, jose.KeySet{}
	}
	c := Case{Report: Inspect(token, Options{Now: now, Keys: keys}), Expected: d.expected, Now: now}
	if d.sent != "" {
		c.Sent = tokens.NewSecret(d.sent + token)
	}
	if d.status != 0 {
		c.Response = &Response{Status: d.status, Header: d.fields, Body: []byte(d.body)}
		if d.bearer != "" {
			c.Response.Challenges = []wwwauth.Challenge{challenge(d.scheme, d.bearer)}
		}
	}
	if d.change != nil {
		d.change(&c)
	}
	return c
}

// challenge reads the simple challenges of this table.
func challenge(scheme, params string) wwwauth.Challenge {
	if scheme == "" {
		scheme = "Bearer"
	}
	c := wwwauth.Challenge{Scheme: scheme, Params: map[string]string{}}
	for _, p := range strings.Split(params, `", `) {
		if name, value, ok := strings.Cut(p, `="`); ok {
			c.Params[name] = strings.TrimSuffix(value, `"`)
		}
	}
	return c
}

func TestTheFirstCauseIsTheRightOne(t *testing.T) {
	list := diagnoses()
	if len(list) < 60 {
		t.Errorf("%d cases, at least 60 are wanted", len(list))
	}
	named := map[string]bool{}
	for _, d := range list {
		t.Run(d.name, func(t *testing.T) {
			got := Diagnose(d.build(t))
			if d.want == "" {
				if len(got) != 0 {
					t.Errorf("got %+v, want nothing", got)
				}
				return
			}
			named[d.want] = true
			if len(got) == 0 || got[0].ID != d.want || !strings.Contains(got[0].Evidence, d.evidence) {
				t.Fatalf("got %+v, want first %s … %s …", got, d.want, d.evidence)
			}
			seen := map[string]bool{}
			for _, c := range got {
				if c.Title == "" || c.Do == "" || c.Evidence == "" || tokens.VisibleLine(c.Evidence) != c.Evidence {
					t.Errorf("got %+v, want a title, evidence that can be printed, and what to do", c)
				}
				if seen[c.ID] {
					t.Errorf("%s is there twice", c.ID)
				}
				seen[c.ID] = true
			}
		})
	}
	for id := range causeTexts {
		if !named[id] && id != "introspection" {
			t.Errorf("%s is never the first cause", id)
		}
	}
}

func TestQuotedErrorIsNotRepeated(t *testing.T) {
	for text, want := range map[string]string{
		"invalid_token\nthe token is bad\n\ninvalid_token\nthe token is bad\n": "invalid_token the token is bad",
		"invalid_token\n\n\nthe token\n is bad":                                "invalid_token the token is bad",
		"\n":                                                                   "",
	} {
		if got := withoutRepetition(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestAResponseIsParsedInTheFormsThatPeopleHave(t *testing.T) {
	const challenge = `Bearer error="invalid_token"`
	for name, c := range map[string]struct {
		text, sent, body string
		status           int
		challenge        string
	}{
		"an HTTP response": {"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: " + challenge +
			"\r\n\r\n{\"a\":1}\r\n", "", `{"a":1}`, 401, challenge},
		"HTTP/2 without words": {"HTTP/2 401 \nwww-authenticate: " + challenge + "\n\n", "", "", 401, challenge},
		"a blank line after each line": {"HTTP/1.1 401 Unauthorized\n\nDate: x\n\nWWW-Authenticate: " + challenge +
			"\n\n\n\n{\"a\":1}\n", "", `{"a":1}`, 401, challenge},
		"blank lines and no body": {"HTTP/1.1 401 Unauthorized\n\nWWW-Authenticate: " + challenge + "\n\n\n\n",
			"", "", 401, challenge},
		"a body that looks like a header": {"HTTP/1.1 401 Unauthorized\n\nerror: expired", "", "error: expired", 401,
			""},
		"after 100 Continue": {"HTTP/1.1 100 Continue\n\nHTTP/1.1 401 Unauthorized\nWWW-Authenticate: " +
			challenge + "\n\nno", "", "no", 401, challenge},
		"after a redirect": {"HTTP/1.1 302 Found\nLocation: /x\n\nHTTP/1.1 403 Forbidden\n\n", "", "", 403, ""},
		"what curl -v prints": {"* Connected\n> GET / HTTP/1.1\n> Authorization: Bearer abc\n>\n< HTTP/1.1 401 " +
			"Unauthorized\n< WWW-Authenticate: " + challenge +
			"\n<\n{ [5 bytes data]\nno\n* done", "Bearer abc", "no", 401, challenge},
		"a HAR entry": {`{"request":{"headers":[{"name":"Authorization","value":"DPoP x"}]},` +
			`"response":{"status":401,"headers":[{"name":"www-authenticate","value":"Bearer ` +
			`error=\"invalid_token\""}],"content":{"text":"no"}}}`, "DPoP x", "no", 401, challenge},
		"a HAR file": {`{"log":{"entries":[{"request":{},"response":{"status":401,"headers":[],` +
			`"content":{"text":"first"}}},{"request":{},"response":{"status":403,"content":{"text":"last"}}},` +
			`{"request":{},"response":{"status":200}}]}}`, "", "last", 403, ""},
		"header lines":   {"WWW-Authenticate: " + challenge + "\nDate: x", "", "", 0, challenge},
		"the body alone": {`{"error":"invalid_token"}`, "", `{"error":"invalid_token"}`, 0, ""},
		"words":          {"Jwt is expired", "", "Jwt is expired", 0, ""},
		"a status alone": {"401\n", "", "", 401, ""},
		"HTML":           {"<html><body>no: way</body></html>", "", "<html><body>no: way</body></html>", 0, ""},
	} {
		r, sent, err := ParseResponse([]byte(c.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r.Status != c.status || string(r.Body) != c.body || sent.Reveal() != c.sent ||
			strings.Join(r.Values("WWW-Authenticate"), "") != c.challenge {
			t.Errorf("%s: got %d, %q, sent %q, challenge %q", name, r.Status, r.Body, sent.Reveal(),
				r.Values("WWW-Authenticate"))
		}
	}
	for name, text := range map[string]string{"nothing": " \n", "too much": strings.Repeat("a", maxAnswer+1)} {
		if _, _, err := ParseResponse([]byte(text)); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}
