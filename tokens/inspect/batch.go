package inspect

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"fob/tokens/jose"
)

// MaxLine bounds a line of a batch, in bytes: more than any token, less than what could fill the memory.
const MaxLine = 16 << 20

// A batch is worked off in lots of lines: few enough hand-overs to keep every core busy, few enough lines in flight to
// keep memory flat over a million of them.
const (
	lotLines = 64
	lotBytes = 1 << 20
	keepLot  = 2 << 20 // buffers that grew beyond this are not used again
)

// Batch inspects the lines of a stream: see ParseLine for what a line is.
type Batch struct {
	Options  Options
	Workers  int            // 0: one for each core
	Progress func(done int) // told after each lot, from one goroutine; nil: nobody watches

	keys jose.Cache
	lots sync.Pool
}

// lot is some lines of the input and, once done has received, what is written for them.
type lot struct {
	text []byte // the lines, one behind the other
	ends []int  // where each line ends in text
	out  []byte
	err  error
	done chan struct{} // holds one
}

// Run reads lines to the end of in and writes one JSON object for each, in order, using all workers. Empty lines are
// left out. It holds a few lots for each worker at a time, whatever the length of the input. The error is one of
// reading, of writing, or ctx's; what was worked off before it has been written.
func (b *Batch) Run(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := b.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	work := make(chan *lot, workers)
	order := make(chan *lot, 2*workers)
	for range workers {
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
		readErr <- b.read(ctx, in, func(l *lot) bool {
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

// Inspect makes the report of one line.
func (b *Batch) Inspect(line []byte) *Report {
	if len(line) > MaxLine {
		return brokenLine(fmt.Sprintf("the line is longer than %d bytes", MaxLine), MaxLine)
	}
	token, o, err := parseLine(line, b.Options, b.keys.ParseKeys)
	if err != nil {
		return brokenLine(err.Error(), 0)
	}
	return Inspect(token, o)
}

func brokenLine(message string, offset int) *Report {
	return &Report{Kind: KindNothing, Err: &DecodeError{Message: message, Offset: offset}}
}

func (b *Batch) inspect(l *lot) {
	start := 0
	for _, end := range l.ends {
		var err error
		if l.out, err = b.Inspect(l.text[start:end]).AppendJSON(l.out); err != nil {
			l.err = err
			break
		}
		l.out = append(l.out, '\n')
		start = end
	}
	l.done <- struct{}{}
}

// write writes the lots in the order in which they were read.
func (b *Batch) write(ctx context.Context, out io.Writer, order <-chan *lot) error {
	w := bufio.NewWriterSize(out, 256<<10)
	done := 0
	for l := range order {
		select {
		case <-l.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if l.err != nil {
			return l.err
		}
		if _, err := w.Write(l.out); err != nil {
			return fmt.Errorf("writing the reports: %w", err)
		}
		done += len(l.ends)
		b.giveBack(l)
		// A person who feeds lines by hand wants each answer at once; a pipe that is full does not wait for it.
		if len(order) == 0 {
			if err := w.Flush(); err != nil {
				return fmt.Errorf("writing the reports: %w", err)
			}
		}
		if b.Progress != nil {
			b.Progress(done)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing the reports: %w", err)
	}
	return nil
}

func (b *Batch) newLot() *lot {
	if l, ok := b.lots.Get().(*lot); ok {
		return l
	}
	return &lot{done: make(chan struct{}, 1)}
}

func (b *Batch) giveBack(l *lot) {
	if cap(l.text) > keepLot || cap(l.out) > keepLot {
		return
	}
	l.text, l.ends, l.out = l.text[:0], l.ends[:0], l.out[:0]
	b.lots.Put(l)
}

// read cuts the input into lots and hands them on until put says no. A line that is too long is no reason to stop: it
// becomes a report of its own that says so.
func (b *Batch) read(ctx context.Context, in io.Reader, put func(*lot) bool) error {
	r := bufio.NewReaderSize(in, 256<<10)
	l := b.newLot()
	flush := func() bool {
		if len(l.ends) == 0 {
			return true
		}
		full := l
		l = b.newLot()
		return put(full)
	}
	for ctx.Err() == nil {
		err := l.readLine(r)
		if err != nil {
			flush()
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("reading the lines: %w", err)
		}
		// A lot is also handed on when no more input waits: lines fed by hand are answered at once.
		if len(l.ends) >= lotLines || len(l.text) >= lotBytes || r.Buffered() == 0 {
			if !flush() {
				return ctx.Err()
			}
		}
	}
	return ctx.Err()
}

// readLine appends a line, trimmed, unless it is empty. Of a line that is longer than MaxLine it keeps the beginning,
// one byte more than allowed, so that Inspect says what is wrong with it.
func (l *lot) readLine(r *bufio.Reader) error {
	start := len(l.text)
	for {
		part, err := r.ReadSlice('\n')
		if room := MaxLine + 1 - (len(l.text) - start); len(part) > room {
			part = part[:room]
		}
		l.text = append(l.text, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		line := bytes.TrimSpace(l.text[start:])
		n := copy(l.text[start:], line)
		l.text = l.text[:start+n]
		if n > 0 {
			l.ends = append(l.ends, len(l.text))
		}
		return err
	}
}
