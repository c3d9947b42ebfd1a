package inspect

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// lintCase is a token with one thing wrong, and the finding that must say so.
type lintCase struct {
	name, payload string
	header        jose.Header
	options       Options
	id            string
	severity      Severity
	claim         string
}

const (
	inTime   = `,"iat":1699999990,"exp":1700000290`
	idClaims = `"iss":"https://issuer.example","sub":"alice","aud":"web","nonce":"n"` + inTime
)

func lintCases() []lintCase {
	typed := func(typ string) jose.Header { return jose.Header{"typ": typ} }
	return []lintCase{
		{"expired", `{` + fine + `,"iat":1699990000,"exp":1699999000}`, nil, Options{}, "expired", Error, "exp"},
		{"expired within the skew", `{` + fine + `,"iat":1699990000,"exp":1699999990}`, nil, Options{},
			"expired-within-skew", Warning, "exp"},
		{"not yet valid", `{` + fine + inTime + `,"nbf":1700000100}`, nil, Options{}, "not-yet-valid", Error, "nbf"},
		{"issued in the future", `{` + fine + `,"iat":1700000100,"exp":1700000290}`, nil, Options{},
			"issued-in-future", Warning, "iat"},
		{"milliseconds", `{` + fine + `,"iat":1699999990,"exp":1700000290000}`, nil, Options{}, "time-milliseconds",
			Error, "exp"},
		{"a time in a string", `{` + fine + `,"iat":"1699999990","exp":1700000290}`, nil, Options{}, "time-string",
			Warning, "iat"},
		{"a time that is none", `{` + fine + `,"iat":1699999990,"exp":null}`, nil, Options{}, "time-unreadable",
			Error, "exp"},
		{"lifetime over a day", `{` + fine + `,"iat":1699999990,"exp":1800000000}`, nil, Options{}, "long-life",
			Warning, "exp"},
		{"a credential, which is made to be kept",
			`{"iss":"https://issuer.example","vct":"urn:example:id","cnf":{"jwk":{"kty":"OKP","crv":"Ed25519",` +
				`"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}},"iat":1699999990,` +
				`"exp":1800000000}`, typed("dc+sd-jwt"), Options{}, "", "", ""},
		{"exp before iat", `{` + fine + `,"iat":1699999990,"exp":1699999980}`, nil, Options{}, "exp-before-iat",
			Error, "exp"},
		{"nbf after exp", `{` + fine + inTime + `,"nbf":1700001000}`, nil, Options{}, "nbf-after-exp", Error, "nbf"},
		{"no exp", `{` + fine + `}`, nil, Options{}, "no-exp", Error, "exp"},
		{"no exp in a token of no kind", `{"iss":"a","aud":"b"}`, nil, Options{}, "no-exp", Warning, "exp"},
		{"no aud", `{"iss":"a","scope":"x","exp":1700000290}`, nil, Options{}, "no-aud", Error, "aud"},
		{"aud of a strange type", `{"iss":"a","aud":7,"exp":1700000290}`, nil, Options{}, "aud-type", Error, "aud"},
		{"aud empty", `{"iss":"a","aud":[],"exp":1700000290}`, nil, Options{}, "no-aud", Error, "aud"},
		{"aud a star", `{"iss":"a","aud":["api","*"],"exp":1700000290}`, nil, Options{}, "aud-wide", Warning, "aud"},
		{"six audiences", `{"iss":"a","scope":"x","aud":["a","b","c","d","e","f"],"exp":1700000290}`, nil, Options{},
			"aud-wide", Warning, "aud"},
		{"two audiences and no azp", `{"iss":"https://a","sub":"b","nonce":"n","aud":["a","b"],"iat":1699999990,` +
			`"exp":1700000290}`, nil, Options{}, "azp-missing", Warning, "azp"},
		{"another audience", `{` + fine + inTime + `}`, nil, Options{Audience: "https://other"}, "aud-mismatch",
			Error, "aud"},
		{"another issuer", `{` + fine + inTime + `}`, nil, Options{Issuer: "https://other"}, "iss-mismatch", Error,
			"iss"},
		{"another nonce", `{` + fine + inTime + `,"nonce":"a"}`, nil, Options{Nonce: "b"}, "nonce-mismatch", Error,
			"nonce"},
		{"an issuer by http", `{"iss":"http://issuer.example","aud":"b","exp":1700000290}`, nil, Options{},
			"iss-http", Warning, "iss"},
		{"an empty sub", `{"iss":"a","aud":"b","sub":"","exp":1700000290}`, nil, Options{}, "claim-empty", Warning,
			"sub"},
		{"a number as sub", `{"iss":"a","aud":"b","sub":7,"exp":1700000290}`, nil, Options{}, "claim-type", Warning,
			"sub"},
		{"a list as scope", `{"iss":"a","aud":"b","scope":["x"],"exp":1700000290}`, nil, Options{}, "claim-type",
			Warning, "scope"},
		{"scopes with commas", `{"iss":"a","aud":"b","scope":"x,y","exp":1700000290}`, nil, Options{}, "scope-commas",
			Warning, "scope"},
		{"a long sub", `{"iss":"https://a","aud":"b","nonce":"n","sub":"` + strings.Repeat("x", 256) + `"` + inTime +
			`}`, nil, Options{}, "sub-long", Warning, "sub"},
		{"a doubled member", `{` + fine + inTime + `,"sub":"bob"}`, nil, Options{}, "duplicate", Error, "sub"},
		{"an access token without client_id", `{"iss":"https://a","sub":"b","aud":"c","jti":"1"` + inTime +
			`}`, typed("at+jwt"), Options{}, "claim-missing", Warning, "client_id"},
		{"an id_token without sub", `{"iss":"https://a","aud":"c","at_hash":"x"` + inTime +
			`}`, nil, Options{}, "claim-missing", Error, "sub"},
		{"a logout token without jti",
			`{"iss":"https://a","aud":"c","events":{"http://schemas.openid.net/event/backchannel-logout":{}}` +
				inTime + `}`, typed("logout+jwt"), Options{}, "claim-missing", Error, "jti"},
		{"a logout token with nonce", `{"iss":"https://a","aud":"c","jti":"1","nonce":"n",` +
			`"events":{"http://schemas.openid.net/event/backchannel-logout":{}}` + inTime +
			`}`, typed("logout+jwt"), Options{}, "claim-forbidden", Error, "nonce"},
		{"an introspection response with sub",
			`{"iss":"https://a","aud":"c","iat":1,"sub":"x","token_introspection":{}}`,
			typed("token-introspection+jwt"), Options{}, "claim-forbidden", Error, "sub"},
		{"a request object in a request object", `{"client_id":"c","response_type":"code","request_uri":"x"}`,
			typed("oauth-authz-req+jwt"), Options{}, "claim-forbidden", Error, "request_uri"},
		{"a client assertion without sub", `{"iss":"c","aud":"https://a","jti":"1"` + inTime +
			`}`, typed("client-authentication+jwt"), Options{}, "claim-missing", Error, "sub"},
		{"a proof without htu", `{"jti":"1","htm":"GET","iat":1700000000}`, typed("dpop+jwt"), Options{},
			"claim-missing", Error, "htu"},
		{"a proof without its key", `{"jti":"1","htm":"GET","htu":"https://a","iat":1700000000}`, typed("dpop+jwt"),
			Options{}, "dpop-jwk", Error, "header.jwk"},
		{"a proof by its claims alone", `{"jti":"1","htm":"GET","htu":"https://a","iat":1700000000}`,
			jose.Header{"typ": "JWT", "jwk": map[string]string{}}, Options{}, "typ-wrong", Error, "header.typ"},
		{"an entity statement of typ JWT", `{"iss":"https://a","sub":"https://a","iat":1,"exp":1700000290,"jwks":{}}`,
			typed("JWT"), Options{}, "typ-wrong", Error, "header.typ"},
		{"an id_token of typ at+jwt", `{` + fine + inTime +
			`,"at_hash":"x"}`, typed("at+jwt"), Options{}, "typ-wrong", Warning, "header.typ"},
		{"an access token of typ JWT", `{` + fine + inTime +
			`}`, typed("JWT"), Options{}, "typ-generic", Info, "header.typ"},
		{"b64 in a JWT", `{"iss":"a"}`, jose.Header{"b64": true}, Options{}, "", "", ""},
		{"a private key in the header", `{` + fine + inTime +
			`}`, jose.Header{"jwk": map[string]string{"kty": "EC", "d": "x"}}, Options{}, "private-key-in-header",
			Error, "header.jwk"},
		{"a key in the header", `{` + fine + inTime + `}`, jose.Header{"jku": "https://keys.example"}, Options{},
			"key-in-header", Info, "header.jku"},
		{"a key by http", `{` + fine + inTime + `}`, jose.Header{"jku": "http://keys.example"}, Options{},
			"key-url-insecure", Warning, "header.jku"},
		{"a path as kid", `{` + fine + inTime + `}`, jose.Header{"kid": "../../dev/null"}, Options{},
			"kid-suspicious", Warning, "header.kid"},
		{"an absolute path as kid", `{` + fine + inTime + `}`, jose.Header{"kid": "/etc/passwd"}, Options{},
			"kid-suspicious", Warning, "header.kid"},
		{"SQL as kid", `{` + fine + inTime + `}`, jose.Header{"kid": "x' UNION SELECT 'a"}, Options{},
			"kid-suspicious", Warning, "header.kid"},
		{"a SQL comment as kid", `{` + fine + inTime + `}`, jose.Header{"kid": "x'--"}, Options{}, "kid-suspicious",
			Warning, "header.kid"},
		{"a command as kid", `{` + fine + inTime + `}`, jose.Header{"kid": "key | curl x"}, Options{},
			"kid-suspicious", Warning, "header.kid"},
		{"dashes in a random kid", `{` + fine + inTime + `}`, jose.Header{"kid": "a--B_9--x"}, Options{}, "", "", ""},
		{"a vault's address as kid", `{` + fine + inTime +
			`}`, jose.Header{"kid": "https://kv.vault.example/keys/signing/0f1e2d"}, Options{}, "", "", ""},
		{"a name as kid", `{` + fine + inTime + `}`, jose.Header{"kid": "O'Brien and sons (2024)"}, Options{}, "", "",
			""},
		{"a password in clear", `{` + fine + inTime + `,"user":{"Pass_Word":"x"}}`, nil, Options{}, "secret-in-clear",
			Warning, "user.Pass_Word"},
		{"another token in clear", `{` + fine + inTime + `,"x":"gh` + `p_` + strings.Repeat("aB3d", 9) +
			`"}`, nil, Options{}, "secret-in-clear", Warning, "x"},
		{"a private key in clear", `{` + fine + inTime +
			`,"x":"-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA0123456789"}`, nil, Options{}, "secret-in-clear",
			Warning, "x"},
		{"personal data in an access token", `{` + fine + inTime +
			`,"email":"a@b.example"}`, nil, Options{}, "personal-data", Info, "email"},
		{"another access token", `{` + idClaims + `,"at_hash":"AAAA"}`, nil,
			Options{AccessToken: tokens.NewSecret("some access token")}, "at-hash", Error, "at_hash"},
		{"another code", `{` + idClaims + `,"c_hash":"AAAA"}`, nil, Options{Code: tokens.NewSecret("some code")},
			"c-hash", Error, "c_hash"},
		{"another state", `{` + idClaims + `,"s_hash":"AAAA"}`, nil, Options{State: tokens.NewSecret("some state")},
			"s-hash", Error, "s_hash"},
		{"Descope's refresh token", `{"iss":"P2abc","sub":"b","drn":"DSR"` + inTime +
			`}`, nil, Options{}, "descope-refresh",
			Info, "drn"},
		{"Descope's session token", `{"iss":"P2abc","sub":"b","drn":"DS"` + inTime +
			`}`, nil, Options{}, "descope-issuer",
			Info, "iss"},
		{"ZITADEL's access token", `{"iss":"https://x1.eu1.zitadel.cloud","sub":"b","aud":["c"],"scope":"openid",` +
			`"jti":"1"` +
			inTime + `}`,
			typed("at+jwt"), Options{}, "zitadel-audience", Info, "aud"},
		{"Graph's nonce", `{"iss":"https://sts.windows.net/t/","aud":"x","exp":1700000290}`,
			jose.Header{"nonce": "n"}, Options{}, "graph-nonce", Info, "header.nonce"},
		{"too large for headers", `{` + fine + inTime + `,"x":"` + strings.Repeat("a", 8000) +
			`"}`, nil, Options{}, "size-header", Warning, ""},
		{"too large for cookies", `{` + fine + inTime + `,"x":"` + strings.Repeat("a", 3500) +
			`"}`, nil, Options{}, "size-cookie", Info, ""},
		{"certificates that are none", `{` + fine + inTime +
			`}`, jose.Header{"x5c": []string{"AAAA"}}, Options{}, "x5c-malformed", Error, "header.x5c"},
	}
}

