package wire

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"fob/tokens"
)

// Nothing secret is sent over plain http to another machine: no request of an authorization server's endpoints, whose
// answers hold tokens, and no other that holds a secret. The host does not resolve, so that nothing could be sent.
func TestSecretsAreNotSentInTheClear(t *testing.T) {
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	secret := []tokens.Secret{tokens.NewSecret("CANARY-0123456789-abcdefgh")}
	header := func(name, value string) http.Header { return http.Header{name: {value}} }
	cases := map[string]struct {
		r       Request
		refused bool
	}{
		"a secret of the caller's": {Request{Endpoint: EndpointAPI, Secrets: secret}, true},
		"no secret":                {Request{Endpoint: EndpointAPI, Secrets: []tokens.Secret{{}}}, false},
		"Authorization":            {Request{Endpoint: EndpointAPI, Header: header("Authorization", "Bearer x")}, true},
		"an empty Authorization":   {Request{Endpoint: EndpointAPI, Header: header("Authorization", "")}, false},
		"a cookie":                 {Request{Endpoint: EndpointAPI, Header: header("Cookie", "sid=1")}, true},
		"an API key":               {Request{Endpoint: EndpointAPI, Header: header("X-Api-Key", "1")}, true},
		"another header":           {Request{Endpoint: EndpointAPI, Header: header("Accept", "text/html")}, false},
		"a token in the query":     {Request{Endpoint: EndpointAPI, URL: "http://as.invalid/?access_token=x"}, true},
		"a query": {Request{Endpoint: EndpointAPI, URL: "http://as.invalid/?page=2&access_token="},
			false},
		"a token in the body": {Request{Endpoint: EndpointAPI, Header: form, Body: []byte("a=b&access_token=x")},
			true},
		"userinfo in the URL":     {Request{Endpoint: EndpointAPI, URL: "http://me:pw@as.invalid/"}, true},
		"metadata":                {Request{Endpoint: EndpointMetadata}, false},
		"a key set":               {Request{Endpoint: EndpointJWKS}, false},
		"allowed for the request": {Request{Endpoint: EndpointToken, InsecureHTTP: true}, false},
		"upper case":              {Request{Endpoint: EndpointToken, URL: "HTTP://as.invalid/"}, true},
		"https":                   {Request{Endpoint: EndpointToken, URL: "https://as.invalid/"}, false},
		"this machine":            {Request{Endpoint: EndpointToken, URL: "http://127.0.0.1:1/"}, false},
		"this machine by name":    {Request{Endpoint: EndpointToken, URL: "http://localhost:1/"}, false},
		"a name like it":          {Request{Endpoint: EndpointToken, URL: "http://localhost.as.invalid/"}, true},
		"a private address":       {Request{Endpoint: EndpointToken, URL: "http://10.0.0.1/"}, true},
	}
	for _, name := range ParameterEndpoints() {
		cases["the endpoint "+name] = struct {
			r       Request
			refused bool
		}{Request{Endpoint: name, Method: "POST"}, true}
	}
	c, rec := client(t, Options{})
	allowed, _ := client(t, Options{InsecureHTTP: true})
	for name, tt := range cases {
		if tt.r.URL == "" {
			tt.r.URL = "http://as.invalid/"
		}
		req, err := c.build(t.Context(), &tt.r)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.refuseCleartext(req, &tt.r); (got != nil) != tt.refused {
			t.Errorf("%s: got %v, want it refused: %t", name, got, tt.refused)
		}
		if got := allowed.refuseCleartext(req, &tt.r); got != nil {
			t.Errorf("%s, allowed: got %v", name, got)
		}
	}
	left := false
	e := failure(t, c, t.Context(), &Request{Endpoint: EndpointToken, URL: "http://as.invalid/", Secrets: secret,
		Leaving: func() error { left = true; return nil }})
	if !errors.Is(e, ErrCleartext) || e.Phase != PhaseCleartext || !e.Unsent || left ||
		!strings.Contains(e.Error(), "--insecure-http") {
		t.Errorf("got %v, left %t; want it refused before it leaves, with the way out", e, left)
	}
	if x := rec.Exchanges()[0]; x.Response != nil || x.Err == "" {
		t.Errorf("recorded: got %+v, want the refusal", x)
	}
}

func TestAnAddressForASecretMustKeepIt(t *testing.T) {
	for address, refused := range map[string]bool{
		"": false, "https://a.invalid/cb": false, "http://127.0.0.1/cb": false, "http://[::1]:80/cb": false,
		"com.example.app:/cb": false, "http://a.invalid/cb": true,
	} {
		if err := Cleartext("the redirect", address); errors.Is(err, ErrCleartext) != refused {
			t.Errorf("%q: got %v, want it refused: %t", address, err, refused)
		}
	}
}
