package wire

import (
	"testing"
	"time"
)

// The bounds that the documentation names.
func TestTheDefaultBoundsAreAsDocumented(t *testing.T) {
	c, _ := client(t, Options{})
	if got := c.limit(&Request{}); got != 4<<20 {
		t.Errorf("a body: got %d bytes, want 4 MiB", got)
	}
	if c.o.Timeout != 30*time.Second {
		t.Errorf("an exchange: got %s, want 30 s", c.o.Timeout)
	}
}

// HAR 1.2: a phase that did not happen is -1, connect includes ssl, and the phases together are the whole time.
func TestTheTimingsOfAHARAddUp(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		timing Timing
		want   harTimings
	}{
		"all phases": {Timing{DNS: ms, Connect: 2 * ms, TLS: 3 * ms, FirstByte: 4 * ms, Total: 20 * ms},
			harTimings{Blocked: -1, DNS: 1, Connect: 5, SSL: 3, Wait: 4, Receive: 10}},
		"plain http": {Timing{Connect: ms, FirstByte: ms, Total: 3 * ms}, harTimings{-1, -1, 1, -1, 0, 1,
			1}},
		"a connection kept open": {Timing{FirstByte: ms, Total: ms}, harTimings{-1, -1, -1, -1, 0, 1, 0}},
		"the shortest phases":    {Timing{DNS: 1, Connect: 1, TLS: 1, Total: ms}, harTimings{-1, 0, 0, 0, 0, 0, 0.999}},
		"a time that is too short": {Timing{DNS: ms, FirstByte: 5 * ms, Total: 2 * ms},
			harTimings{-1, 1, -1, -1, 0, 5, 0}},
	} {
		if got := harTimingsOf(c.timing); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}
