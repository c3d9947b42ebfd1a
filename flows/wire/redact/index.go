package redact

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"

	"fob/tokens"
)

// Bounds of an Index. Values that callers added are kept longer than those that were found in answers.
const (
	maxExplicit = 2000
	maxFound    = 500
	minPattern  = 4        // bytes of a pattern, by which it is indexed
	minSearched = 8        // bytes; shorter values are masked in their own place and not looked for
	maxVariant  = 64 << 10 // bytes; a longer value is looked for as it is and URL-encoded
)

// Index is a set of secrets that no record may show. It finds them in text in every encoding in which they travel.
// It is safe for concurrent use.
type Index struct {
	mu       sync.RWMutex
	entries  map[string]*entry
	explicit int
	found    int
	uses     int // a counter of uses, by which the least recently used are dropped
	changes  int

	// An index over the patterns: a bit for each pair of first bytes, then the first four bytes.
	first [1 << 16 / 64]uint64
	index map[uint32][]pattern
}

type entry struct {
	show     string
	patterns []pattern
	explicit bool
	lastUse  int
}

// pattern is one form of one secret.
type pattern struct {
	text      string
	show      string
	wholeWord bool // only as a whole word: ordinary text may contain the value
	base64    bool // the base64 of a longer text: the whole run is replaced
}

// NewIndex returns an empty Index.
func NewIndex() *Index {
	return &Index{entries: map[string]*entry{}, index: map[uint32][]pattern{}}
}

// Version changes with every secret that is added or shown in another way.
func (k *Index) Version() int {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.changes
}

// Add adds a secret, unless it is not Searchable. explicit means that a caller named it; it was found otherwise.
func (k *Index) Add(s tokens.Secret, explicit bool) {
	value := s.Reveal()
	if !Searchable(s) {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.uses++
	if e, ok := k.entries[value]; ok {
		e.lastUse = k.uses
		if explicit && !e.explicit {
			e.explicit, k.explicit, k.found = true, k.explicit+1, k.found-1
		}
		// A value that a user may have chosen has no fingerprint, even where it was added without saying so before.
		if show := s.Fingerprint(); show == tokens.Hidden && e.show != show {
			e.show, e.patterns = show, patternsOf(value, show)
			k.changes++
			k.rebuild()
		}
		return
	}
	e := &entry{show: s.Fingerprint(), explicit: explicit, lastUse: k.uses}
	e.patterns = patternsOf(value, e.show)
	k.entries[value] = e
	k.changes++
	if explicit {
		k.explicit++
	} else {
		k.found++
	}
	if k.explicit > maxExplicit || k.found > maxFound {
		k.evict(explicit)
		k.rebuild()
		return
	}
	k.insert(e)
}

// Searchable reports whether a secret is searched for in text. A secret of fewer than eight bytes, or made of words of
// the protocol, is masked only as the value of a parameter, member or field with a secret's name: elsewhere a mask
// would cut into ordinary words, and reveal the secret by it.
func Searchable(s tokens.Secret) bool {
	value := s.Reveal()
	return len(value) >= minSearched && !isProtocolWord(value)
}

// evict drops the least recently used quarter of the explicit or the found secrets.
func (k *Index) evict(explicit bool) {
	type aged struct {
		value string
		seen  int
	}
	var list []aged
	for value, e := range k.entries {
		if e.explicit == explicit {
			list = append(list, aged{value, e.lastUse})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].seen < list[j].seen })
	list = list[:len(list)/4+1]
	for _, a := range list {
		delete(k.entries, a.value)
	}
	if explicit {
		k.explicit -= len(list)
	} else {
		k.found -= len(list)
	}
}

func (k *Index) rebuild() {
	k.first = [1 << 16 / 64]uint64{}
	k.index = map[uint32][]pattern{}
	for _, e := range k.entries {
		k.insert(e)
	}
}

func (k *Index) insert(e *entry) {
	for _, p := range e.patterns {
		pair := uint16(p.text[0])<<8 | uint16(p.text[1])
		k.first[pair/64] |= 1 << (pair % 64)
		key := binary.LittleEndian.Uint32([]byte(p.text[:4]))
		// The longest first: of two secrets with the same beginning, the text contains the longer one.
		list := k.index[key]
		at := sort.Search(len(list), func(i int) bool { return len(list[i].text) < len(p.text) })
		k.index[key] = slices.Insert(list, at, p)
	}
}

// shownAs returns the text that replaces a value; ok is false for a value that is not in the Index.
func (k *Index) shownAs(value string) (string, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if e, ok := k.entries[value]; ok {
		return e.show, true
	}
	return "", false
}

