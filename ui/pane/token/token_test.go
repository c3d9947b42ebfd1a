package token

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"fob/tokens"
	"fob/tokens/vault"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/pane/internal/panetest"
)

func init() { time.Local = time.UTC }

var now = time.Date(2026, 11, 21, 21, 10, 0, 0, time.UTC)

func nowFunc() time.Time { return now }

func unsigned(payload string) tokens.Secret {
	enc := base64.RawURLEncoding.EncodeToString
	header := enc([]byte(`{"alg":"ES256","kid":"ec1","typ":"at+jwt"}`))
	return tokens.NewSecret(header + "." + enc([]byte(payload)) + "." + enc(make([]byte, 64)))
}

// pasted shows a token that was pasted.
func pasted(t *testing.T, raw tokens.Secret) *Pane {
	t.Helper()
	ctx := panetest.Context(t, func() time.Time { return now })
	p := New(ctx)
	d := panetest.NewDriver(t, ctx, p)
	d.Send(pane.InspectMsg{Raw: raw})
	d.Until("the token is inspected", func() bool { return p.shown.report != nil })
	return p
}

func TestPastedToken(t *testing.T) {
	p := pasted(t, unsigned(`{"iss":"https://login.acme.example","aud":"https://api.acme.example","sub":"alice",`+
		`"exp":1795295643,"iat":1795295000,"scope":"api:read profile"}`))
	panetest.Golden(t, "pasted", p)
	panetest.Sizes(t, "pasted", p)
	for range p.views() {
		p.Do(keys.TokenView)
		panetest.Sizes(t, "pasted "+p.view, p)
	}
	if got := len(p.ctx.Service.Exchanges()); got != 0 {
		t.Errorf("got %d exchanges, want none: no request is sent without approval", got)
	}
	for _, a := range []keys.Action{keys.TokenRefresh, keys.TokenRevoke, keys.TokenNextKind} {
		if p.Disabled(a) == "" {
			t.Errorf("%s is offered for a token that belongs to no session", a)
		}
	}
}

// The head of a malformed token says what is wrong with it, and not how long it would be valid.
func TestHeadOfAMalformedTokenSaysWhy(t *testing.T) {
	whole := unsigned(`{"iss":"https://login.acme.example","exp":4000000000}`).Reveal()
	p := pasted(t, tokens.NewSecret(whole[:strings.LastIndex(whole, ".")]))
	_, why := p.shown.report.Verdict()
	if p.shown.report.Err == nil || why == "" {
		t.Fatalf("got the verdict %q, want a malformed token", why)
	}
	head := strings.Join(strings.Fields(ansi.Strip(strings.Join(p.head(110, 30), " "))), " ")
	if !strings.Contains(head, "broken: "+why) || strings.Contains(head, "expires in") {
		t.Errorf("got %q, want %q and no expiry in it", head, "broken: "+why)
	}
}

func TestDisabledDiscoveryOfAnOpaqueTokenNamesTheIssuer(t *testing.T) {
	p := pasted(t, tokens.NewSecret("2YotnFZFEjr1zCsicMWpAA"))
	if got := p.Disabled(keys.TokenDiscover); got != "it names no issuer" {
		t.Errorf("got %q, want that it names no issuer", got)
	}
}

func TestOpaqueTokenIsExplained(t *testing.T) {
	p := pasted(t, tokens.NewSecret("2YotnFZFEjr1zCsicMWpAA-2YotnFZFEjr1zCsicMWpAA"))
	panetest.Sizes(t, "opaque", p)
	if view := p.View(100, 30); !strings.Contains(view, "opaque") || strings.Contains(view, "2YotnFZ") {
		t.Errorf("got\n%s\nwant it explained and not shown", view)
	}
}

func TestRevealExpires(t *testing.T) {
	clock := now
	ctx := panetest.Context(t, func() time.Time { return clock })
	p := New(ctx)
	d := panetest.NewDriver(t, ctx, p)
	raw := unsigned(`{"sub":"alice"}`)
	d.Send(pane.InspectMsg{Raw: raw})
	d.Until("the token is inspected", func() bool { return p.shown.report != nil })
	p.Do(keys.TokenReveal)
	if view := p.View(100, 30); !strings.Contains(view, raw.Reveal()[:40]) {
		t.Fatalf("got\n%s\nwant the token", view)
	}
	clock = clock.Add(revealFor)
	if view := p.View(100, 30); strings.Contains(view, raw.Reveal()[:20]) {
		t.Errorf("got\n%s\nwant it masked when its time is over", view)
	}
	p.Update(maskMsg{until: p.reveal.until})
	if p.widgets.texts[viewRaw].Text() != "" {
		t.Error("the token is still in the window after it was masked")
	}
}

