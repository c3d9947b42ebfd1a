// Package pane is what the panes of the workbench share: the interface between a pane and the root, and the messages
// between panes. Each pane is a package below this one.
//
// A pane is a plain struct with methods, not a tea.Model: only the root is one. A pane never does I/O in Update and
// never changes itself inside a command. The result of a command is a message of the pane's own unexported type, which
// the root sends to every pane, visible or not.
package pane

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/flows/explain/doctor"
	"fob/flows/session"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/theme"
	"fob/ui/widget"
)

// Context is what the panes share with the root.
type Context struct {
	Service  *session.Service
	Styles   *theme.Styles
	Now      func() time.Time
	Profile  string // the profile that the workbench was started with; "" for none
	ReadOnly bool   // nothing stored, here or at a provider, is created, changed or removed
	// Focus is the scope that has the focus; the root sets it. "" gives every pane the focus.
	Focus keys.Scope

	requests []tea.Msg
}

// ReadOnlyReason is the reason why an action is disabled with --read-only.
const ReadOnlyReason = "fob runs read-only"

// Request queues a message that the root handles before the next key. The message of a command may arrive after keys
// that were pressed later, and undo their effect: another pane, another session.
func (c *Context) Request(msg tea.Msg) { c.requests = append(c.requests, msg) }

// NextRequest removes and returns the oldest request; nil when there are no more.
func (c *Context) NextRequest() tea.Msg {
	if len(c.requests) == 0 {
		return nil
	}
	msg := c.requests[0]
	c.requests = c.requests[1:]
	return msg
}

// Focused reports whether the pane of the scope has the focus, so that its selection is drawn brighter.
func (c *Context) Focused(s keys.Scope) bool { return c.Focus == "" || c.Focus == s }

// Pane is one part of the screen.
type Pane interface {
	Scope() keys.Scope
	Title() string
	// Update handles broadcasts, the results of the pane's own commands, and raw keys while Editing.
	Update(msg tea.Msg) tea.Cmd
	// Do performs an action of the pane's scope. It is called only when Disabled returns "".
	Do(a keys.Action) tea.Cmd
	// Disabled is the reason why the action cannot be performed now, in a few words; "" when it can.
	Disabled(a keys.Action) string
	// View draws the pane into exactly height lines of at most width cells.
	View(width, height int) string
	// Editing reports whether a text field has the focus, so that keys are text.
	Editing() bool
	// Back goes back one level (closes a detail, leaves a field) and reports whether there was one.
	Back() bool
}

// Canceller is a pane with work that ctrl+c cancels, instead of quitting: a sign-in that waits for its redirect.
type Canceller interface {
	// Cancel cancels the running work and reports whether there was any.
	Cancel() bool
}

// Runner is a pane with a run that continues while another pane is shown. Its tab and the header show it.
type Runner interface {
	// Running describes the run in a few words; "" when nothing is running. waits reports whether it waits for the
	// user.
	Running() (what string, waits bool)
}

// FullWidthLines is a pane with lines that are drawn without borders over the whole width, so that a terminal can
// select or click them whole: a URL that the user has to open.
type FullWidthLines interface {
	// FullWidth returns the lines, of at most width cells, or nil. The root draws them below the pane, which gets that
	// much less height.
	FullWidth(width int) []string
	// FullScreen returns what replaces the pane where it has no room above those lines: at most height lines with them
	// and what belongs to them. nil keeps the pane.
	FullScreen(width, height int) []string
}

// Ticker is a pane that counts time, besides the sessions: the root sends TickMsg while NeedsTick is true.
type Ticker interface {
	NeedsTick() bool
}

// ErrorReporter is a pane that shows an error in its own lines. The key of keys.Advice shows its diagnosis.
type ErrorReporter interface {
	// ShownError returns that error; ok is false when none is shown.
	ShownError() (m ErrorMsg, ok bool)
}

// Paster is a pane that accepts a paste while no field has the focus: a redirect URL while a sign-in waits. It reports
// whether it accepted the text; otherwise the root inspects it as a token.
type Paster interface {
	Paste(text string) (tea.Cmd, bool)
}

// The messages between panes. Broadcasts are sent to every pane; requests are handled by the root.
type (
	// TickMsg is broadcast once a second while anything counts time.
	TickMsg struct{ Now time.Time }
	// ClickMsg is a click on a pane, in cells from the top left of what View drew.
	ClickMsg struct{ X, Y int }
	// SessionsMsg is broadcast after the list of sessions was read.
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
	// ReloadMsg asks the root to reload the list of sessions.
	ReloadMsg struct{}
	// InspectMsg asks to show a token of no session: pasted, or found in a response.
	InspectMsg struct{ Raw tokens.Secret }
	// FocusMsg asks the root to show and focus the pane of the scope.
	FocusMsg struct{ Scope keys.Scope }
	// ToastMsg asks for a short notice that disappears by itself.
	ToastMsg struct{ Text string }
	// ErrorMsg asks for a notice that stays until it is dismissed. What names the action that failed.
	ErrorMsg struct {
		What         string
		Err          error
		Requested    bool                 // the user asked for it: the next keys are not ignored
		About        session.ErrorContext // the session or the provider
		Diagnosis    *doctor.Diagnosis    // nil: it is made from Err and About
		Retry        tea.Cmd              // repeats the action; nil: not possible
		SignInValues map[string]string    // the inputs of a sign-in that would help
	}
	// WaitMsg asks the root to count down and then to run Do; the user can cancel it.
	WaitMsg struct {
		What string
		For  time.Duration
		Do   tea.Cmd
	}
	// ChooseSessionMsg asks the user to select another session.
	ChooseSessionMsg struct{ Why string }
	// ProviderMsg asks to show a provider. Target is the name of a profile, or an issuer.
	ProviderMsg struct{ Target string }
	// RefreshMsg asks to refresh a session's tokens.
	RefreshMsg struct{ Session vault.Meta }
	// CopyMsg asks the root to copy Secret, or else Text. What names it in the notice ("access token").
	CopyMsg struct {
		What   string
		Text   string
		Secret tokens.Secret
	}
	// ConfirmMsg asks the user before an action that cannot be undone. Letter confirms; it must differ from the key
	// that asked. Do runs when confirmed.
	ConfirmMsg struct {
		Title  string
		Text   string
		Letter string
		Do     tea.Cmd
	}
	// ChooseMsg asks the user to choose one of the items; Choose returns the command for its index.
	ChooseMsg struct {
		Title  string
		Items  []widget.Item
		Choose func(i int) tea.Cmd
	}
	// SignInMsg asks to show the form of a new sign-in with values filled in: those of the session, and what an API
	// asks for. Values that the grant does not declare are left out. A Session without an ID means the form of the last
	// run. Change is what an action of a diagnosis changes: see doctor.Action.
	SignInMsg struct {
		Session vault.Meta
		Values  map[string]string
		Change  map[string]string
		Draft   *session.Draft // prepared elsewhere; nil: Session and Values are used
		Why     string         // one sentence for the user
	}
	// RejectedCallMsg is broadcast to show in the Token pane why a call was rejected. Token is the one that was sent
	// where it belongs to no session; zero: the selected session's access token.
	RejectedCallMsg struct {
		Exchange wire.Exchange
		Token    tokens.Secret
	}
	// CallWithTokenMsg is broadcast to have the Calls pane use a token of no session for the next call. Name describes
	// it: "made here".
	CallWithTokenMsg struct {
		Token tokens.Secret
		Name  string
	}
)
