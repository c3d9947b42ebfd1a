package redirect

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWhatPeoplePasteIsRead(t *testing.T) {
	const whole = "http://127.0.0.1:8000/callback?code=abc%2Fdef&state=xyz"
	for name, text := range map[string]string{
		"whole":                     whole,
		"spaces around":             "  \t" + whole + " \n",
		"double quotes":             `"` + whole + `"`,
		"single quotes":             "'" + whole + "'",
		"angle brackets":            "<" + whole + ">",
		"typographic quotes":        "“" + whole + "”",
		"wrapped by a terminal":     whole[:20] + "\n" + whole[20:40] + "\r\n" + whole[40:],
		"wrapped and indented":      whole[:30] + "   \n    " + whole[30:],
		"quoted and wrapped":        "\"" + whole[:30] + "\n" + whole[30:] + "\"\n",
		"zero-width and BOM":        "\ufeff" + whole[:30] + "\u200b" + whole[30:],
		"HTML":                      strings.ReplaceAll(whole, "&", "&amp;"),
		"fragment":                  strings.Replace(whole, "?", "#", 1),
		"fragment after a query":    "http://localhost/cb?x=1#code=abc%2Fdef&state=xyz",
		"query with Facebook's end": whole + "#_=_",
		"another scheme":            "com.example.app:/cb?code=abc%2Fdef&state=xyz",
		"query alone":               "code=abc%2Fdef&state=xyz",
		"query with its mark":       "?code=abc%2Fdef&state=xyz",
		"fragment with its mark":    "#code=abc%2Fdef&state=xyz",
	} {
		got, err := parsePasted(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Via != "pasted" || got.Params.Get("code") != "abc/def" || got.Params.Get("state") != "xyz" {
			t.Errorf("%s: got %+v, want code abc/def and state xyz, pasted", name, got)
		}
	}
	got, err := parsePasted("http://localhost/cb?error=access_denied&error_description=no+way&state=xyz")
	if err != nil || got.Params.Get("error_description") != "no way" {
		t.Errorf("an error response: got %+v, %v", got, err)
	}
}

func TestAnInvalidPasteSaysWhatToPaste(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", " \n ", "nothing was pasted"},
		{"quotes alone", `""`, "nothing was pasted"},
		{"the sign-in page", "https://issuer.example/authorize?client_id=a&response_type=code&state=xyz",
			"address of the sign-in page"},
		{"a bare address", "http://localhost/callback", "neither a code nor an error"},
		{"a bare code", "canary", "neither a code nor an error"},
		{"not well-formed", "http://localhost/cb?code=canary%zz", "not a valid address"},
		{"too long", "http://localhost/cb?code=" + strings.Repeat("canary", maxPasted/5), "at most"},
	} {
		got, err := parsePasted(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got %+v, %v; want an error with %q and without what was pasted", c.name, got, err, c.want)
		}
	}
}

func FuzzParsePasted(f *testing.F) {
	for _, seed := range []string{"http://127.0.0.1:1/cb?code=a&state=b", "#access_token=a&state=b",
		"?error=x", "“code=%00”", "a\n b#c?d", "code=1;2", "\xff", "http://a/?#code=1", "&amp;code=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parsePasted(text)
		if err != nil {
			if c != nil || !utf8.ValidString(err.Error()) {
				t.Fatalf("got %+v with the error %q", c, err)
			}
			return
		}
		if !hasResult(c.Params) || c.Via != "pasted" {
			t.Fatalf("accepted %+v", c)
		}
	})
}
