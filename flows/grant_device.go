package flows

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"time"

	"fob/flows/provider"
	"fob/tokens"
)

const deviceGrantType = "urn:ietf:params:oauth:grant-type:device_code"

// DeviceAuthorization lets a user sign in on another device while this one polls for the result (RFC 8628).
var DeviceAuthorization = Grant{
	ID:        "device_code",
	Name:      "Device",
	Summary:   "a user signs in on another device with a short code; for machines without a browser",
	Spec:      "RFC 8628",
	NeedsUser: true,
	GrantType: deviceGrantType,
	Inputs:    withExtensions([]Input{scopeInput("openid"), resourceInput, audienceInput}, tokenExtensions...),
	Run:       runDevice,
}

// The lifetime of a device code.
const (
	defaultCodeLifetime = 15 * time.Minute // when expires_in is missing, which is required
	maxCodeLifetime     = time.Hour
)

// deviceCode is the device authorization response (RFC 8628 3.2).
type deviceCode struct {
	code        tokens.Secret
	userCode    string
	url         string
	completeURL string
	interval    time.Duration
	expires     time.Time
	checks      []tokens.Check
}

func runDevice(ctx context.Context, r *Run) (tokens.Set, error) {
	if _, err := r.requireEndpoint("token"); err != nil {
		return tokens.Set{}, err
	}
	form := url.Values{}
	r.setAccessParams(form)
	d, err := r.startDevice(ctx, form)
	if err != nil {
		return tokens.Set{}, err
	}
	if err := r.promptDevice(ctx, d); err != nil {
		return tokens.Set{}, err
	}
	set, err := r.poll(ctx, &polling{
		secret: d.code, interval: d.interval, expires: d.expires, endpoint: "device", spec: "RFC 8628 3.4",
		form: func() url.Values {
			form := url.Values{"grant_type": {deviceGrantType}, "device_code": {d.code.Reveal()}}
			r.setList(form, "resource")
			return form
		},
	})
	if err != nil {
		return tokens.Set{}, err
	}
	return r.checkSignIn(ctx, set, signIn{request: form, noNonce: "the device grant has no nonce"})
}

// startDevice requests a device code and a user code (RFC 8628 3.1).
func (r *Run) startDevice(ctx context.Context, form url.Values) (*deviceCode, error) {
	x, err := r.send(ctx, "device", form)
	var d *deviceCode
	if err == nil {
		d, err = r.readDeviceCode(x)
	}
	r.exchangeStep(Step{
		Title:   "Request a device code and a user code",
		Meaning: "The device code stays here; the user types the user code on another device.",
		Spec:    "RFC 8628 3.1",
	}, x, err)
	if err != nil {
		return nil, err
	}
	return d, r.checkAll(d.checks...)
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
		d.url = jsonString(m["verification_url"]) // Google's name for it
	}
	switch {
	case d.code.IsZero():
		return nil, r.responseError(x, "no device_code", false)
	case d.userCode == "":
		return nil, r.responseError(x, "no user_code", false)
	case !tokens.IsWebURL(d.url):
		return nil, r.responseError(x, "no verification_uri that is an http or https URL", false)
	}
	if !tokens.IsWebURL(d.completeURL) {
		d.completeURL = ""
	}
	d.checks = []tokens.Check{checkDevicePage(d),
		checkRequestLifetime(m, "fob polls for "+tokens.Span(defaultCodeLifetime))}
	if d.interval, err = secondsOr(m["interval"], defaultInterval); err != nil || d.interval <= 0 {
		d.interval = defaultInterval
	}
	lifetime, err := secondsOr(m["expires_in"], defaultCodeLifetime)
	if err != nil {
		lifetime = defaultCodeLifetime
	}
	d.expires = x.at.Add(min(lifetime, maxCodeLifetime))
	return d, nil
}

// checkDevicePage checks that the sign-in page uses TLS, and that the link with the code leads to the same host as the
// link without it.
func checkDevicePage(d *deviceCode) tokens.Check {
	kind := tokens.CheckDevicePage
	const expected = "https, and one host"
	page, _ := url.Parse(d.url)
	complete, _ := url.Parse(d.completeURL)
	switch {
	case !provider.IsSecureURL(d.url):
		return kind.Fail(expected, d.url,
			"what the user types there, such as a password, can be read and changed in transit")
	case d.completeURL != "" && !provider.IsSecureURL(d.completeURL):
		return kind.Fail(expected, d.completeURL,
			"what the user types there, such as a password, can be read and changed in transit")
	case d.completeURL != "" && complete.Host != page.Host:
		return kind.Fail(expected, page.Host+" and "+complete.Host,
			"the link with the code leads to another host than the one without: check it before you sign in")
	}
	return kind.Pass(expected, page.Scheme+" on "+page.Host)
}

// secondsOr reads a number of seconds, or returns the default when it is missing.
func secondsOr(raw json.RawMessage, def time.Duration) (time.Duration, error) {
	if raw == nil {
		return def, nil
	}
	d, ok, err := tokens.ParseLifetime(raw)
	if err != nil || !ok || d <= 0 {
		return def, err
	}
	return d, nil
}

// promptDevice shows the user the verification page and the user code.
func (r *Run) promptDevice(ctx context.Context, d *deviceCode) error {
	p := &Prompt{
		URL: tokens.VisibleLine(d.url), CompleteURL: tokens.VisibleLine(d.completeURL), ExpiresAt: d.expires,
		UserCode: tokens.NewGuessable(d.userCode), ShownCode: tokens.VisibleLine(d.userCode),
	}
	r.launchBrowser(ctx, p, cmp.Or(d.completeURL, d.url))
	r.Step(Step{
		From: Fob, To: You, Title: "Open the verification page on any device and enter the user code",
		Spec: "RFC 8628 3.3", Prompt: p,
		Meaning: "Compare the code on the page with the one here: another code would sign in another device.",
	})
	return r.requireAttended(p)
}
