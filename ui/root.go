package ui

import (
	"context"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/terminal"
	"fob/ui/widget"
)

// service is what the root itself asks of the use cases; the panes ask the rest.
type service interface {
	Sessions(ctx context.Context) ([]vault.Meta, error)
	ProbeVault(ctx context.Context) error
	VaultName() string
}

// copier puts text on the clipboard.
type copier interface {
	Copy(ctx context.Context, text string) (how string, err error)
}

// root is the one tea.Model. It owns the screen, the focus and what lies over the panes, and passes everything else on:
// each pane owns its own messages.
type root struct {
	ctx     *pane.Context
	svc     service
	copier  copier
	banner  string
	panes   []pane.Pane // the list of sessions first, then by their tabs
	focus   keys.Scope
	shown   keys.Scope // the pane in the main part: the focus, or what was before the list got it
	w, h    int
	modals  *widget.Stack
	toast   widget.Toast
	mouse   bool
	tabs    []tab // where the tabs were drawn last
	list    sessionList
	ticking int // number of the tick that is under way; 0: none
	ticks   int
	copied  tokens.Secret // what was copied last
	copies  *terminal.Copies

	toldOfTmux bool // that it keeps what is copied
	burst      burst
	suspend    func(suspension) tea.Cmd // gives the terminal back and takes it again
}

// sessionList is what the root knows of the sessions.
type sessionList struct {
	all      []vault.Meta
	read     bool
	selected vault.Meta
	wanted   string // id to select once the list holds it
	vault    string // "ok", "not working"; "" while it is found out

	counted    int64 // the second for which soon and over were counted
	soon, over int
}

// count says how many sessions are expiring and expired. It looks at all of them once a second, not once a frame.
func (l *sessionList) count(now time.Time) (soon, over int) {
	if l.counted != now.Unix() {
		l.counted, l.soon, l.over = now.Unix(), 0, 0
		for i := range l.all {
			switch tokens.Expiry(l.all[i].ExpiresAt, now) {
			case tokens.Expiring:
				l.soon++
			case tokens.Expired:
				l.over++
			}
		}
	}
	return l.soon, l.over
}

func newRoot(c Config, svc service, shared func() (*pane.Context, []pane.Pane), clip copier) *root {
	ctx, panes := shared()
	r := &root{ctx: ctx, svc: svc, copier: clip, banner: c.Banner, panes: panes, mouse: !c.NoMouse}
	r.copies = &terminal.Copies{}
	r.suspend = func(suspension) tea.Cmd { return nil }
	r.modals = widget.NewStack(ctx.Now)
	r.shown = keys.Token
	r.setFocus(keys.Sessions)
	return r
}

// Init implements tea.Model: what needs the disk or the vault is read after the first frame.
func (r *root) Init() tea.Cmd { return tea.Batch(r.reload(), r.probe()) }

// Update implements tea.Model. Keys, the mouse and requests of panes are the root's; everything else goes to every
// pane.
func (r *root) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := r.take(msg)
	return r, tea.Batch(cmd, r.settle(), r.wake())
}

// settle carries out what the panes have asked for.
func (r *root) settle() tea.Cmd {
	var cmds []tea.Cmd
	for msg := r.ctx.NextRequest(); msg != nil; msg = r.ctx.NextRequest() {
		cmds = append(cmds, r.take(msg))
	}
	return tea.Batch(cmds...)
}

