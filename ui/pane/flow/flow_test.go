package flow

import (
	"errors"
	"fmt"
	"github.com/charmbracelet/x/ansi"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/muesli/termenv"

	"fob/flows"
	"fob/flows/explain/doctor"
	"fob/flows/export"
	"fob/flows/profile"
	"fob/flows/session"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/pane/internal/panetest"
	"fob/ui/theme"
)

var start = time.Date(2026, 11, 21, 21, 10, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return start.Add(d) }

// onRun is a pane that shows a run with the steps, as if it had gone on for twelve seconds.
func onRun(t *testing.T, g flows.Grant, steps ...flows.Step) *Pane {
	t.Helper()
	ctx := panetest.Context(t, func() time.Time { return at(12 * time.Second) },
		profile.Profile{Name: "acme-dev", Issuer: "https://login.acme.example", ClientID: "desk"})
	p := New(ctx)
	p.stage = running
	p.form = &loginForm{}
	p.form.open(ctx, p.chooser.profile, g, nil)
	p.shown = newRunView(ctx, &run{grant: g, started: start, steps: steps, redirect: make(chan string, 1),
		request: session.LoginRequest{Profile: "acme-dev"}})
	return p
}

func exchange(status int) *wire.Exchange {
	return &wire.Exchange{ID: 1, Purpose: "token endpoint", Started: start,
		Request:  wire.Message{Method: "POST", URL: "https://login.acme.example/token"},
		Response: &wire.Message{Status: status, Proto: "HTTP/1.1"}, Timing: wire.Timing{Total: 42 * time.Millisecond}}
}

func codeSteps() []flows.Step {
	passed := tokens.CheckState.Pass("sha256:ab12cd34 43 B", "sha256:ab12cd34 43 B")
	return []flows.Step{
		{At: at(0), From: flows.Fob, To: flows.AuthorizationServer, Title: "Read the server's metadata",
			Meaning: "It says where the endpoints are.", Spec: "RFC 8414 3", Exchange: exchange(200)},
		{At: at(time.Second), From: flows.Fob, To: flows.Browser,
			Title: "Send the browser to the authorization endpoint", Meaning: "The person signs in there.",
			Spec: "RFC 6749 4.1.1"},
		{At: at(9 * time.Second), From: flows.Browser, To: flows.Fob, Title: "The browser brings back a code (query)",
			Meaning: "A claim ticket.", Spec: "RFC 6749 4.1.2"},
		{At: at(9 * time.Second), From: flows.Fob, To: flows.Fob, Title: "Check state: passed",
			Meaning: "The state came back as it was sent.", Spec: passed.Spec, Check: &passed},
		{At: at(10 * time.Second), From: flows.Fob, To: flows.AuthorizationServer, Title: "Trade the code for tokens",
			Meaning: "The token endpoint is asked directly.", Spec: "RFC 6749 4.1.3", Exchange: exchange(200)},
	}
}

func TestWaitingRunShowsThePageToOpen(t *testing.T) {
	steps := codeSteps()[:2]
	url := "https://login.acme.example/authorize?" + strings.Repeat("parameter=value&", 20)
	steps[1].Prompt = &flows.Prompt{URL: url, OpenErr: "no browser was found", CanPaste: true}
	p := onRun(t, flows.AuthorizationCode, steps...)
	panetest.Golden(t, "waiting", p)
	panetest.Sizes(t, "waiting", p)
	plain := p.FullWidth(60)
	if len(plain) < 2 {
		t.Fatalf("got %q, want the URL over several lines", plain)
	}
	for _, l := range plain {
		if !strings.Contains(l, "\x1b]8;;"+url) {
			t.Errorf("got %q, want each line to be a link to the whole URL", l)
		}
	}
}