func TestFindings(t *testing.T) {
	for _, c := range lintCases() {
		t.Run(c.name, func(t *testing.T) {
			token, keys := signed(t, c.payload, c.header)
			c.options.Now, c.options.Keys = now, keys
			r := Inspect(token, c.options)
			if r.Signature.Verdict != tokens.Good {
				t.Errorf("a finding changed the verdict on the signature: %+v", r.Signature)
			}
			c.check(t, r)
		})
	}
}

// check looks for the finding; without an id there must be none that is more than a word on typ.
func (c lintCase) check(t *testing.T, r *Report) {
	t.Helper()
	for _, f := range r.Findings {
		switch {
		case c.id == "" && f.Severity != Info && f.ID != "claim-missing" && f.ID != "no-exp" && f.ID != "no-aud":
			t.Errorf("got %+v, want nothing", f)
		case c.id != "" && f.ID == c.id && f.Severity == c.severity && f.Claim == c.claim:
			if f.Message == "" || f.Do == "" || f.Spec == "" {
				t.Errorf("got %+v, want a message, a specification, and what to do", f)
			}
			return
		}
	}
	if c.id != "" {
		t.Errorf("got %+v, want %s as %s on %q", r.Findings, c.id, c.severity, c.claim)
	}
}

func TestValidTokensOfEachKindHaveNoFindings(t *testing.T) {
	for name, c := range map[string]struct {
		payload string
		header  jose.Header
	}{
		"access token": {`{` + fine + inTime + `}`, jose.Header{"typ": "at+jwt"}},
		"id_token":     {`{` + idClaims + `,"auth_time":1699999900,"acr":"1"}`, jose.Header{"typ": "JWT"}},
		"logout token": {`{"iss":"https://a","sub":"b","aud":"c","jti":"1",` +
			`"events":{"http://schemas.openid.net/event/backchannel-logout":{}}` + inTime +
			`}`, jose.Header{"typ": "logout+jwt"}},
		"client assertion": {`{"iss":"c","sub":"c","aud":"https://a","jti":"1"` + inTime +
			`}`, jose.Header{"typ": "JWT"}},
		"request object": {`{"iss":"c","aud":"https://a","client_id":"c","response_type":"code"` + inTime +
			`}`, jose.Header{"typ": "oauth-authz-req+jwt"}},
		"entity statement": {`{"iss":"https://a","sub":"https://a","jwks":{"keys":[]}` + inTime +
			`}`, jose.Header{"typ": "entity-statement+jwt"}},
		"credential":      {`{"iss":"https://a","vct":"https://c"` + inTime + `}`, jose.Header{"typ": "dc+sd-jwt"}},
		"loopback issuer": {`{"iss":"http://127.0.0.1:8080","aud":"a"` + inTime + `}`, jose.Header{"typ": "JWT"}},
	} {
		token, keys := signed(t, c.payload, c.header)
		if r := Inspect(token, Options{Now: now, Keys: keys}); len(r.Findings) > 0 {
			t.Errorf("%s (%s): got %+v", name, r.Kind, r.Findings)
		}
	}
}

