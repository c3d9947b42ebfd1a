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

// spending is one run that may spend a refresh token or a code: what works once is marked on the disk before it leaves,
// and the mark goes when what came for it is stored, or when it is known that nothing was spent. It is used under the
// lock of the mark's ID.
type singleUse struct {
	s        *Service
	mark     vault.Mark
	before   *vault.Mark  // the mark that was there when the run began; nil: none
	commit   func() error // called before the first mark is written: from there on nothing is cut; nil: all can be
	begun    bool
	rejected error      // the server's word that the refresh token is dead
	lock     vault.Lock // of a sign-in: a mark whose lock is free is of one that ended; nil: not taken
}

// begin is called when the request is about to leave. An error keeps it here: nothing is spent that cannot be marked.
func (p *singleUse) begin() (err error) {
	if p.commit != nil && !p.begun {
		if err := p.commit(); err != nil {
			return err
		}
	}
	if p.mark.Kind == vault.MarkCode && p.lock == nil {
		if p.lock, err = p.s.o.Store.Lock(context.Background(), p.mark.ID); err != nil {
			return &NotSentError{Err: err}
		}
	}
	p.mark.BegunAt = p.s.o.Now()
	if err := p.s.o.Store.PutMark(p.mark); err != nil {
		return &NotSentError{Err: err}
	}
	p.begun = true
	return nil
}

// release lets go of what begin has taken.
func (p *singleUse) unlock() {
	if p.lock != nil {
		p.lock.Unlock()
	}
}

// stored ends it after what came was stored, or could not be: then what was sent is known to be spent, and the mark
// says so.
func (p *singleUse) finish(err error) {
	switch {
	case err == nil && (p.begun || p.before != nil):
		_ = p.s.o.Store.DropMark(p.mark.ID) // one that stays is about an older record, and is known to be
	case err != nil && p.begun:
		p.mark.Answered = true
		_ = p.s.o.Store.PutMark(p.mark) // where it cannot be written, the mark that the answer never came stays
	}
}

// unspent takes the mark back: nothing was spent.
func (p *singleUse) rollback() {
	switch {
	case !p.begun:
	case p.before != nil:
		_ = p.s.o.Store.PutMark(*p.before)
	default:
		_ = p.s.o.Store.DropMark(p.mark.ID)
	}
}

// isUnused reports whether the error of a run tells that what it sent is not spent: nothing left, or the server has
// answered that it did not take it. Else it is not known.
func isUnused(err error) bool {
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
		return !refused.WithTokens
	case errors.As(err, &response):
		// A gateway's 5xx, and a success that cannot be read, may come after the server has done its part.
		s := response.Status
		return s >= 300 && s < 500 || s == http.StatusServiceUnavailable
	}
	return false
}

// uncut makes a context that ends with its parent until commit is called, and after that only limit later, whatever
// becomes of the parent: what is on the wire by then is awaited. commit returns the parent's error if it has ended
// already. onLeave is called when the parent ends after the commit. release must be called at the end.
func detachOnCommit(parent context.Context, limit time.Duration, onLeave func()) (
	ctx context.Context, commit func() error, release func()) {
	inner, cancel := context.WithCancelCause(context.WithoutCancel(parent))
	follows := context.AfterFunc(parent, func() { cancel(parent.Err()) })
	var timer *time.Timer
	stopTelling := func() bool { return true }
	commit = func() error {
		if !follows() {
			return parent.Err()
		}
		timer = time.AfterFunc(limit, func() { cancel(context.DeadlineExceeded) })
		stopTelling = context.AfterFunc(parent, onLeave)
		return nil
	}
	release = func() {
		follows()
		stopTelling()
		if timer != nil {
			timer.Stop()
		}
		cancel(context.Canceled)
	}
	return causeContext{inner}, commit, release
}

// causeContext is a context that was ended by a cause, and says so: that of a time that is over is DeadlineExceeded.
type causeContext struct{ context.Context }

