package calls

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"fob/flows/wire"
	"fob/tokens"
)

const formType = "application/x-www-form-urlencoded"

func TestATokenIsPlacedWhereTheUserChose(t *testing.T) {
	secret := tokens.NewSecret("CANARY+token/with=odd chars")
	escaped := url.QueryEscape(secret.Reveal())
	for _, c := range []struct {
		name       string
		placement  Placement
		request    string // METHOD URL
		kind, body string
		auth       string // "-": an Authorization header that is empty
		typ        string
		url, sent  string // TOKEN in place of the token
		wrong      string
	}{
		{name: "query", placement: InQuery, request: "GET /x", url: "/x?access_token=TOKEN"},
		{name: "query, another one", placement: InQuery, request: "GET /x?a=1", url: "/x?a=1&access_token=TOKEN"},
		{name: "query, an empty one", placement: InQuery, request: "GET /x?", url: "/x?access_token=TOKEN"},
		{name: "query and a fragment", placement: InQuery, request: "GET /x?a=1#f", url: "/x?a=1&access_token=TOKEN#f"},
		{name: "query, the parameter", placement: InQuery, request: "GET /x?access%5Ftoken=1", wrong: "already"},
		{name: "query and header", placement: InQuery, request: "GET /x", auth: "Bearer y", wrong: "one way only"},
		{name: "query, an empty header", placement: InQuery, request: "GET /x", auth: "-",
			url: "/x?access_token=TOKEN"},
		{name: "query, a bound token", placement: InQuery, request: "GET /x", typ: "DPoP", wrong: "of type DPoP"},
		{name: "body", placement: InBody, request: "POST /x", url: "/x", sent: "access_token=TOKEN"},
		{name: "body, a form", placement: InBody, request: "PUT /x", kind: formType + "; charset=utf-8", body: "a=1\n",
			url: "/x", sent: "a=1&access_token=TOKEN"},
		{name: "body, JSON", placement: InBody, request: "POST /x", kind: "application/json", body: "{}",
			wrong: "only a form"},
		{name: "body, of no kind", placement: InBody, request: "POST /x", body: "a=1", wrong: "no Content-Type"},
		{name: "body, the parameter", placement: InBody, request: "POST /x", kind: formType, body: "access_token=1",
			wrong: "already"},
		{name: "body of GET", placement: InBody, request: "GET /x", wrong: "a GET request should have no body"},
		{name: "body, a bound token", placement: InBody, request: "POST /x", typ: "dpop", wrong: "of type DPoP"},
	} {
		d := &doer{}
		method, target, _ := strings.Cut(c.request, " ")
		r := Request{Method: method, URL: "https://api.example" + target, Placement: c.placement, Body: []byte(c.body),
			Header: http.Header{}}
		if c.kind != "" {
			r.Header.Set("Content-Type", c.kind)
		}
		if c.auth != "" {
			r.Header.Set("Authorization", strings.Trim(c.auth, "-"))
		}
		_, err := Do(context.Background(), d, Token{Value: secret, Type: c.typ}, r)
		if c.wrong != "" {
			said := fmt.Sprint(err)
			if err == nil || !strings.Contains(said, c.wrong) || len(d.sent) != 0 || strings.Contains(said, "CANARY") {
				t.Errorf("%s: got %v after %d requests, want nothing sent and %q", c.name, err, len(d.sent), c.wrong)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		sent := d.sent[0]
		url, body := strings.ReplaceAll(sent.URL, escaped, "TOKEN"), strings.ReplaceAll(string(sent.Body), escaped,
			"TOKEN")
		if url != "https://api.example"+c.url || body != c.sent || sent.Header.Get("Authorization") != "" {
			t.Errorf("%s: sent %s with %q and %v", c.name, url, body, sent.Header)
		}
		if c.placement == InQuery && sent.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: no Cache-Control: no-store (RFC 6750 2.3)", c.name)
		}
		if c.placement == InBody && !strings.HasPrefix(sent.Header.Get("Content-Type"), formType) {
			t.Errorf("%s: the body is %s", c.name, sent.Header.Get("Content-Type"))
		}
	}
}

// No record shows the token in any placement, also when the response repeats it.
func TestAPlacedTokenIsInNoRecord(t *testing.T) {
	for _, p := range []Placement{InQuery, InBody} {
		resp, rec := call(t, func(w http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			w.Header().Set("Location", "/next?t="+r.Form.Get("access_token"))
			w.WriteHeader(http.StatusFound)
			_, _ = io.WriteString(w, r.URL.String()+" "+r.Form.Get("access_token"))
		}, Token{Value: tokens.NewSecret(token)}, Request{Method: "POST", URL: "/x", Placement: p})
		if all, _ := json.Marshal(rec.Exchanges()); strings.Contains(string(all), token) ||
			!strings.Contains(string(all), "access_token=") {
			t.Errorf("%s: the record holds the token: %s", p, all)
		}
		if !resp.EchoesSecret || strings.Contains(Explain(resp), token) {
			t.Errorf("%s: got %+v", p, resp)
		}
		if got := NewMask(resp.Secrets).Text(string(resp.Body)); strings.Contains(got, token) {
			t.Errorf("%s: the mask leaves %s", p, got)
		}
		if !strings.Contains(p.Warning(), "RFC 6750 2.") {
			t.Errorf("%s: there is no warning: %q", p, p.Warning())
		}
	}
	// A network error does not show it either.
	client, err := wire.New(t.Context(), wire.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Do(
		context.Background(),
		client,
		Token{Value: tokens.NewSecret(token)},
		Request{URL: "http://127.0.0.1:1/x", Placement: InQuery},
	)
	if err == nil || strings.Contains(err.Error(), token) {
		t.Errorf("got %v", err)
	}
}

func TestParsePlacement(t *testing.T) {
	for _, name := range Placements() {
		if _, err := ParsePlacement(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, err := ParsePlacement("cookie"); err == nil || p != InHeader {
		t.Errorf("got %q, %v, want an error", p, err)
	}
}

func TestAMaskFindsASecretAcrossWrites(t *testing.T) {
	odd := `odd "secret" with=/chars&` + "\n"
	mask := func() *Mask {
		return NewMask([]tokens.Secret{tokens.NewSecret(token), tokens.NewSecret(odd), tokens.NewSecret("short"), {}})
	}
	quoted, _ := json.Marshal(odd)
	text := "a " + token + token + " short " + url.QueryEscape(odd) + " " + string(quoted) + " " + token[:len(token)-1]
	whole := mask()
	want := whole.Text(text)
	for _, secret := range []string{token + token[:3], url.QueryEscape(odd), string(quoted[1 : len(quoted)-1])} {
		if strings.Contains(want, secret) {
			t.Errorf("%q is left in %q", secret, want)
		}
	}
	if whole.Hits != 4 || !strings.Contains(want, " short ") || !strings.HasSuffix(want, token[:len(token)-1]) {
		t.Errorf("%d hits in %q", whole.Hits, want)
	}
	for size := 1; size < len(text); size++ {
		m := mask()
		var out bytes.Buffer
		w := m.Writer(&out)
		for rest := []byte(text); len(rest) > 0; {
			n := min(size, len(rest))
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := w.Close(); err != nil || out.String() != want || m.Hits != whole.Hits {
			t.Fatalf("in pieces of %d: got %q, %v\nwant %q", size, &out, err, want)
		}
	}
}
