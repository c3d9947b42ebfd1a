package export

import (
	"strings"

	"fob/flows/wire/redact"
	"fob/tokens"
)

// outside prepares a text that came from outside for a report: what is secret in it is redacted, what a terminal would
// act on is visible, and it is one line.
func outside(text string) string { return tokens.VisibleLine(redact.Text(text)) }

// prose is a text as Markdown that reads as it stands: every character that could begin markup, a link or HTML is
// escaped (CommonMark 2.4).
func prose(text string) string {
	var b strings.Builder
	for _, c := range outside(text) {
		if c < 0x80 && strings.ContainsRune("\\`*_{}[]()<>#+-!|~&:@$^=\"'", c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	// "1." at a line's beginning is a list, "www." a link.
	return strings.ReplaceAll(b.String(), ".", "\\.")
}

// words is prose for the house's own sentences, which need no more than one line and no markup.
func words(text string) string {
	return strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "<", "\\<", "|", "\\|", "&", "\\&", "\n", " ").Replace(text)
}

// code is a text as a code span (CommonMark 6.1), which no content can leave.
func code(text string) string {
	text = outside(text)
	if text == "" {
		return ""
	}
	fence := strings.Repeat("`", longestRun(text, '`')+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") || strings.TrimSpace(text) == "" {
		text = " " + text + " "
	}
	return fence + text + fence
}

// codeCell is a code span in a table, where a pipe ends the cell even in code (GFM 4.10).
func codeCell(text string) string { return strings.ReplaceAll(code(text), "|", "\\|") }

// block is a text as a fenced code block (CommonMark 4.5), which no content can close.
func block(language, text string) string {
	fence := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	return fence + language + "\n" + strings.TrimRight(text, "\n") + "\n" + fence + "\n"
}

// longestRun is the length of the longest run of c.
func longestRun(text string, c byte) int {
	longest, run := 0, 0
	for i := 0; i < len(text); i++ {
		run++
		if text[i] != c {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}