func TestWeakAndConfusedKeysAreReported(t *testing.T) {
	sign := func(alg, secret string) string {
		token, err := jose.Sign([]byte(`{"iss":"a","aud":"b","exp":1700000290}`), jose.Header{"alg": alg},
			jose.SecretKey([]byte(secret)))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	rsa, err := jose.Generate("RS256", "r")
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := rsa.PublicJWK()
	if err != nil {
		t.Fatal(err)
	}
	public := jose.NewKeySet(rsa)
	strong := strings.Repeat("k9", 32)
	for _, c := range []struct {
		name, token string
		keys        jose.KeySet
		id          string
		severity    Severity
		says        string
	}{
		{"a secret of tutorials, without a key", sign("HS256", "your-256-bit-secret"), jose.KeySet{}, "secret-known",
			Error, "your-256-bit-secret"},
		{"the word secret", sign("HS512", "secret"), jose.KeySet{}, "secret-known", Error, `"secret"`},
		{"a short secret", sign("HS256", "k9k9k9k9k9"), jose.NewKeySet(jose.SecretKey([]byte("k9k9k9k9k9"))),
			"key-short", Warning, "80 bits"},
		{"HMAC beside a public key", sign("HS256", strong), public, "alg-confusion", Error,
			"use a public key"},
		{"HMAC with the public key", sign("HS256", string(jwk)), public, "alg-confusion", Error, "an attack"},
		{"a strong secret", sign("HS256", strong), jose.NewKeySet(jose.SecretKey([]byte(strong))), "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Inspect(c.token, Options{Now: now, Keys: c.keys})
			for _, f := range r.Findings {
				if c.id == "" && f.Severity != Info {
					t.Errorf("got %+v, want nothing", f)
				}
				if f.ID == c.id && f.Severity == c.severity && regexp.MustCompile(c.says).MatchString(f.Message) {
					return
				}
			}
			if c.id != "" {
				t.Errorf("got %+v, want %s: … %s …", r.Findings, c.id, c.says)
			}
		})
	}
}

func newECKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// certificate makes a certificate for the key, signed by the parent or by itself.
func certificate(t *testing.T, name string, key *ecdsa.PrivateKey, parent *x509.Certificate,
	by *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	if parent == nil {
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCertificatesAreShownAndComparedWithTheirThumbprints(t *testing.T) {
	rootKey, leafKey := newECKey(t), newECKey(t)
	root := certificate(t, "root", rootKey, nil, nil)
	leaf := certificate(t, "leaf", leafKey, root, rootKey)
	other := certificate(t, "other", newECKey(t), nil, nil)
	b64 := base64.StdEncoding.EncodeToString
	sum := sha256.Sum256(leaf.Raw)
	thumbprint := base64.RawURLEncoding.EncodeToString(sum[:])
	der, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		t.Fatal(err)
	}
	private, err := jose.ParseKeys(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err != nil {
		t.Fatal(err)
	}
	leafPEM, err := jose.ParseKeys(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw}))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		header jose.Header
		signed []string
		id     string
		at     time.Time
	}{
		{"a chain", jose.Header{"x5c": []string{b64(leaf.Raw), b64(root.Raw)}, "x5t#S256": thumbprint},
			[]string{"by the next one", "by itself"}, "", now},
		{"a leaf alone", jose.Header{"x5c": []string{b64(leaf.Raw)}}, []string{"by one that is not in x5c"}, "",
			now},
		{"no chain", jose.Header{"x5c": []string{b64(leaf.Raw), b64(other.Raw)}},
			[]string{"not by the next one", "by itself"}, "x5c-chain", now},
		{"another thumbprint", jose.Header{"x5c": []string{b64(other.Raw)}, "x5t#S256": thumbprint},
			[]string{"by itself"}, "x5t-mismatch", now},
		{"another SHA-1 thumbprint", jose.Header{"x5c": []string{b64(leaf.Raw)}, "x5t": "AAAA"},
			[]string{"by one that is not in x5c"}, "x5t-mismatch", now},
		{"a thumbprint in standard base64", jose.Header{"x5c": []string{b64(leaf.Raw)},
			"x5t#S256": base64.StdEncoding.EncodeToString(sum[:])}, []string{"by one that is not in x5c"},
			"x5t-encoding", now},
		{"the given certificate", jose.Header{"x5t#S256": "AAAA"}, nil, "x5t-mismatch", now},
		{"expired", jose.Header{"x5c": []string{b64(leaf.Raw)}}, []string{"by one that is not in x5c"},
			"certificate-expired", now.Add(2 * time.Hour)},
		{"not yet", jose.Header{"x5c": []string{b64(leaf.Raw)}}, []string{"by one that is not in x5c"},
			"certificate-not-yet", now.Add(-2 * time.Hour)},
		{"too many", jose.Header{"x5c": strings.Split(strings.Repeat(b64(other.Raw)+" ",
			11)[:11*(len(b64(other.Raw))+1)-1], " ")}, nil, "x5c-long", now},
	} {
		t.Run(c.name, func(t *testing.T) {
			token, err := jose.Sign([]byte(`{"a":1}`), c.header, private.Keys()[0])
			if err != nil {
				t.Fatal(err)
			}
			r := Inspect(token, Options{Now: c.at, Keys: leafPEM})
			if r.Signature.Verdict != tokens.Good {
				t.Errorf("got %+v", r.Signature)
			}
			for i, want := range c.signed {
				if got := r.Certificates[i]; got.Signed != want || got.Subject == "" || got.Key != "EC P-256" {
					t.Errorf("certificate %d: got %+v, want it signed %s", i+1, got, want)
				}
			}
			found := c.id == ""
			for _, f := range r.Findings {
				found = found || f.ID == c.id
				if c.id == "" && strings.HasPrefix(f.ID, "x5") {
					t.Errorf("got %+v, want nothing", f)
				}
			}
			if !found {
				t.Errorf("got %+v, want %s", r.Findings, c.id)
			}
		})
	}
}

