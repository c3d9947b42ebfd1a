package demo

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestStartRefusesWhatIsNotLoopback(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "demo.invalid:0", "127.0.0.1",
		"[fe80::1%lo]:0"} {
		if s, err := Start(Config{Addr: addr}); err == nil {
			_ = s.Close()
			t.Errorf("Start on %q: no error", addr)
		}
	}
}

func TestStartSaysThatThePortIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if _, err := Start(Config{Addr: l.Addr().String()}); err == nil || !strings.Contains(err.Error(),
		l.Addr().String()) {
		t.Errorf("Start on a taken port: %v, want an error that names it", err)
	}
}

func TestStartRefusesAnUnknownFault(t *testing.T) {
	var unknown *UnknownFaultError
	if _, err := Start(Config{Faults: []string{"no-such-fault"}}); !errors.As(err, &unknown) ||
		unknown.Name != "no-such-fault" {
		t.Errorf("got %v, want an *UnknownFaultError", err)
	}
}

func TestStartSwitchesFaultsOn(t *testing.T) {
	b := start(t, Config{Faults: []string{faultWrongIssuer, faultSlowDown}})
	var on []string
	for _, f := range b.Faults() {
		if f.On {
			on = append(on, f.Name)
		}
	}
	if want := []string{faultWrongIssuer, faultSlowDown}; !slices.Equal(on, want) {
		t.Errorf("on: %v, want %v", on, want)
	}
}

func TestStartOnIPv6Loopback(t *testing.T) {
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Logf("no IPv6 loopback on this machine (%v): nothing to show", err)
		return
	} else {
		_ = l.Close()
	}
	b := start(t, Config{Addr: "[::1]:0"})
	if m := b.get("/.well-known/openid-configuration").json(t); m["issuer"] != b.Issuer() ||
		!strings.HasPrefix(b.Issuer(), "http://[::1]:") {
		t.Errorf("issuer %v at %s", m["issuer"], b.Issuer())
	}
}

func TestDescriptionIsTheAgreedLine(t *testing.T) {
	b := start(t, Config{})
	line, err := json.Marshal(b.Description())
	if err != nil {
		t.Fatal(err)
	}
	prefix := `{"issuer":"` + b.Issuer() + `","api":"` + b.Issuer() +
		`/api","clients":[{"client_id":"demo-public","auth_method":"none","grants":[`
	if !strings.HasPrefix(string(line), prefix) {
		t.Errorf("got  %s\nwant %s…", line, prefix)
	}
	var d struct {
		Clients []struct {
			ID     string   `json:"client_id"`
			Method string   `json:"auth_method"`
			Secret string   `json:"client_secret"`
			Grants []string `json:"grants"`
		} `json:"clients"`
		Users []string `json:"users"`
	}
	if err := json.Unmarshal(line, &d); err != nil {
		t.Fatal(err)
	}
	if want := []string{"alice", "bob", "support"}; !slices.Equal(d.Users, want) {
		t.Errorf("users %v, want %v", d.Users, want)
	}
	if c := d.Clients[1]; c.ID != "demo-service" || c.Method != "client_secret_basic" || len(c.Secret) < 40 ||
		!slices.Contains(c.Grants, grantClientCredentials) {
		t.Errorf("second client %+v", c)
	}
	for _, c := range d.Clients {
		if strings.HasPrefix(c.Method, "client_secret_") == (c.Secret == "") {
			t.Errorf("client %s: auth method %s, secret of %d bytes", c.ID, c.Method, len(c.Secret))
		}
	}
}

func TestSecretsDifferFromStartToStart(t *testing.T) {
	a, b := start(t, Config{}), start(t, Config{})
	if a.Description().Client("demo-service").ClientSecret.Equal(b.Description().Client("demo-service").ClientSecret) {
		t.Error("two servers share a client secret")
	}
}

func TestGuardRefusesForeignHosts(t *testing.T) {
	b := start(t, Config{})
	port := b.Issuer()[strings.LastIndex(b.Issuer(), ":"):]
	for host, want := range map[string]int{
		"127.0.0.1" + port: 200, "localhost" + port: 200, "[::1]" + port: 200, "LOCALHOST": 200, "127.8.8.8:1": 200,
		"evil.example" + port: 403, "127.0.0.1.nip.io" + port: 403, "localhost.evil.example": 403,
		"0.0.0.0" + port: 403, "192.168.1.2": 403,
	} {
		for _, path := range []string{"/.well-known/openid-configuration", faultsPath, "/"} {
			r := b.request("GET", path, "")
			r.Host = host
			if a := b.do(r); a.Status != want {
				t.Errorf("Host %s at %s: %d, want %d", host, path, a.Status, want)
			}
		}
	}
}

