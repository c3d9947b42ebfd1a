package wire

import (
	"sync"

	"fob/flows/wire/redact"
)

// Bounds of a Recorder.
const (
	defaultRecorded  = 500
	maxRecordedBytes = 32 << 20 // in total
)

// Recorder keeps the last exchanges, oldest first, bounded in number and in bytes. Clients with the same Recorder
// share their secrets. It is safe for concurrent use.
type Recorder struct {
	index *redact.Index

	mu        sync.Mutex
	limit     int
	exchanges []Exchange
	bytes     int
	next      int
}

// NewRecorder returns a Recorder that keeps at most limit exchanges; 500 where limit is below 1.
func NewRecorder(limit int) *Recorder {
	if limit < 1 {
		limit = defaultRecorded
	}
	return &Recorder{index: redact.NewIndex(), limit: limit}
}

// Add adds a redacted exchange and sets its ID, counting from 1.
func (r *Recorder) Add(x *Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next++
	x.ID = r.next
	r.exchanges = append(r.exchanges, *x)
	r.bytes += x.size()
	drop := 0
	for drop < len(r.exchanges)-1 && (len(r.exchanges)-drop > r.limit || r.bytes > maxRecordedBytes) {
		r.bytes -= r.exchanges[drop].size()
		r.exchanges[drop] = Exchange{} // release its bodies now, not when the array is next copied
		drop++
	}
	r.exchanges = r.exchanges[drop:]
}

// Exchanges returns the recorded exchanges, oldest first. The slice is a copy; its elements point to shared data that
// must not be changed.
func (r *Recorder) Exchanges() []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Exchange(nil), r.exchanges...)
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
