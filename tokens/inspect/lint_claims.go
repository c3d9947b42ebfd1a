package inspect

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"fob/tokens"
	"fob/tokens/jose/ordered"
)

func (l *linter) findExpectations() {
	compare := func(id, claim, spec, want string) {
		if want == "" || l.payload == nil {
			return
		}
		got, ok := l.payload.String(claim)
		switch {
		case !ok:
			l.add(id, Error, claim, spec, "%s is missing; expected %q", claim, want)
		case got != want:
			l.add(id, Error, claim, spec, "%s is %q; expected %q", claim, tokens.Clip(got, 200), want)
		}
	}
	compare("iss-mismatch", "iss", "RFC 7519 4.1.1, RFC 9207", l.o.Issuer)
	if l.t.SD != nil && l.t.SD.KeyBinding != nil {
		return // the key binding has aud and nonce: see checkKeyBinding
	}
	compare("nonce-mismatch", "nonce", "OpenID Connect Core 3.1.3.7", l.o.Nonce)
	if l.o.Audience == "" || l.payload == nil {
		return
	}
	list, _ := l.payload.Strings("aud")
	if slices.Contains(list, l.o.Audience) {
		return
	}
	l.add("aud-mismatch", Error, "aud", "RFC 7519 4.1.3", "the token is for %s; expected %q", quoted(list),
		l.o.Audience)
}

func quoted(list []string) string {
	if len(list) == 0 {
		return "no audience at all"
	}
	shown := make([]string, 0, len(list))
	for i, s := range list {
		if i == 5 {
			shown = append(shown, "…")
			break
		}
		shown = append(shown, fmt.Sprintf("%q", tokens.Clip(s, 120)))
	}
	return strings.Join(shown, ", ")
}

func (l *linter) findAudience() {
	if l.payload == nil || l.t.Form == Text {
		return
	}
	raw, has := l.payload.Raw("aud")
	if !has {
		switch l.t.Kind {
		case KindAccessToken, KindIDToken, KindLogoutToken, KindClientAssertion, KindIntrospection:
			l.add("no-aud", Error, "aud", "RFC 9068 2.2, OpenID Connect Core 2, RFC 7523 3",
				"aud is missing: the token does not say what it is for")
		case KindJWS:
			if l.payload.Has("iss") {
				l.add("no-aud", Warning, "aud", "RFC 8725 3.9",
					"aud is missing: any service that trusts the issuer may accept it")
			}
		}
		return
	}
	list, ok := l.payload.Strings("aud")
	switch {
	case !ok:
		l.add("aud-type", Error, "aud", "RFC 7519 4.1.3", "aud is neither a string nor a list of strings: %s",
			tokens.Clip(string(raw), 60))
	case len(list) == 0:
		l.add("no-aud", Error, "aud", "RFC 7519 4.1.3", "aud is an empty list: the token is for no API")
	case slices.Contains(list, "*") || slices.Contains(list, ""):
		l.add("aud-wide", Warning, "aud", "RFC 8725 3.9", "aud is %s: that names no API", quoted(list))
	case len(list) > manyAudiences:
		l.add("aud-wide", Warning, "aud", "RFC 9700 2.3, RFC 9068 5",
			"the token has %d audiences: each of them can use it at all others", len(list))
	case len(list) > 1 && l.t.Kind == KindIDToken && !l.payload.Has("azp"):
		l.add("azp-missing", Warning, "azp", "OpenID Connect Core 3.1.3.7 (3)",
			"the id_token is for %d audiences and names no authorized party: a client that does not trust all of "+
				"them must reject it", len(list))
	}
}

// manyAudiences is more than one resource and its userinfo endpoint need.
const manyAudiences = 5

// findClaimTypes looks at claims whose type every verifier relies on.
func (l *linter) findClaimTypes() {
	if l.payload == nil || l.t.Form == Text {
		return
	}
	for _, claim := range []string{"iss", "sub", "jti", "nonce", "azp", "client_id", "at_hash", "scope"} {
		raw, has := l.payload.Raw(claim)
		if !has {
			continue
		}
		if s, isText := ordered.Text(raw); isText {
			l.findClaimText(claim, s)
			continue
		}
		if _, isList := ordered.Array(raw); isList && claim == "scope" {
			l.add("claim-type", Warning, claim, "RFC 8693 4.2",
				"scope is a list; the specification has a string of words separated by spaces")
			continue
		}
		l.add("claim-type", Warning, claim, "RFC 7519 4.1",
			"%s is not a string but %s: some libraries reject the whole token for it", claim,
			tokens.Clip(string(raw), 40))
	}
}

// findClaimText looks at a string claim that every verifier compares.
func (l *linter) findClaimText(claim, s string) {
	switch {
	case s == "" && claim != "scope":
		l.add("claim-empty", Warning, claim, "RFC 7519 4.1",
			"%s is empty: it says nothing, and compares equal to what is missing", claim)
	case claim == "scope" && strings.Contains(s, ","):
		l.add("scope-commas", Warning, claim, "RFC 6749 3.3",
			"scope is separated by commas; a resource server that splits it at spaces sees one scope of that name")
	case claim == "sub" && len(s) > 255 && l.t.Kind == KindIDToken:
		l.add("sub-long", Warning, claim, "OpenID Connect Core 2", "sub has %d characters, at most 255 are allowed",
			len(s))
	case claim == "iss" && strings.HasPrefix(s, "http://") && !isLoopbackURL(s):
		l.add("iss-http", Warning, claim, "RFC 8414 2, OpenID Connect Core 2",
			"the issuer is an http URL: an attacker on the network can replace its keys")
	}
}

// isLoopbackURL reports whether an address is one of this machine.
func isLoopbackURL(address string) bool {
	u, err := url.Parse(address)
	return err == nil && tokens.IsLoopback(u.Hostname())
}