func TestADeviceRunShowsItsCode(t *testing.T) {
	p := onRun(t, flows.DeviceAuthorization, flows.Step{At: at(0), From: flows.Fob, To: flows.You,
		Title: "Open the page and enter the code", Meaning: "On any device.", Spec: "RFC 8628 3.3",
		Prompt: &flows.Prompt{URL: "https://acme.example/device",
			CompleteURL: "https://acme.example/device?code=BDWP-HQPK", ShownCode: "BDWP-HQPK",
			UserCode: tokens.NewGuessable("BDWP-HQPK"), ExpiresAt: at(5 * time.Minute)}})
	p.shown.prompts.qr = true
	panetest.Sizes(t, "device", p)
	view := p.View(110, 40)
	for _, want := range []string{"BDWP-HQPK", "04:48", "▀"} {
		if !strings.Contains(view, want) {
			t.Errorf("got\n%s\nwant %q in it", view, want)
		}
	}
	p.Do(keys.FlowQR)
	if view := p.View(110, 40); strings.Contains(view, "▀") {
		t.Errorf("got\n%s\nwant no QR code any more", view)
	}
}

// The smallest screen shows the whole code and the whole address, before everything else.
func TestCodeAndAddressAreNeverCut(t *testing.T) {
	device := func(url, code string) *Pane {
		prompt := &flows.Prompt{URL: url, ShownCode: code, UserCode: tokens.NewGuessable(code)}
		prompt.ExpiresAt = at(5 * time.Minute)
		step := flows.Step{At: at(0), From: flows.Fob, To: flows.You, Title: "Open the page", Prompt: prompt}
		return onRun(t, flows.DeviceAuthorization, step)
	}
	if view := device("https://acme.example/device", "BDWP-HQPK").View(36, 5); !strings.Contains(view,
		"ends in 04:48") {
		t.Errorf("got\n%s\nwant the whole countdown", view)
	}
	if view := device("https://acme.example/device", "BDWP-HQPK").View(42, 5); !strings.Contains(view,
		"ctrl+c cancels") {
		t.Errorf("got\n%s\nwant the key that cancels", view)
	}
	flat := func(lines []string) string {
		var b strings.Builder
		for _, l := range lines {
			b.WriteString(strings.TrimSpace(ansi.Strip(l)))
		}
		return b.String()
	}
	// The pane has three lines within its border here.
	p := device("https://acme.example/device", "BDWP-HQPK")
	if view := ansi.Strip(p.View(36, 3)); !strings.Contains(view, "BDWP-HQPK") {
		t.Errorf("got\n%s\nwant the code in it", view)
	}
	for _, length := range []int{10, 200, 340, 500, 2000} {
		url := "https://acme.example/device?" + strings.Repeat("0123456789", length/10)
		p := device(url, "BDWP-HQPK")
		seen := map[string]bool{}
		var all string
		for range 100 {
			lines := p.FullScreen(40, 10)
			if len(lines) > 10 {
				t.Fatalf("%d lines on a screen of 10", len(lines))
			}
			if p.shown.prompts.hidden == 0 {
				all = flat(lines)
				break
			}
			if len(seen) == 0 && !strings.Contains(lines[0], "BDWP-HQPK") {
				t.Errorf("got %q first, want the code", lines[0])
			}
			if last := p.shown.prompts.scroll == p.shown.prompts.hidden; last || len(seen) == 0 {
				all += flat(lines[:9])
			} else {
				all += flat(lines[8:9])
			}
			seen[lines[0]] = true
			if p.shown.prompts.scroll == p.shown.prompts.hidden {
				break
			}
			p.Do(keys.Down)
		}
		for _, part := range []string{"BDWP-HQPK", url[:30], url[len(url)-30:]} {
			if !strings.Contains(all, part) {
				t.Errorf("%d characters: got %q, want %q in it", len(url), all, part)
			}
		}
		if length <= 340 && !strings.Contains(all, url) {
			t.Errorf("%d characters: got %q, want the address at once", len(url), all)
		}
	}
}

