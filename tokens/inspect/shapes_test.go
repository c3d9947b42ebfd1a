package inspect

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
)

// The shapes are joined here, so that the source has none of them complete.
func TestOpaqueTokensAreNamedByTheirShape(t *testing.T) {
	some := func(n int) string { return strings.Repeat("aB3dE6gH9j", n/10+1)[:n] }
	digits := strings.Repeat("0123456789abcdef", 8)
	for token, want := range map[string]string{
		"gh" + "p_" + some(36):                  "GitHub personal",
		"gh" + "o_" + some(36):                  "GitHub OAuth",
		"gh" + "u_" + some(36):                  "GitHub user-to-server",
		"gh" + "s_" + some(36):                  "GitHub server-to-server",
		"gh" + "r_" + some(76):                  "GitHub refresh",
		"github" + "_pat_" + some(82):           "fine-grained",
		"gl" + "pat-" + some(20):                "GitLab personal",
		"gl" + "rt-" + some(20):                 "GitLab runner",
		"xo" + "xb-12-34-" + some(24):           "Slack bot",
		"xo" + "xp-12-34-" + some(24):           "Slack user",
		"xo" + "xe.xoxp-1-" + some(24):          "Slack token that rotates",
		"ya" + "29.a0" + some(60):               "Google access",
		"1/" + "/0" + some(40):                  "Google refresh",
		"AI" + "za" + some(35):                  "Google API",
		"sk_" + "live_" + some(24):              "Stripe secret",
		"rk_" + "test_" + some(24):              "Stripe test restricted",
		"AK" + "IA" + "IOSFODNN7EXAMPLE":        "AWS access key",
		"AS" + "IA" + "IOSFODNN7EXAMPLE":        "AWS temporary",
		"IQoJb3JpZ2lu" + some(200):              "AWS session",
		"0." + "A" + some(60) + "." + some(200): "Entra refresh",
		"hv" + "s." + some(24):                  "Vault",
		"np" + "m_" + some(36):                  "npm",
		"SG" + "." + some(22) + "." + some(43):  "SendGrid",
		"dapi" + digits[:32]:                    "Databricks",
		"123e4567-e89b-12d3-a456-426614174000":  "UUID",
		"sha256~" + some(43):                    "OpenShift",
		// The right letters alone prove nothing.
		"ghp_short":                        "",
		"AKIA" + some(40):                  "",
		"1.A and so on":                    "",
		"YII" + some(30):                   "",
		"EwB" + some(20):                   "",
		some(64):                           "",
		"v4.public":                        "",
		"9f8e7d6c5b4a39281706f5e4d3c2b1a0": "",
	} {
		got := Decode(token)
		if got.Kind != KindOpaque || want == "" != (got.Shape.Name == "") || !strings.Contains(got.Shape.Name, want) {
			t.Errorf("%.20s: got %s %q, want opaque … %s …", token, got.Kind, got.Shape.Name, want)
		}
	}
	if got := Decode("123e4567-e89b-12d3-a456-426614174000").Shape; got.Alphabet != "UUID" || got.Length != 36 ||
		got.Bits < 50 {
		t.Errorf("got %+v, want a UUID of 36 characters and its entropy", got)
	}
}

