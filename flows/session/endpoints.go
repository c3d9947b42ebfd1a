package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"fob/flows"
	"fob/flows/calls"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/vault"
)

// open loads a session and makes a run for it.
func (s *Service) openSession(ctx context.Context, id string) (vault.Record, *flows.Run, error) {
	rec, err := s.Load(ctx, id)
	if err != nil {
		return rec, nil, err
	}
	p, err := s.planOfRecord(rec)
	if err != nil {
		return rec, nil, err
	}
	run, err := s.runWithProvider(ctx, p, nil)
	return rec, run, err
}

// tokenOf returns the record's token of the kind, or ErrNoToken.
func tokenOf(rec vault.Record, kind tokens.Kind) (tokens.Secret, error) {
	token := rec.Secrets.Set.Token(kind)
	if token.IsZero() {
		return token, fmt.Errorf("%w: %s has no %s token", ErrNoToken, rec.Meta.Label, kind)
	}
	return token, nil
}

// Userinfo queries the userinfo endpoint with a session's access token (OpenID Connect Core 5.3), renewing an expired
// one first. A response about another subject is a *tokens.CheckError; it must not be used. A *NotStoredError is
// returned with a valid response.
func (s *Service) Userinfo(ctx context.Context, id string) (EndpointResponse, error) {
	_, _, notStored := s.validToken(ctx, id, TokenRequest{})
	if notStored != nil && !isNotStored(notStored) {
		return EndpointResponse{}, notStored
	}
	rec, run, err := s.openSession(ctx, id)
	if err != nil {
		return EndpointResponse{}, err
	}
	resp, claims, err := run.Userinfo(ctx, rec.Secrets.Set)
	if err != nil {
		return EndpointResponse{Ledger: run.Ledger}, fmt.Errorf("requesting the userinfo of %s: %w", rec.Meta.Label,
			err)
	}
	return newEndpointResponse(run, resp, claims), notStored
}

// newEndpointResponse returns the response of an endpoint: the body as received, and the claims decoded if they are a
// JSON object.
func newEndpointResponse(run *flows.Run, resp *wire.Response, claims []byte) EndpointResponse {
	a := EndpointResponse{ContentType: tokens.VisibleLine(resp.Header.Get("Content-Type")), Body: resp.Body,
		RedactedJSON: []byte(resp.Redact(string(claims))), Ledger: run.Ledger}
	dec := json.NewDecoder(bytes.NewReader(claims))
	dec.UseNumber()
	if dec.Decode(&a.JSON) != nil {
		a.JSON = nil
	}
	return a
}

func isNotStored(err error) bool {
	var e *NotStoredError
	return errors.As(err, &e)
}

// Revoke revokes a token of a session at the authorization server (RFC 7009) and removes it from the session. An empty
// kind is the refresh token if there is a valid one, else the access token; Revoke returns the kind. A refresh token
// known to be invalid is not sent. The server may revoke the other token of the same grant as well (RFC 7009 2.1).
func (s *Service) Revoke(ctx context.Context, id string, kind tokens.Kind) (tokens.Kind, error) {
	if err := s.checkWritable("revoking a token"); err != nil {
		return kind, err
	}
	// No other process may renew what is being revoked.
	lock, err := s.o.Store.Lock(ctx, id)
	if err != nil {
		return kind, fmt.Errorf("waiting to revoke a token of the session %s: %w", tokens.VisibleLine(id), err)
	}
	defer lock.Unlock()
	rec, run, err := s.openSession(ctx, id)
	if err != nil {
		return kind, err
	}
	reason := s.unusableReason(rec)
	switch {
	case kind != "":
	case reason == "" && !rec.Secrets.Set.RefreshToken.IsZero():
		kind = tokens.Refresh
	default:
		kind = tokens.Access
	}
	if reason != "" && (kind == tokens.Refresh || !rec.Meta.Has(kind)) {
		return kind, fmt.Errorf("revoking the refresh token of %s: it is not sent again, since %s; "+
			"fob logout removes the session", rec.Meta.Label, reason)
	}
	token, err := tokenOf(rec, kind)
	if err != nil {
		return kind, err
	}
	if err := run.Revoke(ctx, token, kind); err != nil {
		return kind, fmt.Errorf("revoking the %s token of %s: %w", kind, rec.Meta.Label, err)
	}
	if reason != "" {
		notifyf(ctx, "%s: %s; it was not sent", rec.Meta.Label, reason)
	}
	return kind, s.store(ctx, withoutToken(rec, kind)).StoreErr
}