func TestTheEndOfARun(t *testing.T) {
	p := onRun(t, flows.AuthorizationCode, codeSteps()...)
	p.shown.run.done, p.shown.run.ended = true, at(10*time.Second)
	p.shown.run.result = session.Result{
		Set: tokens.Set{AccessToken: tokens.NewSecret("access"), RefreshToken: tokens.NewSecret("refresh")},
		Meta: vault.Meta{ID: "abc", Label: "alice", Scope: "openid api:read", ExpiresAt: at(2 * time.Minute),
			Ledger: tokens.Ledger{tokens.CheckState.Pass("a", "a"),
				tokens.CheckScope.Fail("openid api:read api:write", "openid api:read", "api:write was not granted")}},
	}
	panetest.Golden(t, "done", p)
	panetest.Sizes(t, "done", p)

	p.shown.run.result.StoreErr = errors.New("storing the record in the keyring: the keyring is locked; unlock it " +
		"and try again")
	panetest.Golden(t, "unstored", p)
	panetest.Sizes(t, "unstored", p)
	if why := p.Disabled(keys.FlowKeep); why != "" {
		t.Errorf("storing again cannot be chosen: %s", why)
	}
}

func TestRejectionShowsTheProvidersDescription(t *testing.T) {
	p := onRun(t, flows.AuthorizationCode, codeSteps()...)
	p.shown.run.done, p.shown.run.ended = true, at(10*time.Second)
	p.shown.run.err = &flows.OAuthError{Code: "invalid_grant", Description: "the code was used \x1b[31mtwice",
		Status:   400,
		Endpoint: "token", URL: "https://login.acme.example/token"}
	panetest.Golden(t, "refused", p)
	panetest.Sizes(t, "refused", p)
	if view := p.View(110, 30); strings.Contains(view, "\x1b[31m") {
		t.Errorf("a sequence from the server reaches the terminal:\n%q", view)
	}
}

// However much was sent, and however small the screen, it says why the run failed and what to do.
func TestFailureShowsCauseAndNextStepAtEverySize(t *testing.T) {
	refused := &flows.OAuthError{Code: "invalid_grant", Description: "no", Status: 400, Endpoint: "token"}
	for i := range 30 {
		refused.Sent = append(refused.Sent, wire.Field{Name: fmt.Sprint("parameter_", i), Value: "value"})
	}
	for name, err := range map[string]error{
		"refused": refused,
		"unheard": &wire.Error{Method: "GET", URL: "http://127.0.0.1:1/a/rather/long/address/of/the/metadata",
			Err:   io.EOF,
			Phase: wire.PhaseConnect, Hint: "Nothing listens there. Is it running, and is the port right?"},
	} {
		p := onRun(t, flows.AuthorizationCode, codeSteps()...)
		p.shown.run.done, p.shown.run.ended, p.shown.run.err = true, at(10*time.Second), err
		for _, size := range [][2]int{{50, 20}, {36, 6}, {118, 36}} {
			view := p.View(size[0], size[1])
			for _, want := range []string{"did not work", "why", "next"} {
				if size[1] > 30 && want == "next" {
					want = "what to do next"
				}
				if !strings.Contains(view, want) {
					t.Errorf("%s at %v: got\n%s\nwant %q in it", name, size, view, want)
				}
			}
			if strings.Contains(view, "parameter_1") || strings.Contains(view, "EOF") {
				t.Errorf("%s at %v: got\n%s\nwant the details folded", name, size, view)
			}
		}
	}
}

func TestEveryDeclaredInputIsOnTheForm(t *testing.T) {
	for _, g := range flows.Grants() {
		form := loginForm{grant: g}
		names := map[string]bool{}
		for _, f := range form.fields() {
			names[f.Name] = true
		}
		for _, in := range g.Inputs {
			if !names[in.Name] {
				t.Errorf("%s: got no field for the declared input %s", g.ID, in.Name)
			}
		}
		for _, name := range []string{fieldIssuer, fieldClient, fieldSecret} {
			if !names[name] {
				t.Errorf("%s without a profile: got no field %s", g.ID, name)
			}
		}
	}
}