func TestTokensOfOtherFormatsAreNamedByTheirMarks(t *testing.T) {
	url, std := base64.RawURLEncoding.EncodeToString, base64.StdEncoding.EncodeToString
	block := bytes.Repeat([]byte("b"), 90)
	packet := func(s string) string {
		return hex.EncodeToString([]byte{byte((len(s) + 5) >> 8), byte(len(s) + 5)}) + s + "\n"
	}
	macaroon := packet("location https://example.org") + packet("identifier keyid") +
		packet("signature "+strings.Repeat("s", 32))
	second := append([]byte{2, 1, 19}, []byte("http://example.org/\x02\x05keyid\x00\x00\x06 "+strings.Repeat("s",
		32))...)
	fromHex := func(s string, rest int) string {
		b, _ := hex.DecodeString(s)
		return std(append(b, bytes.Repeat([]byte{0xa0}, rest)...))
	}
	const spnego, kerberos = "06062b0601050502", "06092a864886f712010202"
	saml := `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1"></samlp:Response>`
	var small bytes.Buffer
	w, _ := flate.NewWriter(&small, 9)
	_, _ = w.Write([]byte(saml))
	_ = w.Close()
	for _, c := range []struct {
		name, token string
		kind        Kind
		want        string
	}{
		{"PASETO", "v4.public." + url([]byte(`{"sub":"a"}`)), KindPASETO, "v4, signed"},
		{"PASETO", "v2.local." + url(block), KindPASETO, "v2, encrypted"},
		{"Biscuit", "biscuit:" + url(block), KindBiscuit, "Biscuit"},
		{"macaroon", url([]byte(macaroon)), KindMacaroon, "macaroon"},
		{"macaroon of version 2", url(second), KindMacaroon, "macaroon"},
		{"SPNEGO", fromHex("608204a0"+spnego, 90), KindKerberos, "SPNEGO"},
		{"SPNEGO of 190 bytes", fromHex("6081be"+spnego, 182), KindKerberos, "SPNEGO"},
		{"SPNEGO of 72 bytes", fromHex("6048"+spnego, 64), KindKerberos, "SPNEGO"},
		{"Kerberos", "Negotiate " + fromHex("6082048e"+kerberos, 90), KindKerberos, "Kerberos"},
		{"Kerberos of 17 KB", fromHex("60824210"+kerberos, 16_900), KindKerberos, "Kerberos"},
		{"Kerberos of 190 bytes", fromHex("6081be"+kerberos, 179), KindKerberos, "Kerberos"},
		{"Kerberos of 72 bytes", fromHex("6048"+kerberos, 61), KindKerberos, "Kerberos"},
		{"NTLM", std([]byte("NTLMSSP\x00\x01\x00\x00\x00\x97\x82\x08\xe2")), KindKerberos, "NTLM"},
		// What the beginning does not tell has no name.
		{"Biscuit without its prefix", url(append([]byte{0x12, 90}, block...)), KindOpaque, ""},
		{"macaroon of version 2 with a name", url(append([]byte{2, 1, 4}, block...)), KindOpaque, ""},
		{"another mechanism", fromHex("608204a006062b0601050503", 90), KindOpaque, ""},
		{"a random text that begins as a macaroon", "AgEU" + strings.Repeat("x7Gq", 20), KindOpaque, ""},
		{"a PASETO of a version to come", "v5.local." + url(block), KindOpaque, ""},
		{"SAML", saml, KindSAML, "XML"},
		{"SAML in base64", std([]byte(saml)), KindSAML, "base64"},
		{"SAML of the redirect binding", std(small.Bytes()), KindSAML, "redirect"},
		{"XML of another kind", std([]byte("<?xml version='1.0'?><a>" + string(block) + "</a>")), KindOpaque, ""},
		{"random bytes", url(bytes.Repeat([]byte{0x12, 0x34, 0x99}, 40)), KindOpaque, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Decode(c.token)
			if got.Kind != c.kind || !strings.Contains(got.Shape.Name, c.want) {
				t.Errorf("got %s %q, want %s … %s …", got.Kind, got.Shape.Name, c.kind, c.want)
			}
		})
	}
}

