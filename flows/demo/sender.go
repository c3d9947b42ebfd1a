package demo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"
)

// What the server itself sends, to clients on this machine: CIBA pings, logout tokens, and requests for client
// metadata. It never leaves loopback, whatever the name resolves to.

const (
	outgoingTimeout = 5 * time.Second
	maxDocument     = 16 << 10
)

// sender sends requests, some of them in tasks of its own.
type sender struct {
	client *http.Client
	ctx    context.Context // of the tasks; replaced by Start
	tasks  sync.WaitGroup
}

func newSender(roots *x509.CertPool) *sender {
	dialer := &net.Dialer{Timeout: outgoingTimeout, Control: func(_, address string, _ syscall.RawConn) error {
		// It runs after the name is resolved and before anything is sent.
		if ip, err := netip.ParseAddrPort(address); err != nil || !ip.Addr().Unmap().IsLoopback() {
			return fmt.Errorf("the demo provider connects only to loopback, and %s is not loopback", address)
		}
		return nil
	}}
	return &sender{ctx: context.Background(), client: &http.Client{
		Timeout:       outgoingTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			DialContext:       dialer.DialContext,
		},
	}}
}

// isLoopbackURL reports whether the server may send requests to an address.
func isLoopbackURL(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil &&
		u.Fragment == "" && isLoopbackHost(u.Host) &&
		len(address) <= maxParamLength
}

// send sends a request and reads the response, bounded.
func (o *sender) send(r *http.Request) (status int, body []byte, err error) {
	response, err := o.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err = io.ReadAll(io.LimitReader(response.Body, maxDocument+1))
	if err == nil && len(body) > maxDocument {
		err = fmt.Errorf("the response is bigger than %d bytes", maxDocument)
	}
	return response.StatusCode, body, err
}

// run runs a task independent of the request; Close cancels it and waits.
func (o *sender) run(do func(ctx context.Context)) {
	o.tasks.Add(1)
	go func() {
		defer o.tasks.Done()
		do(o.ctx)
	}()
}

// isLoopbackHost reports whether a Host header (or the host of a URL) names this machine by number or as localhost.
func isLoopbackHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Zone() == "" && ip.IsLoopback()
}
