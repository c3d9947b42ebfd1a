package inspect

import (
	"encoding/base64"
	"strings"
	"testing"
)

func seg(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func jwt(header, payload string) string { return seg(header) + "." + seg(payload) + ".AAAA" }

func TestDecodingKeepsOrderDuplicatesAndNumbersAsWritten(t *testing.T) {
	got := Decode(jwt(`{"alg":"ES256"}`, `{"z":1,"big":123456789012345678901234567890,"f":1.10,"a":2,"z":3,"e":1E+2}`))
	var names, values []string
	for _, m := range got.Payload.Members {
		names, values = append(names, m.Name), append(values, string(m.Raw))
		if m.Duplicate != (m.Name == "z") {
			t.Errorf("%s: marked as a double: %v", m.Name, m.Duplicate)
		}
	}
	if n := strings.Join(names, " "); n != "z big f a z e" {
		t.Errorf("order: got %q", n)
	}
	if v := strings.Join(values, " "); v != "1 123456789012345678901234567890 1.10 2 3 1E+2" {
		t.Errorf("values: got %q", v)
	}
}

func TestKindsAreRecognisedByStructure(t *testing.T) {
	for _, c := range []struct {
		name, token string
		want        Kind
	}{
		{"OIDC Core's examples start with ew", "ewogImFsZyI6ICJSUzI1NiIKfQ." + seg(`{"iss":"a"}`) + ".AAAA", KindJWS},
		{"an opaque token with two dots", "mF_9.B5f-4.1JqM", KindOpaque},
		{"RFC 9449's opaque example", "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU", KindOpaque},
		{"an opaque token that starts with ey", "eyes-wide-shut-0123456789", KindOpaque},
		{"an access token by typ", jwt(`{"alg":"ES256","typ":"at+jwt"}`, `{}`), KindAccessToken},
		{"an access token by media type", jwt(`{"alg":"ES256","typ":"application/at+jwt"}`, `{}`), KindAccessToken},
		{"an access token by scope", jwt(`{"alg":"ES256"}`, `{"iss":"a","sub":"b","scope":"x"}`), KindAccessToken},
		{"an id_token by at_hash", jwt(`{"alg":"ES256"}`, `{"iss":"a","at_hash":"x"}`), KindIDToken},
		{"an id_token by its claims", jwt(`{"alg":"ES256","typ":"JWT"}`,
			`{"iss":"a","sub":"b","aud":"c","exp":2,"iat":1,"nonce":"n"}`), KindIDToken},
		{"a DPoP proof", jwt(`{"alg":"ES256","typ":"dpop+jwt","jwk":{}}`, `{"htm":"GET","htu":"https://a"}`),
			KindDPoPProof},
		{"a logout token", jwt(`{"alg":"ES256"}`,
			`{"events":{"http://schemas.openid.net/event/backchannel-logout":{}}}`), KindLogoutToken},
		{"a security event", jwt(`{"alg":"ES256"}`, `{"events":{"https://schemas.openid.net/secevent/caep/x":{}}}`),
			KindSecurityEvent},
		{"a client assertion", jwt(`{"alg":"ES256"}`, `{"iss":"c","sub":"c","aud":"https://op","jti":"1","exp":2}`),
			KindClientAssertion},
		{"a request object", jwt(`{"alg":"ES256"}`, `{"client_id":"c","response_type":"code"}`), KindRequestObject},
		{"a compact JWE", seg(`{"alg":"dir","enc":"A128GCM"}`) + "..AAAA.AAAA.AAAA", KindJWE},
		{"a JWE that was cut off", seg(`{"alg":"dir","enc":"A128GCM"}`) + "..AAAA", KindJWE},
		{"a flattened JWE", `{"protected":"` + seg(`{"alg":"dir"}`) + `","ciphertext":"AAAA"}`, KindJWE},
		{"a general JWS", `{"payload":"e30","signatures":[{"protected":"` + seg(`{"alg":"ES256"}`) +
			`","signature":"AAAA"}]}`, KindJWS},
		{"an SD-JWT", jwt(`{"alg":"ES256"}`, `{"iss":"a"}`) + "~", KindSDJWT},
		{"PASETO", "v4.public.eyJzdWIiOiJhIn0", KindPASETO},
		{"nothing", "  ", KindNothing},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Decode(c.token); got.Kind != c.want {
				t.Errorf("got %s (%v), want %s", got.Kind, got.Err, c.want)
			}
		})
	}
}

