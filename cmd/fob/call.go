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

const callLong = `Call an API with the session's access token, renewed first if need be, and print
the body of the answer. A URL that begins with / is put behind the address of the API,
which is the profile's, or that which the login started from: /orders of an API at
https://api.example.com/v1 is https://api.example.com/v1/orders. What a URL cannot hold
(blanks, umlauts) is percent-encoded, and said.

Without a METHOD it is GET, or POST with -d.

The exit code is 0 whenever the API answers, as with curl; --fail makes it 1 for
HTTP 400 and above. What the API says of the token (its challenge) is told on
standard error. A token that the answer repeats is masked, unless --show-secrets.

Into a pipe or a file the body goes as it comes, whatever its length, inflated (gzip,
deflate, br, zstd) unless you ask for an encoding with -H 'Accept-Encoding: …'. On a
terminal and with --json it is bounded. A body that is cut for any reason is exit code 5.

A redirect is not followed, and where it leads is said. --follow follows: within the
origin with the token, elsewhere without it and without any other header of yours.

--token-in body and --token-in query put the token where RFC 6750 2.2 and 2.3 allow it,
for APIs that cannot read it elsewhere. It ends in logs there: RFC 9700 4.3.2 is against it.`

const callExample = `  fob call acme GET https://api.example.com/me
  fob call acme POST /orders -d '{"item":7}' -i
  fob call acme PUT /picture -H 'Content-Type: image/png' -d @picture.png
  fob call acme GET /me --json | jq .timing
  fob call acme GET /export.zip --follow > export.zip`

// maxRequestBody bounds what -d sends, in bytes.
const maxRequestBody = 64 << 20

// maxJSONBody bounds the body that --json prints, in bytes: it has to be in memory as a whole.
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
			begun = func() {} // what a person sets holds for all of it
		}
		return withTimedOut(end, a.call(end, args, c, begun))
	})
	f := cmd.Flags()
	f.StringArrayVarP(&c.headers, "header", "H", nil, "send the header `'Name: value'`, repeatable")
	f.StringVarP(&c.data, "data", "d", "",
		"send the `BODY`; @FILE (file:FILE in PowerShell) sends a file, - standard input")
	f.BoolVar(&c.follow, "follow", false, "follow redirects; outside of the origin without the token")
	f.StringVar(&c.tokenIn, "token-in", "header", "where the token goes: `PLACE` is "+
		strings.Join(calls.Placements(), ", ")+"; in a body or a query it ends in logs")
	addHTTPFlag(cmd, &c.insecureHTTP)
	f.BoolVarP(&c.include, "include", "i", false, "print the status and the headers of the answer first")
	f.BoolVarP(&c.fail, "fail", "f", false, "exit code 1 for HTTP 400 and above")
	f.BoolVar(&c.raw, "raw", false, "print the body as received even on a terminal")
	f.BoolVar(&c.show, "show-secrets", false, "do not mask a token that the answer repeats, nor its cookies")
	f.BoolVar(&c.json, "json", false, "print one JSON object: status, headers, body, timing")
	c.renew.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("json", "include")
	cmd.MarkFlagsMutuallyExclusive("json", "raw")
	_ = cmd.RegisterFlagCompletionFunc("token-in", completeWords(calls.Placements()...))
	return cmd
}

func (a *app) completeCall(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion,
	cobra.ShellCompDirective) {
	if len(args) == 1 {
		return []cobra.Completion{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"},
			cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeSession(cmd, args, typed)
}

// call makes the call; begun is called when the body of the answer begins to be printed.
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
	// Before anything is sent to the API, it must be known whether the token can be had and kept.
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
	var unstored *session.NotStoredError // it comes beside an answer, which is told and printed first
	if err != nil && (res == nil || !errors.As(err, &unstored)) {
		return err
	}
	if !out.streamed {
		out.maskAnswer(res)
	}
	said := calls.Explain(res)
	d, known := svc.DiagnoseCall(ctx, m.ID, res)
	if known {
		said = d.Title // the causes say the rest
	}
	out.noteResponse(res, said)
	_, _ = fmt.Fprint(a.stderr, causeLines(d.Causes, said, a.textWidth()))
	a.suggestStepUp(ctx, svc, m, res.Challenges)
	return errors.Join(err, out.print(res), callFailure(req, res, c))
}

// callFailure is why a call whose answer was printed still has not done what was asked for.
func callFailure(req calls.Request, res *calls.Response, c callFlags) error {
	at := req.Method + " " + redact.URL(req.URL)
	switch {
	case res.Truncated && !res.Streamed:
		whole := "print it into a file or a pipe, where it has no limit"
		if c.json {
			whole = "leave --json out, and print it into a file or a pipe, where it has no limit"
		}
		return &exitError{code: exitNetwork,
			err: fmt.Errorf("%s: the body was cut: printed are its first %d bytes\n  %s",
				at, res.Size, whole)}
	case res.NotFollowed != "":
		return &exitError{code: exitFailed, err: fmt.Errorf("%s: HTTP %d, a redirect that was not followed: %s",
			at, res.Status, res.NotFollowed)}
	case c.fail && res.Status >= http.StatusBadRequest:
		return &exitError{code: exitFailed, err: fmt.Errorf("%s: HTTP %d", at, res.Status)}
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

// bodyType is the type of a body that came without one: JSON when it is JSON, else what curl takes it for.
func bodyType(body []byte) string {
	if json.Valid(body) {
		return "application/json"
	}
	return "application/x-www-form-urlencoded"
}
