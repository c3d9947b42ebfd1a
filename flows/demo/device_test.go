package demo

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

func (b *bench) device(changes ...string) map[string]any {
	b.t.Helper()
	a := b.postAs("demo-public", "/device_authorization",
		form(append([]string{"scope", "openid offline_access api:read"}, changes...)...))
	if a.Status != 200 {
		b.t.Fatalf("device authorization: %d %s", a.Status, a.Body)
	}
	return a.json(b.t)
}

func (b *bench) poll(d map[string]any, changes ...string) answer {
	return b.postAs("demo-public", "/token",
		form(append([]string{"grant_type", grantDeviceCode, "device_code", str(d, "device_code")}, changes...)...))
}

// enter types a user code and returns the interaction that follows.
func (b *bench) enter(userCode string) string {
	b.t.Helper()
	return b.interactionPath(b.post("/device", form("user_code", userCode)))
}

func TestDeviceResponse(t *testing.T) {
	b := start(t, Config{})
	d := b.device()
	if !regexp.MustCompile(`^[B-Z]{4}-[B-Z]{4}$`).MatchString(str(d, "user_code")) || d["interval"] != 1.0 ||
		d["expires_in"] != 300.0 {
		t.Errorf("got %v", d)
	}
	if d["verification_uri"] != b.Issuer()+"/device" ||
		d["verification_uri_complete"] != b.Issuer()+"/device?user_code="+str(d, "user_code") {
		t.Errorf("addresses %v and %v", d["verification_uri"], d["verification_uri_complete"])
	}
	page := b.get("/device?user_code=" + str(d, "user_code")).Body
	if !strings.Contains(page, `value="`+str(d, "user_code")+`"`) {
		t.Errorf("the code of the complete address is not in the field:\n%s", page)
	}
}

func TestDeviceApproval(t *testing.T) {
	b := start(t, Config{})
	d := b.device()
	wantError(t, b.poll(d), 400, "authorization_pending")
	path := b.enter(" " + strings.ToLower(strings.ReplaceAll(str(d, "user_code"), "-", " ")))
	b.signInAt(path, "bob")
	if page := b.get(path).Body; !strings.Contains(page, str(d, "user_code")) || !strings.Contains(page, "bob") {
		t.Errorf("the question does not show code and name:\n%s", page)
	}
	if a := b.post(path, form("decision", "allow")); a.Status != 200 || !strings.Contains(a.Body, "Device connected") {
		t.Fatalf("allowing: %d\n%s", a.Status, a.Body)
	}
	b.clock.Advance(pollInterval)
	set := b.poll(d).json(t)
	if claims := decodeClaims(str(set, "id_token")); claims["sub"] != "bob" || claims["nonce"] != nil {
		t.Errorf("id_token %v", claims)
	}
	if a := b.refreshWith(str(set, "refresh_token")); a.Status != 200 {
		t.Errorf("refresh: %s", a.Body)
	}
	b.clock.Advance(pollInterval)
	wantError(t, b.poll(d), 400, "invalid_grant")
	if a := b.post("/device", form("user_code", str(d, "user_code"))); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("the code of a finished device: %d", a.Status)
	}
}

func TestDeviceDenial(t *testing.T) {
	b := start(t, Config{})
	d := b.device()
	path := b.enter(str(d, "user_code"))
	b.signInAt(path, "alice")
	if a := b.post(path, form("decision", "deny")); !strings.Contains(a.Body, "Device denied") {
		t.Errorf("denying: %d\n%s", a.Status, a.Body)
	}
	wantError(t, b.poll(d), 400, "access_denied")
}

func TestDevicePollingTooFastSlowsDown(t *testing.T) {
	b := start(t, Config{})
	d := b.device()
	wantError(t, b.poll(d), 400, "authorization_pending")
	wantError(t, b.poll(d), 400, "slow_down")
	b.clock.Advance(pollInterval)
	wantError(t, b.poll(d), 400, "slow_down") // the interval is six seconds by now
	b.clock.Advance(pollInterval + 2*slowDownBy)
	wantError(t, b.poll(d), 400, "authorization_pending")
}

func TestDeviceCodeExpires(t *testing.T) {
	b := start(t, Config{})
	d := b.device()
	b.clock.Advance(deviceLifetime)
	wantError(t, b.poll(d), 400, "expired_token")
	if a := b.post("/device", form("user_code", str(d, "user_code"))); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("typing an expired code: %d", a.Status)
	}
}

func TestDeviceAutoConsentApprovesAtTheSecondPoll(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	d := b.device()
	wantError(t, b.poll(d), 400, "authorization_pending")
	b.clock.Advance(pollInterval)
	if set := b.poll(d).json(t); decodeClaims(str(set, "id_token"))["sub"] != "alice" {
		t.Errorf("got %v", set)
	}
}

func TestDeviceRefusals(t *testing.T) {
	b := start(t, Config{})
	d := b.device()
	wantError(t, b.poll(d, "device_code", ""), 400, "invalid_request")
	wantError(t, b.poll(d, "device_code", "unknown"), 400, "invalid_grant")
	wantError(t, b.postAs("demo-service", "/token", form("grant_type", grantDeviceCode, "device_code",
		str(d, "device_code"))), 400, "invalid_grant")
	wantError(t, b.postAs("demo-public", "/device_authorization", form("scope", "wings")), 400, "invalid_scope")
	wantError(t, b.postAs("demo-public", "/device_authorization", form("resource", "https://elsewhere.invalid")), 400,
		"invalid_target")
	wantError(t, b.postAs("nobody", "/device_authorization", form("client_id", "nobody")), 401, "invalid_client")
}

func TestGuessingUserCodesIsSlowedDown(t *testing.T) {
	b := start(t, Config{})
	d := b.device()
	for range maxGuesses {
		if a := b.post("/device", form("user_code", "XXXX-XXXX")); a.Status != http.StatusUnprocessableEntity {
			t.Fatalf("a wrong code: %d", a.Status)
		}
	}
	if a := b.post("/device", form("user_code", str(d, "user_code"))); a.Status != http.StatusTooManyRequests {
		t.Errorf("after %d wrong ones: %d, want 429", maxGuesses, a.Status)
	}
	b.clock.Advance(time.Minute)
	b.enter(str(d, "user_code"))
}

func TestUserCodesAreReadAsPeopleTypeThem(t *testing.T) {
	for typed, want := range map[string]string{"bcdf-ghjk": "BCDFGHJK", " BCDF GHJK ": "BCDFGHJK",
		"b.c.d.f_ghjk": "BCDFGHJK", "": ""} {
		if got := normalUserCode(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
