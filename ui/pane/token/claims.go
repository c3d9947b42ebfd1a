package token

import (
	"fmt"
	"strings"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// problemMark follows the name of a claim that has a finding.
const problemMark = " !"

// nameWidth is the width of the column of claim names: as wide as they need, within limits that leave room for the
// values. Only the first names of a token with very many are measured.
func nameWidth(rows []inspect.Row) int {
	const least, most, first = 10, 22, 500
	n := least
	for _, r := range rows[:min(len(rows), first)] {
		n = max(n, min(widget.Width(r.Name)+len(problemMark), most))
	}
	return n
}

// claimCells draws one claim. A time is drawn relative to the present.
func (v *tokenView) claimCells(c *pane.Context, view string, r inspect.Row) []widget.Cell {
	st := c.Styles
	value, meaning, note := r.Value, r.Meaning, r.Note
	if t, ok := v.timeOf(r); ok && view == viewClaims {
		value = localTime(t) + "  " + tokens.Relative(t.At, c.Now())
		note = timeNote(r, t)
	}
	name := tokens.VisibleLine(r.Name)
	if r.Level == "bad" || r.Level == "warning" { // the finding comes first, and the mark shows it where it is cut off
		name += problemMark
		meaning, note = note, meaning
	}
	if note != "" && meaning != "" {
		meaning += " · "
	}
	meaning += note
	style := st.Level(r.Level)
	if r.Level == "" {
		style = st.Dim
	}
	return []widget.Cell{{Text: name, Style: st.Accent}, {Text: tokens.VisibleLine(value), Style: st.Text},
		{Text: tokens.VisibleLine(meaning), Style: style}}
}

// timeNote is a time's note without its beginning: the relative time and the number at the time of reading. The value
// shows the present ones.
func timeNote(r inspect.Row, t inspect.Time) string {
	_, note, _ := strings.Cut(strings.TrimPrefix(r.Note, t.Relative+" · "), "; ")
	return note
}

// localTime is a time in this machine's zone.
func localTime(t inspect.Time) string { return t.At.Local().Format("2 Jan 2006 15:04:05") }

func findingCells(st *theme.Styles, f inspect.Finding) []widget.Cell {
	return []widget.Cell{{Text: string(f.Severity), Style: st.Level(string(f.Severity))},
		{Text: tokens.VisibleLine(f.Claim), Style: st.Accent},
		{Text: tokens.VisibleLine(f.Message), Style: st.Text}, {Text: f.Spec, Style: st.Dim}}
}

func checkCells(st *theme.Styles, c tokens.Check) []widget.Cell {
	return []widget.Cell{{Text: string(c.Outcome), Style: st.Level(string(c.Outcome))},
		{Text: tokens.VisibleLine(c.Title), Style: st.Text}, {Text: pane.ShortSpec(c.Spec), Style: st.Dim}}
}

// opaqueText says why the token has no content that can be read.
func (s *shownToken) opaqueText() string {
	r := s.report
	sentence := func(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }
	switch d := r.Decryption; {
	case r.Kind == inspect.KindNothing:
		return "There is no token in what was pasted."
	case s.noToken() != "":
		return sentence(s.noToken())
	case d != nil && d.Verdict != tokens.Good && r.IsSymmetricJWE():
		return sentence(d.Reason)
	case d != nil && d.Verdict == tokens.Good:
		return "This token is encrypted, and its content is not a JSON object: the JSON view shows it unchanged."
	case d != nil:
		return "This token is encrypted: only the recipient, who has the private key, can read it. " +
			keyFor(keys.TokenKey) + " decrypts it with a key of yours."
	case r.Err != nil:
		return fmt.Sprintf("This token is broken: %s (at byte %d). Get it again from where it was issued, and look "+
			"for what cuts or changes it on the way.", r.Err.Message, r.Err.Offset)
	case r.Token.PayloadJSON != nil:
		return "The signed content is not a JSON object: the JSON view shows it unchanged."
	case r.Kind != inspect.KindOpaque:
		return "This is another kind of token, " + r.Title + ". fob recognizes its format and does not read its " +
			"content."
	case s.kind == tokens.Refresh && s.stored():
		return "This refresh token is opaque: only the authorization server reads it, and issues new access tokens " +
			"for it."
	}
	return "This token is opaque: only the server that issued it can read it. That is allowed; introspection returns " +
		"its meaning."
}

// opaqueLines explain a token that has no content that can be read.
func (s *shownToken) opaqueLines(st *theme.Styles, width int) []string {
	text, shape := s.opaqueText(), s.report.Token.Shape
	isOpaque := s.report.Kind == inspect.KindOpaque
	if shape.Name != "" && isOpaque {
		text += " Its format is known: " + shape.Name + "."
	}
	lines := widget.Wrap(tokens.VisibleLine(text), width)
	if isOpaque && shape.Length > 0 {
		shape.Name = "" // the sentence above has it
		bits := fmt.Sprintf("%s · at most %.0f bits", shape, shape.Bits)
		lines = append(lines, widget.Wrap(st.Dim.Render(bits), width)...)
	}
	lines = append(lines, "")
	if s.noToken() != "" {
		return lines
	}
	for _, f := range s.report.Findings {
		severity := st.Level(string(f.Severity)).Render(string(f.Severity))
		lines = append(lines, widget.Wrap(severity+"  "+tokens.VisibleLine(f.Message), width)...)
	}
	if len(s.report.Findings) > 0 {
		lines = append(lines, "")
	}
	return lines
}

// opaqueHints are the keys that say more about a token that has no content that can be read.
func (s *shownToken) opaqueHints(st *theme.Styles) []string {
	if s.noToken() != "" {
		return nil
	}
	asked := "provider"
	if !s.stored() {
		asked = "issuer"
	}
	hints := []string{pane.KeyHint(st, keys.TokenIntrospect, "asks the "+asked+" what it is (introspection)")}
	if !s.stored() || s.kind == tokens.Access {
		hints = append(hints, pane.KeyHint(st, keys.TokenUserinfo, "asks whose it is (userinfo)"))
	}
	if !s.stored() {
		hints = append(hints, pane.KeyHint(st, keys.TokenWhy, "says why an API rejects it"))
	}
	return append(hints, pane.KeyHint(st, keys.TokenCopy, "copies it"))
}
