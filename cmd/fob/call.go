package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fob/flows/calls"
	"fob/flows/session"
	"fob/tokens"
	"fob/tokens/vault"
)

const callLong = `Call an API with the session's access token, renewed first if need be, and print
the body of the answer. A URL that begins with / is put behind the address of the API,
which is the profile's, or that which the login started from: /orders of an API at
https://api.example.com/v1 is https://api.example.com/v1/orders.
Without a METHOD it is GET, or POST with -d.

The exit code is 0 whenever the API answers, as with curl; --fail makes it 1 for
HTTP 400 and above. What the API says of the token (its challenge) is told on
standard error. A token that the answer repeats is masked, unless --show-secrets.`

const callExample = `  fob call acme GET https://api.example.com/me
  fob call acme POST /orders -d '{"item":7}' -i
  fob call acme PUT /picture -H 'Content-Type: image/png' -d @picture.png
  fob call acme GET /me --json | jq .timing`

// maxRequestBody bounds what -d sends, in bytes.
const maxRequestBody = 64 << 20

type callFlags struct {
	headers                        []string
	data                           string
	hasData                        bool
	include, fail, json, raw, show bool
}

func (a *app) callCmd() *cobra.Command {
	var c callFlags
	cmd := &cobra.Command{
		Use:               "call SESSION [METHOD] URL",
		Short:             "Call an API with the token",
		Long:              callLong,
		Example:           callExample,
		Args:              cobra.RangeArgs(2, 3),
		ValidArgsFunction: a.completeCall,
	}
	cmd.RunE = a.verb(func(ctx context.Context, args []string) error {
		c.hasData = cmd.Flags().Changed("data")
		return a.call(ctx, args, c)
	})
	f := cmd.Flags()
	f.StringArrayVarP(&c.headers, "header", "H", nil, "send the header `'Name: value'`, repeatable")
	f.StringVarP(&c.data, "data", "d", "", "send the `BODY`; @FILE sends a file, - standard input")
	f.BoolVarP(&c.include, "include", "i", false, "print the status and the headers of the answer first")
	f.BoolVarP(&c.fail, "fail", "f", false, "exit code 1 for HTTP 400 and above")
	f.BoolVar(&c.raw, "raw", false, "print the body as received even on a terminal")
	f.BoolVar(&c.show, "show-secrets", false, "do not mask a token that the answer repeats")
	f.BoolVar(&c.json, "json", false, "print one JSON object: status, headers, body, timing")
	cmd.MarkFlagsMutuallyExclusive("json", "include")
	cmd.MarkFlagsMutuallyExclusive("json", "raw")
	return cmd
}

