package jose

import (
	"sync"
)

// The limits of a cache: enough for every tenant of a batch, too little to fill the memory.
const (
	maxCached      = 512
	maxCachedBytes = 64 << 10 // of one text; a larger one is parsed each time
)

// Cache parses keys as ParseKeys does and stores the result by the text, so that the key of a batch is parsed once. It
// is safe for concurrent use; the zero Cache is empty and ready.
type Cache struct {
	mu   sync.RWMutex
	sets map[string]cached
}

type cached struct {
	set KeySet
	err error
}

// ParseKeys returns the result of the function ParseKeys, from the cache if possible.
func (c *Cache) ParseKeys(data []byte) (KeySet, error) {
	if len(data) > maxCachedBytes {
		return ParseKeys(data)
	}
	c.mu.RLock()
	entry, ok := c.sets[string(data)]
	c.mu.RUnlock()
	if ok {
		return entry.set, entry.err
	}
	set, err := ParseKeys(data)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sets == nil {
		c.sets = make(map[string]cached)
	}
	if len(c.sets) >= maxCached { // more keys than lines that share them: start again
		clear(c.sets)
	}
	c.sets[string(data)] = cached{set, err}
	return set, err
}
