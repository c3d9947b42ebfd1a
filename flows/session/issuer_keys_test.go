package session

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fob/flows/profile"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/jose"
	"fob/tokens/vault"
)

// fetchHint is the caller's advice where keys are missing.
const fetchHint = "nothing was fetched; f fetches its issuer's keys"

// withoutNetwork returns a context under which no request is sent.
func (b *bench) withoutNetwork() context.Context {
	return wire.WithBefore(b.ctx(), func(_ context.Context, r wire.Pending) (*wire.Request, error) {
		b.t.Errorf("something would have left")
		return nil, wire.ErrAborted
	})
}

// keyFiles returns the files of keys in the state folder.
func (b *bench) keyFiles() []string {
	b.t.Helper()
	files, err := filepath.Glob(filepath.Join(b.dir, "state", "keys", "*"))
	if err != nil {
		b.t.Fatal(err)
	}
	return files
}

// offline returns the signature of a session's token as another process verifies it without a request.
func (b *bench) offline(id string, kind tokens.Kind) *inspect.Signature {
	b.t.Helper()
	other, recorder := b.another(nil)
	report, err := other.InspectOffline(b.withoutNetwork(), id, kind, fetchHint)
	if err != nil {
		b.t.Fatal(err)
	}
	if n := len(recorder.Exchanges()); n != 0 {
		b.t.Errorf("%d requests left", n)
	}
	return report.Signature
}

// signedBy returns a token of the issuer, signed by a key with the kid, and the key.
func signedBy(t *testing.T, issuer, kid string) (token string, key jose.Key) {
	t.Helper()
	key, err := jose.Generate("ES256", kid)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(map[string]string{"iss": issuer})
	if err != nil {
		t.Fatal(err)
	}
	if token, err = jose.Sign(payload, nil, key); err != nil {
		t.Fatal(err)
	}
	return token, key
}

func TestAnotherProcessVerifiesWithStoredKeysAndSaysTheirAge(t *testing.T) {
	b := newBench(t)
	at := b.clock.Now()
	r := b.login(LoginRequest{Profile: "demo"})
	b.clock.Advance(3 * time.Hour)
	day := tokens.Moment(at, b.clock.Now().Local())
	for _, kind := range []tokens.Kind{tokens.Access, tokens.ID} {
		s := b.offline(r.Meta.ID, kind)
		if s.Verdict != tokens.Good || s.KeysRead.Before(at) || s.KeysRead.After(at.Add(time.Minute)) ||
			!strings.Contains(s.Reason, "keys of "+day+" (3h ago)") {
			t.Errorf("%s: got %+v; want good by the keys of %s, and that said", kind, s, day)
		}
	}
	other, _ := b.another(nil)
	s := other.InspectRaw(b.withoutNetwork(), r.Set.AccessToken.Reveal(),
		inspect.Options{Now: b.clock.Now(), Location: time.Local, NoKeys: fetchHint}, "").Signature
	if s.Verdict != tokens.Good || !strings.Contains(s.Reason, day) {
		t.Errorf("pasted: got %+v; want good by the keys of %s", s, day)
	}
	bad := r.Set.AccessToken.Reveal()
	bad = bad[:len(bad)-8] + "AAAAAAAA"
	if s := other.InspectRaw(b.withoutNetwork(), bad, inspect.Options{Now: b.clock.Now(), Location: time.Local},
		"").Signature; s.Verdict != tokens.Bad || !strings.Contains(s.Reason, day) {
		t.Errorf("altered: got %+v; want bad by the keys of %s", s, day)
	}
	if files := b.keyFiles(); len(files) != 1 {
		t.Errorf("got %v, want one file for the issuer", files)
	}
}

func TestARenewalStoresTheKeysItRead(t *testing.T) {
	b := newBench(t)
	r := b.login(LoginRequest{Profile: "demo"})
	b.clock.Advance(tenMinutes)
	at := b.clock.Now()
	other, _ := b.another(nil)
	if _, err := other.Refresh(b.ctx(), r.Meta.ID, nil); err != nil {
		t.Fatal(err)
	}
	if s := b.offline(r.Meta.ID, tokens.Access); s.Verdict != tokens.Good || s.KeysRead.Before(at) {
		t.Errorf("got %+v; want good by keys not older than %s", s, at)
	}
}

