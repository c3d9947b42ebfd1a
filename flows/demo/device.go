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

func deviceEndpoints() []endpoint {
	return []endpoint{
		{Method: "POST", Path: "/device_authorization", Metadata: "device_authorization_endpoint",
			Handle: (*Server).authorizeDevice},
		{Method: "GET", Path: "/device", Handle: (*Server).showDevice},
		{Method: "POST", Path: "/device", Handle: (*Server).enterUserCode},
	}
}

// authorizeDevice is the device authorization endpoint (RFC 8628 3.1).
func (s *Server) authorizeDevice(w http.ResponseWriter, r *http.Request) {
	rec, err := s.newDevice(r)
	if err != nil {
		err.write(w)
		return
	}
	code := randomToken()
	s.store.devices.Put(code, rec)
	s.store.userCodes.Put(normalUserCode(rec.UserCode), code)
	answer := struct {
		DeviceCode      string `json:"device_code"`
		UserCode        string `json:"user_code"`
		URI             string `json:"verification_uri"`
		URIComplete     string `json:"verification_uri_complete"`
		ExpiresIn       int64  `json:"expires_in,omitempty"`
		IntervalSeconds int64  `json:"interval,omitempty"`
	}{code, rec.UserCode, s.issuer + "/device", s.issuer + "/device?user_code=" + url.QueryEscape(rec.UserCode),
		int64(deviceLifetime / time.Second), int64(rec.Interval / time.Second)}
	if s.on(faultNoInterval) {
		answer.IntervalSeconds = 0
	}
	if s.on(faultNoRequestLife) {
		answer.ExpiresIn = 0
	}
	if s.on(faultDevicePlainPage) {
		answer.URI = "http://plain.invalid/device"
		answer.URIComplete = answer.URI + "?user_code=" + url.QueryEscape(rec.UserCode)
	}
	writeJSON(w, http.StatusOK, answer)
}

func (s *Server) newDevice(r *http.Request) (deviceRecord, *oauthError) {
	p, err := bodyParams(r)
	if err != nil {
		return deviceRecord{}, err
	}
	c, err := s.authenticate(r, p)
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
	if err := s.checkResources(p.All("resource")); err != nil {
		return deviceRecord{}, err
	}
	details, err := s.readDetails(p.Get("authorization_details"))
	if err != nil {
		return deviceRecord{}, err
	}
	interval := pollInterval
	if s.on(faultNoInterval) {
		interval = defaultInterval
	}
	return deviceRecord{UserCode: newUserCode(), polled: polled{Client: c, Scopes: scopes, Details: details,
		Resources: p.All("resource"),
		Expires:   s.now().Add(deviceLifetime), Interval: interval}}, nil
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

// showDevice is the verification page (RFC 8628 3.3). A code in the URL fills the field; the user still confirms it.
func (s *Server) showDevice(w http.ResponseWriter, r *http.Request) {
	s.browserID(w, r)
	code := r.URL.Query().Get("user_code")
	if len(code) > 32 {
		code = ""
	}
	s.devicePage(w, http.StatusOK, code, "")
}

func (s *Server) devicePage(w http.ResponseWriter, status int, code, problem string) {
	s.page(w, status, "device", pageData{Title: "Connect a device", Action: "/device", UserCode: code,
		Problem: problem})
}

func (s *Server) enterUserCode(w http.ResponseWriter, r *http.Request) {
	if s.fromAnotherSite(w, r) {
		return
	}
	p, bad := bodyParams(r)
	if bad != nil {
		s.errorPage(w, http.StatusBadRequest, bad)
		return
	}
	typed := p.Get("user_code")
	if !s.store.guesses.allowed() {
		s.devicePage(w, http.StatusTooManyRequests, typed, "Too many wrong codes. Wait a minute and try again.")
		return
	}
	code, ok := s.store.userCodes.Get(normalUserCode(typed))
	rec, known := s.store.devices.Get(code)
	if !ok || !known || rec.State != pollPending || !s.now().Before(rec.Expires) {
		s.store.guesses.wrong()
		s.devicePage(w, http.StatusUnprocessableEntity, typed,
			"That code is invalid or has expired: look at the device again.")
		return
	}
	i := &interaction{Client: rec.Client, Scopes: rec.Scopes, Details: rec.Details, ACR: acrPassword,
		purpose: &devicePurpose{device: code, userCode: rec.UserCode}}
	i.SignIn = s.currentSignIn(r)
	s.interact(w, r, i)
}

// devicePurpose is an interaction that approves a device.
type devicePurpose struct{ device, userCode string }

func (d *devicePurpose) RedirectTarget() string { return "" }

// Question shows the code again: the user should compare it with the device (RFC 8628 5.4).
func (d *devicePurpose) Question(i *interaction) (string, pageData) {
	return askConsent(i, "Go on only if you started this yourself, on a device that shows the code "+d.userCode+".")
}

func (d *devicePurpose) Approve(s *Server, w http.ResponseWriter, _ *http.Request, by signIn) {
	s.store.devices.Update(d.device, func(rec *deviceRecord) { rec.decide(pollApproved, by) })
	s.page(w, http.StatusOK, "message", pageData{Title: "Device connected",
		Text: "The device will notice in a moment. You can close this page."})
}

func (d *devicePurpose) Deny(s *Server, w http.ResponseWriter, _ *http.Request) {
	s.store.devices.Update(d.device, func(rec *deviceRecord) { rec.decide(pollDenied, signIn{}) })
	s.page(w, http.StatusOK, "message", pageData{Title: "Device denied",
		Text: "The device was informed. You can close this page."})
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
