package inspect

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"fob/tokens"
)

// printable fails when anything of a report could be obeyed by a terminal.
func printable(t *testing.T, r *Report) {
	t.Helper()
	check := func(where, text string) {
		if tokens.VisibleLine(text) != text {
			t.Errorf("%s cannot be printed: %.200q", where, text)
		}
	}
	check("the title", r.Title)
	for _, c := range r.Cleaned {
		check("what was removed", c)
	}
	for _, row := range append(r.Rows(), r.HeaderRows()...) {
		check("a row", row.Name+row.Value+row.Meaning+row.Note)
	}
	for _, f := range r.Findings {
		check("a finding", f.ID+f.Claim+f.Message+f.Spec+f.Do)
	}
	for _, time := range r.Times {
		check("a time", time.Claim+time.Local+time.Relative+time.Note)
	}
	if s := r.Signature; s != nil {
		check("the verdict", s.Alg+s.Kid+s.Reason+strings.Join(s.Warnings, ""))
	}
	if d := r.Decryption; d != nil {
		check("the verdict", d.Alg+d.Enc+d.Kid+d.Reason+strings.Join(d.Warnings, ""))
		if tokens.Visible(d.Plaintext) != d.Plaintext {
			t.Errorf("the plaintext cannot be printed: %.200q", d.Plaintext)
		}
	}
	if r.Err != nil {
		check("the error", r.Err.Message)
	}
	_, reason := r.Verdict()
	check("the reason", reason)
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if tokens.VisibleLine(string(text)) != string(text) || !json.Valid(text) {
		t.Errorf("the JSON cannot be printed: %.300q", text)
	}
}

// Every member, name and value that is shown is from the author of the token.
func TestNothingOfATokenReachesATerminalUnescaped(t *testing.T) {
	evil := "\x1b]0;pwned\x07\x9b31m\u202ec\u2066d\u200b\x7f\r\n\tz\x00\xff"
	text := quote(strings.ToValidUTF8(evil, "?"))
	object := func(names ...string) string {
		var parts []string
		for _, name := range append(names, strings.ToValidUTF8(evil, "?")) {
			parts = append(parts, quote(name)+":"+text, quote(name)+":["+text+"]", quote(name)+":{"+text+":"+text+"}")
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	header := object("alg", "kid", "typ", "cty", "enc", "crit", "x5t", "x5c", "jwk", "jku", "zip", "epk", "nonce",
		"iss")
	payload := object("iss", "aud", "exp", "iat", "sub", "scope", "nonce", "cnf", "_sd", "_sd_alg", "events", "vct",
		"jti", "azp", "at_hash", "email")
	for name, input := range map[string]string{
		"the text itself": evil,
		"around a token":  evil + jwt(`{"alg":"ES256"}`, `{}`) + evil,
		"a header":        jwt(header, `{}`),
		"a payload":       jwt(`{"alg":"ES256","kid":`+text+`}`, payload),
		"each member once": jwt(`{"alg":`+text+`,"kid":`+text+`}`,
			`{"iss":`+text+`,"aud":[`+text+`],"exp":`+text+`,"sub":`+text+`,`+text+`:1}`),
		"raw bytes": jwt(`{"alg":"ES256","kid":"`+"\x9b\u202e\x7f\xff"+`"}`,
			`{"sub":"`+"\x9b\u202e\x7f\xff"+`"}`),
		"a JWE": seg(header) + ".AAAA.AAAA.AAAA.AAAA",
		"an SD-JWT": jwt(`{"alg":"ES256"}`, payload) + "~" + seg("["+text+","+text+","+text+"]") + "~" +
			seg("["+text+","+text+"]") + "~",
		"a JSON form": `{"payload":` + text + `,"signatures":[{"protected":` + text + `,"header":` + header +
			`,"signature":` + text + `}]}`,
		"a curl command":     "curl -H 'Authorization: Bearer " + evil + "'",
		"a token response":   `{"access_token":` + text + `}`,
		"a prefix and noise": "ghp_" + evil,
	} {
		t.Run(name, func(t *testing.T) {
			printable(t, Inspect(input, Options{Now: now, Issuer: evil, Audience: evil, Nonce: evil,
				NoKeys: fmt.Sprint(evil)}))
			line, err := json.Marshal(map[string]string{"token": strings.ToValidUTF8(input, "?"), "key": evil,
				"alg": evil})
			if err != nil {
				t.Fatal(err)
			}
			var b Batch
			printable(t, b.Inspect(line))
			printable(t, b.Inspect([]byte(`{"token":{`+text+`:1},"key":`+text+`,"detached":[`+text+`]}`)))
		})
	}
}
