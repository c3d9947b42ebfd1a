package wire

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"fob/flows/wire/redact"
	"fob/tokens"
	"fob/tokens/secretname"
)

// assertAbsent looks for a secret in everything a Recorder gives away, as it is and in each of its encoded forms.
func assertAbsent(t testing.TB, rec *Recorder, secrets ...string) {
	t.Helper()
	var har bytes.Buffer
	if err := WriteHAR(&har, rec.Exchanges()); err != nil {
		t.Fatal(err)
	}
	all, err := json.Marshal(rec.Exchanges())
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%s\n%s\n%+v", har.String(), all, rec.Exchanges())
	for _, s := range secrets {
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s),
			base64.StdEncoding.EncodeToString([]byte(s)),
			base64.RawURLEncoding.EncodeToString([]byte(s)), strings.Trim(jsonString(s), `"`),
			escapeAll(s), strings.ReplaceAll(escapeAll(s), `\`, `\\`)} {
			if i := strings.Index(text, form); i >= 0 {
				t.Errorf("%s is in the record: …%s…", form, text[max(0, i-150):min(len(text), i+len(form)+50)])
			}
		}
	}
}

func jsonString(s string) string { b, _ := json.Marshal(s); return string(b) }

// unseen is a secret that no caller named: only its form, or the name before it, identifies it.
const unseen = "CANARYq7Zr2Lk9Vb4Xn1Ty8Wd"

// TestACanaryInEveryPlaceStaysOutOfTheRecord puts a secret into each place where one can travel. Its form makes
// encodings differ: a plus, a slash, an equals sign, a quote, a percent sign, a space and an ampersand.
func TestACanaryInEveryPlaceStaysOutOfTheRecord(t *testing.T) {
	canaries := map[string]string{
		"made":     "CANARY+0a1b2c3d/4e5f6a7b8c9d=e0f1.x_-~",
		"chosen":   `Can"4ry p%4ss&w<rd`,
		"plain":    "CANARYabcdefghijklmnopqrstuvwxyz0123456789",
		"short":    "c4n4ry",
		"unicodes": "Canäry-Gehéim-0123456789-äöü",
	}
	jwt := base64.RawURLEncoding.EncodeToString([]byte(" {\n\"alg\":\"none\"}")) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"CANARY"}`)) + ".c2lnbmF0dXJlQ0FOQVJZ"
	for kind, canary := range canaries {
		t.Run(kind, func(t *testing.T) {
			for place, c := range places(canary, jwt) {
				t.Run(place, func(t *testing.T) {
					s := serve(t, c.answer)
					cl, rec := client(t, Options{})
					c.request.URL = s.URL + c.request.URL
					resp, err := cl.Do(context.Background(), &c.request)
					if err != nil {
						t.Fatal(err)
					}
					assertAbsent(t, rec, canary, jwt, "c2lnbmF0dXJlQ0FOQVJZ")
					if resp.Exchange == nil {
						t.Error("the answer has no record")
					}
				})
			}
		})
	}
}

type placement struct {
	request Request
	answer  http.HandlerFunc
}

func quiet200(http.ResponseWriter, *http.Request) {}

func say(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, body)
	}
}

// echo answers with what it was sent, in several syntaxes.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	header := map[string]string{}
	for name := range r.Header {
		header[name] = r.Header.Get(name)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"url": r.URL.String(), "headers": header, "body": string(body),
		"bytes": body})
	_, _ = fmt.Fprintf(w, "\n%s\n%q\n%s", body, body, url.QueryEscape(string(body)))
}

func places(canary, jwt string) map[string]placement {
	all := map[string]placement{}
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	isJSON := http.Header{"Content-Type": {"application/json"}}
	for _, name := range strings.Fields(`access_token refresh_token id_token code client_secret password
		client_assertion
		assertion device_code user_code code_verifier subject_token actor_token device_secret
		logout_token id_token_hint token request registration_access_token auth_req_id`) {
		body := "grant_type=x&" + name + "=" + url.QueryEscape(canary)
		all["form "+name] = placement{Request{Method: "POST", URL: "/", Header: form, Body: []byte(body)}, quiet200}
		all["query "+name] = placement{Request{URL: "/?a=b&" + name + "=" + url.QueryEscape(canary) + "&state=1"},
			quiet200}
		if name != "code" && name != "token" && name != "request" || secretname.LooksGenerated(canary) {
			all["answer "+name] = placement{Request{URL: "/"}, say("application/json",
				`{"a":[{"`+name+`" : `+jsonString(canary)+`}]}`)}
			all["json "+name] = placement{Request{Method: "POST", URL: "/", Header: isJSON,
				Body: []byte(`{"x":{"` + name + `":` + jsonString(canary) + `}}`)}, quiet200}
		}
	}
	if !redact.Searchable(tokens.NewSecret(canary)) {
		return all // it is masked in its own place only
	}
	said := []tokens.Secret{tokens.NewSecret(canary)}
	with := func(r Request, h http.HandlerFunc) placement { r.Secrets = said; return placement{r, h} }
	all["bearer"] = placement{Request{URL: "/",
		Header: http.Header{"Authorization": {"Bearer " + strings.ReplaceAll(canary, "\"", "")}}, Secrets: said}, echo}
	all["basic"] = placement{Request{URL: "/",
		Header: http.Header{"Authorization": {"Basic " +
			"" + base64.StdEncoding.EncodeToString([]byte("client:"+canary))}}}, echo}
	all["basic encoded"] = placement{Request{URL: "/",
		Header: http.Header{"Authorization": {"Basic " +
			"" + base64.StdEncoding.EncodeToString([]byte("c:"+url.QueryEscape(canary)))}}}, echo}
	all["cookie"] = with(Request{URL: "/", Header: http.Header{"Cookie": {"a=b; sid=" + url.QueryEscape(canary)}}},
		echo)
	all["own header"] = with(Request{URL: "/", Header: http.Header{"X-Mine": {"v " + url.QueryEscape(canary)}}}, echo)
	all["echoed form"] = placement{Request{Method: "POST", URL: "/", Header: form,
		Body: []byte("client_secret=" + url.QueryEscape(canary))}, echo}
	all["listed in body"] = with(Request{Method: "POST", URL: "/", Body: []byte("<x>" + canary + "</x>")}, echo)
	all["listed in path"] = with(Request{URL: "/" + url.PathEscape(canary) + "/y"}, echo)
	all["html error"] = with(Request{URL: "/"}, say("text/html", "<p title='"+canary+"'>bad secret: "+canary+"</p>"))
	all["log line"] = with(Request{URL: "/"}, say("text/plain",
		"[error] [x] "+canary+" "+base64.StdEncoding.EncodeToString([]byte("ab:"+canary))))
	all["nested json"] = placement{Request{URL: "/"}, say("application/json",
		`{"d":`+jsonString(`{"access_token":`+jsonString(canary)+`}`)+`}`)}
	all["broken json"] = placement{Request{URL: "/"}, say("application/json",
		`{"a":1,,"refresh_token":`+jsonString(canary))}
	all["two documents"] = placement{Request{URL: "/"}, say("application/json",
		"{}\n{\"refresh_token\":"+jsonString(canary)+"}")}
	all["escaped json"] = with(Request{URL: "/"}, say("application/json", `{"m":"`+escapeAll(canary)+`"}`))
	all["location"] = placement{Request{URL: "/"}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://app/cb#/x?access_token="+url.QueryEscape(canary)+"&state=s")
		w.WriteHeader(302)
	}}
	all["nested url"] = placement{
		Request{URL: "/?next=" + url.QueryEscape("https://app/cb?code="+url.QueryEscape(canary))}, quiet200}
	all["jwk"] = placement{Request{URL: "/"}, say("application/json",
		`{"keys":[{"d":`+jsonString(canary)+`,"kty":"EC"}]}`)}
	all["jwt"] = placement{Request{URL: "/p/" + jwt}, say("text/html",
		"<b>"+jwt+"</b> x."+jwt+" "+strings.ReplaceAll(jwt, ".", "%2E"))}
	all["jwt in json"] = placement{Request{URL: "/"}, say("application/json",
		`{"anything":"`+jwt+`","list":["`+jwt+`~disclosure~"]}`)}
	all["jwt as body"] = placement{Request{URL: "/", Header: http.Header{"X-Thing": {jwt}}}, say("application/jwt",
		jwt)}
	if secretname.LooksGenerated(canary) && !strings.ContainsAny(canary, "\"<&") {
		all["form_post page"] = placement{Request{URL: "/"}, say("text/html",
			`<form><input type="hidden" name="code" value="`+canary+`"/></form>`)}
	}
	return all
}

// escapeAll writes every character as a JSON escape.
func escapeAll(s string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

func TestAnAnswerFullOfTokensEnds(t *testing.T) {
	var b strings.Builder
	b.WriteString("[")
	for i := range 1500 {
		fmt.Fprintf(&b, `{"access_token":"CANARY-%06d-abcdefghijkl"},`, i)
	}
	s := serve(t, say("application/json", b.String()))
	c, rec := client(t, Options{})
	mustDo(t, c, &Request{URL: s.URL})
	assertAbsent(t, rec, "CANARY-000001-abcdefghijkl", "CANARY-001499-abcdefghijkl")
}

// A cookie's value is a session at the server, whatever its name is. The value is in no index: only its place tells.
func TestTheValuesOfCookiesAreNotRecorded(t *testing.T) {
	// No value is a part of another: what is learnt in one place would be found in the other.
	values := []string{unseen, "QUOTED-8f3a2b7c6d5e4f01", "BARE0918273645zyxwvutsr", "SENT-qwertz-0987654321",
		"c4n4ry", "s3nt"}
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("Set-Cookie", "anything="+values[0]+"; Path=/; HttpOnly")
		w.Header().Add("Set-Cookie", "short=c4n4ry")
		w.Header().Add("Set-Cookie", `quoted="`+values[1]+`"; Secure`)
		w.Header().Add("Set-Cookie", values[2])
	})
	c, rec := client(t, Options{})
	x := mustDo(t, c, &Request{URL: s.URL, Header: http.Header{"Cookie": {"plain=" + values[3] + "; b=s3nt"}}}).Exchange
	assertAbsent(t, rec, values...)
	for _, want := range []string{"anything=sha256:", "; Path=/; HttpOnly", "short=hidden"} {
		if got := fmt.Sprint(x.Response.Header); !strings.Contains(got, want) {
			t.Errorf("got %s, want %q in it", got, want)
		}
	}
	if got := x.Request.Get("Cookie"); !strings.Contains(got, "plain=hidden") || !strings.Contains(got, "b=hidden") {
		t.Errorf("Cookie: got %s, want the names with fingerprints", got)
	}
}

// A secret that an answer names by its member is found from then on, in the request that brought it as well.
func TestWhatAnAnswerNamesIsFoundElsewhere(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Trace", "for "+unseen)
		_, _ = fmt.Fprintf(w, `{"refresh_token":%q,"note":"kept as %s"}`, unseen, unseen)
	})
	c, rec := client(t, Options{})
	mustDo(t, c, &Request{URL: s.URL + "/orders/" + unseen})
	assertAbsent(t, rec, unseen)
}

// A server that answers with a secret where a status line is due: net/http quotes it in its error.
func TestAnErrorOfTheTransportHidesKnownSecrets(t *testing.T) {
	const canary = "CANARY zz//unshaped--value!!of no user" // no form and no name before it identify it
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = io.WriteString(c, canary+"\r\n\r\n")
			_ = c.Close()
		}
	})
	cl, rec := client(t, Options{})
	cl.Know(tokens.NewSecret(canary))
	e := failure(t, cl, context.Background(), &Request{URL: server.URL})
	if strings.Contains(e.Error(), "CANARY") || strings.Contains(rec.Exchanges()[0].Err, "CANARY") {
		t.Errorf("got %v, recorded %s; want the secret in neither", e, rec.Exchanges()[0].Err)
	}
}
