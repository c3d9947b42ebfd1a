package session

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"fob/flows"
	"fob/tokens"
	"fob/tokens/vault"
)

// Token returns a valid token of a session. An access token or id_token whose remaining lifetime is below the requested
// minimum is renewed first. If it cannot be renewed but has not expired, it is returned unchanged. A token with unknown
// expiry is returned unchanged.
//
// If the name is that of a profile without a session, and its grant needs no user, Token logs in. ErrNeedsPerson means
// that there is no valid token and no way to get one without a user who signs in. A *NotStoredError is returned with a
// valid token.
func (s *Service) Token(ctx context.Context, name string, r TokenRequest) (tokens.Secret, vault.Meta, error) {
	m, err := s.Find(ctx, name)
	if errors.Is(err, ErrNoSession) {
		return s.loginForToken(ctx, name, r, err)
	}
	if err != nil {
		return tokens.Secret{}, m, err
	}
	return s.validToken(ctx, m.ID, r)
}

// loginForToken logs in to a profile without a session, if that needs no user.
func (s *Service) loginForToken(
	ctx context.Context, name string, r TokenRequest, missing error,
) (tokens.Secret, vault.Meta, error) {
	p, err := s.o.Profiles.Get(name)
	if err != nil {
		return tokens.Secret{}, vault.Meta{}, missing
	}
	g, err := chooseGrant(p.Grant)
	if err != nil || g.NeedsUser || s.o.ReadOnly {
		return tokens.Secret{}, vault.Meta{}, missing
	}
	result, err := s.Login(ctx, LoginRequest{Profile: name, NoBrowser: true}, nil)
	if err != nil {
		return tokens.Secret{}, vault.Meta{}, err
	}
	return resultToken(result, r)
}

// validToken is Token for an existing session, by its ID.
func (s *Service) validToken(ctx context.Context, id string, r TokenRequest) (tokens.Secret, vault.Meta, error) {
	if r.Kind == "" {
		r.Kind = tokens.Access
	}
	rec, err := s.Load(ctx, id)
	if err != nil {
		return tokens.Secret{}, vault.Meta{ID: id}, err
	}
	if hasMinTTL(rec.Secrets.Set, r, s.o.Now()) {
		s.notifyNotRefreshable(ctx, rec.Meta, r.Kind)
		return rec.Secrets.Set.Token(r.Kind), rec.Meta, nil
	}
	if r.Kind == tokens.Refresh {
		if g, ok := flows.GrantByID(rec.Meta.Grant); ok && !g.NeedsUser && !rec.Meta.Has(tokens.Refresh) {
			return tokens.Secret{}, rec.Meta, fmt.Errorf("%w: %s has no refresh token: it is renewed by running "+
				"the grant %s again", ErrNoToken, rec.Meta.Label, g.ID)
		}
		return tokens.Secret{}, rec.Meta, needsPerson(rec.Meta, "it has no valid refresh token")
	}
	fresh := func(rec vault.Record) bool { return hasMinTTL(rec.Secrets.Set, r, s.o.Now()) }
	result, err := Result{}, s.checkRenewable(rec.Meta)
	if err == nil {
		result, err = s.renew(ctx, id, RefreshRequest{Retry: r.Retry}, fresh, nil)
	}
	// A token below the minimum is better than none if the cause is local.
	if isLocalCause(err) && hasMinTTL(rec.Secrets.Set, unexpiredToken(r.Kind), s.o.Now()) {
		s.notifyNotRenewed(ctx, s.currentMeta(rec.Meta), r.Kind, err)
		return rec.Secrets.Set.Token(r.Kind), rec.Meta, nil
	}
	if err != nil {
		return tokens.Secret{}, rec.Meta, err
	}
	token, m, err := resultToken(result, r)
	if err != nil {
		return token, m, err
	}
	if err := ctx.Err(); err != nil {
		return tokens.Secret{}, m, &LateError{Result: result, Err: err}
	}
	if !hasMinTTL(result.Set, unexpiredToken(r.Kind), s.o.Now()) {
		return tokens.Secret{}, m, needsPerson(m, "the token in the server's response has expired already")
	}
	return token, m, nil
}

