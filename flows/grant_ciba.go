package flows

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"fob/tokens"
)

const cibaGrantType = "urn:openid:params:grant-type:ciba"

// CIBA has the authorization server ask a user on their own device, without a browser here (OpenID Connect
// Client-Initiated Backchannel Authentication Core 1.0).
var CIBA = Grant{
	ID:        "ciba",
	Name:      "CIBA",
	Summary:   "the server asks a user on their own phone while fob waits; no browser is needed",
	Spec:      "OpenID CIBA Core 1.0",
	NeedsUser: true,
	GrantType: cibaGrantType,
	// The client must authenticate to the backchannel authentication endpoint (7.1).
	Confidential: true,
	Inputs: withExtensions([]Input{
		scopeInput("openid"),
		{
			Name: "login_hint", Label: "Login hint", Kind: Text, Spec: "OpenID CIBA Core 7.1",
			Help: "Whom to ask: the name, e-mail address or number by which the server knows the user.",
		},
		{
			Name: "id_token_hint", Label: "ID token hint", Kind: SecretRef, Token: tokens.ID,
			Spec: "OpenID CIBA Core 7.1", Advanced: true,
			Help: "Whom to ask, as an id_token that was issued for them; in place of login_hint.",
		},
		{
			Name: "login_hint_token", Label: "Login hint token", Kind: SecretRef, Spec: "OpenID CIBA Core 7.1",
			Advanced: true,
			Help:     "Whom to ask, as a token that names them to the server; in place of login_hint.",
		},
		{
			Name: "binding_message", Label: "Binding message", Kind: Text, Spec: "OpenID CIBA Core 7.1",
			Help: "A short text that the user's device shows too, so that they know what they approve.",
		},
		{
			Name: "user_code", Label: "User code", Kind: Password, Spec: "OpenID CIBA Core 7.1", Advanced: true,
			Help: "A code that only the user knows, for servers that require one so that no one else can trigger the " +
				"request.",
		},
		{
			Name: "acr_values", Label: "ACR values", Kind: List, Spec: "OpenID CIBA Core 7.1", Advanced: true,
			Help: "How strongly the user has to authenticate, in the server's own values, the preferred one first.",
		},
		{
			Name: "requested_expiry", Label: "Requested expiry", Kind: Seconds, Spec: "OpenID CIBA Core 7.1",
			Advanced: true,
			Help:     "How many seconds the user has to approve.",
		},
		{
			Name: "delivery_mode", Label: "Delivery mode", Kind: Choice, Choices: []string{modePoll, modePing},
			Default: modePoll, Spec: "OpenID CIBA Core 5", Advanced: true,
			Help: "How fob learns that the user has decided: it polls, or the server notifies it; as registered for " +
				"the client.",
		},
		{
			Name: "notification_uri", Label: "Notification address", Kind: Text, Default: "http://127.0.0.1:8765/ciba",
			Spec: "OpenID CIBA Core 4", Advanced: true,
			Help: "For ping: where the server notifies fob, as registered for the client; fob can listen on this " +
				"machine's loopback only.",
		},
		resourceInput, audienceInput,
	}, tokenExtensions...),
	Run: runCIBA,
}

// The delivery modes of CIBA that a client without a public address can use.
const (
	modePoll = "poll"
	modePing = "ping"
)

// pingFallback is the polling interval while fob waits for a notification (CIBA 10.1 allows polling too).
const pingFallback = 30 * time.Second

// backchannelResponse is an authentication request acknowledgement (CIBA 7.3).
type backchannelResponse struct {
	id            tokens.Secret
	interval      time.Duration
	expires       time.Time
	lifetimeCheck tokens.Check
}

func runCIBA(ctx context.Context, r *Run) (tokens.Set, error) {
	for _, name := range []string{"ciba", "token"} {
		if _, err := r.requireEndpoint(name); err != nil {
			return tokens.Set{}, err
		}
	}
	if r.Unattended {
		return tokens.Set{},
			fmt.Errorf("request a backchannel authentication: %w, to approve on their own device, and this run does "+
				"not wait for one", ErrUnattended)
	}
	form, secrets, err := r.backchannelRequest()
	if err != nil {
		return tokens.Set{}, err
	}
	p := &polling{endpoint: "ciba", spec: "OpenID CIBA Core 10.1"}
	if r.value("delivery_mode") == modePing {
		l, err := r.listenForNotification(ctx, r.value("notification_uri"))
		if err != nil {
			return tokens.Set{}, err
		}
		defer l.close()
		form.Set("client_notification_token", l.token.Reveal())
		secrets = append(secrets, l.token)
		p.notifications = l.notifications
	}
	sent := cloneForm(form)
	b, err := r.startBackchannel(ctx, form, secrets)
	if err != nil {
		return tokens.Set{}, err
	}
	r.promptBackchannel(b)
	p.secret, p.interval, p.expires = b.id, b.interval, b.expires
	if p.notifications != nil {
		p.interval = max(p.interval, pingFallback)
	}
	p.form = func() url.Values { return url.Values{"grant_type": {cibaGrantType}, "auth_req_id": {b.id.Reveal()}} }
	set, err := r.poll(ctx, p)
	if err != nil {
		return tokens.Set{}, err
	}
	return r.checkSignIn(ctx, set, signIn{request: sent, noNonce: "a backchannel authentication has no nonce",
		authReqID: b.id})
}

