package flows

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// claimChecks checks an id_token's claims, in the order of OpenID Connect Core 3.1.3.7.
func (r *Run) claimChecks(t *decodedJWT, want idExpectation) []tokens.Check {
	checks := []tokens.Check{
		r.checkIssuer(t),
		r.checkAudience(t),
		r.checkAuthorizedParty(t),
		r.checkExpiry(t),
		r.checkNotBefore(t),
		r.checkIssuedAt(t),
		checkNonce(t, want),
		checkACR(t, want),
		r.checkAuthTime(t, want),
		checkHash(tokens.CheckAtHash, t, "at_hash", want.accessToken, want.frontChannel),
	}
	if !want.code.IsZero() {
		checks = append(checks, checkHash(tokens.CheckCHash, t, "c_hash", want.code, want.frontChannel))
	}
	if t.has("s_hash") && want.state != "" {
		checks = append(checks, checkHash(tokens.CheckSHash, t, "s_hash", tokens.NewSecret(want.state), false))
	}
	if !want.authReqID.IsZero() {
		checks = append(checks, backchannelChecks(t, want)...)
	}
	if checks = append(checks, checkSubject(t, want)); want.previous != nil {
		checks = append(checks, r.checkRefreshed(t, want.previous))
	}
	return checks
}

func (r *Run) checkIssuer(t *decodedJWT) tokens.Check {
	iss := t.text("iss")
	switch want := r.Provider.Issuer; {
	case want == "":
		return tokens.CheckIssuer.Fail("an issuer to compare with", t.shown("iss"),
			"the issuer of the authorization server is unknown: set it in the profile")
	case !r.Provider.AcceptsIssuer(iss):
		return tokens.CheckIssuer.Fail(want, t.shown("iss"), "")
	}
	return tokens.CheckIssuer.Pass(r.Provider.Issuer, iss)
}

func (r *Run) checkAudience(t *decodedJWT) tokens.Check {
	aud, _ := t.list("aud")
	if !slices.Contains(aud, r.Client.ID) {
		return tokens.CheckAudience.Fail(r.Client.ID, t.shown("aud"), "it was issued to another client")
	}
	c := tokens.CheckAudience.Pass(r.Client.ID, strings.Join(aud, ", "))
	if len(aud) > 1 {
		c.Because = "others may accept it too: reject it unless you trust all of them"
	}
	return c
}

func (r *Run) checkAuthorizedParty(t *decodedJWT) tokens.Check {
	aud, _ := t.list("aud")
	switch {
	case t.has("azp") && t.text("azp") != r.Client.ID:
		return tokens.CheckAuthorizedParty.Fail(r.Client.ID, t.shown("azp"),
			"it was issued to another client, for this one to accept: valid only among the parts of one product")
	case t.has("azp"):
		return tokens.CheckAuthorizedParty.Pass(r.Client.ID, t.text("azp"))
	case len(aud) > 1:
		return tokens.CheckAuthorizedParty.Warn(r.Client.ID, "",
			"the other audiences can use it too, and no azp names the client; optional since errata set 2 of Core")
	}
	return tokens.CheckAuthorizedParty.Skip("there is no azp, and only one audience")
}

func (r *Run) checkExpiry(t *decodedJWT) tokens.Check {
	now := r.now()
	at, ok := t.time("exp")
	switch {
	case !ok:
		return t.timeFailure(tokens.CheckExpiry, "exp", "a time in seconds", "exp is required")
	case !now.Before(at.Add(r.skew())):
		return tokens.CheckExpiry.Fail("after "+formatTime(now), formatTime(at),
			r.withClockNote("it expired "+tokens.Ago(now.Sub(at))))
	case !now.Before(at):
		return tokens.CheckExpiry.Warn("after "+formatTime(now), formatTime(at),
			"it expired "+tokens.Ago(now.Sub(at))+", which is within the allowed clock difference")
	}
	return tokens.CheckExpiry.Pass("after "+formatTime(now), formatTime(at))
}

func (r *Run) checkNotBefore(t *decodedJWT) tokens.Check {
	now := r.now()
	at, ok := t.time("nbf")
	switch {
	case !t.has("nbf"):
		return tokens.CheckNotBefore.Skip("there is no nbf, which is optional")
	case !ok:
		return t.timeFailure(tokens.CheckNotBefore, "nbf", "a time in seconds", "")
	case at.After(now.Add(r.skew())):
		return tokens.CheckNotBefore.Fail("not after "+formatTime(now), formatTime(at),
			r.withClockNote("it may be used "+tokens.Relative(at, now)))
	}
	return tokens.CheckNotBefore.Pass("not after "+formatTime(now), formatTime(at))
}

