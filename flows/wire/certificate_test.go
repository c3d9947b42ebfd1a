package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"software.sslmate.com/src/go-pkcs12"

	"fob/tokens"
)

// client files of an authority, as bytes.
func (a *authority) files(t *testing.T) (cert, key *pem.Block, pair tls.Certificate) {
	t.Helper()
	pair, certFile, keyFile := a.issue(t, "my-client", time.Now().Add(time.Hour))
	block := func(file string) *pem.Block {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := pem.Decode(data)
		return b
	}
	return block(certFile), block(keyFile), pair
}

func utf16LE(text []byte) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(string(text))) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

func TestAClientCertificateIsReadInEveryForm(t *testing.T) {
	ca := newAuthority(t)
	cert, key, pair := ca.files(t)
	certPEM, keyPEM := pem.EncodeToMemory(cert), pem.EncodeToMemory(key)
	caPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.cert.Raw})
	ec, err := x509.ParsePKCS8PrivateKey(key.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	secret := tokens.NewSecret("CANARY-passphrase ü")
	packed := func(e *pkcs12.Encoder, passphrase string) []byte {
		data, err := e.Encode(ec, pair.Leaf, []*x509.Certificate{ca.cert}, passphrase)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	join := func(parts ...[]byte) []byte {
		var all []byte
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	bom := []byte("\xef\xbb\xbf")
	for name, c := range map[string]struct {
		cert, key []byte // key nil: no second file
		asked     bool
		chain     int
	}{
		"two PEM files":           {cert: certPEM, key: keyPEM, chain: 1},
		"one file":                {cert: join(certPEM, keyPEM), chain: 1},
		"one file, the key first": {cert: join(keyPEM, certPEM), chain: 1},
		"the authority first":     {cert: join(caPEM, certPEM, keyPEM), chain: 2},
		"with a byte-order mark":  {cert: join(bom, certPEM), key: join(bom, keyPEM), chain: 1},
		"as PowerShell writes it": {cert: utf16LE(join(certPEM, keyPEM)), chain: 1},
		"with text around it": {cert: join([]byte("Bag Attributes\n  x: y\n"), certPEM, []byte("\nmore\n"), keyPEM),
			chain: 1},
		"DER":                        {cert: cert.Bytes, key: key.Bytes, chain: 1},
		"DER and PEM":                {cert: cert.Bytes, key: keyPEM, chain: 1},
		"PKCS#12 without passphrase": {cert: packed(pkcs12.Passwordless, ""), chain: 2},
		"PKCS#12, an empty one":      {cert: packed(pkcs12.Modern2023, ""), chain: 2},
		"PKCS#12":                    {cert: packed(pkcs12.Modern2023, secret.Reveal()), asked: true, chain: 2},
		"PKCS#12, as Windows does":   {cert: packed(pkcs12.LegacyDES, secret.Reveal()), asked: true, chain: 2},
		"PKCS#12, as old ones are":   {cert: packed(pkcs12.LegacyRC2, secret.Reveal()), asked: true, chain: 2},
	} {
		asked := 0
		o := Options{ClientCertFile: write(t, "cert", c.cert), ClientCertPassphrase: func() (tokens.Secret, error) {
			asked++
			return secret, nil
		}}
		if c.key != nil {
			o.ClientKeyFile = write(t, "key", c.key)
		}
		if strings.HasPrefix(name, "PKCS#12") {
			o.ClientKeyFile = o.ClientCertFile // as people do
		}
		got, passphrase, err := clientCertificate(t.Context(), o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.Leaf.Subject.CommonName != "my-client" || len(got.Certificate) != c.chain || got.PrivateKey == nil {
			t.Errorf("%s: got %s in %d certificates, want %d", name, got.Leaf.Subject, len(got.Certificate), c.chain)
		}
		if (asked == 1) != c.asked || asked > 1 || passphrase.IsZero() == c.asked {
			t.Errorf("%s: asked %d times for the passphrase, and needed one: %t", name, asked, !passphrase.IsZero())
		}
	}
}

func TestAClientCertificateThatCannotBeUsedSaysWhy(t *testing.T) {
	ca := newAuthority(t)
	cert, key, pair := ca.files(t)
	_, otherKey, _ := ca.files(t)
	ec, _ := x509.ParsePKCS8PrivateKey(key.Bytes)
	p12, err := pkcs12.Modern2023.Encode(ec, pair.Leaf, nil, "CANARY-passphrase")
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(cert)
	locked := pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")})
	wrong := func() (tokens.Secret, error) { return tokens.NewSecret("CANARY-another"), nil }
	nobody := func() (tokens.Secret, error) { return tokens.Secret{}, errors.New("there is nobody to ask") }
	for name, c := range map[string]struct {
		cert, key  []byte
		passphrase func() (tokens.Secret, error)
		want       []string
	}{
		"no key":           {cert: certPEM, want: []string{"no private key", "--key"}},
		"no certificate":   {cert: pem.EncodeToMemory(key), want: []string{"no certificate", "--cert"}},
		"another key":      {cert: certPEM, key: pem.EncodeToMemory(otherKey), want: []string{"does not belong"}},
		"text":             {cert: []byte("no certificate\n"), want: []string{"neither a certificate nor a key"}},
		"an encrypted key": {cert: certPEM, key: locked, want: []string{"encrypted", "openssl pkey"}},
		"a PEM that is cut": {cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Bytes[:100]}),
			want: []string{"BEGIN CERTIFICATE"}},
		"a Java key store": {cert: []byte("\xfe\xed\xfe\xed\x00\x00\x00\x02"), want: []string{"Java key store",
			"keytool"}},
		"PKCS#12, no passphrase": {cert: p12, want: []string{"PKCS#12", "--cert-passphrase-env", "tls.passphrase"}},
		"PKCS#12, another one":   {cert: p12, passphrase: wrong, want: []string{"PKCS#12", "does not open"}},
		"PKCS#12, nobody to ask": {cert: p12, passphrase: nobody, want: []string{"nobody to ask",
			"--cert-passphrase-env"}},
		"PKCS#12 that is damaged": {cert: []byte{0x30, 9, 2, 1, 3, 0x30, 4, 2, 2, 1, 0}, want: []string{"PKCS#12",
			"openssl pkcs12 -in"}},
		"PKCS#12 with a byte less": {cert: p12[:len(p12)-1], want: []string{"neither a certificate nor a key"}},
	} {
		o := Options{ClientCertFile: write(t, "cert", c.cert), ClientCertPassphrase: c.passphrase}
		if c.key != nil {
			o.ClientKeyFile = write(t, "key", c.key)
		}
		_, err := New(t.Context(), o)
		var e *Error
		if !errors.As(err, &e) || e.Phase != PhaseSetup {
			t.Errorf("%s: got %v, want an error of the settings", name, err)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(e.Error(), want) {
				t.Errorf("%s: got %v, want %q in it", name, e, want)
			}
		}
		if strings.Contains(e.Error(), "CANARY") {
			t.Errorf("%s: the error shows a passphrase: %v", name, e)
		}
	}
}

func TestAnAuthorityIsReadInEveryForm(t *testing.T) {
	ca := newAuthority(t)
	cert, _, _ := ca.issue(t, "127.0.0.1", time.Now().Add(time.Hour))
	s := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{cert}}, func(http.ResponseWriter, *http.Request) {})
	text, _ := os.ReadFile(ca.file)
	for name, data := range map[string][]byte{
		"DER": ca.cert.Raw, "a byte-order mark": append([]byte("\xef\xbb\xbf"), text...), "UTF-16": utf16LE(text),
	} {
		c, _ := client(t, Options{CAFile: write(t, "ca", data)})
		if _, err := c.Do(context.Background(), &Request{URL: s.URL}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Servers that decide by the path ask for the certificate once they have read the request. TestCases in cmd/fob runs
// one.
func TestRenegotiationIsAllowedOnceWithACertificate(t *testing.T) {
	ca := newAuthority(t)
	_, certFile, keyFile := ca.issue(t, "my-client", time.Now().Add(time.Hour))
	for _, c := range []struct {
		o    Options
		want tls.RenegotiationSupport
	}{
		{Options{}, tls.RenegotiateNever},
		{Options{ClientCertFile: certFile, ClientKeyFile: keyFile}, tls.RenegotiateOnceAsClient},
	} {
		cl, _ := client(t, c.o)
		if got, one := cl.transport.TLSClientConfig.Renegotiation,
			cl.http1.TLSClientConfig.Renegotiation; got != c.want ||
			one != c.want {
			t.Errorf("%q: got %v and %v, want %v", c.o.ClientCertFile, got, one, c.want)
		}
	}
	hint, ok := tlsHint(errors.New("local error: tls: no renegotiation"))
	if !ok || !strings.Contains(hint, "by renegotiation") || !strings.Contains(hint, "client certificate") ||
		!strings.Contains(hint, "at once") {
		t.Errorf("without a certificate: got %q", hint)
	}
}

// A server that wants to renegotiate cannot over HTTP/2, and says so (RFC 9113 9.2.1): the request is sent over
// HTTP/1.1.
func TestARequestThatHTTP2CannotCarryIsSentOverHTTP1(t *testing.T) {
	ca := newAuthority(t)
	cert, _, _ := ca.issue(t, "127.0.0.1", time.Now().Add(time.Hour))
	l, err := tls.Listen(
		"tcp",
		"127.0.0.1:0",
		&tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"h2", "http/1.1"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	bodies := make(chan string, 1)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go http11Required(conn.(*tls.Conn), bodies)
		}
	}()
	c, rec := client(t, Options{CAFile: ca.file, Timeout: 10 * time.Second})
	resp := mustDo(t, c, &Request{Method: "POST", URL: "https://" + l.Addr().String() + "/x", Body: []byte("a=1")})
	if string(resp.Body) != "done" || resp.Proto != "HTTP/1.1" || len(rec.Exchanges()) != 1 {
		t.Errorf("got %q over %s in %d exchanges", resp.Body, resp.Proto, len(rec.Exchanges()))
	}
	if got := <-bodies; !strings.HasPrefix(got, "POST /x HTTP/1.1\r\n") || !strings.HasSuffix(got, "a=1") {
		t.Errorf("the second request is %q", got)
	}
}

// http11Required refuses a request over HTTP/2 for the version, and answers one over HTTP/1.1.
func http11Required(conn *tls.Conn, bodies chan<- string) {
	defer func() { _ = conn.Close() }()
	if conn.Handshake() != nil {
		return
	}
	if conn.ConnectionState().NegotiatedProtocol != "h2" {
		data := make([]byte, 4096)
		n := 0
		for !strings.HasSuffix(string(data[:n]), "a=1") {
			more, err := conn.Read(data[n:])
			if n += more; err != nil {
				return
			}
		}
		bodies <- string(data[:n])
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
		return
	}
	const headers, resetStream, settings = 1, 3, 4
	frame := func(kind, flags byte, stream uint32, payload ...byte) {
		head := []byte{0, 0, byte(len(payload)), kind, flags, 0, 0, 0, 0}
		binary.BigEndian.PutUint32(head[5:], stream)
		_, _ = conn.Write(append(head, payload...))
	}
	if _, err := io.ReadFull(conn, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	frame(settings, 0, 0)
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, conn, length); err != nil {
			return
		}
		if head[3] == headers {
			frame(resetStream, 0, binary.BigEndian.Uint32(head[5:]), 0, 0, 0, 0xd) // HTTP_1_1_REQUIRED
		}
	}
}
