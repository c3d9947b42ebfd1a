package session

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fob/flows"
	"fob/flows/calls"
	"fob/flows/profile"
	"fob/tokens/jose"
)

// exchangeLogins are logins with grants that exchange a token, or authenticate the user elsewhere, as the demo's
// service.
func (b *bench) exchangeLogins() map[string]LoginRequest {
	b.t.Helper()
	alice := b.login(LoginRequest{Profile: "post", Values: flows.Values{"scope": "openid offline_access api:read"},
		Label: "somebody"})
	at := func(grant string, values flows.Values) LoginRequest {
		return LoginRequest{Profile: "service", Grant: grant, Values: values}
	}
	return map[string]LoginRequest{
		"password": at("password", flows.Values{"username": "alice", "password": "demo",
			"scope": "openid offline_access api:read"}),
		"ciba": at("ciba", flows.Values{"login_hint": "alice", "scope": "openid offline_access api:read",
			"binding_message": "K7"}),
		"token_exchange": at("token_exchange", flows.Values{"subject_token": "session:" +
			alice.Meta.ID, "scope": "api:read"}),
		"jwt_bearer": at("jwt_bearer", flows.Values{"assertion_key": "env:DEMO_SECRET", "assertion_alg": "HS256",
			"assertion_sub": "alice", "scope": "api:read"}),
		"saml2_bearer": at("saml2_bearer", flows.Values{"assertion": b.saml(),
			"scope": "openid offline_access api:read"}),
	}
}

// saml returns a SAML assertion about alice for the demo's authorization server.
func (b *bench) saml() string {
	end := b.clock.Now().Add(10 * time.Minute).UTC().Format(time.RFC3339)
	return fmt.Sprintf(`<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" `+
		`ID="_1" Version="2.0" IssueInstant="%s">`+
		`<saml:Issuer>https://idp.example</saml:Issuer><saml:Subject><saml:NameID>alice</saml:NameID>`+
		`<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">`+
		`<saml:SubjectConfirmationData NotOnOrAfter="%s" Recipient="%s/token"/>`+
		`</saml:SubjectConfirmation></saml:Subject><saml:Conditions NotOnOrAfter="%s">`+
		`<saml:AudienceRestriction><saml:Audience>%s</saml:Audience></saml:AudienceRestriction>`+
		`</saml:Conditions></saml:Assertion>`,
		b.clock.Now().UTC().Format(time.RFC3339), end, b.server.Issuer(), end, b.server.Issuer())
}

func TestASecretReferenceIsResolvedAtEachRenewal(t *testing.T) {
	b := newBench(t)
	alice := b.login(LoginRequest{Profile: "post", Values: flows.Values{"scope": "openid offline_access api:read"},
		Label: "source"})
	traded := b.login(LoginRequest{Profile: "service", Grant: "token_exchange",
		Values: flows.Values{"subject_token": "session:source", "scope": "api:read"}})
	if !traded.Set.RefreshToken.IsZero() {
		t.Fatal("the exchange brought a refresh token: this test needs one without")
	}
	b.clock.Advance(tenMinutes)
	token, _, err := b.Token(b.ctx(), traded.Meta.ID, TokenRequest{})
	if err != nil || token.Equal(traded.Set.AccessToken) {
		t.Fatalf("renewing what was traded: got %v", err)
	}
	source, err := b.Load(b.ctx(), alice.Meta.ID)
	if err != nil || source.Meta.Refreshes != 1 {
		t.Errorf("the session that it was traded from: got %d renewals, %v, want 1", source.Meta.Refreshes, err)
	}
}

