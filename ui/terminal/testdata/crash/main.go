// crash is a Bubble Tea program on our input and output that panics where its argument says: update, view or command.
// With "quit" it ends as it should.
package main

import (
	"fmt"
	"os"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"fob/ui/terminal"
)

type model struct {
	where string
	fall  bool
}

func (m model) Init() tea.Cmd { return nil }

func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	k, ok := msg.(tea.KeyMsg)
	if !ok {
		return m, nil
	}
	if k.Paste {
		fmt.Fprintf(os.Stderr, "pasted %d %s\n", len(k.Runes), strings.Trim(string(k.Runes[:3]), "\n"))
		return m, tea.Quit
	}
	switch m.where {
	case "update":
		panic("on purpose")
	case "view":
		m.fall = true
	case "command":
		return m, func() tea.Msg { panic("on purpose") }
	case "paste":
	default:
		return m, tea.Quit
	}
	return m, nil
}

func (m model) View() string {
	if m.fall {
		panic("on purpose")
	}
	return "READY"
}

func run() error {
	out := terminal.NewOutput(os.Stdout)
	defer terminal.Guard(os.Stdin, out, nil)()
	var p *tea.Program
	in := terminal.NewInput(os.Stdin, func(m tea.Msg) { p.Send(m) })
	p = tea.NewProgram(model{where: os.Args[1]}, tea.WithInput(in), tea.WithOutput(out), tea.WithAltScreen(),
		tea.WithMouseCellMotion())
	_, err := p.Run()
	return err
}

func main() {
	if err := run(); err != nil {
		fmt.Println("ended:", err)
		os.Exit(1)
	}
	fmt.Println("ended well")
}
