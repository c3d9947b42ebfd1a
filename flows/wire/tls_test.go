package wire

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"syscall"

	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// authority is a certificate authority of the test's own.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test CA"}, IsCA: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign}
	a.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.cert, _ = x509.ParseCertificate(der)
	a.file = write(t, "ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return a
}

// issue makes a certificate and writes it and its key to files.
func (a *authority) issue(t *testing.T, name string, notAfter time.Time) (cert tls.Certificate, certFile,
	keyFile string) {
	t.Helper()
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: notAfter,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, _ := x509.MarshalPKCS8PrivateKey(key)
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	cert, err = tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	return cert, write(t, "cert.pem", certPEM), write(t, "key.pem", keyPEM)
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func serveTLS(t *testing.T, config *tls.Config, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.TLS = config
	s.EnableHTTP2 = true
	s.Config.ErrorLog = discard
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func TestTheCAFileIsTrustedAndTheConnectionDescribed(t *testing.T) {
	ca := newAuthority(t)
	cert, _, _ := ca.issue(t, "127.0.0.1", time.Now().Add(time.Hour))
	s := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{cert}}, func(w http.ResponseWriter,
		r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	})

	plain, _ := client(t, Options{})
	e := failure(t, plain, context.Background(), &Request{URL: s.URL})
	if e.Phase != PhaseTLS || !strings.Contains(e.Hint, "CA file") {
		t.Errorf("without the CA file: got %v (%s)", e, e.Phase)
	}
	c, _ := client(t, Options{CAFile: ca.file})
	resp := mustDo(t, c, &Request{URL: s.URL})
	x := resp.Exchange
	if string(resp.Body) != "HTTP/2.0" || resp.Proto != "HTTP/2.0" {
		t.Errorf("got %q over %q, want HTTP/2", resp.Body, resp.Proto)
	}
	if x.TLS == nil || x.TLS.Version != "TLS 1.3" || x.TLS.Issuer != "CN=Test CA" ||
		x.TLS.Subject != "CN=127.0.0.1" || x.TLS.NotAfter.IsZero() || x.Timing.TLS <= 0 || x.Insecure {
		t.Errorf("got %+v, timing %+v, insecure %v", x.TLS, x.Timing, x.Insecure)
	}
	if x.Request.Get(":authority") == "" && x.Request.Get("Host") == "" {
		t.Errorf("the record must show the fields as they left; got %v", x.Request.Header)
	}
	loose, _ := client(t, Options{Insecure: true})
	if resp := mustDo(t, loose, &Request{URL: s.URL}); !resp.Exchange.Insecure {
		t.Error("insecure must be said in the exchange")
	}
}

func TestAClientCertificateIsPresented(t *testing.T) {
	ca := newAuthority(t)
	cert, _, _ := ca.issue(t, "127.0.0.1", time.Now().Add(time.Hour))
	_, certFile, keyFile := ca.issue(t, "my-client", time.Now().Add(time.Hour))
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	s := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequireAndVerifyClientCert,
		ClientCAs: pool},
		func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, r.TLS.PeerCertificates[0].Subject.CommonName)
		})
	c, _ := client(t, Options{CAFile: ca.file, ClientCertFile: certFile, ClientKeyFile: keyFile})
	if resp := mustDo(t, c, &Request{URL: s.URL}); string(resp.Body) != "my-client" {
		t.Errorf("got %q, want my-client", resp.Body)
	}
	both, _ := os.ReadFile(certFile)
	key, _ := os.ReadFile(keyFile)
	one, _ := client(t, Options{CAFile: ca.file, ClientCertFile: write(t, "both.pem", append(both, key...))})
	if resp := mustDo(t, one, &Request{URL: s.URL}); string(resp.Body) != "my-client" {
		t.Errorf("one file with both: got %q, want my-client", resp.Body)
	}
	none, _ := client(t, Options{CAFile: ca.file})
	if e := failure(t, none, context.Background(), &Request{URL: s.URL}); e.Phase != PhaseTLS ||
		!strings.Contains(e.Hint, "client certificate") {
		t.Errorf("without a certificate: got %v (%s)", e, e.Phase)
	}
}

