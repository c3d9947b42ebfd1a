package flows

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"fob/flows/redirect"
	"fob/tokens"
)

// authorizationWait is how long the browser may stay away.
const authorizationWait = 15 * time.Minute

// awaitCallback waits for the browser to come back with the state that was sent.
func (r *Run) awaitCallback(ctx context.Context, l *redirect.Listener, a *authorization) (*redirect.Callback, error) {
	ctx, cancel := context.WithTimeout(ctx, authorizationWait)
	defer cancel()
	callback, err := l.Await(ctx, a.params.Get("state"), r.Paste, func(why string) {
		r.Step(Step{
			From: Browser, To: Fob, Title: "A request that is not the answer was ignored: " + why, Spec: "RFC 8252 8.10",
			Meaning: "Anything on this machine can send requests to the redirect URI; only the awaited answer counts.",
		})
	})
	var wrong *redirect.StateError
	switch {
	case errors.As(err, &wrong) && !errors.Is(err, context.Canceled):
		return nil, r.Check(tokens.CheckState.Fail(wrong.Expected, wrong.Received, "the answer belongs to another sign-in, or somebody slipped it in"))
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("waiting for the browser at %s: nobody came back in time; start again, or paste the redirect URL: %w", a.redirect, err)
	case err != nil:
		return nil, fmt.Errorf("waiting for the browser at %s: %w", a.redirect, err)
	}
	return callback, nil
}

// readCallback judges the authorization response (RFC 6749 4.1.2, RFC 9207) and takes the code from it.
func (r *Run) readCallback(c *redirect.Callback, a *authorization) (tokens.Secret, error) {
	refused := r.redirectError(c.Params, a.params)
	step := Step{
		From: Browser, To: Fob, Title: "The browser brings back a code (" + c.Via + ")", Spec: "RFC 6749 4.1.2",
		Meaning: "The code is a claim ticket that can be used once; it travels through the browser, so it is no token yet.",
	}
	if refused != nil {
		step.Title, step.Spec, step.Err = "The browser brings back an error ("+c.Via+")", "RFC 6749 4.1.2.1", refused.Error()
		step.Meaning = "The authorization server ended the sign-in and says why."
	}
	r.Step(step)
	if err := r.Check(checkState(a.params.Get("state"), c.Params["state"])); err != nil {
		return tokens.Secret{}, err
	}
	// The issuer is compared before anything else is believed, and before the code is sent anywhere (RFC 9207 2.4).
	if err := r.Check(r.checkCallbackIssuer(c.Params["iss"])); err != nil {
		return tokens.Secret{}, err
	}
	code := c.Params["code"]
	switch {
	case refused != nil:
		return tokens.Secret{}, refused
	case len(code) > 1:
		return tokens.Secret{}, &ResponseError{Endpoint: "authorization", What: "more than one code, which RFC 6749 3.1 forbids"}
	case len(code) == 0 || code[0] == "":
		return tokens.Secret{}, &ResponseError{Endpoint: "authorization", What: "neither a code nor an error"}
	}
	return tokens.NewSecret(code[0]), nil
}

func checkState(sent string, received []string) tokens.Check {
	got := strings.Join(received, ", ")
	switch {
	case sent == "":
		return tokens.CheckState.Skip("the state was left out by a parameter of your own")
	case len(received) != 1 || received[0] != sent:
		return tokens.CheckState.Fail(sent, got, "the answer belongs to another sign-in, or somebody slipped it in")
	}
	return tokens.CheckState.Pass(sent, got)
}

func (r *Run) checkCallbackIssuer(received []string) tokens.Check {
	want, got := r.Provider.Issuer, strings.Join(received, ", ")
	switch {
	case len(received) == 0 && r.Provider.CallbackIssuer:
		return tokens.CheckCallbackIssuer.Fail(want, "", "the server announces that it sends iss, and this answer has none")
	case len(received) == 0:
		return tokens.CheckCallbackIssuer.Skip("the server sends no iss and does not announce it")
	case want == "":
		return tokens.CheckCallbackIssuer.Skip("the issuer of the authorization server is not known")
	case len(received) > 1 || !r.Provider.AcceptsIssuer(received[0]):
		return tokens.CheckCallbackIssuer.Fail(want, got, "the code comes from another server and must not be sent to this one")
	}
	return tokens.CheckCallbackIssuer.Pass(want, got)
}

// outcome is what the browser is told: that it worked only after every check has passed.
func outcome(err error) redirect.Outcome {
	if err == nil {
		return redirect.Outcome{OK: true, Heading: "Signed in", Text: "You can close this page and go back to fob."}
	}
	o := redirect.Outcome{Heading: "Sign-in did not work"}
	var check *tokens.CheckError
	var refused *OAuthError
	switch {
	case errors.As(err, &check):
		o.Text = "This did not hold: " + check.Check.Title + " (" + check.Check.ID + "). Nothing was stored. fob shows the details."
	case errors.As(err, &refused):
		o.Text = strings.TrimSpace("The authorization server refused: " + refused.Code + ". " + refused.Description)
	default:
		o.Text = "The code could not be traded for tokens. fob shows why."
	}
	return o
}
