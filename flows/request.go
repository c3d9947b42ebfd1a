package flows

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"

	"fob/flows/wire"
	"fob/flows/wire/redact"
	"fob/tokens"
)

// exchange is a form sent to an endpoint and the response.
type exchange struct {
	req    *TokenRequest
	method AuthMethod
	resp   *wire.Response
	at     time.Time      // when the response was received
	object *wire.Object   // the response, if it is a JSON object
	checks []tokens.Check // of the response's form; exchangeStep records them
}

// send posts a form to an endpoint that authenticates the client. The extra parameters of the endpoint are applied
// last, over those of the client authentication, so that anything can be tested. If the server requires a DPoP nonce,
// the request is sent again once. A response of any status is not an error.
func (r *Run) send(ctx context.Context, endpoint string, form url.Values, secrets ...tokens.Secret) (*exchange, error) {
	return r.sendAccepting(ctx, endpoint, "", form, secrets...)
}

// sendAccepting is send for a response of another media type than JSON.
func (r *Run) sendAccepting(ctx context.Context, endpoint, accept string, form url.Values,
	secrets ...tokens.Secret) (*exchange, error) {
	u, err := r.requireEndpoint(endpoint)
	if err != nil {
		return nil, err
	}
	req := &TokenRequest{Endpoint: endpoint, URL: u, Header: http.Header{}, Accept: accept, Secrets: secrets}
	plain := maps.Clone(form)
	x, retry, err := r.sendOnce(ctx, req.withForm(plain))
	if retry {
		r.nonceStep(x)
		// A client assertion may be accepted only once, so the client authenticates again.
		x, _, err = r.sendOnce(ctx, req.withForm(plain))
	}
	if x != nil {
		clear(form)
		maps.Copy(form, x.req.Form) // the caller sees what was sent
	}
	return x, err
}

// withForm returns a copy of the request with a copy of the form.
func (req *TokenRequest) withForm(form url.Values) *TokenRequest {
	c := *req
	c.Header, c.Secrets, c.Form = req.Header.Clone(), slices.Clone(req.Secrets), url.Values{}
	for name, values := range form {
		c.Form[name] = slices.Clone(values)
	}
	return &c
}

// sendOnce sends the request once; retry is true when the server requires a DPoP nonce and returned one.
func (r *Run) sendOnce(ctx context.Context, req *TokenRequest) (x *exchange, retry bool, err error) {
	x = &exchange{req: req}
	if x.method, err = r.authenticate(req); err != nil {
		return x, false, err
	}
	r.Params.Apply(req.Endpoint, req.Form)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// GitHub returns a form without this.
	req.Header.Set("Accept", cmp.Or(req.Accept, "application/json"))
	prover, err := r.addProof(req)
	if err != nil {
		return x, false, err
	}
	x.resp, err = r.HTTP.Do(ctx, &wire.Request{
		Leaving:  r.beforeSend(req),
		Endpoint: req.Endpoint,
		Method:   http.MethodPost,
		URL:      req.URL,
		Header:   req.Header,
		Body:     []byte(req.Form.Encode()),
		Secrets:  req.Secrets,
	})
	x.at = r.now()
	return x, err == nil && prover != nil && prover.HandleResponse(req.URL, x.resp), err
}

// beforeSend returns BeforeSpend for a request with a one-time refresh token or code (RFC 6749 4.1.2, 10.4), else nil.
func (r *Run) beforeSend(req *TokenRequest) func() error {
	if req.Endpoint != "token" || !req.Form.Has("refresh_token") && !req.Form.Has("code") {
		return nil
	}
	return r.BeforeSpend
}

// tokenRequest sends a token request, reports the exchange as the step, and reads the response. The error is an
// *OAuthError, a *ResponseError, a *wire.Error, an *InputError or an *EndpointError.
func (r *Run) tokenRequest(ctx context.Context, form url.Values, step Step, secrets ...tokens.Secret) (tokens.Set,
	error) {
	x, err := r.send(ctx, "token", form, secrets...)
	var set tokens.Set
	if err == nil {
		set, err = r.readTokens(x)
	}
	r.exchangeStep(step, x, err)
	return set, err
}

