package session

import (
	"testing"

	"fob/flows/demo"
	"fob/flows/wire"
	"fob/tokens"
)

// A connection that accepts any certificate is encrypted for any responder: the ledger does not call that TLS.
func TestTheLedgerWarnsOfUnverifiedCertificates(t *testing.T) {
	server, err := demo.Start(demo.Config{AutoConsent: true, TLS: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	b := newBench(t)
	s := b.login(LoginRequest{Issuer: server.Issuer(), ClientID: "demo-service",
		ClientSecret: server.Description().Client("demo-service").ClientSecret,
		Grant:        "client_credentials", TLS: wire.Options{Insecure: true}})
	for _, c := range s.Meta.Ledger {
		if c.ID == tokens.CheckTransport {
			if c.Outcome != tokens.Warned || c.Received != "https, any certificate" {
				t.Errorf("got %s, %q, want a warning of any certificate", c.Outcome, c.Received)
			}
			return
		}
	}
	t.Errorf("%s is not in the ledger: %v", tokens.CheckTransport, s.Meta.Ledger)
}

// What the user allowed for a login stays allowed for its session, and for no other.
func TestPlainHTTPStaysAllowedForASession(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		p := &plan{wire: wire.Options{InsecureHTTP: allowed}}
		if got := p.settings("")[settingHTTP] == "true"; got != allowed {
			t.Errorf("a session keeps %t of %t", got, allowed)
		}
		if got := mergeWire(wire.Options{}, wire.Options{InsecureHTTP: allowed}).InsecureHTTP; got != allowed {
			t.Errorf("over a profile without it: got %t, want %t", got, allowed)
		}
	}
}
