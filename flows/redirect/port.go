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

// listenConfig says where to listen, derived from the Options.
type listenConfig struct {
	uri       string // the redirect URI if it does not depend on the port
	base      url.URL
	path      string
	ports     []int // to try in order; 0 is an ephemeral one
	pasteOnly bool
}

func (p listenConfig) uriWithPort(port int) string {
	u := p.base
	u.Host += ":" + strconv.Itoa(port)
	return u.String()
}

func newListenConfig(o Options) (listenConfig, error) {
	for _, port := range o.Ports {
		if port < 0 || port > 65535 {
			return listenConfig{}, fmt.Errorf("redirect port %d: expected 1 to 65535, or 0 for any", port)
		}
	}
	p := listenConfig{path: "/callback", ports: o.Ports}
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
		return listenConfig{}, fmt.Errorf("redirect host %q: expected 127.0.0.1, localhost or [::1]",
			tokens.VisibleLine(o.Host))
	}
	if o.URI != "" {
		return p.withPinnedURI(o)
	}
	return p, nil
}

// withPinnedURI returns where to listen for a pinned redirect URI. If it has no port, the ports of the Options are used
// (RFC 8252 7.3: the port of a loopback redirect may vary), and the URI gets the port unless that is 80.
func (p listenConfig) withPinnedURI(o Options) (listenConfig, error) {
	u, err := url.Parse(o.URI)
	if err != nil || u.Scheme == "" || u.Fragment != "" || strings.Contains(o.URI, "#") {
		return listenConfig{}, fmt.Errorf("redirect URI %q: expected an absolute URI without a fragment (RFC 6749 "+
			"3.1.2)", tokens.VisibleLine(clip(o.URI)))
	}
	if u.Scheme != "http" || !tokens.IsLoopback(u.Hostname()) {
		return listenConfig{uri: o.URI, pasteOnly: true}, nil
	}
	p.base, p.path = *u, u.Path
	if p.path == "" {
		p.path = "/" // which a browser requests; the URI itself stays as it is registered
	}
	if u.Port() == "" {
		if slices.Equal(p.ports, []int{80}) {
			p.uri = o.URI
		}
		return p, nil
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil || port < 1 || port > 65535 {
		return listenConfig{}, fmt.Errorf("redirect URI %q: expected a port from 1 to 65535",
			tokens.VisibleLine(clip(o.URI)))
	}
	p.uri, p.ports = o.URI, []int{port}
	return p, nil
}

// PortError means that none of the ports is available. Its text says for each which program uses it.
type PortError struct {
	Ports []int
	text  string
	err   error
}

func (e *PortError) Error() string { return e.text }

// Unwrap returns the system's error for the last port.
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
		return fmt.Sprintf("port %d is in use by %s: stop it, or choose another port that the provider accepts",
			port, portOwner(port))
	case tokens.IsSocketError(err, syscall.EACCES):
		return fmt.Sprintf("port %d: permission denied: choose another (%s)", port, reserved(runtime.GOOS))
	}
	return fmt.Sprintf("port %d: %v", port, err)
}

// reserved returns why a free port cannot be opened.
func reserved(goos string) string {
	if goos == "windows" {
		return "Hyper-V, WSL and Docker reserve ranges of ports: " +
			"`netsh interface ipv4 show excludedportrange protocol=tcp` lists them"
	}
	return "ports below 1024 are reserved for the system"
}

// ephemeralTries is how many ports are tried when the one that the system chose for IPv4 is in use on IPv6.
const ephemeralTries = 10

// openBoth opens the port on both loopback addresses: a browser may use either for "localhost", and another program
// must not receive the code on the other one. A machine with only one of the two is fine.
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
	if err != nil && !isFamilyMissing(err) {
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
	case !isFamilyMissing(sixErr):
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

// isFamilyMissing reports whether the machine has no address of this family.
func isFamilyMissing(err error) bool {
	var addr *net.AddrError
	return tokens.IsSocketError(err, syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT, syscall.EPROTONOSUPPORT) ||
		errors.As(err, &addr)
}
