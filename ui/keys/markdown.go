package keys

import "strings"

// Markdown returns the README's table of keys, one section for each scope.
func Markdown() string {
	var b strings.Builder
	for i, s := range append([]Scope{Global, Sessions}, Panes()...) {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString("**" + s.Name() + "**\n\n| key | action | |\n|---|---|---|\n")
		for _, row := range In(s) {
			var shown []string
			for _, k := range row.Keys {
				shown = append(shown, "`"+Show(k)+"`")
			}
			tip := row.Tooltip
			if row.Dangerous {
				tip += " Asks first."
			}
			b.WriteString("| " + strings.Join(shown, " ") + " | " + row.Label + " | " + tip + " |\n")
		}
	}
	return b.String()
}
