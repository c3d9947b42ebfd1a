package demo

import (
	"crypto/rand"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// deviceFlow is the device authorization grant.
type deviceFlow struct {
	env          *environment
	auth         *authenticator
	sessions     *browserSessions
	interactions *interactions
	tokens       *tokenIssuer
	// by device code; stored beyond its validity, so that a late poll gets expired_token and not invalid_grant
	devices   *table[deviceRecord]
	userCodes *table[string] // user code to device code
	guesses   *guesses
}

// authorize is the device authorization endpoint (RFC 8628 3.1).
func (df *deviceFlow) authorize(w http.ResponseWriter, r *http.Request) {
	rec, err := df.newRequest(r)
	if err != nil {
		err.write(w)
		return
	}
	code := randomToken()
	df.devices.Put(code, rec)
	df.userCodes.Put(normalUserCode(rec.UserCode), code)
	answer := struct {
		DeviceCode      string `json:"device_code"`
		UserCode        string `json:"user_code"`
		URI             string `json:"verification_uri"`
		URIComplete     string `json:"verification_uri_complete"`
		ExpiresIn       int64  `json:"expires_in,omitempty"`
		IntervalSeconds int64  `json:"interval,omitempty"`
	}{code, rec.UserCode, df.env.issuer + "/device", df.env.issuer + "/device?user_code=" +
		url.QueryEscape(rec.UserCode),
		int64(deviceLifetime / time.Second), int64(rec.Interval / time.Second)}
	if df.env.on(faultNoInterval) {
		answer.IntervalSeconds = 0
	}
	if df.env.on(faultNoRequestLife) {
		answer.ExpiresIn = 0
	}
	if df.env.on(faultDevicePlainPage) {
		answer.URI = "http://plain.invalid/device"
		answer.URIComplete = answer.URI + "?user_code=" + url.QueryEscape(rec.UserCode)
	}
	writeJSON(w, http.StatusOK, answer)
}

func (df *deviceFlow) newRequest(r *http.Request) (deviceRecord, *oauthError) {
	p, c, err := df.auth.form(r)
	if err != nil {
		return deviceRecord{}, err
	}
	if !c.MayUse(grantDeviceCode) {
		return deviceRecord{}, oauthErrorf("unauthorized_client", "the client %s may not use the device grant", c.ID)
	}
	scopes, err := grantScopes(c, p.Get("scope"), true)
	if err != nil {
		return deviceRecord{}, err
	}
	if err := df.env.checkResources(p.All("resource")); err != nil {
		return deviceRecord{}, err
	}
	details, err := df.env.readDetails(p.Get("authorization_details"))
	if err != nil {
		return deviceRecord{}, err
	}
	interval := pollInterval
	if df.env.on(faultNoInterval) {
		interval = defaultInterval
	}
	return deviceRecord{UserCode: newUserCode(), polled: polled{Client: c, Scopes: scopes, Details: details,
		Resources: p.All("resource"),
		Expires:   df.env.now().Add(deviceLifetime), Interval: interval}}, nil
}

// userCodeLetters are those of RFC 8628 6.1: no vowels, so no words; 20^8 codes.
const userCodeLetters = "BCDFGHJKLMNPQRSTVWXZ"

func newUserCode() string {
	var b strings.Builder
	for i := range 8 {
		if i == 4 {
			b.WriteByte('-')
		}
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(userCodeLetters))))
		if err != nil {
			panic(err) // never since Go 1.24
		}
		b.WriteByte(userCodeLetters[n.Int64()])
	}
	return b.String()
}

// normalUserCode corrects typing variants of a code (RFC 8628 6.1).
func normalUserCode(typed string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToUpper(typed))
}

// show is the verification page (RFC 8628 3.3). A code in the URL fills the field; the user still confirms it.
func (df *deviceFlow) show(w http.ResponseWriter, r *http.Request) {
	df.sessions.browserID(w, r)
	code := r.URL.Query().Get("user_code")
	if len(code) > 32 {
		code = ""
	}
	devicePage(w, http.StatusOK, code, "")
}