// isLocalCause reports whether a renewal failed on this side: there is no usable refresh token, the service is
// read-only, or the vault could not store the result.
func isLocalCause(err error) bool {
	var notSpent *NotSentError
	return errors.Is(err, ErrNeedsPerson) || errors.Is(err, ErrReadOnly) || errors.As(err, &notSpent)
}

// notifyNotRefreshable notifies the user if a session's refresh token cannot be used any more, although the token is
// still valid.
func (s *Service) notifyNotRefreshable(ctx context.Context, m vault.Meta, kind tokens.Kind) {
	if err := s.CheckRefreshable(m); err != nil {
		s.notifyNotRenewed(ctx, m, kind, err)
	}
}

// notifyNotRenewed notifies the user why a token was not renewed and is used as it is.
func (s *Service) notifyNotRenewed(ctx context.Context, m vault.Meta, kind tokens.Kind, why error) {
	var unanswered *UnansweredError
	var notSpent *NotSentError
	text := ""
	switch {
	case errors.As(why, &unanswered):
		text = m.Label + ": " + unanswered.Reason()
	case m.RefreshInvalid != nil:
		text = m.Label + ": " + s.invalidRefreshText(m)
	case errors.As(why, &notSpent):
		text = m.Label + " was not refreshed: " + why.Error()
	case errors.Is(why, ErrReadOnly) || !m.Has(tokens.Refresh):
		return // the user chose that, or knows it since the sign-in
	default:
		text = why.Error()
	}
	life := ""
	if kind == tokens.Refresh {
		notifyf(ctx, "%s", text)
		return
	}
	if kind == tokens.Access && !m.ExpiresAt.IsZero() {
		life = " until " + clockTime(m.ExpiresAt, s.o.Now())
	}
	notifyf(ctx, "%s; its %s token is still valid%s and is used", text, kind, life)
}

// resultToken returns the token of the kind, with a *NotStoredError if the result could not be stored.
func resultToken(result Result, r TokenRequest) (tokens.Secret, vault.Meta, error) {
	kind := r.Kind
	if kind == "" {
		kind = tokens.Access
	}
	token := result.Set.Token(kind)
	if token.IsZero() {
		return token, result.Meta, fmt.Errorf("%w: %s has no %s token", ErrNoToken, result.Meta.Label, kind)
	}
	if result.StoreErr != nil {
		return token, result.Meta, &NotStoredError{Result: result, Err: result.StoreErr}
	}
	return token, result.Meta, nil
}

// hasMinTTL reports whether the set has a token of the kind with the minimum remaining lifetime, or with unknown
// expiry.
func hasMinTTL(set tokens.Set, r TokenRequest, now time.Time) bool {
	if set.Token(r.Kind).IsZero() {
		return false
	}
	at, since := set.ExpiresAt, set.ReceivedAt
	switch r.Kind {
	case tokens.Refresh:
		at, r = set.RefreshExpires, unexpiredToken(r.Kind)
	case tokens.ID:
		at = time.Time{}
		if c := claims(set.IDToken); c != nil {
			at, _ = c.Time("exp")
		}
	}
	return at.IsZero() || at.Sub(now) > r.requiredTTL(at.Sub(since))
}

// Refresh renews a session's tokens now, whatever their remaining lifetime: with the refresh token, or by running the
// grant again if it needs no user. If another process renewed them while this one waited for the lock, its result is
// used. ErrNeedsPerson means that the refresh token is invalid or missing. Result.StoreErr says that the tokens could
// not be stored.
func (s *Service) Refresh(ctx context.Context, id string, observe func(flows.Step)) (Result, error) {
	return s.RefreshWith(ctx, id, RefreshRequest{}, observe)
}

// RefreshWith is Refresh with its own inputs: a narrower scope, another resource. With any, the result of another
// process is not used in place of its own.
func (s *Service) RefreshWith(
	ctx context.Context, id string, r RefreshRequest, observe func(flows.Step),
) (Result, error) {
	if err := s.checkWritable("renewing a session"); err != nil {
		return Result{}, err
	}
	if err := flows.Refresh.Validate(r.Values); err != nil {
		return Result{}, err
	}
	seen, err := s.Load(ctx, id)
	if err != nil {
		return Result{}, err
	}
	return s.renew(ctx, id, r, func(rec vault.Record) bool {
		newer := rec.Meta.Refreshes != seen.Meta.Refreshes || rec.Meta.ReceivedAt.After(seen.Meta.ReceivedAt)
		return r.isPlain() && newer && hasMinTTL(rec.Secrets.Set, unexpiredToken(tokens.Access), s.o.Now())
	}, observe)
}

