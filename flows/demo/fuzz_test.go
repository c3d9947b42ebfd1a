package demo

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// fuzzServer has everything but the network.
func fuzzServer(f *testing.F) *Server {
	f.Helper()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	s, err := newServer(Config{Now: func() time.Time { return now }})
	if err != nil {
		f.Fatal(err)
	}
	s.env.issuer, s.env.tlsBase = "http://127.0.0.1:1", "https://127.0.0.1:2"
	return s
}

func FuzzDPoPProof(f *testing.F) {
	s := fuzzServer(f)
	p := newProver(f)
	p.now = s.env.now
	good := p.proof("POST", s.env.issuer+"/token", "", "")
	f.Add(good)
	f.Add(good[:len(good)-5])
	f.Add("e30.e30.")
	f.Fuzz(func(t *testing.T, proof string) {
		r, err := http.NewRequestWithContext(context.Background(), "POST", s.env.issuer+"/token", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header["Dpop"] = []string{proof}
		jkt, refused := s.dpop.readProof(r, "", false)
		if refused != nil {
			return
		}
		key, why := proofKey(decodePart(proof, 0))
		if want, err := key.Thumbprint(); why != "" || err != nil || jkt != want {
			t.Fatalf("accepted %q as %s", proof, jkt)
		}
	})
}

func FuzzSAMLAssertion(f *testing.F) {
	s := fuzzServer(f)
	f.Add(newSAML(s.env.issuer, s.env.now(), "bob", s.env.issuer, s.env.now().Add(time.Minute)))
	f.Add("PHNhbWw6QXNzZXJ0aW9uLz4")
	f.Fuzz(func(t *testing.T, encoded string) {
		if a, why := readSAML(s.env.issuer, s.env.now(), encoded); why == "" && (a.ID == "" || a.Subject.NameID == "" ||
			a.Conditions.NotOnOrAfter == "") {
			t.Fatalf("accepted %+v", a)
		}
	})
}

func FuzzRequestObject(f *testing.F) {
	s := fuzzServer(f)
	c, _ := s.clients.get("demo-jar")
	requests := newRequestReader(s.env, s.clients, s.keys)
	f.Add("e30.e30.")
	f.Add("a.b.c.d.e")
	f.Fuzz(func(t *testing.T, object string) {
		if _, refused := requests.unwrapObject(c, params{"request": {object}}); refused == nil && object != "" {
			t.Fatalf("accepted %q", object)
		}
	})
}

func FuzzAuthorizationDetails(f *testing.F) {
	s := fuzzServer(f)
	f.Add(oneTransfer)
	f.Add(`[{"type":"orders","actions":[1,"x"],"locations":{}}]`)
	f.Fuzz(func(t *testing.T, text string) {
		details, refused := s.env.readDetails(text)
		if refused == nil && text != "" && len(details) == 0 {
			t.Fatalf("accepted %q as nothing", text)
		}
		_, _ = narrowDetails(details), detailTexts(details)
	})
}
