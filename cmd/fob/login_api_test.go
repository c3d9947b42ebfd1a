package main

import (
	"strings"
	"testing"

	"fob/flows/demo"
	"fob/tokens/shell"
)

// The TLS flags apply to the API and all URLs that it names, and are in the command that a step-up suggests.
func TestTLSFlagsApplyFromTheAPIToTheStepUp(t *testing.T) {
	w := newWorld(t)
	s, err := demo.Start(demo.Config{TLS: true, AutoConsent: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	ca := w.file("ca.pem", s.Description().TLS.CA)
	w.env["SECRET"] = s.Description().Client("demo-service").ClientSecret.Reveal()
	args := []string{"login", "--api", s.API(), "--client-id", "demo-service", "--client-secret-env", "SECRET",
		"--grant", "client_credentials", "--scope", "api:read", "--json"}
	w.wants(exitNetwork, "certificate", args...)
	got := parse[loginJSON](t, w.must(append(args, "--ca", ca)...).out)
	if r := w.must("call", got.Session, "/orders"); !strings.Contains(r.out, "[") {
		t.Errorf("a call at the API: %s%s", r.out, r.stderr)
	}
	r := w.must("call", got.Session, "POST", "/orders", "-d", "{}")
	_, line, _ := strings.Cut(r.stderr, "sign in again to satisfy it: ")
	line, _, _ = strings.Cut(line, "\n")
	pem := shell.Word(ca)
	wanted := []string{
		"--ca " + pem, "--api " + s.API(), "--scope='api:read api:write'", "--resource=" +
			s.API(), "--client-secret-ask",
	}
	for _, want := range wanted {
		want = shell.ForCurrentShell(want)
		if !strings.Contains(line, want) {
			t.Errorf("suggested %q, want %q in it", line, want)
		}
	}
	r = w.wants(exitUsage, "fob provider register", "login", "--api", s.MCP(), "--ca", ca)
	for _, command := range []string{
		"register " + s.Issuer() + " local --api " + s.MCP() + " --ca " + pem,
		"fob login local --api " + s.MCP() + " --ca " + pem,
	} {
		command = shell.ForCurrentShell(command)
		if !strings.Contains(r.stderr, command) {
			t.Errorf("said %q, want %q in it", r.stderr, command)
		}
	}
	w.must("provider", "register", s.Issuer(), "local", "--ca", ca)
	if p := parse[profileJSON](t, w.must("profile", "show", "local", "--json").out); p.TLS.CA != ca {
		t.Errorf("the profile of a registration over TLS: %+v, want its authority kept", p.TLS)
	}
}

func TestAClientMetadataDocumentIsMadeCheckedAndUsed(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	const at = "https://app.example.com/oauth/client.json"
	w.must("profile", "add", "acme", "--issuer", s.Issuer(), "--client-id", "c", "--scope", "openid api:read")
	r := w.must("profile", "document", "make", "acme", at, "--metadata", "client_name=My tool", "--metadata",
		"contacts=a@example.com b@example.com")
	doc := parse[map[string]any](t, r.out)
	if doc["client_id"] != at || doc["client_name"] != "My tool" || doc["token_endpoint_auth_method"] != "none" ||
		len(doc["contacts"].([]any)) != 2 {
		t.Errorf("made %v", doc)
	}
	if !strings.Contains(r.stderr, "fob login acme --client-id "+at) {
		t.Errorf("said %q, want the login with it", r.stderr)
	}
	file := w.file("client.json", r.out)
	if r := w.must("profile", "document", "check", at, "--file", file); !strings.Contains(r.out, "is valid") {
		t.Errorf("checked: %s", r.out)
	}
	for url, said := range map[string]string{"http://app.example.com/c": "https URL",
		"https://app.example.com/": "a path", "https://u:p@app.example.com/c": "password",
		"https://app.example.com/a/../c": "dot segments", "https://app.example.com/c#f": "fragment",
		at + "x": "exactly the URL"} {
		r := w.run("profile", "document", "check", url, "--file", file)
		if r.code != exitChecks || !strings.Contains(r.out, said) {
			t.Errorf("%s: exit %d and %q, want 6 and %q", url, r.code, r.out, said)
		}
	}
	got := parse[documentJSON](t, w.run("profile", "document", "check", at+"x", "--file", file, "--json").out)
	if got.Valid || len(got.Findings) == 0 || got.Findings[0].Severity != "error" || got.Findings[0].Spec == "" {
		t.Errorf("as JSON: %+v", got)
	}
	// The document that the demo hosts, on this machine's loopback.
	own := s.Issuer() + "/demo/client.json"
	if r := w.must("profile", "document", "check", own); !strings.Contains(r.out, "warning") {
		t.Errorf("the demo's document: %s%s, want a warning of plain http", r.out, r.stderr)
	}
	w.must("login", "--issuer", s.Issuer(), "--client-id", own, "--scope", "openid")
	w.fault(s, "client-document-wrong-id")
	w.wants(exitChecks, "[client.document]", "login", "--issuer", s.Issuer(), "--client-id", own, "--scope", "openid")
	w.wants(exitUsage, "https URL", "profile", "document", "make", "acme")
	w.wants(exitUsage, "needs one of", "profile", "document")
}

func TestAClientWithAKeyIsRegisteredInOneCommand(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	got := parse[clientJSON](t, w.must("provider", "register", s.Issuer(), "svc", "--new-key", "ES256", "--metadata",
		"token_endpoint_auth_method=private_key_jwt",
		"--metadata", "grant_types=client_credentials", "--metadata", "redirect_uris=", "--metadata",
		"response_types=[]", "--json").out)
	if got.HasSecret || !strings.Contains(string(got.Metadata["jwks"]), "ES256") {
		t.Errorf("registered %+v", got)
	}
	w.must("login", "svc", "--grant", "client_credentials", "--scope", "api:read")
	w.wants(exitUsage, "true or false", "provider", "register", s.Issuer(), "other", "--metadata",
		"dpop_bound_access_tokens=perhaps")
}

// A login from an API's URL prints the profile that it uses, and uses only one that supports the grant.
func TestALoginFromAnAPIPrintsTheProfileItUses(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.env["SECRET"] = s.Description().Client("demo-service").ClientSecret.Reveal()
	w.must("profile", "add", "machine", "--issuer", s.Issuer(), "--client-id", "demo-service",
		"--client-secret-env", "SECRET", "--grant", "client_credentials", "--scope", "api:read")
	w.must("profile", "add", "people", "--issuer", s.Issuer(), "--client-id", "demo-public", "--scope", "openid email")
	r := w.must("login", "--api", s.API(), "--json")
	got := parse[loginJSON](t, r.out)
	if got.Profile != "people" || !strings.Contains(got.Scope, "email") || !strings.Contains(got.Scope, "api:read") {
		t.Errorf("logged in as %q for %q", got.Profile, got.Scope)
	}
	for _, want := range []string{"the profile people and the grant authorization_code", "other profiles: machine"} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("said %q, want %q", r.stderr, want)
		}
	}
	r = w.must("login", "--api", s.API(), "--grant", "client_credentials", "--json")
	if got := parse[loginJSON](t, r.out); got.Profile != "machine" {
		t.Errorf("by client_credentials: logged in as %q: %s", got.Profile, r.stderr)
	}
	w.must("profile", "rm", "people")
	w.wants(exitUsage, "no profile has a client for the grant device_code", "login", "--api", s.API(), "--grant",
		"device_code")
}
