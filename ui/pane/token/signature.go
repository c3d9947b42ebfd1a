package token

import (
	"fmt"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/theme"
	"fob/ui/widget"
)

// signatureLines are the verdicts on signature and encryption with their reasons, the certificates in the token, and
// the sizes of its parts. canVerify and canFetch say which actions are offered where there was no key.
func signatureLines(st *theme.Styles, r *inspect.Report, width int, canVerify, canFetch bool) []string {
	var lines []string
	part := func(title string, verdict tokens.Verdict, facts ...string) {
		if len(lines) > 0 {
			lines = append(lines, "")
		}
		word := verdict.Words()
		if verdict == tokens.Bad {
			word = "BAD" // visible without colors
		}
		lines = append(lines, widget.WrapStyled(st.Level(string(verdict)), title+": "+word, width)...)
		lines = append(lines, pane.FactLines(st, factsOf(facts...), width)...)
	}
	if d := r.Decryption; d != nil {
		reason := d.Reason
		if d.Verdict == tokens.CannotTell && !r.IsSymmetricJWE() {
			reason = "only the recipient, who has the private key, can decrypt it; " + keyFor(keys.TokenKey) +
				" decrypts it with a key of yours"
		}
		part("Encryption", d.Verdict, "algorithm", strings.TrimSpace(d.Alg+" "+d.Enc), "key", d.Kid, "because", reason,
			"warning", strings.Join(d.Warnings, "; "))
	}
	if s := r.Signature; s != nil && r.Kind != inspect.KindNothing {
		part("Signature", s.Verdict, "algorithm", s.Alg, "key", s.Kid, "because", s.Reason,
			"warning", strings.Join(s.Warnings, "; "))
		unknown := s.Verdict == tokens.CannotTell
		if unknown && canVerify {
			hint := pane.KeyHint(st, keys.TokenKey, "verifies it with a key, a certificate or a secret of yours")
			lines = append(lines, hint)
		}
		if unknown && !strings.Contains(s.Reason, "nothing was fetched") && canFetch {
			hint := pane.KeyHint(st, keys.TokenKeys, "fetches the issuer's keys and verifies it with them")
			lines = append(lines, hint)
		}
	}
	if sd := r.SD; sd != nil {
		withheld := ""
		if n := sd.Undisclosed; n > 0 {
			withheld = widget.Plural(n, "digest") + " without a disclosure: withheld claims, or decoys"
		}
		part("SD-JWT as a whole", sd.Verdict, "because", sd.Reason, "withheld", withheld)
	}
	if r.Token != nil && r.Token.SD != nil && r.Token.SD.Binding != nil {
		part("Key binding", r.Token.SD.Binding.Verdict, "because", r.Token.SD.Binding.Reason)
	}
	for i, c := range r.Certificates {
		title := fmt.Sprintf("Certificate %d in the token: shown, never trusted", i+1)
		lines = append(lines, "", st.Strong.Render(title))
		lines = append(lines, pane.FactLines(st, certificateFacts(c), width)...)
	}
	return append(append(lines, ""), sizeLines(st, r, width)...)
}

func certificateFacts(c inspect.Certificate) []pane.Fact {
	valid := c.NotBefore.Local().Format(time.DateOnly) + " to " + c.NotAfter.Local().Format(time.DateOnly)
	return factsOf("subject", c.Subject, "issuer", c.Issuer, "key", c.Key, "valid", valid, "signed", c.Signed,
		"SHA-256", c.SHA256, "error", c.Error)
}

// sizeLines are the sizes of the parts, in bytes as they are written.
func sizeLines(st *theme.Styles, r *inspect.Report, width int) []string {
	if r.Token == nil {
		return nil
	}
	sizes := r.Token.Sizes
	if r.Kind == inspect.KindJWE {
		sizes.Payload, sizes.Signature = 0, 0
	}
	size := func(n int) string {
		if n == 0 {
			return ""
		}
		return widget.Thousands(n) + " B"
	}
	facts := factsOf("whole", size(sizes.Total), "header", size(sizes.Header), "payload", size(sizes.Payload),
		"signature", size(sizes.Signature))
	return append([]string{st.Strong.Render("Sizes")}, pane.FactLines(st, facts, width)...)
}

// useLines are what follows from an access token for those who send, accept, revoke and see it.
func useLines(st *theme.Styles, use *inspect.Use, now time.Time, width int) []string {
	var pairs []string
	for _, f := range use.Facts(now) {
		pairs = append(pairs, f.Topic, f.Text+" ("+f.Spec+")")
	}
	return pane.FactLines(st, factsOf(pairs...), width)
}