// exchangeStep reports an exchange as a step, with its error.
func (r *Run) exchangeStep(s Step, x *exchange, err error) {
	if s.From == "" {
		s.From, s.To = Fob, AuthorizationServer
	}
	s.Exchange = exchangeOf(x, err)
	switch {
	case x == nil || x.method.ID == "":
	case x.method.ID == authNone.ID:
		s.Meaning += " The client does not authenticate."
	default:
		s.Meaning += " The client authenticates with " + x.method.ID + "."
	}
	if err != nil {
		s.Err = err.Error()
	}
	r.Step(s)
	if x == nil {
		return
	}
	for _, c := range x.checks {
		if !slices.Contains(r.Ledger, c) { // polling repeats them
			_ = r.Check(c) // a failed one is already the error of the exchange
		}
	}
}

// exchangeOf returns the record of an exchange, also without a response; nil when no request was sent.
func exchangeOf(x *exchange, err error) *wire.Exchange {
	if x != nil && x.resp != nil {
		return x.resp.Exchange
	}
	var network *wire.Error
	if errors.As(err, &network) {
		return network.Exchange
	}
	return nil
}

// redact replaces in a text of the response the secrets of the request, the secrets that the HTTP client knows, and
// whatever has the form of a secret.
func (x *exchange) redact(text string) string {
	if x == nil {
		return redact.Text(text)
	}
	return x.resp.Redact(text, x.secrets()...)
}

// secrets returns the secret values of the request.
func (x *exchange) secrets() []tokens.Secret {
	if x.req == nil {
		return nil
	}
	all := append([]tokens.Secret(nil), x.req.Secrets...)
	for name, values := range x.req.Form {
		for _, v := range values {
			if s, ok := redact.Parameter(name, v); ok {
				all = append(all, s)
			}
		}
	}
	return all
}

// sentFields returns the masked parameters of the request, to show beside an error. They are the edited ones if the
// user edited the request.
func (x *exchange) sentFields() []wire.Field {
	if x == nil || x.req == nil {
		return nil
	}
	secrets := x.secrets()
	return x.fields(func(v string) string { return redact.Values(v, secrets...) })
}

// fields returns the parameters of the request: secret ones as fingerprints, the others as shown returns them.
func (x *exchange) fields(shown func(value string) string) []wire.Field {
	if x.req == nil {
		return nil
	}
	fields, edited := x.editedFields()
	if !edited {
		for name, values := range x.req.Form {
			for _, v := range values {
				value := tokens.VisibleLine(shown(v))
				if s, ok := redact.Parameter(name, v); ok {
					value = s.Fingerprint()
				}
				fields = append(fields, wire.Field{Name: tokens.VisibleLine(name), Value: value})
			}
		}
	}
	if auth := x.req.Header.Get("Authorization"); auth != "" {
		scheme, _, _ := strings.Cut(auth, " ")
		if x.method.ID != "" {
			scheme += " (" + x.method.ID + ")"
		}
		fields = append(fields, wire.Field{Name: "Authorization", Value: scheme})
	}
	if x.req.Header.Get("DPoP") != "" {
		fields = append(fields, wire.Field{Name: "DPoP", Value: "a proof"})
	}
	sort.SliceStable(fields, func(i, j int) bool { return fields[i].Name < fields[j].Name })
	return fields
}

// editedFields returns the parameters of a request that the user edited, from its redacted record.
func (x *exchange) editedFields() (fields []wire.Field, edited bool) {
	if x.resp == nil || x.resp.Exchange == nil || len(x.resp.Exchange.Edited) == 0 {
		return nil, false
	}
	params, err := url.ParseQuery(x.resp.Exchange.Request.Body)
	if err != nil {
		return nil, false
	}
	for name, values := range params {
		for _, v := range values {
			fields = append(fields, wire.Field{Name: tokens.VisibleLine(name), Value: tokens.VisibleLine(v)})
		}
	}
	return fields, true
}

// serverDate returns the response's Date header; zero when it is missing.
func serverDate(resp *wire.Response) time.Time {
	if resp == nil {
		return time.Time{}
	}
	t, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t
}

// clockOffset returns how far the server's clock is ahead of this machine's, by the response's Date; 0 without it.
func clockOffset(x *exchange) time.Duration {
	date := serverDate(x.resp)
	if date.IsZero() {
		return 0
	}
	return date.Sub(x.at).Round(time.Second)
}

// clockNote returns a note when the server's clock differs by more than the allowed skew; else "".
func (r *Run) clockNote(date, at time.Time) string {
	if date.IsZero() {
		return ""
	}
	switch d := date.Sub(at); {
	case d > r.skew():
		return fmt.Sprintf("the server's clock is %s ahead of this machine's", tokens.Span(d))
	case d < -r.skew():
		return fmt.Sprintf("the server's clock is %s behind this machine's", tokens.Span(-d))
	}
	return ""
}
