package wwwauth

import (
	"reflect"
	"strings"
	"testing"

	"fob/tokens"
)

func TestParse(t *testing.T) {
	type P = map[string]string
	for in, want := range map[string][]Challenge{
		`Bearer`:                           {{"Bearer", P{}}},
		`Bearer realm="a, b=c"`:            {{"Bearer", P{"realm": "a, b=c"}}},
		`Bearer realm="a \"b\" \\ c"`:      {{"Bearer", P{"realm": `a "b" \ c`}}},
		`Bearer Error=invalid_token`:       {{"Bearer", P{"error": "invalid_token"}}},
		`Bearer realm = "x" , scope="a b"`: {{"Bearer", P{"realm": "x", "scope": "a b"}}},
		`Basic realm="x", Bearer error="e", scope="s", DPoP algs="ES256 PS256"`: {{"Basic", P{"realm": "x"}},
			{"Bearer", P{"error": "e", "scope": "s"}}, {"DPoP", P{"algs": "ES256 PS256"}}},
		`Negotiate YWJj==, Basic realm="x"`: {{"Negotiate", P{"token68": "YWJj=="}},
			{"Basic", P{"realm": "x"}}},
		`Negotiate, NTLM`:                     {{"Negotiate", P{}}, {"NTLM", P{}}},
		`, ,Bearer a=b,,c=d, ,`:               {{"Bearer", P{"a": "b", "c": "d"}}},
		`Bearer a="1", a="2"`:                 {{"Bearer", P{"a": "1"}}},
		`Bearer a="` + "\x1b[31m\u202e" + `"`: {{"Bearer", P{"a": "␛[31m<U+202E>"}}},
		`Bearer a="unterminated`:              {{"Bearer", P{}}},
		`Basic realm="x", Bearer a=`: {{"Basic", P{"realm": "x"}},
			{"Bearer", P{"token68": "a="}}},
		`Bearer a="b" c="d"`: {{"Bearer", P{"a": "b"}}},
		`error="x"`:          nil,
		``:                   nil,
		`"x"`:                nil,
	} {
		if got := Parse([]string{in}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n got  %v\n want %v", in, got, want)
		}
	}
	if got := Parse([]string{"Basic realm=x", "Bearer"}); len(got) != 2 || got[1].Scheme != "Bearer" {
		t.Errorf("two fields: got %v", got)
	}
	if got := Parse([]string{strings.Repeat("a,", 1000)}); len(got) != maxChallenges {
		t.Errorf("got %d challenges, want the bound %d", len(got), maxChallenges)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`Bearer realm="x", error="e"`, `Negotiate YWJj==, Basic realm="x"`, `,,Bearer a="\"`,
		"a b=c, d", "\x1b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range Parse([]string{s}) {
			for name, value := range c.Params {
				if name != tokens.VisibleLine(name) || value != tokens.VisibleLine(value) ||
					strings.ToLower(name) != name {
					t.Errorf("%q: %q = %q is not clean", s, name, value)
				}
			}
			// A parsed challenge can be written and parsed again.
			if c.Params[token68] != "" {
				continue
			}
			line := c.Scheme
			sep := " "
			for name, value := range c.Params {
				line += sep + name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
				sep = ", "
			}
			again := Parse([]string{line})
			if len(again) != 1 || !reflect.DeepEqual(again[0], c) {
				t.Errorf("%q read as %v, written as %q, read as %v", s, c, line, again)
			}
		}
	})
}
