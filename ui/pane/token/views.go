package token

import (
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/keys"
	"fob/ui/pane"
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
	viewWhy           = "Why refused"
	viewRaw           = "Raw"
	viewIntrospection = "Introspection"
	viewUserinfo      = "Userinfo"
	viewIssuer        = "Issuer"
	viewRequest       = "Request" // one that waits: it has the pane and no tab
)

// view is one of the views: what it shows, and why the shown token has none; "" when it has it.
type view struct {
	name, help string
	unavailable    func(p *Pane) string
}

// allViews are the views in the order of their tabs.
var allViews = []view{
	{viewClaims, "what the token says, claim by claim, and what each means", func(*Pane) string { return "" }},
	{viewJSON, "header and content whole, in the token's own order and spelling", func(p *Pane) string {
		return unless(p.json != "", "there is nothing to read inside")
	}},
	{viewHeader, "the header's parameters and what each means", func(p *Pane) string { return unless(len(p.header) > 0, "it has no header") }},
	{viewSignature, "the verdict on signature and encryption, with the reason, the keys and the certificates", func(p *Pane) string {
		return unless(p.report != nil, "no token has been read")
	}},
	{viewUse, "what follows from it as an access token: revocation, size, privacy", func(p *Pane) string {
		return unless(p.inUse() != nil, "it is no access token")
	}},
	{viewFindings, "what is wrong with it or worth knowing, with the section of the spec", func(p *Pane) string {
		return unless(len(p.findings()) > 0, "nothing was found")
	}},
	{viewLedger, "the checks of the run that brought it", func(p *Pane) string { return unless(p.pasted.IsZero(), "no run of fob brought it") }},
	{viewDisclosures, "the claims that an SD-JWT discloses one by one", func(p *Pane) string {
		return unless(len(p.disclosures()) > 0, "it discloses nothing by itself")
	}},
	{viewChanges, "side by side with another token, claim by claim", func(p *Pane) string {
		_, ok := p.reference()
		return unless(ok, keyFor(keys.TokenCompare)+" marks a token to compare with")
	}},
	{viewWhy, "why an API refuses it: the causes, with the evidence for each", func(p *Pane) string {
		return unless(p.refusal != nil, keyFor(keys.TokenWhy)+" looks for the causes")
	}},
	{viewRaw, "the token itself, masked until it is revealed", func(*Pane) string { return "" }},
	{viewIntrospection, "what the issuer says of it", func(p *Pane) string { return p.notRequested(viewIntrospection, keys.TokenIntrospect) }},
	{viewUserinfo, "whose it is", func(p *Pane) string { return p.notRequested(viewUserinfo, keys.TokenUserinfo) }},
	{viewIssuer, "the metadata of the issuer that it names", func(p *Pane) string { return p.notRequested(viewIssuer, keys.TokenDiscover) }},
}

func unless(ok bool, why string) string {
	if ok {
		return ""
	}
	return why
}

func (p *Pane) notRequested(name string, a keys.Action) string {
	_, ok := p.response(name)
	return unless(ok, keyFor(a)+" asks")
}

// columns are those of the views that are tables.
func columns() map[string][]widget.Column {
	value, meaning := widget.Column{Title: "value", Min: 29, Flex: 2}, widget.Column{Title: "meaning", Min: 18, Flex: 3, Drop: 1}
	return map[string][]widget.Column{
		viewClaims: {{Title: "claim", Min: 10}, value, meaning},
		viewHeader: {{Title: "parameter", Min: 10}, value, meaning},
		viewFindings: {{Title: "severity", Min: 8}, {Title: "claim", Min: 10, Drop: 2}, {Title: "finding", Min: 36, Flex: 3},
			{Title: "spec", Min: 12, Flex: 1, Drop: 1}},
		viewLedger: {{Title: "outcome", Min: 8}, {Title: "check", Min: 40, Flex: 1}, {Title: "spec", Min: 22, Drop: 1}},
		viewChanges: {{Title: "", Min: 7}, {Title: "claim", Min: 9, Flex: 1}, {Title: "before", Min: 12, Flex: 3, Drop: 1},
			{Title: "after", Min: 12, Flex: 3}, {Title: "shift", Min: 10, Flex: 1, Drop: 2}},
		viewDisclosures: {{Title: "", Min: 9}, {Title: "claim", Min: 14, Flex: 1}, {Title: "value", Min: 20, Flex: 3},
			{Title: "stands at", Min: 14, Flex: 1, Drop: 1}},
		viewWhy: {{Title: "", Min: 8}, {Title: "cause", Min: 34, Flex: 3}, {Title: "seen by", Min: 30, Flex: 2, Drop: 1}},
	}
}

// nameWidth is the width of the column that names of claims stand in: as wide as they need, within what leaves room for
// what they say. A token with very many is judged by the first.
func nameWidth(rows []inspect.Row) int {
	const least, most, first = 10, 22, 500
	n := least
	for _, r := range rows[:min(len(rows), first)] {
		n = max(n, min(widget.Width(r.Name)+len(problemMark), most))
	}
	return n
}

// views are the names of those that the shown token has.
func (p *Pane) views() []string {
	var list []string
	for _, v := range allViews {
		if v.unavailable(p) == "" {
			list = append(list, v.name)
		}
	}
	return list
}

// table is the table of the shown view; nil when it shows text, or one row whole.
func (p *Pane) table() *widget.Table {
	if p.open || p.pending != nil || p.view == viewClaims && p.opaque() {
		return nil
	}
	return p.tables[p.view]
}

// text is the text of the shown view; nil when it shows a table, or lines.
func (p *Pane) text() *widget.TextWindow {
	switch {
	case p.pending != nil:
		return p.texts[viewRequest]
	case p.open && p.valueWindow.Text() != "":
		return p.valueWindow
	case p.open:
		return nil
	}
	return p.texts[p.view]
}

// opaque reports that the token has nothing to read inside.
func (p *Pane) opaque() bool { return p.report != nil && p.report.Payload == nil && len(p.rows) == 0 }

// show goes to a view.
func (p *Pane) show(name string) {
	p.mask()
	p.view, p.open = name, false
	p.scroll.Home()
}

// turn goes d views on.
func (p *Pane) cycleView(d int) {
	list := p.views()
	at := max(0, slices.Index(list, p.view))
	p.show(list[(at+d+len(list))%len(list)])
}

// chooseView lists all views with what each shows.
func (p *Pane) chooseView() tea.Cmd {
	items := make([]widget.Item, len(allViews))
	for i, v := range allViews {
		items[i] = widget.Item{Label: v.name, Text: v.help, Disabled: v.unavailable(p)}
	}
	return pane.Send(pane.ChooseMsg{Title: "Views of the token", Items: items, Choose: func(i int) tea.Cmd {
		p.ctx.Ask(showMsg{allViews[i].name})
		return nil
	}})
}

// showMsg goes to a view that was chosen.
type showMsg struct{ view string }

// raw is the token itself: a pasted one as it was pasted, else the session's; zero when none was read.
func (p *Pane) raw() tokens.Secret {
	switch {
	case !p.pasted.IsZero():
		return p.pasted
	case p.report != nil && p.report.Token != nil:
		return tokens.NewSecret(p.report.Token.Raw)
	}
	return tokens.Secret{}
}