func TestEveryEndpointRefusesOtherMethods(t *testing.T) {
	b := start(t, Config{})
	allowed := map[string][]string{}
	for _, e := range b.endpoints {
		allowed[e.Path] = append(allowed[e.Path], e.Method)
	}
	for path, methods := range allowed {
		if path == "/" || path == "/{$}" || methods[0] == "" {
			continue
		}
		a := b.do(b.request("PATCH", strings.NewReplacer("{id}", "x", "{name}", "x").Replace(path), ""))
		slices.Sort(methods)
		if a.Status != http.StatusMethodNotAllowed || a.Header.Get("Allow") != strings.Join(methods, ", ") {
			t.Errorf("PATCH %s: %d, Allow %q, want 405 and %v", path, a.Status, a.Header.Get("Allow"), methods)
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	b := start(t, Config{})
	v := form("grant_type", strings.Repeat("x", maxBody))
	a := b.postAs("demo-service", "/token", v)
	wantError(t, a, http.StatusRequestEntityTooLarge, "invalid_request")
}

func TestUnknownPaths(t *testing.T) {
	b := start(t, Config{})
	wantError(t, b.get("/nothing/here"), http.StatusNotFound, "not_found")
	r := b.request("GET", "/nothing/here", "")
	r.Header.Set("Accept", "text/html")
	if a := b.do(r); a.Status != http.StatusNotFound || !strings.Contains(a.Body, "<h1>") {
		t.Errorf("to a browser: %d %s", a.Status, a.Body)
	}
	if a := b.get("/favicon.ico"); a.Status != http.StatusNoContent {
		t.Errorf("favicon: %d", a.Status)
	}
}

func TestMetadataIsTheSameByBothRoutesAndNamesWhatIsThere(t *testing.T) {
	b := start(t, Config{})
	oidc, oauth := b.get("/.well-known/openid-configuration"), b.get("/.well-known/oauth-authorization-server")
	m, signed := oidc.json(t), oauth.json(t)
	claims, why := b.keys.ownJWT(str(signed, "signed_metadata"))
	delete(signed, "signed_metadata")
	delete(claims, "iss")
	if why != "" || !reflect.DeepEqual(m, signed) || !reflect.DeepEqual(m, claims) {
		t.Errorf("the documents differ (%s):\n%v\n%v\n%v", why, m, signed, claims)
	}
	if m["issuer"] != b.Issuer() {
		t.Errorf("issuer %v, want %s", m["issuer"], b.Issuer())
	}
	for name, value := range m {
		u, ok := value.(string)
		if !ok || !strings.HasSuffix(name, "_endpoint") && name != "jwks_uri" {
			continue
		}
		if a := b.get(strings.TrimPrefix(u, b.Issuer())); a.Status == http.StatusNotFound {
			t.Errorf("%s: there is nothing at %s", name, u)
		}
	}
	for _, name := range []string{"authorization_endpoint", "token_endpoint", "device_authorization_endpoint",
		"userinfo_endpoint",
		"introspection_endpoint", "revocation_endpoint", "end_session_endpoint", "jwks_uri"} {
		if str(m, name) == "" {
			t.Errorf("%s is missing", name)
		}
	}
	if m["authorization_response_iss_parameter_supported"] != true {
		t.Error("iss in the callback is not announced")
	}
}

func TestKeysHoldOneForEachAlgorithmAndNothingPrivate(t *testing.T) {
	b := start(t, Config{})
	a := b.get("/jwks")
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal([]byte(a.Body), &set); err != nil {
		t.Fatal(err)
	}
	var algs []string
	for _, k := range set.Keys {
		algs = append(algs, str(k, "alg"))
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
			if _, ok := k[private]; ok {
				t.Errorf("key %v has the private member %s", k["kid"], private)
			}
		}
		if str(k, "kid") == "" || (str(k, "use") != "sig") != (str(k, "alg") == encryptionAlg) {
			t.Errorf("key %v: use %v", k["kid"], k["use"])
		}
	}
	for _, alg := range signingAlgs {
		if !slices.Contains(algs, alg) {
			t.Errorf("no key for %s among %v", alg, algs)
		}
	}
	if got := a.Header.Get("Content-Type"); got != "application/jwk-set+json" {
		t.Errorf("Content-Type %q", got)
	}
}

func TestHomeSaysWhoMaySignIn(t *testing.T) {
	b := start(t, Config{})
	page := b.get("/").Body
	for _, want := range append([]string{Password, b.Issuer()}, b.Description().Users...) {
		if !strings.Contains(page, want) {
			t.Errorf("the home page does not say %q", want)
		}
	}
}
