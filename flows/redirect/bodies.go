package redirect

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// bodies reads the bodies of requests, a bounded number at once.
type bodies struct {
	limit time.Duration // for each of them

	mu      sync.Mutex
	reading []*http.ResponseController // the oldest first
}

// read returns the body of a request. The error is an *http.MaxBytesError when it is too long; any other means that it
// did not come in time, or that newer ones needed its place.
func (b *bodies) read(w http.ResponseWriter, r *http.Request) (string, error) {
	connection := http.NewResponseController(w)
	if err := connection.SetReadDeadline(time.Now().Add(b.limit)); err != nil {
		return "", err
	}
	b.begin(connection)
	defer b.end(connection)
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	return string(text), err
}

func (b *bodies) begin(c *http.ResponseController) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.reading) >= maxBodies {
		_ = b.reading[0].SetReadDeadline(time.Now())
		b.reading = b.reading[1:]
	}
	b.reading = append(b.reading, c)
}

func (b *bodies) end(c *http.ResponseController) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading = slices.DeleteFunc(b.reading, func(other *http.ResponseController) bool { return other == c })
}
