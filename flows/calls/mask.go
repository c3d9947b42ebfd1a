package calls

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"

	"fob/flows/wire/redact"
	"fob/tokens"
)

// Mask replaces secrets in a response with their fingerprints, also when they are encoded for JSON or a URL.
type Mask struct {
	encoded []encodedSecret
	longest int // length of the longest encoded secret
	// Hits is the number of replacements.
	Hits int
}

// encodedSecret is an encoding of a secret and its replacement.
type encodedSecret struct{ text, replacement []byte }

// NewMask returns a mask for secrets, except for those that are too short to search for: see redact.Searchable.
func NewMask(secrets []tokens.Secret) *Mask {
	m := &Mask{}
	for _, s := range secrets {
		for _, text := range encodings(s) {
			m.encoded = append(m.encoded, encodedSecret{[]byte(text), []byte(s.Fingerprint())})
			m.longest = max(m.longest, len(text))
		}
	}
	return m
}

// encodings returns the forms that a secret can have in a response, the secret itself first; nil for one that ordinary
// text may contain.
func encodings(s tokens.Secret) []string {
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

// Text returns a text with its secrets replaced.
func (m *Mask) Text(text string) string {
	var b bytes.Buffer
	b.Grow(len(text))
	_, _ = m.copyMasked(&b, []byte(text), true)
	return b.String()
}

// copyMasked writes data, masked, and returns the rest that may be the beginning of a secret; there is no rest when
// final is set.
func (m *Mask) copyMasked(w io.Writer, data []byte, final bool) (rest []byte, err error) {
	for {
		at, found := -1, encodedSecret{}
		for _, f := range m.encoded {
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
		if _, err := w.Write(found.replacement); err != nil {
			return nil, err
		}
		data = data[at+len(found.text):]
	}
	keep := 0
	if !final {
		keep = min(len(data), max(0, m.longest-1))
	}
	_, err = w.Write(data[:len(data)-keep])
	return data[len(data)-keep:], err
}

// Writer returns a writer that masks what is written to w. Close writes the rest, and does not close w.
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
