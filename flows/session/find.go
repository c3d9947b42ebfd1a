package session

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"

	"fob/flows"
	"fob/tokens"
	"fob/tokens/vault"
)

// Sessions lists the sessions, newest first, without opening the vault. Damaged ones are reported in the error, with
// the valid ones returned.
func (s *Service) Sessions(ctx context.Context) ([]vault.Meta, error) {
	list, err := s.o.Store.List(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.unstored) == 0 {
		return list, err
	}
	merged := make([]vault.Meta, 0, len(list)+len(s.unstored))
	for _, m := range list {
		if _, newer := s.unstored[m.ID]; !newer {
			merged = append(merged, m)
		}
	}
	for _, rec := range s.unstored {
		merged = append(merged, rec.Meta)
	}
	sort.SliceStable(merged, func(i, j int) bool { return merged[i].CreatedAt.After(merged[j].CreatedAt) })
	return merged, err
}

// Find finds a session by its ID, a unique prefix of it, its label, its profile or, after a login without a profile,
// its client ID (the newest session of either), if that is not ambiguous. The error is ErrNoSession or ErrAmbiguous. It
// is vault.ErrDamaged or vault.ErrForeign, with a Meta that has only the ID, if the session of exactly that ID cannot
// be read.
func (s *Service) Find(ctx context.Context, name string) (vault.Meta, error) {
	list, damage := s.Sessions(ctx)
	shown := tokens.VisibleLine(name)
	if name == "" {
		return vault.Meta{}, fmt.Errorf("%w: no name was given", ErrNoSession)
	}
	for _, match := range []func(vault.Meta) bool{
		func(m vault.Meta) bool { return m.ID == name },
		func(m vault.Meta) bool { return m.Label == name },
		func(m vault.Meta) bool {
			return strings.HasPrefix(m.ID, strings.ToLower(name)) || strings.HasPrefix(m.ID, strings.ToUpper(name))
		},
	} {
		switch found := filterSessions(list, match); len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return vault.Meta{}, fmt.Errorf("%w: %q matches %s", ErrAmbiguous, shown, describeSessions(found))
		}
	}
	if found, err := s.byProfileOrClient(list, name); found.ID != "" || err != nil {
		return found, err
	}
	if damage != nil {
		if _, err := s.o.Store.Meta(ctx, name); errors.Is(err, vault.ErrDamaged) || errors.Is(err, vault.ErrForeign) {
			return vault.Meta{ID: name}, err
		}
		return vault.Meta{}, fmt.Errorf("%w: %q; some records could not be read: %w", ErrNoSession, shown, damage)
	}
	if _, err := s.o.Profiles.Get(name); err == nil {
		return vault.Meta{}, &NoSessionError{Profile: name}
	}
	return vault.Meta{}, fmt.Errorf("%w: no session, label, profile or client ID matches %q", ErrNoSession, shown)
}

// byProfileOrClient returns the newest session of a profile, or, after a login without a profile, of a client ID. A
// client ID shared by sessions of several kinds is ambiguous. It returns the zero Meta without an error if nothing
// matches.
func (s *Service) byProfileOrClient(list []vault.Meta, name string) (vault.Meta, error) {
	found := filterSessions(list, func(m vault.Meta) bool { return m.Profile == name })
	_, missing := s.o.Profiles.Get(name)
	if missing == nil && len(found) > 0 {
		return newestSession(found), nil // a name that the user gave precedes one that a provider gave
	}
	clients := filterSessions(list, func(m vault.Meta) bool { return m.ClientID == name && m.Profile != name })
	var plain []vault.Meta
	issuers := map[string]bool{}
	for _, m := range clients {
		if m.Profile == "" {
			plain, issuers[m.Issuer] = append(plain, m), true
		}
	}
	shown := tokens.VisibleLine(name)
	switch {
	case missing == nil || len(clients) == 0:
	case len(found) > 0:
		return vault.Meta{}, fmt.Errorf("%w: %q is a profile and a client ID: it matches %s", ErrAmbiguous, shown,
			describeSessions(append(found, clients...)))
	case len(plain) == 0:
		return vault.Meta{}, fmt.Errorf("%w: %q is the client ID of %s, which a profile has: "+
			"name the session or the profile", ErrNoSession, shown, describeSessions(clients))
	case len(plain) < len(clients):
		return vault.Meta{}, fmt.Errorf("%w: %q is the client ID of sessions with and without a profile: it matches %s",
			ErrAmbiguous, shown, describeSessions(clients))
	case len(issuers) > 1:
		return vault.Meta{}, fmt.Errorf("%w: %q is a client ID at several providers: %s", ErrAmbiguous, shown,
			describeSessions(clients))
	default:
		return newestSession(plain), nil
	}
	return newestSession(found), nil
}

