package jose_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
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
	raws  []any // the public key of each line as jwx takes it; one for all lines, or one each
	jwks  [][]byte
	lines [][]byte
	text  []byte // what a batch reads
}

const bulkLines = 2000

// How the lines of a batch name their key.
const (
	keyApart  = "" // the batch has it
	keyJWK    = "the same JWK on each line"
	keyPEM    = "the same PEM on each line"
	keyOfEach = "another JWK on each line"
)

func newBulk(b *testing.B, alg, keyed string) bulk {
	b.Helper()
	w := bulk{alg: jwa.SignatureAlgorithm(alg)}
	var key jose.Key
	for i := range bulkLines {
		if i == 0 || keyed == keyOfEach && i < bulkKeys {
			key = w.add(b, alg)
		}
		payload := `{"iss":"https://issuer.example","sub":"user-` + string(rune('a'+i%26)) +
			`","aud":"https://api.example","client_id":"web","scope":"openid profile api:read","jti":"3f2c7b1e",` +
			`"iat":1700000000,"exp":1700003600}`
		token, err := jose.Sign([]byte(payload), jose.Header{"typ": "at+jwt"}, key)
		if err != nil {
			b.Fatal(err)
		}
		w.lines = append(w.lines, []byte(token))
		jwk := w.jwks[min(i, len(w.jwks)-1)]
		line := map[string]any{"token": token, "key": json.RawMessage(jwk)}
		switch keyed {
		case keyApart:
			w.text = append(append(w.text, token...), '\n')
			continue
		case keyPEM:
			line["key"] = string(asPEM(b, w.raws[0]))
		case keyOfEach: // the text differs on each line, so that nothing can be remembered
			line["key"] = json.RawMessage(fmt.Sprintf(`{"n%d":0,%s`, i, jwk[1:]))
		}
		text, err := json.Marshal(line)
		if err != nil {
			b.Fatal(err)
		}
		w.text = append(append(w.text, text...), '\n')
	}
	return w
}

// bulkKeys is how many keys are made: the rest of the lines use the last one, under a text of their own.
const bulkKeys = 10

func (w *bulk) add(b *testing.B, alg string) jose.Key {
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
	var raw any
	if err := parsed.Raw(&raw); err != nil {
		b.Fatal(err)
	}
	w.keys, w.jwks, w.raws = jose.NewKeySet(key), append(w.jwks, public), append(w.raws, raw)
	return key
}

func asPEM(b *testing.B, public any) []byte {
	b.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		b.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// jwx verifies all lines with the library alone, on all cores. It parses a key where each line has another.
func (w bulk) jwx(b *testing.B, parse bool) {
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for n := range workers {
		group.Go(func() {
			for i := n; i < len(w.lines); i += workers {
				raw := w.raws[min(i, len(w.raws)-1)]
				if parse {
					key, err := jwk.ParseKey(w.jwks[min(i, len(w.jwks)-1)])
					if err == nil {
						err = key.Raw(&raw)
					}
					if err != nil {
						b.Error(err)
					}
				}
				if _, err := jws.Verify(w.lines[i], jws.WithKey(w.alg, raw)); err != nil {
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
// two take turns, so that a busy machine slows both. At least 70 % is what is asked of it, also with a key on each
// line.
func BenchmarkThroughput(b *testing.B) {
	for _, alg := range []string{"ES256", "RS256", "EdDSA"} {
		for _, keyed := range []string{keyApart, keyJWK, keyPEM, keyOfEach} {
			name := alg
			if keyed != keyApart {
				name += "/" + keyed
			}
			b.Run(name, func(b *testing.B) { compare(b, newBulk(b, alg, keyed), keyed == keyOfEach) })
		}
	}
}

func compare(b *testing.B, w bulk, parse bool) {
	var out bytes.Buffer
	w.fob(b, &out)
	if n := bytes.Count(out.Bytes(), []byte(`"signature":{"verdict":"good"`)); n != bulkLines {
		b.Fatalf("%d of %d lines were found good: %.1000s", n, bulkLines, out.Bytes())
	}
	w.jwx(b, parse)
	var jwx, fob time.Duration
	b.ResetTimer()
	for b.Loop() {
		start := time.Now()
		w.jwx(b, parse)
		middle := time.Now()
		w.fob(b, io.Discard)
		jwx, fob = jwx+middle.Sub(start), fob+time.Since(middle)
	}
	tokens := float64(bulkLines) * float64(b.N)
	b.ReportMetric(tokens/jwx.Seconds(), "jwx/s")
	b.ReportMetric(tokens/fob.Seconds(), "fob/s")
	b.ReportMetric(100*jwx.Seconds()/fob.Seconds(), "%_of_jwx")
}