// Every finding that the code can make has a word on what to do, and every word belongs to a finding.
func TestEveryFindingSaysWhatToDo(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]bool{"iss-mismatch": true, "nonce-mismatch": true, "at-hash": true, "c-hash": true,
		"s-hash": true}
	call := regexp.MustCompile(`l\.add\("([a-z0-9_-]+)"`)
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		text, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range call.FindAllStringSubmatch(string(text), -1) {
			made[m[1]] = true
		}
	}
	for id := range made {
		if advice[id] == "" {
			t.Errorf("%s says nothing about what to do", id)
		}
	}
	for id := range advice {
		if !made[id] {
			t.Errorf("%s is advice on a finding that does not exist", id)
		}
	}
}

// Risks of the form and the keys are reported, and change no verdict.
func TestMisleadingFormsAndKeySetsAreReported(t *testing.T) {
	token, keys := signed(t, `{"iss":"https://issuer.example","aud":"x","exp":1700000290}`, nil)
	parts := strings.Split(token, ".")
	flat := `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`
	one := keys.Keys()[0]
	other, err := jose.Generate("ES256", one.Kid())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		token string
		keys  jose.KeySet
		id    string
	}{
		{flat, keys, "json-form"},
		{token, jose.NewKeySet(one, jose.SecretKey([]byte("a secret beside it"))), "keys-mixed"},
		{token, jose.NewKeySet(one, other), "kid-doubled"},
		{token, keys, ""},
	} {
		r := Inspect(c.token, Options{Now: now, Keys: c.keys})
		if outcome, why := r.Verdict(); outcome != OutcomeGood {
			t.Errorf("%s: got %s: %s", c.id, outcome, why)
		}
		found := ""
		for _, f := range r.Findings {
			if f.Severity == Warning && f.Do != "" {
				found += f.ID
			}
		}
		if found != c.id {
			t.Errorf("got %q, want %q", found, c.id)
		}
	}
}

