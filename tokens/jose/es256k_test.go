package jose

import (
	"strings"
	"testing"

	"fob/tokens"
)

// The key was made and the token signed by openssl: dgst -sha256 -sign over the signing input, the two integers of
// the DER padded to 32 bytes each (RFC 8812 3.2).
const (
	secpPublicPEM = `-----BEGIN PUBLIC KEY-----
MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEWDhY/lH5N4D7uyU35DgFmxP6bg927qlN
1MLBiNCppdJYqE0AFfaYzYqYlSw4TLqhOlfZpYcFH1mRPEZeOb2zxg==
-----END PUBLIC KEY-----
`
	secpSEC1PEM = `-----BEGIN EC PRIVATE KEY-----
MHQCAQEEIKMXHFlT5omxfTu3EOT1GgGa3kCQe1cdwEK0x17EdpiToAcGBSuBBAAK
oUQDQgAEWDhY/lH5N4D7uyU35DgFmxP6bg927qlN1MLBiNCppdJYqE0AFfaYzYqY
lSw4TLqhOlfZpYcFH1mRPEZeOb2zxg==
-----END EC PRIVATE KEY-----
`
	secpPKCS8PEM = `-----BEGIN PRIVATE KEY-----
MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgoxccWVPmibF9O7cQ5PUa
AZreQJB7Vx3AQrTHXsR2mJOhRANCAARYOFj+Ufk3gPu7JTfkOAWbE/puD3buqU3U
wsGI0Kml0lioTQAV9pjNipiVLDhMuqE6V9mlhwUfWZE8Rl45vbPG
-----END PRIVATE KEY-----
`
	secpToken = "eyJhbGciOiJFUzI1NksifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoiYWxpY2UifQ.kB8MT6_ZZ" +
		"S9dlbhHe_2n50xCfFsMDij1bz9jOwOZ1oh3tEzJJQGk4hKknShRE_BTg-8PyrwyT9b4T3OAvSHeTw"
)

func TestES256KVerifiesWhatOpensslSigned(t *testing.T) {
	for name, text := range map[string]string{"PKIX": secpPublicPEM, "SEC 1": secpSEC1PEM, "PKCS #8": secpPKCS8PEM} {
		keys := mustParse(t, text)
		if k := keys.Keys()[0]; k.Type() != "EC" || k.Curve() != "secp256k1" || k.Private() != (name != "PKIX") {
			t.Errorf("%s: got %s %s, private %v", name, k.Type(), k.Curve(), k.Private())
		}
		expect(t, Verify(secpToken, keys, VerifyOptions{}), tokens.Good, "ES256K")
		altered := secpToken[:len(secpToken)-4] + "AAAA"
		expect(t, Verify(altered, keys, VerifyOptions{}), tokens.Bad, "does not match")
		if name == "PKIX" {
			continue
		}
		again := mustSign(t, `{"a":1}`, nil, keys.Keys()[0])
		expect(t, Verify(again, mustParse(t, secpPublicPEM), VerifyOptions{}), tokens.Good, "")
	}
}

func TestES256KKeysAreCheckedAgainstTheirCurve(t *testing.T) {
	k := mustKey(t, "ES256K", "k")
	jwk := string(mustPublic(t, k))
	if again := mustParse(t, jwk); again.Keys()[0].Curve() != "secp256k1" {
		t.Errorf("got %s", again.Keys()[0].Curve())
	}
	off := strings.Replace(jwk, `"x":"`, `"x":"AAAA`, 1)
	off = off[:strings.Index(off, `"x":"`)+5+43] + off[strings.Index(off, `"x":"`)+5+47:]
	if _, err := ParseKeys([]byte(off)); err == nil || !strings.Contains(err.Error(), "not on the curve") {
		t.Errorf("a point off the curve: got %v", err)
	}
	zero := encode(make([]byte, 64))
	token := mustSign(t, `{}`, nil, k)
	expect(t, Verify(token[:strings.LastIndex(token, ".")+1]+zero, NewKeySet(k), VerifyOptions{}), tokens.Bad,
		"does not match")
	expect(t, Verify(token, NewKeySet(mustKey(t, "ES256", "k")), VerifyOptions{}), tokens.Bad, "wrong curve")
}
