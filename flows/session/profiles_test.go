package session

import (
	"testing"

	"fob/flows"
	"fob/flows/profile"
	"fob/tokens/vault"
)

func TestAGrantForConfidentialClientsFindsTheProfileThatHasOne(t *testing.T) {
	const issuer = "https://login.example.com"
	secret := &profile.Ref{Env: "S"}
	store, err := vault.Open(vault.Config{Backend: vault.NewMemory()})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{Store: store, Profiles: profile.NewMemory(
		profile.Profile{Name: "public", Issuer: issuer, ClientID: "p"},
		profile.Profile{Name: "elsewhere", Issuer: "https://other.example.com", ClientID: "e", ClientSecret: secret,
			Grant: flows.ClientCredentials.ID},
		profile.Profile{Name: "web", Issuer: issuer, ClientID: "w", ClientSecret: secret,
			Grant: flows.AuthorizationCode.ID},
		profile.Profile{Name: "service", Issuer: issuer, ClientID: "s", ClientSecret: secret,
			Grant: flows.ClientCredentials.ID},
		profile.Profile{Name: "lonely", Issuer: "https://third.example.com", ClientID: "l"},
	)})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from string
		g    flows.Grant
		want string
	}{
		{"public", flows.ClientCredentials, "service"},
		{"public", flows.AuthorizationCode, "public"},
		{"web", flows.ClientCredentials, "web"},
		{"lonely", flows.ClientCredentials, "lonely"},
	} {
		if p, err := s.ProfileFor(c.from, c.g); err != nil || p.Name != c.want {
			t.Errorf("ProfileFor(%s, %s) = %s, %v; want %s", c.from, c.g.ID, p.Name, err, c.want)
		}
	}
	if _, err := s.ProfileFor("nobody", flows.ClientCredentials); err == nil {
		t.Error("a profile that does not exist was found")
	}
}
