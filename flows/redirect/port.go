package redirect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"fob/tokens"
)

// place is where to listen, worked out of the Options.
type place struct {
	uri       string // the redirect URI, when it does not depend on the port
	base      url.URL
	path      string
	ports     []int // to try in order; 0 is an ephemeral one
	pasteOnly bool
}

func (p place) at(port int) string {
	u := p.base
	u.Host += ":" + strconv.Itoa(port)
	return u.String()
}

func plan(o Options) (place, error) {
	for _, port := range o.Ports {
		if port < 0 || port > 65535 {
			return place{}, fmt.Errorf("redirect port %d: expected 1 to 65535, or 0 for any", port)
		}
	}
	p := place{path: "/callback", ports: o.Ports}
	host := "127.0.0.1"
	if o.Host != "" {
		host = o.Host
	}
	if o.Path != "" {
		p.path = "/" + strings.TrimPrefix(o.Path, "/")
	}
	if len(p.ports) == 0 {
		p.ports = []int{0}
	}
	p.base = url.URL{Scheme: "http", Host: host, Path: p.path}
	if !slices.Contains([]string{"127.0.0.1", "localhost", "[::1]"}, host) {
		return place{}, fmt.Errorf("redirect host %q: expected 127.0.0.1, localhost or [::1]", tokens.VisibleLine(o.Host))
	}
	if o.URI != "" {
		return p.pinned(o)
	}
	return p, nil
}

// pinned works out where a pinned redirect URI can be listened at. Without a port in it, the ports of the Options are
// used (RFC 8252 7.3: the port of a loopback redirect may vary), and the URI then gets the port, unless that is 80.
func (p place) pinned(o Options) (place, error) {
	u, err := url.Parse(o.URI)
	if err != nil || u.Scheme == "" || u.Fragment != "" || strings.Contains(o.URI, "#") {
		return place{}, fmt.Errorf("redirect URI %q: expected an absolute URI without a fragment (RFC 6749 3.1.2)", tokens.VisibleLine(clip(o.URI)))
	}
	if u.Scheme != "http" || !tokens.IsLoopback(u.Hostname()) {
		return place{uri: o.URI, pasteOnly: true}, nil
	}
	p.base, p.path = *u, u.Path
	if p.path == "" {
		p.path = "/" // which is what a browser asks for; the URI itself stays as it was registered
	}
	if u.Port() == "" {
		if slices.Equal(p.ports, []int{80}) {
			p.uri = o.URI
		}
		return p, nil
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil || port < 1 || port > 65535 {
		return place{}, fmt.Errorf("redirect URI %q: its port is not one from 1 to 65535", tokens.VisibleLine(clip(o.URI)))
	}
	p.uri, p.ports = o.URI, []int{port}
	return p, nil
}

// PortError means that none of the ports could be had. Its text says for each what holds it.
type PortError struct {
	Ports []int
	text  string
	err   error
}

func (e *PortError) Error() string { return e.text }

// Unwrap yields the system's error for the last port.
func (e *PortError) Unwrap() error { return e.err }

// openPort opens the first port of the list that is free on 127.0.0.1 and ::1.
func openPort(ports []int) ([]net.Listener, int, error) {
	var lines []string
	var last error
	for _, port := range ports {
		sockets, got, err := openBoth(port)
		if err == nil {
			return sockets, got, nil
		}
		last = err
		lines = append(lines, portProblem(port, err))
	}
	text := "listening for the redirect: " + strings.Join(lines, "\n  ")
	if len(lines) > 1 {
		text = "listening for the redirect: none of the ports can be used:\n  " + strings.Join(lines, "\n  ")
	}
	return nil, 0, &PortError{Ports: ports, text: text, err: last}
}

func portProblem(port int, err error) string {
	switch {
	case tokens.IsSocketError(err, syscall.EADDRINUSE):
		return fmt.Sprintf("port %d is taken by %s: stop it, or choose another port that the provider accepts", port, holder(port))
	case tokens.IsSocketError(err, syscall.EACCES):
		return fmt.Sprintf("port %d: this user may not open it: choose another (%s)", port, reserved(runtime.GOOS))
	}
	return fmt.Sprintf("port %d: %v", port, err)
}

// reserved says why a free port may not be opened.
func reserved(goos string) string {
	if goos == "windows" {
		return "Hyper-V, WSL and Docker keep ranges of ports: " +
			"`netsh interface ipv4 show excludedportrange protocol=tcp` lists them"
	}
	return "ports below 1024 are kept for the system"
}

// ephemeralTries is how often another port is asked for when the one the system chose for IPv4 is taken on IPv6.
const ephemeralTries = 10

// openBoth opens the port on both loopback addresses: "localhost" is one or the other, as the browser pleases, and a
// code must not go to whoever holds the other one. It is fine when the machine has only one of the two.
func openBoth(port int) ([]net.Listener, int, error) {
	var err error
	for range ephemeralTries {
		var sockets []net.Listener
		var got int
		if sockets, got, err = openPair(port); err == nil {
			return sockets, got, nil
		}
		if port != 0 {
			break
		}
	}
	return nil, 0, err
}

func openPair(port int) ([]net.Listener, int, error) {
	config := net.ListenConfig{Control: exclusive}
	four, err := config.Listen(context.Background(), "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil && !noFamily(err) {
		return nil, 0, err
	}
	var sockets []net.Listener
	if err == nil {
		sockets = append(sockets, four)
		port = four.Addr().(*net.TCPAddr).Port
	}
	six, sixErr := config.Listen(context.Background(), "tcp6", net.JoinHostPort("::1", strconv.Itoa(port)))
	switch {
	case sixErr == nil:
		sockets = append(sockets, six)
		port = six.Addr().(*net.TCPAddr).Port
	case !noFamily(sixErr):
		closeAll(sockets)
		return nil, 0, sixErr
	case len(sockets) == 0:
		return nil, 0, sixErr
	}
	return sockets, port, nil
}

func closeAll(sockets []net.Listener) {
	for _, s := range sockets {
		_ = s.Close()
	}
}

// noFamily reports whether the machine has no address of this family at all.
func noFamily(err error) bool {
	var addr *net.AddrError
	return tokens.IsSocketError(err, syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT, syscall.EPROTONOSUPPORT) ||
		errors.As(err, &addr)
}
