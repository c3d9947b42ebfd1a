// silent is a program that links Bubble Tea and only says that it has started.
package main

import (
	"os"

	_ "fob/ui/terminal"
)

func main() { _, _ = os.Stdout.WriteString("started\n") }