// renew renews a session. It acquires the session's lock and re-reads the record; if fresh accepts the record, it is
// returned unchanged, so that two processes never use the same refresh token. The response is stored before it is
// returned. Once the refresh token is sent, the response is awaited and stored even if ctx ends.
func (s *Service) renew(ctx context.Context, id string, r RefreshRequest, fresh func(vault.Record) bool,
	observe func(flows.Step)) (result Result, err error) {
	lock, err := s.o.Store.Lock(ctx, id)
	if err != nil {
		return Result{}, fmt.Errorf("waiting to renew the session %s: %w", tokens.VisibleLine(id), err)
	}
	defer lock.Unlock()
	rec, err := s.Load(ctx, id)
	if err != nil {
		return Result{}, err
	}
	if fresh(rec) {
		return Result{Meta: rec.Meta, Set: rec.Secrets.Set}, nil
	}
	p, err := s.planOfRecord(rec)
	if err != nil {
		return Result{}, err
	}
	p.params = mergeParams(p.params, r.Params)
	old, err := s.usableSet(rec, r)
	if err == nil && old.RefreshToken.IsZero() {
		err = needsPerson(rec.Meta, "it has no refresh token")
	}
	if err != nil && p.grant.NeedsUser {
		return Result{}, err
	}
	w := s.recordRun(p, observe)
	run, err := s.runWithProvider(ctx, p, w.step)
	if err != nil {
		return Result{}, err
	}
	if rec, err = s.checkEndpoint(ctx, lock, rec, run); err != nil {
		return Result{}, err
	}
	if err := s.probeBeforeRefresh(ctx, id, old, run); err != nil {
		return Result{}, err
	}
	awaited, commit, release := detachOnCommit(ctx, storeLimit, func() {
		notifyf(ctx, "storing the new token, up to %s", storeWords)
	})
	defer release()
	s.addInFlight(1)
	defer s.addInFlight(-1)
	use := s.newRefreshUse(rec, commit)
	run.BeforeSpend = use.begin
	approvalCtx, end := withApproval(withRenewing(awaited, id), run, r.Before, r.Edits)
	set, err := s.requestTokens(approvalCtx, p, run, use, old, r.Values)
	end()
	defer func() { w.finish(p, run, result, err) }()
	if err != nil {
		result = failedResult(p, run)
		result.Meta.ID, result.Meta.Label = rec.Meta.ID, rec.Meta.Label
		if name := missingSecretInput(p, err); name != "" {
			err = needsPerson(rec.Meta, "its "+name+" was entered by the user, and secrets are not stored")
		}
		return result, s.handleFailedRenewal(ctx, use, rec, run, p.grant.NeedsUser, err)
	}
	rec = withNewSet(rec, run, set)
	result = s.store(ctx, rec)
	use.finish(result.StoreErr)
	s.addStoreStep(run, result)
	return result, nil
}

// probeBeforeRefresh checks that the response to a refresh could be verified and stored, before the refresh token is
// sent, since it may work only once.
func (s *Service) probeBeforeRefresh(ctx context.Context, id string, old tokens.Set, run *flows.Run) error {
	if old.RefreshToken.IsZero() {
		return nil
	}
	if !old.IDToken.IsZero() && run.Keys != nil {
		if _, err := run.Keys.Keys(ctx, ""); err != nil {
			return fmt.Errorf("not refreshed, since a new id_token could not be verified: %w", err)
		}
	}
	if err := s.o.Store.ProbeFor(ctx, id); err != nil {
		return &NotSentError{Err: err}
	}
	return nil
}

// usableSet returns the set of a record, without its refresh token if that must not be sent; then the error says why.
func (s *Service) usableSet(rec vault.Record, r RefreshRequest) (tokens.Set, error) {
	old := rec.Secrets.Set
	err := s.checkRefreshToken(rec)
	var unanswered *UnansweredError
	if err == nil || r.Retry && errors.As(err, &unanswered) && unanswered.CanRetry() {
		return old, nil
	}
	old.RefreshToken = tokens.Secret{}
	return old, err
}

