package redirect

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestBothLoopbackAddressesAreListenedAt(t *testing.T) {
	l := listen(t, Options{Host: "localhost"})
	u, err := url.Parse(l.URI())
	if err != nil || u.Hostname() != "localhost" || u.Path != "/callback" {
		t.Fatalf("URI: got %q, %v; want http://localhost:PORT/callback", l.URI(), err)
	}
	hosts := []string{"127.0.0.1"}
	if probe, err := net.Listen("tcp6", "[::1]:0"); err == nil {
		_ = probe.Close()
		hosts = append(hosts, "::1")
	}
	for _, host := range hosts {
		get(t, "http://"+net.JoinHostPort(host, u.Port())+"/callback").wants(t, host, http.StatusOK,
			"Nothing to do yet")
	}
}

// taken listens on a port of loopback, for a test to collide with.
func taken(t *testing.T, address string) int {
	t.Helper()
	s, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.Addr().(*net.TCPAddr).Port
}

func TestAPortInUseNamesItsOwner(t *testing.T) {
	port := taken(t, "127.0.0.1:0")
	_, err := Listen(Options{Ports: []int{port}})
	var refused *PortError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), strconv.Itoa(port)) ||
		!strings.Contains(err.Error(), "this fob itself (pid ") && !strings.Contains(err.Error(), "another program") {
		t.Errorf("got %v, want a PortError with the port and its holder", err)
	}
	free := freePort(t)
	l := listen(t, Options{Ports: []int{port, free}})
	if want := "http://127.0.0.1:" + strconv.Itoa(free) + "/callback"; l.URI() != want {
		t.Errorf("with a free one in the list: got %q, want %q", l.URI(), want)
	}
	second := taken(t, "127.0.0.1:0")
	if _, err := Listen(Options{Ports: []int{port, second}}); err == nil ||
		!strings.Contains(err.Error(), strconv.Itoa(port)) || !strings.Contains(err.Error(), strconv.Itoa(second)) {
		t.Errorf("with all taken: got %v, want both ports in it", err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l := listen(t, Options{})
	u, _ := url.Parse(l.URI())
	_ = l.Close()
	port, _ := strconv.Atoi(u.Port())
	return port
}

func TestPlans(t *testing.T) {
	for _, c := range []struct {
		name      string
		o         Options
		uri, path string
		ports     []int
		pasteOnly bool
		at8080    string
	}{
		{"no options", Options{}, "", "/callback", []int{0}, false, "http://127.0.0.1:8080/callback"},
		{"a host and a path", Options{Host: "[::1]", Path: "cb"}, "", "/cb", []int{0}, false, "http://[::1]:8080/cb"},
		{"pinned", Options{URI: "http://localhost:8000/a/b?x=1", Ports: []int{1}}, "http://localhost:8000/a/b?x=1",
			"/a/b", []int{8000}, false, ""},
		{"pinned without a path", Options{URI: "http://127.0.0.1:8000"}, "http://127.0.0.1:8000",
			"/", []int{8000}, false, ""},
		{"pinned without a port", Options{URI: "http://localhost/cb?x=1", Ports: []int{8080}}, "", "/cb", []int{8080},
			false, "http://localhost:8080/cb?x=1"},
		{"pinned without a port, on 80", Options{URI: "http://localhost/cb", Ports: []int{80}}, "http://localhost/cb",
			"/cb", []int{80}, false, ""},
		{"pinned on IPv6", Options{URI: "http://[::1]:8000/cb"}, "http://[::1]:8000/cb", "/cb", []int{8000}, false, ""},
		{"another machine", Options{URI: "https://app.example/cb"}, "https://app.example/cb", "", nil, true, ""},
		{"https on loopback", Options{URI: "https://localhost:8000/cb"}, "https://localhost:8000/cb",
			"", nil, true, ""},
		{"an app's scheme", Options{URI: "com.example.app:/cb"}, "com.example.app:/cb", "", nil, true, ""},
	} {
		p, err := newListenConfig(c.o)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if p.uri != c.uri || p.pasteOnly != c.pasteOnly || !c.pasteOnly &&
			(p.path != c.path || len(p.ports) != len(c.ports) || p.ports[0] != c.ports[0]) {
			t.Errorf("%s: got %+v, want %+v", c.name, p, c)
		}
		if c.at8080 != "" && p.uriWithPort(8080) != c.at8080 {
			t.Errorf("%s: URI on port 8080: got %q, want %q", c.name, p.uriWithPort(8080), c.at8080)
		}
	}
	for _, o := range []Options{{Host: "0.0.0.0"}, {Host: "example.com"}, {Ports: []int{70000}}, {Ports: []int{-1}},
		{URI: "/cb"}, {URI: "http://localhost/cb#x"}, {URI: "http://localhost:99999/cb"}, {URI: "http://local host/"}} {
		if _, err := Listen(o); err == nil {
			t.Errorf("%+v: got no error", o)
		}
	}
}

func TestARedirectElsewhereCanOnlyBePasted(t *testing.T) {
	l := listen(t, Options{URI: "https://app.example/cb"})
	if !l.PasteOnly() || l.URI() != "https://app.example/cb" {
		t.Errorf("got %q, paste only %v; want the pinned URI, to be pasted", l.URI(), l.PasteOnly())
	}
	if _, err := l.Await(t.Context(), state, nil, nil); !errors.Is(err, ErrPasteOnly) {
		t.Errorf("without anyone to paste: got %v, want ErrPasteOnly", err)
	}
	paste := make(chan string, 1)
	paste <- "https://app.example/cb?code=c&state=" + state
	if got, err := l.Await(t.Context(), state, paste, nil); err != nil || got.Params.Get("code") != "c" {
		t.Errorf("got %+v, %v; want the code", got, err)
	}
	l.Finish(Outcome{OK: true})
}

func TestWindowsSocketErrorsAreRecognised(t *testing.T) {
	texts := map[syscall.Errno]string{10048: "port 8400 is in use by", 10013: "permission denied"}
	for number, want := range texts {
		if got := portProblem(8400, os.NewSyscallError("bind", number)); !strings.Contains(got, want) {
			t.Errorf("%d: got %q, want %q", number, got, want)
		}
	}
	for _, number := range []syscall.Errno{10047, 10049} {
		if !isFamilyMissing(os.NewSyscallError("bind", number)) {
			t.Errorf("%d: a machine without a family of addresses is not recognised", number)
		}
	}
	if got := reserved("windows"); !strings.Contains(got, "excludedportrange") {
		t.Errorf("got %q, want the command that lists Windows' reserved ports", got)
	}
}
