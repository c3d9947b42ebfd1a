//go:build !windows

package terminal

import (
	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/unix"
)

// lineEnd is the byte that ends a line.
const lineEnd = '\n'

// mute changes modes so that a line is read without echo.
func mute(modes *term.State) {
	modes.Lflag &^= unix.ECHO
	modes.Lflag |= unix.ICANON | unix.ISIG
	modes.Iflag |= unix.ICRNL
}
