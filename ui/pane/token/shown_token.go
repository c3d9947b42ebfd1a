package token

import (
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/inspect"
	"fob/tokens/vault"
	"fob/ui/pane"
	"fob/ui/theme"
)

// shownToken is the token that is shown, and where it comes from.
type shownToken struct {
	session vault.Meta    // the selected session; its ID is "" if no session is selected
	kind    tokens.Kind   // which of its tokens is shown
	pasted  tokens.Secret // the token where it belongs to no session: pasted or minted; else zero

	*tokenView              // its report is nil when nothing was read
	err        error        // why nothing was read
	fetched    bool         // verified with keys that were fetched or supplied for it
	supplied   suppliedKeys // by the user, for this token
}

func newShownToken() shownToken { return shownToken{kind: tokens.Access, tokenView: &tokenView{}} }

// stored reports that the token is one of the session's own.
func (s *shownToken) stored() bool { return s.pasted.IsZero() }

// empty reports that there is nothing to show.
func (s *shownToken) empty() bool { return s.session.ID == "" && s.stored() }

// raw is the token itself: a pasted one as it was pasted; zero when none was read.
func (s *shownToken) raw() tokens.Secret {
	switch {
	case !s.stored():
		return s.pasted
	case s.report != nil && s.report.Token != nil:
		return tokens.NewSecret(s.report.Token.Raw)
	}
	return tokens.Secret{}
}

// name is what the token is called.
func (s *shownToken) name() string {
	switch {
	case s.minted != nil:
		return "token made here"
	case !s.stored():
		return "pasted token"
	case s.kind == tokens.ID:
		return "ID token"
	}
	return string(s.kind) + " token"
}

// inUse is what follows from using the token as an access token; nil for any other token.
func (s *shownToken) inUse() *inspect.Use {
	if s.use == nil || s.stored() && s.kind != tokens.Access {
		return nil
	}
	use := *s.use
	if s.stored() {
		use.DPoP = strings.EqualFold(s.session.TokenType, "DPoP")
		if use.Expires.IsZero() {
			use.Expires = s.session.ExpiresAt
		}
	}
	return &use
}

// expiry is when the token expires: by its own exp, else by the token response; zero when unknown.
func (s *shownToken) expiry() time.Time {
	exp, ok := s.times["exp"]
	switch {
	case ok || !s.stored() || s.kind == tokens.ID:
		return exp.At
	case s.kind == tokens.Refresh:
		return s.session.RefreshExpires
	}
	return s.session.ExpiresAt
}

// How much the summary contains.
const (
	fullLength = iota
	shortLength
	minLength
)

// summary is what the token is, each part by itself: name, kind, algorithm, size, verdict, expiry. back says where esc
// goes from a token of no session.
func (s *shownToken) summary(c *pane.Context, length int, back string) []string {
	st, name := c.Styles, s.name()
	parts := []string{st.Strong.Render(name)}
	if s.report != nil && strings.Contains(strings.ToLower(s.report.Title), strings.ToLower(name)) {
		parts = nil // the title contains it
	}
	if !s.stored() {
		parts = append(parts, st.Warn.Render("not stored"))
		if length == fullLength {
			parts[len(parts)-1] += st.Dim.Render(" · ") + st.Key.Render("esc") + st.Dim.Render(" "+back)
		}
	}
	if s.report == nil {
		return parts
	}
	title := tokens.VisibleLine(s.report.Title)
	what, rest, _ := strings.Cut(title, " · ")
	switch {
	case length != fullLength && !s.stored(): // what it is matters more than where it comes from
		origin := "pasted"
		if s.minted != nil {
			origin = "made here"
		}
		parts = []string{st.Strong.Render(what), st.Warn.Render(origin)}
	case length != fullLength && len(parts) == 0:
		parts = append(parts, st.Strong.Render(what))
	case len(parts) == 0:
		parts = append(parts, st.Strong.Render(what)+" · "+rest)
	case length == fullLength:
		parts = append(parts, title)
	}
	if verdict := s.verdict(c, length); verdict != "" {
		parts = append(parts, verdict)
	}
	if s.broken() {
		return parts // how long it would be valid does not matter
	}
	return append(parts, s.expiryText(c, length))
}

// broken reports whether the token is malformed, and so cannot be valid.
func (s *shownToken) broken() bool {
	r := s.report
	return r.Err != nil && r.Kind != inspect.KindNothing && r.Signature != nil && r.Signature.Verdict != tokens.Good &&
		s.noToken() == ""
}

// verdict is that of the signature, with the key or the reason.
func (s *shownToken) verdict(c *pane.Context, length int) string {
	st, r := c.Styles, s.report
	signature := r.Signature
	switch d := r.Decryption; {
	case signature == nil || r.Kind == inspect.KindNothing:
		return ""
	case s.noToken() != "":
		return st.Warn.Render("no token")
	case s.broken() && length == fullLength:
		_, why := r.Verdict()
		return st.Bad.Render("broken: " + tokens.VisibleLine(why))
	case s.broken():
		return st.Bad.Render("broken")
	case d != nil && d.Verdict == tokens.Bad:
		return st.Bad.Render("decryption BAD")
	case d != nil && d.Verdict != tokens.Good && length != fullLength:
		return st.Warn.Render("encrypted")
	case d != nil && d.Verdict != tokens.Good:
		return st.Warn.Render("encrypted: cannot tell without the recipient's key")
	}
	return signatureVerdict(st, signature, length, s.minted != nil && !s.fetched, c.Now())
}

// signatureVerdict is the verdict on a signature; byMintedKey says that it was verified with the key that made it.
func signatureVerdict(st *theme.Styles, s *inspect.Signature, length int, byMintedKey bool, now time.Time) string {
	keyTime := ""
	if !s.KeysRead.IsZero() { // the keys were not read just now
		keyTime = ", keys of " + tokens.Moment(s.KeysRead, now)
	}
	full, reason := length == fullLength, tokens.VisibleLine(s.Reason)
	switch {
	case s.Verdict == tokens.Good && byMintedKey && full:
		return st.Good.Render("signature good, by the key made here")
	case s.Verdict == tokens.Good && byMintedKey:
		return st.Good.Render("signed with the generated key")
	case s.Verdict == tokens.Good && length == minLength:
		return st.Good.Render("good" + keyTime)
	case s.Verdict == tokens.Good && full && s.Kid != "":
		return st.Good.Render("signature good (kid " + tokens.VisibleLine(s.Kid) + keyTime + ")")
	case s.Verdict == tokens.Good:
		return st.Good.Render("signature good" + keyTime)
	case s.Verdict == tokens.Bad && full:
		return st.Bad.Render("signature BAD: " + reason)
	case s.Verdict == tokens.Bad:
		return st.Bad.Render("BAD signature")
	case full:
		return st.Warn.Render("signature: cannot tell, " + reason)
	}
	return st.Warn.Render("unverified")
}

// expiryText is how long the token is valid.
func (s *shownToken) expiryText(c *pane.Context, length int) string {
	at, now := s.expiry(), c.Now()
	state, text := tokens.Expiry(at, now), tokens.Countdown(at, now)
	if at.IsZero() && s.report != nil && (s.report.Payload == nil || s.report.Err != nil) {
		text = "expiry unknown" // there may be an exp that cannot be read here
	}
	if length != minLength && (state == tokens.Valid || state == tokens.Expiring) {
		text = "expires in " + text
	}
	return c.Styles.Level(string(state)).Render(text)
}