// Err implements context.Context.
func (c causeContext) Err() error {
	err := c.Context.Err()
	if err != nil && errors.Is(context.Cause(c.Context), context.DeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return err
}

// NotSentError means that a refresh token or a code was not sent, since what comes for it could not have been kept.
type NotSentError struct{ Err error }

func (e *NotSentError) Error() string {
	return "nothing was sent, and nothing is spent: " + e.Err.Error()
}

// Unwrap yields what is wrong with the vault.
func (e *NotSentError) Unwrap() error { return e.Err }

// UnansweredError means that the refresh token of a session was sent, and what came of it is not known or could not be
// stored: only a person may say that it is sent once more (RefreshRequest.Retry), and where it is known to be spent
// nobody may. errors.Is finds ErrNeedsPerson in it.
type UnansweredError struct {
	Session vault.Meta
	Mark    vault.Mark
	now     time.Time
}

func (e *UnansweredError) Error() string {
	return fmt.Sprintf("%v: %s: %s", ErrNeedsPerson, e.Session.Label, e.Reason())
}

// What says it in one sentence, without the session.
func (e *UnansweredError) Reason() string {
	if e.Mark.Answered {
		return "what the refresh " + e.when() + " brought could not be kept, and the refresh token here is spent"
	}
	return "the answer to the refresh " + e.when() + " never arrived: the provider may treat a second use as theft"
}

// diagnosis is what a person can do: sign in again by the command, or risk one more try.
func (e *UnansweredError) diagnosis(signIn string) doctor.Diagnosis {
	next := []doctor.Action{{Text: "Sign in again.", Do: map[string]string{doctor.DoCommand: signIn}}}
	if e.CanRetry() {
		next = append(next, doctor.Action{
			Text: "Or send the refresh token once more. If the provider takes that for theft, the session is over " +
				"there.",
			Do: map[string]string{doctor.DoCommand: "fob refresh " + e.Session.ID + " --retry-refresh"},
		})
	}
	const title = "The refresh token of this session is not sent again by itself."
	return doctor.Diagnosis{Title: title, Next: next, Command: signIn}
}

// CanRetry reports whether the refresh token may still be good.
func (e *UnansweredError) CanRetry() bool { return !e.Mark.Answered }

func (e *UnansweredError) when() string {
	if e.Mark.BegunAt.IsZero() {
		return "before this one"
	}
	return "of " + clockTime(e.Mark.BegunAt, e.now)
}

// Unwrap yields ErrNeedsPerson.
func (e *UnansweredError) Unwrap() error { return ErrNeedsPerson }

// clockTime is a time of today as 10:41, and one of another day with its date.
func clockTime(at, now time.Time) string {
	at, now = at.Local(), now.Local()
	if at.Year() == now.Year() && at.YearDay() == now.YearDay() {
		return at.Format("15:04")
	}
	return at.Format("2006-01-02 15:04")
}

// LateError means that the caller gave up while the answer to a refresh was awaited. It came, and is stored.
type LateError struct {
	Result Result
	Err    error // of the caller's context
}

func (e *LateError) Error() string {
	return fmt.Sprintf("the new tokens of %s are stored: %v", e.Result.Meta.Label, e.Err)
}

// Unwrap yields the error of the caller's context.
func (e *LateError) Unwrap() error { return e.Err }

// markFor is the mark that concerns a record; nil when there is none. One that is about an older record than this is
// left over from a process that was killed after it had stored the answer.
func (s *Service) markFor(rec vault.Record) (*vault.Mark, error) {
	m, err := s.o.Store.Mark(rec.Meta.ID)
	switch {
	case errors.Is(err, vault.ErrNotFound):
		return nil, nil
	case errors.Is(err, vault.ErrDamaged): // which makes the refresh token no safer
		return &vault.Mark{ID: rec.Meta.ID, Kind: vault.MarkRefresh}, nil
	case err != nil:
		return nil, &NotSentError{Err: err}
	case m.Kind != vault.MarkRefresh || m.Refreshes < rec.Meta.Refreshes:
		return nil, nil
	}
	return &m, nil
}

// spent says why the refresh token of a record must not be sent; nil when it may be, or when there is none. The caller
// holds the session's lock: a mark that is found is of no refresh that is under way.
func (s *Service) checkRefreshToken(rec vault.Record) error {
	m := rec.Meta
	if rec.Secrets.Set.RefreshToken.IsZero() {
		return nil
	}
	if m.RefreshInvalid != nil {
		return needsPerson(m, s.rejectedText(m))
	}
	mark, err := s.markFor(rec)
	if err == nil && mark != nil {
		return &UnansweredError{Session: m, Mark: *mark, now: s.o.Now()}
	}
	return err
}

// rejectedText say that the refresh token of a session is dead, since when, and why.
func (s *Service) rejectedText(m vault.Meta) string {
	return fmt.Sprintf("its refresh token is dead since %s: %s",
		clockTime(m.RefreshInvalid.At, s.o.Now()), m.RefreshInvalid.Reason)
}

// CheckRefreshable says why the refresh token of a session will not be sent by itself: an *UnansweredError, another
// error that says that it is dead, or nil. A refresh that another process has under way is no trouble.
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

// currentMeta is what is known of a session by now.
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

// Interrupted are the marks of refreshes and sign-ins whose outcome is not known: those that no process has under way
// and whose session has nothing newer. A mark that is about nothing any more is removed.
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
			continue // under way
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

// ForgetMark removes the mark of a sign-in that a person has been told of.
func (s *Service) ForgetMark(m vault.Mark) error {
	if err := s.checkWritable("forgetting a sign-in that was cut off"); err != nil {
		return err
	}
	return s.o.Store.DropMark(m.ID)
}

// bury keeps that the refresh token of a session is dead. Where that cannot be kept, the mark stays in its place.
func (s *Service) markRefreshTokenRejected(ctx context.Context, p *singleUse, m vault.Meta, why string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeLimit)
	defer cancel()
	dead := &vault.InvalidRefresh{At: s.o.Now(), Reason: tokens.Clip(tokens.VisibleLine(why), maxName)}
	s.mu.Lock()
	rec, unstored := s.unstored[m.ID]
	if unstored {
		rec.Meta.RefreshInvalid = dead
		s.unstored[m.ID] = rec
	}
	s.mu.Unlock()
	if unstored { // what the vault holds is older still, and its refresh token is spent
		p.finish(ErrNeedsPerson)
		return nil
	}
	m.RefreshInvalid = dead
	err := s.o.Store.PutMeta(ctx, m)
	p.finish(err)
	return err
}

// AwaitRefreshes waits until no refresh token is on the wire: each answer is stored, or its time is over. It is for a
// program that is about to end.
func (s *Service) AwaitRefreshes() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.inFlight > 0 {
		s.idle.Wait()
	}
}

// Spending reports whether AwaitRefreshes would wait.
func (s *Service) RefreshInFlight() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inFlight > 0
}

func (s *Service) countInFlight(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inFlight += n; s.inFlight == 0 {
		s.idle.Broadcast()
	}
}

// notifyKey finds in a context who is told what a person should know while a use case runs.
type notifyKey struct{}

// Telling is a context under which tell is called with what a person should know while a use case runs and which is no
// part of its result: that a refresh token is dead, that an answer is still awaited. It may be called at any time, from
// another goroutine as well.
func WithNotify(ctx context.Context, tell func(text string)) context.Context {
	return context.WithValue(ctx, notifyKey{}, tell)
}

func notifyf(ctx context.Context, format string, args ...any) {
	if tell, ok := ctx.Value(notifyKey{}).(func(string)); ok {
		tell(tokens.VisibleLine(fmt.Sprintf(format, args...)))
	}
}