// newest returns the session created last; the zero Meta for an empty list.
func newestSession(list []vault.Meta) (last vault.Meta) {
	for _, m := range list {
		if last.ID == "" || m.CreatedAt.After(last.CreatedAt) {
			last = m
		}
	}
	return last
}

func filterSessions(list []vault.Meta, match func(vault.Meta) bool) []vault.Meta {
	var found []vault.Meta
	for _, m := range list {
		if match(m) {
			found = append(found, m)
		}
	}
	return found
}

// describeSessions names the sessions that match, so that the user can choose.
func describeSessions(found []vault.Meta) string {
	const most = 5
	var names []string
	for i, m := range found {
		if i == most {
			names = append(names, fmt.Sprintf("and %d more", len(found)-most))
			break
		}
		names = append(names, fmt.Sprintf("%s (%s)", m.ID, m.Label))
	}
	return strings.Join(names, ", ")
}

// Load reads a session with its secrets from the vault.
func (s *Service) Load(ctx context.Context, id string) (vault.Record, error) {
	s.mu.Lock()
	rec, ok := s.unstored[id]
	s.mu.Unlock()
	if ok {
		return rec, nil
	}
	rec, err := s.o.Store.Get(ctx, id)
	if errors.Is(err, vault.ErrNotFound) {
		return rec, fmt.Errorf("%w: %s: %w", ErrNoSession, tokens.VisibleLine(id), err)
	}
	if err != nil {
		return rec, fmt.Errorf("reading the session %s: %w", tokens.VisibleLine(id), err)
	}
	return rec, nil
}

// Remove removes a session here. Its tokens stay valid at the server: see Logout and Revoke.
func (s *Service) Remove(ctx context.Context, id string) error {
	if err := s.checkWritable("removing a session"); err != nil {
		return err
	}
	if err := s.o.Store.Delete(ctx, id); err != nil {
		return fmt.Errorf("removing the session %s: %w", tokens.VisibleLine(id), err)
	}
	_ = s.o.Store.DropMark(id) // a mark that stays is of a removed session
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.unstored, id)
	return nil
}

// checkLabel rejects a token pasted as a label: labels are stored and shown in clear.
func checkLabel(label string) error {
	if tokens.LooksUnlikeName(label) {
		return &flows.InputError{Input: "label", Value: "(hidden)",
			Expected: "a name: the value looks like a token, and labels are stored in clear"}
	}
	return nil
}

// Forget removes a session here without telling the server. Its notes say so, and what could not be read or removed. A
// session that this fob must not remove (vault.ErrForeign) is an error.
func (s *Service) Forget(ctx context.Context, id string) (LogoutResult, error) {
	result := LogoutResult{Notes: []string{
		"The provider was not notified: the tokens are valid there until they expire.",
	}}
	if _, err := s.Load(ctx, id); errors.Is(err, vault.ErrDamaged) || errors.Is(err, vault.ErrChanged) {
		result.Notes = append(result.Notes, "What was removed could not be read: "+err.Error())
	}
	err := s.Remove(ctx, id)
	if errors.Is(err, vault.ErrDamaged) {
		result.Notes = append(result.Notes, err.Error())
		err = nil
	}
	return result, err
}

// Rename changes the label of a session.
func (s *Service) Rename(ctx context.Context, id, label string) error {
	if err := s.checkWritable("renaming a session"); err != nil {
		return err
	}
	if err := checkLabel(label); err != nil {
		return fmt.Errorf("renaming the session: %w", err)
	}
	label = shortLine(label)
	if label == "" {
		return errors.New("renaming the session: the new label is empty")
	}
	s.mu.Lock()
	if rec, ok := s.unstored[id]; ok {
		rec.Meta.Label = label
		s.unstored[id] = rec
	}
	s.mu.Unlock()
	// A concurrent refresh must not restore the old label.
	lock, err := s.o.Store.Lock(ctx, id)
	if err != nil {
		return fmt.Errorf("renaming the session %s: %w", tokens.VisibleLine(id), err)
	}
	defer lock.Unlock()
	m, err := s.o.Store.Meta(ctx, id)
	if err != nil {
		return fmt.Errorf("renaming the session %s: %w", tokens.VisibleLine(id), err)
	}
	m.Label = label
	if err := s.o.Store.PutMeta(ctx, m); err != nil {
		return fmt.Errorf("renaming the session %s: %w", tokens.VisibleLine(id), err)
	}
	return nil
}