func devicePage(w http.ResponseWriter, status int, code, problem string) {
	page(w, status, "device", pageData{Title: "Connect a device", Action: "/device", UserCode: code,
		Problem: problem})
}

func (df *deviceFlow) enterUserCode(w http.ResponseWriter, r *http.Request) {
	if fromAnotherSite(w, r) {
		return
	}
	p, bad := bodyParams(r)
	if bad != nil {
		errorPage(w, http.StatusBadRequest, bad)
		return
	}
	typed := p.Get("user_code")
	if !df.guesses.allowed() {
		devicePage(w, http.StatusTooManyRequests, typed, "Too many wrong codes. Wait a minute and try again.")
		return
	}
	code, ok := df.userCodes.Get(normalUserCode(typed))
	rec, known := df.devices.Get(code)
	if !ok || !known || rec.State != pollPending || df.env.expired(rec.Expires) {
		df.guesses.wrong()
		devicePage(w, http.StatusUnprocessableEntity, typed,
			"That code is invalid or has expired: look at the device again.")
		return
	}
	i := &interaction{Client: rec.Client, Scopes: rec.Scopes, Details: rec.Details, ACR: acrPassword,
		purpose: &devicePurpose{df.devices, code, rec.UserCode}}
	i.SignIn = df.sessions.current(r)
	df.interactions.start(w, r, i)
}

// devicePurpose is an interaction that approves a device.
type devicePurpose struct {
	devices          *table[deviceRecord]
	device, userCode string
}

func (d *devicePurpose) RedirectTarget() string { return "" }

// Question shows the code again: the user should compare it with the device (RFC 8628 5.4).
func (d *devicePurpose) Question(i *interaction) (string, pageData) {
	return askConsent(i, "Go on only if you started this yourself, on a device that shows the code "+d.userCode+".")
}

func (d *devicePurpose) Approve(w http.ResponseWriter, _ *http.Request, by signIn) {
	d.devices.Update(d.device, func(rec *deviceRecord) { rec.decide(pollApproved, by) })
	message(w, http.StatusOK, "Device connected", "The device will notice in a moment. You can close this page.")
}

func (d *devicePurpose) Deny(w http.ResponseWriter) {
	d.devices.Update(d.device, func(rec *deviceRecord) { rec.decide(pollDenied, signIn{}) })
	message(w, http.StatusOK, "Device denied", "The device was informed. You can close this page.")
}

// guesses limits guessing of user codes (RFC 8628 5.1): thirty wrong ones a minute.
type guesses struct {
	mu    sync.Mutex
	now   func() time.Time
	since time.Time
	count int
}

const maxGuesses = 30

func (g *guesses) allowed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.now().Sub(g.since) >= time.Minute {
		g.since, g.count = g.now(), 0
	}
	return g.count < maxGuesses
}

func (g *guesses) wrong() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count++
}

// deviceRecord is the state of a device code (RFC 8628 3.2).
type deviceRecord struct {
	polled
	UserCode string
}

// redeem is the device grant at the token endpoint (RFC 8628 3.4, 3.5).
func (df *deviceFlow) redeem(t *tokenRequest) (*tokenResponse, *oauthError) {
	if !t.Has("device_code") {
		return nil, oauthErrorf("invalid_request", "device_code is missing")
	}
	var rec deviceRecord
	var refused *oauthError
	auto := signIn{ID: randomToken(), User: "alice", AuthTime: df.env.reportedTime(), ACR: acrPassword}
	known := df.devices.Update(t.Get("device_code"), func(d *deviceRecord) {
		refused = d.poll(df.env, t.Client, "device code", auto, pollFaults{faultDeviceExpired, faultAccessDenied,
			faultSlowDown})
		rec = *d
	})
	switch {
	case !known:
		return nil, oauthErrorf("invalid_grant", "the device code is not known")
	case refused != nil:
		return nil, refused
	}
	return df.tokens.issuePolled(t, rec.polled, "")
}
