package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"

	"fob/tokens/vault"
)

// file writes a file into this world and returns its path.
func (w *world) file(name, text string) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// followRedirects opens the URL and calls follow with each redirect's target, until it returns false.
func followRedirects(ctx context.Context, address string, follow func(next string) bool) {
	client := &http.Client{
		Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(req *http.Request, _ []*http.Request) error {
			if !follow(req.URL.String()) {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return
	}
	if res, err := client.Do(req); err == nil {
		_ = res.Body.Close()
	}
}

// failingBackend is a keyring that stops working.
type failingBackend struct {
	vault.Backend
	gone atomic.Bool
}

func (f *failingBackend) fail()    { f.gone.Store(true) }
func (f *failingBackend) recover() { f.gone.Store(false) }

func (f *failingBackend) err() error {
	if f.gone.Load() {
		return fmt.Errorf("the test's keyring: %w", vault.ErrUnavailable)
	}
	return nil
}

func (f *failingBackend) Get(ctx context.Context, item string) ([]byte, error) {
	if err := f.err(); err != nil {
		return nil, err
	}
	return f.Backend.Get(ctx, item)
}

func (f *failingBackend) Set(ctx context.Context, item string, value []byte) error {
	if err := f.err(); err != nil {
		return err
	}
	return f.Backend.Set(ctx, item, value)
}

func (f *failingBackend) Delete(ctx context.Context, item string) error {
	if err := f.err(); err != nil {
		return err
	}
	return f.Backend.Delete(ctx, item)
}

// countingBackend counts its calls.
type countingBackend struct {
	vault.Backend
	asked atomic.Int64
}

func (c *countingBackend) Get(ctx context.Context, item string) ([]byte, error) {
	c.asked.Add(1)
	return c.Backend.Get(ctx, item)
}

func (c *countingBackend) Set(ctx context.Context, item string, value []byte) error {
	c.asked.Add(1)
	return c.Backend.Set(ctx, item, value)
}

func (c *countingBackend) Delete(ctx context.Context, item string) error {
	c.asked.Add(1)
	return c.Backend.Delete(ctx, item)
}

// restore changes the stored record of a session.
func (w *world) restore(id string, change func(r *vault.Record)) {
	w.t.Helper()
	store, err := vault.Open(vault.Config{Dir: w.env["FOB_STATE"], Backend: w.backend})
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := store.Get(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	change(&r)
	if err := store.Put(w.t.Context(), r); err != nil {
		w.t.Fatal(err)
	}
}
