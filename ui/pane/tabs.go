package pane

import (
	"strings"

	"fob/ui/theme"
)

// Tabs draws the names of a pane's views in one line; the shown one is marked by brackets as well as by its look.
func Tabs(st *theme.Styles, names []string, shown int) string {
	parts := make([]string, len(names))
	for i, name := range names {
		if i == shown {
			parts[i] = st.Title.Render("[" + name + "]")
			continue
		}
		parts[i] = st.Dim.Render(" " + name + " ")
	}
	return strings.Join(parts, " ")
}
