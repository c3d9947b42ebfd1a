package demo

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// What a refusal takes away of the observations of a run hangs on where it refuses.
func init() {
	const afterCode = " id.* access.* refresh* userinfo* api* introspection*"
	for _, r := range refusals {
		switch r.At {
		case authorizePath:
			effects[r.Name] = "callback.answer=" + r.Code + " token*" + afterCode
		case "/token":
			status := "400"
			if r.Status != 0 {
				status = strconv.Itoa(r.Status)
			}
			said, media := r.Code, "application/json"
			if r.Page != "" {
				said, media = "no_JSON", r.Type
			}
			effects[r.Name] = "token=" + status + "_" + media + "_" + said + " token.*" + afterCode + " device.poll1=" +
				said + " device.poll2=" + said
		case "/register":
			extensionEffects[r.Name] = "registration=400_" + r.Code
		default:
			effects[r.Name] = "" // no other observation uses it
		}
	}
}

func TestARefusalAffectsItsEndpointAlone(t *testing.T) {
	b := start(t, Config{AutoConsent: true})
	for _, r := range refusals {
		t.Run(r.Name, func(t *testing.T) {
			if err := b.SetFault(r.Name, true); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = b.SetFault(r.Name, false) }()
			if r.At == authorizePath {
				q := b.authorizeWith("scope", "openid", "state", "s").location(t).Query()
				if q.Get("error") != r.Code || q.Get("error_description") != r.Description || q.Get("state") != "s" {
					t.Errorf("got %v, want %s at the redirect URI with the state", q, r.Code)
				}
				return
			}
			a := b.do(b.formRequest(r.At, form("client_id", "demo-public")))
			status, after := r.Status, ""
			if status == 0 {
				status = 400
			}
			if r.RetryAfter > 0 {
				after = strconv.Itoa(int(r.RetryAfter / time.Second))
			}
			if a.Status != status || a.Header.Get("Retry-After") != after || !strings.Contains(a.Body, r.Code) ||
				!strings.Contains(a.Body, r.Page) {
				t.Errorf("got %d, Retry-After %q, %s; want %d, %q, %s%s", a.Status, a.Header.Get("Retry-After"), a.Body,
					status, after, r.Code, r.Page)
			}
		})
	}
}
