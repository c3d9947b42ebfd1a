package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/flows/redirect"
	"fob/flows/session"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/files"
	"fob/tokens/shell"
	"fob/tokens/vault"
)

const doctorLong = `Look at what fob needs here and say what works and what to do about the rest: the
profile file, the folder of the sessions, the vault, refreshes and sign-ins that
were cut off, the browser, the terminal; with a PROFILE or an issuer also the
provider and this machine's clock.

The exit code is 0 unless something fails: then it is that of the first failure
(2 profile file, 5 network, 6 a wrong provider, 7 vault, else 1).`

// finding is one line of doctor.
type finding struct {
	What  string `json:"what"`
	State string `json:"state"` // ok, warn, fail
	Says  string `json:"says"`
	Do    string `json:"do,omitempty"`
	err   error  // of a failure; decides the exit code
}

func ok(what, format string, args ...any) finding {
	return finding{What: what, State: "ok", Says: fmt.Sprintf(format, args...)}
}

func warn(what, do, format string, args ...any) finding {
	return finding{What: what, State: "warn", Says: fmt.Sprintf(format, args...), Do: do}
}

func fail(what, do string, err error) finding {
	return finding{What: what, State: "fail", Says: err.Error(), Do: do, err: err}
}

func (a *app) doctorCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:               "doctor [PROFILE|ISSUER]",
		Short:             "Say what works here and what to do about the rest",
		Long:              doctorLong,
		Example:           "  fob doctor\n  fob doctor acme --json",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeProfile,
		RunE: a.verb(func(ctx context.Context, args []string) error {
			return a.doctor(ctx, args, asJSON)
		}),
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (a *app) doctor(ctx context.Context, args []string, asJSON bool) error {
	works := a.checkVault(ctx) // first: it closes a state folder that is open to others
	list := []finding{a.checkConfig(ctx), a.checkState(), works}
	list = append(list, a.checkSessions(ctx)...)
	list = append(list, a.checkInterrupted(ctx)...)
	list = append(list, a.checkBrowser(), a.checkTerminal())
	if len(args) == 1 {
		list = append(list, a.checkProvider(ctx, args[0])...)
	}
	if err := a.printDoctor(list, asJSON); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, f := range list {
		if f.State == "fail" {
			return &exitError{code: exitCode(f.err)}
		}
	}
	return nil
}

