package session

import (
	"encoding/base64"
	"testing"
	"time"

	"fob/flows/profile"
	"fob/tokens/inspect"
	"fob/tokens/vault"
)

// A profile that names another API is no better than one that names none.
func TestOnlyTheAPIThatIsAskedForRecommendsAProfile(t *testing.T) {
	const address = "https://api.example/v1"
	secret := &profile.Ref{Env: "SECRET"}
	plain := profile.Profile{Name: "plain", Grant: "client_credentials", ClientSecret: secret}
	other, this := plain, plain
	other.Name, other.API = "other", "https://other.example"
	this.Name, this.API = "this", "https://api.example"
	s := &Service{o: Options{Profiles: profile.NewMemory()}}
	for _, c := range []struct {
		profiles []profile.Profile
		want     string
	}{
		{[]profile.Profile{plain, other}, "plain"},
		{[]profile.Profile{plain, other, this}, "this"},
	} {
		if got := s.clientFor(c.profiles, address, "client_credentials").Name; got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// An issuer of which an empty set is kept is one of which no keys are kept.
func TestAnEmptySetOfKeptKeysIsNone(t *testing.T) {
	b := newBench(t)
	const issuer = "https://issuer.example"
	encode := base64.RawURLEncoding.EncodeToString
	raw := encode([]byte(`{"alg":"ES256"}`)) + "." + encode([]byte(`{"iss":"`+issuer+`"}`)) + ".AAAA"
	token := inspect.Inspect(raw, inspect.Options{}).Token
	none := vault.IssuerKeys{Issuer: issuer, Keys: []byte("[]"), ReadAt: time.Now()}
	if err := b.Service.o.Store.PutKeys(none); err != nil {
		t.Fatal(err)
	}
	if _, at := b.keptKeys(token); !at.IsZero() {
		t.Errorf("got keys read at %s, want none", at)
	}
}