func TestAnEnteredSecretIsNotStored(t *testing.T) {
	b := newBench(t)
	for _, grant := range []string{"password", "saml2_bearer"} {
		result := b.login(b.exchangeLogins()[grant])
		for _, secret := range []string{`"password":`, `assertion\":`, "Assertion"} {
			if settings := mustJSON(t, result.Meta.Settings); strings.Contains(settings, secret) {
				t.Errorf("the settings of %s hold %s: %s", grant, secret, settings)
			}
		}
	}
	source := b.login(LoginRequest{Profile: "post", Values: flows.Values{"scope": "openid api:read"}})
	given := source.Set.AccessToken.Reveal()
	traded := b.login(LoginRequest{Profile: "service", Grant: "token_exchange",
		Values: flows.Values{"subject_token": given, "scope": "api:read"}})
	for name, text := range map[string]string{"settings": mustJSON(t, traded.Meta),
		"trace": mustJSON(t, b.recorder.Exchanges())} {
		if strings.Contains(text, given) {
			t.Errorf("the %s holds the subject token", name)
		}
	}
	_, err := b.Refresh(b.ctx(), traded.Meta.ID, nil)
	if !errors.Is(err, ErrNeedsPerson) || !strings.Contains(err.Error(), "subject_token was entered by the user") {
		t.Errorf("got %v, want %v that names the subject_token", err, ErrNeedsPerson)
	}
}

func TestSecretReferences(t *testing.T) {
	b := newBench(t)
	alice := b.login(LoginRequest{Profile: "post", Values: flows.Values{"scope": "openid offline_access api:read"},
		Label: "alice/id"})
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(alice.Set.AccessToken.Reveal()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.file.Put(profile.Profile{Name: "kept", Issuer: b.server.Issuer(), ClientID: "demo-service",
		Grant:        "token_exchange",
		ClientSecret: &profile.Ref{Env: "DEMO_SECRET"},
		Values:       map[string]string{"subject_token": "a-literal-secret"}}); err != nil {
		t.Fatal(err)
	}
	lost := file + ".not"
	tests := map[string]struct {
		request LoginRequest
		err     string
	}{
		"a file":               {LoginRequest{Values: flows.Values{"subject_token": "file:" + file}}, ""},
		"a label with a slash": {LoginRequest{Values: flows.Values{"subject_token": "session:alice/id"}}, ""},
		"another token of a session": {LoginRequest{Values: flows.Values{"subject_token": "session:alice/id/id",
			"subject_token_type": "id_token"}}, ""},
		"the token of the type": {LoginRequest{Values: flows.Values{"subject_token": "session:" +
			alice.Meta.ID, "subject_token_type": "id_token"}}, ""},
		"no such session": {LoginRequest{Values: flows.Values{"subject_token": "session:nobody"}},
			"no such session"},
		"no such variable": {LoginRequest{Values: flows.Values{"subject_token": "env:NOT_SET"}}, "NOT_SET"},
		"no such file":     {LoginRequest{Values: flows.Values{"subject_token": "file:" + lost}}, lost},
		"a type that sessions lack": {LoginRequest{Values: flows.Values{"subject_token": "session:" +
			alice.Meta.ID, "subject_token_type": "saml2"}}, "a type of token that a session has"},
		"a secret nobody gave": {LoginRequest{Values: flows.Values{"subject_token": "session:" +
			alice.Meta.ID, "subject_token_type": "device_secret"}}, "no device_secret"},
		"a secret in the profile":     {LoginRequest{Profile: "kept"}, "must not be in the file"},
		"nothing where one is needed": {LoginRequest{}, "subject_token is missing"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := tt.request
			r.Grant = "token_exchange"
			if r.Profile == "" {
				r.Profile = "service"
			}
			_, err := b.Login(b.ctx(), r, nil)
			if (err == nil) != (tt.err == "") || (err != nil && !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("got %v, want %q", err, tt.err)
			}
			if err != nil && strings.Contains(err.Error(), "a-literal-secret") {
				t.Errorf("the error repeats the secret: %v", err)
			}
		})
	}
}

func TestASessionMadeFromItselfDoesNotWaitForItself(t *testing.T) {
	b := newBench(t)
	b.login(LoginRequest{Profile: "post", Values: flows.Values{"scope": "openid offline_access api:read"},
		Label: "twin"})
	traded := b.login(LoginRequest{Profile: "service", Grant: "token_exchange",
		Values: flows.Values{"subject_token": "session:twin", "scope": "api:read"}})
	twin, err := b.Find(b.ctx(), "twin")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Remove(b.ctx(), twin.ID); err != nil {
		t.Fatal(err)
	}
	if err := b.Rename(b.ctx(), traded.Meta.ID, "twin"); err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(tenMinutes)
	if _, err := b.Refresh(b.ctx(), traded.Meta.ID, nil); err == nil ||
		!strings.Contains(err.Error(), "depends on its own token") {
		t.Errorf("got %v, want the error that the session depends on itself", err)
	}
}