func TestKindsOfSignedTokensAreDistinguished(t *testing.T) {
	for _, c := range []struct {
		name, token string
		want        Kind
	}{
		{"a credential by typ", jwt(`{"alg":"ES256","typ":"dc+sd-jwt"}`, `{"vct":"a"}`) + "~", KindSDJWTVC},
		{"a credential by the old typ", jwt(`{"alg":"ES256","typ":"vc+sd-jwt"}`, `{}`) + "~", KindSDJWTVC},
		{"a credential by vct", jwt(`{"alg":"ES256"}`, `{"vct":"a","_sd":[]}`) + "~", KindSDJWTVC},
		{"an SD-JWT of another kind", jwt(`{"alg":"ES256","typ":"example+sd-jwt"}`, `{}`) + "~", KindSDJWT},
		{"a status list", jwt(`{"alg":"ES256","typ":"statuslist+jwt"}`, `{}`), KindStatusList},
		{"a client attestation", jwt(`{"alg":"ES256","typ":"oauth-client-attestation+jwt"}`, `{}`), KindAttestation},
		{"a proof for a credential", jwt(`{"alg":"ES256","typ":"openid4vci-proof+jwt"}`, `{}`), KindCredentialProof},
		{"the proof of a client attestation", jwt(`{"alg":"ES256","typ":"oauth-client-attestation-pop+jwt"}`, `{}`),
			KindAttestationProof},
		{"a key attestation", jwt(`{"alg":"ES256","typ":"key-attestation+jwt"}`, `{}`), KindKeyAttestation},
		{"a verifier attestation", jwt(`{"alg":"ES256","typ":"application/verifier-attestation+jwt"}`, `{}`),
			KindVerifierAttestation},
		{"an identity grant, not an access token", jwt(`{"alg":"ES256","typ":"oauth-id-jag+jwt"}`,
			`{"iss":"a","sub":"b","client_id":"c","scope":"d"}`), KindIdentityGrant},
		{"an assertion for a grant", jwt(`{"alg":"ES256","typ":"authorization-grant+jwt"}`, `{}`), KindGrantAssertion},
		{"a transaction token, not an access token", jwt(`{"alg":"ES256","typ":"txntoken+jwt"}`,
			`{"txn":"a","scope":"b"}`), KindTransactionToken},
		{"a trust mark", jwt(`{"alg":"ES256","typ":"trust-mark+jwt"}`, `{}`), KindTrustMark},
		{"an explicit registration", jwt(`{"alg":"ES256","typ":"explicit-registration-response+jwt"}`, `{}`),
			KindEntityStatement},
		{"a PASSporT", jwt(`{"alg":"ES256","typ":"passport","ppt":"shaken"}`, `{}`), KindPASSporT},
		{"an attestation of a device", jwt(`{"alg":"ES256","typ":"eat+jwt"}`, `{}`), KindEAT},
		{"a W3C credential", jwt(`{"alg":"ES256","typ":"vc+jwt"}`, `{}`), KindCredential},
		{"a W3C presentation", jwt(`{"alg":"ES256","typ":"vp+jwt"}`, `{}`), KindPresentation},
		{"an entity statement by typ", jwt(`{"alg":"ES256","typ":"entity-statement+jwt"}`, `{}`), KindEntityStatement},
		{"an entity configuration by claims", jwt(`{"alg":"ES256"}`,
			`{"iss":"https://a","sub":"https://a","jwks":{}}`), KindEntityStatement},
		{"an introspection response", jwt(`{"alg":"ES256","typ":"token-introspection+jwt"}`, `{}`), KindIntrospection},
		{"an introspection response by its claim", jwt(`{"alg":"ES256"}`, `{"token_introspection":{}}`),
			KindIntrospection},
		{"a request object by typ", jwt(`{"alg":"ES256","typ":"oauth-authz-req+jwt"}`, `{}`), KindRequestObject},
		{"a client assertion by typ", jwt(`{"alg":"ES256","typ":"client-authentication+jwt"}`, `{}`),
			KindClientAssertion},
		{"an authorization response", jwt(`{"alg":"ES256"}`, `{"iss":"a","aud":"c","exp":1,"code":"x","state":"y"}`),
			KindJARM},
		{"an error response", jwt(`{"alg":"ES256"}`, `{"iss":"a","aud":"c","exp":1,"error":"access_denied"}`),
			KindJARM},
		{"Keycloak's refresh token", jwt(`{"alg":"HS512"}`, `{"iss":"a","sub":"b","typ":"Refresh","scope":"x"}`),
			KindRefreshToken},
		{"Keycloak's offline token", jwt(`{"alg":"HS512"}`, `{"iss":"a","sub":"b","typ":"Offline"}`), KindRefreshToken},
		{"Keycloak's access token", jwt(`{"alg":"RS256"}`, `{"iss":"a","typ":"Bearer"}`), KindAccessToken},
		{"Cognito's id_token", jwt(`{"alg":"RS256"}`,
			`{"iss":"a","sub":"b","aud":"c","exp":2,"iat":1,"token_use":"id"}`), KindIDToken},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Decode(c.token); got.Kind != c.want {
				t.Errorf("got %s, want %s", got.Kind, c.want)
			}
		})
	}
}
