//go:build windows

package terminal

import "os"

// Input is the console as it is: Windows delivers whole key events, and Bubble Tea reads them by itself.
type Input struct{ *os.File }

// NewInput wraps the console.
func NewInput(f *os.File, _ func(text string)) *Input { return &Input{File: f} }
