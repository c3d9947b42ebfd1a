package session

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"fob/flows"
	"fob/flows/calls"
	"fob/flows/explain/doctor"
	"fob/flows/profile"
	"fob/flows/redirect"
	"fob/flows/registration"
	"fob/flows/wire"
	"fob/tokens"
)

// refusal is a request that the demo provider rejects, and the expected diagnosis.
type refusal struct {
	name   string
	faults []string
	drive  func(b *bench) error
	code   string // as received; "" without an error of the protocol
	about  string // the parameter in question; "!name" for one that was not sent
	cause  string // a part of the first cause
	next   string // the first action that a program can execute; {…} are the server's addresses, see addresses
}

// refusedCall is an API's error response, which is no error of a call.
type refusedCall struct {
	id   string
	resp *calls.Response
}

func (e *refusedCall) Error() string { return fmt.Sprint("the API answered ", e.resp.Status) }

func TestRefusalsOfTheDemoProviderAreDiagnosed(t *testing.T) {
	if len(refusals) < 40 {
		t.Errorf("got %d refusals, want 40 at least", len(refusals))
	}
	for _, row := range refusals {
		t.Run(row.name, func(t *testing.T) {
			b := newBench(t, row.faults...)
			err := row.drive(b)
			if err == nil {
				t.Fatal("nothing was refused")
			}
			d, ok := b.diagnosis(err)
			if !ok {
				t.Fatalf("no diagnosis of %v", err)
			}
			if got := codeOf(err); got != row.code {
				t.Errorf("code: got %q, want %q (%v)", got, row.code, err)
			}
			if got := aboutOf(d); got != row.about {
				t.Errorf("about: got %q, want %q", got, row.about)
			}
			if len(d.Causes) == 0 || !strings.Contains(d.Causes[0].Text, row.cause) {
				t.Errorf("first cause: got %+v, want %q in it", d.Causes, row.cause)
			}
			if got, want := strings.ReplaceAll(nextOf(d), b.newest(), "SESSION"),
				b.addresses(row.next, err); got != want {
				t.Errorf("next: got %q, want %q of %+v", got, want, d.Next)
			}
			if text := mustJSON(t, d.Causes) + mustJSON(t, d.Next); strings.Contains(text, "{redirect") ||
				strings.Contains(text, "{client") {
				t.Errorf("something was left to fill in: %s", text)
			}
		})
	}
}

func (b *bench) diagnosis(err error) (doctor.Diagnosis, bool) {
	var call *refusedCall
	if errors.As(err, &call) {
		return b.DiagnoseCall(b.ctx(), call.id, call.resp)
	}
	return b.Diagnose(err, ErrorContext{})
}

// codeOf returns the error code as received.
func codeOf(err error) string {
	var refused *flows.OAuthError
	var call *refusedCall
	var check *tokens.CheckError
	switch {
	case errors.As(err, &refused):
		return refused.Code
	case errors.As(err, &call):
		return call.resp.Challenges[0].Param("error")
	case errors.As(err, &check):
		return string(check.Check.ID)
	}
	return ""
}

func aboutOf(d doctor.Diagnosis) string {
	switch {
	case d.About == nil:
		return ""
	case d.About.Missing:
		return "!" + d.About.Name
	}
	return d.About.Name
}

func nextOf(d doctor.Diagnosis) string {
	for _, a := range d.Next {
		for k, v := range a.Do {
			return k + "=" + v
		}
	}
	return ""
}

// addresses replaces the placeholders of the server's addresses and of the redirect URI that was sent.
func (b *bench) addresses(text string, err error) string {
	sent := ""
	var refused *flows.OAuthError
	if errors.As(err, &refused) {
		for _, f := range refused.Sent {
			if f.Name == "redirect_uri" {
				sent = f.Value
			}
		}
	}
	return strings.NewReplacer("{redirect_uri}", sent, "{issuer}", b.server.Issuer(), "{api}",
		b.server.API()).Replace(text)
}

// newest returns the ID of the newest session; "SESSION" without one.
func (b *bench) newest() string {
	list, err := b.Sessions(b.ctx())
	if err != nil || len(list) == 0 {
		return "SESSION"
	}
	return list[0].ID
}

