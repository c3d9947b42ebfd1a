package ui

import (
	"context"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/terminal"
	"fob/ui/widget"
)

// service is what the root itself needs of the use cases; the panes use the rest.
type service interface {
	Sessions(ctx context.Context) ([]vault.Meta, error)
	ProbeVault(ctx context.Context) error
	VaultName() string
}

// root is the only tea.Model. It handles the screen, the focus and the dialogs over the panes, and passes everything
// else on: each pane handles its own messages.
type root struct {
	ctx     *pane.Context
	svc     service
	banner  string
	w, h    int
	panes   *paneSet
	tabs    *tabBar
	list    sessionList
	notices *notices
	clip    *clipboard
	ticks   ticker
	mouse   bool
	burst   burst
	suspend func(suspension) tea.Cmd // releases the terminal and takes it again
}

func newRoot(c Config, svc service, shared func() (*pane.Context, []pane.Pane), clip copier) *root {
	ctx, all := shared()
	panes := newPaneSet(ctx, all)
	return &root{ctx: ctx, svc: svc, banner: c.Banner, mouse: !c.NoMouse, panes: panes, tabs: &tabBar{panes: panes},
		notices: &notices{ctx: ctx, modals: widget.NewStack(ctx.Now)},
		clip:    &clipboard{copier: clip, files: &terminal.Copies{}},
		suspend: func(suspension) tea.Cmd { return nil },
	}
}

// Init implements tea.Model: disk and vault are read after the first frame.
func (r *root) Init() tea.Cmd { return tea.Batch(r.reload(), r.probeVault()) }

// Update implements tea.Model. The root handles keys, the mouse and requests of panes; all other messages are
// broadcast.
func (r *root) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := r.handle(msg)
	return r, tea.Batch(cmd, r.drainRequests(), r.ticks.scheduleTick(r.tickInterval()))
}

// drainRequests handles what the panes have requested.
func (r *root) drainRequests() tea.Cmd {
	var cmds []tea.Cmd
	for msg := r.ctx.NextRequest(); msg != nil; msg = r.ctx.NextRequest() {
		cmds = append(cmds, r.handle(msg))
	}
	return tea.Batch(cmds...)
}

func (r *root) handle(msg tea.Msg) tea.Cmd {
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
		cmd = r.runAction(m.scope, m.action)
	case toastOverMsg:
		r.notices.toast.Hide(m.n)
	case copiedMsg:
		cmd = r.reportCopy(m)
	case savedMsg:
		cmd = r.reportSave(m)
	case vaultMsg:
		cmd = r.reportVault(m.err)
	case suspension:
		cmd = r.suspend(m)
	case resumedMsg:
		cmd = r.resume(m)
	case pane.SessionsMsg:
		cmd = r.setSessions(m)
	case pane.SelectMsg:
		cmd = r.selectSession(m)
	case pane.FocusMsg:
		cmd = r.panes.focusOn(m.Scope)
	case pane.InspectMsg:
		cmd = tea.Batch(r.panes.broadcast(m), r.panes.focusOn(keys.Token))
	case pane.ReloadMsg:
		cmd = r.reload()
	case pane.ToastMsg:
		cmd = r.notices.showToast(m.Text)
	case pane.ErrorMsg:
		r.notices.showError(m)
	case pane.CopyMsg:
		cmd = r.copy(m)
	case pane.WaitMsg:
		r.notices.startCountdown(m)
	case pane.ChooseSessionMsg:
		cmd = r.chooseSession(m)
	case pane.ProviderMsg:
		cmd = tea.Batch(r.panes.focusOn(keys.Provider), r.panes.broadcast(m))
	case pane.ChooseMsg:
		r.notices.choose(m.Title, m.Items, m.Choose)
	case pane.SignInMsg:
		cmd = tea.Batch(r.panes.focusOn(keys.Flow), r.panes.broadcast(m), r.notices.showToast(m.Why))
	case pane.ConfirmMsg:
		r.notices.modals.Push(&widget.Confirm{Title: m.Title, Text: m.Text, Letter: m.Letter, Do: m.Do})
	default:
		cmd = r.panes.broadcast(msg)
	}
	return cmd
}

// View implements tea.Model.
func (r *root) View() string {
	if r.w <= 0 || r.h <= 0 {
		return ""
	}
	screen := r.screen()
	if !r.layout().Small { // a dialog would cover the line that says how small the terminal is
		screen = r.notices.modals.View(r.ctx.Styles, screen, r.w, r.h)
	}
	return terminal.Clamp(screen, r.w, r.h)
}

func (r *root) resize(w, h int) { r.w, r.h = w, h }

// tickMsg is the root's own tick; panes get pane.TickMsg.
type tickMsg struct{ n int }

// ticker numbers the ticks, so that only one is pending at a time.
type ticker struct{ pending, last int }

// scheduleTick starts a tick, unless one is pending or the interval is 0.
func (t *ticker) scheduleTick(interval time.Duration) tea.Cmd {
	if t.pending != 0 || interval == 0 {
		return nil
	}
	t.last++
	t.pending = t.last
	n := t.last
	return tea.Tick(interval, func(time.Time) tea.Msg { return tickMsg{n} })
}

func (r *root) tick(m tickMsg) tea.Cmd {
	if m.n != r.ticks.pending {
		return nil
	}
	r.ticks.pending = 0
	return tea.Batch(r.notices.finishCountdown(), r.panes.broadcast(pane.TickMsg{Now: r.ctx.Now()}))
}

// tickInterval is the time until the screen must be drawn again though nothing happens; 0 for never.
func (r *root) tickInterval() time.Duration {
	if r.panes.needTick() || r.notices.countdown() != nil {
		return time.Second
	}
	return r.list.tickInterval(r.ctx.Now())
}