// signed returns a JWT about a subject, signed by the demo's service.
func (b *bench) signed(sub string) string {
	b.t.Helper()
	now := b.clock.Now()
	claims := mustJSON(b.t, map[string]any{"iss": "demo-service", "sub": sub, "aud": b.server.Issuer(),
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix()})
	secret := b.server.Description().Client("demo-service").ClientSecret
	token, err := jose.Sign([]byte(claims), jose.Header{"alg": "HS256"}, jose.SecretKey([]byte(secret.Reveal())))
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

func TestDelegationNamesBothSubjects(t *testing.T) {
	b := newBench(t)
	alice := b.login(LoginRequest{Profile: "post", Values: flows.Values{"scope": "openid api:read"}, Label: "subject"})
	result := b.login(LoginRequest{Profile: "service", Grant: "token_exchange", Values: flows.Values{
		"subject_token": "session:" + alice.Meta.ID, "actor_token": b.signed("support"), "actor_token_type": "jwt",
		"requested_token_type": "jwt",
		"resource":             b.server.API(), "audience": "demo-post demo-public",
	}})
	access := claims(result.Set.AccessToken)
	aud, _ := access.Strings("aud")
	act, _ := access.Raw("act")
	if !strings.Contains(string(act), `"support"`) || len(aud) != 3 {
		t.Errorf("got act %s and aud %q, want support and three audiences", act, aud)
	}
}

func TestATokenOfAnotherTypeIsNotSentToAnAPI(t *testing.T) {
	b := newBench(t)
	alice := b.login(LoginRequest{Profile: "post", Values: flows.Values{"scope": "openid api:read"}})
	result := b.login(LoginRequest{Profile: "service", Grant: "token_exchange", Values: flows.Values{
		"subject_token": "session:" + alice.Meta.ID, "requested_token_type": "saml2"}})
	if result.Meta.TokenType != "N_A" {
		t.Fatalf("token_type: got %q, want N_A", result.Meta.TokenType)
	}
	_, err := b.Call(b.ctx(), result.Meta.ID, calls.Request{URL: b.server.API() + "/me"})
	if err == nil || !strings.Contains(err.Error(), "no access token") {
		t.Errorf("got %v, want the error that it is no access token", err)
	}
}

func TestPingAgainstTheDemo(t *testing.T) {
	b := newBench(t)
	name := b.profileOf("demo-ping", map[string]string{"scope": "openid api:read"})
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + socket.Addr().String() + "/ciba"
	_ = socket.Close()
	resp, err := http.Post(b.server.Issuer()+"/demo/clients/demo-ping", "application/json",
		strings.NewReader(`{"backchannel_client_notification_endpoint":"`+address+`"}`))
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("telling the demo where to: %v, %v", resp, err)
	}
	_ = resp.Body.Close()
	b.o.Wait = func(ctx context.Context,
		_ time.Duration) error {
		<-ctx.Done()
		return ctx.Err()
	} // only the ping ends it
	var titles []string
	result, err := b.Login(b.ctx(), LoginRequest{Profile: name, Grant: "ciba", Values: flows.Values{
		"login_hint": "alice", "delivery_mode": "ping", "notification_uri": address}}, func(s flows.Step) {
		titles = append(titles, s.Title)
	})
	if err != nil || result.Meta.Subject != "alice" || !strings.Contains(strings.Join(titles, "\n"),
		"The server reports that the user has decided") {
		t.Errorf("got %q, %v after %q", result.Meta.Subject, err, titles)
	}
}

func TestCIBAFaults(t *testing.T) {
	for fault, want := range map[string]string{"ciba-denied": "access_denied", "ciba-expired": "expired_token",
		"ciba-slow-down": ""} {
		t.Run(fault, func(t *testing.T) {
			b := newBench(t, fault)
			_, err := b.Login(b.ctx(), LoginRequest{Profile: "service", Grant: "ciba",
				Values: flows.Values{"login_hint": "alice", "scope": "openid"}}, nil)
			var refused *flows.OAuthError
			if errors.As(err, &refused) != (want != "") || (refused != nil && refused.Code != want) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}