// A sentence is not a token: it is reported with a warning.
func TestBlanksAreReported(t *testing.T) {
	for input, want := range map[string]bool{"hello world": true, "one.two three": true,
		"9f8e7d6c5b4a39281706": false} {
		found := false
		for _, f := range Inspect(input, Options{}).Findings {
			found = found || f.ID == "blanks" && f.Do != ""
		}
		if found != want {
			t.Errorf("%q: reported blanks: %v, want %v", input, found, want)
		}
	}
}

// Of a token that was cut off before its signature no signature is called bad: there is none.
func TestATruncatedTokenHasNoInvalidSignature(t *testing.T) {
	whole := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"alice"}`))
	for input, want := range map[string]string{whole: "malformed", whole + ".AAAA": "signature-bad"} {
		key, err := jose.Generate("ES256", "")
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, f := range Inspect(input, Options{Keys: jose.NewKeySet(key)}).Findings {
			if f.ID == "malformed" || f.ID == "signature-bad" {
				ids = append(ids, f.ID)
			}
		}
		if strings.Join(ids, " ") != want {
			t.Errorf("%s: got %q, want %q alone", input, ids, want)
		}
	}
}

// What a token that was cut off does not say may have stood in the rest.
func TestATruncatedTokenHasNoMissingClaims(t *testing.T) {
	token, _ := signed(t, `{"iss":"https://issuer.example","sub":"alice","exp":1700000290,"aud":"https://api.example"}`,
		jose.Header{"typ": "at+jwt"})
	whole := strings.LastIndex(token, ".")
	for _, end := range []int{whole, whole - 10, whole - 40} {
		for id := range findings(Inspect(token[:end], Options{Now: now})) {
			if missingClaims[id] {
				t.Errorf("cut at %d of %d: got %s, want nothing said of what is missing", end, len(token), id)
			}
		}
	}
	if got := findings(Inspect(token, Options{Now: now})); got["claim-missing"] == "" {
		t.Errorf("whole: got %v, want the claims that an access token lacks", got)
	}
}