func TestResultOfAnotherSelectionIsDropped(t *testing.T) {
	ctx := panetest.Context(t, func() time.Time { return now })
	p := New(ctx)
	p.Update(pane.SelectedMsg{Meta: vault.Meta{ID: "a", Kinds: []tokens.Kind{tokens.Access}}})
	p.Update(readMsg{n: -1})
	if !p.loading.Running() {
		t.Error("a stale report ended the reading of the selected token")
	}
	p.Update(pane.SelectedMsg{})
	if p.loading.Running() {
		t.Error("the reading goes on though nothing is selected")
	}
	panetest.Golden(t, "empty", p)
	panetest.Sizes(t, "empty", p)
}

// While the next token is being read, nothing of the one before may be asked about.
func TestOldTokenIsHiddenWhileTheNextIsRead(t *testing.T) {
	p := pasted(t, unsigned(`{"iss":"https://login.acme.example","sub":"alice","exp":1795295643}`))
	for range p.views() {
		p.Do(keys.TokenView)
		p.Do(keys.Down)
		p.Update(pane.InspectMsg{Raw: unsigned(`{"sub":"bob"}`)})
		for _, b := range keys.In(keys.Token) {
			p.Disabled(b.Action)
		}
		if p.Disabled(keys.Open) == "" && p.shown.report == nil && p.view != viewLedger {
			t.Errorf("%s: a row of a token that is still being read can be opened", p.view)
		}
		if view := p.View(100, 30); strings.Contains(view, "alice") {
			t.Errorf("got\n%s\nwant nothing of the token before", view)
		}
		p.Do(keys.Open)
		p.View(100, 30)
	}
}

func TestLedgerView(t *testing.T) {
	ctx := panetest.Context(t, func() time.Time { return now })
	p := New(ctx)
	ledger := tokens.Ledger{
		tokens.CheckState.Pass("sha256:ab12cd34 43 B", "sha256:ab12cd34 43 B"),
		tokens.CheckScope.Fail("api:read api:write", "api:read", "api:write was not granted"),
		tokens.CheckACR.Skip("acr_values was not asked for"),
	}
	p.Update(pane.SelectedMsg{Meta: vault.Meta{ID: "a", Label: "alice", Kinds: []tokens.Kind{tokens.Access},
		Ledger: ledger}})
	p.view = viewLedger
	panetest.Golden(t, "ledger", p)
	p.Do(keys.Down)
	p.Do(keys.Open)
	panetest.Golden(t, "check", p)
	panetest.Sizes(t, "check", p)
	if !p.Back() || p.widgets.open {
		t.Error("esc does not close the check")
	}
}

func TestDisclosuresAreListed(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	disclosure := encode([]byte(`["c2FsdHNhbHRzYWx0c2FsdA","given_name","Alice"]`))
	sum := sha256.Sum256([]byte(disclosure))
	payload := `{"iss":"https://login.acme.example","_sd":["` + encode(sum[:]) + `"],"_sd_alg":"sha-256"}`
	jwt := encode([]byte(`{"alg":"ES256","typ":"dc+sd-jwt"}`)) + "." + encode([]byte(payload)) + ".c2ln"
	unused := encode([]byte(`["c2FsdHNhbHRzYWx0c2FsdA","family_name","A"]`))
	p := pasted(t, tokens.NewSecret(jwt+"~"+disclosure+"~"+unused+"~"))
	for range p.views() {
		if p.view == viewDisclosures {
			break
		}
		p.Do(keys.TokenView)
	}
	view := p.View(110, 30)
	for _, want := range []string{"[Disclosures]", "disclosed", "given_name", "Alice", "family_name", "unused",
		"location"} {
		if !strings.Contains(view, want) {
			t.Errorf("got\n%s\nwant %q in it", view, want)
		}
	}
	panetest.Sizes(t, "disclosures", p)
}

func TestRejectionIsExplainedWithAndWithoutResponse(t *testing.T) {
	p := pasted(t, unsigned(`{"iss":"https://login.acme.example","aud":"https://other.example","sub":"alice",`+
		`"exp":1795290000,"scope":"api:read"}`))
	d := panetest.NewDriver(t, p.ctx, p)
	d.Run(p.Do(keys.TokenWhy))
	d.Until("the causes are found", func() bool { return len(p.diagnosis.causes) > 0 })
	if p.diagnosis.causes[0].ID != "expired" || !strings.Contains(p.View(110, 30), "from the token only") {
		t.Errorf("got %+v\n%s\nwant expired first", p.diagnosis.causes, p.View(110, 30))
	}
	d.Run(p.Do(keys.TokenAnswer))
	d.Until("the answer is asked for", func() bool { return p.editor != nil })
	panetest.Sizes(t, "answer", p)
	answer := "HTTP/1.1 403 Forbidden\nWWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"api:write\"\n\n{}"
	p.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(answer), Paste: true})
	d.Run(p.Update(tea.KeyMsg{Type: tea.KeyCtrlX}))
	d.Until("the response is explained", func() bool {
		return len(p.diagnosis.causes) > 0 && p.diagnosis.causes[0].ID == "missing-scope"
	})
	panetest.Golden(t, "why", p)
	panetest.Sizes(t, "why", p)
}