func (r *Run) checkIssuedAt(t *decodedJWT) tokens.Check {
	return r.jwtIssuedAtCheck(tokens.CheckIssuedAt, t)
}

// jwtIssuedAtCheck checks that the iat of a JWT of the server is not in the future.
func (r *Run) jwtIssuedAtCheck(kind tokens.CheckKind, t *decodedJWT) tokens.Check {
	now := r.now()
	at, ok := t.time("iat")
	switch {
	case !ok:
		return t.timeFailure(kind, "iat", "a time in seconds", "iat is required")
	case at.After(now.Add(r.skew())):
		return kind.Fail("not after "+formatTime(now), formatTime(at),
			r.withClockNote("it was issued "+tokens.Relative(at, now)))
	}
	return kind.Pass("not after "+formatTime(now), formatTime(at))
}

// withClockNote appends the clock difference that the token response's Date header shows.
func (r *Run) withClockNote(s string) string {
	if note := r.clockNote(r.serverDate, r.dateReceived); note != "" {
		s += "; by its Date header, " + note
	}
	return s
}

func checkNonce(t *decodedJWT, want idExpectation) tokens.Check {
	got := t.text("nonce")
	switch {
	case want.nonce == "" && t.has("nonce") && want.previous == nil:
		return tokens.CheckNonce.Warn("none", t.shown("nonce"), "no nonce was sent")
	case want.nonce == "" && t.has("nonce"):
		return tokens.CheckNonce.Warn("none", t.shown("nonce"),
			"the previous id_token had no nonce, and a refreshed one should have none (OpenID Connect Core 12.2)")
	case want.nonce == "":
		return tokens.CheckNonce.Skip(cmp.Or(want.noNonce, "no nonce was sent"))
	case !t.has("nonce"):
		// A refreshed id_token should not have a nonce (OpenID Connect Core 12.2).
		if want.previous != nil {
			return tokens.CheckNonce.Skip("a refreshed id_token should have no nonce")
		}
		return tokens.CheckNonce.Fail(want.nonce, "", "a nonce was sent, and it is missing in the id_token")
	case got != want.nonce:
		return tokens.CheckNonce.Fail(want.nonce, t.shown("nonce"), "the id_token was issued for another run")
	}
	return tokens.CheckNonce.Pass(want.nonce, got)
}

func checkACR(t *decodedJWT, want idExpectation) tokens.Check {
	if len(want.acr) == 0 {
		return tokens.CheckACR.Skip("no acr was requested")
	}
	requested := strings.Join(want.acr, " ")
	if !slices.Contains(want.acr, t.text("acr")) {
		return tokens.CheckACR.Fail(requested, t.shown("acr"), "the user signed in in another way than requested")
	}
	return tokens.CheckACR.Pass(requested, t.text("acr"))
}

func (r *Run) checkAuthTime(t *decodedJWT, want idExpectation) tokens.Check {
	switch {
	case want.hasMaxAge:
	case !want.hasAuthTime:
		return tokens.CheckAuthTime.Skip("neither max_age nor auth_time was requested")
	default:
		return checkAuthTimePresent(t)
	}
	now := r.now()
	expected := fmt.Sprintf("at most %s before %s", tokens.Span(want.maxAge), formatTime(now))
	at, ok := t.time("auth_time")
	switch {
	case !ok:
		return t.timeFailure(tokens.CheckAuthTime, "auth_time", expected,
			"auth_time is required when max_age was requested")
	case now.Sub(at) > want.maxAge+r.skew():
		return tokens.CheckAuthTime.Fail(expected, formatTime(at), "the user signed in "+tokens.Ago(now.Sub(at)))
	}
	return tokens.CheckAuthTime.Pass(expected, formatTime(at))
}

// checkAuthTimePresent checks an auth_time that was requested as an essential claim, without max_age.
func checkAuthTimePresent(t *decodedJWT) tokens.Check {
	const expected = "a time in seconds"
	at, ok := t.time("auth_time")
	if !ok {
		const missing = "auth_time is required when it was requested as essential (OpenID Connect Core 2)"
		return t.timeFailure(tokens.CheckAuthTime, "auth_time", expected, missing)
	}
	c := tokens.CheckAuthTime.Pass(expected, formatTime(at))
	c.Because = "no max_age was requested, so any time is valid"
	return c
}

