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

// maxGrowth bounds how much larger JSON may become by being laid out; deeply nested JSON beyond it is shown as it came,
// since each level costs its own width again on every line.
const maxGrowth = 8

// Pretty lays a body out for reading, cleaned for a terminal. JSON is indented, with its members in their order and
// its numbers as written; form encoding is one parameter a line; what is not text is named by its size.
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
			kind = "of no named kind"
		}
		return fmt.Sprintf("[%d bytes that are not text, %s]", len(body), tokens.VisibleLine(kind))
	}
	return tokens.Visible(strings.ReplaceAll(string(body), "\r\n", "\n"))
}

// indent lays JSON out; ok is false when it is not JSON or would grow too large.
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