func TestTLSFailuresAreToldApart(t *testing.T) {
	ca := newAuthority(t)
	expired, _, _ := ca.issue(t, "127.0.0.1", time.Now().Add(-time.Minute))
	other, _, _ := ca.issue(t, "other.example", time.Now().Add(time.Hour))
	none := func(http.ResponseWriter, *http.Request) {}
	plain := serve(t, none)
	for name, c := range map[string]struct{ url, hint string }{
		"expired":    {serveTLS(t, &tls.Config{Certificates: []tls.Certificate{expired}}, none).URL, "expired"},
		"wrong host": {serveTLS(t, &tls.Config{Certificates: []tls.Certificate{other}}, none).URL, "another name"},
		"plain HTTP": {strings.Replace(plain.URL, "http:", "https:", 1), "plain HTTP"},
		"old version": {serveTLS(t, &tls.Config{Certificates: []tls.Certificate{expired},
			MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}, none).URL, "TLS"},
	} {
		cl, rec := client(t, Options{CAFile: ca.file})
		e := failure(t, cl, context.Background(), &Request{URL: c.url})
		if e.Phase != PhaseTLS || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%s: got %v (%s), want a hint with %q", name, e, e.Phase, c.hint)
		}
		if xs := rec.Exchanges(); len(xs) != 1 || xs[0].Err == "" {
			t.Errorf("%s: the failure is not recorded: %+v", name, xs)
		}
	}
}

func TestConnectionFailuresAreToldApart(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	rude, _ := net.Listen("tcp", "127.0.0.1:0")
	talk, _ := net.Listen("tcp", "127.0.0.1:0")
	half, _ := net.Listen("tcp", "127.0.0.1:0")
	for l, words := range map[net.Listener]string{rude: "", talk: "SSH-2.0-OpenSSH\r\n",
		half: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin"} {
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = http.ReadRequest(bufio.NewReader(conn))
				_, _ = io.WriteString(conn, words)
				_ = conn.Close()
			}
		}()
	}
	c, _ := client(t, Options{Proxy: "none"})
	for name, w := range map[string]struct {
		url   string
		phase Phase
		hint  string
	}{
		"refused":       {closed.URL, PhaseConnect, "Is it running"},
		"no name":       {"http://does-not-exist.invalid/", PhaseDNS, ""},
		"closed":        {"http://" + rude.Addr().String(), PhaseOther, "without answering"},
		"not HTTP":      {"http://" + talk.Addr().String(), PhaseOther, "does not speak HTTP"},
		"half a answer": {"http://" + half.Addr().String(), PhaseBody, "before the answer was whole"},
	} {
		e := failure(t, c, context.Background(), &Request{Purpose: "token endpoint", URL: w.url})
		if e.Phase != w.phase || !strings.Contains(e.Hint, w.hint) {
			t.Errorf("%s: got %v (%s), want %s with %q", name, e, e.Phase, w.phase, w.hint)
		}
		if !strings.HasPrefix(e.Error(), "token endpoint: GET "+w.url) {
			t.Errorf("%s: got %q, want what was done, to what", name, e.Error())
		}
	}
}

func TestSettingsThatCannotBeUsedSayWhy(t *testing.T) {
	ca := newAuthority(t)
	_, certFile, keyFile := ca.issue(t, "x", time.Now().Add(time.Hour))
	_, _, otherKey := ca.issue(t, "y", time.Now().Add(time.Hour))
	locked := write(t, "locked.pem", pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")}))
	for name, c := range map[string]struct {
		o    Options
		want string
	}{
		"no CA file":       {Options{CAFile: "/does/not/exist"}, "CA file"},
		"not PEM":          {Options{CAFile: write(t, "x", []byte("hello"))}, "no PEM certificate"},
		"a folder":         {Options{CAFile: t.TempDir()}, "it is a folder"},
		"key alone":        {Options{ClientKeyFile: keyFile}, "no client certificate"},
		"cert without key": {Options{ClientCertFile: certFile}, "client certificate"},
		"another's key":    {Options{ClientCertFile: certFile, ClientKeyFile: otherKey}, "belong together"},
		"passphrase":       {Options{ClientCertFile: certFile, ClientKeyFile: locked}, "passphrase"},
		"proxy scheme":     {Options{Proxy: "ftp://u:CANARYpw@h"}, "ftp"},
		"proxy no URL":     {Options{Proxy: "http://u:CANARYpw@h:port"}, "not a URL"},
	} {
		_, err := New(t.Context(), c.o)
		var e *Error
		if !errors.As(err, &e) || e.Phase != PhaseSetup || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "CANARYpw") {
			t.Errorf("%s: got %v, want %q and no password", name, err, c.want)
		}
	}
}

