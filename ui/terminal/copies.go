package terminal

import (
	"os"
	"sync"
)

// Copies are the files with copied text, for as long as the program runs.
type Copies struct {
	Guardian *Guardian // removes them if this process is killed; nil for none

	mu    sync.Mutex
	paths []string
}

// Save writes the text to a file as SaveCopy does.
func (c *Copies) Save(text string) (path string, err error) {
	path, err = SaveCopy(text, os.Getenv)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paths = append(c.paths, path)
	if c.Guardian != nil {
		c.Guardian.RemoveOnExit(path)
	}
	return path, nil
}

// Remove removes every file that was written.
func (c *Copies) Remove() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, path := range c.paths {
		_ = os.Remove(path)
	}
	c.paths = nil
}