func TestEveryViewIsReachedByName(t *testing.T) {
	p := pasted(t, unsigned(`{"iss":"https://login.acme.example","sub":"alice"}`))
	d := panetest.NewDriver(t, p.ctx, p)
	d.Run(p.Do(keys.TokenViews))
	d.Until("the views are listed", func() bool { return len(d.Chooses) == 1 })
	items := d.Chooses[0].Items
	if len(items) != len(allViews) {
		t.Fatalf("got %d views, want %d", len(items), len(allViews))
	}
	for i, item := range items {
		if item.Disabled != "" {
			continue
		}
		d.Run(d.Chooses[0].Choose(i))
		d.Until("the view "+item.Label, func() bool { return strings.Contains(p.View(60, 24), "["+item.Label+"]") })
	}
}

// What follows from a token is a table: every value starts in the same column.
func TestInUseIsAligned(t *testing.T) {
	p := pasted(t, unsigned(`{"iss":"https://login.acme.example","sub":"alice","exp":1795295643}`))
	p.view = viewUse
	for _, l := range useLines(p.ctx.Styles, p.shown.inUse(), now, 60) {
		if l = ansi.Strip(l); len(l) < 13 || l[10:12] != "  " || l[12] == ' ' {
			t.Errorf("got %q, want its value in column 12, behind \"revocation\"", l)
		}
	}
}

// An empty view names the key to go on with.
func TestEmptyViewsNameKeys(t *testing.T) {
	ctx := panetest.Context(t, nowFunc)
	empty := New(ctx).View(100, 30)
	for _, want := range []string{"n get a token", "p to paste one", "a to make one"} {
		if !strings.Contains(empty, want) {
			t.Errorf("got\n%s\nwant %q in it", empty, want)
		}
	}
	jwe := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RSA-OAEP","enc":"A256GCM"}`)) +
		".AAAA.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA"
	for raw, want := range map[string]string{jwe: "only the recipient, who has the private key", "x.y": "opaque",
		"gho_16C7e42F292c6912E7710c838347Ae178B4a": "Its format is known: GitHub"} {
		p := pasted(t, tokens.NewSecret(raw))
		if view := p.View(100, 30); !strings.Contains(view, want) || !strings.Contains(view, "w says why") {
			t.Errorf("%.10s: got\n%s\nwant %q and what to press", raw, view, want)
		}
	}
}

// A finding is marked beside its claim by a sign and in words, never by a color alone, also where meanings have no
// room.
func TestFindingsAreMarkedWithoutColor(t *testing.T) {
	p := pasted(t, unsigned(`{"sub":"alice","sub":"bob","exp":1795290000,"iat":1795289000}`))
	for _, width := range []int{50, 110} {
		view := p.View(width, 30)
		if !strings.Contains(view, "sub !") || !strings.Contains(view, "exp !") || strings.Contains(view, "iat !") {
			t.Errorf("at %d: got\n%s\nwant sub and exp marked", width, view)
		}
	}
	if view := p.View(110, 30); !strings.Contains(view, "  is there more than once") {
		t.Errorf("got\n%s\nwant the finding before the meaning", view)
	}
	signature := "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64))
	broken := pasted(t, tokens.NewSecret(strings.TrimSuffix(unsigned(`{"sub":"alice"}`).Reveal(), signature)))
	if lines := strings.Split(broken.View(110, 30), "\n"); !strings.Contains(strings.Join(lines[:6], "\n"), "broken:") {
		t.Errorf("got\n%s\nwant the position of the error at the top", strings.Join(lines, "\n"))
	}
}