func (r *root) take(msg tea.Msg) tea.Cmd {
	var cmd tea.Cmd
	switch m := msg.(type) {
	case tea.WindowSizeMsg:
		r.resize(m.Width, m.Height)
	case tea.KeyMsg:
		cmd = r.key(m)
	case tea.MouseMsg:
		cmd = r.click(m)
	case tickMsg:
		cmd = r.tick(m)
	case actionMsg:
		cmd = r.act(m.scope, m.action)
	case toastOverMsg:
		r.toast.Hide(m.n)
	case copiedMsg:
		cmd = r.afterCopy(m)
	case savedMsg:
		cmd = r.afterSave(m)
	case vaultMsg:
		cmd = r.afterProbe(m)
	case suspension:
		cmd = r.suspend(m)
	case resumedMsg:
		cmd = r.afterSuspend(m)
	case pane.SessionsMsg:
		cmd = r.takeSessions(m)
	case pane.SelectMsg:
		cmd = r.selectSession(m)
	case pane.FocusMsg:
		cmd = r.focusOn(m.Scope)
	case pane.InspectMsg:
		cmd = tea.Batch(r.broadcast(m), r.focusOn(keys.Token))
	case pane.ReloadMsg:
		cmd = r.reload()
	case pane.ToastMsg:
		cmd = r.say(m.Text)
	case pane.ErrorMsg:
		r.fail(m)
	case pane.CopyMsg:
		cmd = r.copy(m)
	case pane.WaitMsg:
		r.wait(m)
	case pane.ChooseSessionMsg:
		cmd = r.chooseSession(m)
	case pane.ProviderMsg:
		cmd = tea.Batch(r.focusOn(keys.Provider), r.broadcast(m))
	case pane.ChooseMsg:
		r.modals.Push(&widget.Picker{Title: m.Title, Items: m.Items, Choose: m.Choose})
	case pane.SignInMsg:
		cmd = tea.Batch(r.focusOn(keys.Flow), r.broadcast(m), r.say(m.Why))
	case pane.ConfirmMsg:
		r.modals.Push(&widget.Confirm{Title: m.Title, Text: m.Text, Letter: m.Letter, Do: m.Do})
	default:
		cmd = r.broadcast(msg)
	}
	return cmd
}

// View implements tea.Model.
func (r *root) View() string {
	if r.w <= 0 || r.h <= 0 {
		return ""
	}
	screen := r.screen()
	if !r.layout().Small { // a modal would cover the line that says what is needed
		screen = r.modals.View(r.ctx.Styles, screen, r.w, r.h)
	}
	return terminal.Clamp(screen, r.w, r.h)
}

func (r *root) resize(w, h int) { r.w, r.h = w, h }

// broadcast hands a message to every pane, visible or not.
func (r *root) broadcast(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, p := range r.panes {
		if cmd := p.Update(msg); cmd != nil {
			cmds = append(cmds, cmd)
		}
	}
	return tea.Batch(cmds...)
}

func (r *root) pane(s keys.Scope) pane.Pane {
	for _, p := range r.panes {
		if p.Scope() == s {
			return p
		}
	}
	return nil
}

func (r *root) focused() pane.Pane { return r.pane(r.focus) }

func (r *root) setFocus(s keys.Scope) {
	r.focus, r.ctx.Focus = s, s
	if s != keys.Sessions {
		r.shown = s
	}
}

// focusOn shows a pane, gives it the focus and tells everybody.
func (r *root) focusOn(s keys.Scope) tea.Cmd {
	if r.pane(s) == nil {
		return nil
	}
	r.setFocus(s)
	return r.broadcast(pane.FocusMsg{Scope: s})
}

// tickMsg is the root's own tick; panes get pane.TickMsg.
type tickMsg struct{ n int }

// wake starts a tick when something counts down and none is under way.
func (r *root) wake() tea.Cmd {
	if r.ticking != 0 {
		return nil
	}
	every := r.pace()
	if every == 0 {
		return nil
	}
	r.ticks++
	n := r.ticks
	r.ticking = n
	return tea.Tick(every, func(time.Time) tea.Msg { return tickMsg{n} })
}

func (r *root) tick(m tickMsg) tea.Cmd {
	if m.n != r.ticking {
		return nil
	}
	r.ticking = 0
	return tea.Batch(r.overdue(), r.broadcast(pane.TickMsg{Now: r.ctx.Now()}))
}

// pace is how often the screen must be drawn again though nothing happens: at the next full second while something
// counts down in seconds, once a minute for what changes by the minute, never for nothing.
func (r *root) pace() time.Duration {
	for _, p := range r.panes {
		if c, ok := p.(pane.Ticker); ok && c.NeedsTick() {
			return time.Second
		}
	}
	if r.counting() != nil {
		return time.Second
	}
	// "expired 40s ago" moves each second for a minute; days move slowly.
	const past, soon = time.Minute, 48 * time.Hour
	now, slow := r.ctx.Now(), false
	for i := range r.list.all {
		for _, at := range [2]time.Time{r.list.all[i].ExpiresAt, r.list.all[i].RefreshExpires} {
			if at.IsZero() {
				continue
			}
			if left := at.Sub(now); left > -past && left < soon {
				return now.Truncate(time.Second).Add(time.Second).Sub(now)
			}
			slow = true
		}
	}
	if slow {
		return time.Minute
	}
	return 0
}
