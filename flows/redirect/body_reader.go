package redirect

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// bodyReader reads request bodies, a limited number at once.
type bodyReader struct {
	limit time.Duration // the time limit of each

	mu      sync.Mutex
	reading []*http.ResponseController // oldest first
}

// read returns the body of a request. The error is an *http.MaxBytesError if it is too long; any other error means that
// it did not arrive in time, or that newer bodies needed its place.
func (b *bodyReader) read(w http.ResponseWriter, r *http.Request) (string, error) {
	connection := http.NewResponseController(w)
	if err := connection.SetReadDeadline(time.Now().Add(b.limit)); err != nil {
		return "", err
	}
	b.begin(connection)
	defer b.end(connection)
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	return string(text), err
}

func (b *bodyReader) begin(c *http.ResponseController) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.reading) >= maxBodies {
		_ = b.reading[0].SetReadDeadline(time.Now())
		b.reading = b.reading[1:]
	}
	b.reading = append(b.reading, c)
}

func (b *bodyReader) end(c *http.ResponseController) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading = slices.DeleteFunc(b.reading, func(other *http.ResponseController) bool { return other == c })
}
