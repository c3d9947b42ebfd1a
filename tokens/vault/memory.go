package vault

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// Memory is a backend that loses everything when the process ends.
type Memory struct {
	mu    sync.Mutex
	items map[string][]byte
}

// NewMemory returns an empty backend that stores its items in this process only.
func NewMemory() Backend { return &Memory{items: map[string][]byte{}} }

// Name implements Backend.
func (m *Memory) Name() string { return "memory" }

// Get implements Backend.
func (m *Memory) Get(ctx context.Context, item string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	value, ok := m.items[item]
	if !ok {
		return nil, ErrNotFound
	}
	return slices.Clone(value), nil
}

// Set implements Backend.
func (m *Memory) Set(ctx context.Context, item string, value []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.items[item] = slices.Clone(value)
	return nil
}

// Delete implements Backend.
func (m *Memory) Delete(ctx context.Context, item string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.items, item)
	return nil
}

// Items returns the names of the stored items, sorted, so that a caller can check that nothing was left.
func (m *Memory) Items() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.items))
}