func (a *app) printDoctor(list []finding, asJSON bool) error {
	if asJSON {
		return a.printJSON(list)
	}
	for _, f := range list {
		if _, err := fmt.Fprintf(a.stdout, "%-5s %-9s %s\n", f.State, f.What, tokens.Visible(f.Says)); err != nil {
			return err
		}
		if f.Do != "" {
			if _, err := fmt.Fprintf(a.stdout, "      %-9s -> %s\n", "", tokens.VisibleLine(f.Do)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *app) checkConfig(ctx context.Context) finding {
	file, err := a.allProfiles(ctx)
	if err != nil {
		return fail("profiles", "fob profile edit opens the file", err)
	}
	if _, err := os.Stat(file.Path()); errors.Is(err, fs.ErrNotExist) {
		return ok("profiles", "none yet (%s)", file.Path())
	}
	return ok("profiles", "%d in %s", len(file.List()), file.Path())
}

// checkState looks at the folder that holds what is known of the sessions: it is nobody else's business.
func (a *app) checkState() finding {
	dir, err := vault.DefaultDir(a.getenv)
	if err != nil {
		return fail("state", "set FOB_STATE to a folder of your own", err)
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ok("state", "no sessions yet (%s)", dir)
	case err != nil:
		return fail("state", "set FOB_STATE to a folder that you can read", err)
	case !info.IsDir():
		return fail("state", "set FOB_STATE to a folder", fmt.Errorf("%s is not a folder", dir))
	case len(a.exposed) > 0:
		return warn("state", "", "%s", strings.Join(a.exposed, "; "))
	case !files.OwnerOnly(info):
		return warn("state", "chmod 700 "+shell.Word(dir),
			"%s can be read by others (mode %04o): it holds no secret, but "+
				"says where you sign in", dir, info.Mode().Perm())
	}
	return ok("state", "%s", dir)
}

func (a *app) checkVault(ctx context.Context) finding {
	store, err := a.vault()
	if err != nil {
		return fail("vault", "set FOB_VAULT to keyring or memory", err)
	}
	if err := store.Probe(ctx); err != nil {
		return fail("vault", "unlock or start the keyring; FOB_VAULT=memory does without, for as long as fob runs", err)
	}
	if a.backend == nil && a.getenv("FOB_VAULT") == "memory" {
		return warn("vault", "", "memory: tokens end with the process that got them")
	}
	return ok("vault", "%s: an item can be written, read and deleted", store.Backend())
}

// checkSessions tells damaged records, and clears away what a killed fob left half written.
func (a *app) checkSessions(ctx context.Context) []finding {
	store, err := a.vault()
	if err != nil {
		return nil // told already
	}
	metas, damage := store.List(ctx)
	var list []finding
	if damage != nil {
		do := ""
		if errors.Is(damage, vault.ErrDamaged) {
			do = "fob logout removes a damaged session"
		}
		list = append(list, fail("sessions", do, damage))
	} else {
		list = append(list, ok("sessions", "%d", len(metas)))
	}
	if a.global.readOnly {
		return list
	}
	switch n, err := store.Sweep(ctx); {
	case err != nil:
		list = append(list, warn("leftovers", "run fob doctor again once the vault works",
			"could not be cleared away: %v", err))
	case n > 0:
		list = append(list, ok("leftovers", "%d items of writes that never ended were cleared away", n))
	}
	return list
}

// checkInterrupted tells of refreshes and sign-ins whose answer was never stored.
func (a *app) checkInterrupted(ctx context.Context) []finding {
	svc, err := a.service(ctx)
	if err != nil {
		return nil // told already
	}
	marks, err := svc.InterruptedMarks(ctx)
	if err != nil {
		return []finding{warn("cut off", "", "it cannot be told whether a refresh or a sign-in was cut off: %v", err)}
	}
	var list []finding
	for _, m := range marks {
		if m.Kind == vault.MarkCode {
			list = append(list, a.interruptedSignIn(svc, m))
			continue
		}
		meta, err := svc.Find(ctx, m.ID)
		trouble := svc.CheckRefreshable(meta)
		if err != nil || trouble == nil {
			continue
		}
		do := "sign in again"
		var unanswered *session.UnansweredError
		if errors.As(trouble, &unanswered) && unanswered.CanRetry() {
			do += ", or send it once more: fob refresh " + m.ID + " --retry-refresh"
		}
		list = append(list, warn("refresh", do, "%v", trouble))
	}
	return list
}

// interruptedSignIn tells once of a sign-in whose tokens nobody holds.
func (a *app) interruptedSignIn(svc *session.Service, m vault.Mark) finding {
	what := "the answer never arrived"
	if m.Answered {
		what = "the tokens could not be stored"
	}
	do := "if in doubt, end the access of the client in your account at the provider"
	if svc.ForgetMark(m) == nil {
		do += "; this is said once"
	}
	return warn("sign-in", do, "a sign-in as %s at %s, %s: %s. The provider may have granted tokens that nobody holds",
		tokens.VisibleLine(m.ClientID), tokens.VisibleLine(m.Issuer), dateTime(m.BegunAt), what)
}

func (a *app) checkBrowser() finding {
	program, err := redirect.Available()
	if err != nil {
		return warn("browser", "use fob login --no-browser, or set BROWSER to a program that opens a page", "%v", err)
	}
	return ok("browser", "%s", program)
}

// The smallest screen on which the workbench shows more than one pane.
const comfortableWidth, comfortableHeight = 80, 24

// terminalName is what the terminal is called, and whether the workbench can draw on it. Windows' consoles set no TERM.
func terminalName(term, goos string) (name string, fits bool) {
	if term == "" && goos == "windows" {
		return "the console", true
	}
	return term, term != "" && term != "dumb"
}

func (a *app) checkTerminal() finding {
	if !a.tty.in || !a.tty.out {
		return ok("terminal", "none: every verb runs, the workbench does not")
	}
	if a.tty.plain {
		return warn("terminal", "use Windows Terminal, or the console of Windows 10 or later",
			"this console knows no escape sequences: the workbench will look wrong")
	}
	term, fits := terminalName(a.getenv("TERM"), runtime.GOOS)
	if !fits {
		return warn("terminal", "set TERM to what your terminal is, for example xterm-256color",
			"TERM is %q: the workbench will look wrong", term)
	}
	w, h := a.screen()
	text := fmt.Sprintf("%s, %d by %d", term, w, h)
	switch {
	case w < comfortableWidth || h < comfortableHeight:
		return warn("terminal", fmt.Sprintf("make it at least %d by %d", comfortableWidth, comfortableHeight),
			"%s: one pane at a time fits", text)
	case a.getenv("TMUX") != "":
		return ok("terminal", "%s, in tmux: copying needs `set -g set-clipboard on` there", text)
	}
	return ok("terminal", "%s", text)
}

// checkProvider reads the provider's metadata and keys, and holds its clock against this machine's.
func (a *app) checkProvider(ctx context.Context, name string) []finding {
	svc, err := a.service(ctx)
	if err != nil {
		return []finding{fail("provider", "", err)}
	}
	view, err := svc.Provider(ctx, name)
	if err != nil {
		return []finding{fail("provider", "fob provider "+name+" says more", err)}
	}
	list := []finding{ok("provider", "%s answers and is the one that was asked", view.Metadata.Issuer)}
	if view.KeysErr != nil {
		list = append(list, warn("keys", "id_tokens cannot be verified without them", "%v", view.KeysErr))
	}
	return append(list, checkClock(svc))
}

// checkClock compares the Date of the newest answer with this machine's time when it came.
func checkClock(svc *session.Service) finding {
	var newest *wire.Exchange
	for _, x := range svc.Exchanges() {
		if x.Response != nil && !x.Response.Date.IsZero() {
			newest = &x
		}
	}
	if newest == nil {
		return warn("clock", "", "the provider's answers carry no Date: nothing to compare with")
	}
	ahead := newest.Started.Add(newest.Timing.Total).Sub(newest.Response.Date)
	// A Date is cut to the second, so less than that is nothing.
	if ahead > -time.Second && ahead < 2*time.Second {
		return ok("clock", "agrees with the provider's")
	}
	direction := "ahead of"
	if ahead < 0 {
		direction, ahead = "behind", -ahead
	}
	text := fmt.Sprintf("%s %s the provider's", ahead.Round(time.Second), direction)
	if ahead > tokens.DefaultSkew {
		return warn("clock", "set this machine's clock: tokens will seem expired or not valid yet", "%s", text)
	}
	return ok("clock", "%s, which does no harm", text)
}