// Where no cause was found the view says how much that means, and offers only what can be asked.
func TestNoCauseFoundIsQualified(t *testing.T) {
	for _, c := range []struct {
		name       string
		raw        tokens.Secret
		want, lack string
	}{
		{"unverified",
			unsigned(`{"iss":"https://i.example","sub":"alice","aud":"https://api.example","client_id":"c",` +
				`"jti":"1","iat":1795295000,"exp":1795299000}`), "its signature has not been verified", ""},
		{"with a fault", unsigned(`{"iss":"https://i.example","sub":"alice","iat":1795295000,"exp":1795299000}`),
			"wrong with the token: aud is missing", "Nothing is wrong"},
		{"opaque", tokens.NewSecret("gho_16C7e42F292c6912E7710c838347Ae178B4a"), "only its issuer can tell",
			"f verifies"},
	} {
		p := pasted(t, c.raw)
		d := panetest.NewDriver(t, p.ctx, p)
		d.Run(p.Do(keys.TokenWhy))
		d.Until("the causes were looked for", func() bool { return !p.diagnosis.work.Running() })
		view := p.View(100, 30)
		if !strings.Contains(view, c.want) || !strings.Contains(view, "i asks the issuer") ||
			c.lack != "" && strings.Contains(view, c.lack) {
			t.Errorf("%s: got\n%s\nwant %q in it, and no %q", c.name, view, c.want, c.lack)
		}
		if strings.Contains(c.name, "opaque") && !strings.Contains(view, "expiry unknown") {
			t.Errorf("%s: got\n%s\nwant the expiry unknown: it cannot be read here", c.name, view)
		}
	}
}

// Each row of a repeated claim shows its own value.
func TestRepeatedTimeShowsBothValues(t *testing.T) {
	view := pasted(t, unsigned(`{"exp":1795299000,"exp":"tomorrow"}`)).View(110, 30)
	if !strings.Contains(view, "tomorrow") || strings.Count(view, "exp !") != 2 {
		t.Errorf("got\n%s\nwant both values of exp", view)
	}
}

// Two tokens are side by side on a small screen too, with local times.
func TestComparisonOnASmallScreen(t *testing.T) {
	p := pasted(t, unsigned(`{"sub":"alice","exp":1795299000}`))
	d := panetest.NewDriver(t, p.ctx, p)
	d.Run(p.Do(keys.TokenCompare))
	d.Send(pane.InspectMsg{Raw: unsigned(`{"sub":"bob","exp":1795299300}`)})
	d.Until("the two are compared", func() bool { return len(p.comparison.changes) > 0 })
	d.Run(p.Do(keys.TokenCompare))
	d.Until("the changes are shown", func() bool { return p.view == viewChanges && len(p.comparison.changes) > 0 })
	view := p.View(52, 20)
	at := time.Unix(1795299300, 0).Local().Format("2 Jan 15:04")
	for _, want := range []string{"alice", "bob", at, "before", "that was marked"} {
		if !strings.Contains(view, want) {
			t.Errorf("got\n%s\nwant %q in it", view, want)
		}
	}
}

// A pasted text that is not a token is named, its secrets stay masked in every view, and no endpoint is asked about it.
func TestPastedSecretsAreNamedAndMasked(t *testing.T) {
	const secret = "S3CRET-0123456789-abcdef"
	for in, want := range map[string]string{
		`{"client_id":"a","client_secret":"` + secret + `"}`:                                "client configuration",
		"-----BEGIN PRIVATE KEY-----\n" + secret + "\n-----END PRIVATE KEY-----":            "private key in PEM",
		`{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA","d":"` + secret + `"}`:             "key, no token",
		"Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+secret)): "a name and a password",
		"API_URL=https://a.example\nCLIENT_SECRET=" + secret:                                "credentials",
	} {
		p := pasted(t, tokens.NewSecret(in))
		if view := p.View(100, 30); !strings.Contains(view, want) || !strings.Contains(view, "no token") {
			t.Errorf("got\n%s\nwant %q in it", view, want)
		}
		for _, name := range p.views() {
			p.show(name)
			if view := p.View(100, 30); strings.Contains(view, secret) || strings.Contains(view, "introspection") {
				t.Errorf("%s: got\n%s\nwant no secret in it, and no advice to ask about it", name, view)
			}
		}
		if p.Disabled(keys.TokenIntrospect) == "" || p.Disabled(keys.TokenCall) == "" {
			t.Errorf("%s: it can be sent as a token", want)
		}
	}
}

// A click selects the row that was drawn under it, also below the line of text above a table.
func TestClickSelectsTheRowUnderIt(t *testing.T) {
	p := pasted(t, unsigned(`{"iss":"https://login.acme.example","aud":"https://other.example","sub":"alice",`+
		`"exp":1795290000,"nbf":1795299000}`))
	d := panetest.NewDriver(t, p.ctx, p)
	d.Run(p.Do(keys.TokenWhy))
	d.Until("the causes are found", func() bool { return len(p.diagnosis.causes) > 1 })
	for name, row := range map[string]string{viewClaims: "aud", viewWhy: p.diagnosis.causes[1].Title} {
		p.show(name)
		table := p.widgets.tables[name]
		table.Select(0)
		for y, line := range strings.Split(p.View(110, 30), "\n") {
			if table.Cursor() == 0 && strings.Contains(line, row) {
				p.Update(pane.ClickMsg{Y: y})
			}
		}
		if table.Cursor() != 1 {
			t.Errorf("%s: got row %d after a click on %q, want 1", name, table.Cursor(), row)
		}
	}
}