func (a *app) completeCall(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 1 {
		return []cobra.Completion{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeSession(cmd, args, typed)
}

func (a *app) call(ctx context.Context, args []string, c callFlags) error {
	req, err := a.callRequest(ctx, args, c)
	if err != nil {
		return err
	}
	svc, m, err := a.find(ctx, args[0])
	if err != nil {
		return err
	}
	if req.URL, err = calls.Target(svc.APIOf(m), req.URL); err != nil {
		return usagef("%w", err)
	}
	res, err := svc.Call(ctx, m.ID, req)
	if err != nil {
		return err
	}
	if res.Repeats && !c.show {
		if err := a.mask(ctx, svc, m, res); err != nil {
			return err
		}
	}
	said := calls.Explain(res)
	d, known := svc.DiagnoseCall(ctx, m.ID, res)
	if known {
		said = d.Title // the causes say the rest
	}
	a.tellCall(res, said)
	_, _ = fmt.Fprint(a.stderr, causeLines(d.Causes, said, a.textWidth()))
	a.tellStepUp(ctx, svc, m, res.Challenges)
	if err := a.printCall(res, c); err != nil {
		return err
	}
	if c.fail && res.Status >= http.StatusBadRequest {
		return &exitError{code: exitFailed, err: fmt.Errorf("%s %s: HTTP %d", req.Method, req.URL, res.Status)}
	}
	return nil
}

// callRequest makes the request of the arguments and flags.
func (a *app) callRequest(ctx context.Context, args []string, c callFlags) (calls.Request, error) {
	req := calls.Request{Method: http.MethodGet, URL: args[len(args)-1]}
	if c.hasData {
		req.Method = http.MethodPost
		body, err := a.callBody(ctx, c.data)
		if err != nil {
			return req, err
		}
		req.Body = body
	}
	if len(args) == 3 {
		req.Method = args[1]
	}
	var err error
	if req.Header, err = calls.ParseHeaders(c.headers); err != nil {
		return req, usagef("-H: %w", err)
	}
	if c.hasData && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", bodyType(req.Body))
	}
	return req, nil
}

func (a *app) callBody(ctx context.Context, data string) ([]byte, error) {
	file, isFile := strings.CutPrefix(data, "@")
	if data == "-" {
		file, isFile = "-", true
	}
	if !isFile {
		return []byte(data), nil
	}
	body, err := a.readFile(ctx, file, maxRequestBody)
	if err != nil {
		return nil, usagef("-d: %w", err)
	}
	return body, nil
}

// bodyType is the type of a body that came without one: JSON when it is JSON, else what curl takes it for.
func bodyType(body []byte) string {
	if json.Valid(body) {
		return "application/json"
	}
	return "application/x-www-form-urlencoded"
}

// mask replaces the session's tokens in the answer by their fingerprints.
func (a *app) mask(ctx context.Context, svc *session.Service, m vault.Meta, res *calls.Response) error {
	record, err := svc.Load(ctx, m.ID)
	if err != nil {
		return fmt.Errorf("masking the token that the answer repeats: %w", err)
	}
	var pairs []string
	for _, k := range record.Secrets.Set.Kinds() {
		token := record.Secrets.Set.Token(k)
		pairs = append(pairs, token.Reveal(), token.Fingerprint())
		if escaped := url.QueryEscape(token.Reveal()); escaped != token.Reveal() {
			pairs = append(pairs, escaped, token.Fingerprint())
		}
	}
	masks := strings.NewReplacer(pairs...)
	res.Body = []byte(masks.Replace(string(res.Body)))
	for _, values := range res.Header {
		for i := range values {
			values[i] = masks.Replace(values[i])
		}
	}
	a.note("note: the answer repeats the token; it is masked here (--show-secrets shows it)")
	return nil
}

// tellCall tells on standard error what a person should know of the answer; said is what it means.
func (a *app) tellCall(res *calls.Response, said string) {
	if res.Status >= http.StatusBadRequest {
		a.note("HTTP %d %s", res.Status, http.StatusText(res.Status))
		if said != "" {
			a.note("  %s", tokens.VisibleLine(said))
		}
	}
	for _, c := range res.Challenges {
		var parts []string
		for _, name := range sortedKeys(c.Params) {
			parts = append(parts, fmt.Sprintf("%s=%q", name, c.Params[name]))
		}
		a.note("  challenge: %s", tokens.VisibleLine(c.Scheme+" "+strings.Join(parts, " ")))
	}
	if res.Truncated {
		a.note("warning: the body is longer than what is read; it is cut")
	}
}

// callJSON is what call --json prints.
type callJSON struct {
	Status    int                 `json:"status"`
	Proto     string              `json:"proto"`
	Headers   map[string][]string `json:"headers"`
	Body      json.RawMessage     `json:"body"` // as received when it is JSON, else a string
	Truncated bool                `json:"truncated,omitempty"`
	Timing    map[string]float64  `json:"timing"` // milliseconds
}

func (a *app) printCall(res *calls.Response, c callFlags) error {
	if c.json {
		return a.printJSON(callJSON{Status: res.Status, Proto: res.Proto, Headers: res.Header, Body: compacted(res.Body), Truncated: res.Truncated, Timing: timing(res)})
	}
	if c.include {
		if err := a.printHead(res); err != nil {
			return err
		}
	}
	if c.raw {
		_, err := a.stdout.Write(res.Body)
		return err
	}
	return a.printText(res.Body)
}

func (a *app) printHead(res *calls.Response) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d %s\n", res.Proto, res.Status, http.StatusText(res.Status))
	for _, name := range sortedKeys(res.Header) {
		for _, value := range res.Header[name] {
			fmt.Fprintf(&b, "%s: %s\n", tokens.VisibleLine(name), tokens.VisibleLine(value))
		}
	}
	_, err := fmt.Fprintln(a.stdout, b.String())
	return err
}

func timing(res *calls.Response) map[string]float64 {
	if res.Exchange == nil {
		return map[string]float64{}
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	t := res.Exchange.Timing
	return map[string]float64{
		"dns_ms": ms(t.DNS), "connect_ms": ms(t.Connect), "tls_ms": ms(t.TLS), "first_byte_ms": ms(t.FirstByte), "total_ms": ms(t.Total),
	}
}
