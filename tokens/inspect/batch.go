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

// MaxLine bounds a line of a batch, in bytes: more than any token, less than what fills the memory.
const MaxLine = 16 << 20

// A batch is processed in chunks of lines: large enough to keep every core busy, small enough to keep memory flat over
// a million lines.
const (
	chunkLines   = 64
	chunkBytes   = 1 << 20
	maxKeptChunk = 2 << 20 // larger buffers are not used again
)

// Batch inspects the lines of a stream: see parseLine for what a line is.
type Batch struct {
	Options  Options
	Workers  int            // 0: one for each core
	Progress func(done int) // called after each chunk, from one goroutine; may be nil

	keys   jose.Cache
	chunks sync.Pool
}

// chunk is some lines of the input and, once done has received, the output for them.
type chunk struct {
	text []byte // the lines, one after the other
	ends []int  // where each line ends in text
	out  []byte
	err  error
	done chan struct{} // of capacity one
}

// Run reads lines to the end of in and writes one JSON object for each, in order, using all workers. It skips empty
// lines. It has a few chunks for each worker at a time, whatever the length of the input. The error is one of reading,
// of writing, or ctx's; what was done before it has been written.
func (b *Batch) Run(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := b.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	work := make(chan *chunk, workers)
	order := make(chan *chunk, 2*workers)
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
		readErr <- b.read(ctx, in, func(l *chunk) bool {
			for _, to := range []chan *chunk{order, work} {
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

// Inspect returns the report of one line.
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

func (b *Batch) inspect(l *chunk) {
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

// write writes the chunks in the order in which they were read.
func (b *Batch) write(ctx context.Context, out io.Writer, order <-chan *chunk) error {
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
		b.recycle(l)
		// A person who types lines wants each answer at once; a full pipe does not wait for it.
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

func (b *Batch) newChunk() *chunk {
	if l, ok := b.chunks.Get().(*chunk); ok {
		return l
	}
	return &chunk{done: make(chan struct{}, 1)}
}

func (b *Batch) recycle(l *chunk) {
	if cap(l.text) > maxKeptChunk || cap(l.out) > maxKeptChunk {
		return
	}
	l.text, l.ends, l.out = l.text[:0], l.ends[:0], l.out[:0]
	b.chunks.Put(l)
}

// read splits the input into chunks and passes them on until put returns false. A line that is too long does not end
// the batch: its report says so.
func (b *Batch) read(ctx context.Context, in io.Reader, put func(*chunk) bool) error {
	r := bufio.NewReaderSize(in, 256<<10)
	l := b.newChunk()
	flush := func() bool {
		if len(l.ends) == 0 {
			return true
		}
		full := l
		l = b.newChunk()
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
		// A chunk is also passed on when no more input waits: typed lines are answered at once.
		if len(l.ends) >= chunkLines || len(l.text) >= chunkBytes || r.Buffered() == 0 {
			if !flush() {
				return ctx.Err()
			}
		}
	}
	return ctx.Err()
}

// readLine appends a line, trimmed, unless it is empty. Of a line longer than MaxLine it keeps one byte more than
// allowed, so that Inspect reports it.
func (l *chunk) readLine(r *bufio.Reader) error {
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
