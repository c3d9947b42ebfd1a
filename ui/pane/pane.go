// Package pane holds what the panes of the workbench share: the contract between a pane and the root, and the messages
// that cross from one pane to another. Each pane is a file or package beside this one.
//
// A pane is a plain struct with methods, not a tea.Model: only the root is one. A pane never does I/O in Update and
// never changes itself inside a command; a command's result comes back as a message of the pane's own unexported type,
// which the root offers to every pane, visible or not.
package pane

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/explain/doctor"
	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/theme"
	"fob/ui/widget"
)

// Context is what every pane is handed.
type Context struct {
	Service  *session.Service
	Styles   *theme.Styles
	Now      func() time.Time
	Profile  string // the profile the workbench was started with; "" for none
	ReadOnly bool   // nothing that is kept is made, changed or ended
	// Focus is the scope that has the focus; the root keeps it up to date. "" counts as the focus of every pane.
	Focus keys.Scope

	asked []tea.Msg
}

// RunsReadOnly is why an action is gone with --read-only.
const RunsReadOnly = "fob runs read-only"

// Ask hands the root a request that it carries out before it takes the next key. A command's message may come after keys
// that were pressed later, and then undo what they did: going to another pane, selecting another session.
func (c *Context) Ask(msg tea.Msg) { c.asked = append(c.asked, msg) }

// Asked yields the oldest request and takes it away; nil when there is none.
func (c *Context) Asked() tea.Msg {
	if len(c.asked) == 0 {
		return nil
	}
	msg := c.asked[0]
	c.asked = c.asked[1:]
	return msg
}

// Focused reports whether the pane of the scope has the focus: its selection is drawn brighter.
func (c *Context) Focused(s keys.Scope) bool { return c.Focus == "" || c.Focus == s }

// Pane is one part of the screen.
type Pane interface {
	Scope() keys.Scope
	Title() string
	// Update takes broadcasts, the results of the pane's own commands, and raw keys while Editing.
	Update(msg tea.Msg) tea.Cmd
	// Do carries out an action of the pane's scope. It is called only when Disabled says "".
	Do(a keys.Action) tea.Cmd
	// Disabled says why the action cannot be carried out now, in a few words; "" when it can.
	Disabled(a keys.Action) string
	// View draws the pane into exactly height lines of at most width cells.
	View(width, height int) string
	// Editing reports that a text field has the focus, so keys are text.
	Editing() bool
	// Back goes one level back (closes a detail, leaves a field) and reports whether there was one.
	Back() bool
}

// Canceller is a pane that runs work which ctrl+c stops before it quits: a sign-in that waits for its redirect.
type Canceller interface {
	// Cancel stops what is running and reports whether anything was.
	Cancel() bool
}

// Runner is a pane with a run that goes on whatever is shown: its tab and the header say so.
type Runner interface {
	// Running is what goes on, in a few words; "" when nothing does. waits reports that it waits for the person.
	Running() (what string, waits bool)
}

// Plainer is a pane with lines that must stand on their own, without borders and over the whole width, so that a
// terminal can select or click them whole: a URL that a person has to open.
type Plainer interface {
	// Plain returns the lines, of at most width cells; none when there is nothing to show so. While there are some, the
	// root draws them below the pane and gives the pane that much less height.
	Plain(width int) []string
	// Alone returns what is shown in place of the pane where it has no room beside those lines: them and what belongs to
	// them, at most height lines. None when the pane must stay.
	Alone(width, height int) []string
}

// Counter is a pane with something of its own that counts down, besides the sessions: the root then sends TickMsg.
type Counter interface {
	Counting() bool
}

// Faulty is a pane that shows an error in its own lines: the key of keys.Advice then shows all that is known of it, and
// what can be done.
type Faulty interface {
	// Fault is that error; ok is false when none is shown.
	Fault() (m ErrorMsg, ok bool)
}

// Paster is a pane that wants what is pasted while no field has the focus: a redirect URL while a sign-in waits. It
// reports whether it took the text; the root inspects it as a token otherwise.
type Paster interface {
	Paste(text string) (tea.Cmd, bool)
}

// The messages that cross panes. Broadcasts go to every pane; requests are carried out by the root.
type (
	// TickMsg is broadcast once a second while anything counts down.
	TickMsg struct{ Now time.Time }
	// ClickMsg tells a pane where it was clicked, in cells from the top left of what View drew.
	ClickMsg struct{ X, Y int }
	// SessionsMsg is broadcast when the list of sessions was read again.
	SessionsMsg struct {
		Sessions []vault.Meta
		Err      error
	}
	// SelectedMsg is broadcast when another session is selected; Meta is zero when none is.
	SelectedMsg struct{ Meta vault.Meta }
	// SelectMsg asks the root to select the session and, when Open is set, show its token.
	SelectMsg struct {
		ID   string
		Open bool
	}
	// ReloadMsg asks the root to read the list of sessions again.
	ReloadMsg struct{}
	// InspectMsg asks to show a token that is no session's: pasted, or found in an answer.
	InspectMsg struct{ Raw tokens.Secret }
	// FocusMsg asks the root to show and focus the pane of the scope.
	FocusMsg struct{ Scope keys.Scope }
	// ToastMsg asks for a short notice that goes by itself.
	ToastMsg struct{ Text string }
	// ErrorMsg asks for a notice that stays until it is dismissed. What says what was being done. A notice that the
	// person asked for swallows no keys.
	ErrorMsg struct {
		What  string
		Err   error
		Asked bool
		About session.Concern   // what it was about: the session, or the provider
		Known *doctor.Diagnosis // where it is known already; nil: it is made from Err and About
		Again tea.Cmd           // does it once more; nil: that cannot be done from where it is shown
		Asks  map[string]string // the inputs of a sign-in that would help, where they are known
	}
	// WaitMsg asks the root to count down and then to run Do; the person can leave it.
	WaitMsg struct {
		What string
		For  time.Duration
		Do   tea.Cmd
	}
	// OtherSessionMsg asks the person to select another session.
	OtherSessionMsg struct{ Why string }
	// ProviderMsg asks to show the provider of a profile's name or an issuer.
	ProviderMsg struct{ Target string }
	// RenewMsg asks to renew a session's tokens.
	RenewMsg struct{ Session vault.Meta }
	// CopyMsg asks the root to copy. Secret wins over Text; What names it in the notice ("access token").
	CopyMsg struct {
		What   string
		Text   string
		Secret tokens.Secret
	}
	// ConfirmMsg asks the person before something that cannot be brought back. Letter confirms; it must differ from
	// the key that asked. Do runs when confirmed.
	ConfirmMsg struct {
		Title  string
		Text   string
		Letter string
		Do     tea.Cmd
	}
	// ChooseMsg asks the person to choose one of the items; Choose makes the command for its index.
	ChooseMsg struct {
		Title  string
		Items  []widget.Item
		Choose func(i int) tea.Cmd
	}
	// SignInMsg asks to show the form of a new sign-in with values filled in: those of the session's own, and what an
	// API has asked for. Values that the grant does not take are left out. A Session without an ID is the run that the form
	// was last filled in for. Change is what an action of a diagnosis changes: see doctor.Action.
	SignInMsg struct {
		Session vault.Meta
		Values  map[string]string
		Change  map[string]string
		From    *session.Draft // prepared elsewhere: its profile, or its issuer and client, and its values; nil: Session and Values say it all
		Why     string         // one sentence for the person
	}
	// RefreshedMsg is broadcast after a session's tokens were renewed.
	RefreshedMsg struct{ Result session.Result }
)
