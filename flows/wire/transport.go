package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"fob/tokens"
	"fob/tokens/files"
)

// maxPEM bounds the files of TLS settings, in bytes.
const maxPEM = 8 << 20

// newTransport returns the transport of a Client with its client certificate, which may be nil.
func newTransport(ctx context.Context, o Options, cert *tls.Certificate) (*http.Transport, error) {
	config := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: o.Insecure, //nolint:gosec // the user asked for it, and every exchange reports it
	}
	if o.CAFile != "" {
		pool, err := certificatePool(ctx, o.CAFile)
		if err != nil {
			return nil, err
		}
		config.RootCAs = pool
	}
	if cert == nil {
		cert = &tls.Certificate{} // none
	} else {
		// Servers that decide by the path ask for the certificate after reading the request, which TLS 1.3 does not
		// allow.
		config.Renegotiation = tls.RenegotiateOnceAsClient
	}
	// The certificate is offered for any authorities that the server names: many name the wrong ones, and sending
	// none without a word is the hardest failure to find.
	config.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		if t, ok := info.Context().Value(tracerKey{}).(*tracer); ok {
			t.do(func(time.Time) { t.certificateAsked = true })
		}
		return cert, nil
	}
	proxy, err := proxyFunc(o.Proxy)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 20 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  proxy,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    15 * time.Second,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // content codings are undone in readBody, more of them than net/http knows
		MaxIdleConns:           32,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		OnProxyConnectResponse: func(_ context.Context, u *url.URL, _ *http.Request, answer *http.Response) error {
			if answer.StatusCode == http.StatusOK {
				return nil
			}
			return &proxyRefusal{Proxy: u.Host, Status: answer.StatusCode}
		},
	}, nil
}

// withoutHTTP2 returns a transport with the same settings for HTTP/1.1 only.
func withoutHTTP2(t *http.Transport) *http.Transport {
	t = t.Clone()
	t.ForceAttemptHTTP2 = false
	t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	t.TLSClientConfig.NextProtos = []string{"http/1.1"}
	return t
}

// trust returns the system's pool and the certificates of a file.
func certificatePool(ctx context.Context, file string) (*x509.CertPool, error) {
	data, err := readSettingsFile(ctx, file)
	if err != nil {
		return nil, setupError("read the CA file", err, "Name a file with PEM certificates that this account may read.")
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if pool.AppendCertsFromPEM(data) {
		return pool, nil
	}
	certs, err := x509.ParseCertificates(data) // DER
	if err != nil || len(certs) == 0 {
		return nil, setupError("read the CA file", fmt.Errorf("%s holds no PEM certificate, nor one in DER",
			tokens.VisibleLine(file)),
			"A CA file starts with -----BEGIN CERTIFICATE-----.")
	}
	for _, cert := range certs {
		pool.AddCert(cert)
	}
	return pool, nil
}

// readSettingsFile reads a file of the settings; UTF-16 text becomes UTF-8.
func readSettingsFile(ctx context.Context, file string) ([]byte, error) {
	data, _, err := files.Read(ctx, file, maxPEM)
	return files.Text(data), err
}

// proxyFunc returns the function that chooses the proxy of a request.
func proxyFunc(setting string) (func(*http.Request) (*url.URL, error), error) {
	switch setting {
	case "":
		return http.ProxyFromEnvironment, nil
	case "none":
		return nil, nil
	}
	const hint = "A proxy is http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT, or none."
	if !strings.Contains(setting, "://") {
		setting = "http://" + setting
	}
	// The parser's own error repeats the URL, and with it the password.
	u, err := url.Parse(setting)
	if err != nil || u.Host == "" {
		return nil, setupError("read the proxy setting", errors.New("it is not a URL with a host"), hint)
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return http.ProxyURL(u), nil
	}
	return nil, setupError("read the proxy setting", fmt.Errorf("the scheme %q is not one that can be used",
		tokens.VisibleLine(u.Scheme)), hint)
}

func setupError(doing string, err error, hint string) *Error {
	return &Error{Purpose: doing, Phase: PhaseSetup, Hint: hint, Err: err}
}

// proxyRefusal is a proxy's answer to CONNECT that is not 200.
type proxyRefusal struct {
	Proxy  string
	Status int
}

func (e *proxyRefusal) Error() string {
	return fmt.Sprintf("the proxy %s answered %d %s", tokens.VisibleLine(e.Proxy), e.Status, http.StatusText(e.Status))
}

func describeTLS(state *tls.ConnectionState) *TLS {
	if state == nil {
		return nil
	}
	t := &TLS{Version: tls.VersionName(state.Version), Cipher: tls.CipherSuiteName(state.CipherSuite),
		ServerName: tokens.VisibleLine(state.ServerName)}
	if len(state.PeerCertificates) > 0 {
		leaf := state.PeerCertificates[0]
		t.Subject, t.Issuer = tokens.VisibleLine(leaf.Subject.String()), tokens.VisibleLine(leaf.Issuer.String())
		t.NotAfter = leaf.NotAfter
	}
	return t
}
