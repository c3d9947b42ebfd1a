package main

import (
	"context"
	"os"
	"os/signal"
)

// endOnSignal returns a context that ends with the first signal that would end the program, so that what is running
// ends in good order. The next signal calls now, which is to end the program at once.
//
// It is the one handler of these signals in the program. A signal that is ignored from the start, as SIGHUP is under
// nohup, stays ignored.
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
