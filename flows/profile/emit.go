package profile

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// emit writes a key and its value as lines.
func emit(key string, value *node, indent int) []string {
	margin := strings.Repeat(" ", indent) + scalarText(key, false) + ":"
	switch {
	case value == nil:
		return []string{margin}
	case value.kind != mapping:
		return []string{margin + " " + inline(value)}
	case len(value.entries) == 0:
		return []string{margin}
	case key == "client_secret":
		return []string{margin + " " + inline(value)}
	}
	lines := []string{margin}
	for _, e := range value.entries {
		lines = append(lines, emit(e.key, e.value, indent+2)...)
	}
	return lines
}

// inline writes a value on one line.
func inline(value *node) string {
	parts := make([]string, 0, len(value.items)+len(value.entries))
	switch value.kind {
	case scalar:
		return scalarText(value.text, false)
	case list:
		for _, item := range value.items {
			parts = append(parts, scalarText(item.text, true))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case mapping:
		for _, e := range value.entries {
			written := scalarText(e.value.text, true)
			if e.value.kind != scalar {
				written = inline(e.value)
			}
			parts = append(parts, scalarText(e.key, true)+": "+written)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return ""
}

var (
	// plainText is what needs no quotes: it begins with a letter or a slash and has nothing in it that YAML reads.
	plainText = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./@+~?&=%:-]*( [A-Za-z0-9_./@+~?&=%:-]+)*$`)
	})
	digits = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(0|[1-9][0-9]*)$`) })
	// words are read as something else than text by one YAML reader or another.
	words = []string{"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
)

// scalarText writes a text as YAML; between brackets more characters have a meaning.
func scalarText(s string, bracketed bool) string {
	switch {
	case s == "true" || s == "false" || digits().MatchString(s):
		return s // this package reads scalars as the text that was written
	case plainText().MatchString(s) && !slices.Contains(words, strings.ToLower(s)) &&
		!strings.Contains(s, ": ") && !strings.HasSuffix(s, ":") && (!bracketed || !strings.ContainsAny(s, " :")):
		return s
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string cannot fail; JSON's quoted strings are YAML's
	return strings.TrimSuffix(b.String(), "\n")
}
