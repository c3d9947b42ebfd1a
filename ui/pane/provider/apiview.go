package provider

import (
	"cmp"
	"net/http"
	"strings"

	"fob/flows"
	prov "fob/flows/provider"
	"fob/tokens"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// view implements screen: the address, the requests, the metadata of the API, and the choice.
func (f *apiScreen) view(width, height int) []string {
	st := f.ctx.Styles
	if f.register != nil {
		return f.register.view(width, height)
	}
	lines := widget.WrapItems([]string{st.Strong.Render("Start from an API"), st.Dim.Render("RFC 9728")}, width, 3)
	if f.stage == enteringAddress {
		return f.viewAsking(lines, width)
	}
	lines = append(lines, widget.Clip(st.Label.Render("API  ")+tokens.VisibleLine(f.address.Value()), width))
	if f.stage == fetching {
		lines = append(append(lines, ""), f.stepLines(width)...)
		return append(lines, f.work.View(f.ctx))
	}
	facts := pane.FactLines(st, f.facts(height), width)
	choice := 6
	if t := f.table(); t != nil {
		choice = t.Total() + 5
	}
	if steps := f.stepLines(width); len(lines)+len(steps)+len(facts)+choice <= height {
		lines = append(append(lines, ""), steps...)
	}
	lines = append(append(append(lines, ""), facts...), "")
	return append(lines, f.viewChoice(width, max(3, height-len(lines)), len(lines))...)
}

func (f *apiScreen) viewAsking(lines []string, width int) []string {
	st := f.ctx.Styles
	const note = "An API, or an MCP server, names the authorization servers that issue tokens for it: fob calls it " +
		"without a token and follows its response."
	lines = append(lines, widget.WrapStyled(st.Dim, note, width)...)
	lines = append(lines, "", st.Label.Render("API  ")+f.address.View(st, max(1, width-5), true))
	lines = append(lines, inputErrorLines(f.ctx.Styles, f.inputErr, width)...)
	parts := []string{st.Key.Render("enter") + st.Dim.Render(" asks it")}
	if len(f.hints) > 0 {
		parts = append(parts, st.Key.Render("↓")+st.Dim.Render(" fills in one that is known here"))
	}
	lines = append(append(lines, ""), widget.WrapItems(append(parts, st.Key.Render("esc")+st.Dim.Render(" back")),
		width, 3)...)
	if f.err == nil {
		return lines
	}
	lines = append(append(lines, ""), f.stepLines(width)...)
	lines = append(lines, widget.WrapStyled(st.Bad, pane.Explain("Starting from the API", f.err).Title, width)...)
	if b, ok := keys.ByAction(keys.NewLogin); ok {
		lines = append(lines, "",
			st.Key.Render("esc "+b.Key())+" "+st.Dim.Render("signs in at a provider that you name"))
	}
	return lines
}

// inputErrorLines draws why the typed text is invalid.
func inputErrorLines(st *theme.Styles, wrong string, width int) []string {
	var lines []string
	if wrong == "" {
		return nil
	}
	for i, l := range widget.Wrap("! "+tokens.VisibleLine(wrong), max(1, width-7)) {
		if i > 0 {
			l = "  " + l
		}
		lines = append(lines, "     "+st.Bad.Render(l))
	}
	return lines
}

// stepLines draws the requests, each with its result.
func (f *apiScreen) stepLines(width int) []string {
	st := f.ctx.Styles
	var lines []string
	for _, s := range f.steps {
		answer := st.Bad.Render("failed")
		switch x := s.Exchange; {
		case x == nil:
		case s.To == flows.API && x.Response != nil && x.Response.Status == http.StatusUnauthorized:
			answer = st.Good.Render(pane.Status(x.Response.Status)) // the response that is expected without a token
		default:
			answer = pane.ExchangeStatus(st, x)
		}
		lines = append(lines, widget.Spread(widget.Clip("· "+s.Title, max(1, width-20)), answer, width))
	}
	return lines
}

// foundText says how the metadata of the API was found.
var foundText = map[string]string{
	prov.FromChallenge: "naming the metadata",
	prov.FromWellKnown: "with metadata at the well-known place",
	prov.FromHost:      "with metadata of the whole host",
}

// lowHeight is the height below which only the facts that matter for the choice are shown.
const lowHeight = 24

// facts describes the API, as far as there is room.
func (f *apiScreen) facts(height int) []pane.Fact {
	r, low := f.start.Resource, height < lowHeight
	list := []string{"response", pane.Status(r.Status) + ", " + foundText[r.Found], "resource", r.Resource}
	if !low {
		list = append(list, "name", r.Name)
	}
	for _, c := range r.Checks {
		if c.Outcome == tokens.Failed || c.Outcome == tokens.Warned {
			list = append(list, string(c.Outcome), c.Title+": "+c.Because)
		}
	}
	list = append(list, "scope", cmp.Or(f.start.Scope, "not stated"))
	if r.DPoPRequired {
		list = append(list, "tokens", "it accepts only those that are bound to a DPoP key (RFC 9449)")
	}
	if r.CertificateBound && !low {
		list = append(list, "tokens", "it accepts those bound to the client's certificate too (RFC 8705)")
	}
	if f.stage == choosingClient || f.stage == enteringID || f.stage == enteringDocument {
		list = append(list, "server", f.server.Issuer)
	}
	return pane.Facts(list...)
}

// viewChoice draws what is to be chosen or typed, in room lines, with above lines above them.
func (f *apiScreen) viewChoice(width, room, above int) []string {
	st := f.ctx.Styles
	work := f.work.View(f.ctx)
	switch f.stage {
	case enteringID:
		lines := []string{st.Label.Render("client ID  ") + f.id.View(st, max(1, width-11), true)}
		return append(append(lines, inputErrorLines(st, f.inputErr, width)...), work)
	case enteringDocument:
		lines := []string{st.Label.Render("URL  ") + f.url.View(st, max(1, width-5), true)}
		lines = append(lines, inputErrorLines(st, f.inputErr, width)...)
		note := "The URL of the client's metadata document: fob profile document make writes one."
		lines = append(lines, widget.WrapStyled(st.Dim, note, width)...)
		return append(lines, work)
	}
	t := f.table()
	t.Styles, f.tableTop = st, above
	note := f.note(width)
	rows := max(2, min(room-len(note)-1, t.Total()+1))
	lines := strings.Split(t.View(width, rows, f.ctx.Focused(keys.Provider)), "\n")
	if work != "" {
		return append(lines, "", work)
	}
	return append(append(lines, ""), note...)
}

// noteBelow is the width below which rows may be cut.
const noteBelow = 86

// note describes the row under the cursor.
func (f *apiScreen) note(width int) []string {
	st, i := f.ctx.Styles, f.table().Cursor()
	text, look := "", st.Dim
	switch {
	case i < 0:
	case f.stage == choosingServer && f.start.Servers[i].RejectReason != "":
		text, look = "It issues no tokens for this API: "+f.start.Servers[i].RejectReason, st.Warn
	case f.stage == choosingServer:
		text = "enter takes this one"
	case f.options[i].disabled != "":
		text, look = "Not now: "+f.options[i].disabled, st.Warn
	case width < noteBelow: // else the row has the whole text
		text = f.options[i].text
	}
	var lines []string
	lines = append(lines, widget.WrapStyled(look, tokens.VisibleLine(text), width)...)
	return lines
}

func (f *apiScreen) serverRow(i int) []widget.Cell {
	st, s := f.ctx.Styles, f.start.Servers[i]
	if s.RejectReason != "" {
		return []widget.Cell{{Text: tokens.VisibleLine(s.Issuer), Style: st.Dim},
			{Text: "unsupported", Style: st.Warn}, {}, {}}
	}
	clients := "none yet"
	if n := len(s.Profiles); n > 0 {
		clients = widget.Plural(n, "profile")
	}
	yes := func(on bool) widget.Cell {
		if on {
			return widget.Cell{Text: "yes", Style: st.Good}
		}
		return widget.Cell{Text: "not stated", Style: st.Dim}
	}
	return []widget.Cell{{Text: tokens.VisibleLine(s.Issuer), Style: st.Text}, {Text: clients, Style: st.Dim},
		yes(s.SupportsRegistration()), yes(s.SupportsClientDocuments())}
}

func (f *apiScreen) clientRow(i int) []widget.Cell {
	st, o := f.ctx.Styles, f.options[i]
	look := st.Text
	if o.disabled != "" {
		look = st.Dim
	}
	return []widget.Cell{{Text: tokens.VisibleLine(o.name), Style: look},
		{Text: tokens.VisibleLine(o.text), Style: st.Dim}}
}
