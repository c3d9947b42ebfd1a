package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"fob/flows/calls"
	"fob/flows/session"
	"fob/flows/wire/redact"
)

const callLong = `Call an API with the session's access token, renewed first if necessary, and print
the body of the response. A URL that begins with / is appended to the base URL of the
API, which is that of the profile or of fob login --api: with the base URL
https://api.example.com/v1, /orders means https://api.example.com/v1/orders. Characters
that are not allowed in a URL (spaces, umlauts) are percent-encoded, with a note.

The default METHOD is GET, or POST with -d or --token-in body.

The exit code is 0 whenever the API responds, as with curl; --fail makes it 1 for
HTTP 400 and above. The API's challenge (WWW-Authenticate) is printed on standard error.
A token that the response repeats is masked, unless --show-secrets.

To a pipe or a file the body is streamed without a size limit, decompressed (gzip,
deflate, br, zstd) unless you request an encoding with -H 'Accept-Encoding: …'. On a
terminal and with --json its size is limited. A truncated body is exit code 5.

Redirects are not followed; the target is printed. --follow follows them: to the same
origin with the token, to another one without it and without your other headers.

--token-in body and --token-in query put the token where RFC 6750 2.2 and 2.3 allow it,
for APIs that cannot read it elsewhere. It then ends up in logs: RFC 9700 4.3.2 advises
against it.`

const callExample = `  fob call acme GET https://api.example.com/me
  fob call acme POST /orders -d '{"item":7}' -i
  fob call acme PUT /picture -H 'Content-Type: image/png' -d @picture.png
  fob call acme GET /me --json | jq .timing
  fob call acme GET /export.zip --follow > export.zip`

// maxRequestBody is the size limit of what -d sends, in bytes.
const maxRequestBody = 64 << 20

// maxJSONBody is the size limit of a body that --json prints, in bytes: it is in memory as a whole.
const maxJSONBody = 64 << 20

type callFlags struct {
	headers                                []string
	data, tokenIn                          string
	hasData                                bool
	follow, include, fail, json, raw, show bool
	renew                                  renewFlags
	insecureHTTP                           bool
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
	cmd.RunE = a.longVerb(func(ctx context.Context, args []string) error {
		c.hasData = cmd.Flags().Changed("data")
		end, cancel := a.withLiftableTimeout(ctx)
		defer cancel()
		begun := end.lift
		if cmd.Flags().Changed("timeout") {
			begun = func() {} // an explicit --timeout covers the body too
		}
		return withTimedOut(end, a.call(end, args, c, begun))
	})
	f := cmd.Flags()
	f.StringArrayVarP(&c.headers, "header", "H", nil, "send the header `'Name: value'`, repeatable")
	f.StringVarP(&c.data, "data", "d", "",
		"send the `BODY`; @FILE (file:FILE in PowerShell) sends a file, - standard input")
	f.BoolVar(&c.follow, "follow", false, "follow redirects; to another origin without the token")
	f.StringVar(&c.tokenIn, "token-in", "header", "where to send the token: `PLACE` is "+
		strings.Join(calls.Placements(), ", ")+"; in a body or a query it ends up in logs")
	addHTTPFlag(cmd, &c.insecureHTTP)
	f.BoolVarP(&c.include, "include", "i", false, "print the status and the headers of the response first")
	f.BoolVarP(&c.fail, "fail", "f", false, "exit code 1 for HTTP 400 and above")
	f.BoolVar(&c.raw, "raw", false, "print the body as received even on a terminal")
	f.BoolVar(&c.show, "show-secrets", false, "do not mask a token that the response repeats, nor its cookies")
	f.BoolVar(&c.json, "json", false, "print one JSON object: status, headers, body, timing")
	c.renew.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("json", "include")
	cmd.MarkFlagsMutuallyExclusive("json", "raw")
	_ = cmd.RegisterFlagCompletionFunc("token-in", completeWords(calls.Placements()...))
	return cmd
}

