package session

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"fob/flows"
	"fob/flows/profile"
	"fob/tokens/vault"
)

// A client ID matches the sessions of logins without a profile. A shared one is ambiguous: the error lists the
// sessions.
func TestAClientIDNamesASessionOnlyWhereItIsNotAmbiguous(t *testing.T) {
	b := newBench(t)
	const client = "demo-public"
	finds := func(what, want string, wanted error, listed ...string) {
		t.Helper()
		got, err := b.Find(b.ctx(), client)
		if got.ID != want || !errors.Is(err, wanted) {
			t.Errorf("%s: got %q, %v, want %q, %v", what, got.ID, err, want, wanted)
		}
		for _, id := range listed {
			if err == nil || !strings.Contains(err.Error(), id) {
				t.Errorf("%s: got %v, want %s listed", what, err, id)
			}
		}
	}
	adHoc := LoginRequest{Issuer: b.server.Issuer(), ClientID: client, Values: flows.Values{"scope": "openid"}}

	ofProfile := b.login(LoginRequest{Profile: "demo"}).Meta.ID
	finds("a profile's alone", "", ErrNoSession, ofProfile)
	first := b.login(adHoc).Meta.ID
	finds("a profile's and another", "", ErrAmbiguous, ofProfile, first)
	if err := b.Remove(b.ctx(), ofProfile); err != nil {
		t.Fatal(err)
	}
	finds("one without a profile", first, nil)
	b.clock.Advance(time.Second)
	second := b.login(adHoc).Meta.ID
	finds("two without a profile", second, nil)

	rec, err := b.Load(b.ctx(), second)
	if err != nil {
		t.Fatal(err)
	}
	if rec.Meta.ID, err = vault.NewID(rand.Reader); err != nil {
		t.Fatal(err)
	}
	rec.Meta.Issuer = "https://other.example"
	if err := b.o.Store.Put(b.ctx(), rec); err != nil {
		t.Fatal(err)
	}
	finds("at two providers", "", ErrAmbiguous, first, second, rec.Meta.ID)

	// A session of a removed profile still has its name.
	rec.Meta.Profile, rec.Meta.Issuer, rec.Meta.ClientID = client, b.server.Issuer(), "other"
	if err := b.o.Store.Put(b.ctx(), rec); err != nil {
		t.Fatal(err)
	}
	finds("a profile of the name", "", ErrAmbiguous, first, second, rec.Meta.ID)
	if err := b.file.Put(profile.Profile{Name: client, Issuer: b.server.Issuer(), ClientID: "other"}); err != nil {
		t.Fatal(err)
	}
	finds("a profile of the name that is there", rec.Meta.ID, nil)
}