// newRefreshUse returns the single use of a record's refresh token.
func (s *Service) newRefreshUse(rec vault.Record, commit func() error) *singleUse {
	m := rec.Meta
	before, _ := s.markFor(rec) // usableSet has handled the error
	return &singleUse{s: s, previous: before, commit: commit, mark: vault.Mark{ID: m.ID, Kind: vault.MarkRefresh,
		Refreshes: m.Refreshes, Issuer: m.Issuer, ClientID: m.ClientID}}
}

// handleFailedRenewal stores what a failed renewal means for the refresh token, and adds it to the error.
func (s *Service) handleFailedRenewal(ctx context.Context, use *singleUse, rec vault.Record, run *flows.Run,
	needsUser bool,
	err error) error {
	m, replaced := rec.Meta, unreadableRefreshToken(run.RefreshResponse)
	switch {
	case !use.marked:
		return err
	case use.rejected != nil:
		why := rejectionText(use.rejected)
		if needsUser {
			err = fmt.Errorf("%w: the refresh token of %s is invalid: %w", ErrNeedsPerson, m.Label, err)
		}
		if earlier := use.previous; earlier != nil && !earlier.Answered {
			u := &UnansweredError{Session: m, Mark: *earlier, now: s.o.Now()}
			why += ", after the response to the refresh " + u.when() + " never arrived"
			err = fmt.Errorf("%w\n  likely cause: %s", err, u.Reason())
		}
		_ = s.markRefreshTokenRejected(ctx, use, m, why)
	case run.Rotated() && run.MismatchReason() == "":
		err = s.storeReplacement(ctx, use, rec, run, err)
	case run.Rotated():
		_ = s.markRefreshTokenRejected(ctx, use, m,
			"it was rotated, and the new one was not stored: "+run.MismatchReason())
		err = fmt.Errorf("%w\n  the refresh token of %s is used up by this: sign in again", err, m.Label)
	case replaced != nil:
		_ = s.markRefreshTokenRejected(ctx, use, m, replaced.Reason)
		err = fmt.Errorf("%w\n  the refresh token of %s is not sent again: %s", err, m.Label, replaced.Reason)
	case provesUnused(err) || isCheckFailure(err):
		use.rollback()
	default:
		err = fmt.Errorf("%w\n  whether the refresh token of %s was used is unknown: "+
			"it is not sent again automatically", err, m.Label)
	}
	return err
}

// storeReplacement stores only the new refresh token of a response that failed a check: the old one was rotated, and
// without the new one the session would be lost. It returns the error of the response with that added.
func (s *Service) storeReplacement(ctx context.Context, use *singleUse, rec vault.Record, run *flows.Run,
	refused error) error {
	set := &rec.Secrets.Set
	set.RefreshToken, set.RefreshExpires = run.RefreshResponse.RefreshToken, run.RefreshResponse.RefreshExpires
	rec.Secrets.DPoPKey = run.DPoPKey
	rec.Meta.Refreshes++
	rec.Meta.RefreshInvalid = nil
	applySet(&rec.Meta, *set)
	kept := s.store(ctx, rec)
	use.finish(kept.StoreErr)
	step := flows.Step{From: flows.Fob, To: flows.Fob, Title: "Store only the new refresh token", Spec: "RFC 6749 6",
		Meaning: "The old one was rotated, so without the new one the session would be lost. " +
			"The rest of the response is not stored."}
	text := "only the new refresh token of the response is stored, since the old one was rotated"
	if kept.StoreErr != nil {
		step.Err = kept.StoreErr.Error()
		text = "the refresh token was rotated, and the new one exists only in this process: " + kept.StoreErr.Error()
	}
	run.Step(step)
	return &PartlyStoredError{Err: fmt.Errorf("%w\n  %s: %s", refused, rec.Meta.Label, text)}
}

// PartlyStoredError means that a refresh response failed a check, and that only its new refresh token is stored.
type PartlyStoredError struct{ Err error }

func (e *PartlyStoredError) Error() string { return e.Err.Error() }

