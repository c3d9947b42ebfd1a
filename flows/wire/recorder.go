package wire

import (
	"sync"

	"fob/flows/wire/redact"
)

// Bounds of a Recorder.
const (
	defaultKept = 500
	maxKept     = 32 << 20 // bytes of all that is kept together
)

// Recorder keeps the last exchanges, oldest first, bounded in number and in bytes. Clients that write to the same
// Recorder share the secrets they know. It is safe for concurrent use.
type Recorder struct {
	index *redact.Index

	mu    sync.Mutex
	limit int
	kept  []Exchange
	bytes int
	next  int
}

// NewRecorder makes a Recorder that keeps at most limit exchanges; below 1 it keeps 500.
func NewRecorder(limit int) *Recorder {
	if limit < 1 {
		limit = defaultKept
	}
	return &Recorder{index: redact.NewIndex(), limit: limit}
}

// Add keeps an exchange, which must be redacted already, and gives it its ID: 1 for the first, then one more each.
func (r *Recorder) Add(x *Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next++
	x.ID = r.next
	r.kept = append(r.kept, *x)
	r.bytes += x.size()
	drop := 0
	for drop < len(r.kept)-1 && (len(r.kept)-drop > r.limit || r.bytes > maxKept) {
		r.bytes -= r.kept[drop].size()
		r.kept[drop] = Exchange{} // let its bodies go now, not when the array is next copied
		drop++
	}
	r.kept = r.kept[drop:]
}

// Exchanges returns what is kept, oldest first. The slice is the caller's; what its elements point to is shared and
// must not be changed.
func (r *Recorder) Exchanges() []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Exchange(nil), r.kept...)
}

func (x *Exchange) size() int {
	n := 512 + x.Request.size() + len(x.Err)
	for _, line := range x.Edited {
		n += len(line)
	}
	if x.Response != nil {
		n += x.Response.size()
	}
	return n
}

func (m *Message) size() int {
	n := len(m.URL) + len(m.Body)
	for _, f := range m.Header {
		n += len(f.Name) + len(f.Value) + 32
	}
	return n
}