// unusableReason says why the refresh token of a record must never be sent again, not even to be revoked; "" if it may
// be valid, or if there is no refresh token. The caller has locked the session.
func (s *Service) unusableReason(rec vault.Record) string {
	err := s.checkRefreshToken(rec)
	var unanswered *UnansweredError
	switch {
	case rec.Secrets.Set.RefreshToken.IsZero():
		return ""
	case rec.Meta.RefreshInvalid != nil:
		return s.invalidRefreshText(rec.Meta)
	case errors.As(err, &unanswered) && !unanswered.CanRetry():
		return unanswered.Reason()
	}
	return ""
}

// withoutToken returns the record without its token of the kind.
func withoutToken(rec vault.Record, kind tokens.Kind) vault.Record {
	set := &rec.Secrets.Set
	switch kind {
	case tokens.Access:
		set.AccessToken, set.ExpiresAt = tokens.Secret{}, time.Time{}
	case tokens.Refresh:
		set.RefreshToken, set.RefreshExpires = tokens.Secret{}, time.Time{}
		rec.Meta.RefreshInvalid = nil
	case tokens.ID:
		set.IDToken = tokens.Secret{}
	}
	applySet(&rec.Meta, *set)
	return rec
}

// Logout revokes a session's tokens, removes the session here, and ends the sign-in at the server's end-session
// endpoint, in a browser if browser is set. What the server does not support is noted and skipped. If a revocation
// fails, nothing is removed, so that the user can try again (or use Remove). A damaged record has nothing that could be
// revoked: it is removed, with a note.
func (s *Service) Logout(ctx context.Context, id string, browser bool) (LogoutResult, error) {
	if err := s.checkWritable("logging out"); err != nil {
		return LogoutResult{}, err
	}
	lock, err := s.o.Store.Lock(ctx, id)
	if err != nil {
		return LogoutResult{}, fmt.Errorf("waiting to end the session %s: %w", tokens.VisibleLine(id), err)
	}
	defer lock.Unlock()
	rec, run, err := s.openSession(ctx, id)
	if errors.Is(err, vault.ErrDamaged) {
		return s.removeDamaged(ctx, id, err)
	}
	if err != nil {
		return LogoutResult{}, err
	}
	var result LogoutResult
	if err := s.revokeAll(ctx, rec, run, &result); err != nil {
		return result, err
	}
	if err := s.Remove(ctx, id); err != nil {
		return result, err
	}
	s.endSession(ctx, rec, run, browser, &result)
	return result, nil
}

// removeDamaged removes a session that cannot be read. What cannot be removed with it is noted.
func (s *Service) removeDamaged(ctx context.Context, id string, damage error) (LogoutResult, error) {
	result := LogoutResult{Notes: []string{"Nothing was revoked, since the session cannot be read: " + damage.Error()}}
	err := s.Remove(ctx, id)
	if errors.Is(err, vault.ErrDamaged) {
		result.Notes = append(result.Notes, err.Error())
		err = nil
	}
	return result, err
}

