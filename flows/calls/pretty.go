package calls

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"strings"

	"fob/flows/wire/redact"
	"fob/tokens"
)

// maxGrowth limits how much larger JSON may get by indenting it. Deeply nested JSON grows with its depth on every line,
// and is shown as received beyond the limit.
const maxGrowth = 8

// Pretty formats a body for a terminal, cleaned. JSON is indented, with the order of its members and the spelling of
// its numbers kept; form encoding is one parameter a line; a binary body is replaced by its size.
func Pretty(body []byte, contentType string) string {
	if len(body) == 0 {
		return ""
	}
	media, _, _ := mime.ParseMediaType(contentType)
	trimmed := bytes.TrimSpace(body)
	looksJSON := len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[')
	switch {
	case media == "application/json" || strings.HasSuffix(media, "+json") || looksJSON:
		if text, ok := indent(trimmed); ok {
			return tokens.Visible(text)
		}
	case media == "application/x-www-form-urlencoded":
		return tokens.Visible(strings.ReplaceAll(string(body), "&", "\n"))
	}
	if redact.IsBinary(body) {
		kind := media
		if kind == "" {
			kind = "of unknown type"
		}
		return fmt.Sprintf("[%d bytes that are not text, %s]", len(body), tokens.VisibleLine(kind))
	}
	return tokens.Visible(strings.ReplaceAll(string(body), "\r\n", "\n"))
}

// indent indents JSON; ok is false when it is not JSON or would grow too large.
func indent(body []byte) (string, bool) {
	depth, size, inString := 0, 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
			size += 2 * depth
		case c == '}' || c == ']':
			depth--
			size += 2 * depth
		case c == ',':
			size += 2 * depth
		}
	}
	if size > maxGrowth*len(body)+1<<16 {
		return "", false
	}
	var b bytes.Buffer
	if json.Indent(&b, body, "", "  ") != nil {
		return "", false
	}
	return b.String(), true
}
