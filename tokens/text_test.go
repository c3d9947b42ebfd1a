package tokens

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestVisibleShowsWhatATerminalWouldObey(t *testing.T) {
	for in, want := range map[string]string{
		"plain text, ümlaut, 漢字": "plain text, ümlaut, 漢字",
		"two\nlines":             "two\nlines",
		"\x1b[2J\x07":            "␛[2J␇",
		"a\tb":                   "a    b",
		"del\x7f":                "del␡",
		"c1\u009b31m":            "c1<U+009B>31m",
		"\u202egnp.exe":          "<U+202E>gnp.exe",
		"tag\U000e0041":          "tag<U+E0041>",
		"zero\u200bwidth":        "zero<U+200B>width",
		"bad\xff\xfe":            `bad\xff\xfe`,
		"\r\n":                   "␍\n",
		"\ufeff{}":               "<U+FEFF>{}",
		"Vie\u0323\u0302t, \u05d1\u05bc\u05b0\u0591": "Vie\u0323\u0302t, \u05d1\u05bc\u05b0\u0591",
		"Z\u0300\u0301\u0302\u0303\u0304a":           "Z\u0300\u0301\u0302\u0303<U+0304>a",
		"\u20dd\u0488\u0300\u0301\u0302":             "\u20dd\u0488\u0300\u0301<U+0302>",
		"a literal replacement � is":                 "a literal replacement � is",
	} {
		if got := Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
	}
	if got := VisibleLine("a\nb"); got != "a␊b" {
		t.Errorf("VisibleLine = %q", got)
	}
}

// JSON stays the same to whoever reads it, and holds nothing that a terminal would obey.
func TestJSONIsMadeVisibleWithoutAChange(t *testing.T) {
	for _, text := range []string{
		"plain", "ümlaut 漢字 \U0001f600", "c1\u009b31m", "\u202egnp.exe", "tag\U000e0041", "zero\u200bwidth",
		"\x1b[2J\r\n\t\x7f", `"\\`,
		"Z" + strings.Repeat("\u0301", 40) + "a\u0300", "\u2028",
	} {
		raw, err := json.Marshal(map[string]string{text: text})
		if err != nil {
			t.Fatal(err)
		}
		for name, made := range map[string]string{
			"whole": string(AppendVisibleJSON(nil, raw)), "a string": "{" + string(AppendJSONText(nil, text)) + ":" +
				string(AppendJSONText(nil, text)) + "}",
		} {
			if made != VisibleLine(made) {
				t.Errorf("%s: %q is not fit for a terminal", name, made)
			}
			var back map[string]string
			if err := json.Unmarshal([]byte(made), &back); err != nil || back[text] != text {
				t.Errorf("%s: %q became %s, %v", name, text, made, err)
			}
		}
	}
}

// What the writers of JSON escape must be all that a terminal could obey, and nothing else.
func TestTheWritersOfJSONKnowEveryRuneThatHides(t *testing.T) {
	for r := rune(0x80); r <= 0x10ffff; r++ {
		if r >= 0xd800 && r < 0xe000 {
			continue
		}
		written := AppendJSONText(nil, string(r))
		if visible := Visible(string(r)) == string(r); visible != (string(written) == `"`+string(r)+`"`) {
			t.Fatalf("U+%X: visible %v, written %s", r, visible, written)
		}
		var back string
		if json.Unmarshal(written, &back) != nil || back != string(r) {
			t.Fatalf("U+%X: written %q, which reads as %q", r, written, back)
		}
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("\x1b]52;c;AAAA\x07\u202e\xc3\x28")
	f.Fuzz(func(t *testing.T, s string) {
		v := Visible(s)
		if !utf8.ValidString(v) {
			t.Fatalf("Visible(%q) is not UTF-8", s)
		}
		for _, r := range v {
			if r != '\n' && (unicode.IsControl(r) || isInvisible(r)) {
				t.Fatalf("Visible(%q) holds %U", s, r)
			}
		}
		if Visible(v) != v {
			t.Fatalf("Visible is not stable on %q", s)
		}
	})
}

func TestExpiryAndCountdown(t *testing.T) {
	for _, c := range []struct {
		left  time.Duration
		state State
		text  string
	}{
		{252 * time.Second, Valid, "04:12"},
		{59 * time.Second, Expiring, "00:59"},
		{500 * time.Millisecond, Expiring, "00:01"},
		{0, Expired, "expired just now"},
		{-2 * time.Minute, Expired, "expired 2m ago"},
		{3*time.Hour + 7*time.Minute, Valid, "3h07m"},
		{72 * time.Hour, Valid, "3d"},
	} {
		at := noon.Add(c.left)
		if got := Expiry(at, noon); got != c.state {
			t.Errorf("Expiry with %v left = %s, want %s", c.left, got, c.state)
		}
		if got := Countdown(at, noon); got != c.text {
			t.Errorf("Countdown with %v left = %q, want %q", c.left, got, c.text)
		}
	}
	if Expiry(time.Time{}, noon) != Unknown || Countdown(time.Time{}, noon) != "no expiry" {
		t.Error("a time nobody said must be unknown")
	}
	for d, want := range map[time.Duration]string{4 * time.Minute: "in 4m", -2 * time.Minute: "2m ago", 0: "now",
		500 * time.Millisecond: "now"} {
		if got := Relative(noon.Add(d), noon); got != want {
			t.Errorf("Relative(%v) = %q, want %q", d, got, want)
		}
	}
	year := 365 * 24 * time.Hour
	for at, want := range map[time.Time]string{noon: noon.Format("2 Jan 15:04"),
		noon.Add(-year): noon.Add(-year).Format("2 Jan 2006 15:04")} {
		if got := Moment(at.In(time.FixedZone("", 3600)), noon); got != want {
			t.Errorf("Moment(%v) = %q, want %q", at, got, want)
		}
	}
}

func TestLedgerCountsAndNamesViolations(t *testing.T) {
	l := Ledger{
		CheckState.Pass("a", "a"),
		CheckNonce.Fail("n1", "", "the id_token has no nonce"),
		CheckScope.Fail("a b", "a", ""),
		CheckAtHash.Skip("the id_token has no at_hash"),
	}
	if got, want := l.Summary(), "1 passed · 1 warning · 1 failed · 1 skipped"; got != want {
		t.Errorf("Summary() = %q, want %q", got, want)
	}
	v := l.Violations()
	if len(v) != 1 || v[0].ID != "id_token.nonce" {
		t.Fatalf("Violations() = %+v, want the nonce alone: a scope that was not granted is no MUST", v)
	}
	text := (&CheckError{v[0]}).Error()
	for _, want := range []string{"id_token.nonce", "expected: n1", "received: nothing", "3.1.3.7 (11)",
		"has no nonce"} {
		if !strings.Contains(text, want) {
			t.Errorf("CheckError says %q, want it to hold %q", text, want)
		}
	}
}

func TestEveryCheckIsDeclaredOnceAndWhole(t *testing.T) {
	seen := map[CheckKind]bool{}
	for _, k := range Checks() {
		if k.ID == "" || k.Title == "" || k.Spec == "" {
			t.Errorf("check %+v is not whole", k)
		}
		if seen[k.ID] {
			t.Errorf("check %s is declared twice", k.ID)
		}
		seen[k.ID] = true
	}
}

func TestSplitScope(t *testing.T) {
	if got := strings.Join(SplitScope("  b a  b "), ","); got != "b,a" {
		t.Errorf("SplitScope = %s, want b,a", got)
	}
}