func (a *app) completeCall(
	cmd *cobra.Command, args []string, typed string,
) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 1 {
		return []cobra.Completion{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"},
			cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeSession(cmd, args, typed)
}

// call makes the call. It calls begun before printing the body of the response.
func (a *app) call(ctx context.Context, args []string, c callFlags, begun func()) error {
	req, err := a.callRequest(ctx, args, c)
	if err != nil {
		return err
	}
	svc, m, err := a.find(ctx, args[0])
	if err != nil {
		return err
	}
	if req.URL, err = calls.Target(svc.APIBaseURL(m), req.URL); err != nil {
		return usagef("%w", err)
	}
	// Send nothing to the API unless the token is valid and stored.
	if _, own := req.Header["Authorization"]; !own || req.Placement != calls.InHeader {
		if _, _, err := a.validToken(ctx, svc, m.ID, session.TokenRequest{}, c.renew); err != nil {
			return err
		}
	}
	a.noteRequest(args[len(args)-1], req)
	out := &callOutput{a: a, flags: c, begun: begun}
	switch {
	case c.json:
		req.MaxBody = maxJSONBody
	case c.raw || !a.tty.out:
		req.Stream = out.stream
	}
	res, err := svc.Call(ctx, m.ID, req)
	if closed := out.close(); err == nil {
		err = closed
	}
	var unstored *session.NotStoredError // it comes with a response, which is printed first
	if err != nil && (res == nil || !errors.As(err, &unstored)) {
		return err
	}
	if !out.streamed {
		out.maskResponse(res)
	}
	meaning := calls.Explain(res)
	d, ok := svc.DiagnoseCall(ctx, m.ID, res)
	if ok {
		meaning = d.Title // the causes follow
	}
	out.noteResponse(res, meaning)
	_, _ = fmt.Fprint(a.stderr, causeLines(d.Causes, meaning, a.textWidth()))
	a.suggestStepUp(ctx, svc, m, res.Challenges)
	return errors.Join(err, out.print(res), callFailure(req, res, c))
}

// callFailure returns why a call whose response was printed has still failed, or nil.
func callFailure(req calls.Request, res *calls.Response, c callFlags) error {
	at := req.Method + " " + redact.URL(req.URL)
	switch {
	case res.Truncated && !res.Streamed:
		whole := "redirect it to a file or a pipe, where there is no limit"
		if c.json {
			whole = "without --json, redirect it to a file or a pipe, where there is no limit"
		}
		return &exitError{code: exitNetwork,
			err: fmt.Errorf("%s: the body was truncated to its first %d bytes\n  %s", at, res.Size, whole)}
	case res.NotFollowed != "":
		return &exitError{code: exitFailed, err: fmt.Errorf("%s: HTTP %d, a redirect that was not followed: %s",
			at, res.Status, res.NotFollowed)}
	case c.fail && res.Status >= http.StatusBadRequest:
		return &exitError{code: exitFailed, err: fmt.Errorf("%s: HTTP %d", at, res.Status)}
	}
	return nil
}

// callRequest returns the request of the arguments and flags.
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
	if req.Placement, err = calls.ParsePlacement(c.tokenIn); err != nil {
		return req, usagef("--token-in: %w", err)
	}
	if req.Placement == calls.InBody && len(args) < 3 {
		req.Method = http.MethodPost
	}
	req.Follow, req.InsecureHTTP = c.follow, c.insecureHTTP
	return req, nil
}

func (a *app) callBody(ctx context.Context, data string) ([]byte, error) {
	file, isFile := fileArg(data)
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

// bodyType returns the media type of a body without a Content-Type header: JSON if it is valid JSON, else that of a
// form, as with curl.
func bodyType(body []byte) string {
	if json.Valid(body) {
		return "application/json"
	}
	return "application/x-www-form-urlencoded"
}