// revokeAll revokes the refresh token first, since it could be used to get a new access token.
func (s *Service) revokeAll(ctx context.Context, rec vault.Record, run *flows.Run, result *LogoutResult) error {
	for _, kind := range []tokens.Kind{tokens.Refresh, tokens.Access} {
		token := rec.Secrets.Set.Token(kind)
		if token.IsZero() {
			continue
		}
		if reason := s.unusableReason(rec); reason != "" && kind == tokens.Refresh {
			result.Notes = append(result.Notes, "The refresh token was not sent: "+
				strings.Replace(reason, "its refresh token", "it", 1)+".")
			continue
		}
		err := run.Revoke(ctx, token, kind)
		var unsupported *flows.EndpointError
		var refused *flows.OAuthError
		switch {
		case err == nil:
			result.Revoked = append(result.Revoked, kind)
		case errors.As(err, &unsupported):
			result.Notes = append(result.Notes, "Nothing was revoked: "+err.Error())
			return nil
		case errors.As(err, &refused) && refused.Code == "unsupported_token_type":
			result.Notes = append(result.Notes,
				fmt.Sprintf("The server does not revoke %s tokens; the token is valid until it expires.", kind))
		default:
			return fmt.Errorf("revoking the %s token of %s, so nothing was removed: %w", kind, rec.Meta.Label, err)
		}
	}
	return nil
}

// endSession builds the end-session URL. The id_token goes to the browser only, never to a screen.
func (s *Service) endSession(ctx context.Context, rec vault.Record, run *flows.Run, browser bool,
	result *LogoutResult) {
	u, err := url.Parse(run.Provider.EndSessionEndpoint)
	if err != nil || !tokens.IsWebURL(run.Provider.EndSessionEndpoint) {
		return
	}
	own := u.Query()
	own.Set("client_id", rec.Meta.ClientID)
	run.Params.Apply("end_session", own)
	own.Del("id_token_hint")
	u.RawQuery = own.Encode()
	result.EndSessionURL = u.String()
	if !browser {
		return
	}
	if id := rec.Secrets.Set.IDToken; !id.IsZero() {
		own.Set("id_token_hint", id.Reveal())
	}
	u.RawQuery = own.Encode()
	if err := s.o.Browser(ctx, u.String()); err != nil {
		result.OpenErr = strings.ReplaceAll(tokens.VisibleLine(err.Error()), rec.Secrets.Set.IDToken.Reveal(),
			"id_token")
		return
	}
	result.Opened = true
}

// Call calls an API with a session's access token, renewing an expired one first. A request with its own Authorization
// field is sent with that, and nothing is renewed. A path is relative to the session's base URL (APIBaseURL,
// calls.Target). A *NotStoredError is returned with a valid response.
func (s *Service) Call(ctx context.Context, id string, r calls.Request) (*calls.Response, error) {
	var token tokens.Secret
	var notStored error
	if _, own := r.Header["Authorization"]; !own || r.Placement != calls.InHeader {
		token, _, notStored = s.validToken(ctx, id, TokenRequest{})
		if notStored != nil && !isNotStored(notStored) {
			return nil, notStored
		}
	}
	rec, err := s.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(rec.Meta.TokenType, "N_A") && !token.IsZero() {
		return nil, fmt.Errorf("calling %s: the token of the session %s is no access token "+
			"(token_type N_A, RFC 8693 2.2.1): exchange it for one first", tokens.VisibleLine(r.URL), rec.Meta.Label)
	}
	resp, err := s.callAs(ctx, rec, calls.Token{Value: token, Type: rec.Meta.TokenType}, r)
	if err != nil {
		return resp, err
	}
	return resp, notStored
}

// callAs calls an API with the settings of a session and any token.
func (s *Service) callAs(
	ctx context.Context, rec vault.Record, token calls.Token, r calls.Request,
) (*calls.Response, error) {
	m := rec.Meta
	var err error
	if r.URL, err = calls.Target(s.APIBaseURL(m), r.URL); err != nil {
		return nil, fmt.Errorf("calling an API with the session %s: %w", m.Label, err)
	}
	p, err := s.planOfRecord(rec)
	if err != nil {
		return nil, err
	}
	client, err := s.client(ctx, p.wire)
	if err != nil {
		return nil, err
	}
	doer := wire.Doer(client)
	if strings.EqualFold(token.Type, m.TokenType) {
		if doer, err = s.dpopDoer(client, rec, token.Value); err != nil {
			return nil, fmt.Errorf("calling the API with the token of %s: %w", m.Label, err)
		}
	}
	return calls.Do(ctx, doer, token, r)
}
