package export

import (
	"regexp"
	"strings"
	"testing"

	"fob/flows"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/shell"
)

// readWord reads one word as a POSIX shell does (IEEE 1003.1, 2.2) and returns it with what follows. Whatever is
// neither in single quotes nor an escaped quote nor a variable in double quotes is an error: it could be a command.
func readWord(t *testing.T, text string) (word, rest string) {
	t.Helper()
	var b strings.Builder
	for text != "" {
		switch {
		case text[0] == '\'':
			end := strings.IndexByte(text[1:], '\'')
			if end < 0 {
				t.Fatalf("an open quote in %q", text)
			}
			b.WriteString(text[1 : 1+end])
			text = text[end+2:]
		case strings.HasPrefix(text, `\'`):
			b.WriteByte('\'')
			text = text[2:]
		case text[0] == '"':
			variable := regexp.MustCompile(`^"\$([A-Z][A-Z0-9_]*)"`).FindStringSubmatch(text)
			if variable == nil {
				t.Fatalf("double quotes around more than a variable: %q", text)
			}
			b.WriteString("$" + variable[1])
			text = text[len(variable[0]):]
		default:
			return b.String(), text
		}
	}
	return b.String(), ""
}

func FuzzShellQuote(f *testing.F) {
	for _, s := range []string{"", "'", "a'b", "$(id)", "`id`", "\\'", "a\nb", "!x", "\"", "''", "-x", "~", "*",
		"\x00'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, rest := readWord(t, shell.Quote(s))
		if want := strings.ReplaceAll(s, "\x00", ""); got != want || rest != "" {
			t.Errorf("%q reads as %q and %q", s, got, rest)
		}
	})
}

// Whatever an exchange holds, a command is made of nothing but words and continuations.
func FuzzCurl(f *testing.F) {
	f.Add("POST", "https://as.example/t?code=sha256:0badcafe+40+B&x='$(id)'",
		"X-A", "b'\n;id", "a=b&c=hidden&password=hidden", true)
	f.Add("GET", "http://h/`id`", "Authorization", "Basic base64(a'b:sha256:0badcafe 40 B)",
		`{"pa'ss":"sha256:0badcafe 40 B"}`, false)
	f.Add("'; id #", "://hidden@", "", "", "'", true)
	f.Fuzz(func(t *testing.T, method, url, name, value, body string, form bool) {
		m := wire.Message{Method: method, URL: url, Header: []wire.Field{{Name: name, Value: value}}, Body: body,
			BodySize: len(body)}
		if form {
			m.Header = append(m.Header, wire.Field{Name: "Content-Type", Value: "application/x-www-form-urlencoded"})
		}
		command := Curl(&wire.Exchange{Request: m}, nil)
		text, ok := strings.CutPrefix(command, "curl --globoff --include")
		if !ok {
			t.Fatalf("no command in %q", command)
		}
		bare := regexp.MustCompile(`^ \\\n  --(head|data-binary @body\.bin)( |$)`)
		option := regexp.MustCompile(`^ \\\n  --(request|url|url-query|header|user|data-raw|data-urlencode) `)
		for text != "" {
			if found := bare.FindString(text); found != "" {
				text = text[len(strings.TrimSuffix(found, " ")):]
				continue
			}
			flag := option.FindString(text)
			if flag == "" {
				t.Fatalf("no option where one must be: %q\n%s", text, command)
			}
			_, text = readWord(t, text[len(flag):])
		}
	})
}

func FuzzMermaid(f *testing.F) {
	for _, s := range []string{"a;b", "a\nb", "%%{init: {}}%%", "#35;", "<script>", "end", "ﬂ°°60¶ß", "$$x$$",
		":wrap: x", "```", ""} {
		f.Add(s, s)
	}
	line := regexp.MustCompile(`^    (autonumber|participant P\d+ as TEXT|P\d+(->>|-x|-->>)P\d+: TEXT|Note over ` +
		`P\d+: TEXT)$`)
	text := regexp.MustCompile(`( as |: )((?:[a-zA-Z0-9 .,/_()?!'-]|#[0-9]+;|[^\x00-\x7fﬂ°¶ß])+)$`)
	f.Fuzz(func(t *testing.T, title, actor string) {
		failed := tokens.CheckState.Fail(title, actor, title)
		var b strings.Builder
		if err := mermaid(&b, Run{Steps: []flows.Step{
			{From: flows.Fob, To: flows.Actor(actor), Title: title, Err: title,
				Exchange: &wire.Exchange{Response: &wire.Message{Status: 200}}},
			{From: flows.Fob, Check: &failed},
		}}); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		if lines[0] != "sequenceDiagram" || len(lines) < 5 {
			t.Fatalf("no diagram: %q", b.String())
		}
		for _, l := range lines[1:] {
			if !line.MatchString(text.ReplaceAllString(l, "${1}TEXT")) {
				t.Errorf("unexpected statement: %q", l)
			}
		}
	})
}

// No text from outside closes a code block or a code span, or begins a heading or a row.
func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{"```\n# x", "`a`", "| x |", "<img>", "~~~", "[a](b)", "\n\n# h", "1. x", "    x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		span := codeSpan(s)
		if n := longestRun(strings.Trim(span, "`"), '`'); span != "" &&
			(strings.Contains(span, "\n") || n >= len(span)-len(strings.TrimLeft(span, "`"))) {
			t.Errorf("%q can leave its span: %q", s, span)
		}
		fenced := codeBlock("text", s)
		lines := strings.Split(strings.TrimSuffix(fenced, "\n"), "\n")
		fence := lines[len(lines)-1]
		for _, l := range lines[1 : len(lines)-1] {
			if strings.HasPrefix(strings.TrimLeft(l, " "), fence) {
				t.Errorf("%q closes its block: %q", s, fenced)
			}
		}
		for _, c := range []string{"<", "|", "[", "`", "\n"} {
			if strings.Contains(strings.NewReplacer(`\\`, "", `\`+c, "").Replace(escapeMarkdown(s)), c) {
				t.Errorf("%q has %q that is not escaped: %q", s, c, escapeMarkdown(s))
			}
		}
	})
}
