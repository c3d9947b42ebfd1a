package widget

import (
	"strings"

	"rsc.io/qr"
)

// QR draws text as a QR code in half blocks, with its quiet zone, and reports whether it fits into w by h cells. It is
// black on white in every theme, and with NO_COLOR too, since many scanners require that.
func QR(text string, w, h int) (lines []string, ok bool) {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return nil, false
	}
	const quiet = 2 // the standard requires 4 modules; scanners accept 2, and a small screen has no more
	size := code.Size + 2*quiet
	if size > w || (size+1)/2 > h {
		return nil, false
	}
	for y := -quiet; y < code.Size+quiet; y += 2 {
		var b strings.Builder
		b.WriteString("\x1b[30;107m")
		for x := -quiet; x < code.Size+quiet; x++ {
			b.WriteString(halfBlock(black(code, x, y), black(code, x, y+1)))
		}
		b.WriteString("\x1b[0m")
		lines = append(lines, b.String())
	}
	return lines, true
}

// black returns false outside of the code, quiet zone included.
func black(c *qr.Code, x, y int) bool {
	return x >= 0 && y >= 0 && x < c.Size && y < c.Size && c.Black(x, y)
}

func halfBlock(upper, lower bool) string {
	switch {
	case upper && lower:
		return "█"
	case upper:
		return "▀"
	case lower:
		return "▄"
	}
	return " "
}
