package widget

import (
	"strings"

	"fob/ui/theme"
)

// drawRow draws one row: made visible, coloured, its matches marked.
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

// markHits draws a row that holds matches, without colours but for those.
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
		look := t.Styles.Match
		if k == t.hit {
			look = t.Styles.MatchNow
		}
		b.WriteString(visible(raw[at:from]))
		b.WriteString(look.Render(visible(raw[from:to])))
		at = to
	}
	if at == 0 {
		return "", false
	}
	b.WriteString(visible(raw[at:]))
	return b.String(), true
}

// firstHit finds the first match at or behind the offset.
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

// keyLookahead is how far behind the end of a row a colon is looked for, to tell a member's name from a string.
const keyLookahead = 256

// HighlightJSON colours one row of JSON. rest is what follows the row, inString whether the row begins in a string.
// What is not JSON passes through as it is; the text is made visible.
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
			look := st.JSONString
			if isKey(row[end:], rest) {
				look = st.JSONKey
			}
			b.WriteString(look.Render(visible(row[i:end])))
			i = end
		case c == '-' || c >= '0' && c <= '9':
			end := run(row, i, "+-.eE0123456789")
			b.WriteString(st.JSONNumber.Render(row[i:end]))
			i = end
		case c >= 'a' && c <= 'z':
			end := run(row, i, "abcdefghijklmnopqrstuvwxyz")
			b.WriteString(wordLook(st, row[i:end]).Render(row[i:end]))
			i = end
		case strings.IndexByte("{}[],:", c) >= 0:
			end := run(row, i, "{}[],:")
			b.WriteString(st.JSONPunct.Render(row[i:end]))
			i = end
		default:
			end := i + 1
			for end < len(row) && strings.IndexByte("\"-{}[],:0123456789", row[end]) < 0 && (row[end] < 'a' || row[end] > 'z') {
				end++
			}
			b.WriteString(visible(row[i:end]))
			i = end
		}
	}
	return b.String()
}

func wordLook(st *theme.Styles, word string) theme.Style {
	if word == "true" || word == "false" || word == "null" {
		return st.JSONWord
	}
	return st.Text
}

// stringEnd finds the end of a JSON string whose inside begins at i: behind its quote, or the end of the row.
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

// isKey looks for the colon that makes a string a member's name.
func isKey(after, rest string) bool {
	if trimmed := strings.TrimLeft(after, " \t"); trimmed != "" {
		return trimmed[0] == ':'
	}
	return strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n"), ":")
}
