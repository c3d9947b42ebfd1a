package flows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"fob/flows/wire"
	"fob/tokens"
)

const deviceGrantType = "urn:ietf:params:oauth:grant-type:device_code"

// DeviceAuthorization lets a person sign in on another device while this one asks for the result (RFC 8628).
var DeviceAuthorization = Grant{
	ID:        "device_code",
	Name:      "Device",
	Summary:   "a person signs in on another device with a short code; for machines without a browser",
	Spec:      "RFC 8628",
	NeedsUser: true,
	GrantType: deviceGrantType,
	Inputs:    declare([]Input{scopeInput("openid"), resourceInput, audienceInput}, tokenExtensions...),
	Run:       runDevice,
}

// The bounds of polling.
const (
	defaultInterval = 5 * time.Second  // RFC 8628 3.2: when the server says nothing
	slowDownBy      = 5 * time.Second  // RFC 8628 3.5
	defaultCodeLife = 15 * time.Minute // expires_in is required; some leave it out
	maxCodeLife     = time.Hour
	maxBackOff      = time.Minute
	maxFailures     = 3 // answers in a row that are no answer
)

// deviceCode is the device authorization response (RFC 8628 3.2).
type deviceCode struct {
	code        tokens.Secret
	userCode    string
	url         string
	completeURL string
	interval    time.Duration
	expires     time.Time
}

func runDevice(ctx context.Context, r *Run) (tokens.Set, error) {
	if _, err := r.needEndpoint("token"); err != nil {
		return tokens.Set{}, err
	}
	form := url.Values{}
	r.setInputs(form, "scope")
	r.setList(form, "resource", "audience")
	d, err := r.startDevice(ctx, form)
	if err != nil {
		return tokens.Set{}, err
	}
	r.promptDevice(ctx, d)
	set, err := r.pollDevice(ctx, d)
	if err != nil {
		return tokens.Set{}, err
	}
	return r.checkSignIn(ctx, set, signIn{asked: form, noNonce: "the device grant has no nonce"})
}

// startDevice asks for a device code and a user code (RFC 8628 3.1).
func (r *Run) startDevice(ctx context.Context, form url.Values) (*deviceCode, error) {
	x, err := r.send(ctx, "device", form)
	var d *deviceCode
	if err == nil {
		d, err = r.readDeviceCode(x)
	}
	r.exchangeStep(Step{
		Title:   "Ask for a device code and a user code",
		Meaning: "The device code stays here; the user code is what the person types on another device.",
		Spec:    "RFC 8628 3.1",
	}, x, err)
	return d, err
}

func (r *Run) readDeviceCode(x *exchange) (*deviceCode, error) {
	m, err := r.readObject(x)
	if err != nil {
		return nil, err
	}
	d := &deviceCode{
		code: tokens.NewSecret(jsonString(m["device_code"])), userCode: jsonString(m["user_code"]),
		url: jsonString(m["verification_uri"]), completeURL: jsonString(m["verification_uri_complete"]),
	}
	if d.url == "" {
		d.url = jsonString(m["verification_url"]) // what Google calls it
	}
	switch {
	case d.code.IsZero():
		return nil, r.responseError(x, "no device_code", false)
	case d.userCode == "":
		return nil, r.responseError(x, "no user_code", false)
	case !webURL(d.url):
		return nil, r.responseError(x, "no verification_uri that is a web address", false)
	}
	if !webURL(d.completeURL) {
		d.completeURL = ""
	}
	if d.interval, err = lifetime(m["interval"], defaultInterval); err != nil || d.interval <= 0 {
		d.interval = defaultInterval
	}
	life, err := lifetime(m["expires_in"], defaultCodeLife)
	if err != nil {
		life = defaultCodeLife
	}
	d.expires = x.at.Add(min(life, maxCodeLife))
	return d, nil
}

// lifetime reads a number of seconds, or yields the default when there is none.
func lifetime(raw json.RawMessage, def time.Duration) (time.Duration, error) {
	if raw == nil {
		return def, nil
	}
	d, ok, err := tokens.ParseLifetime(raw)
	if err != nil || !ok {
		return def, err
	}
	return d, nil
}

