package export

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fob/flows"
	"fob/flows/wire"
	"fob/tokens"
)

var update = flag.Bool("update", false, "write the golden files anew")

var begun = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// signIn is a run with everything in it that a format must cope with.
func signIn() Run {
	at := func(ms int) time.Time { return begun.Add(time.Duration(ms) * time.Millisecond) }
	form := []wire.Field{{Name: "Host", Value: "as.example"}, {Name: "Content-Length", Value: "120"},
		{Name: "Accept", Value: "application/json"},
		{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}, {Name: "Authorization",
			Value: "Basic base64(app%3A1:sha256:0badcafe 40 B)"}}
	tokenCall := &wire.Exchange{Purpose: "token endpoint", Edited: []string{"-token.state", "token.scope+=a;b"},
		Timing: wire.Timing{Total: 12 * time.Millisecond}, Request: wire.Message{
			Method: "POST", URL: "https://as.example/token", Header: form, BodySize: 200,
			Body: "grant_type=authorization_code&code=sha256:11111111+43+B" +
				"&code_verifier=sha256:22222222+43+B&redirect_uri=http%3A%2F%2F127.0.0.1%3A7777%2Fcallback" +
				"&resource=https%3A%2F%2Fapi.example%2Fa&resource=https%3A%2F%2Fapi.example%2Fit%27s"},
		Response: &wire.Message{Status: 200, Proto: "HTTP/1.1",
			Header: []wire.Field{{Name: "Content-Type", Value: "application/json"}}, BodySize: 90,
			Body: "{\n  \"access_token\": \"sha256:33333333 812 B\",\n  \"token_type\": \"Bearer\",\n  \"note\": " +
				"\"```\\n# not a heading\"\n}"}}
	api := &wire.Exchange{Purpose: "API call", Insecure: true, Proxy: "http://proxy.example:3128",
		Request: wire.Message{
			Method: "POST", URL: "https://api.example/a?api_key=hidden&x=%7B1%7D", BodySize: 60,
			Body: `{"refresh_token": "sha256:44444444 64 B", "password": "hidden", "it's": 1}`,
			Header: []wire.Field{{Name: ":authority", Value: "api.example"},
				{Name: "Authorization", Value: "Bearer sha256:33333333 812 B"},
				{Name: "DPoP", Value: "sha256:55555555 300 B"}, {Name: "Content-Type",
					Value: "application/json"}, {Name: "X-Empty", Value: ""}}},
		Err: "timed out: no whole answer within 2 s\n  The server took the request and did not answer in time."}
	failed := tokens.CheckNonce.Fail("n-1", "n-2 | `x`", "it belongs to another sign-in")
	passed := tokens.CheckState.Pass("s-1", "s-1")
	return Run{Session: "alice · <b>demo</b>", Grant: "authorization_code", Issuer: "https://as.example",
		ClientID: "app:1",
		Err:      "check failed: the nonce is the one that was sent",
		Steps: []flows.Step{
			{N: 1, At: at(0), From: flows.Fob, To: flows.Browser,
				Title: "Send the browser to the authorization endpoint", Spec: "RFC 6749 4.1.1",
				Meaning: "The person signs in at the authorization server and not here.",
				Prompt: &flows.Prompt{URL: "https://as.example/authorize?client_id=app&state=s-1" +
					"&id_token_hint=eyJhbGciOiJub25lIn0.e30.x&login_hint=alice"},
				Edited: []string{"authorization.login_hint=alice"}},
			{N: 2, At: at(900), From: flows.Browser, To: flows.Fob, Title: "The browser brings back a code (query)",
				Spec: "RFC 6749 4.1.2", Meaning: "The code is a claim ticket."},
			{N: 3, At: at(901), From: flows.Fob, To: flows.Fob, Title: "Check state: passed", Check: &passed},
			{N: 4, At: at(920), From: flows.Fob, To: flows.AuthorizationServer,
				Title: "Trade the code for tokens; drop #tables", Spec: "RFC 6749 4.1.3", Meaning: "Asked directly.",
				Exchange: tokenCall, Edited: tokenCall.Edited},
			{N: 5, At: at(930), From: flows.Fob, To: flows.Fob, Title: "Check id_token.nonce: failed",
				Check: &failed, Err: "expected n-1, received n-2"},
			{N: 6, At: at(2930), From: flows.Fob, To: flows.API, Title: "Call the API", Meaning: "With the token.",
				Exchange: api, Err: "API call: timed out\n  The server took the request."},
		}}
}

func TestEveryFormatWritesTheRunAsItsGoldenFile(t *testing.T) {
	for _, f := range Formats() {
		t.Run(f.ID, func(t *testing.T) {
			var got bytes.Buffer
			if err := f.Write(&got, signIn()); err != nil {
				t.Fatal(err)
			}
			name := filepath.Join("testdata", "sign-in"+f.Extension)
			if *update {
				if err := os.WriteFile(name, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != strings.ReplaceAll(string(want), "\r\n", "\n") {
				t.Errorf("got\n%s\nwant\n%s", got.String(), want)
			}
		})
	}
}

func TestNoFormatFailsOnAnEmptyRun(t *testing.T) {
	for _, f := range Formats() {
		var got bytes.Buffer
		if err := f.Write(&got, Run{}); err != nil || got.Len() == 0 {
			t.Errorf("%s: got %q, %v; want a document", f.ID, got.String(), err)
		}
		if found, ok := FormatByID(f.ID); !ok || found.Name != f.Name {
			t.Errorf("%s cannot be found by its ID", f.ID)
		}
	}
}

// What really went over the wire must not be in any file that is handed on.
func TestNoFormatShowsASecretOfARealExchange(t *testing.T) {
	const access, secret = "CANARY-access-0123456789abcdef", "CANARY-secret-0123456789abcdef"
	const code = "CANARY-code-0123456789abcdef"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": access, "echo": secret})
	}))
	defer server.Close()
	recorder := wire.NewRecorder(0)
	client, err := wire.New(t.Context(), wire.Options{Recorder: recorder})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	header.Set("Authorization", "Basic YXBwOkNBTkFSWS1zZWNyZXQtMDEyMzQ1Njc4OWFiY2RlZg==")
	resp, err := client.Do(t.Context(), &wire.Request{Purpose: "token endpoint", Method: "POST", URL: server.URL,
		Header: header,
		Body:   []byte("grant_type=authorization_code&code=" + code)})
	if err != nil {
		t.Fatal(err)
	}
	run := Run{Err: "the server said Bearer " + access, Steps: []flows.Step{
		{From: flows.Fob, To: flows.AuthorizationServer, Title: "Trade", Exchange: resp.Exchange, Err: "code=" + code,
			Prompt: &flows.Prompt{URL: "https://as.example/device?user_code=CANARY-USER"}}}}
	for _, f := range Formats() {
		var got bytes.Buffer
		if err := f.Write(&got, run); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(got.String(), "CANARY") {
			t.Errorf("%s shows a secret:\n%s", f.ID, got.String())
		}
	}
	command := Curl(resp.Exchange, nil)
	want := `--user 'app:'"$CLIENT_SECRET"`
	if strings.Contains(command, "CANARY") || !strings.Contains(command, want) {
		t.Errorf("got %s\nwant %s in it, and no secret", command, want)
	}
}