// checkHash compares a hash claim such as at_hash with the half hash of the value. The value itself is never in the
// ledger. In an id_token from the authorization endpoint the hash is required (OpenID Connect Core 3.2.2.10 and
// 3.3.2.11).
func checkHash(kind tokens.CheckKind, t *decodedJWT, claim string, value tokens.Secret, required bool) tokens.Check {
	switch {
	case value.IsZero():
		return kind.Skip("the response has no value that " + claim + " could be the hash of")
	case !t.has(claim) && required:
		return kind.Fail("a hash of the value beside it", "",
			claim+" is missing, which is required in an id_token from the authorization endpoint")
	case !t.has(claim):
		return kind.Skip("there is no " + claim + ", which is optional for tokens from the token endpoint")
	}
	want, err := jose.HalfHash(t.alg, value.Reveal())
	if err != nil {
		return kind.Skip("the hash of " + t.alg + " is unknown: " + err.Error())
	}
	if got := t.text(claim); got != want {
		return kind.Fail(want, t.shown(claim), "it is the hash of another value")
	}
	return kind.Pass(want, want)
}

func checkSubject(t *decodedJWT, want idExpectation) tokens.Check {
	sub := t.text("sub")
	switch {
	case sub == "":
		return tokens.CheckSubject.Fail("a subject", t.shown("sub"), "sub is required (OpenID Connect Core 2)")
	case want.previous != nil && sub != want.previous.text("sub"):
		return tokens.CheckSubject.Fail(want.previous.text("sub"), sub, "the refreshed id_token is about another user")
	case want.previous != nil:
		return tokens.CheckSubject.Pass(want.previous.text("sub"), sub)
	case want.subject == "":
		return tokens.CheckSubject.Skip("there is no earlier sign-in to compare with, and no sub was requested")
	case sub != want.subject:
		return tokens.CheckSubject.Fail(want.subject, sub,
			"another user signed in than the requested one, and the server must not return their tokens")
	}
	return tokens.CheckSubject.Pass(want.subject, sub)
}

// checkRefreshed compares a refreshed id_token with the previous one (OpenID Connect Core 12.2). Subject and nonce have
// their own checks, and so have an issuer and an audience that are invalid in any id_token. The auth_time may be
// missing; if it is there, it must be that of the sign-in.
func (r *Run) checkRefreshed(t, previous *decodedJWT) tokens.Check {
	kind := tokens.CheckRefreshed
	aud, _ := t.list("aud")
	sameIssuer, sameAudience := r.Provider.AcceptsIssuer(t.text("iss")), slices.Contains(aud, r.Client.ID)
	show := func(c *decodedJWT) string {
		var parts []string
		if sameIssuer {
			parts = append(parts, "iss "+cmp.Or(c.shown("iss"), "nothing"))
		}
		if sameAudience {
			parts = append(parts, "aud "+cmp.Or(c.audience(), "nothing"))
		}
		return strings.Join(append(parts, "azp "+cmp.Or(c.shown("azp"), "nothing")), ", ")
	}
	expected, received := show(previous), show(t)
	if expected != received {
		return kind.Fail(expected, received, "iss, aud and azp must be those of the sign-in")
	}
	if was, ok := previous.time("auth_time"); ok && t.has("auth_time") {
		expected, received = expected+", auth_time "+formatTime(was), received+", auth_time "+t.shown("auth_time")
		is, ok := t.time("auth_time")
		if ok {
			received = show(t) + ", auth_time " + formatTime(is)
		}
		if !ok || !is.Equal(was) {
			return kind.Fail(expected, received, "auth_time must be the time of the sign-in, not that of the refresh")
		}
	}
	if was, ok := previous.time("iat"); ok {
		if is, ok := t.time("iat"); ok && is.Before(was) {
			return kind.Fail("iat "+formatTime(was)+" or later", "iat "+formatTime(is),
				"iat must be the time when the new id_token was issued, and it is before that of the previous one")
		}
	}
	return kind.Pass(expected, received)
}

// audience returns aud sorted, for a comparison that ignores the order.
func (t *decodedJWT) audience() string {
	aud, _ := t.list("aud")
	aud = slices.Clone(aud)
	slices.Sort(aud)
	return tokens.Clip(strings.Join(aud, " "), 200)
}

func formatTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
