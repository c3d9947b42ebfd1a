package vault

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"fob/tokens"
)

func TestSecretsComeBackLetterByLetter(t *testing.T) {
	zone := time.FixedZone("", 2*3600)
	cases := map[string]Secrets{
		"nothing": {},
		"all":     record("abc", 1, 100).Secrets,
		"odd texts": {Set: tokens.Set{AccessToken: tokens.NewSecret("\xff\xfe"),
			IDToken: tokens.NewSecret("é<&>\u2028\"\\"), RefreshToken: tokens.NewSecret("\x00\n")}},
		"guessable":            {ClientSecret: tokens.NewGuessable("a long password that a person chose")},
		"guessable, not UTF-8": {ClientSecret: tokens.NewGuessable("a long password that a person chose\xff")},
		"passphrase":           {CertPassphrase: tokens.NewGuessable("of a certificate")},
		"keys": {ClientKey: tokens.NewSecret("-----BEGIN PRIVATE KEY-----\nAA==\n"),
			DPoPKey: tokens.NewSecret(`{"kty":"EC","d":"a private part"}`)},
		"times": {Set: tokens.Set{ReceivedAt: epoch.In(zone), ExpiresAt: epoch.Add(time.Nanosecond),
			RefreshExpires: epoch.AddDate(100, 0, 0)}},
		"extra": {Set: tokens.Set{Extra: map[string]json.RawMessage{"": json.RawMessage(`1e400`),
			"dup":   json.RawMessage(`{"a":1,"a":2}`),
			"space": json.RawMessage(" [ 1 ,2 ] "), "bytes": json.RawMessage("\"\xff\"")}}},
	}
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			data, err := encodeSecrets(want, nil, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			if !utf8.Valid(data) || !json.Valid(data) {
				t.Errorf("what is kept is not JSON in UTF-8: %q", data)
			}
			got, _, err := decodeSecrets(data)
			if err != nil {
				t.Fatal(err)
			}
			if err := same(Record{Secrets: got}, Record{Secrets: want}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOnlyARecordWithKeysSaysThatItIsNewer(t *testing.T) {
	for name, c := range map[string]struct {
		secrets Secrets
		want    int
	}{
		"no keys":    {Secrets{ClientSecret: tokens.NewSecret("s")}, recordVersion},
		"client key": {Secrets{ClientKey: tokens.NewSecret("k")}, recordVersionKeys},
		"DPoP key":   {Secrets{DPoPKey: tokens.NewSecret("k")}, recordVersionKeys},
		"passphrase": {Secrets{DPoPKey: tokens.NewSecret("k"), CertPassphrase: tokens.NewSecret("p")},
			recordVersionPassphrase},
	} {
		data, err := encodeSecrets(c.secrets, nil, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Version int `json:"v"`
		}
		if err := json.Unmarshal(data, &got); err != nil || got.Version != c.want {
			t.Errorf("%s: got version %d (%v), want %d", name, got.Version, err, c.want)
		}
	}
}

func TestARecordThatIsTooLargeIsRejected(t *testing.T) {
	s := Secrets{ClientSecret: tokens.NewSecret(strings.Repeat("x", maxRecord))}
	if _, err := encodeSecrets(s, nil, rand.Reader); !errors.Is(err, ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
}

func TestARecordThatCannotBeReadIsDamagedAndNotShown(t *testing.T) {
	for _, data := range []string{"", "{", "null", "[]", `"canary"`, `{"v":1,"access_token":["canary"]}`,
		`{"v":1,"access_token":"canary`, `{"v":0,"access_token":"canary"}`, `{"v":1,"received_at":"canary"}`} {
		_, _, err := decodeSecrets([]byte(data))
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%q: got %v, want ErrDamaged", data, err)
		}
		if err != nil && strings.Contains(fmt.Sprintf("%v %+v", err, err), "canary") {
			t.Errorf("%q: the error shows what it read: %v", data, err)
		}
	}
}

func FuzzDecodeSecrets(f *testing.F) {
	for _, s := range []Secrets{{}, record("abc", 1, 50).Secrets, {ClientSecret: tokens.NewGuessable("\xff")}} {
		data, err := encodeSecrets(s, nil, rand.Reader)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"v":1,"access_token":{"text":"a","base64":"/w==","guessable":true},"extra":{"a":null}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, bound, err := decodeSecrets(data)
		if err != nil {
			return
		}
		again, err := encodeSecrets(s, bound, bytes.NewReader(make([]byte, 16)))
		if err != nil {
			if strings.Contains(err.Error(), "year outside of range") || errors.Is(err, ErrFull) {
				return
			}
			t.Fatalf("what was read cannot be written: %v", err)
		}
		back, _, err := decodeSecrets(again)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if err := same(Record{Secrets: back}, Record{Secrets: s}); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzDecodeFile(f *testing.F) {
	f.Add([]byte(`{"version":1,"stored":{"backend":"memory","generation":"g","chunks":1,"size":1,"sha256":"` +
		strings.Repeat("0", 64) + `"},"meta":{"id":"abc"}}`))
	f.Add([]byte(`{"version":1,"meta":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := decodeFile("abc", data)
		if err == nil && (got.Meta == nil || got.Meta.ID != "abc" || !got.Stored.valid()) {
			t.Fatalf("accepted %+v", got)
		}
	})
}