// patternsOf returns the forms in which a value travels: as it is, URL-encoded, as a JSON, Go or HTML literal, and
// inside base64, where its neighbours shift it by none, one or two bytes.
func patternsOf(value, show string) []pattern {
	bounded := isPlainWord(value)
	forms := []string{value, url.QueryEscape(value), url.PathEscape(value)}
	if len(value) <= maxVariant {
		forms = append(forms, lowerEscapes(forms[1]), lowerEscapes(forms[2]), url.QueryEscape(forms[1]),
			jsonInner(value, true), jsonInner(value, false), strings.ReplaceAll(jsonInner(value, false), "/", `\/`),
			quotedInner(value), html.EscapeString(value))
	}
	seen := map[string]bool{}
	var list []pattern
	put := func(p pattern) {
		if len(p.text) >= minPattern && !seen[p.text] {
			seen[p.text] = true
			list = append(list, p)
		}
	}
	for _, form := range forms {
		put(pattern{text: form, show: show, wholeWord: bounded})
	}
	if len(value) > maxVariant {
		return list
	}
	for _, form := range []string{value, forms[1]} {
		for _, text := range base64Inner(form) {
			put(pattern{text: text, show: show, base64: true})
		}
	}
	return list
}

// isPlainWord reports whether ordinary text may contain the value by chance, also as a part of a word: "automatic".
func isPlainWord(value string) bool {
	if len(value) < 6 {
		return true
	}
	if len(value) >= 16 || strings.ToLower(value) != value && strings.ToUpper(value) != value {
		return false
	}
	for i := 0; i < len(value); i++ {
		if c := value[i] | 0x20; (c < 'a' || c > 'z') && value[i] != '_' && value[i] != '-' {
			return false
		}
	}
	return true
}

// base64Inner returns the part of the value's base64 that does not depend on the bytes before and after it, for each
// of the three alignments, in both alphabets. Parts under eight characters are too short to search for.
func base64Inner(value string) []string {
	var list []string
	for shift := 0; shift < 3; shift++ {
		padded := append(make([]byte, shift, shift+len(value)), value...)
		start := (shift*8 + 5) / 6
		end := len(padded) * 8 / 6
		if end-start < 8 {
			continue
		}
		list = append(list, base64.StdEncoding.EncodeToString(padded)[start:end],
			base64.URLEncoding.EncodeToString(padded)[start:end])
	}
	return list
}

// lowerEscapes writes %2B as %2b, as some servers do.
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:i+3], strings.ToLower(string(b[i+1:i+3])))
			i += 2
		}
	}
	return string(b)
}

func jsonInner(value string, escapeHTML bool) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(escapeHTML)
	if enc.Encode(value) != nil {
		return value
	}
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(b.String(), "\n"), `"`), `"`)
}

func quotedInner(value string) string {
	q := strconv.Quote(value)
	return q[1 : len(q)-1]
}

// Replace returns s with every secret of the Index in it replaced by its fingerprint.
func (k *Index) Replace(s string) string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	var b strings.Builder
	done := 0
	for i := 0; i+minPattern <= len(s); i++ {
		end, show := k.match(s, i)
		if end == 0 {
			continue
		}
		start := i
		// A second secret may begin inside the first and reach beyond it.
		for j := i + 1; j < end && j+minPattern <= len(s); j++ {
			if further, _ := k.match(s, j); further > end {
				end = further
			}
		}
		b.WriteString(s[done:max(start, done)])
		b.WriteString(show)
		done, i = end, end-1
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// Line is Replace for one line of a record: cleaned for a terminal and clipped.
func (k *Index) Line(s string) string {
	return tokens.Clip(tokens.VisibleLine(k.Replace(s)), maxRecordedLine)
}

// match finds a secret that begins at i. end is 0 without one. The caller has the lock.
func (k *Index) match(s string, i int) (end int, show string) {
	pair := uint16(s[i])<<8 | uint16(s[i+1])
	if k.first[pair/64]&(1<<(pair%64)) == 0 {
		return 0, ""
	}
	key := uint32(s[i]) | uint32(s[i+1])<<8 | uint32(s[i+2])<<16 | uint32(s[i+3])<<24
	for _, p := range k.index[key] {
		if !strings.HasPrefix(s[i:], p.text) {
			continue
		}
		end = i + len(p.text)
		switch {
		case p.wholeWord && !(startsWord(s, i) && endsWord(s, end)):
			continue
		case p.base64:
			for end < len(s) && isBase64(s[end]) {
				end++
			}
		}
		return end, p.show
	}
	return 0, ""
}

// safeCut returns n, or the end of a secret that a cut at n would divide.
func (k *Index) safeCut(s string, n int) int {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for i := max(0, n-2*maxVariant); i < n && i+minPattern <= len(s); i++ {
		if end, _ := k.match(s, i); end > n {
			n = end
		}
	}
	return n
}

func isWordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

func isBase64(c byte) bool { return isWordByte(c) || c == '+' || c == '/' || c == '-' || c == '=' }

// IsHex reports whether c is a hexadecimal digit.
func IsHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

// startsWord reports whether a word may begin at i; an escape before it counts too: %3D, \n, \u003d.
func startsWord(s string, i int) bool {
	switch {
	case i == 0 || !isWordByte(s[i-1]):
		return true
	case i >= 3 && s[i-3] == '%' && IsHex(s[i-2]) && IsHex(s[i-1]):
		return true
	case i >= 2 && s[i-2] == '\\':
		return true
	}
	return i >= 6 && s[i-6] == '\\' && s[i-5] == 'u'
}

func endsWord(s string, i int) bool { return i == len(s) || !isWordByte(s[i]) }
