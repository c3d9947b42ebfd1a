package export

import (
	"strings"

	"fob/flows/wire/redact"
	"fob/tokens"
)

// redactLine returns a text from outside for a report: redacted, on one line, with control characters visible.
func redactLine(text string) string { return tokens.VisibleLine(redact.Text(text)) }

// escapeMarkdown returns a text as literal Markdown: every character that could begin markup, a link or HTML is escaped
// (CommonMark 2.4).
func escapeMarkdown(text string) string {
	var b strings.Builder
	for _, c := range redactLine(text) {
		if c < 0x80 && strings.ContainsRune("\\`*_{}[]()<>#+-!|~&:@$^=\"'", c) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	// "1." at the start of a line is a list, "www." a link.
	return strings.ReplaceAll(b.String(), ".", "\\.")
}

// escapeOwnText is escapeMarkdown for fob's own sentences, which need less escaping.
func escapeOwnText(text string) string {
	return strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "<", "\\<", "|", "\\|",
		"&", "\\&", "\n", " ").Replace(text)
}

// codeSpan returns a text as a code span (CommonMark 6.1), which no content can end.
func codeSpan(text string) string {
	text = redactLine(text)
	if text == "" {
		return ""
	}
	fence := strings.Repeat("`", longestRun(text, '`')+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") || strings.TrimSpace(text) == "" {
		text = " " + text + " "
	}
	return fence + text + fence
}

// codeCell returns a code span in a table, where a pipe ends the cell even in code (GFM 4.10).
func codeCell(text string) string { return strings.ReplaceAll(codeSpan(text), "|", "\\|") }

// codeBlock returns a text as a fenced code block (CommonMark 4.5), which no content can end.
func codeBlock(language, text string) string {
	fence := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	return fence + language + "\n" + strings.TrimRight(text, "\n") + "\n" + fence + "\n"
}

// longestRun returns the length of the longest run of c.
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