// toy is a grant whose form does not change when the real ones gain inputs.
var toy = flows.Grant{ID: "toy", Name: "Toy grant", Summary: "Hands out toys.", Spec: "RFC 9999 1",
	Inputs: []flows.Input{
		{Name: "scope", Label: "Scope", Help: "What is asked for.", Spec: "RFC 6749 3.3", Kind: flows.List,
			Default: "openid"},
		{Name: "colour", Label: "Colour", Kind: flows.Choice, Choices: []string{"red", "blue"}, Default: "red"},
		{Name: "loud", Label: "Loud", Kind: flows.Bool, Advanced: true},
	}}

func TestWithoutAProfileTheFormAsksForOne(t *testing.T) {
	p := New(panetest.Context(t, func() time.Time { return start }))
	if p.stage != choosingGrant {
		t.Fatalf("got stage %d, want the grants at once: there is no profile to choose", p.stage)
	}
	panetest.Sizes(t, "grants", p)
	p.chooser.grants = append([]flows.Grant{toy}, p.chooser.grants...)
	p.Do(keys.Open)
	panetest.Golden(t, "form", p)
	panetest.Sizes(t, "form", p)
	p.Update(tea.KeyMsg{Type: tea.KeyCtrlX})
	if p.stage != filling || p.form.form.Focused() != fieldIssuer {
		t.Errorf("got stage %d and focus %q, want the form to ask for the issuer", p.stage, p.form.form.Focused())
	}
	p.form.form.SetValue(fieldIssuer, "https://login.acme.example")
	p.form.form.SetValue(fieldClient, "desk")
	p.form.form.SetValue(fieldParams, "token.audience=one\ntoken.audience=two")
	r := p.form.request()
	if r.Issuer != "https://login.acme.example" || r.ClientID != "desk" || len(r.Params["token"]["audience"]) != 2 {
		t.Errorf("got %+v, want what was typed", r)
	}
	if !p.Back() || p.stage != choosingGrant {
		t.Errorf("got stage %d after esc, want the grants", p.stage)
	}
	p.Do(keys.Open)
	if got := p.form.form.Value(fieldClient); got != "desk" {
		t.Errorf("got client id %q, want what was typed before", got)
	}
}

func TestInvalidExtraParametersAreRejected(t *testing.T) {
	for _, text := range []string{"audience=x", "nowhere.a=b", "token.=b", "token"} {
		if _, err := parseParams(text); err == nil {
			t.Errorf("%q: got no error", text)
		}
	}
}

func TestRedirectIsAcceptedOnlyWhileExpected(t *testing.T) {
	steps := codeSteps()[:2]
	p := onRun(t, flows.AuthorizationCode, steps...)
	const answer = "http://127.0.0.1:9/callback?code=x&state=y"
	if _, taken := p.Paste(answer); taken {
		t.Error("a pasted URL was taken though no redirect is awaited")
	}
	steps[1].Prompt = &flows.Prompt{URL: "https://login.acme.example/authorize", CanPaste: true}
	p = onRun(t, flows.AuthorizationCode, steps...)
	if _, taken := p.Paste("eyJhbGciOiJub25lIn0.e30."); taken {
		t.Error("a token was taken for a redirect URL")
	}
	if _, taken := p.Paste(answer); !taken {
		t.Fatal("the redirect URL was not taken")
	}
	if got := <-p.shown.run.redirect; got != answer {
		t.Errorf("got %q handed to the run, want %q", got, answer)
	}
}

