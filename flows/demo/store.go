package demo

import (
	"container/list"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"
)

// table stores values under secret keys: at most limit of them, each for a fixed lifetime. Expired ones are swept on
// every access, oldest first; beyond the limit the oldest is removed. Keys are stored as hashes.
type table[V any] struct {
	mu       sync.Mutex
	now      func() time.Time
	lifetime time.Duration
	limit    int
	entries  map[[sha256.Size]byte]*list.Element
	order    *list.List // of *entry[V], oldest first
}

type entry[V any] struct {
	key     [sha256.Size]byte
	expires time.Time
	value   V
}

func newTable[V any](now func() time.Time, lifetime time.Duration, limit int) *table[V] {
	return &table[V]{now: now, lifetime: lifetime, limit: limit,
		entries: map[[sha256.Size]byte]*list.Element{}, order: list.New()}
}

// Put stores value under key, replacing an earlier one.
func (t *table[V]) Put(key string, value V) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep()
	hash := sha256.Sum256([]byte(key))
	if old, ok := t.entries[hash]; ok {
		t.remove(old)
	}
	for t.order.Len() >= t.limit {
		t.remove(t.order.Front())
	}
	t.entries[hash] = t.order.PushBack(&entry[V]{key: hash, expires: t.now().Add(t.lifetime), value: value})
}

// Get returns a copy of the value under key.
func (t *table[V]) Get(key string) (V, bool) {
	var got V
	ok := t.Update(key, func(v *V) { got = *v })
	return got, ok
}

// Update changes the value under key atomically. It reports whether there was one.
func (t *table[V]) Update(key string, change func(*V)) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep()
	element, ok := t.entries[sha256.Sum256([]byte(key))]
	if ok {
		change(&element.Value.(*entry[V]).value)
	}
	return ok
}

// Each changes every value atomically.
func (t *table[V]) Each(change func(*V)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep()
	for e := t.order.Front(); e != nil; e = e.Next() {
		change(&e.Value.(*entry[V]).value)
	}
}

// Delete removes key.
func (t *table[V]) Delete(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if element, ok := t.entries[sha256.Sum256([]byte(key))]; ok {
		t.remove(element)
	}
}

// Len counts the values that have not expired.
func (t *table[V]) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep()
	return t.order.Len()
}

// sweep relies on the equal lifetime of all values, so that the oldest expires first.
func (t *table[V]) sweep() {
	now := t.now()
	for e := t.order.Front(); e != nil; e = t.order.Front() {
		if e.Value.(*entry[V]).expires.After(now) {
			return
		}
		t.remove(e)
	}
}

func (t *table[V]) remove(e *list.Element) {
	delete(t.entries, e.Value.(*entry[V]).key)
	t.order.Remove(e)
}

// The limits of the tables: enough for any test, small enough for any machine.
const (
	maxSignIns      = 1_000
	maxInteractions = 1_000
	maxCodes        = 1_000
	maxDevices      = 1_000
	maxFamilies     = 10_000
	maxTokens       = 20_000
)

// randomToken returns 256 random bits in 43 characters.
func randomToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b[:])
}
