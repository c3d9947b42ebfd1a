package token

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"fob/flows/calls"
	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/pane"
	"fob/ui/widget"
)

// reading is a token that was read, with all that drawing it needs: what takes long with a big token is made where nobody
// waits for it. It is not changed once it is made.
type tokenView struct {
	report       *inspect.Report // nil: nothing was read
	rows, header []inspect.Row
	times        map[string]inspect.Time // by claim: they go on while they are shown
	json         string                  // header and content, laid out
	masked       []pane.Fact             // the parts of the token by their sizes alone
	minted         *minted                   // how it was made here; nil: it was not
	use          *inspect.Use            // what follows from it as an access token; nil for every other token
}

// read makes everything that drawing a token needs.
func newTokenView(r *inspect.Report) *tokenView {
	out := &tokenView{report: r, rows: r.Rows(), header: r.HeaderRows(), times: map[string]inspect.Time{}, json: prettyContent(r),
		use: inspect.UseOf(r)}
	for _, t := range r.Times {
		out.times[t.Claim] = t
	}
	if r.Token != nil {
		out.masked = maskedParts(r.Token)
	}
	return out
}

func (r *tokenView) findings() []inspect.Finding {
	if r.report == nil {
		return nil
	}
	return r.report.Findings
}

// Above maxPretty bytes JSON is shown as it is written, and of a part that is no text maxHex bytes are shown.
const (
	maxPretty = 4 << 20
	maxHex    = 64 << 10
)

// prettyContent is what the token holds, in its own order and spelling: its headers, and what they are the headers of.
func prettyContent(r *inspect.Report) string {
	var parts []string
	add := func(b []byte) {
		if len(b) > 0 {
			parts = append(parts, readable(b))
		}
	}
	for depth := 0; r != nil && r.Token != nil && depth < 4; depth, r = depth+1, r.Nested {
		add(r.Token.HeaderJSON)
		switch {
		case r.Nested != nil:
		case r.Decryption != nil:
			add([]byte(r.Decryption.Plaintext))
		default:
			add(r.Token.PayloadJSON)
		}
	}
	return strings.Join(parts, "\n\n")
}

// text is bytes for reading: JSON laid out, other text as it is, and what is none as a dump.
func readable(b []byte) string {
	switch {
	case !utf8.Valid(b):
		dump := hex.Dump(b[:min(len(b), maxHex)])
		if len(b) > maxHex {
			dump += fmt.Sprintf("… %s bytes more", widget.Thousands(len(b)-maxHex))
		}
		return "bytes that are no UTF-8 text:\n" + dump
	case len(b) > maxPretty:
		return string(b)
	}
	return calls.Pretty(b, "")
}

// maskedParts are the parts of a token by their names and sizes, and the whole by its fingerprint.
func maskedParts(t *inspect.Token) []pane.Fact {
	secret := tokens.NewSecret(t.Raw)
	facts := []pane.Fact{{Name: "fingerprint", Value: secret.Fingerprint()}}
	var parts []string
	names := []string{"token"}
	if t.Form == inspect.Compact {
		jwt, _, _ := strings.Cut(t.Raw, "~")
		parts = strings.SplitN(jwt, ".", 6)
	}
	switch len(parts) {
	case 3:
		names = []string{"header", "payload", "signature"}
	case 5:
		names = []string{"header", "encrypted key", "initialization vector", "ciphertext", "tag"}
	default:
		parts = []string{t.Raw}
	}
	for i, part := range parts {
		if part == "" {
			facts = append(facts, pane.Fact{Name: names[i], Value: "none"})
			continue
		}
		facts = append(facts, pane.Fact{Name: names[i], Value: fmt.Sprintf("%-12s  %s characters", strings.Repeat("•", min(12, len(part))), widget.Thousands(len(part)))})
	}
	if t.SD != nil {
		facts = append(facts, pane.Fact{Name: "disclosures", Value: widget.Thousands(len(t.SD.Disclosures))})
	}
	return facts
}

// rowText is what a filter of rows looks at.
func rowText(rows []inspect.Row) func(i int) string {
	return func(i int) string {
		return rows[i].Name + " " + rows[i].Value + " " + rows[i].Meaning + " " + rows[i].Note
	}
}
