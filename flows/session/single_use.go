package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"fob/flows"
	"fob/flows/explain/doctor"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/vault"
)

// singleUse is the use of a refresh token or a code, which may work only once. A mark is written to disk before the
// request is sent. It is removed when the response is stored, or when it is certain that nothing was used. The caller
// has locked the mark's ID.
type singleUse struct {
	s        *Service
	mark     vault.Mark
	previous *vault.Mark  // the mark at the start of the run; may be nil
	commit   func() error // called before the first mark is written: from then on nothing is cancelled; may be nil
	marked   bool
	rejected error      // the server's error that the refresh token is invalid
	lock     vault.Lock // of a sign-in: a mark whose lock is free belongs to a process that ended; may be nil
}

// begin writes the mark before the request is sent. If it returns an error, the request must not be sent.
func (u *singleUse) begin() (err error) {
	if u.commit != nil && !u.marked {
		if err := u.commit(); err != nil {
			return err
		}
	}
	if u.mark.Kind == vault.MarkCode && u.lock == nil {
		if u.lock, err = u.s.o.Store.Lock(context.Background(), u.mark.ID); err != nil {
			return &NotSentError{Err: err}
		}
	}
	u.mark.BegunAt = u.s.o.Now()
	if err := u.s.o.Store.PutMark(u.mark); err != nil {
		return &NotSentError{Err: err}
	}
	u.marked = true
	return nil
}

// unlock releases the lock that begin acquired.
func (u *singleUse) unlock() {
	if u.lock != nil {
		u.lock.Unlock()
	}
}

// finish ends the use after the response was stored. If storing failed, the mark says that the credential was used.
func (u *singleUse) finish(err error) {
	switch {
	case err == nil && (u.marked || u.previous != nil):
		_ = u.s.o.Store.DropMark(u.mark.ID) // a mark that stays refers to an older record and is ignored
	case err != nil && u.marked:
		u.mark.Answered = true
		_ = u.s.o.Store.PutMark(u.mark) // if that fails, the mark still says that there was no response
	}
}

// rollback restores the mark of before: nothing was used.
func (u *singleUse) rollback() {
	switch {
	case !u.marked:
	case u.previous != nil:
		_ = u.s.o.Store.PutMark(*u.previous)
	default:
		_ = u.s.o.Store.DropMark(u.mark.ID)
	}
}

// provesUnused reports whether err proves that the refresh token or code was not used: the request was not sent, or the
// server rejected it. Else it is unknown.
func provesUnused(err error) bool {
	var (
		network  *wire.Error
		refused  *flows.OAuthError
		response *flows.ResponseError
		notSpent *NotSentError
	)
	switch {
	case errors.As(err, &notSpent):
		return true
	case errors.As(err, &network):
		return network.Unsent
	case errors.As(err, &refused):
		return !refused.WithTokens && mayBeUnused(refused.Status)
	case errors.As(err, &response):
		return !response.WithTokens && response.Status >= 300 && mayBeUnused(response.Status)
	}
	return false
}

// mayBeUnused reports whether a response of this status comes before the server uses a token. A 5xx may come after it,
// except for 503.
func mayBeUnused(status int) bool { return status < 500 || status == http.StatusServiceUnavailable }

// detachOnCommit returns a context that ends with its parent until commit is called, and after that only after limit,
// so that the response to a sent request is awaited. commit returns the parent's error if it has ended already.
// onCancel is called if the parent ends after the commit. release must be called at the end.
func detachOnCommit(
	parent context.Context, limit time.Duration, onCancel func(),
) (ctx context.Context, commit func() error, release func()) {
	inner, cancel := context.WithCancelCause(context.WithoutCancel(parent))
	stopFollowing := context.AfterFunc(parent, func() { cancel(parent.Err()) })
	var timer *time.Timer
	stopNotify := func() bool { return true }
	commit = func() error {
		if !stopFollowing() {
			return parent.Err()
		}
		timer = time.AfterFunc(limit, func() { cancel(context.DeadlineExceeded) })
		stopNotify = context.AfterFunc(parent, onCancel)
		return nil
	}
	release = func() {
		stopFollowing()
		stopNotify()
		if timer != nil {
			timer.Stop()
		}
		cancel(context.Canceled)
	}
	return causeContext{inner}, commit, release
}

// causeContext is a context whose Err is DeadlineExceeded if that is its cause.
type causeContext struct{ context.Context }

