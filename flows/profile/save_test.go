package profile

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// edited loads the text, lets change change it, saves it and returns what is in the file then.
func edited(t *testing.T, text string, change func(f *File) error) string {
	t.Helper()
	f := load(t, text)
	if err := errors.Join(change(f), f.Save(t.Context())); err != nil {
		t.Fatalf("changing and saving: %v", err)
	}
	again, err := Load(f.Path(), schema)
	if err != nil {
		t.Fatalf("what was written cannot be read: %v", err)
	}
	// What is in memory is what is in the file.
	got := document{profiles: again.List(), defaultName: again.defaultName}
	want := document{profiles: f.List(), defaultName: f.defaultName}
	if !want.says(got) {
		t.Errorf("in memory: %+v\nin the file: %+v", f.List(), again.List())
	}
	return read(t, f.Path())
}

func TestSavingChangesOnlyWhatWasChanged(t *testing.T) {
	get := func(f *File, name string) Profile {
		p, err := f.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	put := func(name string, change func(p *Profile)) func(f *File) error {
		return func(f *File) error {
			p := get(f, name)
			change(&p)
			return f.Put(p)
		}
	}
	replace := func(pairs ...string) string {
		got := full
		for i := 0; i < len(pairs); i += 2 {
			if !strings.Contains(got, pairs[i]) {
				t.Fatalf("%q is not in the file", pairs[i])
			}
			got = strings.Replace(got, pairs[i], pairs[i+1], 1)
		}
		return got
	}
	for _, c := range []struct {
		name   string
		change func(f *File) error
		want   string
	}{
		{"nothing", put("acme", func(*Profile) {}), full},
		{"one text, with a comment behind it", put("acme", func(p *Profile) { p.Issuer = "https://b.example" }),
			replace("issuer: https://login.acme.example/  # with the slash", "issuer: https://b.example # with the slash")},
		{"a list", put("acme", func(p *Profile) { p.RedirectPorts = []int{9000} }), replace("[8080, 8081]", "[9000]")},
		{"an input", put("acme", func(p *Profile) { p.Values["scope"] = "openid a:b" }), replace(`scope: [openid, profile, "api:read"]`, "scope: openid a:b")},
		{"a parameter among others", put("acme", func(p *Profile) { p.Params["authorization"]["prompt"] = []string{"login", "none"} }),
			replace("prompt: consent   # Google wants it", "prompt: [login, none] # Google wants it")},
		{"a new parameter", put("acme", func(p *Profile) { p.Params["token"]["x"] = []string{"a: b # c"} }),
			replace("        scope: []\n", "        scope: []\n        x: \"a: b # c\"\n")},
		{"the last parameter of an endpoint taken away", put("acme", func(p *Profile) { delete(p.Params, "token") }), replace("      token:\n        scope: []\n", "")},
		{"a secret from elsewhere", put("acme", func(p *Profile) { p.ClientSecret = &Ref{Vault: "profile/acme"} }), replace("{env: ACME_SECRET}", "{vault: profile/acme}")},
		{"a command", put("ci-bot", func(p *Profile) { p.ClientSecret.Command = []string{"pass", "a b", "$x"} }),
			replace("      command: [pass, show, acme/ci]", `      command: [pass, "a b", "$x"]`)},
		{"a source of another kind", put("ci-bot", func(p *Profile) { p.ClientSecret = &Ref{File: rooted("/run/x")} }),
			replace("      command: [pass, show, acme/ci]", "      file: "+inYAML(rooted("/run/x")))},
		{"a setting taken away", put("acme", func(p *Profile) { p.Proxy = "" }), replace("    proxy: socks5://127.0.0.1:1080\n", "")},
		{"a whole map taken away", put("acme", func(p *Profile) { p.TLS = TLS{} }),
			replace("    tls:\n      ca: /etc/acme/ca.pem\n      cert: ~/acme.pem\n      key: keys/acme.key\n      insecure: false\n", "")},
		{"a setting added", put("ci-bot", func(p *Profile) { p.API = "https://api.example" }),
			replace("    grant: client_credentials\n", "    grant: client_credentials\n    api: https://api.example\n")},
		{"an empty profile filled", put("empty", func(p *Profile) { p.ClientID = "007" }), replace("  empty:\n", "  empty:\n    client_id: \"007\"\n")},
		{"a profile taken out, with its comment", func(f *File) error { return f.Remove("ci-bot") },
			replace("  # a machine\n  ci-bot:\n    issuer: https://login.acme.example/\n    client_id: \"123456789012345678901234567890\"\n    client_secret:\n      command: [pass, show, acme/ci]\n    grant: client_credentials\n\n", "")},
		{"the default", func(f *File) error { return f.SetDefault("ci-bot") }, replace("default: acme", "default: ci-bot")},
		{"the default taken away", func(f *File) error { return f.SetDefault("") }, replace("default: acme\n", "")},
		{"a new profile", func(f *File) error {
			return f.Put(Profile{Name: "new", Issuer: "https://n.example", ClientSecret: &Ref{Env: "NS"}, Values: map[string]string{"scope": "a b"}})
		}, replace("  empty:\n", "  empty:\n\n  new:\n    issuer: https://n.example\n    client_secret: {env: NS}\n    scope: a b\n")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := edited(t, full, c.change); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
			crlf := edited(t, strings.ReplaceAll(full, "\n", "\r\n"), c.change)
			if want := strings.ReplaceAll(c.want, "\n", "\r\n"); crlf != want {
				t.Errorf("with Windows' line breaks: got %q, want %q", crlf, want)
			}
		})
	}
}

