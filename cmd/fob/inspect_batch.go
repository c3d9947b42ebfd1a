package main

import (
	"context"
	"fmt"
	"time"

	"fob/tokens/inspect"
)

// progressEvery is the interval in which the progress of a batch is printed on a terminal.
const progressEvery = 200 * time.Millisecond

// inspectBatch reads lines and writes one JSON object for each, in order, on all cores.
func (a *app) inspectBatch(ctx context.Context, args []string, n *inspectFlags) error {
	if len(args) > 0 {
		return usagef("--batch reads standard input and takes no argument")
	}
	if n.issuer != "" {
		a.note("note: with --batch, --issuer is only compared and no keys are fetched: use --jwks")
	}
	options, err := a.inspectOptions(ctx, n)
	if err != nil {
		return err
	}
	batch := inspect.Batch{Options: options}
	if a.tty.err {
		p := &progress{a: a, began: a.now()}
		batch.Progress = p.update
		defer p.end()
	}
	return batch.Run(ctx, a.stdin, a.stdout)
}

// progress prints on standard error how many tokens were inspected, and how fast.
type progress struct {
	a                *app
	began, printedAt time.Time
	done             int
}

func (p *progress) update(done int) {
	p.done = done
	if now := p.a.now(); now.Sub(p.printedAt) >= progressEvery {
		p.printedAt = now
		p.print()
	}
}

func (p *progress) print() {
	line := fmt.Sprintf("\r%d tokens", p.done)
	if passed := p.a.now().Sub(p.began).Seconds(); passed >= 1 {
		line += fmt.Sprintf(", %.0f a second  ", float64(p.done)/passed)
	}
	_, _ = fmt.Fprint(p.a.stderr, line)
}

func (p *progress) end() {
	p.print()
	_, _ = fmt.Fprintln(p.a.stderr)
}
