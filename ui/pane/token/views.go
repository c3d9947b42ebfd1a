package token

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// The views, by the names on their tabs.
const (
	viewClaims        = "Claims"
	viewJSON          = "JSON"
	viewHeader        = "Header"
	viewSignature     = "Signature"
	viewUse           = "In use"
	viewFindings      = "Findings"
	viewLedger        = "Ledger"
	viewDisclosures   = "Disclosures"
	viewChanges       = "Changes"
	viewWhy           = "Why rejected"
	viewRaw           = "Raw"
	viewIntrospection = "Introspection"
	viewUserinfo      = "Userinfo"
	viewIssuer        = "Issuer"
)

// view is one of the views: what it shows, and why it is missing for the shown token; "" when it is there.
type view struct {
	name, help  string
	unavailable func(p *Pane) string
}

func always(*Pane) string { return "" }

// allViews are the views in the order of their tabs.
var allViews = []view{
	{viewClaims, "the claims of the token, and what each means", always},
	{viewJSON, "header and content whole, in the token's own order and spelling", func(p *Pane) string {
		return unless(p.shown.json != "", "it has no content that can be read")
	}},
	{viewHeader, "the parameters of the header, and what each means", func(p *Pane) string {
		return unless(len(p.shown.header) > 0, "it has no header")
	}},
	{viewSignature, "the verdict on signature and encryption, with the reason, the keys and the certificates",
		func(p *Pane) string { return unless(p.shown.report != nil, "no token has been read") }},
	{viewUse, "what follows from using it as an access token: revocation, size, privacy", func(p *Pane) string {
		return unless(p.shown.inUse() != nil, "it is not an access token")
	}},
	{viewFindings, "what is wrong with it or worth knowing, with the section of the spec", func(p *Pane) string {
		return unless(len(p.shown.findings()) > 0, "there are no findings")
	}},
	{viewLedger, "the checks of the run that got it", func(p *Pane) string {
		return unless(p.shown.stored(), "no run of fob got it")
	}},
	{viewDisclosures, "the claims that an SD-JWT discloses one by one", func(p *Pane) string {
		return unless(len(p.shown.disclosures()) > 0, "it has no disclosures")
	}},
	{viewChanges, "side by side with another token, claim by claim", func(p *Pane) string {
		_, ok := p.comparison.reference(p.shown.tokenView)
		return unless(ok, keyFor(keys.TokenCompare)+" marks a token to compare with")
	}},
	{viewWhy, "why an API rejects it: the causes, with the evidence for each", func(p *Pane) string {
		return unless(p.diagnosis.refusal != nil, keyFor(keys.TokenWhy)+" looks for the causes")
	}},
	{viewRaw, "the token itself, masked until it is revealed", always},
	{viewIntrospection, "what the issuer knows about it", requested(viewIntrospection, keys.TokenIntrospect)},
	{viewUserinfo, "whose it is", requested(viewUserinfo, keys.TokenUserinfo)},
	{viewIssuer, "the metadata of the issuer that it names", requested(viewIssuer, keys.TokenDiscover)},
}

func unless(ok bool, why string) string {
	if ok {
		return ""
	}
	return why
}

// requested makes the view of a response available once there is one; a requests it.
func requested(view string, a keys.Action) func(p *Pane) string {
	return func(p *Pane) string {
		_, ok := p.online.response(view)
		return unless(ok, keyFor(a)+" asks")
	}
}

// columns are those of the views that are tables, by view.
func columns() map[string][]widget.Column {
	value := widget.Column{Title: "value", Min: 29, Flex: 2}
	meaning := widget.Column{Title: "meaning", Min: 18, Flex: 3, Drop: 1}
	return map[string][]widget.Column{
		viewClaims: {{Title: "claim", Min: 10}, value, meaning},
		viewHeader: {{Title: "parameter", Min: 10}, value, meaning},
		viewFindings: {{Title: "severity", Min: 8}, {Title: "claim", Min: 10, Drop: 2},
			{Title: "finding", Min: 36, Flex: 3}, {Title: "spec", Min: 12, Flex: 1, Drop: 1}},
		viewLedger: {{Title: "outcome", Min: 8}, {Title: "check", Min: 40, Flex: 1}, {Title: "spec", Min: 22, Drop: 1}},
		viewChanges: {{Title: "", Min: 7}, {Title: "claim", Min: 9, Flex: 1},
			{Title: "before", Min: 12, Flex: 3, Drop: 1}, {Title: "after", Min: 12, Flex: 3},
			{Title: "shift", Min: 10, Flex: 1, Drop: 2}},
		viewDisclosures: {{Title: "", Min: 9}, {Title: "claim", Min: 14, Flex: 1}, {Title: "value", Min: 20, Flex: 3},
			{Title: "location", Min: 14, Flex: 1, Drop: 1}},
		viewWhy: {{Title: "", Min: 8}, {Title: "cause", Min: 34, Flex: 3},
			{Title: "evidence", Min: 30, Flex: 2, Drop: 1}},
	}
}

// views are the names of the views that the shown token has.
func (p *Pane) views() []string {
	var list []string
	for _, v := range allViews {
		if v.unavailable(p) == "" {
			list = append(list, v.name)
		}
	}
	return list
}