// promptDevice shows the person where to go and what to type.
func (r *Run) promptDevice(ctx context.Context, d *deviceCode) {
	p := &Prompt{
		URL: tokens.VisibleLine(d.url), CompleteURL: tokens.VisibleLine(d.completeURL), ExpiresAt: d.expires,
		UserCode: tokens.NewGuessable(d.userCode), ShownCode: tokens.VisibleLine(d.userCode),
	}
	r.open(ctx, p, orDefault(d.completeURL, d.url))
	r.Step(Step{
		From: Fob, To: You, Title: "Open the verification page on any device and enter the user code", Spec: "RFC 8628 3.3", Prompt: p,
		Meaning: "Compare the code on the page with the one here: somebody else's code would sign in somebody else's device.",
	})
}

// pollDevice asks for the tokens until the person has decided or the code has expired (RFC 8628 3.4 and 3.5).
func (r *Run) pollDevice(ctx context.Context, d *deviceCode) (tokens.Set, error) {
	failures := 0
	for attempt := 1; ; attempt++ {
		if !r.now().Add(d.interval).Before(d.expires) {
			return tokens.Set{}, r.deviceExpired()
		}
		if err := r.wait(ctx, d.interval); err != nil {
			return tokens.Set{}, fmt.Errorf("waiting for the person to approve the sign-in: %w", err)
		}
		set, err := r.pollOnce(ctx, d, attempt)
		if err == nil {
			return set, nil
		}
		if ctx.Err() != nil {
			return tokens.Set{}, err
		}
		var refused *OAuthError
		switch {
		case errors.As(err, &refused) && refused.Code == "authorization_pending":
			failures = 0
		case errors.As(err, &refused) && refused.Code == "slow_down":
			failures = 0
			d.interval += slowDownBy
		case passing(err) && failures+1 < maxFailures:
			failures++
			d.interval = min(2*d.interval, max(maxBackOff, d.interval))
		default:
			return tokens.Set{}, err
		}
	}
}

// pollOnce asks the token endpoint once. What the answer means for the polling is part of the step.
func (r *Run) pollOnce(ctx context.Context, d *deviceCode, attempt int) (tokens.Set, error) {
	form := url.Values{"grant_type": {deviceGrantType}, "device_code": {d.code.Reveal()}}
	r.setList(form, "resource")
	x, err := r.send(ctx, "token", form, d.code)
	var set tokens.Set
	if err == nil {
		set, err = r.readTokens(x)
	}
	step := Step{Title: fmt.Sprintf("Ask whether the person has approved (%d)", attempt), Spec: "RFC 8628 3.4", Meaning: "They have: here are the tokens."}
	var refused *OAuthError
	shown := err
	switch {
	case errors.As(err, &refused) && refused.Code == "authorization_pending":
		step.Meaning, shown = fmt.Sprintf("Not yet. fob asks again in %s.", tokens.Span(d.interval)), nil
	case errors.As(err, &refused) && refused.Code == "slow_down":
		step.Meaning, shown = fmt.Sprintf("Not yet, and fob asks too often: from now on it waits %s.", tokens.Span(d.interval+slowDownBy)), nil
	case errors.As(err, &refused):
		step.Meaning = "The authorization server ended the sign-in."
	case err != nil && passing(err):
		step.Meaning = "No usable answer came. fob waits longer before it asks again."
	case err != nil:
		step.Meaning = "No usable answer came."
	}
	r.exchangeStep(step, x, shown)
	return set, err
}

// passing reports whether a failure can go away by itself: a time-out, a lost connection, a server that is overloaded.
func passing(err error) bool {
	var w *wire.Error
	if errors.As(err, &w) {
		switch w.Phase {
		case wire.PhaseTimeout, wire.PhaseConnect, wire.PhaseDNS, wire.PhaseBody, wire.PhaseOther:
			return true
		}
		return false
	}
	var bad *ResponseError
	return errors.As(err, &bad) && (bad.Status >= 500 || bad.Status == 429)
}

// deviceExpired is what the server would say if it were asked once more.
func (r *Run) deviceExpired() error {
	e := &OAuthError{Code: "expired_token", Endpoint: "device", URL: tokens.VisibleLine(r.Provider.DeviceAuthorizationEndpoint),
		Description: "nobody approved the sign-in before the device code expired"}
	e.Hint = hintText(hintFor{e: e})
	r.Step(Step{From: Fob, To: Fob, Title: "The device code has expired", Spec: "RFC 8628 3.5", Err: e.Error(),
		Meaning: "Nobody approved the sign-in in time, so fob stops asking."})
	return e
}
