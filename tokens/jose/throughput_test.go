package jose_test

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"

	"fob/tokens/inspect"
	"fob/tokens/jose"
)

// bulk is a million lines' worth of one kind of token, in small.
type bulk struct {
	alg   jwa.SignatureAlgorithm
	keys  jose.KeySet
	raw   any // the public key as jwx takes it
	lines [][]byte
	text  []byte
}

const bulkLines = 2000

func newBulk(b *testing.B, alg string) bulk {
	b.Helper()
	key, err := jose.Generate(alg, "k1")
	if err != nil {
		b.Fatal(err)
	}
	public, err := key.PublicJWK()
	if err != nil {
		b.Fatal(err)
	}
	parsed, err := jwk.ParseKey(public)
	if err != nil {
		b.Fatal(err)
	}
	w := bulk{alg: jwa.SignatureAlgorithm(alg), keys: jose.NewKeySet(key)}
	if err := parsed.Raw(&w.raw); err != nil {
		b.Fatal(err)
	}
	for i := range bulkLines {
		payload := `{"iss":"https://issuer.example","sub":"user-` + string(rune('a'+i%26)) + `","aud":"https://api.example","client_id":"web","scope":"openid profile api:read","jti":"3f2c7b1e","iat":1700000000,"exp":1700003600}`
		token, err := jose.Sign([]byte(payload), jose.Header{"typ": "at+jwt"}, key)
		if err != nil {
			b.Fatal(err)
		}
		w.lines = append(w.lines, []byte(token))
		w.text = append(append(w.text, token...), '\n')
	}
	return w
}

// jwx verifies all lines with the library alone, on all cores.
func (w bulk) jwx(b *testing.B) {
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for n := range workers {
		group.Go(func() {
			for i := n; i < len(w.lines); i += workers {
				if _, err := jws.Verify(w.lines[i], jws.WithKey(w.alg, w.raw)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	group.Wait()
}

// fob verifies, decodes, lints and writes them all.
func (w bulk) fob(b *testing.B, out io.Writer) {
	batch := inspect.Batch{Options: inspect.Options{Keys: w.keys, Now: time.Unix(1_700_000_100, 0)}}
	if err := batch.Run(context.Background(), bytes.NewReader(w.text), out); err != nil {
		b.Error(err)
	}
}

// BenchmarkThroughput prints what a batch reaches of what jwx alone verifies, on the same cores in the same run: the
// two take turns, so that a busy machine slows both. At least 70 % is what is asked of it.
func BenchmarkThroughput(b *testing.B) {
	for _, alg := range []string{"ES256", "RS256", "EdDSA"} {
		b.Run(alg, func(b *testing.B) {
			w := newBulk(b, alg)
			var out bytes.Buffer
			w.fob(b, &out)
			if n := bytes.Count(out.Bytes(), []byte(`"signature":{"verdict":"good"`)); n != bulkLines {
				b.Fatalf("%d of %d lines were found good", n, bulkLines)
			}
			w.jwx(b)
			var jwx, fob time.Duration
			b.ResetTimer()
			for b.Loop() {
				start := time.Now()
				w.jwx(b)
				middle := time.Now()
				w.fob(b, io.Discard)
				jwx, fob = jwx+middle.Sub(start), fob+time.Since(middle)
			}
			tokens := float64(bulkLines) * float64(b.N)
			b.ReportMetric(tokens/jwx.Seconds(), "jwx/s")
			b.ReportMetric(tokens/fob.Seconds(), "fob/s")
			b.ReportMetric(100*jwx.Seconds()/fob.Seconds(), "%_of_jwx")
		})
	}
}
