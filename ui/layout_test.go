package ui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fob/ui/keys"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file in testdata; -update writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test ./ui -update writes it anew)\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// draw fills each rectangle with a letter: H header, L list, M main, P full width, F footer; a cell that two share is
// "!".
func draw(l Layout) string {
	var b strings.Builder
	for y := range l.H {
		for x := range l.W {
			cell := byte('.')
			for _, part := range []struct {
				r      Rect
				letter byte
			}{{l.Header, 'H'}, {l.List, 'L'}, {l.Main, 'M'}, {l.FullWidth, 'P'}, {l.Footer, 'F'}} {
				if part.r.Has(x, y) {
					if cell != '.' {
						cell = '!'
					} else {
						cell = part.letter
					}
				}
			}
			b.WriteByte(cell)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

var sizes = [][2]int{{200, 60}, {120, 40}, {80, 24}, {60, 20}, {40, 10}, {30, 8}}

func TestArrange(t *testing.T) {
	for _, size := range sizes {
		for _, c := range []struct {
			name  string
			focus keys.Scope
			plain int
		}{{"list", keys.Sessions, 0}, {"main", keys.Token, 0}, {"plain", keys.Flow, 3}} {
			name := fmt.Sprintf("%dx%d-%s", size[0], size[1], c.name)
			t.Run(name, func(t *testing.T) {
				golden(t, "layout/"+name, draw(Arrange(size[0], size[1], c.focus, c.plain)))
			})
		}
	}
}

// Whatever the size, the parts cover the screen and none covers another.
func TestArrangeLeavesNoGap(t *testing.T) {
	for w := minWidth; w <= 220; w += 3 {
		for h := minHeight; h <= 70; h += 3 {
			for _, focus := range []keys.Scope{keys.Sessions, keys.Flow} {
				for _, plain := range []int{0, 1, 4, 99} {
					l := Arrange(w, h, focus, plain)
					if l.FullScreen {
						if plain <= h-2-minPane {
							t.Fatalf("%dx%d: %d plain lines push the pane out, and there is room", w, h, plain)
						}
						continue // nothing else is drawn
					}
					if got := draw(l); strings.ContainsAny(got, ".!") {
						t.Fatalf("%dx%d, focus %s, %d plain lines: gaps or overlaps:\n%s", w, h, focus, plain, got)
					}
				}
			}
		}
	}
}
