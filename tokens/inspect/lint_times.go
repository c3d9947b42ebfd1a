package inspect

import (
	"time"

	"fob/tokens"
)

func (l *linter) findTimes() {
	now, skew := l.o.Now, l.o.Skew
	for _, claim := range []string{"exp", "nbf", "iat", "auth_time"} {
		raw, has := l.payload.Raw(claim)
		if !has {
			continue
		}
		r, ok := readTime(raw)
		switch {
		case !ok:
			l.add("time-unreadable", Error, claim, "RFC 7519 2", "%s is not a number of seconds: %s", claim,
				tokens.Clip(string(raw), 60))
			continue
		case r.millis:
			l.add("time-milliseconds", Error, claim, "RFC 7519 2",
				"%s is in milliseconds; a verifier reads it as a time thousands of years ahead", claim)
		case r.text:
			l.add("time-string", Warning, claim, "RFC 7519 2",
				"%s is a string; many verifiers accept only a number", claim)
		}
		switch {
		case claim == "exp" && !r.at.Add(skew).After(now):
			l.add("expired", Error, claim, "RFC 7519 4.1.4", "expired %s, at %s", tokens.Relative(r.at, now),
				r.at.In(l.o.Location).Format(localLayout))
		case claim == "exp" && !r.at.After(now):
			l.add("expired-within-skew", Warning, claim, "RFC 7519 4.1.4",
				"expired %s: within the allowed clock skew of %s", tokens.Relative(r.at, now), skew)
		case claim == "nbf" && r.at.Add(-skew).After(now):
			l.add("not-yet-valid", Error, claim, "RFC 7519 4.1.5", "not valid yet: %s, at %s",
				tokens.Relative(r.at, now), r.at.In(l.o.Location).Format(localLayout))
		case (claim == "iat" || claim == "auth_time") && r.at.Add(-skew).After(now):
			l.add("issued-in-future", Warning, claim, "RFC 7519 4.1.6",
				"%s is in the future (%s): the issuer's clock or this one is wrong", claim, tokens.Relative(r.at, now))
		}
	}
}

// maxLifetime is the longest lifetime without a warning.
const maxLifetime = 24 * time.Hour

// requireExp are the kinds whose specification demands exp.
var requireExp = map[Kind]string{
	KindAccessToken: "RFC 9068 2.2", KindIDToken: "OpenID Connect Core 2",
	KindLogoutToken:     "OpenID Connect Back-Channel Logout 2.4",
	KindClientAssertion: "RFC 7523 3", KindEntityStatement: "OpenID Federation 1.0, 3",
	KindGrantAssertion: "RFC 7523 3",
	KindAttestation:    attestation + " 4", KindIdentityGrant: "draft-ietf-oauth-identity-assertion-authz-grant",
	KindTransactionToken: "draft-ietf-oauth-transaction-tokens",
}

// longLived are the kinds that are meant to be stored: credentials that prove a key, statements about keys, and refresh
// tokens, which the server can revoke.
var longLived = map[Kind]bool{
	KindSDJWTVC: true, KindCredential: true, KindStatusList: true, KindEntityStatement: true, KindTrustMark: true,
	KindAttestation: true, KindKeyAttestation: true, KindVerifierAttestation: true, KindRefreshToken: true,
}

func (l *linter) findLifetime() {
	if l.payload == nil || l.t.Form == Text {
		return
	}
	exp, hasExp := timeOf(l.payload, "exp")
	nbf, hasNbf := timeOf(l.payload, "nbf")
	iat, hasIat := timeOf(l.payload, "iat")
	if !hasExp && !l.payload.Has("exp") {
		if spec, must := requireExp[l.t.Kind]; must {
			l.add("no-exp", Error, "exp", spec, "exp is missing: %s must have it", article(l.t.Kind))
		} else if l.t.Kind == KindJWS && (l.payload.Has("iss") || l.payload.Has("sub")) {
			l.add("no-exp", Warning, "exp", "RFC 8725 3.10", "exp is missing: the token never expires")
		}
		return
	}
	if hasExp && hasIat && exp.at.Before(iat.at) {
		l.add("exp-before-iat", Error, "exp", "RFC 7519 4.1.4", "it expires before it was issued")
	}
	if hasExp && hasNbf && nbf.at.After(exp.at) {
		l.add("nbf-after-exp", Error, "nbf", "RFC 7519 4.1.5",
			"it is valid only after it expires, so never")
	}
	if hasExp && hasIat && exp.at.Sub(iat.at) > maxLifetime && !exp.millis && !longLived[l.t.Kind] {
		l.add("long-life", Warning, "exp", "RFC 9700 4.10.1, RFC 6750 5.3",
			"it is valid for %s: so is a stolen one", tokens.Span(exp.at.Sub(iat.at)))
	}
}
