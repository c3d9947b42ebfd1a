package terminal

import (
	"runtime/debug"
	"sync"

	tea "github.com/charmbracelet/bubbletea"
)

// Recovering is a model that survives panics: of Update, of View, and of the commands. It keeps the first one and quits
// the program normally. Bubble Tea itself reports a panic on the screen that it is about to leave, and breaks its key
// reader while that reads.
type Recovering struct {
	tea.Model
	quit func() // ends the program; called on a goroutine of its own

	mu    sync.Mutex
	crash *Crash
}

// Crash is a panic, and where it happened.
type Crash struct {
	Value any
	Stack []byte
}

// NewRecovering wraps a model. Call SetQuit before the program runs.
func NewRecovering(m tea.Model) *Recovering { return &Recovering{Model: m} }

// SetQuit sets the function that ends the program after a panic.
func (c *Recovering) SetQuit(quit func()) { c.quit = quit }

// Crash returns the first panic; nil without one.
func (c *Recovering) Crash() *Crash {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.crash
}

// recordPanic stores a recovered panic, and ends the program.
func (c *Recovering) recordPanic(value any) {
	if value == nil {
		return
	}
	c.mu.Lock()
	if c.crash == nil {
		c.crash = &Crash{value, debug.Stack()}
	}
	c.mu.Unlock()
	go c.quit()
}

// Init implements tea.Model.
func (c *Recovering) Init() tea.Cmd { return c.recoverIn(c.Model.Init()) }

// Update implements tea.Model.
func (c *Recovering) Update(msg tea.Msg) (next tea.Model, cmd tea.Cmd) {
	next = c
	if c.Crash() != nil {
		return next, nil
	}
	defer func() { c.recordPanic(recover()) }()
	m, cmd := c.Model.Update(msg)
	c.Model = m
	return next, c.recoverIn(cmd)
}

// View implements tea.Model.
func (c *Recovering) View() (text string) {
	if c.Crash() != nil {
		return ""
	}
	defer func() { c.recordPanic(recover()) }()
	return c.Model.View()
}

// recoverIn wraps a command, and the commands of its batch, so that their panics are recovered.
func (c *Recovering) recoverIn(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() { c.recordPanic(recover()) }()
		msg = cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = c.recoverIn(batch[i])
			}
		}
		return msg
	}
}
