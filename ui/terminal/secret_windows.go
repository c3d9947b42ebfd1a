package terminal

import (
	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/windows"
)

// lineEnd is the byte that ends a line.
const lineEnd = '\r'

// mute changes modes so that a line is read without echo. Windows' own line editing is off: it cuts lines at 254
// characters.
func mute(modes *term.State) {
	modes.Mode &^= windows.ENABLE_ECHO_INPUT | windows.ENABLE_LINE_INPUT
	modes.Mode |= windows.ENABLE_PROCESSED_INPUT
}
