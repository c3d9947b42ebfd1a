package token

import (
	"fmt"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/ui/keys"
	"fob/ui/pane"
	"fob/ui/widget"
)

// signatureLines say who vouches for the token: the verdict on its signature and encryption, with the reason, the
// certificates that it carries, and the sizes of its parts.
func (p *Pane) signatureLines(width int) []string {
	st, r := p.ctx.Styles, p.report
	var lines []string
	part := func(title string, verdict tokens.Verdict, facts ...string) {
		if len(lines) > 0 {
			lines = append(lines, "")
		}
		for _, l := range widget.Wrap(title+": "+verdictWord(verdict), width) {
			lines = append(lines, st.Level(verdictLevel(verdict)).Render(l))
		}
		lines = append(lines, pane.FactLines(st, factsOf(facts...), width)...)
	}
	if d := r.Decryption; d != nil {
		because := d.Reason
		if d.Verdict == tokens.CannotTell {
			if because = d.Reason; !r.ServersOwn() {
				because = "only who holds the private key can open it; " + keyFor(keys.TokenKey) + " opens it with a key of yours"
			}
		}
		part("Encryption", d.Verdict, "algorithm", strings.TrimSpace(d.Alg+" "+d.Enc), "key", d.Kid, "because", because, "warning", strings.Join(d.Warnings, "; "))
	}
	if s := r.Signature; s != nil && r.Kind != inspect.KindNothing {
		part("Signature", s.Verdict, "algorithm", s.Alg, "key", s.Kid, "because", s.Reason, "warning", strings.Join(s.Warnings, "; "))
		if s.Verdict == tokens.CannotTell && p.Disabled(keys.TokenKey) == "" {
			lines = append(lines, pane.KeyHint(st, keys.TokenKey, "verifies it with a key, a certificate or a secret of yours"))
		}
		if s.Verdict == tokens.CannotTell && !strings.Contains(s.Reason, "nothing was fetched") && p.Disabled(keys.TokenKeys) == "" {
			lines = append(lines, pane.KeyHint(st, keys.TokenKeys, "fetches the issuer's keys and judges by them"))
		}
	}
	if sd := r.SD; sd != nil {
		part("SD-JWT as a whole", sd.Verdict, "because", sd.Reason, "withheld", withheld(sd.Undisclosed))
	}
	if r.Token != nil && r.Token.SD != nil && r.Token.SD.Binding != nil {
		part("Key binding", r.Token.SD.Binding.Verdict, "because", r.Token.SD.Binding.Reason)
	}
	for i, c := range r.Certificates {
		lines = append(append(lines, ""), st.Strong.Render(fmt.Sprintf("Certificate %d that it carries: shown, never trusted", i+1)))
		lines = append(lines, pane.FactLines(st, certificateFacts(c), width)...)
	}
	return append(append(lines, ""), p.sizeLines(width)...)
}

func withheld(n int) string {
	if n == 0 {
		return ""
	}
	return pane.Plural(n, "digest") + " without a disclosure: withheld claims, or decoys"
}

func certificateFacts(c inspect.Certificate) []pane.Fact {
	return factsOf("subject", c.Subject, "issuer", c.Issuer, "key", c.Key, "valid", c.NotBefore.Local().Format(time.DateOnly)+" to "+c.NotAfter.Local().Format(time.DateOnly),
		"signed", c.Signed, "SHA-256", c.SHA256, "error", c.Error)
}

// sizeLines are the sizes of the parts, in bytes as they are written.
func (p *Pane) sizeLines(width int) []string {
	if p.report.Token == nil {
		return nil
	}
	s := p.report.Token.Sizes
	size := func(n int) string {
		if n == 0 {
			return ""
		}
		return widget.Thousands(n) + " B"
	}
	if p.report.Kind == inspect.KindJWE {
		return append([]string{p.ctx.Styles.Strong.Render("Sizes")}, pane.FactLines(p.ctx.Styles, factsOf("whole", size(s.Total), "header", size(s.Header)), width)...)
	}
	return append([]string{p.ctx.Styles.Strong.Render("Sizes")}, pane.FactLines(p.ctx.Styles,
		factsOf("whole", size(s.Total), "header", size(s.Header), "payload", size(s.Payload), "signature", size(s.Signature)), width)...)
}

// inUse is what follows from the shown token where it is an access token; nil where it is another.
func (p *Pane) inUse() *inspect.Use {
	if p.use == nil || p.pasted.IsZero() && p.kind != tokens.Access {
		return nil
	}
	use := *p.use
	if p.pasted.IsZero() {
		use.DPoP = strings.EqualFold(p.meta.TokenType, "DPoP")
		if use.Expires.IsZero() {
			use.Expires = p.meta.ExpiresAt
		}
	}
	return &use
}

// useLines say what follows from an access token for those who send it, take it, revoke it and see it.
func (p *Pane) useLines(width int) []string {
	var pairs []string
	for _, f := range p.inUse().Facts(p.ctx.Now()) {
		pairs = append(pairs, f.Topic, f.Text+" ("+f.Spec+")")
	}
	return pane.FactLines(p.ctx.Styles, factsOf(pairs...), width)
}

// factsOf makes facts of pairs of name and value, leaving out what says nothing.
func factsOf(pairs ...string) []pane.Fact { return newDetail("", "", pairs...).facts }

// verdictWord is a verdict in words, a bad one so that it is not overlooked without colours.
func verdictWord(v tokens.Verdict) string {
	if v == tokens.Bad {
		return "BAD"
	}
	return v.Words()
}

func verdictLevel(v tokens.Verdict) string {
	switch v {
	case tokens.Good:
		return "good"
	case tokens.Bad:
		return "bad"
	}
	return "warning"
}
