package widget

import (
	"strings"

	"fob/ui/theme"
)

// drawRow draws one row: made visible, coloured, with its matches marked.
func (t *TextWindow) drawRow(i int) string {
	row := t.rows[i]
	raw := t.text[row.start:row.end]
	if marked, ok := t.markHits(row, raw); ok {
		return marked
	}
	if row.start >= t.json {
		return HighlightJSON(t.Styles, raw, t.text[row.end:min(len(t.text), row.end+keyLookahead)], row.inString)
	}
	if t.syntax == HTTP {
		if name, value, ok := strings.Cut(raw, ": "); ok && !row.cont && !strings.ContainsAny(name, " \t") {
			return t.Styles.Label.Render(visible(name)+":") + " " + visible(value)
		}
	}
	return visible(raw)
}

// markHits draws a row with matches, without other colours.
func (t *TextWindow) markHits(row textRow, raw string) (string, bool) {
	if len(t.hits) == 0 || t.hitLen == 0 {
		return "", false
	}
	var b strings.Builder
	at := 0
	for k := t.firstHit(row.start - t.hitLen + 1); k < len(t.hits) && t.hits[k] < row.end; k++ {
		from := max(0, t.hits[k]-row.start)
		to := min(len(raw), t.hits[k]+t.hitLen-row.start)
		if to <= from || from < at {
			continue
		}
		style := t.Styles.Match
		if k == t.hit {
			style = t.Styles.MatchNow
		}
		b.WriteString(visible(raw[at:from]))
		b.WriteString(style.Render(visible(raw[from:to])))
		at = to
	}
	if at == 0 {
		return "", false
	}
	b.WriteString(visible(raw[at:]))
	return b.String(), true
}

// firstHit returns the first match at or after the offset.
func (t *TextWindow) firstHit(off int) int {
	lo, hi := 0, len(t.hits)
	for lo < hi {
		mid := (lo + hi) / 2
		if t.hits[mid] < off {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// keyLookahead is how far after the end of a row to look for a colon, which makes a string a member's name.
const keyLookahead = 256

// HighlightJSON colours one row of JSON. rest is the text after the row, inString whether the row begins in a string.
// Anything else is not coloured; the text is made visible.
func HighlightJSON(st *theme.Styles, row, rest string, inString bool) string {
	var b strings.Builder
	i := 0
	if inString {
		i = stringEnd(row, 0)
		b.WriteString(st.JSONString.Render(visible(row[:i])))
	}
	for i < len(row) {
		switch c := row[i]; {
		case c == '"':
			end := stringEnd(row, i+1)
			style := st.JSONString
			if isKey(row[end:], rest) {
				style = st.JSONKey
			}
			b.WriteString(style.Render(visible(row[i:end])))
			i = end
		case c == '-' || c >= '0' && c <= '9':
			end := run(row, i, "+-.eE0123456789")
			b.WriteString(st.JSONNumber.Render(row[i:end]))
			i = end
		case c >= 'a' && c <= 'z':
			end := run(row, i, "abcdefghijklmnopqrstuvwxyz")
			b.WriteString(wordStyle(st, row[i:end]).Render(row[i:end]))
			i = end
		case strings.IndexByte("{}[],:", c) >= 0:
			end := run(row, i, "{}[],:")
			b.WriteString(st.JSONPunct.Render(row[i:end]))
			i = end
		default:
			end := i + 1
			for end < len(row) && strings.IndexByte("\"-{}[],:0123456789", row[end]) < 0 &&
				(row[end] < 'a' || row[end] > 'z') {
				end++
			}
			b.WriteString(visible(row[i:end]))
			i = end
		}
	}
	return b.String()
}

func wordStyle(st *theme.Styles, word string) theme.Style {
	if word == "true" || word == "false" || word == "null" {
		return st.JSONWord
	}
	return st.Text
}

// stringEnd returns the end of a JSON string whose content begins at i: after its quote, or the end of the row.
func stringEnd(row string, i int) int {
	for ; i < len(row); i++ {
		switch row[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(row)
}

func run(s string, i int, set string) int {
	for i < len(s) && strings.IndexByte(set, s[i]) >= 0 {
		i++
	}
	return i
}

// isKey reports whether a colon follows, which makes a string a member's name.
func isKey(after, rest string) bool {
	if trimmed := strings.TrimLeft(after, " \t"); trimmed != "" {
		return trimmed[0] == ':'
	}
	return strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n"), ":")
}
