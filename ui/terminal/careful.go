package terminal

import (
	"runtime/debug"
	"sync"

	tea "github.com/charmbracelet/bubbletea"
)

// Careful is a model that survives panics: of Update, of View, and of the commands. The first one is kept, and the
// program quits as if it had been asked to. Left to itself, Bubble Tea reports a panic on the screen that it is about to
// leave, and takes its reader of keys apart while it reads.
type Careful struct {
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

// NewCareful wraps a model. QuitBy must be called before the program runs.
func NewCareful(m tea.Model) *Careful { return &Careful{Model: m} }

// QuitBy sets what ends the program after a panic.
func (c *Careful) QuitBy(quit func()) { c.quit = quit }

// Crash is the first panic; nil when there was none.
func (c *Careful) Crash() *Crash {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.crash
}

// caught keeps what was recovered from a panic, and ends the program.
func (c *Careful) caught(value any) {
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
func (c *Careful) Init() tea.Cmd { return c.watched(c.Model.Init()) }

// Update implements tea.Model.
func (c *Careful) Update(msg tea.Msg) (next tea.Model, cmd tea.Cmd) {
	next = c
	if c.Crash() != nil {
		return next, nil
	}
	defer func() { c.caught(recover()) }()
	m, cmd := c.Model.Update(msg)
	c.Model = m
	return next, c.watched(cmd)
}

// View implements tea.Model.
func (c *Careful) View() (text string) {
	if c.Crash() != nil {
		return ""
	}
	defer func() { c.caught(recover()) }()
	return c.Model.View()
}

// watched runs a command, and those that it brings, so that a panic of theirs is caught.
func (c *Careful) watched(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() { c.caught(recover()) }()
		msg = cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = c.watched(batch[i])
			}
		}
		return msg
	}
}
