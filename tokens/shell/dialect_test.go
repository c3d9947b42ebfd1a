package shell

import "testing"

func TestWordsOfWindowsShells(t *testing.T) {
	for _, c := range []struct{ in, cmd, power, windows string }{
		{"plain", "plain", "plain", "plain"},
		{"", `""`, "''", "''"},
		{`C:\Users\x`, `C:\Users\x`, `C:\Users\x`, `C:\Users\x`},
		{"two words", `"two words"`, "'two words'", "'two words'"},
		{"it's", `"it's"`, "'it''s'", "'it''s'"},
		{"--scope=a b", `"--scope=a b"`, "'--scope=a b'", "'--scope=a b'"},
		{"@token.txt", "@token.txt", "'@token.txt'", "'@token.txt'"},
		{"a,b", "a,b", "'a,b'", "'a,b'"},
		{"https://a.example/?a&b", `"https://a.example/?a&b"`, "'https://a.example/?a&b'", "'https://a.example/?a&b'"},
		{"100%PATH%", `^"100^%PATH^%^"`, "'100%PATH%'", "'100%PATH%'"},
		{`{"a":"b"}`, `^"{\^"a\^":\^"b\^"}^"`, `'{"a":"b"}'`, `'{\"a\":\"b\"}'`},
		{`C:\My Files\`, `"C:\My Files\\"`, `'C:\My Files\'`, `'C:\My Files\\'`},
		{"$HOME `x`", "\"$HOME `x`\"", "'$HOME `x`'", "'$HOME `x`'"},
	} {
		for d, want := range map[Dialect]string{Cmd: c.cmd, PowerShell: c.power, WindowsPowerShell: c.windows} {
			if got := d.Word(c.in); got != want {
				t.Errorf("%q in dialect %d: got %s, want %s", c.in, d, got, want)
			}
		}
	}
}

func TestALineIsTranslatedForAnotherShell(t *testing.T) {
	line := "fob login 'it'\\''s' --scope='a b' " + Word("https://a.example/?x&y")
	if got, want := Cmd.Line(line), `fob login "it's" "--scope=a b" "https://a.example/?x&y"`; got != want {
		t.Errorf("cmd: got %s, want %s", got, want)
	}
	if got, want := PowerShell.Line(line), `fob login 'it''s' '--scope=a b' 'https://a.example/?x&y'`; got != want {
		t.Errorf("PowerShell: got %s, want %s", got, want)
	}
	for _, line := range []string{"curl -H \"$(fob token x)\" https://a.example | jq .", "open the page"} {
		if got := Cmd.Line(line); got != line {
			t.Errorf("%s became %s", line, got)
		}
	}
	if POSIX.Line(line) != line {
		t.Error("a line for a POSIX shell was changed")
	}
}

func TestTheShellIsDetectedByItsProgram(t *testing.T) {
	env := func(set string) func(string) string {
		return func(name string) string { return map[string]string{set: "x"}[name] }
	}
	for _, c := range []struct {
		parent, set string
		want        Dialect
	}{
		{`C:\Windows\System32\cmd.exe`, "MSYSTEM", Cmd}, {"CMD.EXE", "", Cmd}, {"powershell.exe", "",
			WindowsPowerShell},
		{"pwsh.exe", "", PowerShell}, {"bash.exe", "", POSIX}, {"nu.exe", "MSYSTEM", POSIX},
		{"explorer.exe", "", WindowsPowerShell}, {"", "", WindowsPowerShell},
	} {
		if got := dialectOf(c.parent, env(c.set)); got != c.want {
			t.Errorf("%s with %q: got %d, want %d", c.parent, c.set, got, c.want)
		}
	}
}