func TestRemovingTheDefaultProfile(t *testing.T) {
	got := edited(t, full, func(f *File) error { return f.Remove("acme") })
	if strings.Contains(got, "default:") || strings.Contains(got, "acme:\n") || !strings.Contains(got, "# my providers") || !strings.Contains(got, "  # a machine\n  ci-bot:") || !strings.HasSuffix(got, "# the end\n") {
		t.Errorf("got:\n%s\nwant it without acme and the default, and with the other comments", got)
	}
}

func TestWritingAFileAnew(t *testing.T) {
	p := Profile{Name: "a", Issuer: "https://a.example", ClientID: "x y"}
	const body = "profiles:\n  a:\n    issuer: https://a.example\n    client_id: x y\n"
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", header + "\nversion: 1\n" + body},
		{"comments", "# mine\n", "# mine\nversion: 1\n" + body},
		{"a version", "version: 1", "version: 1\n" + body},
		{"profiles without any", "version: 1\nprofiles: # none yet\n  # b:\n  #   issuer: x\n# end\n", "version: 1\nprofiles: # none yet\n" + strings.TrimPrefix(body, "profiles:\n") + "  # b:\n  #   issuer: x\n# end\n"},
		{"profiles in braces", "profiles: {} # none\nversion: 1\n", strings.Replace(body, "profiles:", "profiles: # none", 1) + "version: 1\n"},
		{"profiles in braces, with one", "profiles: {b: {client_id: z}}\n", "profiles:\n  b:\n    client_id: z\n" + strings.TrimPrefix(body, "profiles:\n")},
		{"that profile in braces", "profiles:\n    a: {client_id: z}\n", "profiles:\n    a:\n      issuer: https://a.example\n      client_id: x y\n"},
		{"another indentation", "profiles:\n    b:\n        client_id: z\n", "profiles:\n    b:\n        client_id: z\n    a:\n      issuer: https://a.example\n      client_id: x y\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := edited(t, c.text, func(f *File) error { return f.Put(p) }); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func TestEverythingThatCanBeSetComesBack(t *testing.T) {
	odd := []string{"a", "true", "no", "null", "~", "1", "1e3", "0x1", "007", "-", "- a", "? a", "a: b", "a #b", "#", "'", "\"", "\\", "[a]", "{a}", "&a", "*a", "!a", "%a", "@a", "`a", "|", ">", " a ", "a\nb", "é", "\u2028", "a\tb", "=", "<<", "2026-11-21", ".inf", "a:", "https://a.example/?x=1&y=%20"}
	want := Profile{Name: "a", Issuer: "https://a.example", AuthMethod: "none", Grant: "device_code", RedirectURI: "com.example:/cb", RedirectPorts: []int{0, 1},
		API: "http://127.0.0.1:1/x", Proxy: "none",
		TLS: TLS{CA: rooted("/a b/c"), Cert: rooted("/c"), Key: rooted("/k"), Passphrase: &Ref{Env: "P"},
			Insecure: true, InsecureHTTP: true},
		ClientSecret: &Ref{Command: odd},
		Params:       map[string]map[string][]string{"token": {}}, Values: map[string]string{},
		Endpoints: map[string]string{"token": "https://a.example/t"}}
	for _, s := range odd {
		want.Params["token"]["p"+s] = []string{s}
	}
	want.Params["token"]["several"] = odd
	want.Params["token"]["dropped"] = nil
	for _, s := range odd {
		want.ClientID, want.Values["scope"] = s, s
		f := load(t, "")
		if err := errors.Join(f.Put(want), f.Save(t.Context())); err != nil {
			t.Fatalf("client_id %q: %v", s, err)
		}
		got, err := must[*File](t)(Load(f.Path(), schema)).Get("a")
		if err != nil || !got.tree().equal(want.tree()) {
			t.Errorf("client_id %q: got %+v, %v; want %+v", s, got, err, want)
		}
	}
}

func TestWhatTheFileCannotHoldIsRefusedByPut(t *testing.T) {
	f := load(t, full)
	for name, p := range map[string]Profile{
		"a grant":            {Name: "a", Grant: "magic"},
		"an input":           {Name: "a", Values: map[string]string{"magic": "x"}},
		"an address":         {Name: "a", Issuer: "x"},
		"a secret parameter": {Name: "a", Params: map[string]map[string][]string{"token": {"client_secret": {"canary"}}}},
	} {
		if err := f.Put(p); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got %v, want an error without the value", name, err)
		}
	}
	if len(f.List()) != 3 {
		t.Errorf("profiles: got %d, want 3 as before", len(f.List()))
	}
}

