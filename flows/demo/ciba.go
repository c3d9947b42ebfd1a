package demo

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"fob/tokens"
)

const (
	deliverPoll = "poll"
	deliverPing = "ping"

	cibaLifetime      = 2 * time.Minute
	maxBindingMessage = 64
)

// cibaRecord is the state of an auth_req_id (OpenID Connect CIBA 7.3).
type cibaRecord struct {
	polled
	ID      string
	User    string
	ACR     string
	Message string
	Ping    *ping // nil for a client that polls
}

// backchannel is client-initiated backchannel authentication (CIBA).
type backchannel struct {
	env          *environment
	auth         *authenticator
	keys         *keyring
	assertions   *assertionChecker
	sessions     *browserSessions
	interactions *interactions
	tokens       *tokenIssuer
	out          *sender
	pending      *table[cibaRecord] // by auth_req_id
}

// authenticate is the backchannel authentication endpoint (OpenID Connect CIBA 7).
func (b *backchannel) authenticate(w http.ResponseWriter, r *http.Request) {
	rec, err := b.newRequest(r)
	if err != nil {
		err.write(w)
		return
	}
	b.pending.Put(rec.ID, rec)
	answered := make(chan struct{})
	defer close(answered)
	if b.env.config.AutoConsent && rec.Ping != nil {
		b.out.run(func(context.Context) {
			<-answered // the ping must not arrive before the response with its auth_req_id
			b.decide(rec.ID, pollApproved, rec.autoSignIn(b.env.reportedTime()))
		})
	}
	writeJSON(w, http.StatusOK,
		b.env.withLifetime(map[string]any{"auth_req_id": rec.ID, "interval": int64(rec.Interval / time.Second)},
			rec.Expires.Sub(b.env.now())))
	_ = http.NewResponseController(w).Flush()
}

func (b *backchannel) newRequest(r *http.Request) (rec cibaRecord, err *oauthError) {
	p, c, err := b.auth.confidentialForm(r)
	if err != nil {
		return rec, err
	}
	if !c.MayUse(grantCIBA) {
		return rec, oauthErrorf("unauthorized_client", "the client %s may not use CIBA", c.ID)
	}
	scopes, err := grantScopes(c, p.Get("scope"), true)
	switch {
	case err != nil:
		return rec, err
	case !slices.Contains(scopes, "openid"):
		return rec, oauthErrorf("invalid_scope", "the scope openid is missing (OpenID Connect CIBA 7.1)")
	}
	u, err := b.hintedUser(c, p)
	if err != nil {
		return rec, err
	}
	expires, err := readExpiry(p.Get("requested_expiry"))
	if err != nil {
		return rec, err
	}
	rec = cibaRecord{ID: randomToken(), User: u.Name, Message: p.Get("binding_message"),
		ACR: strongest(tokens.SplitScope(p.Get("acr_values"))),
		polled: polled{Client: c, Scopes: scopes, Resources: p.All("resource"), Expires: b.env.now().Add(expires),
			Interval: pollInterval}}
	switch {
	case len(rec.Message) > maxBindingMessage || tokens.VisibleLine(rec.Message) != rec.Message:
		return rec, oauthErrorf("invalid_binding_message", "binding_message is longer than %d bytes or not plain text",
			maxBindingMessage)
	case u.UserCode != "" && !p.Has("user_code"):
		return rec, oauthErrorf("missing_user_code", "%s requires a user_code", u.Name)
	case u.UserCode != "" && p.Get("user_code") != u.UserCode:
		return rec, oauthErrorf("invalid_user_code", "the user_code is wrong")
	}
	if err := b.env.checkResources(rec.Resources); err != nil {
		return rec, err
	}
	if rec.Details, err = b.env.readDetails(p.Get("authorization_details")); err != nil {
		return rec, err
	}
	rec.Ping, err = newPing(c, rec.ID, p.Get("client_notification_token"))
	return rec, err
}

// hintedUser returns the user of the one hint (OpenID Connect CIBA 7.1).
func (b *backchannel) hintedUser(c client, p params) (user, *oauthError) {
	var given []string
	for _, name := range []string{"login_hint", "login_hint_token", "id_token_hint"} {
		if p.Has(name) {
			given = append(given, name)
		}
	}
	if len(given) != 1 {
		return user{}, oauthErrorf("invalid_request",
			"one of login_hint, login_hint_token and id_token_hint is needed, and %d came", len(given))
	}
	name := p.Get(given[0])
	switch given[0] {
	case "id_token_hint":
		name = b.keys.hintedSubject(name)
	case "login_hint_token":
		claims := decodeClaims(name)
		iss, _ := claims["iss"].(string)
		if exp, ok := claims["exp"].(float64); ok && b.env.expired(time.Unix(int64(exp), 0)) {
			return user{}, oauthErrorf("expired_login_hint_token", "the login_hint_token has expired")
		}
		if why := b.assertions.check(name, claims, iss, b.env.issuer); why != "" || iss != c.ID {
			return user{}, oauthErrorf("invalid_request", "the login_hint_token is not a valid JWT of the client: %s",
				why)
		}
		name, _ = claims["sub"].(string)
	}
	u, known := findUser(name)
	if !known {
		return user{}, oauthErrorf("unknown_user_id", "no user is called %q", name)
	}
	return u, nil
}

