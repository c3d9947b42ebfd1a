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

// store is the state of the server.
type store struct {
	signIns      *table[signIn]       // by browser cookie
	interactions *table[*interaction] // by interaction ID; the interaction guards itself
	codes        *table[codeRecord]
	pushed       *table[pushedRecord]
	devices      *table[deviceRecord] // by device code
	ciba         *table[cibaRecord]   // by auth_req_id
	documents    *table[client]       // by the address of their metadata
	userCodes    *table[string]       // user code to device code
	families     *table[family]       // by family ID
	refresh      *table[refreshRecord]
	access       *table[accessRecord]
	nonces       *table[string]   // the last nonce of each client, for the stale-nonce fault
	usedIDs      *table[struct{}] // single-use identifiers: the jti of proofs and assertions
	orders       *orders
	logouts      logouts
	guesses      *guesses
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

func newStore(now func() time.Time) *store {
	return &store{
		signIns:      newTable[signIn](now, signInLifetime, maxSignIns),
		interactions: newTable[*interaction](now, interactionLifetime, maxInteractions),
		// A code is stored beyond its validity, so that a late second use still revokes its tokens.
		codes: newTable[codeRecord](now, refreshLifetime, maxCodes),
		// So is a pushed request, so that a late use gets "expired" at its redirect URI.
		pushed: newTable[pushedRecord](now, 10*pushedLifetime, maxCodes),
		// A device code too, so that a late poll gets expired_token and not invalid_grant.
		devices:   newTable[deviceRecord](now, 2*deviceLifetime, maxDevices),
		ciba:      newTable[cibaRecord](now, 2*cibaLifetime, maxDevices),
		documents: newTable[client](now, documentLifetime, maxSignIns),
		userCodes: newTable[string](now, deviceLifetime, maxDevices),
		families:  newTable[family](now, 24*time.Hour, maxFamilies),
		refresh:   newTable[refreshRecord](now, refreshLifetime, maxTokens),
		access:    newTable[accessRecord](now, 24*time.Hour, maxTokens),
		nonces:    newTable[string](now, 24*time.Hour, maxSignIns),
		usedIDs:   newTable[struct{}](now, 2*proofWindow, maxTokens),
		orders:    newOrders(),
		guesses:   &guesses{now: now},
	}
}

// randomToken returns 256 random bits in 43 characters.
func randomToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return base64.RawURLEncoding.EncodeToString(b[:])
}
