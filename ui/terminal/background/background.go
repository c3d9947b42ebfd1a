// Package background decides whether the terminal is dark or light without asking it.
//
// Bubble Tea v1 asks when it is initialised and waits up to 5 s for a response that some terminals never send, in every
// verb of the program. Go initialises packages whose imports are ready in the order of their import paths: this one
// ("fob/…") comes before "github.com/charmbracelet/bubbletea" as long as it imports only lipgloss, and what is
// set here keeps lipgloss from asking. The program must import it.
package background

import (
	"os"
	"strconv"
	"strings"

	"github.com/charmbracelet/lipgloss"
)

func init() { lipgloss.SetHasDarkBackground(Dark(os.Getenv)) }

// Dark reads COLORFGBG ("15;0", "0;default;15": the last number is the background), which some terminals set. Without
// it the terminal is assumed to be dark.
func Dark(getenv func(string) string) bool {
	fields := strings.Split(getenv("COLORFGBG"), ";")
	n, err := strconv.Atoi(fields[len(fields)-1])
	if err != nil {
		return true
	}
	return n < 7 || n == 8
}