// connectProxy is a proxy that knows CONNECT and absolute URLs and notes what passes.
type connectProxy struct {
	*httptest.Server
	mu     sync.Mutex
	seen   []string
	auth   string
	status int
}

func newProxy(t *testing.T) *connectProxy {
	t.Helper()
	p := &connectProxy{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.seen, p.auth = append(p.seen, r.Method+" "+r.RequestURI), r.Header.Get("Proxy-Authorization")
		status := p.status
		p.mu.Unlock()
		switch {
		case status != 0:
			w.WriteHeader(status)
		case r.Method == http.MethodConnect:
			tunnel(w, r.Host)
		default:
			r.RequestURI = ""
			resp, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			defer resp.Body.Close()
			w.WriteHeader(resp.StatusCode)
			_, _ = io.Copy(w, resp.Body)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func tunnel(w http.ResponseWriter, host string) {
	out, err := net.Dial("tcp", host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	in, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(in, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
	go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
}

func TestAProxyCarriesBothKindsOfRequest(t *testing.T) {
	ca := newAuthority(t)
	cert, _, _ := ca.issue(t, "127.0.0.1", time.Now().Add(time.Hour))
	hello := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }
	secure := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{cert}}, hello)
	plain := serve(t, hello)
	p := newProxy(t)
	c, rec := client(t, Options{CAFile: ca.file, Proxy: strings.Replace(p.URL, "://", "://me:CANARYproxypw1@", 1)})
	for _, u := range []string{secure.URL, plain.URL} {
		resp := mustDo(t, c, &Request{URL: u})
		if string(resp.Body) != "hello" || resp.Exchange.Proxy != p.URL {
			t.Errorf("%s: got %q through %q, want hello through %s", u, resp.Body, resp.Exchange.Proxy, p.URL)
		}
		if p.auth != "Basic bWU6Q0FOQVJZcHJveHlwdzE=" {
			t.Errorf("%s: the proxy got %q", u, p.auth)
		}
	}
	if len(p.seen) != 2 || !strings.HasPrefix(p.seen[0], "CONNECT 127.0.0.1:") || p.seen[1] != "GET "+plain.URL+"/" {
		t.Errorf("the proxy saw %q", p.seen)
	}
	assertAbsent(t, rec, "CANARYproxypw1")
	direct, _ := client(t, Options{Proxy: "none"})
	if resp := mustDo(t, direct, &Request{URL: plain.URL}); resp.Exchange.Proxy != "" || len(p.seen) != 2 {
		t.Errorf("none: went through %q", resp.Exchange.Proxy)
	}
}

func TestProxyFailuresAreToldApart(t *testing.T) {
	p := newProxy(t)
	for status, hint := range map[int]string{407: "name and a password", 403: "does not allow",
		502: "could not reach", 418: "Check the proxy"} {
		p.mu.Lock()
		p.status = status
		p.mu.Unlock()
		c, rec := client(t, Options{Proxy: strings.Replace(p.URL, "://", "://me:CANARYproxypw1@", 1)})
		e := failure(t, c, context.Background(), &Request{URL: "https://host.invalid/"})
		if e.Phase != PhaseProxy || !strings.Contains(e.Hint, hint) || strings.Contains(e.Error(), "CANARYproxypw1") {
			t.Errorf("%d: got %v (%s), want a hint with %q", status, e, e.Phase, hint)
		}
		assertAbsent(t, rec, "CANARYproxypw1")
	}
	p.Close()
	for _, scheme := range []string{"http", "socks5"} {
		c, _ := client(t, Options{Proxy: strings.Replace(p.URL, "http", scheme, 1)})
		if e := failure(t, c, context.Background(), &Request{URL: "https://host.invalid/"}); e.Phase != PhaseProxy ||
			!strings.Contains(e.Hint, "proxy itself") {
			t.Errorf("%s, not running: got %v (%s)", scheme, e, e.Phase)
		}
	}
}

// socks answers SOCKS5 (RFC 1928) without authentication and counts what passes.
func socks(t *testing.T) (addr string, passed *atomic.Int32) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	passed = &atomic.Int32{}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			passed.Add(1)
			go func() {
				defer in.Close()
				head := make([]byte, 2)
				_, _ = io.ReadFull(in, head)
				_, _ = io.ReadFull(in, make([]byte, head[1]))
				_, _ = in.Write([]byte{5, 0})
				ask := make([]byte, 10) // version, CONNECT, 0, IPv4, four bytes, port
				if _, err := io.ReadFull(in, ask); err != nil || ask[3] != 1 {
					return
				}
				out, err := net.Dial("tcp", net.JoinHostPort(net.IP(ask[4:8]).String(),
					strconv.Itoa(int(ask[8])<<8|int(ask[9]))))
				if err != nil {
					return
				}
				defer out.Close()
				_, _ = in.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
				go func() { _, _ = io.Copy(out, in) }()
				_, _ = io.Copy(in, out)
			}()
		}
	}()
	return l.Addr().String(), passed
}