var refusals = []refusal{
	// The code.
	{"a code used twice", nil, twice("demo-public", LoginRequest{}, nil), "invalid_grant", "code", "used already",
		"command=fob login demo-public"},
	{"an expired code", nil, later("token", 2*time.Minute, "demo-public", LoginRequest{}), "invalid_grant", "code",
		"has expired", "command=fob login demo-public"},
	{"another redirect_uri", nil, logs("demo-public", LoginRequest{Params: param("token", "redirect_uri",
		"http://127.0.0.1:1/callback")}), "invalid_grant", "redirect_uri", "redirect_uri of the token request",
		"command=fob login demo-public"},
	{"another code_verifier", nil,
		logs("demo-public", LoginRequest{Params: param("token", "code_verifier", strings.Repeat("a", 43))}),
		"invalid_grant", "code_verifier", "does not match the code_challenge", "command=fob login demo-public"},
	{"the code_verifier dropped", nil,
		logs("demo-public", LoginRequest{Edits: []wire.Edit{{Target: "token.code_verifier", Op: wire.Drop}}}),
		"invalid_grant", "!code_verifier", "was edited before it was sent", "command=fob login demo-public"},
	{"the code_verifier left out by a parameter", nil, logs("demo-public",
		LoginRequest{Params: param("token", "code_verifier")}), "invalid_grant", "!code_verifier",
		"code_verifier is missing", "command=fob login demo-public"},
	{"another client's code", nil, logs("demo-public", LoginRequest{Params: param("token", "client_id",
		"demo-legacy")}), "invalid_grant", "code", "issued to another client", "command=fob login demo-public"},
	{"no code at all", nil, logs("demo-public", LoginRequest{Params: param("token", "code")}), "invalid_request",
		"!code", "code is missing", "command=fob login demo-public"},

	// The client.
	{"a wrong secret", nil, logs("demo-service", with2(machine(),
		func(r *LoginRequest) { r.ClientSecret = wrongSecret })), "invalid_client", "", "client secret is wrong",
		"setting=client_secret"},
	{"another method than the registered one", nil, logs("demo-post",
		with2(machine(), func(r *LoginRequest) { r.AuthMethod = "client_secret_basic" })), "invalid_client", "",
		"registered for another method", "auth_method=client_secret_post"},
	{"a secret where a signature is due", nil, withProfile("demo-jwt", machine(),
		func(_ *bench, p *profile.Profile) { p.AuthMethod = "client_secret_post" }), "invalid_client",
		"client_secret", "registered for another method", "auth_method=client_secret_jwt"},
	{"an unknown client", nil, logs("demo-service", with2(machine(),
		func(r *LoginRequest) { r.ClientID, r.ClientSecret = "nobody", wrongSecret })), "invalid_client", "",
		"No client nobody", "check_client=nobody"},
	{"a confidential client without its secret", nil, withProfile("demo-service", machine(),
		func(_ *bench, p *profile.Profile) { p.ClientSecret, p.AuthMethod = nil, "none" }), "invalid_client",
		"client_id", "registered for another method", "auth_method=client_secret_basic"},
	{"an assertion for another audience", []string{"assertion-wants-token-endpoint"}, logs("demo-key", machine()),
		"invalid_client", "client_assertion", "another audience", "input=assertion_audience=token_endpoint"},
	{"an assertion by another key", nil, withProfile("demo-key", machine(), anotherKey), "invalid_client",
		"client_assertion", "does not know the key", "command=fob profile key show demo-key"},
	{"no certificate", nil, withProfile("demo-tls", machine(),
		func(_ *bench, p *profile.Profile) { p.TLS, p.AuthMethod = profile.TLS{}, "none" }), "invalid_client",
		"client_id", "No client certificate came", "auth_method=tls_client_auth"},
	{"another client's certificate", nil, func(b *bench) error {
		other, err := b.Profile(b.profileOf("demo-self-signed", nil))
		if err != nil {
			return err
		}
		return withProfile("demo-tls", machine(), func(_ *bench, p *profile.Profile) { p.TLS = other.TLS })(b)
	}, "invalid_client", "client_id", "certificate is not", "setting=tls"},
	{"a clock that is wrong, and an assertion", nil, strict(10*time.Minute, true, "demo-key", machine()),
		"invalid_client", "client_assertion", "10m", "command=fob doctor"},
	{"a grant that is off for the client", nil, logs("demo-public", machine()), "unauthorized_client", "grant_type",
		"client_credentials is not enabled", "check_client=demo-public"},
	{"a grant that does not exist", nil, logs("demo-service",
		with2(machine(), func(r *LoginRequest) { r.Params = param("token", "grant_type", "magic") })),
		"unsupported_grant_type", "grant_type", "does not offer magic",
		"command=fob login demo-service --grant client_credentials --scope=api:read"},
	{"implicit where it is off", nil, logs("demo-public", LoginRequest{Grant: "implicit"}), "unauthorized_client",
		"response_type", "The response type", "grant=authorization_code"},
	{"a wrong password", nil, logs("demo-service", LoginRequest{Grant: "password",
		Values: values("username=alice", "password=wrong", "scope=openid")}), "invalid_grant", "password",
		"name or the password is wrong", "grant=authorization_code"},

	// The authorization request.
	{"an unknown scope", nil, logs("demo-public", LoginRequest{Values: values("scope=openid nonsense")}),
		"invalid_scope", "scope", "does not announce nonsense", "input=scope=openid"},
	{"a scope about a user, without one", nil, logs("demo-service", machine("scope=openid api:read")), "invalid_scope",
		"scope", "about a user", "input=scope=api:read"},
	{"an unknown resource", nil, logs("demo-public", LoginRequest{Values: values("resource=https://nobody.example")}),
		"invalid_target", "resource", "https://nobody.example is not registered", "input=resource="},
	{"a redirect URI that is not registered", nil, logs("demo-public",
		LoginRequest{Redirect: redirect.Options{Path: "/elsewhere"}, Values: values("par=always")}),
		"invalid_request", "redirect_uri", "is not registered", "register_redirect_uri={redirect_uri}"},
	{"no PKCE", nil, logs("demo-public", LoginRequest{Values: values("pkce=none")}), "invalid_request",
		"!code_challenge", "requires PKCE", "input=pkce=S256"},
	{"plain PKCE", nil, logs("demo-public", LoginRequest{Values: values("pkce=plain")}), "invalid_request",
		"code_challenge_method", "PKCE method plain", "input=pkce=S256"},
	{"a request that was not pushed", nil, logs("demo-par", LoginRequest{Values: values("par=never")}),
		"invalid_request", "", "push", "input=par=always"},
	{"a request that was not signed", nil, logs("demo-jar", LoginRequest{}), "invalid_request", "", "sign",
		"input=jar=signed"},
	{"a request signed by another key", nil,
		withProfile("demo-jar", LoginRequest{Values: values("jar=signed", "par=always")}, anotherKey),
		"invalid_request_object", "request", "signature is invalid", "command=fob profile key show demo-jar"},
	{"a signed request that has expired", nil, later("par", time.Hour, "demo-jar",
		LoginRequest{Values: values("jar=signed", "par=always")}), "invalid_request_object", "request", "expired",
		"command=fob doctor"},
	{"a pushed request that has expired", nil, later("authorization", 2*time.Minute, "demo-par",
		LoginRequest{Values: values("par=always")}), "invalid_request_uri", "request_uri", "has expired",
		"command=fob login demo-par --par=always"},
	{"signed requests not supported", []string{"request-not-supported"},
		logs("demo-jar", LoginRequest{Values: values("jar=signed")}), "request_not_supported", "request",
		"does not know the parameter request", "input=jar=off"},
	{"unknown authorization details", nil,
		logs("demo-public", LoginRequest{Values: values(`authorization_details=[{"type":"magic"}]`)}),
		"invalid_authorization_details", "authorization_details", "type is not known", "input=authorization_details="},
	{"a response mode that puts tokens into a query", nil,
		logs("demo-implicit", LoginRequest{Grant: "implicit", Params: param("authorization", "response_mode",
			"query")}), "invalid_request", "response_mode", "rejected response_mode=query",
		"drop=authorization.response_mode"},
	{"a registration with the request", nil, logs("demo-public",
		LoginRequest{Params: param("authorization", "registration", "{}")}), "registration_not_supported",
		"registration", "own device", "drop=authorization.registration"},
	{"prompt=none and nobody signed in", nil, strict(0, false, "demo-public",
		LoginRequest{Values: values("prompt=none")}), "login_required", "prompt", "no session",
		"command=fob login demo-public --prompt login"},
	{"prompt=none and no consent", []string{"consent-required"},
		logs("demo-public", LoginRequest{Values: values("prompt=none")}), "consent_required", "prompt",
		"has not consented", "command=fob login demo-public --prompt consent"},
	{"prompt=none and a second factor", []string{"interaction-required"},
		logs("demo-public", LoginRequest{Values: values("prompt=none")}), "interaction_required", "prompt",
		"stronger sign-in", "command=fob login demo-public --prompt login"},
	{"prompt=none and several accounts", []string{"account-selection-required"},
		logs("demo-public", LoginRequest{Values: values("prompt=none")}), "account_selection_required", "prompt",
		"Several accounts", "command=fob login demo-public --prompt select_account"},
	{"an acr out of reach", []string{"acr-unmet"}, logs("demo-public",
		LoginRequest{Values: values("acr_values=gold")}), "unmet_authentication_requirements", "acr_values",
		"does not announce gold", "input=acr_values="},
	{"a user who declines", []string{"access-denied"}, logs("demo-public", LoginRequest{}), "access_denied", "",
		"pressed cancel", "command=fob login demo-public"},
	{"a sign-in that fails at the server", []string{"authorization-server-error"},
		logs("demo-public", LoginRequest{}), "server_error", "", "broke at the server", "wait=60"},

	// DPoP.
	{"a DPoP nonce that is never good", []string{"dpop-nonce-refused"},
		logs("demo-dpop", LoginRequest{Values: values("dpop=true")}), "use_dpop_nonce", "DPoP",
		"no nonce, or an old one", "command=fob login demo-dpop --dpop=true"},
	{"no DPoP proof", nil, logs("demo-dpop", LoginRequest{}), "invalid_dpop_proof", "", "There was no proof",
		"input=dpop=true"},
	{"a DPoP proof sent twice", nil, twice("demo-dpop", LoginRequest{Values: values("dpop=true")},
		func(r *http.Request) {
			const form = "grant_type=authorization_code&client_id=demo-dpop&code=other"
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(form)), -1
		}), "invalid_dpop_proof", "DPoP", "used before", ""},
	{"a DPoP proof for elsewhere", nil, logs("demo-dpop",
		LoginRequest{Values: values("dpop=true"), Edits: []wire.Edit{{Target: "token.header.DPoP", Op: wire.Set,
			Value: "none"}}}), "invalid_dpop_proof", "DPoP", "was edited",
		"command=fob login demo-dpop --dpop=true"},
	{"a clock that is wrong, and DPoP", nil, strict(-10*time.Minute, true, "demo-dpop",
		LoginRequest{Values: values("dpop=true")}), "invalid_dpop_proof", "DPoP", "behind this machine's",
		"command=fob doctor"},

	// Other devices and channels.
	{"a device that was declined", []string{"access-denied"}, logs("demo-public", LoginRequest{Grant: "device_code"}),
		"access_denied", "", "pressed cancel", "command=fob login demo-public --grant device_code"},
	{"a device code that has expired", []string{"device-expired"},
		logs("demo-public", LoginRequest{Grant: "device_code"}), "expired_token", "device_code", "did not finish",
		"command=fob login demo-public --grant device_code"},
	{"a phone of nobody", nil, logs("demo-service", ciba("login_hint=nobody")), "unknown_user_id", "login_hint",
		"spelled differently", "input=login_hint="},
	{"a phone without its user code", nil, logs("demo-service", ciba("login_hint=support")), "missing_user_code",
		"!user_code", "set up with a user_code", "input=user_code="},
	{"a phone with another user code", nil, logs("demo-service", ciba("login_hint=support", "user_code=1111")),
		"invalid_user_code", "user_code", "another one", "input=user_code="},
	{"a binding message that is too long", nil, logs("demo-service",
		ciba("login_hint=alice", "binding_message="+strings.Repeat("x", 80))), "invalid_binding_message",
		"binding_message", "too long", "input=binding_message="},
	{"a phone that was declined", []string{"ciba-denied"}, logs("demo-service", ciba("login_hint=alice")),
		"access_denied", "", "pressed cancel", "command=fob login demo-service --grant ciba --login-hint=alice"},
	{"a phone that does not answer", []string{"transaction-failed"}, logs("demo-service", ciba("login_hint=alice")),
		"transaction_failed", "", "user's device", "command=fob login demo-service --grant ciba --login-hint=alice"},

	// The refresh token.
	{"a refresh token used twice", nil, after(LoginRequest{}, func(b *bench, id string) error {
		rec, err := b.Load(b.ctx(), id)
		if err != nil {
			return err
		}
		b.login(LoginRequest{Profile: "demo"}) // of another login, which must not be used
		if err := refreshes(b, id); err != nil {
			return err
		}
		if err := b.o.Store.Put(b.ctx(), rec); err != nil { // as by a process that missed the refresh
			return err
		}
		return refreshes(b, id)
	}), "invalid_grant", "refresh_token", "used already", "command=fob login demo"},
	{"a refresh token that was revoked", []string{"refresh-family-revoked"}, after(LoginRequest{}, refreshes),
		"invalid_grant", "refresh_token", "revoked", "command=fob login demo"},
	{"a refresh token that has expired", nil, after(LoginRequest{},
		func(b *bench, id string) error { b.clock.Advance(2 * time.Hour); return refreshes(b, id) }), "invalid_grant",
		"refresh_token", "has expired", "command=fob login demo"},
	{"another client's refresh token", nil, after(LoginRequest{}, func(b *bench, id string) error {
		_, err := b.RefreshWith(b.ctx(), id, RefreshRequest{Params: param("token", "client_id", "demo-legacy")}, nil)
		return err
	}), "invalid_grant", "refresh_token", "another client", "command=fob login demo"},
	{"more scope than was granted", nil, after(LoginRequest{Values: values("scope=openid offline_access api:read")},
		func(b *bench, id string) error {
			_, err := b.RefreshWith(b.ctx(), id, RefreshRequest{Values: values("scope=openid api:write")}, nil)
			return err
		}), "invalid_scope", "scope", "wider than what was granted", "input=scope=openid"},

	// Other endpoints.
	{"an exchange for an unknown audience", nil, func(b *bench) error {
		own := b.login(LoginRequest{Profile: "demo"})
		_, err := b.Login(b.ctx(), LoginRequest{Profile: b.profileOf("demo-service", nil), Grant: "token_exchange",
			Values: values("subject_token=session:"+own.Meta.ID, "audience=https://nobody.example", "scope=")}, nil)
		return err
	}, "invalid_target", "audience", "https://nobody.example is not registered", "input=audience="},
	{"introspection by a public client", nil, after(LoginRequest{}, func(b *bench, id string) error {
		_, err := b.Introspect(b.ctx(), id, "", "")
		return err
	}), "invalid_client", "client_id", "public", ""},
	{"a revocation that the server does not do", []string{"revocation-refused"}, after(LoginRequest{}, revokeAccess),
		"unsupported_token_type", "token_type_hint", "refresh tokens only",
		"command=fob revoke SESSION --kind refresh"},
	{"userinfo without openid", nil, after(LoginRequest{Values: values("scope=api:read")}, userinfo),
		"insufficient_scope", "", "without openid", "command=fob login --scope openid"},
	{"userinfo with an expired token", []string{"expired-access-token"}, after(LoginRequest{}, userinfo),
		"invalid_token", "", "has expired", "command=fob refresh SESSION"},
	{"a registration with a value that is not known", nil, registers("grant_types", []string{"magic"}),
		"invalid_client_metadata", "grant_types", "not one that the server supports", ""},
	{"a registration of a redirect URI that is not allowed", nil,
		registers("redirect_uris", []string{"http://tool.example/cb"}), "invalid_redirect_uri", "redirect_uris",
		"http", ""},
	{"a software statement of nobody", []string{"software-statement-refused"}, registers(),
		"unapproved_software_statement", "", "does not trust", ""},
	{"a registration that is gone", nil, func(b *bench) error {
		if err := registers()(b); err != nil {
			return err
		}
		_, src, m, err := b.loadManagement(b.ctx(), "made")
		if err != nil {
			return err
		}
		if err := registration.Delete(b.ctx(), src.client, m); err != nil {
			return err
		}
		_, err = b.Registration(b.ctx(), "made")
		return err
	}, "invalid_token", "", "registration access token", "command=fob provider register ISSUER NAME"},

	// The API.
	{"a call without the scope", nil, after(LoginRequest{Values: values("scope=openid api:read")},
		callsAPI("POST", "/orders")), "insufficient_scope", "", "without api:write",
		"command=fob login demo --scope api:write"},
	{"a call with an expired token", []string{"expired-access-token"}, after(LoginRequest{}, callsAPI("GET", "/me")),
		"invalid_token", "", "has expired", "command=fob refresh SESSION"},
	{"a call with a token for another API", nil, func(b *bench) error {
		return callsAPI("GET", "/me")(b,
			b.login(b.opaque()).Meta.ID)
	}, "invalid_token", "", "another audience", "command=fob inspect -"},
	{"a call that needs a stronger sign-in", nil, after(LoginRequest{Values: values("scope=openid api:write")},
		callsAPI("POST", "/transfer")), "insufficient_user_authentication", "", "not strong enough",
		"command=fob login demo --scope='openid api:write' --acr-values urn:fob:demo:password+otp --max-age 300"},
	{"a call with a nonce that is never good", []string{"dpop-nonce-api"}, func(b *bench) error {
		id := b.login(LoginRequest{Profile: b.profileOf("demo-dpop", nil), Values: values("dpop=true")}).Meta.ID
		b.fault("dpop-nonce-refused")
		return callsAPI("GET", "/me")(b, id)
	}, "use_dpop_nonce", "", "no nonce, or an old one", ""},
	{"a bound token sent as a bearer token", nil, func(b *bench) error {
		bound := b.login(LoginRequest{Profile: b.profileOf("demo-dpop", nil), Values: values("dpop=true")})
		resp, err := b.Call(b.ctx(), bound.Meta.ID, calls.Request{URL: b.server.API() +
			"/me", Header: http.Header{"Authorization": {"Bearer " + bound.Set.AccessToken.Reveal()}}})
		return errors.Join(err, &refusedCall{bound.Meta.ID, resp})
	}, "invalid_token", "", "is bound to a key", "command=fob inspect -"},

	// Errors outside of the protocol.
	{"GitHub's error with 200", []string{"error-200"}, logs("demo-public", LoginRequest{}), "bad_verification_code",
		"code", "used only once", "command=fob login demo-public"},
	{"a gateway's page", []string{"html-502"}, logs("demo-public", LoginRequest{}), "", "", "HTTP 502", "wait=60"},
	{"a firewall's page", []string{"firewall-403"}, logs("demo-public", LoginRequest{}), "", "", "firewall", ""},
	{"too many requests", []string{"rate-limited"}, logs("demo-public", LoginRequest{}), "", "", "Too many requests",
		"wait=7"},
	{"maintenance", []string{"token-unavailable"}, logs("demo-public", LoginRequest{}), "temporarily_unavailable", "",
		"maintenance", "wait=90"},
	{"an endpoint that has moved", []string{"token-moved"}, logs("demo-public", LoginRequest{}), "", "",
		"redirects", "setting=endpoints"},
	{"an empty answer", []string{"empty-body"}, logs("demo-public", LoginRequest{}), "", "", "an empty response", ""},
	{"an id_token that is expired by a clock that is wrong", []string{"clock-behind"},
		logs("demo-public", LoginRequest{}), "id_token.exp", "", "1h behind", "command=fob doctor"},
}