// Err implements context.Context.
func (c causeContext) Err() error {
	err := c.Context.Err()
	if err != nil && errors.Is(context.Cause(c.Context), context.DeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return err
}

// NotSentError means that a refresh token or code was not sent, since the response could not have been stored.
type NotSentError struct{ Err error }

func (e *NotSentError) Error() string {
	return "the request was not sent, and no token was used: " + e.Err.Error()
}

// Unwrap returns the vault's error.
func (e *NotSentError) Unwrap() error { return e.Err }

// UnansweredError means that a session's refresh token was sent, and that the response did not arrive or could not be
// stored. Only the user may decide to send it again (RefreshRequest.Retry), and not if it is certainly used. It wraps
// ErrNeedsPerson.
type UnansweredError struct {
	Session vault.Meta
	Mark    vault.Mark
	now     time.Time
}

func (e *UnansweredError) Error() string {
	return fmt.Sprintf("%v: %s: %s", ErrNeedsPerson, e.Session.Label, e.Reason())
}

// Reason returns the cause in one sentence, without the session.
func (e *UnansweredError) Reason() string {
	if e.Mark.Answered {
		return "the response to the refresh " + e.when() + " could not be stored, and the refresh token here is used up"
	}
	return "the response to the refresh " + e.when() + " never arrived: the provider may treat a second use as theft"
}

// diagnosis proposes to sign in again with the command, or to retry at a risk.
func (e *UnansweredError) diagnosis(signIn string) doctor.Diagnosis {
	next := []doctor.Action{{Text: "Sign in again.", Do: map[string]string{doctor.DoCommand: signIn}}}
	if e.CanRetry() {
		next = append(next, doctor.Action{
			Text: "Or send the refresh token once more. If the provider treats that as theft, " +
				"it ends the session.",
			Do: map[string]string{doctor.DoCommand: "fob refresh " + e.Session.ID + " --retry-refresh"},
		})
	}
	const title = "The refresh token of this session is not sent again automatically."
	return doctor.Diagnosis{Title: title, Next: next, Command: signIn}
}

// CanRetry reports whether the refresh token may still be valid.
func (e *UnansweredError) CanRetry() bool { return !e.Mark.Answered }

func (e *UnansweredError) when() string {
	if e.Mark.BegunAt.IsZero() {
		return "before this one"
	}
	return "of " + clockTime(e.Mark.BegunAt, e.now)
}

// Unwrap returns ErrNeedsPerson.
func (e *UnansweredError) Unwrap() error { return ErrNeedsPerson }

// clockTime formats a time of today as 10:41, and any other with its date.
func clockTime(at, now time.Time) string {
	at, now = at.Local(), now.Local()
	if at.Year() == now.Year() && at.YearDay() == now.YearDay() {
		return at.Format("15:04")
	}
	return at.Format("2006-01-02 15:04")
}

// LateError means that the caller's context ended during a refresh. The response arrived and is stored.
type LateError struct {
	Result Result
	Err    error // of the caller's context
}

func (e *LateError) Error() string {
	return fmt.Sprintf("the new tokens of %s are stored: %v", e.Result.Meta.Label, e.Err)
}

// Unwrap returns the error of the caller's context.
func (e *LateError) Unwrap() error { return e.Err }

// markFor returns the mark of a record, or nil. A mark older than the record is left over from a process that was
// killed after it had stored the response.
func (s *Service) markFor(rec vault.Record) (*vault.Mark, error) {
	m, err := s.o.Store.Mark(rec.Meta.ID)
	switch {
	case errors.Is(err, vault.ErrNotFound):
		return nil, nil
	case errors.Is(err, vault.ErrDamaged): // the refresh token may have been used
		return &vault.Mark{ID: rec.Meta.ID, Kind: vault.MarkRefresh}, nil
	case err != nil:
		return nil, &NotSentError{Err: err}
	case m.Kind != vault.MarkRefresh || m.Refreshes < rec.Meta.Refreshes:
		return nil, nil
	}
	return &m, nil
}

// checkRefreshToken says why the refresh token of a record must not be sent; nil if it may be, or if the record has no
// refresh token. The caller has locked the session, so a mark belongs to no refresh in progress.
func (s *Service) checkRefreshToken(rec vault.Record) error {
	m := rec.Meta
	if rec.Secrets.Set.RefreshToken.IsZero() {
		return nil
	}
	if m.RefreshInvalid != nil {
		return needsPerson(m, s.invalidRefreshText(m))
	}
	mark, err := s.markFor(rec)
	if err == nil && mark != nil {
		return &UnansweredError{Session: m, Mark: *mark, now: s.o.Now()}
	}
	return err
}

// invalidRefreshText says since when and why a session's refresh token is invalid.
func (s *Service) invalidRefreshText(m vault.Meta) string {
	return fmt.Sprintf("its refresh token has been invalid since %s: %s",
		clockTime(m.RefreshInvalid.At, s.o.Now()), m.RefreshInvalid.Reason)
}

// CheckRefreshable says why the refresh token of a session will not be sent automatically: an *UnansweredError, or
// another error if it is invalid. It returns nil while another process refreshes the session.
func (s *Service) CheckRefreshable(m vault.Meta) error {
	if !m.Has(tokens.Refresh) {
		return nil
	}
	rec := vault.Record{Meta: m, Secrets: vault.Secrets{Set: tokens.Set{RefreshToken: tokens.NewSecret("-")}}}
	err := s.checkRefreshToken(rec)
	var unanswered *UnansweredError
	if !errors.As(err, &unanswered) || s.o.ReadOnly {
		return err
	}
	lock, lockErr := s.o.Store.TryLock(m.ID)
	if lock == nil && lockErr == nil {
		return nil
	}
	if lock != nil {
		defer lock.Unlock()
	}
	rec.Meta = s.currentMeta(m)
	return s.checkRefreshToken(rec)
}

// currentMeta re-reads the metadata of a session.
func (s *Service) currentMeta(m vault.Meta) vault.Meta {
	s.mu.Lock()
	newer, unstored := s.unstored[m.ID]
	s.mu.Unlock()
	if unstored {
		return newer.Meta
	}
	if now, err := s.o.Store.Meta(context.Background(), m.ID); err == nil {
		return now
	}
	return m
}

// InterruptedMarks returns the marks of refreshes and sign-ins whose outcome is unknown: no process has locked them,
// and their session is no newer. It removes obsolete marks.
func (s *Service) InterruptedMarks(ctx context.Context) ([]vault.Mark, error) {
	all, err := s.o.Store.Marks()
	if err != nil {
		return nil, err
	}
	var list []vault.Mark
	for _, m := range all {
		lock, err := s.o.Store.TryLock(m.ID)
		if err != nil {
			return list, err
		}
		if lock == nil {
			continue // in progress
		}
		meta, err := s.o.Store.Meta(ctx, m.ID)
		stored := m.Kind == vault.MarkCode && err == nil || m.Kind == vault.MarkRefresh && meta.Refreshes > m.Refreshes
		if stored || m.Kind == vault.MarkRefresh && errors.Is(err, vault.ErrNotFound) {
			if !s.o.ReadOnly {
				_ = s.o.Store.DropMark(m.ID)
			}
		} else {
			list = append(list, m)
		}
		lock.Unlock()
	}
	return list, nil
}

// ForgetMark removes the mark of a sign-in after the user was notified.
func (s *Service) ForgetMark(m vault.Mark) error {
	if err := s.checkWritable("forgetting an interrupted sign-in"); err != nil {
		return err
	}
	return s.o.Store.DropMark(m.ID)
}

// markRefreshTokenRejected stores that the refresh token of a session is invalid. If that fails, the mark of its use
// stays.
func (s *Service) markRefreshTokenRejected(ctx context.Context, use *singleUse, m vault.Meta, why string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeLimit)
	defer cancel()
	invalid := &vault.InvalidRefresh{At: s.o.Now(), Reason: tokens.Clip(tokens.VisibleLine(why), maxName)}
	s.mu.Lock()
	rec, unstored := s.unstored[m.ID]
	if unstored {
		rec.Meta.RefreshInvalid = invalid
		s.unstored[m.ID] = rec
	}
	s.mu.Unlock()
	if unstored { // the vault's record is older, and its refresh token is used
		use.finish(ErrNeedsPerson)
		return nil
	}
	m.RefreshInvalid = invalid
	err := s.o.Store.PutMeta(ctx, m)
	use.finish(err)
	return err
}

// AwaitRefreshes waits until every refresh in progress has stored its response or timed out. A program calls it before
// it ends.
func (s *Service) AwaitRefreshes() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.inFlight > 0 {
		s.idle.Wait()
	}
}

// RefreshInFlight reports whether AwaitRefreshes would wait.
func (s *Service) RefreshInFlight() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inFlight > 0
}

func (s *Service) addInFlight(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inFlight += n; s.inFlight == 0 {
		s.idle.Broadcast()
	}
}

// notifyKey is the context key of the function that notifies the user.
type notifyKey struct{}

// WithNotify returns a context under which a use case calls notify with what the user should know and is not part of
// its result: that a refresh token is invalid, that a response is still awaited. notify may be called at any time, from
// any goroutine.
func WithNotify(ctx context.Context, notify func(text string)) context.Context {
	return context.WithValue(ctx, notifyKey{}, notify)
}

func notifyf(ctx context.Context, format string, args ...any) {
	if notify, ok := ctx.Value(notifyKey{}).(func(string)); ok {
		notify(tokens.VisibleLine(fmt.Sprintf(format, args...)))
	}
}
