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

// tokenView is a token that was read, with everything that drawing it needs: a command computes it, since that takes
// long for a big token. It is never changed.
type tokenView struct {
	report       *inspect.Report // nil: nothing was read
	rows, header []inspect.Row
	times        map[string]inspect.Time // by claim; drawn relative to the present
	json         string                  // header and content, indented
	masked       []pane.Fact             // the sizes of the token's parts
	minted       *minted                 // how it was made here; nil: it was not
	use          *inspect.Use            // what follows from it as an access token; nil for any other token
}

// newTokenView computes everything that drawing a token needs.
func newTokenView(r *inspect.Report) *tokenView {
	out := &tokenView{report: r, rows: r.Rows(), header: r.HeaderRows(), times: map[string]inspect.Time{},
		json: prettyContent(r), use: inspect.UseOf(r)}
	for _, t := range r.Times {
		out.times[t.Claim] = t
	}
	if r.Token != nil {
		out.masked = maskedParts(r.Token)
	}
	return out
}

func (v *tokenView) findings() []inspect.Finding {
	if v.report == nil {
		return nil
	}
	return v.report.Findings
}

// disclosures are the claims that an SD-JWT discloses one by one (RFC 9901 4.2).
func (v *tokenView) disclosures() []inspect.Disclosure {
	if v.report == nil || v.report.Token == nil || v.report.Token.SD == nil {
		return nil
	}
	return v.report.Token.SD.Disclosures
}

// opaque reports that the token has no content that can be read.
func (v *tokenView) opaque() bool {
	return v.report != nil && v.report.Payload == nil && len(v.rows) == 0
}

// noToken says what was pasted in place of a token: a key, credentials; "" for a token.
func (v *tokenView) noToken() string {
	if v.report == nil || v.report.Token == nil {
		return ""
	}
	return v.report.Token.NoToken
}

// issuer is the issuer that the token names; "" when it names none.
func (v *tokenView) issuer() string {
	if v.report == nil || v.report.Payload == nil {
		return ""
	}
	issuer, _ := v.report.Payload.String("iss")
	return issuer
}

// timeOf is the time that a row contains. Where a claim is repeated, only the row with that value has it.
func (v *tokenView) timeOf(r inspect.Row) (inspect.Time, bool) {
	t, ok := v.times[r.Name]
	return t, ok && r.Value == t.Local
}

// JSON of more than maxPretty bytes is not indented. Of binary content, maxHex bytes are shown.
const (
	maxPretty = 4 << 20
	maxHex    = 64 << 10
)

// prettyContent is the content of the token in its own order and spelling: each header, and the innermost payload.
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

// readable is bytes for reading: JSON indented, other text unchanged, binary content as a dump.
func readable(b []byte) string {
	switch {
	case !utf8.Valid(b):
		dump := hex.Dump(b[:min(len(b), maxHex)])
		if len(b) > maxHex {
			dump += fmt.Sprintf("… %s bytes more", widget.Thousands(len(b)-maxHex))
		}
		return "bytes that are not UTF-8 text:\n" + dump
	case len(b) > maxPretty:
		return string(b)
	}
	return calls.Pretty(b, "")
}

// maskedParts are the names and sizes of a token's parts, and the fingerprint of the whole.
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
		dots := strings.Repeat("•", min(12, len(part)))
		facts = append(facts, pane.Fact{Name: names[i],
			Value: fmt.Sprintf("%-12s  %s characters", dots, widget.Thousands(len(part)))})
	}
	if t.SD != nil {
		facts = append(facts, pane.Fact{Name: "disclosures", Value: widget.Thousands(len(t.SD.Disclosures))})
	}
	return facts
}

// filterText is the text of a row that a filter searches.
func filterText(rows []inspect.Row) func(i int) string {
	return func(i int) string {
		return rows[i].Name + " " + rows[i].Value + " " + rows[i].Meaning + " " + rows[i].Note
	}
}
