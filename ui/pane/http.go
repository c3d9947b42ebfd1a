package pane

import (
	"fmt"
	"net/http"
	"strconv"

	"fob/ui/theme"
)

// Status is a status code with its name: "404 Not Found".
func Status(code int) string {
	if text := http.StatusText(code); text != "" {
		return strconv.Itoa(code) + " " + text
	}
	return strconv.Itoa(code)
}

// StatusStyle is the style of a status code: success, redirect, error.
func StatusStyle(st *theme.Styles, code int) theme.Style {
	switch {
	case code == 0, code >= 400:
		return st.Bad
	case code >= 300:
		return st.Warn
	}
	return st.Good
}

// Size is a number of bytes: "812 B", "3.4 KB", "1.2 MB".
func Size(n int) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f KB", float64(n)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
