package flows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/jose"
)

// claimChecks are the checks of an id_token's claims, in the order of OpenID Connect Core 3.1.3.7.
func (r *Run) claimChecks(t *idClaims, want idExpectation) []tokens.Check {
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
		checkHash(tokens.CheckAtHash, t, "at_hash", want.accessToken, want.front),
	}
	if !want.code.IsZero() {
		checks = append(checks, checkHash(tokens.CheckCHash, t, "c_hash", want.code, want.front))
	}
	if t.has("s_hash") && want.state != "" {
		checks = append(checks, checkHash(tokens.CheckSHash, t, "s_hash", tokens.NewSecret(want.state), false))
	}
	return append(checks, checkSubject(t, want))
}

func (r *Run) checkIssuer(t *idClaims) tokens.Check {
	iss := t.text("iss")
	switch want := r.Provider.Issuer; {
	case want == "":
		return tokens.CheckIssuer.Fail("an issuer to compare with", t.shown("iss"), "the issuer of the authorization server is not known: name it in the profile")
	case !r.Provider.AcceptsIssuer(iss):
		return tokens.CheckIssuer.Fail(want, t.shown("iss"), "")
	}
	return tokens.CheckIssuer.Pass(r.Provider.Issuer, iss)
}

func (r *Run) checkAudience(t *idClaims) tokens.Check {
	aud, _ := t.list("aud")
	if !slices.Contains(aud, r.Client.ID) {
		return tokens.CheckAudience.Fail(r.Client.ID, t.shown("aud"), "it was issued to somebody else")
	}
	c := tokens.CheckAudience.Pass(r.Client.ID, strings.Join(aud, ", "))
	if len(aud) > 1 {
		c.Because = "others may accept it too"
	}
	return c
}

func (r *Run) checkAuthorizedParty(t *idClaims) tokens.Check {
	aud, _ := t.list("aud")
	switch {
	case t.has("azp") && t.text("azp") != r.Client.ID:
		return tokens.CheckAuthorizedParty.Fail(r.Client.ID, t.shown("azp"), "")
	case t.has("azp"):
		return tokens.CheckAuthorizedParty.Pass(r.Client.ID, t.text("azp"))
	case len(aud) > 1:
		return tokens.CheckAuthorizedParty.Warn(r.Client.ID, "", "with several audiences there should be an azp (OpenID Connect Core 3.1.3.7 (4))")
	}
	return tokens.CheckAuthorizedParty.Skip("there is no azp, and one audience alone")
}

func (r *Run) checkExpiry(t *idClaims) tokens.Check {
	now := r.now()
	at, ok := t.time("exp")
	switch {
	case !ok:
		return tokens.CheckExpiry.Fail("a time in seconds", t.shown("exp"), "exp is required")
	case !now.Before(at.Add(r.skew())):
		return tokens.CheckExpiry.Fail("after "+stamp(now), stamp(at), r.because("it expired "+tokens.Ago(now.Sub(at))))
	case !now.Before(at):
		return tokens.CheckExpiry.Warn("after "+stamp(now), stamp(at), "it expired "+tokens.Ago(now.Sub(at))+", which the allowed difference of clocks covers")
	}
	return tokens.CheckExpiry.Pass("after "+stamp(now), stamp(at))
}

func (r *Run) checkNotBefore(t *idClaims) tokens.Check {
	now := r.now()
	at, ok := t.time("nbf")
	switch {
	case !t.has("nbf"):
		return tokens.CheckNotBefore.Skip("there is no nbf, which is optional")
	case !ok:
		return tokens.CheckNotBefore.Fail("a time in seconds", t.shown("nbf"), "")
	case at.After(now.Add(r.skew())):
		return tokens.CheckNotBefore.Fail("not after "+stamp(now), stamp(at), r.because("it may be used "+tokens.Relative(at, now)))
	}
	return tokens.CheckNotBefore.Pass("not after "+stamp(now), stamp(at))
}

func (r *Run) checkIssuedAt(t *idClaims) tokens.Check {
	now := r.now()
	at, ok := t.time("iat")
	switch {
	case !ok:
		return tokens.CheckIssuedAt.Fail("a time in seconds", t.shown("iat"), "iat is required")
	case at.After(now.Add(r.skew())):
		return tokens.CheckIssuedAt.Fail("not after "+stamp(now), stamp(at), r.because("it was issued "+tokens.Relative(at, now)))
	}
	return tokens.CheckIssuedAt.Pass("not after "+stamp(now), stamp(at))
}

