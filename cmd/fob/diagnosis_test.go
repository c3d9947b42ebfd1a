package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"fob/tokens/shell"
)

// An error is followed by what it is about, its causes, and a command that may help.
func TestErrorsAreDiagnosed(t *testing.T) {
	w := newWorld(t)
	s := w.startDemo()
	w.env["GOOD"], w.env["WRONG"] = secretOf(s, "demo-service"), "a-wrong-client-secret-0123456789abcdef"
	login := "fob login --issuer " + s.Issuer() +
		" --client-id demo-service --client-secret-env GOOD --grant client_credentials"
	for _, c := range []struct {
		name string
		code int
		args []string
		want []string
		not  []string
	}{
		{
			name: "an unknown scope", code: exitRejected,
			args: strings.Fields(login + " --scope bogus")[1:],
			want: []string{"invalid_scope", "  about: scope=bogus\n",
				"  likely causes:\n    1. The server does not announce bogus. To check: ",
				"  next: ", "\n    " + shell.ForCurrentShell(login+" --scope=") + "\n"},
			not: []string{"\n    4. "},
		},
		{
			name: "a wrong secret", code: exitRejected,
			args: strings.Fields(strings.Replace(login, "GOOD", "WRONG", 1))[1:],
			want: []string{"invalid_client", "likely causes:", "The client secret is wrong", "next: "},
			not:  []string{"Try client_secret_basic", w.env["WRONG"], w.env["GOOD"]},
		},
		{
			name: "no server", code: exitNetwork,
			args: []string{"login", "--issuer", "http://127.0.0.1:1", "--client-id", "c"},
			want: []string{"refused", "next: Start the server"},
			not:  []string{"firewall"},
		},
	} {
		r := w.wants(c.code, "fob: ", c.args...)
		for _, want := range c.want {
			if !strings.Contains(r.stderr, want) {
				t.Errorf("%s: stderr does not say %q:\n%s", c.name, want, r.stderr)
			}
		}
		for _, not := range c.not {
			if strings.Contains(r.stderr, not) {
				t.Errorf("%s: stderr says %q:\n%s", c.name, not, r.stderr)
			}
		}
		if n := strings.Count(r.stderr, "\n"); n > 20 {
			t.Errorf("%s: %d lines on stderr, want at most 20:\n%s", c.name, n, r.stderr)
		}
	}
	if r := w.wants(exitUsage, "the provider is missing", "login"); strings.Contains(r.stderr, "likely causes") {
		t.Errorf("a mistake in the arguments is diagnosed:\n%s", r.stderr)
	}
}

// The request, the error and its meaning are each printed once.
func TestANetworkErrorIsPrintedOnce(t *testing.T) {
	w := newWorld(t)
	broken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}))
	defer broken.Close()
	tls := strings.Replace(broken.URL, "http:", "https:", 1)
	const discovery = "/.well-known/openid-configuration"
	for _, c := range []struct {
		args, begins string
		once         []string // regardless of capitals
	}{
		{"provider http://127.0.0.1:1",
			"fob: metadata: GET http://127.0.0.1:1" + discovery + ": no connection: dial tcp",
			[]string{"no connection", "nothing listens", "metadata"}},
		{"login --issuer http://127.0.0.1:1 --client-id c", "fob: metadata: GET http://127.0.0.1:1" + discovery +
			": no connection", []string{"no connection", "nothing listens", "metadata"}},
		{"login --api http://127.0.0.1:1",
			"fob: API call without a token: GET http://127.0.0.1:1: no connection: dial tcp",
			[]string{"no connection", "nothing listens", "without a token"}},
		{"provider " + tls, "fob: metadata: GET " + tls + discovery + ": no trusted TLS connection: ",
			[]string{"no trusted tls connection", "plain http"}},
		{"provider " + broken.URL, "fob: metadata: GET " + broken.URL + discovery + ": no ",
			[]string{"the server closed"}},
	} {
		r := w.run(strings.Fields(c.args)...)
		if r.code != exitNetwork || !strings.HasPrefix(r.stderr, c.begins) {
			t.Errorf("%s: exit %d, want %d and %q first:\n%s", c.args, r.code, exitNetwork, c.begins, r.stderr)
		}
		for _, text := range c.once {
			if n := strings.Count(strings.ToLower(r.stderr), text); n != 1 {
				t.Errorf("%s: %q is printed %d times:\n%s", c.args, text, n, r.stderr)
			}
		}
		if strings.Contains(r.stderr, "No response") {
			t.Errorf("%s: the title of the diagnosis repeats the error:\n%s", c.args, r.stderr)
		}
	}
}