func TestSaveKeepsWhatOthersWroteInTheMeantime(t *testing.T) {
	f := load(t, full)
	other := strings.Replace(full, "client_id: fob", "client_id: changed # by hand", 1)
	if err := os.WriteFile(f.Path(), []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.SetDefault("empty"), f.Save(t.Context())); err != nil {
		t.Fatal(err)
	}
	if got, want := read(t, f.Path()), strings.Replace(other, "default: acme", "default: empty", 1); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if p := must[Profile](t)(f.Get("acme")); p.ClientID != "changed" {
		t.Errorf("in memory: got %q, want what stands in the file now", p.ClientID)
	}
}

func TestAFileThatDoesNotParseIsNotOverwritten(t *testing.T) {
	f := load(t, full)
	const broken = "profiles: [\n"
	if err := os.WriteFile(f.Path(), []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	var at *ParseError
	if err := errors.Join(f.SetDefault("empty"), f.Save(t.Context())); !errors.As(err, &at) {
		t.Errorf("got %v, want a ParseError", err)
	}
	if got := read(t, f.Path()); got != broken {
		t.Errorf("the file: got %q, want it untouched", got)
	}
}

func TestWhatCannotBeChangedSafelyIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"the whole file in braces":   "{profiles: {a: {client_id: x}}}\n",
		"an anchor that others need": "profiles:\n  a: &a\n    client_id: x\n  b: *a\n",
		"a setting from a merge key": "profiles:\n  base: &b\n    api: https://a.example\n  a:\n    <<: *b\n    client_id: x\n",
	} {
		f := load(t, text)
		change := f.Remove("a")
		if name == "a setting from a merge key" {
			f = load(t, text)
			p := must[Profile](t)(f.Get("a"))
			p.API = ""
			change = f.Put(p)
		}
		if err := errors.Join(change, f.Save(t.Context())); err == nil || !strings.Contains(err.Error(), "by hand") {
			t.Errorf("%s: got %v, want an error that says to do it by hand; the file is now\n%s", name, err, read(t, f.Path()))
		}
		if got := read(t, f.Path()); got != text {
			t.Errorf("%s: the file: got %q, want it untouched", name, got)
		}
	}
}

func TestTheFileIsWrittenInOneStepAndClosedToOthers(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "dotfiles.yaml"), filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(real, []byte(full), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(link); err != nil {
		t.Skip("LEFT OUT: a symbolic link is not followed here")
	}
	f := must[*File](t)(Load(link, schema))
	if err := errors.Join(f.SetDefault("empty"), f.Save(t.Context())); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link: got %v, %v; want it to be one still", info.Mode(), err)
	}
	info, err := os.Stat(real)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode: got %04o, %v; want 0600", info.Mode().Perm(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".config-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	// A folder that is not there yet is made, for its owner alone.
	path := filepath.Join(dir, "new", "fob", "config.yaml")
	f = must[*File](t)(Load(path, schema))
	if err := errors.Join(f.Put(Profile{Name: "a"}), f.Save(t.Context())); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("folder: got %04o, %v; want 0700", info.Mode().Perm(), err)
	}
	if err := f.Save(t.Context()); err != nil {
		t.Errorf("Save without a change: %v", err)
	}
}
