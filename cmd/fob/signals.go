package main

import (
	"context"
	"os"
	"os/signal"
)

// endOnSignal returns a context that ends with the first signal that would end the program, so that it can shut down.
// The second signal calls now, which should exit at once.
//
// No other code handles these signals. A signal that is ignored at start, as SIGHUP is under nohup, stays ignored.
func endOnSignal(parent context.Context, now func()) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	for _, s := range endSignals() {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	go func() {
		<-signals
		cancel()
		<-signals
		now()
	}()
	return ctx, func() { signal.Stop(signals); cancel() }
}
