package tokens

import "testing"

func TestLoopbackIsThisMachineAlone(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.8.9.1": true, "::1": true, "[::1]": true, "::ffff:127.0.0.1": true, "localhost": true,
		"LocalHost.": true, "a.localhost": true,
		"": false, "0.0.0.0": false, "10.0.0.1": false, "localhost.example": false, "notlocalhost": false,
		"127.0.0.1.example": false,
	} {
		if got := IsLoopback(host); got != want {
			t.Errorf("%q: got %v, want %v", host, got, want)
		}
	}
}

func TestAWebURLHasASchemeOfTheWebAndAHost(t *testing.T) {
	for s, want := range map[string]bool{
		"https://a.example": true, "http://127.0.0.1:8400/cb?x=y": true, "HTTPS://a.example/": true,
		"": false, "a.example": false, "/path": false, "//a.example/": false, "https:///path": false,
		"https:a.example":     false,
		"javascript:alert(1)": false, "file:///etc/passwd": false, "urn:a:b": false, "https://a.example:x/": false,
	} {
		if got := IsWebURL(s); got != want {
			t.Errorf("%q: got %v, want %v", s, got, want)
		}
	}
}

func TestTheOriginOfAnAddress(t *testing.T) {
	for address, want := range map[string]string{
		"https://Login.Example:443/a?b":   "https://login.example",
		"https://login.example.:8443/":    "https://login.example:8443",
		"http://127.0.0.1:80":             "http://127.0.0.1",
		"http://[::1]/x":                  "http://[::1]",
		"http://[::1]:8080/x":             "http://[::1]:8080",
		"https://user:pw@login.example/a": "https://login.example",
		"ftp://login.example/":            "",
		"/path":                           "",
		"https://":                        "",
		"https://login.example:80/":       "https://login.example:80",
	} {
		if got := Origin(address); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}