func cloneForm(form url.Values) url.Values {
	c := url.Values{}
	for name, values := range form {
		c[name] = append([]string(nil), values...)
	}
	return c
}

// backchannelRequest makes the authentication request (CIBA 7.1). Exactly one hint names the user.
func (r *Run) backchannelRequest() (url.Values, []tokens.Secret, error) {
	form := url.Values{}
	r.setAccessParams(form)
	r.setInputs(form, "login_hint", "id_token_hint", "login_hint_token", "binding_message", "acr_values",
		"requested_expiry")
	secrets := []tokens.Secret{tokens.NewSecret(r.value("id_token_hint")),
		tokens.NewSecret(r.value("login_hint_token"))}
	if code := tokens.NewGuessable(r.Values["user_code"]); !code.IsZero() {
		form.Set("user_code", code.Reveal())
		secrets = append(secrets, code)
	}
	var hints []string
	withParams := cloneForm(form)
	r.Params.Apply("ciba", withParams)
	for _, name := range []string{"login_hint", "id_token_hint", "login_hint_token"} {
		if withParams.Get(name) != "" {
			hints = append(hints, name)
		}
	}
	switch {
	case len(hints) == 0 && !withParams.Has("request"):
		return nil, nil, &InputError{Input: "login_hint",
			Expected: "a hint of whom to ask: login_hint, id_token_hint or login_hint_token"}
	case len(hints) > 1:
		return nil, nil, &InputError{Input: hints[1],
			Expected: "exactly one hint of whom to ask, and there are " + strings.Join(hints, " and ") +
				" (OpenID CIBA Core 7.1)"}
	}
	return form, secrets, nil
}

// startBackchannel sends the authentication request and reads the acknowledgement.
func (r *Run) startBackchannel(ctx context.Context, form url.Values, secrets []tokens.Secret) (*backchannelResponse,
	error) {
	x, err := r.send(ctx, "ciba", form, secrets...)
	var b *backchannelResponse
	if err == nil {
		b, err = r.readBackchannel(x)
	}
	r.exchangeStep(Step{
		Title: "Ask the user on their own device",
		Meaning: "The server finds the user by the hint and asks them there; fob gets an auth_req_id to ask for the " +
			"outcome with.",
		Spec: "OpenID CIBA Core 7.1",
	}, x, err)
	if err != nil {
		return nil, err
	}
	return b, r.Check(b.lifetimeCheck)
}

func (r *Run) readBackchannel(x *exchange) (*backchannelResponse, error) {
	m, err := r.readObject(x)
	if err != nil {
		return nil, err
	}
	b := &backchannelResponse{id: tokens.NewSecret(jsonString(m["auth_req_id"]))}
	if b.id.IsZero() {
		return nil, r.responseError(x, "no auth_req_id", false)
	}
	if b.interval, err = secondsOr(m["interval"], defaultInterval); err != nil || b.interval <= 0 {
		b.interval = defaultInterval
	}
	lifetime, err := secondsOr(m["expires_in"], defaultCodeLifetime)
	if err != nil {
		lifetime = defaultCodeLifetime
	}
	b.expires = x.at.Add(min(lifetime, maxCodeLifetime))
	b.lifetimeCheck = checkRequestLifetime(m, "fob polls for "+tokens.Span(defaultCodeLifetime))
	return b, nil
}

// promptBackchannel shows what happens on the user's device.
func (r *Run) promptBackchannel(b *backchannelResponse) {
	p := &Prompt{ExpiresAt: b.expires, Text: "Approve the sign-in on your own device."}
	meaning := "There is nothing to do here."
	if message := r.value("binding_message"); message != "" {
		p.Text = fmt.Sprintf("Approve the sign-in on your own device, if it shows: %s", tokens.VisibleLine(message))
		meaning = "The device must show the same message; another one would belong to another request."
	}
	r.Step(Step{From: AuthorizationServer, To: You, Title: "The user is asked on their own device", Meaning: meaning,
		Spec: "OpenID CIBA Core 8", Prompt: p})
}