func TestAKeyMissingFromTheStoredSetIsFetchedOnRequest(t *testing.T) {
	b := newBench(t)
	b.login(LoginRequest{Profile: "demo"})
	token, _ := signedBy(t, b.server.Issuer(), "rotated")
	other, _ := b.another(nil)
	o := inspect.Options{Now: b.clock.Now(), NoKeys: fetchHint}
	for door, report := range map[string]*inspect.Report{
		"pasted":    other.InspectRaw(b.withoutNetwork(), token, o, ""),
		"signed in": other.InspectSessionIssuer(b.withoutNetwork(), token, inspect.Options{NoKeys: "none"}, fetchHint),
	} {
		s := report.Signature
		day := tokens.Moment(s.KeysRead, b.clock.Now().UTC())
		if s.Verdict != tokens.CannotTell || s.KeysRead.IsZero() ||
			!strings.Contains(s.Reason, `unknown kid "rotated"`) ||
			!strings.Contains(s.Reason, day) || !strings.HasSuffix(s.Reason, fetchHint) {
			t.Errorf("%s: got %+v; want cannot tell, with the kid, the day %s and what fetches them", door, s, day)
		}
	}
}

func TestDamagedStoredKeysAreIgnoredAndReplaced(t *testing.T) {
	b := newBench(t)
	r := b.login(LoginRequest{Profile: "demo"})
	if err := os.WriteFile(b.keyFiles()[0], []byte(`{"version":1,`), 0o600); err != nil {
		t.Fatal(err)
	}
	if s := b.offline(r.Meta.ID, tokens.Access); s.Verdict != tokens.CannotTell || s.Reason != "no key: "+fetchHint {
		t.Errorf("got %+v; want cannot tell as without any", s)
	}
	other, _ := b.another(nil)
	if _, err := other.Inspect(b.ctx(), r.Meta.ID, tokens.Access); err != nil {
		t.Fatal(err)
	}
	if s := b.offline(r.Meta.ID, tokens.Access); s.Verdict != tokens.Good {
		t.Errorf("after they were read again: got %+v; want good", s)
	}
}

func TestStoredKeysVerifyOnlyTokensOfTheirIssuer(t *testing.T) {
	b := newBench(t)
	issuer := b.login(LoginRequest{Profile: "demo"}).Meta.Issuer
	for _, c := range []struct {
		iss          string
		raw, session tokens.Verdict
	}{
		{issuer, tokens.Good, tokens.Good},
		{issuer + "/", tokens.CannotTell, tokens.CannotTell},
		{"https://other.example", tokens.CannotTell, tokens.CannotTell},
		{"", tokens.CannotTell, tokens.CannotTell},
		{"https://known.example", tokens.Good, tokens.CannotTell}, // stored, without a session
	} {
		token, key := signedBy(t, c.iss, "k")
		for _, kept := range []string{issuer, "https://known.example"} {
			if err := b.o.Store.PutKeys(vault.IssuerKeys{Issuer: kept, ReadAt: b.clock.Now(),
				Keys: publicKeys(jose.NewKeySet(key))}); err != nil {
				t.Fatal(err)
			}
		}
		if s := b.InspectRaw(b.withoutNetwork(), token, inspect.Options{}, "").Signature; s.Verdict != c.raw {
			t.Errorf("iss %q: got %+v, want %s", c.iss, s, c.raw)
		}
		if s := b.InspectSessionIssuer(b.withoutNetwork(), token, inspect.Options{},
			fetchHint).Signature; s.Verdict != c.session {
			t.Errorf("iss %q, signed in to %s: got %+v, want %s", c.iss, issuer, s, c.session)
		}
	}
}

