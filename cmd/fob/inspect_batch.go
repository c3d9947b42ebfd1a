package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"fob/tokens/inspect"
)

// maxBatchLine bounds a line of --batch, in bytes: more than any token, less than what could fill the memory.
const maxBatchLine = 16 << 20

// A batch is worked off in lots of lines: few enough hand-overs to keep every core busy, few enough lines in flight to
// keep memory flat over a million of them.
const (
	lotLines = 64
	lotBytes = 1 << 20
)

// lot is some lines of the input and, once done is closed, what is printed for them.
type lot struct {
	lines [][]byte
	out   bytes.Buffer
	err   error
	done  chan struct{}
}

// inspectBatch reads lines and writes one JSON object for each, in order, using all cores.
func (a *app) inspectBatch(ctx context.Context, args []string, n *inspectFlags) error {
	if len(args) > 0 {
		return usagef("--batch reads standard input: no argument goes with it")
	}
	if n.issuer != "" {
		a.note("note: --batch expects the issuer and fetches nothing for it: --jwks names keys")
	}
	options, err := a.inspectOptions(ctx, n)
	if err != nil {
		return err
	}
	b := &batch{options: options, now: a.now, workers: runtime.GOMAXPROCS(0)}
	if a.tty.err {
		b.progress = func(done int) { _, _ = fmt.Fprintf(a.stderr, "\r%d tokens", done) }
		defer func() { _, _ = fmt.Fprintln(a.stderr) }()
	}
	return b.run(ctx, a.stdin, a.stdout)
}

// batch inspects lines.
type batch struct {
	options  inspect.Options
	now      func() time.Time
	workers  int
	progress func(done int) // nil: nobody watches
}

// run works off in and writes to out. It holds at most a few lots for each worker at a time.
func (b *batch) run(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	work := make(chan *lot, b.workers)
	order := make(chan *lot, 2*b.workers)
	for range b.workers {
		go func() {
			for l := range work {
				b.inspect(l)
			}
		}()
	}
	readErr := make(chan error, 1)
	go func() {
		defer close(order)
		defer close(work)
		readErr <- readLots(ctx, in, func(l *lot) bool {
			for _, to := range []chan *lot{order, work} {
				select {
				case to <- l:
				case <-ctx.Done():
					return false
				}
			}
			return true
		})
	}()
	if err := b.write(ctx, out, order); err != nil {
		return err
	}
	return <-readErr
}

// write prints the lots in the order in which they were read.
func (b *batch) write(ctx context.Context, out io.Writer, order <-chan *lot) error {
	w := bufio.NewWriterSize(out, 256<<10)
	done, told := 0, time.Time{}
	for l := range order {
		select {
		case <-l.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if l.err != nil {
			return l.err
		}
		if _, err := l.out.WriteTo(w); err != nil {
			return fmt.Errorf("writing the reports: %w", err)
		}
		done += len(l.lines)
		// A person who feeds lines by hand wants each answer at once; a pipe that is full does not wait for it.
		if len(order) == 0 {
			if err := w.Flush(); err != nil {
				return fmt.Errorf("writing the reports: %w", err)
			}
		}
		if now := b.now(); b.progress != nil && now.Sub(told) > 200*time.Millisecond {
			told = now
			b.progress(done)
		}
	}
	if b.progress != nil {
		b.progress(done)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return w.Flush()
}

func (b *batch) inspect(l *lot) {
	defer close(l.done)
	enc := json.NewEncoder(&l.out)
	enc.SetEscapeHTML(false)
	for _, line := range l.lines {
		if err := enc.Encode(inspectLine(line, b.options)); err != nil {
			l.err = fmt.Errorf("writing a report: %w", err)
			return
		}
	}
}

// readLots cuts the input into lots and hands them on until put says no. Empty lines are left out; a line that is too
// long is no reason to stop: it becomes a report of its own that says so.
func readLots(ctx context.Context, in io.Reader, put func(*lot) bool) error {
	r := bufio.NewReaderSize(in, 256<<10)
	next := newLot()
	size := 0
	flush := func() bool {
		if len(next.lines) == 0 {
			return true
		}
		l := next
		next, size = newLot(), 0
		return put(l)
	}
	for ctx.Err() == nil {
		line, err := readLine(r)
		if len(line) > 0 {
			next.lines = append(next.lines, line)
			size += len(line)
		}
		if err != nil {
			flush()
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("reading standard input: %w", err)
		}
		// A lot is also handed on when no more input waits: lines fed by hand are answered at once.
		if len(next.lines) >= lotLines || size >= lotBytes || r.Buffered() == 0 {
			if !flush() {
				return ctx.Err()
			}
		}
	}
	return ctx.Err()
}

func newLot() *lot { return &lot{done: make(chan struct{})} }

// readLine reads a line without its end, trimmed. Of a line that is longer than maxBatchLine it keeps the beginning,
// one byte more than allowed, so that the inspector says what is wrong with it.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if room := maxBatchLine + 1 - len(line); len(part) > room {
			part = part[:room]
		}
		line = append(line, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return bytes.TrimSpace(line), err
	}
}
