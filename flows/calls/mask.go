package calls

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"

	"fob/flows/wire/redact"
	"fob/tokens"
)

// Mask replaces secrets by their fingerprints in what an answer repeats of a request, as they are and as JSON or a URL
// writes them.
type Mask struct {
	forms []form
	most  int // length of the longest form
	// Hits is how many were replaced.
	Hits int
}

// form is one way in which a secret is written.
type form struct{ text, instead []byte }

// NewMask makes a mask for secrets. Those that are not looked for in texts are left out: see redact.Searchable.
func NewMask(secrets []tokens.Secret) *Mask {
	m := &Mask{}
	for _, s := range secrets {
		for _, text := range spellings(s) {
			m.forms = append(m.forms, form{[]byte(text), []byte(s.Fingerprint())})
			m.most = max(m.most, len(text))
		}
	}
	return m
}

// spellings are the ways in which a secret may stand in an answer, the secret itself first; nil for one that ordinary
// text may hold.
func spellings(s tokens.Secret) []string {
	if !redact.Searchable(s) {
		return nil
	}
	value := s.Reveal()
	list := []string{value}
	quoted, _ := json.Marshal(value)
	for _, other := range []string{url.QueryEscape(value), url.PathEscape(value), string(quoted[1 : len(quoted)-1])} {
		if other != value {
			list = append(list, other)
		}
	}
	return list
}

// Text is a text with the secrets in it replaced.
func (m *Mask) Text(text string) string {
	var b bytes.Buffer
	b.Grow(len(text))
	_, _ = m.copyMasked(&b, []byte(text), true)
	return b.String()
}

// copyMasked writes data, masked, and returns what is left: what may be the beginning of a secret, unless all of it is
// there.
func (m *Mask) copyMasked(w io.Writer, data []byte, all bool) (rest []byte, err error) {
	for {
		at, found := -1, form{}
		for _, f := range m.forms {
			if i := bytes.Index(data, f.text); i >= 0 && (at < 0 || i < at || i == at &&
				len(f.text) > len(found.text)) {
				at, found = i, f
			}
		}
		if at < 0 {
			break
		}
		m.Hits++
		if _, err := w.Write(data[:at]); err != nil {
			return nil, err
		}
		if _, err := w.Write(found.instead); err != nil {
			return nil, err
		}
		data = data[at+len(found.text):]
	}
	keep := 0
	if !all {
		keep = min(len(data), max(0, m.most-1))
	}
	_, err = w.Write(data[:len(data)-keep])
	return data[len(data)-keep:], err
}

// Writer masks what is written through it. Close writes what was kept back, and does not close w.
func (m *Mask) Writer(w io.Writer) io.WriteCloser { return &maskWriter{m: m, w: w} }

type maskWriter struct {
	m    *Mask
	w    io.Writer
	kept []byte
}

func (w *maskWriter) Write(p []byte) (int, error) {
	rest, err := w.m.copyMasked(w.w, append(w.kept, p...), false)
	if err != nil {
		return 0, err
	}
	w.kept = append([]byte(nil), rest...)
	return len(p), nil
}

func (w *maskWriter) Close() error {
	_, err := w.m.copyMasked(w.w, w.kept, true)
	w.kept = nil
	return err
}
