package demo

import (
	"regexp"
	"strings"
	"testing"

	"fob/tokens"
)

func (b *bench) faultRequest(t *testing.T, method, path, body string, status int, headers ...string) answer {
	t.Helper()
	r := b.request(method, path, body)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	a := b.do(r)
	if a.Status != status {
		t.Errorf("%s %s %s: %d %s, want %d", method, path, body, a.Status, a.Body, status)
	}
	return a
}

func TestFaultAPI(t *testing.T) {
	b := start(t, Config{})
	isOn := func(a answer, name string) bool {
		t.Helper()
		list, _ := a.json(t)["faults"].([]any)
		if len(list) != len(Catalogue()) {
			t.Fatalf("%d faults listed, want %d", len(list), len(Catalogue()))
		}
		for _, one := range list {
			if m, _ := one.(map[string]any); m["name"] == name {
				return m["on"] == true
			}
		}
		t.Fatalf("%s is not listed", name)
		return false
	}
	if !isOn(b.faultRequest(t, "POST", faultsPath, `{"name":"slow-down"}`, 200), faultSlowDown) ||
		!b.env.on(faultSlowDown) {
		t.Error("not switched on")
	}
	if isOn(b.faultRequest(t, "POST", faultsPath, `{"name":"slow-down","on":false}`, 200), faultSlowDown) {
		t.Error("not switched off")
	}
	b.faultRequest(t, "POST", faultsPath, `{"name":"api-500"}`, 200)
	if isOn(b.faultRequest(t, "DELETE", faultsPath, "", 200), faultAPI500) {
		t.Error("not cleared")
	}
	if !isOn(b.faultRequest(t, "POST", faultsPath+"/api-500", "", 200), faultAPI500) {
		t.Error("not switched on by its address")
	}
	b.faultRequest(t, "DELETE", faultsPath, "", 200)
	b.faultRequest(t, "POST", faultsPath+"/no-such", "", 404)
	b.faultRequest(t, "POST", faultsPath, `{"name":"no-such"}`, 404)
	b.faultRequest(t, "DELETE", faultsPath+"/no-such", "", 404)
	b.faultRequest(t, "POST", faultsPath, `name=api-500`, 400)
	b.faultRequest(t, "POST", faultsPath, `{"name":"api-500"}`, 400, "Content-Type", "text/plain")
}

func TestAWebPageCannotDriveTheFaultAPI(t *testing.T) {
	b := start(t, Config{})
	for _, headers := range [][]string{
		{"Origin", "http://evil.example"}, {"Origin", "null"}, {"Origin", b.Issuer()}, {"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
	} {
		b.faultRequest(t, "GET", faultsPath, "", 403, headers...)
		b.faultRequest(t, "POST", faultsPath, `{"name":"api-500"}`, 403, headers...)
		b.faultRequest(t, "DELETE", faultsPath, "", 403, headers...)
		b.faultRequest(t, "POST", faultsPath+"/api-500", "", 403, headers...)
		b.faultRequest(t, "DELETE", faultsPath+"/api-500", "", 403, headers...)
	}
	b.faultRequest(t, "POST", faultsPath, `{"name":"api-500"}`, 403, "Sec-Fetch-Site", "same-origin")
	if b.env.on(faultAPI500) {
		t.Error("a refused request switched the fault on")
	}
	b.faultRequest(t, "GET", faultsPath, "", 200, "Sec-Fetch-Site", "same-origin") // the link on the home page
}

func TestCatalogueIsInOrder(t *testing.T) {
	checks := map[tokens.CheckKind]bool{}
	for _, c := range tokens.Checks() {
		checks[c.ID] = true
	}
	seen := map[string]bool{}
	for _, f := range Catalogue() {
		if seen[f.Name] || !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(f.Name) {
			t.Errorf("%q: twice, or not in small letters and dashes", f.Name)
		}
		seen[f.Name] = true
		if f.Title == "" || !strings.HasSuffix(f.What, ".") {
			t.Errorf("%s: title %q, what %q", f.Name, f.Title, f.What)
		}
		if f.Check != "" && !checks[f.Check] {
			t.Errorf("%s names the check %q, which is not declared", f.Name, f.Check)
		}
		if f.Check == "" && f.Error == "" && !strings.Contains(f.What, "should cope") && f.Name != faultNoInterval {
			t.Errorf("%s provokes nothing that is said", f.Name)
		}
	}
}

func TestSetFaultRefusesAnUnknownName(t *testing.T) {
	b := start(t, Config{})
	if err := b.SetFault("no-such", true); err == nil || !strings.Contains(err.Error(), "no-such") {
		t.Errorf("got %v", err)
	}
}
