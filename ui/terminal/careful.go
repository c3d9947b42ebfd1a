package terminal

import (
	"fmt"
	"runtime/debug"

	tea "github.com/charmbracelet/bubbletea"
)

// Careful makes a panic in a command one of Update. Bubble Tea reports the first on the screen that it is about to
// leave, where nobody can read it, and the second after it has given the terminal back.
func Careful(m tea.Model) tea.Model { return careful{m} }

type careful struct{ tea.Model }

// crashed is a panic that a command ended with.
type crashed struct {
	value any
	stack []byte
}

func (c careful) Init() tea.Cmd { return watched(c.Model.Init()) }

func (c careful) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if crash, ok := msg.(crashed); ok {
		panic(fmt.Sprintf("%v\n\n%s", crash.value, crash.stack))
	}
	m, cmd := c.Model.Update(msg)
	return careful{m}, watched(cmd)
}

// watched runs a command, and those that it brings, so that a panic becomes a message.
func watched(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() {
			if r := recover(); r != nil {
				msg = crashed{r, debug.Stack()}
			}
		}()
		msg = cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = watched(batch[i])
			}
		}
		return msg
	}
}
