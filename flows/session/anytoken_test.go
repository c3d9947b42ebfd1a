package session

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"fob/flows/calls"
	"fob/flows/wire"
	"fob/tokens"
	"fob/tokens/inspect"
)

func TestAnOfflineInspectionSendsNoRequest(t *testing.T) {
	b := newBench(t)
	r := b.login(LoginRequest{Profile: "service"}) // no id_token, so no keys are fetched
	other, recorder := b.another(nil)              // another process
	report, err := other.InspectOffline(b.ctx(), r.Meta.ID, tokens.Access, "nothing was fetched")
	if err != nil {
		t.Fatal(err)
	}
	if got := len(recorder.Exchanges()); got != 0 || report.Signature.Verdict != tokens.CannotTell ||
		!strings.Contains(report.Signature.Reason, "nothing was fetched") {
		t.Errorf("got %d exchanges and %+v, want none and cannot tell", got, report.Signature)
	}
	if _, err := other.Inspect(b.ctx(), r.Meta.ID, tokens.Access); err != nil {
		t.Fatal(err)
	}
	asked := len(recorder.Exchanges())
	if report, err = other.InspectOffline(b.ctx(), r.Meta.ID, tokens.Access, "nothing was fetched"); err != nil {
		t.Fatal(err)
	}
	if got := len(recorder.Exchanges()); got != asked || asked == 0 || report.Signature.Verdict != tokens.Good {
		t.Errorf("got %d exchanges after %d and %+v, want no more and the keys that are known used", got, asked,
			report.Signature)
	}
}

func TestAnyTokenIsIntrospectedAsTheClientOfAProfile(t *testing.T) {
	b := newBench(t)
	r := b.login(b.opaque())
	token := r.Set.AccessToken
	a, err := b.IntrospectToken(b.ctx(), token, "service")
	if err != nil || a.Active == nil || !*a.Active {
		t.Errorf("got %+v and %v, want it active", a, err)
	}
	a, err = b.IntrospectToken(b.ctx(), tokens.NewSecret("no-such-token-was-ever-issued"), "service")
	if err != nil || a.Active == nil || *a.Active || len(a.Notes) == 0 {
		t.Errorf("got %+v and %v, want it inactive and what that can mean", a, err)
	}
	r = b.login(LoginRequest{Profile: "demo"})
	if a, err = b.UserinfoForToken(b.ctx(), r.Set.AccessToken, b.server.Issuer()); err != nil || a.JSON["sub"] == nil {
		t.Errorf("got %+v and %v, want whose it is", a, err)
	}
	if m, err := b.Metadata(b.ctx(), b.server.Issuer()); err != nil || m.Issuer != b.server.Issuer() {
		t.Errorf("got %+v and %v, want the metadata", m, err)
	}
}

// A pending request that is cancelled must not be sent, and the caller must return.
func TestAPendingIntrospectionRequestCanBeCancelled(t *testing.T) {
	b := newBench(t)
	r := b.login(LoginRequest{Profile: "demo"})
	svc, recorder := b.another(nil)
	ctx := wire.WithBefore(b.ctx(), func(context.Context, wire.Pending) (*wire.Request, error) {
		return nil, wire.ErrAborted
	})
	if _, err := svc.Metadata(ctx, b.server.Issuer()); !errors.Is(err, wire.ErrAborted) {
		t.Errorf("got %v, want it given up", err)
	}
	if _, err := svc.Userinfo(ctx, r.Meta.ID); !errors.Is(err, wire.ErrAborted) {
		t.Errorf("got %v, want it given up", err)
	}
	for _, x := range recorder.Exchanges() {
		if x.Response != nil {
			t.Errorf("%s %s was sent", x.Request.Method, x.Request.URL)
		}
	}
}

func TestACallCanUseAnotherToken(t *testing.T) {
	b := newBench(t)
	r := b.login(LoginRequest{Profile: "demo"})
	made, err := Mint(nil, "", inspect.Alteration{Now: b.clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	request := calls.Request{Method: "GET", URL: b.server.API() + "/me", Header: http.Header{}}
	for _, id := range []string{r.Meta.ID, ""} {
		resp, err := b.CallWithToken(b.ctx(), id, made.Token, request)
		if err != nil || resp.Status != http.StatusUnauthorized {
			t.Fatalf("session %q: got %+v and %v, want 401: the API does not know the key", id, resp, err)
		}
		if !SentWith(*resp.Exchange, made.Token) || SentWith(*resp.Exchange, r.Set.AccessToken) {
			t.Errorf("session %q: the exchange is not known by its token", id)
		}
		if request.Header.Get("Authorization") != "" {
			t.Error("the caller's request was changed")
		}
	}
	if b.sessions() != 1 {
		t.Errorf("got %d sessions, want the one: what was made is not stored", b.sessions())
	}
}

func TestARecordedRefusalIsDiagnosed(t *testing.T) {
	b := newBench(t)
	r := b.login(LoginRequest{Profile: "demo"})
	report, err := b.Inspect(b.ctx(), r.Meta.ID, tokens.Access)
	if err != nil {
		t.Fatal(err)
	}
	expired, err := Mint(report, "", inspect.Alteration{Expire: true, Now: b.clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.CallWithToken(b.ctx(), r.Meta.ID, expired.Token,
		calls.Request{Method: "GET", URL: "/me"}); err != nil {
		t.Fatal(err)
	}
	refused := b.RefusedCalls()
	if len(refused) != 1 {
		t.Fatalf("got %d refused calls, want 1", len(refused))
	}
	answer, sent, dpop, err := RecordedResponse(refused[0])
	if err != nil || answer.Status != 401 || !strings.HasPrefix(sent.Reveal(), "Bearer ") || dpop {
		t.Fatalf("got %+v, %q, %v and %v", answer, sent.Reveal(), dpop, err)
	}
	causes := b.DiagnoseRefusal(Refusal{Report: b.InspectMinted(expired.Token, inspect.Options{}, expired.Key),
		Response: answer, Sent: sent, Session: r.Meta})
	ids := []string{}
	for _, c := range causes {
		ids = append(ids, c.ID)
	}
	if !strings.Contains(strings.Join(ids, " "), "expired") {
		t.Errorf("got %v, want expired among them", ids)
	}
}

func TestAGeneratedSecretSignsNothing(t *testing.T) {
	if _, err := Mint(nil, "HS256", inspect.Alteration{}); !errors.Is(err, ErrNoSecret) {
		t.Errorf("got %v, want ErrNoSecret", err)
	}
}
