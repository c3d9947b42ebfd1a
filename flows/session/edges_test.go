package session

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fob/flows"
	"fob/flows/profile"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/vault"
)

// A profile that names another API ranks like one that names none.
func TestOnlyTheRequestedAPIRecommendsAProfile(t *testing.T) {
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
		if got := s.bestProfile(c.profiles, address, "client_credentials").Name; got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// An issuer with an empty stored set is an issuer without stored keys.
func TestAnEmptySetOfStoredKeysIsIgnored(t *testing.T) {
	b := newBench(t)
	const issuer = "https://issuer.example"
	encode := base64.RawURLEncoding.EncodeToString
	raw := encode([]byte(`{"alg":"ES256"}`)) + "." + encode([]byte(`{"iss":"`+issuer+`"}`)) + ".AAAA"
	token := inspect.Inspect(raw, inspect.Options{}).Token
	none := vault.IssuerKeys{Issuer: issuer, Keys: []byte("[]"), ReadAt: time.Now()}
	if err := b.Service.o.Store.PutKeys(none); err != nil {
		t.Fatal(err)
	}
	if _, at := b.storedKeys(token); !at.IsZero() {
		t.Errorf("got keys read at %s, want none", at)
	}
}

// The API of a login is the expected audience of its access token. An id_token is for the client.
func TestTheAPIOfALoginIsTheExpectedAudience(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	raw := encode([]byte(`{"alg":"ES256"}`)) + "." +
		encode([]byte(`{"iss":"https://issuer.example","sub":"a","aud":"https://other.example"}`)) + ".AAAA"
	s := &Service{o: Options{Now: time.Now}}
	report := inspect.Inspect(raw, inspect.Options{Now: time.Now()})
	session := vault.Meta{ID: "s", Issuer: "https://issuer.example",
		Settings: map[string]string{settingValues: `{"resource":"https://api.example"}`}}
	for kind, want := range map[tokens.Kind]bool{tokens.Access: true, tokens.ID: false} {
		causes := s.DiagnoseRefusal(Refusal{Report: report, Session: session, Kind: kind})
		isAudience := func(c inspect.Cause) bool { return c.ID == "wrong-audience" }
		if got := slices.ContainsFunc(causes, isAudience); got != want {
			t.Errorf("the %s token: its audience blamed %t, want %t: %+v", kind, got, want, causes)
		}
	}
}

// The notice appears once, and only for a weak secret.
func TestAWeakSecretIsNoticedOnce(t *testing.T) {
	for secret, want := range map[string]int{"a-pin": 1, "client_secret": 1, "mandatory": 0, "q7Zr2Lk9Vb4Xn1Ty8Wd": 0} {
		b := newBench(t)
		said := 0
		request := LoginRequest{Profile: "service", ClientSecret: tokens.NewGuessable(secret)}
		_, err := b.Login(b.ctx(), request, func(s flows.Step) {
			if strings.Contains(s.Title, "client secret is short or an ordinary word") {
				said++
			}
		})
		if err == nil || said != want {
			t.Errorf("a client secret of %d characters: said %d times, want %d; the wrong secret brought %v",
				len(secret), said, want, err)
		}
	}
}

// A new profile replaces no other; ReplaceProfile does.
func TestAddingAProfileReplacesNoOther(t *testing.T) {
	b := newBench(t)
	p, err := b.Profile("demo")
	if err != nil {
		t.Fatal(err)
	}
	before := p.ClientID
	p.ClientID = "another"
	if err := b.AddProfile(b.ctx(), p, tokens.Secret{}); !errors.Is(err, profile.ErrExists) {
		t.Errorf("adding: got %v, want %v", err, profile.ErrExists)
	}
	if got, err := b.Profile("demo"); err != nil || got.ClientID != before {
		t.Errorf("afterwards: got the client %q and %v, want %q", got.ClientID, err, before)
	}
	if err := b.ReplaceProfile(b.ctx(), p, tokens.Secret{}); err != nil {
		t.Errorf("replacing: %v", err)
	}
}