func TestASOCKSProxyAndAnHTTPSProxyCarryRequests(t *testing.T) {
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	addr, passed := socks(t)
	c, _ := client(t, Options{Proxy: "socks5://" + addr})
	if resp := mustDo(t, c, &Request{URL: plain.URL}); string(resp.Body) != "hello" || passed.Load() != 1 ||
		resp.Exchange.Proxy != "socks5://"+addr {
		t.Errorf("SOCKS: got %q, %d passed, proxy %q", resp.Body, passed.Load(), resp.Exchange.Proxy)
	}

	ca := newAuthority(t)
	cert, _, _ := ca.issue(t, "127.0.0.1", time.Now().Add(time.Hour))
	secure := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{cert}}, func(w http.ResponseWriter,
		_ *http.Request) {
		_, _ = io.WriteString(w, "secure")
	})
	proxy := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tunnel(w,
			r.Host)
	}))
	proxy.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	proxy.StartTLS()
	t.Cleanup(proxy.Close)
	over, _ := client(t, Options{CAFile: ca.file, Proxy: proxy.URL})
	if resp := mustDo(t, over, &Request{URL: secure.URL}); string(resp.Body) != "secure" ||
		resp.Exchange.Proxy != proxy.URL {
		t.Errorf("HTTPS proxy: got %q through %q", resp.Body, resp.Exchange.Proxy)
	}
}

func TestWindowsNumbersOfSocketErrorsAreKnown(t *testing.T) {
	dial := func(number syscall.Errno) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connectex", number)}
	}
	for number, want := range map[syscall.Errno]string{
		10061: "Nothing listens there", 10065: "No way leads there", 10051: "No way leads there",
		10013: "does not allow the connection",
	} {
		if hint, ok := connectHint(dial(number)); !ok || !strings.Contains(hint, want) {
			t.Errorf("%d: got %q, %v, want %q", number, hint, ok, want)
		}
	}
	for _, number := range []syscall.Errno{10053, 10054} {
		err := &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("wsarecv", number)}
		c, _ := client(t, Options{Proxy: "none"})
		if e := c.explain(t.Context(), err, &tracer{}, false); !strings.Contains(e.Hint, "closed the connection") {
			t.Errorf("%d: got %q, want that the server closed the connection", number, e.Hint)
		}
	}
}