// show goes to a view.
func (p *Pane) show(view string) {
	p.reveal.mask()
	p.view, p.widgets.open = view, false
	p.widgets.scroll.Home()
}

// nextView is the view d tabs after the shown one.
func nextView(list []string, shown string, d int) string {
	at := max(0, slices.Index(list, shown))
	return list[(at+d+len(list))%len(list)]
}

// chooseView lists all views with what each shows.
func (p *Pane) chooseView() tea.Cmd {
	items := make([]widget.Item, len(allViews))
	for i, v := range allViews {
		items[i] = widget.Item{Label: v.name, Text: v.help, Disabled: v.unavailable(p)}
	}
	return pane.Send(pane.ChooseMsg{Title: "Views of the token", Items: items, Choose: func(i int) tea.Cmd {
		p.ctx.Request(showMsg{allViews[i].name})
		return nil
	}})
}

// viewWidgets are the tables and texts of the views, by view, and where the user is in them.
type viewWidgets struct {
	tables map[string]*widget.Table
	texts  map[string]*widget.TextWindow
	scroll widget.Scroll      // of views that are lines, and of the open row
	top    int                // lines above the table at the last View
	open   bool               // the row under the cursor has the whole pane
	value  *widget.TextWindow // the value of the open row, if it is long
}

func newViewWidgets(st *theme.Styles) *viewWidgets {
	w := &viewWidgets{tables: map[string]*widget.Table{}, texts: map[string]*widget.TextWindow{},
		value: widget.NewTextWindow(st)}
	for view, columns := range columns() {
		w.tables[view] = widget.NewTable(st, columns...)
	}
	for _, view := range []string{viewJSON, viewRaw, viewIntrospection, viewUserinfo, viewIssuer} {
		w.texts[view] = widget.NewTextWindow(st)
	}
	return w
}

// fill puts a token into the tables and texts.
func (w *viewWidgets) fill(c *pane.Context, s *shownToken) {
	v := s.tokenView
	set := func(view string, rows []inspect.Row) {
		t := w.tables[view]
		t.SetRows(len(rows), func(i int) []widget.Cell { return v.claimCells(c, view, rows[i]) }, filterText(rows))
		t.SetMin(0, nameWidth(rows))
	}
	set(viewClaims, v.rows)
	set(viewHeader, v.header)
	disclosures, findings := v.disclosures(), v.findings()
	w.tables[viewDisclosures].SetRows(len(disclosures), func(i int) []widget.Cell {
		return disclosureCells(c.Styles, disclosures[i])
	}, nil)
	w.tables[viewFindings].SetRows(len(findings), func(i int) []widget.Cell {
		return findingCells(c.Styles, findings[i])
	}, nil)
	w.texts[viewJSON].SetText(v.json, widget.JSON)
	w.fillLedger(c, s.session.Ledger)
}

func (w *viewWidgets) fillLedger(c *pane.Context, ledger tokens.Ledger) {
	w.tables[viewLedger].SetRows(len(ledger), func(i int) []widget.Cell {
		return checkCells(c.Styles, ledger[i])
	}, nil)
}

// restyle sets the looks of everything.
func (w *viewWidgets) restyle(st *theme.Styles) {
	for _, t := range w.tables {
		t.Styles = st
	}
	for _, t := range w.texts {
		t.Styles = st
	}
	w.value.Styles = st
}

// active returns the table or the text of a view; neither where it is lines.
func (w *viewWidgets) active(view string) (*widget.Table, *widget.TextWindow) {
	switch {
	case w.open && w.value.Text() != "":
		return nil, w.value
	case w.open:
		return nil, nil
	}
	return w.tables[view], w.texts[view]
}

// openRow shows the row with that detail in the whole pane.
func (w *viewWidgets) openRow(d detail) {
	w.open = true
	w.scroll.Home()
	value := ""
	if len(d.value) > 0 {
		value = readable(d.value[:min(len(d.value), maxValue)])
		if len(d.value) > maxValue {
			value += "\n… " + pane.Size(len(d.value)-maxValue) + " more: the JSON view has all of it"
		}
	}
	w.value.SetText(value, widget.JSON)
}

// openBody draws the open row: its detail, and a long value whole.
func (w *viewWidgets) openBody(st *theme.Styles, d detail, width, height int) string {
	if w.value.Text() == "" {
		return w.scroll.View(st, d.lines(st, width), width, height)
	}
	d.level = ""
	d.facts = slices.DeleteFunc(slices.Clone(d.facts), func(f pane.Fact) bool { return f.Name == "value" })
	lines := d.lines(st, width)
	lines = append(lines[:min(len(lines), max(1, height/2-1))], "")
	return pane.Fit(append(lines, textView(st, w.value, width, height-len(lines))), width, height)
}

// textView draws a text with the position in it at the bottom, where not all of it is visible.
func textView(st *theme.Styles, t *widget.TextWindow, width, height int) string {
	if height < 3 {
		return t.View(width, height)
	}
	view := t.View(width, height-1)
	position := t.Position()
	if position == "" {
		return t.View(width, height)
	}
	return view + "\n" + widget.PadLeft(st.Key.Render("↑↓")+" "+st.Dim.Render(position), width)
}
