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

const doctorLong = `Check what fob needs on this machine, and print how to fix what does not work: the
profile file, the state folder, the vault, interrupted refreshes and sign-ins, the
browser, the terminal; with a PROFILE or an issuer also the provider and this
machine's clock.

The exit code is 0 unless a check fails: then it is that of the first failure
(2 profile file, 5 network, 6 invalid provider, 7 vault, else 1).`

// finding is the result of one check.
type finding struct {
	What  string `json:"what"`
	State string `json:"state"` // ok, warn, fail
	Says  string `json:"says"`
	Do    string `json:"do,omitempty"`
	err   error  // of a failure; determines the exit code
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
		Short:             "Check the setup of fob on this machine",
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
	vaultFinding := a.checkVault(ctx) // first: it fixes the permissions of the state folder
	list := []finding{a.checkConfig(ctx), a.checkState(), vaultFinding}
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

// checkState checks the folder with the metadata of the sessions: other users should not be able to read it.
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
			"other users can read %s (mode %04o): it contains no secrets, but shows where you sign in", dir,
			info.Mode().Perm())
	}
	return ok("state", "%s", dir)
}

func (a *app) checkVault(ctx context.Context) finding {
	store, err := a.vault()
	if err != nil {
		return fail("vault", "set FOB_VAULT to keyring or memory", err)
	}
	if err := store.Probe(ctx); err != nil {
		return fail("vault", "unlock or start the keyring", err)
	}
	if memoryVault(a) {
		return warn("vault", "", "memory: tokens are lost when the process ends")
	}
	return ok("vault", "%s: an item can be written, read and deleted", store.Backend())
}

// checkSessions reports damaged records, and deletes what a killed fob left partly written.
func (a *app) checkSessions(ctx context.Context) []finding {
	store, err := a.vault()
	if err != nil {
		return nil // reported already
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
			"could not be deleted: %v", err))
	case n == 1:
		list = append(list, ok("leftovers", "1 item of an interrupted write was deleted"))
	case n > 0:
		list = append(list, ok("leftovers", "%d items of interrupted writes were deleted", n))
	}
	return list
}

// checkInterrupted reports refreshes and sign-ins whose response was never stored.
func (a *app) checkInterrupted(ctx context.Context) []finding {
	svc, err := a.service(ctx)
	if err != nil {
		return nil // reported already
	}
	marks, err := svc.InterruptedMarks(ctx)
	if err != nil {
		return []finding{warn("interrupted", "", "cannot check for interrupted refreshes and sign-ins: %v", err)}
	}
	var list []finding
	for _, m := range marks {
		if m.Kind == vault.MarkCode {
			list = append(list, a.interruptedSignIn(svc, m))
			continue
		}
		meta, err := svc.Find(ctx, m.ID)
		problem := svc.CheckRefreshable(meta)
		if err != nil || problem == nil {
			continue
		}
		do := "sign in again"
		var unanswered *session.UnansweredError
		if errors.As(problem, &unanswered) && unanswered.CanRetry() {
			do += ", or send the refresh token once more: fob refresh " + m.ID + " --retry-refresh"
		}
		list = append(list, warn("refresh", do, "%v", problem))
	}
	return list
}

// interruptedSignIn reports a sign-in whose tokens were never stored, and deletes its mark, so that it is reported
// once.
func (a *app) interruptedSignIn(svc *session.Service, m vault.Mark) finding {
	what := "no valid response arrived"
	if m.Answered {
		what = "the tokens could not be stored"
	}
	do := "if in doubt, revoke the client's access in your account at the provider"
	if svc.ForgetMark(m) == nil {
		do += "; this is reported once"
	}
	return warn("sign-in", do,
		"a sign-in as %s at %s, %s: %s. The provider may have issued tokens that are stored nowhere",
		tokens.VisibleLine(m.ClientID), tokens.VisibleLine(m.Issuer), dateTime(m.BegunAt), what)
}

func (a *app) checkBrowser() finding {
	program, err := redirect.Available()
	if err != nil {
		return warn("browser", "use fob login --no-browser, or set BROWSER to a program that opens URLs", "%v", err)
	}
	return ok("browser", "%s", program)
}

// The smallest screen on which the workbench shows more than one pane.
const comfortableWidth, comfortableHeight = 80, 24

// terminalName returns the name of the terminal, and whether the workbench can draw on it. Windows consoles set no
// TERM.
func terminalName(term, goos string) (name string, supported bool) {
	if term == "" && goos == "windows" {
		return "the console", true
	}
	return term, term != "" && term != "dumb"
}

func (a *app) checkTerminal() finding {
	if !a.tty.in || !a.tty.out {
		return ok("terminal", "none: the workbench needs one, the other commands do not")
	}
	if a.tty.plain {
		return warn("terminal", "use Windows Terminal, or the console of Windows 10 or later",
			"this console does not support escape sequences: the workbench will look wrong")
	}
	term, supported := terminalName(a.getenv("TERM"), runtime.GOOS)
	if !supported {
		return warn("terminal", "set TERM to the type of your terminal, for example xterm-256color",
			"TERM is %q: the workbench will look wrong", term)
	}
	w, h := a.screen()
	text := fmt.Sprintf("%s, %d by %d", term, w, h)
	switch {
	case w < comfortableWidth || h < comfortableHeight:
		return warn("terminal", fmt.Sprintf("make it at least %d by %d", comfortableWidth, comfortableHeight),
			"%s: only one pane at a time is shown", text)
	case a.getenv("TMUX") != "":
		return ok("terminal", "%s, in tmux: copying needs `set -g set-clipboard on`", text)
	}
	return ok("terminal", "%s", text)
}

// checkProvider reads the provider's metadata and keys, and compares its clock with this machine's.
func (a *app) checkProvider(ctx context.Context, name string) []finding {
	svc, err := a.service(ctx)
	if err != nil {
		return []finding{fail("provider", "", err)}
	}
	view, err := svc.Provider(ctx, name)
	if err != nil {
		return []finding{fail("provider", "fob provider "+name+" shows details", err)}
	}
	list := []finding{ok("provider", "%s responds, and its metadata names the same issuer", view.Metadata.Issuer)}
	if view.KeysErr != nil {
		list = append(list, warn("keys", "id_tokens cannot be verified without keys", "%v", view.KeysErr))
	}
	return append(list, checkClock(svc))
}

// checkClock compares the Date header of the newest response with this machine's time when it arrived.
func checkClock(svc *session.Service) finding {
	var newest *wire.Exchange
	for _, x := range svc.Exchanges() {
		if x.Response != nil && !x.Response.Date.IsZero() {
			newest = &x
		}
	}
	if newest == nil {
		return warn("clock", "", "the provider's responses have no Date header to compare with")
	}
	ahead := newest.Started.Add(newest.Timing.Total).Sub(newest.Response.Date)
	// A Date has a resolution of one second.
	if ahead > -time.Second && ahead < 2*time.Second {
		return ok("clock", "agrees with the provider's")
	}
	direction := "ahead of"
	if ahead < 0 {
		direction, ahead = "behind", -ahead
	}
	text := fmt.Sprintf("%s %s the provider's", ahead.Round(time.Second), direction)
	if ahead > tokens.DefaultSkew {
		return warn("clock", "set this machine's clock: tokens will appear expired or not yet valid", "%s", text)
	}
	return ok("clock", "%s, within the tolerance", text)
}
