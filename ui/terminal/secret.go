package terminal

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/charmbracelet/x/term"
)

// maxSecret is the length in bytes from which on a typed line is no secret.
const maxSecret = 64 << 10

// ReadSecret reads a line from a terminal without echo, and returns it without its end. It switches the echo off before
// it calls ask, which asks the question: what is typed or pasted as soon as the question appears is not shown.
//
// The echo is on again when ReadSecret returns, and after Restore. When ctx ends first, its error is returned.
func ReadSecret(ctx context.Context, tty *os.File, ask func()) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	echo, err := switchEchoOff(tty)
	if err != nil {
		return nil, err
	}
	defer echo()
	ask()
	var line []byte
	done := make(chan error, 1)
	// It never touches the modes: it may go on after ReadSecret has returned, until the process ends.
	go func() {
		var err error
		line, err = readLine(tty)
		done <- err
	}()
	select {
	case err := <-done:
		return line, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// switchEchoOff switches the echo off; the function that it returns switches it on again, and so does Restore.
func switchEchoOff(tty *os.File) (on func(), err error) {
	before, err := term.GetState(tty.Fd())
	if err != nil {
		return nil, err
	}
	muted := *before
	mute(&muted)
	return changeUntilExit(
		func() error { return term.SetState(tty.Fd(), &muted) },
		func() { restoreModes(tty, before) })
}

// readLine reads up to the end of a line, byte by byte: the rest is for the next prompt.
func readLine(r io.Reader) ([]byte, error) {
	var line []byte
	for b := make([]byte, 1); len(line) < maxSecret; {
		n, err := r.Read(b)
		switch {
		case n > 0 && b[0] == lineEnd:
			return line, nil
		case n > 0 && b[0] == '\b':
			_, size := utf8.DecodeLastRune(line)
			line = line[:len(line)-size]
		case n > 0 && !bytes.Contains([]byte("\r\n"), b):
			line = append(line, b[0])
		case err == io.EOF && len(line) > 0:
			return line, nil
		case err != nil:
			return nil, err
		}
	}
	return nil, fmt.Errorf("the line is longer than %d bytes", maxSecret)
}