// Later processes trust the stored keys, without seeing how they were read.
func TestKeysOfUntrustedOriginAreNotStored(t *testing.T) {
	for name, login := range map[string]LoginRequest{
		"connections that accept any certificate": {Profile: "demo", TLS: wire.Options{Insecure: true}},
		"endpoints that a person configured":      {Profile: "by-hand"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			issuer := b.server.Issuer()
			if err := b.file.Put(profile.Profile{Name: "by-hand", Issuer: issuer, ClientID: "demo-public",
				Values: map[string]string{"scope": "openid"},
				Endpoints: map[string]string{"authorization": issuer + "/authorize", "token": issuer +
					"/token", "jwks": issuer + "/jwks"}}); err != nil {
				t.Fatal(err)
			}
			r := b.login(login)
			asked := false
			for _, x := range b.Exchanges() {
				asked = asked || strings.HasSuffix(x.Request.URL, "/jwks")
			}
			if files := b.keyFiles(); !asked || len(files) != 0 {
				t.Errorf("keys were read: %v; kept: %v; want them read and not kept", asked, files)
			}
			if s := b.offline(r.Meta.ID, tokens.ID); s.Verdict != tokens.CannotTell {
				t.Errorf("got %+v, want cannot tell", s)
			}
		})
	}
}

func TestAReadOnlyServiceStoresNoKeys(t *testing.T) {
	b := newBench(t)
	r := b.login(LoginRequest{Profile: "service"}) // no id_token, so no keys are fetched
	other, _ := b.another(nil)
	other.o.ReadOnly = true
	if report, err := other.Inspect(b.ctx(), r.Meta.ID, tokens.Access); err != nil ||
		report.Signature.Verdict != tokens.Good || len(b.keyFiles()) != 0 {
		t.Errorf("got %+v, %v and %v; want good, and no file", report, err, b.keyFiles())
	}
}

func TestOnlyPublicKeysAreStored(t *testing.T) {
	list := []jose.Key{jose.SecretKey([]byte("a secret of thirty-two bytes at the least"))}
	for _, alg := range []string{"ES256", "EdDSA", "ES256K", "RS256"} {
		key, err := jose.Generate(alg, alg)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, key)
	}
	got := publicKeys(jose.NewKeySet(list...))
	var keys []map[string]any
	if err := json.Unmarshal(got, &keys); err != nil || len(keys) != 4 {
		t.Fatalf("got %s, %v; want four keys", got, err)
	}
	for _, k := range keys {
		for name := range k {
			if !strings.Contains(" kty kid alg use crv x y n e ", " "+name+" ") {
				t.Errorf("got the member %s in %v", name, k)
			}
		}
	}
	if got := string(publicKeys(jose.KeySet{})); got != "[]" {
		t.Errorf("of no keys: got %s, want []", got)
	}
}

// A workbench runs for days: the keys of the morning are not current.
func TestLongCachedKeysAreReportedAsOld(t *testing.T) {
	b := newBench(t)
	r := b.login(LoginRequest{Profile: "demo"})
	judge := func() *inspect.Signature {
		t.Helper()
		report, err := b.InspectOffline(b.withoutNetwork(), r.Meta.ID, tokens.ID, fetchHint)
		if err != nil {
			t.Fatal(err)
		}
		return report.Signature
	}
	if s := judge(); s.Verdict != tokens.Good || !s.KeysRead.IsZero() {
		t.Errorf("fresh: got %+v, want good and no word of age", s)
	}
	b.clock.Advance(2 * time.Hour)
	if s := judge(); s.Verdict != tokens.Good || s.KeysRead.IsZero() || !strings.Contains(s.Reason, "2h ago") {
		t.Errorf("after two hours: got %+v, want good by keys of 2h ago", s)
	}
}

func TestKeysThatCannotBeStoredAreStillUsed(t *testing.T) {
	b := newBench(t)
	if err := os.MkdirAll(filepath.Join(b.dir, "state"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, "state", "keys"), nil,
		0o600); err != nil { // in place of the folder
		t.Fatal(err)
	}
	r := b.login(LoginRequest{Profile: "demo"})
	if _, err := b.o.Store.Keys(r.Meta.Issuer); err == nil || errors.Is(err, vault.ErrNotFound) &&
		len(b.keyFiles()) > 0 {
		t.Errorf("got %v; want nothing kept", err)
	}
	if report, err := b.InspectOffline(b.withoutNetwork(), r.Meta.ID, tokens.ID, fetchHint); err != nil ||
		report.Signature.Verdict != tokens.Good {
		t.Errorf("got %+v, %v; want good", report, err)
	}
}
