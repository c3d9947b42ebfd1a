package export

import (
	"strings"
	"testing"

	"fob/flows/wire"
)

func TestCurlCommands(t *testing.T) {
	steps := signIn().Steps
	want := map[string]string{
		"a form": `curl --globoff --include \
  --request 'POST' \
  --url 'https://as.example/token' \
  --header 'Accept: application/json' \
  --user 'app%3A1:'"$CLIENT_SECRET" \
  --data-urlencode 'grant_type=authorization_code' \
  --data-urlencode 'code='"$CODE" \
  --data-urlencode 'code_verifier='"$CODE_VERIFIER" \
  --data-urlencode 'redirect_uri=http://127.0.0.1:7777/callback' \
  --data-urlencode 'resource=https://api.example/a' \
  --data-urlencode 'resource=https://api.example/it'\''s'`,
		"JSON": `curl --globoff --include \
  --insecure \
  --proxy 'http://proxy.example:3128' \
  --request 'POST' \
  --url 'https://api.example/a?x=%7B1%7D' \
  --url-query 'api_key='"$API_KEY" \
  --header 'Authorization: Bearer '"$ACCESS_TOKEN" \
  --header 'DPoP: '"$DPOP" \
  --header 'Content-Type: application/json' \
  --header 'X-Empty;' \
  --data-raw '{"refresh_token": "'"$REFRESH_TOKEN"'", "password": "'"$PASSWORD"'", "it'\''s": 1}'`,
	}
	for name, x := range map[string]*wire.Exchange{"a form": steps[3].Exchange, "JSON": steps[5].Exchange} {
		if got := Curl(x, nil); got != want[name] {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want[name])
		}
	}
}

func TestTheVariablesOfACurlCommand(t *testing.T) {
	request := func(header wire.Field, body string) *wire.Exchange {
		return &wire.Exchange{Request: wire.Message{Method: "POST", URL: "https://as.example/t", Body: body,
			BodySize: len(body),
			Header:   []wire.Field{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}, header}}}
	}
	const one, two = "sha256:aaaaaaaa 30 B", "sha256:bbbbbbbb 30 B"
	for _, c := range []struct {
		header wire.Field
		body   string
		want   string
	}{
		{body: "token=" + one + "&token=" + two + "&token=" + one,
			want: `'token='"$TOKEN"; 'token='"$TOKEN_2"; 'token='"$TOKEN"`},
		{body: "password=hidden&pwd=hidden&note=hidden",
			want: `'password='"$PASSWORD"; 'pwd='"$THE_PWD"; 'note=hidden'`},
		{header: wire.Field{Name: "Authorization", Value: "Bearer hidden"},
			want: `'Authorization: Bearer '"$(fob token a)"`},
		{header: wire.Field{Name: "Authorization", Value: "hidden"}, want: `'Authorization: '"$AUTHORIZATION"`},
		{header: wire.Field{Name: "Authorization", Value: "Basic hidden"},
			want: `'Authorization: Basic '"$BASIC_CREDENTIALS"`},
		{header: wire.Field{Name: "Cookie", Value: "hidden"}, want: `'Cookie: '"$COOKIE"`},
	} {
		got := Curl(request(c.header, c.body), map[string]string{"ACCESS_TOKEN": "$(fob token a)"})
		for want := range strings.SplitSeq(c.want, "; ") {
			if !strings.Contains(got, " "+want) {
				t.Errorf("got\n%s\nwant %s", got, want)
			}
		}
	}
}

func TestABodyThatIsNotRecordedComesFromAFile(t *testing.T) {
	for _, m := range []wire.Message{{Body: "[300 bytes that are not text]", BodySize: 300}, {BodySize: 9},
		{Body: "beginning", BodySize: 99_999, Truncated: true}} {
		m.Method = "PUT"
		if got := Curl(&wire.Exchange{Request: m}, nil); !strings.HasSuffix(got, "--data-binary @body.bin") {
			t.Errorf("%+v: got\n%s", m, got)
		}
	}
}