func TestAnArrowGoesFromOneLaneToTheOther(t *testing.T) {
	const heads = "You Browser fob Server API"
	if got := laneHeads(); got != heads {
		t.Fatalf("got heads %q, want %q", got, heads)
	}
	for _, c := range []struct {
		from, to flows.Actor
		want     string
	}{
		{flows.Fob, flows.AuthorizationServer, " │     │     ├────▶│    │ "},
		{flows.AuthorizationServer, flows.Fob, " │     │     │◀────┤    │ "},
		{flows.Fob, flows.You, " │◀──────────┤     │    │ "},
		{flows.Fob, flows.Fob, " │     │     ●     │    │ "},
		{flows.Fob, "no actor", " │     │     │     │    │ "},
	} {
		if got := laneRow(c.from, c.to); got != c.want || len([]rune(got)) != len(heads) {
			t.Errorf("%s to %s:\n got %q\nwant %q", c.from, c.to, got, c.want)
		}
	}
}

func TestRelatedStepsAreOneLine(t *testing.T) {
	pass, skip := tokens.CheckState.Pass("a", "a"), tokens.CheckACR.Skip("it was not asked for")
	fail := tokens.CheckNonce.Fail("a", "b", "they differ")
	check := func(c tokens.Check) flows.Step { return flows.Step{Title: "Check " + string(c.ID), Check: &c} }
	poll := func(n int, status int, err string) flows.Step {
		return flows.Step{Title: fmt.Sprintf("Ask whether it is done (%d)", n), Exchange: exchange(status), Err: err}
	}
	steps := []flows.Step{{Title: "Begin"}, poll(1, 400, ""), poll(2, 400, ""), poll(3, 400, ""),
		poll(4, 500, "the server is overloaded"), poll(5, 200, ""),
		check(pass), check(skip), check(fail), check(pass)}
	for _, c := range []struct {
		name string
		open map[int]bool
		want []string
	}{
		{"folded", nil, []string{"Begin", "Ask whether it is done", "Ask whether it is done (4)",
			"Ask whether it is done (5)",
			"1 check passed, 1 skipped", fail.Title, pass.Title}},
		{"the checks unfolded, counted from the run's start", map[int]bool{106: true},
			[]string{"Begin", "Ask whether it is done",
				"Ask whether it is done (4)", "Ask whether it is done (5)", "1 check passed, 1 skipped", pass.Title,
				skip.Title, fail.Title, pass.Title}},
	} {
		var got []string
		for _, e := range fold(steps, 100, c.open) {
			got = append(got, e.title())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestAGroupUnfoldsAndFolds(t *testing.T) {
	pass := tokens.CheckState.Pass("a", "a")
	p := onRun(t, toy, flows.Step{Title: "Begin"}, flows.Step{Check: &pass}, flows.Step{Check: &pass})
	for _, c := range []struct {
		do    keys.Action
		lines int
		at    int
	}{{keys.Open, 4, 1}, {keys.Down, 4, 2}, {keys.Left, 2, 1}, {keys.Right, 4, 1}, {keys.Open, 2, 1}} {
		p.shown.steps.follow = false
		p.Do(c.do)
		if len(p.shown.steps.entries) != c.lines || p.shown.steps.table.Cursor() != c.at {
			t.Errorf("after %s: got %d lines and the cursor on %d, want %d and %d", c.do, len(p.shown.steps.entries),
				p.shown.steps.table.Cursor(), c.lines, c.at)
		}
	}
}

func TestRemedyIsFilledIn(t *testing.T) {
	p := onRun(t, flows.ClientCredentials, codeSteps()[:1]...)
	p.shown.run.done = true
	p.shown.run.err = &flows.OAuthError{Code: "unauthorized_client", Status: 400, Endpoint: "token",
		URL: "https://login.acme.example/token"}
	for _, c := range []struct {
		do    map[string]string
		field string
		want  string
	}{
		{map[string]string{doctor.DoAuthMethod: "client_secret_post"}, fieldMethod, "client_secret_post"},
		{map[string]string{doctor.DoInput: "scope=api:read"}, "scope", "api:read"},
		{map[string]string{doctor.DoSetting: "scope=openid"}, "scope", "openid"},
		{map[string]string{doctor.DoDrop: "token.audience"}, fieldParams, "-token.audience"},
	} {
		p.stage = running
		p.Update(pane.SignInMsg{Change: c.do})
		if got := p.form.form.Value(c.field); got != c.want || p.stage != filling || p.form.form.Focused() != c.field {
			t.Errorf("%v: got %q, stage %d, focus %q; want the form with %q", c.do, got, p.stage, p.form.form.Focused(),
				c.want)
		}
	}
	if got := p.form.request().Params["token"]; got["audience"] == nil || len(got["audience"]) != 0 {
		t.Errorf("got parameters %v, want audience left out", got)
	}
	p.stage, p.shown.run.err = running, &flows.OAuthError{Code: "temporarily_unavailable", Status: 503,
		Endpoint: "token",
		URL:      "https://login.acme.example/token"}
	if m, ok := p.ShownError(); !ok || m.Retry == nil || m.About.Session.Grant != flows.ClientCredentials.ID {
		t.Errorf("got %+v, %t, want the error, its grant and the way to run it again", m, ok)
	}
}

func TestValuesThatAnAPIRequestsAreFilledIn(t *testing.T) {
	p := New(panetest.Context(t, func() time.Time { return start }, profile.Profile{Name: "acme-dev",
		Issuer: "https://login.acme.example", ClientID: "desk"}))
	p.Update(pane.SignInMsg{Session: vault.Meta{ID: "a", Profile: "acme-dev", Grant: flows.AuthorizationCode.ID,
		Scope: "openid"},
		Values: map[string]string{"acr_values": "gold", "max_age": "60", "no_such_input": "x"}})
	if p.stage != filling || p.form.grant.ID != flows.AuthorizationCode.ID || p.form.profile.Name != "acme-dev" {
		t.Fatalf("got stage %d, grant %q, profile %q; want the form of the session's grant", p.stage, p.form.grant.ID,
			p.form.profile.Name)
	}
	for name, want := range map[string]string{"acr_values": "gold", "max_age": "60", "scope": "openid"} {
		if got := p.form.form.Value(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestRunIsExported(t *testing.T) {
	t.Chdir(t.TempDir())
	p := onRun(t, flows.AuthorizationCode, codeSteps()...)
	ask := p.Do(keys.FlowExport)().(pane.ChooseMsg)
	if len(ask.Items) != 2*len(export.Formats()) {
		t.Fatalf("got %d choices, want each format to a file and to the clipboard", len(ask.Items))
	}
	if copied := ask.Choose(len(export.Formats()))().(pane.CopyMsg); !strings.Contains(copied.Text,
		"Trade the code for tokens") {
		t.Errorf("got %q copied, want the report", copied.Text)
	}
	d := panetest.NewDriver(t, p.ctx, p)
	d.Run(ask.Choose(0))
	d.Until("the report is written", func() bool { return len(d.Toasts)+len(d.Errors) > 0 })
	files, _ := filepath.Glob("fob-*.md")
	if len(files) != 1 {
		t.Fatalf("got files %q, toasts %q, errors %v; want one report", files, d.Toasts, d.Errors)
	}
	if info, err := os.Stat(files[0]); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v; want a file for its owner alone", info.Mode(), err)
	}
}

// A response that a flow expects, such as authorization_pending, is not an error on the screen.
func TestExpectedErrorResponseIsNotRed(t *testing.T) {
	p := onRun(t, toy)
	st := theme.NewFor("dark", true, false, termenv.TrueColor)
	p.ctx.Styles = st
	pending, refused := flows.Step{Exchange: exchange(400)}, flows.Step{Exchange: exchange(400), Err: "access_denied"}
	if got, want := (entry{steps: []flows.Step{pending}}).outcome(st), st.Dim.Render("400"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := (entry{steps: []flows.Step{refused}}).outcome(st), st.Bad.Render("400"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

var _ pane.FullWidthLines = (*Pane)(nil)
var _ pane.Paster = (*Pane)(nil)
var (
	_ pane.Canceller = (*Pane)(nil)
	_ pane.Runner    = (*Pane)(nil)
)
