package profile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// rooted is a path with what makes it absolute on this system.
func rooted(path string) string {
	if runtime.GOOS == "windows" {
		return filepath.FromSlash("C:" + path)
	}
	return path
}

// inYAML is a path as it is written: backslashes need quotes.
func inYAML(path string) string {
	if strings.Contains(path, `\`) {
		return strconv.Quote(path)
	}
	return path
}

// inFolder is what a path in a file in the folder means: on Windows, one without a drive is not absolute.
func inFolder(folder, path string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(folder, path)
	}
	return path
}

func TestAWholeFileIsRead(t *testing.T) {
	f := load(t, full)
	home := must[string](t)(os.UserHomeDir())
	folder := filepath.Dir(f.Path())
	want := []Profile{
		{Name: "acme", Issuer: "https://login.acme.example/", ClientID: "fob", ClientSecret: &Ref{Env: "ACME_SECRET"}, AuthMethod: "client_secret_post",
			Grant: "authorization_code", Values: map[string]string{"scope": "openid profile api:read", "max_age": "0300", "par": "true"},
			Params:    map[string]map[string][]string{"authorization": {"prompt": {"consent"}, "resource": {"https://a.example", "https://b.example"}}, "token": {"scope": {}}},
			Endpoints: map[string]string{"token": "https://login.acme.example/token2"}, RedirectURI: "http://localhost:8080/cb", RedirectPorts: []int{8080, 8081},
			API: "https://api.acme.example/v1",
			TLS: TLS{CA: inFolder(folder, "/etc/acme/ca.pem"), Cert: filepath.Join(home, "acme.pem"),
				Key: filepath.Join(folder, "keys/acme.key")},
			Proxy: "socks5://127.0.0.1:1080", Line: 7},
		{Name: "ci-bot", Issuer: "https://login.acme.example/", ClientID: "123456789012345678901234567890", ClientSecret: &Ref{Command: []string{"pass", "show", "acme/ci"}}, Grant: "client_credentials", Line: 35},
		{Name: "empty", Line: 42},
	}
	got := f.List()
	if len(got) != len(want) {
		t.Fatalf("profiles: got %d, want %d", len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("profile %d:\n got %+v\nwant %+v", i, got[i], want[i])
		}
	}
	if f.Default() != "acme" {
		t.Errorf("default: got %q, want acme", f.Default())
	}
}

func TestAMissingOrEmptyFileIsAnEmptyOne(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "comments": "# nothing\n\n# yet\n", "null": "profiles:\n", "version": "version: 1\n", "marker": "---\n"} {
		if f := load(t, text); len(f.List()) != 0 || f.Default() != "" {
			t.Errorf("%s: got %+v, want nothing", name, f.List())
		}
	}
	f, err := Load(filepath.Join(t.TempDir(), "no", "such.yaml"), schema)
	if err != nil || len(f.List()) != 0 {
		t.Errorf("missing: got %+v, %v; want nothing", f, err)
	}
	if _, err := f.Get("acme"); !errors.Is(err, ErrNotFound) {
		t.Errorf("Get: got %v, want ErrNotFound", err)
	}
}

func TestWhatIsWrongIsToldWithItsPlace(t *testing.T) {
	in := func(settings string) string {
		return "version: 1\nprofiles:\n  a:\n    " + strings.ReplaceAll(settings, "\n", "\n    ") + "\n"
	}
	for _, c := range []struct {
		name, text     string
		line, column   int
		says, expected string
	}{
		{"unknown key", in("issuerr: https://a.example"), 4, 5, `"issuerr" (did you mean issuer?)`, "client_id"},
		{"swapped letters", in("scpoe: a"), 4, 5, "did you mean scope?", "scope"},
		{"unknown top-level key", "profile:\n", 1, 1, "did you mean profiles?", "version, default, profiles"},
		{"unknown grant", in("grant: client_credential"), 4, 12, "did you mean client_credentials?", "authorization_code"},
		{"unknown auth method", in("auth_method: basic"), 4, 18, `unknown client authentication method "basic"`, "client_secret_basic"},
		{"unknown endpoint", in("params:\n  tokn:\n    a: b"), 5, 7, "did you mean token?", "authorization"},
		{"a passphrase in the file", in("tls: {cert: c.p12, passphrase: hunter2}"), 4, 24, "holds a secret",
			"{env: VARIABLE}"},
		{"a passphrase for nothing", in("tls: {passphrase: {env: P}}"), 4, 5, "without the certificate", "PKCS#12"},
		{"unknown TLS setting", in("tls:\n  cacert: x"), 5, 7, `"cacert"`, "insecure"},
		{"unknown source", in("client_secret: {envv: X}"), 4, 21, "did you mean env?", "vault"},
		{"two sources", in("client_secret: {env: X, file: /y}"), 4, 20, "not said in one way", "{env: VARIABLE}"},
		{"empty source", in(`client_secret: {env: ""}`), 4, 26, "empty", "{env: VARIABLE}"},
		{"not a variable", in(`client_secret: {env: "A=b"}`), 4, 26, "not the name of a variable", "VARIABLE"},
		{"a command as text", in("client_secret: {command: pass show x}"), 4, 30, "without a shell", "[PROGRAM"},
		{"a list for a text", in("issuer: [a]"), 4, 13, "issuer is a list, and text was expected", "text"},
		{"a map for a text", in("scope: {a: b}"), 4, 12, "scope is a map", "list of texts"},
		{"a map in a list", in("scope: [a, {b: c}]"), 4, 16, "scope is a map", "list of texts"},
		{"a text for a map", in("params: x"), 4, 13, "params is text, and a map was expected", "token"},
		{"a text for the profile", "profiles:\n  a: x\n", 2, 6, "the profile a is text", "issuer"},
		{"a list for the profiles", "profiles: [a]\n", 1, 11, "profiles is a list", "profile names"},
		{"a list for the file", "- a\n", 1, 1, "the file is a list", "version"},
		{"no web address", in("issuer: login.acme.example"), 4, 13, "no web address", "http"},
		{"no web address", in("endpoints: {token: /token}"), 4, 24, "no web address", "http"},
		{"no redirect URI", in("redirect_uri: /cb"), 4, 19, "no redirect URI", "RFC 6749 3.1.2"},
		{"no port", in("redirect_ports: [8080, many]"), 4, 28, "no port", "65535"},
		{"no port", in("redirect_ports: 70000"), 4, 21, "no port", "65535"},
		{"no proxy", in("proxy: proxy.example"), 4, 12, "no proxy", "socks5"},
		{"neither yes nor no", in("tls: {insecure: maybe}"), 4, 21, "neither yes nor no", "true or false"},
		{"a key without its certificate", in("tls: {key: /k.pem}"), 4, 5, "without its certificate", "cert"},
		{"version", "version: 2\n", 1, 10, "version", "version: 1"},
		{"default", "default: b\nprofiles:\n  a:\n", 1, 10, `unknown profile "b"`, "a"},
		{"name", "profiles:\n  a/b:\n", 2, 3, `"a/b" cannot be the name`, ""},
		{"twice", in("issuer: https://a.example\nissuer: https://b.example"), 5, 5, "issuer", ""},
		{"twice", "profiles:\n  a:\n  a:\n", 3, 3, "a", ""},
		{"two documents", "version: 1\n---\nversion: 1\n", 3, 0, "second document", "one document"},
		{"tag", in("scope: !!binary aaaa"), 4, 12, "tags", "!tag"},
		{"alias of nothing", in("scope: *x"), 4, 12, "alias", ""},
		{"merge of a text", in("<<: x"), 4, 9, "merge", "map"},
		{"not YAML", "profiles:\n  a: [b\n", 2, 6, "not well-formed", ""},
		{"a tab", "profiles:\n\ta:\n", 2, 0, "not well-formed", ""},
		{"a bare carriage return", "version: 1\ndefault: \ra\n", 2, 1, "carriage return", "line feed"},
		{"not UTF-8", "version: \xff\n", 1, 1, "UTF-8", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, c.text)
			_, err := Load(path, schema)
			var at *ParseError
			if !errors.As(err, &at) {
				t.Fatalf("got %v, want a ParseError of\n%s", err, c.text)
			}
			if at.File != path || at.Line != c.line || c.column > 0 && at.Column != c.column {
				t.Errorf("place: got %s:%d:%d, want line %d, column %d", at.File, at.Line, at.Column, c.line, c.column)
			}
			if !strings.Contains(at.Message, c.says) || !strings.Contains(at.Expected, c.expected) {
				t.Errorf("got %q, expected %q; want %q, expected %q", at.Message, at.Expected, c.says, c.expected)
			}
			if text := err.Error(); !strings.HasPrefix(text, fmt.Sprintf("%s:%d:%d: ", path, at.Line, at.Column)) || !strings.Contains(text, at.Excerpt) || at.Excerpt == "" {
				t.Errorf("text: got %q, want the place first and the excerpt in it", text)
			}
		})
	}
}

func TestTheExcerptPointsAtThePlace(t *testing.T) {
	_, err := Load(write(t, "version: 1\nprofiles:\n  a:\n    issuerr: https://a.example\n"), schema)
	if want := "  4 |     issuerr: https://a.example\n    |     ^"; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got\n%v\nwant at its end\n%s", err, want)
	}
}

func TestALiteralSecretIsRefusedAndNotShown(t *testing.T) {
	for _, settings := range []string{
		"client_secret: canary",
		"client_secret: \"canary\"",
		"client_secret: |\n      canary\n      canary: too",
		"client_secret: >-\n      canary",
		"client_secret:\n      canary",
		"client_secret: [canary]",
		"client_secret: {canary: x}",
		"client_secret: {envv: canary}",
		"client_secret: {env: [canary]}",
		"client_secret:\n      envv: canary",
		"{client_id: x, client_secret: canary}",
		"client_secrett: canary",
		"password: canary",
		"params: {token: {client_secret: canary}}",
		"params:\n      token:\n        password: canary",
		"params:\n      token:\n        refresh_token: [canary]",
		"client_secret: \"canary",
		"client_secret: [canary",
		"client_secret: canary: canary",
		"proxy: http://user:canary@proxy.example",
		"issuer: https://user:canary@issuer.example",
		"tls:\n      cert: /c\n      key: |\n        -----BEGIN PRIVATE KEY-----\n        canary",
	} {
		path := write(t, "profiles:\n  a:\n    "+settings+"\n")
		_, err := Load(path, schema)
		var at *ParseError
		if !errors.As(err, &at) {
			t.Errorf("%q: got %v, want a ParseError", settings, err)
			continue
		}
		if strings.Contains(err.Error(), "canary") && settings != "client_secret: {canary: x}" {
			t.Errorf("%q: the error shows it:\n%v", settings, err)
		}
	}
	_, err := Load(write(t, "profiles:\n  a:\n    client_secret: canary\n"), schema)
	for _, want := range []string{"{env: ", "{file: ", "{command: ", "{vault: ", "must not"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

func TestAliasesAndMergeKeys(t *testing.T) {
	f := load(t, "profiles:\n  base: &base\n    issuer: https://a.example\n    scope: &s openid\n    client_id: one\n  b:\n    <<: *base\n    client_id: two\n  c:\n    <<: [*base]\n    audience: *s\n")
	b, c := must[Profile](t)(f.Get("b")), must[Profile](t)(f.Get("c"))
	if b.Issuer != "https://a.example" || b.ClientID != "two" || b.Values["scope"] != "openid" {
		t.Errorf("b: got %+v, want the base with another client", b)
	}
	if c.ClientID != "one" || c.Values["audience"] != "openid" {
		t.Errorf("c: got %+v, want the base with an audience", c)
	}
}

func TestHostileFilesEndQuicklyWithASentence(t *testing.T) {
	bomb := "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 40; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9), ","))
	}
	merge := "profiles:\n  p0: &p0 {"
	for i := range 2000 {
		merge += fmt.Sprintf("k%d: x, ", i)
	}
	merge += "}\n  p1:\n    <<: [" + strings.TrimSuffix(strings.Repeat("*p0, ", 2000), ", ") + "]\n"
	// What is wrong with these is something else than their depth.
	other := map[string]bool{"too long": true, "its own alias": true, "alias bomb": true, "merge bomb": true}
	for name, text := range map[string]string{
		"alias bomb":      bomb,
		"merge bomb":      merge,
		"deep brackets":   "profiles: " + strings.Repeat("[", 100_000),
		"deep braces":     "profiles: " + strings.Repeat("{a: ", 100_000),
		"closed brackets": "profiles: " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"quoted closings": "profiles: " + strings.Repeat(`["]",`, 100_000),
		"braces on lines": "profiles: " + strings.Repeat("{a:\n", 100_000) + strings.Repeat("}\n", 100_000),
		"deep in a part":  "profiles:\n  a:\n    scope: " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"deep lines":      deepLines(),
		"deep dashes":     strings.Repeat("- ", 100_000) + "x\n",
		"deep questions":  strings.Repeat("? ", 100_000) + "x\n",
		"too long":        "# " + strings.Repeat("x", maxFile) + "\n",
		"its own alias":   "profiles:\n  a: &a\n    scope: *a\n",
		"anchors in rows": "profiles: " + strings.Repeat("&a ", 50_000) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, text)
			ended := make(chan error, 1)
			go func() {
				_, err := Load(path, schema)
				ended <- err
			}()
			select {
			case err := <-ended:
				var at *ParseError
				if !errors.As(err, &at) || len(err.Error()) > 1000 {
					t.Errorf("got %.1000v, want a short ParseError", err)
				} else if !other[name] && at.Message != "this nests too deep" {
					t.Errorf("got %q, want that the depth was counted before anything is parsed", at.Message)
				}
			case <-time.After(30 * time.Second):
				t.Fatal("it did not end within 30 s")
			}
		})
	}
}

// deepLines is a map in a map in a map: each line is one column deeper.
func deepLines() string {
	var b strings.Builder
	for i := range 1000 {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestNames(t *testing.T) {
	for _, name := range []string{"a", "A.b-c_9", "0", strings.Repeat("x", 64)} {
		if err := CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", "-a", ".a", "a b", "a/b", "é", "a\x1b", strings.Repeat("x", 65)} {
		if err := CheckName(name); err == nil || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q: got %v, want an error fit for a terminal", name, err)
		}
	}
	if err := CheckName("gho_16C7e42F292c6912E7710c838347Ae178B4a"); err == nil || strings.Contains(err.Error(), "gho_") {
		t.Errorf("a token as name: %v, want an error without it", err)
	}
}

func TestAnUnknownProfileIsNamedWithWhatWasMeant(t *testing.T) {
	f := NewMemory(Profile{Name: "acme-dev"}, Profile{Name: "acme-prod"})
	_, err := f.Get("acme-dve")
	if !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "did you mean acme-dev?") {
		t.Errorf("got %v, want acme-dev proposed", err)
	}
	if _, err := f.Get("zzz"); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "acme-dev, acme-prod") {
		t.Errorf("got %v, want the names there are", err)
	}
}

func TestInMemory(t *testing.T) {
	ref := &Ref{Command: []string{"a", "b"}}
	p := Profile{Name: "a", ClientSecret: ref, Values: map[string]string{"x": "y"}, Params: map[string]map[string][]string{"token": {"p": {"q"}}}}
	f := NewMemory(p)
	if f.Path() != "" || f.Default() != "a" {
		t.Errorf("path and default: got %q, %q; want none, and the only profile", f.Path(), f.Default())
	}
	ref.Command[0], p.Values["x"], p.Params["token"]["p"][0] = "changed", "changed", "changed"
	got := must[Profile](t)(f.Get("a"))
	if got.ClientSecret.Command[0] != "a" || got.Values["x"] != "y" || got.Params["token"]["p"][0] != "q" {
		t.Errorf("what was put in changed from outside: got %+v", got)
	}
	if err := errors.Join(f.Put(Profile{Name: "b"}), f.SetDefault("b"), f.Save(t.Context())); err != nil {
		t.Fatal(err)
	}
	if f.Default() != "b" || len(f.List()) != 2 {
		t.Errorf("got default %q of %d, want b of 2", f.Default(), len(f.List()))
	}
	if err := f.Remove("b"); err != nil || f.Default() != "a" {
		t.Errorf("Remove: got %v, default %q; want the only one left", err, f.Default())
	}
	for what, err := range map[string]error{"Remove": f.Remove("b"), "SetDefault": f.SetDefault("b")} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s of no profile: got %v, want ErrNotFound", what, err)
		}
	}
	if err := f.Put(Profile{Name: "a/b"}); err == nil {
		t.Error("Put with a bad name: got no error")
	}
	if err := f.Put(Profile{Name: "c", ClientSecret: &Ref{Env: "A", Vault: "b"}}); err == nil {
		t.Error("Put with two sources of a secret: got no error")
	}
}

func TestDefaultPath(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{"FOB_CONFIG": rooted("/a/b.yaml"), "XDG_CONFIG_HOME": rooted("/c")}, rooted("/a/b.yaml")},
		{map[string]string{"XDG_CONFIG_HOME": rooted("/c"), "HOME": "/h"}, rooted("/c/fob/config.yaml")},
	} {
		if got, err := DefaultPath(func(name string) string { return c.env[name] }); got != c.want || err != nil {
			t.Errorf("%v: got %q, %v; want %q", c.env, got, err, c.want)
		}
	}
	for goos, want := range map[string]string{"linux": "/d/.config/fob/config.yaml", "darwin": "/d/Library/Application Support/fob/config.yaml", "windows": "/d/fob/config.yaml"} {
		if got, err := systemPath(goos, func(string) string { return "/d" }); filepath.ToSlash(got) != want || err != nil {
			t.Errorf("%s: got %q, %v; want %q", goos, got, err, want)
		}
		if _, err := systemPath(goos, func(string) string { return "" }); err == nil || !strings.Contains(err.Error(), "FOB_CONFIG") {
			t.Errorf("%s without an environment: got %v, want an error that names FOB_CONFIG", goos, err)
		}
	}
}

func TestEverySettingIsDeclaredOnce(t *testing.T) {
	names := settingNames(schema)
	sorted := slices.Sorted(slices.Values(names))
	if len(slices.Compact(sorted)) != len(names) {
		t.Errorf("settings: got %v, want each once", names)
	}
	for _, f := range fields() {
		if f.key != inputsHere && (f.text == nil) == (f.read == nil || f.write == nil) {
			t.Errorf("%s: want either a text or a reader and a writer", f.key)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(full)
	for _, seed := range []string{"", "a: &a [*a]", "? a\n: b", "profiles: {a: {client_secret: canary}}", "profiles:\n  a: |\n    x", "%YAML 1.2\n---\na: b", "\"a\\u0000\": 1", "profiles:\n  a:\n    <<: *b\n", "- - - a", "!!map {a: b}", "a: 'b\n\n c'", "\r\n\t: x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 10_000 {
			return
		}
		doc, err := parse("f.yaml", []byte(text), schema)
		if err != nil {
			var at *ParseError
			if !errors.As(err, &at) || at.Message == "" || at.Line < 1 {
				t.Fatalf("got %#v, want a ParseError with a line", err)
			}
			return
		}
		// Parsed in parts it is what it is when it is parsed whole.
		if normal, err := normalize([]byte(text)); err == nil {
			if list, err := tokenize(string(normal)); err == nil {
				if whole, err := parseTokens(list); err == nil && !whole.equal(doc.root) {
					t.Fatalf("parsed whole it says something else:\n%s", text)
				}
			}
		}
		// Any change is made exactly, or refused.
		file := &File{path: "f.yaml", schema: schema}
		p := Profile{Name: "new", Issuer: "https://a.example", Values: map[string]string{"scope": "a b"}}
		changed, after, err := file.apply([]byte(text), change{name: p.Name, profile: &p})
		if err != nil {
			return
		}
		again, err := parse("f.yaml", changed, schema)
		if err != nil || !again.says(after) || !doc.with(change{name: p.Name, profile: &p}).says(again) {
			t.Fatalf("after adding a profile: %v\n%s", err, changed)
		}
	})
}

func TestAFileThatWindowsWroteIsRead(t *testing.T) {
	const text = "profiles:\n  acme:\n    issuer: https://login.acme.example\n    client_id: fób\n"
	utf16le := "\xff\xfe"
	for _, u := range utf16.Encode([]rune(text)) {
		utf16le += string([]byte{byte(u), byte(u >> 8)})
	}
	for name, data := range map[string]string{"UTF-8 with a mark": "\xef\xbb\xbf" + text, "UTF-16": utf16le} {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Load(path, schema)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if p, err := f.Get("acme"); err != nil || p.ClientID != "fób" {
			t.Errorf("%s: got %+v, %v", name, p, err)
		}
		if err := errors.Join(f.SetDefault("acme"), f.Save(t.Context())); err != nil {
			t.Errorf("%s: writing it again: %v", name, err)
		}
	}
}