func TestAsMuchOfAMalformedTokenIsShownAsPossible(t *testing.T) {
	header, payload := seg(`{"alg":"ES256","kid":"k"}`), seg(`{"iss":"https://issuer.example","sub":"alice"}`)
	for _, c := range []struct {
		name, token     string
		header, payload bool
		message         string
		offset          int
	}{
		{"cut off in the header", header[:30], true, false, "ends", -1},
		{"cut off after the header", header, true, false, "ends in or after the header", len(header)},
		{"cut off in the payload", header + "." + payload[:40], true, true, "signature is missing", -1},
		{"a strange byte in the payload", header + "." + payload[:40] + "*" + payload[40:] +
			".AAAA", true, true, "not base64url", len(header) + 41},
		{"a strange byte in the signature", header + "." + payload +
			".AA$A", true, true, "the signature", len(header) + len(payload) + 4},
		{"a payload that is no JSON", header + "." + seg("hello") + ".AAAA", true, false, "", 0},
		{"JSON with a trailing comma", header + "." + seg(`{"iss":"a",}`) + ".AAAA", true, true, "member name", -1},
		{"something after the JSON", header + "." + seg(`{"iss":"a"} x`) + ".AAAA", true, true, "follows", -1},
		{"four segments", header + "." + payload + ".AAAA.BBBB", true, true, "4 segments", -1},
		{"nested 10,000 deep", header + "." + seg(`{"iss":"a","x":`+strings.Repeat("[", 10_000)+strings.Repeat("]",
			10_000)+`}`) + ".AAAA", true, true, "nested too deep", -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Decode(c.token)
			if (got.Header != nil) != c.header || (got.Payload != nil) != c.payload {
				t.Errorf("header %v, payload %v; want %v, %v", got.Header != nil, got.Payload != nil, c.header,
					c.payload)
			}
			if c.message == "" {
				if got.Err != nil {
					t.Errorf("got %v, want no error", got.Err)
				}
				return
			}
			if got.Err == nil || !strings.Contains(got.Err.Message, c.message) {
				t.Fatalf("got %v, want … %s …", got.Err, c.message)
			}
			if c.offset >= 0 && got.Err.Offset != c.offset {
				t.Errorf("offset: got %d, want %d", got.Err.Offset, c.offset)
			}
		})
	}
}

func TestBytesThatAreNotUTF8AreReported(t *testing.T) {
	got := Decode(jwt(`{"alg":"ES256"}`, "{\"iss\":\"a\xff\"}"))
	if len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "not UTF-8") {
		t.Errorf("got notes %q, want one about UTF-8", got.Notes)
	}
	if raw, _ := got.Payload.Raw("iss"); string(raw) != "\"a\xff\"" {
		t.Errorf("got %q, want the bytes as they are", raw)
	}
}

func TestDuplicatesBelowTheFirstLevelAreFound(t *testing.T) {
	got := Decode(jwt(`{"alg":"ES256"}`, `{"address":{"street":"a","street":"b"}}`))
	if d := got.Payload.Duplicates(); len(d) != 1 || d[0] != "address.street" {
		t.Errorf("got %q, want address.street", d)
	}
}

func BenchmarkDecode(b *testing.B) {
	token := jwt(`{"alg":"ES256","kid":"ec1","typ":"at+jwt"}`,
		`{"iss":"https://login.example","sub":"alice","aud":"https://api.example","exp":4102444800,`+
			`"iat":1700000000,"nbf":1700000000,"jti":"a1b2c3","scope":"openid profile email api:read",`+
			`"client_id":"web"}`)
	b.ReportAllocs()
	for b.Loop() {
		if t := Decode(token); t.Err != nil {
			b.Fatal(t.Err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{plainToken, jwt(`{"alg":"none"}`, `{"a":[{"b":null}],"a":1}`), "v4.local.AAAA",
		`{"signatures":[{}]}`, `{"ciphertext":""}`, jwt(`{}`, `{"_sd":["x"]}`) + "~WyJhIiwiYiIsMV0~" +
			jwt(`{"typ":"kb+jwt"}`, `{}`)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		r := Inspect(input, Options{})
		if _, err := r.MarshalJSON(); err != nil {
			t.Errorf("the report does not marshal: %v", err)
		}
		for _, row := range append(r.Rows(), r.HeaderRows()...) {
			for _, s := range []string{row.Name, row.Value, row.Note} {
				if strings.ContainsAny(s, "\x00\x1b\n\r\x7f\u202e\u2028") {
					t.Errorf("a row cannot be printed: %q", s)
				}
			}
		}
	})
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"Bearer " + plainToken, "curl -H 'a: b'", `{"access_token":"x"}`, "Cookie: a=b",
		"https://a/#id_token=x", "a\\\nb", "%2E", "GET / HTTP/1.1\nAuthorization: x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		got, removed := Clean(input)
		if got != input && len(removed) == 0 {
			t.Errorf("%q became %q and nothing was said of it", input, got)
		}
		if len(got) > len(input)+32 {
			t.Errorf("%d bytes became %d", len(input), len(got))
		}
	})
}