// Unwrap returns the failed check.
func (e *PartlyStoredError) Unwrap() error { return e.Err }

// rejectionText returns the server's error code and description.
func rejectionText(err error) string {
	var refused *flows.OAuthError
	if !errors.As(err, &refused) {
		return err.Error()
	}
	text := "the provider responded " + refused.Code
	if refused.Description != "" {
		text += ": " + refused.Description
	}
	return text
}

// isCheckFailure reports whether a response was parsed and failed a check, so that the stored refresh token is as valid
// as before unless the response had another. A response with a duplicate member was not parsed: what it replaces is
// unknown.
func isCheckFailure(err error) bool {
	var failed *tokens.CheckError
	return errors.As(err, &failed) && failed.Check.ID != tokens.CheckAnswerMembers
}

// requestTokens requests a new set: with the refresh token, if any; else, or if the server rejects it as invalid, by
// running the grant again if it needs no user. own overrides the inputs of the grant.
func (s *Service) requestTokens(ctx context.Context, p *plan, run *flows.Run, use *singleUse, old tokens.Set,
	own flows.Values) (tokens.Set, error) {
	if !old.RefreshToken.IsZero() {
		run.Current = old
		// The inputs of the login's grant are not those of a refresh, which keeps what was granted.
		run.Values = mergeValues(flows.Refresh, own)
		set, err := flows.Refresh.Run(ctx, run)
		if isInvalidGrant(err) {
			use.rejected = err
		}
		if err == nil || p.grant.NeedsUser || use.rejected == nil {
			return set, err
		}
		run.Current = tokens.Set{}
	}
	if err := p.grant.Validate(p.values); err != nil {
		return tokens.Set{}, err
	}
	var err error
	if run.Values, err = s.resolveSecretInputs(ctx, p); err != nil {
		return tokens.Set{}, err
	}
	maps.Copy(run.Values, own)
	return p.grant.Run(ctx, run)
}

// isInvalidGrant reports whether the server rejected a refresh token for good (RFC 6749 5.2).
func isInvalidGrant(err error) bool {
	var refused *flows.OAuthError
	if !errors.As(err, &refused) {
		return false
	}
	code := strings.ToLower(strings.TrimSpace(refused.Code))
	return code == "invalid_grant" || code == "bad_refresh_token" // GitHub
}

// withNewSet returns the record with the new set.
func withNewSet(rec vault.Record, run *flows.Run, set tokens.Set) vault.Record {
	rec.Secrets.Set, rec.Secrets.DPoPKey = set, run.DPoPKey
	rec.Meta.Settings = maps.Clone(rec.Meta.Settings)
	rec.Meta.Ledger = run.Ledger
	rec.Meta.Refreshes++
	rec.Meta.RefreshInvalid = unreadableRefreshToken(set)
	applySet(&rec.Meta, set)
	return rec
}

// unreadableRefreshToken reports that the response replaced the refresh token by a value that is no token: the old one,
// which stays stored, must not be sent again. It is nil if the response has a valid refresh token, or has no such
// member.
func unreadableRefreshToken(response tokens.Set) *vault.InvalidRefresh {
	for _, warning := range response.Warnings {
		if warning.Member == "refresh_token" {
			return &vault.InvalidRefresh{At: response.ReceivedAt,
				Reason: "the provider replaced it by " + warning.Received + ", which cannot be read as a token"}
		}
	}
	return nil
}

// runWithProvider returns a run with its provider attached, from the cache if possible.
func (s *Service) runWithProvider(ctx context.Context, p *plan, observe func(flows.Step)) (*flows.Run, error) {
	run, err := s.newRun(ctx, p, observe)
	if err != nil {
		return nil, err
	}
	src, err := s.authServer(withObserver(ctx, run, flows.Step{
		Title: "Read the server's metadata", Spec: "OpenID Connect Discovery 4, RFC 8414 3",
		Meaning: "The metadata says where the endpoints are and what the server supports.",
	}), p)
	if err != nil {
		return nil, err
	}
	return run, attachProvider(p, run, src)
}

func needsPerson(m vault.Meta, because string) error {
	return fmt.Errorf("%w: %s: %s", ErrNeedsPerson, m.Label, because)
}