// because adds what the Date header of the token response says of the clocks.
func (r *Run) because(s string) string {
	if note := r.clockNote(r.serverDate, r.dateReceived); note != "" {
		s += "; by its Date header, " + note
	}
	return s
}

func checkNonce(t *idClaims, want idExpectation) tokens.Check {
	got := t.text("nonce")
	switch {
	case want.nonce == "" && t.has("nonce") && want.previous == nil:
		return tokens.CheckNonce.Warn("none", t.shown("nonce"), "none was sent")
	case want.nonce == "":
		return tokens.CheckNonce.Skip(orDefault(want.noNonce, "no nonce was sent"))
	case !t.has("nonce"):
		// In a refreshed id_token the nonce should be left out (OpenID Connect Core 12.2).
		if want.previous != nil {
			return tokens.CheckNonce.Skip("a refreshed id_token should have none")
		}
		return tokens.CheckNonce.Fail(want.nonce, "", "a nonce was sent, and the id_token has none")
	case got != want.nonce:
		return tokens.CheckNonce.Fail(want.nonce, t.shown("nonce"), "the id_token was made for another run")
	}
	return tokens.CheckNonce.Pass(want.nonce, got)
}

func checkACR(t *idClaims, want idExpectation) tokens.Check {
	if len(want.acr) == 0 {
		return tokens.CheckACR.Skip("no acr_values were asked for")
	}
	asked := strings.Join(want.acr, " ")
	if !slices.Contains(want.acr, t.text("acr")) {
		return tokens.CheckACR.Fail(asked, t.shown("acr"), "the person signed in in another way than was asked for")
	}
	return tokens.CheckACR.Pass(asked, t.text("acr"))
}

func (r *Run) checkAuthTime(t *idClaims, want idExpectation) tokens.Check {
	if !want.hasMaxAge {
		return tokens.CheckAuthTime.Skip("no max_age was asked for")
	}
	now := r.now()
	expected := fmt.Sprintf("at most %s before %s", tokens.Span(want.maxAge), stamp(now))
	at, ok := t.time("auth_time")
	switch {
	case !ok:
		return tokens.CheckAuthTime.Fail(expected, t.shown("auth_time"), "auth_time is required when max_age was asked for")
	case now.Sub(at) > want.maxAge+r.skew():
		return tokens.CheckAuthTime.Fail(expected, stamp(at), "the person signed in "+tokens.Ago(now.Sub(at)))
	}
	return tokens.CheckAuthTime.Pass(expected, stamp(at))
}

// checkHash compares at_hash, c_hash or s_hash with the half hash of what it speaks of. The value itself never reaches
// the ledger. In an id_token that came through the browser beside the value, the hash is required (OpenID Connect Core
// 3.2.2.9 and 3.3.2.11).
func checkHash(kind tokens.CheckKind, t *idClaims, claim string, value tokens.Secret, required bool) tokens.Check {
	switch {
	case value.IsZero():
		return kind.Skip("nothing came with the id_token that " + claim + " could speak of")
	case !t.has(claim) && required:
		return kind.Fail("a hash of what came with it", "", "there is no "+claim+", which is required in an id_token from the authorization endpoint")
	case !t.has(claim):
		return kind.Skip("there is no " + claim + ", which is optional for tokens from the token endpoint")
	}
	want, err := jose.HalfHash(t.alg, value.Reveal())
	if err != nil {
		return kind.Skip("the hash of " + t.alg + " is not known: " + err.Error())
	}
	if got := t.text(claim); got != want {
		return kind.Fail(want, t.shown(claim), "it was computed over another value")
	}
	return kind.Pass(want, want)
}

func checkSubject(t *idClaims, want idExpectation) tokens.Check {
	sub := t.text("sub")
	switch {
	case sub == "":
		return tokens.CheckSubject.Fail("a subject", t.shown("sub"), "sub is required (OpenID Connect Core 2)")
	case want.previous == nil:
		return tokens.CheckSubject.Skip("there is no earlier sign-in to compare with")
	case sub != want.previous.text("sub"):
		return tokens.CheckSubject.Fail(want.previous.text("sub"), sub, "the refreshed id_token is about somebody else")
	}
	return tokens.CheckSubject.Pass(want.previous.text("sub"), sub)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