func readExpiry(text string) (time.Duration, *oauthError) {
	if text == "" {
		return cibaLifetime, nil
	}
	seconds, err := strconv.ParseUint(text, 10, 31)
	if err != nil || seconds == 0 {
		return 0, oauthErrorf("invalid_request", "requested_expiry %q is not a number of seconds", text)
	}
	return min(time.Duration(seconds)*time.Second, cibaLifetime), nil
}

func (rec *cibaRecord) autoSignIn(now time.Time) signIn {
	return signIn{ID: randomToken(), User: rec.User, AuthTime: now, ACR: rec.ACR}
}

// redeem is the grant at the token endpoint (OpenID Connect CIBA 10, 11).
func (b *backchannel) redeem(t *tokenRequest) (*tokenResponse, *oauthError) {
	if !t.Has("auth_req_id") {
		return nil, oauthErrorf("invalid_request", "auth_req_id is missing")
	}
	var rec cibaRecord
	var refused *oauthError
	now := b.env.reportedTime()
	known := b.pending.Update(t.Get("auth_req_id"), func(d *cibaRecord) {
		refused = d.poll(b.env, t.Client, "auth_req_id", d.autoSignIn(now), pollFaults{faultCIBAExpired,
			faultCIBADenied, faultCIBASlowDown})
		rec = *d
	})
	switch {
	case !known:
		return nil, oauthErrorf("invalid_grant", "the auth_req_id is not known")
	case refused != nil:
		return nil, refused
	}
	return b.tokens.issuePolled(t, rec.polled, rec.ID)
}

// decide stores a decision and pings a client that uses ping.
func (b *backchannel) decide(id string, state pollState, by signIn) {
	var notify *ping
	b.pending.Update(id, func(rec *cibaRecord) {
		if rec.decide(state, by) {
			notify = rec.Ping
		}
	})
	if notify != nil && !b.env.on(faultCIBANoPing) {
		b.out.run(func(ctx context.Context) { b.ping(ctx, notify) })
	}
}

// show is the user's device: they sign in and see the pending request.
func (b *backchannel) show(w http.ResponseWriter, r *http.Request) {
	i := &interaction{ACR: acrPassword, Client: client{ID: "ciba", clientMetadata: clientMetadata{Name: "your phone"}},
		purpose: &cibaPurpose{flow: b}}
	i.SignIn = b.sessions.current(r)
	b.interactions.start(w, r, i)
}

// cibaPurpose is an interaction that decides the user's oldest pending backchannel authentication.
type cibaPurpose struct {
	flow *backchannel
	id   string
}

func (c *cibaPurpose) RedirectTarget() string { return "" }

func (c *cibaPurpose) Question(i *interaction) (string, pageData) {
	var found *cibaRecord
	now := c.flow.env.now()
	c.flow.pending.Each(func(rec *cibaRecord) {
		if found == nil && rec.User == i.SignIn.User && rec.State == pollPending && now.Before(rec.Expires) {
			waiting := *rec
			found = &waiting
		}
	})
	if found == nil {
		c.id = ""
		return "message", pageData{Title: "Nothing to approve",
			Text: "When an app asks for your approval, open this page again."}
	}
	c.id, i.Client, i.Scopes, i.Details = found.ID, found.Client, found.Scopes, found.Details
	notice := "Go on only if you started this yourself."
	if found.Message != "" {
		notice = "Go on only if you started this yourself, and the app shows: " + found.Message
	}
	return askConsent(i, notice)
}

func (c *cibaPurpose) Approve(w http.ResponseWriter, _ *http.Request, by signIn) {
	if c.id == "" {
		showEnded(w, "Nothing to approve.")
		return
	}
	c.flow.decide(c.id, pollApproved, by)
	message(w, http.StatusOK, "Approved", "The app will notice in a moment. You can close this page.")
}

func (c *cibaPurpose) Deny(w http.ResponseWriter) {
	c.flow.decide(c.id, pollDenied, signIn{})
	message(w, http.StatusOK, "Denied", "The app was informed. You can close this page.")
}

// ping notifies a client that an auth_req_id is ready (OpenID Connect CIBA 10.2).
type ping struct {
	endpoint, id string
	token        tokens.Secret // client_notification_token
}

// newPing returns nil for a client that polls.
func newPing(c client, id, token string) (*ping, *oauthError) {
	switch {
	case c.DeliveryMode != deliverPing:
		return nil, nil
	case c.NotificationEndpoint == "":
		return nil, oauthErrorf("invalid_request",
			"the client %s has registered no backchannel_client_notification_endpoint: PATCH it at /demo/clients/%s",
			c.ID, c.ID)
	case len(token) < 22 || len(token) > 1024 || strings.ContainsAny(token, " \r\n"):
		return nil, oauthErrorf("invalid_request",
			"client_notification_token is missing, or not 22 to 1024 characters (OpenID Connect CIBA 7.1)")
	}
	return &ping{endpoint: c.NotificationEndpoint, id: id, token: tokens.NewSecret(token)}, nil
}

// ping tries once: a client without a ping polls.
func (b *backchannel) ping(ctx context.Context, p *ping) {
	body, err := json.Marshal(map[string]string{"auth_req_id": p.id})
	if err != nil {
		return
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.endpoint, strings.NewReader(string(body)))
	if err != nil {
		return
	}
	token := p.token.Reveal()
	if b.env.on(faultCIBAForeignPing) {
		token = "a-token-that-the-client-did-not-send"
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	_, _, _ = b.out.send(r)
}
