package inspect

import (
	"encoding/json"
	"strings"
	"testing"

	"fob/tokens/jose"
)

// What is pasted and is no token is named, and no secret of it reaches the screen.
func TestOtherTextsAreDescribedWithoutTheirSecrets(t *testing.T) {
	key, err := jose.Generate("ES256", "e1")
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := key.PrivateJWK()
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]string
	if err := json.Unmarshal([]byte(jwk.Reveal()), &members); err != nil {
		t.Fatal(err)
	}
	const secret = "S3CRET-0123456789-abcdef"
	for _, c := range []struct {
		name, in, secret string
		kind             Kind
		says             string
	}{
		{"a client", `{"client_id":"a","client_secret":"` + secret + `","password":"x"}`, secret, KindClient,
			"configuration of a client"},
		{"a registration", `{"redirect_uris":[],"registration_access_token":"` + secret + `"}`, secret, KindClient,
			"not a token"},
		{"a private JWK", jwk.Reveal(), members["d"], KindKey, "private key"},
		{"a key set", `{"keys":[` + jwk.Reveal() + `]}`, members["d"], KindKeySet, "private key"},
		{"a list of keys", `[` + jwk.Reveal() + `]`, members["d"], KindKeySet, "private key"},
		{"a symmetric key", `{"keys":[{"kty":"oct","k":"` + seg(secret) +
			`"}]}`, seg(secret), KindKeySet, "shared secret"},
		{"a public key", plainKey, "nothing secret", KindKey, "public"},
		{"a Docker configuration", `{"auths":{"r.example":{"auth":"` + base64Of("user:"+secret) +
			`"}}}`, base64Of("user:" +
			secret),
			KindCredentials, "auth"},
		{"a service account", `{"type":"service_account","private_key":"-----BEGIN PRIVATE KEY-----` + secret +
			`"}`, secret,
			KindCredentials, "private_key"},
		{"a Kubernetes Secret", `{"kind":"Secret","data":{"anything":"` + secret + `"}}`, secret, KindCredentials,
			"anything"},
		{"an environment of Postman", `{"values":[{"key":"client_secret","value":"` + secret + `"}]}`, secret,
			KindCredentials, "not a token"},
		{"a client's key", `{"client_key":"` + secret + `"}`, secret, KindCredentials, "client_key"},
		{"a SAML response", `{"SAMLResponse":"` + secret + `"}`, secret, KindCredentials, "SAMLResponse"},
		{"a code", `{"code":"` + secret + `","state":"x","last":{"code":"E1234567","message":"x"}}`, secret,
			KindCredentials, "code"},
		{"a connection string", `{"db":{"connection_string":"` + secret + `"}}`, secret, KindCredentials, "connection"},
		{"a sentence", "my client secret is " + secret, secret, KindCredentials, "client secret (sha256:"},
		{"a sentence with a password", "Hi,\nthe password: " + secret + "\nBob", secret, KindCredentials,
			"password (hidden)"},
		{"a sentence in a log", `{"msg":"wrong client secret ` + secret +
			`, try again"}`, secret, KindCredentials, "msg"},
		{"an assignment alone", "client_secret=" + secret, secret, KindCredentials, "client_secret (sha256:"},
		{"an assignment in a log", `{"msg":"sent grant_type=password&client_secret=` + secret + `"}`, secret,
			KindCredentials, "msg"},
		{"an arrow", "DB_PASSWORD => " + secret, secret, KindCredentials, "DB_PASSWORD (hidden)"},
		{"a machine of netrc", "machine a.example login bob password " + secret, secret, KindCredentials,
			"password (hidden)"},
		{"arguments", "app --client-id a --client-secret " + secret, secret, KindCredentials, "client-secret (sha256:"},
		{"deep in a list", `{"a":[{"b":[{"apiKey":"` + secret + `"}]}]}`, secret, KindCredentials, "apiKey"},
		{"PEM", "-----BEGIN PRIVATE KEY-----\n" + secret + "\n-----END PRIVATE KEY-----", secret, KindKey,
			"private key in PEM"},
		{"PEM on one line", `-----BEGIN RSA PRIVATE KEY-----\n` + secret + `\n-----END RSA PRIVATE KEY-----`, secret,
			KindKey, "private key"},
		{"a certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "AAAA", KindKey,
			"a certificate in PEM"},
		{"Basic", "Authorization: Basic " + base64Of("user:"+secret), secret, KindCredentials, "user"},
		{".npmrc", "registry=https://r.example/\n//r.example/:_auth=" + seg(secret) +
			"\n", seg(secret), KindCredentials,
			"_auth"},
		{".env", "API_URL=https://a.example\nCLIENT_SECRET=" + secret +
			"\nX=1\n", secret, KindCredentials, "CLIENT_SECRET"},
	} {
		r := Inspect(c.in, Options{Now: now})
		text, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		said := string(text)
		for _, row := range r.Rows() {
			said += row.Name + row.Value + row.Note
		}
		if strings.Contains(said, c.secret) || strings.Contains(string(r.Token.PayloadJSON), c.secret) {
			t.Errorf("%s: the secret is in %s", c.name, said)
		}
		if outcome, why := r.Verdict(); r.Kind != c.kind || outcome != OutcomeBad || !strings.Contains(why, c.says) {
			t.Errorf("%s: got %s, %s, %q; want %s and %q in it", c.name, r.Kind, outcome, why, c.kind, c.says)
		}
	}
}
