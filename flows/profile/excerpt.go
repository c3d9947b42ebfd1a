package profile

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"fob/tokens"
)

// secretName matches the names of what can be a secret. It errs on the safe side: what it hides is seen in the file.
var secretName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(secret|passw|passphrase|token|assertion|credential|private|api[_-]?key|code|pin\b|bearer|jwk)[\w.-]*["']?\s*[:=]`)
})

// userInfo matches the name and password in a URL.
var userInfo = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`://[^/\s]*@`) })

// keyLine matches a line that begins with a key: its indentation, dashes, and the key.
var keyLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\s*(?:- +)*)["']?([\w.-]+)["']?\s*:(?:\s|$)`) })

// maxExcerpt bounds an excerpt, in characters.
const maxExcerpt = 120

// excerpt shows a line with a caret under the column, without what can be a secret.
func excerpt(text string, line, column int) string {
	lines := strings.Split(text, "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	shown := tokens.VisibleLine(strings.TrimRight(withoutSecret(lines, line-1), "\r"))
	shown = userInfo().ReplaceAllString(shown, "://…@")
	if utf8.RuneCountInString(shown) > maxExcerpt {
		shown = string([]rune(shown)[:maxExcerpt]) + "…"
	}
	margin := fmt.Sprintf("  %d | ", line)
	out := margin + shown
	if column >= 1 && column <= utf8.RuneCountInString(shown)+1 {
		out += "\n" + strings.Repeat(" ", len(margin)-2) + "| " + strings.Repeat(" ", column-1) + "^"
	}
	return out
}

// withoutSecret cuts a line after the first key that looks like a secret's, and shows nothing but the key of a line that
// stands under such a key.
func withoutSecret(lines []string, at int) string {
	line := lines[at]
	if hit := secretName().FindStringIndex(line); hit != nil && strings.TrimSpace(line[hit[1]:]) != "" {
		return line[:hit[1]] + " …"
	}
	indent := indentOf(line)
	for i := at - 1; i >= 0 && indent > 0; i-- {
		above := lines[i]
		if strings.TrimSpace(above) == "" || indentOf(above) >= indent {
			continue
		}
		indent = indentOf(above)
		if !secretName().MatchString(above) {
			continue
		}
		// A block of text has no keys, whatever it looks like.
		if key := keyLine().FindString(line); key != "" && !strings.HasSuffix(strings.TrimRight(above, " \r"), "|") && !strings.ContainsAny(above, "|>\"'") {
			return strings.TrimRight(key, " \r") + " …"
		}
		return line[:indentOf(line)] + "…"
	}
	return line
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
